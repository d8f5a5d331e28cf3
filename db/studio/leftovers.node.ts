/** Which of some names no row of the studio holds any more. */
import { sql } from 'kysely';
import { type Database, databaseError } from '../open.node.ts';
import type { Tables } from '../tables.ts';

/**
 * What a take says of itself and its clip: a clip that no timeline, undo step or version holds cannot come back, and
 * neither can its takes. What comes from files of the listing names no takes.
 */
const SAYS_NOTHING: ReadonlySet<string> = new Set<keyof Tables>([
  'takes',
  'clips',
  'take_choices',
  'analysis_results',
  'photos',
  'room_clusters',
  'music',
]);
const ROWS_AT_ONCE = 200;

/**
 * The hashes that nothing needs: no row of any table of the studio (films, steps of undo, versions, decisions, notes,
 * requests, deliveries, what waits for the team) holds the hash itself, the id of a clip that it is a take of, or the
 * hash of what was asked when it was made. Tables of later versions are looked through as well. Errors: those of the
 * database.
 */
export async function unneeded(database: Database, hashes: readonly string[]): Promise<ReadonlySet<string>> {
  const { db } = database;
  try {
    const wordsOf = new Map(hashes.map((hash) => [hash, new Set([hash])]));
    for (let i = 0; i < hashes.length; i += ROWS_AT_ONCE) {
      const group = hashes.slice(i, i + ROWS_AT_ONCE);
      const rows = await db
        .selectFrom('takes')
        .select(['spec_hash', 'asked_hash', 'clip_id'])
        .where('spec_hash', 'in', group)
        .execute();
      for (const row of rows) wordsOf.get(row.spec_hash)?.add(row.clip_id).add(row.asked_hash);
      const chosen = await db
        .selectFrom('take_choices')
        .select(['spec_hash', 'asked_hash', 'clip_id'])
        .where('spec_hash', 'in', group)
        .execute();
      for (const row of chosen) wordsOf.get(row.spec_hash)?.add(row.clip_id).add(row.asked_hash);
    }
    const tables = await db.introspection.getTables();
    for (const { name, isView } of tables) {
      if (isView || SAYS_NOTHING.has(name) || name.startsWith('sqlite_')) continue;
      await lookThrough(database, name, wordsOf);
      if (wordsOf.size === 0) break;
    }
    return new Set(wordsOf.keys());
  } catch (error) {
    throw databaseError(error);
  }
}

/** Takes out of `wordsOf` what a row of the table speaks of. */
async function lookThrough({ db }: Database, table: string, wordsOf: Map<string, ReadonlySet<string>>): Promise<void> {
  // Whole, as one moment: pages of a table without a number of its own would leave out what moves between them.
  const { rows } = await sql`select * from ${sql.table(table)}`.execute(db);
  for (const row of rows) {
    const text = JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    for (const [hash, words] of wordsOf) if ([...words].some((word) => text.includes(word))) wordsOf.delete(hash);
    if (wordsOf.size === 0) return;
  }
}
