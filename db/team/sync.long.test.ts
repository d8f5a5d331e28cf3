/** A thousand seeds of the simulation of `sync.test.ts`, longer; ten of them over Postgres. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMigrated } from '../open.node.ts';
import { simulate } from '../sync/simulation.node.ts';
import { openFast } from '../sync/simulation-parts.node.ts';
import { startTestPostgres, type TestPostgres } from '../testing/postgres.node.ts';

const SEEDS = 1000;
const STEPS = 200;
let folder: string;
let template: string;
let postgres: TestPostgres;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'picaivid-sync-'));
  template = join(folder, 'template.db');
  await (await openMigrated(template)).close();
  postgres = await startTestPostgres();
}, 60_000);

afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

test(`${SEEDS} seeds`, async () => {
  const failed: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const path = join(folder, `${seed}-server.db`);
    copyFileSync(template, path);
    const server = await openFast(path);
    try {
      const { problems } = await simulate({ seed, steps: STEPS, server, template, folder });
      if (problems.length > 0) failed.push(`seed ${seed}: ${problems.join('; ')}`);
    } catch (error) {
      failed.push(`seed ${seed} throws ${String(error)}`);
    } finally {
      await server.close();
    }
    for (const name of readdirSync(folder)) if (name.startsWith(`${seed}-`)) rmSync(join(folder, name));
  }
  // What fails belongs into KEPT_SEEDS of sync.test.ts.
  expect(failed).toEqual([]);
}, 3_600_000);

test('10 seeds over Postgres', async () => {
  const server = await openMigrated(await postgres.createDatabase());
  try {
    for (let seed = 2001; seed <= 2010; seed++) {
      const { problems } = await simulate({ seed, steps: STEPS, server, template, folder });
      expect(problems, `seed ${seed}`).toEqual([]);
    }
  } finally {
    await server.close();
  }
}, 600_000);
