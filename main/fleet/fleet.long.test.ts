/** The large simulated fleet over both engines, and many lives of tasks against the model. */
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, migrateUp, openDatabase } from '../../db/open.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { openPgBoss } from '../queue/pgboss.node.ts';
import type { Queue } from '../queue/queue.ts';
import { openSqs } from '../queue/sqs.node.ts';
import { simulateFleet } from './simulated.node.ts';
import { checkAgainstModel } from './testing/model.node.ts';

const CLIPS = Number(process.env.PICAIVID_CLIPS ?? 10_000);
const log = pino({ level: 'silent' });
let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
}, 120_000);
afterAll(() => postgres.stop());

interface Engine {
  readonly queue: Queue;
  stop(): Promise<void>;
}

async function onPgBoss(database: Database, url: string): Promise<Engine> {
  const queue = await openPgBoss(database.db, { url, log });
  return { queue, stop: () => queue.close() };
}

async function onSqs(database: Database, databaseUrl: string): Promise<Engine> {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const server = await startFauxqs({ port: 0, logger: false });
  const options = { endpoint: `http://127.0.0.1:${server.port}`, region: 'us-east-1' };
  const client = new SQSClient(options);
  let queueUrl = '';
  for (const type of ['cpu', 'gpu'])
    queueUrl = ((await client.send(new CreateQueueCommand({ QueueName: `fleet-${type}` }))).QueueUrl ?? '').replace(/gpu$/, '{type}'); // biome-ignore format: one call
  client.destroy();
  const queue = openSqs(database.db, { queueUrl, log, databaseUrl, ...options });
  return {
    queue,
    stop: async () => {
      await queue.close();
      await server.stop();
    },
  };
}

describe.each([
  ['pg-boss', onPgBoss, 0.2],
  ['sqs', onSqs, 1],
] as const)('a fleet of 50 workers on %s', (name, open, waitSeconds) => {
  test(`${CLIPS} clips: each has one result, each effect happened once, no ended lease outlives a sweep`, async () => {
    const seed = Number(process.env.PICAIVID_SEED ?? Date.now() % 2 ** 31);
    const url = await postgres.createDatabase();
    const database = await openDatabase(url);
    await migrateUp(database);
    const sweeper = await openDatabase(url);
    const engine = await open(database, url);
    try {
      const report = await simulateFleet(database.db, engine.queue, { seed, clips: CLIPS, workers: 50, listings: 200, renderMs: 10, sweepDb: sweeper.db, waitSeconds }); // biome-ignore format: one call
      console.error(name, { seed, ...report });
      expect(report, `seed ${seed}`).toMatchObject({ done: CLIPS, unfinished: 0, deadLetters: 0, withoutResult: 0, notOnce: 0, ofOldClaim: 0, overdue: 0 }); // biome-ignore format: one shape
      for (const [fate, times] of Object.entries(report.fates)) expect(times, fate).toBeGreaterThan(0);
      expect(report.refused.complete).toBeGreaterThan(0);
    } finally {
      await engine.stop();
      await sweeper.close();
      await database.close();
    }
  });
});

test('500 lives of tasks go as the model has them', async () => {
  const database = await openDatabase(await postgres.createDatabase());
  await migrateUp(database);
  try {
    await checkAgainstModel(database, 500);
  } finally {
    await database.close();
  }
});
