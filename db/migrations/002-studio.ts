/** What the studio keeps of its own: listings with their cards, undo steps, durable tasks, preferences. */
import { type Kysely, type Migration, sql } from 'kysely';
import type { Dialect } from '../codec.ts';

const TABLES = ['listings', 'actions', 'tasks', 'preferences'] as const;

export function migration002(dialect: Dialect): Migration {
  const json = dialect === 'postgres' ? sql`jsonb` : sql`text`;
  const flag = dialect === 'postgres' ? sql`boolean` : sql`integer`;
  const moment = dialect === 'postgres' ? sql`timestamptz` : sql`text`;
  const real = dialect === 'postgres' ? sql`double precision` : sql`real`;
  const off = dialect === 'postgres' ? sql`false` : sql`0`;

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('listings')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('job_id', 'text', (c) => c.notNull().references('jobs.id').onDelete('cascade'))
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('folder', 'text', (c) => c.notNull())
        .addColumn('archived', flag, (c) => c.notNull().defaultTo(off))
        .addColumn('deleted_at', moment)
        .addColumn('photo_count', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('rejected_count', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('attention_count', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('poster_photo_key', 'text')
        .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('created_at', moment, (c) => c.notNull())
        .addColumn('updated_at', moment, (c) => c.notNull())
        .execute();
      await db.schema.createIndex('listings_folder_index').on('listings').column('folder').execute();

      await db.schema
        .createTable('actions')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('listing_id', 'text', (c) => c.notNull().references('listings.id').onDelete('cascade'))
        .addColumn('label', 'text', (c) => c.notNull())
        .addColumn('changes', json, (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('sequence', 'integer', (c) => c.notNull())
        .addColumn('user_id', 'text')
        .addColumn('created_at', moment, (c) => c.notNull())
        .addUniqueConstraint('actions_listing_sequence', ['listing_id', 'sequence'])
        .execute();

      await db.schema
        .createTable('tasks')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('listing_id', 'text', (c) => c.references('listings.id').onDelete('cascade'))
        .addColumn('input', json, (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('fraction', real, (c) => c.notNull().defaultTo(0))
        .addColumn('sentence', 'text', (c) => c.notNull().defaultTo(''))
        .addColumn('checkpoint', json)
        .addColumn('error', json)
        .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('created_at', moment, (c) => c.notNull())
        .addColumn('updated_at', moment, (c) => c.notNull())
        .execute();
      await db.schema.createIndex('tasks_state_index').on('tasks').column('state').execute();

      await db.schema
        .createTable('preferences')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('value', json, (c) => c.notNull())
        .addColumn('updated_at', moment, (c) => c.notNull())
        .execute();
    },

    async down(db: Kysely<unknown>): Promise<void> {
      for (const table of [...TABLES].reverse()) await db.schema.dropTable(table).execute();
    },
  };
}
