/** The feed as readers get it: read once for all who stand at the same place, waited for where there is nothing new. */
import type { FeedAnswer } from '../../db/sync/protocol.ts';
import type { FeedHub } from './feed-hub.ts';
import type { SyncServer } from './parts.ts';

export interface FeedBatch {
  readonly answer: FeedAnswer;
  /** The answer as JSON, written once for all readers. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Milliseconds that it was waited for. */
  readonly waitedMs: number;
  readonly closed: boolean;
}

/** How long what was read is kept for those of the same turn, milliseconds. What a place is followed by never changes. */
const KEPT_MS = 100;

type Read = Pick<FeedBatch, 'answer' | 'bytes'>;

const encoder = new TextEncoder();
const asRead = (answer: FeedAnswer): Read => ({ answer, bytes: encoder.encode(JSON.stringify(answer)) });

export class Feed {
  private readonly sync: SyncServer;
  private readonly hub: FeedHub;
  /** Reads under way, by team, generation, place and limit: two hundred readers that are woken at once are one query. */
  private readonly reading = new Map<string, Promise<Read>>();

  /** The head of a team as of a generation. */
  private readonly heads = new Map<string, { readonly generation: number; readonly head: number }>();

  constructor(sync: SyncServer, hub: FeedHub) {
    this.sync = sync;
    this.hub = hub;
  }

  /** What is after a place; where that is nothing, waits up to `waitMs` for news. */
  async next(teamId: string, after: number, limit: number, waitMs: number, signal?: AbortSignal): Promise<FeedBatch> {
    const until = performance.now() + waitMs;
    let waitedMs = 0;
    let turned = false;
    for (;;) {
      const generation = this.hub.generation(teamId);
      // One who stands at the head and comes back to wait, waits for the team's next turn as the others do.
      const known = this.heads.get(teamId);
      if (waitMs > 0 && !turned && known !== undefined && after === known.head) {
        turned = true;
        const began = performance.now();
        const woken = await this.hub.wait(teamId, known.generation, until - began, signal);
        waitedMs += performance.now() - began;
        if (woken !== 'news') return { ...nothing(after), waitedMs, closed: woken === 'closed' };
        continue;
      }
      const read = await this.read(teamId, generation, after, limit, waitMs > 0);
      const left = until - performance.now();
      const closed = this.hub.isClosed;
      if (read.answer.entries.length > 0 || left <= 0 || closed || signal?.aborted === true)
        return { ...read, waitedMs, closed };
      const began = performance.now();
      const woken = await this.hub.wait(teamId, generation, left, signal);
      waitedMs += performance.now() - began;
      if (woken !== 'news') return { ...read, waitedMs, closed: woken === 'closed' };
    }
  }

  private read(teamId: string, generation: number, after: number, limit: number, shared: boolean): Promise<Read> {
    // Who only looks must see what was committed before they asked.
    if (!shared) return this.fresh(teamId, generation, after, limit);
    const name = `${teamId} ${generation} ${after} ${limit}`;
    let reading = this.reading.get(name);
    if (reading === undefined) {
      const forget = (): boolean => this.reading.delete(name);
      reading = this.fresh(teamId, generation, after, limit);
      this.reading.set(name, reading);
      reading.then(({ answer }) => (answer.entries.length > 0 ? setTimeout(forget, KEPT_MS) : forget()), forget);
    }
    return reading;
  }

  private async fresh(teamId: string, generation: number, after: number, limit: number): Promise<Read> {
    const answer = await this.sync.feed(teamId, after, limit);
    if ((this.heads.get(teamId)?.generation ?? -1) <= generation)
      this.heads.set(teamId, { generation, head: answer.head });
    return asRead(answer);
  }
}

const nothing = (after: number): Read => asRead({ entries: [], next: after, head: after });
