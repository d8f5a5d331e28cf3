/** Prepared statements of a SQLite file, kept for the next time the same text is asked for. */
import type BetterSqlite3 from 'better-sqlite3';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** The studio's queries are some two hundred texts; lists of differing length make more. */
const MOST_KEPT = 400;
/** What leaves the schema as it is; anything else may give kept statements other columns. */
const PLAIN = /^\s*(?:select|insert|update|delete|with|begin|commit|rollback|savepoint|release)\b/i;

/**
 * Kysely prepares each query anew. The memory of a statement that was used once is SQLite's own, which the garbage
 * collector does not see: a hundred thousand queries took 350 MB that was given back late or never, and half of a small
 * query's time was its preparation.
 */
export class KeptStatements implements SqliteDatabase {
  readonly #file: BetterSqlite3.Database;
  /** Least recently used first. */
  readonly #kept = new Map<string, SqliteStatement>();

  constructor(file: BetterSqlite3.Database) {
    this.#file = file;
  }

  prepare(text: string): SqliteStatement {
    if (!PLAIN.test(text)) {
      this.#kept.clear();
      return this.#fresh(text);
    }
    const statement = this.#kept.get(text) ?? this.#fresh(text);
    this.#kept.delete(text);
    this.#kept.set(text, statement);
    if (this.#kept.size > MOST_KEPT) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    return statement;
  }

  close(): void {
    this.#kept.clear();
    this.#file.close();
  }

  #fresh(text: string): SqliteStatement {
    return this.#file.prepare(text) as unknown as SqliteStatement;
  }
}
