/** Where a studio keeps its data, and the lock that lets one host at a time work there. */
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { takeLock } from '../../db/lock.node.ts';
import { databaseError } from '../../db/open.node.ts';

export interface StudioHome {
  readonly dir: string;
  /** Analysis work folder of a listing: proxies, descriptions, depth maps. */
  listingDir(listingId: string): string;
  /** What can be made again at any time. */
  readonly cacheDir: string;
  /** Rendered clips, each take in a folder named by its spec's hash. */
  readonly takesDir: string;
  /** Photos that came through a browser. */
  readonly uploadDir: string;
  readonly logFile: string;
  readonly diagnosticsDir: string;
  /** Lets go of the lock; a process that dies lets go too. */
  close(): void;
}

/** PICAIVID_HOME, else the platform's folder for a program's own data. Absolute. */
export function defaultHome(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const set = environment.PICAIVID_HOME;
  if (set !== undefined && set !== '') return resolve(set);
  const user = homedir();
  if (platform === 'win32') return join(environment.LOCALAPPDATA ?? join(user, 'AppData', 'Local'), 'Picaivid Studio');
  if (platform === 'darwin') return join(user, 'Library', 'Application Support', 'Picaivid Studio');
  return join(environment.XDG_DATA_HOME || join(user, '.local', 'share'), 'picaivid-studio');
}

/**
 * Makes and locks the home folder; only its owner may look into it. The lock is SQLite's file lock, which the system
 * lets go of however the process ends. Errors: `work_folder_in_use`, `output_unwritable`, `disk_full`.
 */
export async function openHome(dir: string): Promise<StudioHome> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(error, dir);
  }
  const lock = lockOf(dir);
  return {
    dir,
    listingDir: (listingId) => join(dir, 'listings', listingId),
    cacheDir: join(dir, 'cache'),
    takesDir: join(dir, 'takes'),
    uploadDir: join(dir, 'uploads'),
    logFile: join(dir, 'logs', 'host.log'),
    diagnosticsDir: join(dir, 'diagnostics'),
    close: () => lock.close(),
  };
}

function lockOf(dir: string): { close(): void } {
  const inUse = `Picaivid Studio is open already with the data in ${dir}. Go on in that window, or close it first.`;
  try {
    return takeLock(join(dir, 'host.lock'), dir, inUse);
  } catch (error) {
    throw error instanceof PicaividError ? error : unwritable(databaseError(error, dir), dir);
  }
}

function unwritable(error: unknown, dir: string): PicaividError {
  const known = toPicaividError(error, 'output_unwritable', dir);
  if (known.code === 'disk_full') return known;
  return new PicaividError(
    'output_unwritable',
    `Picaivid Studio cannot keep its data in ${dir}: nothing can be written there. Check the folder's permissions, or choose another with PICAIVID_HOME.`,
    { cause: error, file: dir },
  );
}
