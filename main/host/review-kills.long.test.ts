import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { killedReviewer } from './testing/review-kills.node.ts';

/** Five reviewers, twenty kills each. */
test('a hundred kills −9 while clips are reviewed: no answered decision, note or resolution is lost', async () => {
  const base = mkdtempSync(join(tmpdir(), 'review-kills-'));
  await smallListing(join(base, 'photos'), 3);
  for (let seed = 1; seed <= 5; seed++) {
    const report = await killedReviewer(join(base, `home-${seed}`), join(base, 'photos'), 20, seed);
    process.stderr.write(
      `seed ${seed}: ${report.kills} kills, ${report.answered} answered, ${report.storedUnanswered} stored unanswered\n`,
    );
    expect({ seed, wrong: report.wrong }).toEqual({ seed, wrong: [] });
  }
  rmSync(base, { recursive: true, force: true });
});
