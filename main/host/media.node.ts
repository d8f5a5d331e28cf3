/**
 * Pictures by ids: a listing and a photo are looked up, a variant is one of a closed list, and no part of an address
 * ever becomes a path.
 */
import { createReadStream } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import type { Context, Handler } from 'hono';
import sharp from 'sharp';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { sha256Text, writeFileAtomic } from '../../base/files.node.ts';
import { SNIFF_BYTES, sniffFormat } from '../../pipeline/analyze/magic.ts';
import { encodeSamples16 } from '../../pipeline/media/depth-format.ts';
import { idSchema, MEDIA_VARIANTS, type MediaVariant } from './contract.ts';
import { depthColours, sharpnessOverlay } from './overlays.ts';
import { parseRange } from './range.ts';
import { webStream } from './static.node.ts';

/** What the host knows of a photo, whether its analysis is done or not. */
export interface MediaPhoto {
  readonly sha256: string;
  /** The listing's folder and the photo's name in it. */
  readonly folder: string;
  readonly file: string;
  /** The listing's analysis work folder. */
  readonly workDir: string;
  /** File name of the depth map in it. */
  readonly depthFile: string | undefined;
}
/** `variant`: what is about to be sent, brought first where it comes from the team. */
export type FindPhoto = (listingId: string, photoId: string, variant: MediaVariant) => Promise<MediaPhoto | undefined>;

/** A file to be sent. */
export interface Found {
  readonly path: string;
  readonly type: string;
  readonly etag: string;
  /** The address names the content: it never changes. */
  readonly immutable: boolean;
}

/** Raised whenever a derived picture would come out differently. */
const DERIVED_VERSION = 2;
const paramsSchema = z.object({ listing: idSchema, photo: idSchema, variant: z.enum(MEDIA_VARIANTS) });

export function mediaHandler(find: FindPhoto, cacheDir: string): Handler {
  // Two requests for the same derived picture make it once.
  const making = new Map<string, Promise<Found>>();
  return async (c) => {
    try {
      const params = paramsSchema.safeParse(c.req.param());
      if (!params.success) return notThere(c, 'There is no such picture.');
      const { listing, photo: photoId, variant } = params.data;
      const photo = await find(listing, photoId, variant);
      if (photo === undefined) return notThere(c, 'This photo is not in the library (any more).');
      return await send(c, await locate(photo, variant, cacheDir, making));
    } catch (error) {
      return failed(c, error);
    }
  };
}

export function failed(c: Context, error: unknown): Response {
  const known = toPicaividError(error);
  const status = known.code === 'disk_full' || known.code === 'internal' ? 500 : 404;
  c.header('Cache-Control', 'no-store');
  // A path of this machine is no business of an address.
  return c.json({ code: known.code, message: known.message }, status);
}

export function notThere(c: Context, message: string): Response {
  c.header('Cache-Control', 'no-store');
  return c.json(new PicaividError('file_not_found', message).toJSON(), 404);
}

async function locate(
  photo: MediaPhoto,
  variant: MediaVariant,
  cacheDir: string,
  making: Map<string, Promise<Found>>,
): Promise<Found> {
  if (variant === 'original') return original(photo);
  const proxy = (side: string): string => join(photo.workDir, 'proxies', `${photo.sha256}-${side}.jpg`);
  if (variant === '320' || variant === '1280' || variant === '2560')
    return {
      path: proxy(variant),
      type: 'image/jpeg',
      etag: `"${photo.sha256.slice(0, 32)}-${variant}"`,
      immutable: true,
    };
  const source = variant === 'sharpview' ? proxy('1280') : depthPath(photo);
  const info = await stat(source).catch((error: unknown) => {
    throw toPicaividError(error, 'file_unreadable', 'This picture');
  });
  const extension = variant === 'depth' ? 'pvd' : 'png';
  const key = sha256Text(JSON.stringify([DERIVED_VERSION, variant, photo.sha256, basename(source), info.size]));
  const path = join(cacheDir, 'media', key.slice(0, 2), `${key.slice(2, 34)}.${extension}`);
  const found: Found = {
    path,
    type: variant === 'depth' ? 'application/octet-stream' : 'image/png',
    etag: `"${key.slice(0, 32)}"`,
    immutable: false,
  };
  const running =
    making.get(path) ??
    (async () => {
      if ((await stat(path).catch(() => undefined)) === undefined)
        await writeFileAtomic(path, await derived(variant, source));
      return found;
    })().finally(() => making.delete(path));
  making.set(path, running);
  return running;
}

function depthPath({ workDir, depthFile }: MediaPhoto): string {
  if (depthFile === undefined)
    throw new PicaividError('file_not_found', 'The depth of this photo has not been measured yet.');
  return join(workDir, 'depth', basename(depthFile));
}

async function derived(variant: MediaVariant, source: string): Promise<Uint8Array> {
  if (variant === 'sharpview') {
    const { data, info } = await sharp(source).greyscale().raw().toBuffer({ resolveWithObject: true });
    const overlay = sharpnessOverlay(data, info.width, info.height);
    return sharp(overlay.data, { raw: { width: overlay.width, height: overlay.height, channels: 4 } })
      .png({ compressionLevel: 6 })
      .toBuffer();
  }
  const { data, info } = await sharp(source)
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const samples = firstChannel(data, info.channels);
  if (variant === 'depth') return encodeSamples16(info.width, info.height, samples);
  return sharp(depthColours(samples), { raw: { width: info.width, height: info.height, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toBuffer();
}

function firstChannel(data: Buffer, channels: number): Uint16Array {
  const all = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return channels === 1 ? all : all.filter((_, index) => index % channels === 0);
}

const BROWSER_TYPES: Readonly<Record<string, string>> = { jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp' };

/** The photo itself, from its folder, by its resolved real path. */
async function original(photo: MediaPhoto): Promise<Found> {
  const gone = new PicaividError('file_not_found', `${photo.file} is not in its folder (any more).`);
  const root = await realpath(photo.folder).catch(() => {
    throw gone;
  });
  const path = await realpath(join(root, photo.file)).catch(() => {
    throw gone;
  });
  if (!path.startsWith(root.endsWith(sep) ? root : root + sep))
    throw new PicaividError('path_outside_folder', `${photo.file} leads out of the listing's folder.`);
  const handle = await open(path, 'r');
  const head = new Uint8Array(SNIFF_BYTES);
  try {
    await handle.read(head, 0, SNIFF_BYTES, 0);
  } finally {
    await handle.close();
  }
  const type = BROWSER_TYPES[sniffFormat(head) ?? ''];
  if (type === undefined)
    throw new PicaividError('image_unsupported', `A browser cannot show ${photo.file} itself; look at its 2560 copy.`);
  const info = await stat(path, { bigint: true });
  return { path, type, etag: `"${info.size.toString(36)}-${info.mtimeNs.toString(36)}"`, immutable: false };
}

/** Sends a file with ETag and Range. Throws `file_not_found` when it is not there. */
export async function send(c: Context, { path, type, etag, immutable }: Found): Promise<Response> {
  const info = await stat(path).catch((error: unknown) => {
    const known = toPicaividError(error, 'file_unreadable', 'This picture');
    throw known.code === 'file_not_found'
      ? new PicaividError('file_not_found', 'This picture is not made yet.', { cause: error })
      : known;
  });
  const headers: Record<string, string> = {
    'Content-Type': type,
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'Cache-Control': immutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
  };
  const known = c.req.header('if-none-match');
  if (known !== undefined && (known.trim() === '*' || known.split(',').some((one) => one.trim() === etag)))
    return c.body(null, 304, headers);
  const ifRange = c.req.header('if-range');
  const asked = ifRange === undefined || ifRange === etag ? c.req.header('range') : undefined;
  const range = parseRange(asked, info.size);
  if (range === 'unsatisfiable')
    return c.body(null, 416, { ...headers, 'Content-Range': `bytes */${info.size}`, 'Content-Length': '0' });
  const { start, end } = range ?? { start: 0, end: info.size - 1 };
  headers['Content-Length'] = String(end - start + 1);
  if (range !== undefined) headers['Content-Range'] = `bytes ${start}-${end}/${info.size}`;
  const status = range === undefined ? 200 : 206;
  if (c.req.method === 'HEAD' || info.size === 0) return c.body(null, status, headers);
  return c.body(webStream(createReadStream(path, { start, end })), status, headers);
}
