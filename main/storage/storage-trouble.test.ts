/** What goes wrong on the way and on the disk: cut lines, a busy or refusing S3, a crash, links out of the folder. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readSettings } from '../settings.ts';
import { folderStorage } from './folder.node.ts';
import { downloadByLink, uploadByLink, uploadByParts } from './links.node.ts';
import { openStorage } from './open.node.ts';
import { blobKey } from './storage.ts';
import { CONTENT_TYPE, folderEngine, place, s3Engine, TEAM } from './testing/engines.node.ts';

const work = place();
const { file, next } = work;
afterAll(() => work.close());
const asked = (expected: { bytes: number; sha256: string }) => ({ ...expected, contentType: CONTENT_TYPE });
const filesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(dir, name)).isFile());

test('a download that was cut goes on from there', async () => {
  const { content, path, expected } = file(3_000_000);
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const body = content.subarray(from);
    response.writeHead(range === undefined ? 200 : 206, {
      'content-length': String(body.length),
      ...(range === undefined ? {} : { 'content-range': `bytes ${from}-2999999/3000000` }),
    });
    // The first answer is cut; the second is another span than was asked for.
    if (ranges.length === 1)
      response.write(body.subarray(0, 1_000_000), () => setTimeout(() => response.destroy(), 50));
    else response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const back = next();
  await downloadByLink(async () => ({ url, method: 'GET', headers: {} }), back, expected);
  expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  expect(readFileSync(back).equals(readFileSync(path))).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});

test('nobody there: said after the last try, and at once when it is cancelled', async () => {
  const { path, expected } = file(10);
  const link = { url: 'http://127.0.0.1:1/', method: 'PUT' as const, headers: {} };
  await expect(uploadByLink(link, path, expected, { tries: 1 })).rejects.toMatchObject({ code: 'host_unreachable' });
  const abort = new AbortController();
  const get = async () => {
    queueMicrotask(() => abort.abort());
    return link;
  };
  const cancelled = downloadByLink(get, next(), expected, { tries: 1_000, signal: abort.signal });
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  await expect(uploadByLink(link, next(), expected)).rejects.toMatchObject({ code: 'file_not_found' });
  const changed = uploadByLink(link, path, { ...expected, bytes: 11 });
  await expect(changed).rejects.toMatchObject({ code: 'verification_failed' });
});

describe('the folder', () => {
  const dir = next();
  let engine: Awaited<ReturnType<typeof folderEngine>>;
  beforeAll(async () => {
    engine = await folderEngine(dir);
  });
  afterAll(() => engine.close());

  test('takes no more than was announced, and keeps nothing of an upload that was cut', async () => {
    const { storage } = engine;
    const { expected, key, content } = file(200_000);
    const link = await storage.signPut(key, asked(expected));
    const part = (await storage.signParts(key, asked(expected))).parts[0]?.url ?? '';
    for (const url of [link.url, part]) {
      expect((await fetch(url, { method: 'PUT', body: new Uint8Array(200_001) })).status).toBe(413);
      expect((await fetch(url, { method: 'PUT', body: content.subarray(1) })).status).toBe(422);
    }
    const raw = (headers: string, body: Buffer, cut: boolean): Promise<string> =>
      new Promise((resolve) => {
        const { port, pathname, search } = new URL(link.url);
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
          socket.write(body, () => cut && setTimeout(() => socket.destroy(), 50));
        });
        let text = '';
        socket.on('data', (data) => {
          text += data.toString();
          socket.destroy();
        });
        socket.on('close', () => resolve(text));
      });
    expect(await raw('Transfer-Encoding: chunked', Buffer.alloc(0), false)).toContain(' 411 ');
    expect(await raw('Content-Length: 200000', content.subarray(0, 100_000), true)).toBe('');
    await vi.waitFor(() => expect(filesIn(dir)).toEqual([]));
    expect(await storage.head(key)).toBeUndefined();
  });

  test('an old link is refused, and an address that is none', async () => {
    const { storage } = engine;
    const { path, expected, key } = file(100);
    await storage.putFile(key, path, expected);
    const { url } = await storage.signGet(key);
    const status = async (address: string): Promise<number> => (await fetch(address)).status;
    expect(await status(url)).toBe(200);
    expect(await status((await storage.signGet(key, -1)).url)).toBe(403);
    expect(await status(url.replace('/files/blobs', '/files/%zz'))).toBe(403);
    expect(await status(url.replace('/files/blobs/', '/files/blobs%2f'))).toBe(403);
    expect(await status(url.replace('/files/blobs/', '/files/%2e%2e%2fblobs/'))).toBe(403);
    expect(await status(`${new URL(url).origin}/files/`)).toBe(403);
    expect(await status(`${url}&signature=00`)).toBe(200);
    expect(await status(url.replace(/signature=[^&]+/, 'signature='))).toBe(403);
    expect(await status(url.replace(/&signature=[^&]+/, ''))).toBe(403);
    const other = folderStorage({ dir, secret: 'another secret of thirty-two chars', publicUrl: new URL(url).origin });
    expect(await status((await other.signGet(key)).url)).toBe(403);
  });

  test('a span of a file: as asked for, to its end, and none beyond', async () => {
    const { storage } = engine;
    const { path, expected, key, content } = file(1_000);
    await storage.putFile(key, path, expected);
    const { url } = await storage.signGet(key);
    const ask = async (Range: string, method = 'GET') => {
      const answer = await fetch(url, { method, headers: { Range } });
      return [answer.status, answer.headers.get('content-range'), Buffer.from(await answer.arrayBuffer())];
    };
    expect(await ask('bytes=10-19')).toEqual([206, 'bytes 10-19/1000', content.subarray(10, 20)]);
    expect(await ask('bytes=990-')).toEqual([206, 'bytes 990-999/1000', content.subarray(990)]);
    expect(await ask('bytes=0-5000')).toEqual([206, 'bytes 0-999/1000', content]);
    expect(await ask('bytes=0-9', 'HEAD')).toEqual([206, 'bytes 0-9/1000', Buffer.alloc(0)]);
    expect(await ask('bytes=1000-')).toEqual([416, 'bytes */1000', Buffer.alloc(0)]);
    expect(await ask('bytes=5-4')).toEqual([416, 'bytes */1000', Buffer.alloc(0)]);
    expect(await ask('bytes=0-1,5-6')).toEqual([200, null, content]);
  });

  test.skipIf(process.platform === 'win32')('a link out of it is neither read nor written through', async () => {
    const { storage } = engine;
    const outside = next();
    const { path, expected, key, content } = file(100);
    await storage.putFile(key, path, expected);
    const { url } = await storage.signGet(key);
    const put = await storage.signPut(key, asked(expected));
    const upload = await storage.signParts(key, asked(expected));
    const object = join(dir, ...key.split('/'));
    // The file itself, its folder, and the whole team's.
    for (const place of [object, dirname(object), dirname(dirname(object))]) {
      renameSync(place, outside);
      symlinkSync(outside, place);
      const before = filesOf(outside);
      await expect(storage.head(key)).rejects.toMatchObject({ code: 'path_outside_folder' });
      await expect(storage.getFile(key, next(), expected)).rejects.toMatchObject({ code: 'path_outside_folder' });
      await expect(storage.delete(key)).rejects.toMatchObject({ code: 'path_outside_folder' });
      expect((await fetch(url)).status).toBe(500);
      if (place !== object) expect((await fetch(put.url, { method: 'PUT', body: content })).status).toBe(500);
      expect(filesOf(outside)).toEqual(before);
      renameSync(outside, `${place}-back`);
      // The link goes, what it led to comes back.
      rmSync(place);
      renameSync(`${place}-back`, place);
    }
    const uploads = join(dir, 'uploads');
    renameSync(uploads, outside);
    symlinkSync(outside, uploads);
    expect((await fetch(upload.parts[0]?.url ?? '', { method: 'PUT', body: content })).status).toBe(500);
    await expect(storage.signParts(key, asked(expected))).rejects.toMatchObject({ code: 'path_outside_folder' });
    expect(filesIn(outside)).toEqual([]);
  });

  test('uploads that nobody finished are taken away after two days', async () => {
    const own = next();
    const at = { dir: own, secret: 'a secret of thirty-two characters', publicUrl: 'http://127.0.0.1:1' };
    const { expected, key } = file(100);
    await folderStorage(at).signParts(key, asked(expected));
    const [old = ''] = readdirSync(join(own, 'uploads'));
    const before = Date.now() / 1000 - 49 * 3_600;
    utimesSync(join(own, 'uploads', old), before, before);
    mkdirSync(join(own, 'uploads', 'young'));
    writeFileSync(join(own, 'uploads', 'young.part'), '');
    await folderStorage(at).signPut(key, asked(expected));
    await folderStorage(at).signParts(key, asked(expected));
    const left = readdirSync(join(own, 'uploads'));
    expect(left).not.toContain(old);
    expect(left).toHaveLength(3);
  });
});

const filesOf = (path: string): string[] => (statSync(path).isFile() ? ['itself'] : filesIn(path));

describe('S3', () => {
  let engine: Awaited<ReturnType<typeof s3Engine>>;
  beforeAll(async () => {
    engine = await s3Engine();
  });
  afterAll(() => engine.close());
  const arriving = (method: string) => (asked: string, url: URL) =>
    asked === method && url.pathname.includes('/blobs/arriving/');

  test('a busy S3 and a cut line are tried again, whole and in parts', async () => {
    const { storage, s3 } = engine;
    const busy = { status: 503, name: 'SlowDown' };
    for (const bytes of [50_000, 10_000_000]) {
      const { path, expected, key } = file(bytes);
      s3.trouble(1, (method) => method === 'PUT', busy);
      s3.trouble(1, (method) => method === 'PUT', 'cut');
      await storage.putFile(key, path, expected);
      expect(await storage.head(key)).toEqual({ key, ...expected });
    }
    const { path, expected, key } = file(50_000);
    s3.trouble(1, (method) => method === 'PUT', busy);
    s3.trouble(1, (method) => method === 'GET', 'cut');
    await uploadByLink(await storage.signPut(key, asked(expected)), path, expected);
    expect(await storage.head(key)).toEqual({ key, ...expected });
    const back = next();
    await storage.getFile(key, back, expected);
    expect(readFileSync(back).equals(readFileSync(path))).toBe(true);
  });

  test('ended between putting together and checking, nothing is seen, and no byte is sent twice', async () => {
    const { storage, s3 } = engine;
    const { path, expected, key } = file(9_000_000);
    const upload = await storage.signParts(key, asked(expected));
    await uploadByParts(upload, path, expected);
    s3.trouble(1, arriving('GET'), { status: 403, name: 'ExpiredToken' });
    // The list of parts is a GET too, and comes first.
    s3.trouble(1, arriving('GET'), { status: 403, name: 'ExpiredToken' });
    const complete = () => storage.completeParts(key, upload.uploadId, expected);
    await expect(complete()).rejects.toMatchObject({ code: 'host_unreachable' });
    await expect(complete()).rejects.toMatchObject({ code: 'host_unreachable' });
    s3.trouble(1, (method, url) => arriving('GET')(method, url) && !url.searchParams.has('uploadId'), { status: 403, name: 'ExpiredToken' }); // biome-ignore format: one call
    await expect(complete()).rejects.toMatchObject({ code: 'host_unreachable' });
    expect(await storage.head(key)).toBeUndefined();
    const again = await storage.signParts(key, asked(expected), upload.uploadId);
    expect(again).toMatchObject({ uploadId: upload.uploadId, done: [0, 1] });
    expect(await complete()).toEqual({ key, ...expected });
    expect(await storage.head(key)).toEqual({ key, ...expected });
  });

  test('what arrives is settled or taken away: nothing is left of it', async () => {
    const { storage, s3 } = engine;
    const { path, expected, key } = file(10_000_000);
    const from = s3.asked.length;
    await storage.putFile(key, path, expected);
    const wrong = { bytes: 10_000_000, sha256: 'c'.repeat(64) };
    const put = storage.putFile(blobKey(TEAM, wrong.sha256), path, wrong);
    await expect(put).rejects.toMatchObject({ code: 'verification_failed' });
    const seen = s3.asked.slice(from);
    const places = new Set(seen.flatMap((line) => /\/blobs\/arriving\/\S+/.exec(line) ?? []));
    expect(places.size).toBe(2);
    for (const place of places) expect(seen).toContain(`DELETE /team-files${place}`);
    expect(seen.filter((line) => line.startsWith('PUT') && line.includes('c'.repeat(64)))).toEqual([]);
  });

  test('what was done though its answer was lost is not an error', async () => {
    const { storage, s3 } = engine;
    const { path, expected, key } = file(9_000_000);
    const upload = await storage.signParts(key, asked(expected));
    s3.trouble(1, (method) => method === 'PUT', 'lost');
    await uploadByParts(upload, path, expected);
    for (const method of ['POST', 'PUT', 'DELETE']) s3.trouble(1, (asked) => asked === method, 'lost');
    expect(await storage.completeParts(key, upload.uploadId, expected)).toEqual({ key, ...expected });
    expect(await storage.head(key)).toEqual({ key, ...expected });
  });

  test('a slow line, old credentials and an ended upload are no fault of the file', async () => {
    const { storage, s3 } = engine;
    const { path, expected, key } = file(1_000);
    const link = await storage.signPut(key, asked(expected));
    for (const [status, name] of [
      [400, 'RequestTimeout'],
      [400, 'ExpiredToken'],
      [403, 'AccessDenied'],
      [404, 'NoSuchUpload'],
    ] as const) {
      // biome-ignore format: one list
      s3.trouble(1, (method) => method === 'PUT', { status, name });
      const sent = uploadByLink(link, path, expected, { tries: 1 });
      await expect(sent).rejects.toMatchObject({ code: 'host_unreachable' });
    }
    s3.trouble(1, (method) => method === 'PUT', { status: 400, name: 'RequestTimeout' });
    await uploadByLink(link, path, expected);
    expect(await storage.head(key)).toEqual({ key, ...expected });
  });

  test('two that complete at once both have it', async () => {
    const { storage } = engine;
    const { path, expected, key } = file(9_000_000);
    const upload = await storage.signParts(key, asked(expected));
    await uploadByParts(upload, path, expected);
    const done = await Promise.allSettled([1, 2].map(() => storage.completeParts(key, upload.uploadId, expected)));
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(await storage.completeParts(key, upload.uploadId, expected)).toEqual({ key, ...expected });
  });

  test('a link is held to its size, its hash and its time', async () => {
    const { storage, s3 } = engine;
    const { expected, key, content } = file(1_000);
    const { url, headers } = await storage.signPut(key, asked(expected));
    const put = async (given: Record<string, string>, body = content): Promise<number> =>
      (await fetch(url, { method: 'PUT', headers: given, body })).status;
    const checksum = headers['x-amz-checksum-sha256'] ?? '';
    expect(await put({ 'Content-Type': CONTENT_TYPE })).toBe(403);
    expect(await put({ 'Content-Type': 'text/html', 'x-amz-checksum-sha256': checksum })).toBe(403);
    expect(await put({ ...headers, 'x-amz-meta-sha256': expected.sha256 })).toBe(403);
    expect(await put({ ...headers }, content.subarray(1))).toBe(403);
    expect(await put({ ...headers }, file(1_000).content)).toBe(400);
    expect(await storage.head(key)).toBeUndefined();
    expect(await put({ ...headers })).toBe(200);
    const get = await storage.signGet(key, 60);
    const part = (await storage.signParts(key, asked(expected))).parts[0]?.url ?? '';
    expect((await fetch(part, { method: 'PUT', body: content.subarray(1) })).status).toBe(403);
    s3.later(59);
    expect((await fetch(get.url)).status).toBe(200);
    s3.later(3);
    expect((await fetch(get.url)).status).toBe(403);
    s3.later(3_600);
    expect(await put({ ...headers })).toBe(403);
    s3.later(-3_662);
  });

  test('what is not there is told from what is refused', async () => {
    const { storage, s3 } = engine;
    const { key, expected } = file(10);
    expect(await storage.head(key)).toBeUndefined();
    for (const [status, name, sentence] of [
      [403, 'InvalidAccessKeyId', /credentials/],
      [403, 'SignatureDoesNotMatch', /credentials/],
      [404, 'NoSuchBucket', /S3_BUCKET/],
    ] as const) {
      const refused = { code: 'host_unreachable', message: expect.stringMatching(sentence) };
      // HEAD has no body: which it is, the GET after it says.
      s3.trouble(2, () => true, { status, name });
      await expect(storage.head(key)).rejects.toMatchObject(refused);
      s3.trouble(3, () => true, { status, name });
      await expect(storage.getFile(key, next(), expected)).rejects.toMatchObject(refused);
      s3.trouble(1, () => true, { status, name });
      await expect(storage.head('health/ready')).rejects.toMatchObject(refused);
    }
  });
});

test('the settings say where: a bucket, a folder, or what is missing', async () => {
  const open = (environment: Record<string, string>) => openStorage(readSettings(environment));
  const secret = { STORAGE_SECRET: 'a secret of thirty-two characters' };
  expect(() => open({})).toThrow(/S3_BUCKET/);
  expect(() => open({ LOCAL_STORAGE_PATH: next() })).toThrow(/STORAGE_SECRET/);
  const folder = open({ LOCAL_STORAGE_PATH: next(), ...secret, PUBLIC_URL: 'https://studio.example/' });
  const { key } = file(1);
  expect(folder.engine).toBe('folder');
  expect((await folder.signGet(key)).url).toMatch(new RegExp(`^https://studio.example/files/${key}\\?`));
  const s3 = open({ S3_BUCKET: 'b', AWS_REGION: 'eu-west-1', LOCAL_STORAGE_PATH: next(), ...secret });
  expect(s3.engine).toBe('s3');
  await s3.close();
});
