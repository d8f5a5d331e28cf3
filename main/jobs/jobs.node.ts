/**
 * Jobs of the upstream backend: made from its listing's photos and music, run phase by phase on the fleet, looked at,
 * cancelled. A job belongs to a listing of the team, so that studios see it, mend it, review it and deliver it too.
 */
import { type Kysely, sql } from 'kysely';
import { PicaividError } from '../../base/errors.ts';
import { readJson, writeJson } from '../../db/codec.ts';
import { newId } from '../../db/id.node.ts';
import { jobOptionsSchema, moveJobIn } from '../../db/jobs.node.ts';
import type { Actor, OperationBody } from '../../db/sync/protocol.ts';
import type { Tables } from '../../db/tables.ts';
import type { JobCreate, JobPhase, JobState } from '../service/jobs-api.ts';
import type { Caller, JobsService } from '../service/parts.ts';
import { blobKey, type Storage } from '../storage/storage.ts';
import { beginPhase, type FlowParts, followReview, kindOf, nextPhase, tell } from './flow.node.ts';
import { type BackendAsked, type JobRow, listingName, readJob } from './job-row.node.ts';

export interface JobsParts extends FlowParts {
  readonly db: Kysely<Tables>;
  readonly storage: Storage;
  /** Writes an operation into the team's order, inside the transaction. */
  readonly append: (trx: Kysely<Tables>, teamId: string, listingId: string, actor: Actor, body: OperationBody) => Promise<void>; // biome-ignore format: one shape
}

/** Links to a finished film are good for this long, seconds. */
const FILM_LINK_SECONDS = 900;
const actorOf = ({ keyName, role }: Caller): Actor => ({ name: keyName, role });

export function jobsService(parts: JobsParts): JobsService {
  const { db } = parts;
  const inTransaction = <T>(body: (trx: Kysely<Tables>) => Promise<T>): Promise<T> => db.transaction().execute(body);

  return {
    create: (caller, asked) =>
      inTransaction(async (trx) => {
        const found = await findListing(trx, caller.teamId, asked.listing_id);
        const listingId = found ?? newId();
        if (found === undefined)
          await parts.append(trx, caller.teamId, listingId, actorOf(caller), {
            kind: 'listing.create',
            name: asked.name ?? `Listing ${asked.listing_id}`,
            template: asked.template_type,
            targetSeconds: asked.target_length,
            createdAt: new Date().toISOString(),
          });
        const jobId = await ask(trx, caller.teamId, listingId, asked);
        const job = await mustJob(trx, caller.teamId, jobId);
        return stateOf(trx, parts.storage, job);
      }),

    async state(caller, jobId) {
      const job = await readJob(db, caller.teamId, jobId);
      return job === undefined ? undefined : stateOf(db, parts.storage, job);
    },

    run: (caller, jobId, startPhase) =>
      inTransaction(async (trx) => {
        const job = await readJob(trx, caller.teamId, jobId, true);
        if (job === undefined) return undefined;
        const status = await followReview(trx, job, true);
        const phase = startPhase ?? nextPhase({ ...job, status });
        const { rows } = await sql`
          select 1 from fleet_tasks where job_id = ${jobId} and state in ('queued', 'leased') limit 1`.execute(trx);
        // Asked twice: it runs already.
        if (rows.length === 0) await beginPhase(trx, parts, job, phase);
        return stateOf(trx, parts.storage, await mustJob(trx, caller.teamId, jobId));
      }),

    cancel: (caller, jobId) =>
      inTransaction(async (trx) => {
        const job = await readJob(trx, caller.teamId, jobId, true);
        if (job === undefined) return undefined;
        const { rows } = await sql<{ id: string }>`
          select id from fleet_tasks where job_id = ${jobId} and state in ('queued', 'leased')`.execute(trx);
        const ids = rows.map(({ id }) => id);
        if (ids.length > 0) await parts.fleet(trx).cancel(caller.teamId, ids);
        if (['analyzing', 'rendering', 'assembling'].includes(job.status))
          await moveJobIn(trx, jobId, 'interrupted', { hasTimeline: true, unapprovedClips: 0 });
        await tell(trx, job);
        return stateOf(trx, parts.storage, await mustJob(trx, caller.teamId, jobId));
      }),
  };
}

/** What a message of the queue asks for: the job as its team has it. Errors as of `run`. */
export async function runFromMessage(parts: JobsParts, jobId: string, startPhase: JobPhase | undefined): Promise<void> {
  const row = await parts.db.selectFrom('jobs').select('team_id').where('id', '=', jobId).executeTakeFirst();
  if (row === undefined || row.team_id === null)
    throw new PicaividError('file_not_found', `There is no job ${jobId} of a team.`);
  const caller: Caller = { keyId: '', keyName: 'Queue', role: 'producer', teamId: row.team_id, teamName: '' };
  await jobsService(parts).run(caller, jobId, startPhase);
}

/** The listing that the backend means: a listing of the team, or the one that an earlier job of it came to. */
async function findListing(
  trx: Kysely<Tables>,
  teamId: string,
  asked: JobCreate['listing_id'],
): Promise<string | undefined> {
  // Two requests for one listing at once make one: the team's row is the lock.
  await sql`select 1 from teams where id = ${teamId} for update`.execute(trx);
  const own = await trx
    .selectFrom('listings')
    .select('id')
    .where('team_id', '=', teamId)
    .where('id', '=', String(asked))
    .executeTakeFirst();
  if (own !== undefined) return own.id;
  const { rows } = await sql<{ listing_id: string }>`
    select listing_id from jobs where team_id = ${teamId}
      and options -> 'backend' -> 'listing' = ${JSON.stringify(asked)}::jsonb
    order by created_at desc limit 1`.execute(trx);
  return rows[0]?.listing_id;
}

/** Writes what is asked for into the listing's job. */
async function ask(trx: Kysely<Tables>, teamId: string, listingId: string, asked: JobCreate): Promise<string> {
  const row = await trx
    .selectFrom('listings')
    .innerJoin('jobs', 'jobs.id', 'listings.job_id')
    .select(['jobs.id', 'jobs.options'])
    .where('listings.id', '=', listingId)
    .where('listings.team_id', '=', teamId)
    .executeTakeFirstOrThrow();
  const backend: BackendAsked = { listing: asked.listing_id, photos: asked.photos, music: asked.music_uri };
  const options = { ...readJson(jobOptionsSchema, row.options), beatSync: asked.enable_beat_sync, backend };
  await trx
    .updateTable('jobs')
    .set({
      team_id: teamId,
      listing_id: listingId,
      template_type: asked.template_type,
      target_length: asked.target_length,
      music_uri: typeof asked.music_uri === 'string' ? asked.music_uri : (asked.music_uri?.sha256 ?? null),
      enable_beat_sync: asked.enable_beat_sync,
      options: writeJson(options),
      updated_at: new Date().toISOString(),
    })
    .where('id', '=', row.id)
    .execute();
  return row.id;
}

async function mustJob(db: Kysely<Tables>, teamId: string, jobId: string): Promise<JobRow> {
  const job = await readJob(db, teamId, jobId);
  if (job === undefined) throw new PicaividError('database_failed', `The job ${jobId} is gone.`);
  return job;
}

async function stateOf(db: Kysely<Tables>, storage: Storage, job: JobRow): Promise<JobState> {
  // Of each subject the newest task: an older one that failed was tried again since.
  const { rows } = await sql<{ fraction: number; sentence: string; state: string }>`
    select distinct on (subject) fraction, sentence, state from fleet_tasks
    where job_id = ${job.id} and kind = ${kindOf(job.status) ?? ''} order by subject, created_at desc, id desc`.execute(
    db,
  );
  const running = rows.find(({ state }) => state === 'leased');
  const share = rows.reduce((sum, { state, fraction }) => sum + (state === 'done' ? 1 : fraction), 0);
  const film = await db
    .selectFrom('fleet_tasks')
    .select('result')
    .where('job_id', '=', job.id)
    .where('kind', '=', 'assemble')
    .where('state', '=', 'done')
    .orderBy('updated_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const sha256 = filmOf(film?.result);
  return {
    job_id: job.id,
    listing_id: listingName(job),
    status: job.status,
    current_phase: job.currentPhase,
    template_type: job.template,
    target_length: job.targetSeconds,
    music_uri: job.musicUri,
    bpm: job.bpm,
    beat_offset: job.beatOffset,
    enable_beat_sync: job.beatSync,
    fraction: rows.length === 0 ? 0 : share / rows.length,
    sentence: running?.sentence ?? '',
    film_uri:
      sha256 === undefined || job.status !== 'delivered'
        ? null
        : (await storage.signGet(blobKey(job.teamId, sha256), FILM_LINK_SECONDS)).url,
    error: job.error,
    created_at: job.createdAt,
    updated_at: job.updatedAt,
  };
}

function filmOf(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null || !('film' in result)) return undefined;
  const { film } = result;
  return typeof film === 'object' && film !== null && 'sha256' in film && typeof film.sha256 === 'string'
    ? film.sha256
    : undefined;
}
