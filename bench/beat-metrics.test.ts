import { describe, expect, it } from 'vitest';
import { amlt, cmlt, fMeasure } from './beat-metrics.ts';

const range = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.ceil((to - from) / step - 1e-9) }, (_, i) => from + i * step);
const even = range(0, 20, 0.5);

/**
 * What mir_eval 0.8.2 gives: f_measure, then CMLt and AMLt of continuity, nothing trimmed. Recorded once by hand; no
 * Python is needed here.
 */
const MIR_EVAL: readonly [name: string, reference: number[], estimated: number[], figures: readonly number[]][] = [
  ['exact', even, even, [1, 1, 1]],
  ['late by 60 ms', even, even.map((t) => t + 0.06), [1, 1, 1]],
  ['late by 80 ms', even, even.map((t) => t + 0.08), [0, 1, 1]],
  ['off-beats', even, even.slice(0, -1).map((t) => t + 0.25), [0, 0, 1]],
  ['double tempo', even, range(0, 19.75, 0.25), [0.672269, 0, 1]],
  ['half tempo', even, even.filter((_, i) => i % 2 === 1), [0.666667, 0, 1]],
  ['a beat missing', even, even.filter((_, i) => i !== 17), [0.987342, 0.95, 0.95]],
  ['a beat added', even, [...even, 7.26].sort((a, b) => a - b), [0.987654, 0.95122, 0.95122]],
  ['slightly fast', even, range(0, 20, 0.49), [0.17284, 0.219512, 0.414634]],
  ['three against four', even, range(0.1, 20, 0.375), [0.276596, 0, 0]],
  [
    'tempo change',
    [...range(0, 10, 0.625), ...range(0, 10, 0.5556).map((t) => t + 10)],
    range(0, 20, 0.6),
    [0.176471, 0.294118, 0.441176],
  ],
  ['one beat', even, [1], [0.04878, 0, 0]],
];

describe('beat metrics', () => {
  it.each(MIR_EVAL)('%s: as mir_eval', (_, reference, estimated, figures) => {
    [fMeasure(reference, estimated), cmlt(reference, estimated), amlt(reference, estimated)].forEach((value, i) => {
      expect(value).toBeCloseTo(figures[i] as number, 5);
    });
  });

  it('finds the largest matching where two beats compete', () => {
    // 1.06 could take either annotation; a nearest-first matching would leave 1.10 alone.
    expect(fMeasure([1, 1.06], [1.06, 1.1])).toBe(1);
  });

  it('gives zero for nothing', () => {
    expect(fMeasure([], [1])).toBe(0);
    expect([cmlt([], []), amlt([], [])]).toEqual([0, 0]);
  });
});
