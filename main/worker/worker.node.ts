/**
 * A worker: waits to be woken, claims one task at a time, keeps its lease by heartbeats while it works, and says what
 * became of it. Told to go (SIGTERM, a Spot notice), it claims nothing more and either finishes what fits into the time
 * left or gives its task back at once, which counts as no attempt.
 */
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { type ErrorCode, PicaividError, toPicaividError } from '../../base/errors.ts';
import { newId } from '../../db/id.node.ts';
import { CLOCKS, type FleetStore, type FleetTaskKind, type Lease, type Probe } from '../fleet/contract.ts';
import type { Queue, Received, WorkerType } from '../queue/queue.ts';

/** A wait for a message; the sweep of tasks without one happens between two waits. Seconds. */
const WAIT_SECONDS = 5;
/** The same where it works for another type's queue as well, which wakes it for nothing. Seconds. */
const WAIT_BESIDE_SECONDS = 1;
/** After a database or queue that did not answer, milliseconds: doubled up to the most. */
const RETRY_LEAST_MS = 250;
const RETRY_MOST_MS = 10_000;
/** Progress is told between heartbeats at most this often, milliseconds. */
const TELL_EVERY_MS = 1_000;
/** Left over of a notice's time for saying that it is done, milliseconds. */
const MARGIN_MS = 10_000;

export interface Progress {
  readonly fraction: number;
  readonly sentence: string;
  /** Kept in the row: another worker may go on from it. */
  readonly checkpoint?: unknown;
}

/** How a task of a kind is done. What it gives is committed with the task's end, by `commit`, or not at all. */
const NEVER: ReadonlySet<ErrorCode> = new Set();
/** What the tables answer to a result they answer again: no trouble that passes. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['transition_refused', 'file_not_found', 'bad_usage']);

export interface Done {
  readonly result: unknown;
  readonly commit?: Parameters<FleetStore['complete']>[2];
}
export type Execute = (lease: Lease, control: { readonly signal: AbortSignal; readonly onProgress: (progress: Progress) => void }) => Promise<Done>; // biome-ignore format: one shape

export interface WorkerOptions {
  readonly type: WorkerType;
  /** Types whose tasks it takes when its own have none. */
  readonly alsoTypes?: readonly WorkerType[];
  readonly store: FleetStore;
  readonly queue: Queue;
  readonly execute: Partial<Record<FleetTaskKind, Execute>>;
  readonly log: Logger;
  readonly version: string;
  readonly probe: Probe;
  readonly name?: string;
  readonly spot?: boolean;
  readonly costPerHourMicros?: number | null;
  /** What a message of the upstream backend asks for; a worker without it leaves them to others. */
  readonly onJob?: (message: Extract<Received['message'], { kind: 'job' }>) => Promise<void>;
  /** After each task, whatever became of it. */
  readonly onEnded?: (task: Lease['task']) => Promise<void>;
  /** Ends by itself after this long without work, milliseconds. */
  readonly idleExitMs?: number;
  /** Scaled in tests. */
  readonly clocks?: Partial<Record<keyof typeof CLOCKS, number>>;
}

/** Why a worker's own hands let a task go. */
type Stop = 'lost' | 'cancelled' | 'interrupted';

interface Active {
  readonly lease: Lease;
  readonly abort: AbortController;
  readonly startedMs: number;
  progress: Progress;
  stop: Stop | undefined;
}

export class Worker {
  readonly id = newId();
  private readonly options: WorkerOptions;
  private readonly clocks: Readonly<Record<keyof typeof CLOCKS, number>>;
  private readonly waiting = new AbortController();
  private active: Active | undefined;
  /** When it must be gone, milliseconds since the epoch; undefined while it works on. */
  private goneBy: number | undefined;
  private draining = false;
  private running: Promise<'idle' | 'drained'> | undefined;

  constructor(options: WorkerOptions) {
    this.options = options;
    this.clocks = { ...CLOCKS, ...options.clocks };
  }

  /** Works until it is drained or has been idle for long enough. */
  run(): Promise<'idle' | 'drained'> {
    this.running ??= this.work();
    return this.running;
  }

  /**
   * No new claims. With a time (a Spot notice) the task in hand goes on where what is left of it fits; without one, or
   * where it does not fit, it is given back at once.
   */
  drain(reason: string, goneBy?: number): void {
    const { log, store } = this.options;
    if (!this.draining) {
      log.info({ workerId: this.id, reason, goneBy }, 'the worker takes no more work');
      store.workerState(this.id, 'draining', goneBy !== undefined).catch(() => {});
    }
    this.draining = true;
    this.goneBy = goneBy === undefined ? 0 : Math.min(goneBy, this.goneBy ?? goneBy);
    this.waiting.abort();
    const { active } = this;
    if (active === undefined || this.fits(active)) return;
    active.stop ??= 'interrupted';
    active.abort.abort();
  }

  /** What is left of the task, as far as its progress tells it, ends before the machine does. */
  private fits({ progress, startedMs }: Active): boolean {
    const left = (this.goneBy ?? 0) - Date.now() - MARGIN_MS;
    if (left <= 0) return false;
    const spent = Date.now() - startedMs;
    if (progress.fraction <= 0.05) return false;
    return (spent / progress.fraction) * (1 - progress.fraction) < left;
  }

  private async work(): Promise<'idle' | 'drained'> {
    const { store, queue, type, log, idleExitMs } = this.options;
    const { name = hostname(), version, probe, spot = false, costPerHourMicros = null, alsoTypes = [] } = this.options;
    const waitSeconds = alsoTypes.length > 0 ? WAIT_BESIDE_SECONDS : WAIT_SECONDS;
    await this.insist(() => store.register({ id: this.id, type, name, version, probe, spot, costPerHourMicros }));
    log.info({ workerId: this.id, type, probe }, 'the worker is there');
    let idleSince = Date.now();
    const beat = setInterval(() => {
      if (this.active === undefined && !this.draining) this.state('idle');
    }, this.clocks.heartbeatEveryMs);
    try {
      while (!this.draining) {
        if (idleExitMs !== undefined && Date.now() - idleSince >= idleExitMs) return 'idle';
        const received = await this.insist(() =>
          queue.receive(type, { most: 1, waitSeconds, signal: this.waiting.signal }),
        );
        for (const one of received ?? []) if (await this.handle(one)) idleSince = Date.now();
        // What lost its message (a queue that was away, a lease taken back) is found by looking.
        while (!this.draining && (await this.claimAndRun())) idleSince = Date.now();
      }
      return 'drained';
    } finally {
      clearInterval(beat);
      await this.insist(() => store.workerState(this.id, 'gone'), 3);
      log.info({ workerId: this.id }, 'the worker is gone');
    }
  }

  private state(state: 'idle' | 'busy' | 'draining'): void {
    this.options.store.workerState(this.id, state).catch((error: unknown) => {
      this.options.log.warn({ err: error }, 'the worker’s state was not told');
    });
  }

  /** True when there was something to do. */
  private async handle(received: Received): Promise<boolean> {
    const { log, onJob } = this.options;
    const { message } = received;
    if (this.draining) {
      await received.giveBack();
      return false;
    }
    if (message.kind === 'task') {
      // The row holds the state: once it is claimed, or was by somebody else, the message has done its work.
      const lease = await this.claim(message.taskId);
      await this.insist(() => received.done(), 3);
      if (lease !== undefined) await this.runTask(lease);
      return lease !== undefined;
    }
    if (onJob === undefined) {
      await received.giveBack(1);
      return false;
    }
    try {
      await onJob(message);
      await received.done();
    } catch (cause) {
      const error = toPicaividError(cause);
      log.error({ err: error, jobId: message.jobId }, 'a job was not begun');
      // What the message asks for is impossible however often it is asked; the rest may pass.
      if (error.code === 'bad_usage' || error.code === 'file_not_found' || error.code === 'transition_refused')
        await received.done();
      else await received.giveBack(30);
    }
    return true;
  }

  /** Claims the next task and does it. False when there was none. */
  private async claimAndRun(): Promise<boolean> {
    const lease = await this.claim();
    if (lease !== undefined) await this.runTask(lease);
    return lease !== undefined;
  }

  /** This task, or the next one. */
  private async claim(taskId?: string): Promise<Lease | undefined> {
    const { store, type, alsoTypes = [] } = this.options;
    for (const one of [type, ...alsoTypes]) {
      if (this.draining) return undefined;
      const lease = await this.insist(() => store.claim({ id: this.id, type: one }, taskId));
      if (lease === undefined) continue;
      if (!this.draining) return lease;
      await this.insist(() => store.release(lease, 'The worker was told to go.'), 3);
      return undefined;
    }
    return undefined;
  }

  private async runTask(lease: Lease): Promise<void> {
    const { store, log, execute } = this.options;
    const { task } = lease;
    const active: Active = {
      lease,
      abort: new AbortController(),
      startedMs: Date.now(),
      progress: { fraction: 0, sentence: 'Starting' },
      stop: undefined,
    };
    this.active = active;
    this.state('busy');
    const about = { taskId: task.id, kind: task.kind, listingId: task.listingId, token: lease.token };
    log.info(about, 'task begun');
    const stop = (why: Stop): void => {
      active.stop ??= why;
      active.abort.abort();
    };
    let lastHeardMs = Date.now();
    let beating = false;
    let toldMs = Date.now();
    const say = (): void => {
      if (beating) return;
      beating = true;
      toldMs = Date.now();
      const { fraction, sentence, checkpoint } = active.progress;
      store
        .heartbeat(lease, { fraction, sentence, ...(checkpoint === undefined ? {} : { checkpoint }) })
        .then((word) => {
          lastHeardMs = Date.now();
          if (word !== 'held') stop(word);
          else if (this.draining && !this.fits(active)) stop('interrupted');
        })
        .catch((error: unknown) => log.warn({ err: error, ...about }, 'a heartbeat did not arrive'))
        .finally(() => {
          beating = false;
        });
    };
    const beat = setInterval(() => {
      // Silent for a whole lease: somebody else has it by now, whatever this machine thinks.
      if (Date.now() - lastHeardMs > this.clocks.leaseMs) stop('lost');
      say();
    }, this.clocks.heartbeatEveryMs);
    try {
      const how = execute[task.kind];
      if (how === undefined) throw new PicaividError('internal', `This worker cannot do "${task.kind}".`);
      const { result, commit } = await how(lease, {
        signal: active.abort.signal,
        onProgress: (progress) => {
          active.progress = progress;
          if (Date.now() - toldMs >= TELL_EVERY_MS) say();
        },
      });
      const accepted = await this.insist(
        () => store.complete(lease, result, commit),
        Number.POSITIVE_INFINITY,
        REFUSALS,
      );
      log.info({ ...about, accepted }, accepted === true ? 'task done' : 'a late result was refused');
    } catch (cause) {
      const error = toPicaividError(cause);
      if (active.stop === 'interrupted') {
        await this.insist(() => store.release(lease, 'The worker was told to go.'), 3);
        log.info(about, 'task given back');
      } else if (active.stop !== undefined) log.info({ ...about, why: active.stop }, 'task let go');
      else {
        log.error({ err: error, cause: error.cause, ...about }, 'task failed');
        await this.insist(() => store.fail(lease, error.toJSON()), 5);
      }
    } finally {
      clearInterval(beat);
      this.active = undefined;
      if (!this.draining) this.state('idle');
    }
    await this.options.onEnded?.(task).catch((error: unknown) => {
      log.warn({ err: error, ...about }, 'what follows a task was not done; it is looked for again');
    });
  }

  /**
   * A database that is away is waited for: what was done must be told. Gives up after `most` tries, or never. Throws what
   * is in `final`.
   */
  private async insist<T>(
    call: () => Promise<T>,
    most = Number.POSITIVE_INFINITY,
    final: ReadonlySet<ErrorCode> = NEVER,
  ): Promise<T | undefined> {
    for (let tries = 1; ; tries += 1)
      try {
        return await call();
      } catch (error) {
        const known = toPicaividError(error);
        if (known.code === 'cancelled' && this.draining) return undefined;
        if (final.has(known.code)) throw known;
        this.options.log.warn({ err: known, tries }, 'the database or the queue did not answer');
        if (tries >= most || (this.draining && tries >= 10)) return undefined;
        await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MOST_MS, RETRY_LEAST_MS * 2 ** tries)));
      }
  }
}
