/** Notifications of Postgres as a bell: whoever waits for something is woken when it may be there, one for each ring. */
import pg from 'pg';
import type { Logger } from 'pino';

/** A broken connection is made anew after this, milliseconds; whoever waits looks by itself meanwhile. */
const RECONNECT_MS = 1_000;
export const WAKE_CHANNEL = 'picaivid_queue';

/** `work`: what is waited for may be there. `look`: there is something to do that has no message. */
export type Ring = 'work' | 'look' | 'over';

interface Waiting {
  readonly wake: (ring: Ring) => void;
}

/** What a notification says: for whom, how many there are, and whether there are messages of it. */
export const ringText = (name: string, count: number, look = false): string => `${name} ${count}${look ? ' look' : ''}`;

export class Bell {
  private readonly waiting = new Map<string, Set<Waiting>>();
  /** Rings so far, by name: one that came while its listener was looking is not missed. */
  private readonly rings = new Map<string, number>();
  private readonly url: string;
  private readonly log: Logger;
  private readonly ended: Promise<void>;
  private readonly stopped = new AbortController();

  constructor(url: string, log: Logger) {
    this.url = url;
    this.log = log;
    this.ended = this.listen();
  }

  get closed(): boolean {
    return this.stopped.signal.aborted;
  }

  heard(name: string): number {
    return this.rings.get(name) ?? 0;
  }

  /** Until it rings (or has rung since `heard` said `since`), the time is over, or the wait is given up. */
  wait(name: string, ms: number, since: number, signal?: AbortSignal): Promise<Ring> {
    if (signal?.aborted === true || this.closed) return Promise.resolve('over');
    if (this.heard(name) > since) return Promise.resolve('work');
    return new Promise((resolve) => {
      const set = this.waiting.get(name) ?? new Set();
      this.waiting.set(name, set);
      const over = (): void => one.wake('over');
      const one: Waiting = {
        wake: (ring) => {
          clearTimeout(timer);
          set.delete(one);
          signal?.removeEventListener('abort', over);
          resolve(ring);
        },
      };
      const timer = setTimeout(over, ms);
      set.add(one);
      signal?.addEventListener('abort', over, { once: true });
    });
  }

  async close(): Promise<void> {
    this.stopped.abort();
    for (const set of this.waiting.values()) for (const one of [...set]) one.wake('over');
    await this.ended;
  }

  private ring(text: string): void {
    const [name = '', count = '1', look] = text.split(' ');
    const times = Number(count) || 1;
    this.rings.set(name, this.heard(name) + times);
    // Fifty who wait in one process need not all run for one message.
    for (const one of [...(this.waiting.get(name) ?? [])].slice(0, times)) one.wake(look === 'look' ? 'look' : 'work');
  }

  private async listen(): Promise<void> {
    while (!this.closed) {
      const client = new pg.Client({ connectionString: this.url, keepAlive: true });
      const { signal } = this.stopped;
      const broken = new Promise<void>((resolve) => {
        client.on('end', resolve);
        client.on('error', () => resolve());
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      client.on('notification', ({ payload = '' }) => this.ring(payload));
      try {
        await client.connect();
        await client.query(`listen ${WAKE_CHANNEL}`);
        await broken;
      } catch (error) {
        if (!this.closed) this.log.info({ err: error }, 'the queue’s bell is away; it is looked instead');
      }
      await client.end().catch(() => {});
      if (!this.closed) await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS).unref());
    }
  }
}
