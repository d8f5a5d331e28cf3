import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { killedRenders } from './testing/render-kills.node.ts';

/** Five queues, twenty kills each. */
test('a hundred kills −9 while clips are rendered: everything is rendered in the end, nothing twice', async () => {
  const base = mkdtempSync(join(tmpdir(), 'render-kills-'));
  await smallListing(join(base, 'photos'), 3);
  for (let seed = 1; seed <= 5; seed++) {
    const report = await killedRenders(join(base, `home-${seed}`), join(base, 'photos'), 20, seed);
    process.stderr.write(`seed ${seed}: ${report.kills} kills, ${report.inTheMidst} in the midst of it\n`);
    expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
  }
  rmSync(base, { recursive: true, force: true });
});
