/** The seed's eight tables, and what one machine needs beside them: takes, human decisions, the job's history. */
import { type CreateTableBuilder, type Kysely, type Migration, sql } from 'kysely';
import type { Dialect } from '../codec.ts';

/** Newest last: tables are dropped in the opposite order because of their references. */
const TABLES = [
  'jobs',
  'photos',
  'room_clusters',
  'analysis_results',
  'clips',
  'takes',
  'timeline',
  'timeline_clips',
  'edits',
  'decisions',
  'job_events',
] as const;

export function migration001(dialect: Dialect): Migration {
  const json = dialect === 'postgres' ? sql`jsonb` : sql`text`;
  const flag = dialect === 'postgres' ? sql`boolean` : sql`integer`;
  const moment = dialect === 'postgres' ? sql`timestamptz` : sql`text`;
  const real = dialect === 'postgres' ? sql`double precision` : sql`real`;
  const off = dialect === 'postgres' ? sql`false` : sql`0`;
  const on = dialect === 'postgres' ? sql`true` : sql`1`;

  const withId = (db: Kysely<unknown>, table: string): CreateTableBuilder<string, 'id'> =>
    db.schema.createTable(table).addColumn('id', 'text', (c) => c.primaryKey()) as CreateTableBuilder<string, 'id'>;

  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await withId(db, 'jobs')
        .addColumn('listing_id', 'text', (c) => c.notNull())
        .addColumn('status', 'text', (c) => c.notNull().defaultTo('draft'))
        .addColumn('current_phase', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('template_type', 'text', (c) => c.notNull())
        .addColumn('target_length', real, (c) => c.notNull())
        .addColumn('music_uri', 'text')
        .addColumn('bpm', real)
        .addColumn('beat_offset', real)
        .addColumn('enable_beat_sync', flag, (c) => c.notNull().defaultTo(on))
        .addColumn('options', json, (c) => c.notNull())
        .addColumn('analysis_summary', json)
        .addColumn('error', json)
        .addColumn('created_at', moment, (c) => c.notNull())
        .addColumn('updated_at', moment, (c) => c.notNull())
        .execute();

      await withId(db, 'photos')
        .addColumn('job_id', 'text', (c) => c.notNull().references('jobs.id').onDelete('cascade'))
        .addColumn('photo_key', 'text', (c) => c.notNull())
        .addColumn('s3_uri', 'text', (c) => c.notNull())
        .addColumn('room_label', 'text')
        .addColumn('room_override', 'text')
        .addColumn('exclude', flag, (c) => c.notNull().defaultTo(off))
        .addColumn('manual_metadata', json)
        .addColumn('sharpness', real)
        .addColumn('exposure_score', real)
        .addColumn('composition_score', real)
        .addColumn('base_score', real)
        .addColumn('final_score', real)
        .addColumn('sha256', 'text', (c) => c.notNull())
        .addColumn('cluster_key', 'text')
        .addColumn('duplicate_of', 'text')
        .addColumn('details', json, (c) => c.notNull())
        .addUniqueConstraint('photos_job_photo', ['job_id', 'photo_key'])
        .execute();

      await withId(db, 'room_clusters')
        .addColumn('job_id', 'text', (c) => c.notNull().references('jobs.id').onDelete('cascade'))
        .addColumn('cluster_key', 'text', (c) => c.notNull())
        .addColumn('room_type', 'text', (c) => c.notNull())
        .addColumn('confidence_tier', 'text', (c) => c.notNull())
        .addColumn('sfm_eligible', flag, (c) => c.notNull().defaultTo(off))
        .addColumn('image_count', 'integer', (c) => c.notNull())
        .addColumn('overlap_score', real, (c) => c.notNull())
        .addColumn('depth_variance', real, (c) => c.notNull())
        .addColumn('hero_photo_key', 'text', (c) => c.notNull())
        .addColumn('photo_keys', json, (c) => c.notNull())
        .addColumn('debug_metrics', json, (c) => c.notNull())
        .addColumn('order_index', 'integer', (c) => c.notNull())
        .addUniqueConstraint('room_clusters_job_cluster', ['job_id', 'cluster_key'])
        .execute();

      await withId(db, 'analysis_results')
        .addColumn('job_id', 'text', (c) => c.notNull().references('jobs.id').onDelete('cascade'))
        .addColumn('room_cluster_id', 'text', (c) => c.notNull().references('room_clusters.id').onDelete('cascade'))
        .addColumn('hero_photo_id', 'text', (c) => c.notNull().references('photos.id').onDelete('cascade'))
        .addColumn('recommended_motion', 'text', (c) => c.notNull())
        .addColumn('allowed_motion_types', json, (c) => c.notNull())
        .addColumn('recommended_duration', real, (c) => c.notNull())
        .addColumn('tier', 'text', (c) => c.notNull())
        .addColumn('model_recommendation', 'text', (c) => c.notNull())
        .addColumn('debug_metrics', json, (c) => c.notNull())
        .addColumn('order_index', 'integer', (c) => c.notNull())
        .addColumn('amount', real, (c) => c.notNull())
        .addColumn('value', real, (c) => c.notNull())
        .addColumn('reason', 'text', (c) => c.notNull())
        .execute();

      await withId(db, 'clips')
        .addColumn('job_id', 'text', (c) => c.notNull().references('jobs.id').onDelete('cascade'))
        .addColumn('room_cluster_id', 'text', (c) => c.references('room_clusters.id').onDelete('set null'))
        .addColumn('source_photo_ids', json, (c) => c.notNull())
        .addColumn('motion_type', 'text', (c) => c.notNull())
        .addColumn('model_used', 'text', (c) => c.notNull())
        .addColumn('is_3d', flag, (c) => c.notNull().defaultTo(off))
        .addColumn('duration', real, (c) => c.notNull())
        .addColumn('s3_uri', 'text')
        .addColumn('validation_score', real)
        .addColumn('status', 'text', (c) => c.notNull().defaultTo('pending'))
        .addColumn('spec_hash', 'text')
        .addColumn('downgrade_reason', 'text')
        .execute();

      await withId(db, 'takes')
        .addColumn('clip_id', 'text', (c) => c.notNull().references('clips.id').onDelete('cascade'))
        .addColumn('spec_hash', 'text', (c) => c.notNull())
        .addColumn('renderer', 'text', (c) => c.notNull())
        .addColumn('verdict', 'text', (c) => c.notNull())
        .addColumn('validation_score', real, (c) => c.notNull())
        .addColumn('details', json, (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .addUniqueConstraint('takes_clip_spec', ['clip_id', 'spec_hash'])
        .execute();

      await withId(db, 'timeline')
        .addColumn('job_id', 'text', (c) => c.notNull().references('jobs.id').onDelete('cascade'))
        .addColumn('version', 'integer', (c) => c.notNull().defaultTo(1))
        .addColumn('status', 'text', (c) => c.notNull().defaultTo('draft'))
        .addColumn('beat_grid', json, (c) => c.notNull())
        .addColumn('total_duration', real, (c) => c.notNull())
        .addColumn('settings', json, (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .addUniqueConstraint('timeline_job_version', ['job_id', 'version'])
        .execute();

      await withId(db, 'timeline_clips')
        .addColumn('timeline_id', 'text', (c) => c.notNull().references('timeline.id').onDelete('cascade'))
        .addColumn('clip_id', 'text', (c) => c.notNull().references('clips.id').onDelete('cascade'))
        .addColumn('order_index', 'integer', (c) => c.notNull())
        .addColumn('in_time', real, (c) => c.notNull())
        .addColumn('out_time', real, (c) => c.notNull())
        .addColumn('in_frame', 'integer', (c) => c.notNull())
        .addColumn('out_frame', 'integer', (c) => c.notNull())
        .addColumn('transition_type', 'text', (c) => c.notNull())
        .addColumn('transition_frames', 'integer', (c) => c.notNull())
        .addColumn('audio_policy', 'text', (c) => c.notNull())
        .addColumn('order_key', 'text', (c) => c.notNull())
        .addColumn('details', json, (c) => c.notNull())
        .execute();

      await withId(db, 'edits')
        .addColumn('timeline_id', 'text', (c) => c.notNull().references('timeline.id').onDelete('cascade'))
        .addColumn('user_id', 'text')
        .addColumn('edit_type', 'text', (c) => c.notNull())
        .addColumn('payload', json, (c) => c.notNull())
        .addColumn('created_at', moment, (c) => c.notNull())
        .execute();

      await withId(db, 'decisions')
        .addColumn('job_id', 'text', (c) => c.notNull().references('jobs.id').onDelete('cascade'))
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('subject', 'text', (c) => c.notNull())
        .addColumn('value', json, (c) => c.notNull())
        .addColumn('user_id', 'text')
        .addColumn('created_at', moment, (c) => c.notNull())
        .addUniqueConstraint('decisions_job_kind_subject', ['job_id', 'kind', 'subject'])
        .execute();

      await withId(db, 'job_events')
        .addColumn('job_id', 'text', (c) => c.notNull().references('jobs.id').onDelete('cascade'))
        .addColumn('event', 'text', (c) => c.notNull())
        .addColumn('from_status', 'text', (c) => c.notNull())
        .addColumn('to_status', 'text', (c) => c.notNull())
        .addColumn('details', json)
        .addColumn('created_at', moment, (c) => c.notNull())
        .execute();

      for (const [table, column] of [
        ['photos', 'job_id'],
        ['room_clusters', 'job_id'],
        ['analysis_results', 'job_id'],
        ['clips', 'job_id'],
        ['timeline_clips', 'timeline_id'],
        ['edits', 'timeline_id'],
        ['job_events', 'job_id'],
      ] as const)
        await db.schema.createIndex(`${table}_${column}_index`).on(table).column(column).execute();
    },

    async down(db: Kysely<unknown>): Promise<void> {
      for (const table of [...TABLES].reverse()) await db.schema.dropTable(table).execute();
    },
  };
}
