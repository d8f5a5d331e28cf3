/** Resampling filters as fixed-point weights. */

/** Weights sum to this: 14 fractional bits, so that a weight fits 16 bits and a dot product of 8 taps 32 bits. */
export const WEIGHT_ONE = 16384;
/** Taps of the separable resampler. */
export const TAPS = 8;
/** Phases of the table for 2D sampling: places are rounded to 1/256 sample. */
export const PHASES = 256;
/** Lanczos window of the separable resampler; 3 lobes at minification up to 4/3 fill 8 taps. */
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
function quantize(weights: Float64Array, out: Int16Array, at: number): void {
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
