/** Decoding and encoding of pictures through sharp; depth maps as 16-bit PNG. */
import sharp from 'sharp';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import type { DepthMap, RgbImage } from '../domain.ts';

/** Beyond this many pixels a file is taken for a decompression bomb. */
export const MAX_PIXELS = 200_000_000;

/** Decodes to upright 8-bit sRGB, reduced (never enlarged) so that the longest side is at most `maxSidePx`. */
export async function decodeRgb(path: string, maxSidePx?: number): Promise<RgbImage> {
  try {
    let image = sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'error' }).autoOrient().toColourspace('srgb');
    if (maxSidePx !== undefined)
      image = image.resize(maxSidePx, maxSidePx, { fit: 'inside', withoutEnlargement: true });
    const { data, info } = await image
      .flatten({ background: '#fff' })
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3)
      throw new PicaividError('image_unsupported', `${path} has ${info.channels} channels after conversion.`, {
        file: path,
      });
    return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  } catch (error) {
    throw toPicaividError(error, 'image_damaged', path);
  }
}

/** Resizes with sharp's Lanczos 3; sides in pixels. */
export async function resizeRgb(image: RgbImage, width: number, height: number): Promise<RgbImage> {
  const data = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

export async function writeJpeg(image: RgbImage, path: string, quality = 90): Promise<void> {
  const encoded = sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } }).jpeg({
    quality,
    mozjpeg: false,
  });
  await writeFileAtomic(path, await encoded.toBuffer());
}

/** Inverse depth 0..1 as 16-bit grey PNG (65535 = nearest). */
export async function writeDepth(depth: DepthMap, path: string): Promise<void> {
  const grey = new Uint16Array(depth.data.length);
  for (let i = 0; i < grey.length; i++) grey[i] = Math.round(Math.min(1, Math.max(0, depth.data[i] ?? 0)) * 65535);
  const encoded = sharp(grey, { raw: { width: depth.width, height: depth.height, channels: 1 } })
    .toColourspace('grey16')
    .png({ compressionLevel: 6 });
  // Through a buffer: a full disk is then told by its error code, not by a decoder's text.
  await writeFileAtomic(path, await encoded.toBuffer());
}

export async function readDepth(path: string): Promise<DepthMap> {
  try {
    const { data, info } = await sharp(path)
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const grey = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
    const out = new Float32Array(info.width * info.height);
    for (let i = 0; i < out.length; i++) out[i] = (grey[i * info.channels] ?? 0) / 65535;
    return { width: info.width, height: info.height, data: out };
  } catch (error) {
    throw toPicaividError(error, 'image_damaged', path);
  }
}
