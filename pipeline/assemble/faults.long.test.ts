import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { h264Args } from '../media/encoder.ts';
import { runFfmpeg } from '../media/ffmpeg.node.ts';
import { CLIP_FRAMES, checkFilm, FAULTS, filmToDamage } from './faults.node.ts';
import { OUTPUT } from './testkit.node.ts';

const FILMS = 6;
const PHOTOS = [
  '01_front_a', '03_living_a', '05_living_c', '07_kitchen_a', '10_dining_a', '13_primary_a', '16_bedroom_a', '19_bathroom_a', '21_patio_a',
]; // biome-ignore format: names

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'picaivid-faults-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A slow pan over a photo of the sample listing, to the half pixel. */
async function photoClip(path: string, photo: string, number: number): Promise<void> {
  const [x, y] = number % 2 === 0 ? ['n', '40'] : ['60-n', 'n/2'];
  const graph = `scale=960:540:force_original_aspect_ratio=increase,format=yuv420p,loop=-1:1,setpts=N/30/TB,crop=640:360:x='${x}':y='${y}',scale=${OUTPUT.width}:${OUTPUT.height}`;
  const input = join(import.meta.dirname, '../../samples/listing', `${photo}.jpg`);
  await runFfmpeg([
    '-v', 'error', '-y', '-i', input, '-vf', graph, '-frames:v', String(CLIP_FRAMES), ...h264Args(OUTPUT.frameRate), path,
  ]); // biome-ignore format: options pair up
}

test('every fault on films of photos is found, and sound films pass', async () => {
  const found = new Map<string, { all: number; alone: number }>();
  const missed: string[] = [];
  const alarms: string[] = [];
  for (let seed = 1; seed <= FILMS; seed++) {
    const film = await filmToDamage(join(dir, String(seed)), seed, (path, clip) =>
      photoClip(path, PHOTOS[(seed * 2 + clip * 3) % PHOTOS.length] ?? '', seed + clip),
    );
    const places = { ...film, inside: 6 + ((seed * 5) % 18), seed };
    for (const alone of [false, true]) {
      const { lines } = await checkFilm(places, places.film.path, alone);
      alarms.push(...lines.filter((line) => !line.pass).map((line) => `${seed}: ${line.name}: ${line.measured}`));
    }
    for (const [name, plant] of Object.entries(FAULTS)) {
      const out = join(dir, 'damaged.mp4');
      await rm(out, { force: true });
      await plant(places, out);
      const [all, alone] = [await checkFilm(places, out), await checkFilm(places, out, true)];
      const count = found.get(name) ?? { all: 0, alone: 0 };
      found.set(name, { all: count.all + (all.pass ? 0 : 1), alone: count.alone + (alone.pass ? 0 : 1) });
      if (all.pass) missed.push(`${seed}: ${name}`);
    }
  }
  for (const [name, { all, alone }] of found)
    process.stderr.write(`${name}: ${all} of ${FILMS} found; by looking at the file alone ${alone}\n`);
  expect(missed).toEqual([]);
  expect(alarms).toEqual([]);
});
