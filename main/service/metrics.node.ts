/** Figures for Prometheus: requests, the feed, and what the fleet should be scaled by. */
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Tables } from '../../db/tables.ts';
import type { ServiceParts } from './parts.ts';

/** Scrapes within this time share one look at the database, milliseconds. */
const FRESH_MS = 2_000;

export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

export interface MetricsSources {
  readonly parts: ServiceParts;
  readonly pool: (() => PoolState) | undefined;
  readonly waitingReaders: () => number;
  /** Event loop, memory and garbage collection of the process: once in a process. */
  readonly ofProcess: boolean;
}

export class Metrics {
  readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'picaivid_http_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'route', 'status'],
    registers: [this.registry],
  });
  private readonly seconds = new Histogram({
    name: 'picaivid_http_request_seconds',
    help: 'Time from request to answer, without the time that a feed waited for news.',
    labelNames: ['method', 'route'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
  private readonly lag = new Histogram({
    name: 'picaivid_feed_lag_seconds',
    help: 'Time from when an operation took effect to when a waiting reader was sent it.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 30],
    registers: [this.registry],
  });
  readonly operations = new Counter({
    name: 'picaivid_sync_operations_total',
    help: 'Operations answered, by outcome.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  private readonly sources: MetricsSources;
  private looked: { readonly atMs: number; readonly done: Promise<void> } | undefined;
  private readonly gauges: Readonly<Record<GaugeName, Gauge>>;

  constructor(sources: MetricsSources) {
    this.sources = sources;
    if (sources.ofProcess) collectDefaultMetrics({ register: this.registry, prefix: 'picaivid_' });
    const gauge = (name: GaugeName): [GaugeName, Gauge] => [
      name,
      new Gauge({ name: `picaivid_${name}`, help: GAUGES[name][0], labelNames: [...GAUGES[name][1]], registers: [this.registry] }), // biome-ignore format: one call
    ];
    this.gauges = Object.fromEntries(GAUGE_NAMES.map(gauge)) as Record<GaugeName, Gauge>;
  }

  answered(method: string, route: string, status: number, seconds: number): void {
    this.requests.inc({ method, route, status });
    this.seconds.observe({ method, route }, seconds);
  }

  /** Entries that were sent to a reader who had waited for them. */
  delivered(at: readonly string[]): void {
    const now = Date.now();
    for (const moment of at) this.lag.observe(Math.max(0, now - Date.parse(moment)) / 1000);
  }

  /** Prometheus's text format. What only the database knows is left out while it is away. */
  async text(): Promise<string> {
    const now = Date.now();
    if (this.looked === undefined || now - this.looked.atMs > FRESH_MS)
      this.looked = { atMs: now, done: this.look().catch(() => this.gauges.database_up.set(0)) };
    await this.looked.done;
    return this.registry.metrics();
  }

  private async look(): Promise<void> {
    const { parts, pool, waitingReaders } = this.sources;
    const { gauges } = this;
    gauges.feed_readers.set(waitingReaders());
    if (pool !== undefined) {
      const { total, idle, waiting } = pool();
      gauges.pool_connections.set({ state: 'busy' }, total - idle);
      gauges.pool_connections.set({ state: 'idle' }, idle);
      gauges.pool_waiting.set(waiting);
    }
    const [backlog, tasks, workers, messages, outbound] = await Promise.all([
      parts.fleet(parts.db).backlog(),
      countTasks(parts.db),
      countWorkers(parts.db),
      parts.queue.status(),
      countOutbound(parts.db),
    ]);
    gauges.database_up.set(1);
    for (const name of ['tasks', 'workers', 'queue_messages', 'outbound_waiting'] as const) gauges[name].reset();
    for (const one of backlog) {
      gauges.backlog_queued.set({ type: one.type }, one.queued);
      gauges.backlog_leased.set({ type: one.type }, one.leased);
      gauges.backlog_oldest_seconds.set({ type: one.type }, one.oldestSeconds);
      // With no worker, every task counts as one worker's: above 0 starts the first, 0 lets the last go.
      gauges.backlog_per_worker.set({ type: one.type }, (one.queued + one.leased) / Math.max(1, one.workers));
    }
    for (const { kind, state, count } of tasks) gauges.tasks.set({ kind, state }, Number(count));
    for (const { type, state, count } of workers) gauges.workers.set({ type, state }, Number(count));
    for (const { type, waiting, inFlight, dead } of messages) {
      gauges.queue_messages.set({ type, state: 'waiting' }, waiting);
      gauges.queue_messages.set({ type, state: 'in_flight' }, inFlight);
      gauges.queue_messages.set({ type, state: 'dead' }, dead);
    }
    for (const { channel, count } of outbound) gauges.outbound_waiting.set({ channel }, Number(count));
  }
}

const GAUGES = {
  database_up: ['1 when the last look at the database got an answer.', []],
  feed_readers: ['Studios that wait for news on this process.', []],
  pool_connections: ['Connections to Postgres of this process.', ['state']],
  pool_waiting: ['Requests that wait for a connection.', []],
  tasks: ['Tasks of the fleet: unfinished ones, and those of the last hour.', ['kind', 'state']],
  workers: ['Workers of the last hour by state.', ['type', 'state']],
  backlog_queued: ['Tasks that wait for a worker.', ['type']],
  backlog_leased: ['Tasks in workers’ hands.', ['type']],
  backlog_oldest_seconds: ['How long the oldest task has waited.', ['type']],
  backlog_per_worker: ['Unfinished tasks for each worker: the signal to scale by, down to zero.', ['type']],
  queue_messages: ['Messages of the queue.', ['type', 'state']],
  outbound_waiting: ['Messages that have not left yet.', ['channel']],
} as const satisfies Record<string, readonly [string, readonly string[]]>;
type GaugeName = keyof typeof GAUGES;
const GAUGE_NAMES = Object.keys(GAUGES) as GaugeName[];

type Db = Kysely<Tables>;
const count = sql<string>`count(*)`.as('count');

function countTasks(db: Db) {
  return db
    .selectFrom('fleet_tasks')
    .select(['kind', 'state', count])
    .where((eb) =>
      eb.or([eb('state', 'in', ['queued', 'leased']), eb('updated_at', '>', sql<string>`now() - interval '1 hour'`)]),
    )
    .groupBy(['kind', 'state'])
    .execute();
}

function countWorkers(db: Db) {
  return db
    .selectFrom('workers')
    .select(['type', 'state', count])
    .where('heartbeat_at', '>', sql<string>`now() - interval '1 hour'`)
    .groupBy(['type', 'state'])
    .execute();
}

function countOutbound(db: Db) {
  return db
    .selectFrom('outbound_messages')
    .select(['channel', count])
    .where('sent_at', 'is', null)
    .groupBy('channel')
    .execute();
}
