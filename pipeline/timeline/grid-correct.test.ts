import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GridBeat } from '../domain.ts';
import { type BeatCorrection, beatsPerBarOf, correctBeats } from './grid-correct.ts';

const grid = (count: number, step: number, perBar = 4): GridBeat[] =>
  Array.from({ length: count }, (_, i) => ({ frame: i * step, beatInBar: (i % perBar) + 1, confidence: 0.8 }));
const frames = (beats: readonly GridBeat[]): number[] => beats.map((beat) => beat.frame);
const numbers = (beats: readonly GridBeat[]): number[] => beats.map((beat) => beat.beatInBar);

describe('beat corrections', () => {
  it('shifts later and earlier and fills the hole', () => {
    const later = correctBeats(grid(8, 15), { kind: 'shift', frames: 20 });
    expect(frames(later)).toEqual([5, 20, 35, 50, 65, 80, 95, 110, 125]);
    expect(numbers(later)).toEqual([4, 1, 2, 3, 4, 1, 2, 3, 4]);
    const earlier = correctBeats(grid(8, 15), { kind: 'shift', frames: -20 });
    expect(frames(earlier)).toEqual([10, 25, 40, 55, 70, 85, 100]);
    expect(numbers(earlier)).toEqual([3, 4, 1, 2, 3, 4, 1]);
  });

  it('doubles and halves', () => {
    const doubled = correctBeats(grid(4, 15), { kind: 'double' });
    expect(frames(doubled)).toEqual([0, 8, 15, 23, 30, 38, 45]);
    expect(numbers(doubled)).toEqual([1, 2, 3, 4, 1, 2, 3]);
    const halved = correctBeats(grid(12, 15).slice(1), { kind: 'halve' });
    // The first downbeat of the slice is at 60 and stays one.
    expect(frames(halved)).toEqual([30, 60, 90, 120, 150]);
    expect(numbers(halved)).toEqual([4, 1, 2, 3, 4]);
    expect(correctBeats(correctBeats(grid(16, 14), { kind: 'double' }), { kind: 'halve' })).toEqual(grid(16, 14));
    expect(() => correctBeats(grid(8, 3), { kind: 'double' })).toThrow(/too close/);
  });

  it('sets bar length and downbeat', () => {
    const waltz = correctBeats(grid(7, 20), { kind: 'setBar', beatsPerBar: 3, downbeatFrame: 40 });
    expect(numbers(waltz)).toEqual([2, 3, 1, 2, 3, 1, 2]);
    expect(beatsPerBarOf(waltz)).toBe(3);
  });

  it('fits taps by least squares, a missed tap included', () => {
    // Taps at 120 BPM (15 frames) from frame 10, jittered, the fourth one missed.
    const tapped = correctBeats(grid(14, 20), { kind: 'tap', frames: [10, 26, 39, 71, 84, 100], beatsPerBar: 4 });
    expect(frames(tapped).slice(0, 5)).toEqual([10, 25, 40, 55, 70]);
    expect(numbers(tapped).slice(0, 5)).toEqual([1, 2, 3, 4, 1]);
    expect(frames(tapped).at(-1)).toBeGreaterThan(245);
    expect(() => correctBeats([], { kind: 'tap', frames: [1, 20], beatsPerBar: 4 })).toThrow(/at least 3/);
  });

  it('moves, adds and removes single beats', () => {
    const moved = correctBeats(grid(4, 15), { kind: 'moveBeat', fromFrame: 15, toFrame: 18 });
    expect(frames(moved)).toEqual([0, 18, 30, 45]);
    expect(() => correctBeats(grid(4, 15), { kind: 'moveBeat', fromFrame: 15, toFrame: 30 })).toThrow(/neighbours/);
    expect(() => correctBeats(grid(4, 15), { kind: 'removeBeat', frame: 16 })).toThrow(/no beat/);
    const holed = correctBeats(grid(8, 15), { kind: 'removeBeat', frame: 30 });
    expect(numbers(holed)).toEqual([1, 2, 3, 1, 2, 3, 4]);
    expect(
      correctBeats(holed, { kind: 'addBeat', frame: 30 }).map(({ frame, beatInBar }) => [frame, beatInBar]),
    ).toEqual(grid(8, 15).map(({ frame, beatInBar }) => [frame, beatInBar]));
    expect(numbers(correctBeats(grid(8, 15), { kind: 'removeBeat', frame: 60 }))).toEqual([1, 2, 3, 4, 1, 2, 3]);
  });

  it('always gives a strictly increasing grid', () => {
    const correction: fc.Arbitrary<BeatCorrection> = fc.oneof(
      fc.integer({ min: -300, max: 300 }).map((n): BeatCorrection => ({ kind: 'shift', frames: n })),
      fc.constantFrom<BeatCorrection>({ kind: 'double' }, { kind: 'halve' }),
      fc.integer({ min: 1, max: 16 }).map((beatsPerBar): BeatCorrection => ({ kind: 'setBar', beatsPerBar })),
      fc.nat({ max: 400 }).map((frame): BeatCorrection => ({ kind: 'addBeat', frame })),
      fc
        .array(fc.nat({ max: 600 }), { minLength: 1, maxLength: 12 })
        .map((taps): BeatCorrection => ({ kind: 'tap', frames: taps, beatsPerBar: 4 })),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 3, max: 30 }),
        fc.array(correction),
        (n, step, list) => {
          let beats = grid(n, step);
          for (const one of list) {
            try {
              beats = correctBeats(beats, one);
            } catch (error) {
              expect(error).toHaveProperty('code', 'edit_refused');
            }
            beats.forEach((beat, i) => {
              expect(beat.frame).toBeGreaterThan(beats[i - 1]?.frame ?? -1);
              expect(beat.beatInBar).toBeGreaterThanOrEqual(1);
            });
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
