/**
 * The photo that a clip is drawn from, decoded and resampled once: shrunk in linear light, where averages of bright and
 * dark are what an eye or a lens would see (a board of 40 and 220 becomes 163, not 130), enlarged in the light of the
 * file, where linear filters would ring on the dark side. 16 bits a sample, so that gradients keep what lies between
 * the levels of the file.
 */
import sharp, { type Sharp } from 'sharp';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import type { RgbImage } from '../domain.ts';
import { MAX_PIXELS } from '../media/image.node.ts';
import { resizeTaps } from './kernel.ts';
import type { Rgb16Image } from './planes.ts';
import { instantiate, places, type WasmMemory } from './wasm.node.ts';

/** What is larger than this many times the wanted side is first reduced by libvips, whose averages are the file's. */
const MOST_SHRINK = 3;
/** And what has more pixels than this, to keep the decoded photo within 150 MB. */
const MOST_PIXELS = 50e6;
/** Full light of the loops' samples. */
const FULL = 32_767;

interface ShrinkExports extends WasmMemory {
  light(src: number, n: number, lut: number, r: number, g: number, b: number, border: number): void;
  across(src: number, off: number, weights: number, groups: number, n: number, dst: number): void;
  down(rows: number, weights: number, count: number, n: number, dst: number): void;
  coded(r: number, g: number, b: number, n: number, lut: number, dst: number): void;
}

/** sRGB of IEC 61966-2-1: light 0..1 of a code 0..1, and back. */
export function toLinear(code: number): number {
  return code <= 0.04045 ? code / 12.92 : ((code + 0.055) / 1.055) ** 2.4;
}
export function fromLinear(light: number): number {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}

/** Decodes upright sRGB at exactly this size, by libvips' Lanczos in the light of the file. Errors: `image_damaged`, `image_unsupported`. */
export async function decodeAt(path: string, width: number, height: number): Promise<RgbImage> {
  return await decode(path, (image) => image.resize(width, height, { fit: 'fill', kernel: 'lanczos3' }));
}

async function decode(path: string, resized: (image: Sharp) => Sharp): Promise<RgbImage> {
  try {
    const image = sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'error' })
      .autoOrient()
      .toColourspace('srgb')
      .flatten({ background: '#fff' })
      .removeAlpha();
    const { data, info } = await resized(image).raw().toBuffer({ resolveWithObject: true });
    if (info.channels !== 3)
      throw new PicaividError('image_unsupported', `${path} has ${info.channels} channels after conversion.`, {
        file: path,
      });
    return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  } catch (error) {
    throw toPicaividError(error, 'image_damaged', path);
  }
}

/**
 * Decodes upright sRGB at exactly this size, 16 bits a sample. `size` is the photo's own, upright. Errors:
 * `image_damaged`, `image_unsupported`.
 */
export async function decodeSource(
  path: string,
  size: { readonly width: number; readonly height: number },
  width: number,
  height: number,
): Promise<Rgb16Image> {
  const least = Math.min(1, (MOST_SHRINK * width) / size.width, Math.sqrt(MOST_PIXELS / (size.width * size.height)));
  const whole = await decode(path, (image) =>
    least === 1
      ? image
      : image.resize(Math.round(size.width * least), Math.round(size.height * least), { fit: 'fill', kernel: 'lanczos3' }),
  ); // biome-ignore format: one choice
  return resample(whole, width, height);
}

/** 8-bit sRGB, rounded, at this size: reduced in the light of the file, as a player or a measuring ffmpeg reduces frames. */
export async function reduceCodes(image: Rgb16Image, width: number, height: number): Promise<RgbImage> {
  const whole = Uint8Array.from(image.data, (v) => Math.round(v / 257));
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  const data = await sharp(whole, { raw }).resize(width, height, { fit: 'fill', kernel: 'lanczos3' }).raw().toBuffer();
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/** Lanczos with 3 lobes (Duchon 1979), separable, in linear light where the image shrinks. */
export function resample(image: RgbImage, width: number, height: number): Rgb16Image {
  const linear = width < image.width;
  const wasm = instantiate<ShrinkExports>('shrink');
  const { take, done } = places(wasm);
  const wide = Math.ceil(width / 8) * 8;
  const x = resizeTaps(wide, image.width / width);
  const y = resizeTaps(height, image.height / height);
  const border = Math.ceil((x.groups * 8) / 2 + image.width / width) * 2;
  const rowBytes = (image.width + 2 * border) * 2;
  const slots = y.groups * 8 + 2;
  const src = take(image.width * 3);
  const planes = [0, 1, 2].map(() => take(rowBytes) + border * 2) as [number, number, number];
  const [toLight, toCode, off, xWeights, yWeights] = [take(512), take((FULL + 1) * 2), take(wide * 4), take(x.weights.byteLength), take(y.weights.byteLength)] as const; // biome-ignore format: one list
  const ring = [0, 1, 2].map(() => take(slots * wide * 2)) as [number, number, number];
  const rows = take(y.groups * 32);
  const light = [0, 1, 2].map(() => take(wide * 2)) as [number, number, number];
  const out = take(width * 6);
  done();
  const memory = wasm.memory.buffer;
  const lit = new Int16Array(memory, toLight, 256);
  for (let v = 0; v < 256; v++) lit[v] = Math.round((linear ? toLinear(v / 255) : v / 255) * FULL);
  const codes = new Uint16Array(memory, toCode, FULL + 1);
  for (let v = 0; v <= FULL; v++) codes[v] = Math.round((linear ? fromLinear(v / FULL) : v / FULL) * 65_535);
  new Int16Array(memory, xWeights, x.weights.length).set(x.weights);
  new Int16Array(memory, yWeights, y.weights.length).set(y.weights);
  // Padded outputs beyond the row read what is there.
  const last = image.width + border - x.groups * 8;
  const offsets = new Int32Array(memory, off, wide);
  for (let i = 0; i < wide; i++) offsets[i] = 2 * Math.min(last, Math.max(-border, x.first[i] as number));
  const pointers = new Int32Array(memory, rows, y.groups * 8);
  const given = new Uint8Array(memory, src, image.width * 3);
  const taken = new Uint16Array(memory, out, width * 3);
  const data = new Uint16Array(width * height * 3);
  let next = 0;
  for (let j = 0; j < height; j++) {
    const first = y.first[j] as number;
    const from = Math.max(0, first);
    const to = Math.min(image.height, first + y.groups * 8);
    for (next = Math.max(next, from); next < to; next++) {
      given.set(image.data.subarray(next * image.width * 3, (next + 1) * image.width * 3));
      wasm.light(src, image.width, toLight, ...planes, border);
      for (let c = 0; c < 3; c++)
        wasm.across(
          planes[c] as number,
          off,
          xWeights,
          x.groups,
          wide,
          (ring[c] as number) + (next % slots) * wide * 2,
        );
    }
    for (let c = 0; c < 3; c++) {
      for (let k = 0; k < y.groups * 8; k++) {
        const row = Math.min(image.height - 1, Math.max(0, first + k));
        pointers[k] = (ring[c] as number) + (row % slots) * wide * 2;
      }
      wasm.down(rows, yWeights + j * y.groups * 16, y.groups * 8, wide, light[c] as number);
    }
    wasm.coded(...light, width, toCode, out);
    data.set(taken, j * width * 3);
  }
  return { width, height, data };
}
