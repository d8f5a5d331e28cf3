/** A photo as bt709 limited-range 4:2:0 planes with 6 fractional bits and a replicated border, made once per clip. */
/** Interleaved RGB, sRGB, row-major, 0..65535, `data.length === width * height * 3`. */
export interface Rgb16Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint16Array;
}

/** Samples replicated around each plane: the widest filter never needs a bounds check. */
export const BORDER = 8;
/** Fractional bits of a sample: 255 becomes 16,320, which leaves room for a filter's overshoot in 16 bits. */
export const SAMPLE_BITS = 6;

export interface Plane {
  /** Without border. */
  readonly width: number;
  readonly height: number;
  /** Samples per row, border included. Sample (0, 0) is at BORDER * stride + BORDER. */
  readonly stride: number;
  readonly data: Int16Array;
}

export interface YuvPlanes {
  readonly y: Plane;
  /** Half size; chroma sample (i, j) lies between luma samples 2i and 2i+1, 2j and 2j+1. */
  readonly u: Plane;
  readonly v: Plane;
}

function plane(width: number, height: number): Plane {
  const stride = width + 2 * BORDER;
  return { width, height, stride, data: new Int16Array(stride * (height + 2 * BORDER)) };
}

function replicateBorder(p: Plane): void {
  for (let y = 0; y < p.height; y++) {
    const row = (y + BORDER) * p.stride;
    p.data.fill(p.data[row + BORDER] as number, row, row + BORDER);
    const last = row + BORDER + p.width;
    p.data.fill(p.data[last - 1] as number, last, row + p.stride);
  }
  const top = BORDER * p.stride;
  const low = (BORDER + p.height - 1) * p.stride;
  for (let k = 0; k < BORDER; k++) {
    p.data.copyWithin(k * p.stride, top, top + p.stride);
    p.data.copyWithin((BORDER + p.height + k) * p.stride, low, low + p.stride);
  }
}

/** Converts sRGB to planes (ITU-R BT.709, 16..235 and 16..240). Width and height must be even. */
export function toPlanes(image: Rgb16Image): YuvPlanes {
  const { width, height, data } = image;
  const cw = width / 2;
  const ch = height / 2;
  const y = plane(width, height);
  const u = plane(cw, ch);
  const v = plane(cw, ch);
  const one = 1 << SAMPLE_BITS;
  const k = (219 / 65_535) * one;
  const cb = ((224 / 65_535) * one) / 4 / 1.8556;
  const cr = ((224 / 65_535) * one) / 4 / 1.5748;
  for (let j = 0; j < height; j++) {
    let s = j * width * 3;
    let d = (j + BORDER) * y.stride + BORDER;
    for (let i = 0; i < width; i++, s += 3, d++) {
      const luma = 0.2126 * (data[s] as number) + 0.7152 * (data[s + 1] as number) + 0.0722 * (data[s + 2] as number);
      y.data[d] = Math.round(16 * one + k * luma);
    }
  }
  for (let j = 0; j < ch; j++) {
    let s = j * 2 * width * 3;
    let d = (j + BORDER) * u.stride + BORDER;
    const w3 = width * 3;
    for (let i = 0; i < cw; i++, s += 6, d++) {
      const r = at4(data, s, w3);
      const g = at4(data, s + 1, w3);
      const b = at4(data, s + 2, w3);
      const luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      u.data[d] = Math.round(128 * one + cb * (b - luma));
      v.data[d] = Math.round(128 * one + cr * (r - luma));
    }
  }
  for (const p of [y, u, v]) replicateBorder(p);
  return { y, u, v };
}

/** Sum of a channel over 2×2 pixels. */
function at4(data: Uint16Array, s: number, w3: number): number {
  return (data[s] as number) + (data[s + 3] as number) + (data[s + w3] as number) + (data[s + w3 + 3] as number);
}
