/** News as studios get it, over HTTP: long poll, server-sent events, several processes; limits, logs, and the end. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../db/id.node.ts';
import type { FeedAnswer, Outcome } from '../../db/sync/protocol.ts';
import { appendSystem, FEED_CHANNEL } from '../../db/team/apply.node.ts';
import { createKey, revokeKey } from '../../db/team/teams.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { createLogger } from '../log.node.ts';
import type { FleetAnswer } from './fleet-api.ts';
import { clipToRender, makeListing, makeTeam, newListing, operation, startTestService, type TestService, type TestTeam } from './testing/service.node.ts'; // biome-ignore format: one list

let postgres: TestPostgres;
let url: string;
let service: TestService;
let team: TestTeam;

beforeAll(async () => {
  postgres = await startTestPostgres();
  url = await postgres.createDatabase();
  service = await startTestService(url, { heartbeatMs: 40 });
  team = await makeTeam(service.database, 'Ours');
});
afterAll(async () => {
  await service?.close();
  await postgres?.stop();
});

const feed = async (at: TestService, query: string, signal?: AbortSignal): Promise<FeedAnswer> => {
  const answer = await fetch(`${at.url}/sync/feed?${query}`, {
    headers: { Authorization: `Bearer ${team.keys.reviewer.key}` },
    ...(signal === undefined ? {} : { signal }),
  });
  return (await answer.json()) as FeedAnswer;
};
const head = async (): Promise<number> => (await feed(service, 'after=0&limit=1')).head;
async function waitUntil(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Reads server-sent events until `enough` says so. */
async function events(
  at: TestService,
  key: string,
  enough: (text: string) => boolean,
  headers: Record<string, string> = {},
  query = '',
): Promise<{ text: string; ended: boolean }> {
  const stop = new AbortController();
  const answer = await fetch(`${at.url}/sync/events${query}`, { headers: { Authorization: `Bearer ${key}`, ...headers }, signal: stop.signal }); // biome-ignore format: one call
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let ended = false;
  while (!enough(text)) {
    const part = await reader?.read();
    if (part === undefined || part.done) {
      ended = true;
      break;
    }
    text += part.value;
  }
  stop.abort();
  return { text, ended };
}

test('a reader that waits is answered by the next push, through another process too', async () => {
  const other = await startTestService(url);
  try {
    const after = await head();
    const waiting = [feed(service, `after=${after}&wait=25`), feed(other, `after=${after}&wait=25`)];
    await waitUntil(() => service.service.hub.waiting === 1 && other.service.hub.waiting === 1);
    const listing = await makeListing(other, team.keys.editor.key);
    for (const answer of await Promise.all(waiting))
      expect(answer).toMatchObject({ next: after + 1, head: after + 1, entries: [{ seq: after + 1, listingId: listing, body: { kind: 'listing.create' } }] }); // biome-ignore format: one shape
  } finally {
    await other.close();
  }
});

test('what a worker writes in its own transaction is news with its commit', async () => {
  const listing = await makeListing(service, team.keys.editor.key);
  const after = await head();
  const heard = new pg.Client({ connectionString: url });
  await heard.connect();
  await heard.query(`listen ${FEED_CHANNEL}`);
  const news = once(heard, 'notification');
  const waiting = feed(service, `after=${after}&wait=25`);
  await waitUntil(() => service.service.hub.waiting === 1);
  await service.database.db.transaction().execute(async (trx) => {
    const body = { kind: 'listing.set', field: 'archived', from: false, to: true } as const;
    await appendSystem({ db: trx, dialect: 'postgres' }, team.id, listing, { name: 'Fleet', role: 'worker' }, body);
  });
  expect(await news).toMatchObject([{ channel: FEED_CHANNEL, payload: team.id }]);
  expect((await waiting).entries).toMatchObject([{ seq: after + 1, listingId: listing, actor: { role: 'worker' } }]);
  await heard.end();
});

test('what is there already is answered at once, and pages go on where they ended', async () => {
  for (let i = 0; i < 3; i++) await makeListing(service, team.keys.editor.key);
  const all = await feed(service, 'after=0&wait=25');
  expect(all.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: all.head }, (_, i) => i + 1));
  const paged: number[] = [];
  for (let after = 0; after < all.head; ) {
    const page = await feed(service, `after=${after}&limit=2`);
    paged.push(...page.entries.map(({ seq }) => seq));
    after = page.next;
  }
  expect(paged).toEqual(all.entries.map(({ seq }) => seq));
});

test('a reader that goes away is waited for no longer', async () => {
  const stop = new AbortController();
  const waiting = feed(service, `after=${await head()}&wait=25`, stop.signal).catch(() => 'gone');
  await waitUntil(() => service.service.hub.waiting === 1);
  stop.abort();
  expect(await waiting).toBe('gone');
  await waitUntil(() => service.service.hub.waiting === 0 && service.service.inFlight() === 0);
});

test('the same push twice is applied once and answered the same', async () => {
  const before = await head();
  const body = { clientId: newId(), operations: [operation(newId(), newListing('Twice'))] };
  const send = async (): Promise<{ outcomes: Outcome[] }> =>
    (await (await service.ask(team.keys.editor.key, 'POST', '/sync/push', body)).json()) as { outcomes: Outcome[] };
  const first = await send();
  expect(first.outcomes).toMatchObject([{ outcome: 'applied', seq: before + 1 }]);
  expect(await send()).toEqual(first);
  expect(await head()).toBe(before + 1);
});

test('events carry the feed with its places, go on after the last one, and beat in between', async () => {
  const after = await head();
  const key = team.keys.editor.key;
  const listening = events(service, key, (text) => text.includes('data:') && text.includes(': alive'), {}, `?after=${after}`); // biome-ignore format: one call
  await waitUntil(() => service.service.hub.waiting === 1);
  const listing = await makeListing(service, key);
  const { text } = await listening;
  expect(text).toContain(`id: ${after + 1}\nevent: entry\ndata: {"seq":${after + 1},`);
  expect(text).toContain(listing);
  const again = await events(service, key, (got) => got.includes('data:'), { 'Last-Event-ID': String(after) }, '?after=999999'); // biome-ignore format: one call
  expect(again.text).toContain(`id: ${after + 1}\n`);
  await waitUntil(() => service.service.hub.waiting === 0);
  // Readers that go as they come leave nothing behind.
  for (let n = 0; n < 20; n++) {
    const stop = new AbortController();
    const gone = fetch(`${service.url}/sync/events`, { headers: { Authorization: `Bearer ${key}` }, signal: stop.signal }); // biome-ignore format: one call
    if (n % 2 === 0) await gone;
    stop.abort();
    await gone.catch(() => {});
  }
  await waitUntil(() => service.service.hub.waiting === 0 && service.service.openFeeds() === 0);
});

test('a stream ends when its key is revoked', async () => {
  const made = await createKey(service.database, { teamId: team.id, name: 'leaving', role: 'editor' });
  const listening = events(service, made.key, () => false, {}, `?after=${await head()}`);
  await waitUntil(() => service.service.hub.waiting === 1);
  await revokeKey(service.database, made.row.id);
  expect((await listening).ended).toBe(true);
});

test('a key waits on so many feeds at once and no more', async () => {
  const narrow = await startTestService(url, { gate: { feedsPerKey: 1 } });
  try {
    const stop = new AbortController();
    const after = await head();
    const waiting = feed(narrow, `after=${after}&wait=25`, stop.signal).catch(() => undefined);
    await waitUntil(() => narrow.service.hub.waiting === 1);
    const second = await narrow.ask(team.keys.reviewer.key, 'GET', `/sync/feed?after=${after}&wait=25`);
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, '5']);
    // Without waiting it may still read.
    expect((await narrow.ask(team.keys.reviewer.key, 'GET', `/sync/feed?after=${after}`)).status).toBe(200);
    stop.abort();
    await waiting;
  } finally {
    await narrow.close();
  }
});

test('too many requests are put off: by key, and by address for those without one', async () => {
  const tight = await startTestService(url, { gate: { key: { perSecond: 0.001, burst: 3 }, address: { perSecond: 0.001, burst: 2 } } }); // biome-ignore format: one call
  try {
    const statuses = async (key: string | undefined, times: number): Promise<number[]> => {
      const all: number[] = [];
      for (let i = 0; i < times; i++) {
        const answer = await tight.ask(key, 'GET', '/sync/hello');
        if (answer.status === 429) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        await answer.body?.cancel();
        all.push(answer.status);
      }
      return all;
    };
    expect(await statuses(team.keys.editor.key, 1)).toEqual([200]);
    expect(await statuses(undefined, 4)).toEqual([401, 401, 429, 429]);
    // Nobody tries keys from there any more; one that was known before still gets in.
    expect(await statuses(`pk_${'B'.repeat(43)}`, 1)).toEqual([429]);
    expect(await statuses(team.keys.editor.key, 4)).toEqual([200, 200, 429, 429]);
    expect((await tight.ask(undefined, 'GET', '/health')).status).toBe(200);
    expect((await tight.ask(undefined, 'GET', '/no/such')).status).toBe(429);
  } finally {
    await tight.close();
  }
});

test('it is ready while its parts are there', async () => {
  const away = await startTestService(url);
  try {
    const ready = await away.ask(undefined, 'GET', '/health/ready');
    expect([ready.status, await ready.json()]).toEqual([200, { ok: true, database: 'up', storage: 'up', stopping: false }]); // biome-ignore format: one shape
  } finally {
    await away.close();
  }
  const broken = await startTestService(url);
  try {
    broken.storage.down = true;
    const answer = await broken.ask(undefined, 'GET', '/health/ready');
    expect([answer.status, await answer.json()]).toMatchObject([503, { ok: false, database: 'up', storage: 'down' }]);
    await broken.database.close();
    // The process lives, whatever is away.
    expect((await broken.ask(undefined, 'GET', '/health')).status).toBe(200);
  } finally {
    await broken.running.close(100);
  }
});

test('what the service does is counted, with the signal to scale by', async () => {
  const { db } = service.database;
  const fleet = service.parts.fleet(db);
  await fleet.enqueue([1, 2, 3].map((n) => ({
    teamId: team.id, listingId: newId(), jobId: null, kind: 'render', subject: `c${n}`, outputKey: `k${n}`, input: {},
    priority: 0, createdBy: 'test',
  }))); // biome-ignore format: one glance
  const answer = await service.ask(team.keys.admin.key, 'GET', '/internal/metrics');
  const text = await answer.text();
  expect(answer.headers.get('content-type')).toContain('text/plain');
  expect(text).toContain('picaivid_backlog_per_worker{type="gpu"} 3');
  expect(text).toContain('picaivid_tasks{kind="render",state="queued"} 3');
  expect(text).toContain('picaivid_database_up 1');
  expect(text).toMatch(/picaivid_http_requests_total\{method="POST",route="\/sync\/push",status="200"\} \d+/);
  expect(text).toMatch(/picaivid_feed_lag_seconds_count [1-9]/);
  expect(text).toMatch(/picaivid_sync_operations_total\{outcome="applied"\} [1-9]/);
  // A long poll's waiting is not the service's time.
  expect(text).toMatch(/picaivid_http_request_seconds_bucket\{le="2.5",method="GET",route="\/sync\/feed"\}/);
});

test('an estimate comes from what clips took lately, who is there, what waits before, and what they cost', async () => {
  const { db } = service.database;
  const fleet = service.parts.fleet(db);
  const key = team.keys.editor.key;
  const listing = await makeListing(service, key);
  const photo = 'a'.repeat(64);
  await service.parts.blobs.add(team.id, { sha256: photo, bytes: 1000 });
  const clips = ['one', 'two', 'three', 'four'].map((clipId) => clipToRender(photo, clipId, 'ltx'));
  const estimate = async (): Promise<unknown> => (await service.ask(key, 'POST', '/fleet/estimate', { listingId: listing, clips })).json(); // biome-ignore format: one line
  // The three tasks of the test before wait at a lower priority.
  expect(await estimate()).toEqual({ clips: 4, seconds: null, workers: 0, waitingBefore: 0, costMicros: null });

  const probe = { cpus: 8, memoryMiB: 32_000, gpus: [], platform: 'linux' };
  const workers = [newId(), newId()];
  for (const [n, id] of workers.entries())
    await fleet.register({ id, type: 'gpu', name: `gpu-${n}`, version: 'test', probe, costPerHourMicros: 3_600_000, spot: true }); // biome-ignore format: one call
  const made = await service.ask(key, 'POST', '/fleet/render', { listingId: listing, clips: clips.slice(0, 1) });
  const { tasks } = (await made.json()) as { tasks: { id: string; place: number }[] };
  expect(tasks).toMatchObject([{ subject: 'one', place: 1 }]);
  const lease = await fleet.claim({ id: workers[0] ?? '', type: 'gpu' });
  expect(lease?.task.id).toBe(tasks[0]?.id);
  const seen = (await (await service.ask(key, 'GET', `/fleet?listing=${listing}`)).json()) as FleetAnswer;
  expect(seen.tasks).toMatchObject([{ state: 'leased', workerId: workers[0], workerName: 'gpu-0', place: null }]);
  expect(seen.workers.map(({ name, taskId }) => [name, taskId])).toEqual([['gpu-0', tasks[0]?.id], ['gpu-1', null]]); // biome-ignore format: one line
  expect(seen.costPerHourMicros).toBe(7_200_000);
  const other = await makeTeam(service.database, 'Neighbours');
  const theirs = (await (await service.ask(other.keys.editor.key, 'GET', '/fleet')).json()) as FleetAnswer;
  expect([theirs.tasks, theirs.workers.map(({ taskId }) => taskId)]).toEqual([[], [null, null]]);

  if (lease !== undefined) await fleet.complete(lease, {});
  await db.updateTable('fleet_tasks').set({ started_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:10Z' }).where('id', '=', tasks[0]?.id ?? '').execute(); // biome-ignore format: one statement
  // Two workers, ten seconds a clip, a thousandth of a dollar a second.
  expect(await estimate()).toEqual({ clips: 4, seconds: 20, workers: 2, waitingBefore: 0, costMicros: 40_000 });
});

test('the log tells of every request and of no secret', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'picaivid-service-log-')), 'a.log');
  const logged = await startTestService(url, { log: createLogger('debug', file) });
  const planted = 'pk_planted-planted-planted-planted-planted-pla';
  const key = team.keys.editor.key;
  await logged.ask(key, 'GET', '/sync/hello', undefined, { 'X-Request-Id': 'seen-1' });
  await logged.ask(planted, 'GET', '/sync/hello', undefined, { Cookie: `a=${planted}` });
  await logged.ask(key, 'GET', `/sync/${planted}?token=${planted}`);
  await logged.ask(key, 'POST', '/sync/presence', { token: planted, name: planted });
  await logged.ask(undefined, 'GET', '/sync/hello', undefined, { 'X-API-Key': planted, 'X-Request-Id': planted });
  await logged.ask(key, 'GET', '/sync/listings', undefined, { 'X-Request-Id': `Bearer ${planted}` });
  await logged.close();
  const text = readFileSync(file, 'utf8');
  const lines = text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>); // biome-ignore format: one line
  expect(lines.find(({ requestId }) => requestId === 'seen-1')).toMatchObject({ method: 'GET', route: '/sync/hello', status: 200, teamId: team.id, role: 'editor', keyId: team.keys.editor.id }); // biome-ignore format: one shape
  expect(lines.filter(({ msg }) => msg === 'request')).toHaveLength(6);
  expect(text).not.toContain(key);
  expect(text).not.toContain('planted');
});

test('told to stop, it ends feeds with what they have, finishes what it began and takes nothing new', async () => {
  const stopping = await startTestService(url);
  const after = await head();
  const waiting = feed(stopping, `after=${after}&wait=25`);
  const listening = events(stopping, team.keys.editor.key, () => false, {}, `?after=${after}`);
  await waitUntil(() => stopping.service.hub.waiting === 2);
  const push = makeListing(stopping, team.keys.editor.key);
  await waitUntil(() => stopping.service.inFlight() >= 2);
  const closed = stopping.running.close(5_000);
  const listing = await push;
  await closed;
  expect((await waiting).head).toBeGreaterThanOrEqual(after);
  expect((await listening).ended).toBe(true);
  await expect(stopping.ask(undefined, 'GET', '/health')).rejects.toThrow();
  const entries = (await feed(service, `after=${after}`)).entries.map(({ listingId }) => listingId);
  expect(entries).toContain(listing);
  await stopping.close();
});
