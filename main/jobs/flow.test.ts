/**
 * A job of the backend from photos to the film, with nothing in place of a part: service and worker on a real Postgres,
 * its queue and a storage folder, real photos, clips and film. People sign over the wire, as studios do.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { sha256File } from '../../base/files.node.ts';
import { readJson } from '../../db/codec.ts';
import { newId } from '../../db/id.node.ts';
import { migrateUp } from '../../db/open.node.ts';
import { loadTimeline } from '../../db/results.node.ts';
import { type BlobRef, blobRefSchema, type OperationBody } from '../../db/sync/protocol.ts';
import { addBlob } from '../../db/team/blobs.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { runFfmpeg, runFfprobe } from '../../pipeline/media/ffmpeg.node.ts';
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
import { SMALL_FILM_ENV, sound } from '../testing/listing.node.ts';
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
    ...SMALL_FILM_ENV,
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

/** Amplitude of one pitch in the middle of a film's sound: its Fourier coefficient over two seconds. */
async function amplitude(path: string, hertz: number): Promise<number> {
  const rate = 8_000;
  const args = ['-ss', '4', '-t', '2', '-i', path, '-vn', '-ac', '1', '-ar', String(rate), '-f', 'f32le', 'pipe:1'];
  const { stdout } = await runFfmpeg(args);
  const samples = new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength));
  let [re, im] = [0, 0];
  for (const [at, value] of samples.entries()) {
    re += value * Math.cos((2 * Math.PI * hertz * at) / rate);
    im += value * Math.sin((2 * Math.PI * hertz * at) / rate);
  }
  return (2 * Math.hypot(re, im)) / samples.length;
}

test('a job goes from photos to review, follows what is signed, and comes to the film that was signed', async () => {
  const storage = openStorage(settings);
  /** A file of the team, as a studio's upload leaves it. */
  const keep = async (path: string): Promise<BlobRef> => {
    const blob = { sha256: await sha256File(path), bytes: statSync(path).size };
    await storage.putFile(blobKey(team.id, blob.sha256), path, blob);
    await addBlob(database, team.id, blob);
    return blob;
  };
  const low = await keep(await sound(join(work, 'low.wav'), 'sine=frequency=330', 14));
  const samples = join(PROJECT_ROOT, 'samples', 'listing');
  const photos: { sha256: string; bytes: number; file: string }[] = [];
  const names = readdirSync(samples).filter((name) => name.endsWith('.jpg'));
  for (const file of names.sort().slice(0, PHOTOS)) {
    photos.push({ ...(await keep(join(samples, file))), file });
  }
  const created = await ask('producer', 'POST', '/internal/jobs', {
    listing_id: 4711,
    photos,
    template_type: 'classic',
    target_length: 10,
    music_uri: low,
    enable_beat_sync: false, // tones have no beat
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
  const push = async (role: 'producer' | 'reviewer', person: string, bodies: readonly OperationBody[]) => {
    const { seq } = await database.db.selectFrom('teams').select('seq').where('id', '=', team.id).executeTakeFirstOrThrow(); // biome-ignore format: one query
    const madeAt = new Date().toISOString();
    const operations = bodies.map((body) => ({ id: newId(), listingId, base: Number(seq), madeAt, person, body }));
    const { json } = await ask(role, 'POST', '/sync/push', { clientId, operations });
    expect(json).toMatchObject({ outcomes: operations.map(() => ({ outcome: 'applied' })) });
  };
  // The editor takes other music and puts a logo on the first title: what was asked for at first is not the film's now.
  const high = await keep(await sound(join(work, 'high.wav'), 'sine=frequency=2500', 14));
  const logoPath = join(work, 'logo.png');
  await sharp({ create: { width: 300, height: 300, channels: 4, background: '#ff00ff' } })
    .png()
    .toFile(logoPath);
  const logo = await keep(logoPath);
  const film = await database.db.selectFrom('films').selectAll().where('listing_id', '=', listingId).executeTakeFirstOrThrow(); // biome-ignore format: one query
  const changed = { ...readJson(z.looseObject({}), film.settings), musicId: high.sha256 };
  const brand = { id: 'brand', startFrame: 0, text: '', style: 'end_card', logoId: logo.sha256 } as const;
  const titles = [{ ...brand, durationFrames: 60 }];
  await push('producer', 'Edda', [
    { kind: 'music.add', blob: high, name: 'High', extension: 'wav', licence: null, duration: 14, track: null, trackKey: null }, // biome-ignore format: one shape
    {
      kind: 'film.edit',
      revision: film.revision,
      label: 'Brand',
      edit: { type: 'setTitles', titles },
      settings: changed,
    },
  ]);
  const sign = async (which: typeof takes, decided: 'approved' | 'rejected') => {
    const bodies = which.map(({ clip_id: clipId, spec_hash: specHash }): OperationBody => ({ kind: 'review.decide', decisionId: newId(), clipId, specHash, state: decided, reason: decided === 'rejected' ? 'flicker' : null, comment: '' })); // biome-ignore format: one shape
    await push('reviewer', 'Rita', bodies);
  };
  await sign(takes.slice(1), 'approved');
  expect((await state(id)).status).toBe('in_review');
  await sign(takes.slice(0, 1), 'approved');
  expect((await state(id)).status).toBe('approved');

  // A film that is changed while it is assembled is not handed out: the job stands at approved again, and is told so.
  expect((await ask('producer', 'POST', `/internal/jobs/${id}/run`, {})).status).toBe(202);
  await vi.waitFor(async () => expect((await state(id)).fraction).toBeGreaterThan(0.1), {
    timeout: 60_000,
    interval: 50,
  });
  const shorter = [{ ...brand, durationFrames: 50 }];
  await push('producer', 'Edda', [
    { kind: 'film.edit', revision: film.revision + 1, label: 'Shorter', edit: { type: 'setTitles', titles: shorter } },
  ]);
  expect((await until(id, 'approved', 60_000)).film_uri).toBeNull();
  expect((await ask('producer', 'POST', `/internal/jobs/${id}/run`, {})).status).toBe(202);
  const delivered = await until(id, 'delivered', 120_000);
  // The storage's links name the port of a deployed service; here it has a free one.
  const link = new URL(delivered.film_uri ?? expect.unreachable('no film'));
  const answer = await fetch(`${service.url}${link.pathname}${link.search}`);
  expect(answer.status).toBe(200);
  const path = join(work, 'film.mp4');
  writeFileSync(path, new Uint8Array(await answer.arrayBuffer()));
  const probe = z
    .object({ streams: z.array(z.object({ codec_type: z.string(), nb_read_frames: z.string().optional() })) })
    .parse(await runFfprobe(['-show_streams', '-count_frames', path]));
  const stored = await loadTimeline(database, id);
  const frames = stored?.timeline.clips.reduce((sum, { durationFrames }) => sum + durationFrames, 0);
  expect(probe.streams.find(({ codec_type }) => codec_type === 'video')?.nb_read_frames).toBe(String(frames));
  const [assembled] = (await fleetStore(database.db).tasks(team.id, {})).filter(({ kind }) => kind === 'assemble');
  expect(assembled?.result).toMatchObject({ film: { bytes: statSync(path).size, sha256: await sha256File(path) } });

  // It sounds as it was edited, and shows the logo.
  expect(await amplitude(path, 2500)).toBeGreaterThan(0.05);
  expect(await amplitude(path, 330)).toBeLessThan(0.001);
  const frame = join(work, 'frame.png');
  await runFfmpeg(['-ss', '1', '-i', path, '-frames:v', '1', '-y', frame]);
  const middle = await sharp(frame).extract({ left: 300, top: 170, width: 40, height: 20 }).raw().toBuffer();
  expect([0, 1, 2].map((channel) => Math.round(middle.filter((_, at) => at % 3 === channel).reduce((sum, value) => sum + value, 0) / (40 * 20 * 85)))).toEqual([3, 0, 3]); // biome-ignore format: magenta, in steps of 85
  // All that its page of originals shows is there, and its papers say who signed: nobody had to vouch.
  const { files } = z.object({ files: z.array(blobRefSchema.extend({ name: z.string() })) }).parse(assembled?.result);
  const open = async (name: string): Promise<string> => {
    const file = files.find((one) => one.name === name) ?? expect.unreachable(name);
    await storage.getFile(blobKey(team.id, file.sha256), join(work, 'paper'), file);
    return readFileSync(join(work, 'paper'), 'utf8');
  };
  const page = await open('originals.html');
  const { name } = await database.db.selectFrom('listings').select('name').where('id', '=', listingId).executeTakeFirstOrThrow(); // biome-ignore format: one query
  expect(page).toContain(`<title>${name}: original photos</title>`);
  const shown = [...page.matchAll(/(?:src|href|poster)="([^"]+)"/g)].map(([, at]) => at);
  expect(shown.length).toBeGreaterThanOrEqual(2 * takes.length);
  expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(shown));
  const otio = [...(await open('timeline.otio')).matchAll(/"target_url": ?"([^"]+)"/g)].map(([, at]) => at ?? '');
  expect(otio.filter((at) => !at.startsWith('music-'))).toEqual(shown.filter((at) => at?.includes('-clip')));
  const { overrides } = z.object({ overrides: z.unknown() }).parse(JSON.parse(await open('provenance.json')));
  const approvals = takes.map(({ clip_id: clipId }) => expect.objectContaining({ clipId, reviewer: 'Rita', role: 'reviewer' })); // biome-ignore format: one list
  expect(overrides).toMatchObject({
    not_approved: [],
    vouched_for: null,
    approvals: expect.arrayContaining(approvals),
  });

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
