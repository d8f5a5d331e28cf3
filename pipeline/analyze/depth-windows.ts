/**
 * Some depth networks squeeze every photo into one shape (METER: 4:3). A photo of another shape is then seen distorted.
 * Here it is looked at through overlapping windows of the network's own shape, each brought onto the scale of the
 * distorted whole by least squares (scale and shift, as Ranftl et al., "Towards Robust Monocular Depth Estimation",
 * 2020, align maps), blended, and averaged with the whole: the windows see true shapes, the whole sees the whole room.
 * Pure. Rank correlation of METER with measured depth, whole alone → with windows: the NYU frame (1:1) 0.835 → 0.907;
 * mean of the five dining-room frames cropped to 3:2 0.863 → 0.867, 16:9 0.902 → 0.912, 3:4 0.914 → 0.927, 2:3
 * 0.901 → 0.910 (single frames move between −0.024 and +0.031).
 */
import type { DepthMap, RgbImage } from '../domain.ts';
import { resizeDepth } from './depth-refine.ts';

/** Shapes nearer to each other than this share are alike: no window is needed. */
const ALIKE = 0.04;
/** At least so many windows; more where they would overlap by less than half. */
const FEWEST_WINDOWS = 3;
/** Share of the whole picture's own map in the mean; windows alone were worse on tall crops (2:3: 0.901 → 0.873). */
const WHOLE_SHARE = 0.5;
/** Weight at a window's ends against 1 in its middle: no seam, and no pixel without a window. */
const END_WEIGHT = 0.05;

/** A part of a picture, pixels. */
export interface DepthWindow {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Windows of shape `aspect` (width / height) that cover a `width` × `height` picture; none when its shape is alike. */
export function depthWindows(width: number, height: number, aspect: number): readonly DepthWindow[] {
  const ratio = width / height / aspect;
  if (Math.abs(Math.log(ratio)) < ALIKE) return [];
  const across = ratio > 1;
  const w = across ? Math.max(1, Math.round(height * aspect)) : width;
  const h = across ? height : Math.max(1, Math.round(width / aspect));
  const slide = across ? width - w : height - h;
  const count = Math.max(FEWEST_WINDOWS, 1 + Math.ceil((2 * slide) / (across ? w : h)));
  return Array.from({ length: count }, (_, i) => {
    const at = Math.round((slide * i) / (count - 1));
    return { x: across ? at : 0, y: across ? 0 : at, width: w, height: h };
  });
}

export function cropRgb(image: RgbImage, window: DepthWindow): RgbImage {
  const row = window.width * 3;
  const data = new Uint8Array(row * window.height);
  for (let y = 0; y < window.height; y++) {
    const from = ((window.y + y) * image.width + window.x) * 3;
    data.set(image.data.subarray(from, from + row), y * row);
  }
  return { width: window.width, height: window.height, data };
}

/**
 * One map of the whole picture (`width` × `height` pixels) from the maps of its windows, on the scale of `whole`. Its
 * resolution is such that a window keeps its network's own. Windows must cover the picture.
 */
export function blendWindows(
  whole: DepthMap,
  parts: readonly { readonly window: DepthWindow; readonly depth: DepthMap }[],
  width: number,
  height: number,
): DepthMap {
  const first = parts[0];
  if (first === undefined) return whole;
  const outWidth = Math.max(1, Math.round((first.depth.width * width) / first.window.width));
  const outHeight = Math.max(1, Math.round((first.depth.height * height) / first.window.height));
  const base = resizeDepth(whole, outWidth, outHeight).data;
  const sum = new Float32Array(base.length);
  const weights = new Float32Array(base.length);
  for (const { window, depth } of parts) {
    const left = Math.round((window.x * outWidth) / width);
    const top = Math.round((window.y * outHeight) / height);
    const columns = Math.min(outWidth - left, Math.round((window.width * outWidth) / width));
    const rows = Math.min(outHeight - top, Math.round((window.height * outHeight) / height));
    const values = resizeDepth(depth, columns, rows).data;
    const { scale, shift } = alignment(values, base, outWidth, left, top, columns, rows);
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        const weight = fade(x, columns, outWidth) * fade(y, rows, outHeight);
        const to = (top + y) * outWidth + left + x;
        sum[to] = (sum[to] as number) + weight * (scale * (values[y * columns + x] as number) + shift);
        weights[to] = (weights[to] as number) + weight;
      }
  }
  for (let i = 0; i < sum.length; i++)
    if ((weights[i] as number) > 0)
      base[i] = WHOLE_SHARE * (base[i] as number) + ((1 - WHOLE_SHARE) * (sum[i] as number)) / (weights[i] as number);
  return { width: outWidth, height: outHeight, data: base };
}

/** A tent over the direction in which windows slide; 1 along the other. */
function fade(at: number, length: number, whole: number): number {
  if (length >= whole) return 1;
  const toEnd = Math.min(at + 0.5, length - at - 0.5);
  return END_WEIGHT + (1 - END_WEIGHT) * ((2 * toEnd) / length);
}

/** Least squares of base ≈ scale · values + shift over a window; a flat window only gets the shift. */
function alignment(
  values: Float32Array,
  base: Float32Array,
  outWidth: number,
  left: number,
  top: number,
  columns: number,
  rows: number,
): { readonly scale: number; readonly shift: number } {
  let sv = 0;
  let sb = 0;
  let svv = 0;
  let svb = 0;
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const v = values[y * columns + x] as number;
      const b = base[(top + y) * outWidth + left + x] as number;
      sv += v;
      sb += b;
      svv += v * v;
      svb += v * b;
    }
  const n = columns * rows;
  const spread = n * svv - sv * sv;
  // A negative scale would turn near into far. Whole and window then disagree wholly, and the window says nothing.
  const scale = spread > 1e-9 ? Math.max(0, (n * svb - sv * sb) / spread) : 0;
  return { scale, shift: (sb - scale * sv) / n };
}
