/** A worker's loop on a real Postgres and its queue: leases, draining, Spot notices, silence, cancelling. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import { newId } from '../../db/id.node.ts';
import { type Database, migrateUp, openDatabase } from '../../db/open.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import type { FleetStore, FleetTask } from '../fleet/contract.ts';
import { fleetStore } from '../fleet/store.node.ts';
import { openPgBoss } from '../queue/pgboss.node.ts';
import type { Queue } from '../queue/queue.ts';
import { BlobCache } from './cache.node.ts';
import { probeMachine, readGpus } from './probe.node.ts';
import { SpotWatch } from './spot-notice.node.ts';
import { fakeMetadata } from './testing/fake-metadata.node.ts';
import { type Execute, Worker, type WorkerOptions } from './worker.node.ts';

const log = pino({ level: 'silent' });
const TEAM = newId();
const probe = { cpus: 2, memoryMiB: 100, gpus: [], platform: 'test' };
let postgres: TestPostgres;
let database: Database;
let queue: Queue;
let store: FleetStore;
const workers: Worker[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  const url = await postgres.createDatabase();
  database = await openDatabase(url);
  await migrateUp(database);
  queue = await openPgBoss(database.db, { url, log });
  store = fleetStore(database.db, { backoffSeconds: () => 0 });
});
afterAll(async () => {
  await queue.close();
  await database.close();
  await postgres.stop();
});
beforeEach(async () => {
  for (const worker of workers.splice(0)) {
    worker.drain('next test');
    await worker.run();
  }
  await sql`delete from fleet_tasks`.execute(database.db);
});

function start(execute: Execute, options: Partial<WorkerOptions> = {}): Worker {
  const worker = new Worker({
    type: 'gpu',
    store,
    queue,
    log,
    version: '1',
    probe,
    execute: { render: execute },
    clocks: { heartbeatEveryMs: 50, leaseMs: 400 },
    ...options,
  });
  workers.push(worker);
  void worker.run();
  return worker;
}
async function enqueue(): Promise<FleetTask> {
  const [task] = await database.db.transaction().execute(async (trx) => {
    const made = await fleetStore(trx).enqueue([
      {
        teamId: TEAM,
        listingId: 'l',
        jobId: null,
        kind: 'render',
        subject: newId(),
        outputKey: 'k',
        input: {},
        priority: 0,
        createdBy: 't',
      },
    ]);
    await queue.send(
      trx,
      'gpu',
      made.map(({ id }) => ({ kind: 'task', taskId: id })),
    );
    return made;
  });
  return task ?? expect.unreachable('no task');
}
const seen = async (id: string): Promise<FleetTask> =>
  (await store.tasks(TEAM, {})).find((task) => task.id === id) ?? expect.unreachable('it is gone');
const until = (id: string, what: Partial<FleetTask>) =>
  vi.waitFor(async () => expect(await seen(id)).toMatchObject(what), { timeout: 10_000, interval: 20 });
/** Works until it is stopped. */
const endless: Execute = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new PicaividError('cancelled', 'Stopped.')), { once: true });
  });

describe('a worker', () => {
  test('whose result is refused by what stands in the tables fails the task, and does not try for ever', async () => {
    const task = await enqueue();
    let tries = 0;
    start(async () => ({
      result: {},
      commit: async () => {
        tries += 1;
        throw new PicaividError('transition_refused', 'The job is not there any more.');
      },
    }));
    await until(task.id, { state: 'failed', error: { code: 'transition_refused', message: 'The job is not there any more.' } }); // biome-ignore format: one call
    expect(tries).toBe(1);
  });

  test('does what it is woken for, tells its progress, and commits the result with the end', async () => {
    const events: string[] = [];
    const task = await enqueue();
    start(async (lease, { onProgress }) => {
      onProgress({ fraction: 0.4, sentence: 'Drawing', checkpoint: { frame: 12 } });
      await until(lease.task.id, { fraction: 0.4, sentence: 'Drawing', checkpoint: { frame: 12 } });
      return {
        result: { fine: true },
        commit: async (trx) => {
          const { rows } = await sql<{ state: string }>`select state from fleet_tasks where id = ${task.id}`.execute(
            trx,
          );
          events.push(`committed while ${rows[0]?.state}`);
        },
      };
    });
    await until(task.id, { state: 'done', result: { fine: true } });
    expect(events).toEqual(['committed while done']);
  });

  test('tries a failure again, and gives up after three', async () => {
    let tries = 0;
    const task = await enqueue();
    start(async () => {
      tries += 1;
      throw new PicaividError('model_failed', 'It did not load.');
    });
    await until(task.id, {
      state: 'failed',
      attempts: 3,
      error: { code: 'model_failed', message: 'It did not load.' },
    });
    expect(tries).toBe(3);
  });

  test('told to go it gives its task back at once, no attempt counted, and takes no other', async () => {
    const task = await enqueue();
    const worker = start(endless);
    await until(task.id, { state: 'leased' });
    worker.drain('SIGTERM');
    expect(await worker.run()).toBe('drained');
    expect(await seen(task.id)).toMatchObject({ state: 'queued', attempts: 0, stalls: 1, workerId: null });
    expect((await store.workers()).some(({ id }) => id === worker.id)).toBe(false);
  });

  test('on a Spot notice it finishes what fits into the time left, and gives back what does not', async () => {
    const metadata = await fakeMetadata();
    const short = await enqueue();
    const worker = start(async (_, { onProgress }) => {
      onProgress({ fraction: 0.9, sentence: 'Nearly' });
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { result: 'in time' };
    });
    const watch = new SpotWatch({
      baseUrl: metadata.url,
      everyMs: 20,
      log,
      onNotice: ({ at }) => worker.drain('Spot', Date.parse(at)),
    });
    await until(short.id, { state: 'leased' });
    metadata.forgetTokens();
    metadata.notice(new Date(Date.now() + 120_000).toISOString());
    expect(await worker.run()).toBe('drained');
    expect(await seen(short.id)).toMatchObject({ state: 'done', result: 'in time' });
    await watch.close();
    expect(metadata.refused()).toBeGreaterThan(0);

    const long = await enqueue();
    const other = start(endless);
    await until(long.id, { state: 'leased' });
    other.drain('Spot', Date.now() + 5_000);
    expect(await other.run()).toBe('drained');
    expect(await seen(long.id)).toMatchObject({ state: 'queued', attempts: 0, stalls: 1 });
    await metadata.close();
  });

  test('silent for too long it has lost the task: it stops, and its late result is refused', async () => {
    const task = await enqueue();
    let stopped = false;
    let finish = (): void => {};
    const deaf: FleetStore = { ...store, heartbeat: () => Promise.reject(new Error('the network is away')) };
    const late = start(
      (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            stopped = true;
          });
          finish = () => resolve({ result: 'late' });
        }),
      { store: deaf },
    );
    await until(task.id, { state: 'leased', workerId: late.id });
    await vi.waitFor(() => expect(stopped).toBe(true), { timeout: 5_000 });
    await sql`update fleet_tasks set lease_until = now() - interval '1 second'`.execute(database.db);
    expect(await store.sweep()).toMatchObject({ taken: 1 });
    const other = start(async () => ({ result: 'in its place' }));
    await until(task.id, { state: 'done', result: 'in its place' });
    finish();
    late.drain('over');
    await late.run();
    expect(await seen(task.id)).toMatchObject({ result: 'in its place' });
    other.drain('over');
    await other.run();
  });

  test('a cancelled task is let go', async () => {
    const task = await enqueue();
    let stopped = false;
    start((lease, control) => {
      control.signal.addEventListener('abort', () => {
        stopped = true;
      });
      return endless(lease, control);
    });
    await until(task.id, { state: 'leased' });
    await store.cancel(TEAM, [task.id]);
    await vi.waitFor(() => expect(stopped).toBe(true), { timeout: 5_000 });
    expect(await seen(task.id)).toMatchObject({ state: 'cancelled' });
  });

  test('without work it ends by itself; a task whose message was lost is found all the same', async () => {
    const worker = start(async () => ({ result: 'found' }), { alsoTypes: ['cpu'], idleExitMs: 1_500 });
    const [task] = await store.enqueue([
      {
        teamId: TEAM,
        listingId: 'l',
        jobId: null,
        kind: 'render',
        subject: newId(),
        outputKey: 'k',
        input: {},
        priority: 0,
        createdBy: 't',
      },
    ]);
    expect(await worker.run()).toBe('idle');
    expect(await seen(task?.id ?? '')).toMatchObject({ state: 'done', result: 'found' });
  });
});

test('files that a worker has are not fetched again; the least lately used go, those in use stay', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'picaivid-cache-'));
  const fetched: string[] = [];
  const cache = new BlobCache(dir, 25, async ({ sha256, bytes }, path) => {
    fetched.push(sha256.slice(0, 1));
    writeFileSync(path, 'x'.repeat(bytes));
  });
  const blob = (letter: string) => ({ sha256: letter.repeat(64), bytes: 10 });
  const { signal } = new AbortController();
  const nothing = async (): Promise<void> => {};
  await cache.use([blob('a')], signal, nothing);
  await cache.use([blob('a'), blob('b')], signal, async (paths) => {
    expect(paths).toHaveLength(2);
    await cache.use([blob('c')], signal, nothing);
    expect(readdirSync(dir)).toEqual(expect.arrayContaining(['aa', 'bb']));
  });
  expect(fetched).toEqual(['a', 'b', 'c']);
  const kept = readdirSync(dir, { recursive: true }).filter((name) => String(name).length > 10);
  expect(kept.length).toBe(2);
  rmSync(dir, { recursive: true });
});

test('what the machine has is read, and nothing is made up', async () => {
  expect(readGpus('NVIDIA L40S, 46068, 550.54.15\nNVIDIA A10G, 23028, 535\nNo devices were found\n')).toEqual([
    { name: 'NVIDIA L40S', vramMiB: 46_068, driver: '550.54.15' },
    { name: 'NVIDIA A10G', vramMiB: 23_028, driver: '535' },
  ]);
  const found = await probeMachine('there-is-no-such-command');
  expect(found.gpus).toEqual([]);
  expect(found.cpus).toBeGreaterThan(0);
});
