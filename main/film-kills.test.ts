import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killedFilm } from './testing/kills.node.ts';
import { SAMPLE_MUSIC, smallListing } from './testing/listing.node.ts';

test('a film killed four times at random moments finishes, and nothing finished is made twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'picaivid-kill-'));
  await smallListing(join(folder, 'listing'), 6);
  const seed = 2026;
  const args = [
    'film',
    join(folder, 'listing'),
    '--music',
    SAMPLE_MUSIC,
    '--out',
    join(folder, 'film.mp4'),
    '--length',
    '10',
    '--json',
  ];
  const report = await killedFilm(args, join(folder, 'film.picaivid'), 4, 12, seed);
  expect({ code: report.code, madeTwice: report.madeTwice, seed }).toEqual({ code: 0, madeTwice: [], seed });
  expect(JSON.parse(report.stdout)).toMatchObject({ verification: { pass: true } });
  rmSync(folder, { recursive: true, force: true });
});
