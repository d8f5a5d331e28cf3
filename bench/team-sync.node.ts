/**
 * `sync`: from an edit on one studio to the event that draws it on another's screen, over the real service on a real
 * Postgres; and how fast a studio that was off line for days gives its edits to the server. Beside one INSERT round trip.
 */

import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newId } from '../db/id.node.ts';
import { migrateUp } from '../db/open.node.ts';
import type { Operation } from '../db/sync/protocol.ts';
import { applyOperations } from '../db/team/apply.node.ts';
import { createTeam } from '../db/team/teams.node.ts';
import { startTestPostgres } from '../db/testing/postgres.node.ts';
import { Stage, type Studio } from '../main/host/team/testing/stage.node.ts';
import { openServiceDatabase } from '../main/service/database.node.ts';
import { smallListing } from '../main/testing/listing.node.ts';
import type { BenchResult } from './types.ts';

const GOAL_MS = 300;
const GOAL_EDITS = 2_000;
const ROOMS = ['kitchen', 'bathroom', 'office', 'bedroom'] as const;

const quantile = (values: readonly number[], share: number): number => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0; // biome-ignore format: one expression

async function waitFor<T>(
  look: () => Promise<T | undefined> | T | undefined,
  everyMs = 2,
  mostMs = 60_000,
): Promise<T> {
  for (const end = performance.now() + mostMs; performance.now() < end; ) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(everyMs);
  }
  throw new Error('The studios did not come to agree.');
}

/** Milliseconds from the answer-less start of an action on one studio to its event on the other, one after the other. */
async function crossings(edits: number): Promise<readonly number[]> {
  const stage = await Stage.set();
  try {
    const line = await stage.line();
    const [a, b] = [await stage.connected('Ada', line), await stage.connected('Bo', line)];
    const photos = join(stage.base, 'photos');
    await smallListing(photos, 4);
    const { created } = await a.host.studio.listings.create.mutate({ folders: [photos] });
    const id = created[0]?.id ?? '';
    const rooms = ({ host }: Studio) => host.studio.rooms.get.query({ id });
    await waitFor(async () => ((await rooms(a)).analysis === null ? undefined : true), 100);
    await waitFor(async () => ((await rooms(a)).listing.task === null ? true : undefined), 100);
    await a.host.studio.team.share.mutate({ ids: [id] });
    await waitFor(async () => (await b.host.studio.listings.list.query()).find((card) => card.id === id), 100);
    await waitFor(async () => ((await rooms(b)).analysis === null ? undefined : true), 100);
    const photo = (await rooms(a)).analysis?.photos[0]?.id ?? '';
    const took: number[] = [];
    let from: string | null = null;
    for (let n = 0; n < edits; n += 1) {
      const to = ROOMS[n % ROOMS.length] ?? 'kitchen';
      b.events.events.length = 0;
      const started = performance.now();
      await a.host.studio.rooms.act.mutate({
        id,
        label: 'Call it',
        changes: [{ field: 'room', subject: photo, from, to }],
      });
      await waitFor(() => b.events.events.find((event) => event.type === 'rooms' && event.listingId === id));
      took.push(performance.now() - started);
      from = to;
      // As a person's edits come: not in the wake of the last.
      await sleep(40);
    }
    return took;
  } finally {
    await stage.clear();
  }
}

/** Edits a second, of so many pushed in batches as an outbox is; and one INSERT round trip, milliseconds. */
async function pushing(edits: number): Promise<{ readonly perSecond: number; readonly insertMs: number }> {
  const postgres = await startTestPostgres();
  const url = await postgres.createDatabase();
  const database = openServiceDatabase(url);
  try {
    await migrateUp(database);
    const team = await createTeam(database, 'North');
    const pusher = { teamId: team.id, clientId: newId(), actor: { name: 'Ada', role: 'producer' } } as const;
    const listingId = newId();
    const madeAt = new Date().toISOString();
    const operation = (body: Operation['body']): Operation => ({
      id: newId(),
      listingId,
      base: 0,
      madeAt,
      person: 'Ada',
      body,
    });
    const create = {
      kind: 'listing.create',
      name: 'Elm Street',
      template: 'classic',
      targetSeconds: 60,
      createdAt: madeAt,
    } as const;
    await applyOperations(database, pusher, [operation(create)]);
    const operations = Array.from({ length: edits }, (_, n) =>
      operation({
        kind: 'rooms.act',
        label: 'Call it',
        changes: [{ field: 'room', subject: `photo-${n % 400}`, from: null, to: ROOMS[n % ROOMS.length] ?? 'kitchen' }],
      }),
    );
    const started = performance.now();
    for (let at = 0; at < edits; at += 500) {
      const outcomes = await applyOperations(database, pusher, operations.slice(at, at + 500));
      if (outcomes.some(({ outcome }) => outcome !== 'applied')) throw new Error('An edit was not applied.');
    }
    const perSecond = edits / ((performance.now() - started) / 1000);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('create table bench_insert (id text primary key, at timestamptz)');
    const trips: number[] = [];
    for (let n = 0; n < 200; n += 1) {
      const begun = performance.now();
      await client.query('insert into bench_insert values ($1, now())', [newId()]);
      trips.push(performance.now() - begun);
    }
    await client.end();
    return { perSecond, insertMs: quantile(trips, 0.5) };
  } finally {
    await database.close();
    await postgres.stop();
  }
}

export async function benchSync({ edits = 200, offline = 10_000 } = {}): Promise<BenchResult> {
  const took = await crossings(edits);
  const { perSecond, insertMs } = await pushing(offline);
  const p95 = quantile(took, 0.95);
  return {
    name: 'sync',
    rows: [
      { what: 'edit here to event there, median', value: quantile(took, 0.5), unit: 'ms' },
      { what: 'edit here to event there, p95', value: p95, unit: 'ms', goal: `≤ ${GOAL_MS}`, met: p95 <= GOAL_MS },
      { what: 'edit here to event there, most', value: Math.max(...took), unit: 'ms' },
      {
        what: `${offline} edits of an outbox applied`,
        value: perSecond,
        unit: 'edits/s',
        goal: `≥ ${GOAL_EDITS}`,
        met: perSecond >= GOAL_EDITS,
      },
      { what: 'one INSERT round trip, median', value: insertMs, unit: 'ms' },
    ],
    notes: [
      'Two hosts, the service and PostgreSQL on this machine. A page draws the event within a frame or two of it.',
    ],
  };
}
