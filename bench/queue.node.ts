/**
 * `queue`: 50 workers on one Postgres. How long from the commit that makes a task until a waiting worker has begun it,
 * and how many tasks a second go through, beside pg-boss's own loop of fetch and complete on the same server.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { pino } from 'pino';
import { newId } from '../db/id.node.ts';
import { type Database, openMigrated } from '../db/open.node.ts';
import { startTestPostgres, type TestPostgres } from '../db/testing/postgres.node.ts';
import type { NewTask } from '../main/fleet/contract.ts';
import { fleetStore } from '../main/fleet/store.node.ts';
import { openPgBoss } from '../main/queue/pgboss.node.ts';
import type { Queue } from '../main/queue/queue.ts';
import { type Execute, Worker } from '../main/worker/worker.node.ts';
import type { BenchResult } from './types.ts';

const WORKERS = 50;
const LISTINGS = 100;
const GOAL_MS = 250;
const GOAL_SHARE = 0.7;
/** Of the server, in both loops: what `openDatabase` takes. */
const CONNECTIONS = 8;
const log = pino({ level: 'silent' });

export interface QueueBenchOptions {
  /** Tasks of each loop. */
  readonly tasks: number;
  /** Tasks whose start is timed, and how many of them come a second. */
  readonly starts: number;
  readonly startsASecond: number;
  /** Loops are run this often in turn; the median counts. */
  readonly rounds: number;
}

const newTask = (n: number): NewTask => ({ teamId: 'team', listingId: `listing-${n % LISTINGS}`, jobId: null, kind: 'render', subject: newId(), outputKey: 'spec', input: { clipId: 'a clip' }, priority: 0, createdBy: 'bench' }); // biome-ignore format: one shape
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const quantile = (values: readonly number[], share: number): number => [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0; // biome-ignore format: one expression

/** Tasks a second of 50 loops that each do one step until it says that nothing is left. */
async function loops(tasks: number, step: () => Promise<boolean>): Promise<number> {
  const begun = performance.now();
  await Promise.all(Array.from({ length: WORKERS }, async () => { while (await step()); })); // biome-ignore format: one loop
  return tasks / ((performance.now() - begun) / 1000);
}

async function bareLoop(postgres: TestPostgres, tasks: number): Promise<number> {
  const boss = new PgBoss({ connectionString: await postgres.createDatabase(), max: CONNECTIONS, schedule: false });
  await boss.start();
  try {
    await boss.createQueue('bare');
    for (let n = 0; n < tasks; n += 1_000)
      await boss.insert('bare', Array.from({ length: Math.min(1_000, tasks - n) }, () => ({ data: { clipId: 'a clip' } }))); // biome-ignore format: one call
    return await loops(tasks, async () => {
      const [job] = await boss.fetch('bare');
      if (job === undefined) return false;
      await boss.complete('bare', job.id, { done: true });
      return true;
    });
  } finally {
    await boss.stop({ graceful: false });
  }
}

async function storeLoop(postgres: TestPostgres, tasks: number): Promise<number> {
  const database = await openMigrated(await postgres.createDatabase());
  try {
    const store = fleetStore(database.db);
    for (let n = 0; n < tasks; n += 1_000)
      await store.enqueue(Array.from({ length: Math.min(1_000, tasks - n) }, (_, index) => newTask(n + index)));
    return await loops(tasks, async () => {
      const lease = await store.claim({ id: newId(), type: 'gpu' });
      if (lease === undefined) return false;
      await store.complete(lease, { done: true });
      return true;
    });
  } finally {
    await database.close();
  }
}

interface Fleet {
  readonly database: Database;
  readonly queue: Queue;
  stop(): Promise<void>;
}

async function startFleet(postgres: TestPostgres, render: Execute): Promise<Fleet> {
  const url = await postgres.createDatabase();
  const database = await openMigrated(url);
  const queue = await openPgBoss(database.db, { url, log });
  const probe = { cpus: 1, memoryMiB: 1, gpus: [], platform: 'bench' };
  const workers = Array.from({ length: WORKERS }, (_, index) => new Worker({ type: 'gpu', store: fleetStore(database.db), queue, execute: { render }, log, version: 'bench', probe, name: `worker-${index}` })); // biome-ignore format: one call
  const runs = workers.map((worker) => worker.run());
  return {
    database,
    queue,
    stop: async () => {
      for (const worker of workers) worker.drain('The bench is over.');
      await Promise.all(runs);
      await queue.close();
      await database.close();
    },
  };
}

/** Makes tasks and their messages in one transaction, as the service does. */
function enqueue({ database, queue }: Fleet, tasks: readonly NewTask[]): Promise<void> {
  return database.db.transaction().execute(async (trx) => {
    const made = await fleetStore(trx).enqueue(tasks);
    await queue.send(trx, 'gpu', made.map(({ id }) => ({ kind: 'task', taskId: id }))); // biome-ignore format: one call
  });
}

/** Milliseconds from just before the commit's transaction until a worker's hands have the task. */
async function startTimes(postgres: TestPostgres, { starts, startsASecond }: QueueBenchOptions): Promise<readonly number[]> {
  const enqueuedMs = new Map<string, number>();
  const times: number[] = [];
  const fleet = await startFleet(postgres, async ({ task }) => {
    times.push(performance.now() - (enqueuedMs.get(task.subject) ?? Number.NaN));
    await sleep(500);
    return { result: {} };
  });
  try {
    await sleep(1_000);
    const made: Promise<void>[] = [];
    for (let n = 0; n < starts; n += 1) {
      const task = newTask(n);
      enqueuedMs.set(task.subject, performance.now());
      made.push(enqueue(fleet, [task]));
      await sleep(1_000 / startsASecond);
    }
    await Promise.all(made);
    while (times.length < starts) await sleep(20);
  } finally {
    await fleet.stop();
  }
  return times;
} // biome-ignore format: one signature

/** The whole way: message, claim, lease, heartbeats, states of the worker, result. */
async function workersLoop(postgres: TestPostgres, tasks: number): Promise<number> {
  let done = 0;
  const fleet = await startFleet(postgres, async () => ({ result: { done: true }, commit: async () => { done += 1; } })); // biome-ignore format: one call
  try {
    const begun = performance.now();
    for (let n = 0; n < tasks; n += 500)
      await enqueue(
        fleet,
        Array.from({ length: Math.min(500, tasks - n) }, (_, index) => newTask(n + index)),
      );
    while (done < tasks) await sleep(5);
    return tasks / ((performance.now() - begun) / 1000);
  } finally {
    await fleet.stop();
  }
}

export async function benchQueue(asked: Partial<QueueBenchOptions> = {}): Promise<BenchResult> {
  const options: QueueBenchOptions = { tasks: 5_000, starts: 600, startsASecond: 40, rounds: 3, ...asked };
  const postgres = await startTestPostgres();
  try {
    const bare: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      bare.push(await bareLoop(postgres, options.tasks));
      ours.push(await storeLoop(postgres, options.tasks));
    }
    const share = median(ours) / median(bare);
    const whole = await workersLoop(postgres, options.tasks);
    const times = await startTimes(postgres, options);
    const p95 = quantile(times, 0.95);
    return {
      name: 'queue',
      rows: [
        { what: 'from a task’s transaction to a waiting worker’s start, p95', value: p95, unit: 'ms', goal: `≤ ${GOAL_MS} ms`, met: p95 <= GOAL_MS },
        { what: 'the same, p50', value: quantile(times, 0.5), unit: 'ms' },
        { what: 'the same, longest', value: Math.max(...times), unit: 'ms' },
        { what: 'claim and complete, share of pg-boss’s bare loop', value: share, unit: '×', goal: `≥ ${GOAL_SHARE}`, met: share >= GOAL_SHARE },
        { what: 'claim and complete', value: median(ours), unit: 'tasks/s' },
        { what: 'pg-boss’s bare fetch and complete', value: median(bare), unit: 'tasks/s' },
        { what: 'whole workers, enqueuing included', value: whole, unit: 'tasks/s' },
      ],
      notes: [
        `${WORKERS} loops in this process, ${CONNECTIONS} connections, ${options.tasks} tasks of ${LISTINGS} listings, all queued before; median of ${options.rounds} rounds in turn.`,
        `Starts: ${options.starts} tasks, ${options.startsASecond} a second, each 0.5 s of work, through pg-boss’s messages. PostgreSQL shares this machine’s processors.`,
        'Whole workers: the real worker’s loop with work that takes no time: message, lease, states, result.',
      ],
    }; // biome-ignore format: a table
  } finally {
    await postgres.stop();
  }
}
