/**
 * Films in 4K and at every rate, delivered over the real host from real photos by both renderers: size, rate, every
 * frame, and the picture of each moment against the take that was approved.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { runFfmpeg, runFfprobe } from '../../pipeline/media/ffmpeg.node.ts';
import { framePng } from '../../pipeline/media/strip.node.ts';
import { type GreyImage, ssim } from '../../pipeline/render/measure.ts';
import { SAMPLE_LISTING } from '../testing/listing.node.ts';
import type { DeliveryOutput } from './review-contract.ts';
import { approveAll, delivered, framesOf, renderedFilm } from './testing/deliveries.node.ts';
import { hostChild } from './testing/host.node.ts';

/** Frames of each of the two clips, at 30 a second. */
const FRAMES = 60;
/** Moments of a second that both a rate and 30 have. */
const COMMON = { 24: 6, 25: 5, 30: 30, 60: 30 } as const;
/** Pixels of width at which pictures are compared. */
const LOOK_WIDTH = 640;
const OUTPUTS: readonly DeliveryOutput[] = [
  { shape: '16:9', resolution: '4k', fps: 30 },
  { shape: '16:9', resolution: '1080p', fps: 24 },
  { shape: '16:9', resolution: '1080p', fps: 25 },
  { shape: '16:9', resolution: '1080p', fps: 60 },
];
const base = mkdtempSync(join(tmpdir(), 'outputs-host-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const rateSchema = z.object({ streams: z.array(z.object({ r_frame_rate: z.string(), avg_frame_rate: z.string() })) });

async function look(path: string, frame: number): Promise<GreyImage> {
  const png = await framePng(path, frame);
  if (png === undefined) throw new Error(`${path} has no frame ${frame}`);
  const height = (LOOK_WIDTH * 9) / 16;
  const data = await sharp(png).greyscale().resize(LOOK_WIDTH, height, { fit: 'fill' }).raw().toBuffer();
  return { width: LOOK_WIDTH, height, data };
}

test('4K and 24, 25 and 60 frames a second by both renderers', async () => {
  const photos = join(base, 'listings', '9_oak_lane');
  mkdirSync(photos, { recursive: true });
  const names = readdirSync(SAMPLE_LISTING).filter((name) => /^(03_living|07_kitchen|21_patio)_a/.test(name));
  for (const name of names) copyFileSync(join(SAMPLE_LISTING, name), join(photos, name));
  const host = await hostChild({ home: join(base, 'home') });
  try {
    const { delivery, person, renders } = host.studio;
    await person.set.mutate({ name: 'Ana', role: 'producer' });
    const renderers = ['ken_burns', 'depth_parallax'] as const;
    const { id } = await renderedFilm(host, photos, { count: 2, frames: FRAMES, renderers });
    const takes = (await renders.get.query({ id })).clips.map((clip) => clip.takes.find(({ current }) => current));
    expect(takes.map((take) => take?.renderer)).toEqual(renderers);
    await approveAll(host, id);
    const set = await delivery.set.mutate({ id, changes: { outputs: [...OUTPUTS] } });
    // The sample photos are 3,000 px wide: 3,840 of picture is more than they hold.
    expect(set.cautions).toEqual([expect.stringMatching(/^The photos of .* do not carry 3840 × 2160 and look softer/)]);
    await delivery.start.mutate({ id, override: null });
    const [made] = (await delivered(host, id)).deliveries;
    const films = made?.films ?? [];
    const said = films.map(({ name, state, error }) => `${name} ${state} ${error?.message ?? ''}`);
    expect(said).toEqual(films.map(({ name }) => `${name} done `));
    expect(films[0]?.notes).toEqual([...set.cautions, 'The sound is silent: loudness does not apply.']);
    for (const film of films) {
      const { fps, resolution } = film.output;
      const path = join(made?.folder ?? '', film.name);
      const size = resolution === '4k' ? { width: 3840, height: 2160 } : { width: 1920, height: 1080 };
      expect(await framesOf(path)).toEqual({ ...size, frames: (2 * FRAMES * fps) / 30 });
      const probe = rateSchema.parse(await runFfprobe(['-select_streams', 'v', '-show_streams', path]));
      expect(probe.streams).toEqual([
        expect.objectContaining({ r_frame_rate: `${fps}/1`, avg_frame_rate: `${fps}/1` }),
      ]);
      expect(film.verification.filter(({ pass }) => !pass)).toEqual([]);
      const { stderr } = await runFfmpeg([
        '-v',
        'warning',
        '-err_detect',
        'explode',
        '-xerror',
        '-i',
        path,
        '-f',
        'null',
        '-',
      ]);
      expect(stderr).toBe('');
      const per = COMMON[fps];
      for (const [index, take] of takes.entries())
        for (const share of [0, 0.4, 0.7, 0.9]) {
          const moment = Math.round((share * FRAMES * per) / 30);
          const file = join(base, 'home', 'takes', take?.specHash ?? '', 'clip.mp4');
          const frame = (index * FRAMES * fps) / 30 + (moment * fps) / per;
          const alike = ssim(await look(file, (moment * 30) / per), await look(path, frame));
          const what = `${film.name}, clip ${index + 1} at ${(moment / per).toFixed(2)} s`;
          process.stdout.write(`${what}: SSIM ${alike.toFixed(4)}\n`);
          expect(alike, what).toBeGreaterThanOrEqual(0.95);
        }
    }
  } finally {
    await host.kill('SIGKILL');
  }
}, 1_800_000);
