import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { forwardToHost } from './forward.node.ts';

let folder = '';
let socket = '';
let fake: ChildProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picaivid-forward-'));
  socket = join(folder, 'host.sock');
  fake = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'fake-host.node.ts'), '--socket', socket], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  if (fake.stdout !== null) await once(fake.stdout, 'data');
});
afterAll(async () => {
  fake.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const ask = (path: string, init?: RequestInit): Promise<Response> =>
  forwardToHost({ whenReady: async () => socket }, new Request(`http://app${path}`, init));
const openStreams = async (): Promise<unknown> =>
  ((await (await ask('/api/about')).json()) as { openStreams: number }).openStreams;

test('status, headers and body come back; the page’s host name does not go there', async () => {
  const answer = await ask('/api/about');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(await answer.json()).toMatchObject({ fake: true, host: 'localhost' });
  expect((await ask('/api/unknown')).status).toBe(404);
  const nothing = await ask('/api/nothing');
  expect([nothing.status, await nothing.text()]).toEqual([204, '']);
});

test('a range of a film is that range', async () => {
  const answer = await ask('/media/film', { headers: { range: 'bytes=500-1499' } });
  expect(answer.status).toBe(206);
  expect(answer.headers.get('content-range')).toBe('bytes 500-1499/1048576');
  const bytes = new Uint8Array(await answer.arrayBuffer());
  expect([...bytes]).toEqual(Array.from({ length: 1_000 }, (_, i) => (i + 500) % 251));
});

test('a large body goes there and back unchanged, with and without a known length', async () => {
  const body = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 256);
  const known = await ask('/api/echo', { method: 'POST', body });
  expect(Buffer.from(await known.arrayBuffer()).equals(body)).toBe(true);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < body.length; at += 100_000) controller.enqueue(body.slice(at, at + 100_000));
      controller.close();
    },
  });
  const chunked = await ask('/api/echo', { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
  expect(Buffer.from(await chunked.arrayBuffer()).equals(body)).toBe(true);
});

test('events arrive one by one, and letting go of them ends them at the host', async () => {
  const answer = await ask('/api/events');
  const reader = answer.body?.getReader();
  const first = await reader?.read();
  expect(new TextDecoder().decode(first?.value)).toBe('data: 1\n\n');
  expect(await openStreams()).toBe(1);
  await reader?.cancel();
  await vi.waitFor(async () => expect(await openStreams()).toBe(0));
});

test('raising the request’s signal ends it at the host', async () => {
  const controller = new AbortController();
  const answer = await ask('/api/events', { signal: controller.signal });
  expect(await openStreams()).toBe(1);
  controller.abort();
  await expect(answer.text()).rejects.toThrow();
  await vi.waitFor(async () => expect(await openStreams()).toBe(0));
});

test('an answer that breaks off is an error, never a short whole', async () => {
  const answer = await ask('/api/half');
  await expect(answer.text()).rejects.toThrow('The host stopped in the middle.');
});

test('a host that is not there is 502 with a sentence; only a question is asked again', async () => {
  let asked = 0;
  const gone = {
    whenReady: async () => {
      asked += 1;
      return join(folder, 'none.sock');
    },
  };
  const answer = await forwardToHost(gone, new Request('http://app/api/about'));
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ code: 'internal', message: expect.stringContaining('starting again') });
  expect(asked).toBe(4);
  const post = await forwardToHost(gone, new Request('http://app/api/echo', { method: 'POST', body: 'x' }));
  expect([post.status, asked]).toEqual([502, 5]);
});

test('a question that meets a host which just ended is answered by the next', async () => {
  const sockets = [join(folder, 'none.sock'), socket];
  const answer = await forwardToHost({ whenReady: async () => sockets.shift() }, new Request('http://app/api/about'));
  expect([answer.status, sockets]).toEqual([200, []]);
});

test('a host that has failed for good is 502 at once', async () => {
  const answer = await forwardToHost({ whenReady: async () => undefined }, new Request('http://app/api/about'));
  expect(answer.status).toBe(502);
});
