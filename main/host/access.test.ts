/** Who gets in: the loopback host as a stranger, another site, another port and a traversal list find it. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { CONTENT_SECURITY_POLICY } from './csp.ts';
import { type Answer, ask, client, eventStream, type HostChild, hostChild, until } from './testing/host.node.ts';

const base = mkdtempSync(join(tmpdir(), 'access-'));
const pages = join(base, 'pages');
const photos = join(base, 'photos');
const SECRET = 'nobody may read this';
let host: HostChild;
let port = 0;
let cookie = '';
/** What a browser sends from one of our own pages. */
let ours: OutgoingHttpHeaders = {};

const get = (path: string, headers: OutgoingHttpHeaders = ours): Promise<Answer> => ask(host.target, path, { headers });

beforeAll(async () => {
  mkdirSync(join(pages, 'assets'), { recursive: true });
  writeFileSync(join(pages, 'index.html'), '<!doctype html><title>Studio</title>');
  writeFileSync(join(pages, 'assets', 'index-C0ffee12.js'), 'export {};');
  writeFileSync(join(base, 'secret.txt'), SECRET);
  symlinkSync(join(base, 'secret.txt'), join(pages, 'link.txt'));
  await smallListing(photos, 2);
  host = await hostChild({ home: join(base, 'home'), port: 0, pages });
  port = Number(new URL(host.ready.url ?? '').port);
  const link = new URL(host.ready.url ?? '');
  const login = await ask(host.target, link.pathname + link.search);
  expect([login.status, login.headers.location]).toEqual([302, '/']);
  const [set = ''] = login.headers['set-cookie'] ?? [];
  expect(set).toMatch(/^picaivid_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  cookie = set.split(';')[0] ?? '';
  ours = { cookie, origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' };
});
/** A host on a socket, as the shell has it. */
test('a listing’s folder is told to the shell alone, by the listing’s id and nothing else', async () => {
  const own = join(base, 'own');
  await smallListing(own, 2);
  const shell = await hostChild({ home: join(base, 'home-shell') });
  try {
    const { created } = await shell.studio.listings.create.mutate({ folders: [own] });
    const id = created[0]?.id ?? '';
    const reveal = async (listing: string): Promise<unknown> =>
      (await ask(shell.target, `/api/reveal-path?listing=${encodeURIComponent(listing)}`)).json();
    expect(await reveal(id)).toEqual({ path: realpathSync(own) });
    const refusal = { code: 'file_not_found', message: 'The folder of this listing is not there.' };
    for (const listing of ['', '/etc', '/etc/passwd', `${id}/..`, `${id}\0`, '../../etc', 'x'.repeat(5_000)])
      expect([listing, await reveal(listing)]).toEqual([listing, refusal]);
    // A folder that became a link to a file, or went away, is not shown.
    rmSync(own, { recursive: true });
    expect(await reveal(id)).toEqual(refusal);
    symlinkSync(join(base, 'secret.txt'), own);
    expect(await reveal(id)).toEqual(refusal);
  } finally {
    await shell.kill();
  }
  // On the loopback there is no such call, with the cookie or without.
  expect((await get('/api/reveal-path?listing=x')).json()).toMatchObject({ code: 'bad_usage' });
});

afterAll(async () => {
  await host.kill();
  rmSync(base, { recursive: true, force: true });
});

test('without the cookie only /health answers, and the link works once', async () => {
  expect((await get('/health', {})).json()).toEqual({ ok: true });
  for (const path of [
    '/',
    '/index.html',
    '/assets/index-C0ffee12.js',
    '/api/trpc/listings.list',
    '/media/a/b/320',
    '/api/upload',
    '/api/music?name=a.mp3',
    '/api/logo',
    `/music/${'0'.repeat(64)}/sound`,
    '/title/a/640x360/e30.png',
    '/film/a/film.otio',
  ])
    expect([path, (await get(path, {})).status]).toEqual([path, 401]);
  expect((await get('/', { cookie: `picaivid_${port}=${'x'.repeat(43)}` })).status).toBe(401);
  const link = new URL(host.ready.url ?? '');
  const used = await get(link.pathname + link.search, {});
  expect([used.status, used.headers['set-cookie']]).toEqual([401, undefined]);
  expect((await get('/login?token=', {})).status).toBe(401);
  expect((await get('/login', {})).status).toBe(401);
});

test('a call whose length is not told is answered, as the window sends it; too long a one is refused', async () => {
  const call = (body: string) =>
    ask(host.target, '/api/trpc/preferences.set', {
      method: 'POST',
      headers: { ...ours, 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      body,
    });
  const answered = await call(JSON.stringify({ changes: { thumbnailSize: 'large' } }));
  expect([answered.status, answered.json()]).toMatchObject([200, { result: { data: { thumbnailSize: 'large' } } }]);
  // A few bytes over the limit: the host has read nearly all of it when it refuses, and nothing is left to be written.
  expect((await call(JSON.stringify({ changes: { theme: 'x'.repeat(8_000_000) } }))).status).toBe(413);
});

test('a wrong Host, another site, another port and a request without an origin are refused', async () => {
  const call = (headers: OutgoingHttpHeaders, method = 'POST') =>
    ask(host.target, '/api/trpc/system.diagnostics', {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
  for (const wrong of [
    `evil.example:${port}`,
    'localhost',
    `127.0.0.1:${port + 1}`,
    '127.0.0.1',
    `127.0.0.1.evil.example:${port}`,
  ])
    expect([wrong, (await get('/', { ...ours, host: wrong })).status]).toEqual([wrong, 403]);
  for (const own of [`localhost:${port}`, `[::1]:${port}`])
    expect([own, (await get('/', { cookie, host: own })).status]).toEqual([own, 200]);
  for (const origin of [
    'https://evil.example',
    'null',
    `http://127.0.0.1:${port + 1}`,
    `https://127.0.0.1:${port}`,
    `http://127.0.0.1:${port}.evil.example`,
  ])
    expect([origin, (await call({ cookie, origin })).status]).toEqual([origin, 403]);
  expect((await call({ cookie })).status).toBe(403);
  for (const site of ['cross-site', 'same-site'])
    expect([site, (await call({ ...ours, 'sec-fetch-site': site })).status]).toEqual([site, 403]);
  // A picture or a script that another page embeds, and a frame of the whole studio.
  for (const dest of ['image', 'script', 'iframe', 'empty'])
    for (const path of ['/', '/api/trpc/listings.list', '/media/a/b/320'])
      expect(
        (
          await get(path, {
            cookie,
            'sec-fetch-site': 'cross-site',
            'sec-fetch-mode': 'no-cors',
            'sec-fetch-dest': dest,
          })
        ).status,
      ).toBe(403);
  const navigation = {
    cookie,
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  };
  expect((await get('/', navigation)).status).toBe(200);
  for (const path of ['/api/trpc/listings.list', '/music/a/sound', '/title/a/1x1/e30.png', '/film/a/film.otio'])
    expect([path, (await get(path, navigation)).status]).toEqual([path, 403]);
  expect((await call(ours)).status).toBe(200);
});

test('every answer carries the policy; hashed files are kept for good, the page is asked for anew', async () => {
  const page = await get('/');
  expect(page.body.toString()).toContain('<title>Studio</title>');
  expect(page.headers).toMatchObject({
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-cache',
  });
  expect(CONTENT_SECURITY_POLICY).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|https?:|\*/);
  expect((await get('/assets/index-C0ffee12.js')).headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  });
  expect((await get('/listing/abc')).body.toString()).toContain('<title>Studio</title>');
  for (const [path, headers] of [
    ['/', {}],
    ['/nothing.js', ours],
    ['/api/nothing', ours],
    ['/', { ...ours, host: 'evil.example' }],
  ] as const)
    expect((await get(path, headers)).headers['content-security-policy']).toBe(CONTENT_SECURITY_POLICY);
});

const TRAVERSALS = [
  '/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/%2e%2e%2fsecret.txt', '/assets/../../secret.txt',
  '/assets/..%2f..%2fsecret.txt', '/..\\secret.txt', '/..%5csecret.txt', '/link.txt', '/....//secret.txt',
  '//secret.txt', '/%00', '/index.html%00.txt', '/%c0%ae%c0%ae/secret.txt', '/etc/passwd', '//etc/passwd',
  '/assets/%2fetc%2fpasswd', '/con', `/${'a'.repeat(5_000)}.js`, '/%',
]; // biome-ignore format: a list reads better as a block

test('no address leads out of the pages or names a file by its path', async () => {
  for (const path of TRAVERSALS) {
    const answer = await get(path);
    expect([path, answer.body.toString()]).not.toEqual([path, expect.stringContaining(SECRET)]);
    expect([path, answer.body.toString()]).not.toEqual([path, expect.stringContaining('root:')]);
    expect([path, [200, 400, 404].includes(answer.status)]).toEqual([path, true]);
  }
  const studio = client(host.target, ours);
  const { created } = await studio.listings.create.mutate({ folders: [photos] });
  const id = created[0]?.id ?? '';
  const photo = await until(async () => (await studio.rooms.get.query({ id })).ready[0]?.id ?? undefined);
  expect((await get(`/media/${id}/${photo}/320`)).status).toBe(200);
  for (const path of [
    `/media/${id}/..%2f..%2fsecret.txt/original`,
    `/media/${id}/%2e%2e/original`,
    `/media/..%2f..%2f${id}/${photo}/320`,
    `/media/${id}/${photo}/..%2fstudio.db`,
    `/media/${id}/${photo}/640`,
    `/media/${id}/${photo}/320%00`,
    `/media/${id}/${photo}`,
    `/media/${id}/nobody/320`,
    `/media/nobody/${photo}/320`,
    `/media/${id}/${'p'.repeat(3_000)}/320`,
  ])
    expect([path, (await get(path)).status]).toEqual([path, 404]);
});

test('events come over the loopback too, and a cookie is needed for them', async () => {
  expect((await get('/api/trpc/system.events', {})).status).toBe(401);
  const stream = await eventStream(host.target, ours);
  await until(async () => (stream.events[0]?.type === 'hello' ? true : undefined));
  stream.close();
});

test('a browser sends photos and gets a listing; names stay inside and too much is refused', async () => {
  const studio = client(host.target, ours);
  const json = { ...ours, 'content-type': 'application/json' };
  const begun = await ask(host.target, '/api/upload', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ name: '../../9_oak_road' }),
  });
  const { uploadId } = begun.json() as { uploadId: string };
  const put = (id: string, index: string, name: string, body: Buffer) =>
    ask(host.target, `/api/upload/${id}/${index}?name=${encodeURIComponent(name)}`, {
      method: 'PUT',
      headers: ours,
      body,
    });
  const picture = readFileSync(join(photos, '01_front_a.jpg'));
  expect((await put(uploadId, '0', '../../../evil.jpg', picture)).json()).toEqual({ bytes: picture.length });
  expect((await put(uploadId, '1', 'evil.jpg', Buffer.concat([picture, Buffer.from('2')]))).status).toBe(200);
  expect((await put('..%2f..', '0', 'a.jpg', picture)).status).toBe(404);
  expect((await put(uploadId, '-1', 'a.jpg', picture)).status).toBe(400);
  expect((await put('018f0000-0000-7000-8000-000000000000', '0', 'a.jpg', picture)).status).toBe(404);
  const done = await ask(host.target, `/api/upload/${uploadId}/done`, { method: 'POST', headers: ours });
  const { created } = done.json() as { created: { id: string; name: string; folder: string }[] };
  expect(created).toMatchObject([{ name: expect.stringContaining('9 Oak Road') }]);
  expect(created[0]?.folder.startsWith(join(base, 'home', 'uploads', uploadId))).toBe(true);
  const document = await until(async () => {
    const now = await studio.rooms.get.query({ id: created[0]?.id ?? '' });
    return now.analysis === null ? undefined : now;
  });
  expect(document.analysis?.photos.map(({ file }) => file).sort()).toEqual(['1_evil.jpg', 'evil.jpg']);
  const huge = await ask(host.target, '/api/trpc/rooms.act', {
    method: 'POST',
    headers: { ...json, 'content-length': 9_000_000 },
    // Refused by the length it tells: were it all sent, the answer would race with a closed connection.
    body: ' ',
  });
  expect(huge.status).toBe(413);
});

test('what a page sends wrongly is answered with a code of the closed set', async () => {
  const studio = client(host.target, ours);
  await expect(studio.rooms.get.query({ id: 'nobody' })).rejects.toMatchObject({
    data: { picaivid: { code: 'file_not_found' } },
  });
  await expect(studio.listings.create.mutate({ folders: [] })).rejects.toMatchObject({
    data: { picaivid: { code: 'bad_usage' } },
  });
  await studio.preferences.set.mutate({ changes: { theme: 'light', keys: { save: 'mod+s' } } });
  await studio.preferences.set.mutate({ changes: { defaultLength: 60 } });
  expect(await studio.preferences.get.query()).toMatchObject({
    theme: 'light',
    keys: { save: 'mod+s' },
    defaultLength: 60,
  });
  const { text } = await studio.system.diagnostics.mutate();
  expect(text).toContain('"listings":');
  expect(text).not.toContain(cookie.split('=')[1]);
  expect(host.log()).not.toContain(cookie.split('=')[1]);
  expect(host.log()).not.toContain(new URL(host.ready.url ?? '').searchParams.get('token'));
});
