/**
 * The storage in a folder of this machine. Links are addresses of the service with a signature over method, object,
 * size, hash and time; `folder-routes.node.ts` serves them.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { besidePath, commitFile, sha256File } from '../../base/files.node.ts';
import { isKey, mustKey, partBytesOf, partCount } from './keys.ts';
import type { Expected, SignedLink, SignedParts, Storage, StoredObject, TransferOptions } from './storage.ts';

/** Links are good for this long, seconds. */
const LINK_SECONDS = 900;
const UPLOAD = /^[0-9a-f]{32}$/;
/** Parts of uploads that nobody finished are taken away after this, milliseconds. */
const UPLOAD_LIFE_MS = 48 * 3_600_000;

/** What a link allows. */
export interface LinkClaim {
  readonly method: 'PUT' | 'GET';
  readonly key: string;
  /** Seconds since the epoch. */
  readonly until: number;
  /** Of the object; for a part, of that part, whose hash is not known. */
  readonly bytes: number;
  readonly sha256: string;
  readonly part?: { readonly uploadId: string; readonly number: number };
}

export interface FolderOptions {
  readonly dir: string;
  /** Where the service is reached, without a slash at the end. */
  readonly publicUrl: string;
  readonly secret: string;
}

export interface FolderStorage extends Storage {
  readonly engine: 'folder';
  /** The claim of a link that was signed by us and is still good; undefined for any other. */
  read(path: string, query: URLSearchParams): LinkClaim | undefined;
  /** Writes the body of a PUT. Errors: `verification_failed`, `file_too_large`, `disk_full`. */
  receive(claim: LinkClaim, body: Readable): Promise<void>;
  /** Where the object of a GET lies. */
  pathOf(key: string): string;
}

export function folderStorage({ dir, publicUrl, secret }: FolderOptions): FolderStorage {
  const base = publicUrl.replace(/\/+$/, '');
  const pathOf = (key: string): string => join(dir, ...mustKey(key).split('/'));
  const uploadDir = (uploadId: string): string => {
    if (!UPLOAD.test(uploadId)) throw new PicaividError('bad_usage', 'This is no upload of the storage.');
    return join(dir, 'uploads', uploadId);
  };
  const sign = (claim: LinkClaim): string =>
    createHmac('sha256', secret)
      .update([claim.method, claim.key, claim.until, claim.bytes, claim.sha256, claim.part?.uploadId ?? '', claim.part?.number ?? ''].join('\n'))
      .digest('hex'); // biome-ignore format: one expression
  const link = (claim: LinkClaim): SignedLink => {
    const query = new URLSearchParams({
      until: String(claim.until),
      bytes: String(claim.bytes),
      sha256: claim.sha256,
      ...(claim.part === undefined ? {} : { upload: claim.part.uploadId, part: String(claim.part.number) }),
      signature: sign(claim),
    });
    return {
      url: `${base}/files/${claim.key}?${query}`,
      method: claim.method,
      headers: claim.method === 'PUT' ? { 'Content-Type': 'application/octet-stream' } : {},
      expiresAt: new Date(claim.until * 1000).toISOString(),
    };
  };
  const soon = (seconds = LINK_SECONDS): number => Math.floor(Date.now() / 1000) + seconds;
  /** Known hashes by key and time of change: an object never changes under its name. */
  const hashes = new Map<string, { readonly mtimeMs: number; readonly sha256: string }>();

  const head = async (key: string): Promise<StoredObject | undefined> => {
    if (!isKey(key)) return undefined;
    const info = await stat(pathOf(key)).catch(() => undefined);
    if (info === undefined || !info.isFile()) return undefined;
    const known = hashes.get(key);
    const sha256 = known?.mtimeMs === info.mtimeMs ? known.sha256 : await sha256File(pathOf(key));
    if (hashes.size > 10_000) hashes.clear();
    hashes.set(key, { mtimeMs: info.mtimeMs, sha256 });
    return { key, bytes: info.size, sha256 };
  };

  /** Writes a stream under a key: beside, checked, flushed, renamed. */
  const store = async (key: string, body: Readable, expected: Expected, signal?: AbortSignal): Promise<void> => {
    const path = pathOf(key);
    const part = besidePath(path);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      await mkdir(dirname(path), { recursive: true });
      const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
        for await (const chunk of chunks) {
          bytes += chunk.byteLength;
          if (bytes > expected.bytes) throw wrong();
          hash.update(chunk);
          yield chunk;
        }
      };
      await pipeline(body, counted, createWriteStream(part, { flags: 'wx' }), signal === undefined ? {} : { signal });
      if (bytes !== expected.bytes || hash.digest('hex') !== expected.sha256) throw wrong();
      await commitFile(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw signal?.aborted === true
        ? new PicaividError('cancelled', 'Stopped as asked.', { cause: error })
        : toPicaividError(error, 'output_unwritable');
    }
  };

  const partsThere = async (uploadId: string, expected: Expected): Promise<number[]> => {
    const size = partBytesOf(expected.bytes);
    const there: number[] = [];
    for (const name of await readdir(uploadDir(uploadId)).catch(() => [])) {
      const number = Number(name);
      if (!/^\d+$/.test(name) || number >= partCount(expected.bytes)) continue;
      const info = await stat(join(uploadDir(uploadId), name));
      if (info.size === Math.min(size, expected.bytes - number * size)) there.push(number);
    }
    return there.sort((a, b) => a - b);
  };

  return {
    engine: 'folder',
    pathOf,
    head,
    async putFile(key, path, expected, { signal, onProgress }: TransferOptions = {}) {
      const known = await head(key);
      if (known?.bytes !== expected.bytes || known.sha256 !== expected.sha256)
        await store(key, createReadStream(path), expected, signal);
      onProgress?.({ fraction: 1, sentence: 'Stored' });
      return { key, ...expected };
    },
    async getFile(key, path, expected, { signal, onProgress }: TransferOptions = {}) {
      const part = besidePath(path);
      const info = await stat(pathOf(key)).catch(() => undefined);
      if (info === undefined) throw new PicaividError('file_not_found', 'The storage does not hold this file.');
      try {
        await mkdir(dirname(path), { recursive: true });
        await pipeline(createReadStream(pathOf(key)), createWriteStream(part, { flags: 'wx' }), signal === undefined ? {} : { signal }); // biome-ignore format: one call
        if (info.size !== expected.bytes || (await sha256File(part)) !== expected.sha256) throw wrong();
        await commitFile(part, path);
        onProgress?.({ fraction: 1, sentence: 'Fetched' });
      } catch (error) {
        await rm(part, { force: true });
        throw signal?.aborted === true
          ? new PicaividError('cancelled', 'Stopped as asked.', { cause: error })
          : toPicaividError(error, 'output_unwritable', path);
      }
    },
    async delete(key) {
      hashes.delete(key);
      await rm(pathOf(key), { force: true });
    },
    async signPut(key, { bytes, sha256 }) {
      return link({ method: 'PUT', key: mustKey(key), until: soon(), bytes, sha256 });
    },
    async signParts(key, expected, uploadId): Promise<SignedParts> {
      mustKey(key);
      const id = uploadId ?? randomBytes(16).toString('hex');
      await forgetOldUploads(join(dir, 'uploads'));
      await mkdir(uploadDir(id), { recursive: true });
      const size = partBytesOf(expected.bytes);
      const until = soon();
      const parts = Array.from({ length: partCount(expected.bytes) }, (_, number) =>
        link({
          method: 'PUT',
          key,
          until,
          bytes: Math.min(size, expected.bytes - number * size),
          sha256: expected.sha256,
          part: { uploadId: id, number },
        }),
      );
      return { uploadId: id, partBytes: size, parts, done: await partsThere(id, expected) };
    },
    async completeParts(key, uploadId, expected) {
      const folder = uploadDir(uploadId);
      const there = await partsThere(uploadId, expected);
      if (there.length !== partCount(expected.bytes))
        throw new PicaividError('verification_failed', `${partCount(expected.bytes) - there.length} parts of this file have not arrived. Send them, then complete it.`); // biome-ignore format: one sentence
      const { Readable: Stream } = await import('node:stream');
      const whole = async function* (): AsyncGenerator<Uint8Array> {
        for (const number of there) yield* createReadStream(join(folder, String(number))) as AsyncIterable<Uint8Array>;
      };
      try {
        await store(key, Stream.from(whole()), expected);
      } finally {
        // Wrong parts are of no more use than right ones that are stored.
        await rm(folder, { recursive: true, force: true });
      }
      return { key, ...expected };
    },
    async signGet(key, seconds) {
      return link({ method: 'GET', key: mustKey(key), until: soon(seconds), bytes: 0, sha256: '' });
    },
    read(path, query) {
      const key = /^\/files\/(.+)$/.exec(path)?.[1] ?? '';
      const method = query.get('method');
      if (!isKey(key) || (method !== 'GET' && method !== 'PUT')) return undefined;
      const uploadId = query.get('upload');
      const claim: LinkClaim = {
        method,
        key,
        until: Number(query.get('until')),
        bytes: Number(query.get('bytes')),
        sha256: query.get('sha256') ?? '',
        ...(uploadId === null ? {} : { part: { uploadId, number: Number(query.get('part')) } }),
      };
      const given = Buffer.from(query.get('signature') ?? '', 'hex');
      const right = Buffer.from(sign(claim), 'hex');
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      return claim.until * 1000 > Date.now() ? claim : undefined;
    },
    async receive(claim, body) {
      if (claim.part === undefined) return store(claim.key, body, claim);
      const path = join(uploadDir(claim.part.uploadId), String(claim.part.number));
      const part = `${path}.${randomBytes(6).toString('hex')}.part`;
      let bytes = 0;
      try {
        const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
          for await (const chunk of chunks) {
            bytes += chunk.byteLength;
            if (bytes > claim.bytes) throw wrong();
            yield chunk;
          }
        };
        await pipeline(body, counted, createWriteStream(part, { flags: 'wx' }));
        if (bytes !== claim.bytes) throw wrong();
        const handle = await open(part, 'r');
        await handle.sync().finally(() => handle.close());
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw toPicaividError(error, 'output_unwritable');
      }
    },
    close: async () => {},
  };
}

const wrong = (): PicaividError =>
  new PicaividError('verification_failed', 'What arrived is not the file that was announced. Send it again.');

async function forgetOldUploads(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const info = await stat(join(folder, name)).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > UPLOAD_LIFE_MS)
      await rm(join(folder, name), { recursive: true, force: true });
  }
}
