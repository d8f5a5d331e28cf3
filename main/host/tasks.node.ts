/**
 * Durable tasks: a row says what is to be done and how far it is; this runs the rows. One at a time in a lane (the
 * networks are one thread); what was running when a host died goes on by itself at the next start.
 */
import { type ErrorData, PicaividError, toPicaividError } from '../../base/errors.ts';
import type { StudioStore, TaskRow } from '../../db/studio/types.ts';
import type { OnProgress } from '../../pipeline/domain.ts';
import type { TaskView } from './contract.ts';
import type { EventBus } from './events.ts';
import type { HostLog } from './host-log.node.ts';
import {
  type Checkpoint,
  checkpointSchema,
  type KnownPhoto,
  type LiveTask,
  MAX_STARTS,
  type TaskKind,
  taskView,
  tooManyStarts,
} from './task-view.ts';

export interface TaskControl {
  readonly task: TaskRow;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Kept with the task when it ends before it is done. */
  setReady(photos: readonly KnownPhoto[]): void;
}
export type RunTask = (control: TaskControl) => Promise<void>;

export interface TaskRunnerOptions {
  readonly store: StudioStore;
  readonly bus: EventBus;
  readonly log: HostLog;
  readonly run: Readonly<Partial<Record<TaskKind, RunTask>>>;
  /** Called whenever a task of a listing ends, so that its card is told. */
  readonly onSettled: (task: TaskRow) => void;
}

type StopAs = 'paused' | 'cancelled' | 'waiting';
interface Running {
  readonly row: TaskRow;
  readonly abort: AbortController;
  readonly done: Promise<void>;
  live: LiveTask;
  ready: readonly KnownPhoto[];
  stopAs: StopAs | undefined;
  /** How it ended, while the disk has no room for writing so. */
  ending: Partial<TaskRow> | undefined;
}

/** Milliseconds between two writes, and two events, of a task's progress. */
const PROGRESS_EVERY_MS = 500;
/** Milliseconds until the end of a task is written again when the disk was full. */
const SETTLE_AGAIN_MS = 5_000;
const LANES = ['networks', 'films', 'pictures', 'files'] as const;
const LANE_OF: Readonly<Record<string, (typeof LANES)[number]>> = {
  analyze: 'networks',
  timeline: 'films',
  render: 'pictures',
  deliver: 'pictures',
};
const laneOf = (kind: string): string => LANE_OF[kind] ?? 'files';
const UNFINISHED: ReadonlySet<string> = new Set(['waiting', 'running', 'paused']);

export class TaskRunner {
  private readonly options: TaskRunnerOptions;
  /** By lane. */
  private readonly running = new Map<string, Running>();
  private readonly picking = new Set<string>();
  private ensuring: Promise<unknown> = Promise.resolve();
  private lookedAt: string | undefined;
  private stopping = false;

  constructor(options: TaskRunnerOptions) {
    this.options = options;
  }

  /** Takes up what an earlier host left running, then whatever waits. */
  async start(): Promise<void> {
    const { store } = this.options;
    for (const task of await store.tasks()) {
      if (task.state !== 'running') continue;
      const inVain = task.fraction <= checkpointSchema.parse(task.checkpoint).reached;
      if (inVain && task.attempts >= MAX_STARTS)
        await store.updateTask(task.id, { state: 'failed', error: tooManyStarts() });
      else await store.updateTask(task.id, { state: 'waiting' });
    }
    this.wake();
  }

  /** The listing that somebody looks at goes first. */
  look(listingId: string): void {
    this.lookedAt = listingId;
  }

  /** Something runs now. */
  get busy(): boolean {
    return this.running.size > 0;
  }

  /** All tasks; the names are of these listings where the caller has them already. */
  async views(listings?: readonly { readonly id: string; readonly name: string }[]): Promise<readonly TaskView[]> {
    const { store } = this.options;
    const rows = await store.tasks();
    const named = listings ?? (await store.listings({ deleted: true }));
    const names = new Map(named.map((one) => [one.id, one.name]));
    return rows.map((row) => this.view(row, row.listingId === null ? null : (names.get(row.listingId) ?? null)));
  }

  async viewsOf({ id, name }: { readonly id: string; readonly name: string }): Promise<readonly TaskView[]> {
    const rows = await this.options.store.tasks();
    return rows.filter((row) => row.listingId === id).map((row) => this.view(row, name));
  }

  view(row: TaskRow, listingName: string | null): TaskView {
    const running = this.runningTask(row.id);
    return taskView({ ...row, ...running?.ending }, listingName, running?.live);
  }

  /** Photos that a running, or an earlier unfinished, analysis of the listing has read. */
  async readyPhotos(listingId: string): Promise<readonly KnownPhoto[]> {
    const running = [...this.running.values()].find((one) => one.row.listingId === listingId);
    if (running !== undefined && running.ready.length > 0) return running.ready;
    const rows = (await this.options.store.tasks()).filter((row) => row.listingId === listingId);
    return rows.map((row) => checkpointSchema.parse(row.checkpoint).ready).findLast((ready) => ready.length > 0) ?? [];
  }

  /** The unfinished task of this kind and listing (a paused one goes on), or a new one. */
  ensure(kind: TaskKind, listingId: string | null, input: unknown): Promise<TaskRow> {
    // One after the other: two callers at once must find, not make, the same task.
    const next = this.ensuring.then(() => this.findOrCreate(kind, listingId, input));
    this.ensuring = next.catch(() => {});
    return next;
  }

  private async findOrCreate(kind: TaskKind, listingId: string | null, input: unknown): Promise<TaskRow> {
    const { store } = this.options;
    const same = (await store.tasks()).filter(
      (row) => row.kind === kind && row.listingId === listingId && UNFINISHED.has(row.state),
    );
    const waiting = same.find((row) => row.state === 'waiting');
    if (waiting !== undefined) return waiting;
    const paused = same.find((row) => row.state === 'paused');
    if (paused !== undefined) {
      await this.resume(paused.id);
      return this.mustTask(paused.id);
    }
    // While one runs, another waits behind it: it sees what changed after the first one looked.
    const row = await store.createTask({ kind, listingId, input });
    await this.tell(row.id);
    this.wake();
    return row;
  }

  async pause(id: string): Promise<void> {
    await this.stop(id, 'paused', ['waiting', 'running'], 'cannot be paused');
  }

  async cancel(id: string): Promise<void> {
    await this.stop(id, 'cancelled', ['waiting', 'running', 'paused'], 'cannot be cancelled');
  }

  async resume(id: string): Promise<void> {
    await this.restart(id, ['paused'], 'is not paused');
  }

  async retry(id: string): Promise<void> {
    await this.restart(id, ['failed', 'cancelled'], 'has not failed');
  }

  /** Stops everything at once; what runs goes on at the next start. */
  async close(): Promise<void> {
    this.stopping = true;
    const all = [...this.running.values()];
    for (const one of all) {
      one.stopAs = 'waiting';
      one.abort.abort();
    }
    await Promise.all(all.map((one) => one.done));
  }

  private async stop(id: string, as: 'paused' | 'cancelled', from: readonly string[], why: string): Promise<void> {
    const row = await this.mustTask(id);
    const running = this.runningTask(id);
    if (running !== undefined) {
      running.stopAs = as;
      running.abort.abort();
      await running.done;
      return;
    }
    if (row.state === as) return;
    if (!from.includes(row.state)) throw new PicaividError('transition_refused', `This work ${why} (any more).`);
    await this.options.store.updateTask(id, { state: as });
    await this.tell(id);
  }

  private async restart(id: string, from: readonly string[], why: string): Promise<void> {
    const row = await this.mustTask(id);
    if (row.state === 'waiting' || row.state === 'running') return;
    if (!from.includes(row.state)) throw new PicaividError('transition_refused', `This work ${why}.`);
    await this.options.store.updateTask(id, { state: 'waiting', error: null, attempts: 0 });
    await this.tell(id);
    this.wake();
  }

  private runningTask(id: string): Running | undefined {
    return [...this.running.values()].find((one) => one.row.id === id);
  }

  private async mustTask(id: string): Promise<TaskRow> {
    const row = await this.options.store.task(id);
    if (row === undefined) throw new PicaividError('file_not_found', 'This work is not known (any more).');
    return row;
  }

  /** Starts what may start, in every lane. */
  private wake(): void {
    for (const lane of LANES) void this.wakeLane(lane);
  }

  private async wakeLane(lane: string): Promise<void> {
    if (this.stopping || this.running.has(lane) || this.picking.has(lane)) return;
    this.picking.add(lane);
    try {
      const waiting = (await this.options.store.tasks()).filter(
        (row) => row.state === 'waiting' && laneOf(row.kind) === lane,
      );
      const next = waiting.find((row) => row.listingId === this.lookedAt && row.listingId !== null) ?? waiting[0];
      if (next !== undefined && !this.stopping) this.run(lane, next);
    } catch (error) {
      this.options.log.error({ err: error }, 'tasks could not be read');
    } finally {
      this.picking.delete(lane);
    }
  }

  private run(lane: string, row: TaskRow): void {
    let finish: () => void = () => {};
    const running: Running = {
      row,
      abort: new AbortController(),
      done: new Promise((resolve) => {
        finish = resolve;
      }),
      live: { fraction: 0, sentence: 'Starting', secondsLeft: null },
      ready: checkpointSchema.parse(row.checkpoint).ready,
      stopAs: undefined,
      ending: undefined,
    };
    this.running.set(lane, running);
    void this.work(running)
      .catch((error: unknown) => this.options.log.error({ err: error, taskId: row.id }, 'a task could not be settled'))
      .finally(() => {
        this.running.delete(lane);
        finish();
        this.options.onSettled(row);
        if (!this.stopping) void this.wakeLane(lane);
      });
  }

  private async work(running: Running): Promise<void> {
    const { store, log } = this.options;
    const { row, abort } = running;
    // Somebody may have paused it since it was picked.
    if ((await store.task(row.id))?.state !== 'waiting') return;
    const before = checkpointSchema.parse(row.checkpoint);
    let reached = before.reached;
    // A start that came farther than every one before it was no vain one, whatever ended it.
    const attempts = row.fraction > before.reached ? 1 : row.attempts + 1;
    const checkpoint = (): Checkpoint => ({ reached, ready: [...running.ready] });
    let written = 0;
    let timer: NodeJS.Timeout | undefined;
    let writing = Promise.resolve();
    const write = (): void => {
      timer = undefined;
      written = Date.now();
      const { fraction, sentence } = running.live;
      writing = writing
        .then(() => store.updateTask(row.id, { fraction, sentence }))
        .catch((error: unknown) => log.warn({ err: error, taskId: row.id }, 'progress not written'));
      void this.tell(row.id);
    };
    const onProgress: OnProgress = ({ fraction, sentence, secondsLeft }) => {
      running.live = { fraction, sentence, secondsLeft: secondsLeft ?? null };
      timer ??= setTimeout(write, Math.max(0, written + PROGRESS_EVERY_MS - Date.now()));
    };
    let outcome: Partial<TaskRow> & Pick<TaskRow, 'state'>;
    try {
      await store.updateTask(row.id, {
        state: 'running',
        attempts,
        error: null,
        fraction: 0,
        sentence: 'Starting',
        checkpoint: { reached: Math.max(before.reached, row.fraction), ready: before.ready },
      });
      await this.tell(row.id);
      const run = this.options.run[row.kind as TaskKind];
      if (run === undefined) throw new PicaividError('internal', `Nobody knows how to do "${row.kind}".`);
      log.info({ taskId: row.id, kind: row.kind, listingId: row.listingId, attempts }, 'task started');
      const setReady = (photos: readonly KnownPhoto[]): void => {
        running.ready = photos;
      };
      await run({ task: row, signal: abort.signal, onProgress, setReady });
      outcome = { state: 'done', fraction: 1, sentence: running.live.sentence, error: null, checkpoint: {} };
    } catch (cause) {
      const error = toPicaividError(cause);
      reached = Math.max(reached, row.fraction, running.live.fraction);
      if (running.stopAs !== undefined)
        outcome = { state: running.stopAs, attempts: 0, fraction: running.live.fraction, checkpoint: checkpoint() };
      else {
        log.error({ taskId: row.id, kind: row.kind, err: error, cause: error.cause }, 'task failed');
        outcome = { state: 'failed', error: withWayOn(error, row.kind), checkpoint: checkpoint() };
      }
    }
    clearTimeout(timer);
    await writing;
    await this.settle(running, outcome);
    log.info({ taskId: row.id, kind: row.kind, state: outcome.state }, 'task ended');
    await this.tell(row.id);
  }

  /** Writes how a task ended; a full disk is waited for, and pages are told meanwhile. */
  private async settle(running: Running, outcome: Partial<TaskRow>): Promise<void> {
    const { store, bus, log } = this.options;
    const { row } = running;
    for (;;)
      try {
        return await store.updateTask(row.id, outcome);
      } catch (error) {
        log.error({ err: error, taskId: row.id }, 'the end of a task could not be written');
        running.ending = outcome;
        bus.emit({ type: 'task', task: this.view(row, null) });
        if (row.listingId !== null) bus.emit({ type: 'listing', listingId: row.listingId });
        if (this.stopping) return;
        await new Promise((resolve) => setTimeout(resolve, SETTLE_AGAIN_MS).unref());
      }
  }

  private async tell(id: string): Promise<void> {
    const { store, bus, log } = this.options;
    try {
      const row = await store.task(id);
      if (row === undefined) return;
      const listing = row.listingId === null ? undefined : await store.listing(row.listingId);
      bus.emit({ type: 'task', task: this.view(row, listing?.name ?? null) });
    } catch (error) {
      log.warn({ err: error, taskId: id }, 'a task’s progress could not be told');
    }
  }
}

/** The sentence of a failure with what can be done about it in the studio. */
function withWayOn(error: PicaividError, kind: string): ErrorData {
  const data = error.toJSON();
  const ofNetwork = error.code === 'model_failed' || error.code === 'model_damaged' || error.code === 'model_missing';
  if (ofNetwork && kind === 'analyze')
    return {
      ...data,
      message: `${sentence(data.message)} Check the networks in Settings (verify, or remove and fetch again), then try again.`,
    };
  if (error.code === 'disk_full')
    return { ...data, message: 'The disk is full. Free some space, then try again; finished work is kept.' };
  // A delivery goes to a folder of the person's, which its own sentence names.
  if (error.code === 'output_unwritable' && kind !== 'deliver')
    return {
      ...data,
      message:
        'Nothing can be written to the studio’s folder: its disk is read-only now. Make it writable again, then try again; finished work is kept.',
    };
  return data;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
