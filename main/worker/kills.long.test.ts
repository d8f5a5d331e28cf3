/**
 * Real worker processes on a real Postgres: one is killed −9 in the midst of a clip, one is told to go. The clip is
 * rendered elsewhere, once, and what it took is printed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256File } from '../../base/files.node.ts';
import { type Database, migrateUp, openDatabase } from '../../db/open.node.ts';
import { appendSystem } from '../../db/team/apply.node.ts';
import { addBlob } from '../../db/team/blobs.node.ts';
import { createTeam } from '../../db/team/teams.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { CLOCKS } from '../fleet/contract.ts';
import { fleetStore } from '../fleet/store.node.ts';
import { jobsService } from '../jobs/jobs.node.ts';
import { PROJECT_ROOT } from '../paths.node.ts';
import { openPgBoss } from '../queue/pgboss.node.ts';
import type { Queue } from '../queue/queue.ts';
import type { Caller } from '../service/parts.ts';
import { folderStorage } from '../storage/folder.node.ts';
import { blobKey } from '../storage/storage.ts';

const PHOTOS = 5;
const work = mkdtempSync(join(tmpdir(), 'picaivid-workers-'));
const SECRET = 'a secret of tests, 32 characters long';
let postgres: TestPostgres;
let url = '';
let database: Database;
let queue: Queue;
const workers = new Map<string, ChildProcess>();

beforeAll(async () => {
  postgres = await startTestPostgres();
  url = await postgres.createDatabase();
  database = await openDatabase(url);
  await migrateUp(database);
  queue = await openPgBoss(database.db, { url, log: pino({ level: 'silent' }) });
}, 60_000);
afterAll(async () => {
  for (const child of workers.values()) child.kill('SIGKILL');
  await queue.close();
  await database.close();
  await postgres.stop();
  rmSync(work, { recursive: true, force: true });
}, 60_000);

function worker(name: string): void {
  const args = ['worker', '--type', 'cpu', '--render', '--name', name, '--models', 'none'];
  const child = spawn(process.execPath, [join(PROJECT_ROOT, 'main', 'cli.node.ts'), ...args], {
    cwd: PROJECT_ROOT,
    stdio: 'ignore',
    env: {
      ...process.env,
      DATABASE_URL: url,
      LOCAL_STORAGE_PATH: join(work, 'storage'),
      STORAGE_SECRET: SECRET,
      WORK_DIR: join(work, name),
    },
  });
  workers.set(name, child);
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

interface Leased {
  readonly id: string;
  readonly token: number;
  readonly worker: string;
}
/** Render tasks that are being worked on, past their first progress. */
async function rendering(): Promise<readonly Leased[]> {
  const { rows } = await sql<{ id: string; token: string; name: string }>`
    select t.id, t.token, w.name from fleet_tasks t join workers w on w.id = t.worker_id
    where t.state = 'leased' and t.kind = 'render' and t.fraction > 0.06`.execute(database.db);
  return rows.map((row) => ({ id: row.id, token: Number(row.token), worker: row.name }));
}
async function until<T>(look: () => Promise<T | undefined>, ms: number): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('It did not come to be.');
}

test('a killed worker’s clip is rendered elsewhere, once; one that is told to go gives its clip back', async () => {
  const { db } = database;
  const storage = folderStorage({ dir: join(work, 'storage'), secret: SECRET, publicUrl: 'http://127.0.0.1:1' });
  const team = await createTeam(database, 'North');
  const samples = join(PROJECT_ROOT, 'samples', 'listing');
  const photos: { sha256: string; bytes: number; file: string }[] = [];
  for (const file of readdirSync(samples)
    .filter((name) => name.endsWith('.jpg'))
    .sort()
    .slice(0, PHOTOS)) {
    const path = join(samples, file);
    const blob = { sha256: await sha256File(path), bytes: statSync(path).size };
    await storage.putFile(blobKey(team.id, blob.sha256), path, blob);
    await addBlob(database, team.id, blob);
    photos.push({ ...blob, file });
  }
  const jobs = jobsService({
    db,
    storage,
    queue,
    fleet: (on) => fleetStore(on),
    append: async (trx, teamId, listingId, actor, body) => {
      await appendSystem({ db: trx, dialect: 'postgres' }, teamId, listingId, actor, body);
    },
  });
  const caller: Caller = { keyId: 'k', keyName: 'Backend', role: 'producer', teamId: team.id, teamName: team.name };
  const job = await jobs.create(caller, {
    listing_id: 7,
    photos,
    template_type: 'classic',
    target_length: 20,
    music_uri: null,
    enable_beat_sync: true,
  });
  for (const name of ['one', 'two']) worker(name);
  await jobs.run(caller, job.job_id, undefined);

  const killed = await until(async () => (await rendering())[0], 240_000);
  workers.get(killed.worker)?.kill('SIGKILL');
  const killedAt = Date.now();
  await until(async () => {
    const { rows } = await sql<{ state: string; token: string }>`
      select state, token from fleet_tasks where id = ${killed.id}`.execute(db);
    return rows[0]?.state === 'queued' || Number(rows[0]?.token) > killed.token ? true : undefined;
  }, 120_000);
  const takenBackMs = Date.now() - killedAt;
  await until(async () => {
    const { rows } = await sql<{ token: string; worker_id: string | null }>`
      select token, worker_id from fleet_tasks where id = ${killed.id} and state in ('leased', 'done')`.execute(db);
    return Number(rows[0]?.token ?? 0) > killed.token ? true : undefined;
  }, 120_000);
  const elsewhereMs = Date.now() - killedAt;
  worker('three');

  const told = await until(async () => (await rendering()).find(({ worker: name }) => name !== killed.worker), 240_000);
  const before = Date.now();
  workers.get(told.worker)?.kill('SIGTERM');
  await until(async () => {
    const { rows } = await sql<{
      state: string;
      token: string;
    }>`select state, token from fleet_tasks where id = ${told.id}`.execute(db);
    const row = rows[0];
    return row?.state === 'queued' || Number(row?.token) > told.token ? true : undefined;
  }, 60_000);
  const givenBackMs = Date.now() - before;
  const [code] = (await once(workers.get(told.worker) ?? expect.unreachable(''), 'exit')) as [number | null];
  expect(code).toBe(0);
  worker('four');

  const state = await until(async () => {
    const now = await jobs.state(caller, job.job_id);
    return now?.status === 'in_review' || now?.status === 'failed' ? now : undefined;
  }, 600_000);
  expect(state).toMatchObject({ status: 'in_review', error: null });
  const tasks = await fleetStore(db).tasks(team.id, {});
  expect(tasks.filter(({ state: of }) => of !== 'done')).toEqual([]);
  // An interruption is no attempt.
  expect(tasks.find(({ id }) => id === told.id)).toMatchObject({ attempts: 0 });
  const taken = tasks.find(({ id }) => id === killed.id);
  expect(taken).toMatchObject({ attempts: 0 });
  expect(taken?.stalls).toBeGreaterThan(0);
  const { rows: takes } = await sql<{ clip: string; count: string }>`
    select body ->> 'clipId' as clip, count(*) as count from sync_log where kind = 'take.add'
    group by body ->> 'clipId', body ->> 'specHash'`.execute(db);
  expect(takes.length).toBeGreaterThan(1);
  expect(takes.every(({ count }) => Number(count) === 1)).toBe(true);
  say(
    `killed −9: its clip was taken back after ${takenBackMs} ms (lease ${CLOCKS.leaseMs} + sweep ${CLOCKS.sweepEveryMs}), and elsewhere after ${elsewhereMs} (the other worker had one of its own to finish)`,
  );
  say(`told to go: its clip was given back after ${givenBackMs} ms`);
}, 900_000);
