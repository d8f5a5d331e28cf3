/** The real host as a child process, and what tests need to talk to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { PROJECT_ROOT } from '../../paths.node.ts';
import { type StudioEvent, TRPC_PATH } from '../contract.ts';
import type { StudioRouter } from '../router.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  json(): unknown;
}

/** Where a request goes: a socket, or a port of this machine. */
export type Target = { readonly socketPath: string } | { readonly host: string; readonly port: number };

export async function ask(
  target: Target,
  path: string,
  options: { method?: string; headers?: OutgoingHttpHeaders; body?: string | Buffer } = {},
): Promise<Answer> {
  const sent = request({ ...target, path, method: options.method ?? 'GET', headers: options.headers, agent: false });
  sent.end(options.body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  // A host may answer before it has read everything, and end the connection.
  sent.on('error', () => {});
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body,
    json: () => JSON.parse(body.toString('utf8')) as unknown,
  };
}

export function client(target: Target, headers: OutgoingHttpHeaders = {}): TRPCClient<StudioRouter> {
  const link = httpLink({
    url: `http://studio${TRPC_PATH}`,
    fetch: async (input, init) => {
      const url = new URL(String(input));
      const answer = await ask(target, url.pathname + url.search, {
        ...(init?.method === undefined ? {} : { method: init.method }),
        headers: { ...(init?.headers as OutgoingHttpHeaders), ...headers },
        ...(typeof init?.body === 'string' ? { body: init.body } : {}),
      });
      return new Response(new Uint8Array(answer.body), { status: answer.status });
    },
  });
  return createTRPCClient<StudioRouter>({ links: [link] });
}

export interface HostChild {
  readonly child: ChildProcess;
  /** The line it printed. */
  readonly ready: {
    readonly ready: boolean;
    readonly socket?: string;
    readonly url?: string;
    readonly error?: { code: string; message: string };
  };
  readonly target: Target;
  readonly studio: TRPCClient<StudioRouter>;
  /** Its log so far. */
  log(): string;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  readonly home: string;
  /** `socket` by default. */
  readonly port?: number;
  readonly models?: string;
  readonly pages?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly wrap?: (command: readonly string[]) => readonly string[];
}

/** Starts `serve.node.ts` and waits for its line. */
export async function hostChild(options: ChildOptions): Promise<HostChild> {
  const socketPath = join(options.home, 'run', 'host.sock');
  const command = [
    process.execPath,
    join(PROJECT_ROOT, 'main', 'host', 'serve.node.ts'),
    ...(options.port === undefined ? ['--socket', socketPath] : ['--port', String(options.port)]),
    '--home',
    options.home,
    '--models',
    options.models ?? 'none',
    ...(options.pages === undefined ? [] : ['--pages', options.pages]),
  ];
  const [program = '', ...rest] = options.wrap?.(command) ?? command;
  const child = spawn(program, rest, {
    env: { ...process.env, NODE_OPTIONS: '', LOG_LEVEL: 'info', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() =>
      sleep(50, [JSON.stringify({ ready: false, error: { code: 'internal', message: log } })]),
    ),
  ])) as [string];
  const ready = JSON.parse(line) as HostChild['ready'];
  const target: Target =
    ready.url === undefined ? { socketPath } : { host: '127.0.0.1', port: Number(new URL(ready.url).port) };
  return {
    child,
    ready,
    target,
    studio: client(target),
    log: () => log,
    kill: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}

/** Asks again every 100 ms until the answer is not undefined; the test's own time limit ends it. */
export async function until<T>(look: () => Promise<T | undefined>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100, undefined, signal === undefined ? {} : { signal });
  }
}

/** Headers of a page that came through the host's link. */
export async function signIn({ ready, target }: HostChild): Promise<OutgoingHttpHeaders> {
  const link = new URL(ready.url ?? '');
  const { headers } = await ask(target, link.pathname + link.search);
  return {
    cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? '',
    origin: link.origin,
    'sec-fetch-site': 'same-origin',
  };
}

export interface EventStream {
  readonly events: StudioEvent[];
  close(): void;
}

/** Subscribes to the host's events over its socket or port. */
export async function eventStream(target: Target, headers: OutgoingHttpHeaders = {}): Promise<EventStream> {
  const sent = request({
    ...target,
    path: `${TRPC_PATH}/system.events`,
    headers: { accept: 'text/event-stream', ...headers },
    agent: false,
  });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const events: StudioEvent[] = [];
  const lines = createInterface({ input: response });
  let name = '';
  lines.on('line', (line) => {
    if (line.startsWith('event:')) name = line.slice(6).trim();
    else if (line.startsWith('data:') && name === '') {
      const data = JSON.parse(line.slice(5)) as unknown;
      if (typeof data === 'object' && data !== null && 'type' in data) events.push(data as StudioEvent);
    } else if (line === '') name = '';
  });
  // The stream ends in the middle of a line when it is closed, or when the host is killed.
  response.on('error', () => {});
  lines.on('error', () => {});
  return { events, close: () => sent.destroy() };
}
