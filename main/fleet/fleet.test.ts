/** A small simulated fleet and lives of tasks against a model in every run of the tests; more in `fleet.long.test.ts`. */
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrateUp, openDatabase } from '../../db/open.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { openPgBoss } from '../queue/pgboss.node.ts';
import { simulateFleet } from './simulated.node.ts';
import { checkAgainstModel } from './testing/model.node.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

test('300 clips on 50 workers that die, fall silent and are interrupted: each clip has one result, each effect happened once', async () => {
  const url = await postgres.createDatabase();
  const database = await openDatabase(url);
  await migrateUp(database);
  const sweeper = await openDatabase(url);
  const queue = await openPgBoss(database.db, { url, log: pino({ level: 'silent' }) });
  const seed = 20_261_123;
  try {
    const report = await simulateFleet(database.db, queue, { seed, clips: 300, workers: 50, listings: 20, renderMs: 10, sweepDb: sweeper.db, waitSeconds: 0.2 }); // biome-ignore format: one call
    if (process.env.PICAIVID_SHOW === '1') console.error(report);
    expect(report).toMatchObject({
      done: 300,
      unfinished: 0,
      deadLetters: 0,
      withoutResult: 0,
      notOnce: 0,
      ofOldClaim: 0,
      overdue: 0,
    });
    // What was to be survived did happen.
    expect(report.renders).toBeGreaterThan(300);
    expect(report.takenBack).toBeGreaterThan(0);
    expect(report.refused.complete).toBeGreaterThan(0);
  } finally {
    await queue.close();
    await sweeper.close();
    await database.close();
  }
});

test('whatever workers, people and the sweep say in whatever order, tasks are where a small model has them', async () => {
  const database = await openDatabase(await postgres.createDatabase());
  await migrateUp(database);
  try {
    await checkAgainstModel(database, 20);
  } finally {
    await database.close();
  }
});
