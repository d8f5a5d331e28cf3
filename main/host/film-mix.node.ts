/** How loud a film's music is, measured once for each way it is laid. */
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile, sha256Text, writeFileAtomic } from '../../base/files.node.ts';
import type { Film } from '../../db/studio/films.node.ts';
import { measureMusic } from '../../pipeline/assemble/audio.node.ts';
import { totalFrames } from '../../pipeline/timeline/clip-math.ts';
import { firstSettings, readSettingsOf } from './film-settings.ts';
import type { FilmCore } from './timeline-build.node.ts';
import type { MixFacts } from './timeline-contract.ts';

/** Every film is delivered this loud, LUFS. */
const TARGET_LUFS = -14;
/** Raised whenever the same plan would be laid or measured differently. */
const VERSION = 1;
const measuredSchema = z.object({ integrated: z.number().nullable() });

export class FilmMix {
  private readonly film: FilmCore;
  private readonly must: (listingId: string) => Promise<Film>;
  private readonly measuring = new Map<string, Promise<number | null>>();

  constructor(film: FilmCore, must: (listingId: string) => Promise<Film>) {
    this.film = film;
    this.must = must;
  }

  /** Errors: no film yet, the music's copy is gone, `audio_damaged`. */
  async facts(listingId: string): Promise<MixFacts> {
    const film = await this.must(listingId);
    const { timeline } = film;
    const settings = readSettingsOf(film.settings, firstSettings(timeline.template, 45, null));
    const { musicId } = settings;
    const silent: MixFacts = { silent: true, gainDb: 0, integratedLufs: TARGET_LUFS, targetLufs: TARGET_LUFS };
    if (musicId === null || timeline.music === null) return silent;
    const frames = totalFrames(timeline.clips);
    const plan = timeline.music;
    const key = sha256Text(JSON.stringify([VERSION, musicId, plan, timeline.frameRate, frames]));
    const running =
      this.measuring.get(key) ??
      this.measure(key, musicId, film, frames).finally(() => {
        this.measuring.delete(key);
      });
    this.measuring.set(key, running);
    const integrated = await running;
    if (integrated === null) return silent;
    return { silent: false, gainDb: TARGET_LUFS - integrated, integratedLufs: integrated, targetLufs: TARGET_LUFS };
  }

  /** LUFS; null for silence. */
  private async measure(key: string, musicId: string, { timeline }: Film, frames: number): Promise<number | null> {
    const { core, music } = this.film;
    const file = join(core.home.cacheDir, 'mix', `${key.slice(0, 32)}.json`);
    const known = measuredSchema.safeParse(await readJsonFile(file).catch(() => undefined));
    if (known.success) return known.data.integrated;
    const path = await music.file(musicId);
    const { integrated } = await measureMusic({
      totalFrames: frames,
      rate: timeline.frameRate,
      music: timeline.music === null ? null : { path, plan: timeline.music },
      workDir: join(core.home.cacheDir, 'mix'),
    });
    const kept = Number.isFinite(integrated) ? integrated : null;
    await writeFileAtomic(file, JSON.stringify({ integrated: kept }));
    return kept;
  }
}
