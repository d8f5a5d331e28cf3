/** What goes wrong with renders and their files: each a sentence, the others go on, and there is a way back. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TRPCClientError } from '@trpc/client';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import type { StudioRouter } from './router.ts';
import { ask, client, type HostChild, signIn, until } from './testing/host.node.ts';
import { testHosts } from './testing/hosts.node.ts';
import { rendersDone, smallFilm } from './testing/renders.node.ts';

const { base, photos, start } = testHosts('render-failures', 3);
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: TRPCClientError<StudioRouter>) => error.data?.picaivid,
  );
/** Reads the folder again and waits until the listing has so many photos and nothing reads it any more. */
async function read(host: HostChild, id: string, photoCount: number): Promise<void> {
  await host.studio.listings.refresh.mutate({ id });
  await until(async () => {
    const tasks = (await host.studio.tasks.list.query()).filter(({ kind }) => kind === 'analyze');
    if (tasks.some(({ state }) => state === 'waiting' || state === 'running')) return undefined;
    const { analysis } = await host.studio.rooms.get.query({ id });
    return analysis?.photos.length === photoCount ? true : undefined;
  });
}
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

test('a photo that is gone, or another one under its name, fails its clip alone; put back, it is rendered', async () => {
  const own = join(base, 'own');
  await smallListing(own, 3);
  const host = await start('photos');
  const { id } = await smallFilm(host, own);
  const before = await host.studio.renders.get.query({ id });
  const [gone = '', other = ''] = before.clips.map(({ photoFile }) => join(own, photoFile));
  renameSync(gone, join(base, 'kept.jpg'));
  copyFileSync(other, join(base, 'kept-other.jpg'));
  await sharp({ create: { width: 400, height: 300, channels: 3, background: '#264' } })
    .jpeg()
    .toFile(`${other}.new`);
  renameSync(`${other}.new`, other);
  await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  const failed = await rendersDone(host, id);
  expect(failed.clips.map(({ state }) => state)).toEqual(['failed', 'failed', 'rendered']);
  for (const clip of failed.clips.slice(0, 2)) {
    expect(clip.error).toMatchObject({ code: 'file_not_found', message: expect.stringContaining(clip.photoFile) });
    expect(JSON.stringify(clip.error)).not.toContain(own);
  }
  const [task] = (await host.studio.tasks.list.query()).filter(({ kind }) => kind === 'render');
  expect(task).toMatchObject({ state: 'done', sentence: '1 clip rendered, 2 clips failed: see why beside them' });

  renameSync(join(base, 'kept.jpg'), gone);
  renameSync(join(base, 'kept-other.jpg'), other);
  // The folder is watched: a slow machine has read it without these photos by now.
  await read(host, id, 3);
  await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  expect((await rendersDone(host, id)).clips.map(({ state, error }) => [state, error])).toEqual([
    ['rendered', null],
    ['rendered', null],
    ['rendered', null],
  ]);

  // Gone from the folder and from the analysis: what was rendered stays in the film, nothing can be made anew.
  rmSync(gone);
  await read(host, id, 2);
  const after = await host.studio.renders.get.query({ id });
  expect(after.clips.map(({ state }) => state)).toEqual(['rendered', 'rendered', 'rendered']);
  const clipId = after.clips[0]?.clipId ?? '';
  await host.studio.renders.again.mutate({ id, clipId, changes: { amount: 0.1 } });
  const [lost] = (await rendersDone(host, id)).clips;
  expect([lost?.state, lost?.error?.code]).toEqual(['failed', 'file_not_found']);
});

test('a rendered file that is gone or altered is not shown; rendering again makes the same take anew', async () => {
  const host = await start('files');
  const { renders } = host.studio;
  const { id } = await smallFilm(host, photos);
  await renders.start.mutate({ id, clipIds: 'changed' });
  const done = await rendersDone(host, id);
  const takes = done.clips.map(({ takes: all }) => all.find(({ current }) => current)?.specHash ?? '');
  const path = (index: number): string => join(base, 'files', 'takes', takes[index] ?? '', 'clip.mp4');
  const address = (index: number, what: string): string =>
    `/clip/${id}/${done.clips[index]?.clipId}/${takes[index]}/${what}`;
  expect((await ask(host.target, address(1, 'proxy.mp4'))).status).toBe(200);
  const whole = readFileSync(path(1));
  rmSync(path(0));
  // One bit in the middle, the same length.
  const bent = Buffer.from(whole);
  bent[whole.length >> 1] = (bent[whole.length >> 1] ?? 0) ^ 1;
  writeFileSync(path(1), bent);
  // A file that only lies there anew is the same file.
  utimesSync(path(2), new Date(), new Date(Date.now() - 3_600_000));
  const lost = await renders.get.query({ id });
  expect(lost.clips.map(({ state, error }) => [state, error?.code ?? null])).toEqual([
    ['failed', 'clip_missing'],
    ['failed', 'clip_invalid'],
    ['rendered', null],
  ]);
  expect(lost.clips.map(({ takes: all }) => all.at(-1)?.file)).toEqual(['missing', 'altered', 'present']);
  for (const what of ['clip.mp4', 'proxy.mp4', 'strip.jpg', 'frame-0.png']) {
    expect((await ask(host.target, address(0, what))).json()).toMatchObject({ code: 'clip_missing' });
    expect((await ask(host.target, address(1, what))).json()).toMatchObject({ code: 'clip_invalid' });
  }
  expect(await refusal(renders.choose.mutate({ id, clipId: done.clips[1]?.clipId ?? '', specHash: takes[1] ?? '' }))).toMatchObject({ code: 'clip_invalid' }); // biome-ignore format: one call

  await renders.start.mutate({ id, clipIds: 'changed' });
  const again = await rendersDone(host, id);
  expect(again.clips.map(({ state, error }) => [state, error])).toEqual(done.clips.map(() => ['rendered', null]));
  expect(again.clips.map(({ takes: all }) => all.map(({ specHash, number }) => [specHash, number]))).toEqual(
    done.clips.map(({ takes: all }) => all.map(({ specHash, number }) => [specHash, number])),
  );
  expect(readFileSync(path(1)).equals(whole)).toBe(true);
});

test('takes are sent by ids alone, whole or in part, and every frame by its number', async () => {
  const host = await start('sent');
  const { id } = await smallFilm(host, photos, { count: 1, frames: 20 });
  await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  const [clip] = (await rendersDone(host, id)).clips;
  const hash = clip?.takes[0]?.specHash ?? '';
  const of = (what: string): string => `/clip/${id}/${clip?.clipId}/${hash}/${what}`;
  const bytes = readFileSync(join(base, 'sent', 'takes', hash, 'clip.mp4'));
  const get = (what: string, headers: Record<string, string> = {}) => ask(host.target, of(what), { headers });

  const all = await get('clip.mp4');
  expect([all.status, all.headers['content-type'], all.body.equals(bytes)]).toEqual([200, 'video/mp4', true]);
  const part = await get('clip.mp4', { range: 'bytes=100-199' });
  expect([part.status, part.headers['content-range']]).toEqual([206, `bytes 100-199/${bytes.length}`]);
  expect(part.body.equals(bytes.subarray(100, 200))).toBe(true);
  expect((await get('clip.mp4', { 'if-none-match': String(all.headers.etag) })).status).toBe(304);
  expect((await get('clip.mp4', { range: `bytes=${bytes.length}-` })).status).toBe(416);

  // Asked for by many at once, a proxy is made once.
  const proxies = await Promise.all([1, 2, 3, 4].map(() => get('proxy.mp4')));
  expect(proxies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(new Set(proxies.map(({ body }) => body.toString('base64'))).size).toBe(1);
  expect((await get('proxy.mp4', { range: 'bytes=0-9' })).body.equals(proxies[0]?.body.subarray(0, 10) ?? bytes)).toBe(true); // biome-ignore format: one line
  const strip = await get('strip.jpg');
  expect(await sharp(strip.body).metadata()).toMatchObject({ format: 'jpeg', width: 3200, height: 90 });
  const frame = await get('frame-19.png');
  expect(await sharp(frame.body).metadata()).toMatchObject({ format: 'png', width: 640, height: 360 });
  const first = await get('frame-0.png');
  expect(first.body.equals(frame.body)).toBe(false);
  expect((await get('frame-0.png', { 'if-none-match': String(first.headers.etag) })).status).toBe(304);
  for (const what of ['frame-20.png', 'frame--1.png', 'frame-01.png', 'frame-1.5.png', 'frame-.png', 'take.json', '..%2Ftake.json'])
    expect((await get(what)).status, what).toBe(404); // biome-ignore format: one list
  for (const path of [
    `/clip/${id}/${clip?.clipId}/${'0'.repeat(64)}/clip.mp4`,
    `/clip/${id}/other/${hash}/clip.mp4`,
    `/clip/other/${clip?.clipId}/${hash}/clip.mp4`,
    `/clip/${id}/${clip?.clipId}/..%2f..%2fstudio.db/clip.mp4`,
    `/clip/${id}/%2e%2e/${hash}/clip.mp4`,
    '/clip/',
  ])
    expect((await ask(host.target, path)).status, path).toBe(404);
  // A cleared cache is filled again.
  await host.studio.storage.clearCaches.mutate();
  expect((await get('proxy.mp4')).status).toBe(200);
});

test('an older take is chosen where it fits the film, comes back after a restart, and is made anew as it was', async () => {
  let host = await start('choose');
  const { id, clips } = await smallFilm(host, photos, { count: 1 });
  const clipId = clips[0]?.id ?? '';
  await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  const first = (await rendersDone(host, id)).clips[0]?.takes[0]?.specHash ?? '';
  await host.studio.renders.again.mutate({ id, clipId, changes: { amount: 0.2 } });
  const two = (await rendersDone(host, id)).clips[0];
  expect(two?.takes.map(({ current }) => current)).toEqual([false, true]);
  const chosen = await host.studio.renders.choose.mutate({ id, clipId, specHash: first });
  expect(chosen.clips[0]).toMatchObject({ state: 'rendered', takes: [{ current: true }, { current: false }] });
  await host.kill('SIGKILL');
  host = await start('choose');
  const { renders, timeline } = host.studio;
  expect((await renders.get.query({ id })).clips[0]?.takes.map(({ current }) => current)).toEqual([true, false]);
  rmSync(join(base, 'choose', 'takes', first), { recursive: true });
  await renders.start.mutate({ id, clipIds: 'changed' });
  expect((await rendersDone(host, id)).clips[0]).toMatchObject({
    state: 'rendered',
    takes: [{ current: true, file: 'present' }, { current: false }],
  });

  // A longer shot: both takes are too short for it.
  const { revision } = await timeline.get.query({ id });
  const longer = { type: 'setDuration' as const, clipId, durationFrames: 30, ripple: true, magnet: 'frames' as const };
  await timeline.edit.mutate({ id, revision, label: 'Longer', edit: longer });
  expect(await refusal(renders.choose.mutate({ id, clipId, specHash: first }))).toMatchObject({
    code: 'clip_invalid',
    message: 'This take does not fit the film. It has 12 frames, and the film shows 30 here.',
  });
  expect(await refusal(renders.choose.mutate({ id, clipId, specHash: '0'.repeat(64) }))).toMatchObject({
    code: 'clip_missing',
  });
  expect(await refusal(renders.start.mutate({ id, clipIds: ['nobody'] }))).toMatchObject({ code: 'edit_refused' });
  expect(await refusal(renders.again.mutate({ id, clipId: 'nobody', changes: {} }))).toMatchObject({ code: 'edit_refused' }); // biome-ignore format: one call

  // A reviewer may render what is there, and not change the film; a locked film keeps its takes.
  await host.studio.person.set.mutate({ name: 'Rae', role: 'reviewer' });
  expect(await refusal(renders.again.mutate({ id, clipId, changes: { amount: 0.5 } }))).toMatchObject({ code: 'forbidden_role' }); // biome-ignore format: one call
  await renders.again.mutate({ id, clipId, changes: { seed: 3 } });
  expect((await rendersDone(host, id)).clips[0]?.takes.at(-1)).toMatchObject({ seed: 3, current: true, frames: 30 });
  await host.studio.person.set.mutate({ name: 'Pat', role: 'producer' });
  await timeline.setStatus.mutate({ id, status: 'locked' });
  for (const changes of [{ amount: 0.5 }, { seed: 4 }])
    expect(await refusal(renders.again.mutate({ id, clipId, changes }))).toMatchObject({ code: 'edit_refused' });
});

test('photos of odd sizes and shapes are rendered, or refused when they are read', async () => {
  const odd = join(base, 'odd');
  mkdirSync(odd);
  const noise = (width: number, height: number, seed: number): Promise<unknown> => {
    const data = Buffer.alloc(width * height * 3);
    for (let i = 0; i < data.length; i++) data[i] = (i * 31 + seed * 77 + ((i / (width * 3)) | 0) * 13) & 255;
    return sharp(data, { raw: { width, height, channels: 3 } }).blur(1.2).jpeg().toFile(join(odd, `${seed}_${width}x${height}.jpg`));
  }; // biome-ignore format: one shape
  await noise(901, 677, 1);
  await noise(333, 1001, 2);
  await noise(2400, 301, 3);
  await sharp({ create: { width: 4000, height: 1, channels: 3, background: '#888' } })
    .jpeg()
    .toFile(join(odd, 'line.jpg'));
  const host = await start('odd-home');
  const { id, clips } = await smallFilm(host, odd, { renderer: 'depth_parallax' });
  const { analysis } = await host.studio.rooms.get.query({ id });
  const line = analysis?.photos.find(({ file }) => file === 'line.jpg');
  expect([line, analysis?.rejected.map(({ file, code }) => [file, code])]).toEqual([undefined, [['line.jpg', 'image_too_small']]]); // biome-ignore format: one line
  await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  const done = await rendersDone(host, id);
  expect(done.clips.map(({ state, error }) => [state, error])).toEqual(clips.map(() => ['rendered', null]));
  for (const clip of done.clips) {
    const current = clip.takes.find((take) => take.current);
    expect(current).toMatchObject({ width: 640, height: 360, frames: clip.moveFrames });
    // A take that asks less than the film says why.
    expect(clip.downgradeReason === null).toBe(current?.renderer === clip.renderer && current.motion === clip.motion);
  }
});

test.skipIf(!canMount)('a disk that fills while rendering says so, and goes on with space', async () => {
  const home = join(base, 'full');
  const mount = ['unshare', '-m', 'sh', '-c', 'mkdir -p "$0" && mount -t tmpfs -o size=24m tmpfs "$0" && exec "$@"', home]; // biome-ignore format: one command
  const host = await start('full', { port: 0, wrap: (command) => [...mount, ...command] });
  const studio = client(host.target, await signIn(host));
  const inside = (path: string): string => join('/proc', String(host.child.pid), 'root', home, path);
  const { id } = await smallFilm({ ...host, studio }, photos, { frames: 60 });
  const free = (await studio.storage.summary.query()).freeBytes;
  writeFileSync(inside('filler'), Buffer.alloc(Math.max(0, free - 250_000)));
  await studio.renders.start.mutate({ id, clipIds: 'changed' });
  const stopped = await until(async () => {
    const task = (await studio.tasks.list.query()).find(({ kind }) => kind === 'render');
    return task?.state === 'failed' ? task : undefined;
  });
  expect(stopped.error).toMatchObject({ code: 'disk_full', message: expect.stringContaining('Free some space') });
  expect(statSync(inside('filler')).size).toBeGreaterThan(0);
  rmSync(inside('filler'));
  const waiting = await studio.renders.get.query({ id });
  expect(waiting.clips.filter(({ state }) => state === 'rendering' || state === 'queued')).toEqual([]);
  await studio.tasks.retry.mutate({ id: stopped.id });
  const done = await rendersDone({ ...host, studio }, id);
  expect(done.clips.map(({ state }) => state)).toEqual(['rendered', 'rendered', 'rendered']);
});
