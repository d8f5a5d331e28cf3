/**
 * How good a photo is by itself, from its pixels: sharpness, exposure, composition, and where its subject is.
 * Input is an upright sRGB picture of about 1280 px; every figure is 0..1, larger is better, unless it names a unit.
 */
import type { RgbImage } from '../domain.ts';
import { blur, type Luma, lumaOf, shrinkRgb } from './luma.ts';
import type { PhotoQuality } from './types.ts';

/** Longest sides, pixels: detail for sharpness, shape for everything else. */
const SHARPNESS_SIDE = 1024;
const SHAPE_SIDE = 320;
const GRID = 4;
/**
 * ln of the Laplacian's variance (luma 0..255) that scores 0.5, and the logistic's slope. The 59 fixture photos, all
 * sharp, lie above 6.5 in their best cell and score 0.91 to 1; the slope is a judgement.
 */
const SHARPNESS_MIDDLE = 4.8;
const SHARPNESS_SLOPE = 1.3;
/** Luma at or below which a shadow is clipped, at or above which a highlight is. */
const SHADOW = 6;
const HIGHLIGHT = 250;
/** Clipped highlights inside a bright region of at least this share of the picture are a window or a lamp. */
const WINDOW_MIN_SHARE = 0.004;
/** What a forgiven highlight still costs, against 1 for a burnt wall. */
const WINDOW_COST = 0.25;
/** Shares of clipped pixels at which that part of the score is down to 1/e. */
const SHADOW_TOLERANCE = 0.12;
const HIGHLIGHT_TOLERANCE = 0.08;
/** Weights of the base score: an unsharp photo cannot be rescued, a dark one partly. */
export const BASE_WEIGHTS = { sharpness: 0.4, exposure: 0.35, composition: 0.25 } as const;
/** Degrees of lean at which a vertical counts as no vertical any more, and at which its score is down to 1/e. */
const MAX_LEAN_DEGREES = 14;
const LEAN_TOLERANCE_DEGREES = 4;
/** Gradient (luma a pixel, Sobel / 8) from which a pixel lies on a line rather than in texture. */
const LINE_GRADIENT = 8;

/** Scores of one photo. Deterministic; about 25 ms for 1280 × 853. */
export function scoreQuality(image: RgbImage): PhotoQuality {
  const sharpness = sharpnessScore(lumaOf(shrinkRgb(image, SHARPNESS_SIDE)));
  const luma = lumaOf(shrinkRgb(image, SHAPE_SIDE));
  const exposureScore = exposure(luma);
  const lines = lineFigures(luma);
  const focus = focusPoint(luma);
  const balance = 1 - Math.min(1, 1.6 * Math.abs(focus.x - 0.5) + 0.8 * Math.max(0, Math.abs(focus.y - 0.55) - 0.1));
  const upright = Math.exp(-lines.tilt / LEAN_TOLERANCE_DEGREES);
  const level = Math.exp(-lines.roll / LEAN_TOLERANCE_DEGREES);
  const compositionScore = 0.45 * upright + 0.25 * level + 0.3 * balance;
  const baseScore =
    BASE_WEIGHTS.sharpness * sharpness +
    BASE_WEIGHTS.exposure * exposureScore +
    BASE_WEIGHTS.composition * compositionScore;
  return {
    sharpness,
    exposureScore,
    compositionScore,
    baseScore,
    verticalTiltDegrees: lines.tilt,
    lineStrength: lines.strength,
    focus,
  };
}

/** Variance of the Laplacian (Pech-Pacheco et al., 2000), best cell of a 4 × 4 grid: a shallow focus is not a fault. */
export function sharpnessScore(luma: Luma): number {
  const { width, height, data } = luma;
  let best = 0;
  for (let gy = 0; gy < GRID; gy++)
    for (let gx = 0; gx < GRID; gx++) {
      const x0 = Math.max(1, Math.floor((gx * width) / GRID));
      const x1 = Math.min(width - 1, Math.floor(((gx + 1) * width) / GRID));
      const y0 = Math.max(1, Math.floor((gy * height) / GRID));
      const y1 = Math.min(height - 1, Math.floor(((gy + 1) * height) / GRID));
      let sum = 0;
      let squares = 0;
      for (let y = y0; y < y1; y++)
        for (let x = x0, i = y * width + x0; x < x1; x++, i++) {
          const laplacian =
            (data[i - 1] as number) +
            (data[i + 1] as number) +
            (data[i - width] as number) +
            (data[i + width] as number) -
            4 * (data[i] as number);
          sum += laplacian;
          squares += laplacian * laplacian;
        }
      const n = Math.max(1, (x1 - x0) * (y1 - y0));
      best = Math.max(best, squares / n - (sum / n) ** 2);
    }
  return 1 / (1 + Math.exp(-SHARPNESS_SLOPE * (Math.log(best + 1e-6) - SHARPNESS_MIDDLE)));
}

function exposure(luma: Luma): number {
  const { data } = luma;
  const n = data.length;
  let shadows = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const v = data[i] as number;
    if (v <= SHADOW) shadows++;
    sum += v;
    squares += v * v;
  }
  const mean = sum / n / 255;
  const spread = Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2)) / 255;
  const highlights = clippedHighlights(luma);
  const clipping = Math.exp(-shadows / n / SHADOW_TOLERANCE) * Math.exp(-highlights / HIGHLIGHT_TOLERANCE);
  // Listing photos are bright: full marks from 0.38 to 0.72, dusk exteriors (0.2) keep more than half.
  const brightness = Math.exp(-((Math.max(0, 0.38 - mean, mean - 0.72) / 0.22) ** 2));
  const contrast = Math.min(1, spread / 0.16);
  return 0.4 * clipping + 0.4 * brightness + 0.2 * contrast;
}

/** Share of burnt pixels, those of windows and lamps counted at WINDOW_COST: connected regions by flood fill. */
function clippedHighlights(luma: Luma): number {
  const { width, height, data } = luma;
  const state = new Uint8Array(data.length);
  const stack = new Int32Array(data.length);
  let cost = 0;
  for (let start = 0; start < data.length; start++) {
    if (state[start] !== 0 || (data[start] as number) < HIGHLIGHT) continue;
    let top = 0;
    let size = 0;
    let border = 0;
    stack[top++] = start;
    state[start] = 1;
    while (top > 0) {
      const i = stack[--top] as number;
      size++;
      const x = i % width;
      const y = (i - x) / width;
      for (const [j, inside] of [
        [i - 1, x > 0],
        [i + 1, x < width - 1],
        [i - width, y > 0],
        [i + width, y < height - 1],
      ] as const) {
        if (!inside) border++;
        else if (state[j] === 0 && (data[j] as number) >= HIGHLIGHT) {
          state[j] = 1;
          stack[top++] = j;
        }
      }
    }
    // A window is a compact patch with a clear edge; burnt walls and ceilings run over the picture.
    const share = size / data.length;
    const isWindow = share >= WINDOW_MIN_SHARE && share <= 0.2 && border < 2 * Math.sqrt(size);
    cost += share * (isWindow ? WINDOW_COST : 1);
  }
  return cost;
}

/** Lean of near-verticals and of near-horizontals in the outer thirds' horizon, degrees, and how much is line. */
function lineFigures(luma: Luma): { tilt: number; roll: number; strength: number } {
  const { width, height, data } = luma;
  let verticalWeight = 0;
  let lean = 0;
  let horizontalWeight = 0;
  let rollSum = 0;
  let onLines = 0;
  for (let y = 1; y < height - 1; y++)
    for (let x = 1, i = y * width + 1; x < width - 1; x++, i++) {
      const a = data[i - width - 1] as number;
      const b = data[i - width] as number;
      const c = data[i - width + 1] as number;
      const d = data[i - 1] as number;
      const e = data[i + 1] as number;
      const f = data[i + width - 1] as number;
      const g = data[i + width] as number;
      const h = data[i + width + 1] as number;
      const gx = (c + 2 * e + h - a - 2 * d - f) / 8;
      const gy = (f + 2 * g + h - a - 2 * b - c) / 8;
      const magnitude = Math.hypot(gx, gy);
      if (magnitude < LINE_GRADIENT) continue;
      const degrees = (Math.atan2(gy, gx) * 180) / Math.PI;
      // A vertical line has a horizontal gradient.
      const fromVertical = Math.abs(degrees) > 90 ? 180 - Math.abs(degrees) : Math.abs(degrees);
      if (fromVertical < MAX_LEAN_DEGREES) {
        verticalWeight += magnitude;
        lean += magnitude * fromVertical;
        onLines++;
      } else if (fromVertical > 90 - MAX_LEAN_DEGREES) {
        const signed = degrees > 0 ? degrees - 90 : degrees + 90;
        horizontalWeight += magnitude;
        rollSum += magnitude * signed;
        onLines++;
      }
    }
  return {
    tilt: verticalWeight === 0 ? 0 : lean / verticalWeight,
    // The mean with sign: perspective leans both ways and cancels, a tilted camera does not.
    roll: horizontalWeight === 0 ? 0 : Math.abs(rollSum / horizontalWeight),
    strength: Math.min(1, onLines / (0.2 * data.length)),
  };
}

/**
 * Where the subject is: centroid of local contrast against its surroundings (the spatial side of the spectral residual
 * of Hou and Zhang, 2007: what differs from its blurred neighbourhood), weighted towards the middle.
 */
export function focusPoint(luma: Luma): { x: number; y: number } {
  const near = blur(luma, 3);
  const far = blur(luma, Math.max(4, Math.round(luma.width / 12)));
  const difference = new Float32Array(luma.data.length);
  for (let i = 0; i < difference.length; i++)
    difference[i] = Math.abs((near.data[i] as number) - (far.data[i] as number));
  const saliency = blur({ width: luma.width, height: luma.height, data: difference }, Math.round(luma.width / 24)).data;
  let weight = 0;
  let sx = 0;
  let sy = 0;
  for (let y = 0; y < luma.height; y++)
    for (let x = 0; x < luma.width; x++) {
      const u = (x + 0.5) / luma.width;
      const v = (y + 0.5) / luma.height;
      const centre = Math.exp(-((u - 0.5) ** 2 + (v - 0.5) ** 2) / 0.18);
      const w = (saliency[y * luma.width + x] as number) ** 2 * centre + 1e-6;
      weight += w;
      sx += w * u;
      sy += w * v;
    }
  return { x: sx / weight, y: sy / weight };
}
