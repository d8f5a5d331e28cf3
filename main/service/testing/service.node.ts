/** A service as tests meet it: over HTTP, on a real Postgres, with a team or two and a key of every role. */
import type { Logger } from 'pino';
import pino from 'pino';
import { newId } from '../../../db/id.node.ts';
import { migrateUp } from '../../../db/open.node.ts';
import type { KeyRole, Operation, OperationBody } from '../../../db/sync/protocol.ts';
import { KEY_ROLES } from '../../../db/sync/protocol.ts';
import { createKey, createTeam } from '../../../db/team/teams.node.ts';
import type { Storage } from '../../storage/storage.ts';
import { createServiceApp, type ServiceApp, type ServiceOptions } from '../app.node.ts';
import { type FeedListener, listenForNews, openServiceDatabase, type ServiceDatabase } from '../database.node.ts';
import type { ServiceParts } from '../parts.ts';
import { listen, type RunningServer } from '../server.node.ts';
import { teamParts } from '../team-parts.node.ts';
import { MemoryQueue, MemoryStorage } from './fakes.node.ts';

/** Limits that no test meets by chance. */
export const WIDE = { key: { perSecond: 1e6, burst: 1e6 }, address: { perSecond: 1e6, burst: 1e6 } } as const;

export interface TestTeam {
  readonly id: string;
  readonly name: string;
  readonly keys: Readonly<Record<KeyRole, { readonly key: string; readonly id: string }>>;
}

export interface TestService {
  readonly url: string;
  readonly database: ServiceDatabase;
  readonly parts: ServiceParts;
  readonly service: ServiceApp;
  readonly running: RunningServer;
  readonly storage: MemoryStorage;
  readonly queue: MemoryQueue;
  /** With a key: a request to the service. */
  ask(key: string | undefined, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>; // biome-ignore format: one call
  close(): Promise<void>;
}

export interface TestServiceOptions extends Partial<ServiceOptions> {
  readonly parts?: Partial<ServiceParts>;
  readonly storage?: Storage;
}

export async function makeTeam(database: ServiceDatabase, name: string): Promise<TestTeam> {
  const team = await createTeam(database, name);
  const keys = await Promise.all(
    KEY_ROLES.map(async (role) => {
      const { key, row } = await createKey(database, { teamId: team.id, name: `${name} ${role}`, role });
      return [role, { key, id: row.id }] as const;
    }),
  );
  return { id: team.id, name, keys: Object.fromEntries(keys) as TestTeam['keys'] };
}

/** Migrates the database of this URL and serves it on a free port of the loopback. */
export async function startTestService(url: string, options: TestServiceOptions = {}): Promise<TestService> {
  const database = openServiceDatabase(url);
  await migrateUp(database);
  const storage = new MemoryStorage();
  const queue = new MemoryQueue();
  const parts: ServiceParts = { ...teamParts(database, options.storage ?? storage, queue), ...options.parts };
  const log: Logger = options.log ?? pino({ level: 'silent' });
  let listener: FeedListener | undefined;
  const service = createServiceApp(parts, {
    development: false,
    version: 'test',
    log,
    gate: WIDE,
    announce: (teamId) => listener?.announce(teamId),
    pool: database.pool,
    ...options,
  });
  listener = listenForNews(url, service.hub, (ids) => parts.sync.heads(ids), log);
  const running = await listen(service, { port: 0, host: '127.0.0.1' });
  return {
    url: running.url,
    database,
    parts,
    service,
    running,
    storage,
    queue,
    ask: (key, method, path, body, headers = {}) =>
      fetch(`${running.url}${path}`, {
        method,
        headers: {
          ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    close: async () => {
      await running.close(1_000);
      await listener?.close();
      await database.close();
    },
  };
}

/** An operation as a studio would make it. */
export function operation(listingId: string, body: OperationBody, base = 0): Operation {
  return { id: newId(), listingId, base, madeAt: new Date().toISOString(), person: 'Ada', body };
}

export const newListing = (name: string): OperationBody => ({
  kind: 'listing.create',
  name,
  template: 'classic',
  targetSeconds: 60,
  createdAt: '2026-01-01T00:00:00Z',
});

/** Pushes a new listing with this key; gives its id. */
export async function makeListing(service: TestService, key: string, name = 'Elm Street 4'): Promise<string> {
  const listingId = newId();
  const answer = await service.ask(key, 'POST', '/sync/push', {
    clientId: newId(),
    operations: [operation(listingId, newListing(name))],
  });
  const said = (await answer.json()) as { outcomes?: { outcome: string }[] };
  if (said.outcomes?.[0]?.outcome !== 'applied') throw new Error(`No listing was made: ${JSON.stringify(said)}`);
  return listingId;
}

/** A clip as `POST /fleet/render` takes it. */
export function clipToRender(photoSha256: string, clipId = 'clip-1', renderer = 'depth_parallax') {
  const spec = {
    photoSha256, depthSha256: null, motion: 'push_in', amount: 0.5, renderer, frames: 90,
    frameRate: { num: 30, den: 1 }, width: 1920, height: 1080, focus: { x: 0.5, y: 0.5 }, seed: 1,
  }; // biome-ignore format: one glance
  return {
    clipId,
    askedHash: 'a'.repeat(64),
    spec,
    photo: { sha256: photoSha256, bytes: 1000, file: 'a.jpg' },
    depth: null,
    onScreen: false,
  };
}
