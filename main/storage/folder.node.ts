/**
 * The storage in a folder of this machine: objects in `blobs/`, what is on its way in `uploads/`, on the same file system.
 * Links are those of `folder-links.node.ts`; `folder-routes.node.ts` serves them.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errnoOf, PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { besidePath, commitFile, sha256File, sha256Text } from '../../base/files.node.ts';
import { FolderLinks, isUpload, type LinkClaim } from './folder-links.node.ts';
import { bytesOfPart, isKey, mustKey, partBytesOf, partCount } from './keys.ts';
import type { Expected, SignedParts, Storage, StoredObject, TransferOptions } from './storage.ts';

/** Links are good for this long, seconds. */
const LINK_SECONDS = 900;
/** Uploads that nobody finished are taken away after this, and looked for as often. Milliseconds. */
const UPLOAD_LIFE_MS = 48 * 3_600_000;
const LOOK_EVERY_MS = 3_600_000;

export interface FolderOptions {
  readonly dir: string;
  /** Where the service is reached. */
  readonly publicUrl: string;
  /** Signs the links; at least 32 characters. */
  readonly secret: string;
}

export interface FolderStorage extends Storage {
  readonly engine: 'folder';
  /** The claim of a link of ours that is still good; undefined for any other. */
  read(method: string, path: string, query: URLSearchParams): LinkClaim | undefined;
  /**
   * Writes the body of a PUT. Errors: `verification_failed`, `file_not_found` (the upload was ended), `disk_full`,
   * `output_unwritable`.
   */
  receive(claim: LinkClaim, body: Readable): Promise<void>;
  /** Where an object lies, and its size; undefined where it is not there. Errors: `path_outside_folder`. */
  find(key: string): Promise<{ readonly path: string; readonly bytes: number } | undefined>;
}

export function folderStorage({ dir, publicUrl, secret }: FolderOptions): FolderStorage {
  const links = new FolderLinks(publicUrl, secret);
  let root: Promise<string> | undefined;
  /** The folder itself, links resolved: made on first use, and asked for again where that failed. */
  const realRoot = (): Promise<string> => {
    root ??= mkdir(dir, { recursive: true })
      .then(() => realpath(dir))
      .catch((error: unknown) => {
        root = undefined;
        throw toPicaividError(error, 'output_unwritable', dir);
      });
    return root;
  };
  /** Throws where a folder of ours really lies elsewhere: somebody put a link there. */
  const mustLieWithin = async (folder: string): Promise<void> => {
    if ((await realpath(folder)) !== folder)
      throw new PicaividError('path_outside_folder', 'A folder of the storage leads out of it.', { file: folder });
  };
  const pathOf = async (key: string): Promise<string> => join(await realRoot(), ...mustKey(key).split('/'));
  /** Bound to the key: an upload's id opens no other object's upload. */
  const uploadDir = async (key: string, uploadId: string): Promise<string> => {
    if (!isUpload(uploadId)) throw new PicaividError('bad_usage', 'This is no upload of the storage.');
    return join(await realRoot(), 'uploads', sha256Text(`${mustKey(key)}\n${uploadId}`).slice(0, 32));
  };

  const find = async (key: string): Promise<{ path: string; bytes: number } | undefined> => {
    const path = await pathOf(key);
    try {
      await mustLieWithin(dirname(path));
      const info = await lstat(path);
      if (!info.isFile())
        throw new PicaividError('path_outside_folder', 'This is no file of the storage.', { file: path });
      return { path, bytes: info.size };
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw toPicaividError(error, 'file_unreadable', path);
    }
  };

  /** Known hashes by key, size and time of change: an object never changes under its name. */
  const hashes = new Map<string, { readonly mtimeMs: number; readonly bytes: number; readonly sha256: string }>();
  const remember = async (key: string, path: string, sha256?: string): Promise<string> => {
    const { mtimeMs, size: bytes } = await stat(path);
    const known = hashes.get(key);
    if (sha256 === undefined && known?.mtimeMs === mtimeMs && known.bytes === bytes) return known.sha256;
    if (hashes.size > 10_000) hashes.clear();
    const right = sha256 ?? (await sha256File(path));
    hashes.set(key, { mtimeMs, bytes, sha256: right });
    return right;
  };

  const head = async (key: string): Promise<StoredObject | undefined> => {
    // Whether the folder is there at all is what a question for no object is for.
    if (!isKey(key)) return void (await realRoot());
    const found = await find(key);
    if (found === undefined) return undefined;
    return { key, bytes: found.bytes, sha256: await remember(key, found.path) };
  };
  const holds = async (key: string, expected: Expected): Promise<boolean> => {
    const known = await head(key);
    return known?.bytes === expected.bytes && known.sha256 === expected.sha256;
  };

  let looked = 0;
  const forgetOldUploads = async (folder: string): Promise<void> => {
    if (Date.now() - looked < LOOK_EVERY_MS) return;
    looked = Date.now();
    for (const name of await readdir(folder).catch(() => [])) {
      const info = await lstat(join(folder, name)).catch(() => undefined);
      if (info !== undefined && Date.now() - info.mtimeMs > UPLOAD_LIFE_MS)
        await rm(join(folder, name), { recursive: true, force: true });
    }
  };
  const uploadsDir = async (): Promise<string> => {
    const folder = join(await realRoot(), 'uploads');
    await mkdir(folder, { recursive: true });
    await mustLieWithin(folder);
    await forgetOldUploads(folder);
    return folder;
  };

  /** Writes a stream under a key: aside, checked, flushed, renamed. */
  const store = async (
    key: string,
    body: Readable,
    expected: Expected,
    transfer: TransferOptions = {},
  ): Promise<void> => {
    const { signal, onProgress } = transfer;
    const path = await pathOf(key);
    let part: string | undefined;
    try {
      part = join(await uploadsDir(), `${randomBytes(16).toString('hex')}.part`);
      const hash = createHash('sha256');
      await writeLimited(body, part, expected.bytes, signal, (chunk, bytes) => {
        hash.update(chunk);
        onProgress?.({ fraction: bytes / expected.bytes, sentence: 'Storing' });
      });
      if (hash.digest('hex') !== expected.sha256) throw wrong();
      const made = await mkdir(dirname(path), { recursive: true });
      await mustLieWithin(dirname(path));
      await commitFile(part, path);
      // The name too outlives a power cut, with the folders above it where they are new.
      for (let folder = dirname(path), depth = made === undefined ? 1 : 4; depth > 0; depth -= 1, folder = dirname(folder)) await syncFolder(folder); // biome-ignore format: one walk
      await remember(key, path, expected.sha256);
    } catch (error) {
      if (part !== undefined) await rm(part, { force: true });
      throwIfCancelled(signal);
      throw toPicaividError(error, 'output_unwritable');
    } finally {
      body.destroy();
    }
  };

  const partsThere = async (folder: string, expected: Expected): Promise<number[] | undefined> => {
    const names = await readdir(folder).catch(() => undefined);
    if (names === undefined) return undefined;
    const there: number[] = [];
    for (const name of names) {
      const number = Number(name);
      if (!/^\d{1,6}$/.test(name) || number >= partCount(expected.bytes)) continue;
      const info = await lstat(join(folder, name)).catch(() => undefined);
      if (info?.isFile() === true && info.size === bytesOfPart(expected.bytes, number)) there.push(number);
    }
    return there.sort((a, b) => a - b);
  };

  /** By the folder of the parts: asked for twice at once, it is done once. */
  const completing = new Map<string, Promise<void>>();
  const complete = async (key: string, folder: string, expected: Expected): Promise<void> => {
    const there = await partsThere(folder, expected);
    if (there === undefined || there.length < partCount(expected.bytes)) {
      // Put together before, and the answer was lost.
      if (await holds(key, expected)) return;
      if (there === undefined) throw new PicaividError('verification_failed', 'This upload is not known (any more). Send the file again.'); // biome-ignore format: one sentence
      throw new PicaividError('verification_failed', `${partCount(expected.bytes) - there.length} parts of this file have not arrived. Send them, then complete it.`); // biome-ignore format: one sentence
    }
    const whole = async function* (): AsyncGenerator<Uint8Array> {
      for (const number of there) yield* createReadStream(join(folder, String(number))) as AsyncIterable<Uint8Array>;
    };
    try {
      await store(key, Readable.from(whole(), { objectMode: false }), expected);
    } catch (error) {
      // Wrong parts are of no more use; right ones wait for a disk with room.
      if (error instanceof PicaividError && error.code === 'verification_failed') await rm(folder, { recursive: true, force: true }); // biome-ignore format: one thought
      throw error;
    }
    await rm(folder, { recursive: true, force: true });
  };

  const until = (seconds = LINK_SECONDS): number => Math.floor(Date.now() / 1000) + seconds;

  return {
    engine: 'folder',
    find,
    head,
    async putFile(key, path, expected, transfer: TransferOptions = {}) {
      mustKey(key);
      throwIfCancelled(transfer.signal);
      if (!(await holds(key, expected))) {
        const info = await stat(path).catch((error: unknown) => {
          throw toPicaividError(error, 'file_unreadable', path);
        });
        if (info.size !== expected.bytes) throw wrong();
        await store(key, createReadStream(path), expected, transfer);
      }
      transfer.onProgress?.({ fraction: 1, sentence: 'Stored' });
      return { key, bytes: expected.bytes, sha256: expected.sha256 };
    },
    async getFile(key, path, expected, { signal, onProgress }: TransferOptions = {}) {
      throwIfCancelled(signal);
      const found = await find(key);
      if (found === undefined) throw new PicaividError('file_not_found', 'The storage does not hold this file.');
      const part = besidePath(path);
      try {
        await mkdir(dirname(path), { recursive: true });
        const hash = createHash('sha256');
        await writeLimited(createReadStream(found.path), part, expected.bytes, signal, (chunk, bytes) => {
          hash.update(chunk);
          onProgress?.({ fraction: bytes / expected.bytes, sentence: 'Fetching' });
        });
        if (hash.digest('hex') !== expected.sha256) throw wrong();
        await commitFile(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throwIfCancelled(signal);
        throw toPicaividError(error, 'output_unwritable', path);
      }
    },
    async delete(key) {
      const found = await find(key);
      hashes.delete(key);
      if (found === undefined) return;
      await rm(found.path, { force: true });
      await syncFolder(dirname(found.path));
    },
    async signPut(key, { bytes, sha256 }) {
      return links.link({ method: 'PUT', key: mustKey(key), until: until(), bytes, sha256 });
    },
    async signParts(key, expected, uploadId): Promise<SignedParts> {
      await uploadsDir();
      const known = uploadId === undefined || !isUpload(uploadId) ? undefined : await partsThere(await uploadDir(key, uploadId), expected); // biome-ignore format: one thought
      // One that was ended meanwhile, or is another storage's, is begun anew.
      const id = known === undefined || uploadId === undefined ? randomBytes(16).toString('hex') : uploadId;
      await mkdir(await uploadDir(key, id), { recursive: true });
      const ends = until();
      const parts = Array.from({ length: partCount(expected.bytes) }, (_, number) => {
        const bytes = bytesOfPart(expected.bytes, number);
        return links.link({ method: 'PUT', key, until: ends, bytes, sha256: expected.sha256, part: { uploadId: id, number } }); // biome-ignore format: one call
      });
      return { uploadId: id, partBytes: partBytesOf(expected.bytes), parts, done: known ?? [] };
    },
    async completeParts(key, uploadId, expected) {
      const folder = await uploadDir(key, uploadId);
      const running =
        completing.get(folder) ?? complete(key, folder, expected).finally(() => completing.delete(folder));
      completing.set(folder, running);
      await running;
      if (!(await holds(key, expected))) throw wrong();
      return { key, bytes: expected.bytes, sha256: expected.sha256 };
    },
    async signGet(key, seconds) {
      return links.link({ method: 'GET', key: mustKey(key), until: until(seconds), bytes: 0, sha256: '' });
    },
    read: (method, path, query) => links.read(method, path, query),
    async receive(claim, body) {
      if (claim.part === undefined) return store(claim.key, body, claim);
      const folder = await uploadDir(claim.key, claim.part.uploadId);
      const path = join(folder, String(claim.part.number));
      const part = `${path}.${randomBytes(6).toString('hex')}.part`;
      try {
        await mustLieWithin(folder);
        await writeLimited(body, part, claim.bytes);
        const handle = await open(part, 'r');
        await handle.sync().finally(() => handle.close());
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw toPicaividError(error, 'output_unwritable');
      } finally {
        body.destroy();
      }
    },
    close: async () => {},
  };
}

const wrong = (): PicaividError =>
  new PicaividError('verification_failed', 'What arrived is not the file that was announced. Send it again.');

/** Writes a stream to a new file, exactly so many bytes: `verification_failed` for more (at once) and for fewer. */
async function writeLimited(
  body: Readable,
  path: string,
  limit: number,
  signal?: AbortSignal,
  onChunk?: (chunk: Uint8Array, bytes: number) => void,
): Promise<void> {
  let bytes = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      if (bytes > limit) throw wrong();
      onChunk?.(chunk, bytes);
      yield chunk;
    }
  };
  const abortable = signal === undefined ? {} : { signal };
  await pipeline(body, counted, createWriteStream(path, { flags: 'wx' }), abortable);
  if (bytes !== limit) throw wrong();
}

/** Flushes the names in a folder. Windows opens no folder, and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  await handle
    .sync()
    .catch(() => {})
    .finally(() => handle.close());
}
