import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SessionThread } from './session.node.ts';

const TINY = fileURLToPath(new URL('./testdata/clip_vision_openai.onnx', import.meta.url));
const input = () => ({ pixel_values: { dims: [1, 3, 224, 224], data: new Float32Array(3 * 224 * 224) } });

let folder: string;
let threads: SessionThread[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picaivid-session-'));
  threads = [];
});
afterEach(async () => {
  await Promise.all(threads.map((thread) => thread.close()));
  await rm(folder, { recursive: true, force: true });
});
function made(script?: URL): SessionThread {
  const thread = new SessionThread(script);
  threads.push(thread);
  return thread;
}
async function script(code: string): Promise<URL> {
  const path = join(folder, 'thread.mjs');
  await writeFile(path, code);
  return pathToFileURL(path);
}

it('runs many requests in one thread, moves inputs, counts seconds', async () => {
  const thread = made();
  const network = thread.network(TINY);
  const { inputs, outputs } = await network.info();
  expect(inputs).toEqual([{ name: 'pixel_values', type: 'float32', shape: ['batch', 3, 224, 224] }]);
  expect(outputs.map(({ name }) => name)).toEqual(['image_embeds']);
  expect(thread.inferenceSeconds()).toBe(0);
  const feeds = Array.from({ length: 4 }, input);
  const results = await Promise.all(feeds.map((feed) => network.run(feed)));
  expect(results.map(({ image_embeds }) => image_embeds?.dims)).toEqual(Array(4).fill([1, 512]));
  expect(feeds.map((feed) => feed.pixel_values.data.length)).toEqual([0, 0, 0, 0]);
  expect(thread.inferenceSeconds()).toBeGreaterThan(0);
});

it('names a file that is no network, and goes on with others', async () => {
  const path = join(folder, 'bad.onnx');
  await writeFile(path, 'this is no network');
  const thread = made();
  await expect(thread.network(path).run(input())).rejects.toMatchObject({ code: 'model_failed', file: path });
  await expect(thread.network(join(folder, 'none.onnx')).info()).rejects.toMatchObject({ code: 'model_failed' });
  expect((await thread.network(TINY).run(input())).image_embeds?.dims).toEqual([1, 512]);
});

it('drops what is cancelled, also while it waits', async () => {
  const network = made().network(TINY);
  const stop = new AbortController();
  const running = network.run(input());
  const waiting = network.run(input(), stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  await expect(network.run(input(), stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
  await expect(running).resolves.toBeDefined();
});

it('fails what is under way when the thread crashes, and starts another for the next request', async () => {
  const crash = `import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ id, path }) => {
  if (path === 'crash') throw new Error('boom');
  if (path === 'exit') process.exit(7);
  parentPort.postMessage({ id, ok: true, seconds: 0.5, tensors: {} });
});`;
  const thread = made(await script(crash));
  await expect(thread.network('crash').run({})).rejects.toMatchObject({ code: 'model_failed' });
  await expect(thread.network('fine').run({})).resolves.toEqual({});
  await expect(thread.network('exit').run({})).rejects.toMatchObject({ code: 'model_failed' });
  await expect(thread.network('fine').run({})).resolves.toEqual({});
  expect(thread.inferenceSeconds()).toBe(1);
});

it('fails what is under way when it is closed', async () => {
  const thread = made(
    await script(`import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => {});`),
  );
  const running = thread.network('silent').run({});
  const expectation = expect(running).rejects.toMatchObject({ code: 'model_failed' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await thread.close();
  await expectation;
  await expect(thread.network('silent').run({})).rejects.toMatchObject({ code: 'model_failed' });
});
