/** Sends and fetches files by links, as a studio does: in parts where they are large, again with back-off, checked. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { commitFile, sha256File } from '../../base/files.node.ts';
import { isNotLetIn, isWrongBytes, nameIn } from './s3-errors.ts';
import type { Expected, SignedLink, SignedParts, TransferOptions } from './storage.ts';

const TRIES = 5;
const BACKOFF_MS = 400;
/** Without a byte for this long a transfer is begun anew, milliseconds. */
const SILENCE_MS = 30_000;
/** An upload is given this long for its bytes on top, bytes a millisecond: 50 kB/s is the slowest line that is borne. */
const SLOWEST = 50;

export interface LinkOptions extends TransferOptions {
  /** How often a whole file or a part is tried; 5 unless said otherwise. */
  readonly tries?: number;
}
type Link = Pick<SignedLink, 'url' | 'method' | 'headers'>;
/** Links of an upload in parts. */
export type PartLinks = Pick<SignedParts, 'partBytes' | 'done'> & { readonly parts: readonly Link[] };

/** What a server says that no other try would change. */
class Refused extends PicaividError {}

/**
 * The link is not good any more (or the upload was ended): a new one may be, so to callers it is `host_unreachable`, which
 * they come back to. S3 answers the same for what is not there to a role that may not list the bucket.
 */
export class StaleLink extends Refused {
  constructor() {
    super('host_unreachable', 'This link is not good (any more). It goes on with a new one.');
  }
}

/**
 * Sends a whole file. Errors: `file_not_found` (not on this disk), `verification_failed` (another file than announced),
 * `file_too_large`, `host_unreachable` after the last try or where the link is not good any more, `cancelled`.
 */
export async function uploadByLink(
  link: Link,
  path: string,
  expected: Expected,
  options: LinkOptions = {},
): Promise<void> {
  await mustBeWhole(path, expected);
  await again(options, () => put(link, path, 0, expected.bytes, options));
  options.onProgress?.({ fraction: 1, sentence: 'Sending' });
}

/**
 * Sends the parts that are not there yet, in order. Errors: as `uploadByLink`. With `renew`, links that became too old on
 * a slow line are asked for anew, and the upload goes on.
 */
export async function uploadByParts(
  upload: PartLinks,
  path: string,
  expected: Expected,
  options: LinkOptions & { readonly renew?: () => Promise<PartLinks> } = {},
): Promise<void> {
  const { onProgress, renew } = options;
  await mustBeWhole(path, expected);
  let links = upload;
  const done = new Set(upload.done);
  for (let number = 0; number < upload.parts.length; number += 1) {
    if (done.has(number)) continue;
    const start = number * upload.partBytes;
    const bytes = Math.min(upload.partBytes, expected.bytes - start);
    const send = (): Promise<void> => again(options, () => put(linkOf(links, number), path, start, bytes, options));
    try {
      await send();
    } catch (error) {
      if (renew === undefined || !(error instanceof StaleLink)) throw error;
      links = await renew();
      if (links.partBytes !== upload.partBytes) throw error;
      await send();
    }
    done.add(number);
    onProgress?.({ fraction: done.size / upload.parts.length, sentence: 'Sending' });
  }
}

function linkOf({ parts }: PartLinks, number: number): Link {
  const link = parts[number];
  if (link === undefined) throw new PicaividError('bad_usage', 'The links do not cover this file.');
  return link;
}

async function mustBeWhole(path: string, { bytes }: Expected): Promise<void> {
  const info = await stat(path).catch((error: unknown) => {
    throw toPicaividError(error, 'file_unreadable', path);
  });
  if (info.size !== bytes) throw new PicaividError('verification_failed', 'The file was changed on this disk.', { file: path }); // biome-ignore format: one sentence
}

async function put(link: Link, path: string, start: number, bytes: number, { signal }: LinkOptions): Promise<void> {
  const body =
    bytes === 0 ? new Uint8Array() : Readable.toWeb(createReadStream(path, { start, end: start + bytes - 1 }));
  const answer = await fetch(link.url, {
    method: link.method,
    headers: { ...link.headers, 'Content-Length': String(bytes) },
    body: body as ReadableStream<Uint8Array>,
    duplex: 'half',
    redirect: 'error',
    signal: AbortSignal.any([
      AbortSignal.timeout(SILENCE_MS + Math.round(bytes / SLOWEST)),
      ...(signal === undefined ? [] : [signal]),
    ]),
  } as RequestInit & { duplex: 'half' });
  if (answer.ok) return answer.body?.cancel();
  const error = await problem(answer);
  // For what is sent there is no "not there": the upload was ended, and another is begun.
  throw answer.status === 404 ? new StaleLink() : error;
}

/** Partial files that this process writes now. */
const writing = new Set<string>();

/**
 * Fetches a file: beside its name, going on where an earlier try ended, checked by size and hash, then renamed. Errors:
 * `verification_failed` (and what came is taken away), `host_unreachable`, `file_not_found`, `disk_full`, `cancelled`.
 */
export async function downloadByLink(
  link: () => Promise<Link>,
  path: string,
  expected: Expected,
  options: LinkOptions = {},
): Promise<void> {
  throwIfCancelled(options.signal);
  // By content: an earlier run's beginning of the same file is gone on with; two at once do not write into one.
  const common = `${path}.${expected.sha256.slice(0, 16)}.part`;
  const part = writing.has(common) ? `${common}.${randomBytes(6).toString('hex')}` : common;
  writing.add(part);
  try {
    await mkdir(dirname(path), { recursive: true });
    const resumed = await fetchInto(link, part, expected, options);
    // What lay there from an earlier run may be what a power cut left of it: that is worth one more try from the start.
    const right = (await isWhole(part, expected)) || (resumed && (await afresh(link, part, expected, options)));
    if (!right) {
      await rm(part, { force: true });
      throw new PicaividError('verification_failed', 'What arrived is not the file that was asked for.');
    }
    throwIfCancelled(options.signal);
    await commitFile(part, path);
  } catch (error) {
    if (part !== common) await rm(part, { force: true });
    throw toPicaividError(error, 'output_unwritable', path);
  } finally {
    writing.delete(part);
  }
}

async function isWhole(part: string, { bytes, sha256 }: Expected): Promise<boolean> {
  return (await stat(part)).size === bytes && (await sha256File(part)) === sha256;
}

async function afresh(
  link: () => Promise<Link>,
  part: string,
  expected: Expected,
  options: LinkOptions,
): Promise<boolean> {
  await rm(part, { force: true });
  await fetchInto(link, part, expected, options);
  return isWhole(part, expected);
}

/** Fills the partial file up. Says whether its beginning was there before. */
async function fetchInto(
  link: () => Promise<Link>,
  part: string,
  expected: Expected,
  options: LinkOptions,
): Promise<boolean> {
  const sizeNow = async (): Promise<number> => (await stat(part).catch(() => undefined))?.size ?? -1;
  const before = await sizeNow();
  await again(options, async () => {
    const have = await sizeNow();
    if (have > expected.bytes) await rm(part, { force: true });
    if (have !== expected.bytes) await append(await link(), part, have > expected.bytes ? 0 : Math.max(0, have), expected, options); // biome-ignore format: one call
  });
  return before > 0;
}

async function append(link: Link, part: string, from: number, expected: Expected, options: LinkOptions): Promise<void> {
  const { signal, onProgress } = options;
  const quiet = new AbortController();
  let timer = setTimeout(() => quiet.abort(), SILENCE_MS);
  try {
    const answer = await fetch(link.url, {
      headers: { ...link.headers, ...(from > 0 ? { Range: `bytes=${from}-` } : {}) },
      redirect: 'error',
      signal: AbortSignal.any([quiet.signal, ...(signal === undefined ? [] : [signal])]),
    });
    if (!answer.ok || answer.body === null) {
      if (answer.ok) return (await open(part, 'a')).close();
      // It ends before what is here: that is not its beginning.
      if (answer.status === 416) await rm(part, { force: true });
      throw await problem(answer);
    }
    // A server that knows no ranges, or gives another than was asked for, begins anew.
    const begins = /^bytes (\d+)-/.exec(answer.headers.get('content-range') ?? '')?.[1];
    if (answer.status === 206 && begins !== undefined && Number(begins) !== from) {
      await answer.body.cancel();
      await rm(part, { force: true });
      throw new PicaividError('host_unreachable', 'The storage answered another span than was asked for.');
    }
    let bytes = answer.status === 206 ? from : 0;
    const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        clearTimeout(timer);
        timer = setTimeout(() => quiet.abort(), SILENCE_MS);
        bytes += chunk.byteLength;
        if (bytes > expected.bytes) throw new Refused('verification_failed', 'More arrived than was asked for.');
        onProgress?.({ fraction: bytes / expected.bytes, sentence: 'Fetching' });
        yield chunk;
      }
    };
    const body = Readable.fromWeb(answer.body as ReadableStream<Uint8Array>);
    const file = createWriteStream(part, { flags: bytes > 0 ? 'a' : 'w' });
    try {
      await pipeline(body, counted, file);
    } finally {
      // A pipeline that was cancelled may have one write under way: it would end up in what the next run begins.
      if (!file.closed) await once(file, 'close');
    }
  } catch (error) {
    if (error instanceof Refused && error.code === 'verification_failed') await rm(part, { force: true });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** What an answer that is no success means. */
async function problem(answer: Response): Promise<PicaividError> {
  const { status } = answer;
  const name = nameIn(await beginningOf(answer));
  if (status === 404) return new Refused('file_not_found', 'The storage does not hold this file.');
  // 400 is what S3 answers for a slow line and for old credentials too: only some names speak of the bytes.
  if (status === 422 || isWrongBytes(name)) return new Refused('verification_failed', 'The storage did not take this file: it is not what was announced.'); // biome-ignore format: one sentence
  if (status === 403 || isNotLetIn(name)) return new StaleLink();
  if (status === 413) return new Refused('file_too_large', 'The storage does not take a file of this size.');
  return new PicaividError('host_unreachable', `The storage answered ${status} ${name}`.trim());
}

/** The first bytes of a body, as text: an error's name is there. */
async function beginningOf(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return '';
  try {
    const { value } = await reader.read();
    return value === undefined ? '' : Buffer.from(value.subarray(0, 2_000)).toString('utf8');
  } catch {
    return '';
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** What no other try changes: this machine's disk, or what another part of the program has refused already. */
const FINAL = new Set(['disk_full', 'output_unwritable', 'file_not_found', 'file_unreadable', 'bad_usage', 'forbidden_role']); // biome-ignore format: one list

/** Tries with back-off; what is refused, cancelled or of this machine's disk is thrown at once. */
async function again(options: LinkOptions, run: () => Promise<void>): Promise<void> {
  const { signal, tries = TRIES } = options;
  for (let attempt = 1; ; attempt += 1) {
    throwIfCancelled(signal);
    try {
      return await run();
    } catch (error) {
      throwIfCancelled(signal);
      if (error instanceof Refused) throw error;
      const known = toPicaividError(error, 'host_unreachable');
      if (FINAL.has(known.code)) throw known;
      if (attempt >= tries)
        throw new PicaividError('host_unreachable', 'The storage cannot be reached now.', { cause: error });
      const wait = BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
      // A signal ends the wait; the loop's head then says so.
      await sleep(wait, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }
}

/** Bytes of a span of a file. Throws `verification_failed` where it ends before. */
export async function readSpan(path: string, start: number, bytes: number): Promise<Uint8Array> {
  const content = new Uint8Array(bytes);
  const handle = await open(path, 'r');
  try {
    let at = 0;
    while (at < bytes) {
      const { bytesRead } = await handle.read(content, at, bytes - at, start + at);
      if (bytesRead === 0) throw new PicaividError('verification_failed', 'The file was changed on this disk.', { file: path }); // biome-ignore format: one sentence
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
  return content;
}

/** SHA-256 of bytes in base64, as S3 names it. */
export const base64Sha256 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
export const hexSha256 = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');
