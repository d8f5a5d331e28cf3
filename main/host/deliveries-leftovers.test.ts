/** What is deleted after a month, and above all what never is. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../db/id.node.ts';
import { type Database, openMigrated } from '../../db/open.node.ts';
import { DeliveryStore } from '../../db/studio/deliveries.node.ts';
import { clearLeftovers, KEPT_MS, leftovers } from './deliveries-leftovers.node.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const at = new Date(NOW).toISOString();
const hash = (number: number): string => number.toString(16).padStart(64, '0');
let base: string;
let database: Database;
let core: Parameters<typeof leftovers>[0];
let tasks: { kind: string; state: string }[];
let busy: boolean;

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'leftovers-'));
  mkdirSync(join(base, 'takes'));
  mkdirSync(join(base, 'voices'));
  database = await openMigrated(join(base, 'studio.db'));
  // Keys to rows of other tables play no part here.
  await sql`pragma foreign_keys = off`.execute(database.db);
  tasks = [];
  busy = false;
  // Of the studio only what is asked of it.
  core = {
    home: { dir: base, takesDir: join(base, 'takes') },
    database,
    tasks: { get busy() { return busy; } },
    store: { tasks: async () => tasks, listings: async () => [{ id: 'listing-1' }] },
    log: { info: () => undefined, warn: () => undefined },
  } as unknown as typeof core; // biome-ignore format: one glance
});
afterEach(async () => {
  await database.close();
  rmSync(base, { recursive: true, force: true });
});

function touch(path: string, daysAgo: number): void {
  const time = (NOW - daysAgo * 24 * 3_600_000) / 1000;
  utimesSync(path, time, time);
}
function take(number: number, daysAgo = 31): string {
  const folder = join(base, 'takes', hash(number));
  mkdirSync(folder);
  for (const name of ['clip.mp4', 'take.json']) {
    writeFileSync(join(folder, name), name);
    touch(join(folder, name), daysAgo);
  }
  touch(folder, daysAgo);
  return hash(number);
}
/** The row of a take of a clip. */
async function rowOf(specHash: string, clipId: string, askedHash = specHash): Promise<void> {
  await database.db
    .insertInto('takes')
    .values({ id: newId(), clip_id: clipId, spec_hash: specHash, asked_hash: askedHash, renderer: 'ken_burns', verdict: 'pass', validation_score: 1, details: '{}', created_at: at })
    .execute(); // biome-ignore format: one row
}
const left = (): string[] => readdirSync(join(base, 'takes')).sort();

test('only what nothing names goes, and only after a month', async () => {
  const young = take(1, 29);
  take(2);
  const gone = take(3);
  await rowOf(gone, 'clip-that-is-nowhere', hash(90));
  mkdirSync(join(base, 'takes', 'something of a person'));
  expect(await clearLeftovers(core, NOW)).toEqual([hash(2), hash(3)]);
  expect(left()).toEqual([young, 'something of a person'].sort());
  expect(await clearLeftovers(core, NOW - 24 * 3_600_000)).toEqual([]);
  expect(await clearLeftovers(core, NOW + KEPT_MS)).toEqual([young]);
});

test('a take that was used again stays a month longer', async () => {
  const folder = join(base, 'takes', take(1, 60));
  touch(folder, 5);
  expect(await clearLeftovers(core, NOW)).toEqual([]);
});

test('what a film, a step of undo, a version, a choice, a decision, a note, a request, a delivery or the team names stays', async () => {
  const { db } = database;
  const clip = (number: number): string => `clip-${String(number).padStart(8, '0')}`;
  const filler: Readonly<Record<string, unknown>> = { created_at: at, updated_at: at, at };
  /** A row with what a test says and something in every other column that must hold something. */
  const put = async (table: string, values: Readonly<Record<string, unknown>>): Promise<void> => {
    const found = (await db.introspection.getTables()).find(({ name }) => name === table);
    const row = Object.fromEntries(
      (found?.columns ?? [])
        .filter(({ name, isNullable, hasDefaultValue }) => name in values || !(isNullable || hasDefaultValue))
        .map(({ name, dataType }) => [
          name,
          values[name] ?? filler[name] ?? (/int|real|num/i.test(dataType) ? 1 : name === 'id' ? newId() : '{}'),
        ]),
    );
    await db
      .insertInto(table as 'edits')
      .values(row as never)
      .execute();
  };
  const named: [string, Readonly<Record<string, unknown>>][] = [
    ['timeline_clips', { clip_id: clip(1) }],
    ['edits', { inverse: JSON.stringify([{ before: { clipId: clip(2) } }]) }],
    ['film_versions', { timeline: JSON.stringify({ clips: [{ id: clip(3) }] }) }],
    ['review_decisions', { clip_id: 'other', spec_hash: hash(4) }],
    ['review_notes', { clip_id: 'other', spec_hash: hash(5) }],
    ['render_requests', { clip_id: 'other', asked_hash: hash(106) }],
    ['deliveries', { listing_id: 'listing-1', settings: JSON.stringify({ take: hash(7) }), films: '[]' }],
    ['outbox', { operation: JSON.stringify([{ kind: 'take.add', specHash: hash(8) }]) }],
    ['film_shadows', { timeline: JSON.stringify({ clips: [{ id: clip(9) }] }) }],
  ]; // biome-ignore format: one table a row
  const kept: string[] = [];
  for (const [index] of named.entries()) {
    kept.push(take(index + 1));
    await rowOf(hash(index + 1), clip(index + 1), hash(index + 101));
  }
  // A choice among takes says what was asked; the request speaks of that.
  const chosen = take(40);
  await db.insertInto('take_choices').values({ clip_id: clip(1), asked_hash: hash(140), spec_hash: chosen, created_at: at }).execute(); // biome-ignore format: one row
  // Only the delivery's own folder says what it was made from.
  const delivered = take(41);
  const folder = join(base, 'delivered');
  mkdirSync(folder);
  writeFileSync(join(folder, 'provenance.json'), JSON.stringify({ clips: [{ settings: { specHash: delivered } }] }));
  await new DeliveryStore(database).create({ listingId: 'listing-1', filmRevision: 1, settings: {}, person: {}, override: null, folder, films: [] }); // biome-ignore format: one row
  const loose = take(50);

  // Without the rows all of them would go.
  expect(await leftovers(core, NOW)).toHaveLength(kept.length + 2);
  for (const [table, values] of named) {
    const before = (await leftovers(core, NOW)).length;
    await put(table, values);
    expect((await leftovers(core, NOW)).length, table).toBeLessThan(before);
  }
  expect(await clearLeftovers(core, NOW)).toEqual([loose]);
  expect(left()).toEqual([...kept, chosen, delivered].sort());
});

test('nothing goes while anything is rendered or delivered, or waits for it', async () => {
  take(1);
  for (const state of ['waiting', 'running', 'paused']) {
    tasks = [{ kind: 'deliver', state }];
    expect(await clearLeftovers(core, NOW), state).toEqual([]);
  }
  tasks = [{ kind: 'deliver', state: 'done' }];
  busy = true;
  expect(await clearLeftovers(core, NOW)).toEqual([]);
  busy = false;
  expect(await clearLeftovers(core, NOW)).toEqual([hash(1)]);
});

test('a voice-over goes when no settings and no delivery name it, with all its files', async () => {
  for (const [number, days] of [[1, 31], [2, 31], [3, 2]] as const)
    for (const end of ['wav', 'json']) {
      const path = join(base, 'voices', `${hash(number)}.${end}`);
      writeFileSync(path, 'sound');
      touch(path, days);
    } // biome-ignore format: pairs
  await new DeliveryStore(database).create({ listingId: 'listing-1', filmRevision: 1, settings: { voiceOver: { id: hash(2) } }, person: {}, override: null, folder: join(base, 'none'), films: [] }); // biome-ignore format: one row
  expect(await clearLeftovers(core, NOW)).toEqual([hash(1)]);
  expect(readdirSync(join(base, 'voices')).sort()).toEqual([2, 3].flatMap((number) => ['json', 'wav'].map((end) => `${hash(number)}.${end}`))); // biome-ignore format: one list
});
