/** Finished films in players: ffmpeg without a word of warning, Chromium's player to the end, Chromium's decoder frame by frame. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { clipPictures, readClipFile } from '../pipeline/assemble/clipfile.node.ts';
import { type AssembledFilm, assembleFilm } from '../pipeline/assemble/film.node.ts';
import { filmRequest, makeMaterial } from '../pipeline/assemble/kills.node.ts';
import { decodeFrames, OUTPUT, readNumber, timelineClip, timelineOf } from '../pipeline/assemble/testkit.node.ts';
import { h264Args } from '../pipeline/media/encoder.ts';
import { runFfmpeg } from '../pipeline/media/ffmpeg.node.ts';
import { findChromium, launchChromium } from './browser.node.ts';

const playedSchema = z.object({
  outcome: z.string(),
  duration: z.number(),
  time: z.number(),
  width: z.number(),
  height: z.number(),
});
const decodedSchema = z.object({ shown: z.array(z.number()), errors: z.array(z.string()) });

/** Runs in the page: plays its video to the end. */
const PLAY = `(async () => {
  const video = document.querySelector('video');
  const outcome = new Promise((resolve) => {
    video.addEventListener('ended', () => resolve('ended'));
    video.addEventListener('error', () => resolve(video.error?.message ?? 'error'));
  });
  await video.play();
  return {
    outcome: await outcome, duration: video.duration, time: video.currentTime,
    width: video.videoWidth, height: video.videoHeight,
  };
})()`;

/** Runs in the page: decodes pictures whose time stamps are their numbers; gives the numbers in the order shown. */
const decodeScript = (codec: string, pictures: readonly { key: boolean; data: string }[]): string => `(async () => {
  const shown = [];
  const errors = [];
  const decoder = new VideoDecoder({
    output: (frame) => { shown.push(frame.timestamp); frame.close(); },
    error: (error) => errors.push(error.message),
  });
  decoder.configure({ codec: '${codec}' });
  for (const [timestamp, { key, data }] of ${JSON.stringify(pictures)}.entries())
    decoder.decode(new EncodedVideoChunk({
      type: key ? 'key' : 'delta', timestamp, data: Uint8Array.from(atob(data), (c) => c.charCodeAt(0)),
    }));
  await decoder.flush();
  return { shown, errors };
})()`;

let dir: string;
let film: AssembledFilm;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'picaivid-play-'));
  await makeMaterial(dir);
  film = await assembleFilm(filmRequest(dir));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('ffmpeg decodes every frame and all sound without a warning, even where it must fail at the slightest fault', async () => {
  const { stderr } = await runFfmpeg([
    '-v', 'warning', '-err_detect', 'explode', '-xerror', '-i', film.path, '-map', '0', '-f', 'null', '-',
  ]); // biome-ignore format: options pair up
  expect(stderr).toBe('');
});

test('the film of copied runs shows the same frames in the same order as one encoded anew', async () => {
  const shots = [[0, 0, 40], [1, 7, 35], [2, 15, 20], [3, 22, 31]] as const; // biome-ignore format: clip, in, frames
  const request = filmRequest(dir);
  const copied = await assembleFilm({
    ...request,
    timeline: timelineOf(shots.map(([clip, from, frames]) => timelineClip(clip, from, frames))),
    outPath: join(dir, 'copied.mp4'),
  });
  expect(copied.copiedFrames).toBeGreaterThan(100);
  const anew = join(dir, 'anew.mp4');
  const trims = shots.map(
    ([clip, from, frames]) =>
      `[${clip}:v]trim=start_frame=${from}:end_frame=${from + frames},setpts=PTS-STARTPTS[v${clip}]`,
  );
  await runFfmpeg([
    '-v', 'error', '-y', ...shots.flatMap(([clip]) => ['-i', join(dir, `c${clip}.mp4`)]),
    '-filter_complex', `${trims.join(';')};${shots.map(([clip]) => `[v${clip}]`).join('')}concat=n=${shots.length}[out]`,
    '-map', '[out]', ...h264Args(OUTPUT.frameRate), anew,
  ]); // biome-ignore format: options pair up
  const numbers = async (path: string) => (await decodeFrames(path)).map((frame) => readNumber(frame));
  const shown = await numbers(copied.path);
  expect(shown).toEqual(await numbers(anew));
  expect(shown.length).toBe(126);
});

test.skipIf(findChromium() === undefined)(
  'Chromium plays it to its end and decodes each frame once, in order',
  async () => {
    const browser = await launchChromium({ webgl: false });
    try {
      const page = await browser.newPage();
      const body = await readFile(film.path);
      // A page of this machine is a secure one, as the decoder asks for.
      await page.route('http://localhost/**', (route) =>
        route.request().url().endsWith('.mp4')
          ? route.fulfill({ body, contentType: 'video/mp4' })
          : route.fulfill({ body: '<video muted src="film.mp4"></video>', contentType: 'text/html' }),
      );
      await page.goto('http://localhost/');
      const played = playedSchema.parse(await page.evaluate(PLAY));
      const seconds = film.plan.totalFrames / 30;
      expect(played).toMatchObject({ outcome: 'ended', width: 320, height: 180 });
      // Chromium counts in microseconds.
      expect(Math.abs(played.duration - seconds)).toBeLessThan(2e-6);
      expect(played.time).toBe(played.duration);

      const file = await readClipFile(film.path);
      const keys = new Set(file.keyframes);
      const chunks: { key: boolean; data: string }[] = [];
      for await (const picture of clipPictures(file, 0, file.frames)) {
        const key = keys.has(chunks.length);
        chunks.push({ key, data: Buffer.concat(key ? [file.parameterSets, picture] : [picture]).toString('base64') });
      }
      const codec = `avc1.${Buffer.from(file.parameterSets.subarray(5, 8)).toString('hex')}`;
      const decoded = decodedSchema.parse(await page.evaluate(decodeScript(codec, chunks)));
      expect(decoded.errors).toEqual([]);
      expect(decoded.shown).toEqual(Array.from({ length: film.plan.totalFrames }, (_, i) => i));
    } finally {
      await browser.close();
    }
  },
);
