/**
 * A job of the backend from photos to the film, with nothing in place of a part: service and worker on a real Postgres,
 * its queue and a storage folder, real photos, clips and film. People sign over the wire, as studios do.
 */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { sha256File } from '../../base/files.node.ts';
import { newId } from '../../db/id.node.ts';
import { migrateUp } from '../../db/open.node.ts';
import { loadTimeline } from '../../db/results.node.ts';
import type { OperationBody } from '../../db/sync/protocol.ts';
import { addBlob } from '../../db/team/blobs.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { runFfprobe } from '../../pipeline/media/ffmpeg.node.ts';
import { queueCommand } from '../commands/queue.node.ts';
import { fleetStore } from '../fleet/store.node.ts';
import { PROJECT_ROOT } from '../paths.node.ts';
import { openServiceDatabase, type ServiceDatabase } from '../service/database.node.ts';
import { type JobState, jobStateSchema } from '../service/jobs-api.ts';
import { type RunningService, startService } from '../service/service.node.ts';
import { makeTeam, type TestTeam } from '../service/testing/service.node.ts';
import { readSettings } from '../settings.ts';
import { openStorage } from '../storage/open.node.ts';
import { blobKey } from '../storage/storage.ts';
import { type RunningWorker, startWorker } from '../worker/start.node.ts';

const PHOTOS = 3;
const work = mkdtempSync(join(tmpdir(), 'picaivid-flow-'));
const log = pino({ level: 'silent' });
const told: { status: string; listing_id: string }[] = [];
let postgres: TestPostgres;
let backend: Server;
let database: ServiceDatabase;
let service: RunningService;
let worker: RunningWorker;
let team: TestTeam;
let settings: ReturnType<typeof readSettings>;

beforeAll(async () => {
  backend = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      told.push(z.object({ status: z.string(), listing_id: z.string() }).parse(JSON.parse(body)));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  postgres = await startTestPostgres();
  settings = readSettings({
    DATABASE_URL: await postgres.createDatabase(),
    LOCAL_STORAGE_PATH: join(work, 'storage'),
    STORAGE_SECRET: 's'.repeat(40),
    BACKEND_URL: `http://127.0.0.1:${(backend.address() as AddressInfo).port}/status`,
    BACKEND_SECRET: 'b'.repeat(40),
    WORK_DIR: join(work, 'worker'),
    ENVIRONMENT: 'development',
  });
  database = openServiceDatabase(settings.DATABASE_URL ?? '');
  await migrateUp(database);
  team = await makeTeam(database, 'North');
  service = await startService({ settings, port: 0, host: '127.0.0.1', log });
  worker = await startWorker({ settings, type: 'cpu', alsoRenders: true, models: 'none', name: 'one', log });
}, 120_000);
afterAll(async () => {
  worker?.stop('the test ends');
  await worker?.ended;
  await service?.close();
  await database?.close();
  await postgres?.stop();
  backend?.close();
  rmSync(work, { recursive: true, force: true });
}, 60_000);

async function ask(role: 'producer' | 'reviewer', method: string, path: string, body?: unknown) {
  const answer = await fetch(`${service.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${team.keys[role].key}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as unknown };
}
const state = async (id: string): Promise<JobState> =>
  jobStateSchema.parse((await ask('producer', 'GET', `/internal/jobs/${id}`)).json);
const until = (id: string, status: JobState['status'], ms: number): Promise<JobState> =>
  vi.waitFor(
    async () => {
      const now = await state(id);
      expect(now.error).toBeNull();
      expect(now.status).toBe(status);
      return now;
    },
    { timeout: ms, interval: 100 },
  );

test('a job goes from photos to review, follows what is signed, and comes to the film that was signed', async () => {
  const storage = openStorage(settings);
  const samples = join(PROJECT_ROOT, 'samples', 'listing');
  const photos: { sha256: string; bytes: number; file: string }[] = [];
  const names = readdirSync(samples).filter((name) => name.endsWith('.jpg'));
  for (const file of names.sort().slice(0, PHOTOS)) {
    const path = join(samples, file);
    const blob = { sha256: await sha256File(path), bytes: statSync(path).size };
    await storage.putFile(blobKey(team.id, blob.sha256), path, blob);
    await addBlob(database, team.id, blob);
    photos.push({ ...blob, file });
  }
  const created = await ask('producer', 'POST', '/internal/jobs', {
    listing_id: 4711,
    photos,
    template_type: 'classic',
    target_length: 10,
    music_uri: null,
    enable_beat_sync: true,
  });
  expect(created.status).toBe(201);
  const { job_id: id } = jobStateSchema.parse(created.json);
  expect((await ask('producer', 'POST', `/internal/jobs/${id}/run`, {})).status).toBe(202);
  await until(id, 'in_review', 120_000);
  // Nobody has signed: it cannot be assembled, whether that is asked for or follows.
  for (const body of [{}, { start_phase: 4 }])
    expect((await ask('producer', 'POST', `/internal/jobs/${id}/run`, body)).json).toMatchObject({
      code: 'transition_refused',
    });

  const { listing_id: listingId } = await database.db.selectFrom('jobs').select('listing_id').where('id', '=', id).executeTakeFirstOrThrow(); // biome-ignore format: one query
  const takes = await database.db.selectFrom('takes').select(['clip_id', 'spec_hash']).execute();
  expect(takes.length).toBeGreaterThan(1);
  const clientId = newId();
  const sign = async (which: typeof takes, decided: 'approved' | 'rejected') => {
    const { seq } = await database.db.selectFrom('teams').select('seq').where('id', '=', team.id).executeTakeFirstOrThrow(); // biome-ignore format: one query
    const operations = which.map(({ clip_id: clipId, spec_hash: specHash }) => ({
      id: newId(),
      listingId,
      base: Number(seq),
      madeAt: new Date().toISOString(),
      person: 'Rita',
      body: { kind: 'review.decide', decisionId: newId(), clipId, specHash, state: decided, reason: decided === 'rejected' ? 'flicker' : null, comment: '' } satisfies OperationBody, // biome-ignore format: one shape
    }));
    const { json } = await ask('reviewer', 'POST', '/sync/push', { clientId, operations });
    expect(json).toMatchObject({ outcomes: operations.map(() => ({ outcome: 'applied' })) });
  };
  await sign(takes.slice(1), 'approved');
  expect((await state(id)).status).toBe('in_review');
  await sign(takes.slice(0, 1), 'approved');
  expect((await state(id)).status).toBe('approved');

  expect((await ask('producer', 'POST', `/internal/jobs/${id}/run`, {})).status).toBe(202);
  const delivered = await until(id, 'delivered', 120_000);
  // The storage's links name the port of a deployed service; here it has a free one.
  const link = new URL(delivered.film_uri ?? expect.unreachable('no film'));
  const film = await fetch(`${service.url}${link.pathname}${link.search}`);
  expect(film.status).toBe(200);
  const path = join(work, 'film.mp4');
  writeFileSync(path, new Uint8Array(await film.arrayBuffer()));
  const probe = z
    .object({ streams: z.array(z.object({ codec_type: z.string(), nb_read_frames: z.string().optional() })) })
    .parse(await runFfprobe(['-show_streams', '-count_frames', path]));
  const stored = await loadTimeline(database, id);
  const frames = stored?.timeline.clips.reduce((sum, { durationFrames }) => sum + durationFrames, 0);
  expect(probe.streams.find(({ codec_type }) => codec_type === 'video')?.nb_read_frames).toBe(String(frames));
  const [assembled] = (await fleetStore(database.db).tasks(team.id, {})).filter(({ kind }) => kind === 'assemble');
  expect(assembled?.result).toMatchObject({ film: { bytes: statSync(path).size, sha256: await sha256File(path) } });

  // Taken back: the film that stands is not what was signed any more.
  await sign(takes.slice(0, 1), 'rejected');
  expect((await state(id)).status).toBe('in_review');
  await vi.waitFor(() => expect(told.at(-1)?.status).toBe('in_review'), { timeout: 20_000 });
  const seen = told.map(({ status }) => status).filter((status, i, all) => status !== all[i - 1]);
  expect(seen).toEqual(expect.arrayContaining(['analyzing', 'rendering', 'in_review', 'approved', 'assembling', 'delivered'])); // biome-ignore format: one list
  expect(new Set(told.map(({ listing_id }) => listing_id))).toEqual(new Set(['4711']));
  await storage.close();

  // Given up, as after a day without GPUs: handed out again by an operator, the job is in its phase and goes on.
  await sql`update fleet_tasks set state = 'failed' where kind = 'render' and subject = ${takes[0]?.clip_id ?? ''}`.execute(
    database.db,
  );
  await database.db.updateTable('jobs').set({ status: 'failed' }).where('id', '=', id).execute();
  const context = { settings, onProgress: () => {}, signal: new AbortController().signal };
  expect((await queueCommand('status', {}, context)).json).toMatchObject({
    engine: 'pg-boss',
    queues: expect.arrayContaining([
      expect.objectContaining({ type: 'gpu', failed: 1 }),
      expect.objectContaining({ type: 'cpu', failed: 0 }),
    ]),
  });
  expect((await queueCommand('redrive', {}, context)).json).toMatchObject({ gpu: { tasks: 1 }, cpu: { tasks: 0 } });
  await until(id, 'in_review', 60_000);
  expect((await queueCommand('status', {}, context)).text).toMatch(/^Queue on pg-boss\ntype +waiting/);
}, 360_000);
