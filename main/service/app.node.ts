/** The service's addresses over HTTP: every one from the table of `routes.ts`, none without its roles. */
import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { readJsonBody } from './body.ts';
import { databaseTrouble, withRetry } from './database-trouble.ts';
import { docsPage } from './docs.ts';
import { ENDPOINTS, type Endpoint, type RouteKey } from './endpoints.ts';
import { Feed } from './feed.ts';
import { FeedHub } from './feed-hub.ts';
import { filesHandlers } from './files-handlers.ts';
import { fleetHandlers } from './fleet-handlers.node.ts';
import { countedAddress, Gate, type GateOptions } from './gate.node.ts';
import type { Call, Handlers } from './handlers.ts';
import { jobsHandlers } from './jobs-handlers.ts';
import { Metrics, type PoolState } from './metrics.node.ts';
import { openApiDocument, registerAll } from './openapi.ts';
import { operationsHandlers } from './operations-handlers.node.ts';
import type { Caller, ServiceParts } from './parts.ts';
import { Refusal, statusOf } from './refusal.ts';
import { ROUTES, type RouteRow } from './routes.ts';
import { syncHandlers } from './sync-handlers.ts';

const DEFAULT_BYTES = 256_000;
const DEFAULT_SECONDS = 30;
const HEARTBEAT_MS = 15_000;
/** A third of the pool's connections as it comes. */
const PUSHES_AT_ONCE = 4;
/** Headers of one request; a browser behind three proxies sends about thirty. */
const MOST_HEADERS = 64;

export interface ServiceOptions {
  /** The pages at `/docs` are there in development only. */
  readonly development: boolean;
  readonly version: string;
  readonly log: Logger;
  readonly gate?: GateOptions;
  /** Comments in event streams, milliseconds. */
  readonly heartbeatMs?: number;
  /** Pushes that are applied at once, of all teams. */
  readonly pushesAtOnce?: number;
  /** Tells other processes that a team's order has grown. */
  readonly announce?: (teamId: string) => void;
  readonly pool?: () => PoolState;
  readonly processMetrics?: boolean;
  /** Mounted beside the table: the folder storage's own links, which carry their own signatures. */
  readonly mount?: (app: OpenAPIHono<ServiceEnv>) => void;
}

interface Variables {
  requestId: string;
  route: string | undefined;
  caller: Caller | undefined;
  waitedMs: number;
}
export interface ServiceEnv {
  Bindings: Partial<HttpBindings>;
  Variables: Variables;
}
type Ctx = Context<ServiceEnv>;

export interface ServiceApp {
  readonly app: OpenAPIHono<ServiceEnv>;
  readonly hub: FeedHub;
  readonly metrics: Metrics;
  /** Requests that are being answered, feeds among them. */
  readonly inFlight: () => number;
  /** Long polls and streams that are open. */
  readonly openFeeds: () => number;
  /** Not ready from now on; feeds end with what they have. */
  stop(): void;
}

const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

export function createServiceApp(parts: ServiceParts, options: ServiceOptions): ServiceApp {
  const { log, version, heartbeatMs = HEARTBEAT_MS } = options;
  const trustedProxies = options.gate?.trustedProxies ?? 0;
  const app = new OpenAPIHono<ServiceEnv>();
  const hub = new FeedHub();
  const feed = new Feed(parts.sync, hub);
  const gate = new Gate(parts.keys, options.gate);
  const metrics = new Metrics({
    parts,
    pool: options.pool,
    waitingReaders: () => hub.waiting,
    ofProcess: options.processMetrics ?? false,
  });
  let stopping = false;
  let inFlight = 0;
  const addressOf = (c: Ctx): string =>
    countedAddress(c.env?.incoming, c.req.header('x-forwarded-for') ?? null, trustedProxies);

  const handlers: Handlers = {
    ...operationsHandlers({ parts, metrics, isStopping: () => stopping }),
    ...jobsHandlers(parts.jobs),
    ...filesHandlers(parts.blobs, parts.storage),
    ...fleetHandlers(parts),
    ...syncHandlers({
      sync: parts.sync,
      feed,
      hub,
      gate,
      version,
      heartbeatMs,
      pushesAtOnce: options.pushesAtOnce ?? PUSHES_AT_ONCE,
      onOutcomes: (outcomes) => {
        for (const { outcome } of outcomes) metrics.operations.inc({ outcome });
      },
      onDelivered: (at) => metrics.delivered(at),
      announce: options.announce ?? (() => {}),
    }),
  };

  app.use(async (c, next) => {
    const began = performance.now();
    // It is logged and sent back: nothing that looks like a key.
    const asked = c.req.header('x-request-id');
    const requestId = asked !== undefined && /^(?!pk_)[\w.-]{1,64}$/.test(asked) ? asked : randomUUID();
    c.set('requestId', requestId);
    c.set('waitedMs', 0);
    inFlight++;
    try {
      await next();
    } finally {
      inFlight--;
    }
    for (const [name, value] of Object.entries(HEADERS)) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    c.res.headers.set('X-Request-Id', requestId);
    if (stopping) c.res.headers.set('Connection', 'close');
    const route = c.get('route');
    const ms = performance.now() - began;
    const waitedMs = c.get('waitedMs');
    metrics.answered(route === undefined ? 'other' : c.req.method, route ?? 'other', c.res.status, (ms - waitedMs) / 1000); // biome-ignore format: one call
    const caller = c.get('caller');
    // The address as it was asked is never written: a key may have been put into it.
    log.info(
      {
        requestId,
        method: c.req.method,
        route,
        status: c.res.status,
        ms: Math.round(ms * 10) / 10,
        ...(waitedMs > 0 ? { waitedMs: Math.round(waitedMs) } : {}),
        ...(caller === undefined ? {} : { keyId: caller.keyId, teamId: caller.teamId, role: caller.role }),
      },
      'request',
    );
  });

  app.use(async (c, next) => {
    const raw = c.env?.incoming?.rawHeaders;
    if (raw !== undefined && raw.length > 2 * MOST_HEADERS)
      throw new Refusal(431, 'bad_usage', `A request may have ${MOST_HEADERS} headers.`);
    // A HEAD would be answered by starting, and dropping, what GET gives.
    const methods = c.req.raw.method === 'HEAD' && c.req.path !== '/health' ? allowed(c.req.path) : '';
    if (methods !== '') throw new Refusal(405, 'bad_usage', 'This address does not take HEAD.', { Allow: methods });
    await next();
  });

  const answer = async (c: Ctx, key: RouteKey, row: RouteRow, endpoint: Endpoint): Promise<Response> => {
    c.set('route', row.path);
    const { headers } = c.req.raw;
    const caller = row.who === 'open' ? undefined : await withRetry(() => gate.enter(row, headers, addressOf(c)));
    c.set('caller', caller);
    const params = parsed(endpoint.params, c.req.param(), 'the address');
    const query = parsed(endpoint.query, c.req.query(), 'the query');
    const time = deadline(endpoint.seconds ?? DEFAULT_SECONDS);
    const signal = AbortSignal.any([c.req.raw.signal, time.signal]);
    const call = {
      caller,
      params,
      query,
      body: undefined as unknown,
      headers,
      signal,
      waited: (ms: number) => c.set('waitedMs', c.get('waitedMs') + ms),
    };
    // Parsed by the entry of the same address that the handler's type comes from.
    const handler = handlers[key] as unknown as (call: Call<RouteKey>) => Promise<unknown>;
    const run = (): Promise<unknown> => handler(call as Call<RouteKey>);
    try {
      if (endpoint.body !== undefined) {
        const sent = readJsonBody(c.req.raw, endpoint.mostBytes ?? DEFAULT_BYTES);
        call.body = parsed(endpoint.body, (await Promise.race([sent, time.over])) ?? {}, 'the body');
      }
      const given = await Promise.race([endpoint.again ? withRetry(run, signal) : run(), time.over]);
      return given instanceof Response ? given : c.json(given, endpoint.status ?? 200);
    } finally {
      time.clear();
    }
  };

  for (const row of ROUTES) {
    const key: RouteKey = `${row.method} ${row.path}` as RouteKey;
    app.on(row.method, routerPath(row.path), (c) => answer(c, key, row, ENDPOINTS[key]));
  }
  registerAll(app.openAPIRegistry);
  if (options.development) {
    const document = openApiDocument(app, version);
    app.get('/docs/openapi.json', (c) => c.json(document));
    app.get('/docs', () => docsPage(document));
  }
  options.mount?.(app);
  for (const path of new Set(ROUTES.map((row) => row.path)))
    app.all(routerPath(path), (c) => {
      throw new Refusal(405, 'bad_usage', `This address does not take ${c.req.method}.`, {
        Allow: allowed(c.req.path),
      });
    });

  app.notFound((c) => {
    gate.stranger(addressOf(c));
    throw new Refusal(404, 'file_not_found', 'There is nothing at this address.');
  });
  app.onError((error, c) => {
    const refusal = toRefusal(error, c, log);
    return c.json({ code: refusal.code, message: refusal.message, requestId: c.get('requestId') }, refusal.status, {
      ...refusal.headers,
    });
  });

  return {
    app,
    hub,
    metrics,
    inFlight: () => inFlight,
    openFeeds: () => gate.feeds.size,
    stop: () => {
      stopping = true;
      hub.close();
    },
  };
}

const routerPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

/** The methods that an address of the table takes. */
function allowed(path: string): string {
  const methods = ROUTES.filter((row) => new RegExp(`^${row.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path)).map(
    ({ method }) => method,
  );
  return [...new Set(methods)].join(', ');
}

function parsed(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const said = result.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.')}: ${message}`.slice(0, 300));
  throw new Refusal(400, 'bad_usage', `Something in ${where} is not as it must be. ${said.join('; ')}`);
}

/** Rejects when a request has taken too long; with 0 seconds, never. */
function deadline(seconds: number): { signal: AbortSignal; over: Promise<never>; clear: () => void } {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<never>((_, reject) => {
    if (seconds === 0) return;
    timer = setTimeout(() => {
      reject(new Refusal(503, 'host_unreachable', 'This took too long. Try again.', { 'Retry-After': '2' }));
      abort.abort();
    }, seconds * 1000);
  });
  over.catch(() => {});
  return { signal: abort.signal, over, clear: () => clearTimeout(timer) };
}

function toRefusal(error: unknown, c: Ctx, log: Logger): Refusal {
  if (error instanceof Refusal) return error;
  const requestId = c.get('requestId');
  const trouble = databaseTrouble(error);
  // Its text may hold values of rows: only what it is goes into the log.
  const told = error instanceof Error ? { name: error.name, message: error.message, stack: error.stack } : { name: String(error) }; // biome-ignore format: one line
  if (trouble === 'data') {
    log.warn({ requestId, route: c.get('route'), err: told }, 'the database cannot hold a value that was let through');
    return new Refusal(400, 'bad_usage', 'A value in this request cannot be kept.');
  }
  if (trouble !== undefined) {
    log.warn({ requestId, route: c.get('route'), trouble, err: told }, 'the database did not answer');
    return new Refusal(503, 'database_failed', 'The database cannot be asked now. Try again in a moment.', { 'Retry-After': '2' }); // biome-ignore format: one call
  }
  if (error instanceof PicaividError && error.code === 'cancelled' && c.req.raw.signal.aborted)
    return new Refusal(408, 'cancelled', 'Whoever asked went away.');
  if (error instanceof URIError) return new Refusal(400, 'bad_usage', 'The address is not encoded as it must be.');
  // A database error that is no trouble of its own is a defect of ours: its text stays here.
  if (error instanceof PicaividError && error.code !== 'internal' && error.code !== 'database_failed') {
    const status = statusOf(error.code);
    if (status >= 500) log.warn({ requestId, route: c.get('route'), code: error.code, err: told }, 'a request failed');
    return new Refusal(status, error.code, error.message, status === 503 ? { 'Retry-After': '2' } : {});
  }
  log.error({ requestId, route: c.get('route'), err: told }, 'a request failed');
  return new Refusal(
    500,
    'internal',
    'Something went wrong in the service; its log tells more under this request’s id.',
  );
}
