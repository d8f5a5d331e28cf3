/**
 * Do two photos see the same place? Mutual nearest binary descriptors, the ratio test (Lowe, 2004), then a homography by
 * RANSAC (Fischler and Bolles, 1981) with normalised four-point solutions (Hartley, 1997). Deterministic: own generator.
 */
import type { LocalFeatures, PairOverlap } from './types.ts';

/** Bits of 256. Descriptors of the same corner differ by 20 to 60, of unrelated ones by 128 ± 20. */
const MAX_DISTANCE = 64;
/** Best over second best: 0.8 keeps repeated window bars and tiles out. */
const RATIO = 0.82;
/** Bits from which a second best can no longer fail the ratio test of a match. */
const RIVAL_DISTANCE = Math.floor(MAX_DISTANCE / RATIO) + 1;
/**
 * A first look at the strongest features alone (the cost is the square: 0.6 ms against 9) and the matches that earn a
 * full one. Chosen on eight verified pairs of fixture and sample photos, the weakest of which had 12.
 */
const GLANCE_FEATURES = 200;
const GLANCE_MATCHES = 10;
const RANSAC_ROUNDS = 400;
/** Reprojection error in parts of the longest side: wide, because rooms are several planes. */
const INLIER_DISTANCE = 0.012;
/**
 * Inliers from which chance is ruled out. Between the 1,704 pairs of fixture photos of different places the largest
 * count by chance was 9 (with 1,200 features); the one pair of the same view has 329.
 */
export const MIN_INLIERS = 12;
/** And the least share of the matches that must agree. */
export const MIN_INLIER_SHARE = 0.3;

/** Compares two photos' features: 0.6 ms when the strongest do not match, 9 ms otherwise (two busy cores). */
export function comparePhotos(
  a: { readonly id: string; readonly features: LocalFeatures },
  b: { readonly id: string; readonly features: LocalFeatures },
): PairOverlap {
  const glance = matchFeatures(a.features, b.features, GLANCE_FEATURES);
  const promising = glance.length / 2 >= GLANCE_MATCHES;
  const pairs = promising ? matchFeatures(a.features, b.features) : glance;
  const none = { a: a.id, b: b.id, matches: pairs.length / 2, inliers: 0, coverage: 0, verified: false };
  // Fewer matches than the inliers that proof takes: no homography can change the answer.
  if (!promising || pairs.length / 2 < MIN_INLIERS) return { ...none, parallax: 0, viewChange: 1 };
  const points = normalisedPoints(a.features, b.features, pairs);
  const fit = ransacHomography(points);
  if (fit === undefined) return { ...none, parallax: 0, viewChange: 1 };
  const inliers = fit.inliers.length;
  const coverage = Math.min(spread(points, fit.inliers, 0), spread(points, fit.inliers, 2));
  const verified = inliers >= MIN_INLIERS && inliers >= MIN_INLIER_SHARE * (pairs.length / 2);
  return {
    ...none,
    inliers,
    coverage,
    verified,
    parallax: parallaxOf(points, fit.inliers),
    viewChange: cornerShift(fit.h, a.features),
  };
}

/**
 * Index pairs (a0, b0, a1, b1, …) of mutual nearest neighbours that pass the ratio test, among the strongest
 * `limit` of each photo. A rival beyond what the ratio test can see ends the count of its bits after half.
 */
export function matchFeatures(a: LocalFeatures, b: LocalFeatures, limit = Number.POSITIVE_INFINITY): Int32Array {
  const na = Math.min(a.count, limit);
  const nb = Math.min(b.count, limit);
  const bestOfA = new Int32Array(na).fill(-1);
  const bestOfB = new Int32Array(nb).fill(-1);
  const distanceOfB = new Int32Array(nb).fill(MAX_DISTANCE + 1);
  // Signed views: words from 2^31 on would otherwise leave the engine's small integers.
  const da = new Int32Array(a.descriptors.buffer, a.descriptors.byteOffset, na * 8);
  const db = new Int32Array(b.descriptors.buffer, b.descriptors.byteOffset, nb * 8);
  for (let i = 0; i < na; i++) {
    const o = i * 8;
    const w0 = da[o] as number;
    const w1 = da[o + 1] as number;
    const w2 = da[o + 2] as number;
    const w3 = da[o + 3] as number;
    const w4 = da[o + 4] as number;
    const w5 = da[o + 5] as number;
    const w6 = da[o + 6] as number;
    const w7 = da[o + 7] as number;
    let best = RIVAL_DISTANCE;
    let second = RIVAL_DISTANCE;
    let at = -1;
    for (let j = 0, p = 0; j < nb; j++, p += 8) {
      const half = bitsOfFour(
        w0 ^ (db[p] as number),
        w1 ^ (db[p + 1] as number),
        w2 ^ (db[p + 2] as number),
        w3 ^ (db[p + 3] as number),
      );
      // Unrelated descriptors differ in 64 ± 14 bits by here: nearer than the nearest so far, or the rest matters not.
      if (half >= second && half >= (distanceOfB[j] as number)) continue;
      const d =
        half +
        bitsOfFour(
          w4 ^ (db[p + 4] as number),
          w5 ^ (db[p + 5] as number),
          w6 ^ (db[p + 6] as number),
          w7 ^ (db[p + 7] as number),
        );
      if (d < best) {
        // The same corner found on a neighbouring level is not a rival.
        if (at >= 0 && !sameSpot(b, at, j)) second = best;
        best = d;
        at = j;
      } else if (d < second && !sameSpot(b, at, j)) second = d;
      if (d < (distanceOfB[j] as number)) {
        distanceOfB[j] = d;
        bestOfB[j] = i;
      }
    }
    if (best <= MAX_DISTANCE && best <= RATIO * second) bestOfA[i] = at;
  }
  const pairs: number[] = [];
  for (let i = 0; i < na; i++) {
    const j = bestOfA[i] as number;
    if (j >= 0 && bestOfB[j] === i) pairs.push(i, j);
  }
  return Int32Array.from(pairs);
}

function sameSpot(f: LocalFeatures, i: number, j: number): boolean {
  return Math.abs((f.x[i] as number) - (f.x[j] as number)) < 4 && Math.abs((f.y[i] as number) - (f.y[j] as number)) < 4;
}

/** Number of set bits of four words: counted in nibbles, added up before they are spread out. */
function bitsOfFour(a: number, b: number, c: number, d: number): number {
  let p = a - ((a >>> 1) & 0x55555555);
  let q = b - ((b >>> 1) & 0x55555555);
  let r = c - ((c >>> 1) & 0x55555555);
  let s = d - ((d >>> 1) & 0x55555555);
  p = (p & 0x33333333) + ((p >>> 2) & 0x33333333) + (q & 0x33333333) + ((q >>> 2) & 0x33333333);
  r = (r & 0x33333333) + ((r >>> 2) & 0x33333333) + (s & 0x33333333) + ((s >>> 2) & 0x33333333);
  q = (p & 0x0f0f0f0f) + ((p >>> 4) & 0x0f0f0f0f);
  s = (r & 0x0f0f0f0f) + ((r >>> 4) & 0x0f0f0f0f);
  return Math.imul(q + s, 0x01010101) >>> 24;
}

/** x, y of a and x, y of b for each match, in parts of each photo's longest side. */
function normalisedPoints(a: LocalFeatures, b: LocalFeatures, pairs: Int32Array): Float64Array {
  const out = new Float64Array(pairs.length * 2);
  const sa = 1 / Math.max(a.width, a.height);
  const sb = 1 / Math.max(b.width, b.height);
  for (let k = 0; k < pairs.length; k += 2) {
    const i = pairs[k] as number;
    const j = pairs[k + 1] as number;
    out[2 * k] = (a.x[i] as number) * sa;
    out[2 * k + 1] = (a.y[i] as number) * sa;
    out[2 * k + 2] = (b.x[j] as number) * sb;
    out[2 * k + 3] = (b.y[j] as number) * sb;
  }
  return out;
}

type Homography = readonly number[];

function ransacHomography(points: Float64Array): { h: Homography; inliers: number[] } | undefined {
  const n = points.length / 4;
  let state = 0x9e3779b9;
  const pick = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * n);
  };
  let best: { h: Homography; inliers: number[] } | undefined;
  for (let round = 0; round < RANSAC_ROUNDS; round++) {
    const four = [pick(), pick(), pick(), pick()];
    const [p, q, r, s] = four as [number, number, number, number];
    if (p === q || p === r || p === s || q === r || q === s || r === s) continue;
    const h = solveHomography(points, four);
    if (h === undefined || !plausible(h)) continue;
    const least = best?.inliers.length ?? 3;
    if (agreeing(points, h) <= least) continue;
    const inliers = inliersOf(points, h);
    if (inliers.length > least) best = { h, inliers };
  }
  if (best === undefined) return undefined;
  for (let pass = 0; pass < 2; pass++) {
    const h = solveHomography(points, best.inliers);
    if (h === undefined || !plausible(h)) break;
    const inliers = inliersOf(points, h);
    if (inliers.length < best.inliers.length) break;
    best = { h, inliers };
  }
  return best;
}

/** Photographers turn and step; they do not mirror, roll by 60 degrees or zoom by 4. */
function plausible(h: Homography): boolean {
  const a = h[0] as number;
  const b = h[1] as number;
  const d = h[3] as number;
  const e = h[4] as number;
  const determinant = a * e - b * d;
  if (determinant < 0.06 || determinant > 16) return false;
  if (Math.abs(Math.atan2(d - b, a + e)) > 1) return false;
  return Math.abs(h[6] as number) < 1.5 && Math.abs(h[7] as number) < 1.5;
}

/** Matches within the inlier distance, many of one spot counted each: never fewer than `inliersOf` gives. */
function agreeing(points: Float64Array, h: Homography): number {
  const [a, b, c, d, e, f, g, k] = h as [number, number, number, number, number, number, number, number];
  const limit = INLIER_DISTANCE * INLIER_DISTANCE;
  let count = 0;
  for (let i = 0; i < points.length; i += 4) {
    const x = points[i] as number;
    const y = points[i + 1] as number;
    const w = g * x + k * y + 1;
    const s = Math.abs(w) < 1e-9 ? 1e9 : 1 / w;
    const du = (a * x + b * y + c) * s - (points[i + 2] as number);
    const dv = (d * x + e * y + f) * s - (points[i + 3] as number);
    if (du * du + dv * dv <= limit) count++;
  }
  return count;
}

function inliersOf(points: Float64Array, h: Homography): number[] {
  const out: number[] = [];
  const limit = INLIER_DISTANCE * INLIER_DISTANCE;
  const used = new Set<number>();
  for (let k = 0, i = 0; k < points.length; k += 4, i++) {
    const [u, v] = project(h, points[k] as number, points[k + 1] as number);
    const tx = points[k + 2] as number;
    const ty = points[k + 3] as number;
    if ((u - tx) ** 2 + (v - ty) ** 2 > limit) continue;
    // Many matches of one spot are one piece of evidence: cells of 1 % of the side.
    const cell = Math.round(tx * 100) * 1000 + Math.round(ty * 100);
    if (used.has(cell)) continue;
    used.add(cell);
    out.push(i);
  }
  return out;
}

function project(h: Homography, x: number, y: number): [number, number] {
  const w = (h[6] as number) * x + (h[7] as number) * y + 1;
  const s = Math.abs(w) < 1e-9 ? 1e9 : 1 / w;
  return [
    ((h[0] as number) * x + (h[1] as number) * y + (h[2] as number)) * s,
    ((h[3] as number) * x + (h[4] as number) * y + (h[5] as number)) * s,
  ];
}

/** Least-squares homography with h8 = 1 by the normal equations: coordinates are near 1, so they are well scaled. */
function solveHomography(points: Float64Array, indices: readonly number[]): Homography | undefined {
  const m = new Float64Array(8 * 9);
  const row = new Float64Array(9);
  const add = (): void => {
    for (let r = 0; r < 8; r++)
      for (let c = 0; c < 9; c++) m[r * 9 + c] = (m[r * 9 + c] as number) + (row[r] as number) * (row[c] as number);
  };
  for (const i of indices) {
    const x = (points[4 * i] as number) - 0.5;
    const y = (points[4 * i + 1] as number) - 0.4;
    const u = points[4 * i + 2] as number;
    const v = points[4 * i + 3] as number;
    row.set([x, y, 1, 0, 0, 0, -u * x, -u * y, u]);
    add();
    row.set([0, 0, 0, x, y, 1, -v * x, -v * y, v]);
    add();
  }
  const solved = gauss(m, 8);
  if (solved === undefined) return undefined;
  // Undo the shift of the origin: H(x, y) = H'(x − 0.5, y − 0.4), scaled so that the last entry is 1 again.
  const [a, b, c, d, e, f, g, k] = [...solved] as [number, number, number, number, number, number, number, number];
  const w = 1 - 0.5 * g - 0.4 * k;
  if (Math.abs(w) < 1e-6) return undefined;
  return [a, b, c - 0.5 * a - 0.4 * b, d, e, f - 0.5 * d - 0.4 * e, g, k].map((value) => value / w);
}

/** Gaussian elimination with pivoting of an n × (n + 1) system, in place; undefined when it is singular. */
function gauss(m: Float64Array, n: number): Float64Array | undefined {
  const stride = n + 1;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++)
      if (Math.abs(m[r * stride + c] as number) > Math.abs(m[pivot * stride + c] as number)) pivot = r;
    const p = m[pivot * stride + c] as number;
    if (Math.abs(p) < 1e-12) return undefined;
    for (let k = 0; k < stride; k++) {
      const swap = m[c * stride + k] as number;
      m[c * stride + k] = (m[pivot * stride + k] as number) / p;
      if (pivot !== c) m[pivot * stride + k] = swap;
    }
    for (let r = 0; r < n; r++) {
      const factor = m[r * stride + c] as number;
      if (r === c || factor === 0) continue;
      for (let k = c; k < stride; k++)
        m[r * stride + k] = (m[r * stride + k] as number) - factor * (m[c * stride + k] as number);
    }
  }
  return Float64Array.from({ length: n }, (_, i) => m[i * stride + n] as number);
}

/** Share of a 6 × 6 grid over the photo that the inliers touch. `offset` 0 for photo a, 2 for photo b. */
function spread(points: Float64Array, inliers: readonly number[], offset: number): number {
  const touched = new Set<number>();
  for (const i of inliers)
    touched.add(
      Math.min(5, Math.floor((points[4 * i + offset] as number) * 6)) * 6 +
        Math.min(5, Math.floor((points[4 * i + offset + 1] as number) * 6)),
    );
  return touched.size / 36;
}

/** Median distance that is left when the inliers' best similarity is taken away, in parts of the longest side. */
function parallaxOf(points: Float64Array, inliers: readonly number[]): number {
  const n = inliers.length;
  if (n < 3) return 0;
  let ax = 0;
  let ay = 0;
  let bx = 0;
  let by = 0;
  for (const i of inliers) {
    ax += (points[4 * i] as number) / n;
    ay += (points[4 * i + 1] as number) / n;
    bx += (points[4 * i + 2] as number) / n;
    by += (points[4 * i + 3] as number) / n;
  }
  let dot = 0;
  let cross = 0;
  let norm = 1e-12;
  for (const i of inliers) {
    const x = (points[4 * i] as number) - ax;
    const y = (points[4 * i + 1] as number) - ay;
    const u = (points[4 * i + 2] as number) - bx;
    const v = (points[4 * i + 3] as number) - by;
    dot += x * u + y * v;
    cross += x * v - y * u;
    norm += x * x + y * y;
  }
  const c = dot / norm;
  const s = cross / norm;
  const left = inliers.map((i) => {
    const x = (points[4 * i] as number) - ax;
    const y = (points[4 * i + 1] as number) - ay;
    return Math.hypot(
      c * x - s * y - ((points[4 * i + 2] as number) - bx),
      s * x + c * y - ((points[4 * i + 3] as number) - by),
    );
  });
  left.sort((p, q) => p - q);
  return left[n >> 1] as number;
}

/** Mean move of the photo's corners under the homography, in parts of the longest side, at most 1. */
function cornerShift(h: Homography, a: LocalFeatures): number {
  const side = Math.max(a.width, a.height);
  const w = a.width / side;
  const t = a.height / side;
  let sum = 0;
  for (const [x, y] of [
    [0, 0],
    [w, 0],
    [0, t],
    [w, t],
  ] as const) {
    const [u, v] = project(h, x, y);
    sum += Math.min(1, Math.hypot(u - x, v - y));
  }
  return sum / 4;
}
