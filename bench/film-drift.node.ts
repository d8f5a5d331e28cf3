/**
 * `drift`: five minutes of a film played in Chromium, and at every few milliseconds the frame on the canvas against the
 * sound that is heard at that moment, by the device's own time stamps. Also how little the page's thread is held.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { MusicPlan, Timeline } from '../pipeline/domain.ts';
import { runFfmpeg } from '../pipeline/media/ffmpeg.node.ts';
import { FilmMaterial, openFilm, templateTimeline } from './film-parity.node.ts';
import { openParityPage, type ParityPage } from './parity-page.node.ts';
import type { BenchResult } from './types.ts';

const MUSIC = fileURLToPath(new URL('../samples/music/morning_light_96bpm.flac', import.meta.url));
/** The piece's 24 bars of 96 beats a minute: it loops at a bar line. */
const LOOP_FRAMES = 1800;
const LOOP_SECONDS = 60;
const GOAL_FRAMES = 1;

const figuresSchema = z.object({
  samples: z.number(), measured: z.number(), most: z.number(), p95: z.number(), median: z.number(),
  heardSeconds: z.number(), wallSeconds: z.number(), drawn: z.number(), dropped: z.number(), scale: z.number(),
  sound: z.string(),
}); // biome-ignore format: one list
export type SyncFigures = z.infer<typeof figuresSchema>;

/** A film of at least so many seconds: the sample listing again and again, with music in loops. */
export async function longTimeline(seconds: number): Promise<Timeline> {
  const base = await templateTimeline('classic', 40);
  const frames = base.clips.reduce((sum, clip) => sum + clip.durationFrames, 0);
  const rounds = Math.ceil((seconds * 30) / frames);
  const clips = Array.from({ length: rounds }, (_, round) =>
    base.clips.map((clip) => ({ ...clip, id: `${clip.id}-${round}` })),
  ).flat();
  const total = rounds * frames;
  const segments = Array.from({ length: Math.ceil(total / LOOP_FRAMES) }, (_, i) => ({
    filmStartFrame: i * LOOP_FRAMES,
    filmEndFrame: Math.min(total, (i + 1) * LOOP_FRAMES),
    musicStartSeconds: 0,
  }));
  const music: MusicPlan = { segments, fadeInFrames: 3, fadeOutFrames: 60 };
  return { ...base, clips, music, titles: base.titles.slice(0, 1) };
}

/** Offers the film and its music, and plays it for so long. */
export async function measureSync(page: ParityPage, dir: string, seconds: number): Promise<SyncFigures> {
  const served = join(dir, 'music.flac');
  const loop = ['-stream_loop', '-1', '-i', MUSIC, '-t', String(LOOP_SECONDS)];
  await runFfmpeg(['-v', 'error', '-y', ...loop, '-ac', '2', '-ar', '48000', '-c:a', 'flac', served]);
  page.offer('/music.flac', await readFile(served), 'audio/flac');
  const timeline = await longTimeline(seconds + 10);
  await openFilm(page, new FilmMaterial(dir), timeline, { url: '/music.flac', gainDb: -3 });
  return figuresSchema.parse(await page.call('sync', seconds));
}

export async function benchDrift(seconds = 300): Promise<BenchResult> {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-sync-'));
  let page: ParityPage | undefined;
  try {
    page = await openParityPage('film');
    const figures = await measureSync(page, dir, seconds);
    const { most, p95, median, heardSeconds, wallSeconds } = figures;
    return {
      name: 'drift',
      rows: [
        { what: `picture and sound apart over ${seconds} s: most`, value: most, unit: 'frames', goal: `≤ ${GOAL_FRAMES}`, met: most <= GOAL_FRAMES },
        { what: 'p95', value: p95, unit: 'frames', goal: `≤ ${GOAL_FRAMES}`, met: p95 <= GOAL_FRAMES },
        { what: 'median', value: median, unit: 'frames' },
        { what: 'moments measured', value: figures.measured, unit: `of ${figures.samples}` },
        { what: 'sound against the clock on the wall', value: (heardSeconds - wallSeconds) * 1000, unit: 'ms' },
        { what: 'frames drawn', value: figures.drawn, unit: 'frames' },
        { what: 'frames left out', value: figures.dropped, unit: 'frames' },
        { what: 'size of drawing at the end', value: figures.scale, unit: '× the canvas' },
      ],
      notes: [
        'Chromium without a screen, its sound into a null device that runs at its own pace; WebGL2 by SwiftShader on the processor, so that frames are left out here that a graphics card draws.',
        'A frame counts as on time while its own length of sound is heard; the figure is the distance to that, in frames.',
      ],
    }; // biome-ignore format: a table
  } finally {
    await page?.close();
    await rm(dir, { recursive: true, force: true });
  }
}
