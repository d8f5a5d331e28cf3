/**
 * Ingest: a folder of anything becomes a list of accepted photos with upright sRGB proxies, and a list of rejected
 * files with the reason. One bad file never stops the others; memory stays bounded whatever the files claim.
 */
import { mkdir, open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import exifr from 'exifr';
import sharp, { type Metadata } from 'sharp';
import { z } from 'zod';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { readJsonFile, sha256File, writeFileAtomic } from '../../base/files.node.ts';
import type { OnProgress, Photo, RejectedPhoto } from '../domain.ts';
import { MAX_PIXELS } from '../media/image.node.ts';
import { eachLimited } from './limited.ts';
import { SNIFF_BYTES, sniffFormat } from './magic.ts';

/** Bytes. A 200-megapixel JPEG at the best quality is smaller. */
export const MAX_FILE_BYTES = 200 * 1024 * 1024;
/** Photos of one job; a listing has 20 to 80. */
export const MAX_PHOTOS = 500;
/** Pixels. Smaller pictures are icons and tracking dots; a film frame is 1920 wide. */
export const MIN_SIDE_PX = 64;
/** Folders below the listing's own that are looked into. */
const MAX_FOLDER_DEPTH = 4;
/** Directory entries looked at before giving up: a job pointed at a whole disk must end. */
const MAX_ENTRIES = 20_000;
/** Decodes in flight: two cores, and at most two large pictures in memory. */
const DECODES_IN_FLIGHT = 2;
/** Longest sides of the proxies, pixels, largest first. */
const PROXY_SIDES = [2560, 1280, 320] as const;
/** JPEG quality: 90 for what is rendered from, 85 for what is looked at. */
const PROXY_QUALITY = { 2560: 90, 1280: 88, 320: 85 } as const;
/** Raised whenever a proxy would come out differently. */
const PROXY_VERSION = 1;
const JUNK = new Set(['thumbs.db', 'desktop.ini', 'ehthumbs.db', '__macosx', 'node_modules']);

export interface IngestOptions {
  /** Where the proxies and the records of them are kept; made when absent. */
  readonly proxyDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Told of each accepted photo as soon as its proxies are there; in any order, so one that is there twice is told of twice. */
  readonly onPhoto?: (photo: Photo) => void;
}
export interface Ingested {
  readonly photos: Photo[];
  readonly rejected: RejectedPhoto[];
}

interface Candidate {
  readonly file: string;
  readonly path: string;
}

const recordSchema = z.object({
  version: z.literal(PROXY_VERSION),
  width: z.int().positive(),
  height: z.int().positive(),
  orientation: z.int().min(1).max(8),
  takenAt: z.string().exactOptional(),
  focalLength35mm: z.number().exactOptional(),
  bytes: z.object({ 320: z.int(), 1280: z.int(), 2560: z.int() }),
});
type ProxyRecord = z.infer<typeof recordSchema>;

/** Absolute path → what the file was when its hash was taken. A change of size, mtime, ctime or inode voids it. */
const seenSchema = z.record(z.string(), z.object({ stamp: z.string(), sha256: z.string() }));
type Seen = z.infer<typeof seenSchema>;

// No operation cache (it holds decoded pictures) and one thread a picture: two pictures are in flight already.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Reads a listing's folder. Photos come in the order of their names. Rejected files carry an ErrorCode and a sentence.
 * Throws `file_not_found` when the folder is not there, `disk_full` / `output_unwritable` when proxies cannot be
 * written, `cancelled`; everything that is about one photo is in `rejected` instead.
 */
export async function ingestFolder(folder: string, options: IngestOptions): Promise<Ingested> {
  const root = await realFolder(folder);
  await mkdir(options.proxyDir, { recursive: true }).catch((error: unknown) => {
    throw toPicaividError(error, 'output_unwritable', options.proxyDir);
  });
  const rejected: RejectedPhoto[] = [];
  const found = await listCandidates(root, rejected);
  for (const extra of found.slice(MAX_PHOTOS))
    rejected.push({
      file: extra.file,
      code: 'too_many_photos',
      message: `A job takes ${MAX_PHOTOS} photos; this one came after them by name. Remove some or make a second job.`,
    });
  const candidates = found.slice(0, MAX_PHOTOS);
  const seenPath = join(options.proxyDir, 'seen.json');
  const seen = await readSeen(seenPath);
  const now: Seen = {};
  const inWork = new Map<string, Promise<Photo>>();
  const results: (Photo | RejectedPhoto)[] = new Array(candidates.length);
  let done = 0;
  await eachLimited(candidates.length, DECODES_IN_FLIGHT, async (i) => {
    throwIfCancelled(options.signal);
    const candidate = candidates[i] as Candidate;
    try {
      const sha256 = await hashOnce(candidate, seen, now);
      // Two names of the same bytes must not write the same proxies at once: the second awaits the first.
      const running = inWork.get(sha256) ?? ingestOne(candidate, sha256, options.proxyDir);
      inWork.set(sha256, running);
      const photo = await running;
      const named = { ...photo, file: candidate.file, path: candidate.path };
      results[i] = named;
      options.onPhoto?.(named);
    } catch (error) {
      results[i] = rejection(candidate, error);
    }
    done++;
    options.onProgress?.({
      fraction: done / candidates.length,
      sentence: `Reading photo ${done} of ${candidates.length}`,
    });
  });
  // Files are hashed two at a time and end in any order: written sorted, or an unchanged list would look changed.
  const entries = Object.entries(now).sort(([a], [b]) => (a < b ? -1 : 1));
  const list = JSON.stringify(Object.fromEntries(entries));
  if (list !== JSON.stringify(seen)) await writeFileAtomic(seenPath, list);
  const byHash = new Map<string, Photo>();
  for (const result of results) {
    if ('code' in result) rejected.push(result);
    else {
      const first = byHash.get(result.sha256);
      if (first === undefined) byHash.set(result.sha256, result);
      else
        rejected.push({
          file: result.file,
          code: 'duplicate_file',
          message: `The same file as ${first.file}; that one is used.`,
        });
    }
  }
  return { photos: [...byHash.values()], rejected };
}

/** About one photo: reported. About the disk or the person: thrown. */
function rejection(candidate: Candidate, error: unknown): RejectedPhoto {
  const known = toPicaividError(error, 'image_damaged', candidate.file);
  if (known.code === 'disk_full' || known.code === 'output_unwritable' || known.code === 'cancelled') throw known;
  return { file: candidate.file, code: known.code, message: known.message };
}

async function realFolder(folder: string): Promise<string> {
  try {
    const real = await realpath(folder);
    if (!(await stat(real)).isDirectory())
      throw new PicaividError('bad_usage', `${folder} is a file. Name the folder that holds the photos.`);
    return real;
  } catch (error) {
    const known = toPicaividError(error, 'file_unreadable', folder);
    throw known.code === 'file_not_found'
      ? new PicaividError('file_not_found', `The folder ${folder} is not there. Check the path.`, { cause: error })
      : known;
  }
}

/** Files worth a look, by name order; links that lead out of the folder go straight to `rejected`. */
async function listCandidates(root: string, rejected: RejectedPhoto[]): Promise<Candidate[]> {
  const found: Candidate[] = [];
  let entries = 0;
  const walk = async (dir: string, prefix: string, depth: number): Promise<void> => {
    const list = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
      const known = toPicaividError(error, 'file_unreadable', prefix);
      rejected.push({ file: prefix, code: known.code, message: known.message });
      return [];
    });
    for (const entry of list) {
      if (++entries > MAX_ENTRIES) return;
      if (entry.name.startsWith('.') || JUNK.has(entry.name.toLowerCase())) continue;
      const file = prefix + entry.name;
      const path = join(dir, entry.name);
      if (entry.isSymbolicLink()) await followLink(root, file, path, found, rejected);
      else if (entry.isDirectory()) {
        if (depth < MAX_FOLDER_DEPTH) await walk(path, `${file}/`, depth + 1);
      } else if (entry.isFile()) found.push({ file, path });
    }
  };
  await walk(root, '', 0);
  // Code-unit order, with numbers in the names by value: the same on every machine, whatever its locale.
  const collator = new Intl.Collator('en', { numeric: true });
  return found.sort((a, b) => collator.compare(a.file, b.file) || (a.file < b.file ? -1 : 1));
}

async function followLink(
  root: string,
  file: string,
  path: string,
  found: Candidate[],
  rejected: RejectedPhoto[],
): Promise<void> {
  try {
    const real = await realpath(path);
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep))
      throw new PicaividError(
        'path_outside_folder',
        `${file} is a link that leads out of the folder. Copy the photo itself into the folder.`,
      );
    // A linked folder inside the listing is reached by its own name already.
    if ((await stat(real)).isFile()) found.push({ file, path: real });
  } catch (error) {
    const known = toPicaividError(error, 'file_unreadable', file);
    rejected.push({ file, code: known.code, message: known.message });
  }
}

async function readSeen(path: string): Promise<Seen> {
  try {
    return seenSchema.catch({}).parse(await readJsonFile(path));
  } catch {
    return {}; // a damaged list only costs hashing again
  }
}

/** The file's hash; not read again when nothing about the file changed. Checks size and first bytes before. */
async function hashOnce(candidate: Candidate, seen: Seen, now: Seen): Promise<string> {
  const info = await stat(candidate.path, { bigint: true });
  if (info.size === 0n)
    throw new PicaividError('file_empty', `${candidate.file} is empty (0 bytes). Copy it again from the camera.`);
  if (info.size > BigInt(MAX_FILE_BYTES))
    throw new PicaividError(
      'file_too_large',
      `${candidate.file} is ${Math.round(Number(info.size) / 1e6)} MB; the limit is 200 MB. Export it smaller.`,
    );
  const stamp = `${info.size}:${info.mtimeNs}:${info.ctimeNs}:${info.ino}`;
  const before = seen[candidate.path];
  const sha256 = before?.stamp === stamp ? before.sha256 : await sniffAndHash(candidate);
  now[candidate.path] = { stamp, sha256 };
  return sha256;
}

async function sniffAndHash(candidate: Candidate): Promise<string> {
  const handle = await open(candidate.path, 'r');
  const head = new Uint8Array(SNIFF_BYTES);
  try {
    await handle.read(head, 0, SNIFF_BYTES, 0);
  } finally {
    await handle.close();
  }
  if (sniffFormat(head) === undefined)
    throw new PicaividError(
      'image_unsupported',
      `${candidate.file} is not a JPEG, PNG, WebP, TIFF, HEIC or AVIF picture, whatever its name says.`,
    );
  return sha256File(candidate.path);
}

/** One photo whose hash is known: its proxies are made where they are not there yet. Errors as in `rejected`, thrown. */
export async function ingestFile(file: string, path: string, sha256: string, proxyDir: string): Promise<Photo> {
  await mkdir(proxyDir, { recursive: true });
  return ingestOne({ file, path }, sha256, proxyDir);
}

async function ingestOne(candidate: Candidate, sha256: string, proxyDir: string): Promise<Photo> {
  const proxyPath = (side: number): string => join(proxyDir, `${sha256}-${side}.jpg`);
  const recordPath = join(proxyDir, `${sha256}.json`);
  let record = await reusable(recordPath, proxyPath);
  if (record === undefined) {
    record = await makeProxies(candidate, proxyPath);
    await writeFileAtomic(recordPath, JSON.stringify(record));
  }
  const { width, height, orientation, takenAt, focalLength35mm } = record;
  return {
    id: `p_${sha256.slice(0, 16)}`,
    file: candidate.file,
    path: candidate.path,
    sha256,
    width,
    height,
    orientation,
    ...(takenAt === undefined ? {} : { takenAt }),
    ...(focalLength35mm === undefined ? {} : { focalLength35mm }),
    proxies: { 320: proxyPath(320), 1280: proxyPath(1280), 2560: proxyPath(2560) },
  };
}

/** The record of proxies that are all there with the sizes they were written with. */
async function reusable(recordPath: string, proxyPath: (side: number) => string): Promise<ProxyRecord | undefined> {
  try {
    const parsed = recordSchema.safeParse(await readJsonFile(recordPath));
    if (!parsed.success) return undefined;
    for (const side of PROXY_SIDES)
      if ((await stat(proxyPath(side))).size !== parsed.data.bytes[side]) return undefined;
    return parsed.data;
  } catch {
    return undefined; // missing or unreadable: they are made again
  }
}

/** Decodes the original once, as small as the largest proxy allows, and derives the smaller ones from that. */
async function makeProxies(candidate: Candidate, proxyPath: (side: number) => string): Promise<ProxyRecord> {
  const { file, path } = candidate;
  const header = await readHeader(file, path);
  const swapped = header.orientation >= 5;
  const width = swapped ? header.height : header.width;
  const height = swapped ? header.width : header.height;
  let raw: { data: Uint8Array; width: number; height: number };
  try {
    const { data, info } = await sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1 })
      .autoOrient()
      .resize(PROXY_SIDES[0], PROXY_SIDES[0], { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels after conversion to sRGB`);
    raw = { data, width: info.width, height: info.height };
  } catch (error) {
    throw new PicaividError(
      'image_damaged',
      `${file} is damaged or cut short and cannot be decoded. Copy it again from the camera or export it again.`,
      { cause: error },
    );
  }
  const bytes = { 320: 0, 1280: 0, 2560: 0 };
  for (const side of PROXY_SIDES) {
    let image = sharp(raw.data, { raw: { width: raw.width, height: raw.height, channels: 3 } });
    if (Math.max(raw.width, raw.height) > side) {
      const small = await image.resize(side, side, { fit: 'inside' }).raw().toBuffer({ resolveWithObject: true });
      raw = { data: small.data, width: small.info.width, height: small.info.height };
      image = sharp(raw.data, { raw: { width: raw.width, height: raw.height, channels: 3 } });
    }
    const jpeg = await image.jpeg({ quality: PROXY_QUALITY[side] }).toBuffer();
    await writeFileAtomic(proxyPath(side), jpeg);
    bytes[side] = jpeg.length;
  }
  const exif = await readExif(header.exif);
  return { version: PROXY_VERSION, width, height, orientation: header.orientation, ...exif, bytes };
}

/** Size and orientation from the header alone; refuses bombs and dots before a pixel is decoded. */
async function readHeader(
  file: string,
  path: string,
): Promise<{ width: number; height: number; orientation: number; exif: Uint8Array | undefined }> {
  let meta: Metadata;
  try {
    meta = await sharp(path, { limitInputPixels: false, failOn: 'error' }).metadata();
  } catch (error) {
    throw new PicaividError(
      'image_damaged',
      `${file} is damaged: its header cannot be read. Copy it again from the camera or export it again.`,
      { cause: error },
    );
  }
  const { width, pageHeight, height, orientation, exif } = meta;
  const oneHeight = pageHeight ?? height;
  if (width * oneHeight > MAX_PIXELS)
    throw new PicaividError(
      'image_too_large',
      `${file} says it is ${width} × ${oneHeight} pixels; the limit is 200 megapixels. Export it smaller.`,
    );
  if (Math.min(width, oneHeight) < MIN_SIDE_PX)
    throw new PicaividError(
      'image_too_small',
      `${file} is ${width} × ${oneHeight} pixels; a photo needs at least ${MIN_SIDE_PX} on each side.`,
    );
  const valid = orientation !== undefined && orientation >= 1 && orientation <= 8 ? orientation : 1;
  return { width, height: oneHeight, orientation: valid, exif };
}

const exifSchema = z.object({
  DateTimeOriginal: z.string().optional().catch(undefined),
  FocalLengthIn35mmFormat: z.number().positive().max(2000).optional().catch(undefined),
});

/** Capture time and focal length; a damaged EXIF block is as good as none. */
async function readExif(block: Uint8Array | undefined): Promise<{ takenAt?: string; focalLength35mm?: number }> {
  if (block === undefined) return {};
  try {
    const tiff = String.fromCharCode(...block.subarray(0, 4)) === 'Exif' ? block.subarray(6) : block;
    const tags: unknown = await exifr.parse(tiff, {
      pick: ['DateTimeOriginal', 'FocalLengthIn35mmFormat'],
      reviveValues: false,
    });
    const exif = exifSchema.parse(tags ?? {});
    const takenAt = isoTime(exif.DateTimeOriginal);
    return {
      ...(takenAt === undefined ? {} : { takenAt }),
      ...(exif.FocalLengthIn35mmFormat === undefined ? {} : { focalLength35mm: exif.FocalLengthIn35mmFormat }),
    };
  } catch {
    return {};
  }
}

/** `2024:05:01 10:20:30` → `2024-05-01T10:20:30`; undefined for anything else (cameras write zeros and spaces). */
export function isoTime(exif: string | undefined): string | undefined {
  const parts = /^(\d{4}):(\d{2}):(\d{2}) (\d{2}:\d{2}:\d{2})/.exec(exif ?? '');
  if (parts === null) return undefined;
  const text = `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}`;
  return Number.isNaN(Date.parse(`${text}Z`)) ? undefined : text;
}
