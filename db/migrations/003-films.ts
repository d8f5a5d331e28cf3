/** The studio's films: which settings a timeline was made with, its steps of undo, named versions, and the music. */
import { type Kysely, type Migration, sql } from 'kysely';
import type { Dialect } from '../codec.ts';

const TABLES = ['music', 'films', 'film_versions'] as const;
/** `edits` has been there since 001 and held nothing: it becomes the log of a timeline's steps. */
const STEP_COLUMNS = ['sequence', 'label', 'inverse', 'film_before', 'film_after', 'undone'] as const;

export function migration003(dialect: Dialect): Migration {
  const json = dialect === 'postgres' ? sql`jsonb` : sql`text`;
  const flag = dialect === 'postgres' ? sql`boolean` : sql`integer`;
  const moment = dialect === 'postgres' ? sql`timestamptz` : sql`text`;
  const real = dialect === 'postgres' ? sql`double precision` : sql`real`;
  const off = dialect === 'postgres' ? sql`false` : sql`0`;

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('music')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('source', 'text', (c) => c.notNull())
        .addColumn('extension', 'text', (c) => c.notNull())
        .addColumn('bytes', 'bigint', (c) => c.notNull())
        .addColumn('licence', 'text')
        .addColumn('duration', real)
        .addColumn('track', json)
        .addColumn('track_key', 'text')
        .addColumn('error', json)
        .addColumn('removed_at', moment)
        .addColumn('created_at', moment, (c) => c.notNull())
        .execute();

      await db.schema
        .createTable('films')
        .addColumn('listing_id', 'text', (c) => c.primaryKey().references('listings.id').onDelete('cascade'))
        .addColumn('revision', 'integer', (c) => c.notNull())
        .addColumn('settings', json, (c) => c.notNull())
        .addColumn('source_key', 'text', (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .addColumn('updated_at', moment, (c) => c.notNull())
        .execute();

      await db.schema
        .createTable('film_versions')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('listing_id', 'text', (c) => c.notNull().references('listings.id').onDelete('cascade'))
        .addColumn('number', 'integer', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('timeline', json, (c) => c.notNull())
        .addColumn('settings', json, (c) => c.notNull())
        .addColumn('source_key', 'text', (c) => c.notNull())
        .addColumn('clip_count', 'integer', (c) => c.notNull())
        .addColumn('seconds', real, (c) => c.notNull())
        .addColumn('template', 'text', (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .addUniqueConstraint('film_versions_listing_number', ['listing_id', 'number'])
        .execute();

      const edits = db.schema.alterTable('edits');
      await edits.addColumn('sequence', 'integer', (c) => c.notNull().defaultTo(0)).execute();
      await edits.addColumn('label', 'text', (c) => c.notNull().defaultTo('')).execute();
      await edits.addColumn('inverse', json).execute();
      await edits.addColumn('film_before', json).execute();
      await edits.addColumn('film_after', json).execute();
      await edits.addColumn('undone', flag, (c) => c.notNull().defaultTo(off)).execute();
      await db.schema.createIndex('edits_step_index').on('edits').columns(['timeline_id', 'sequence']).execute();
      await db.schema
        .createIndex('timeline_clips_clip_index')
        .unique()
        .on('timeline_clips')
        .columns(['timeline_id', 'clip_id'])
        .execute();
    },

    async down(db: Kysely<unknown>): Promise<void> {
      await db.schema.dropIndex('timeline_clips_clip_index').execute();
      await db.schema.dropIndex('edits_step_index').execute();
      for (const column of [...STEP_COLUMNS].reverse())
        await db.schema.alterTable('edits').dropColumn(column).execute();
      for (const table of [...TABLES].reverse()) await db.schema.dropTable(table).execute();
    },
  };
}
