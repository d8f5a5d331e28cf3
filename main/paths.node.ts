/** Paths from the command line belong to the folder the user called from, which npm changes. */
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PicaividError, toPicaividError } from '../base/errors.ts';

export const PROJECT_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

export function fromCaller(path: string): string {
  return resolve(process.env.PICAIVID_CALLER_FOLDER ?? process.cwd(), path);
}

/** Throws `bad_usage` unless it is a folder that can be read. */
export async function requireFolder(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) throw new PicaividError('bad_usage', `There is no folder ${path}.`, { file: path });
  if (!info.isDirectory())
    throw new PicaividError('bad_usage', `${path} is a file; give the folder that holds the photos.`, { file: path });
}

/** Throws `bad_usage` unless it is a file. */
export async function requireFile(path: string, what: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) throw new PicaividError('bad_usage', `There is no ${what} ${path}.`, { file: path });
  if (!info.isFile())
    throw new PicaividError('bad_usage', `${path} is not a file; give the ${what} itself.`, { file: path });
}

/** Finds out before an hour of work, not after it, whether the film can be written. Throws `output_unwritable`. */
export async function requireWritable(outPath: string): Promise<void> {
  const folder = dirname(outPath);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    const mapped = toPicaividError(error, 'output_unwritable', folder);
    throw new PicaividError(
      'output_unwritable',
      `Nothing can be written to ${folder}. Choose another place with --out.`,
      { cause: mapped, file: folder },
    );
  }
  const existing = await stat(outPath).catch(() => undefined);
  if (existing?.isDirectory() === true)
    throw new PicaividError('bad_usage', `${outPath} is a folder; give a file name, such as film.mp4.`, {
      file: outPath,
    });
}
