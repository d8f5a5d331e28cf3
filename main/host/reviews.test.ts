/** Review over the real host: decisions sign one take, the job follows, roles are kept. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ErrorCode } from '../../base/errors.ts';
import { newId } from '../../db/id.node.ts';
import type { ValidationFigure } from '../../pipeline/domain.ts';
import { smallListing } from '../testing/listing.node.ts';
import type { ReviewDocument } from './review-contract.ts';
import { eventStream, type HostChild, hostChild, until } from './testing/host.node.ts';
import { smallFilm } from './testing/renders.node.ts';
import { TakeMaker } from './testing/reviews.node.ts';

const base = mkdtempSync(join(tmpdir(), 'reviews-'));
const home = join(base, 'home');
const FRAMES = 24;
let host: HostChild;
let id = '';
let clipIds: readonly string[] = [];
let takes: TakeMaker;

beforeAll(async () => {
  await smallListing(join(base, 'photos'), 3);
  host = await hostChild({ home });
  const film = await smallFilm(host, join(base, 'photos'), { count: 3, frames: FRAMES });
  id = film.id;
  clipIds = film.clips.map((clip) => clip.id);
  takes = await TakeMaker.open(home, id);
});
afterAll(async () => {
  await takes?.close();
  await host?.kill();
  rmSync(base, { recursive: true, force: true });
});

const ada = { name: 'Ada Lovelace', role: 'producer' } as const;
beforeEach(async () => {
  await host.studio.person.set.mutate(ada);
});

const document = (): Promise<ReviewDocument> => host.studio.review.get.query({ id });
async function clipAt(index: number) {
  const clip = (await document()).clips[index];
  if (clip === undefined) throw new Error('no such clip');
  return clip;
}
const shown = async (index: number): Promise<string> =>
  (await clipAt(index)).takes.find(({ current }) => current)?.specHash ?? '';
const status = async (): Promise<string> => (await document()).listing.status;
const statusBecomes = (wanted: string): Promise<true> =>
  until(async () => ((await status()) === wanted ? true : undefined));

type Refusal = { readonly code: ErrorCode; readonly message: string };
async function refusal(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    const found = (error as { data?: { picaivid?: Refusal } }).data?.picaivid;
    if (found !== undefined) return found;
    throw error;
  }
  throw new Error('it was not refused');
}
const clipId = (index: number): string => clipIds[index] ?? '';
const decide = async (index: number, more: object) =>
  host.studio.review.decide.mutate({
    id,
    decision: { clipId: clipId(index), specHash: await shown(index), state: 'approved', ...more },
  });
const addNote = (index: number, specHash: string, more: object) =>
  host.studio.review.addNote.mutate({
    id,
    note: { clipId: clipId(index), specHash, inFrame: 0, outFrame: 0, text: 'look', ...more },
  });

async function setMotion(index: number, motion: 'push_in' | 'pan_left' | 'pan_right'): Promise<void> {
  const { revision } = await host.studio.timeline.get.query({ id });
  const edit = { type: 'setMotion' as const, clipId: clipId(index), motion };
  await host.studio.timeline.edit.mutate({ id, revision, label: 'Another motion', edit });
}

test('a film is signed clip by clip; the job follows; a changed film is in review again, and undone it is approved again', async () => {
  expect((await document()).clips.map(({ review, findings, notes }) => [review, findings, notes])).toEqual(
    clipIds.map(() => ['pending', [], []]),
  );
  const lacking = await refusal(decide(0, { specHash: 'a'.repeat(64) }));
  expect(lacking).toMatchObject({ code: 'take_outdated', message: expect.stringContaining('Render the clip') });
  const flicker: ValidationFigure = { name: 'flicker', value: 2, limit: 1.5, pass: false, frames: [[4, 6]] };
  const first = await takes.put(clipId(0), {
    facts: { figures: [flicker], reasons: ['The brightness flickers.'], verdict: 'fail' },
  });
  await takes.put(clipId(1));
  await takes.put(clipId(2));
  expect((await clipAt(0)).findings).toEqual([
    { figure: 'flicker', sentence: 'The brightness flickers.', severity: 'fail', firstFrame: 4, lastFrame: 6 },
  ]);

  // Nobody signs without a name.
  await host.studio.person.set.mutate({ name: ' ', role: 'reviewer' });
  expect(await refusal(decide(0, {}))).toMatchObject({ code: 'bad_usage', message: expect.stringContaining('name') });
  await host.studio.person.set.mutate({ name: 'Ada Lovelace', role: 'reviewer' });

  const once = await decide(0, { reason: 'flicker' });
  expect(once.listing.status).toBe('in_review');
  expect(once.clips[0]).toMatchObject({
    review: 'approved',
    decisions: [
      { specHash: first, state: 'approved', reason: null, reviewer: { name: 'Ada Lovelace', role: 'reviewer' } },
    ],
  });
  await decide(1, {});
  const all = await decide(2, {});
  await host.studio.person.set.mutate(ada);
  expect(all.listing.status).toBe('approved');
  expect((await host.studio.listings.list.query()).find((card) => card.id === id)?.status).toBe('approved');

  await setMotion(1, 'pan_left');
  await statusBecomes('in_review');
  expect((await clipAt(1)).review).toBe('pending');
  const second = await takes.put(clipId(1));
  expect((await clipAt(1)).review).toBe('pending');
  const old = all.clips[1]?.takes.find(({ current }) => current)?.specHash ?? '';
  expect(await refusal(decide(1, { specHash: old }))).toMatchObject({
    code: 'take_outdated',
    message: expect.stringMatching(/^Take 1 of .*take 2 is\. Look at that one\.$/),
  });
  await host.studio.timeline.undo.mutate({ id });
  await statusBecomes('approved');
  expect(await clipAt(1)).toMatchObject({ review: 'approved', decisions: [{ specHash: old }] });
  await host.studio.timeline.redo.mutate({ id });
  await statusBecomes('in_review');
  expect(await shown(1)).toBe(second);

  // Another take for the same wish, chosen by a person: pending until that very take is signed.
  const third = await takes.put(clipId(1), { vary: { amount: 0.1 } });
  await host.studio.renders.choose.mutate({ id, clipId: clipId(1), specHash: third });
  expect((await decide(1, {})).listing.status).toBe('approved');
  await host.studio.renders.choose.mutate({ id, clipId: clipId(1), specHash: second });
  await statusBecomes('in_review');
  expect((await clipAt(1)).review).toBe('pending');
  expect((await decide(1, {})).listing.status).toBe('approved');
  const back = await decide(2, { state: 'rejected', reason: 'warping' });
  expect(back.listing.status).toBe('in_review');
  expect(back.clips[2]?.decisions.map(({ state, reason }) => [state, reason])).toEqual([
    ['approved', null],
    ['rejected', 'warping'],
  ]);
  const events = await takes.database.db.selectFrom('job_events').select('event').orderBy('created_at').execute();
  expect(events.map(({ event }) => event).filter((event) => ['submit_review', 'approve', 'reopen'].includes(event))).toEqual([
    'submit_review', 'approve', 'reopen', 'approve', 'reopen', 'approve', 'reopen', 'approve', 'reopen',
  ]); // biome-ignore format: one list
});

test('a decision says what it lacks, and a note what is wrong with it; resolving twice is once', async () => {
  const specHash = await shown(2);
  const lacking = async (more: object): Promise<string> => {
    const { code, message } = await refusal(decide(2, more));
    expect(code).toBe('bad_usage');
    return message;
  };
  expect(await lacking({ state: 'rejected' })).toMatch(/reason/);
  expect(await lacking({ state: 'rejected', reason: 'other', comment: '  ' })).toMatch(/comment/);
  expect(await lacking({ state: 'changes_requested' })).toMatch(/comment/);
  for (const [more, code] of [
    [{ inFrame: 5, outFrame: 4 }, 'bad_usage'],
    [{ inFrame: 0, outFrame: FRAMES }, 'bad_usage'],
    [{ text: '  ' }, 'bad_usage'],
    [{ specHash: 'b'.repeat(64) }, 'file_not_found'],
    [{ clipId: 'nobody' }, 'clip_missing'],
  ] as const)
    expect(await refusal(addNote(2, specHash, more))).toMatchObject({ code });
  expect((await clipAt(2)).notes).toEqual([]);

  const noted = await addNote(2, specHash, { inFrame: FRAMES - 1, outFrame: FRAMES - 1, text: 'The lamp is new' });
  const note = noted.clips[2]?.notes[0];
  expect(note).toMatchObject({ text: 'The lamp is new', author: ada, resolved: null, inFrame: FRAMES - 1 });
  // A note on the frame says what is to be changed.
  expect((await decide(2, { state: 'changes_requested' })).clips[2]?.review).toBe('changes_requested');
  await host.studio.person.set.mutate({ name: 'Bob', role: 'editor' });
  const noteId = note?.id ?? '';
  const resolved = (await host.studio.review.resolveNote.mutate({ id, noteId })).clips[2]?.notes[0]?.resolved;
  expect(resolved).toMatchObject({ by: { name: 'Bob', role: 'editor' } });
  await host.studio.person.set.mutate(ada);
  expect((await host.studio.review.resolveNote.mutate({ id, noteId })).clips[2]?.notes[0]?.resolved).toEqual(resolved);
  expect(await refusal(host.studio.review.resolveNote.mutate({ id, noteId: newId() }))).toMatchObject({
    code: 'file_not_found',
  });
  expect(await lacking({ state: 'changes_requested' })).toMatch(/comment/);
});

test('a take whose file is altered or gone is not approved, and can be rejected', async () => {
  const specHash = await shown(0);
  const path = join(home, 'takes', specHash, 'clip.mp4');
  const { atime, mtime, size } = await stat(path);
  const whole = await readFile(path);
  // As many bytes, at the same time: only every byte tells.
  writeFileSync(path, Buffer.alloc(size, 7));
  utimesSync(path, atime, mtime);
  expect(await refusal(decide(0, {}))).toMatchObject({
    code: 'clip_invalid',
    message: expect.stringContaining('not the one that was rendered'),
  });
  rmSync(path);
  expect(await refusal(decide(0, {}))).toMatchObject({ code: 'clip_invalid' });
  expect((await decide(0, { state: 'rejected', reason: 'exposure' })).clips[0]?.review).toBe('rejected');
  // Put back from a backup: another time, the same bytes.
  writeFileSync(path, whole);
  expect((await decide(0, {})).clips[0]?.review).toBe('approved');
});

test('each method keeps to the roles of its table', async () => {
  const { timeline, rooms, review } = host.studio;
  const { revision } = await timeline.get.query({ id });
  const specHash = await shown(0);
  const edit = { type: 'setMotion' as const, clipId: 'nobody', motion: 'push_in' as const };
  const change = { field: 'amount' as const, subject: 'nobody', from: null, to: 0.5 };
  const film = ['editor', 'producer'];
  const sign = ['reviewer', 'producer'];
  const all = ['editor', 'reviewer', 'producer'];
  const methods: readonly [string, readonly string[], () => Promise<unknown>][] = [
    ['rooms.act', film, () => rooms.act.mutate({ id, label: 'Nothing', changes: [change] })],
    ['rooms.undo', film, () => rooms.undo.mutate({ id })],
    ['rooms.redo', film, () => rooms.redo.mutate({ id })],
    ['timeline.build', film, () => timeline.build.mutate({ id })],
    ['timeline.accept', film, () => timeline.accept.mutate({ id, proposalId: newId(), label: 'x' })],
    ['timeline.edit', film, () => timeline.edit.mutate({ id, revision, label: 'x', edit })],
    ['timeline.undo', film, () => timeline.undo.mutate({ id })],
    ['timeline.redo', film, () => timeline.redo.mutate({ id })],
    ['timeline.setStatus', film, () => timeline.setStatus.mutate({ id, status: 'draft' })],
    ['timeline.restoreVersion', film, () => timeline.restoreVersion.mutate({ id, versionId: newId() })],
    ['timeline.importOtio', film, () => timeline.importOtio.mutate({ id, otio: '{}' })],
    ['review.decide', sign, () => decide(0, { specHash: 'c'.repeat(64) })],
    ['review.addNote', all, () => addNote(0, specHash, { text: 'seen' })],
    ['review.resolveNote', all, () => review.resolveNote.mutate({ id, noteId: newId() })],
    ['renders.start', all, () => host.studio.renders.start.mutate({ id, clipIds: ['nobody'] })],
    ['renders.cancel', all, () => host.studio.renders.cancel.mutate({ id, clipIds: 'all' })],
    ['renders.choose', all, () => host.studio.renders.choose.mutate({ id, clipId: 'nobody', specHash })],
    ['review.get', all, document],
    ['timeline.get', all, () => timeline.get.query({ id })],
    ['timeline.propose', all, () => timeline.propose.mutate({ id, settings: { musicId: null } })],
    ['timeline.versions', all, () => timeline.versions.query({ id })],
    ['rooms.get', all, () => rooms.get.query({ id })],
  ];
  const wrong: string[] = [];
  for (const role of all as ('editor' | 'reviewer' | 'producer')[]) {
    await host.studio.person.set.mutate({ name: 'Ada', role });
    for (const [name, who, call] of methods) {
      // What is allowed may be refused for another reason, as these calls are made to be harmless.
      const code = await call().then(
        () => 'done',
        (error) => (error as { data?: { picaivid?: Refusal } }).data?.picaivid?.code ?? String(error),
      );
      if ((code === 'forbidden_role') === who.includes(role)) wrong.push(`${name} as ${role}: ${code}`);
    }
  }
  expect(wrong).toEqual([]);
  await host.studio.person.set.mutate({ name: 'Ada', role: 'editor' });
  expect(await refusal(decide(0, {}))).toEqual({
    code: 'forbidden_role',
    message: 'As editor you may not sign clips: a reviewer or a producer may. Change your role in Settings.',
  });
});

test('a film that somebody vouched for stays delivered until something of it changes', async () => {
  const { db } = takes.database;
  const { filmRevision } = await document();
  await decide(2, { state: 'rejected', reason: 'flicker' });
  await statusBecomes('in_review');
  const at = new Date().toISOString();
  const { job_id: jobId } = await db
    .selectFrom('listings')
    .select('job_id')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  await db
    .insertInto('deliveries')
    .values({
      id: newId(), listing_id: id, state: 'done', film_revision: filmRevision, settings: '{}', person: JSON.stringify(ada),
      override: JSON.stringify({ name: 'Ada', reason: 'open house at noon' }), folder: '', films: '[]', error: null,
      created_at: at, updated_at: at,
    })
    .execute(); // biome-ignore format: one row
  await db.updateTable('jobs').set({ status: 'delivered' }).where('id', '=', jobId).execute();
  expect((await addNote(0, await shown(0), { text: 'still fine' })).listing.status).toBe('delivered');
  expect((await decide(2, { state: 'rejected', reason: 'warping' })).listing.status).toBe('in_review');
});

test('decisions and edits at once: what was answered is signed for the take that the film showed, the rest is refused', async () => {
  const specHash = await shown(0);
  const { revision } = await host.studio.timeline.get.query({ id });
  const edit = (motion: 'push_in' | 'pan_right', at: number) =>
    host.studio.timeline.edit.mutate({
      id,
      revision: revision + at,
      label: motion,
      edit: { type: 'setMotion', clipId: clipId(0), motion },
    });
  const before = (await clipAt(0)).decisions.length;
  const sign = (comment: string) => decide(0, { specHash, comment }).then(() => comment);
  const calls = [sign('a'), sign('b'), edit('pan_right', 0).then(() => 'edit'), sign('c'), sign('d'), sign('e')];
  const settled = await Promise.allSettled(calls);
  const signed = settled.flatMap((one) => (one.status === 'fulfilled' && one.value !== 'edit' ? [one.value] : []));
  for (const one of settled)
    if (one.status === 'rejected') expect((await refusal(Promise.reject(one.reason))).code).toBe('take_outdated');
  const { decisions, review } = await clipAt(0);
  expect(
    decisions
      .slice(before)
      .map(({ comment }) => comment)
      .sort(),
  ).toEqual(signed.sort());
  expect(new Set(decisions.slice(before).map((one) => one.specHash)).size).toBeLessThanOrEqual(1);
  expect(review).toBe('pending');
  await host.studio.timeline.undo.mutate({ id });
  expect(await shown(0)).toBe(specHash);
});

test('pages hear of decisions, of the card, and of who sits there', async () => {
  const stream = await eventStream(host.target);
  await until(async () => stream.events.find(({ type }) => type === 'hello'));
  const bob = { name: 'Bob', role: 'reviewer' } as const;
  await host.studio.person.set.mutate(bob);
  await decide(0, {});
  const told = await until(async () => {
    const found = stream.events.filter(({ type }) => type === 'person' || type === 'review');
    return found.length >= 2 ? found : undefined;
  });
  stream.close();
  expect(told).toEqual([
    { type: 'person', person: bob },
    { type: 'review', listingId: id },
  ]);
  expect(await host.studio.person.get.query()).toEqual(bob);
});

test('a host that ended between a decision and what follows from it makes up for it', async () => {
  for (const index of [0, 1, 2]) await decide(index, {});
  expect(await status()).toBe('approved');
  const { db } = takes.database;
  await host.kill('SIGKILL');
  // As if it had ended right after the last signature.
  await db.deleteFrom('job_events').where('event', '=', 'approve').execute();
  await db.updateTable('jobs').set({ status: 'in_review' }).execute();
  host = await hostChild({ home });
  await statusBecomes('approved');
});
