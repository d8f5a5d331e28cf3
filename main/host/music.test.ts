/** Music over the real host: what the studio brings, what people add, what is refused, and files by id. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { sha256File } from '../../base/files.node.ts';
import { runFfmpeg } from '../../pipeline/media/ffmpeg.node.ts';
import { SAMPLE_MUSIC, sound } from '../testing/listing.node.ts';
import { builtFilm } from './testing/films.node.ts';
import { ask, type HostChild, until } from './testing/host.node.ts';
import { testHosts } from './testing/hosts.node.ts';

const { base, start } = testHosts('music', 4, 'photos');
const heard = (host: HostChild, id: string) =>
  until(async () => {
    const row = (await host.studio.music.list.query()).find((one) => one.id === id);
    return row?.state === 'listening' ? undefined : row;
  });
const send = async (host: HostChild, name: string, body: Buffer) => {
  const path = `/api/music?name=${encodeURIComponent(name)}`;
  return ask(host.target, path, { method: 'POST', body, headers: { 'content-type': 'application/octet-stream' } });
};

test('the studio’s own pieces are there, are listened to by themselves, and sound by their ids', async () => {
  const host = await start('own');
  const rows = await host.studio.music.list.query();
  expect(rows.map(({ name, source }) => [name, source])).toEqual([
    ['City Rush', 'studio'],
    ['Garden Waltz', 'studio'],
    ['Morning Light', 'studio'],
  ]);
  const waltz = await heard(host, rows[1]?.id ?? '');
  expect(waltz).toMatchObject({ state: 'ready', hasPulse: true, beatsPerBar: 3, error: null });
  const whole = await ask(host.target, `/music/${waltz?.id}/sound`);
  expect([whole.status, whole.headers['content-type']]).toEqual([200, 'audio/flac']);
  expect(whole.body.subarray(0, 4).toString()).toBe('fLaC');
  const part = await ask(host.target, `/music/${waltz?.id}/sound`, { headers: { range: 'bytes=100-199' } });
  expect([part.status, part.body.equals(whole.body.subarray(100, 200))]).toEqual([206, true]);
  await expect(host.studio.music.remove.mutate({ id: waltz?.id ?? '' })).rejects.toThrow('comes with the studio');
});

test('a track that was added is ours: it sounds, and films keep it, when the file elsewhere is replaced, and when ours is gone the film stays', async () => {
  const home = join(base, 'kept');
  let host = await start('kept');
  const folder = join(base, 'desk');
  mkdirSync(folder);
  const song = join(folder, 'evening_song.flac');
  // Other bytes than the studio's own piece.
  writeFileSync(song, Buffer.concat([readFileSync(SAMPLE_MUSIC), Buffer.alloc(64)]));
  const [added] = await host.studio.music.add.mutate({ paths: [song] });
  const id = added?.id ?? '';
  expect(added).toMatchObject({ name: 'Evening Song', source: 'own', licence: null });
  expect(await host.studio.music.add.mutate({ paths: [song] })).toMatchObject([{ id }]);
  writeFileSync(song, 'replaced by something else');
  expect(await heard(host, id)).toMatchObject({ state: 'ready', hasPulse: true });
  const { created } = await host.studio.listings.create.mutate({ folders: [join(base, 'photos')] });
  const listing = created[0]?.id ?? '';
  const film = await builtFilm(host, listing, { musicId: id, targetSeconds: 12 });
  expect(film).toMatchObject({ music: { id, state: 'ready' }, settings: { musicId: id } });
  const mix = await host.studio.timeline.mix.query({ id: listing });
  expect(mix).toMatchObject({ silent: false, targetLufs: -14 });
  expect(mix.integratedLufs + mix.gainDb).toBeCloseTo(-14, 6);
  const sounding = await ask(host.target, `/music/${id}/sound`);
  expect(sounding.status).toBe(200);

  // The cache may be cleared at any time.
  await host.studio.storage.clearCaches.mutate();
  expect((await ask(host.target, `/music/${id}/sound`)).body.equals(sounding.body)).toBe(true);
  expect(await host.studio.timeline.mix.query({ id: listing })).toEqual(mix);
  await host.studio.music.remove.mutate({ id });
  expect((await host.studio.music.list.query()).some((one) => one.id === id)).toBe(false);
  expect((await host.studio.timeline.get.query({ id: listing })).music).toMatchObject({ id, state: 'ready' });
  await host.kill('SIGKILL');

  rmSync(join(home, 'music'), { recursive: true });
  rmSync(join(home, 'cache'), { recursive: true });
  host = await start('kept');
  const without = await host.studio.timeline.get.query({ id: listing });
  expect(without.music).toMatchObject({
    state: 'failed',
    error: { code: 'file_not_found', message: expect.stringContaining('Evening Song is gone') },
  });
  expect([without.timeline, without.track]).toEqual([film.timeline, film.track]);
  const refused = await ask(host.target, `/music/${id}/sound`);
  expect([refused.status, refused.json()]).toMatchObject([404, { code: 'file_not_found' }]);
  // Adding it again brings it back.
  writeFileSync(song, Buffer.concat([readFileSync(SAMPLE_MUSIC), Buffer.alloc(64)]));
  expect(await host.studio.music.add.mutate({ paths: [song] })).toMatchObject([{ id, state: 'ready' }]);
});

test('what is no music, too short, silent, damaged or endless is refused in words; without a pulse there is an even grid', async () => {
  const host = await start('refused');
  const wav = (name: string, filter: string, seconds: number) => sound(join(base, name), filter, seconds);
  const sent = async (name: string, body: Buffer | string) => {
    const answer = await send(host, name, Buffer.from(body));
    return [answer.status, answer.json()];
  };
  expect(await sent('list.m3u8', '#EXTM3U\n/etc/passwd\n')).toMatchObject([422, { code: 'audio_unsupported' }]);
  expect(await sent('empty.mp3', '')).toMatchObject([422, { code: 'file_empty', message: 'empty.mp3 is empty.' }]);
  expect(await sent('../../up.flac', 'fLaC and then nothing of it')).toMatchObject([
    422,
    { code: 'audio_unsupported', message: expect.stringMatching(/^up\.flac /) },
  ]);
  const flac = readFileSync(SAMPLE_MUSIC);
  const [short, silent, drone] = [
    await wav('short.wav', 'sine=440', 3),
    await wav('silent.wav', 'anullsrc', 20),
    await wav('drone.wav', 'sine=110', 20),
  ];
  const refusals: [string, Buffer, string][] = [
    ['short.wav', readFileSync(short), 'audio_too_short'],
    ['silent.wav', readFileSync(silent), 'audio_unsupported'],
    ['hurt.flac', Buffer.concat([flac.subarray(0, 9_000), Buffer.alloc(4_000_000, 7)]), 'audio_damaged'],
  ];
  for (const [name, body, code] of refusals) {
    const answer = await send(host, name, body);
    const row = answer.status === 200 ? await heard(host, (answer.json() as { id: string }).id) : undefined;
    const error = row?.error ?? (answer.json() as { code: string; message: string });
    expect([name, error.code]).toEqual([name, code]);
    expect(error.message).not.toContain(base);
  }
  const made = (await send(host, 'drone.wav', readFileSync(drone))).json() as { id: string };
  expect(await heard(host, made.id)).toMatchObject({ name: 'Drone', state: 'ready', hasPulse: false, bpm: 120 });
  // Three hours of silence as FLAC are small: length is refused, not size.
  const long = join(base, 'long.flac');
  await runFfmpeg(['-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', '10800', '-y', long]);
  expect(await sent('long.flac', readFileSync(long))).toMatchObject([413, { code: 'file_too_large' }]);
  expect(readdirSync(join(base, 'refused', 'music')).filter((name) => name.includes('arriving'))).toEqual([]);

  const { created } = await host.studio.listings.create.mutate({ folders: [join(base, 'photos')] });
  // A build to music that cannot be used fails in words; the next one, to other music, is another task.
  const { id: tooShort } = (await send(host, 'short.wav', readFileSync(short))).json() as { id: string };
  const listing = created[0]?.id ?? '';
  await expect(builtFilm(host, listing, { musicId: tooShort })).rejects.toThrow('needs music of at least 8 seconds');
  expect((await host.studio.timeline.get.query({ id: listing })).timeline).toBeNull();
  const film = await builtFilm(host, listing, { musicId: made.id, targetSeconds: 12 });
  expect(film).toMatchObject({ music: { hasPulse: false }, track: { source: 'default' } });
  const cuts = (film.timeline?.beats ?? []).map(({ frame }) => frame);
  expect(cuts.slice(0, 5)).toEqual([0, 15, 30, 45, 60]);
});

test('a logo is a picture, kept small; anything else is refused', async () => {
  const host = await start('logo');
  const post = (body: Buffer) => ask(host.target, '/api/logo', { method: 'POST', body });
  const png = await sharp({ create: { width: 3000, height: 500, channels: 4, background: '#f008' } })
    .png()
    .toBuffer();
  const { id } = (await post(png)).json() as { id: string };
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  const path = join(base, 'logo', 'logos', `${id}.png`);
  expect(await sha256File(path)).toBe(id); // a team's other studios fetch it by that
  const kept = await sharp(path).metadata();
  expect([kept.width, kept.height, kept.hasAlpha]).toEqual([1024, 171, true]);
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>';
  expect((await post(Buffer.from(svg))).status).toBe(200);
  for (const body of ['', 'hello', '<svg', 'GIF89a'])
    expect((await post(Buffer.from(body))).json()).toMatchObject({ code: 'image_unsupported' });
});
