/**
 * The life of tasks against a model in a few lines: whatever workers, people and the sweep say in whatever order, with
 * old and new tokens, the rows are as the model says, and each effect happens once at most for each task.
 */
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { newId } from '../../../db/id.node.ts';
import type { Database } from '../../../db/open.node.ts';
import type { FleetStore, FleetTask, Lease } from '../contract.ts';
import { fleetStore } from '../store.node.ts';

const ATTEMPTS = 3;
const STALLS = 4;
const CLIPS = 2;
interface Modelled {
  readonly id: string;
  readonly clip: number;
  state: FleetTask['state'];
  attempts: number;
  stalls: number;
  /** The claim that holds it. */
  holder: Lease | undefined;
  effects: number;
}

/** Each step names things by number, so that a failing run can be made smaller. */
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('enqueue' as const), clip: fc.nat(CLIPS - 1) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('claim' as const), clip: fc.nat(CLIPS - 1), worker: fc.nat(2) }) },
  // Small numbers are new leases, large ones long lost.
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('heartbeat' as const, 'complete' as const, 'break' as const, 'fail' as const, 'release' as const, 'release' as const, 'silence' as const, 'expire' as const), lease: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cancel' as const, 'retry' as const), task: fc.nat(5) }) },
); // biome-ignore format: a table

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Run {
  private readonly database: Database;
  private readonly store: FleetStore;
  private readonly team = newId();
  private readonly tasks: Modelled[] = [];
  /** Every claim that ever was, newest first. */
  private readonly leases: { readonly lease: Lease; readonly of: Modelled }[] = [];
  /** Leases that are over by the clock and not swept yet. */
  private readonly overdue = new Set<Modelled>();

  constructor(database: Database, store: FleetStore) {
    this.database = database;
    this.store = store;
  }

  private unfinished(clip: number): Modelled | undefined {
    return this.tasks.find((one) => one.clip === clip && (one.state === 'queued' || one.state === 'leased'));
  }

  private let(task: Modelled, state: FleetTask['state']): void {
    task.state = state;
    task.holder = undefined;
    this.overdue.delete(task);
  }

  private stall(task: Modelled): void {
    task.stalls += 1;
    this.let(task, task.stalls >= STALLS ? 'failed' : 'queued');
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'enqueue': {
        const [made] = await this.store.enqueue([{ teamId: this.team, listingId: 'l', jobId: null, kind: 'render', subject: `clip-${step.clip}`, outputKey: 'spec', input: {}, priority: 0, createdBy: 'model' }]); // biome-ignore format: one call
        const there = this.unfinished(step.clip);
        if (there !== undefined) return expect(made?.id).toBe(there.id);
        this.tasks.push({ id: made?.id ?? '', clip: step.clip, state: 'queued', attempts: 0, stalls: 0, holder: undefined, effects: 0 }); // biome-ignore format: one shape
        return;
      }
      case 'claim': {
        const wanted = this.unfinished(step.clip);
        const lease = await this.store.claim({ id: `w${step.worker}`, type: 'gpu' }, wanted?.id ?? 'none');
        expect(lease !== undefined).toBe(wanted?.state === 'queued');
        if (wanted === undefined || lease === undefined) return;
        const before = this.leases.find(({ of }) => of === wanted)?.lease.token ?? 0;
        expect(lease.token).toBe(before + 1);
        wanted.state = 'leased';
        wanted.holder = lease;
        this.leases.unshift({ lease, of: wanted });
        return;
      }
      case 'sweep': {
        expect((await this.store.sweep()).taken).toBe(this.overdue.size);
        for (const task of [...this.overdue]) this.stall(task);
        return;
      }
      case 'cancel':
      case 'retry': {
        const task = this.tasks[step.task % Math.max(1, this.tasks.length)];
        if (task === undefined) return;
        const count = await (step.do === 'cancel' ? this.store.cancel(this.team, [task.id]) : this.store.retry(this.team, [task.id])); // biome-ignore format: one call
        const ended = task.state === 'failed' || task.state === 'cancelled';
        const may = step.do === 'retry' ? ended && this.unfinished(task.clip) === undefined : task.state === 'queued' || task.state === 'leased'; // biome-ignore format: one thought
        expect(count).toBe(may ? 1 : 0);
        if (!may) return;
        this.let(task, step.do === 'cancel' ? 'cancelled' : 'queued');
        if (step.do === 'retry') Object.assign(task, { attempts: 0, stalls: 0 });
        return;
      }
      default:
        return this.word(step.do, step.lease);
    }
  }

  /** A worker's word with the token of one of its claims, the newest or one long lost. */
  private async word(word: 'heartbeat' | 'complete' | 'break' | 'fail' | 'release' | 'silence' | 'expire', index: number): Promise<void> {
    const said = this.leases[index % Math.max(1, this.leases.length)];
    if (said === undefined) return;
    const { lease, of } = said;
    const holds = of.holder === lease;
    const effect: Parameters<FleetStore['complete']>[2] = async (trx) => {
      await sql`insert into effects (task) values (${of.id})`.execute(trx);
      if (word === 'break') throw new Error('the disk is full');
    };
    switch (word) {
      case 'silence':
      case 'expire': {
        if (!holds) return;
        const clock = word === 'silence' ? sql`lease_until` : sql`expires_at`;
        await sql`update fleet_tasks set ${clock} = now() - interval '1 second' where id = ${of.id}`.execute(this.database.db);
        this.overdue.add(of);
        return;
      }
      case 'heartbeat': {
        const answer = await this.store.heartbeat(lease);
        const { rows } = await sql<{ expired: boolean }>`select expires_at < now() as expired from fleet_tasks where id = ${of.id}`.execute(this.database.db); // biome-ignore format: one query
        const late = holds && rows[0]?.expired === true;
        expect(answer).toBe(holds && !late ? 'held' : of.state === 'cancelled' ? 'cancelled' : 'lost');
        // A silent worker that speaks before the sweep keeps its lease; an attempt that took too long is over.
        if (holds && !late) this.overdue.delete(of);
        return;
      }
      case 'break':
        if (holds) await expect(this.store.complete(lease, {}, effect)).rejects.toThrow();
        else expect(await this.store.complete(lease, {}, effect)).toBe(false);
        return;
      case 'complete':
        expect(await this.store.complete(lease, {}, effect)).toBe(holds);
        if (holds) {
          of.effects += 1;
          this.let(of, 'done');
        }
        return;
      case 'fail':
        expect(await this.store.fail(lease, { code: 'model_failed', message: 'no' })).toBe(holds);
        if (holds) {
          of.attempts += 1;
          this.let(of, of.attempts >= ATTEMPTS ? 'failed' : 'queued');
        }
        return;
      case 'release':
        expect(await this.store.release(lease, 'Spot')).toBe(holds);
        if (holds) this.stall(of);
    }
  } // biome-ignore format: one signature

  async compare(): Promise<void> {
    const rows = await this.store.tasks(this.team, {});
    const facts = (task: Modelled) => ({
      id: task.id,
      state: task.state,
      attempts: task.attempts,
      stalls: task.stalls,
    });
    const there = rows.map(({ id, state, attempts, stalls }) => ({ id, state, attempts, stalls }));
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
    expect(there.sort(byId)).toEqual(this.tasks.map(facts).sort(byId));
    for (const row of rows)
      if (row.state === 'leased')
        expect(row.workerId).toBe(this.tasks.find(({ id }) => id === row.id)?.holder?.workerId);
  }

  async compareEffects(): Promise<void> {
    const { rows } = await sql<{ task: string; times: string }>`select task, count(*) as times from effects group by task`.execute(this.database.db); // biome-ignore format: one query
    for (const task of this.tasks) {
      expect(Number(rows.find((row) => row.task === task.id)?.times ?? 0)).toBe(task.effects);
      expect(task.effects).toBe(task.state === 'done' ? 1 : 0);
    }
  }
}

/** Random lives of a few clips' tasks; throws with the shortest one that goes otherwise than the model. */
export async function checkAgainstModel(database: Database, runs: number): Promise<void> {
  await sql`create table if not exists effects (task text not null)`.execute(database.db);
  const store = fleetStore(database.db, { backoffSeconds: () => 0, limits: { attempts: ATTEMPTS, stalls: STALLS } });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      const run = new Run(database, store);
      try {
        for (const one of steps) {
          await run.take(one);
          await run.compare();
        }
        await run.compareEffects();
      } finally {
        await sql`delete from fleet_tasks`.execute(database.db);
        await sql`delete from effects`.execute(database.db);
      }
    }),
    { numRuns: runs },
  );
}
