/** Small inputs for tests of whole films: a few sample photos made small, short pieces of sound. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { runFfmpeg } from '../../pipeline/media/ffmpeg.node.ts';
import { PROJECT_ROOT } from '../paths.node.ts';

export const SAMPLE_LISTING = join(PROJECT_ROOT, 'samples', 'listing');
export const SAMPLE_MUSIC = join(PROJECT_ROOT, 'samples', 'music', 'morning_light_96bpm.flac');

/** Every `step`th sample photo, 900 px wide, metadata kept. Gives their names. */
export async function smallListing(folder: string, count: number): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(SAMPLE_LISTING)).filter((name) => name.endsWith('.jpg')).sort();
  const step = Math.max(1, Math.floor(names.length / count));
  const chosen = names.filter((_, index) => index % step === 0).slice(0, count);
  for (const name of chosen)
    await sharp(join(SAMPLE_LISTING, name)).resize(900).keepExif().jpeg({ quality: 85 }).toFile(join(folder, name));
  return chosen;
}

/** A sound made by an ffmpeg source filter, as WAV. */
export async function sound(path: string, filter: string, seconds: number): Promise<string> {
  await runFfmpeg(['-f', 'lavfi', '-i', filter, '-t', String(seconds), '-ac', '2', '-ar', '44100', '-y', path]);
  return path;
}

/** Short and small, so that a whole film takes seconds. */
export const SMALL_FILM_ENV = { OUTPUT_RESOLUTION: '640x360' };
