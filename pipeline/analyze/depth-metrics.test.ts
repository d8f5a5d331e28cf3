import { describe, expect, it } from 'vitest';
import type { DepthMap, RgbImage } from '../domain.ts';
import { depthVariance, edgeAgreement, nearFarRatio, planeResidual, rankCorrelation, ranks } from './depth-metrics.ts';

const map = (width: number, height: number, at: (x: number, y: number) => number): DepthMap => ({
  width,
  height,
  data: Float32Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))),
});
const picture = (width: number, height: number, at: (x: number, y: number) => number): RgbImage => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return at(pixel % width, Math.floor(pixel / width));
  }),
});

describe('rank correlation', () => {
  it('is exact on small data', () => {
    expect(rankCorrelation([1, 2, 3, 4], [10, 20, 300, 4000])).toBeCloseTo(1, 12);
    expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1, 12);
    // 1 − 6·Σd² / (n(n² − 1)) with d = 0, 1, 1, 0.
    expect(rankCorrelation([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8, 12);
  });
  it('shares ranks among ties', () => {
    expect([...ranks(Float64Array.from([5, 1, 5, 9]))]).toEqual([1.5, 0, 1.5, 3]);
    // Pearson of (0, 1.5, 1.5, 3) and (0, 1, 2, 3).
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });
  it('leaves invalid pairs out and is 0 when nothing can be said', () => {
    expect(rankCorrelation([1, 2, 3, -9], [1, 2, 3, 9], [1, 1, 1, 0])).toBeCloseTo(1, 12);
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBe(0);
    expect(rankCorrelation([1, 2], [1, 2], [1, 0])).toBe(0);
  });
});

describe('figures of a depth map', () => {
  it('variance: flat 0, half and half 1/4', () => {
    expect(depthVariance(map(10, 10, () => 0.3))).toBeCloseTo(0, 9);
    expect(depthVariance(map(10, 10, (x) => (x < 5 ? 0 : 1)))).toBeCloseTo(0.25, 9);
  });
  it('distance from a plane: none for any slanted wall, a step keeps a quarter of its variance, noise all of it', () => {
    expect(planeResidual(map(40, 30, (x, y) => 0.2 + 0.01 * x + 0.005 * y))).toBeCloseTo(0, 6);
    expect(planeResidual(map(10, 10, () => 0.3))).toBeCloseTo(0, 6);
    // A step from 0 to 1: variance 1/4, of which the best line explains three quarters.
    expect(planeResidual(map(200, 4, (x) => (x < 100 ? 0 : 1)))).toBeCloseTo(0.25, 3);
    expect(planeResidual(map(40, 40, (x, y) => (x + y) % 2))).toBeCloseTo(0.5, 2);
  });
  it('near over far: flat 1, a step (1 + 0.02) / 0.02', () => {
    expect(nearFarRatio(map(10, 10, () => 0.3))).toBeCloseTo(1, 6);
    expect(nearFarRatio(map(10, 10, (x) => (x < 5 ? 0 : 1)))).toBeCloseTo(51, 4);
  });
  it('edges: all agree where the picture has the same step, none where its step is elsewhere', () => {
    const step = map(100, 60, (x) => (x < 50 ? 0.1 : 0.9));
    expect(
      edgeAgreement(
        step,
        picture(100, 60, (x) => (x < 50 ? 20 : 220)),
      ),
    ).toBe(1);
    expect(
      edgeAgreement(
        step,
        picture(100, 60, (x) => (x < 20 ? 20 : 220)),
      ),
    ).toBe(0);
    expect(
      edgeAgreement(
        map(100, 60, () => 0.5),
        picture(100, 60, (x) => x),
      ),
    ).toBe(1);
  });
});
