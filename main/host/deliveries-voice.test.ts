/** Voice-overs over the real host: taken by their content, heard, and mixed into a film that is as loud as asked. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measureLoudness } from '../../pipeline/assemble/loudness.node.ts';
import { runFfmpeg } from '../../pipeline/media/ffmpeg.node.ts';
import { SAMPLE_MUSIC, smallListing, sound } from '../testing/listing.node.ts';
import { voiceOverSchema } from './review-contract.ts';
import { approveAll, delivered, renderedFilm, sha256 } from './testing/deliveries.node.ts';
import { ask, type HostChild, hostChild } from './testing/host.node.ts';

const base = mkdtempSync(join(tmpdir(), 'voice-over-'));
const home = join(base, 'home');
const photos = join(base, 'listings', '7_birch_row');
let host: HostChild;
beforeAll(async () => {
  await smallListing(photos, 3);
  host = await hostChild({ home });
});
afterAll(async () => {
  await host.kill('SIGKILL');
  rmSync(base, { recursive: true, force: true });
});

const send = (name: string, body: Buffer) =>
  ask(host.target, `/api/voice?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/octet-stream' },
  });
/** A voice: a tone of 3 kHz, which no test's music has. */
const tone = async (name: string, seconds: number): Promise<Buffer> =>
  readFileSync(await sound(join(base, name), 'aevalsrc=0.3*sin(3000*2*PI*t)', seconds));

/** Level of a band of a film's sound between two moments, dB. */
async function level(film: string, filter: string, from: number, to: number): Promise<number> {
  const args = ['-v', 'error', '-i', film, '-af', `${filter},${filter},pan=mono|c0=c0`, '-ar', '48000', '-f', 'f32le', 'pipe:1']; // biome-ignore format: options pair up
  const { stdout } = await runFfmpeg(args);
  const all = new Float32Array(new Uint8Array(stdout).buffer).subarray(from * 48_000, to * 48_000);
  return 10 * Math.log10(all.reduce((sum, value) => sum + value * value, 0) / all.length);
}

test('a voice-over is taken by its content, sounds by its id with ranges, and what is none is refused in words', async () => {
  const bytes = await tone('agent.wav', 1.5);
  const taken = await send('../Agent’s words.mp3', bytes);
  const voice = voiceOverSchema.parse(taken.json());
  expect(voice).toEqual({
    id: sha256(join(base, 'agent.wav')),
    name: 'Agent’s words.mp3',
    seconds: 1.5,
    startSeconds: 0,
  });
  expect(readdirSync(join(home, 'voices')).sort()).toEqual([`${voice.id}.json`, `${voice.id}.wav`]);
  // What is played is made again when the cache is cleared.
  rmSync(join(home, 'cache', 'voices'), { recursive: true });
  const whole = await ask(host.target, `/voice/${voice.id}`);
  expect([whole.status, whole.headers['content-type'], whole.body.subarray(0, 4).toString()]).toEqual([200, 'audio/flac', 'fLaC']); // biome-ignore format: one glance
  const part = await ask(host.target, `/voice/${voice.id}`, { headers: { range: 'bytes=10-19' } });
  expect([part.status, part.body.equals(whole.body.subarray(10, 20))]).toEqual([206, true]);
  for (const bad of ['0'.repeat(64), 'x', `..%2F${voice.id}`, ''])
    expect((await ask(host.target, `/voice/${bad}`)).status, bad).toBe(404);

  const silent = readFileSync(await sound(join(base, 'silent.wav'), 'anullsrc', 1));
  const cases: [string, Buffer, string][] = [
    ['empty.wav', Buffer.alloc(0), 'empty.wav is empty.'],
    ['silent.wav', silent, 'silent.wav is silent. Choose another file.'],
    ['letter.mp3', Buffer.from('Dear owner,'), 'letter.mp3 holds no sound that can be read. Use MP3, M4A, WAV, FLAC or OGG.'],
    ['half.wav', bytes.subarray(0, 30), 'half.wav'],
  ]; // biome-ignore format: one case a row
  for (const [name, body, sentence] of cases) {
    const refused = await send(name, body);
    expect(refused.status, name).toBe(422);
    expect((refused.json() as { message: string }).message).toContain(sentence);
  }
  expect(readdirSync(join(home, 'voices'))).toHaveLength(2);
}, 240_000);

test('a film with a voice-over is as loud as asked, and its music goes down under the voice', async () => {
  const { delivery, person } = host.studio;
  await person.set.mutate({ name: 'Ana', role: 'producer' });
  // Three clips of a second: the voice speaks in the middle one.
  const { id } = await renderedFilm(host, photos, { frames: 30, music: true });
  await approveAll(host, id);
  const long = voiceOverSchema.parse((await send('long.wav', await tone('long.wav', 4))).json());
  const short = voiceOverSchema.parse((await send('short.wav', await tone('short.wav', 1))).json());

  // What a page says of a voice's name and length is not believed; what is not here is refused.
  const set = await delivery.set.mutate({
    id,
    changes: { voiceOver: { ...long, name: 'x', seconds: 1, startSeconds: 1 } },
  });
  expect(set.settings.voiceOver).toEqual({ ...long, startSeconds: 1 });
  expect(set.cautions).toEqual(['The voice-over goes on for 2.0 s after the film’s end: it is faded out there.']);
  await expect(delivery.set.mutate({ id, changes: { voiceOver: { ...long, id: 'f'.repeat(64) } } })).rejects.toThrow(
    'The voice-over is not on this machine',
  );
  const late = await delivery.set.mutate({ id, changes: { voiceOver: { ...short, startSeconds: 3 } } });
  expect(late.blockers).toEqual([
    { kind: 'voice_over', clipId: null, sentence: 'The voice-over begins at 3.0 s, and the film lasts 3.0 s. Let it begin earlier.' },
  ]); // biome-ignore format: one blocker
  await expect(delivery.start.mutate({ id, override: null })).rejects.toThrow('Let it begin earlier');

  await delivery.set.mutate({ id, changes: { voiceOver: { ...short, startSeconds: 1 } } });
  await delivery.start.mutate({ id, override: null });
  const [made] = (await delivered(host, id)).deliveries;
  const film = made?.films[0];
  expect([made?.state, film?.error]).toEqual(['done', null]);
  expect(film?.verification.filter(({ pass }) => !pass)).toEqual([]);
  const folder = made?.folder ?? '';
  const path = join(folder, film?.name ?? '');
  const music = 'lowpass=f=900';
  const spoken = 'highpass=f=2500';
  // The loudness makes the whole quieter or louder: what counts is how the parts stand to each other. The music as it
  // is, without a voice, is the studio's own piece from second 12 on.
  const fall = async (file: string, from: number): Promise<number> =>
    (await level(file, music, from + 0.1, from + 0.9)) - (await level(file, music, from + 1.3, from + 1.9));
  const lowered = (await fall(path, 0)) - (await fall(SAMPLE_MUSIC, 12));
  expect(lowered).toBeGreaterThan(6);
  expect(lowered).toBeLessThan(20);
  expect((await level(path, spoken, 1.3, 1.9)) - (await level(path, spoken, 0.1, 0.9))).toBeGreaterThan(20);
  const { integrated, truePeak } = await measureLoudness(['-i', path]);
  expect(Math.abs(integrated + 14)).toBeLessThan(0.3);
  expect(truePeak).toBeLessThanOrEqual(-1);
  expect(JSON.parse(readFileSync(join(folder, 'provenance.json'), 'utf8'))).toMatchObject({ overrides: { voice_over: { id: short.id, startSeconds: 1 } } }); // biome-ignore format: one glance

  // Another file in its place on the disk: found before anything is made of it.
  const kept = join(home, 'voices', `${short.id}.wav`);
  const bent = readFileSync(kept);
  bent[bent.length - 9] = (bent[bent.length - 9] ?? 0) ^ 0x40;
  writeFileSync(kept, bent);
  await delivery.set.mutate({ id, changes: { voiceOver: short } });
  await delivery.start.mutate({ id, override: null });
  expect((await delivered(host, id)).deliveries[0]).toMatchObject({
    state: 'failed',
    error: { code: 'audio_damaged' },
  });
  rmSync(kept);
  expect((await delivery.get.query({ id })).blockers).toMatchObject([{ kind: 'voice_over' }]);
  expect((await delivery.set.mutate({ id, changes: { voiceOver: null } })).blockers).toEqual([]);
}, 240_000);
