/** The fleet's tasks and leases on a real Postgres. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../db/id.node.ts';
import { type Database, migrateUp, openDatabase } from '../../db/open.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import type { FleetStore, NewTask } from './contract.ts';
import { pruneTasks } from './prune.node.ts';
import { fleetStore } from './store.node.ts';

let postgres: TestPostgres;
let database: Database;
let store: FleetStore;
const TEAM = newId();
const OTHER = newId();

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(await postgres.createDatabase());
  await migrateUp(database);
  store = fleetStore(database.db, { backoffSeconds: () => 0 });
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});
beforeEach(async () => {
  await sql`delete from fleet_tasks`.execute(database.db);
  await sql`delete from workers`.execute(database.db);
});

const task = (changes: Partial<NewTask> = {}): NewTask => ({
  teamId: TEAM,
  listingId: 'a',
  jobId: null,
  kind: 'render',
  subject: newId(),
  outputKey: 'key',
  input: { some: 'thing' },
  priority: 0,
  createdBy: 'test',
  ...changes,
});
const gpu = (id = 'w1') => ({ id, type: 'gpu' }) as const;
const one = async (id: string) =>
  (await store.tasks(TEAM, {})).find((found) => found.id === id) ?? expect.unreachable('the task is gone');
const must = async (worker = gpu()) => (await store.claim(worker)) ?? expect.unreachable('there was nothing to claim');

describe('enqueue and claim', () => {
  test('an unfinished task is given back as it is, with the higher of both priorities; a finished one is made anew', async () => {
    const asked = task({ priority: 5 });
    const [first] = await store.enqueue([asked]);
    const [again] = await store.enqueue([{ ...asked, priority: 20 }]);
    expect(again?.id).toBe(first?.id);
    expect(again?.priority).toBe(20);
    const lease = await must();
    expect(await store.complete(lease, {})).toBe(true);
    const [later] = await store.enqueue([asked]);
    expect(later?.id).not.toBe(first?.id);
  });

  test('a person goes before a batch, the oldest first among equals, and each type of worker takes its own', async () => {
    const [batch] = await store.enqueue([task()]);
    const [later] = await store.enqueue([task()]);
    const [person] = await store.enqueue([task({ priority: 10 })]);
    await store.enqueue([task({ kind: 'analyze' })]);
    expect((await must()).task.id).toBe(person?.id);
    expect((await must()).task.id).toBe(batch?.id);
    expect((await must()).task.id).toBe(later?.id);
    expect(await store.claim(gpu())).toBeUndefined();
    expect((await store.claim({ id: 'c', type: 'cpu' }))?.task.kind).toBe('analyze');
  });

  test('no listing waits for all of another’s', async () => {
    await store.enqueue(Array.from({ length: 6 }, () => task({ listingId: 'a' })));
    await store.enqueue([task({ listingId: 'b' }), task({ listingId: 'b' })]);
    const taken: string[] = [];
    for (let count = 0; count < 4; count += 1) taken.push((await must()).task.listingId);
    expect(taken).toEqual(['a', 'b', 'a', 'b']);
  });

  test('one worker alone takes turns between listings too, also for those that come later', async () => {
    await store.enqueue(Array.from({ length: 5 }, () => task({ listingId: 'a' })));
    await store.enqueue([task({ listingId: 'b' }), task({ listingId: 'b' })]);
    const taken: string[] = [];
    const next = async (): Promise<void> => {
      const lease = await must();
      taken.push(lease.task.listingId);
      await store.complete(lease, {});
    };
    for (let count = 0; count < 3; count += 1) await next();
    await store.enqueue([task({ listingId: 'c' })]);
    for (let count = 0; count < 5; count += 1) await next();
    expect(taken.slice(0, 3)).toEqual(['a', 'b', 'a']);
    // Neither behind all of the others, nor before those that have waited for as long.
    expect(taken.indexOf('c')).toBeLessThan(6);
    expect(taken.slice(3).sort()).toEqual(['a', 'a', 'a', 'b', 'c']);
  });

  test('the same twice in one call is one task; a batch’s task that a person asks for goes with the person’s', async () => {
    const asked = task({ listingId: 'a' });
    await store.enqueue(Array.from({ length: 4 }, () => task({ listingId: 'a' })));
    const made = await store.enqueue([asked, task({ listingId: 'b', priority: 10 }), { ...asked, priority: 10 }]);
    expect(made.map(({ id }) => id)).toEqual([made[0]?.id, made[1]?.id, made[0]?.id]);
    expect(made[0]).toMatchObject({ priority: 10, subject: asked.subject });
    const taken = [await must(), await must()].map((lease) => lease.task.id).sort();
    expect(taken).toEqual([made[0]?.id, made[1]?.id].sort());
  });

  test('two who ask for the same tasks in another order get the same ones', async () => {
    const asked = Array.from({ length: 40 }, () => task());
    const [one, other] = await Promise.all([store.enqueue(asked), store.enqueue([...asked].reverse())]);
    expect(new Set(one?.map(({ id }) => id))).toEqual(new Set(other?.map(({ id }) => id)));
  });

  test('a listing at its limit leaves room for others', async () => {
    const narrow = fleetStore(database.db, { perListing: 2 });
    await store.enqueue(Array.from({ length: 9 }, () => task({ listingId: 'a' })));
    await store.enqueue([task({ listingId: 'b' })]);
    const taken: (string | undefined)[] = [];
    for (let count = 0; count < 4; count += 1) taken.push((await narrow.claim(gpu()))?.task.listingId);
    expect(taken).toEqual(['a', 'b', 'a', undefined]);
  });

  test('many who claim in the same instant do not pass a listing’s limit', async () => {
    const narrow = fleetStore(database.db, { perListing: 2 });
    await store.enqueue(Array.from({ length: 9 }, () => task({ listingId: 'a' })));
    const leases = await Promise.all(Array.from({ length: 8 }, (_, index) => narrow.claim(gpu(`w${index}`))));
    expect(leases.filter((lease) => lease !== undefined).length).toBeLessThanOrEqual(2);
    expect((await store.backlog()).find(({ type }) => type === 'gpu')?.leased).toBeLessThanOrEqual(2);
    expect((await store.tasks(TEAM, {})).every(({ attempts, stalls }) => attempts === 0 && stalls === 0)).toBe(true);
  });

  test('fifty workers at once never hold one task twice', async () => {
    await store.enqueue(Array.from({ length: 30 }, () => task()));
    const leases = await Promise.all(Array.from({ length: 50 }, (_, index) => store.claim(gpu(`w${index}`))));
    const ids = leases.flatMap((lease) => (lease === undefined ? [] : [lease.task.id]));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(20);
  });
});

describe('a lease', () => {
  test('an old token changes nothing: not the heartbeat, the result, the failure or the release', async () => {
    const [made] = await store.enqueue([task()]);
    const old = await must(gpu('first'));
    await sql`update fleet_tasks set lease_until = now() - interval '1 second'`.execute(database.db);
    expect(await store.sweep()).toMatchObject({ taken: 1 });
    const lease = await must(gpu('second'));
    expect(lease.token).toBe(old.token + 1);
    expect(lease.task.stalls).toBe(1);
    let effects = 0;
    const effect = async (): Promise<void> => {
      effects += 1;
    };
    expect(await store.heartbeat(old)).toBe('lost');
    expect(await store.complete(old, { late: true }, effect)).toBe(false);
    expect(await store.fail(old, { code: 'internal', message: 'late' })).toBe(false);
    expect(await store.release(old, 'late')).toBe(false);
    expect(effects).toBe(0);
    expect(await one(made?.id ?? '')).toMatchObject({ state: 'leased', workerId: 'second', attempts: 0 });
    expect(await store.heartbeat(lease, { fraction: 0.5, sentence: 'Half', checkpoint: { at: 3 } })).toBe('held');
    expect(await one(made?.id ?? '')).toMatchObject({ fraction: 0.5, sentence: 'Half', checkpoint: { at: 3 } });
    expect(await store.complete(lease, { fine: true }, effect)).toBe(true);
    expect(await store.complete(lease, { fine: true }, effect)).toBe(false);
    expect(effects).toBe(1);
    expect(await one(made?.id ?? '')).toMatchObject({ state: 'done', result: { fine: true }, workerId: 'second' });
  });

  test('what its commit throws takes the end back', async () => {
    const [made] = await store.enqueue([task()]);
    const lease = await must();
    const failing = store.complete(lease, {}, async (trx) => {
      await sql`delete from fleet_tasks`.execute(trx);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow();
    expect(await one(made?.id ?? '')).toMatchObject({ state: 'leased' });
    expect(await store.heartbeat(lease)).toBe('held');
  });

  test('three failures are the end, counted; an interruption is none; a hopeless one ends at once', async () => {
    const [made] = await store.enqueue([task()]);
    const id = made?.id ?? '';
    for (const attempts of [1, 2, 3]) {
      expect(await store.release(await must(), 'Spot')).toBe(true);
      expect(await store.fail(await must(), { code: 'model_failed', message: `no ${attempts}` })).toBe(true);
      expect(await one(id)).toMatchObject({ attempts, stalls: attempts, state: attempts < 3 ? 'queued' : 'failed' });
    }
    expect((await one(id)).error).toEqual({ code: 'model_failed', message: 'no 3' });
    expect(await store.claim(gpu())).toBeUndefined();
    expect(await store.retry(OTHER, [id])).toBe(0);
    expect(await store.retry(TEAM, [id])).toBe(1);
    await store.fail(await must(), { code: 'bad_usage', message: 'never' });
    expect(await one(id)).toMatchObject({ attempts: 1, state: 'failed' });
  });

  test('a failure waits before it is tried again', async () => {
    const patient = fleetStore(database.db, { backoffSeconds: () => 60 });
    await store.enqueue([task()]);
    await patient.fail(await must(), { code: 'internal', message: 'no' });
    expect(await store.claim(gpu())).toBeUndefined();
  });

  test('an attempt that takes too long is taken back, whatever its heartbeat says', async () => {
    await store.enqueue([task()]);
    const lease = await must();
    await sql`update fleet_tasks set expires_at = now() - interval '1 second'`.execute(database.db);
    expect(await store.heartbeat(lease)).toBe('lost');
    expect(await store.sweep()).toMatchObject({ taken: 1 });
  });

  test('too many interruptions are the end', async () => {
    const strict = fleetStore(database.db, { limits: { stalls: 2 } });
    const [made] = await store.enqueue([task()]);
    await strict.release(await must(), 'one');
    await strict.release(await must(), 'two');
    expect(await one(made?.id ?? '')).toMatchObject({ state: 'failed', stalls: 2 });
  });

  test('a cancelled one is told so, and only its own team may cancel it', async () => {
    const [made] = await store.enqueue([task()]);
    const lease = await must();
    expect(await store.cancel(OTHER, [made?.id ?? ''])).toBe(0);
    expect(await store.cancel(TEAM, [made?.id ?? ''])).toBe(1);
    expect(await store.heartbeat(lease)).toBe('cancelled');
    expect(await store.complete(lease, {})).toBe(false);
  });
});

test('workers: there, busy, noticed, silent; and what waits for each type', async () => {
  const probe = {
    cpus: 2,
    memoryMiB: 100,
    gpus: [{ name: 'L4', vramMiB: 24_000, driver: '1' }],
    platform: 'linux-x64',
  };
  await store.register({
    id: 'w1',
    type: 'gpu',
    name: 'one',
    version: '1',
    probe,
    costPerHourMicros: 800_000,
    spot: true,
  });
  await store.register({
    id: 'w2',
    type: 'gpu',
    name: 'two',
    version: '1',
    probe,
    costPerHourMicros: null,
    spot: false,
  });
  await store.workerState('w1', 'draining', true);
  await store.enqueue([task(), task()]);
  const lease = await must(gpu('w2'));
  const [first] = await store.workers();
  expect(first).toMatchObject({ id: 'w1', state: 'draining', probe, costPerHourMicros: 800_000, spot: true });
  expect(first?.noticeAt).not.toBeNull();
  expect(await store.backlog()).toMatchObject([
    { type: 'cpu', queued: 0, leased: 0, workers: 0 },
    { type: 'gpu', queued: 1, leased: 1, workers: 1 },
  ]);
  await sql`update workers set heartbeat_at = now() - interval '10 minutes' where id = 'w2'`.execute(database.db);
  expect(await store.sweep()).toMatchObject({ gone: 1 });
  expect((await store.workers()).map(({ id }) => id)).toEqual(['w1']);
  // It was only silent: with its lease it comes back.
  expect(await store.heartbeat(lease)).toBe('held');
  expect((await store.workers()).map(({ id, state }) => [id, state])).toEqual([
    ['w1', 'draining'],
    ['w2', 'busy'],
  ]);
});

describe('tasks that ended long ago', () => {
  test('go, but not those that wait or run, nor the assemblies that name films', async () => {
    const [old, film, waits, young] = await store.enqueue([
      task(),
      task({ kind: 'assemble', workerType: 'cpu' }),
      task(),
      task(),
    ]);
    const end = (id: string | undefined, state: string, days: number) =>
      sql`update fleet_tasks set state = ${state}, updated_at = now() - ${days} * interval '1 day' where id = ${id ?? ''}`.execute(database.db); // biome-ignore format: one statement
    await end(old?.id, 'done', 31);
    await end(film?.id, 'done', 300);
    await end(waits?.id, 'queued', 300);
    await end(young?.id, 'failed', 29);
    expect(await pruneTasks(database.db)).toBe(1);
    const left = (await store.tasks(TEAM, {})).map(({ id }) => id);
    expect(new Set(left)).toEqual(new Set([film?.id, waits?.id, young?.id]));
    expect(await pruneTasks(database.db)).toBe(0);
  });
});
