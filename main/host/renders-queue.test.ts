/** The queue of renders over the real host: order, stopping, going on, edits made meanwhile. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { type EventStream, eventStream, until } from './testing/host.node.ts';
import { testHosts } from './testing/hosts.node.ts';
import { clipState, rendersDone, smallFilm } from './testing/renders.node.ts';

const { base, photos, start } = testHosts('render-queue', 3);
const takesIn = (home: string): number => readdirSync(join(base, home, 'takes')).length;
/** Clips in the order in which they began. */
const begun = ({ events }: EventStream): string[] => [
  ...new Set(events.flatMap((event) => (event.type === 'render_progress' ? [event.clipId] : []))),
];

test('clips on screen go first; one that is cancelled stops at once, and the others go on', async () => {
  const host = await start('order');
  const { renders } = host.studio;
  // Long enough that none is done before the next call.
  const { id, clips } = await smallFilm(host, photos, { frames: 400 });
  const [a = '', b = '', c = ''] = clips.map((clip) => clip.id);
  const stream = await eventStream(host.target);
  await renders.start.mutate({ id, clipIds: [a, b, c] });
  await renders.look.mutate({ id, clipIds: [c] });
  await until(async () => ((await clipState(host, id, a)) === 'rendering' ? true : undefined));
  const waiting = await renders.get.query({ id });
  expect(waiting.clips.map(({ state, place }) => [state, place])).toEqual([
    ['rendering', null],
    ['queued', 2],
    ['queued', 1],
  ]);
  expect(waiting.task).toMatchObject({ kind: 'render', state: 'running', sentence: expect.stringContaining('of 3') });
  expect(waiting.listing.status).toBe('rendering');

  const stopped = await renders.cancel.mutate({ id, clipIds: [a] });
  expect(stopped.clips[0]).toMatchObject({ state: 'missing', takes: [], error: null });
  await until(async () => ((await clipState(host, id, c)) === 'rendering' ? true : undefined));
  const none = await renders.cancel.mutate({ id, clipIds: 'all' });
  expect(none.clips.map(({ state }) => state)).toEqual(['missing', 'missing', 'missing']);
  expect(none.task).toBeNull();
  stream.close();
  expect(begun(stream)).toEqual([a, c]);
  expect((await host.studio.tasks.list.query()).filter(({ kind }) => kind === 'render')).toMatchObject([
    { state: 'cancelled' },
  ]);
  await until(async () => {
    const { status } = (await renders.get.query({ id })).listing;
    return status === 'timeline_ready' ? true : undefined;
  });
  // Nothing half-made is left where takes lie.
  const inside = readdirSync(join(base, 'order', 'takes'), { recursive: true }).map(String);
  expect(inside.filter((name) => /\.(mp4|json)$/.test(name))).toEqual([]);
});

test('a paused queue waits, also over a restart; what was finished is not made again', async () => {
  let host = await start('pause');
  const { id, clips } = await smallFilm(host, photos, { frames: 90 });
  await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  await until(async () => ((await clipState(host, id, clips[1]?.id ?? '')) === 'rendering' ? true : undefined));
  const task = (await host.studio.renders.get.query({ id })).task;
  await host.studio.tasks.pause.mutate({ id: task?.id ?? '' });
  const paused = await host.studio.renders.get.query({ id });
  expect(paused.task).toMatchObject({ state: 'paused' });
  expect(paused.clips.map(({ state, place }) => [state, place])).toEqual([
    ['rendered', null],
    ['queued', 1],
    ['queued', 2],
  ]);
  const at = paused.clips[0]?.takes[0]?.at;
  // Taken out one by one, nothing is left to wait for; asked for again, both wait again.
  await host.studio.renders.cancel.mutate({ id, clipIds: [clips[1]?.id ?? ''] });
  const none = await host.studio.renders.cancel.mutate({ id, clipIds: [clips[2]?.id ?? ''] });
  expect([none.task, none.clips.map(({ state }) => state)]).toEqual([null, ['rendered', 'missing', 'missing']]);
  const anew = await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  await host.studio.tasks.pause.mutate({ id: anew.task?.id ?? '' });
  await host.kill('SIGKILL');
  host = await start('pause');
  expect((await host.studio.renders.get.query({ id })).clips.map(({ state }) => state)).toEqual(['rendered', 'queued', 'queued']); // biome-ignore format: one line
  await host.studio.tasks.resume.mutate({ id: anew.task?.id ?? '' });
  const done = await rendersDone(host, id);
  expect(done.clips.map(({ state, takes }) => [state, takes.filter(({ current }) => current).length])).toEqual([
    ['rendered', 1],
    ['rendered', 1],
    ['rendered', 1],
  ]);
  expect(done.clips[0]?.takes[0]?.at).toBe(at);
  expect(takesIn('pause')).toBe(done.clips.reduce((sum, { takes }) => sum + takes.length, 0));
  const tasks = (await host.studio.tasks.list.query()).filter(({ kind }) => kind === 'render');
  expect(tasks).toMatchObject([{ state: 'cancelled' }, { state: 'done', sentence: '2 clips rendered' }]);
});

test('edits made while clips wait or are rendered count: the film of now is rendered and nothing else', async () => {
  const host = await start('edits');
  const { renders, timeline } = host.studio;
  const { id, clips } = await smallFilm(host, photos, { frames: 150 });
  const [a = '', b = '', c = ''] = clips.map((clip) => clip.id);
  await renders.start.mutate({ id, clipIds: 'changed' });
  await until(async () => ((await clipState(host, id, a)) === 'rendering' ? true : undefined));
  const { revision } = await timeline.get.query({ id });
  const short = (clipId: string) => ({ type: 'setDuration' as const, clipId, durationFrames: 20, ripple: true, magnet: 'frames' as const }); // biome-ignore format: one edit
  // The running one and one that waits become short, the last leaves the film.
  const edit = { type: 'batch' as const, edits: [short(a), short(b), { type: 'delete' as const, clipId: c, ripple: true, magnet: 'frames' as const }] }; // biome-ignore format: one edit
  await timeline.edit.mutate({ id, revision, label: 'Shorter', edit });
  const done = await rendersDone(host, id);
  expect(done.clips.map(({ clipId, state, takes }) => [clipId, state, takes.map(({ frames }) => frames)])).toEqual([
    [a, 'rendered', [20]],
    [b, 'rendered', [20]],
  ]);
  expect(takesIn('edits')).toBeLessThanOrEqual(3);
  expect((await host.studio.timeline.undo.mutate({ id }))?.label).toBe('Shorter');
  const back = await renders.get.query({ id });
  expect(back.clips.map(({ state }) => state)).toEqual(['stale', 'stale', 'missing']);
});

test('the same call twice renders once, and another seed is another take', async () => {
  const host = await start('twice');
  const { renders } = host.studio;
  const { id, clips } = await smallFilm(host, photos, { count: 1 });
  const clipId = clips[0]?.id ?? '';
  await Promise.all([1, 2, 3].map(() => renders.start.mutate({ id, clipIds: [clipId] })));
  const done = await rendersDone(host, id);
  expect(done.clips[0]).toMatchObject({ state: 'rendered', takes: [{ number: 1, seed: 0, current: true }] });
  const asked = await renders.again.mutate({ id, clipId, changes: { seed: 7 } });
  // It is no edit of the film.
  expect(asked).toMatchObject({ filmRevision: done.filmRevision });
  expect(asked.clips[0]?.seed).toBe(7);
  const again = await rendersDone(host, id);
  expect(again.clips[0]?.takes).toMatchObject([
    { number: 1, seed: 0, current: false },
    { number: 2, seed: 7, current: true },
  ]);
  expect(await renders.again.mutate({ id, clipId, changes: { seed: 7 } })).toMatchObject({ task: null });
});

test('photos that come while clips are rendered are analysed meanwhile, and nothing is wedged', async () => {
  const folder = join(base, 'growing');
  await smallListing(folder, 3);
  const host = await start('growing-home');
  const { id, clips } = await smallFilm(host, folder, { frames: 90 });
  await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  await until(async () => ((await clipState(host, id, clips[0]?.id ?? '')) === 'rendering' ? true : undefined));
  await sharp({ create: { width: 640, height: 480, channels: 3, background: '#a86' } })
    .composite([{ input: { create: { width: 200, height: 300, channels: 3, background: '#136' } }, left: 90, top: 80 }])
    .jpeg()
    .toFile(join(folder, 'z_new.jpg'));
  await host.studio.listings.refresh.mutate({ id });
  const done = await rendersDone(host, id);
  expect(done.clips.map(({ state }) => state)).toEqual(['rendered', 'rendered', 'rendered']);
  const status = await until(async () => {
    const tasks = await host.studio.tasks.list.query();
    expect(tasks.filter(({ state }) => state === 'failed')).toEqual([]);
    if (tasks.some(({ state }) => state === 'running' || state === 'waiting')) return undefined;
    const now = await host.studio.rooms.get.query({ id });
    expect(now.analysis?.photos).toHaveLength(4);
    return now.listing.status === 'in_review' ? now.listing.status : undefined;
  });
  expect(status).toBe('in_review');
  expect((await host.studio.renders.get.query({ id })).clips.map(({ state }) => state)).toEqual(['rendered', 'rendered', 'rendered']); // biome-ignore format: one line
});

test('two clips that show the same frames are rendered once', async () => {
  const host = await start('split');
  const { id, clips } = await smallFilm(host, photos, { count: 1, frames: 40 });
  const { revision } = await host.studio.timeline.get.query({ id });
  const edit = { type: 'split' as const, atFrame: 20, newId: 'second-half', magnet: 'frames' as const };
  await host.studio.timeline.edit.mutate({ id, revision, label: 'Split', edit });
  await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  const done = await rendersDone(host, id);
  expect(done.clips.map(({ clipId, state, usedFrames }) => [clipId, state, usedFrames])).toEqual([
    [clips[0]?.id, 'rendered', { first: 0, last: 19 }],
    ['second-half', 'rendered', { first: 20, last: 39 }],
  ]);
  expect(takesIn('split')).toBe(done.clips[0]?.takes.length);
});
