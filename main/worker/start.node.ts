/** A worker as a program: its parts from the settings, what it looks after between tasks, its end. */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { appendSystem } from '../../db/team/apply.node.ts';
import { addBlob } from '../../db/team/blobs.node.ts';
import type { ModelSet } from '../../models/types.ts';
import { ltxOptions } from '../../pipeline/render/ltx/render.node.ts';
import { CLOCKS } from '../fleet/contract.ts';
import { fleetStore } from '../fleet/store.node.ts';
import { ModelHolder } from '../host/analyze-task.node.ts';
import { settleJob, settleJobs } from '../jobs/flow.node.ts';
import { runFromMessage } from '../jobs/jobs.node.ts';
import { asDatabase } from '../jobs/local-job.node.ts';
import { analyzeTask, assembleTask, type PhaseParts, timelineTask } from '../jobs/phase-tasks.node.ts';
import { PROJECT_ROOT } from '../paths.node.ts';
import { openQueue } from '../queue/open.node.ts';
import type { WorkerType } from '../queue/queue.ts';
import { openServiceDatabase } from '../service/database.node.ts';
import type { Settings } from '../settings.ts';
import { openStorage } from '../storage/open.node.ts';
import { s3Client } from '../storage/s3.node.ts';
import { blobKey } from '../storage/storage.ts';
import { BlobCache } from './cache.node.ts';
import { probeMachine } from './probe.node.ts';
import { type Append, renderTask } from './render-task.node.ts';
import { SpotWatch } from './spot-notice.node.ts';
import { Worker } from './worker.node.ts';

/** Photos and depth maps that stay on the worker, bytes: some 400 listings of a day. */
const CACHE_BYTES = 20_000_000_000;
/** A statement of a worker: an analysis of 500 photos is written in one transaction. */
const STATEMENT_MS = 60_000;

export interface WorkerSettings {
  readonly settings: Settings;
  readonly type: WorkerType;
  /** A CPU worker that renders clips too, where there is no GPU. */
  readonly alsoRenders: boolean;
  readonly models: ModelSet | 'auto';
  readonly name?: string;
  /** Ends by itself after this long without work, milliseconds. */
  readonly idleExitMs?: number;
  readonly log: Logger;
}

export interface RunningWorker {
  readonly id: string;
  /** Ends when it was told to, or had nothing to do for long enough. */
  readonly ended: Promise<'idle' | 'drained'>;
  /** No new work; what is in hand is given back. */
  stop(reason: string): void;
}

/** Errors: `bad_usage` for settings that are missing. */
export async function startWorker(options: WorkerSettings): Promise<RunningWorker> {
  const { settings, type, log, alsoRenders } = options;
  const url = settings.DATABASE_URL;
  if (url === undefined || !/^postgres(ql)?:\/\//.test(url))
    throw new PicaividError('bad_usage', 'Set DATABASE_URL to the team’s Postgres (postgresql://…).');
  const storage = openStorage(settings);
  const database = openServiceDatabase(url, { max: settings.DATABASE_POOL, statementTimeoutMs: STATEMENT_MS });
  const { db } = database;
  const queue = await openQueue(db, settings, log);
  const workDir = resolve(settings.WORK_DIR ?? join(homedir(), '.cache', 'picaivid-worker'));
  await mkdir(workDir, { recursive: true });
  const models = new ModelHolder(options.models);
  const probe = await probeMachine();
  const caches = new Map<string, BlobCache>();
  const cacheOf = (teamId: string): BlobCache => {
    const known = caches.get(teamId);
    if (known !== undefined) return known;
    const made = new BlobCache(join(workDir, 'blobs', teamId), CACHE_BYTES, (blob, path, signal) =>
      storage.getFile(blobKey(teamId, blob.sha256), path, blob, { signal }),
    );
    caches.set(teamId, made);
    return made;
  };
  const append: Append = async (trx, teamId, listingId, actor, body) => {
    await appendSystem({ db: trx, dialect: 'postgres' }, teamId, listingId, actor, body);
  };
  const flow = { queue, fleet: (on: typeof db) => fleetStore(on) };
  const withModels: PhaseParts['withModels'] = (run) => models.use(run);
  const recordBlob: PhaseParts['recordBlob'] = (trx, teamId, blob) =>
    addBlob({ ...asDatabase(trx) }, teamId, { sha256: blob.sha256, bytes: blob.bytes });
  const buckets = new Set([settings.S3_BUCKET ?? '', ...settings.SOURCE_BUCKETS.split(',')].map((one) => one.trim()).filter((one) => one !== '')); // biome-ignore format: one thought
  const phases: PhaseParts = {
    db,
    storage,
    settings,
    log,
    jobsDir: join(workDir, 'jobs'),
    flow,
    sources: {
      buckets,
      s3: buckets.size === 0 ? undefined : s3Client({
        ...(settings.AWS_REGION === undefined ? {} : { region: settings.AWS_REGION }),
        ...(settings.AWS_ENDPOINT_URL === undefined ? {} : { endpoint: settings.AWS_ENDPOINT_URL }),
      }),
    }, // biome-ignore format: one shape
    withModels,
    append,
    recordBlob,
  };
  const name = options.name ?? `${type}-${process.pid}`;
  const ltx = ltxOptions(settings);
  const render = renderTask({ storage, caches: cacheOf, withModels, takesDir: join(workDir, 'takes'), workerName: name, append, recordBlob, ...(ltx === undefined ? {} : { ltx }) }); // biome-ignore format: one call
  const worker = new Worker({
    type,
    alsoTypes: alsoRenders && type === 'cpu' ? ['gpu'] : [],
    store: fleetStore(db),
    queue,
    log,
    name,
    probe,
    version: programVersion(),
    spot: type === 'gpu' && settings.SPOT_METADATA_URL !== undefined,
    costPerHourMicros: settings.WORKER_COST_PER_HOUR === undefined ? null : Math.round(settings.WORKER_COST_PER_HOUR * 1_000_000), // biome-ignore format: one thought
    execute: {
      ...(type === 'gpu' || alsoRenders ? { render } : {}),
      ...(type === 'cpu'
        ? { analyze: analyzeTask(phases), timeline: timelineTask(phases), assemble: assembleTask(phases) }
        : {}),
    },
    onJob: ({ jobId, startPhase }) => runFromMessage({ db, storage, append, ...flow }, jobId, startPhase),
    onEnded: async ({ teamId, jobId }) => {
      if (jobId !== null) await db.transaction().execute((trx) => settleJob(trx, teamId, jobId));
    },
    ...(options.idleExitMs === undefined ? {} : { idleExitMs: options.idleExitMs }),
  });
  const spot =
    settings.SPOT_METADATA_URL === undefined
      ? undefined
      : new SpotWatch({
          baseUrl: settings.SPOT_METADATA_URL,
          log,
          onNotice: ({ kind, at }) => {
            log.warn({ kind, at }, 'this machine is to be taken away');
            worker.drain(kind, kind === 'interruption' ? Date.parse(at) : Number.POSITIVE_INFINITY);
          },
        });
  const store = fleetStore(db);
  const round = setInterval(() => {
    // Workers look after each other, with a service or without.
    store
      .sweep()
      .then(() => settleJobs(db))
      .catch((error: unknown) => log.warn({ err: error }, 'the fleet could not be looked after'));
  }, CLOCKS.sweepEveryMs);
  const ended = worker.run().finally(async () => {
    clearInterval(round);
    await spot?.close();
    await queue.close().catch(() => {});
    await models.drop().catch(() => {});
    await storage.close();
    await database.close();
  });
  return { id: worker.id, ended, stop: (reason) => worker.drain(reason) };
}

function programVersion(): string {
  const packed: unknown = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(packed).version;
}
