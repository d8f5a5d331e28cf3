/** Two studios and a service on one machine: what one does is on the other's screens, on line and off, kills and cuts. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smallListing } from '../../testing/listing.node.ts';
import type { TeamStatus } from '../team-contract.ts';
import { ask, until } from '../testing/host.node.ts';
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
  expect(there.listing).toMatchObject({ folderMissing: false, photoCount: 4, status: 'timeline_ready' });
  expect(there.analysis).toEqual(here.analysis);
  expect((await film(b)).timeline?.clips).toEqual((await film(a)).timeline?.clips);
  const photo = here.analysis?.photos[0];
  for (const variant of ['320', 'original', 'depth']) {
    const path = `/media/${id}/${photo?.id}/${variant}`;
    const [one, other] = [await ask(a.host.target, path), await ask(b.host.target, path)];
    expect([variant, other.status, other.body.equals(one.body)]).toEqual([variant, 200, true]);
  }
});
