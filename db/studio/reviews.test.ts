/** Decisions and notes in SQLite and Postgres: added, read back whole, never rewritten, signed only for what was seen. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Database, openMigrated } from '../open.node.ts';
import { startTestPostgres } from '../testing/postgres.node.ts';
import { type NewDecisionRow, type NewNoteRow, ReviewStore } from './reviews.node.ts';
import { studioStore } from './store.node.ts';

const base = mkdtempSync(join(tmpdir(), 'picaivid-reviews-'));
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(base, { recursive: true, force: true });
});

const ada = { name: 'Ada', role: 'reviewer' } as const;
const take = (n: number): string => String(n).repeat(64);
const decision = (more: Partial<NewDecisionRow> = {}): NewDecisionRow => ({
  clipId: 'clip', specHash: take(1), state: 'approved', reason: null, comment: '', reviewer: ada, ...more,
}); // biome-ignore format: one row
const note: NewNoteRow = {
  clipId: 'clip',
  specHash: take(1),
  inFrame: 3,
  outFrame: 9,
  text: '<b>لمبة</b> 💡',
  marks: [{ tool: 'arrow', points: [[0, 0.5], [1, 0.25]], colour: 'yellow' }], // biome-ignore format: one mark
  author: ada,
};

describe.each(['sqlite', 'postgres'] as const)('reviews on %s', (dialect) => {
  let database: Database;
  let reviews: ReviewStore;
  let made = 0;
  beforeAll(async () => {
    database = await openMigrated(dialect === 'sqlite' ? join(base, 'reviews.db') : await postgres.createDatabase());
    reviews = new ReviewStore(database);
  });
  afterAll(() => database.close());

  async function listing(): Promise<{ id: string; jobId: string; clipId: string }> {
    made += 1;
    const { id, jobId } = await studioStore(database).createListing({
      name: `Listing ${made}`,
      folder: `/listings/${made}`,
      template: 'classic',
      targetSeconds: 24,
    });
    const clipId = `clip-${made}`;
    const now = new Date().toISOString();
    await database.db
      .insertInto('films')
      .values({ listing_id: id, revision: 1, settings: '{}', source_key: 'k', created_at: now, updated_at: now })
      .execute();
    await database.db
      .insertInto('clips')
      .values({
        id: clipId, job_id: jobId, room_cluster_id: null, source_photo_ids: '[]', motion_type: 'static',
        model_used: 'ken_burns', is_3d: dialect === 'postgres' ? false : 0, duration: 1, s3_uri: null,
        validation_score: null, status: 'pending', spec_hash: null, downgrade_reason: null,
      })
      .execute(); // biome-ignore format: one row
    return { id, jobId, clipId };
  }
  async function sign(id: string, row: NewDecisionRow): Promise<boolean> {
    return reviews.decide(id, row, await reviews.situation(id, row.clipId));
  }

  test('what is signed and written is read back whole, of this listing only, oldest first', async () => {
    const { id, clipId } = await listing();
    const other = await listing();
    expect(await sign(id, decision({ clipId }))).toBe(true);
    const rejected = decision({ clipId, state: 'rejected', reason: 'warping', comment: 'The door bends.' });
    expect(await sign(id, rejected)).toBe(true);
    expect(await sign(other.id, decision({ clipId: other.clipId }))).toBe(true);
    const found = await reviews.decisions(id);
    expect(found).toEqual([
      { ...decision({ clipId }), id: expect.any(String), at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
      { ...rejected, id: expect.any(String), at: expect.any(String) },
    ]);
    const noteId = await reviews.addNote(id, { ...note, clipId });
    expect(await reviews.notes(id)).toEqual([{ ...note, clipId, id: noteId, at: expect.any(String), resolved: null }]);
    expect(await reviews.notes(other.id)).toEqual([]);
    await expect(reviews.resolve(other.id, noteId, ada)).rejects.toMatchObject({ code: 'file_not_found' });
    await reviews.resolve(id, noteId, ada);
    await reviews.resolve(id, noteId, { name: 'Bob', role: 'editor' });
    expect((await reviews.notes(id))[0]?.resolved).toEqual({ by: ada, at: expect.any(String) });
  });

  test('the database refuses to change or delete a decision, a note or a resolution', async () => {
    const { id, clipId } = await listing();
    await sign(id, decision({ clipId }));
    const noteId = await reviews.addNote(id, { ...note, clipId });
    await reviews.resolve(id, noteId, ada);
    const { db } = database;
    const rewrites = [
      () => db.updateTable('review_decisions').set({ state: 'rejected' }).where('listing_id', '=', id).execute(),
      () => db.updateTable('review_notes').set({ text: '' }).where('listing_id', '=', id).execute(),
      () => db.updateTable('review_resolutions').set({ person: '{}' }).where('listing_id', '=', id).execute(),
      () => db.deleteFrom('review_decisions').where('listing_id', '=', id).execute(),
      () => db.deleteFrom('review_resolutions').where('listing_id', '=', id).execute(),
      () => db.deleteFrom('review_notes').where('listing_id', '=', id).execute(),
    ];
    for (const rewrite of rewrites) await expect(rewrite()).rejects.toThrow(/what was signed is not rewritten/);
    expect(await reviews.decisions(id)).toHaveLength(1);
    expect((await reviews.notes(id))[0]).toMatchObject({ text: note.text, resolved: { by: ada } });
  });

  test('nothing is signed when the film, the analysis, the seed, the takes or the choice among them changed since', async () => {
    const { id, jobId, clipId } = await listing();
    const { db } = database;
    const now = new Date().toISOString();
    const changes = [
      () => db.updateTable('films').set({ revision: 2 }).where('listing_id', '=', id).execute(),
      () => db.updateTable('listings').set({ revision: 7 }).where('id', '=', id).execute(),
      () => db.updateTable('clips').set({ seed: 5 }).where('id', '=', clipId).execute(),
      () =>
        db
          .insertInto('takes')
          .values({
            id: `take-${made}`, clip_id: clipId, spec_hash: take(1), renderer: 'ken_burns', verdict: 'pass',
            validation_score: 1, details: '{}', created_at: now, asked_hash: take(2),
          })
          .execute(), // biome-ignore format: one row
      () =>
        db
          .insertInto('take_choices')
          .values({ clip_id: clipId, asked_hash: take(2), spec_hash: take(1), created_at: now })
          .execute(),
      () =>
        db
          .updateTable('take_choices')
          .set({ spec_hash: take(3) })
          .where('clip_id', '=', clipId)
          .execute(),
    ];
    for (const change of changes) {
      const seen = await reviews.situation(id, clipId);
      expect(await reviews.situation(id, clipId)).toBe(seen);
      await change();
      expect(await reviews.decide(id, decision({ clipId }), seen)).toBe(false);
    }
    expect(await reviews.decisions(id)).toEqual([]);
    expect(await sign(id, decision({ clipId }))).toBe(true);
    expect(await reviews.facts(id)).toEqual({ jobId, status: 'draft', takes: 1, vouchedAt: null, refusedAt: null });
    expect(await reviews.unsettled()).toContain(id);
    const later = new Date(Date.now() + 60_000).toISOString();
    await db
      .insertInto('job_events')
      .values({
        id: `event-${made}`, job_id: jobId, event: 'approve', from_status: 'in_review', to_status: 'approved',
        details: null, created_at: later,
      })
      .execute(); // biome-ignore format: one row
    expect(await reviews.unsettled()).not.toContain(id);
    await db.updateTable('films').set({ updated_at: later }).where('listing_id', '=', id).execute();
    expect(await reviews.unsettled()).toContain(id);
  });

  test('somebody vouches for a film as it is, not for the film it becomes', async () => {
    const { id, jobId } = await listing();
    const { db } = database;
    const minute = (n: number): string => new Date(Date.UTC(2026, 10, 23, 12, n)).toISOString();
    const film = (revision: number, at: string) =>
      db.updateTable('films').set({ revision, updated_at: at }).where('listing_id', '=', id).execute();
    const vouchedAt = async () => (await reviews.facts(id))?.vouchedAt;
    const approve = (at: string, details: object | null) =>
      db
        .insertInto('job_events')
        .values({
          id: `${id} ${at}`, job_id: jobId, event: 'approve', from_status: 'in_review', to_status: 'approved',
          details: details === null ? null : JSON.stringify(details), created_at: at,
        })
        .execute(); // biome-ignore format: one row
    await film(1, minute(0));
    await approve(minute(1), { clips: 3 });
    expect(await vouchedAt()).toBeNull();
    await approve(minute(2), { name: 'Ada', reason: 'open house at noon' });
    expect(await vouchedAt()).toBe(minute(2));
    await film(2, minute(3));
    expect(await vouchedAt()).toBeNull();
    await db
      .insertInto('deliveries')
      .values({
        id: `delivery ${id}`, listing_id: id, state: 'done', film_revision: 2, settings: '{}', person: '{}', override: '{}',
        folder: '', films: '[]', error: null, created_at: minute(4), updated_at: minute(4),
      })
      .execute(); // biome-ignore format: one row
    expect(await vouchedAt()).toBe(minute(4));
    await film(3, minute(5));
    expect(await vouchedAt()).toBeNull();
  });

  test('the newest decision stays the newest when the clock is set back', async () => {
    const { id, clipId } = await listing();
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2031-05-05T10:00:00Z') });
    try {
      await sign(id, decision({ clipId }));
      vi.setSystemTime(new Date('2030-01-01T00:00:00Z'));
      await sign(id, decision({ clipId, state: 'changes_requested', comment: 'again' }));
      await sign(id, decision({ clipId, state: 'rejected', reason: 'flicker' }));
    } finally {
      vi.useRealTimers();
    }
    const found = await reviews.decisions(id);
    expect(found.map(({ state }) => state)).toEqual(['approved', 'changes_requested', 'rejected']);
    expect(found.at(-1)?.at).toBe('2031-05-05T10:00:00.002Z');
    expect((await reviews.facts(id))?.refusedAt).toBe('2031-05-05T10:00:00.002Z');
  });
});
