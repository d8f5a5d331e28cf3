/** The fleet as a team sees it: its tasks with their places in the queue, the workers, what more work would take. */
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { ERROR_CODES } from '../../base/errors.ts';
import { readFlag, readJson, readMoment } from '../../db/codec.ts';
import type { Tables } from '../../db/tables.ts';
import { probeSchema, TASK_KINDS } from '../fleet/contract.ts';
import { WORKER_TYPES, type WorkerType } from '../queue/queue.ts';
import type { Estimate, FleetAnswer, FleetTaskView, WorkerView } from './fleet-api.ts';

type Db = Kysely<Tables>;

/** Tasks in one answer; unfinished ones come first. */
const MOST_TASKS = 2_000;
/** Finished tasks that an estimate is made from. */
const RECENT_TASKS = 50;

const kindSchema = z.enum(TASK_KINDS);
const typeSchema = z.enum(WORKER_TYPES);
const stateSchema = z.enum(['queued', 'leased', 'done', 'failed', 'cancelled']);
const workerStateSchema = z.enum(['idle', 'busy', 'draining', 'gone']);
const errorSchema = z.object({ code: z.enum(ERROR_CODES), message: z.string() });

const momentOrNull = (stored: Date | string | null): string | null => (stored === null ? null : readMoment(stored));

export interface TaskFilter {
  readonly listingId?: string;
  /** These; otherwise the unfinished ones and those of the last hour. */
  readonly ids?: readonly string[];
}

/** A look at the whole queue serves everybody who asks within this time, milliseconds. */
const PLACES_MS = 1_000;

/** Places in the queues, from 1; kept for a moment, for a fleet may have ten thousand tasks waiting. */
class Places {
  private readonly looks = new WeakMap<Db, { readonly atMs: number; readonly places: Promise<Map<string, number>> }>();

  async of(db: Db, queued: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (queued.length === 0) return new Map();
    const known = this.looks.get(db);
    if (known !== undefined && Date.now() - known.atMs < PLACES_MS) {
      const places = await known.places;
      if (queued.every((id) => places.has(id))) return places;
    }
    const places = this.read(db);
    this.looks.set(db, { atMs: Date.now(), places });
    places.catch(() => this.looks.delete(db));
    return places;
  }

  private async read(db: Db): Promise<Map<string, number>> {
    const rows = await db
      .selectFrom('fleet_tasks')
      .select(['id', 'worker_type'])
      .where('state', '=', 'queued')
      .orderBy('worker_type')
      .orderBy('priority', 'desc')
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    const last = new Map<string, number>();
    return new Map(
      rows.map(({ id, worker_type }) => {
        const place = (last.get(worker_type) ?? 0) + 1;
        last.set(worker_type, place);
        return [id, place];
      }),
    );
  }
}
const places = new Places();

/** The team's tasks as studios see them: those at work, those that wait by their place, those that ended. */
export async function taskViews(db: Db, teamId: string, filter: TaskFilter): Promise<FleetTaskView[]> {
  const { listingId, ids } = filter;
  const rows = await db
    .selectFrom('fleet_tasks as t')
    .leftJoin('listings as l', 'l.id', 't.listing_id')
    .leftJoin('workers as w', 'w.id', 't.worker_id')
    .select([
      't.id', 't.listing_id', 't.kind', 't.subject', 't.output_key', 't.state', 't.priority', 't.attempts', 't.stalls',
      't.worker_id', 't.fraction', 't.sentence', 't.error', 't.started_at', 't.heartbeat_at', 't.created_at',
      't.updated_at', 'l.name as listing_name', 'w.name as worker_name',
    ]) // biome-ignore format: one glance
    .where('t.team_id', '=', teamId)
    .$if(listingId !== undefined, (qb) => qb.where('t.listing_id', '=', listingId ?? ''))
    .$if(ids !== undefined, (qb) => qb.where('t.id', 'in', [...(ids ?? [])]))
    .$if(ids === undefined, (qb) =>
      qb.where((eb) =>
        eb.or([
          eb('t.state', 'in', ['queued', 'leased']),
          eb('t.updated_at', '>', sql<string>`now() - interval '1 hour'`),
        ]),
      ),
    )
    .orderBy(sql`case t.state when 'leased' then 0 when 'queued' then 1 else 2 end`)
    .orderBy('t.priority', 'desc')
    .orderBy('t.created_at')
    .orderBy('t.id')
    .limit(MOST_TASKS)
    .execute();
  const place = await places.of(
    db,
    rows.filter(({ state }) => state === 'queued').map(({ id }) => id),
  );
  return rows.map((row) => ({
    id: row.id,
    listingId: row.listing_id,
    listingName: row.listing_name ?? '',
    kind: kindSchema.parse(row.kind),
    subject: row.subject,
    outputKey: row.output_key,
    state: stateSchema.parse(row.state),
    place: place.get(row.id) ?? null,
    priority: row.priority,
    attempts: row.attempts,
    stalls: row.stalls,
    workerId: row.worker_id,
    workerName: row.worker_name,
    fraction: row.fraction,
    sentence: row.sentence,
    error: row.error === null ? null : readJson(errorSchema, row.error),
    startedAt: momentOrNull(row.started_at),
    heartbeatAt: momentOrNull(row.heartbeat_at),
    createdAt: readMoment(row.created_at),
    updatedAt: readMoment(row.updated_at),
  }));
}

/** Workers that are there, and those that went in the last ten minutes. Their tasks are told only to their team. */
export async function workerViews(db: Db, teamId: string): Promise<WorkerView[]> {
  const rows = await db
    .selectFrom('workers as w')
    .leftJoin('fleet_tasks as t', (join) =>
      join.onRef('t.worker_id', '=', 'w.id').on('t.state', '=', 'leased').on('t.team_id', '=', teamId),
    )
    .selectAll('w')
    .select('t.id as task_id')
    .where((eb) =>
      eb.or([eb('w.state', '!=', 'gone'), eb('w.heartbeat_at', '>', sql<string>`now() - interval '10 minutes'`)]),
    )
    .orderBy('w.started_at')
    .orderBy('w.id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    type: typeSchema.parse(row.type),
    name: row.name,
    version: row.version,
    state: workerStateSchema.parse(row.state),
    probe: readJson(probeSchema, row.probe),
    costPerHourMicros: row.cost_per_hour_micros === null ? null : Number(row.cost_per_hour_micros),
    spot: readFlag(row.spot),
    noticeAt: momentOrNull(row.notice_at),
    startedAt: readMoment(row.started_at),
    heartbeatAt: readMoment(row.heartbeat_at),
    taskId: row.task_id,
  }));
}

export async function fleetAnswer(db: Db, teamId: string, listingId: string | undefined): Promise<FleetAnswer> {
  const [tasks, workers] = await Promise.all([
    taskViews(db, teamId, listingId === undefined ? {} : { listingId }),
    workerViews(db, teamId),
  ]);
  const there = workers.filter(({ state }) => state !== 'gone');
  return {
    tasks,
    workers,
    costPerHourMicros: there.reduce((sum, { costPerHourMicros }) => sum + (costPerHourMicros ?? 0), 0),
    now: new Date().toISOString(),
  };
}

/** Types of which a worker is there now. */
export async function liveTypes(db: Db): Promise<ReadonlySet<WorkerType>> {
  const rows = await db
    .selectFrom('workers')
    .select('type')
    .distinct()
    .where('state', 'in', ['idle', 'busy'])
    .execute();
  return new Set(rows.map(({ type }) => typeSchema.parse(type)));
}

/**
 * From the median time that the last tasks of this type took, the workers that take new ones, and what waits before at
 * this priority or a higher one. Cost: the clips' own time at the mean price of those workers; null where one has none.
 */
export async function estimate(db: Db, type: WorkerType, priority: number, clips: number): Promise<Estimate> {
  const [recent, waiting, workers] = await Promise.all([
    db
      .selectFrom((qb) =>
        qb
          .selectFrom('fleet_tasks')
          .select(sql<number>`extract(epoch from updated_at - started_at)`.as('seconds'))
          .where('kind', '=', 'render')
          .where('state', '=', 'done')
          .where('worker_type', '=', type)
          .where('started_at', 'is not', null)
          .orderBy('updated_at', 'desc')
          .limit(RECENT_TASKS)
          .as('recent'),
      )
      .select(sql<number | null>`percentile_cont(0.5) within group (order by recent.seconds)`.as('median'))
      .executeTakeFirst(),
    db
      .selectFrom('fleet_tasks')
      .select(sql<string>`count(*)`.as('count'))
      .where('worker_type', '=', type)
      .where((eb) => eb.or([eb('state', '=', 'leased'), eb.and([eb('state', '=', 'queued'), eb('priority', '>=', priority)])])) // biome-ignore format: one condition
      .executeTakeFirst(),
    db
      .selectFrom('workers')
      .select('cost_per_hour_micros')
      .where('type', '=', type)
      .where('state', 'in', ['idle', 'busy'])
      .execute(),
  ]);
  const each = recent?.median === null || recent?.median === undefined ? null : Number(recent.median);
  const waitingBefore = Number(waiting?.count ?? 0);
  const prices = workers.map(({ cost_per_hour_micros: price }) => (price === null ? null : Number(price)));
  const known = prices.filter((price) => price !== null);
  const price = known.length === 0 || known.length < prices.length ? null : known.reduce((a, b) => a + b, 0) / known.length; // biome-ignore format: one line
  return {
    clips,
    seconds: each === null || workers.length === 0 ? null : Math.ceil((waitingBefore + clips) / workers.length) * each,
    workers: workers.length,
    waitingBefore,
    costMicros: each === null || price === null ? null : Math.round((clips * each * price) / 3600),
  };
}
