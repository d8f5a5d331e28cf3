/** Sends and fetches files by links, as a studio does: in parts where they are large, again with back-off, checked. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { commitFile, sha256File } from '../../base/files.node.ts';
import type { Expected, SignedLink, SignedParts, TransferOptions } from './storage.ts';

const TRIES = 5;
const BACKOFF_MS = 400;
/** Without a byte for this long a transfer is begun anew, milliseconds. */
const SILENCE_MS = 30_000;

export interface LinkOptions extends TransferOptions {
  readonly tries?: number;
}
type Link = Pick<SignedLink, 'url' | 'method' | 'headers'>;

/** What a server says that no other try would change. */
class Refused extends PicaividError {}

/** Sends a whole file. Errors: `host_unreachable` after the last try, `verification_failed`, `cancelled`. */
export function uploadByLink(link: Link, path: string, expected: Expected, options: LinkOptions = {}): Promise<void> {
  return again(options, () => put(link, path, 0, expected.bytes, options));
}

/** Sends the parts that are not there yet, in order; gives up at none but the last try of one. */
export async function uploadByParts(
  upload: Pick<SignedParts, 'partBytes' | 'done'> & { readonly parts: readonly Link[] },
  path: string,
  expected: Expected,
  options: LinkOptions = {},
): Promise<void> {
  const done = new Set(upload.done);
  for (const [number, link] of upload.parts.entries()) {
    if (done.has(number)) continue;
    const start = number * upload.partBytes;
    const bytes = Math.min(upload.partBytes, expected.bytes - start);
    await again(options, () => put(link, path, start, bytes, options));
    done.add(number);
    options.onProgress?.({ fraction: done.size / upload.parts.length, sentence: 'Sending' });
  }
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
      AbortSignal.timeout(SILENCE_MS + Math.round(bytes / 50)),
      ...(signal === undefined ? [] : [signal]),
    ]),
  } as RequestInit & { duplex: 'half' });
  await answer.body?.cancel();
  if (answer.ok) return;
  throw problem(answer.status);
}

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
  // By content: an earlier run's beginning of the same file is gone on with.
  const part = `${path}.${expected.sha256.slice(0, 16)}.part`;
  await mkdir(dirname(path), { recursive: true });
  await again(options, async () => {
    const have = (await stat(part).catch(() => undefined))?.size ?? 0;
    if (have > expected.bytes) await rm(part, { force: true });
    if (have < expected.bytes || expected.bytes === 0) await append(await link(), part, have > expected.bytes ? 0 : have, expected, options); // biome-ignore format: one call
  });
  if ((await stat(part)).size !== expected.bytes || (await sha256File(part)) !== expected.sha256) {
    await rm(part, { force: true });
    throw new PicaividError('verification_failed', 'What arrived is not the file that was asked for.');
  }
  await commitFile(part, path);
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
      await answer.body?.cancel();
      if (answer.ok) return (await open(part, 'a')).close();
      throw problem(answer.status);
    }
    // A server that knows no ranges begins anew.
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
    await pipeline(body, counted, createWriteStream(part, { flags: bytes > 0 ? 'a' : 'w' }));
  } catch (error) {
    if (error instanceof Refused) await rm(part, { force: true });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function problem(status: number): PicaividError {
  if (status === 404) return new Refused('file_not_found', 'The storage does not hold this file.');
  if (status === 422 || status === 400) return new Refused('verification_failed', 'The storage did not take this file: it is not what was announced.'); // biome-ignore format: one sentence
  if (status === 403) return new Refused('bad_usage', 'This link is too old, or not for this file.');
  if (status === 413) return new Refused('file_too_large', 'The storage does not take a file of this size.');
  return new PicaividError('host_unreachable', `The storage answered ${status}.`);
}

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
      if (known.code === 'disk_full' || known.code === 'output_unwritable' || known.code === 'file_not_found')
        throw known;
      if (attempt >= tries)
        throw new PicaividError('host_unreachable', 'The storage cannot be reached now.', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random())));
    }
  }
}

/** SHA-256 of bytes in base64, as S3 names it. */
export const base64Sha256 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
export const hexSha256 = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
