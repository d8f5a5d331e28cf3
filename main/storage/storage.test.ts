/** One set of tests for both storages: a folder behind its routes, and S3 over HTTP with the real client. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { serve } from '@hono/node-server';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderStorage } from './folder.node.ts';
import { folderRoutes } from './folder-routes.node.ts';
import { isKey, partBytesOf, partCount } from './keys.ts';
import { downloadByLink, uploadByLink, uploadByParts } from './links.node.ts';
import { s3Client, s3Storage } from './s3.node.ts';
import { blobKey, type Expected, type Storage } from './storage.ts';
import { startStrictS3 } from './testing/strict-s3.node.ts';

const work = mkdtempSync(join(tmpdir(), 'picaivid-storage-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const TEAM = '0190aaaa-0000-7000-8000-000000000001';
const CONTENT_TYPE = 'application/octet-stream';

let count = 0;
function file(bytes: number): { path: string; expected: Expected; key: string } {
  const content = randomBytes(bytes);
  const path = join(work, `file-${count++}`);
  writeFileSync(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { path, expected: { bytes, sha256 }, key: blobKey(TEAM, sha256) };
}
const same = (a: string, b: string): boolean => readFileSync(a).equals(readFileSync(b));

async function folder(): Promise<{ storage: Storage; close: () => Promise<void> }> {
  const server: { port: number; close: () => void } = await new Promise((resolve) => {
    const dir = join(work, 'folder');
    const made = serve({ fetch: (request) => app.fetch(request), port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve({ port, close: () => made.close() }),
    );
    const app = { fetch: (request: Request) => routes(dir, request) };
  });
  const storage = folderStorage({
    dir: join(work, 'folder'),
    secret: SECRET,
    publicUrl: `http://127.0.0.1:${server.port}/`,
  });
  return { storage, close: async () => server.close() };
}
const SECRET = 'a secret of thirty-two characters';
const routes = (dir: string, request: Request): Response | Promise<Response> =>
  folderRoutes(folderStorage({ dir, secret: SECRET, publicUrl: '' })).fetch(request);

async function bucket(): Promise<{ storage: Storage; close: () => Promise<void> }> {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const server = await startStrictS3();
  const options = { endpoint: server.endpoint, region: 'us-east-1' };
  const client = s3Client(options);
  await client.send(new CreateBucketCommand({ Bucket: 'team-files' }));
  client.destroy();
  const storage = s3Storage({ bucket: 'team-files', ...options });
  return {
    storage,
    close: async () => {
      await storage.close();
      await server.stop();
    },
  };
}

describe.each([
  ['folder', folder],
  ['s3', bucket],
] as const)('the storage in %s', (engine, open) => {
  let storage: Storage;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ storage, close } = await open());
  });
  afterAll(() => close());

  test('what is put is there, whole, and what is not is not', async () => {
    expect(storage.engine).toBe(engine);
    const { path, expected, key } = file(100_000);
    expect(await storage.head(key)).toBeUndefined();
    expect(await storage.head('health/ready')).toBeUndefined();
    await storage.putFile(key, path, expected);
    await storage.putFile(key, path, expected);
    expect(await storage.head(key)).toEqual({ key, ...expected });
    const back = join(work, `back-${count++}`);
    await storage.getFile(key, back, expected);
    expect(same(path, back)).toBe(true);
    await storage.delete(key);
    expect(await storage.head(key)).toBeUndefined();
    await expect(storage.getFile(key, `${back}-2`, expected)).rejects.toMatchObject({ code: 'file_not_found' });
    expect(existsSync(`${back}-2`)).toBe(false);
  });

  test('large files go in parts', async () => {
    const { path, expected, key } = file(33_000_000);
    const heard: number[] = [];
    await storage.putFile(key, path, expected, { onProgress: ({ fraction }) => heard.push(fraction) });
    expect(heard.at(-1)).toBe(1);
    const back = join(work, `back-${count++}`);
    await storage.getFile(key, back, expected);
    expect(same(path, back)).toBe(true);
    expect(await storage.head(key)).toEqual({ key, ...expected });
  });

  test('another file under the name is refused and leaves nothing', async () => {
    const { path, expected } = file(5_000);
    const wrong = { ...expected, sha256: 'a'.repeat(64) };
    const key = blobKey(TEAM, wrong.sha256);
    await expect(storage.putFile(key, path, wrong)).rejects.toMatchObject({ code: 'verification_failed' });
    expect(await storage.head(key)).toBeUndefined();
    const link = await storage.signPut(key, { ...wrong, contentType: CONTENT_TYPE });
    await expect(uploadByLink(link, path, wrong)).rejects.toMatchObject({ code: 'verification_failed' });
    expect(await storage.head(key)).toBeUndefined();
  });

  test('a link allows its one file, and nothing when it was altered or is too old', async () => {
    const { path, expected, key } = file(20_000);
    const link = await storage.signPut(key, { ...expected, contentType: CONTENT_TYPE });
    await uploadByLink(link, path, expected);
    expect(await storage.head(key)).toEqual({ key, ...expected });
    const other = file(20_000);
    await storage.putFile(other.key, other.path, other.expected);
    const get = await storage.signGet(key);
    const back = join(work, `back-${count++}`);
    await downloadByLink(async () => get, back, expected);
    expect(same(path, back)).toBe(true);
    if (engine === 'folder') {
      // fauxqs does not check signatures; S3 itself does.
      const altered = get.url.replace(key, other.key);
      expect((await fetch(altered)).status).toBe(403);
      expect((await fetch(get.url.replace(/until=\d+/, 'until=9999999999'))).status).toBe(403);
      expect((await fetch(get.url, { method: 'PUT', body: 'x' })).status).toBe(403);
      const old = await storage.signGet(key, -1);
      expect((await fetch(old.url)).status).toBe(403);
    }
  });

  test('parts arrive in any order, and a broken upload goes on where it was', async () => {
    const { path, expected, key } = file(20_000_000);
    const asked = { ...expected, contentType: CONTENT_TYPE };
    const first = await storage.signParts(key, asked);
    expect(first.parts).toHaveLength(partCount(expected.bytes));
    const last = first.parts.at(-1);
    const start = (first.parts.length - 1) * first.partBytes;
    await fetch(last?.url ?? '', { method: 'PUT', body: new Uint8Array(readFileSync(path).subarray(start)) });
    await expect(storage.completeParts(key, first.uploadId, expected)).rejects.toMatchObject({
      code: 'verification_failed',
    });
    const again = await storage.signParts(key, asked, first.uploadId);
    expect(again.uploadId).toBe(first.uploadId);
    expect(again.done).toEqual([first.parts.length - 1]);
    await uploadByParts(again, path, expected);
    expect(await storage.completeParts(key, again.uploadId, expected)).toEqual({ key, ...expected });
    expect(await storage.head(key)).toEqual({ key, ...expected });
  });

  test('wrong parts are found when they are put together, and taken away', async () => {
    const { path, expected, key } = file(9_000_000);
    const upload = await storage.signParts(key, { ...expected, contentType: CONTENT_TYPE });
    const other = file(9_000_000);
    await uploadByParts(upload, other.path, expected);
    await expect(storage.completeParts(key, upload.uploadId, expected)).rejects.toMatchObject({
      code: 'verification_failed',
    });
    expect(await storage.head(key)).toBeUndefined();
    expect(existsSync(path)).toBe(true);
  });

  test('a download that was cut goes on, and one that was cancelled leaves nothing under its name', async () => {
    const { path, expected, key } = file(3_000_000);
    await storage.putFile(key, path, expected);
    const cut = await cutting((await storage.signGet(key)).url, 1_000_000);
    const back = join(work, `back-${count++}`);
    await downloadByLink(async () => ({ url: cut.url, method: 'GET', headers: {} }), back, expected);
    expect(same(path, back)).toBe(true);
    expect(cut.ranges()).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/)]);
    await cut.close();
    const abort = new AbortController();
    abort.abort();
    const never = join(work, `never-${count++}`);
    await expect(storage.getFile(key, never, expected, { signal: abort.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(existsSync(never)).toBe(false);
  });

  test('keys from outside are refused', async () => {
    const bad = [
      '../etc/passwd',
      'blobs/../x',
      `blobs/${TEAM}/aa/${'b'.repeat(64)}`,
      `${blobKey(TEAM, 'a'.repeat(64))}\0`,
      'NUL',
      `blobs//aa/${'a'.repeat(64)}`,
    ];
    for (const key of bad) {
      await expect(storage.signGet(key)).rejects.toMatchObject({ code: 'bad_usage' });
      expect(await storage.head(key).catch(() => undefined)).toBeUndefined();
    }
  });
});

/** A line that is cut once, after so many bytes. */
async function cutting(url: string, after: number) {
  const ranges: (string | undefined)[] = [];
  const target = new URL(url);
  const server: Server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const first = ranges.length === 1;
    fetch(url, { headers: request.headers.range === undefined ? {} : { Range: request.headers.range } }).then(
      async (answer) => {
        const body = Buffer.from(await answer.arrayBuffer());
        response.writeHead(answer.status, { 'content-length': String(body.length) });
        if (!first) return response.end(body);
        response.write(body.subarray(0, after), () => setTimeout(() => response.destroy(), 50));
        return undefined;
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}${target.search}`,
    ranges: () => ranges,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

test('the folder’s routes take no more than was announced, whatever the length says', async () => {
  const { storage, close } = await folder();
  const { expected, key } = file(1_000);
  const link = await storage.signPut(key, { ...expected, contentType: CONTENT_TYPE });
  expect((await fetch(link.url, { method: 'PUT', body: new Uint8Array(2_000) })).status).toBe(413);
  const url = new URL(link.url);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(url.port), '127.0.0.1', () => {
      socket.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    });
    socket.once('data', (data) => {
      resolve(data.toString());
      socket.destroy();
    });
  });
  expect(answer).toContain('411');
  expect(
    readdirSync(join(work, 'folder'), { recursive: true }).filter((name) => String(name).endsWith('.part')),
  ).toEqual([]);
  await close();
});

test('only keys that we make are keys', () => {
  const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
  fc.assert(fc.property(fc.uuid(), hex, (team, sha) => isKey(blobKey(team, sha))));
  fc.assert(
    fc.property(fc.string(), (text) => !isKey(text) || blobKey(text.split('/')[1] ?? '', text.slice(-64)) === text),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8_000_000_000 }), (bytes) => {
      expect(partCount(bytes)).toBeLessThanOrEqual(10_000);
      expect(partCount(bytes) * partBytesOf(bytes)).toBeGreaterThanOrEqual(bytes);
      expect(partBytesOf(bytes)).toBeGreaterThanOrEqual(5 * 2 ** 20);
    }),
  );
});
