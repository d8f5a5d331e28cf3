/**
 * Puts film frames together from decoded 8-bit 4:2:0 pictures (limited range, planes Y, U, V in one array). Mixing is
 * done on the coded values, as editors and ffmpeg's xfade do, so a dissolve is what people expect of one.
 */
import type { FrameRecipe } from './plan.ts';

const BLACK_Y = 16;
const WHITE_Y = 235;
const NEUTRAL = 128;
/** Weights are fractions of this: 16 bits keep a ramp of any length exact to the last code value. */
const ONE = 65_536;
/** Soft edge of a wipe, as a share of the frame's width. */
export const WIPE_SOFTNESS = 0.08;
/** How far the outgoing picture grows in a zoom transition. */
export const ZOOM_GROWTH = 0.35;

export interface Yuv {
  readonly width: number;
  readonly height: number;
  /** Y, then U, then V: `width * height * 3 / 2` bytes; sides are even. */
  readonly data: Uint8Array;
}

/** A title drawn once: its colours and its coverage (0..255), at luma and at chroma size. */
export interface TitleLayer {
  readonly yuv: Uint8Array;
  /** Same layout as `yuv`: the coverage of each sample. */
  readonly alpha: Uint8Array;
}

/** Makes the frame of a recipe into `out`. `b` is needed where the recipe has one. */
export function compositeFrame(
  recipe: FrameRecipe,
  a: Yuv,
  b: Yuv | undefined,
  titles: readonly TitleLayer[],
  out: Uint8Array,
): void {
  if (recipe.transition !== undefined && b !== undefined) {
    transition(recipe.transition.type, recipe.transition.step / (recipe.transition.steps + 1), a, b, out);
  } else out.set(a.data);
  if (recipe.fade !== undefined) {
    const luma = recipe.fade.colour === 'white' ? WHITE_Y : BLACK_Y;
    toward(out, luma, recipe.fade.amount, a.width * a.height);
  }
  for (const { index, opacity } of recipe.titles) {
    const title = titles[index];
    if (title !== undefined) overlay(out, title, opacity);
  }
}

function transition(type: string, t: number, a: Yuv, b: Yuv, out: Uint8Array): void {
  const lumaSize = a.width * a.height;
  switch (type) {
    case 'dip_black':
    case 'dip_white': {
      // Out in the first half, in during the second; covered fully only at the very middle.
      out.set(t <= 0.5 ? a.data : b.data);
      toward(out, type === 'dip_white' ? WHITE_Y : BLACK_Y, 1 - Math.abs(1 - 2 * t), lumaSize);
      return;
    }
    case 'slide':
      slide(smooth(t), a, b, out);
      return;
    case 'wipe':
      wipe(smooth(t), a, b, out);
      return;
    case 'zoom':
      zoom(smooth(t), a, b, out);
      return;
    default:
      mix(a.data, b.data, t, out);
  }
}

/** Slow at both ends: how far a slide, wipe or zoom is at time t of it, 0..1. */
export function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

/** out = a·(1−t) + b·t, rounded. */
export function mix(a: Uint8Array, b: Uint8Array, t: number, out: Uint8Array): void {
  const wb = Math.round(t * ONE);
  const wa = ONE - wb;
  for (let i = 0; i < out.length; i++) {
    out[i] = ((a[i] as number) * wa + (b[i] as number) * wb + ONE / 2) >>> 16;
  }
}

function toward(data: Uint8Array, luma: number, amount: number, lumaSize: number): void {
  const lut = (target: number): Uint8Array => {
    const table = new Uint8Array(256);
    for (let v = 0; v < 256; v++) table[v] = Math.round(v + (target - v) * amount);
    return table;
  };
  const yTable = lut(luma);
  const cTable = lut(NEUTRAL);
  for (let i = 0; i < lumaSize; i++) data[i] = yTable[data[i] as number] as number;
  for (let i = lumaSize; i < data.length; i++) data[i] = cTable[data[i] as number] as number;
}

function overlay(data: Uint8Array, title: TitleLayer, opacity: number): void {
  const strength = Math.round(opacity * 257); // so that 255 · 257 · coverage stays within 2^24 and 1.0 is exact enough
  const { yuv, alpha } = title;
  for (let i = 0; i < data.length; i++) {
    const coverage = alpha[i] as number;
    if (coverage === 0) continue;
    const weight = coverage * strength;
    data[i] = ((data[i] as number) * (65_535 - weight) + (yuv[i] as number) * weight + 32_767) / 65_535;
  }
}

/** Calls `each` with every plane's offset and size. */
function planes(frame: Yuv, each: (offset: number, width: number, height: number) => void): void {
  const { width, height } = frame;
  each(0, width, height);
  each(width * height, width / 2, height / 2);
  each((width * height * 5) / 4, width / 2, height / 2);
}

/** The incoming picture pushes the outgoing one to the left. Moved by even pixels so that chroma moves with luma. */
function slide(t: number, a: Yuv, b: Yuv, out: Uint8Array): void {
  const moved = Math.round((t * a.width) / 2);
  planes(a, (offset, width, height) => {
    const shift = width === a.width ? moved * 2 : moved;
    for (let y = 0; y < height; y++) {
      const row = offset + y * width;
      out.set(a.data.subarray(row + shift, row + width), row);
      out.set(b.data.subarray(row, row + shift), row + width - shift);
    }
  });
}

/** The incoming picture is uncovered from the left behind a soft edge. */
function wipe(t: number, a: Yuv, b: Yuv, out: Uint8Array): void {
  planes(a, (offset, width, height) => {
    const soft = Math.max(1, width * WIPE_SOFTNESS);
    const edge = t * (width + soft);
    const weights = new Uint32Array(width);
    for (let x = 0; x < width; x++) weights[x] = Math.round(Math.min(1, Math.max(0, (edge - x) / soft)) * ONE);
    for (let y = 0; y < height; y++) {
      for (let x = 0, i = offset + y * width; x < width; x++, i++) {
        const w = weights[x] as number;
        out[i] = ((a.data[i] as number) * (ONE - w) + (b.data[i] as number) * w + ONE / 2) >>> 16;
      }
    }
  });
}

/** The outgoing picture grows from the centre (bilinear) while it dissolves into the incoming one. */
function zoom(t: number, a: Yuv, b: Yuv, out: Uint8Array): void {
  const scale = 1 / (1 + ZOOM_GROWTH * t);
  const wb = Math.round(t * ONE);
  planes(a, (offset, width, height) => {
    const xs = new Uint32Array(width);
    const fx = new Float32Array(width);
    for (let x = 0; x < width; x++) {
      const sx = Math.min(width - 1.001, Math.max(0, (x + 0.5 - width / 2) * scale + width / 2 - 0.5));
      xs[x] = Math.floor(sx);
      fx[x] = sx - Math.floor(sx);
    }
    for (let y = 0; y < height; y++) {
      const sy = Math.min(height - 1.001, Math.max(0, (y + 0.5 - height / 2) * scale + height / 2 - 0.5));
      const fy = sy - Math.floor(sy);
      const row = offset + Math.floor(sy) * width;
      for (let x = 0, i = offset + y * width; x < width; x++, i++) {
        const p = row + (xs[x] as number);
        const f = fx[x] as number;
        const top = (a.data[p] as number) * (1 - f) + (a.data[p + 1] as number) * f;
        const low = (a.data[p + width] as number) * (1 - f) + (a.data[p + width + 1] as number) * f;
        const grown = Math.round(top + (low - top) * fy);
        out[i] = (grown * (ONE - wb) + (b.data[i] as number) * wb + ONE / 2) >>> 16;
      }
    }
  });
}

/** BT.709 limited-range planes of straight-alpha RGBA, with its coverage at luma and chroma size. */
export function titleLayer(rgba: Uint8Array, width: number, height: number): TitleLayer {
  const lumaSize = width * height;
  const yuv = new Uint8Array((lumaSize * 3) / 2);
  const alpha = new Uint8Array(yuv.length);
  for (let i = 0; i < lumaSize; i++) {
    const r = rgba[4 * i] as number;
    const g = rgba[4 * i + 1] as number;
    const b = rgba[4 * i + 2] as number;
    yuv[i] = Math.round(BLACK_Y + ((0.2126 * r + 0.7152 * g + 0.0722 * b) * 219) / 255);
    alpha[i] = rgba[4 * i + 3] as number;
  }
  const half = width / 2;
  for (let y = 0; y < height / 2; y++) {
    for (let x = 0; x < half; x++) {
      // Colour of the four pixels weighted by their coverage; coverage is their mean.
      let r = 0;
      let g = 0;
      let b = 0;
      let covered = 0;
      for (const p of [
        2 * y * width + 2 * x,
        2 * y * width + 2 * x + 1,
        (2 * y + 1) * width + 2 * x,
        (2 * y + 1) * width + 2 * x + 1,
      ]) {
        const w = rgba[4 * p + 3] as number;
        r += (rgba[4 * p] as number) * w;
        g += (rgba[4 * p + 1] as number) * w;
        b += (rgba[4 * p + 2] as number) * w;
        covered += w;
      }
      const n = Math.max(1, covered);
      const luma = (0.2126 * r + 0.7152 * g + 0.0722 * b) / n;
      const u = lumaSize + y * half + x;
      const v = u + lumaSize / 4;
      yuv[u] = Math.round(NEUTRAL + ((b / n - luma) / 1.8556) * (224 / 255));
      yuv[v] = Math.round(NEUTRAL + ((r / n - luma) / 1.5748) * (224 / 255));
      alpha[u] = alpha[v] = Math.round(covered / 4);
    }
  }
  return { yuv, alpha };
}
