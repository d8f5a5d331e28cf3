/** The feed as server-sent events: one for each entry, a comment now and then so that nothing in between goes to sleep. */
import { withRetry } from './database-trouble.ts';
import type { Feed } from './feed.ts';

export interface EventsOptions {
  readonly feed: Feed;
  readonly teamId: string;
  readonly after: number;
  readonly heartbeatMs: number;
  /** Raised when the reader went away, read or not. */
  readonly signal: AbortSignal;
  /** Asked with every heartbeat: a key that was revoked gets no more. */
  readonly stillGood: () => Promise<boolean>;
  readonly delivered: (at: readonly string[]) => void;
  /** Called when the stream has ended for whatever reason; more than once perhaps. */
  readonly ended: () => void;
}

/** Entries of one read; a slow reader is not read ahead for. */
const BATCH = 200;

export function eventStream(options: EventsOptions): ReadableStream<Uint8Array> {
  const { feed, teamId, heartbeatMs, stillGood, delivered, ended } = options;
  const encoder = new TextEncoder();
  const abort = new AbortController();
  options.signal.addEventListener(
    'abort',
    () => {
      abort.abort();
      ended();
    },
    { once: true },
  );
  let { after } = options;
  let checkedMs = performance.now();
  const end = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    abort.abort();
    ended();
    try {
      controller.close();
    } catch {
      // The reader was gone before.
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Two seconds until the next try of a reader that was cut off.
        controller.enqueue(encoder.encode('retry: 2000\n: connected\n\n'));
      },
      async pull(controller) {
        try {
          const batch = await withRetry(() => feed.next(teamId, after, BATCH, heartbeatMs, abort.signal), abort.signal);
          if (abort.signal.aborted) return;
          const { entries } = batch.answer;
          if (performance.now() - checkedMs >= heartbeatMs) {
            checkedMs = performance.now();
            if (!(await withRetry(stillGood, abort.signal))) return end(controller);
          }
          if (entries.length > 0) {
            const text = entries.map((entry) => `id: ${entry.seq}\nevent: entry\ndata: ${JSON.stringify(entry)}\n\n`);
            controller.enqueue(encoder.encode(text.join('')));
            after = batch.answer.next;
            if (batch.waitedMs > 0) delivered(entries.map(({ at }) => at));
          } else controller.enqueue(encoder.encode(': alive\n\n'));
          if (batch.closed) end(controller);
        } catch {
          // It comes back by itself with Last-Event-ID.
          end(controller);
        }
      },
      cancel() {
        abort.abort();
        ended();
      },
    },
    { highWaterMark: 1 },
  );
}
