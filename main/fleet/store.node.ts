/**
 * Tasks, leases and workers over Postgres. Every call is one statement, or one transaction; all times are the database's
 * clock, for a worker's own may be wrong. A claim raises the task's fencing token, and what is said with an older one
 * changes nothing (Kleppmann, "How to do distributed locking", 2016; the sweep after OpenCue's maintenance manager).
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { ERROR_CODES, type ErrorData } from '../../base/errors.ts';
import { readFlag, readJson, readMoment, writeJson } from '../../db/codec.ts';
import { databaseError } from '../../db/open.node.ts';
import type { Tables } from '../../db/tables.ts';
import { ringText, WAKE_CHANNEL } from '../queue/bell.node.ts';
import { WORKER_TYPES } from '../queue/queue.ts';
import {
  CLOCKS,
  type FleetStore,
  type FleetTask,
  type Lease,
  LIMITS,
  PRIORITY,
  probeSchema,
  TASK_KINDS,
  type WorkerRow,
} from './contract.ts';
import { enqueueTasks } from './enqueue.node.ts';

/** Leased tasks of one listing at a time; a batch of it leaves room for others. */
const PER_LISTING = 32;
/** A claim that was one too many of its listing is tried again, for there may be other listings. */
const CLAIM_TRIES = 3;
/** Seconds before a failed task is tried again: 5, 25, 125. */
const BACKOFF_BASE = 5;
const TASK_STATES = ['queued', 'leased', 'done', 'failed', 'cancelled'] as const;
const errorSchema = z.object({ code: z.enum(ERROR_CODES), message: z.string() }).catch({ code: 'internal', message: 'An error that this version does not know.' }); // biome-ignore format: one shape

export interface FleetStoreOptions {
  /** Scaled in tests. */
  readonly clocks?: Partial<Record<keyof typeof CLOCKS, number>>;
  readonly limits?: Partial<Record<keyof typeof LIMITS, number>>;
  /** Seconds before attempt `n + 1` after `n` failures. */
  readonly backoffSeconds?: (attempts: number) => number;
  readonly perListing?: number;
}

interface TaskRow {
  readonly id: string;
  readonly team_id: string;
  readonly listing_id: string;
  readonly job_id: string | null;
  readonly kind: string;
  readonly subject: string;
  readonly output_key: string;
  readonly input: unknown;
  readonly state: string;
  readonly worker_type: string;
  readonly priority: number;
  readonly attempts: number;
  readonly stalls: number;
  readonly token: number | string;
  readonly worker_id: string | null;
  readonly fraction: number;
  readonly sentence: string;
  readonly checkpoint: unknown;
  readonly error: unknown;
  readonly result: unknown;
  readonly started_at: Date | string | null;
  readonly heartbeat_at: Date | string | null;
  readonly created_at: Date | string;
  readonly updated_at: Date | string;
}

/** The store on a connection, or inside a transaction of the caller's. */
export function fleetStore(db: Kysely<Tables>, options: FleetStoreOptions = {}): FleetStore {
  const clocks = { ...CLOCKS, ...options.clocks };
  const limits = { ...LIMITS, ...options.limits };
  const perListing = options.perListing ?? PER_LISTING;
  const backoff = options.backoffSeconds ?? ((attempts: number) => BACKOFF_BASE ** Math.min(attempts, 4));
  const inTransaction = <T>(body: (trx: Kysely<Tables>) => Promise<T>): Promise<T> =>
    db.isTransaction ? body(db) : db.transaction().execute(body);
  /** Of this claim and no later one. */
  const held = ({ task, token, workerId }: Lease): RawBuilder<unknown> =>
    sql`id = ${task.id} and state = 'leased' and token = ${token} and worker_id = ${workerId}`;
  const free = sql`worker_id = null, lease_until = null, expires_at = null, heartbeat_at = null, updated_at = now()`;

  /** Wakes those that wait: there is work again that no message tells of. */
  const ring = async (types: readonly string[]): Promise<void> => {
    for (const type of new Set(types))
      await sql`select pg_notify(${WAKE_CHANNEL}, ${ringText(type, types.filter((one) => one === type).length, true)})`.execute(
        db,
      );
  };

  /** The first of the fair order that may be begun; the index gives it, whatever waits behind. */
  const claimNext = async (worker: Parameters<FleetStore['claim']>[0], taskId: string | undefined) => {
    const only = taskId === undefined ? sql`true` : sql`id = ${taskId}`;
    const { rows } = await sql<TaskRow & { readonly at_work: string }>`
      update fleet_tasks t set state = 'leased', token = token + 1, worker_id = ${worker.id},
        lease_until = now() + ${milliseconds(clocks.leaseMs)}, expires_at = now() + ${milliseconds(clocks.attemptMs)},
        heartbeat_at = now(), started_at = now(), fraction = 0, sentence = '', updated_at = now()
      where id = (
        select id from fleet_tasks where state = 'queued' and worker_type = ${worker.type} and ${only}
          and (not_before is null or not_before <= now()) and listing_id not in (
            select listing_id from fleet_tasks where state = 'leased' group by listing_id having count(*) >= ${perListing})
        order by priority desc, turn, id limit 1 for update skip locked
      ) and state = 'queued'
      returning *, (select count(*) from fleet_tasks o where o.state = 'leased' and o.listing_id = t.listing_id) as at_work`.execute(db); // biome-ignore format: one query
    return rows[0];
  };

  /** Gives a claim back that is one too many of its listing, as if it had not been. */
  const stepBack = async (lease: Lease): Promise<boolean> => {
    const { rows } = await sql`
      update fleet_tasks set state = 'queued', started_at = null, ${free} where ${held(lease)} and ${perListing} < (
        select count(*) from fleet_tasks where state = 'leased' and listing_id = ${lease.task.listingId}
      ) returning id`.execute(db);
    return rows.length > 0;
  };

  return {
    enqueue: (tasks) => guarded(async () => (await enqueueTasks<TaskRow>(db, tasks)).map(toTask)),

    claim: (worker, taskId) =>
      guarded(async () => {
        for (let tries = 0; tries < CLAIM_TRIES; tries += 1) {
          const row = await claimNext(worker, taskId);
          if (row === undefined) return undefined;
          const lease = { task: toTask(row), token: Number(row.token), workerId: worker.id };
          // Several who claim in the same instant do not see each other: whoever then sees too many steps back.
          if ((Number(row.at_work) + 1) * 2 < perListing || !(await stepBack(lease))) return lease;
        }
        return undefined;
      }),

    heartbeat: (lease, progress) =>
      guarded(async () => {
        const said =
          progress === undefined
            ? sql``
            : sql`, fraction = ${progress.fraction}, sentence = ${progress.sentence}${progress.checkpoint === undefined ? sql`` : sql`, checkpoint = ${writeJson(progress.checkpoint)}`}`;
        // A worker that the sweep took for gone, and that still holds its lease, is there again.
        const { rows } = await sql`
          with beat as (
            update fleet_tasks set heartbeat_at = now(), lease_until = now() + ${milliseconds(clocks.leaseMs)}${said}
            where ${held(lease)} and expires_at > now() returning id
          ), alive as (
            update workers set heartbeat_at = now(),
              state = case when state = 'gone' and exists (select 1 from beat) then 'busy' else state end
            where id = ${lease.workerId}
          ) select id from beat`.execute(db);
        if (rows.length > 0) return 'held';
        const { rows: now } = await sql<{ state: string }>`select state from fleet_tasks where id = ${lease.task.id}`.execute(db); // biome-ignore format: one query
        return now[0]?.state === 'cancelled' ? 'cancelled' : 'lost';
      }),

    complete: (lease, result, commit) =>
      guarded(async () => {
        const end = async (on: Kysely<Tables>): Promise<boolean> => {
          const { rows } = await sql`
            update fleet_tasks set state = 'done', result = ${writeJson(result)}, error = null, fraction = 1,
              lease_until = null, expires_at = null, updated_at = now()
            where ${held(lease)} returning id`.execute(on);
          return rows.length > 0;
        };
        // A single statement needs no transaction around it: two round trips less.
        if (commit === undefined) return end(db);
        return inTransaction(async (trx) => {
          if (!(await end(trx))) return false;
          await commit(trx);
          return true;
        });
      }),

    fail: (lease, error) =>
      guarded(async () => {
        const attempts = lease.task.attempts + 1;
        const dead = attempts >= limits.attempts || HOPELESS.has(error.code);
        const { rows } = await sql`
          update fleet_tasks set state = ${dead ? 'failed' : 'queued'}, attempts = ${attempts},
            error = ${writeJson({ code: error.code, message: error.message })},
            not_before = now() + ${milliseconds(backoff(attempts) * 1000)}, ${free}
          where ${held(lease)} returning id`.execute(db);
        return rows.length > 0;
      }),

    release: (lease, reason) =>
      guarded(async () => {
        const { rows } = await sql`
          update fleet_tasks set ${stalled(limits.stalls)}, sentence = ${reason}, not_before = null, ${free}
          where ${held(lease)} returning id`.execute(db);
        if (rows.length > 0) await ring([lease.task.workerType]);
        return rows.length > 0;
      }),

    sweep: () =>
      guarded(async () => {
        const { rows: taken } = await sql<{ worker_type: string }>`
          update fleet_tasks set ${stalled(limits.stalls)}, sentence = 'Its worker was silent for too long.', not_before = null, ${free}
          where id in (select id from fleet_tasks where state = 'leased' and (lease_until < now() or expires_at < now())
            for update skip locked) returning worker_type`.execute(db);
        if (taken.length > 0) await ring(taken.map(({ worker_type }) => worker_type));
        const { rows: gone } = await sql`
          update workers set state = 'gone' where state <> 'gone'
            and heartbeat_at < now() - ${milliseconds(clocks.leaseMs * 2)} returning id`.execute(db);
        await sql`delete from workers where state = 'gone' and heartbeat_at < now() - interval '7 days'`.execute(db);
        return { taken: taken.length, gone: gone.length };
      }),

    cancel: (teamId, taskIds) =>
      guarded(async () => {
        if (taskIds.length === 0) return 0;
        const { rows } = await sql`
          update fleet_tasks set state = 'cancelled', ${free}
          where team_id = ${teamId} and id in (${sql.join(taskIds)}) and state in ('queued', 'leased') returning id`.execute(db); // biome-ignore format: one query
        return rows.length;
      }),

    retry: (teamId, taskIds) =>
      guarded(async () => {
        if (taskIds.length === 0) return 0;
        // One unfinished task for an output: where another one was made since, that one stands.
        const { rows } = await sql`
          update fleet_tasks t set state = 'queued', attempts = 0, stalls = 0, error = null, not_before = null,
            priority = greatest(priority, ${PRIORITY.person}), updated_at = now()
          where team_id = ${teamId} and id in (${sql.join(taskIds)}) and state in ('failed', 'cancelled')
            and not exists (select 1 from fleet_tasks o where o.team_id = t.team_id and o.kind = t.kind
              and o.subject = t.subject and o.output_key = t.output_key and o.state in ('queued', 'leased'))
          returning id`.execute(db);
        return rows.length;
      }),

    tasks: (teamId, { listingId, unfinished, limit = 1000 }) =>
      guarded(async () => {
        const { rows } = await sql<TaskRow>`
          select * from fleet_tasks where team_id = ${teamId}
            and ${listingId === undefined ? sql`true` : sql`listing_id = ${listingId}`}
            and ${unfinished === true ? sql`state in ('queued', 'leased')` : sql`true`}
          order by created_at desc, id desc limit ${limit}`.execute(db);
        return rows.map(toTask);
      }),

    register: (worker) =>
      guarded(async () => {
        await sql`
          insert into workers (id, type, name, version, state, probe, cost_per_hour_micros, spot, started_at, heartbeat_at)
          values (${worker.id}, ${worker.type}, ${worker.name}, ${worker.version}, 'idle', ${writeJson(worker.probe)},
            ${worker.costPerHourMicros}, ${worker.spot}, now(), now())
          on conflict (id) do update set state = 'idle', probe = excluded.probe, version = excluded.version,
            heartbeat_at = now()`.execute(db);
      }),

    workerState: (id, state, notice) =>
      guarded(async () => {
        const noticed = notice === true ? sql`, notice_at = coalesce(notice_at, now())` : sql``;
        await sql`update workers set state = ${state}, heartbeat_at = now()${noticed} where id = ${id}`.execute(db);
      }),

    workers: () =>
      guarded(async () => {
        const rows = await db.selectFrom('workers').selectAll().where('state', '!=', 'gone').orderBy('started_at').execute(); // biome-ignore format: one query
        return rows.map(
          (row): WorkerRow => ({
            id: row.id,
            type: z.enum(WORKER_TYPES).parse(row.type),
            name: row.name,
            version: row.version,
            state: z.enum(['idle', 'busy', 'draining', 'gone']).parse(row.state),
            probe: readJson(probeSchema, row.probe),
            costPerHourMicros: row.cost_per_hour_micros === null ? null : Number(row.cost_per_hour_micros),
            spot: readFlag(row.spot),
            noticeAt: row.notice_at === null ? null : readMoment(row.notice_at),
            startedAt: readMoment(row.started_at),
            heartbeatAt: readMoment(row.heartbeat_at),
          }),
        );
      }),

    backlog: () =>
      guarded(async () => {
        const { rows } = await sql<{
          type: string;
          queued: string;
          leased: string;
          workers: string;
          oldest: number | null;
        }>`
          select k.type,
            (select count(*) from fleet_tasks where worker_type = k.type and state = 'queued') as queued,
            (select count(*) from fleet_tasks where worker_type = k.type and state = 'leased') as leased,
            (select count(*) from workers where type = k.type and state in ('idle', 'busy')) as workers,
            (select extract(epoch from now() - min(created_at))::float8 from fleet_tasks
              where worker_type = k.type and state = 'queued') as oldest
          from (values ('cpu'), ('gpu')) as k(type)`.execute(db);
        return rows.map((row) => ({
          type: z.enum(WORKER_TYPES).parse(row.type),
          queued: Number(row.queued),
          leased: Number(row.leased),
          workers: Number(row.workers),
          oldestSeconds: row.oldest ?? 0,
        }));
      }),
  };
}

/** Errors that another attempt meets too. */
const HOPELESS: ReadonlySet<ErrorData['code']> = new Set<ErrorData['code']>(['bad_usage', 'no_usable_photos', 'transition_refused', 'plan_impossible']); // biome-ignore format: one glance

/** Interrupted once more: back into the queue, or given up when it happens again and again. */
const stalled = (most: number): RawBuilder<unknown> => sql`
  state = case when stalls + 1 >= ${most} then 'failed' else 'queued' end, stalls = stalls + 1,
  error = case when stalls + 1 >= ${most} then '{"code":"internal","message":"Its workers were interrupted too often."}'::jsonb else error end`; // biome-ignore format: one expression

const milliseconds = (ms: number): RawBuilder<unknown> => sql`make_interval(secs => ${ms / 1000})`;

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw databaseError(error);
  }
}

function toTask(row: TaskRow): FleetTask {
  return {
    id: row.id,
    teamId: row.team_id,
    listingId: row.listing_id,
    jobId: row.job_id,
    kind: z.enum(TASK_KINDS).parse(row.kind),
    subject: row.subject,
    outputKey: row.output_key,
    input: row.input,
    state: z.enum(TASK_STATES).parse(row.state),
    workerType: z.enum(WORKER_TYPES).parse(row.worker_type),
    priority: row.priority,
    attempts: row.attempts,
    stalls: row.stalls,
    workerId: row.worker_id,
    fraction: row.fraction,
    sentence: row.sentence,
    checkpoint: row.checkpoint,
    error: row.error === null ? null : errorSchema.parse(row.error),
    result: row.result,
    startedAt: row.started_at === null ? null : readMoment(row.started_at),
    heartbeatAt: row.heartbeat_at === null ? null : readMoment(row.heartbeat_at),
    createdAt: readMoment(row.created_at),
    updatedAt: readMoment(row.updated_at),
  };
}
