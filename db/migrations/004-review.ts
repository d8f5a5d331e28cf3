/**
 * Rendering in the studio, review, delivery: what was asked for and what became of it. Decisions and notes are append
 * only, and the database itself refuses to rewrite them.
 */
import { type Kysely, type Migration, sql } from 'kysely';
import type { Dialect } from '../codec.ts';

const TABLES = [
  'take_choices',
  'render_requests',
  'review_decisions',
  'review_notes',
  'review_resolutions',
  'deliveries',
] as const;
const APPEND_ONLY = ['review_decisions', 'review_notes', 'review_resolutions'] as const;

export function migration004(dialect: Dialect): Migration {
  const json = dialect === 'postgres' ? sql`jsonb` : sql`text`;
  const moment = dialect === 'postgres' ? sql`timestamptz` : sql`text`;

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      const takes = db.schema.alterTable('takes');
      await takes.addColumn('asked_hash', 'text', (c) => c.notNull().defaultTo('')).execute();
      await takes.addColumn('sha256', 'text').execute();
      await takes.addColumn('bytes', 'bigint').execute();
      await takes.addColumn('downgrade_reason', 'text').execute();
      await sql`update takes set asked_hash = spec_hash`.execute(db);
      await db.schema
        .alterTable('clips')
        .addColumn('seed', 'integer', (c) => c.notNull().defaultTo(0))
        .execute();
      await db.schema.alterTable('films').addColumn('delivery', json).execute();

      await db.schema
        .createTable('take_choices')
        .addColumn('clip_id', 'text', (c) => c.notNull().references('clips.id').onDelete('cascade'))
        .addColumn('asked_hash', 'text', (c) => c.notNull())
        .addColumn('spec_hash', 'text', (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .addPrimaryKeyConstraint('take_choices_key', ['clip_id', 'asked_hash'])
        .execute();

      await db.schema
        .createTable('render_requests')
        .addColumn('clip_id', 'text', (c) => c.primaryKey().references('clips.id').onDelete('cascade'))
        .addColumn('listing_id', 'text', (c) => c.notNull().references('listings.id').onDelete('cascade'))
        .addColumn('asked_hash', 'text', (c) => c.notNull())
        .addColumn('spec', json, (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('priority', 'integer', (c) => c.notNull())
        .addColumn('attempts', 'integer', (c) => c.notNull())
        .addColumn('error', json)
        .addColumn('created_at', moment, (c) => c.notNull())
        .addColumn('updated_at', moment, (c) => c.notNull())
        .execute();
      await db.schema.createIndex('render_requests_listing').on('render_requests').column('listing_id').execute();

      await db.schema
        .createTable('review_decisions')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('listing_id', 'text', (c) => c.notNull())
        .addColumn('clip_id', 'text', (c) => c.notNull())
        .addColumn('spec_hash', 'text', (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('reason', 'text')
        .addColumn('comment', 'text', (c) => c.notNull())
        .addColumn('reviewer', json, (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .execute();

      await db.schema
        .createTable('review_notes')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('listing_id', 'text', (c) => c.notNull())
        .addColumn('clip_id', 'text', (c) => c.notNull())
        .addColumn('spec_hash', 'text', (c) => c.notNull())
        .addColumn('in_frame', 'integer', (c) => c.notNull())
        .addColumn('out_frame', 'integer', (c) => c.notNull())
        .addColumn('text', 'text', (c) => c.notNull())
        .addColumn('marks', json, (c) => c.notNull())
        .addColumn('author', json, (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .execute();

      await db.schema
        .createTable('review_resolutions')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('listing_id', 'text', (c) => c.notNull())
        .addColumn('note_id', 'text', (c) => c.notNull().unique().references('review_notes.id'))
        .addColumn('person', json, (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .execute();
      for (const table of APPEND_ONLY) {
        await db.schema.createIndex(`${table}_listing`).on(table).column('listing_id').execute();
        await forbidRewriting(db, dialect, table);
      }

      await db.schema
        .createTable('deliveries')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('listing_id', 'text', (c) => c.notNull().references('listings.id').onDelete('cascade'))
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('film_revision', 'integer', (c) => c.notNull())
        .addColumn('settings', json, (c) => c.notNull())
        .addColumn('person', json, (c) => c.notNull())
        .addColumn('override', json)
        .addColumn('folder', 'text', (c) => c.notNull())
        .addColumn('films', json, (c) => c.notNull())
        .addColumn('error', json)
        .addColumn('created_at', moment, (c) => c.notNull())
        .addColumn('updated_at', moment, (c) => c.notNull())
        .execute();
      await db.schema.createIndex('deliveries_listing').on('deliveries').column('listing_id').execute();
    },

    async down(db: Kysely<unknown>): Promise<void> {
      for (const table of APPEND_ONLY) await allowRewriting(db, dialect, table);
      for (const table of [...TABLES].reverse()) await db.schema.dropTable(table).execute();
      if (dialect === 'postgres') await sql`drop function refuse_rewriting()`.execute(db);
      await db.schema.alterTable('films').dropColumn('delivery').execute();
      await db.schema.alterTable('clips').dropColumn('seed').execute();
      for (const column of ['downgrade_reason', 'bytes', 'sha256', 'asked_hash'])
        await db.schema.alterTable('takes').dropColumn(column).execute();
    },
  };
}

/** A trigger that refuses to change or delete rows of the table. */
async function forbidRewriting(db: Kysely<unknown>, dialect: Dialect, table: string): Promise<void> {
  if (dialect === 'postgres') {
    await sql`create or replace function refuse_rewriting() returns trigger language plpgsql as
      'begin raise exception ''what was signed is not rewritten''; end'`.execute(db);
    await sql`create trigger ${sql.raw(`${table}_final`)} before update or delete on ${sql.table(table)}
      for each row execute function refuse_rewriting()`.execute(db);
    return;
  }
  for (const action of ['update', 'delete'])
    await sql`create trigger ${sql.raw(`${table}_no_${action}`)} before ${sql.raw(action)} on ${sql.table(table)}
      begin select raise(abort, 'what was signed is not rewritten'); end`.execute(db);
}

async function allowRewriting(db: Kysely<unknown>, dialect: Dialect, table: string): Promise<void> {
  if (dialect === 'postgres') await sql`drop trigger ${sql.raw(`${table}_final`)} on ${sql.table(table)}`.execute(db);
  else
    for (const action of ['update', 'delete']) await sql`drop trigger ${sql.raw(`${table}_no_${action}`)}`.execute(db);
}
