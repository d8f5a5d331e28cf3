/** One film over the real host, worked on by two pages: edits that meet, proposals, status, versions, files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Timeline } from '../../pipeline/domain.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import { checkTimeline } from '../../pipeline/timeline/invariants.ts';
import { smallListing } from '../testing/listing.node.ts';
import { builtFilm } from './testing/films.node.ts';
import { ask, type HostChild, hostChild } from './testing/host.node.ts';
import type { TimelineDocument } from './timeline-contract.ts';

const base = mkdtempSync(join(tmpdir(), 'film-edits-'));
let host: HostChild;
let id = '';
beforeAll(async () => {
  await smallListing(join(base, 'photos'), 6);
  host = await hostChild({ home: join(base, 'home') });
  const { created } = await host.studio.listings.create.mutate({ folders: [join(base, 'photos')] });
  id = created[0]?.id ?? '';
  await host.studio.listings.rename.mutate({ id, name: 'Улица Мира 5 “a/b”' });
  await builtFilm(host, id, { targetSeconds: 16 });
}, 120_000);
afterAll(async () => {
  await host?.kill('SIGKILL');
  rmSync(base, { recursive: true, force: true });
});

const get = (): Promise<TimelineDocument> => host.studio.timeline.get.query({ id });
const film = async (): Promise<Timeline> => {
  const { timeline } = await get();
  if (timeline === null) throw new Error('no film');
  return timeline;
};
const code = (error: unknown): string =>
  (error as { data?: { picaivid?: { code?: string } } }).data?.picaivid?.code ?? String(error);
const refusal = (asked: Promise<unknown>): Promise<string> => asked.then(() => 'done', code);

test('edits of two pages at once: those that commute are both there, the others are refused and change nothing', async () => {
  const { revision } = await get();
  const [a, b, c] = (await film()).clips;
  const edit = (label: string, one: Parameters<typeof applyEdit>[1], on = revision) =>
    host.studio.timeline.edit.mutate({ id, revision: on, label, edit: one });
  const amount = (clipId = '', value: number) => ({ type: 'setAmount', clipId, amount: value }) as const;
  const first = await edit('One', amount(a?.id, 0.31));
  const second = await edit('Two', amount(b?.id, 0.32));
  expect([first.revision, second.revision]).toEqual([revision + 1, revision + 2]);
  expect((await film()).clips.slice(0, 2).map((clip) => clip.amount)).toEqual([0.31, 0.32]);
  const before = await get();
  expect(await refusal(edit('Three', amount(a?.id, 0.9)))).toBe('edit_refused');
  expect(await refusal(edit('Four', amount(c?.id, 0.9), revision - 1))).toBe('edit_refused');
  expect(await refusal(edit('Five', amount(c?.id, 0.9), before.revision + 7))).toBe('edit_refused');
  expect(await refusal(edit('Six', { type: 'swapPhoto', clipId: c?.id ?? '', photoId: 'p_of_nobody' }, before.revision))).toBe('edit_refused'); // biome-ignore format: one row
  expect(await refusal(host.studio.timeline.edit.mutate({ id, revision, label: 'x', edit: { type: 'nonsense' } as never }))).toBe('bad_usage'); // biome-ignore format: one row
  expect({ ...(await get()), listing: 0 }).toEqual({ ...before, listing: 0 });
  // Undo by one page, an edit by another that has not heard of it.
  const undone = await host.studio.timeline.undo.mutate({ id });
  expect(undone).toMatchObject({ label: 'Two', redo: 'Two', undo: 'One' });
  const late = await edit('Late', amount(c?.id, 0.33), before.revision);
  expect(late).toMatchObject({ revision: before.revision + 2, redo: null });
  expect((await film()).clips.slice(0, 3).map((clip) => clip.amount)).toEqual([0.31, b?.amount, 0.33]);
});

test('many edits at once from many pages end in one valid film, and undo takes every one back', async () => {
  const before = await film();
  const answers = await Promise.all(
    before.clips.map(async (clip, i) => {
      const { revision } = await get();
      const one = { type: 'setMarker', marker: { id: `at-${clip.id}`, frame: i, label: `Shot ${i}` } } as const;
      return host.studio.timeline.edit.mutate({ id, revision, label: `Mark ${i}`, edit: one });
    }),
  );
  expect(new Set(answers.map((answer) => answer.revision)).size).toBe(before.clips.length);
  expect((await film()).markers).toHaveLength(before.clips.length);
  for (const _ of before.clips) await host.studio.timeline.undo.mutate({ id });
  expect(await film()).toEqual(before);
});

test('a proposal changes nothing until it is accepted; then it is one step, with its settings', async () => {
  const before = await get();
  const settings = { template: 'social_vertical', targetSeconds: 12, brand: { title: 'Élm Street 12', endTitle: 'Call us' } } as never; // biome-ignore format: one row
  const proposal = await host.studio.timeline.propose.mutate({ id, settings });
  expect(proposal).toMatchObject({
    revision: before.revision,
    settings: { template: 'social_vertical', frame: '9:16', targetSeconds: 12, musicId: before.settings.musicId },
    timeline: { width: 1080, height: 1920, titles: [{ text: 'Élm Street 12' }, { text: 'Call us' }] },
  });
  expect(checkTimeline(proposal.timeline)).toEqual([]);
  expect((await get()).timeline).toEqual(before.timeline);
  const asked = { id, proposalId: proposal.id, label: 'Vertical, 12 s' };
  const answer = await host.studio.timeline.accept.mutate(asked);
  expect(answer).toMatchObject({ revision: before.revision + 1, undo: 'Vertical, 12 s', settings: proposal.settings });
  const after = await get();
  expect(after.settings).toEqual(proposal.settings);
  const same = new Set(before.timeline?.clips.map((clip) => clip.id));
  expect(after.timeline?.clips.some((clip) => same.has(clip.id))).toBe(true);
  if (before.timeline === null) throw new Error('no film');
  expect(applyEdit(before.timeline, answer.edit).timeline).toEqual(after.timeline);
  const undone = await host.studio.timeline.undo.mutate({ id });
  expect(undone?.settings).toEqual(before.settings);
  expect(await film()).toEqual(before.timeline);
  expect(await refusal(host.studio.timeline.accept.mutate({ ...asked, proposalId: 'other' }))).toBe('file_not_found');
  // A silent film on an even grid; music that is not known; lengths that make no sense.
  const silent = await host.studio.timeline.propose.mutate({ id, settings: { musicId: null } });
  expect(silent).toMatchObject({ track: null, timeline: { music: null } });
  const unknown = { musicId: 'f'.repeat(64) };
  expect(await refusal(host.studio.timeline.propose.mutate({ id, settings: unknown }))).toBe('file_not_found');
  expect(await refusal(host.studio.timeline.propose.mutate({ id, settings: { targetSeconds: 5 } }))).toBe('bad_usage');
  expect(await refusal(host.studio.timeline.build.mutate({ id }))).toBe('transition_refused');
});

test('rooms that change make the film stale, and a new build is not', async () => {
  const { analysis, stale } = await get();
  const photo = analysis?.photos[0]?.id ?? '';
  expect([stale, analysis?.photos.every((one) => !('path' in one))]).toEqual([false, true]);
  const change = { field: 'excluded', subject: photo, from: null, to: true } as const;
  await host.studio.rooms.act.mutate({ id, label: 'Leave out', changes: [change] });
  expect((await get()).stale).toBe(true);
  const proposal = await host.studio.timeline.propose.mutate({ id });
  expect(proposal.timeline.clips.some((clip) => clip.photoId === photo)).toBe(false);
  await host.studio.timeline.accept.mutate({ id, proposalId: proposal.id, label: 'Build anew' });
  expect((await get()).stale).toBe(false);
  await host.studio.timeline.undo.mutate({ id });
  expect((await get()).stale).toBe(true);
  await host.studio.rooms.undo.mutate({ id });
  expect((await get()).stale).toBe(false);
});

test('a film that is approved or locked refuses edits, undo and restores in words; versions come back as a step', async () => {
  const { timeline: films } = host.studio;
  const before = await get();
  const version = await films.saveVersion.mutate({ id, name: 'For the owner' });
  expect(version).toMatchObject({ number: 1, clipCount: before.timeline?.clips.length, template: 'classic' });
  const clipId = before.timeline?.clips[0]?.id ?? '';
  const edit = { type: 'delete', clipId, ripple: true, magnet: 'frames' } as const;
  const marker = { type: 'setMarker', marker: { id: 'late', frame: 3, label: 'Later' } } as const;
  const both = { type: 'batch', edits: [edit, marker] } as const;
  await films.edit.mutate({
    id,
    revision: before.revision,
    label: 'Shorter',
    edit: { ...both, edits: [...both.edits] },
  });
  for (const status of ['approved', 'locked'] as const) {
    const locked = await films.setStatus.mutate({ id, status });
    expect(locked).toMatchObject({ timeline: { status }, undo: 'Shorter' });
    const { revision } = locked;
    expect(await refusal(films.edit.mutate({ id, revision, label: 'x', edit: marker }))).toBe('edit_refused');
    expect(await refusal(films.undo.mutate({ id }))).toBe('edit_refused');
    expect(await refusal(films.restoreVersion.mutate({ id, versionId: version.id }))).toBe('edit_refused');
  }
  await films.setStatus.mutate({ id, status: 'draft' });
  const restored = await films.restoreVersion.mutate({ id, versionId: version.id });
  expect(restored).toMatchObject({ label: 'Restore For the owner', undo: 'Restore For the owner' });
  expect(await film()).toEqual(before.timeline);
  expect(await films.version.query({ id, versionId: version.id })).toEqual(before.timeline);
  await films.undo.mutate({ id });
  expect((await film()).markers.map(({ label }) => label)).toContain('Later');
  await films.undo.mutate({ id });
  expect(await film()).toEqual(before.timeline);
  expect(await films.renameVersion.mutate({ id, versionId: version.id, name: 'Final' })).toMatchObject({
    name: 'Final',
  });
  expect((await get()).versionName).toBe('Final');
  expect(await refusal(films.version.query({ id, versionId: 'none' }))).toBe('file_not_found');
});

test('exports are downloads under the listing’s name; an .otio file comes back as it was, foreign text is refused', async () => {
  const before = await film();
  for (const [what, type, head] of [
    ['film.otio', 'application/json; charset=utf-8', '{'],
    ['edit-list.csv', 'text/csv; charset=utf-8', ''],
    ['storyboard.png', 'image/png', '\u{89}PNG'],
    ['storyboard.pdf', 'application/pdf', '%PDF'],
  ] as const) {
    const answer = await ask(host.target, `/film/${id}/${what}`);
    expect([what, answer.status, answer.headers['content-type']]).toEqual([what, 200, type]);
    expect(answer.body.subarray(0, head.length).toString('latin1')).toBe(head);
    const [, encoded = ''] = /filename\*=UTF-8''(\S+)$/.exec(answer.headers['content-disposition'] ?? '') ?? [];
    expect(decodeURIComponent(encoded)).toMatch(/^Улица Мира 5 “a_b”/);
    expect(answer.body.includes(base)).toBe(false);
  }
  const otio = (await ask(host.target, `/film/${id}/film.otio`)).body.toString('utf8');
  const clipId = before.clips[1]?.id ?? '';
  const { revision } = await get();
  const cut = { type: 'delete', clipId, ripple: true, magnet: 'frames' } as const;
  await host.studio.timeline.edit.mutate({ id, revision, label: 'Cut', edit: cut });
  const answer = await host.studio.timeline.importOtio.mutate({ id, otio });
  expect(answer.label).toBe('Import a timeline');
  const imported = await film();
  const shape = ({ clips }: Timeline) =>
    clips.map(({ photoId, motion, durationFrames }) => [photoId, motion, durationFrames]);
  expect(shape(imported)).toEqual(shape(before));
  expect(await refusal(host.studio.timeline.importOtio.mutate({ id, otio: '{"OTIO_SCHEMA":"Clip.2"}' }))).toBe(
    'bad_usage',
  );
  expect(await refusal(host.studio.timeline.importOtio.mutate({ id, otio: 'no json' }))).toBe('bad_usage');
  await host.studio.timeline.undo.mutate({ id });
  await host.studio.timeline.undo.mutate({ id });
  expect(await film()).toEqual(before);
});

test('titles are pictures with alpha by what they say; odd addresses find nothing', async () => {
  const named = (title: object): string => Buffer.from(JSON.stringify(title)).toString('base64url');
  const at = (size: string, title: string, listing = id) => ask(host.target, `/title/${listing}/${size}/${title}.png`);
  const text = { text: 'Élm Street 12', subtext: 'Улица <b>&amp;' };
  const answer = await at('640x360', named(text));
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/png']);
  expect(await sharp(answer.body).metadata()).toMatchObject({ width: 640, height: 360, hasAlpha: true });
  const { etag } = answer.headers;
  const again = await ask(host.target, `/title/${id}/640x360/${named(text)}.png`, {
    headers: { 'if-none-match': etag },
  });
  expect(again.status).toBe(304);
  for (const [size, title, listing] of [
    ['9999x9999', named(text), id], ['3841x100', named(text), id], ['0x10', named(text), id], ['640', named(text), id],
    ['640x360', 'bm8ganNvbg', id], ['640x360', named({ text: 7 }), id], ['640x360', named({}), id], ['640x360', named(text), 'nobody'],
    ['640x360', 'a'.repeat(6_100), id], ['640x360', '..%2f..%2fetc', id],
  ] as const) // biome-ignore format: cases
    expect([size, title.slice(0, 20), (await at(size, title, listing)).status]).toEqual([
      size,
      title.slice(0, 20),
      404,
    ]);
  for (const path of [
    `/music/${'0'.repeat(64)}/sound`, `/music/${'0'.repeat(64)}/..%2fpeaks`, '/music/x/peaks',
    `/film/${id}/film.exe`, `/film/${id}/..%2f..%2fstudio.db`, '/film/nobody/film.otio', '/title/x',
  ]) // biome-ignore format: cases
    expect([path, (await ask(host.target, path)).status]).toEqual([path, 404]);
});
