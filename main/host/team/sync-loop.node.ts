/**
 * The studio's side of sync: own operations are pushed in their order as soon as they are committed, the team's feed is
 * read and laid entry by entry. Both go on after any failure, and after a kill, from what the database says.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../../base/errors.ts';
import type { Database } from '../../../db/open.node.ts';
import { settleOutcomes, waitingOperations } from '../../../db/sync/outbox.node.ts';
import {
  type FeedEntry,
  feedAnswerSchema,
  type Hello,
  helloSchema,
  MAX_FEED,
  MAX_PUSH,
  type Operation,
  type Outcome,
  pushAnswerSchema,
} from '../../../db/sync/protocol.ts';
import { type Applied, applyFeed, type FeedOptions } from '../../../db/sync/remote.node.ts';
import { feedPosition, setFeedPosition } from '../../../db/sync/state.node.ts';
import { Bell } from './bell.ts';
import { type TeamHttp, TokenRefused, TooMany } from './http.node.ts';

/** How long the server holds an answer back while there is nothing new, seconds; and how long that may take at most. */
const WAIT_SECONDS = 25;
const WAIT_LIMIT_MS = 40_000;
/** Own operations that are looked at for one push: those whose files are not there yet are left out. */
const LOOKED_AT = 1_500;
/** The server takes 16 MB at once. */
const PUSH_BYTES = 6_000_000;
/** After a burst of commits, milliseconds: one push carries them all. */
const COALESCE_MS = 8;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const REFUSED_PAUSE_MS = 60_000;
/** Another try may help; another order would not. */
const OF_THIS_MACHINE: ReadonlySet<string> = new Set(['disk_full', 'output_unwritable', 'database_failed', 'cancelled', 'work_folder_damaged']); // biome-ignore format: one list

const SILENT = new PicaividError('host_unreachable', 'The team’s server does not answer any more. The studio tries again by itself.'); // biome-ignore format: one sentence

export interface LoopParts {
  readonly database: Database;
  readonly http: TeamHttp;
  readonly clientId: string;
  readonly feed: FeedOptions;
  /** After the server was reached, before operations and feed: the first sync. */
  readonly onHello: (hello: Hello, signal: AbortSignal) => Promise<void>;
  /** Which of these may leave now: their files are there. Others wait for the bell. */
  readonly sendable: (operations: readonly Operation[]) => Promise<readonly Operation[]>;
  readonly onOutcomes: (outcomes: readonly Outcome[]) => void;
  /** Before entries are laid, and after. */
  readonly before: (entries: readonly FeedEntry[]) => void;
  readonly onApplied: (applied: Applied, entries: readonly FeedEntry[]) => Promise<void>;
  /** An entry that these tables do not take. */
  readonly onUnlaid: (entry: FeedEntry, error: PicaividError) => Promise<void>;
  readonly onState: (state: 'connecting' | 'online' | 'offline' | 'refused', error: PicaividError | null) => void;
  readonly onReached: () => void;
}

export class SyncLoop {
  /** Rung when something entered the outbox, or a file has arrived at the server. */
  readonly outbox = new Bell();
  /** Ends the pause after a failure. */
  readonly wake = new Bell();
  private readonly parts: LoopParts;
  private readonly stopping = new AbortController();
  private session = new AbortController();
  private running: Promise<void> | undefined;
  private laying: Promise<unknown> = Promise.resolve();

  constructor(parts: LoopParts) {
    this.parts = parts;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** The line is dead: begins anew, at once. */
  again(): void {
    this.session.abort();
  }

  /** Nothing is under way any more when it resolves. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.laying;
  }

  /** One writer of the feed at a time: snapshots and cards are laid through here too. */
  lay<T>(work: () => Promise<T>): Promise<T> {
    const next = this.laying.then(work);
    this.laying = next.catch(() => {});
    return next;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    while (!signal.aborted) {
      const session = new AbortController();
      this.session = session;
      const both = AbortSignal.any([signal, session.signal]);
      try {
        this.parts.onState('connecting', null);
        const hello = await this.parts.http.get('/sync/hello', helloSchema, { signal: both });
        await this.parts.onHello(hello, both);
        this.parts.onState('online', null);
        const reached = (): void => {
          failures = 0;
          this.parts.onReached();
        };
        reached();
        await Promise.race([this.pushAll(both, reached), this.pullAll(both, reached)]);
      } catch (cause) {
        if (signal.aborted) return;
        const error = session.signal.aborted ? SILENT : toPicaividError(cause, 'internal');
        const refused = error.code === 'forbidden_role';
        this.parts.onState(refused ? 'refused' : 'offline', error);
        const pause = pauseAfter(error, failures++);
        const over = new AbortController();
        const either = AbortSignal.any([signal, over.signal]);
        await Promise.race([sleep(pause, undefined, { signal: either }).catch(() => {}), this.wake.wait(either)]);
        over.abort();
      } finally {
        session.abort();
      }
    }
  }

  private async pushAll(signal: AbortSignal, reached: () => void): Promise<void> {
    for (;;) {
      const rung = this.outbox.wait(signal);
      const waiting = await waitingOperations(this.parts.database, LOOKED_AT);
      const batch = withinBytes(waiting.length === 0 ? [] : await this.parts.sendable(waiting));
      throwIfCancelled(signal);
      if (batch.length === 0) {
        await rung;
        throwIfCancelled(signal);
        await sleep(COALESCE_MS);
        continue;
      }
      const outcomes = await this.push(batch, signal);
      reached();
      await settleOutcomes(this.parts.database, outcomes);
      this.parts.onOutcomes(outcomes);
    }
  }

  private async push(operations: readonly Operation[], signal: AbortSignal): Promise<readonly Outcome[]> {
    const { http, clientId } = this.parts;
    try {
      const { outcomes } = await http.post('/sync/push', { clientId, operations }, pushAnswerSchema, {
        signal,
        timeoutMs: 60_000,
      });
      return outcomes;
    } catch (error) {
      const known = toPicaividError(error);
      if (!isAboutContent(known)) throw error;
      // The server does not understand one of them: alone, the others pass and that one is refused.
      const [only] = operations;
      if (operations.length === 1 && only !== undefined)
        return [{ id: only.id, outcome: 'refused', code: known.code, reason: known.message }];
      const outcomes: Outcome[] = [];
      for (const operation of operations) outcomes.push(...(await this.push([operation], signal)));
      return outcomes;
    }
  }

  private async pullAll(signal: AbortSignal, reached: () => void): Promise<void> {
    const { database, http } = this.parts;
    let wait = 0;
    for (;;) {
      const after = await feedPosition(database);
      const path = `/sync/feed?after=${after}&limit=${MAX_FEED}&wait=${wait}`;
      const answer = await http.get(path, feedAnswerSchema, { signal, timeoutMs: WAIT_LIMIT_MS });
      reached();
      // The first answer comes at once: it says how far behind this studio is.
      wait = WAIT_SECONDS;
      const { entries } = answer;
      if (entries.length === 0) continue;
      await this.lay(() => this.layEntries(entries));
      throwIfCancelled(signal);
    }
  }

  private async layEntries(entries: readonly FeedEntry[]): Promise<void> {
    const { database, feed } = this.parts;
    this.parts.before(entries);
    try {
      await this.parts.onApplied(await applyFeed(database, entries, feed), entries);
    } catch (cause) {
      const error = toPicaividError(cause);
      const [first] = entries;
      if (first === undefined || OF_THIS_MACHINE.has(error.code)) throw error;
      if (entries.length > 1) {
        for (const entry of entries) await this.layEntries([entry]);
        return;
      }
      // What cannot be laid here must not keep out everything behind it: its listing is fetched whole.
      await this.parts.onUnlaid(first, error);
      await setFeedPosition(database, first.seq);
    }
  }
}

/** What is wrong is in what was sent, and will be the next time. */
function isAboutContent(error: PicaividError): boolean {
  if (error instanceof TokenRefused) return false;
  return !['host_unreachable', 'cancelled', 'internal', 'forbidden_role', 'database_failed'].includes(error.code);
}

function pauseAfter(error: PicaividError, failures: number): number {
  if (error instanceof TooMany) return error.afterMs;
  if (error.code === 'forbidden_role') return REFUSED_PAUSE_MS;
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
  // A whole team comes back at once when its server does: not in the same moment.
  return longest * (0.5 + Math.random() / 2);
}

function withinBytes(operations: readonly Operation[]): readonly Operation[] {
  let bytes = 0;
  const taken: Operation[] = [];
  for (const operation of operations) {
    bytes += JSON.stringify(operation.body).length;
    if (taken.length === MAX_PUSH || (taken.length > 0 && bytes > PUSH_BYTES)) break;
    taken.push(operation);
  }
  return taken;
}
