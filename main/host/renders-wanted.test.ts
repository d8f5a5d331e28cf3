/** Which frames of a take the film shows, against what assembly takes from it; and which takes may stand in a place. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { TakeRow } from '../../db/studio/renders.node.ts';
import { filmRecipes } from '../../pipeline/assemble/recipes.ts';
import type { ClipSpec, Timeline } from '../../pipeline/domain.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import { FILMS, randomEdit, seeded } from '../../pipeline/timeline/testing.ts';
import { unfit, usedFrames } from './renders-wanted.node.ts';

function edited(start: Timeline, seed: number, count: number): Timeline {
  const random = seeded(seed);
  let film = start;
  let made = 0;
  for (let i = 0; i < count; i++)
    try {
      film = applyEdit(
        film,
        randomEdit(random, film, () => `n${made++}`),
      ).timeline;
    } catch (error) {
      if (!(error instanceof PicaividError)) throw error;
    }
  return film;
}

test('the frames that are said to be used are those that assembly takes, in every film', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(...FILMS), (seed, start) => {
      const film = edited(start, seed, 25);
      const taken = new Map<string, { first: number; last: number }>();
      const recipes = filmRecipes(film, { onHeld: (id) => expect.fail(`${id} has too few frames`) });
      for (let frame = 0; frame < recipes.totalFrames; frame++) {
        const { a, b } = recipes.at(frame);
        for (const { clipId, sourceFrame } of b === undefined ? [a] : [a, b]) {
          const known = taken.get(clipId) ?? { first: sourceFrame, last: sourceFrame };
          taken.set(clipId, { first: Math.min(known.first, sourceFrame), last: Math.max(known.last, sourceFrame) });
        }
      }
      for (const [index, clip] of film.clips.entries()) {
        const used = usedFrames(film, index);
        expect(used).toEqual(taken.get(clip.id));
        expect(used.first).toBeGreaterThanOrEqual(0);
        expect(used.last).toBeLessThan(clip.moveFrames);
      }
    }),
    { numRuns: 40 },
  );
});

test('a take stands where it shows the same photo, in the same size and rate, with frames enough', () => {
  const spec: ClipSpec = {
    photoSha256: 'a', depthSha256: null, motion: 'push_in', amount: 1, renderer: 'ken_burns', frames: 40,
    frameRate: { num: 30, den: 1 }, width: 64, height: 36, focus: { x: 0.5, y: 0.5 }, seed: 0,
  }; // biome-ignore format: one spec
  const row = (more: Partial<ClipSpec>): TakeRow => {
    const own = { ...spec, ...more };
    return { take: { spec: own, frames: own.frames } } as TakeRow;
  };
  const used = { last: 39 };
  expect(unfit(row({ motion: 'static', amount: 0, renderer: 'depth_parallax', seed: 4 }), spec, used)).toBeUndefined();
  expect(unfit(row({ frameRate: { num: 60, den: 2 } }), spec, used)).toBeUndefined();
  expect(unfit(row({ photoSha256: 'b' }), spec, used)).toMatch(/another photo/);
  expect(unfit(row({ width: 66 }), spec, used)).toBe('It is 66×36, the film is 64×36.');
  expect(unfit(row({ frameRate: { num: 25, den: 1 } }), spec, used)).toMatch(/frame rate/);
  expect(unfit(row({ frames: 39 }), spec, used)).toBe('It has 39 frames, and the film shows 40 here.');
});
