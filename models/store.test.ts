import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CatalogueEntry } from './catalogue.ts';
import { downloadFile } from './download.node.ts';
import { isInstalled, listModels, pullSet, removeModel, verifySet } from './store.node.ts';

const BODY = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const HASH = createHash('sha256').update(BODY).digest('hex');

/** What the server does; each request is recorded. */
let behaviour: { cutAfter: number; cuts: number; ranges: boolean; etag: string; body: Buffer; status: number };
let requests: { range: string | undefined; ifRange: string | undefined; url: string | undefined }[];
/** A connection that breaks once the client has written this much: a cut by time would race with the kernel's buffers. */
let pending: { at: number; destroy(): void } | undefined;
function cut({ bytes }: { bytes: number }): void {
  if (pending === undefined || bytes < pending.at) return;
  const { destroy } = pending;
  pending = undefined;
  destroy();
}
let server: Server;
let base: string;
let folder: string;

beforeEach(async () => {
  behaviour = { cutAfter: 0, cuts: 0, ranges: true, etag: '"v1"', body: BODY, status: 200 };
  requests = [];
  pending = undefined;
  server = createServer((request, response) => {
    const range = request.headers.range;
    const ifRange = request.headers['if-range'];
    requests.push({ range, ifRange: typeof ifRange === 'string' ? ifRange : undefined, url: request.url });
    if (behaviour.status !== 200) {
      response.writeHead(behaviour.status).end();
      return;
    }
    const from = behaviour.ranges && range !== undefined && ifRange === behaviour.etag ? Number(range.slice(6, -1)) : 0;
    const rest = behaviour.body.subarray(from);
    const headers = { etag: behaviour.etag, 'content-length': rest.length };
    if (from > 0)
      response.writeHead(206, {
        ...headers,
        'content-range': `bytes ${from}-${behaviour.body.length - 1}/${behaviour.body.length}`,
      });
    else response.writeHead(200, headers);
    if (behaviour.cuts > 0) {
      behaviour.cuts--;
      response.write(rest.subarray(0, behaviour.cutAfter));
      pending = { at: from + behaviour.cutAfter, destroy: () => response.destroy() };
    } else response.end(rest);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  folder = await mkdtemp(join(tmpdir(), 'picaivid-models-'));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const quick = { backoffSeconds: 0.001, attempts: 3 };

it('goes on where the connection was cut', async () => {
  Object.assign(behaviour, { cuts: 2, cutAfter: 100_000 });
  const seen: number[] = [];
  const target = join(folder, 'a.onnx');
  const got = await downloadFile(`${base}/a`, target, {
    ...quick,
    sha256: HASH,
    onProgress: (progress) => {
      seen.push(progress.bytes);
      cut(progress);
    },
  });
  expect(got).toEqual({ bytes: 300_000, sha256: HASH });
  expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
  expect(requests[1]?.ifRange).toBe('"v1"');
  expect(seen.at(-1)).toBe(300_000);
  expect(BODY.equals(await readFile(target))).toBe(true);
  expect(existsSync(`${target}.part`)).toBe(false);
});

it('goes on in a later call, and begins again when the file changed meanwhile', async () => {
  Object.assign(behaviour, { cuts: 1, cutAfter: 50_000 });
  const target = join(folder, 'b.onnx');
  await expect(downloadFile(`${base}/b`, target, { ...quick, attempts: 1, onProgress: cut })).rejects.toMatchObject({
    code: 'download_failed',
  });
  expect((await stat(`${target}.part`)).size).toBe(50_000);
  Object.assign(behaviour, { etag: '"v2"', body: Buffer.from('another file') });
  await downloadFile(`${base}/b`, target, quick);
  expect(requests.at(-1)).toMatchObject({ range: 'bytes=50000-', ifRange: '"v1"' });
  expect(await readFile(target, 'utf8')).toBe('another file');
});

it('begins again when the server knows no ranges', async () => {
  Object.assign(behaviour, { cuts: 1, cutAfter: 120_000, ranges: false });
  const got = await downloadFile(`${base}/c`, join(folder, 'c'), { ...quick, sha256: HASH, onProgress: cut });
  expect(got.bytes).toBe(300_000);
});

it('deletes a file with the wrong hash or size and names it', async () => {
  const target = join(folder, 'd.onnx');
  for (const wrong of [{ sha256: '0'.repeat(64) }, { bytes: 299_999 }]) {
    await expect(downloadFile(`${base}/d`, target, { ...quick, ...wrong })).rejects.toMatchObject({
      code: 'model_damaged',
      file: target,
    });
    expect(existsSync(target) || existsSync(`${target}.part`)).toBe(false);
  }
});

it('gives up after its attempts on a failing server, and at once on a missing file', async () => {
  behaviour.status = 503;
  await expect(downloadFile(`${base}/e`, join(folder, 'e'), quick)).rejects.toMatchObject({ code: 'download_failed' });
  expect(requests.length).toBe(3);
  behaviour.status = 404;
  await expect(downloadFile(`${base}/e`, join(folder, 'e'), quick)).rejects.toMatchObject({ code: 'download_failed' });
  expect(requests.length).toBe(4);
});

it('says what is wrong with the disk, without trying again', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(downloadFile(`${base}/f`, join(folder, 'file', 'f'), quick)).rejects.toMatchObject({
    code: 'output_unwritable',
  });
  expect(requests.length).toBe(0);
});

it.skipIf(!existsSync('/dev/full'))('tells a full disk', async () => {
  const { symlink } = await import('node:fs/promises');
  await symlink('/dev/full', join(folder, 'g.part'));
  await expect(downloadFile(`${base}/g`, join(folder, 'g'), quick)).rejects.toMatchObject({ code: 'disk_full' });
  expect(requests.length).toBe(1);
});

it('stops when asked and keeps the part', async () => {
  const stop = new AbortController();
  const target = join(folder, 'h');
  Object.assign(behaviour, { cuts: 1, cutAfter: 80_000 });
  const running = downloadFile(`${base}/h`, target, {
    ...quick,
    signal: stop.signal,
    onProgress: ({ bytes }) => {
      if (bytes > 0) stop.abort();
    },
  });
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  expect((await stat(`${target}.part`)).size).toBeGreaterThan(0);
});

const entry: CatalogueEntry = {
  name: 'tiny',
  roles: ['depth'],
  sets: ['light'],
  licence: 'MIT',
  repository: 'someone/tiny',
  files: [
    { path: 'onnx/model.onnx', bytes: 300_000, sha256: HASH },
    { path: 'config.json', aboutBytes: 10 },
  ],
  inputs: [],
  outputs: [],
};

it('pulls, verifies and removes a set', async () => {
  const options = { modelDir: folder, mirror: `${base}/`, entries: [entry], ...quick };
  const state = async () => (await listModels(options)).map((model) => model.state);
  expect(await state()).toEqual(['missing']);
  const seen: { bytes: number; total: number }[] = [];
  await pullSet('light', { ...options, onProgress: (progress) => seen.push(progress) });
  expect(seen.at(-1)).toEqual({ bytes: 600_000, total: 600_000 });
  expect(requests.map(({ url }) => url)).toEqual([
    '/someone/tiny/resolve/main/onnx/model.onnx',
    '/someone/tiny/resolve/main/config.json',
  ]);
  expect([await state(), await isInstalled('light', options)]).toEqual([['complete'], true]);
  await pullSet('light', options);
  expect(requests.length).toBe(2);

  // One changed byte in the file without a catalogue hash: found through the pin of its first use, then mended.
  const config = join(folder, 'tiny', 'config.json');
  const bytes = await readFile(config);
  bytes[7] = (bytes[7] ?? 0) ^ 1;
  await writeFile(config, bytes);
  expect(await verifySet('light', options)).toEqual([
    { model: 'tiny', file: 'tiny/onnx/model.onnx', state: 'complete' },
    { model: 'tiny', file: 'tiny/config.json', state: 'damaged' },
  ]);
  await writeFile(config, 'short');
  expect([await state(), await isInstalled('light', options)]).toEqual([['damaged'], false]);
  await pullSet('light', options);
  expect(await state()).toEqual(['complete']);
  await removeModel('tiny', options);
  expect(await state()).toEqual(['missing']);
  await expect(removeModel('places365-squeezenet')).rejects.toMatchObject({ code: 'bad_usage' });
});

it('never lists the fixtures', async () => {
  const listed = await listModels({ modelDir: folder });
  expect(listed.map(({ name }) => name)).toContain('openclip-vit-b-32');
  expect(listed.every(({ sets }) => !sets.includes('fixture'))).toBe(true);
});
