import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killedFilm } from './testing/kills.node.ts';
import { SAMPLE_MUSIC, smallListing } from './testing/listing.node.ts';

/** Ten films, three kills each: a film that was killed often enough has nothing left to be killed in. */
test('thirty kills at random moments: every film finishes, nothing finished is made twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'picaivid-kills-'));
  await smallListing(join(folder, 'listing'), 8);
  for (let seed = 1; seed <= 10; seed++) {
    const args = [
      'film',
      join(folder, 'listing'),
      '--music',
      SAMPLE_MUSIC,
      '--out',
      join(folder, `film-${seed}.mp4`),
      '--length',
      '12',
      '--json',
    ];
    const report = await killedFilm(args, join(folder, `film-${seed}.picaivid`), 3, 20, seed);
    expect({ code: report.code, madeTwice: report.madeTwice, seed }).toEqual({ code: 0, madeTwice: [], seed });
    process.stderr.write(`seed ${seed}: ${report.kills - report.finishedEarly} kills, finished\n`);
  }
  rmSync(folder, { recursive: true, force: true });
});
