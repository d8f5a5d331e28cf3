import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { layMusic } from '../pipeline/assemble/audio.node.ts';
import { planMix } from '../pipeline/assemble/mix-plan.ts';
import type { MusicPlan } from '../pipeline/domain.ts';
import { runFfmpeg } from '../pipeline/media/ffmpeg.node.ts';
import { FPS_30 } from '../pipeline/time.ts';
import { findChromium } from './browser.node.ts';
import { compareFilm, everyTransition, FilmMaterial, type OfferedPhoto, openFilm } from './film-parity.node.ts';
import { openParityPage, type ParityPage } from './parity-page.node.ts';

const MUSIC = fileURLToPath(new URL('../samples/music/morning_light_96bpm.flac', import.meta.url));
const TOTAL_FRAMES = 420;
/** Two pieces that join with a crossfade, fades at both ends, and silence at the film's end. */
const PLAN: MusicPlan = {
  segments: [
    { filmStartFrame: 0, filmEndFrame: 200, musicStartSeconds: 5.0125 },
    { filmStartFrame: 200, filmEndFrame: 400, musicStartSeconds: 20 },
  ],
  fadeInFrames: 9,
  fadeOutFrames: 60,
};

const stateSchema = z.object({
  frame: z.number(), shown: z.number(), playing: z.boolean(), rate: z.number(), totalFrames: z.number(), waiting: z.boolean(),
}); // biome-ignore format: one list

describe.skipIf(findChromium() === undefined)('the film in Chromium (skipped where there is none)', () => {
  let page: ParityPage;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'picaivid-film-test-'));
    page = await openParityPage('film');
    // As the studio's host serves it.
    const served = join(dir, 'music.flac');
    await runFfmpeg(['-v', 'error', '-y', '-i', MUSIC, '-ac', '2', '-ar', '48000', '-c:a', 'flac', served]);
    page.offer('/music.flac', await readFile(served), 'audio/flac');
  });
  afterAll(async () => {
    await page?.close();
    await rm(dir, { recursive: true, force: true });
  });

  test('each frame is the delivered film’s frame: every transition, the fade, titles', async () => {
    const timeline = await everyTransition();
    const material = new FilmMaterial(dir);
    const path = await material.film(timeline);
    const moments = await compareFilm(page, material, timeline, path, [0, 3, 9, 17, 32, 47, 51, 64, 66, 81, 96, 111]); // biome-ignore format: one list
    for (const moment of moments) {
      expect({ ...moment, player: null, film: null, good: moment.ssim >= 0.95 }).toMatchObject({ good: true });
      // The figure can fail: the frame two beside it is not taken for this one.
      expect(moment.ssim).toBeGreaterThan(moment.beside);
    }
    const seen = moments.map(({ what }) => what).join(' ');
    for (const kind of [
      'fade from or to white',
      'cross_dissolve',
      'dip_black',
      'slide',
      'wipe',
      'zoom',
      'dip_white',
      'title',
    ])
      expect(seen).toContain(kind);
    expect(await page.call('errors')).toEqual([]);
  });

  test('an edit keeps the playhead and the playing; keys shuttle; a photo that is gone is said and the picture stays', async () => {
    const material = new FilmMaterial(dir);
    const film = await openFilm(page, material, await everyTransition());
    const state = async () => stateSchema.parse(await page.call('state'));
    const until = async (test: (now: z.infer<typeof stateSchema>) => boolean): Promise<z.infer<typeof stateSchema>> => {
      for (let tries = 0; tries < 600; tries++) {
        const now = await state();
        if (test(now)) return now;
        await page.call('sleep', 50);
      }
      throw new Error(`The player did not get there: ${JSON.stringify(await state())}`);
    };
    await page.call('seek', 40);
    await until(({ shown }) => shown === 40);
    const shorter = { ...film, timeline: { ...film.timeline, clips: film.timeline.clips.slice(0, 4) } };
    await page.call('change', shorter);
    expect(await until(({ shown }) => shown === 40)).toMatchObject({
      frame: 40,
      totalFrames: 64,
      playing: false,
      rate: 0,
    });

    await page.call('shuttle', -1);
    await page.call('shuttle', -1);
    expect(await state()).toMatchObject({ rate: -2, playing: true });
    // The film's start ends it.
    expect(await until(({ playing }) => !playing)).toMatchObject({ frame: 0, rate: 0 });
    await page.call('do', 'play');
    await until(({ frame }) => frame > 3);
    await page.call('change', film);
    expect(await state()).toMatchObject({ totalFrames: 112, playing: true, rate: 1 });
    expect(await until(({ playing }) => !playing)).toMatchObject({ frame: 111 });
    // Played again from its end, it begins anew.
    await page.call('do', 'play');
    await until(({ frame, playing }) => playing && frame < 100);
    await page.call('do', 'pause');

    await page.call('seek', 8);
    await until(({ shown }) => shown === 8);
    const last = film.timeline.clips.at(-1)?.photoId;
    const gone = film.photos.map(([id, photo]): [string, OfferedPhoto] => [id, id === last ? { ...photo, key: 'gone', photo: '/media/not-there.jpg' } : photo]); // biome-ignore format: one list
    await page.call('change', { ...film, photos: gone });
    // The film that changed is drawn anew first.
    await until(({ shown }) => shown === 8);
    await page.call('seek', 110);
    expect(await until(({ waiting }) => waiting)).toMatchObject({ frame: 110, shown: 8 });
    for (let tries = 0; tries < 100 && z.array(z.string()).parse(await page.call('errors')).length === 0; tries++)
      await page.call('sleep', 50);
    expect(await page.call('errors')).toEqual(['The photo of this shot could not be loaded.']);
  });

  test('the sound is the assembly’s, sample by sample, from the start and from within a fade and a join', async () => {
    const mix = planMix(PLAN, TOTAL_FRAMES, FPS_30);
    const request = {
      totalFrames: TOTAL_FRAMES, rate: FPS_30, music: { path: MUSIC, plan: PLAN }, loudnessLufs: -14, truePeakDbtp: -1,
      workDir: dir,
    }; // biome-ignore format: one object
    const bytes = await readFile(await layMusic(request, mix.samples, (name) => join(dir, name), []));
    const laid = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    expect(laid.length).toBe(2 * mix.samples);
    for (const from of [0, 4801, 319_900, 580_000]) {
      await page.call('bed', mix, '/music.flac', from, 'bed');
      const posted = page.bytes('bed');
      const heard = new Float32Array(posted.buffer.slice(posted.byteOffset, posted.byteOffset + posted.length));
      const want = laid.subarray(2 * from);
      expect(heard.length).toBe(want.length);
      /** dB of the difference to the sound, when one is moved by so many samples. */
      const difference = (shift: number): number => {
        let error = 0;
        let power = 0;
        for (let i = 8; i < want.length - 8; i++) {
          error += ((heard[i + 2 * shift] ?? 0) - (want[i] as number)) ** 2;
          power += (want[i] as number) ** 2;
        }
        return 10 * Math.log10(error / power);
      };
      const [before, exact, after] = [-1, 0, 1].map(difference) as [number, number, number];
      expect(exact).toBeLessThanOrEqual(-60);
      expect(Math.min(before, after)).toBeGreaterThan(-40);
    }
  });
});
