/** One file over HTTP: resumed where it stopped, retried, checked, renamed only when whole. */
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { errnoOf, PicaividError, throwIfCancelled, toPicaividError } from '../base/errors.ts';
import { sha256File } from '../base/files.node.ts';

/** Failures in a row, without a byte between them, before giving up. */
const ATTEMPTS = 5;
/** First pause; doubled each time. */
const BACKOFF_SECONDS = 0.5;
/** A connection that gives nothing for this long is dropped and tried again. */
const STALL_SECONDS = 60;
/** Files of at least this many bytes are held against their rough size, and how far they may be from it, as a factor. */
const LARGE_BYTES = 1_000_000;
const ABOUT = 2;

export interface DownloadOptions {
  readonly bytes?: number;
  /** Roughly, where nobody knows it exactly: a page of an error in place of a large file is then no file. */
  readonly aboutBytes?: number;
  readonly sha256?: string;
  /** Bytes of this file so far; `total` once it is known. */
  readonly onProgress?: (progress: { readonly bytes: number; readonly total: number | undefined }) => void;
  readonly signal?: AbortSignal;
  readonly attempts?: number;
  readonly backoffSeconds?: number;
  readonly stallSeconds?: number;
}

const tagSchema = z.object({ validator: z.string() });

/** A failure that another attempt may mend. */
class Retryable extends Error {}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

/** What If-Range may carry: a strong ETag, or the date. */
function validatorOf(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  if (tag?.startsWith('"')) return tag;
  return headers.get('last-modified') ?? undefined;
}

async function readValidator(path: string): Promise<string | undefined> {
  try {
    return tagSchema.parse(JSON.parse(await readFile(path, 'utf8'))).validator;
  } catch {
    // Lost or half-written: the file is then fetched from its start, which is always right.
    return undefined;
  }
}

function rangeOf(response: Response): { readonly start: number; readonly total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (match === null) return undefined;
  return { start: Number(match[1]), total: match[2] === '*' ? undefined : Number(match[2]) };
}

/** One connection: appends to the part file. Throws Retryable, or a PicaividError that ends it. */
async function attempt(url: string, part: string, tag: string, options: DownloadOptions): Promise<void> {
  let have = await sizeOf(part);
  const validator = have > 0 ? await readValidator(tag) : undefined;
  if (validator === undefined) have = 0;
  const stall = new AbortController();
  const stallMs = (options.stallSeconds ?? STALL_SECONDS) * 1000;
  let timer = setTimeout(() => stall.abort(), stallMs);
  const signal = options.signal === undefined ? stall.signal : AbortSignal.any([options.signal, stall.signal]);
  try {
    const headers = have > 0 && validator !== undefined ? { range: `bytes=${have}-`, 'if-range': validator } : {};
    // No compression: ranges and sizes count the file's own bytes.
    const response = await fetch(url, { headers: { ...headers, 'accept-encoding': 'identity' }, signal });
    if (response.status === 416) {
      await rm(part, { force: true });
      throw new Retryable('the server refused to go on from there');
    }
    if (!response.ok) {
      const why = `the server answered ${response.status}`;
      if (response.status >= 500 || response.status === 408 || response.status === 429) throw new Retryable(why);
      throw new PicaividError('download_failed', `${url} could not be fetched: ${why}.`);
    }
    const range = response.status === 206 ? rangeOf(response) : undefined;
    if (response.status === 206 && range?.start !== have) {
      await rm(part, { force: true });
      throw new Retryable('the server sent another range');
    }
    if (response.status !== 206) have = 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = range?.total ?? (Number.isFinite(length) ? have + length : options.bytes);
    const next = validatorOf(response.headers);
    if (next === undefined) await rm(tag, { force: true });
    else await writeFile(tag, JSON.stringify({ validator: next }));
    const handle = await open(part, have > 0 ? 'a' : 'w');
    try {
      options.onProgress?.({ bytes: have, total });
      if (response.body !== null)
        for await (const chunk of response.body) {
          clearTimeout(timer);
          timer = setTimeout(() => stall.abort(), stallMs);
          await handle.writeFile(chunk);
          have += chunk.byteLength;
          options.onProgress?.({ bytes: have, total });
        }
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (total !== undefined && have < total) throw new Retryable('the connection ended early');
  } catch (error) {
    throwIfCancelled(options.signal);
    if (error instanceof PicaividError || error instanceof Retryable) throw error;
    if (stall.signal.aborted) throw new Retryable(`nothing came for ${stallMs / 1000} s`);
    // System errors of the disk carry a path; those of the network do not.
    if (error instanceof Error && 'path' in error) throw toPicaividError(error, 'output_unwritable', part);
    const errno = errnoOf(error);
    if (errno !== undefined && /^(ENOSPC|EDQUOT|EROFS|EIO|EFBIG)$/.test(errno))
      throw toPicaividError(error, 'output_unwritable', part);
    throw new Retryable(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/**
 * Fetches `url` to `target` through `target.part`, which an interruption leaves for the next call. Gives size and
 * SHA-256 of what was fetched. Errors: `model_damaged` (wrong size or hash; the file is deleted), `download_failed`,
 * `disk_full`, `output_unwritable`, `cancelled` (the part is kept).
 */
export async function downloadFile(
  url: string,
  target: string,
  options: DownloadOptions = {},
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const part = `${target}.part`;
  const tag = `${target}.part.json`;
  try {
    await mkdir(dirname(target), { recursive: true });
  } catch (error) {
    throw toPicaividError(error, 'output_unwritable', target);
  }
  let failures = 0;
  for (;;) {
    throwIfCancelled(options.signal);
    const before = await sizeOf(part);
    try {
      await attempt(url, part, tag, options);
      break;
    } catch (error) {
      if (!(error instanceof Retryable)) throw error;
      failures = (await sizeOf(part)) > before ? 1 : failures + 1;
      if (failures >= (options.attempts ?? ATTEMPTS))
        throw new PicaividError(
          'download_failed',
          `${url} could not be fetched: ${error.message}. Check the connection and run the same command again; it goes on where it stopped.`,
          { cause: error },
        );
      await pause((options.backoffSeconds ?? BACKOFF_SECONDS) * 2 ** (failures - 1), options.signal);
    }
  }
  const bytes = await sizeOf(part);
  const sha256 = await sha256File(part);
  const about = options.bytes === undefined ? (options.aboutBytes ?? 0) : 0;
  const wrong =
    (about >= LARGE_BYTES && (bytes * ABOUT < about || bytes > about * ABOUT)) ||
    (options.bytes !== undefined && bytes !== options.bytes) ||
    (options.sha256 !== undefined && sha256 !== options.sha256);
  await rm(tag, { force: true });
  if (wrong) {
    await rm(part, { force: true });
    throw new PicaividError(
      'model_damaged',
      `${url} is not the file that the catalogue names (${bytes} bytes, SHA-256 ${sha256.slice(0, 12)}…). It was deleted; check MODEL_MIRROR, then fetch it again.`,
      { file: target },
    );
  }
  await rename(part, target);
  return { bytes, sha256 };
}
