import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyChanges, type Change, NOTHING_DECIDED } from '../../pipeline/rooms/decisions.ts';
import { loadDecisions } from '../jobs.node.ts';
import { type Database, migrateDown, openMigrated } from '../open.node.ts';
import { startTestPostgres } from '../testing/postgres.node.ts';
import { backupsToKeep } from './backup-plan.ts';
import { openStudio } from './open.node.ts';
import { studioStore } from './store.node.ts';
import type { StudioStore } from './types.ts';

const base = mkdtempSync(join(tmpdir(), 'picaivid-studio-'));
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(base, { recursive: true, force: true });
});

const willow = { name: '18 Willow Lane', folder: '/listings/willow', template: 'classic', targetSeconds: 45 } as const;
const label = (subject: string, from: 'kitchen' | 'patio' | null, to: 'kitchen' | 'patio' | null): Change => ({
  field: 'room',
  subject,
  from,
  to,
});

describe.each(['sqlite', 'postgres'] as const)('the studio store on %s', (dialect) => {
  let database: Database;
  let store: StudioStore;
  beforeAll(async () => {
    database = await openMigrated(dialect === 'sqlite' ? join(base, 'store.db') : await postgres.createDatabase());
    store = studioStore(database);
  });
  afterAll(() => store.close());

  test('a listing is made, found by its folder, renamed, archived, deleted and brought back', async () => {
    const made = await store.createListing(willow);
    expect(made).toMatchObject({
      ...willow,
      status: 'draft',
      archived: false,
      deletedAt: null,
      revision: 0,
      error: null,
    });
    expect(await store.listingByFolder('/listings/willow')).toEqual(made);
    const changed = await store.updateListing(made.id, { name: 'Willow', archived: true, targetSeconds: 60 });
    expect(changed).toMatchObject({ name: 'Willow', archived: true, targetSeconds: 60 });
    await store.setCardFacts(made.id, { photoCount: 24, rejectedCount: 1, attentionCount: 3, posterPhotoId: 'p_1' });
    const at = new Date().toISOString();
    await store.updateListing(made.id, { deletedAt: at });
    expect(await store.listings()).toEqual([]);
    expect(await store.listings({ deleted: true })).toMatchObject([
      { photoCount: 24, posterPhotoId: 'p_1', deletedAt: at },
    ]);
    await store.updateListing(made.id, { deletedAt: null });
    expect((await store.listings()).map((one) => one.id)).toEqual([made.id]);
    await expect(store.updateListing('none', { name: 'x' })).rejects.toMatchObject({ code: 'file_not_found' });
  });

  test('actions set registers that the phases read; undo and redo take them back and again', async () => {
    const { id, jobId } = await store.createListing({ ...willow, folder: '/listings/actions' });
    const first = await store.act(
      id,
      'Label Kitchen',
      [label('p_1', null, 'kitchen'), label('p_2', null, 'kitchen')],
      null,
    );
    expect(first).toMatchObject({ revision: 1, undo: 'Label Kitchen', redo: null });
    const leaveOut: Change = { field: 'excluded', subject: 'p_2', from: null, to: true };
    await store.act(id, 'Leave out 1 photo', [leaveOut], 'ada');
    expect(await store.decisions(id)).toEqual({
      ...NOTHING_DECIDED,
      room: { p_1: 'kitchen', p_2: 'kitchen' },
      excluded: { p_2: true },
    });
    expect(await loadDecisions(database, jobId)).toMatchObject({
      roomOverride: { p_1: 'kitchen', p_2: 'kitchen' },
      excluded: ['p_2'],
    });
    expect(await store.undo(id)).toMatchObject({
      label: 'Leave out 1 photo',
      undo: 'Label Kitchen',
      redo: 'Leave out 1 photo',
    });
    expect(await store.undo(id)).toMatchObject({
      changes: [label('p_2', 'kitchen', null), label('p_1', 'kitchen', null)],
    });
    expect(await store.undo(id)).toBeNull();
    expect(await store.decisions(id)).toEqual(NOTHING_DECIDED);
    expect(await loadDecisions(database, jobId)).toMatchObject({ roomOverride: {}, excluded: [] });
    expect(await store.redo(id)).toMatchObject({ label: 'Label Kitchen', redo: 'Leave out 1 photo' });
    // Something new is done: what could be redone is gone, and not listed any more.
    await store.act(id, 'Label Patio', [label('p_1', 'kitchen', 'patio')], null);
    expect(await store.redo(id)).toBeNull();
    expect((await store.actions(id, 10)).map(({ label: text, undone }) => [text, undone])).toEqual([
      ['Label Patio', false],
      ['Label Kitchen', false],
    ]);
  });

  test('an action made on an older state is refused, and nothing of it is kept', async () => {
    const { id } = await store.createListing({ ...willow, folder: '/listings/stale' });
    await store.act(id, 'Label Kitchen', [label('p_1', null, 'kitchen')], null);
    const stale = [label('p_9', null, 'patio'), label('p_1', null, 'patio')];
    await expect(store.act(id, 'Label Patio', stale, null)).rejects.toMatchObject({ code: 'edit_refused' });
    expect((await store.decisions(id)).room).toEqual({ p_1: 'kitchen' });
    expect(await store.undoRedo(id)).toEqual({ undo: 'Label Kitchen', redo: null });
    expect((await store.listing(id))?.revision).toBe(1);
  });

  test('any actions, undos and redos leave what a list of states says', async () => {
    const { id } = await store.createListing({ ...willow, folder: '/listings/any' });
    const step = fc.oneof(
      fc.record({ subject: fc.constantFrom('p_1', 'p_2', 'p_3'), to: fc.constantFrom('kitchen', 'patio', null) }),
      fc.constantFrom('undo', 'redo'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        // The store goes on from run to run; the model is the registers as they were before each done action.
        let now = await store.decisions(id);
        const past: (typeof now)[] = [];
        const future: (typeof now)[] = [];
        for (const one of steps) {
          if (one === 'undo') {
            if (past.length === 0) continue;
            await store.undo(id);
            future.push(now);
            now = past.pop() ?? now;
          } else if (one === 'redo') {
            if (future.length === 0) continue;
            await store.redo(id);
            past.push(now);
            now = future.pop() ?? now;
          } else {
            const from = now.room[one.subject] ?? null;
            if (from === one.to) continue;
            const change: Change = { field: 'room', subject: one.subject, from, to: one.to };
            await store.act(id, 'Label', [change], null);
            past.push(now);
            future.length = 0;
            now = applyChanges(now, [change]);
          }
          expect(await store.decisions(id)).toEqual(now);
        }
      }),
      { numRuns: dialect === 'sqlite' ? 40 : 10 },
    );
  });

  test('tasks keep their state, checkpoint and error', async () => {
    const { id: listingId } = await store.createListing({ ...willow, folder: '/listings/tasks' });
    const task = await store.createTask({ kind: 'analyze', listingId, input: { why: 'dropped' } });
    expect(task).toMatchObject({ state: 'waiting', fraction: 0, attempts: 0, checkpoint: null, error: null });
    const error = { code: 'disk_full', message: 'The disk is full.' } as const;
    await store.updateTask(task.id, {
      state: 'failed',
      fraction: 0.5,
      sentence: 'Reading',
      checkpoint: { at: 3 },
      error,
    });
    expect(await store.task(task.id)).toMatchObject({
      state: 'failed', fraction: 0.5, sentence: 'Reading', checkpoint: { at: 3 }, error, input: { why: 'dropped' },
    }); // biome-ignore format: one glance
    await store.updateTask(task.id, { state: 'waiting', error: null });
    expect((await store.tasks()).map(({ state, error: none }) => [state, none])).toEqual([['waiting', null]]);
  });

  test('preferences are any JSON', async () => {
    expect(await store.preference('theme')).toBeUndefined();
    await store.setPreference('theme', 'light');
    await store.setPreference('theme', { keys: { undo: 'Mod+Z' }, none: null });
    expect(await store.preference('theme')).toEqual({ keys: { undo: 'Mod+Z' }, none: null });
  });

  test('the migration goes down over data and up again', async () => {
    expect(await migrateDown(database)).toBe('006-fleet-turns');
    expect(await migrateDown(database)).toBe('005-team');
    expect(await migrateDown(database)).toBe('004-review');
    expect(await migrateDown(database)).toBe('003-films');
    expect(await migrateDown(database)).toBe('002-studio');
    await database.close();
    // Closed databases cannot be asked again; a fresh one shows both ways.
    database = await openMigrated(dialect === 'sqlite' ? join(base, 'store.db') : await postgres.createDatabase());
    store = studioStore(database);
    expect(await store.listings()).toEqual([]);
  });
});

describe('the studio database of a machine', () => {
  async function filled(home: string): Promise<void> {
    const studio = await openStudio(home);
    const { id } = await studio.store.createListing(willow);
    await studio.store.act(id, 'Label Kitchen', [label('p_1', null, 'kitchen')], null);
    await studio.close();
  }

  test('a backup is made when something changed, and only then', async () => {
    const home = join(base, 'backups');
    const studio = await openStudio(home);
    await studio.store.createListing(willow);
    expect(await studio.backUp()).toBeDefined();
    expect(await studio.backUp()).toBeUndefined();
    await studio.store.setPreference('theme', 'dark');
    expect(await studio.backUp()).toBeDefined();
    expect(readdirSync(join(home, 'backups'))).toHaveLength(2);
    await studio.close();
  });

  test.each(['bytes overwritten', 'cut short', 'not a database'])(
    'a damaged database (%s) gives way to the newest good backup',
    async (damage) => {
      const home = join(base, damage);
      await filled(home);
      const path = join(home, 'studio.db');
      // A newer backup that is damaged itself must be passed over.
      writeFileSync(join(home, 'backups', 'studio-2999-01-01T00-00-00.000Z.db'), 'SQLite format 3 but no more');
      if (damage === 'not a database') writeFileSync(path, 'hello'.repeat(2_000));
      else if (damage === 'cut short') truncateSync(path, 5_000);
      else {
        const file = await open(path, 'r+');
        for (let page = 1; page < 20; page++) await file.write(Buffer.alloc(600, 0xa5), 0, 600, page * 4_096);
        await file.close();
      }
      const studio = await openStudio(home);
      expect(studio.notices).toEqual([expect.stringMatching(/was damaged and was set aside. The backup of \d{4}-/)]);
      const [listing] = await studio.store.listings();
      expect(listing).toMatchObject({ name: '18 Willow Lane' });
      expect(await studio.store.undoRedo(listing?.id ?? '')).toEqual({ undo: 'Label Kitchen', redo: null });
      expect(readdirSync(home).filter((name) => name.includes('.damaged-')).length).toBeGreaterThan(0);
      await studio.close();
    },
  );

  test('without a good backup the library starts empty and says so', async () => {
    const home = join(base, 'no-backup');
    await filled(home);
    for (const name of readdirSync(join(home, 'backups'))) rmSync(join(home, 'backups', name));
    writeFileSync(join(home, 'studio.db'), 'x'.repeat(10_000));
    const studio = await openStudio(home);
    expect(studio.notices).toEqual([expect.stringMatching(/no good backup was found/)]);
    expect(await studio.store.listings()).toEqual([]);
    await studio.close();
  });

  test('a newer program’s database is refused and left alone', async () => {
    const home = join(base, 'newer');
    await filled(home);
    const database = await openMigrated(join(home, 'studio.db'));
    await database.db
      .insertInto('kysely_migration' as never)
      .values({ name: '999-future', timestamp: '2999' } as never)
      .execute();
    await database.close();
    await expect(openStudio(home)).rejects.toMatchObject({ code: 'database_newer' });
    expect(existsSync(join(home, 'studio.db'))).toBe(true);
  });
});

test('backups are thinned out to 20 of each age, the newest and the oldest stay', () => {
  const minute = 60_000;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 * 24 * 60 }), { maxLength: 400 }), (ages) => {
      const now = 1e12;
      const taken = ages.map((age) => now - age * minute);
      const kept = backupsToKeep(taken, now);
      const distinct = [...new Set(taken)].sort((a, b) => b - a);
      expect(kept.every((one) => distinct.includes(one))).toBe(true);
      for (const [from, to] of [
        [0, 60],
        [60, 1440],
        [1440, 10_080],
        [10_080, 1e9],
      ] as const) {
        const inside = (list: readonly number[]) =>
          list.filter((one) => now - one >= from * minute && now - one < to * minute);
        expect(inside(kept)).toHaveLength(Math.min(20, inside(distinct).length));
      }
      if (distinct.length > 0) expect([kept[0], kept.at(-1)]).toEqual([distinct[0], distinct.at(-1)]);
    }),
  );
});
