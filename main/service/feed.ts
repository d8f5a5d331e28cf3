/** The feed as readers get it: read once for all who stand at the same place, waited for where there is nothing new. */
import type { FeedAnswer } from '../../db/sync/protocol.ts';
import type { FeedHub } from './feed-hub.ts';
import type { SyncServer } from './parts.ts';

export interface FeedBatch {
  readonly answer: FeedAnswer;
  /** The answer as JSON, written once for all readers. */
  readonly text: string;
  /** Milliseconds that it was waited for. */
  readonly waitedMs: number;
  readonly closed: boolean;
}

type Read = Pick<FeedBatch, 'answer' | 'text'>;

export class Feed {
  private readonly sync: SyncServer;
  private readonly hub: FeedHub;
  /** Reads under way, by team, generation, place and limit: two hundred readers that are woken at once are one query. */
  private readonly reading = new Map<string, Promise<Read>>();

  constructor(sync: SyncServer, hub: FeedHub) {
    this.sync = sync;
    this.hub = hub;
  }

  /** What is after a place; where that is nothing, waits up to `waitMs` for news. */
  async next(teamId: string, after: number, limit: number, waitMs: number, signal?: AbortSignal): Promise<FeedBatch> {
    const until = performance.now() + waitMs;
    let waitedMs = 0;
    for (;;) {
      const generation = this.hub.generation(teamId);
      const read = await this.read(teamId, generation, after, limit);
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

  private read(teamId: string, generation: number, after: number, limit: number): Promise<Read> {
    const name = `${teamId} ${generation} ${after} ${limit}`;
    let reading = this.reading.get(name);
    if (reading === undefined) {
      reading = this.sync
        .feed(teamId, after, limit)
        .then((answer) => ({ answer, text: JSON.stringify(answer) }))
        .finally(() => this.reading.delete(name));
      this.reading.set(name, reading);
    }
    return reading;
  }
}
