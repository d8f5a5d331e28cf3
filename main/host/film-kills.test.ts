import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { killedFilmEditor } from './testing/film-kills.node.ts';

test('an editor of a film works through four kills of the host: every answered edit is there, and undo goes all the way back', async () => {
  const base = mkdtempSync(join(tmpdir(), 'film-kills-'));
  await smallListing(join(base, 'photos'), 4);
  const seed = 2026;
  const report = await killedFilmEditor(join(base, 'home'), join(base, 'photos'), 4, seed);
  expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
  expect(report.answered).toBeGreaterThan(0);
  rmSync(base, { recursive: true, force: true });
});
