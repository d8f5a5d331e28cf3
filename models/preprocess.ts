/**
 * Preparing pictures for networks exactly as Pillow and the reference processors do: antialiased resampling in fixed
 * point with an 8-bit picture between the passes, centre crop, normalisation. Pure.
 */
import type { NetworkImage } from './types.ts';

export type Filter = 'bilinear' | 'bicubic';

/** Support in source pixels at scale 1, and the kernel: Pillow's `Resample.c` (bicubic with a = -0.5, Keys 1981). */
const FILTERS: Readonly<Record<Filter, { readonly support: number; weight(x: number): number }>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    weight: (signed) => {
      const x = Math.abs(signed);
      const a = -0.5;
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    },
  },
};

/** Bits of the fixed-point weights: 32 less 8 for the pixel less 2 for overshoot, as in Pillow. */
const PRECISION_BITS = 22;
const HALF = 2 ** (PRECISION_BITS - 1);

interface Weights {
  /** First source pixel and number of source pixels for each output pixel. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly taps: number;
  /** `taps` integer weights for each output pixel. */
  readonly values: Int32Array;
}

function weightsFor(from: number, to: number, filter: Filter): Weights {
  const { support: unit, weight } = FILTERS[filter];
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = unit * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const values = new Int32Array(to * taps);
  const line = new Float64Array(taps);
  for (let out = 0; out < to; out++) {
    const center = (out + 0.5) * scale;
    const low = Math.max(0, Math.trunc(center - support + 0.5));
    const high = Math.min(from, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let i = low; i < high; i++) {
      const w = weight((i - center + 0.5) / stretch);
      line[i - low] = w;
      sum += w;
    }
    first[out] = low;
    count[out] = high - low;
    for (let i = 0; i < high - low; i++) {
      const w = (line[i] as number) / (sum === 0 ? 1 : sum);
      values[out * taps + i] = Math.trunc(w * 2 ** PRECISION_BITS + (w < 0 ? -0.5 : 0.5));
    }
  }
  return { first, count, taps, values };
}

/**
 * One pass along one axis: `lines` lines of `to` output pixels; `step` and `lineStep` are distances in bytes between
 * neighbouring pixels along and across the axis. Three interleaved channels.
 */
function pass(
  source: Uint8Array,
  target: Uint8Array,
  weights: Weights,
  shape: {
    readonly lines: number;
    readonly to: number;
    readonly step: number;
    readonly lineStep: number;
    readonly outStep: number;
    readonly outLineStep: number;
  },
): void {
  const { first, count, taps, values } = weights;
  for (let line = 0; line < shape.lines; line++) {
    for (let out = 0; out < shape.to; out++) {
      let at = line * shape.lineStep + (first[out] as number) * shape.step;
      const n = count[out] as number;
      let w = out * taps;
      let r = HALF;
      let g = HALF;
      let b = HALF;
      for (let i = 0; i < n; i++, at += shape.step, w++) {
        const k = values[w] as number;
        r += (source[at] as number) * k;
        g += (source[at + 1] as number) * k;
        b += (source[at + 2] as number) * k;
      }
      const o = line * shape.outLineStep + out * shape.outStep;
      target[o] = clip8(r >> PRECISION_BITS);
      target[o + 1] = clip8(g >> PRECISION_BITS);
      target[o + 2] = clip8(b >> PRECISION_BITS);
    }
  }
}

function clip8(value: number): number {
  return value < 0 ? 0 : Math.min(value, 255);
}

/**
 * Resizes 8-bit RGB to exactly `width` × `height` pixels, bit for bit as Pillow's `Image.resize` does: horizontal
 * pass, then vertical, skipping a pass that changes nothing.
 */
export function resizeImage(image: NetworkImage, width: number, height: number, filter: Filter): NetworkImage {
  let { data } = image;
  if (width !== image.width) {
    const out = new Uint8Array(width * image.height * 3);
    pass(data, out, weightsFor(image.width, width, filter), {
      lines: image.height,
      to: width,
      step: 3,
      lineStep: image.width * 3,
      outStep: 3,
      outLineStep: width * 3,
    });
    data = out;
  }
  if (height !== image.height) {
    const out = new Uint8Array(width * height * 3);
    pass(data, out, weightsFor(image.height, height, filter), {
      lines: width,
      to: height,
      step: width * 3,
      lineStep: 3,
      outStep: width * 3,
      outLineStep: 3,
    });
    data = out;
  }
  return { width, height, data };
}

/** Scales so that the shortest side is `side` pixels; the longer side is truncated, as torchvision and CLIP do. */
export function resizeShortest(image: NetworkImage, side: number, filter: Filter): NetworkImage {
  const portrait = image.width <= image.height;
  const long = Math.trunc((side * Math.max(image.width, image.height)) / Math.min(image.width, image.height));
  return portrait ? resizeImage(image, side, long, filter) : resizeImage(image, long, side, filter);
}

/**
 * The middle `side` × `side` pixels; the picture must be at least that large. An odd remainder rounds half to even
 * (torchvision, used by open_clip) or down (transformers).
 */
export function centerCrop(image: NetworkImage, side: number, rounding: 'even' | 'down'): NetworkImage {
  const round = rounding === 'even' ? roundHalfEven : Math.floor;
  const left = round((image.width - side) / 2);
  const top = round((image.height - side) / 2);
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + side * 3), y * side * 3);
  }
  return { width: side, height: side, data };
}

/** Python's `round`. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

export interface Normalisation {
  /** Per channel R, G, B, on values 0..1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

export const CLIP_NORMALISATION: Normalisation = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};
export const IMAGENET_NORMALISATION: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
/** x / 127.5 - 1. */
export const HALF_NORMALISATION: Normalisation = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
/** x / 255. */
export const UNIT_NORMALISATION: Normalisation = { mean: [0, 0, 0], std: [1, 1, 1] };

/** Planes R, G, B of (x / 255 - mean) / std: shape [3, height, width]. */
export function toPlanes(image: NetworkImage, { mean, std }: Normalisation): Float32Array<ArrayBuffer> {
  const size = image.width * image.height;
  const out = new Float32Array(3 * size);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * (std[channel] as number));
    const offset = (mean[channel] as number) / (std[channel] as number);
    const plane = channel * size;
    for (let i = 0, at = channel; i < size; i++, at += 3) out[plane + i] = (image.data[at] as number) * scale - offset;
  }
  return out;
}

/**
 * The size that DPT's processor (transformers, Ranftl et al. 2021) resizes to: both sides a multiple of `multiple`;
 * keeping the aspect ratio, the side whose scale is nearer to 1 decides.
 */
export function dptSize(
  width: number,
  height: number,
  target: { readonly width: number; readonly height: number; readonly keepAspect: boolean; readonly multiple: number },
): { readonly width: number; readonly height: number } {
  let scaleY = target.height / height;
  let scaleX = target.width / width;
  if (target.keepAspect) {
    if (Math.abs(1 - scaleX) < Math.abs(1 - scaleY)) scaleY = scaleX;
    else scaleX = scaleY;
  }
  const toMultiple = (value: number): number =>
    Math.max(target.multiple, roundHalfEven(value / target.multiple) * target.multiple);
  return { width: toMultiple(scaleX * width), height: toMultiple(scaleY * height) };
}

/** Divides in place by the Euclidean length; a zero vector stays zero. */
export function l2Normalise(vector: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const scale = sum === 0 ? 0 : 1 / Math.sqrt(sum);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) * scale;
  return vector;
}
