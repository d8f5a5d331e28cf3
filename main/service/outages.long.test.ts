/** The service killed −9, and Postgres restarted, while studios work: nothing that was acknowledged is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../base/seeded-random.ts';
import { migrateUp } from '../../db/open.node.ts';
import { createKey } from '../../db/team/teams.node.ts';
import { openServiceDatabase } from './database.node.ts';
import { line } from './testing/black-hole.node.ts';
import { type StudioReport, studio } from './testing/load.node.ts';
import { type Program, startProgram } from './testing/program.node.ts';
import { makeTeam } from './testing/service.node.ts';
import { type SteadyPostgres, steadyPostgres } from './testing/steady-postgres.node.ts';

const STUDIOS = 8;
const OUTAGES = Number(process.env.PICAIVID_OUTAGES ?? '12');
const SILENT_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'picaivid-outages-'));
let postgres: SteadyPostgres;
let env: Record<string, string>;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  postgres = await steadyPostgres();
  env = {
    DATABASE_URL: postgres.url,
    LOCAL_STORAGE_PATH: join(folder, 'storage'),
    STORAGE_SECRET: 's'.repeat(40),
    LOG_LEVEL: 'warn',
  };
  const database = openServiceDatabase(postgres.url);
  await migrateUp(database);
  await database.close();
});
afterAll(async () => {
  await postgres?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A key for each studio of a new team. */
async function newKeys(name: string): Promise<readonly string[]> {
  const database = openServiceDatabase(postgres.url);
  try {
    const { id: teamId } = await makeTeam(database, name);
    const made = Array.from({ length: STUDIOS }, (_, n) =>
      createKey(database, { teamId, name: `${name} ${n}`, role: 'producer' }),
    );
    return (await Promise.all(made)).map(({ key }) => key);
  } finally {
    await database.close();
  }
}

/** Every acknowledged operation is in the order once, at its place; every studio followed all of it without a gap. */
function check(reports: readonly StudioReport[]): { operations: number; acknowledged: number } {
  const longest = reports.reduce((most, { followed }) => Math.max(most, followed.length), 0);
  const places = Array.from({ length: longest }, (_, i) => i + 1);
  const ids = reports.find(({ followed }) => followed.length === longest)?.followed.map(({ id }) => id) ?? [];
  expect(new Set(ids).size).toBe(ids.length);
  let acknowledged = 0;
  for (const report of reports) {
    expect(report.refused).toEqual([]);
    // Another studio's last push may have come after this one had read to the end.
    const followed = report.followed.map(({ seq }) => seq);
    expect(followed).toEqual(places.slice(0, followed.length));
    for (const [id, seq] of report.acknowledged) expect(ids[seq - 1]).toBe(id);
    acknowledged += report.acknowledged.size;
  }
  // An operation that was sent again after a kill is there once: as many as were acknowledged, and no more.
  expect(ids.length).toBe(acknowledged);
  return { operations: ids.length, acknowledged };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

test('the service is killed −9 at random moments', async () => {
  const port = await freePort();
  const keys = await newKeys('Killed');
  const random = seededRandom(8);
  let program: Program = await startProgram(env, port);
  const stop = new AbortController();
  const working = keys.map((key) => studio(program.url, key, stop.signal));
  for (let n = 0; n < OUTAGES; n++) {
    await sleep(300 + random() * 1500);
    await program.stop('SIGKILL');
    program = await startProgram(env, port);
  }
  await sleep(1000);
  stop.abort();
  const reports = await Promise.all(working);
  const code = await program.stop();
  const sums = check(reports);
  const troubles = reports.reduce((sum, report) => sum + report.troubles, 0);
  console.error(`${OUTAGES} kills: ${JSON.stringify(sums)}, ${troubles} requests sent again, the longest gap ${Math.round(Math.max(...reports.map(({ longestMs }) => longestMs)))} ms`); // biome-ignore format: one line
  expect(troubles).toBeGreaterThan(0);
  expect(code).toBe(0);
});

test('Postgres is restarted again and again', async () => {
  const keys = await newKeys('Restarted');
  const random = seededRandom(9);
  const program = await startProgram(env);
  const stop = new AbortController();
  const working = keys.map((key) => studio(program.url, key, stop.signal));
  for (let n = 0; n < OUTAGES; n++) {
    await sleep(500 + random() * 1500);
    await postgres.stop();
    // Now and then it stays away for longer than the service tries by itself.
    if (n % 4 === 3) await sleep(6000);
    await postgres.start();
  }
  await sleep(2000);
  stop.abort();
  const reports = await Promise.all(working);
  expect((await fetch(`${program.url}/health/ready`)).status).toBe(200);
  expect(program.log()).not.toContain('picaivid:test@');
  const code = await program.stop();
  const sums = check(reports);
  const troubles = reports.reduce((sum, report) => sum + report.troubles, 0);
  console.error(`${OUTAGES} restarts: ${JSON.stringify(sums)}, ${troubles} requests sent again, the longest gap ${Math.round(Math.max(...reports.map(({ longestMs }) => longestMs)))} ms`); // biome-ignore format: one line
  expect(code).toBe(0);
});

test('the line to Postgres falls silent for a minute, and nobody is told', async () => {
  const database = new URL(postgres.url);
  const wire = await line(Number(database.port));
  const keys = await newKeys('Silent');
  database.port = String(wire.port);
  const program = await startProgram({ ...env, DATABASE_URL: database.href });
  const stop = new AbortController();
  const working = keys.map((key) => studio(program.url, key, stop.signal));
  await sleep(2000);
  wire.silence();
  await sleep(5000);
  // It lives, and says that it is not ready.
  expect((await fetch(`${program.url}/health`)).status).toBe(200);
  expect((await fetch(`${program.url}/health/ready`)).status).toBe(503);
  await sleep(SILENT_MS - 5000);
  wire.speak();
  await sleep(5000);
  stop.abort();
  const reports = await Promise.all(working);
  expect((await fetch(`${program.url}/health/ready`)).status).toBe(200);
  const code = await program.stop();
  wire.close();
  const sums = check(reports);
  console.error(`${SILENT_MS} ms of silence: ${JSON.stringify(sums)}, the longest gap ${Math.round(Math.max(...reports.map(({ longestMs }) => longestMs)))} ms`); // biome-ignore format: one line
  expect(code).toBe(0);
});
