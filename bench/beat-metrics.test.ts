import { describe, expect, it } from 'vitest';
import { amlt, cmlt, fMeasure } from './beat-metrics.ts';

const truth = Array.from({ length: 20 }, (_, i) => 0.25 + 0.5 * i);
const double = Array.from({ length: 40 }, (_, i) => 0.25 + 0.25 * i);

describe('beat metrics give what mir_eval 0.8.2 gives', () => {
  it.each([
    ['the same', truth, 1, 1, 1],
    ['60 ms late', truth.map((t) => t + 0.06), 1, 1, 1],
    ['100 ms late', truth.map((t) => t + 0.1), 0, 0, 0],
    ['double', double, 0.666667, 0, 0.975],
    ['half', truth.filter((_, i) => i % 2 === 0), 0.666667, 0, 1],
    ['off-beat', truth.map((t) => t + 0.25), 0, 0, 0.95],
    ['a jump', truth.map((t, i) => (i < 10 ? t : t + 0.2)), 0.5, 0.5, 0.5],
    ['one missing', truth.filter((_, i) => i !== 7), 0.974359, 0.9, 0.9],
    ['one too many', [...truth, 3.5].sort((a, b) => a - b), 0.97561, 0.904762, 0.904762],
  ])('%s', (_, found, f, c, a) => {
    expect(fMeasure(truth, found)).toBeCloseTo(f, 5);
    expect(cmlt(truth, found)).toBeCloseTo(c, 5);
    expect(amlt(truth, found)).toBeCloseTo(a, 5);
  });

  it('nothing found is nothing', () => {
    expect([fMeasure(truth, []), cmlt(truth, []), amlt(truth, [])]).toEqual([0, 0, 0]);
  });
});
