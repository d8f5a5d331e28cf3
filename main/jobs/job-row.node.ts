/** A job of the backend as it lies in the database, with what was asked for in the backend's own words. */
import type { Kysely, Selectable } from 'kysely';
import { z } from 'zod';
import { ERROR_CODES } from '../../base/errors.ts';
import { readFlag, readJson, readMoment } from '../../db/codec.ts';
import { jobOptionsSchema } from '../../db/jobs.node.ts';
import type { JobsTable, Tables } from '../../db/tables.ts';
import { JOB_STATUSES, TEMPLATE_NAMES } from '../../pipeline/domain.ts';
import { jobCreateSchema, jobListingSchema } from '../service/jobs-api.ts';

/** In `jobs.options`, beside what the phases read. */
export const backendSchema = z.object({
  listing: jobListingSchema,
  photos: jobCreateSchema.shape.photos,
  music: jobCreateSchema.shape.music_uri,
});
export type BackendAsked = z.infer<typeof backendSchema>;
const optionsSchema = jobOptionsSchema.extend({ backend: backendSchema.optional() });

const errorSchema = z.object({ code: z.enum(ERROR_CODES), message: z.string() });

export interface JobRow {
  readonly id: string;
  readonly teamId: string;
  /** Our listing. */
  readonly listingId: string;
  readonly status: (typeof JOB_STATUSES)[number];
  readonly currentPhase: number;
  readonly template: (typeof TEMPLATE_NAMES)[number];
  readonly targetSeconds: number;
  readonly musicUri: string | null;
  readonly bpm: number | null;
  readonly beatOffset: number | null;
  readonly beatSync: boolean;
  readonly backend: BackendAsked | undefined;
  readonly error: z.infer<typeof errorSchema> | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Undefined where the team has no such job. `lock`: nobody else changes it until the transaction ends. */
export async function readJob(
  db: Kysely<Tables>,
  teamId: string,
  jobId: string,
  lock = false,
): Promise<JobRow | undefined> {
  let query = db.selectFrom('jobs').selectAll().where('id', '=', jobId).where('team_id', '=', teamId);
  if (lock) query = query.forUpdate();
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : toJobRow(row, teamId);
}

export function toJobRow(row: Selectable<JobsTable>, teamId: string): JobRow {
  return {
    id: row.id,
    teamId,
    listingId: row.listing_id,
    status: z.enum(JOB_STATUSES).parse(row.status),
    currentPhase: row.current_phase,
    template: z.enum(TEMPLATE_NAMES).parse(row.template_type),
    targetSeconds: row.target_length,
    musicUri: row.music_uri,
    bpm: row.bpm,
    beatOffset: row.beat_offset,
    beatSync: readFlag(row.enable_beat_sync),
    backend: readJson(optionsSchema, row.options).backend,
    error: row.error === null ? null : readJson(errorSchema, row.error),
    createdAt: readMoment(row.created_at),
    updatedAt: readMoment(row.updated_at),
  };
}

/** The backend's own name of the listing, or ours. */
export const listingName = (job: Pick<JobRow, 'backend' | 'listingId'>): string =>
  String(job.backend?.listing ?? job.listingId);
