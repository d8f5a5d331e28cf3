/** What takes its time: a team of 5,000 listings, a hundred edits measured, a dead line, a large file that is cut and killed. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../../db/id.node.ts';
import { applyOperations } from '../../../db/team/apply.node.ts';
import { newListing, operation } from '../../service/testing/service.node.ts';
import { smallListing, sound } from '../../testing/listing.node.ts';
import { ask, until } from '../testing/host.node.ts';
import { Stage, type Studio } from './testing/stage.node.ts';

const LISTINGS = 5_000;
const EDITS = 100;
let stage: Stage;
let a: Studio;
let b: Studio;
let id = '';

const report = (line: string): void => void process.stderr.write(`${line}\n`);
const rooms = ({ host }: Studio) => host.studio.rooms.get.query({ id });
const settled = (studio: Studio) =>
  until(async () => ((await studio.host.studio.team.get.query()).state === 'up_to_date' ? true : undefined));

beforeAll(async () => {
  stage = await Stage.set();
  await smallListing(join(stage.base, 'photos'), 3);
  a = await stage.connected('Ada', await stage.line());
  b = await stage.connected('Bo', await stage.line());
  const { created } = await a.host.studio.listings.create.mutate({ folders: [join(stage.base, 'photos')] });
  id = created[0]?.id ?? '';
  await until(async () => {
    const { analysis, listing } = await rooms(a);
    return analysis !== null && listing.task === null ? true : undefined;
  });
  await a.host.studio.team.share.mutate({ ids: [id] });
  await settled(a);
  await until(async () => (await b.host.studio.listings.list.query()).find((card) => card.id === id));
}, 300_000);
afterAll(() => stage.clear(), 60_000);

test(`${EDITS} edits here are on the other studio’s events, and how soon`, async () => {
  const photo = (await rooms(a)).analysis?.photos[0]?.id ?? '';
  await rooms(b);
  const took: number[] = [];
  let from: string | null = null;
  for (let i = 0; i < EDITS; i++) {
    const to: string = i % 2 === 0 ? 'kitchen' : 'office';
    b.events.events.length = 0;
    const began = performance.now();
    await a.host.studio.rooms.act.mutate({ id, label: 'Name', changes: [{ field: 'room', subject: photo, from, to }] });
    while (!b.events.events.some((event) => event.type === 'rooms')) await sleep(1);
    took.push(performance.now() - began);
    from = to;
    await sleep(20);
  }
  took.sort((x, y) => x - y);
  const at = (share: number): number => Math.round(took[Math.floor(took.length * share)] ?? 0);
  report(`edit → other studio’s event: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(0.999)} ms`);
  expect((await rooms(b)).decisions.room[photo]).toBe(from);
});

test(`a team of ${LISTINGS} listings: cards within seconds, the one that is opened at once`, async () => {
  const pusher = { teamId: stage.team.id, clientId: newId(), actor: { name: 'Setup', role: 'producer' as const } };
  const ids = Array.from({ length: LISTINGS }, () => newId());
  for (let i = 0; i < LISTINGS; i += 500)
    await applyOperations(
      stage.service.database,
      pusher,
      ids.slice(i, i + 500).map((one, k) => operation(one, newListing(`Street ${i + k}`))),
    );
  const c = await stage.studio('Cy');
  const began = performance.now();
  await c.host.studio.team.connect.mutate({ url: (await stage.line()).url, token: stage.team.keys.editor.key });
  await until(async () => ((await c.host.studio.listings.list.query()).length > LISTINGS ? true : undefined));
  const usable = performance.now() - began;
  const open = performance.now();
  const found = await rooms(c);
  report(
    `${LISTINGS} cards after ${Math.round(usable)} ms; a listing opened in ${Math.round(performance.now() - open)} ms`,
  );
  expect(found.analysis?.photos).toHaveLength(3);
  const status = await c.host.studio.team.get.query();
  expect(status.firstSync?.of).toBeGreaterThan(LISTINGS - 1);
  // Killed in the middle, it goes on.
  await c.host.kill('SIGKILL');
  const again = await stage.studio('Cy');
  expect((await again.host.studio.listings.list.query()).length).toBe(LISTINGS + 1);
  const left = await until(async () => (await again.host.studio.team.get.query()).firstSync ?? undefined);
  expect(left.of).toBeLessThan(LISTINGS + 1);
  await again.close();
});

test('a line that is silent is found within 20 seconds, and what was done meanwhile leaves by itself', async () => {
  const line = await stage.line();
  const d = await stage.connected('Di', line);
  await until(async () => (await d.host.studio.listings.list.query()).find((card) => card.id === id));
  const before = await until(async () => {
    const found = await rooms(d);
    return found.analysis === null ? undefined : found;
  });
  line.set('silent');
  const photo = before.analysis?.photos[1]?.id ?? '';
  await d.host.studio.rooms.act.mutate({
    id,
    label: 'Name',
    changes: [{ field: 'room', subject: photo, from: null, to: 'pool' }],
  });
  const began = performance.now();
  await until(async () => ((await d.host.studio.team.get.query()).state === 'offline' ? true : undefined));
  expect(performance.now() - began).toBeLessThan(20_000);
  line.set('cut');
  line.set('open');
  await until(async () => ((await rooms(a)).decisions.room[photo] === 'pool' ? true : undefined));
  await d.close();
});

test('a large file that is cut in the middle by a kill −9 goes on where it was, and is whole on the other side', async () => {
  const photos = join(stage.base, 'more');
  await smallListing(photos, 2);
  const path = await sound(join(stage.base, 'long.wav'), 'sine=frequency=220', 400);
  const bytes = readFileSync(path).length;
  const { created } = await a.host.studio.listings.create.mutate({ folders: [photos] });
  const other = created[0]?.id ?? '';
  await until(async () => {
    const found = await a.host.studio.rooms.get.query({ id: other });
    return found.analysis !== null && found.listing.task === null ? true : undefined;
  });
  const [music] = await a.host.studio.music.add.mutate({ paths: [path] });
  const task = await a.host.studio.timeline.build.mutate({ id: other, settings: { musicId: music?.id ?? '' } });
  await until(async () => {
    const found = (await a.host.studio.tasks.list.query()).find((one) => one.id === task.id);
    if (found?.state === 'failed') throw new Error(found.error?.message);
    return found?.state === 'done' ? true : undefined;
  });
  const sentBefore = stage.files.sent;
  await a.host.studio.team.share.mutate({ ids: [other] });
  await until(async () => (stage.files.sent - sentBefore > bytes / 2 ? true : undefined));
  await a.host.kill('SIGKILL');
  a.events.close();
  a = await stage.studio('Ada');
  await settled(a);
  // Parts that were there were not sent again: at most one part more, and the photos.
  const sent = stage.files.sent - sentBefore;
  report(`${bytes} bytes of music: ${sent} bytes sent in all`);
  expect(sent).toBeLessThan(bytes * 1.5);
  await until(async () => (await b.host.studio.listings.list.query()).find((card) => card.id === other));
  await b.host.studio.timeline.get.query({ id: other });
  const heard = await ask(b.host.target, `/music/${music?.id}/peaks`);
  expect(heard.status).toBe(200);
  expect(readFileSync(join(b.home, 'music', `${music?.id}.wav`)).equals(readFileSync(path))).toBe(true);
  rmSync(path);
});
