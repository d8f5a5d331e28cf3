import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjustedRandIndex, pairwiseF1 } from './cluster-metrics.ts';
import { findFeatures } from './features.ts';
import { averageLinkage, silhouette } from './linkage.ts';
import type { Luma } from './luma.ts';
import { comparePhotos } from './overlap.ts';
import { sharpnessScore } from './quality.ts';

/** Random blocks of many sizes: corners everywhere, reproducible. `at` shifts the window over one endless picture. */
function blocks(width: number, height: number, atX: number, atY: number, seed: number): Luma {
  const hash = (x: number, y: number, k: number): number =>
    (Math.imul(Math.imul(x, 374761393) ^ Math.imul(y, 668265263) ^ Math.imul(k + seed, 974634777), 1274126177) >>> 8) &
    127;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const u = x + atX;
      const v = y + atY;
      data[y * width + x] =
        hash(Math.floor(u / 23), Math.floor(v / 19), 1) + hash(Math.floor(u / 57), Math.floor(v / 61), 2);
    }
  return { width, height, data };
}

describe('average linkage', () => {
  it('keeps every must-link and cannot-link, and puts each item in one group', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 81, maxLength: 81 }),
        fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 4 }),
        (n, values, must, cannot) => {
          const distance = new Float64Array(n * n);
          for (let i = 0; i < n; i++)
            for (let j = i + 1; j < n; j++) distance[i * n + j] = distance[j * n + i] = values[i * 9 + j] ?? 0;
          const inside = ([a, b]: readonly [number, number]): boolean => a < n && b < n;
          const mustLink = must.filter(inside);
          const alone = averageLinkage(n, distance, -1, { mustLink, cannotLink: [] });
          const apart = ([a, b]: readonly [number, number]): boolean =>
            a !== b && alone.find((group) => group.includes(a))?.includes(b) === false;
          const cannotLink = cannot.filter(inside).filter(apart);
          const groups = averageLinkage(n, distance, 0.5, { mustLink, cannotLink });
          expect(groups.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
          const groupOf = (i: number): number => groups.findIndex((group) => group.includes(i));
          for (const [a, b] of mustLink) expect(groupOf(a)).toBe(groupOf(b));
          for (const [a, b] of cannotLink) expect(groupOf(a)).not.toBe(groupOf(b));
        },
      ),
    );
  });

  it('merges what is near on average, and the silhouette says how clearly', () => {
    const d = Float64Array.from([0, 0.1, 0.9, 0.1, 0, 0.8, 0.9, 0.8, 0]);
    const groups = averageLinkage(3, d, 0.5, { mustLink: [], cannotLink: [] });
    expect(groups).toEqual([[0, 1], [2]]);
    expect(silhouette(3, d, groups, 0)).toBeCloseTo((0.8 / 0.9 + 0.7 / 0.8) / 2, 9);
  });
});

describe('measures of grouping', () => {
  it('match the published example and the extremes', () => {
    expect(adjustedRandIndex(['a', 'a', 'b', 'b'], ['x', 'x', 'y', 'y'])).toBe(1);
    // scikit-learn's documentation: [0, 0, 1, 2] against [0, 0, 1, 1] is 0.57.
    expect(adjustedRandIndex(['0', '0', '1', '2'], ['0', '0', '1', '1'])).toBeCloseTo(0.5714, 4);
    expect(pairwiseF1(['0', '0', '1', '2'], ['0', '0', '1', '1'])).toMatchObject({ precision: 0.5, recall: 1 });
  });
});

describe('local features', () => {
  it('prove a shifted view, and nothing between different pictures', () => {
    const a = { id: 'a', features: findFeatures(blocks(480, 320, 0, 0, 1)) };
    const b = { id: 'b', features: findFeatures(blocks(480, 320, 96, 24, 1)) };
    const c = { id: 'c', features: findFeatures(blocks(480, 320, 0, 0, 2)) };
    const shifted = comparePhotos(a, b);
    expect(shifted.verified).toBe(true);
    expect(shifted.viewChange).toBeCloseTo(Math.hypot(96, 24) / 480, 2);
    expect(shifted.parallax).toBeLessThan(0.004);
    expect(comparePhotos(a, c).verified).toBe(false);
  });
});

describe('sharpness', () => {
  it('is high for edges and falls when they are smeared', () => {
    const sharp = blocks(400, 300, 0, 0, 3);
    const flat: Luma = { ...sharp, data: new Float32Array(sharp.data.length).fill(90) };
    expect(sharpnessScore(sharp)).toBeGreaterThan(0.8);
    expect(sharpnessScore(flat)).toBeLessThan(0.01);
  });
});
