/** Films over the real host: built by themselves, edited, undone, there after a kill. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { totalFrames } from '../../pipeline/timeline/clip-math.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import { checkTimeline } from '../../pipeline/timeline/invariants.ts';
import { builtFilm } from './testing/films.node.ts';
import { eventStream, until } from './testing/host.node.ts';
import { testHosts } from './testing/hosts.node.ts';

const { base, photos, start } = testHosts('films', 6, '18_willow_lane');

test('the first film is made ahead, shown as such by nobody, and taken only while rooms and settings are the same', async () => {
  const host = await start('ahead');
  const { studio } = host;
  const { created } = await studio.listings.create.mutate({ folders: [photos] });
  const id = created[0]?.id ?? '';
  await until(async () => host.log().includes('the first film was built ahead') || undefined);
  expect(await studio.rooms.get.query({ id })).toMatchObject({ listing: { status: 'planned', task: null } });
  expect(await studio.timeline.get.query({ id })).toMatchObject({ timeline: null, revision: 0 });
  const taken = await builtFilm(host, id);
  expect(taken).toMatchObject({ revision: 1, stale: false, listing: { status: 'timeline_ready' } });
  expect(host.log()).toContain('the film that was built ahead is taken');
  expect(Object.keys(taken.light)).toHaveLength(6);

  // Another listing, whose rooms are mended before its film is looked at.
  const again = join(base, '19_willow_lane');
  cpSync(photos, again, { recursive: true });
  const second = (await studio.listings.create.mutate({ folders: [again] })).created[0]?.id ?? '';
  await until(async () => host.log().split('the first film was built ahead').length > 2 || undefined);
  const [photo] = (await studio.rooms.get.query({ id: second })).analysis?.photos ?? [];
  const changes = [{ field: 'excluded' as const, subject: photo?.id ?? '', from: null, to: true }];
  await studio.rooms.act.mutate({ id: second, label: 'Leave out 1 photo', changes });
  const { timeline, stale } = await builtFilm(host, second);
  expect(stale).toBe(false);
  expect(timeline?.clips.length).toBeGreaterThan(0);
  expect(timeline?.clips.map((clip) => clip.photoId)).not.toContain(photo?.id);
  expect(host.log().split('the film that was built ahead is taken')).toHaveLength(2);
});

test('the first film builds itself to the studio’s own music; edits, undo and redo are durable', async () => {
  let host = await start('edits');
  const { timeline: films } = host.studio;
  const { created } = await host.studio.listings.create.mutate({ folders: [photos] });
  const id = created[0]?.id ?? '';
  await expect(films.build.mutate({ id })).rejects.toThrow('have not been analysed yet');
  const stream = await eventStream(host.target);
  const first = await builtFilm(host, id, { targetSeconds: 20 });
  stream.close();
  const { timeline } = first;
  if (timeline === null) throw new Error('no film');
  expect(checkTimeline(timeline)).toEqual([]);
  expect(first).toMatchObject({
    revision: 1,
    undo: null,
    redo: null,
    stale: false,
    settings: { template: 'classic', targetSeconds: 20, frame: '16:9' },
    music: { name: 'Morning Light', source: 'studio', state: 'ready', hasPulse: true, beatsPerBar: 4 },
    listing: { status: 'timeline_ready' },
  });
  expect(first.track?.bpm).toBeCloseTo(96, 0);
  expect(Math.abs(totalFrames(timeline.clips) / 30 - 20)).toBeLessThan(60 / 96);
  expect(JSON.stringify(first)).not.toContain(join(base, 'edits'));
  expect(stream.events).toContainEqual({ type: 'timeline', listingId: id, revision: 1 });

  const [clip] = timeline.clips;
  const trim = { type: 'trimOut', clipId: clip?.id ?? '', frames: 12, ripple: true, magnet: 'frames' } as const;
  const answer = await films.edit.mutate({ id, revision: 1, label: 'Longer front', edit: trim });
  expect(answer).toMatchObject({ revision: 2, label: 'Longer front', edit: trim, undo: 'Longer front', redo: null });
  const longer = applyEdit(timeline, trim).timeline;
  await host.kill('SIGKILL');

  host = await start('edits');
  const after = await host.studio.timeline.get.query({ id });
  expect(after.timeline).toEqual(longer);
  expect([after.revision, after.undo]).toEqual([2, 'Longer front']);
  const undone = await host.studio.timeline.undo.mutate({ id });
  expect(undone).toMatchObject({ revision: 3, undo: null, redo: 'Longer front', edit: { type: 'patch' } });
  if (undone === null) throw new Error('nothing undone');
  expect(applyEdit(longer, undone.edit).timeline).toEqual(timeline);
  expect(await host.studio.timeline.undo.mutate({ id })).toBeNull();
  await host.kill('SIGKILL');

  host = await start('edits');
  expect((await host.studio.timeline.get.query({ id })).timeline).toEqual(timeline);
  expect(await host.studio.timeline.redo.mutate({ id })).toMatchObject({ revision: 4, edit: trim });
  expect((await host.studio.timeline.get.query({ id })).timeline).toEqual(longer);
  expect((await host.studio.timeline.history.query({ id })).map(({ label, undone: off }) => [label, off])).toEqual([
    ['Longer front', false],
  ]);
});
