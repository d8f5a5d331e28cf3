/** Who gets in, and with what: every address × every role × no key × a revoked one × another team's rows; attacks. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../db/id.node.ts';
import { KEY_ROLES } from '../../db/sync/protocol.ts';
import { createKey, revokeKey } from '../../db/team/teams.node.ts';
import { startTestPostgres, type TestPostgres } from '../../db/testing/postgres.node.ts';
import { blobKey } from '../storage/storage.ts';
import { ENDPOINTS, type RouteKey } from './endpoints.ts';
import { ROUTES } from './routes.ts';
import { fuzzService } from './testing/fuzz-target.node.ts';
import { clipToRender, makeListing, makeTeam, startTestService, type TestService, type TestTeam } from './testing/service.node.ts'; // biome-ignore format: one list

let postgres: TestPostgres;
let service: TestService;
let ours: TestTeam;
let theirs: TestTeam;
let listing: string;
let theirListing: string;
const PHOTO = 'b'.repeat(64);

beforeAll(async () => {
  postgres = await startTestPostgres();
  service = await startTestService(await postgres.createDatabase());
  ours = await makeTeam(service.database, 'Ours');
  theirs = await makeTeam(service.database, 'Theirs');
  listing = await makeListing(service, ours.keys.editor.key);
  theirListing = await makeListing(service, theirs.keys.editor.key);
  await service.parts.blobs.add(ours.id, { sha256: PHOTO, bytes: 1000 });
});
afterAll(async () => {
  await service?.close();
  await postgres?.stop();
});

/** A good request for each address, in a team. */
function good(key: RouteKey, listingId: string, jobId: string): { path: string; body?: unknown } {
  const path = (key.split(' ')[1] ?? '').replace('{listing}', listingId).replace('{job}', jobId).replace('{conflict}', newId()); // biome-ignore format: one line
  const bodies: Partial<Record<RouteKey, unknown>> = {
    'POST /internal/jobs': { listing_id: 7, photos: ['https://photos.example.com/1.jpg'], target_length: 30 },
    'POST /internal/jobs/{job}/run': { start_phase: 1 },
    'POST /sync/push': { clientId: newId(), operations: [{ id: newId(), listingId, base: 0, madeAt: '2026-01-01T00:00:00Z', person: 'A', body: { kind: 'listing.set', field: 'archived', from: false, to: false } }] }, // biome-ignore format: one shape
    'POST /sync/presence': { clientId: newId(), name: 'A', listingId, place: 'rooms' },
    'POST /blobs/missing': { blobs: [{ sha256: PHOTO, bytes: 1000 }] },
    'POST /blobs/upload': { sha256: 'c'.repeat(64), bytes: 5, contentType: 'image/jpeg' },
    'POST /blobs/complete': { sha256: PHOTO, bytes: 1000 },
    'POST /blobs/download': { sha256: [PHOTO] },
    'POST /fleet/estimate': { listingId, clips: [clipToRender(PHOTO)] },
    'POST /fleet/render': { listingId, clips: [clipToRender(PHOTO)] },
    'POST /fleet/cancel': { taskIds: [newId()] },
    'POST /fleet/retry': { taskIds: [newId()] },
  };
  const body = bodies[key];
  return body === undefined ? { path } : { path, body };
}

async function newJob(team: TestTeam): Promise<string> {
  const { path, body } = good('POST /internal/jobs', listing, '');
  const answer = await service.ask(team.keys.producer.key, 'POST', path, body);
  const job: unknown = await answer.json();
  return (job as { job_id: string }).job_id;
}

const keyOf = (row: (typeof ROUTES)[number]): RouteKey => `${row.method} ${row.path}` as RouteKey;

test('every address lets in the roles of its row and nobody else', async () => {
  const jobId = await newJob(ours);
  const revoked = await createKey(service.database, { teamId: ours.id, name: 'gone', role: 'admin' });
  await revokeKey(service.database, revoked.row.id);
  const wrong: string[] = [];
  for (const row of ROUTES) {
    const { path, body } = good(keyOf(row), listing, jobId);
    const say = async (who: string, key: string | undefined, expected: (status: number) => boolean): Promise<void> => {
      const answer = await service.ask(key, row.method, path, body);
      await answer.body?.cancel();
      if (!expected(answer.status)) wrong.push(`${row.method} ${row.path} as ${who}: ${answer.status}`);
    };
    const open = row.who === 'open';
    const entered = (status: number): boolean => status === 200 || status === 201 || status === 202 || (row.path.includes('{conflict}') && status === 404); // biome-ignore format: one line
    for (const role of KEY_ROLES) {
      const may = open || (row.who as readonly string[]).includes(role);
      await say(role, ours.keys[role].key, may ? entered : (status) => status === 403);
    }
    const outside = open ? entered : (status: number): boolean => status === 401;
    await say('nobody', undefined, outside);
    await say('a revoked key', revoked.key, outside);
    await say('a made-up key', `pk_${'A'.repeat(43)}`, outside);
    await say('no key at all', 'x', outside);
  }
  expect(wrong).toEqual([]);
});

test('a key is taken from X-API-Key too, and a revoked one is out at once', async () => {
  const made = await createKey(service.database, { teamId: ours.id, name: 'for a moment', role: 'editor' });
  const hello = () => service.ask(undefined, 'GET', '/sync/hello', undefined, { 'X-API-Key': made.key });
  const answer = await hello();
  expect(await answer.json()).toMatchObject({ teamId: ours.id, teamName: 'Ours', keyName: 'for a moment', role: 'editor', version: 'test' }); // biome-ignore format: one shape
  await revokeKey(service.database, made.row.id);
  expect((await hello()).status).toBe(401);
});

test('rows of another team are answered as if they were not there', async () => {
  const theirJob = await newJob(theirs);
  const stranger = ours.keys.admin.key;
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await service.ask(stranger, method, path, body);
    return answer.status;
  };
  expect(await ask('GET', `/sync/listings/${theirListing}`)).toBe(404);
  expect(await ask('GET', `/internal/jobs/${theirJob}`)).toBe(404);
  expect(await ask('POST', `/internal/jobs/${theirJob}/run`, {})).toBe(404);
  expect(await ask('POST', `/internal/jobs/${theirJob}/cancel`)).toBe(404);
  expect(await ask('POST', '/fleet/render', { listingId: theirListing, clips: [clipToRender(PHOTO)] })).toBe(404);
  expect(await ask('POST', '/fleet/estimate', { listingId: theirListing, clips: [clipToRender(PHOTO)] })).toBe(404);

  const push = await service.ask(stranger, 'POST', '/sync/push', good('POST /sync/push', theirListing, '').body);
  expect(await push.json()).toMatchObject({ outcomes: [{ outcome: 'refused' }] });
  const listings = await service.ask(stranger, 'GET', '/sync/listings');
  expect(JSON.stringify(await listings.json())).not.toContain(theirListing);
  const feed = await service.ask(stranger, 'GET', '/sync/feed?after=0');
  expect(JSON.stringify(await feed.json())).not.toContain(theirListing);

  // Files: the same bytes in two teams are two files.
  const blob = { sha256: 'd'.repeat(64), bytes: 9 };
  await service.parts.blobs.add(theirs.id, blob);
  const missing = await service.ask(stranger, 'POST', '/blobs/missing', { blobs: [blob] });
  expect(await missing.json()).toEqual({ missing: [blob.sha256] });
  expect(await ask('POST', '/blobs/download', { sha256: [blob.sha256] })).toBe(404);
  expect(await ask('POST', '/blobs/complete', blob)).toBe(404);

  // Tasks: neither seen nor touched.
  const sent = await service.ask(theirs.keys.editor.key, 'POST', '/blobs/missing', { blobs: [blob] });
  expect(await sent.json()).toEqual({ missing: [] });
  const made = await service.ask(theirs.keys.editor.key, 'POST', '/fleet/render', { listingId: theirListing, clips: [clipToRender(blob.sha256)] }); // biome-ignore format: one call
  const { tasks } = (await made.json()) as { tasks: { id: string; state: string }[] };
  expect(tasks).toHaveLength(1);
  const ids = { taskIds: tasks.map(({ id }) => id) };
  expect(await (await service.ask(stranger, 'POST', '/fleet/cancel', ids)).json()).toEqual({ changed: 0 });
  expect(await (await service.ask(stranger, 'POST', '/fleet/retry', ids)).json()).toEqual({ changed: 0 });
  expect(JSON.stringify(await (await service.ask(stranger, 'GET', '/fleet')).json())).not.toContain(ids.taskIds[0]);
  expect(await (await service.ask(theirs.keys.editor.key, 'POST', '/fleet/cancel', ids)).json()).toEqual({
    changed: 1,
  });

  // A studio's id that another team uses stays theirs.
  const clientId = newId();
  const at = (key: string, name: string) => service.ask(key, 'POST', '/sync/presence', { clientId, name, listingId: null, place: 'library' }); // biome-ignore format: one call
  await at(theirs.keys.editor.key, 'Their Ada');
  expect(JSON.stringify(await (await at(stranger, 'Our Eve')).json())).not.toContain('Their Ada');
  expect(JSON.stringify(await (await at(theirs.keys.editor.key, 'Their Ada')).json())).not.toContain('Our Eve');
});

test('files are counted as the team’s only when the storage holds exactly them', async () => {
  const key = ours.keys.editor.key;
  const blob = { sha256: 'e'.repeat(64), bytes: 1234 };
  const upload = await service.ask(key, 'POST', '/blobs/upload', { ...blob, contentType: 'image/jpeg' });
  expect(await upload.json()).toMatchObject({ state: 'whole', link: { method: 'PUT' } });
  expect((await service.ask(key, 'POST', '/blobs/complete', blob)).status).toBe(404);
  service.storage.sent(blobKey(ours.id, blob.sha256), { ...blob, sha256: 'f'.repeat(64) });
  const wrong = await service.ask(key, 'POST', '/blobs/complete', blob);
  expect([wrong.status, await wrong.json()]).toMatchObject([422, { code: 'verification_failed' }]);
  expect(service.storage.objects.has(blobKey(ours.id, blob.sha256))).toBe(false);
  service.storage.sent(blobKey(ours.id, blob.sha256), blob);
  expect(await (await service.ask(key, 'POST', '/blobs/complete', blob)).json()).toEqual(blob);
  expect(await (await service.ask(key, 'POST', '/blobs/upload', { ...blob, contentType: 'image/jpeg' })).json()).toEqual({ state: 'there' }); // biome-ignore format: one line
  const download = await service.ask(key, 'POST', '/blobs/download', { sha256: [blob.sha256] });
  expect(await download.json()).toMatchObject({ links: [{ method: 'GET', bytes: 1234 }] });
  const large = await service.ask(key, 'POST', '/blobs/upload', { sha256: '1'.repeat(64), bytes: 40_000_000, contentType: 'video/mp4' }); // biome-ignore format: one call
  expect(await large.json()).toMatchObject({ state: 'parts', parts: [{}, {}, {}] });
  const empty = await service.ask(key, 'POST', '/blobs/upload', {
    sha256: '2'.repeat(64),
    bytes: 0,
    contentType: 'a/b',
  });
  expect([empty.status, await empty.json()]).toMatchObject([422, { code: 'file_empty' }]);
});

test('a clip given twice is one task, and workers are woken once for what is queued', async () => {
  const key = ours.keys.editor.key;
  const body = { listingId: listing, clips: [{ ...clipToRender(PHOTO, 'clip-9', 'ltx'), onScreen: true }] };
  const before = service.queue.sent.length;
  const first = (await (await service.ask(key, 'POST', '/fleet/render', body)).json()) as { tasks: { id: string }[] };
  const second = (await (await service.ask(key, 'POST', '/fleet/render', body)).json()) as { tasks: { id: string }[] };
  expect(second.tasks.map(({ id }) => id)).toEqual(first.tasks.map(({ id }) => id));
  expect(first.tasks).toMatchObject([{ kind: 'render', subject: 'clip-9', state: 'queued', listingName: 'Elm Street 4', priority: 20 }]); // biome-ignore format: one shape
  expect(service.queue.sent[before]).toEqual({ type: 'gpu', message: { kind: 'task', taskId: first.tasks[0]?.id }, priority: 20 }); // biome-ignore format: one shape
  const absent = await service.ask(key, 'POST', '/fleet/render', { listingId: listing, clips: [clipToRender('9'.repeat(64))] }); // biome-ignore format: one call
  expect([absent.status, await absent.json()]).toMatchObject([422, { code: 'file_not_found' }]);
  const odd = await service.ask(key, 'POST', '/fleet/render', { listingId: listing, clips: [{ ...clipToRender(PHOTO), spec: { frames: -1 } }] }); // biome-ignore format: one call
  expect([odd.status, await odd.json()]).toMatchObject([400, { code: 'bad_usage' }]);
});

const INJECTIONS = [
  "' or '1'='1",
  "'; drop table teams; --",
  '1) union select hash from api_keys --',
  '%00',
  '\\x00',
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e/%2e%2e',
  '%c0%ae%c0%ae/',
  '%zz',
  'con',
  '#{7*7}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  'a'.repeat(4000),
  '🏠'.repeat(50),
];

test('what does not belong into an address or a query changes nothing and is refused', async () => {
  const key = ours.keys.admin.key;
  const wrong: string[] = [];
  const refused = async (path: string): Promise<void> => {
    const answer = await service.ask(key, 'GET', path);
    await answer.body?.cancel();
    if (answer.status < 400 || answer.status >= 500) wrong.push(`${path.slice(0, 60)}: ${answer.status}`);
  };
  for (const text of INJECTIONS) {
    const plain = text.startsWith('%') || text.includes('%2f') ? text : encodeURIComponent(text);
    await refused(`/sync/listings/${plain}`);
    await refused(`/internal/jobs/${plain}`);
    await refused(`/sync/listings?after=${plain}`);
    await refused(`/sync/feed?after=${plain}`);
    await refused(`/sync/conflicts?listing=${plain}`);
    await refused(`/sync/feed?after=0&limit=${plain}`);
    await refused(`/${plain}`);
  }
  for (const number of ['-1', '1e3', '0x10', '9'.repeat(30), '1.5', 'NaN', 'Infinity', ' 1', ''])
    await refused(`/sync/feed?after=${encodeURIComponent(number)}`);
  for (const path of ['/sync', '/sync/', '/SYNC/HELLO', '/sync/hello/', '//sync/hello', '/sync/./hello/..', '/docs', '/docs/openapi.json', '/.env', '/internal']) // biome-ignore format: one list
    await refused(path);
  expect(wrong).toEqual([]);
  expect((await service.ask(key, 'GET', '/sync/hello')).status).toBe(200);
});

test('hostile bodies are refused with a sentence', async () => {
  const key = ours.keys.admin.key;
  const post = async (body: string, path = '/sync/presence', type = 'application/json'): Promise<number> => {
    const answer = await service.ask(key, 'POST', path, body, { 'Content-Type': type });
    const said = (await answer.json()) as { message?: string; requestId?: string };
    expect(said.message ?? '').not.toBe('');
    expect(answer.headers.get('x-request-id')).toBe(said.requestId);
    return answer.status;
  };
  const here = (name: string): string => `{"clientId":"${newId()}","name":${name},"listingId":null,"place":"rooms"}`;
  expect(await post(here('"a\\u0000b"'))).toBe(400);
  expect(await post(here('"\\ud800"'))).toBe(400);
  expect(await post(here('{"$gt":""}'))).toBe(400);
  expect(await post(here(`"${'x'.repeat(81)}"`))).toBe(400);
  expect(await post('['.repeat(100_000) + ']'.repeat(100_000))).toBe(400);
  expect(await post(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`)).toBe(400);
  expect(await post('{"clientId":')).toBe(400);
  expect(await post('null')).toBe(400);
  expect(await post('')).toBe(400);
  expect(await post(`"${'x'.repeat(300_000)}"`)).toBe(413);
  expect(await post(`"${'x'.repeat(17_000_000)}"`, '/sync/push')).toBe(413);
  for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json5']) // biome-ignore format: one list
    expect(await post(here('"a"'), '/sync/presence', type), type).toBe(415);
  // A name of SQL is a name.
  const name = "Robert'); drop table teams;--";
  const answer = await service.ask(key, 'POST', '/sync/presence', here(JSON.stringify(name)));
  expect(((await answer.json()) as { presence: { name: string }[] }).presence.map((one) => one.name)).toContain(name);
});

/** Bytes as they are, over a socket; gives the answer's first line. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(service.url);
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
    let got = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      got += part;
      if (got.includes('\r\n')) socket.end();
    });
    socket.on('close', () => resolve(got.split('\r\n')[0] ?? ''));
    socket.on('error', (error) => (got === '' ? reject(error) : resolve(got.split('\r\n')[0] ?? '')));
  });
}

test('a body without an announced length is cut at the limit', async () => {
  const { port } = new URL(service.url);
  const status = await new Promise<number>((resolve, reject) => {
    const sending = httpRequest(
      { port, host: '127.0.0.1', method: 'POST', path: '/sync/presence', headers: { Authorization: `Bearer ${ours.keys.editor.key}`, 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' } }, // biome-ignore format: one shape
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
        clearInterval(timer);
        sending.destroy();
      },
    );
    sending.on('error', reject);
    sending.write('"');
    const timer = setInterval(() => sending.write('x'.repeat(100_000)), 1);
  });
  expect(status).toBe(413);
});

test('floods of headers, methods nobody knows and broken HTTP are refused', async () => {
  const key = ours.keys.editor.key;
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`X-A${i}`, 'a']));
  expect((await service.ask(key, 'GET', '/sync/hello', undefined, many)).status).toBe(431);
  expect(await raw(`GET /sync/hello HTTP/1.1\r\nHost: a\r\nX-Large: ${'a'.repeat(20_000)}\r\n\r\n`)).toContain('431');
  expect(await raw(`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`)).toContain('431');
  expect(await raw('BREW /sync/hello HTTP/1.1\r\nHost: a\r\n\r\n')).toContain('400');
  expect(await raw('GET /sync/hello HTTP/1.1\r\n\r\n')).toContain('400');
  expect(await raw('GET /sync/hello HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n')).toContain('400');
  expect(await raw('POST /sync/push HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n')).toContain('400'); // biome-ignore format: one line
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'POST']) {
    const answer = await service.ask(key, method, '/sync/hello');
    await answer.body?.cancel();
    expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, 'GET']);
  }
});

test('answers tell browsers nothing, and wrong ones tell nobody anything of the inside', async () => {
  const answer = await service.ask(ours.keys.editor.key, 'GET', '/sync/hello', undefined, { 'X-Request-Id': 'mine-1', Origin: 'https://evil.example' }); // biome-ignore format: one call
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': 'mine-1',
  });
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  const injected = await service.ask(undefined, 'GET', '/health', undefined, { 'X-Request-Id': 'a b"c' });
  expect(injected.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('the document describes every address of the table and no other', async () => {
  const development = await startTestService(await postgres.createDatabase(), { development: true });
  try {
    const document = (await (await fetch(`${development.url}/docs/openapi.json`)).json()) as { paths: Record<string, Record<string, { security: unknown[] }>> }; // biome-ignore format: one shape
    const described = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)); // biome-ignore format: one line
    expect(described.sort()).toEqual(Object.keys(ENDPOINTS).sort());
    const unguarded = Object.entries(document.paths).filter(([, methods]) => Object.values(methods).some(({ security }) => security.length === 0)); // biome-ignore format: one line
    expect(unguarded.map(([path]) => path).sort()).toEqual(['/health', '/health/ready']);
    const page = await fetch(`${development.url}/docs`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('/sync/push');
  } finally {
    await development.close();
  }
});

test('300 requests by a seed are answered as the document says', async () => {
  const { failures, statuses, reached } = await fuzzService(await postgres.createDatabase(), 20_261_123, 300);
  expect(failures).toEqual([]);
  // It is no test where everything is refused before it gets anywhere, nor where nothing is.
  expect(reached.length).toBeGreaterThan(ROUTES.length * 0.6);
  expect(statuses[400]).toBeGreaterThan(20);
});
