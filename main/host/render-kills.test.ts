import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { killedRenders } from './testing/render-kills.node.ts';

test('clips are rendered through three kills of the host: all are there in the end, and none was made twice', async () => {
  const base = mkdtempSync(join(tmpdir(), 'render-kills-'));
  await smallListing(join(base, 'photos'), 3);
  const seed = 2026;
  const report = await killedRenders(join(base, 'home'), join(base, 'photos'), 3, seed);
  expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
  expect(report.inTheMidst).toBeGreaterThan(0);
  rmSync(base, { recursive: true, force: true });
});
