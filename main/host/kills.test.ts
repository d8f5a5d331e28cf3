import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { killedEditor } from './testing/kills.node.ts';

test('an editor works through six kills of the host: every answered action is there, and all of it can be undone', async () => {
  const base = mkdtempSync(join(tmpdir(), 'host-kills-'));
  await smallListing(join(base, 'photos'), 4);
  const seed = 2026;
  const report = await killedEditor(join(base, 'home'), join(base, 'photos'), 6, seed);
  expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
  expect(report.answered).toBeGreaterThan(0);
  rmSync(base, { recursive: true, force: true });
});
