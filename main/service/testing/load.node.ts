/** Studios at work through outages: each pushes until it is answered, and follows the feed; nothing may get lost. */
import { newId } from '../../../db/id.node.ts';
import type { FeedAnswer, FeedEntry, Operation, Outcome } from '../../../db/sync/protocol.ts';
import { newListing, operation } from './service.node.ts';

export interface StudioReport {
  /** Operations that the service acknowledged, with their places. */
  readonly acknowledged: ReadonlyMap<string, number>;
  readonly refused: readonly string[];
  /** What its feed brought, in order. */
  readonly followed: readonly FeedEntry[];
  /** Requests that were not answered with 200. */
  readonly troubles: number;
  /** The longest time between two acknowledged pushes, milliseconds. */
  readonly longestMs: number;
}

/** A studio that renames its listing until `stopped`, then follows the feed to its end. */
export async function studio(url: string, key: string, stopped: AbortSignal): Promise<StudioReport> {
  const clientId = newId();
  const listingId = newId();
  const acknowledged = new Map<string, number>();
  const refused: string[] = [];
  const followed: FeedEntry[] = [];
  let troubles = 0;
  let longestMs = 0;
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    for (;;) {
      try {
        const answer = await fetch(`${url}${path}`, {
          method,
          headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
          signal: AbortSignal.timeout(40_000),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        if (answer.ok) return await answer.json();
        await answer.body?.cancel();
        if (answer.status < 500 && answer.status !== 429) throw new Error(`${method} ${path}: ${answer.status}`);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith(method)) throw error;
      }
      troubles++;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  const follow = async (): Promise<void> => {
    let after = 0;
    for (;;) {
      const last = stopped.aborted;
      const answer = (await ask('GET', `/sync/feed?after=${after}&wait=${last ? 0 : 2}`)) as FeedAnswer;
      followed.push(...answer.entries);
      after = answer.next;
      if (last && answer.entries.length === 0) return;
    }
  };
  const push = async (): Promise<void> => {
    let operations: Operation[] = [operation(listingId, newListing('Listing 0'))];
    let lastMs = performance.now();
    for (let n = 1; ; n++) {
      const { outcomes } = (await ask('POST', '/sync/push', { clientId, operations })) as { outcomes: Outcome[] };
      for (const one of outcomes)
        if (one.outcome === 'applied') acknowledged.set(one.id, one.seq);
        else refused.push(JSON.stringify(one));
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
      if (stopped.aborted) return;
      operations = [
        operation(listingId, { kind: 'listing.set', field: 'name', from: `Listing ${n - 1}`, to: `Listing ${n}` }, after(acknowledged)), // biome-ignore format: one call
      ];
    }
  };
  const pushing = push();
  // The feed is read to its end only once the last push is answered.
  const following = follow();
  await pushing;
  await following;
  let rest = followed.at(-1)?.seq ?? 0;
  for (;;) {
    const answer = (await ask('GET', `/sync/feed?after=${rest}`)) as FeedAnswer;
    if (answer.entries.length === 0) break;
    followed.push(...answer.entries);
    rest = answer.next;
  }
  return { acknowledged, refused, followed, troubles, longestMs };
}

const after = (acknowledged: ReadonlyMap<string, number>): number => Math.max(0, ...acknowledged.values());
