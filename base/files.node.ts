/** Files are written beside and renamed: a partial file is never taken for a whole one. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toPicaividError } from './errors.ts';

/** A name beside `path`, on the same file system, for writing before the rename. Keeps the extension for ffmpeg. */
export function besidePath(path: string): string {
  const dot = path.lastIndexOf('.');
  const suffix = dot > path.lastIndexOf('/') ? path.slice(dot) : '';
  return `${path}.${randomBytes(6).toString('hex')}.part${suffix}`;
}

/** Flushes a file written by another program (ffmpeg, sharp) and moves it to its name in one step. */
export async function commitFile(partPath: string, path: string): Promise<void> {
  const handle = await open(partPath, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partPath, path);
}

/** Writes the whole content durably and atomically; makes the folder. Errors: `disk_full`, `output_unwritable`, … */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const part = besidePath(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(part, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw toPicaividError(error, 'output_unwritable', path);
  }
}

/** SHA-256 of a file's bytes, hex, streamed. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  } catch (error) {
    throw toPicaividError(error, 'file_unreadable', path);
  }
  return hash.digest('hex');
}

export function sha256Bytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function sha256Text(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The parsed JSON of a file, or undefined when it is not there. The caller validates. */
export async function readJsonFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const mapped = toPicaividError(error, 'file_unreadable', path);
    if (mapped.code === 'file_not_found') return undefined;
    throw mapped;
  }
  return JSON.parse(text) as unknown;
}
