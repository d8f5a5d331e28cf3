/**
 * A simulated fleet, for proof: the real worker's loop, the real store and queue, on a real Postgres; only the rendering
 * is a wait of milliseconds. By chance, from a seed, workers are killed (also inside the transaction of their result),
 * get Spot notices, fall silent and come back late with an old token, hang with a heartbeat, fail, and lose the answer
 * to what they committed; messages are lost and doubled.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import { PicaividError } from '../../base/errors.ts';
import type { Tables } from '../../db/tables.ts';
import type { Queue, QueueMessage } from '../queue/queue.ts';
import { type Execute, Worker } from '../worker/worker.node.ts';
import type { CLOCKS, FleetStore, NewTask } from './contract.ts';
import { type FleetStoreOptions, fleetStore } from './store.node.ts';

/** Shares of the tasks that meet each fate. */
const FATES = { kill: 0.02, killInCommit: 0.01, notice: 0.02, silence: 0.02, hang: 0.003, fail: 0.03, lostAnswer: 0.02 } as const; // biome-ignore format: one glance
type Fate = keyof typeof FATES | 'none';
const FATE_NAMES: readonly (keyof typeof FATES)[] = ['kill', 'killInCommit', 'notice', 'silence', 'hang', 'fail', 'lostAnswer']; // biome-ignore format: one glance
const MESSAGES_LOST = 0.1;
const MESSAGES_DOUBLED = 0.1;
/** The real clocks, scaled down: 15 s of a lease are 800 ms here. */
export const SCALED = { heartbeatEveryMs: 200, leaseMs: 800, sweepEveryMs: 250, attemptMs: 2_500 } as const satisfies Record<keyof typeof CLOCKS, number>; // biome-ignore format: one glance
/** Silence lasts longer than a lease and a sweep: the task is somebody else's by then. */
const SILENT_MS = SCALED.leaseMs + 2 * SCALED.sweepEveryMs;

export interface SimulationOptions {
  readonly seed: number;
  readonly clips: number;
  readonly workers: number;
  readonly listings: number;
  /** Renders take up to this, milliseconds. */
  readonly renderMs: number;
  /** An empty wait of a worker at the queue ends after this, seconds (the real one: 5). */
  readonly waitSeconds: number;
  /** The sweep's own connection, as the service has it: it does not queue behind the workers' words. */
  readonly sweepDb: Kysely<Tables>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

export interface SimulationReport {
  readonly seconds: number;
  /** How often each happened. */
  readonly fates: Readonly<Record<Fate, number>>;
  readonly messages: { readonly sent: number; readonly lost: number; readonly doubled: number };
  /** Renders that were begun: more than clips, for some were in vain. */
  readonly renders: number;
  /** Words with an old token that were refused. */
  readonly refused: Readonly<Record<'heartbeat' | 'complete' | 'fail' | 'release', number>>;
  readonly workersStarted: number;
  readonly sweeps: number;
  readonly takenBack: number;
  /** Leases of the dead that had ended before a sweep began and were held after it; always 0. */
  readonly overdue: number;
  /** The longest that a dead worker was seen to hold a lease, milliseconds. */
  readonly heldByDeadMs: number;
  readonly done: number;
  readonly unfinished: number;
  readonly deadLetters: number;
  /** Clips without a result, and clips whose effect did not happen exactly once; always 0. */
  readonly withoutResult: number;
  readonly notOnce: number;
  /** Results of another claim than the newest; always 0. */
  readonly ofOldClaim: number;
}

/** mulberry32 (Tommy Ettinger, 2017): small, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const killed = (): PicaividError => new PicaividError('cancelled', 'This worker was killed.');

/** One life of a worker: what it says passes through here, late or never where fate wants it so. */
class Life {
  readonly store: FleetStore;
  deadAtMs: number | undefined;
  /** Completions to come whose answer gets lost on the way back. */
  loseAnswers = 0;
  readonly refused = { heartbeat: 0, complete: 0, fail: 0, release: 0 };
  private silentUntilMs = 0;

  constructor(real: FleetStore) {
    const say = async <T>(call: () => Promise<T>, what?: keyof typeof this.refused): Promise<T> => {
      while (this.deadAtMs === undefined && Date.now() < this.silentUntilMs) await sleep(20);
      if (this.deadAtMs !== undefined) throw killed();
      const answer = await call();
      if (what !== undefined && (answer === false || answer === 'lost')) this.refused[what] += 1;
      return answer;
    };
    this.store = {
      ...real,
      register: (worker) => say(() => real.register(worker)),
      workerState: (...words) => say(() => real.workerState(...words)),
      claim: (...words) => say(() => real.claim(...words)),
      heartbeat: (...words) => say(() => real.heartbeat(...words), 'heartbeat'),
      fail: (...words) => say(() => real.fail(...words), 'fail'),
      release: (...words) => say(() => real.release(...words), 'release'),
      complete: (...words) =>
        say(async () => {
          const answer = await real.complete(...words);
          if (this.loseAnswers === 0) return answer;
          this.loseAnswers -= 1;
          throw new PicaividError('database_failed', 'The connection broke after the commit.');
        }, 'complete'),
    };
  }

  silence(ms: number): void {
    this.silentUntilMs = Date.now() + ms;
  }
}

/** Runs the fleet until every task has ended. Makes two tables of its own; the database is otherwise migrated and empty. */
export async function simulateFleet(db: Kysely<Tables>, queue: Queue, options: SimulationOptions): Promise<SimulationReport> {
  return new Simulation(db, queue, options).run();
} // biome-ignore format: one signature

class Simulation {
  private readonly db: Kysely<Tables>;
  private readonly queue: Queue;
  private readonly options: SimulationOptions;
  private readonly chance: () => number;
  private readonly store: FleetStore;
  private readonly sweeper: FleetStore;
  private readonly fates: Record<Fate, number> = { none: 0, kill: 0, killInCommit: 0, notice: 0, silence: 0, hang: 0, fail: 0, lostAnswer: 0 }; // biome-ignore format: one glance
  private readonly messages = { sent: 0, lost: 0, doubled: 0 };
  private readonly lives = new Map<string, Life>();
  private readonly running = new Set<Worker>();
  private renders = 0;
  private sweeps = 0;
  private takenBack = 0;
  private overdue = 0;
  private heldByDeadMs = 0;
  private over = false;

  constructor(db: Kysely<Tables>, queue: Queue, options: SimulationOptions) {
    this.db = db;
    this.queue = queue;
    this.options = options;
    this.chance = random(options.seed);
    const scaled: FleetStoreOptions = { clocks: SCALED, backoffSeconds: (attempts) => attempts / 20 };
    this.store = fleetStore(db, scaled);
    this.sweeper = fleetStore(options.sweepDb, scaled);
  }

  async run(): Promise<SimulationReport> {
    const begun = performance.now();
    await sql`create table simulated_takes (clip text not null, spec text not null, token bigint not null, primary key (clip, spec))`.execute(this.db); // biome-ignore format: one statement
    // Without a key: counts how often an effect really happened.
    await sql`create table simulated_effects (clip text not null)`.execute(this.db);
    const sweeping = this.sweep();
    const slots = Array.from({ length: this.options.workers }, (_, slot) => this.slot(slot));
    try {
      await this.enqueue();
      await this.untilDone();
    } finally {
      this.over = true;
      for (const worker of this.running) worker.drain('The simulation is over.');
      await Promise.all([sweeping, ...slots]);
    }
    return { ...(await this.outcome()), seconds: (performance.now() - begun) / 1000 };
  }

  /** Each task's message leaves in the task's transaction; some are lost on the way, some doubled. */
  private async enqueue(): Promise<void> {
    const { clips, listings } = this.options;
    const tasks = Array.from({ length: clips }, (_, clip): NewTask => ({
      teamId: 'team', listingId: `listing-${clip % listings}`, jobId: null, kind: 'render', subject: `clip-${clip}`,
      outputKey: 'spec', input: {}, priority: this.chance() < 0.1 ? 10 : 0, createdBy: 'simulation',
    })); // biome-ignore format: one shape
    for (let from = 0; from < tasks.length; from += 100)
      await this.db.transaction().execute(async (trx) => {
        const made = await fleetStore(trx).enqueue(tasks.slice(from, from + 100));
        const messages = made.flatMap(({ id }): readonly QueueMessage[] => {
          const fate = this.chance();
          const message = { kind: 'task', taskId: id } as const;
          this.messages.sent += 1;
          if (fate < MESSAGES_LOST) this.messages.lost += 1;
          else if (fate < MESSAGES_LOST + MESSAGES_DOUBLED) this.messages.doubled += 1;
          return fate < MESSAGES_LOST ? [] : fate < MESSAGES_LOST + MESSAGES_DOUBLED ? [message, message] : [message];
        });
        await this.queue.send(trx, 'gpu', messages);
      });
  }

  private async untilDone(): Promise<void> {
    for (;;) {
      this.options.signal?.throwIfAborted();
      const { rows } = await sql<{ left: string }>`select count(*) as left from fleet_tasks where state in ('queued', 'leased')`.execute(this.db); // biome-ignore format: one query
      const left = Number(rows[0]?.left ?? 0);
      this.options.onProgress?.(this.options.clips - left);
      if (left === 0) return;
      await sleep(50);
    }
  }

  /** A place in the fleet: when its worker is gone, another one starts there. */
  private async slot(slot: number): Promise<void> {
    const { queue } = this;
    while (!this.over) {
      const life = new Life(this.store);
      const worker: Worker = new Worker({
        type: 'gpu',
        store: life.store,
        queue: { ...bound(queue), receive: (type, wait) => queue.receive(type, { ...wait, waitSeconds: this.options.waitSeconds }) }, // biome-ignore format: one thought
        execute: { render: (...call) => this.render(life, worker, ...call) },
        log: pino({ level: 'silent' }),
        version: 'simulated',
        probe: { cpus: 1, memoryMiB: 1, gpus: [], platform: 'simulated' },
        name: `slot-${slot}`,
        spot: true,
        clocks: SCALED,
      });
      this.lives.set(worker.id, life);
      this.running.add(worker);
      await worker.run();
      this.running.delete(worker);
    }
  }

  private kill(life: Life, worker: Worker): void {
    life.deadAtMs = Date.now();
    worker.drain('killed');
  }

  private fate(attempts: number): Fate {
    let left = this.chance();
    for (const name of FATE_NAMES) {
      left -= FATES[name];
      // A third failure would be a dead letter, and rightly without a result.
      if (left < 0) return name === 'fail' && attempts >= 2 ? 'none' : name;
    }
    return 'none';
  }

  private async render(life: Life, worker: Worker, ...[lease, { signal, onProgress }]: Parameters<Execute>): ReturnType<Execute> {
    const { task, token } = lease;
    const fate = this.fate(task.attempts);
    this.fates[fate] += 1;
    this.renders += 1;
    if (fate === 'silence') life.silence(SILENT_MS);
    // Some of what was taken back takes long enough that the worker it was taken from comes back while it is at work.
    const again = task.stalls > 0 && this.chance() < 0.5;
    await sleep(again ? SILENT_MS : this.chance() * this.options.renderMs);
    if (fate === 'kill') {
      this.kill(life, worker);
      throw killed();
    }
    if (fate === 'notice') {
      // Half of them have come far enough to finish in the two minutes that Amazon gives; the others give it back.
      onProgress({ fraction: this.chance() < 0.5 ? 0.9 : 0, sentence: 'Rendering' });
      worker.drain('Spot', Date.now() + 120_000);
      signal.throwIfAborted();
    }
    if (fate === 'hang') {
      // Its heart beats, its work does not end: only the attempt's own clock ends it.
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      signal.throwIfAborted();
    }
    if (fate === 'fail') throw new PicaividError('model_failed', 'The model failed, as simulated.');
    if (fate === 'lostAnswer') life.loseAnswers += 1;
    // Whoever was silent is not stopped by anybody: it comes back with its result, and must be refused.
    return {
      result: { clip: task.subject },
      commit: async (trx) => {
        await sql`insert into simulated_effects (clip) values (${task.subject})`.execute(trx);
        await sql`insert into simulated_takes (clip, spec, token) values (${task.subject}, ${task.outputKey}, ${token})`.execute(trx); // biome-ignore format: one statement
        if (fate !== 'killInCommit') return;
        this.kill(life, worker);
        throw killed();
      },
    };
  } // biome-ignore format: one signature

  private async sweep(): Promise<void> {
    while (!this.over) {
      await sleep(SCALED.sweepEveryMs);
      const { rows } = await sql<{ now: string; worker_id: string | null }>`
        select now()::text as now, worker_id from (select 1) one left join fleet_tasks on state = 'leased'`.execute(this.options.sweepDb); // biome-ignore format: one query
      for (const { worker_id } of rows) {
        const deadAtMs = this.lives.get(worker_id ?? '')?.deadAtMs;
        if (deadAtMs !== undefined) this.heldByDeadMs = Math.max(this.heldByDeadMs, Date.now() - deadAtMs);
      }
      // A living worker that speaks in this very moment holds its row locked, and the sweep passes it by; the dead do not.
      const dead = new Set([...this.lives].filter(([, { deadAtMs }]) => deadAtMs !== undefined).map(([id]) => id));
      this.takenBack += (await this.sweeper.sweep()).taken;
      this.sweeps += 1;
      const { rows: overdue } = await sql<{ worker_id: string }>`
        select worker_id from fleet_tasks where state = 'leased'
          and (lease_until < ${rows[0]?.now}::timestamptz or expires_at < ${rows[0]?.now}::timestamptz)`.execute(
        this.options.sweepDb,
      );
      this.overdue += overdue.filter(({ worker_id }) => dead.has(worker_id)).length;
    }
  }

  private refused(): SimulationReport['refused'] {
    const sum = { heartbeat: 0, complete: 0, fail: 0, release: 0 };
    for (const { refused } of this.lives.values())
      for (const what of ['heartbeat', 'complete', 'fail', 'release'] as const) sum[what] += refused[what];
    return sum;
  }

  private async outcome(): Promise<Omit<SimulationReport, 'seconds'>> {
    const { rows } = await sql<Record<'done' | 'unfinished' | 'dead' | 'without' | 'not_once' | 'of_old', string>>`
      select count(*) filter (where t.state = 'done') as done,
        count(*) filter (where t.state in ('queued', 'leased')) as unfinished,
        count(*) filter (where t.state in ('failed', 'cancelled')) as dead,
        count(*) filter (where r.clip is null) as without,
        count(*) filter (where coalesce(e.times, 0) <> 1) as not_once,
        count(*) filter (where r.token <> t.token) as of_old
      from fleet_tasks t left join simulated_takes r on r.clip = t.subject and r.spec = t.output_key
        left join (select clip, count(*) as times from simulated_effects group by clip) e on e.clip = t.subject`.execute(this.db); // biome-ignore format: one query
    const found = rows[0];
    return {
      fates: this.fates,
      messages: this.messages,
      renders: this.renders,
      refused: this.refused(),
      workersStarted: this.lives.size,
      sweeps: this.sweeps,
      takenBack: this.takenBack,
      overdue: this.overdue,
      heldByDeadMs: this.heldByDeadMs,
      done: Number(found?.done),
      unfinished: Number(found?.unfinished),
      deadLetters: Number(found?.dead),
      withoutResult: Number(found?.without),
      notOnce: Number(found?.not_once),
      ofOldClaim: Number(found?.of_old),
    };
  }
}

/** The queue as a plain object whose calls can be replaced one by one. */
const bound = (queue: Queue): Queue => ({
  engine: queue.engine,
  send: (...call) => queue.send(...call),
  receive: (...call) => queue.receive(...call),
  status: () => queue.status(),
  redrive: (type) => queue.redrive(type),
  close: () => queue.close(),
});
