/** The decision registers of a job in the `decisions` table, which the phases of the command line read too. */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { type Change, FIELDS, type Field, isFieldValue, type RoomsDecisions } from '../../pipeline/rooms/decisions.ts';
import { type Dialect, readJson, writeFlag, writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import type { Tables } from '../tables.ts';

/** The table's kinds are older than the registers: two have other names there, and say false where nothing is decided. */
const KIND: Readonly<Record<Field, string>> = {
  room: 'room_override', place: 'place', excluded: 'exclude', hero: 'hero', motion: 'motion', amount: 'amount',
  duration: 'duration', kept: 'kept', dismissed: 'dismissed',
}; // biome-ignore format: one glance
const FIELD_OF = new Map(FIELDS.map((field) => [KIND[field], field]));
const SAYS_FALSE: ReadonlySet<Field> = new Set(['excluded', 'hero']);
const stored = z.object({ value: z.unknown() });

/** Kind and JSON of a register's row, for those that read and write many at once. */
export function registerRow(field: Field, to: unknown): { readonly kind: string; readonly value: string } {
  return { kind: KIND[field], value: writeJson({ value: to === null && SAYS_FALSE.has(field) ? false : to }) };
}

/** A register's value from its row: null where nothing is decided. */
export function registerValue(value: unknown): unknown {
  const read = readJson(stored, value).value;
  return read === false || read === undefined ? null : read;
}

export async function readRegisters(db: Kysely<Tables>, jobId: string): Promise<RoomsDecisions> {
  const rows = await db
    .selectFrom('decisions')
    .select(['kind', 'subject', 'value'])
    .where('job_id', '=', jobId)
    .orderBy('subject')
    .execute();
  const registers = Object.fromEntries(FIELDS.map((field) => [field, {} as Record<string, unknown>]));
  for (const row of rows) {
    const field = FIELD_OF.get(row.kind);
    const { value } = readJson(stored, row.value);
    // A value that an older or newer program wrote and this one does not know is left out, not fatal.
    if (field === undefined || value === null || value === false || !isFieldValue(field, value)) continue;
    (registers[field] as Record<string, unknown>)[row.subject] = value;
  }
  return registers as unknown as RoomsDecisions;
}

/** Writes the new values, inside the caller's transaction. Photo rows show names and exclusions at once. */
export async function writeRegisters(
  db: Kysely<Tables>,
  dialect: Dialect,
  jobId: string,
  changes: readonly Change[],
  userId: string | null,
): Promise<void> {
  const at = new Date().toISOString();
  for (const { field, subject, to } of changes) {
    const { kind, value } = registerRow(field, to);
    await db
      .insertInto('decisions')
      .values({ id: newId(), job_id: jobId, kind, subject, value, user_id: userId, created_at: at })
      .onConflict((conflict) =>
        conflict.columns(['job_id', 'kind', 'subject']).doUpdateSet({ value, user_id: userId, created_at: at }),
      )
      .execute();
    if (field !== 'room' && field !== 'excluded') continue;
    await db
      .updateTable('photos')
      .set(field === 'room' ? { room_override: to } : { exclude: writeFlag(to === true, dialect) })
      .where('job_id', '=', jobId)
      .where('photo_key', '=', subject)
      .execute();
  }
}
