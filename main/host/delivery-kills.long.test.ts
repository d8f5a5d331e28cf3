import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { killedDeliveries } from './testing/deliveries.node.ts';

test('films are delivered through 20 kills of the host: each is finished, and nothing half-written lies in the folder', async () => {
  const base = mkdtempSync(join(tmpdir(), 'delivery-kills-'));
  const photos = join(base, 'listings', 'photos');
  await smallListing(photos, 3);
  const seed = 2026;
  const report = await killedDeliveries(join(base, 'home'), photos, 20, seed);
  expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
  expect(report.inTheMidst).toBeGreaterThan(10);
  rmSync(base, { recursive: true, force: true });
});
