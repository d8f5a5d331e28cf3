/** A lock that a process holds on a folder for as long as it lives: SQLite's, which the system drops when it dies. */
import BetterSqlite3 from 'better-sqlite3';
import { errnoOf, PicaividError } from '../base/errors.ts';

/**
 * Takes the lock at once or not at all. Errors: `work_folder_in_use` with `inUse` as its sentence; otherwise whatever
 * SQLite says, as it is.
 */
export function takeLock(file: string, folder: string, inUse: string): { close(): void } {
  let lock: BetterSqlite3.Database | undefined;
  try {
    lock = new BetterSqlite3(file, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if (errnoOf(error) === 'SQLITE_BUSY') throw new PicaividError('work_folder_in_use', inUse, { file: folder });
    throw error;
  }
}
