import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { killedEditor } from './testing/kills.node.ts';

/** Ten editors, twenty kills each. */
test('two hundred kills −9 at random moments: no answered action is lost, the history is whole', async () => {
  const base = mkdtempSync(join(tmpdir(), 'host-kills-'));
  await smallListing(join(base, 'photos'), 4);
  for (let seed = 1; seed <= 10; seed++) {
    const report = await killedEditor(join(base, `home-${seed}`), join(base, 'photos'), 20, seed);
    process.stderr.write(
      `seed ${seed}: ${report.kills} kills, ${report.answered} answered, ${report.storedUnanswered} stored unanswered\n`,
    );
    expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
  }
  rmSync(base, { recursive: true, force: true });
});
