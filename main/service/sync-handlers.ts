/** `/sync`: a studio and its team. */
import { eventStream } from './events.ts';
import type { Feed } from './feed.ts';
import type { FeedHub } from './feed-hub.ts';
import type { Gate } from './gate.node.ts';
import type { Handlers, SyncKey } from './handlers.ts';
import { Lanes } from './lanes.ts';
import type { Caller, SyncServer } from './parts.ts';
import { notThere, Refusal } from './refusal.ts';

/** Pushes of one team that wait for their turn; a push takes some ten milliseconds. */
const MOST_WAITING = 300;

export interface SyncHandlerParts {
  readonly sync: SyncServer;
  readonly feed: Feed;
  readonly hub: FeedHub;
  readonly gate: Gate;
  readonly version: string;
  readonly heartbeatMs: number;
  /** Of all teams: each holds a connection to the database, and reads need some too. */
  readonly pushesAtOnce: number;
  readonly onOutcomes: (outcomes: readonly { readonly outcome: string }[]) => void;
  readonly onDelivered: (at: readonly string[]) => void;
  /** Tells the other processes that the team's order has grown. */
  readonly announce: (teamId: string) => void;
}

export function syncHandlers(parts: SyncHandlerParts): Handlers<SyncKey> {
  const { sync, feed, hub, gate } = parts;
  const lanes = new Lanes(parts.pushesAtOnce, MOST_WAITING);

  const slot = (caller: Caller): (() => void) => {
    const free = gate.feeds.take(caller.keyId);
    if (free === undefined)
      throw new Refusal(429, 'host_unreachable', 'Too many readers wait with this key already.', {
        'Retry-After': '5',
      });
    return free;
  };

  return {
    'GET /sync/hello': async ({ caller }) => ({
      teamId: caller.teamId,
      teamName: caller.teamName,
      keyName: caller.keyName,
      role: caller.role,
      head: (await sync.heads([caller.teamId])).get(caller.teamId) ?? 0,
      version: parts.version,
    }),

    'POST /sync/push': async ({ caller, body }) => {
      const outcomes = await lanes.run(caller.teamId, () => sync.push(caller, body.clientId, body.operations));
      if (outcomes.some(({ outcome }) => outcome !== 'refused')) {
        hub.news(caller.teamId);
        parts.announce(caller.teamId);
      }
      parts.onOutcomes(outcomes);
      return { outcomes: [...outcomes] };
    },

    'GET /sync/feed': async ({ caller, query, signal, waited }) => {
      const free = query.wait > 0 ? slot(caller) : undefined;
      try {
        const batch = await feed.next(caller.teamId, query.after, query.limit, query.wait * 1000, signal);
        waited(batch.waitedMs);
        if (batch.waitedMs > 0) parts.onDelivered(batch.answer.entries.map(({ at }) => at));
        return new Response(batch.bytes, { headers: { 'Content-Type': 'application/json' } });
      } finally {
        free?.();
      }
    },

    'GET /sync/events': async ({ caller, query, headers, signal }) => {
      const last = headers.get('last-event-id');
      const known = last !== null && /^\d{1,15}$/.test(last) ? Number(last) : query.after;
      const free = slot(caller);
      const stream = eventStream({
        feed,
        teamId: caller.teamId,
        after: known,
        heartbeatMs: parts.heartbeatMs,
        signal,
        stillGood: () => gate.isStillGood(headers),
        delivered: parts.onDelivered,
        ended: free,
      });
      return new Response(stream, {
        headers: { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' },
      });
    },

    'GET /sync/listings': ({ caller, query }) => sync.listings(caller.teamId, query.after ?? null, query.limit),

    'GET /sync/listings/{listing}': async ({ caller, params }) => {
      const snapshot = await sync.snapshot(caller.teamId, params.listing);
      if (snapshot === undefined) throw notThere('listing');
      return snapshot;
    },

    'GET /sync/conflicts': async ({ caller, query }) => ({
      conflicts: [...(await sync.conflicts(caller.teamId, query.listing ?? null))],
    }),

    'POST /sync/conflicts/{conflict}/resolve': async ({ caller, params }) => {
      if (!(await sync.resolveConflict(caller, params.conflict))) throw notThere('conflict');
      return { resolved: true };
    },

    'POST /sync/presence': async ({ caller, body }) => ({ presence: [...(await sync.presence(caller, body))] }),
  };
}
