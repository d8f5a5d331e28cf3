import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { killedFilmEditor } from './testing/film-kills.node.ts';

/** Ten editors, twenty kills each. */
test('two hundred kills −9 while films are edited: no answered edit is lost, every film is valid and can be undone', async () => {
  const base = mkdtempSync(join(tmpdir(), 'film-kills-'));
  await smallListing(join(base, 'photos'), 4);
  for (let seed = 1; seed <= 10; seed++) {
    const report = await killedFilmEditor(join(base, `home-${seed}`), join(base, 'photos'), 20, seed);
    process.stderr.write(
      `seed ${seed}: ${report.kills} kills, ${report.answered} answered, ${report.storedUnanswered} stored unanswered\n`,
    );
    expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
  }
  rmSync(base, { recursive: true, force: true });
});
