/**
 * The queue on the database itself, by pg-boss: a message is sent in the transaction of the change it tells of, and a
 * notification wakes whoever waits. pg-boss's own retries are off, for the task's row holds the state.
 */
import { type Kysely, sql } from 'kysely';
import { type Db, fromKysely, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import type { Tables } from '../../db/tables.ts';
import { Bell, ringText, WAKE_CHANNEL } from './bell.node.ts';
import { readMessage, writeMessage } from './message.ts';
import type { Queue, QueueMessage, QueueStatus, Received, WorkerType } from './queue.ts';
import { WORKER_TYPES } from './queue.ts';

/** Without a notification (a connection that broke) it is looked this often, milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** A message that nobody finished or extended for this long is handed out again, seconds. */
const EXPIRES_SECONDS = 900;
/** Times that a message is given back before it is a dead letter. */
const MOST_DELIVERIES = 10;
const nameOf = (type: WorkerType): string => `work-${type}`;
const deadOf = (type: WorkerType): string => `work-${type}-dead`;

const dataSchema = z.object({ body: z.unknown(), deliveries: z.int().min(0).default(0) });

export interface PgBossOptions {
  readonly url: string;
  readonly log: Logger;
  /** Connections of this process for the queue. */
  readonly connections?: number;
}

/** Makes pg-boss's own tables where they are not there. Errors: `database_failed`. */
export async function openPgBoss(db: Kysely<Tables>, { url, log, connections = 4 }: PgBossOptions): Promise<Queue> {
  const boss = new PgBoss({ connectionString: url, max: connections, schedule: false });
  boss.on('error', (error) => log.warn({ err: error }, 'the queue’s own work met an error'));
  try {
    await boss.start();
    for (const type of WORKER_TYPES) {
      await boss.createQueue(deadOf(type));
      await boss.createQueue(nameOf(type), {
        retryLimit: MOST_DELIVERIES,
        expireInSeconds: EXPIRES_SECONDS,
        deadLetter: deadOf(type),
        deleteAfterSeconds: 3_600,
      });
    }
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {});
    throw error instanceof PicaividError ? error : toPicaividError(error, 'database_failed');
  }
  return new PgBossQueue(db, boss, new Bell(url, log), log);
}

class PgBossQueue implements Queue {
  readonly engine = 'pg-boss';
  private readonly db: Kysely<Tables>;
  private readonly boss: PgBoss;
  private readonly bell: Bell;
  private readonly log: Logger;

  constructor(db: Kysely<Tables>, boss: PgBoss, bell: Bell, log: Logger) {
    this.db = db;
    this.boss = boss;
    this.bell = bell;
    this.log = log;
  }

  async send(
    trx: Kysely<Tables>,
    type: WorkerType,
    messages: readonly QueueMessage[],
    options: { readonly priority?: number; readonly delaySeconds?: number } = {},
  ): Promise<void> {
    const bodies = messages.map((message) => ({ body: writeMessage(message), deliveries: 0 }));
    await this.insert(fromKysely(trx), trx, type, bodies, options);
  }

  private async insert(
    connection: Db,
    trx: Kysely<Tables>,
    type: WorkerType,
    bodies: readonly z.infer<typeof dataSchema>[],
    { priority = 0, delaySeconds = 0 }: { readonly priority?: number; readonly delaySeconds?: number },
  ): Promise<void> {
    if (bodies.length === 0) return;
    const jobs = bodies.map((data) => ({ data, priority, ...(delaySeconds > 0 ? { startAfter: delaySeconds } : {}) }));
    await this.boss.insert(nameOf(type), jobs, { db: connection });
    // Delivered when, and only when, the transaction is committed.
    await sql`select pg_notify(${WAKE_CHANNEL}, ${ringText(type, bodies.length)})`.execute(trx);
  }

  async receive(
    type: WorkerType,
    {
      most,
      waitSeconds,
      signal,
    }: { readonly most: number; readonly waitSeconds: number; readonly signal?: AbortSignal },
  ): Promise<readonly Received[]> {
    const until = performance.now() + waitSeconds * 1000;
    for (;;) {
      if (signal?.aborted === true || this.bell.closed) return [];
      const heard = this.bell.heard(type);
      const found = await this.fetch(type, most);
      if (found.length > 0) return found;
      const left = until - performance.now();
      if (left <= 0) return [];
      if ((await this.bell.wait(type, Math.min(left, LOOK_EVERY_MS), heard, signal)) === 'look') return [];
    }
  }

  private async fetch(type: WorkerType, most: number): Promise<readonly Received[]> {
    const name = nameOf(type);
    const jobs = await this.boss.fetch<unknown>(name, { batchSize: most, includeMetadata: true });
    const received: Received[] = [];
    for (const { id, data, priority, retryCount } of jobs) {
      const { body, deliveries } = dataSchema.catch({ body: data, deliveries: 0 }).parse(data);
      const read = readMessage(body);
      if ('ignored' in read) {
        this.log.warn({ queue: name, messageId: id, why: read.ignored }, 'a message was not understood');
        await this.boss.complete(name, id);
        continue;
      }
      const count = deliveries + retryCount + 1;
      received.push({
        message: read.message,
        deliveries: count,
        extend: async () => {
          await this.boss.touch(name, id);
          // It says nothing of whether there was something to touch.
          const [found] = await this.boss.findJobs(name, { id });
          return found?.state === 'active';
        },
        done: async () => {
          await this.boss.complete(name, id);
        },
        giveBack: async (delaySeconds = 0) => {
          await this.db.transaction().execute(async (trx) => {
            const connection = fromKysely(trx);
            await this.boss.complete(name, id, null, { db: connection });
            const again = { body, deliveries: count };
            if (count >= MOST_DELIVERIES) await this.boss.insert(deadOf(type), [{ data: again }], { db: connection });
            else await this.insert(connection, trx, type, [again], { priority, delaySeconds });
          });
        },
      });
    }
    return received;
  }

  async status(): Promise<readonly QueueStatus[]> {
    const { rows } = await sql<{ name: string; state: string; count: string }>`
      select name, state::text as state, count(*) as count from pgboss.job
      where state in ('created', 'retry', 'active') group by name, state`.execute(this.db);
    const count = (name: string, states: readonly string[]): number =>
      rows.filter((row) => row.name === name && states.includes(row.state)).reduce((sum, row) => sum + Number(row.count), 0); // biome-ignore format: one thought
    return WORKER_TYPES.map((type) => ({
      type,
      waiting: count(nameOf(type), ['created', 'retry']),
      inFlight: count(nameOf(type), ['active']),
      dead: count(deadOf(type), ['created', 'retry', 'active']),
    }));
  }

  async redrive(type: WorkerType): Promise<number> {
    let moved = 0;
    for (;;) {
      const jobs = await this.boss.fetch<unknown>(deadOf(type), { batchSize: 100 });
      if (jobs.length === 0) return moved;
      await this.db.transaction().execute(async (trx) => {
        const connection = fromKysely(trx);
        const bodies = jobs.map(({ data }) => ({ ...dataSchema.catch({ body: data, deliveries: 0 }).parse(data), deliveries: 0 })); // biome-ignore format: one thought
        await this.insert(connection, trx, type, bodies, {});
        await this.boss.complete(deadOf(type), jobs.map(({ id }) => id), null, { db: connection }); // biome-ignore format: one call
      });
      moved += jobs.length;
    }
  }

  async close(): Promise<void> {
    await this.bell.close();
    await this.boss.stop({ graceful: true, timeout: 5_000 });
  }
}
