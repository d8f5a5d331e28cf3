import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MusicPlan } from '../domain.ts';
import { fadeGain, JOIN_SAMPLES, pieceGain, planMix } from './mix-plan.ts';

const RATE = { num: 30_000, den: 1001 };
const MUSIC: MusicPlan = {
  segments: [
    { filmStartFrame: 90, filmEndFrame: 200, musicStartSeconds: 4 },
    { filmStartFrame: 0, filmEndFrame: 90, musicStartSeconds: 10.5 },
  ],
  fadeInFrames: 15,
  fadeOutFrames: 45,
};

test('pieces lie at exact samples in film order and join with a crossfade before the later beat', () => {
  const mix = planMix(MUSIC, 180, RATE);
  expect(mix).toEqual({
    samples: 288_288,
    pieces: [
      { from: 0, to: 144_144, source: 504_000, fadeIn: 0, fadeOut: JOIN_SAMPLES },
      { from: 144_144, to: 288_288, source: 192_000, fadeIn: JOIN_SAMPLES, fadeOut: 0 },
    ],
    start: 0,
    end: 288_288,
    fadeIn: 24_024,
    fadeOut: 72_072,
  });
  const [first, second] = mix.pieces as [(typeof mix.pieces)[0], (typeof mix.pieces)[0]];
  // Both gains add up to one all through the join.
  for (let s = second.from - JOIN_SAMPLES; s < second.from; s++)
    expect(pieceGain(first, s) + pieceGain(second, s)).toBeCloseTo(1, 12);
  expect([pieceGain(first, 5), pieceGain(second, second.from)]).toEqual([1, 1]);
});

test('fades run from silence to full and back, and no gain is ever outside 0..1', () => {
  const mix = planMix(MUSIC, 180, RATE);
  expect([fadeGain(mix, 0), fadeGain(mix, 24_024), fadeGain(mix, 288_287), fadeGain(mix, 400_000)]).toEqual([
    0, 1, 0, 0,
  ]);
  expect(fadeGain(mix, 12_012)).toBeCloseTo(Math.SQRT1_2, 12);
  const frames = fc.integer({ min: 0, max: 60 });
  fc.assert(
    fc.property(frames, frames, fc.integer({ min: -1000, max: 400_000 }), (fadeInFrames, fadeOutFrames, sample) => {
      const gain = fadeGain(planMix({ ...MUSIC, fadeInFrames, fadeOutFrames }, 180, RATE), sample);
      expect(gain >= 0 && gain <= 1).toBe(true);
    }),
  );
});

test('without music there is nothing to lay', () => {
  expect(planMix(null, 60, { num: 30, den: 1 })).toEqual({
    samples: 96_000, pieces: [], start: 0, end: 96_000, fadeIn: 0, fadeOut: 0,
  }); // biome-ignore format: one object
});
