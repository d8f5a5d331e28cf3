import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TitleCard, Transition, TransitionType } from '../domain.ts';
import { type ClipSource, clipStarts, frameRecipes, planAssembly } from './plan.ts';
import { OUTPUT, timelineClip, timelineOf } from './testkit.node.ts';

const GOP = 15;

const types = fc.constantFrom<TransitionType>('cut', 'cross_dissolve', 'dip_black', 'slide', 'zoom');
const shot = fc.record({
  sourceIn: fc.integer({ min: 0, max: 60 }),
  duration: fc.integer({ min: 25, max: 80 }),
  type: types,
  overlap: fc.integer({ min: 1, max: 24 }),
  copyable: fc.boolean(),
});

const film = fc.record({
  shots: fc.array(shot, { minLength: 1, maxLength: 7 }),
  title: fc.option(fc.record({ start: fc.integer({ min: 0, max: 60 }), frames: fc.integer({ min: 1, max: 50 }) }), {
    nil: undefined,
  }),
  closing: fc.integer({ min: 0, max: 12 }),
});

type Film = typeof film extends fc.Arbitrary<infer T> ? T : never;

function build({ shots, title, closing }: Film): {
  timeline: ReturnType<typeof timelineOf>;
  sources: Map<string, ClipSource>;
  closing: number;
} {
  const clips = shots.map(({ sourceIn, duration, type, overlap }, i) => {
    const transition: Transition =
      type === 'cut' ? { type, frames: 0 } : { type, frames: i === 0 ? Math.min(overlap, 12) : overlap };
    return timelineClip(i, sourceIn, duration, transition);
  });
  const sources = new Map(
    clips.map((clip, i) => [
      clip.id,
      { path: `${clip.id}.mp4`, frames: 180, width: 320, height: 180, copyable: shots[i]?.copyable === true },
    ]),
  );
  const titles: TitleCard[] =
    title === undefined ? [] : [{ id: 't', startFrame: title.start, durationFrames: title.frames, text: 'Home' }];
  return { timeline: timelineOf(clips, { titles }), sources, closing };
}

describe('planAssembly', () => {
  test('covers every film frame once, copies only what may be copied, and shows what the timeline says', () => {
    fc.assert(
      fc.property(film, (input) => {
        const { timeline, sources, closing } = build(input);
        const options = { closingFadeFrames: closing };
        const plan = planAssembly(timeline, sources, OUTPUT, options);
        const recipes = frameRecipes(timeline, sources, options);
        let film = 0;
        for (const segment of plan.segments) {
          expect(segment.filmFrom).toBe(film);
          expect(segment.filmTo).toBeGreaterThan(segment.filmFrom);
          if (segment.kind === 'copy') {
            expect(segment.sourceFrom % GOP).toBe(0);
            expect(sources.get(segment.clipId)?.copyable).toBe(true);
            expect(segment.sourceTo - segment.sourceFrom).toBe(segment.filmTo - segment.filmFrom);
            for (let f = segment.filmFrom; f < segment.filmTo; f++) {
              const sourceFrame = segment.sourceFrom + f - segment.filmFrom;
              expect(recipes[f]).toEqual({ a: { clipId: segment.clipId, sourceFrame }, titles: [] });
            }
          } else expect(segment.frames).toEqual(recipes.slice(segment.filmFrom, segment.filmTo));
          film = segment.filmTo;
        }
        expect(film).toBe(clipStarts(timeline.clips).at(-1));
        expect(plan.copiedFrames + plan.encodedFrames).toBe(plan.totalFrames);
      }),
      { numRuns: 300 },
    );
  });

  test('encodes only up to the next keyframe after a cut', () => {
    const timeline = timelineOf([timelineClip(0, 0, 40), timelineClip(1, 17, 40), timelineClip(2, 30, 40)]);
    const plan = planAssembly(timeline, plainSources(3), OUTPUT);
    const runs = plan.segments.map((segment) => [segment.kind, segment.filmFrom, segment.filmTo]);
    expect(runs).toEqual([['copy', 0, 40], ['encode', 40, 53], ['copy', 53, 80], ['copy', 80, 120]]); // biome-ignore format: rows
  });

  test('centres a transition on the cut and takes both clips at their own frames', () => {
    const timeline = timelineOf([
      timelineClip(0, 5, 40),
      timelineClip(1, 20, 40, { type: 'cross_dissolve', frames: 5 }),
    ]);
    const recipes = frameRecipes(timeline, plainSources(2));
    expect(recipes.flatMap((recipe, f) => (recipe.b === undefined ? [] : [f]))).toEqual([38, 39, 40, 41, 42]);
    expect(recipes[38]).toEqual({
      a: { clipId: 'c0', sourceFrame: 43 },
      b: { clipId: 'c1', sourceFrame: 18 },
      transition: { type: 'cross_dissolve', step: 1, steps: 5 },
      titles: [],
    });
    expect(recipes[43]?.a).toEqual({ clipId: 'c1', sourceFrame: 23 });
  });

  test('says so when a clip has no frames left for its transition', () => {
    const timeline = timelineOf([
      timelineClip(0, 0, 40),
      timelineClip(1, 0, 40, { type: 'cross_dissolve', frames: 4 }),
    ]);
    const plan = planAssembly(timeline, plainSources(2), OUTPUT);
    expect(plan.notes.join()).toContain('c1');
    expect(plan.notes.join()).not.toContain('c0');
  });

  test('refuses what cannot be: no clips, a clip too short, overlapping transitions', () => {
    const code = (run: () => unknown): unknown => {
      try {
        run();
        return 'done';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    expect(code(() => planAssembly(timelineOf([]), plainSources(0), OUTPUT))).toBe('plan_impossible');
    expect(code(() => planAssembly(timelineOf([timelineClip(0, 170, 40)]), plainSources(1), OUTPUT))).toBe(
      'clip_invalid',
    );
    expect(code(() => planAssembly(timelineOf([timelineClip(0, 0, 40)]), new Map(), OUTPUT))).toBe('clip_missing');
    const dissolve: Transition = { type: 'cross_dissolve', frames: 30 };
    const crowded = timelineOf([
      timelineClip(0, 0, 40),
      timelineClip(1, 30, 20, dissolve),
      timelineClip(2, 30, 40, dissolve),
    ]);
    expect(code(() => planAssembly(crowded, plainSources(3), OUTPUT))).toBe('plan_impossible');
  });
});

function plainSources(count: number): Map<string, ClipSource> {
  return new Map(
    Array.from({ length: count }, (_, i) => [`c${i}`, { path: `c${i}.mp4`, frames: 180, width: 320, height: 180 }]),
  );
}
