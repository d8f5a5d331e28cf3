/** One set of tests for both engines: pg-boss on a real Postgres, and SQS over HTTP with the real client. */
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { sql } from 'kysely';
import { PgBoss } from 'pg-boss';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, migrateUp, openDatabase } from '../../db/open.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { readMessage, readMessageText, writeMessage } from './message.ts';
import { openPgBoss } from './pgboss.node.ts';
import type { Queue, QueueMessage, WorkerType } from './queue.ts';
import { openSqs } from './sqs.node.ts';

const log = pino({ level: 'silent' });
let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

const task = (taskId: string): QueueMessage => ({ kind: 'task', taskId });

interface Engine {
  readonly queue: Queue;
  readonly database: Database;
  /** Puts anything into the queue, as a stranger would. */
  raw(type: WorkerType, body: unknown): Promise<void>;
  close(): Promise<void>;
}

async function withPgBoss(): Promise<Engine> {
  const url = await postgres.createDatabase();
  const database = await openDatabase(url);
  await migrateUp(database);
  const queue = await openPgBoss(database.db, { url, log });
  const stranger = new PgBoss({ connectionString: url, max: 1, schedule: false, supervise: false });
  await stranger.start();
  return {
    queue,
    database,
    raw: async (type, body) => {
      await stranger.send(`work-${type}`, { body });
    },
    close: async () => {
      await stranger.stop({ graceful: false });
      await queue.close();
      await database.close();
    },
  };
}

async function withSqs(): Promise<Engine> {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const server: FauxqsServer = await startFauxqs({ port: 0, logger: false });
  const options = { endpoint: `http://127.0.0.1:${server.port}`, region: 'us-east-1' };
  const client = new SQSClient(options);
  let url = '';
  for (const type of ['cpu', 'gpu'] as const) {
    const dead = await client.send(new CreateQueueCommand({ QueueName: `jobs-${type}-dead` }));
    const { Attributes: facts } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead.QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: facts?.QueueArn, maxReceiveCount: 3 });
    const made = await client.send(
      new CreateQueueCommand({ QueueName: `jobs-${type}`, Attributes: { RedrivePolicy } }),
    );
    url = (made.QueueUrl ?? '').replace(/gpu$/, '{type}');
  }
  const databaseUrl = await postgres.createDatabase();
  const database = await openDatabase(databaseUrl);
  await migrateUp(database);
  const queue = openSqs(database.db, { queueUrl: url, log, databaseUrl, ...options });
  return {
    queue,
    database,
    raw: async (type, body) => {
      const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
      await client.send(new SendMessageCommand({ QueueUrl: url.replace('{type}', type), MessageBody }));
    },
    close: async () => {
      await queue.close();
      client.destroy();
      await database.close();
      await server.stop();
    },
  };
}

describe.each([
  ['pg-boss', withPgBoss],
  ['sqs', withSqs],
] as const)('the queue on %s', (name, open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine.close());

  const send = (type: WorkerType, messages: readonly QueueMessage[], options = {}) =>
    engine.database.db.transaction().execute((trx) => engine.queue.send(trx, type, messages, options));
  const next = async (type: WorkerType = 'cpu', waitSeconds = 5) =>
    (await engine.queue.receive(type, { most: 1, waitSeconds }))[0];

  test('a message leaves with its transaction, or never', async () => {
    expect(engine.queue.engine).toBe(name);
    const refused = engine.database.db.transaction().execute(async (trx) => {
      await engine.queue.send(trx, 'cpu', [task('never')]);
      throw new Error('taken back');
    });
    await expect(refused).rejects.toThrow('taken back');
    await send('cpu', [task('sent')]);
    const received = await next();
    expect(received?.message).toEqual(task('sent'));
    expect(received?.deliveries).toBe(1);
    await received?.done();
    expect(await next('cpu', 1)).toBeUndefined();
  });

  test('each type of worker has its own, and one message goes to one worker', async () => {
    await send('gpu', [task('for gpu')]);
    expect(await next('cpu', 1)).toBeUndefined();
    const [one, other] = await Promise.all([next('gpu', 1), next('gpu', 1)]);
    const got = [one, other].filter((received) => received !== undefined);
    expect(got).toHaveLength(1);
    await got[0]?.done();
  });

  test('what is given back comes again and counts', async () => {
    await send('cpu', [task('again')]);
    await (await next())?.giveBack();
    const again = await next();
    expect(again?.message).toEqual(task('again'));
    expect(again?.deliveries).toBe(2);
    expect(await again?.extend()).toBe(true);
    await again?.done();
  });

  test('given back too often it is a dead letter, and redriven it is handed out anew', async () => {
    await send('cpu', [task('poison')]);
    for (let count = 0; count < 10; count += 1) {
      const received = await next('cpu', 1);
      if (received === undefined) break;
      await received.giveBack();
    }
    expect(await next('cpu', 1)).toBeUndefined();
    expect((await engine.queue.status()).find(({ type }) => type === 'cpu')).toEqual({
      type: 'cpu', waiting: 0, inFlight: 0, dead: 1,
    }); // biome-ignore format: one shape
    expect(await engine.queue.redrive('cpu')).toBe(1);
    const received = await next();
    expect(received?.message).toEqual(task('poison'));
    await received?.done();
    expect(await engine.queue.redrive('cpu')).toBe(0);
  });

  test('the backend’s message is understood; what is not ours is answered and not tried again', async () => {
    await engine.raw('cpu', { job_id: 'j1', action: 'dance' });
    await engine.raw('cpu', { nothing: true });
    await engine.raw('cpu', { job_id: 'j2', action: 'run', start_phase: 3 });
    const seen: QueueMessage[] = [];
    // In whatever order SQS hands them out: until nothing is left.
    for (let count = 0; count < 6; count += 1) {
      const received = await next('cpu', 1);
      if (received !== undefined) seen.push(received.message);
      await received?.done();
      const status = (await engine.queue.status()).find(({ type }) => type === 'cpu');
      if (status?.waiting === 0 && status.inFlight === 0) break;
    }
    expect(seen).toEqual([{ kind: 'job', jobId: 'j2', startPhase: 3 }]);
    expect((await engine.queue.status()).find(({ type }) => type === 'cpu')).toMatchObject({ waiting: 0, inFlight: 0 });
  });

  test('a wait ends when it is given up', async () => {
    const abort = new AbortController();
    const waiting = engine.queue.receive('cpu', { most: 1, waitSeconds: 20, signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    expect(await waiting).toEqual([]);
  });

  test('messages of one transaction keep their order of sending, and twice sent is twice handed out', async () => {
    await send('gpu', [task('one'), task('two'), task('two')]);
    const seen: QueueMessage[] = [];
    for (let count = 0; count < 8 && seen.length < 3; count += 1)
      for (const received of await engine.queue.receive('gpu', { most: 1, waitSeconds: 1 })) {
        seen.push(received.message);
        await received.done();
      }
    expect(seen).toEqual([task('one'), task('two'), task('two')]);
    expect(await next('gpu', 1)).toBeUndefined();
  });

  test('a later message waits for its time', async () => {
    await send('gpu', [task('later')], { delaySeconds: 1 });
    const started = Date.now();
    const received = await next('gpu', 10);
    expect(received?.message).toEqual(task('later'));
    expect(Date.now() - started).toBeGreaterThan(700);
    await received?.done();
  });
});

test.each([
  ['pg-boss', withPgBoss],
  ['sqs', withSqs],
] as const)('a queue on %s that closes ends its waits with nothing', async (_, open) => {
  const engine = await open();
  const waits = [1, 2].map(() => engine.queue.receive('cpu', { most: 1, waitSeconds: 20 }));
  await engine.close();
  expect(await Promise.all(waits)).toEqual([[], []]);
  expect(await engine.queue.receive('cpu', { most: 1, waitSeconds: 20 })).toEqual([]);
});

test('pg-boss hands out by priority', async () => {
  const engine = await withPgBoss();
  const send = (id: string, priority: number) =>
    engine.database.db.transaction().execute((trx) => engine.queue.send(trx, 'cpu', [task(id)], { priority }));
  await send('batch', 0);
  await send('person', 10);
  const order: unknown[] = [];
  for (let count = 0; count < 2; count += 1) {
    const [received] = await engine.queue.receive('cpu', { most: 1, waitSeconds: 2 });
    order.push(received?.message);
    await received?.done();
  }
  expect(order).toEqual([task('person'), task('batch')]);
  const { rows } = await sql`select 1 from outbound_messages`.execute(engine.database.db);
  expect(rows).toEqual([]);
  await engine.close();
});

test('messages on the wire are those of the seed', () => {
  expect(writeMessage({ kind: 'job', jobId: 'j', startPhase: 2 })).toEqual({
    job_id: 'j',
    action: 'run',
    start_phase: 2,
  });
  expect(readMessage({ job_id: 'j' })).toEqual({ message: { kind: 'job', jobId: 'j' } });
  expect(readMessage({ job_id: 'j', start_phase: 9 })).toHaveProperty('ignored');
  expect(readMessageText('not json')).toHaveProperty('ignored');
  for (const message of [task('t'), { kind: 'job', jobId: 'j', startPhase: 4 }] as const)
    expect(readMessage(writeMessage(message))).toEqual({ message });
});
