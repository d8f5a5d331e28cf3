/**
 * The queue on SQS. What is sent goes into `outbound_messages` in the caller's transaction and leaves from there: a
 * message of a change that was taken back never exists, and one that is sent twice wakes a worker for nothing, no more.
 * Messages that are handed out too often go to the dead-letter queue by SQS's own redrive policy.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { readJson } from '../../db/codec.ts';
import { newId } from '../../db/id.node.ts';
import type { Tables } from '../../db/tables.ts';
import { Bell, ringText, WAKE_CHANNEL } from './bell.node.ts';
import { readMessageText, writeMessage } from './message.ts';
import type { Queue, QueueMessage, QueueStatus, Received, WorkerType } from './queue.ts';
import { WORKER_TYPES } from './queue.ts';

/** A message that is not extended, deleted or given back is handed out again after this, seconds. */
const VISIBLE_AFTER_SECONDS = 60;
/** SQS keeps a message from others for this long in all, seconds: then it must be let go. */
const MOST_HELD_SECONDS = 12 * 3600;
const LONG_POLL_SECONDS = 20;
/** Without a bell it is looked this often for what is to be sent; with one, for what was put off. Milliseconds. */
const DRAIN_EVERY_MS = 250;
const DRAIN_WITH_BELL_MS = 2_000;
/** What was sent is kept for a day, and looked through this often, milliseconds. */
const PRUNE_EVERY_MS = 600_000;
/** SQS that does not answer is asked again; a transaction waits for it no longer than this, milliseconds. */
const ANSWER_MS = 10_000;
const OUTBOUND = 'outbound';
const DRAIN_AT_ONCE = 10;
const BACKOFF_MOST_SECONDS = 60;
const channelOf = (type: WorkerType): string => `sqs-${type}`;

export interface SqsOptions {
  /** `{type}` in it stands for cpu or gpu. Its dead letters lie at the same address with `-dead` behind it. */
  readonly queueUrl: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly log: Logger;
  /** Of the database: with it, what is sent leaves at once. */
  readonly databaseUrl?: string;
  readonly visibleAfterSeconds?: number;
}

export function openSqs(db: Kysely<Tables>, options: SqsOptions): Queue {
  if (!options.queueUrl.includes('{type}'))
    throw new PicaividError('bad_usage', 'SQS_QUEUE_URL names both queues: write {type} where cpu and gpu differ.');
  return new SqsQueue(db, options);
}

const outboundSchema = z.object({ id: z.string(), payload: z.unknown(), attempts: z.coerce.number() });

class SqsQueue implements Queue {
  readonly engine = 'sqs';
  private readonly db: Kysely<Tables>;
  private readonly options: SqsOptions;
  private readonly client: SQSClient;
  private readonly stopped = new AbortController();
  private readonly bell: Bell | undefined;
  private readonly drained: Promise<void>;

  constructor(db: Kysely<Tables>, options: SqsOptions) {
    this.db = db;
    this.options = options;
    this.client = new SQSClient({
      ...(options.region === undefined ? {} : { region: options.region }),
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    });
    this.bell = options.databaseUrl === undefined ? undefined : new Bell(options.databaseUrl, options.log);
    this.drained = this.drain();
  }

  private url(type: WorkerType, dead = false): string {
    return this.options.queueUrl.replaceAll('{type}', type) + (dead ? '-dead' : '');
  }

  async send(
    trx: Kysely<Tables>,
    type: WorkerType,
    messages: readonly QueueMessage[],
    { delaySeconds = 0 }: { readonly priority?: number; readonly delaySeconds?: number } = {},
  ): Promise<void> {
    if (messages.length === 0) return;
    // By the database's clock, whoever sends.
    const notBefore = delaySeconds > 0 ? sql`now() + make_interval(secs => ${delaySeconds})` : sql`null::timestamptz`;
    const rows = messages.map((message, place) => ({ id: newId(), payload: writeMessage(message), place }));
    await sql`
      insert into outbound_messages (id, channel, payload, not_before, created_at)
      select id, ${channelOf(type)}, payload, ${notBefore}, now() + make_interval(secs => place * 1e-6)
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as m(id text, payload jsonb, place int)`.execute(trx);
    await sql`select pg_notify(${WAKE_CHANNEL}, ${ringText(OUTBOUND, 1)})`.execute(trx);
  }

  /** Sends what waits, in order, until it is closed. */
  private async drain(): Promise<void> {
    const { signal } = this.stopped;
    let prunedMs = performance.now();
    while (!signal.aborted) {
      const heard = this.bell?.heard(OUTBOUND) ?? 0;
      let sent = 0;
      for (const type of WORKER_TYPES)
        try {
          sent += await this.drainSome(type);
          if (performance.now() - prunedMs < PRUNE_EVERY_MS) continue;
          await sql`delete from outbound_messages where channel = ${channelOf(type)} and sent_at < now() - interval '1 day'`.execute(this.db); // biome-ignore format: one statement
          if (type === WORKER_TYPES.at(-1)) prunedMs = performance.now();
        } catch (error) {
          if (!signal.aborted) this.options.log.warn({ err: error }, 'messages could not be sent on');
        }
      if (sent > 0 || signal.aborted) continue;
      if (this.bell === undefined) await sleep(DRAIN_EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
      else await this.bell.wait(OUTBOUND, DRAIN_WITH_BELL_MS, heard, signal);
    }
  }

  private drainSome(type: WorkerType): Promise<number> {
    return this.db.transaction().execute(async (trx) => {
      const { rows } = await sql`
        select id, payload, attempts from outbound_messages
        where channel = ${channelOf(type)} and sent_at is null and (not_before is null or not_before <= now())
        order by created_at, id limit ${DRAIN_AT_ONCE} for update skip locked`.execute(trx);
      const waiting = rows.map((row) => outboundSchema.parse(row));
      if (waiting.length === 0) return 0;
      const failed = await this.sendBatch(type, waiting);
      const sent = waiting.filter(({ id }) => !failed.has(id)).map(({ id }) => id);
      if (sent.length > 0) await sql`update outbound_messages set sent_at = now(), error = null where id in (${sql.join(sent)})`.execute(trx); // biome-ignore format: one query
      for (const { id, attempts } of waiting) {
        const error = failed.get(id);
        if (error === undefined) continue;
        const wait = Math.min(BACKOFF_MOST_SECONDS, 2 ** Math.min(attempts, 6));
        await sql`update outbound_messages set attempts = attempts + 1, error = ${error},
          not_before = now() + make_interval(secs => ${wait}) where id = ${id}`.execute(trx);
      }
      return sent.length;
    });
  }

  /** Those that were not taken, with why. */
  private async sendBatch(
    type: WorkerType,
    waiting: readonly z.infer<typeof outboundSchema>[],
  ): Promise<ReadonlyMap<string, string>> {
    try {
      const answer = await this.client.send(
        new SendMessageBatchCommand({
          QueueUrl: this.url(type),
          Entries: waiting.map(({ id, payload }) => ({
            Id: id,
            MessageBody: JSON.stringify(readJson(z.unknown(), payload)),
          })),
        }),
        { abortSignal: AbortSignal.any([this.stopped.signal, AbortSignal.timeout(ANSWER_MS)]) },
      );
      return new Map((answer.Failed ?? []).map(({ Id = '', Message: why = 'It was not taken.' }) => [Id, why]));
    } catch (error) {
      const why = error instanceof Error ? error.message : 'SQS did not answer.';
      return new Map(waiting.map(({ id }) => [id, why]));
    }
  }

  async receive(
    type: WorkerType,
    {
      most,
      waitSeconds,
      signal,
    }: { readonly most: number; readonly waitSeconds: number; readonly signal?: AbortSignal },
  ): Promise<readonly Received[]> {
    if (signal?.aborted === true || this.stopped.signal.aborted) return [];
    const visible = this.options.visibleAfterSeconds ?? VISIBLE_AFTER_SECONDS;
    let messages: readonly Message[];
    try {
      const answer = await this.client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.url(type),
          MaxNumberOfMessages: Math.min(10, most),
          WaitTimeSeconds: Math.min(LONG_POLL_SECONDS, waitSeconds),
          VisibilityTimeout: visible,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
        { abortSignal: AbortSignal.any([this.stopped.signal, ...(signal === undefined ? [] : [signal])]) },
      );
      messages = answer.Messages ?? [];
    } catch (error) {
      if ([signal, this.stopped.signal].some((one) => one?.aborted)) return [];
      throw toPicaividError(error, 'download_failed');
    }
    const received: Received[] = [];
    for (const message of messages) {
      const read = readMessageText(message.Body ?? '');
      if ('message' in read) {
        received.push(this.received(type, message, read.message, visible));
        continue;
      }
      this.options.log.warn({ messageId: message.MessageId, why: read.ignored }, 'a message was not understood');
      await this.delete(type, message);
    }
    return received;
  }

  private received(type: WorkerType, message: Message, content: QueueMessage, visible: number): Received {
    const heldSince = performance.now();
    const visibility = async (seconds: number): Promise<boolean> => {
      try {
        await this.client.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: this.url(type),
            ReceiptHandle: message.ReceiptHandle,
            VisibilityTimeout: seconds,
          }),
        );
        return true;
      } catch {
        return false;
      }
    };
    return {
      message: content,
      deliveries: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
      extend: async () =>
        performance.now() - heldSince < (MOST_HELD_SECONDS - visible) * 1000 ? visibility(visible) : false,
      done: () => this.delete(type, message),
      giveBack: async (delaySeconds = 0) => {
        await visibility(delaySeconds);
      },
    };
  }

  private async delete(type: WorkerType, message: Message): Promise<void> {
    await this.client.send(
      new DeleteMessageCommand({ QueueUrl: this.url(type), ReceiptHandle: message.ReceiptHandle }),
    );
  }

  async status(): Promise<readonly QueueStatus[]> {
    const facts = async (url: string) => {
      const { Attributes: found } = await this.client.send(
        new GetQueueAttributesCommand({
          QueueUrl: url,
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
      );
      return {
        waiting: Number(found?.ApproximateNumberOfMessages ?? 0) + Number(found?.ApproximateNumberOfMessagesDelayed ?? 0), // biome-ignore format: one sum
        inFlight: Number(found?.ApproximateNumberOfMessagesNotVisible ?? 0),
      };
    };
    return Promise.all(
      WORKER_TYPES.map(async (type) => {
        const live = await facts(this.url(type));
        const dead = await facts(this.url(type, true)).catch(() => ({ waiting: 0, inFlight: 0 }));
        const { rows } = await sql<{ count: string }>`
          select count(*) as count from outbound_messages where channel = ${channelOf(type)} and sent_at is null`.execute(this.db); // biome-ignore format: one query
        return {
          type,
          waiting: live.waiting + Number(rows[0]?.count ?? 0),
          inFlight: live.inFlight,
          dead: dead.waiting + dead.inFlight,
        };
      }),
    );
  }

  async redrive(type: WorkerType): Promise<number> {
    let moved = 0;
    for (;;) {
      const { Messages: messages = [] } = await this.client.send(
        new ReceiveMessageCommand({ QueueUrl: this.url(type, true), MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
      );
      if (messages.length === 0) return moved;
      for (const message of messages) {
        const read = readMessageText(message.Body ?? '');
        if ('message' in read) await this.db.transaction().execute((trx) => this.send(trx, type, [read.message]));
        await this.client.send(
          new DeleteMessageCommand({ QueueUrl: this.url(type, true), ReceiptHandle: message.ReceiptHandle }),
        );
        moved += 1;
      }
    }
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.bell?.close();
    await this.drained;
    this.client.destroy();
  }
}
