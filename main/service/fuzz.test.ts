/** Requests made from the service's own document, good and broken: never a 5xx. 10,000 of them in the long run. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { ROUTES } from './routes.ts';
import { fuzzService } from './testing/fuzz-target.node.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

test('300 requests by a seed are answered as the document says', async () => {
  const { failures, statuses, reached } = await fuzzService(await postgres.createDatabase(), 20_261_123, 300);
  expect(failures).toEqual([]);
  // It is no test where everything is refused before it gets anywhere, nor where nothing is.
  expect(reached.length).toBeGreaterThan(ROUTES.length * 0.6);
  expect(statuses[400]).toBeGreaterThan(20);
});
