/**
 * Review rows of a studio's own that the server has not answered. They are final once the team has them; until then the
 * server may give them their time and signer, or refuse them. The triggers that keep signed rows from being rewritten
 * are taken off for exactly that statement, inside the transaction; the operation itself stays in the outbox.
 */
import { sql } from 'kysely';
import { writeJson } from '../codec.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { type Laid, signerOf } from './lay.node.ts';

export type SignedTable = 'review_decisions' | 'review_notes' | 'review_resolutions';
const SIGNER: Readonly<Record<SignedTable, 'reviewer' | 'author' | 'person'>> = {
  review_decisions: 'reviewer',
  review_notes: 'author',
  review_resolutions: 'person',
};

/** Gives an own row the time and signer that the team's order has for it. */
export function restamp(writer: Writer, table: SignedTable, id: string, entry: Laid): Promise<void> {
  return unsealed(writer, table, () =>
    sql`update ${sql.table(table)} set created_at = ${entry.at}, ${sql.ref(SIGNER[table])} = ${writeJson(signerOf(entry.actor))}
      where id = ${id}`.execute(writer.db),
  );
}

/** Takes back own rows that the server refused. */
export function withdraw(writer: Writer, table: SignedTable, column: 'id' | 'note_id', id: string): Promise<void> {
  return unsealed(writer, table, () =>
    sql`delete from ${sql.table(table)} where ${sql.ref(column)} = ${id}`.execute(writer.db),
  );
}

async function unsealed({ db, dialect }: Writer, table: SignedTable, body: () => Promise<unknown>): Promise<void> {
  if (dialect === 'postgres') {
    const trigger = sql.raw(`${table}_final`);
    await sql`alter table ${sql.table(table)} disable trigger ${trigger}`.execute(db);
    await body();
    await sql`alter table ${sql.table(table)} enable trigger ${trigger}`.execute(db);
    return;
  }
  const { rows } = await sql<{ name: string; sql: string }>`select name, sql from sqlite_master
    where type = 'trigger' and tbl_name = ${table}`.execute(db);
  for (const { name } of rows) await sql`drop trigger ${sql.id(name)}`.execute(db);
  await body();
  for (const trigger of rows) await sql.raw(trigger.sql).execute(db);
}
