/**
 * The work folder of a film: its database, caches and takes. Everything in it is found again by content, so a command
 * that was killed can be run again and goes on where it was. One program at a time may use it.
 */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { PicaividError, toPicaividError } from '../base/errors.ts';
import { takeLock } from '../db/lock.node.ts';
import { type Database, databaseError, openMigrated } from '../db/open.node.ts';

export interface WorkFolder {
  readonly dir: string;
  readonly database: Database;
  /** What phase 1 keeps: proxies, descriptions, depth maps. */
  readonly analysisDir: string;
  readonly beatsDir: string;
  readonly takesDir: string;
  readonly assemblyDir: string;
  close(): Promise<void>;
}

/** `film.mp4` → `film.picaivid` beside it. */
export function defaultWorkDir(outPath: string): string {
  return join(dirname(outPath), `${basename(outPath, extname(outPath))}.picaivid`);
}

/**
 * Opens (and makes) a work folder and locks it. The lock is SQLite's own file lock, which the system lets go of when a
 * process dies, however it dies: a lock file with a process number in it would outlive a kill −9.
 * Errors: `work_folder_in_use`, `work_folder_damaged`, `output_unwritable`, `disk_full`.
 */
export async function openWorkFolder(dir: string): Promise<WorkFolder> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    throw toPicaividError(error, 'output_unwritable', dir);
  }
  const lock = lockOf(dir);
  let database: Database;
  try {
    database = await openMigrated(join(dir, 'job.sqlite'));
  } catch (error) {
    lock.close();
    throw databaseError(error, join(dir, 'job.sqlite'));
  }
  return {
    dir,
    database,
    analysisDir: join(dir, 'analysis'),
    beatsDir: join(dir, 'beats'),
    takesDir: join(dir, 'takes'),
    assemblyDir: join(dir, 'assembly'),
    close: async () => {
      await database.close();
      lock.close();
    },
  };
}

function lockOf(dir: string): { close(): void } {
  const inUse = `Another Picaivid command is working in ${dir}. Wait for it, or stop it, or choose another folder with --work.`;
  try {
    return takeLock(join(dir, 'lock.sqlite'), dir, inUse);
  } catch (error) {
    throw error instanceof PicaividError ? error : databaseError(error, dir);
  }
}
