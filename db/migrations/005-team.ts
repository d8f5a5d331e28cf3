/**
 * Teams and the fleet. On the server: teams, keys, the log of operations in the team's order, conflicts, blobs, tasks of
 * the fleet with their leases, workers, messages that leave by other ways. In a studio: its outbox, its place in the
 * feed, the films as the server has them. One schema for both, so that there is one set of migrations to trust.
 */
import { type Kysely, type Migration, sql } from 'kysely';
import type { Dialect } from '../codec.ts';

const TABLES = [
  'teams',
  'api_keys',
  'sync_log',
  'register_seqs',
  'conflicts',
  'blobs',
  'presence',
  'outbox',
  'sync_state',
  'film_shadows',
  'photo_blobs',
  'workers',
  'fleet_tasks',
  'outbound_messages',
] as const;

export function migration005(dialect: Dialect): Migration {
  const postgres = dialect === 'postgres';
  const json = postgres ? sql`jsonb` : sql`text`;
  const flag = postgres ? sql`boolean` : sql`integer`;
  const moment = postgres ? sql`timestamptz` : sql`text`;
  const real = postgres ? sql`double precision` : sql`real`;

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('teams')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('name', 'text', (c) => c.notNull())
        // Counts the operations of the team: taken under the row's lock, so that the log is read without gaps.
        .addColumn('seq', 'bigint', (c) => c.notNull().defaultTo(0))
        .addColumn('created_at', moment, (c) => c.notNull())
        .execute();

      await db.schema.alterTable('listings').addColumn('team_id', 'text').execute();
      await db.schema
        .alterTable('listings')
        .addColumn('sync_seq', 'bigint', (c) => c.notNull().defaultTo(0))
        .execute();
      await db.schema.createIndex('listings_team_index').on('listings').columns(['team_id', 'id']).execute();
      await db.schema.alterTable('jobs').addColumn('team_id', 'text').execute();
      // 'remote' steps of a film came from others: they are not this studio's to undo.
      await db.schema
        .alterTable('edits')
        .addColumn('origin', 'text', (c) => c.notNull().defaultTo('local'))
        .execute();

      await db.schema
        .createTable('api_keys')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('team_id', 'text', (c) => c.notNull().references('teams.id').onDelete('cascade'))
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('hash', 'text', (c) => c.notNull().unique())
        .addColumn('created_at', moment, (c) => c.notNull())
        .addColumn('last_used_at', moment)
        .addColumn('revoked_at', moment)
        .execute();

      await db.schema
        .createTable('sync_log')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('team_id', 'text', (c) => c.notNull())
        // Null for a refused operation: it has no place, and its answer is kept.
        .addColumn('seq', 'bigint')
        .addColumn('listing_id', 'text', (c) => c.notNull())
        .addColumn('client_id', 'text', (c) => c.notNull())
        .addColumn('actor', json, (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('body', json)
        .addColumn('film_revision', 'integer')
        // The patch that takes a film edit back: the way from the film now to the one an older edit was made on.
        .addColumn('inverse', json)
        .addColumn('outcome', json, (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .addUniqueConstraint('sync_log_team_seq', ['team_id', 'seq'])
        .execute();
      await db.schema.createIndex('sync_log_listing').on('sync_log').columns(['listing_id', 'seq']).execute();

      await db.schema
        .createTable('register_seqs')
        .addColumn('listing_id', 'text', (c) => c.notNull())
        .addColumn('field', 'text', (c) => c.notNull())
        .addColumn('subject', 'text', (c) => c.notNull())
        .addColumn('seq', 'bigint', (c) => c.notNull())
        .addColumn('actor', json, (c) => c.notNull())
        .addColumn('client_id', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('register_seqs_key', ['listing_id', 'field', 'subject'])
        .execute();

      await db.schema
        .createTable('conflicts')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('team_id', 'text')
        .addColumn('listing_id', 'text', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('field', 'text', (c) => c.notNull())
        .addColumn('subject', 'text', (c) => c.notNull())
        .addColumn('kept', json, (c) => c.notNull())
        .addColumn('lost', json, (c) => c.notNull())
        .addColumn('kept_by', json, (c) => c.notNull())
        .addColumn('lost_by', json, (c) => c.notNull())
        .addColumn('seq', 'bigint', (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .addColumn('resolved_at', moment)
        .execute();
      await db.schema.createIndex('conflicts_listing').on('conflicts').columns(['listing_id', 'seq']).execute();

      await db.schema
        .createTable('blobs')
        .addColumn('team_id', 'text', (c) => c.notNull())
        .addColumn('sha256', 'text', (c) => c.notNull())
        .addColumn('bytes', 'bigint', (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .addPrimaryKeyConstraint('blobs_key', ['team_id', 'sha256'])
        .execute();

      await db.schema
        .createTable('presence')
        .addColumn('client_id', 'text', (c) => c.primaryKey())
        .addColumn('team_id', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('listing_id', 'text')
        .addColumn('place', 'text', (c) => c.notNull())
        .addColumn('seen_at', moment, (c) => c.notNull())
        .execute();

      // A studio's own operations that the server has not answered, in the order they were made.
      await db.schema
        .createTable('outbox')
        .addColumn('position', postgres ? 'serial' : 'integer', (c) =>
          postgres ? c.primaryKey() : c.primaryKey().autoIncrement(),
        )
        .addColumn('id', 'text', (c) => c.notNull().unique())
        .addColumn('listing_id', 'text', (c) => c.notNull())
        .addColumn('operation', json, (c) => c.notNull())
        // waiting, applied (answered; goes when the feed has brought it) or refused (shown until it is put away)
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('outcome', json)
        .addColumn('created_at', moment, (c) => c.notNull())
        .execute();

      await db.schema
        .createTable('sync_state')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('value', json, (c) => c.notNull())
        .execute();

      // The film as the server has it, while this studio's own steps are not answered.
      await db.schema
        .createTable('film_shadows')
        .addColumn('listing_id', 'text', (c) => c.primaryKey())
        .addColumn('revision', 'integer', (c) => c.notNull())
        .addColumn('timeline', json, (c) => c.notNull())
        .addColumn('settings', json, (c) => c.notNull())
        .addColumn('source_key', 'text', (c) => c.notNull())
        .execute();

      await db.schema
        .createTable('photo_blobs')
        .addColumn('listing_id', 'text', (c) => c.notNull())
        .addColumn('photo_key', 'text', (c) => c.notNull())
        .addColumn('file', 'text', (c) => c.notNull())
        .addColumn('sha256', 'text', (c) => c.notNull())
        .addColumn('bytes', 'bigint', (c) => c.notNull())
        .addColumn('depth_sha256', 'text')
        .addColumn('depth_bytes', 'bigint')
        .addPrimaryKeyConstraint('photo_blobs_key', ['listing_id', 'photo_key'])
        .execute();

      await db.schema
        .createTable('workers')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('type', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('version', 'text', (c) => c.notNull())
        // idle, busy, draining or gone
        .addColumn('state', 'text', (c) => c.notNull())
        // What its machine has: processors, memory, GPU, VRAM, driver, encoder.
        .addColumn('probe', json, (c) => c.notNull())
        // Millionths of a dollar; null where nobody said.
        .addColumn('cost_per_hour_micros', 'bigint')
        .addColumn('spot', flag, (c) => c.notNull())
        // When a Spot notice said that it will be taken away.
        .addColumn('notice_at', moment)
        .addColumn('started_at', moment, (c) => c.notNull())
        .addColumn('heartbeat_at', moment, (c) => c.notNull())
        .execute();

      await db.schema
        .createTable('fleet_tasks')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('team_id', 'text', (c) => c.notNull())
        .addColumn('listing_id', 'text', (c) => c.notNull())
        .addColumn('job_id', 'text')
        // analyze, timeline, render or assemble: phases 1, 3, 2, 4
        .addColumn('kind', 'text', (c) => c.notNull())
        // What of the listing: a clip's id for render, empty otherwise.
        .addColumn('subject', 'text', (c) => c.notNull())
        // Names the output: hash of the spec or of the inputs. One unfinished task for each.
        .addColumn('output_key', 'text', (c) => c.notNull())
        .addColumn('input', json, (c) => c.notNull())
        // queued, leased, done, failed (dead letter) or cancelled
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('worker_type', 'text', (c) => c.notNull())
        // Higher goes first: a person waiting before a batch.
        .addColumn('priority', 'integer', (c) => c.notNull())
        // Failures count; interruptions and silence are counted apart.
        .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('stalls', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('not_before', moment)
        // The fencing token: rises with every claim; what is said with an older one is refused.
        .addColumn('token', 'bigint', (c) => c.notNull().defaultTo(0))
        .addColumn('worker_id', 'text')
        .addColumn('heartbeat_at', moment)
        .addColumn('lease_until', moment)
        // When this attempt has taken too long, whatever its heartbeat says.
        .addColumn('expires_at', moment)
        .addColumn('started_at', moment)
        .addColumn('fraction', real, (c) => c.notNull().defaultTo(0))
        .addColumn('sentence', 'text', (c) => c.notNull().defaultTo(''))
        .addColumn('checkpoint', json)
        .addColumn('error', json)
        .addColumn('result', json)
        .addColumn('created_by', 'text', (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .addColumn('updated_at', moment, (c) => c.notNull())
        .execute();
      await sql`create unique index fleet_tasks_unfinished on fleet_tasks (team_id, kind, subject, output_key) where state in ('queued', 'leased')`.execute(db); // biome-ignore format: one statement
      await sql`create index fleet_tasks_claim on fleet_tasks (worker_type, priority desc, created_at) where state = 'queued'`.execute(db); // biome-ignore format: one statement
      await sql`create index fleet_tasks_leased on fleet_tasks (lease_until) where state = 'leased'`.execute(db);
      await db.schema.createIndex('fleet_tasks_listing').on('fleet_tasks').columns(['team_id', 'listing_id']).execute();

      // What must leave once its transaction is committed: SQS messages, call-backs to the backend.
      await db.schema
        .createTable('outbound_messages')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('channel', 'text', (c) => c.notNull())
        .addColumn('payload', json, (c) => c.notNull())
        .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('not_before', moment)
        .addColumn('error', 'text')
        .addColumn('created_at', moment, (c) => c.notNull())
        .addColumn('sent_at', moment)
        .execute();
      await sql`create index outbound_messages_waiting on outbound_messages (channel, created_at) where sent_at is null`.execute(db); // biome-ignore format: one statement
    },

    async down(db: Kysely<unknown>): Promise<void> {
      for (const table of [...TABLES].reverse()) await db.schema.dropTable(table).execute();
      await db.schema.alterTable('edits').dropColumn('origin').execute();
      await db.schema.alterTable('jobs').dropColumn('team_id').execute();
      await db.schema.dropIndex('listings_team_index').execute();
      await db.schema.alterTable('listings').dropColumn('sync_seq').execute();
      await db.schema.alterTable('listings').dropColumn('team_id').execute();
    },
  };
}
