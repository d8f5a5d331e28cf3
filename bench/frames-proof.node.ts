/** Random deeds over painted clips in a page: every frame that is shown is read back. */
import { z } from 'zod';
import { randomDeeds, randomFrom } from '../renderer/frames/testing/deeds.ts';
import type { PaintedFiles } from '../renderer/frames/testing/painted.node.ts';
import type { FramesPage } from './frames-page.node.ts';

export const outcomeSchema = z.object({
  deeds: z.number(),
  shown: z.number(),
  wrong: z.array(z.string()),
  path: z.string(),
  reason: z.string().nullable(),
});

export interface Proof {
  readonly deeds: number;
  /** Frames that were drawn, each read back. */
  readonly shown: number;
  readonly wrong: readonly string[];
  /** Ways that frames came, each once. */
  readonly paths: readonly string[];
}

/** `count` deeds, the same number in each clip. The page has them all open, in one cache. */
export async function proveDeeds(
  page: FramesPage,
  files: readonly PaintedFiles[],
  count: number,
  seed: number,
): Promise<Proof> {
  const random = randomFrom(seed);
  await page.call(
    'open',
    files.map(({ clip }) => page.given(clip.clip)),
  );
  const outcomes: z.infer<typeof outcomeSchema>[] = [];
  for (const { clip } of files) {
    await page.call('show', clip.clip, null);
    // A hundred at a time: an answer of the page has a limit of time.
    for (let left = Math.ceil(count / files.length); left > 0; left -= 100) {
      if (outcomes.length > 0) await page.call('run', [{ do: 'seek', to: [0], expect: 0 }]);
      const deeds = randomDeeds(Math.min(100, left), clip.frames, random);
      outcomes.push(outcomeSchema.parse(await page.call('run', deeds)));
    }
  }
  return {
    deeds: outcomes.reduce((sum, one) => sum + one.deeds, 0),
    shown: outcomes.reduce((sum, one) => sum + one.shown, 0),
    wrong: outcomes.flatMap((one) => one.wrong),
    paths: [...new Set(outcomes.map((one) => one.path))],
  };
}
