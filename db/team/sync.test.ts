/**
 * Three studios and a server through faults of every kind: at the end all stores hold the same, and nothing that a
 * person did is lost. `sync.long.test.ts` runs a thousand seeds.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMigrated } from '../open.node.ts';
import { type SimulationResult, simulate } from '../sync/simulation.node.ts';
import { openFast } from '../sync/simulation-parts.node.ts';
import { startTestPostgres, type TestPostgres } from '../testing/postgres.node.ts';

/** Seeds that once found a defect, with the steps that it took: always run. */
const KEPT_SEEDS: readonly (readonly [seed: number, steps: number])[] = [
  [2, 120], // a listing that the team refused stayed half shared
  [3, 120], // a seed for a clip that came with the same answer of the feed was lost
  [16, 200], // steps made after a branch was heard of went to it all the same
  [28, 200], // a version lacked what its maker had heard of others
  [29, 200], // a step that was moved said that it was made on another film
  [229, 200], // a version was worked out from a film that its maker never saw: they had heard of others in between
];

let folder: string;
let template: string;
let postgres: TestPostgres;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'picaivid-sync-'));
  template = join(folder, 'template.db');
  await (await openMigrated(template)).close();
  postgres = await startTestPostgres();
}, 60_000);

afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function overSqlite(seed: number, steps: number): Promise<SimulationResult> {
  const path = join(folder, `${seed}-${steps}-server.db`);
  copyFileSync(template, path);
  const server = await openFast(path);
  try {
    return await simulate({ seed, steps, server, template, folder });
  } finally {
    await server.close();
  }
}

/** Every kind of operation that there is. */
const KINDS = [
  'analysis.set', 'clip.seed', 'film.create', 'film.edit', 'film.status', 'film.version', 'listing.create',
  'listing.set', 'music.add', 'photos.set', 'review.decide', 'review.note', 'review.resolve', 'rooms.act', 'take.add',
  'take.choose',
]; // biome-ignore format: one list

test('50 seeds: all stores equal, no edit lost, no overwritten value forgotten', async () => {
  const failed: string[] = [];
  const kinds = new Set<string>();
  const outcomes = { applied: 0, branched: 0, refused: 0 };
  let conflicts = 0;
  for (let seed = 1; seed <= 50; seed++) {
    const result = await overSqlite(seed, 70);
    if (result.problems.length > 0) failed.push(`seed ${seed}: ${result.problems.join('; ')}`);
    for (const kind of result.kinds) kinds.add(kind);
    for (const name of ['applied', 'branched', 'refused'] as const) outcomes[name] += result.outcomes[name];
    conflicts += result.conflicts;
  }
  expect(failed).toEqual([]);
  expect([...kinds].sort()).toEqual(KINDS);
  // A simulation in which nothing ever collides proves nothing.
  expect(Math.min(outcomes.branched, outcomes.refused, conflicts)).toBeGreaterThan(20);
}, 300_000);

test.each(KEPT_SEEDS)(
  'seed %i, which once failed, over %i steps',
  async (seed, steps) => {
    expect((await overSqlite(seed, steps)).problems).toEqual([]);
  },
  60_000,
);

test('two seeds over Postgres', async () => {
  const server = await openMigrated(await postgres.createDatabase());
  try {
    for (const seed of [101, 102]) {
      const { problems } = await simulate({ seed, steps: 100, server, template, folder });
      expect(problems, `seed ${seed}`).toEqual([]);
    }
  } finally {
    await server.close();
  }
}, 300_000);
