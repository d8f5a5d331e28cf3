/**
 * Tells the upstream backend what becomes of its jobs: written in the transaction of what it tells of, sent afterwards,
 * signed, and again with back-off until the backend answers. Each says the job's whole state at that moment and carries
 * an id, so that one that arrives twice or late does no harm.
 */
import { createHmac } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import { z } from 'zod';
import { readJson, writeJson } from '../../db/codec.ts';
import { newId } from '../../db/id.node.ts';
import type { Tables } from '../../db/tables.ts';

export const CALLBACK_CHANNEL = 'callback';
/** Behind BACKEND_URL. */
export const CALLBACK_PATH = '/internal/media/callbacks';
const ANSWER_WITHIN_MS = 10_000;
/** Seconds before the next try: 2, 4, 8 … up to an hour; given up after two days of trying. */
const BACKOFF_MOST_SECONDS = 3_600;
const ATTEMPTS_MOST = 60;
const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 20;

export interface JobNews {
  readonly job_id: string;
  readonly listing_id: string;
  readonly status: string;
  readonly current_phase: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Inside the transaction that changed the job. */
export async function tellBackend(trx: Kysely<Tables>, news: JobNews): Promise<void> {
  const id = newId();
  const at = new Date().toISOString();
  await trx
    .insertInto('outbound_messages')
    .values({
      id,
      channel: CALLBACK_CHANNEL,
      payload: writeJson({ id, event: 'job.status', at, ...news }),
      not_before: null,
      error: null,
      created_at: at,
      sent_at: null,
    })
    .execute();
}

/** `v1=<hex>` over `<timestamp>.<body>`: the timestamp is signed too, so that an old one cannot be sent again later. */
export function signature(secret: string, timestamp: string, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

export interface CallbackOptions {
  readonly url: string;
  readonly secret: string;
  readonly log: Logger;
  readonly lookEveryMs?: number;
}

const rowSchema = z.object({ id: z.string(), payload: z.unknown(), attempts: z.coerce.number() });

/** Sends what waits until it is closed; several processes may send at once, none sends what another is sending. */
export class CallbackSender {
  private readonly db: Kysely<Tables>;
  private readonly options: CallbackOptions;
  private readonly stopped = new AbortController();
  private readonly ended: Promise<void>;

  constructor(db: Kysely<Tables>, options: CallbackOptions) {
    this.db = db;
    this.options = options;
    this.ended = this.loop();
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.ended;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      let sent = 0;
      try {
        sent = await this.sendSome();
      } catch (error) {
        this.options.log.warn({ err: error }, 'call-backs could not be looked for');
      }
      if (sent > 0) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.options.lookEveryMs ?? LOOK_EVERY_MS);
        signal.addEventListener(
          'abort',
          () => {
            clearTimeout(timer);
            resolve();
          },
          { once: true },
        );
      });
    }
  }

  /** How many were told. The rows stay locked while they are sent, so a process that dies lets them go. */
  private sendSome(): Promise<number> {
    return this.db.transaction().execute(async (trx) => {
      const { rows } = await sql<z.infer<typeof rowSchema>>`
        select id, payload, attempts from outbound_messages
        where channel = ${CALLBACK_CHANNEL} and sent_at is null and attempts < ${ATTEMPTS_MOST}
          and (not_before is null or not_before <= now())
        order by created_at, id limit ${AT_ONCE} for update skip locked`.execute(trx);
      let told = 0;
      for (const row of rows.map((one) => rowSchema.parse(one))) {
        const error = this.stopped.signal.aborted ? 'stopped' : await this.send(row.id, row.payload);
        if (error === 'stopped') break;
        if (error === undefined) {
          told += 1;
          await sql`update outbound_messages set sent_at = now(), error = null where id = ${row.id}`.execute(trx);
          continue;
        }
        const attempts = row.attempts + 1;
        const wait = Math.min(BACKOFF_MOST_SECONDS, 2 ** Math.min(attempts, 12));
        this.options.log.warn({ messageId: row.id, attempts, error }, 'the backend did not take a call-back');
        await sql`update outbound_messages set attempts = ${attempts}, error = ${error},
          not_before = now() + make_interval(secs => ${wait}) where id = ${row.id}`.execute(trx);
        // One that is away takes none of the others either.
        break;
      }
      return told;
    });
  }

  /** What went wrong, or undefined. */
  private async send(id: string, payload: unknown): Promise<string | undefined> {
    const body = JSON.stringify(readJson(z.unknown(), payload));
    const timestamp = String(Math.floor(Date.now() / 1000));
    try {
      const answer = await fetch(new URL(CALLBACK_PATH, this.options.url), {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.any([this.stopped.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
        headers: {
          'Content-Type': 'application/json',
          'X-Picaivid-Id': id,
          'X-Picaivid-Timestamp': timestamp,
          'X-Picaivid-Signature': signature(this.options.secret, timestamp, body),
        },
        body,
      });
      await answer.body?.cancel();
      return answer.ok ? undefined : `It answered ${answer.status}.`;
    } catch (error) {
      if (this.stopped.signal.aborted) return 'stopped';
      return error instanceof Error ? error.message : 'It did not answer.';
    }
  }
}
