/**
 * Depth maps on the way to a page. Canvases decode 16-bit PNG to 8 bits, which shows as steps in a warp, so the host
 * serves depth as `PVD1`: the four bytes `PVD1`, width and height as u32, then width × height samples as u16 (65535 is
 * the nearest), all little-endian, row by row from the top. Pure.
 */
import { PicaividError } from '../../base/errors.ts';
import type { DepthMap } from '../domain.ts';

export const DEPTH16_CONTENT_TYPE = 'application/vnd.picaivid.depth16';
const MAGIC = [0x50, 0x56, 0x44, 0x31];
const HEADER_BYTES = 12;
/** Greater sides are taken for damage: analysis writes at most 1280. */
const MAX_SIDE = 8192;

/** Bytes of width × height samples in PVD1, as the 16-bit PNG has them. */
export function encodeSamples16(width: number, height: number, samples: Uint16Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + samples.length * 2);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(4, width, true);
  view.setUint32(8, height, true);
  for (let i = 0; i < samples.length; i++) view.setUint16(HEADER_BYTES + 2 * i, samples[i] as number, true);
  return bytes;
}

/** Bytes of a map in PVD1: values are clamped to 0..1 and rounded to 16 bits. */
export function encodeDepth16({ width, height, data }: DepthMap): Uint8Array<ArrayBuffer> {
  const samples = Uint16Array.from(data, (value) => Math.round(Math.min(1, Math.max(0, value)) * 65_535));
  return encodeSamples16(width, height, samples);
}

/** Map of PVD1 bytes. Errors: `image_damaged` when they are cut short, too long or not PVD1. */
export function decodeDepth16(bytes: Uint8Array): DepthMap {
  const damaged = (why: string): PicaividError =>
    new PicaividError('image_damaged', `This depth map cannot be read: ${why}. Analyse the photo again.`);
  if (bytes.length < HEADER_BYTES) throw damaged('it ends within its header');
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw damaged('it does not begin with PVD1');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint32(4, true);
  const height = view.getUint32(8, true);
  if (width < 2 || height < 2 || width > MAX_SIDE || height > MAX_SIDE) throw damaged(`its size is ${width}×${height}`);
  const samples = width * height;
  if (bytes.length !== HEADER_BYTES + 2 * samples)
    throw damaged(`${width}×${height} takes ${HEADER_BYTES + 2 * samples} bytes, it has ${bytes.length}`);
  const data = new Float32Array(samples);
  for (let i = 0; i < samples; i++) data[i] = view.getUint16(HEADER_BYTES + 2 * i, true) / 65_535;
  return { width, height, data };
}
