/**
 * `load`: a team's service at work. 200 studios wait on the feed, edit now and then and look around; 50 workers beat
 * for the tasks they hold. How long reads take, and how that grows with the team's listings. The service is a process
 * of its own on a real PostgreSQL; studios, workers and database share the machine with it.
 */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { PicaividError } from '../base/errors.ts';
import { newId } from '../db/id.node.ts';
import { type Database, openMigrated } from '../db/open.node.ts';
import type { Operation } from '../db/sync/protocol.ts';
import { applyOperations } from '../db/team/apply.node.ts';
import { createKey, createTeam } from '../db/team/teams.node.ts';
import { startTestPostgres } from '../db/testing/postgres.node.ts';
import { fleetStore } from '../main/fleet/store.node.ts';
import { startProgram } from '../main/service/testing/program.node.ts';
import type { ReadersData, ReadersReport } from './load-readers.node.ts';
import type { BenchResult, BenchRow } from './types.ts';

const STUDIOS = 200;
const WORKERS = 50;
const TEAMS = 10;
const LISTINGS = [100, 1_000, 5_000] as const;
const SECONDS = 30;
const GOAL_MS = 100;
/** A person at work asks for something every five seconds and changes something every twenty. Milliseconds. */
const LOOK_EVERY_MS = 5_000;
const EDIT_EVERY_MS = 20_000;
const BEAT_EVERY_MS = 5_000;
/** Everybody has come by then, and the program has compiled what it runs. */
const WARM_MS = 10_000;

export interface LoadOptions {
  readonly studios?: number;
  readonly workers?: number;
  readonly listings?: readonly number[];
  readonly seconds?: number;
}

export interface LoadFigures {
  readonly listings: number;
  readonly teams: number;
  readonly reads: number;
  readonly readsASecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly most: number;
  /** From a push's answer to the news at the other studios, p95. */
  readonly newsP95: number;
  /** Operations that reached a reader, a second, over all readers. */
  readonly deliveredASecond: number;
  readonly heartbeatP99: number;
  readonly failed: number;
  /** Processors that the service's process kept busy. */
  readonly cores: number | undefined;
  readonly byRoute: Readonly<Record<string, { readonly count: number; readonly p99: number }>>;
}

/** The value below which so much of the sample lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function newListing(n: number): Operation {
  const now = new Date().toISOString();
  return {
    id: newId(),
    listingId: newId(),
    base: 0,
    madeAt: now,
    person: 'Bench',
    body: { kind: 'listing.create', name: `Listing ${n}`, template: 'classic', targetSeconds: 60, createdAt: now },
  };
}

interface Stage {
  readonly url: string;
  readonly keys: readonly string[];
  /** Of each key's team. */
  readonly listings: readonly (readonly string[])[];
  readonly database: Database;
  /** What began before is not counted: the program is warm, and everybody has come. */
  readonly from: number;
  readonly until: number;
}

class Load {
  private readonly stage: Stage;
  private readonly times = new Map<string, number[]>();
  private readonly news: number[] = [];
  private readonly beats: number[] = [];
  /** When an operation was sent, milliseconds since the epoch. */
  private readonly sent = new Map<string, number>();
  private delivered = 0;
  private failed = 0;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  /** Sleeps, at most to the end. */
  private sleep(ms: number): Promise<void> {
    return sleep(Math.max(0, Math.min(ms, this.stage.until - performance.now())));
  }

  private get over(): boolean {
    return performance.now() >= this.stage.until;
  }

  private async ask<T>(key: string, method: string, path: string, body?: unknown): Promise<T | undefined> {
    try {
      const answer = await fetch(`${this.stage.url}${path}`, {
        method,
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const said = (await answer.json()) as T;
      if (answer.ok) return said;
    } catch {
      // Counted below.
    }
    this.failed++;
    return undefined;
  }

  /** Readers of the feed in a thread of their own: hundreds of answers at once must not hold up the measured reads. */
  async follow(heads: readonly number[]): Promise<void> {
    const { url, keys, until } = this.stage;
    const untilMs = Date.now() + (until - performance.now());
    const thread = new Worker(new URL('./load-readers.node.ts', import.meta.url), {
      workerData: { url, readers: keys.map((key, n) => ({ key, head: heads[n] ?? 0 })), untilMs } satisfies ReadersData,
    });
    const [said] = (await once(thread, 'message')) as [ReadersReport];
    await thread.terminate();
    this.failed += said.failed;
    this.delivered = said.news.filter(({ id }) => this.sent.has(id)).length;
    for (const { id, atMs } of said.news) {
      const sent = this.sent.get(id);
      if (sent !== undefined) this.news.push(atMs - sent);
    }
  }

  async look(key: string, index: number): Promise<void> {
    const own = this.stage.listings[index] ?? [];
    const listing = (): string => own[Math.floor(Math.random() * own.length)] ?? '';
    const reads: readonly (() => readonly [string, string, string, unknown?])[] = [
      () => ['a page of cards', 'GET', '/sync/listings?limit=100'],
      () => ['one listing', 'GET', `/sync/listings/${listing()}`],
      () => ['conflicts', 'GET', '/sync/conflicts'],
      () => ['the fleet', 'GET', '/fleet'],
      () => ['hello', 'GET', '/sync/hello'],
      () => ['presence', 'POST', '/sync/presence', { clientId: newId(), name: `Studio ${index}`, listingId: listing(), place: 'rooms' }],
      () => ['missing files', 'POST', '/blobs/missing', { blobs: [{ sha256: 'a'.repeat(64), bytes: 1 }] }],
    ]; // biome-ignore format: a table
    await this.sleep(Math.random() * LOOK_EVERY_MS);
    for (let n = index; !this.over; n++) {
      const [what, method, path, body] = reads[n % reads.length]?.() ?? ['hello', 'GET', '/sync/hello'];
      const began = performance.now();
      if ((await this.ask(key, method, path, body)) !== undefined && began >= this.stage.from) {
        const times = this.times.get(what) ?? [];
        times.push(performance.now() - began);
        this.times.set(what, times);
      }
      await this.sleep(LOOK_EVERY_MS * (0.5 + Math.random()));
    }
  }

  async edit(key: string, index: number): Promise<void> {
    await this.sleep(Math.random() * EDIT_EVERY_MS);
    const own = this.stage.listings[index] ?? [];
    const listingId = own[index % own.length] ?? '';
    const clientId = newId();
    for (let n = 0; !this.over; n++) {
      const id = newId();
      const body = { kind: 'listing.set', field: 'name', from: `Listing ${n}`, to: `Listing ${n + 1}` };
      if (performance.now() >= this.stage.from) this.sent.set(id, Date.now());
      await this.ask(key, 'POST', '/sync/push', { clientId, operations: [{ id, listingId, base: Number.MAX_SAFE_INTEGER, madeAt: new Date().toISOString(), person: 'Bench', body }] }); // biome-ignore format: one call
      await this.sleep(EDIT_EVERY_MS * (0.5 + Math.random()));
    }
  }

  async beat(index: number): Promise<void> {
    const store = fleetStore(this.stage.database.db);
    const id = newId();
    const probe = { cpus: 4, memoryMiB: 16_000, gpus: [], platform: 'linux' };
    await store.register({ id, type: 'gpu', name: `worker-${index}`, version: 'bench', probe, costPerHourMicros: 500_000, spot: true }); // biome-ignore format: one call
    await this.sleep(Math.random() * BEAT_EVERY_MS);
    const lease = await store.claim({ id, type: 'gpu' });
    while (!this.over && lease !== undefined) {
      const began = performance.now();
      await store.heartbeat(lease, { fraction: Math.random(), sentence: 'Rendering' });
      if (began >= this.stage.from) this.beats.push(performance.now() - began);
      await this.sleep(BEAT_EVERY_MS);
    }
  }

  figures(listings: number, teams: number, seconds: number, cores: number | undefined): LoadFigures {
    const all = [...this.times.values()].flat();
    return {
      listings,
      teams,
      reads: all.length,
      readsASecond: all.length / seconds,
      p50: quantile(all, 0.5),
      p95: quantile(all, 0.95),
      p99: quantile(all, 0.99),
      most: Math.max(0, ...all),
      newsP95: quantile(this.news, 0.95),
      deliveredASecond: this.delivered / seconds,
      heartbeatP99: quantile(this.beats, 0.99),
      failed: this.failed,
      cores,
      byRoute: Object.fromEntries([...this.times].map(([what, times]) => [what, { count: times.length, p99: quantile(times, 0.99) }])), // biome-ignore format: one shape
    };
  }
}

/** Processor seconds that a process has used; undefined where the system does not tell. */
function processorSeconds(pid: number | undefined): number | undefined {
  try {
    // Fields 14 and 15 of proc(5), in hundredths of a second; the name before them may hold blanks.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

interface Run {
  readonly listings: number;
  readonly teams: number;
}

/** So many listings in so many teams, measured for so many seconds. */
async function measureOne(url: string, run: Run, options: Required<LoadOptions>): Promise<LoadFigures> {
  const database = await openMigrated(url);
  const folder = mkdtempSync(join(tmpdir(), 'picaivid-load-'));
  const settings = {
    DATABASE_URL: url,
    LOCAL_STORAGE_PATH: folder,
    STORAGE_SECRET: 'b'.repeat(40),
    LOG_LEVEL: 'error',
  };
  try {
    const keys: string[] = [];
    const owned: (readonly string[])[] = [];
    const each = Math.ceil(run.listings / run.teams);
    const teams: { readonly id: string; readonly listings: readonly string[] }[] = [];
    for (let n = 0; n < run.teams; n++) {
      const { id } = await createTeam(database, `Team ${n}`);
      const pusher = { teamId: id, clientId: newId(), actor: { name: 'Bench', role: 'admin' as const } };
      const operations = Array.from({ length: each }, (_, i) => newListing(i));
      for (let i = 0; i < operations.length; i += 500)
        await applyOperations(database, pusher, operations.slice(i, i + 500));
      teams.push({ id, listings: operations.map(({ listingId }) => listingId) });
    }
    for (let n = 0; n < options.studios; n++) {
      const team = teams[n % teams.length];
      if (team === undefined) break;
      keys.push((await createKey(database, { teamId: team.id, name: `Studio ${n}`, role: 'editor' })).key);
      owned.push(team.listings);
    }
    // Twice as many tasks as workers: half of them wait, as in a busy fleet.
    await fleetStore(database.db).enqueue(
      Array.from({ length: 2 * options.workers }, (_, n) => ({
        teamId: teams[n % teams.length]?.id ?? '', listingId: owned[n % owned.length]?.[0] ?? '', jobId: null, kind: 'render' as const, subject: `clip-${n}`,
        outputKey: `key-${n}`, input: {}, priority: 0, createdBy: 'bench',
      })),
    ); // biome-ignore format: one glance
    const program = await startProgram(settings);
    try {
      const before = processorSeconds(program.child.pid);
      const from = performance.now() + WARM_MS;
      const load = new Load({ url: program.url, keys, listings: owned, database, from, until: from + options.seconds * 1000 }); // biome-ignore format: one call
      await Promise.all([
        load.follow(keys.map(() => each)),
        ...keys.map((key, index) => load.look(key, index)),
        ...keys.map((key, index) => load.edit(key, index)),
        ...Array.from({ length: options.workers }, (_, index) => load.beat(index)),
      ]);
      const used = processorSeconds(program.child.pid);
      const cores =
        used === undefined || before === undefined ? undefined : (used - before) / (WARM_MS / 1000 + options.seconds);
      return load.figures(run.listings, run.teams, options.seconds, cores);
    } finally {
      await program.stop();
    }
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A bar of text for each figure: the plot. */
function plot(figures: readonly LoadFigures[]): string[] {
  const most = Math.max(GOAL_MS, ...figures.map(({ p99 }) => p99));
  const bar = (ms: number): string => '█'.repeat(Math.max(1, Math.round((ms / most) * 40)));
  return [
    `p99 of reads by listings and teams (goal ${GOAL_MS} ms ${bar(GOAL_MS)}):`,
    ...figures.map(({ listings, teams, p99 }) => `  ${String(listings).padStart(5)} in ${String(teams).padStart(2)}  ${bar(p99)} ${p99.toFixed(1)} ms`), // biome-ignore format: one line
  ];
}

export async function benchLoad(asked: LoadOptions = {}): Promise<BenchResult> {
  const options: Required<LoadOptions> = { studios: STUDIOS, workers: WORKERS, listings: LISTINGS, seconds: SECONDS, ...asked }; // biome-ignore format: one line
  const postgres = await startTestPostgres();
  try {
    const figures: LoadFigures[] = [];
    const busy = loadavg()[0] ?? 0;
    const runs: Run[] = options.listings.map((listings) => ({ listings, teams: Math.min(TEAMS, listings) }));
    // The hardest: everybody in one team, so that every edit is news to all.
    runs.push({ listings: Math.max(...options.listings), teams: 1 });
    for (const run of runs) figures.push(await measureOne(await postgres.createDatabase(), run, options));
    if (figures.some(({ reads }) => reads === 0)) throw new PicaividError('internal', 'No read was answered.');
    const rows = figures.flatMap((one): BenchRow[] => {
      const of = one.teams === 1 ? `${one.listings} listings, all in one team: ` : `${one.listings} listings: `;
      return [
        { what: `${of}reads, p99`, value: one.p99, unit: 'ms', goal: `≤ ${GOAL_MS} ms`, met: one.p99 <= GOAL_MS },
        { what: `${of}reads, p50`, value: one.p50, unit: 'ms' },
        { what: `${of}reads, p95`, value: one.p95, unit: 'ms' },
        { what: `${of}reads, longest`, value: one.most, unit: 'ms' },
        { what: `${of}news at other studios after a push was sent, p95`, value: one.newsP95, unit: 'ms', goal: '≤ 300 ms', met: one.newsP95 <= 300 },
        { what: `${of}operations that reached readers`, value: one.deliveredASecond, unit: 'a second' },
        { what: `${of}a worker’s heartbeat, p99`, value: one.heartbeatP99, unit: 'ms' },
        { what: `${of}reads`, value: one.readsASecond, unit: 'a second' },
        ...(one.cores === undefined ? [] : [{ what: `${of}processors that the service kept busy`, value: one.cores, unit: 'cores' }]),
        { what: `${of}requests that failed`, value: one.failed, unit: 'requests', goal: '0', met: one.failed === 0 },
      ]; // biome-ignore format: a table
    });
    const slowest = figures.map(({ listings, teams, byRoute }) => {
      const routes = Object.entries(byRoute).sort(([, a], [, b]) => b.p99 - a.p99);
      return `  ${listings} in ${teams}: ${routes.map(([what, { p99 }]) => `${what} ${p99.toFixed(0)} ms`).join(', ')}`;
    });
    return {
      name: 'load',
      rows,
      notes: [
        `${options.studios} studios of ${TEAMS} teams wait on the feed, read every 5 s and edit every 20 s; ${options.workers} workers beat every 5 s. ${options.seconds} s each.`,
        `Service, PostgreSQL, studios and workers share this machine’s ${cpus().length} processors; times are measured at the studios. Load average before: ${busy.toFixed(1)}.`,
        ...plot(figures),
        'p99 by what is read:',
        ...slowest,
      ],
    };
  } finally {
    await postgres.stop();
  }
}
