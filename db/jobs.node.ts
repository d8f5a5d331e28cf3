/** Jobs, their state and their human decisions. Reads and writes are plain functions over a Database. */
import type { Kysely, Selectable } from 'kysely';
import { z } from 'zod';
import { type ErrorData, PicaividError } from '../base/errors.ts';
import {
  type HumanDecisions,
  JOB_STATUSES,
  type JobStatus,
  MOTIONS,
  type Motion,
  ROOM_TYPES,
  type RoomType,
  TEMPLATE_NAMES,
  type TemplateName,
} from '../pipeline/domain.ts';
import { type JobEvent, type JobFacts, nextStatus } from '../pipeline/job-machine.ts';
import { type Dialect, readJson, writeFlag, writeJson } from './codec.ts';
import { newId } from './id.node.ts';
import { type Database, databaseError } from './open.node.ts';
import type { JobsTable, Tables } from './tables.ts';

/** What was asked for beyond the seed's columns. */
export const jobOptionsSchema = z.object({
  folder: z.string(),
  out: z.string(),
  renderer: z.enum(['depth_parallax', 'ken_burns']),
  modelSet: z.enum(['auto', 'standard', 'light', 'fixture', 'none']),
  beatSync: z.boolean(),
});
export type JobOptions = z.infer<typeof jobOptionsSchema>;

export interface Job {
  readonly id: string;
  readonly listingId: string;
  readonly status: JobStatus;
  readonly currentPhase: number;
  readonly template: TemplateName;
  readonly targetSeconds: number;
  readonly musicPath: string | null;
  readonly bpm: number | null;
  readonly beatOffset: number | null;
  readonly options: JobOptions;
}

export type NewJob = Pick<Job, 'listingId' | 'template' | 'targetSeconds' | 'musicPath' | 'options'>;

const now = (): string => new Date().toISOString();

/** The row of a new job, for those who write many at once. */
export function newJobRow(dialect: Dialect, job: NewJob) {
  return {
    id: newId(),
    listing_id: job.listingId,
    status: 'draft',
    current_phase: 0,
    template_type: job.template,
    target_length: job.targetSeconds,
    music_uri: job.musicPath,
    bpm: null,
    beat_offset: null,
    enable_beat_sync: writeFlag(true, dialect),
    options: writeJson(job.options),
    analysis_summary: null,
    error: null,
    created_at: now(),
    updated_at: now(),
  };
}

export async function createJob({ db, dialect }: Database, job: NewJob): Promise<string> {
  const row = newJobRow(dialect, job);
  await db.insertInto('jobs').values(row).execute();
  return row.id;
}

/** Changes what is asked of a job; its results stay until the phases that depend on it run again. */
export async function updateJob({ db }: Database, id: string, job: NewJob): Promise<void> {
  await db
    .updateTable('jobs')
    .set({
      listing_id: job.listingId,
      template_type: job.template,
      target_length: job.targetSeconds,
      music_uri: job.musicPath,
      options: writeJson(job.options),
      updated_at: now(),
    })
    .where('id', '=', id)
    .execute();
}

/** The newest job of a listing, or of the whole database when no listing is named. */
export async function findJob({ db }: Database, listingId?: string): Promise<Job | undefined> {
  let query = db.selectFrom('jobs').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1);
  if (listingId !== undefined) query = query.where('listing_id', '=', listingId);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : toJob(row);
}

function toJob(row: Selectable<JobsTable>): Job {
  return {
    id: row.id,
    listingId: row.listing_id,
    status: z.enum(JOB_STATUSES).parse(row.status),
    currentPhase: row.current_phase,
    template: z.enum(TEMPLATE_NAMES).parse(row.template_type),
    targetSeconds: row.target_length,
    musicPath: row.music_uri,
    bpm: row.bpm,
    beatOffset: row.beat_offset,
    options: readJson(jobOptionsSchema, row.options),
  };
}

export async function setJobBeats({ db }: Database, id: string, bpm: number, beatOffset: number): Promise<void> {
  await db.updateTable('jobs').set({ bpm, beat_offset: beatOffset, updated_at: now() }).where('id', '=', id).execute();
}

/** The phase that each event completes. */
const COMPLETES: Partial<Record<JobEvent, number>> = {
  analysis_done: 1,
  rendering_done: 2,
  timeline_built: 3,
  delivered: 4,
};

/**
 * Moves a job through its state machine and writes the event, in one transaction.
 * Throws `transition_refused` when the rules do not allow it; nothing is changed then.
 */
export async function transitionJob(
  { db }: Database,
  id: string,
  event: JobEvent,
  facts: JobFacts,
  details?: ErrorData | Record<string, unknown>,
): Promise<JobStatus> {
  try {
    return await db.transaction().execute((trx) => moveJobIn(trx, id, event, facts, details));
  } catch (error) {
    throw databaseError(error);
  }
}

/** The same inside the caller's transaction. */
export async function moveJobIn(
  trx: Kysely<Tables>,
  id: string,
  event: JobEvent,
  facts: JobFacts,
  details?: ErrorData | Record<string, unknown>,
): Promise<JobStatus> {
  const row = await trx.selectFrom('jobs').select(['status', 'current_phase']).where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new PicaividError('database_failed', `There is no job ${id}.`);
  const from = z.enum(JOB_STATUSES).parse(row.status);
  const to = nextStatus(from, event, facts);
  await trx
    .updateTable('jobs')
    .set({
      status: to,
      current_phase: COMPLETES[event] ?? row.current_phase,
      error: event === 'fail' && details !== undefined ? writeJson(details) : null,
      updated_at: now(),
    })
    .where('id', '=', id)
    .execute();
  await trx
    .insertInto('job_events')
    .values({
      id: newId(),
      job_id: id,
      event,
      from_status: from,
      to_status: to,
      details: details === undefined ? null : writeJson(details),
      created_at: now(),
    })
    .execute();
  return to;
}

/** One decision of a person. Pairs are unordered. */
export type Decision =
  | { readonly kind: 'room_override'; readonly photoId: string; readonly room: RoomType | null }
  | { readonly kind: 'exclude'; readonly photoId: string; readonly excluded: boolean }
  | { readonly kind: 'hero'; readonly photoId: string; readonly hero: boolean }
  | { readonly kind: 'motion'; readonly photoId: string; readonly motion: Motion | null }
  | { readonly kind: 'duration'; readonly photoId: string; readonly seconds: number | null }
  | { readonly kind: 'link'; readonly pair: readonly [string, string]; readonly link: 'must' | 'cannot' | null };

function decisionRow(decision: Decision): { subject: string; value: unknown } {
  switch (decision.kind) {
    case 'room_override':
      return { subject: decision.photoId, value: decision.room };
    case 'exclude':
      return { subject: decision.photoId, value: decision.excluded };
    case 'hero':
      return { subject: decision.photoId, value: decision.hero };
    case 'motion':
      return { subject: decision.photoId, value: decision.motion };
    case 'duration':
      return { subject: decision.photoId, value: decision.seconds };
    case 'link':
      return { subject: [...decision.pair].sort().join('|'), value: decision.link };
  }
}

/** Records decisions in one transaction: all of a bulk action or nothing. The photo rows show overrides at once. */
export async function saveDecisions(
  { db, dialect }: Database,
  jobId: string,
  decisions: readonly Decision[],
  userId: string | null = null,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const decision of decisions) {
      const { subject, value } = decisionRow(decision);
      const stored = writeJson({ value });
      await trx
        .insertInto('decisions')
        .values({
          id: newId(),
          job_id: jobId,
          kind: decision.kind,
          subject,
          value: stored,
          user_id: userId,
          created_at: now(),
        })
        .onConflict((conflict) =>
          conflict
            .columns(['job_id', 'kind', 'subject'])
            .doUpdateSet({ value: stored, user_id: userId, created_at: now() }),
        )
        .execute();
      if (decision.kind === 'room_override')
        await trx
          .updateTable('photos')
          .set({ room_override: decision.room })
          .where('job_id', '=', jobId)
          .where('photo_key', '=', subject)
          .execute();
      if (decision.kind === 'exclude')
        await trx
          .updateTable('photos')
          .set({ exclude: writeFlag(decision.excluded, dialect) })
          .where('job_id', '=', jobId)
          .where('photo_key', '=', subject)
          .execute();
    }
  });
}

const storedValue = <T>(schema: z.ZodType<T>, stored: unknown): T =>
  readJson(z.object({ value: schema }), stored).value;

/** All decisions of a job as the phases take them. */
export async function loadDecisions({ db }: Database, jobId: string): Promise<HumanDecisions> {
  const rows = await db
    .selectFrom('decisions')
    .select(['kind', 'subject', 'value'])
    .where('job_id', '=', jobId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const roomOverride: Record<string, RoomType> = {};
  const motions: Record<string, Motion> = {};
  const durationsSeconds: Record<string, number> = {};
  const excluded: string[] = [];
  const heroes: string[] = [];
  const mustLink: (readonly [string, string])[] = [];
  const cannotLink: (readonly [string, string])[] = [];
  for (const { kind, subject, value } of rows) {
    if (kind === 'room_override') {
      const room = storedValue(z.enum(ROOM_TYPES).nullable(), value);
      if (room !== null) roomOverride[subject] = room;
    } else if (kind === 'motion') {
      const motion = storedValue(z.enum(MOTIONS).nullable(), value);
      if (motion !== null) motions[subject] = motion;
    } else if (kind === 'duration') {
      const seconds = storedValue(z.number().positive().nullable(), value);
      if (seconds !== null) durationsSeconds[subject] = seconds;
    } else if (kind === 'exclude') {
      if (storedValue(z.boolean(), value)) excluded.push(subject);
    } else if (kind === 'hero') {
      if (storedValue(z.boolean(), value)) heroes.push(subject);
    } else if (kind === 'link') {
      const [a = '', b = ''] = subject.split('|');
      const link = storedValue(z.enum(['must', 'cannot']).nullable(), value);
      if (link === 'must') mustLink.push([a, b]);
      if (link === 'cannot') cannotLink.push([a, b]);
    }
  }
  return { roomOverride, excluded, mustLink, cannotLink, heroes, motions, durationsSeconds };
}
