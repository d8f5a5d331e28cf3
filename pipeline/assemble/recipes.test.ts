import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TitleCard, TransitionType } from '../domain.ts';
import { filmRecipes } from './recipes.ts';
import { timelineClip, timelineOf } from './testkit.node.ts';

const shots = fc.array(
  fc.record({
    duration: fc.integer({ min: 25, max: 80 }),
    type: fc.constantFrom<TransitionType>('cut', 'cross_dissolve', 'dip_black', 'dip_white', 'slide', 'wipe', 'zoom'),
    overlap: fc.integer({ min: 1, max: 24 }),
  }),
  { minLength: 1, maxLength: 9 },
);
const titles = fc.array(
  fc.record({ startFrame: fc.integer({ min: 0, max: 400 }), durationFrames: fc.integer({ min: 1, max: 60 }) }),
  { maxLength: 4 },
);

test('every frame shows the clip that the sums of lengths say, its transition and its titles', () => {
  fc.assert(
    fc.property(shots, titles, fc.integer({ min: 0, max: 12 }), (given, cards, closing) => {
      const clips = given.map(({ duration, type, overlap }, i) => {
        const frames = i === 0 ? Math.min(12, overlap) : overlap;
        const clip = timelineClip(i, 12, duration, type === 'cut' ? { type, frames: 0 } : { type, frames });
        return { ...clip, moveFrames: duration + 24 };
      });
      const cardsOf = cards.map((card, i): TitleCard => ({ id: `t${i}`, text: 'Home', ...card }));
      const film = filmRecipes(timelineOf(clips, { titles: cardsOf }), { closingFadeFrames: closing });
      // The same, said the slow way: every clip is asked about every frame.
      let start = 0;
      const spans = clips.map((clip) => {
        const from = start;
        start += clip.durationFrames;
        return { clip, from, to: start };
      });
      expect(film.totalFrames).toBe(start);
      for (let f = 0; f < start; f++) {
        const recipe = film.at(f);
        const at = spans.findIndex(({ from, to }) => f >= from && f < to);
        expect(film.clipAt(f)).toBe(at);
        const over = spans.slice(1).find(({ clip, from }) => {
          const begin = from - Math.floor(clip.transitionIn.frames / 2);
          return f >= begin && f < begin + clip.transitionIn.frames;
        });
        const source = (i: number): number => f - (spans[i]?.from ?? 0) + 12;
        if (over === undefined) {
          expect(recipe.a).toEqual({ clipId: `c${at}`, sourceFrame: source(at) });
          expect([recipe.b, recipe.transition]).toEqual([undefined, undefined]);
        } else {
          const incoming = spans.indexOf(over);
          expect(recipe.a).toEqual({ clipId: `c${incoming - 1}`, sourceFrame: source(incoming - 1) });
          expect(recipe.b).toEqual({ clipId: `c${incoming}`, sourceFrame: source(incoming) });
          const steps = over.clip.transitionIn.frames;
          expect(recipe.transition).toEqual({
            type: over.clip.transitionIn.type,
            steps,
            step: f - (over.from - Math.floor(steps / 2)) + 1,
          });
        }
        const shown = cards.flatMap(({ startFrame, durationFrames }, i) =>
          f >= startFrame && f < startFrame + durationFrames ? [i] : [],
        );
        expect(recipe.titles.map(({ index }) => index)).toEqual(shown);
        for (const { opacity } of recipe.titles) expect(opacity > 0 && opacity <= 1).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test('opening and closing fades, and frames beyond the film are its ends', () => {
  const opening = { ...timelineClip(0, 0, 60, { type: 'dip_white', frames: 4 }), moveFrames: 60 };
  const film = filmRecipes(timelineOf([opening]), { closingFadeFrames: 4 });
  expect([0, 3, 4, 55, 56, 59].map((f) => film.at(f).fade)).toEqual([
    { colour: 'white', amount: 0.8 },
    { colour: 'white', amount: 1 - 4 / 5 },
    undefined,
    undefined,
    { colour: 'black', amount: 0.25 },
    { colour: 'black', amount: 1 },
  ]);
  expect([film.at(-5), film.at(1000)]).toEqual([film.at(0), film.at(59)]);
});

test('a clip without frames left for its transition holds its edge frame and says so', () => {
  const clips = [timelineClip(0, 0, 30), timelineClip(1, 0, 30, { type: 'cross_dissolve', frames: 4 })];
  const held: string[] = [];
  const film = filmRecipes(timelineOf(clips), { onHeld: (id) => held.push(id) });
  expect([28, 29, 30, 31].map((f) => [film.at(f).a.sourceFrame, film.at(f).b?.sourceFrame])).toEqual([
    [28, 0],
    [29, 0],
    [29, 0],
    [29, 1],
  ]);
  expect(held).toEqual(['c1', 'c1', 'c1', 'c1', 'c0', 'c0', 'c0', 'c0']);
});

test('an empty film and transitions that meet are refused', () => {
  expect(() => filmRecipes(timelineOf([]))).toThrow('The timeline has no clips');
  const short = [0, 1, 2].map((i) => timelineClip(i, 20, i === 1 ? 10 : 60, i === 0 ? { type: 'cut', frames: 0 } : { type: 'wipe', frames: 24 })); // biome-ignore format: one list
  expect(() => filmRecipes(timelineOf(short))).toThrow('Two transitions overlap');
});
