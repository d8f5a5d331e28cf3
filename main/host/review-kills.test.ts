import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { killedReviewer } from './testing/review-kills.node.ts';

test('a reviewer works through three kills of the host: every answered decision, note and resolution is there once, and the job follows', async () => {
  const base = mkdtempSync(join(tmpdir(), 'review-kills-'));
  await smallListing(join(base, 'photos'), 3);
  const seed = 2026;
  const report = await killedReviewer(join(base, 'home'), join(base, 'photos'), 3, seed);
  expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
  expect(report.answered).toBeGreaterThan(0);
  rmSync(base, { recursive: true, force: true });
});
