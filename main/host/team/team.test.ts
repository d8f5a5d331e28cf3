/** Two studios and a service on one machine: what one does is on the other's screens, on line and off, kills and cuts. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256File } from '../../../base/files.node.ts';
import { appendSystem } from '../../../db/team/apply.node.ts';
import { addBlob } from '../../../db/team/blobs.node.ts';
import { createKey } from '../../../db/team/teams.node.ts';
import { specHash } from '../../../pipeline/render/clip.node.ts';
import { clipSpecSchema } from '../../../pipeline/schemas.ts';
import { renderInputSchema } from '../../fleet/contract.ts';
import { fleetStore } from '../../fleet/store.node.ts';
import { blobKey } from '../../storage/storage.ts';
import { smallListing } from '../../testing/listing.node.ts';
import type { TeamStatus } from '../team-contract.ts';
import { ask, until } from '../testing/host.node.ts';
import { paintedClip, TakeMaker } from '../testing/reviews.node.ts';
import { type Line, Stage, type Studio } from './testing/stage.node.ts';

let stage: Stage;
let lineA: Line;
let lineB: Line;
let a: Studio;
let b: Studio;
let id = '';

const status = ({ host }: Studio): Promise<TeamStatus> => host.studio.team.get.query();
const settled = (studio: Studio): Promise<TeamStatus> =>
  until(async () => {
    const now = await status(studio);
    return now.state === 'up_to_date' ? now : undefined;
  });
const rooms = ({ host }: Studio) => host.studio.rooms.get.query({ id });
const film = ({ host }: Studio) => host.studio.timeline.get.query({ id });

beforeAll(async () => {
  stage = await Stage.set();
  lineA = await stage.line();
  lineB = await stage.line();
  await smallListing(join(stage.base, 'photos'), 4);
  a = await stage.connected('Ada', lineA);
  b = await stage.connected('Bo', lineB);
  const { created } = await a.host.studio.listings.create.mutate({ folders: [join(stage.base, 'photos')] });
  id = created[0]?.id ?? '';
  await until(async () => ((await rooms(a)).analysis === null ? undefined : true));
  await until(async () => ((await rooms(a)).listing.task === null ? true : undefined));
}, 90_000);
afterAll(() => stage.clear());

test('a listing that is shared is on the other studio with its rooms, its pictures and its film', async () => {
  expect((await status(a)).server).toMatchObject({ teamName: 'North', role: 'producer', url: lineA.url });
  const task = await a.host.studio.timeline.build.mutate({ id, settings: { musicId: null } });
  await until(async () => {
    const found = (await a.host.studio.tasks.list.query()).find((one) => one.id === task.id);
    return found?.state === 'done' ? true : undefined;
  });
  await a.host.studio.team.share.mutate({ ids: [id] });
  expect((await a.host.studio.listings.list.query())[0]).toMatchObject({ id, shared: true });
  await settled(a);
  await until(async () => (await b.host.studio.listings.list.query()).find((card) => card.id === id));
  const [there, here] = [await rooms(b), await rooms(a)];
  expect(there.listing).toMatchObject({ folderMissing: false, photoCount: 4, status: 'timeline_ready', away: true });
  expect(here.listing.away).toBeUndefined();
  expect(there.analysis).toEqual(here.analysis);
  expect((await film(b)).timeline?.clips).toEqual((await film(a)).timeline?.clips);
  const photo = here.analysis?.photos[0];
  for (const variant of ['320', 'original', 'depth']) {
    const path = `/media/${id}/${photo?.id}/${variant}`;
    const [one, other] = [await ask(a.host.target, path), await ask(b.host.target, path)];
    expect([variant, other.status, other.body.equals(one.body)]).toEqual([variant, 200, true]);
  }
});

/** What both studios show of the listing: equal when sync is done. */
async function shown(studio: Studio): Promise<unknown> {
  const { decisions, listing } = await rooms(studio);
  const { timeline } = await film(studio);
  const { clips, markers, titles } = timeline ?? {};
  const review = await studio.host.studio.review.get.query({ id });
  const notes = review.clips.map(({ notes: all }) => all.map(({ text, author }) => [text, author.name]));
  return { decisions, name: listing.name, clips, markers, titles, status: timeline?.status, notes };
}
async function equal(): Promise<void> {
  await settled(a);
  await settled(b);
  await expect.poll(async () => JSON.stringify(await shown(b)) === JSON.stringify(await shown(a)), { timeout: 8_000 }).toBe(true); // biome-ignore format: one call
}
const label = (studio: Studio, photoId: string, to: string | null, from: string | null = null) =>
  studio.host.studio.rooms.act.mutate({ id, label: `Call it ${to}`, changes: [{ field: 'room', subject: photoId, from, to }] }); // biome-ignore format: one call
const photoIds = async (): Promise<readonly string[]> =>
  (await rooms(a)).analysis?.photos.map((photo) => photo.id) ?? [];

test('an action here is an event there, and what it did', async () => {
  const [photo = ''] = await photoIds();
  await settled(b);
  b.events.events.length = 0;
  const { revision } = await label(a, photo, 'kitchen');
  await until(async () => b.events.events.find((event) => event.type === 'rooms'));
  expect((await rooms(b)).decisions.room).toEqual({ [photo]: 'kitchen' });
  expect(revision).toBeGreaterThan(0);
  // The other's undo is of their own actions, and there are none.
  expect((await rooms(b)).undo).toBeNull();
  expect(await b.host.studio.rooms.undo.mutate({ id })).toBeNull();
});

test('undo takes back what still holds one’s own value, and its label says what others have changed since', async () => {
  const [first = '', second = ''] = await photoIds();
  const changes = [first, second].map((subject, i) => ({ field: 'room', subject, from: i === 0 ? 'kitchen' : null, to: 'bathroom' })); // biome-ignore format: one glance
  await a.host.studio.rooms.act.mutate({ id, label: 'Two bathrooms', changes });
  await until(async () => ((await rooms(b)).decisions.room[first] === 'bathroom' ? true : undefined));
  await label(b, first, 'office', 'bathroom');
  await until(async () => ((await rooms(a)).decisions.room[first] === 'office' ? true : undefined));
  const undone = await a.host.studio.rooms.undo.mutate({ id });
  expect(undone?.label).toBe('Two bathrooms (1 of 2: others have changed the rest since)');
  expect(undone?.changes).toEqual([{ field: 'room', subject: second, from: 'bathroom', to: null }]);
  expect((await rooms(a)).decisions.room).toEqual({ [first]: 'office' });
  await equal();
});

test('steps of a film meet: a page’s edit on the film of before, undo beneath others’ steps, or a sentence', async () => {
  const before = await film(a);
  const edit = ({ host }: Studio, revision: number, text: string, made: object) =>
    host.studio.timeline.edit.mutate({ id, revision, label: text, edit: made as never });
  const there = await film(b);
  await edit(a, before.revision, 'Marker one', { type: 'setMarker', marker: { id: 'm1', frame: 3, label: 'one' } });
  await until(async () => ((await film(b)).timeline?.markers.length === 1 ? true : undefined));
  // The page of b has not looked again: its edit is meant on the film of before.
  await edit(b, there.revision, 'Marker two', { type: 'setMarker', marker: { id: 'm2', frame: 9, label: 'two' } });
  await until(async () => ((await film(a)).timeline?.markers.length === 2 ? true : undefined));
  expect((await film(a)).undo).toBe('Marker one');
  const undone = await a.host.studio.timeline.undo.mutate({ id });
  expect(undone?.label).toBe('Marker one');
  expect((await film(a)).timeline?.markers.map(({ id: mark }) => mark)).toEqual(['m2']);
  await until(async () => ((await film(b)).timeline?.markers.length === 1 ? true : undefined));
  await a.host.studio.timeline.redo.mutate({ id });
  expect((await film(a)).timeline?.markers.map(({ id: mark }) => mark).sort()).toEqual(['m1', 'm2']);
  await equal();
});

test('a logo on a title is drawn on the other studio too, also one that was chosen off line', async () => {
  const choose = async (colour: string): Promise<string> => {
    const body = await sharp({ create: { width: 40, height: 40, channels: 4, background: colour } })
      .png()
      .toBuffer();
    const { id: logoId } = (await ask(a.host.target, '/api/logo', { method: 'POST', body })).json() as { id: string };
    const titles = [{ id: 'brand', startFrame: 0, durationFrames: 30, text: '', style: 'end_card' as const, logoId }];
    const { revision } = await film(a);
    await a.host.studio.timeline.edit.mutate({ id, revision, label: 'Brand', edit: { type: 'setTitles', titles } });
    return logoId;
  };
  const drawn = async ({ host }: Studio, logoId: string): Promise<readonly number[]> => {
    const title = Buffer.from(JSON.stringify({ text: '', style: 'end_card', logoId })).toString('base64url');
    const answer = await ask(host.target, `/title/${id}/320x180/${title}.png`);
    expect(answer.status).toBe(200);
    return [...(await sharp(answer.body).extract({ left: 158, top: 88, width: 1, height: 1 }).raw().toBuffer())];
  };
  const red = await choose('#ff0000');
  await until(async () => ((await film(b)).timeline?.titles[0]?.logoId === red ? true : undefined));
  expect(await drawn(b, red)).toEqual([255, 0, 0, 255]);
  lineA.set('cut');
  await until(async () => ((await status(a)).state === 'offline' ? true : undefined));
  const green = await choose('#00ff00');
  // One that nobody sends: said, and nothing in its place.
  const unknown = Buffer.from(JSON.stringify({ text: '', style: 'end_card', logoId: 'e'.repeat(64) })).toString('base64url'); // biome-ignore format: one title
  expect((await ask(a.host.target, `/title/${id}/320x180/${unknown}.png`)).json()).toMatchObject({ code: 'host_unreachable' }); // biome-ignore format: one call
  lineA.set('open');
  await a.host.studio.team.syncNow.mutate();
  await until(async () => ((await film(b)).timeline?.titles[0]?.logoId === green ? true : undefined));
  expect(await drawn(b, green)).toEqual([0, 255, 0, 255]);
  await a.host.studio.timeline.undo.mutate({ id });
  await a.host.studio.timeline.undo.mutate({ id });
  await equal();
});

test('both work off line; on line again they are equal, and what was overwritten is shown and can be turned', async () => {
  const [first = '', , third = ''] = await photoIds();
  await equal();
  lineA.set('cut');
  lineB.set('cut');
  await until(async () => ((await status(a)).state === 'offline' ? true : undefined));
  await label(a, first, 'hallway', 'office');
  await label(a, third, 'pool');
  await a.host.studio.listings.rename.mutate({ id, name: 'Four Elm Street' });
  await label(b, first, 'bedroom', 'office');
  const now = await film(b);
  await b.host.studio.timeline.edit.mutate({ id, revision: now.revision, label: 'Three', edit: { type: 'setMarker', marker: { id: 'm3', frame: 12, label: 'three' } } as never }); // biome-ignore format: one call
  expect(await status(a)).toMatchObject({ state: 'offline', waiting: 3, error: { code: 'host_unreachable' } });
  lineA.set('open');
  await a.host.studio.team.syncNow.mutate();
  await settled(a);
  lineB.set('open');
  await b.host.studio.team.syncNow.mutate();
  await equal();
  expect((await rooms(a)).decisions.room).toEqual({ [first]: 'bedroom', [third]: 'pool' });
  expect((await film(a)).timeline?.markers).toHaveLength(3);
  const [conflict] = await until(async () => {
    const all = await a.host.studio.team.conflicts.query({ id });
    return all.length > 0 ? all : undefined;
  });
  const file = (await rooms(a)).analysis?.photos.find((photo) => photo.id === first)?.file;
  expect(conflict).toMatchObject({ kind: 'register', what: `Room of ${file}`, keptText: 'Bedroom', lostText: 'Hallway', photoId: first, listingName: 'Four Elm Street' }); // biome-ignore format: one glance
  expect((await status(a)).conflicts).toBe(1);
  await a.host.studio.team.resolve.mutate({ id: conflict?.id ?? '', how: 'turn' });
  await equal();
  expect((await rooms(b)).decisions.room[first]).toBe('hallway');
  await until(async () => ((await b.host.studio.team.conflicts.query({ id })).length === 0 ? true : undefined));
  expect((await rooms(a)).undo).toBe(`Room of ${file}: the other value`);
});

test('with a reviewer’s key one is a reviewer here too, whatever one chose for oneself', async () => {
  const [first = ''] = await photoIds();
  const before = (await rooms(b)).decisions.room[first] ?? null;
  await b.host.studio.person.set.mutate({ name: 'Bo', role: 'producer' });
  await b.host.studio.team.connect.mutate({ url: lineB.url, token: stage.team.keys.reviewer.key });
  expect(await b.host.studio.person.get.query()).toEqual({ name: 'Bo', role: 'reviewer', team: 'North' });
  const kept = await b.host.studio.person.set.mutate({ name: 'Bob', role: 'producer' });
  expect(kept).toEqual({ name: 'Bob', role: 'reviewer', team: 'North' });
  await expect(label(b, first, 'garage', before)).rejects.toMatchObject({
    message: expect.stringMatching(/^As reviewer you may not edit rooms: .* Your key of North decides that\.$/),
  });
  await b.host.studio.team.connect.mutate({ url: lineB.url, token: stage.team.keys.producer.key });
  expect(await b.host.studio.person.get.query()).toEqual({ name: 'Bob', role: 'producer' });
});

test('a refused operation is taken back and shown, and holds up nothing behind it', async () => {
  const [first = '', second = ''] = await photoIds();
  const before = (await rooms(b)).decisions.room[second] ?? null;
  const { database } = stage.service;
  const { key, row } = await createKey(database, { teamId: stage.team.id, name: 'Bo', role: 'producer' });
  await b.host.studio.team.connect.mutate({ url: lineB.url, token: key });
  lineB.set('cut');
  await label(b, second, 'garage', before);
  await b.host.studio.timeline.saveVersion.mutate({ id, name: 'As the reviewer saw it' });
  // Meanwhile whoever runs the server gives the key another role.
  await database.db.updateTable('api_keys').set({ role: 'reviewer' }).where('id', '=', row.id).execute();
  lineB.set('open');
  await b.host.studio.team.syncNow.mutate();
  const now = await until(async () => {
    const seen = await status(b);
    return seen.refused.length > 0 && seen.waiting === 0 ? seen : undefined;
  });
  expect(now.refused).toMatchObject([{ listingId: id, sentence: 'The team’s server knows you as reviewer, who may not edit rooms.' }]); // biome-ignore format: one sentence
  expect((await rooms(b)).decisions.room[second] ?? null).toBe(before);
  expect(await b.host.studio.person.get.query()).toMatchObject({ role: 'reviewer', team: 'North' });
  await until(async () => {
    const versions = await a.host.studio.timeline.versions.query({ id });
    return versions.some(({ name }) => name === 'As the reviewer saw it') ? true : undefined;
  });
  await b.host.studio.team.dismissRefused.mutate({ ids: now.refused.map((one) => one.id) });
  expect((await status(b)).refused).toEqual([]);
  await b.host.studio.team.connect.mutate({ url: lineB.url, token: stage.team.keys.producer.key });
  await equal();
  expect(first).not.toBe('');
});

test('what was answered before a kill −9 reaches the team after the next start', async () => {
  const [, , , fourth = ''] = await photoIds();
  lineB.set('cut');
  await label(b, fourth, 'closet');
  await b.host.kill('SIGKILL');
  b.events.close();
  lineB.set('open');
  b = await stage.studio('Bo');
  await until(async () => ((await rooms(a)).decisions.room[fourth] === 'closet' ? true : undefined));
  expect((await status(b)).server).toMatchObject({ teamName: 'North' });
  await equal();
});

test('a take comes with its file, and a decision on it waits until the file is sent', async () => {
  const before = await film(a);
  const clipId = before.timeline?.clips[0]?.id ?? '';
  const flat = { type: 'setRenderer' as const, clipId, renderer: 'ken_burns' as const };
  await a.host.studio.timeline.edit.mutate({ id, revision: before.revision, label: 'Flat', edit: flat });
  await equal();
  stage.files.set('cut');
  const maker = await TakeMaker.open(a.home, id);
  const specHash = await maker.put(clipId);
  await maker.close();
  await a.host.studio.review.decide.mutate({ id, decision: { clipId, specHash, state: 'approved', reason: null, comment: 'Good' } }); // biome-ignore format: one call
  // What has no file leaves at once.
  await a.host.studio.listings.rename.mutate({ id, name: 'Five Elm Street' });
  await until(async () => ((await rooms(b)).listing.name === 'Five Elm Street' ? true : undefined));
  expect(await status(a)).toMatchObject({ waiting: 2 });
  stage.files.set('open');
  const there = await until(async () => {
    const { clips } = await b.host.studio.review.get.query({ id });
    const mine = clips.find((one) => one.clipId === clipId);
    return mine?.review === 'approved' ? mine : undefined;
  });
  expect(there).toMatchObject({ state: 'rendered' });
  const path = `/clip/${id}/${clipId}/${specHash}/clip.mp4`;
  const [one, other] = [await ask(a.host.target, path), await ask(b.host.target, path)];
  expect([other.status, other.body.length > 1000, other.body.equals(one.body)]).toEqual([200, true, true]);
  expect(existsSync(join(b.home, 'takes', specHash, 'take.json'))).toBe(true);
  await equal();
});

test('clips that are given to the fleet come back as takes, and count as rendered on every studio', async () => {
  const clipId = (await film(a)).timeline?.clips[1]?.id ?? '';
  const estimate = await a.host.studio.fleet.estimate.query({ id, clipIds: [clipId] });
  expect(estimate).toMatchObject({ clips: 1, workers: 0 });
  await a.host.studio.fleet.dispatch.mutate({ id, clipIds: [clipId] });
  const { tasks, online } = await b.host.studio.fleet.get.query();
  expect([online, tasks.map(({ subject, state, listingId }) => [subject, state, listingId])]).toEqual([true, [[clipId, 'queued', id]]]); // biome-ignore format: one glance
  const hash = await workedOff(stage);
  for (const studio of [a, b]) {
    const made = await until(async () => {
      const { clips } = await studio.host.studio.renders.get.query({ id });
      const mine = clips.find((one) => one.clipId === clipId);
      return mine?.state === 'rendered' ? mine : undefined;
    });
    expect(made.takes).toMatchObject([{ specHash: hash, current: true, file: 'present' }]);
    const clip = await ask(studio.host.target, `/clip/${id}/${clipId}/${hash}/clip.mp4`);
    expect([clip.status, clip.body.length > 1000]).toEqual([200, true]);
  }
  expect((await b.host.studio.fleet.get.query()).tasks[0]?.state).toBe('done');
});

/** Stands in for a worker: takes the one task, and gives a painted clip back as a worker does. */
async function workedOff({ service, base }: Stage): Promise<string> {
  const { db, dialect } = service.database;
  const fleet = fleetStore(db);
  await fleet.register({ id: 'worker-1', type: 'gpu', name: 'Painter', version: 'test', probe: { cpus: 2, memoryMiB: 1000, gpus: [], platform: 'test' }, costPerHourMicros: null, spot: false }); // biome-ignore format: one call
  const lease = await fleet.claim({ id: 'worker-1', type: 'gpu' });
  if (lease === undefined) throw new Error('no task');
  const { askedHash, clipId, spec: asked } = renderInputSchema.parse(lease.task.input);
  const spec = clipSpecSchema.parse(asked);
  expect(specHash(spec)).toBe(askedHash);
  const path = join(base, 'painted.mp4');
  await paintedClip(path, spec);
  const blob = { sha256: await sha256File(path), bytes: statSync(path).size };
  const { teamId, listingId } = lease.task;
  await service.parts.storage.putFile(blobKey(teamId, blob.sha256), path, blob);
  const take = { specHash: askedHash, spec, frames: spec.frames, validationScore: 1, verdict: 'pass', figures: [], reasons: [], renderSeconds: 1 }; // biome-ignore format: one glance
  await fleet.complete(lease, { specHash: askedHash, takes: [blob] }, async (trx) => {
    await addBlob({ db: trx, dialect, path: undefined, close: async () => {} }, teamId, blob);
    await appendSystem({ db: trx, dialect }, teamId, listingId, { name: 'Painter', role: 'worker' }, { kind: 'take.add', clipId, specHash: askedHash, askedHash, take, blob, downgradeReason: null }); // biome-ignore format: one call
  });
  service.service.hub.news(teamId);
  return askedHash;
}

test('who is where is known to the others; no key is in a log, a page’s answer or a readable file', async () => {
  await a.host.studio.team.lookingAt.mutate({ id, place: 'timeline' });
  await b.host.studio.team.lookingAt.mutate({ id: null, place: 'library' });
  const seen = await until(async () => {
    // Told again at once, not in ten seconds.
    await b.host.studio.team.lookingAt.mutate({ id: null, place: 'library' });
    const all = await b.host.studio.team.presence.query();
    return all.some((one) => one.place === 'timeline') ? all : undefined;
  });
  expect(seen.map(({ name, listingId, place }) => [name, listingId, place])).toEqual([['Ada', id, 'timeline']]);
  const secrets = Object.values(stage.team.keys).map(({ key }) => key);
  const texts = [a, b].flatMap(({ host, home, events }) => [
    host.log(),
    readFileSync(join(home, 'logs', 'host.log'), 'utf8'),
    JSON.stringify(events.events),
  ]);
  texts.push(JSON.stringify([await status(a), await a.host.studio.system.diagnostics.mutate()]));
  for (const secret of secrets) for (const text of texts) expect(text.includes(secret)).toBe(false);
  expect(statSync(join(a.home, 'team', 'token.json')).mode & 0o077).toBe(0);
  await expect(a.host.studio.team.connect.mutate({ url: lineA.url, token: 'pk_not_a_key' })).rejects.toMatchObject({ data: { picaivid: { code: 'forbidden_role' } } }); // biome-ignore format: one call
  await expect(a.host.studio.team.connect.mutate({ url: 'http://team.example.com', token: 'x' })).rejects.toMatchObject({ data: { picaivid: { code: 'bad_usage' } } }); // biome-ignore format: one call
  expect((await status(a)).state).toBe('up_to_date');
});

test('without a server it goes on here, and is the team’s again with the next key', async () => {
  const [first = ''] = await photoIds();
  const off = await a.host.studio.team.disconnect.mutate();
  expect(off).toMatchObject({ state: 'off', server: null, waiting: 0 });
  const from = (await rooms(a)).decisions.room[first] ?? null;
  await label(a, first, 'attic', from);
  expect(await status(a)).toMatchObject({ state: 'off', waiting: 1 });
  await a.host.studio.team.connect.mutate({ url: lineA.url, token: stage.team.keys.editor.key });
  await until(async () => ((await rooms(b)).decisions.room[first] === 'attic' ? true : undefined));
  await equal();
});

test('a server that was restored from an older backup is said, met where it stands, and nothing here is lost', async () => {
  const [first = '', second = ''] = await photoIds();
  await equal();
  const [room, version] = [(await rooms(a)).decisions.room[first] ?? null, (await film(a)).timeline?.markers.length];
  const backup = await stage.backUp();
  await settled(a);

  // What the backup does not have: a label, a step of the film, a listing.
  await label(a, first, 'laundry', room);
  const { revision } = await film(a);
  await a.host.studio.timeline.edit.mutate({ id, revision, label: 'Late', edit: { type: 'setMarker', marker: { id: 'late', frame: 20, label: 'late' } } as never }); // biome-ignore format: one call
  await smallListing(join(stage.base, 'others'), 2);
  const { created } = await a.host.studio.listings.create.mutate({ folders: [join(stage.base, 'others')] });
  const other = created[0]?.id ?? '';
  await until(async () => ((await a.host.studio.rooms.get.query({ id: other })).listing.task === null ? true : undefined)); // biome-ignore format: one call
  await a.host.studio.team.share.mutate({ ids: [other] });
  await until(async () => (await b.host.studio.listings.list.query()).find((card) => card.id === other));
  await until(async () =>
    (await film(b)).timeline?.markers.some((marker) => marker.id === 'late') ? true : undefined,
  );
  await equal();

  await stage.restore(backup);
  const said = await until(async () => (await a.host.studio.system.info.query()).notices.find(({ text }) => text.includes('set back'))); // biome-ignore format: one call
  expect(said.text).toMatch(
    /^The server of North was set back .* One listing that it does not have is only here now: share it again\.$/,
  );
  await until(async () => (await b.host.studio.system.info.query()).notices.find(({ text }) => text.includes('set back'))); // biome-ignore format: one call
  for (const studio of [a, b]) {
    const card = (await studio.host.studio.listings.list.query()).find((one) => one.id === other);
    expect(card).toMatchObject({ id: other, photoCount: 2 });
    expect(card?.shared ?? false).toBe(false);
    await until(async () => ((await rooms(studio)).decisions.room[first] === room ? true : undefined));
    await until(async () => ((await film(studio)).timeline?.markers.length === version ? true : undefined));
    const versions = await studio.host.studio.timeline.versions.query({ id });
    expect(versions.map(({ name }) => name)).toContain('The film of before the team’s server was set back');
  }
  await equal();
  // And on it goes, the listing too.
  await label(b, second, 'office', (await rooms(b)).decisions.room[second] ?? null);
  await until(async () => ((await rooms(a)).decisions.room[second] === 'office' ? true : undefined));
  await a.host.studio.team.share.mutate({ ids: [other] });
  await until(async () => ((await b.host.studio.listings.list.query()).find((card) => card.id === other)?.shared === true ? true : undefined)); // biome-ignore format: one call
  await equal();
}, 120_000);
