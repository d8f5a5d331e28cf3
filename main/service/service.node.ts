/** The service as a program: its parts from the settings, its port, the work it does between requests, its end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { databaseError, migrationStatus } from '../../db/open.node.ts';
import { CLOCKS } from '../fleet/contract.ts';
import { pruneTasks } from '../fleet/prune.node.ts';
import { CallbackSender } from '../jobs/callbacks.node.ts';
import { followAllJobs, settleJobs } from '../jobs/flow.node.ts';
import { PROJECT_ROOT } from '../paths.node.ts';
import { openQueue } from '../queue/open.node.ts';
import type { Settings } from '../settings.ts';
import type { FolderStorage } from '../storage/folder.node.ts';
import { folderRoutes } from '../storage/folder-routes.node.ts';
import { openStorage } from '../storage/open.node.ts';
import type { Storage } from '../storage/storage.ts';
import { createServiceApp } from './app.node.ts';
import { type FeedListener, listenForNews, openServiceDatabase, type ServiceDatabase } from './database.node.ts';
import { withRetry } from './database-trouble.ts';
import { listen } from './server.node.ts';
import { teamParts } from './team-parts.node.ts';

export interface ServiceSettings {
  readonly settings: Settings;
  /** 0 takes any free one. */
  readonly port: number;
  readonly host: string;
  readonly log: Logger;
}

export interface RunningService {
  readonly url: string;
  /** Takes nothing new, ends feeds, lets what was begun finish, then lets everything go. */
  close(): Promise<void>;
}

const PRUNE_EVERY_MS = 3_600_000;
/** A push of 500 operations takes about a second; containers are killed 30 seconds after they are told to stop. */
const FINISH_WITHIN_MS = 20_000;

/** Errors: `bad_usage` for settings that are missing, `database_failed` for a Postgres that is away or not migrated. */
export async function startService({ settings, port, host, log }: ServiceSettings): Promise<RunningService> {
  const url = settings.DATABASE_URL;
  if (url === undefined || !/^postgres(ql)?:\/\//.test(url))
    throw new PicaividError('bad_usage', 'Set DATABASE_URL to the team’s Postgres (postgresql://…).');
  const storage = openStorage(settings);
  const database = openServiceDatabase(url, { max: settings.DATABASE_POOL });
  const closing: (() => Promise<unknown>)[] = [() => database.close(), () => storage.close()];
  const closeAll = async (): Promise<void> => {
    for (const close of closing.reverse())
      await close().catch((error: unknown) => log.warn({ err: error }, 'a part did not close cleanly'));
  };
  try {
    await mustBeReady(database);
    const queue = await openQueue(database.db, settings, log);
    closing.push(() => queue.close());
    const parts = teamParts(database, storage, queue, log);
    let listener: FeedListener | undefined;
    const service = createServiceApp(parts, {
      development: settings.ENVIRONMENT === 'development',
      version: programVersion(),
      log,
      gate: { trustedProxies: settings.TRUSTED_PROXIES },
      announce: (teamId) => listener?.announce(teamId),
      pool: database.pool,
      pushesAtOnce: Math.max(1, Math.floor(settings.DATABASE_POOL / 3)),
      processMetrics: true,
      ...mountOf(storage),
    });
    const news = listenForNews(url, service.hub, (ids) => parts.sync.heads(ids), log);
    listener = news;
    closing.push(() => news.close());
    const { BACKEND_URL: backend, BACKEND_SECRET: secret } = settings;
    if (backend !== undefined && secret === undefined)
      throw new PicaividError('bad_usage', 'Set BACKEND_SECRET (32 characters or more): it signs what is told to BACKEND_URL.'); // biome-ignore format: one sentence
    if (backend !== undefined && secret !== undefined) {
      const sender = new CallbackSender(database.db, { url: backend, secret, log });
      closing.push(() => sender.close());
    }
    followAllJobs(database.db).catch((error: unknown) =>
      log.warn({ err: error }, 'jobs do not follow what was reviewed'),
    );
    const round = every(CLOCKS.sweepEveryMs, log, async () => {
      const { taken, gone } = await parts.fleet(database.db).sweep();
      if (taken > 0 || gone > 0) log.info({ taken, gone }, 'leases were taken back');
      await settleJobs(database.db);
    });
    closing.push(() => round.close());
    const prune = every(PRUNE_EVERY_MS, log, async () => {
      const gone = await pruneTasks(database.db);
      if (gone > 0) log.info({ gone }, 'tasks that ended long ago were taken away');
    });
    closing.push(() => prune.close());
    const running = await listen(service, { port, host });
    closing.push(() => running.close(FINISH_WITHIN_MS));
    log.info({ url: running.url, storage: storage.engine, queue: queue.engine }, 'the service listens');
    let closed: Promise<void> | undefined;
    return {
      url: running.url,
      close: () => {
        closed ??= closeAll();
        return closed;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function programVersion(): string {
  const packed: unknown = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(packed).version;
}

/** Several services may look after the fleet at once: a sweep takes what ended, whoever is first. */
function every(ms: number, log: Logger, run: () => Promise<void>): { close(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = run()
      .catch((error: unknown) => log.warn({ err: error }, 'the fleet could not be looked after'))
      .finally(() => {
        busy = false;
      });
  }, ms);
  return {
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

async function mustBeReady(database: ServiceDatabase): Promise<void> {
  let pending: number;
  try {
    const states = await withRetry(() => migrationStatus(database));
    pending = states.filter(({ appliedAt }) => appliedAt === undefined).length;
  } catch (error) {
    throw error instanceof PicaividError ? error : databaseError(error);
  }
  if (pending > 0)
    throw new PicaividError('database_failed', `The database lacks ${pending} migration(s). Run "picaivid db migrate", then start the service again.`); // biome-ignore format: one sentence
}

/** A folder's links come back to this service. */
function mountOf(storage: Storage): Pick<Parameters<typeof createServiceApp>[1], 'mount'> {
  if (storage.engine !== 'folder') return {};
  const routes = folderRoutes(storage as FolderStorage);
  return { mount: (app) => void app.route('/', routes) };
}
