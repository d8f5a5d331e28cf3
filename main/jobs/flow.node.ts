/**
 * The way of a job through its phases: which tasks follow when one ends. Each step is made in the transaction that ends
 * the step before it, so that a job never stands still because somebody died between the two.
 *
 *   analyze (1) → timeline (3) → a render task for each clip (2) → in review → assemble (4), once it is approved
 *
 * Phase 3 comes before phase 2: clips are rendered just as long as the cut shows them, and no others.
 */
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { ERROR_CODES, PicaividError } from '../../base/errors.ts';
import { readJson } from '../../db/codec.ts';
import { moveJobIn } from '../../db/jobs.node.ts';
import type { Actor } from '../../db/sync/protocol.ts';
import type { Tables } from '../../db/tables.ts';
import { dueEvent, type JobEvent, type JobFacts } from '../../pipeline/job-machine.ts';
import { type FleetStore, type FleetTaskKind, type NewTask, PRIORITY, type RenderInput, WORKER_OF } from '../fleet/contract.ts'; // biome-ignore format: one list
import type { Queue } from '../queue/queue.ts';
import type { JobPhase } from '../service/jobs-api.ts';
import { tellBackend } from './callbacks.node.ts';
import { filmNow, jobFacts } from './film-now.node.ts';
import { type JobRow, listingName, readJob } from './job-row.node.ts';

export interface FlowParts {
  /** The store on this connection or inside this transaction. */
  readonly fleet: (db: Kysely<Tables>) => FleetStore;
  readonly queue: Queue;
}

const KIND_OF: Readonly<Record<JobPhase, FleetTaskKind>> = { 1: 'analyze', 2: 'render', 3: 'timeline', 4: 'assemble' };
/** What a phase is called while it is under way; phase 3 has no state of its own. */
const BEGINS: Readonly<Partial<Record<JobPhase, JobEvent>>> = { 1: 'start_analysis', 2: 'start_rendering', 4: 'start_assembly' }; // biome-ignore format: one glance
/** By the kind of its tasks. */
export const BEGINS_BY_KIND: Readonly<Record<FleetTaskKind, JobEvent | undefined>> = { analyze: BEGINS[1], timeline: BEGINS[3], render: BEGINS[2], assemble: BEGINS[4] }; // biome-ignore format: one glance
const WORKER_ACTOR: Actor = { name: 'Fleet', role: 'worker' };

/** The phase that a job goes on with by itself. Throws `transition_refused` where only a person can. */
export function nextPhase(job: Pick<JobRow, 'status' | 'currentPhase'>): JobPhase {
  switch (job.status) {
    case 'draft':
    case 'analyzing':
      return 1;
    case 'planned':
      return 3;
    case 'timeline_ready':
    case 'rendering':
      return 2;
    case 'approved':
    case 'assembling':
      return 4;
    case 'failed':
      // The phases end in the order 1, 3, 2, 4.
      return job.currentPhase === 0 ? 1 : job.currentPhase === 1 ? 3 : job.currentPhase === 3 ? 2 : 4;
    case 'rendered':
    case 'in_review':
      throw new PicaividError('transition_refused', 'Its clips are being reviewed. Once they are approved it can be assembled.'); // biome-ignore format: one sentence
    case 'delivered':
      throw new PicaividError('transition_refused', 'The film is delivered. Name the phase to begin again from.');
  }
}

/** Begins a phase: moves the job and makes the tasks and their messages. Inside the caller's transaction. */
export async function beginPhase(trx: Kysely<Tables>, parts: FlowParts, job: JobRow, phase: JobPhase): Promise<void> {
  const tasks = phase === 2 ? await renderTasks(trx, job) : [phaseTask(job, phase)];
  const event = BEGINS[phase];
  const facts = await factsOf(trx, job);
  if (event !== undefined && !(phase === 2 && tasks.length === 0)) await moveJobIn(trx, job.id, event, facts);
  if (phase === 2 && tasks.length === 0) return rendered(trx, job);
  await sendTasks(trx, parts, tasks);
  await tell(trx, job);
}

/** Makes tasks and wakes workers for them. */
export async function sendTasks(trx: Kysely<Tables>, parts: FlowParts, tasks: readonly NewTask[]): Promise<void> {
  const made = await parts.fleet(trx).enqueue(tasks);
  for (const type of ['cpu', 'gpu'] as const) {
    const woken = made.filter(({ workerType, state }) => workerType === type && state === 'queued');
    const messages = woken.map(({ id }) => ({ kind: 'task', taskId: id }) as const);
    if (messages.length > 0) await parts.queue.send(trx, type, messages, { priority: woken[0]?.priority ?? 0 });
  }
}

function phaseTask(job: JobRow, phase: JobPhase): NewTask {
  const kind = KIND_OF[phase];
  return {
    teamId: job.teamId,
    listingId: job.listingId,
    jobId: job.id,
    kind,
    subject: '',
    outputKey: `${kind} ${job.id}`,
    input: { jobId: job.id },
    priority: PRIORITY.batch,
    createdBy: listingName(job),
    workerType: WORKER_OF[kind],
  };
}

/** A task for each clip of the film that lacks the take it asks for. Throws `transition_refused` without a film. */
async function renderTasks(trx: Kysely<Tables>, job: JobRow): Promise<readonly NewTask[]> {
  const film = await filmNow(trx, job);
  if (film === undefined)
    throw new PicaividError('transition_refused', 'There is no film to render yet: phases 1 and 3 come first.');
  return film.clips.flatMap(({ clip, asked, take }): NewTask[] => {
    if (asked === undefined)
      throw new PicaividError('file_not_found', 'A photo of the film is not in the team’s storage.');
    if (take !== undefined) return [];
    const { spec, hash, photo } = asked;
    const flat = spec.depthSha256 === null || photo.depth_sha256 === null;
    const input: RenderInput = {
      clipId: clip.id,
      askedHash: hash,
      spec,
      photo: { sha256: photo.sha256, bytes: Number(photo.bytes), file: photo.file },
      depth: flat ? null : { sha256: photo.depth_sha256 ?? '', bytes: Number(photo.depth_bytes ?? 0) },
      person: WORKER_ACTOR,
    };
    return [
      {
        teamId: job.teamId,
        listingId: job.listingId,
        jobId: job.id,
        kind: 'render',
        subject: clip.id,
        outputKey: hash,
        input,
        priority: PRIORITY.batch,
        createdBy: listingName(job),
      },
    ];
  });
}

const factsOf = async (trx: Kysely<Tables>, job: JobRow): Promise<JobFacts> => jobFacts(await filmNow(trx, job));

/** States that follow what people sign and edit; in any other a phase is under way or has yet to run. */
const REVIEWED: readonly JobRow['status'][] = ['timeline_ready', 'rendered', 'in_review', 'approved', 'delivered'];
/** From any state the facts lead to their own in fewer. */
const MOST_EVENTS = 4;

/**
 * Brings a job of the backend up to date with what people did: approved once each clip of the film is signed, back in
 * review when the film changes or a signature is taken back. Inside the caller's transaction. Gives the status.
 * `again`: a job that failed is looked at too, as it is about to be run once more.
 */
export async function followReview(trx: Kysely<Tables>, job: JobRow, again = false): Promise<JobRow['status']> {
  if (!REVIEWED.includes(job.status) && !(again && job.status === 'failed')) return job.status;
  const { rows } = await sql`
    select 1 from fleet_tasks where job_id = ${job.id} and state in ('queued', 'leased') limit 1`.execute(trx);
  const film = await filmNow(trx, job);
  const facts = {
    ...jobFacts(film),
    clips: film?.clips.length ?? 0,
    renderedClips: film?.clips.filter(({ take }) => take !== undefined).length ?? 0,
    rendering: rows.length > 0,
    vouched: false,
  };
  let { status } = job;
  for (let step = 0; step < MOST_EVENTS; step++) {
    const event = dueEvent(status, facts);
    if (event === undefined) break;
    await moveJobIn(trx, job.id, event, facts);
    status = (await readJob(trx, job.teamId, job.id))?.status ?? status;
  }
  if (status !== job.status) await tell(trx, job);
  return status;
}

/** Operations after which a film may be approved, or no longer. */
const CHANGES_REVIEW = /^(?:review\.decide|take\.|clip\.seed|film\.)/;

/** After a push: the jobs of its listings that wait for people, brought up to date. Gives how many moved. */
export async function followPush(
  db: Kysely<Tables>,
  teamId: string,
  operations: readonly { readonly listingId: string; readonly body: { readonly kind: string } }[],
): Promise<number> {
  const ids = new Set(
    operations.filter(({ body }) => CHANGES_REVIEW.test(body.kind)).map(({ listingId }) => listingId),
  );
  return ids.size === 0 ? 0 : followAll(db, await waitingJobs(db, { teamId, listingIds: [...ids] }));
}

/** Every job that waits for people: once at the start, for what a service that was killed had not followed. */
export const followAllJobs = async (db: Kysely<Tables>): Promise<number> => followAll(db, await waitingJobs(db));

interface WaitingJob {
  readonly id: string;
  readonly team_id: string | null;
}

/** Only the backend is told and only its jobs are run here: of others each studio knows the state by itself. */
function waitingJobs(
  db: Kysely<Tables>,
  of?: { readonly teamId: string; readonly listingIds: readonly string[] },
): Promise<WaitingJob[]> {
  let query = db
    .selectFrom('jobs')
    .innerJoin('listings', 'listings.job_id', 'jobs.id')
    .select(['jobs.id', 'jobs.team_id'])
    .where('jobs.status', 'in', [...REVIEWED])
    .where(sql<boolean>`jobs.options -> 'backend' is not null`);
  // By the listings' keys: this is asked after every push of a film's step.
  if (of !== undefined)
    query = query.where('listings.team_id', '=', of.teamId).where('listings.id', 'in', [...of.listingIds]);
  return query.execute();
}

async function followAll(db: Kysely<Tables>, jobs: readonly WaitingJob[]): Promise<number> {
  let moved = 0;
  for (const { id, team_id: teamId } of jobs) {
    if (teamId === null) continue;
    await db.transaction().execute(async (trx) => {
      const job = await readJob(trx, teamId, id, true);
      if (job !== undefined && (await followReview(trx, job)) !== job.status) moved += 1;
    });
  }
  return moved;
}

async function rendered(trx: Kysely<Tables>, job: JobRow): Promise<void> {
  const facts = await factsOf(trx, job);
  const { status } = (await readJob(trx, job.teamId, job.id)) ?? job;
  if (status === 'rendering') await moveJobIn(trx, job.id, 'rendering_done', facts);
  if (['rendering', 'rendered', 'timeline_ready', 'failed'].includes(status))
    await moveJobIn(trx, job.id, 'submit_review', facts);
  await tell(trx, job);
}

const errorSchema = z.object({ code: z.enum(ERROR_CODES), message: z.string() }).catch({ code: 'internal', message: 'A task failed.' }); // biome-ignore format: one shape

const WORKING: Readonly<Partial<Record<JobRow['status'], FleetTaskKind>>> = { analyzing: 'analyze', planned: 'timeline', rendering: 'render', assembling: 'assemble' }; // biome-ignore format: one glance
/** The tasks that a job in this state waits for. */
export const kindOf = (status: JobRow['status']): FleetTaskKind | undefined => WORKING[status];

/**
 * Brings a job up to date with its tasks: rendered when none is left, failed when one is given up. Inside the caller's
 * transaction, after a task ended; and now and then for tasks that nobody lived to tell of. True when it moved.
 */
export async function settleJob(trx: Kysely<Tables>, teamId: string, jobId: string): Promise<boolean> {
  const job = await readJob(trx, teamId, jobId, true);
  if (job === undefined) return false;
  const kind = kindOf(job.status);
  if (kind === undefined) return false;
  // The newest task of each subject: an older one that failed was tried again since.
  const { rows } = await sql<{ state: string; error: unknown }>`
    select distinct on (subject) state, error from fleet_tasks
    where job_id = ${jobId} and kind = ${kind} order by subject, created_at desc, id desc`.execute(trx);
  if (rows.length === 0 || rows.some(({ state }) => state === 'queued' || state === 'leased')) return false;
  const failed = rows.find(({ state }) => state === 'failed');
  if (failed !== undefined) {
    const error = failed.error === null ? errorSchema.parse(null) : readJson(errorSchema, failed.error);
    await moveJobIn(trx, jobId, 'fail', { hasTimeline: true, unapprovedClips: 0 }, error);
    await tell(trx, job);
    return true;
  }
  if (kind !== 'render' || rows.every(({ state }) => state === 'cancelled')) return false;
  await rendered(trx, job);
  return true;
}

/** Tells the backend where the job stands now. */
export async function tell(trx: Kysely<Tables>, { id, teamId }: Pick<JobRow, 'id' | 'teamId'>): Promise<void> {
  const job = await readJob(trx, teamId, id);
  if (job?.backend === undefined) return;
  await tellBackend(trx, {
    job_id: job.id,
    listing_id: listingName(job),
    status: job.status,
    current_phase: job.currentPhase,
    error: job.error,
  });
}

/** Jobs that a task was given up of and nobody has told: settled one by one. Gives how many moved. */
export async function settleJobs(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ id: string; team_id: string }>`
    select j.id, j.team_id from jobs j
    where j.team_id is not null and j.status in ('analyzing', 'planned', 'rendering', 'assembling')
      and exists (select 1 from fleet_tasks t where t.job_id = j.id and t.state in ('failed', 'done'))
      and not exists (select 1 from fleet_tasks t where t.job_id = j.id and t.state in ('queued', 'leased'))
    limit 200`.execute(db);
  let moved = 0;
  for (const { id, team_id } of rows)
    if (await db.transaction().execute((trx) => settleJob(trx, team_id, id))) moved += 1;
  return moved;
}
