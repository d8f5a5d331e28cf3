/**
 * Opens the studio's database: checked at start, a damaged one set aside and the newest good backup put in its place,
 * and backed up while it is open. Nothing is ever deleted that might still be read by somebody who can repair it.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type PicaividError, toPicaividError } from '../../base/errors.ts';
import { commitFile } from '../../base/files.node.ts';
import { type Database, databaseError, openMigrated } from '../open.node.ts';
import { backupsToKeep } from './backup-plan.ts';
import { studioStore } from './store.node.ts';
import type { StudioStore } from './types.ts';

const DATABASE_FILE = 'studio.db';
const BACKUP_FOLDER = 'backups';
const BACKUP_NAME = /^studio-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)\.db$/;
/** Between two backups while something changes, milliseconds: an hour of work is kept in 20 steps. */
const BACKUP_EVERY_MS = 180_000;

export interface OpenedStudio {
  readonly store: StudioStore;
  readonly database: Database;
  /** What a person must be told about the start, in sentences. */
  readonly notices: readonly string[];
  /** Makes a backup now unless nothing changed since the last one; gives its path. Disk trouble throws. */
  backUp(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface OpenStudioOptions {
  /** Told of a backup that could not be made; work goes on. */
  readonly onBackupError?: (error: PicaividError) => void;
  /** Milliseconds between backups. */
  readonly backupEveryMs?: number;
}

/**
 * Opens `studio.db` in the home folder. Throws `database_newer` for a newer program's database (it is left alone),
 * `output_unwritable`, `disk_full`. A damaged database throws nothing: it is renamed and a backup takes its place.
 */
export async function openStudio(home: string, options: OpenStudioOptions = {}): Promise<OpenedStudio> {
  const path = join(home, DATABASE_FILE);
  const folder = join(home, BACKUP_FOLDER);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw toPicaividError(error, 'output_unwritable', home);
  });
  const notices: string[] = [];
  if (existsSync(path) && !(await isSound(path))) notices.push(await restore(path, folder));
  const database = await openMigrated(path);
  const store = studioStore(database);

  let version = await changeCount(path);
  let running: Promise<string | undefined> | undefined;
  const backUp = (): Promise<string | undefined> => {
    running ??= (async () => {
      const seen = await changeCount(path);
      if (seen === version && (await backups(folder)).length > 0) return undefined;
      const made = await takeBackup(path, folder);
      version = seen;
      return made;
    })().finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => {
    backUp().catch((error: unknown) => options.onBackupError?.(toPicaividError(error)));
  }, options.backupEveryMs ?? BACKUP_EVERY_MS);
  timer.unref();

  return {
    store,
    database,
    notices,
    backUp,
    async close() {
      clearInterval(timer);
      await backUp().catch((error: unknown) => options.onBackupError?.(toPicaividError(error)));
      await store.close();
    },
  };
}

async function sqlite() {
  return (await import('better-sqlite3')).default;
}

/** SQLite's own check of every page and index. A database that cannot be opened for another reason is not damaged. */
async function isSound(path: string): Promise<boolean> {
  const Sqlite = await sqlite();
  try {
    const file = new Sqlite(path);
    try {
      return file.pragma('integrity_check', { simple: true }) === 'ok';
    } finally {
      file.close();
    }
  } catch (error) {
    const known = databaseError(error, path);
    if (known.code === 'work_folder_damaged') return false;
    throw known;
  }
}

/** Sets the damaged database aside and puts the newest good backup in its place. Gives the sentence for the person. */
async function restore(path: string, folder: string): Promise<string> {
  const stamp = new Date().toISOString().replaceAll(':', '-');
  const aside = `${path}.damaged-${stamp}`;
  await rename(path, aside);
  for (const suffix of ['-wal', '-shm'])
    if (existsSync(path + suffix)) await rename(path + suffix, `${aside}${suffix}`);
  for (const { name, takenMs } of await backups(folder)) {
    const backup = join(folder, name);
    if (!(await isSound(backup).catch(() => false))) continue;
    const part = `${path}.part`;
    await copyFile(backup, part);
    await commitFile(part, path);
    return `The library's database was damaged and was set aside. The backup of ${new Date(takenMs).toISOString().slice(0, 16).replace('T', ' ')} UTC took its place; what was decided after it must be decided again.`;
  }
  return 'The library’s database was damaged and was set aside, and no good backup was found: the library starts empty. Add the listings’ folders again; photos already analysed are found by their content.';
}

/** Newest first. */
async function backups(folder: string): Promise<{ readonly name: string; readonly takenMs: number }[]> {
  return (await readdir(folder))
    .flatMap((name) => {
      const stamp = BACKUP_NAME.exec(name)?.[1];
      if (stamp === undefined) return [];
      const takenMs = Date.parse(stamp.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));
      return Number.isNaN(takenMs) ? [] : [{ name, takenMs }];
    })
    .sort((a, b) => b.takenMs - a.takenMs);
}

/** By SQLite's backup API, over a connection of its own; written beside and renamed; then the old ones are thinned out. */
async function takeBackup(path: string, folder: string): Promise<string> {
  const Sqlite = await sqlite();
  const name = `studio-${new Date().toISOString().replaceAll(':', '-')}.db`;
  const target = join(folder, name);
  const part = `${target}.part`;
  const source = new Sqlite(path, { readonly: true });
  try {
    await source.backup(part);
    await commitFile(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw databaseError(error, target);
  } finally {
    source.close();
  }
  const all = await backups(folder);
  const kept = new Set(
    backupsToKeep(
      all.map((one) => one.takenMs),
      Date.now(),
    ),
  );
  for (const { name: old, takenMs } of all) if (!kept.has(takenMs)) await rm(join(folder, old), { force: true });
  return target;
}

/** Another text whenever something was committed: a commit always writes the file or its log. */
async function changeCount(path: string): Promise<string> {
  const parts = await Promise.all(
    [path, `${path}-wal`].map((file) =>
      stat(file, { bigint: true }).then(
        (info) => `${info.size}:${info.mtimeNs}`,
        () => '-',
      ),
    ),
  );
  return parts.join(' ');
}
