/** The real host over its socket: a folder becomes rooms, a person acts, everything is there after a kill. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { SAMPLE_LISTING } from '../testing/listing.node.ts';
import type { RoomsDocument } from './contract.ts';
import { ask, eventStream, type HostChild, until } from './testing/host.node.ts';
import { testHosts } from './testing/hosts.node.ts';

const { base, photos, start } = testHosts('host', 4, 'day/18_willow_lane');
let homes = 0;
const newHome = (): string => join(base, `home-${++homes}`);

async function analyzed(host: HostChild, id: string): Promise<RoomsDocument> {
  return until(async () => {
    const document = await host.studio.rooms.get.query({ id });
    if (document.listing.task?.state === 'failed') throw new Error(document.listing.task.error?.message);
    return document.analysis !== null && document.listing.task === null ? document : undefined;
  });
}

describe('a folder of photos', () => {
  const home = newHome();

  test('becomes rooms by itself, with events on the way, and pictures by ids', async () => {
    const host = await start(home);
    expect(host.ready).toEqual({ ready: true, socket: join(home, 'run', 'host.sock') });
    expect(statSync(join(home, 'run', 'host.sock')).mode & 0o777).toBe(0o600);
    const stream = await eventStream(host.target);
    const { created, existing, refused } = await host.studio.listings.create.mutate({ folders: [photos] });
    expect({ existing, refused }).toEqual({ existing: [], refused: [] });
    const [card] = created;
    expect(card).toMatchObject({ name: '18 Willow Lane', folder: photos, folderMissing: false });
    const id = card?.id ?? '';
    const document = await analyzed(host, id);
    expect(document.listing).toMatchObject({ status: 'planned', photoCount: 4, rejectedCount: 0, task: null });
    expect(document.analysis?.photos.map((photo) => photo.file)).toHaveLength(4);
    expect(JSON.stringify(document)).not.toContain(home);
    expect(document.listing.posterPhotoId).toMatch(/^p_/);

    await until(async () => (stream.events.some((event) => event.type === 'rooms') ? true : undefined));
    stream.close();
    expect(stream.events[0]).toMatchObject({ type: 'hello' });
    const told = stream.events.flatMap((event) => (event.type === 'photos' ? event.photos : []));
    expect(new Set(told.map((photo) => photo.id)).size).toBe(4);
    expect(told).toHaveLength(4);
    const states = stream.events.flatMap((event) => (event.type === 'task' ? [event.task.state] : []));
    expect(states[0]).toBe('waiting');
    expect(states).toContain('running');

    const photo = document.analysis?.photos[0];
    const media = `/media/${id}/${photo?.id}`;
    const thumbnail = await ask(host.target, `${media}/320`);
    expect(thumbnail.status).toBe(200);
    expect(thumbnail.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
    expect(Math.max((await sharp(thumbnail.body).metadata()).width, 0)).toBe(320);
    const etag = thumbnail.headers.etag ?? '';
    expect((await ask(host.target, `${media}/320`, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const part = await ask(host.target, `${media}/320`, { headers: { range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(part.headers['content-range']).toBe(`bytes 10-19/${thumbnail.body.length}`);
    expect(part.body).toEqual(thumbnail.body.subarray(10, 20));
    const tail = await ask(host.target, `${media}/320`, { headers: { range: 'bytes=-5' } });
    expect(tail.body).toEqual(thumbnail.body.subarray(-5));
    const beyond = await ask(host.target, `${media}/320`, { headers: { range: 'bytes=99999999-' } });
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, `bytes */${thumbnail.body.length}`]);
    const head = await ask(host.target, `${media}/320`, { method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
      200,
      String(thumbnail.body.length),
      0,
    ]);
    const original = await ask(host.target, `${media}/original`);
    expect(original.body.length).toBe(statSync(join(photos, photo?.file ?? '')).size);

    const withDepth = document.analysis?.photos.find((one) => one.depth !== undefined);
    const depth = await ask(host.target, `/media/${id}/${withDepth?.id}/depth`);
    expect(depth.body.subarray(0, 4).toString()).toBe('PVD1');
    const [width, height] = [depth.body.readUInt32LE(4), depth.body.readUInt32LE(8)];
    expect(depth.body.length).toBe(12 + 2 * width * height);
    const samples = new Set(Array.from({ length: 500 }, (_, i) => depth.body.readUInt16LE(12 + i * 2 * 97)));
    expect(samples.size).toBeGreaterThan(20);
    for (const variant of ['depthview', 'sharpview']) {
      const picture = await ask(host.target, `/media/${id}/${withDepth?.id}/${variant}`);
      expect([variant, picture.status, (await sharp(picture.body).metadata()).format]).toEqual([variant, 200, 'png']);
    }
    expect(await host.studio.rooms.photoFacts.query({ id, photoId: photo?.id ?? '' })).toMatchObject({
      bytes: statSync(join(photos, photo?.file ?? '')).size,
    });
  });

  test('the same folder is opened, not made twice, and a page’s actions survive kill −9', async () => {
    const host = await start(home);
    const { created, existing } = await host.studio.listings.create.mutate({ folders: [photos] });
    expect([created.length, existing.length]).toEqual([0, 1]);
    const id = existing[0]?.id ?? '';
    const before = await host.studio.rooms.get.query({ id });
    const photoId = before.analysis?.photos[0]?.id ?? '';
    const change = { field: 'excluded', subject: photoId, from: null, to: true } as const;
    const acted = await host.studio.rooms.act.mutate({ id, label: 'Leave out 1 photo', changes: [change] });
    expect(acted).toMatchObject({ revision: before.revision + 1, undo: 'Leave out 1 photo', redo: null });
    await host.kill('SIGKILL');

    const again = await start(home);
    const after = await again.studio.rooms.get.query({ id });
    expect(after.decisions.excluded).toEqual({ [photoId]: true });
    expect([after.undo, after.redo]).toEqual(['Leave out 1 photo', null]);
    const undone = await again.studio.rooms.undo.mutate({ id });
    expect(undone?.changes).toEqual([{ ...change, from: true, to: null }]);
    await again.kill('SIGKILL');

    const third = await start(home);
    expect((await third.studio.rooms.get.query({ id })).redo).toBe('Leave out 1 photo');
    await third.studio.rooms.redo.mutate({ id });
    expect((await third.studio.rooms.history.query({ id })).map((entry) => entry.label)).toEqual(['Leave out 1 photo']);
    const stale = third.studio.rooms.act.mutate({ id, label: 'Again', changes: [change] });
    await expect(stale).rejects.toMatchObject({ data: { picaivid: { code: 'edit_refused' } } });
    await third.studio.rooms.undo.mutate({ id });
  });

  test('a photo that is added is analysed alone, and decisions stay', async () => {
    const host = await start(home);
    const [card] = await host.studio.listings.list.query();
    const id = card?.id ?? '';
    const before = await host.studio.rooms.get.query({ id });
    const hero = before.analysis?.photos[1]?.id ?? '';
    const change = { field: 'room', subject: hero, from: null, to: 'office' } as const;
    await host.studio.rooms.act.mutate({ id, label: 'Label Office', changes: [change] });
    const proxies = join(home, 'listings', id, 'proxies');
    const made = new Map(readdirSync(proxies).map((name) => [name, statSync(join(proxies, name)).mtimeMs]));
    // The folder is watched since the page asked for its rooms.
    copyFileSync(
      join(
        SAMPLE_LISTING,
        readdirSync(SAMPLE_LISTING)
          .filter((n) => n.endsWith('.jpg'))
          .sort()[5] ?? '',
      ),
      join(photos, 'new.jpg'),
    );
    const document = await until(async () => {
      const now = await host.studio.rooms.get.query({ id });
      return now.analysis?.photos.length === 5 ? now : undefined;
    });
    expect(document.decisions.room).toEqual({ [hero]: 'office' });
    expect(document.revision).toBeGreaterThan(before.revision + 1);
    for (const [name, time] of made)
      if (name !== 'seen.json') expect([name, statSync(join(proxies, name)).mtimeMs]).toEqual([name, time]);
    rmSync(join(photos, 'new.jpg'));
    await host.studio.listings.refresh.mutate({ id });
    await until(async () =>
      (await host.studio.rooms.get.query({ id })).analysis?.photos.length === 4 ? true : undefined,
    );
    await host.studio.rooms.undo.mutate({ id });
    const refreshed = async (): Promise<number> => {
      await host.studio.listings.refresh.mutate({ id });
      await until(async () =>
        (await host.studio.tasks.list.query()).every(({ state }) => state === 'done') ? true : undefined,
      );
      return (await host.studio.rooms.get.query({ id })).revision;
    };
    // The first may find the label that was taken back; after it nothing changes and nothing is stored anew.
    const revision = await refreshed();
    expect(await refreshed()).toBe(revision);
  });

  test('two pages that add one folder at once get one listing; a kill between two writes leaves no job behind', async () => {
    const own = newHome();
    const host = await start(own);
    const answers = await Promise.all([1, 2].map(() => host.studio.listings.create.mutate({ folders: [photos] })));
    expect(answers.map(({ created, existing }) => [created.length, existing.length])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    const id = answers[0]?.created[0]?.id ?? '';
    await analyzed(host, id);
    await host.kill('SIGKILL');
    const file = new Sqlite(join(own, 'studio.db'));
    file.exec(
      "update jobs set status = 'analyzing'; update tasks set state = 'running', attempts = 1, fraction = 0.97",
    );
    file.close();
    const again = await start(own);
    const status = await until(async () => {
      const { listing } = await again.studio.rooms.get.query({ id });
      return listing.task === null ? listing.status : undefined;
    });
    expect(status).toBe('planned');
  });

  test('a folder that vanished is said, its rooms are still shown, and it can be pointed to again', async () => {
    const host = await start(home);
    const [card] = await host.studio.listings.list.query();
    const id = card?.id ?? '';
    const moved = join(base, 'moved');
    renameSync(photos, moved);
    await host.kill();
    const again = await start(home);
    const document = await again.studio.rooms.get.query({ id });
    expect(document.listing.folderMissing).toBe(true);
    expect(document.analysis?.photos).toHaveLength(4);
    const photoId = document.analysis?.photos[0]?.id;
    expect((await ask(again.target, `/media/${id}/${photoId}/1280`)).status).toBe(200);
    const original = await ask(again.target, `/media/${id}/${photoId}/original`);
    expect([original.status, original.json()]).toEqual([404, expect.objectContaining({ code: 'file_not_found' })]);
    await again.studio.listings.refresh.mutate({ id });
    const failed = await until(async () => {
      const now = (await again.studio.rooms.get.query({ id })).listing;
      return now.task?.state === 'failed' ? now : undefined;
    });
    expect(failed.error).toMatchObject({ code: 'file_not_found', message: expect.stringContaining(photos) });
    expect(failed.status).toBe('planned');
    const relocated = await again.studio.listings.relocate.mutate({ id, folder: moved });
    expect(relocated).toMatchObject({ folder: moved, folderMissing: false });
    expect((await analyzed(again, id)).listing.error).toBeNull();
    renameSync(moved, photos);
    await again.studio.listings.relocate.mutate({ id, folder: photos });
    await analyzed(again, id);
  });
});

describe('folders that are no listing', () => {
  test('a day’s folder gives a listing for each of its folders; what cannot be one is refused with its reason', async () => {
    const home = newHome();
    const day = join(base, 'two');
    for (const name of ['5-ash-court', 'The Old Mill']) {
      mkdirSync(join(day, name), { recursive: true });
      const [first] = readdirSync(photos);
      copyFileSync(join(photos, first ?? ''), join(day, name, 'a.jpg'));
      appendFileSync(join(day, name, 'a.jpg'), name);
    }
    const house = join(base, 'house');
    for (const name of ['interior', 'Drone']) {
      mkdirSync(join(house, name), { recursive: true });
      copyFileSync(join(day, 'The Old Mill', 'a.jpg'), join(house, name, `${name}.jpg`));
    }
    mkdirSync(join(base, 'nothing'));
    writeFileSync(join(base, 'letter.pdf'), 'x');
    const host = await start(home);
    const missing = join(base, 'no-such-folder');
    const { created, refused } = await host.studio.listings.create.mutate({
      folders: [day, house, join(base, 'nothing'), join(base, 'letter.pdf'), missing, home],
    });
    expect(created.map((card) => card.name)).toEqual(['5 Ash Court', 'The Old Mill', 'House']);
    expect(refused.map(({ folder, error }) => [folder, error.code])).toEqual([
      [join(base, 'nothing'), 'no_usable_photos'],
      [join(base, 'letter.pdf'), 'bad_usage'],
      [missing, 'file_not_found'],
      [home, 'bad_usage'],
    ]);
    const [card] = created;
    await host.studio.listings.delete.mutate({ ids: [card?.id ?? ''] });
    expect((await host.studio.listings.list.query()).map((one) => one.name)).toEqual(['House', 'The Old Mill']);
    await host.studio.listings.restore.mutate({ ids: [card?.id ?? ''] });
    expect(await host.studio.listings.list.query()).toHaveLength(3);
    const browsed = await host.studio.listings.browse.query({ path: day });
    expect(browsed).toMatchObject({ path: day, parent: base, photoCount: 0 });
    expect(browsed.folders.map(({ name, photoCount }) => [name, photoCount])).toEqual([
      ['5-ash-court', 1],
      ['The Old Mill', 1],
    ]);
  });

  test('hostile files are listed with their reasons and stop nothing', async () => {
    const home = newHome();
    const folder = join(base, 'hostile');
    mkdirSync(folder);
    const [good = ''] = readdirSync(photos);
    copyFileSync(join(photos, good), join(folder, 'good.jpg'));
    writeFileSync(join(folder, 'empty.jpg'), '');
    writeFileSync(join(folder, 'text.jpg'), 'not a picture at all');
    writeFileSync(join(folder, 'cut.jpg'), (await sharp(join(photos, good)).toBuffer()).subarray(0, 2_000));
    const host = await start(home);
    const { created } = await host.studio.listings.create.mutate({ folders: [folder] });
    const document = await analyzed(host, created[0]?.id ?? '');
    expect(document.listing).toMatchObject({ photoCount: 1, rejectedCount: 3, error: null });
    expect(document.rejected.map(({ file, code }) => `${file} ${code}`).sort()).toEqual([
      'cut.jpg image_damaged',
      'empty.jpg file_empty',
      'text.jpg image_unsupported',
    ]);
  });
});

describe('tasks', () => {
  test('a host that is killed in the middle of an analysis goes on by itself', async () => {
    const home = newHome();
    const host = await start(home);
    const { created } = await host.studio.listings.create.mutate({ folders: [photos] });
    const id = created[0]?.id ?? '';
    await until(async () =>
      (await host.studio.rooms.get.query({ id })).ready.length > 0 || existsSync(join(home, 'listings', id, 'depth'))
        ? true
        : undefined,
    );
    await host.kill('SIGKILL');
    const again = await start(home);
    expect((await analyzed(again, id)).listing).toMatchObject({ status: 'planned', photoCount: 4 });
  });

  test('pause keeps what was read, over a restart too; resume finishes; cancel and retry', async () => {
    const home = newHome();
    const host = await start(home);
    const { created } = await host.studio.listings.create.mutate({ folders: [SAMPLE_LISTING] });
    const id = created[0]?.id ?? '';
    const taskId = created[0]?.task?.id ?? '';
    await until(async () => ((await host.studio.rooms.get.query({ id })).ready.length > 0 ? true : undefined));
    await host.studio.tasks.pause.mutate({ id: taskId });
    const paused = await host.studio.rooms.get.query({ id });
    expect(paused.listing).toMatchObject({ status: 'draft', task: { state: 'paused' } });
    expect(paused.ready.length).toBeGreaterThan(0);
    expect(paused.listing.photoCount).toBe(paused.ready.length);
    expect(paused.ready.map((photo) => photo.id)).toContain(paused.listing.posterPhotoId);
    await host.kill();
    const again = await start(home);
    const kept = await again.studio.rooms.get.query({ id });
    expect(kept.ready).toEqual(paused.ready);
    expect((await ask(again.target, `/media/${id}/${kept.ready[0]?.id}/320`)).status).toBe(200);
    await again.studio.tasks.cancel.mutate({ id: taskId });
    expect((await again.studio.listings.list.query())[0]?.task).toBeNull();
    await again.studio.tasks.retry.mutate({ id: taskId });
    const running = await until(async () =>
      (await again.studio.tasks.list.query()).find((task) => task.id === taskId && task.state === 'running'),
    );
    expect(running.listingName).toBe('Listing');
    await again.studio.tasks.cancel.mutate({ id: taskId });
  });
});

test('a home that another host has is refused in a sentence; one host ends cleanly when its standard input closes', async () => {
  const home = newHome();
  const host = await start(home);
  const second = await start(home, { port: 0 });
  expect(second.ready).toEqual({
    ready: false,
    error: { code: 'work_folder_in_use', message: expect.stringContaining('is open already'), file: home },
  });
  await until(async () => (second.log().includes('is open already') ? true : undefined));
  expect(host.child.exitCode).toBeNull();
  host.child.stdin?.end();
  await until(async () => (host.child.exitCode === null ? undefined : true));
  expect(host.child.exitCode).toBe(0);
});

test('a damaged library comes back from its backup, with a notice that can be put away', async () => {
  const home = newHome();
  const host = await start(home);
  await host.studio.listings.create.mutate({ folders: [photos] });
  await host.kill();
  writeFileSync(join(home, 'studio.db'), 'x'.repeat(20_000));
  const again = await start(home);
  expect(await again.studio.listings.list.query()).toHaveLength(1);
  const { notices } = await again.studio.system.info.query();
  expect(notices.map(({ severity, text }) => [severity, text])).toEqual([
    ['attention', expect.stringContaining('was damaged and was set aside')],
  ]);
  await again.studio.system.dismissNotice.mutate({ id: notices[0]?.id ?? '' });
  expect((await again.studio.system.info.query()).notices).toEqual([]);
});
