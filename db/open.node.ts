/**
 * Opens SQLite (one machine) or Postgres (the team's system of record) behind the same Kysely types, and migrates.
 * SQLite runs with WAL, synchronous=FULL and foreign keys: what a call acknowledged survives a kill or a power cut.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type BetterSqlite3 from 'better-sqlite3';
import {
  type DatabaseConnection,
  Kysely,
  Migrator,
  PostgresDialect,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  sql,
} from 'kysely';
import { errnoOf, PicaividError, toPicaividError } from '../base/errors.ts';
import type { Dialect } from './codec.ts';
import { migrations } from './migrations/index.ts';
import { KeptStatements } from './statements.node.ts';
import type { Tables } from './tables.ts';

export interface Database {
  readonly db: Kysely<Tables>;
  readonly dialect: Dialect;
  /** The file of a SQLite database. */
  readonly path: string | undefined;
  close(): Promise<void>;
}

/** SQLite's schema changes are transactional; Kysely does not use that by default. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * A full disk makes SQLite roll back by itself; a second rollback then fails, and its error would hide the one that
 * tells of the disk.
 */
class ForgivingSqliteDriver extends SqliteDriver {
  readonly #file: BetterSqlite3.Database;

  constructor(file: BetterSqlite3.Database) {
    super({ database: new KeptStatements(file) });
    this.#file = file;
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#file.inTransaction) await super.rollbackTransaction(connection);
  }
}

class TransactionalSqliteDialect extends SqliteDialect {
  readonly #file: BetterSqlite3.Database;

  constructor(file: BetterSqlite3.Database) {
    super({ database: file });
    this.#file = file;
  }

  override createDriver(): SqliteDriver {
    return new ForgivingSqliteDriver(this.#file);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

/** better-sqlite3 13 crashes the process on Node below 22: refuse in a sentence instead. */
function requireNode22(): void {
  if (Number(process.versions.node.split('.')[0]) < 22)
    throw new PicaividError(
      'database_failed',
      'The database needs Node 22 or newer; start through the npm scripts, which bring Node 24.',
    );
}

/** Opens (and makes) a SQLite file without migrating it. */
export async function openSqlite(path: string): Promise<Database> {
  requireNode22();
  const { default: BetterSqlite3 } = await import('better-sqlite3');
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = new BetterSqlite3(path);
    file.pragma('journal_mode = WAL');
    file.pragma('synchronous = FULL');
    file.pragma('foreign_keys = ON');
    file.pragma('busy_timeout = 5000');
    const db = new Kysely<Tables>({ dialect: new TransactionalSqliteDialect(file) });
    // Kysely closes what it has used.
    const close = async () => {
      await db.destroy();
      if (file.open) file.close();
    };
    return { db, dialect: 'sqlite', path, close };
  } catch (error) {
    throw databaseError(error, path);
  }
}

/** Opens a Postgres database by URL without migrating it. */
export async function openPostgres(url: string): Promise<Database> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  // A connection that breaks while nobody uses it is made anew by the next query; without a listener it ends the process.
  pool.on('error', () => {});
  // The pool listens only to idle ones: one that is cut between two statements of a transaction fails with the next.
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { db, dialect: 'postgres', path: undefined, close: () => db.destroy() };
}

/** `postgres://…`, `postgresql://…`, `file:…`, `sqlite:…` or a path. */
export function openDatabase(url: string): Promise<Database> {
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgres(url);
  if (url.startsWith('file://')) return openSqlite(fileURLToPath(url));
  return openSqlite(url.replace(/^(sqlite|file):/, ''));
}

export interface MigrationState {
  readonly name: string;
  readonly appliedAt: string | undefined;
}

function migrator({ db, dialect }: Database): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations(dialect) } });
}

/** Applied and pending migrations, oldest first. Throws `database_newer` when the database knows one that we do not. */
export async function migrationStatus(database: Database): Promise<readonly MigrationState[]> {
  await refuseNewer(database);
  const infos = await migrator(database).getMigrations();
  return infos.map((info) => ({ name: info.name, appliedAt: info.executedAt?.toISOString() }));
}

async function refuseNewer({ db, dialect }: Database): Promise<void> {
  let names: string[];
  try {
    const rows = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
    names = rows.rows.map((row) => row.name);
  } catch (error) {
    // No such table: a new database. Anything else is a real failure.
    if (isMissingTable(error)) return;
    throw databaseError(error);
  }
  const known = migrations(dialect);
  const foreign = names.find((name) => !(name in known));
  if (foreign !== undefined)
    throw new PicaividError(
      'database_newer',
      `This database was written by a newer Picaivid Studio (it knows "${foreign}"). Update the program, then open it again.`,
    );
}

function isMissingTable(error: unknown): boolean {
  // 42P01 is Postgres's undefined_table; SQLite has only its general code for it.
  const code = errnoOf(error);
  return code === '42P01' || code === 'SQLITE_ERROR';
}

/**
 * Migrates to the newest version, in a transaction. A SQLite file with data is first migrated as a copy; only when that
 * works is the real one touched. Gives the names of the migrations that ran.
 */
export async function migrateUp(database: Database): Promise<readonly string[]> {
  const pending = (await migrationStatus(database)).filter((state) => state.appliedAt === undefined);
  if (pending.length === 0) return [];
  if (database.path !== undefined && existsSync(database.path)) await rehearse(database, database.path);
  const { error, results } = await migrator(database).migrateToLatest();
  if (error !== undefined) throw databaseError(error);
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
}

async function rehearse(database: Database, path: string): Promise<void> {
  const copyPath = `${path}.rehearsal`;
  await rm(copyPath, { force: true });
  await sql`vacuum into ${copyPath}`.execute(database.db);
  const copy = await openSqlite(copyPath);
  try {
    const { error } = await migrator(copy).migrateToLatest();
    if (error !== undefined) throw databaseError(error);
  } finally {
    await copy.close();
    for (const suffix of ['', '-wal', '-shm']) await rm(copyPath + suffix, { force: true });
  }
}

/** Takes the newest migration back; gives its name, or undefined when there is none. */
export async function migrateDown(database: Database): Promise<string | undefined> {
  await refuseNewer(database);
  const { error, results } = await migrator(database).migrateDown();
  if (error !== undefined) throw databaseError(error);
  return results?.[0]?.migrationName;
}

/** Opens and migrates. */
export async function openMigrated(url: string): Promise<Database> {
  const database = await openDatabase(url);
  try {
    await migrateUp(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** A driver's error as ours; SQLite's damage codes get a sentence of their own. */
export function databaseError(error: unknown, path?: string): PicaividError {
  const code = errnoOf(error);
  const where = path === undefined ? {} : { file: path };
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB')
    return new PicaividError(
      'work_folder_damaged',
      'The database is damaged. Move it aside and run the same command again: photos already analysed and clips already rendered are found again by their content.',
      { cause: error, ...where },
    );
  if (code === 'SQLITE_FULL')
    return toPicaividError(Object.assign(new Error('disk full'), { code: 'ENOSPC' }), 'disk_full', path);
  if (code === 'SQLITE_CANTOPEN' || code === 'SQLITE_READONLY')
    return new PicaividError(
      'output_unwritable',
      `The database ${path ?? ''} cannot be written. Check the folder's permissions or choose another.`,
      { cause: error, ...where },
    );
  if (code === 'ECONNREFUSED')
    return new PicaividError(
      'database_failed',
      'No Postgres answers at that address. Check DATABASE_URL and that the server runs.',
      { cause: error },
    );
  return toPicaividError(error, 'database_failed', path);
}
