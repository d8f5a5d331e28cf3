/**
 * A FAKE ComfyUI for tests: the routes and web socket messages of the real one (server.py, execution.py, main.py), and
 * films that ffmpeg makes of the uploaded picture instead of a model. It can be told to run out of memory, to crash and
 * come back without its queue, to be silent, slow or wrong. It proves nothing about what LTX draws.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { runFfmpeg } from '../../../media/ffmpeg.node.ts';
import { type Workflow, workflowSchema } from '../workflow.ts';
import { FAKE_MODELS, promptErrors } from './fake-nodes.ts';

/** What happens to a prompt when its turn comes; `done` where nothing is said. */
export type Fate =
  | 'done'
  | 'out_of_memory'
  | 'node_fails'
  | 'crash'
  | 'interrupted'
  | 'damaged'
  | 'too_short'
  | 'unsaved';

/** Films that were made before, by what they are made of. */
const FILMS = new Map<string, Buffer>();

interface Item {
  readonly number: number;
  readonly id: string;
  readonly prompt: Workflow;
  readonly clientId: string | undefined;
}

const submitSchema = z.object({
  prompt: workflowSchema,
  client_id: z.string().optional(),
  prompt_id: z.string().optional(),
});

export class FakeComfyUi {
  /** Fates of the prompts to come, in their order. */
  fates: Fate[] = [];
  /** Prompts that were taken, as submitted. */
  readonly prompts: Item[] = [];
  readonly uploads = new Map<string, Buffer>();
  /** Requests by `METHOD /route`. */
  readonly requests: string[] = [];
  /** Node at which runs wait until `release()`. */
  holdAt: string | undefined;
  /** Closes every web socket when a run reaches this node, and takes no new ones. */
  dropSocketsAt: string | undefined;
  /** Answers of this many requests to come are HTTP 503. */
  busyAnswers = 0;
  /** Answers of a route to come are late by `ms`; what was asked is done at once. */
  lateAnswers = { route: '', count: 0, ms: 0 };
  /** The next film is sent cut short, this many times. */
  cutFilms = 0;
  /** Milliseconds that each node takes. */
  nodeMs = 0;
  models: Readonly<Record<string, readonly string[]>> = FAKE_MODELS;
  awayMs = 50;
  private port = 0;
  private server: Server | undefined;
  private readonly sockets = new Map<string, WebSocket>();
  private readonly folder: string;
  private queue: Item[] = [];
  private running: Item | undefined;
  private readonly history = new Map<string, unknown>();
  private interruptRunning = false;
  private life = 0;
  private films = 0;
  private release_: (() => void) | undefined;
  private held: { promise: Promise<void>; resolve: () => void } = Promise.withResolvers<void>();
  private noSockets = false;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(): Promise<FakeComfyUi> {
    const fake = new FakeComfyUi(await mkdtemp(join(tmpdir(), 'fake-comfyui-')));
    await fake.listen();
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.life++;
    this.release();
    await this.shut();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Resolves when a run waits at `holdAt`. */
  reached(): Promise<void> {
    return this.held.promise;
  }

  release(): void {
    this.holdAt = undefined;
    this.release_?.();
  }

  /** Dies as a process does: queue, history and sockets are gone; it listens again on the same port after `awayMs`. */
  async crash(): Promise<void> {
    this.life++;
    this.queue = [];
    this.running = undefined;
    this.history.clear();
    await this.shut();
    await sleep(this.awayMs);
    await this.listen();
  }

  private async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (this.noSockets || !request.url?.startsWith('/ws')) {
        socket.destroy();
        return;
      }
      sockets.handleUpgrade(request, socket, head, (ws) => {
        const sid = new URL(request.url ?? '', this.url).searchParams.get('clientId') ?? '';
        this.sockets.set(sid, ws);
        this.send(sid, 'status', { ...this.status(), sid });
        // Previews are binary; a client must bear them.
        ws.send(Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xd8]));
      });
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  private async shut(): Promise<void> {
    for (const socket of this.sockets.values()) socket.terminate();
    this.sockets.clear();
    const { server } = this;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  private status() {
    return { status: { exec_info: { queue_remaining: this.queue.length + (this.running === undefined ? 0 : 1) } } };
  }

  private send(sid: string | undefined, type: string, data: unknown): void {
    const text = JSON.stringify({ type, data });
    if (sid === undefined) for (const socket of this.sockets.values()) socket.send(text);
    else this.sockets.get(sid)?.send(text);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const route = `${request.method} ${url.pathname.replace(/^\/history\/.*/, '/history/{id}')}`;
    this.requests.push(route);
    if (this.busyAnswers > 0) {
      this.busyAnswers--;
      response.writeHead(503).end('busy');
      return;
    }
    const late = route === this.lateAnswers.route && this.lateAnswers.count-- > 0 ? this.lateAnswers.ms : 0;
    const json = async (value: unknown, code = 200): Promise<void> => {
      if (late > 0) await sleep(late);
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    switch (route) {
      case 'POST /upload/image':
        return json(await this.upload(body, request.headers['content-type'] ?? ''));
      case 'POST /prompt': {
        const { code, value } = this.submit(JSON.parse(body.toString()));
        return json(value, code);
      }
      case 'GET /queue':
        return json({
          queue_running: this.running === undefined ? [] : [this.listed(this.running)],
          queue_pending: this.queue.map((item) => this.listed(item)),
        });
      case 'POST /queue': {
        const { delete: ids } = z.object({ delete: z.array(z.string()) }).parse(JSON.parse(body.toString()));
        this.queue = this.queue.filter(({ id }) => !ids.includes(id));
        return void response.writeHead(200).end();
      }
      case 'GET /history/{id}': {
        const id = decodeURIComponent(url.pathname.slice('/history/'.length));
        return json(this.history.has(id) ? { [id]: this.history.get(id) } : {});
      }
      case 'POST /history': {
        const { delete: ids } = z.object({ delete: z.array(z.string()) }).parse(JSON.parse(body.toString()));
        for (const id of ids) this.history.delete(id);
        return void response.writeHead(200).end();
      }
      case 'POST /interrupt': {
        const { prompt_id } = z.object({ prompt_id: z.string().optional() }).parse(JSON.parse(body.toString()));
        if (prompt_id === undefined || prompt_id === this.running?.id) {
          this.interruptRunning = true;
          this.release();
        }
        return void response.writeHead(200).end();
      }
      case 'POST /free':
        return void response.writeHead(200).end();
      case 'GET /view':
        return this.view(url.searchParams, response);
      default:
        response.writeHead(404).end();
    }
  }

  private listed({ number, id, prompt, clientId }: Item): unknown[] {
    return [number, id, prompt, clientId === undefined ? {} : { client_id: clientId }, ['save']];
  }

  private async upload(body: Buffer, type: string): Promise<unknown> {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    const image = form.get('image');
    if (!(image instanceof File)) throw new Error('no image');
    const subfolder = String(form.get('subfolder') ?? '');
    const name = basename(image.name);
    this.uploads.set(subfolder === '' ? name : `${subfolder}/${name}`, Buffer.from(await image.arrayBuffer()));
    return { name, subfolder, type: 'input' };
  }

  private async view(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const file = await readFile(join(this.folder, basename(query.get('filename') ?? ''))).catch(() => undefined);
    if (file === undefined) return void response.writeHead(404).end();
    const cut = this.cutFilms > 0;
    if (cut) this.cutFilms--;
    response.writeHead(200, { 'content-type': 'video/mp4' }).end(cut ? file.subarray(0, file.length / 2) : file);
  }

  private submit(input: unknown): { code: number; value: unknown } {
    const { prompt, client_id, prompt_id } = submitSchema.parse(input);
    const refused = promptErrors(prompt, this.models, (image) => this.uploads.has(image));
    if (refused !== undefined) return { code: 400, value: refused };
    const item = { number: this.prompts.length, id: prompt_id ?? crypto.randomUUID(), prompt, clientId: client_id };
    this.prompts.push(item);
    this.queue.push(item);
    this.send(undefined, 'status', this.status());
    void this.work();
    return { code: 200, value: { prompt_id: item.id, number: item.number, node_errors: {} } };
  }

  private async work(): Promise<void> {
    if (this.running !== undefined) return;
    const { life } = this;
    for (let item = this.queue.shift(); item !== undefined && life === this.life; item = this.queue.shift()) {
      this.running = item;
      await this.execute(item, this.fates.shift() ?? 'done', life);
      if (life !== this.life) return;
      this.running = undefined;
      this.send(undefined, 'status', this.status());
    }
  }

  /** PromptExecutor.execute(): the messages of a run in their order, then its record. */
  private async execute(item: Item, fate: Fate, life: number): Promise<void> {
    const { id, prompt, clientId } = item;
    const messages: [string, unknown][] = [];
    const tell = (type: string, data: object): void => {
      const told = { ...data, prompt_id: id, timestamp: 0 };
      if (type.startsWith('execution_')) messages.push([type, told]);
      this.send(clientId, type, told);
    };
    let outputs: Record<string, unknown> = {};
    this.interruptRunning = false;
    tell('execution_start', {});
    tell('execution_cached', { nodes: [] });
    let ended = 'success';
    for (const [node, { class_type }] of Object.entries(prompt)) {
      tell('executing', { node, display_node: node });
      await sleep(this.nodeMs);
      if (node === this.dropSocketsAt) {
        this.noSockets = true;
        for (const socket of this.sockets.values()) socket.terminate();
        this.sockets.clear();
      }
      if (node === this.holdAt) {
        const released = new Promise<void>((resolve) => {
          this.release_ = resolve;
        });
        this.held.resolve();
        await released;
      }
      if (life !== this.life) return;
      if (class_type === 'SamplerCustomAdvanced')
        for (const value of [1, 2]) {
          tell('progress', { node, value, max: 2 });
          tell('progress_state', { nodes: { [node]: { value, max: 2, state: 'running', node_id: node } } });
        }
      const why = { node_id: node, node_type: class_type, executed: [] };
      if (class_type === 'SamplerCustomAdvanced' && fate === 'crash') return void this.crash();
      if (this.interruptRunning || (class_type === 'SamplerCustomAdvanced' && fate === 'interrupted')) {
        tell('execution_interrupted', why);
        ended = 'error';
        break;
      }
      if (class_type.startsWith('VAEDecode') && (fate === 'out_of_memory' || fate === 'node_fails')) {
        const memory = fate === 'out_of_memory';
        tell('execution_error', {
          ...why,
          exception_type: memory ? 'torch.OutOfMemoryError' : 'RuntimeError',
          exception_message: memory
            ? 'Allocation on device 0 would exceed allowed memory.\nTIPS: …'
            : 'shape mismatch\nat …',
          traceback: [],
          current_inputs: {},
          current_outputs: [],
        });
        ended = 'error';
        break;
      }
      if (class_type === 'SaveVideo') {
        const filename = await this.film(prompt, fate);
        if (life !== this.life) return;
        if (fate !== 'unsaved') {
          const output = { images: [{ filename, subfolder: 'picaivid', type: 'output' }], animated: [true] };
          outputs = { [node]: output };
          tell('executed', { node, display_node: node, output });
        }
      }
    }
    if (ended === 'success') tell('execution_success', {});
    this.history.set(id, {
      prompt: this.listed(item),
      outputs,
      status: { status_str: ended, completed: ended === 'success', messages },
      meta: {},
    });
    tell('executing', { node: null });
  }

  /** A film of the size, frames and rate that the workflow asks for: the picture, zoomed by a fifth or still. */
  private async film(prompt: Workflow, fate: Fate): Promise<string> {
    const filename = `film_${String(this.films++).padStart(5, '0')}_.mp4`;
    const out = join(this.folder, filename);
    if (fate === 'damaged') {
      await writeFile(out, 'no film at all');
      return filename;
    }
    const latent = prompt.video_latent?.inputs ?? {};
    const halved = prompt.upscaled === undefined ? 1 : 2;
    const [width, height] = [Number(latent.width) * halved, Number(latent.height) * halved];
    const frames = Number(latent.length) - (fate === 'too_short' ? 8 : 0);
    const text = String(prompt.prompt?.inputs.text);
    const zoom = /dollies straight forward/.test(text) ? `1+0.2*on/${frames - 1}` : '1';
    const source = this.uploads.get(String(prompt.start_image?.inputs.image)) ?? Buffer.alloc(0);
    const key = JSON.stringify([width, height, frames, zoom, prompt.video?.inputs.fps, source.toString('base64')]);
    const made = FILMS.get(key);
    if (made !== undefined) {
      await writeFile(out, made);
      return filename;
    }
    const image = join(this.folder, 'input.png');
    await writeFile(image, source);
    const filter = `scale=${3 * width}:${3 * height}:flags=bicubic,zoompan=z='${zoom}':x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2':d=${frames}:s=${width}x${height}:fps=${Number(prompt.video?.inputs.fps)}`;
    // As PyAV does it: swscale's default matrix, no tags, x264's defaults with B-frames.
    await runFfmpeg([
      '-i', image, '-vf', `${filter},format=gbrp,scale=out_color_matrix=bt601:out_range=tv,format=yuv420p`,
      '-frames:v', String(frames), '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '3', '-crf', '16', '-y', out,
    ]); // biome-ignore format: options pair up
    FILMS.set(key, await readFile(out));
    return filename;
  }
}
