/** 10,000 requests made from the service's own document, in ten runs of a thousand with their own seeds. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { fuzzService } from './testing/fuzz-target.node.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

test.each(Array.from({ length: 10 }, (_, seed) => seed + 1))('1,000 requests by seed %i', async (seed) => {
  const { failures, statuses, reached } = await fuzzService(await postgres.createDatabase(), seed, 1000);
  console.error(`seed ${seed}: ${JSON.stringify(statuses)}, ${reached.length} addresses answered with 2xx`);
  expect(failures).toEqual([]);
});
