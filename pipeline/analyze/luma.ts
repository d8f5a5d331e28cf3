/** Small helpers on luma planes shared by quality and local features. Pure, typed arrays only. */
import type { RgbImage } from '../domain.ts';

/** Row-major luma, 0..255. */
export interface Luma {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Rec. 709 luma of gamma-coded sRGB, 0..255. */
export function lumaOf(image: RgbImage): Luma {
  const { width, height, data } = image;
  const out = new Float32Array(width * height);
  for (let i = 0, j = 0; i < out.length; i++, j += 3)
    out[i] = 0.2126 * (data[j] as number) + 0.7152 * (data[j + 1] as number) + 0.0722 * (data[j + 2] as number);
  return { width, height, data: out };
}

/** Area-averaged reduction so that the longest side is at most `maxSide` pixels; never enlarges. */
export function shrinkRgb(image: RgbImage, maxSide: number): RgbImage {
  const scale = Math.min(1, maxSide / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  return averageRgb(image, width, Math.max(1, Math.round(image.height * scale)));
}

/** Area averages on a grid of `width` × `height` pixels, whatever the aspect ratio. */
export function averageRgb(image: RgbImage, width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const y0 = Math.floor((y * image.height) / height);
    const y1 = Math.max(y0 + 1, Math.floor(((y + 1) * image.height) / height));
    for (let x = 0; x < width; x++) {
      const x0 = Math.floor((x * image.width) / width);
      const x1 = Math.max(x0 + 1, Math.floor(((x + 1) * image.width) / width));
      let r = 0;
      let g = 0;
      let b = 0;
      for (let v = y0; v < y1; v++)
        for (let u = x0, j = (v * image.width + x0) * 3; u < x1; u++, j += 3) {
          r += image.data[j] as number;
          g += image.data[j + 1] as number;
          b += image.data[j + 2] as number;
        }
      const n = (x1 - x0) * (y1 - y0);
      const o = (y * width + x) * 3;
      data[o] = Math.round(r / n);
      data[o + 1] = Math.round(g / n);
      data[o + 2] = Math.round(b / n);
    }
  }
  return { width, height, data };
}

/** Rectangle in parts of the image (0..1), cut out as a copy. */
export function cropRgb(image: RgbImage, left: number, top: number, right: number, bottom: number): RgbImage {
  const x0 = Math.round(left * image.width);
  const y0 = Math.round(top * image.height);
  const width = Math.max(1, Math.round(right * image.width) - x0);
  const height = Math.max(1, Math.round(bottom * image.height) - y0);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((y0 + y) * image.width + x0) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}

/** Three passes of a running box of the given radius: close to a Gaussian of sigma ≈ radius. */
export function blur(plane: Luma, radius: number): Luma {
  let data = plane.data;
  for (let pass = 0; pass < 2; pass++) data = boxPass(data, plane.width, plane.height, radius);
  return { width: plane.width, height: plane.height, data };
}

function boxPass(source: Float32Array, width: number, height: number, radius: number): Float32Array {
  const middle = new Float32Array(source.length);
  const out = new Float32Array(source.length);
  const n = 2 * radius + 1;
  const clamp = (v: number, top: number): number => Math.max(0, Math.min(v, top));
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let sum = 0;
    for (let k = -radius; k <= radius; k++) sum += source[row + clamp(k, width - 1)] as number;
    for (let x = 0; x < width; x++) {
      middle[row + x] = sum / n;
      sum +=
        (source[row + clamp(x + radius + 1, width - 1)] as number) -
        (source[row + clamp(x - radius, width - 1)] as number);
    }
  }
  for (let x = 0; x < width; x++) {
    let sum = 0;
    for (let k = -radius; k <= radius; k++) sum += middle[clamp(k, height - 1) * width + x] as number;
    for (let y = 0; y < height; y++) {
      out[y * width + x] = sum / n;
      sum +=
        (middle[clamp(y + radius + 1, height - 1) * width + x] as number) -
        (middle[clamp(y - radius, height - 1) * width + x] as number);
    }
  }
  return out;
}
