/**
 * `film`: what the studio's player shows of a film against the film that is delivered, frame by frame. The film is
 * really made: clips rendered from the sample photos with their true depth, assembled, encoded and decoded again.
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_MODELS } from '../models/types.ts';
import { assembleFilm } from '../pipeline/assemble/film.node.ts';
import { filmRecipes } from '../pipeline/assemble/recipes.ts';
import { titlePng } from '../pipeline/assemble/titles.node.ts';
import {
  type Analysis,
  type AnalyzedPhoto,
  MOTIONS,
  NO_DECISIONS,
  type OutputSpec,
  type RgbImage,
  type TemplateName,
  type Timeline,
  type TimelineClip,
  type TransitionType,
} from '../pipeline/domain.ts';
import { DEPTH16_CONTENT_TYPE, encodeDepth16 } from '../pipeline/media/depth-format.ts';
import { readDepth } from '../pipeline/media/image.node.ts';
import { renderClip } from '../pipeline/render/clip.node.ts';
import { ssim } from '../pipeline/render/measure.ts';
import { photoSize } from '../pipeline/render/prepare.node.ts';
import { FPS_30, frameToSeconds } from '../pipeline/time.ts';
import { buildTimeline } from '../pipeline/timeline/builder.ts';
import { counter, madePhoto, madeShot } from '../pipeline/timeline/fixtures.ts';
import { TEMPLATES } from '../pipeline/timeline/templates.ts';
import { decodeFrames, lumaOf, ParityMaterial, photoPath, truth } from './parity.node.ts';
import { openParityPage, type ParityPage } from './parity-page.node.ts';
import type { BenchResult, BenchRow } from './types.ts';

export const FILM_FRAME = { width: 640, height: 360 };
const OUTPUT: OutputSpec = { ...FILM_FRAME, frameRate: FPS_30, loudnessLufs: -14, truePeakDbtp: -1 };
const TITLES = {
  opening: { text: '12 Garden Road', subtext: 'Four bedrooms by the park' },
  closing: { text: 'Anna Keller Homes', subtext: 'anna@keller.example' },
};
const GOAL = 0.95;
/** ffmpeg's expressions nest to 100. */
const DECODE_AT_ONCE = 50;
/** The proxy that the studio's pages load. */
const PROXY_SIDE = 2560;

export interface FilmMoment {
  readonly frame: number;
  /** What the frame shows, in words. */
  readonly what: string;
  readonly ssim: number;
  /** SSIM with the film's frame that lies two before or after it: less than `ssim` where the picture moves. */
  readonly beside: number;
  readonly player: RgbImage;
  readonly film: RgbImage;
}

/** The sample listing as Phase 1 would describe it, told by the truth that comes with it. */
async function sampleAnalysis(): Promise<Analysis> {
  const photos: AnalyzedPhoto[] = [];
  const rooms = new Map<string, string[]>();
  for (const [i, { file, room }] of truth().entries()) {
    const id = file.replace(/\.jpg$/, '');
    const made = madePhoto(id, room, `room-${room}`, 0.9 - i * 0.01);
    const focus = { x: 0.35 + 0.03 * (i % 10), y: 0.5 };
    photos.push({ ...made, ...(await photoSize(photoPath(id))), path: photoPath(id), focus });
    rooms.set(room, [...(rooms.get(room) ?? []), id]);
  }
  const clusters = [...rooms].map(([room, ids]) => ({
    id: `room-${room}`,
    roomType: photos.find(({ id }) => id === ids[0])?.roomLabel ?? 'other',
    confidenceTier: 'high' as const,
    photoIds: ids,
    heroPhotoId: ids[0] ?? '',
    imageCount: ids.length,
    overlapScore: 0,
    depthVariance: 0,
    sfmEligible: false,
    debugMetrics: {},
    shots: ids.map((id) => {
      const index = photos.findIndex((photo) => photo.id === id);
      const motion = MOTIONS[1 + (index % (MOTIONS.length - 1))] ?? 'push_in';
      return { ...madeShot(id, 0.9 - index * 0.01, motion), amount: 0.8 };
    }),
  }));
  return { photos, clusters, rejected: [], models: {} };
}

/** A film of a template, of the sample listing. */
export async function templateTimeline(name: TemplateName, targetSeconds: number): Promise<Timeline> {
  return buildTimeline({
    analysis: await sampleAnalysis(),
    decisions: NO_DECISIONS,
    track: null,
    template: TEMPLATES[name],
    targetSeconds,
    frameRate: FPS_30,
    size: FILM_FRAME,
    newId: counter(`${name}-`),
    defaultBpm: 112,
    titles: TITLES,
  });
}

/** Seven short shots with every kind of transition between them, a fade from white, and titles across cuts. */
export async function everyTransition(): Promise<Timeline> {
  const base = await templateTimeline('classic', 30);
  const kinds: TransitionType[] = ['dip_white', 'cross_dissolve', 'dip_black', 'slide', 'wipe', 'zoom', 'dip_white'];
  const shots = base.clips.slice(0, kinds.length);
  const clips = shots.map((clip, i): TimelineClip => {
    const before = i === 0 ? 0 : 4;
    const transitionIn = { type: kinds[i] ?? 'cut', frames: i === 0 ? 5 : 8 };
    return { ...clip, sourceInFrame: before, durationFrames: 16, moveFrames: before + 16 + 4, transitionIn };
  });
  const titles = [
    { id: 'open', startFrame: 6, durationFrames: 20, ...TITLES.opening },
    { id: 'close', startFrame: 88, durationFrames: 24, ...TITLES.closing },
  ];
  return { ...base, clips, titles, music: null };
}

/** Films, clips and proxies, made once each in a folder. */
export class FilmMaterial {
  readonly parity: ParityMaterial;
  private readonly dir: string;
  private readonly focuses: Promise<Map<string, AnalyzedPhoto>>;

  constructor(dir: string) {
    this.dir = dir;
    this.parity = new ParityMaterial(dir, NO_MODELS);
    this.focuses = sampleAnalysis().then(({ photos }) => new Map(photos.map((photo) => [photo.id, photo])));
  }

  depth(photo: string): Promise<string | null> {
    return this.parity.depth({ photo, kind: 'truth', motion: 'push_in' });
  }

  async focus(photo: string): Promise<{ x: number; y: number }> {
    return (await this.focuses).get(photo)?.focus ?? { x: 0.5, y: 0.5 };
  }

  /** Renders the clips and assembles the film; gives its path. */
  async film(timeline: Timeline): Promise<string> {
    const clips = new Map<string, { path: string; focus: { x: number; y: number } }>();
    for (const clip of timeline.clips) {
      const path = join(this.dir, `clip-${clip.id}.mp4`);
      const depthPath = clip.renderer === 'ken_burns' ? null : await this.depth(clip.photoId);
      const { photoId: photoSha256, motion, amount, renderer, moveFrames: frames } = clip;
      const focus = await this.focus(clip.photoId);
      const spec = {
        photoSha256, depthSha256: depthPath, motion, amount, renderer, frames, frameRate: timeline.frameRate,
        ...FILM_FRAME, focus, seed: 0,
      }; // biome-ignore format: one object
      await renderClip(spec, { photoPath: photoPath(clip.photoId), depthPath }, path);
      clips.set(clip.id, { path, focus });
    }
    const outPath = join(this.dir, `film-${timeline.id}.mp4`);
    const workDir = join(this.dir, `work-${timeline.id}`);
    await mkdir(workDir, { recursive: true });
    return (await assembleFilm({ timeline, clips, music: null, output: OUTPUT, outPath, workDir })).path;
  }
}

/** A photo as the player takes it (`FilmPhoto` there; a page's modules cannot be imported here). */
export interface OfferedPhoto {
  readonly key: string;
  readonly photo: string;
  readonly depth: string | null;
  readonly photoWidth: number;
  readonly photoHeight: number;
  readonly focus: { readonly x: number; readonly y: number };
}

/** What the page's `open` and `change` take. */
export interface OpenedFilm {
  readonly timeline: Timeline;
  readonly photos: [string, OfferedPhoto][];
  readonly titles: Readonly<Record<string, string>>;
  readonly music: { readonly url: string; readonly gainDb: number } | null;
  readonly listingKey: string;
  readonly width: number;
  readonly height: number;
}

/** Offers all that the player needs for a film, and opens it there. */
export async function openFilm(
  page: ParityPage,
  material: FilmMaterial,
  timeline: Timeline,
  music: { readonly url: string; readonly gainDb: number } | null = null,
): Promise<OpenedFilm> {
  const photos: OpenedFilm['photos'] = [];
  for (const photo of new Set(timeline.clips.map(({ photoId }) => photoId))) {
    const photoAt = `/media/${photo}.jpg`;
    page.offer(photoAt, await readFile(await material.parity.proxy(photo, PROXY_SIDE)), 'image/jpeg');
    const depth = await material.depth(photo);
    const depthAt = depth === null ? null : `/media/${photo}.pvd`;
    if (depth !== null && depthAt !== null)
      page.offer(depthAt, encodeDepth16(await readDepth(depth)), DEPTH16_CONTENT_TYPE);
    const { width: photoWidth, height: photoHeight } = await photoSize(photoPath(photo));
    const focus = await material.focus(photo);
    photos.push([photo, { key: photo, photo: photoAt, depth: depthAt, photoWidth, photoHeight, focus }]);
  }
  const titles: Record<string, string> = {};
  for (const card of timeline.titles) {
    titles[card.id] = `/title/${timeline.id}-${card.id}.png`;
    page.offer(titles[card.id] ?? '', await titlePng(card, FILM_FRAME.width, FILM_FRAME.height), 'image/png');
  }
  const film = { timeline, photos, titles, music, listingKey: timeline.id, ...FILM_FRAME };
  await page.call('open', film);
  return film;
}

/** So many frames spread over the film, half of them within transitions, fades and titles. */
export function momentsOf(timeline: Timeline, count: number): number[] {
  const film = filmRecipes(timeline);
  const all = Array.from({ length: film.totalFrames }, (_, f) => f);
  const special = all.filter((f) => {
    const { transition, fade, titles } = film.at(f);
    return transition !== undefined || fade !== undefined || titles.length > 0;
  });
  const spread = (list: readonly number[], n: number): number[] =>
    Array.from({ length: Math.min(n, list.length) }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / n)] ?? 0);
  const chosen = new Set([0, film.totalFrames - 1, ...spread(special, count / 2)]);
  for (const f of spread(all, count)) if (chosen.size < count) chosen.add(f);
  return [...chosen].sort((a, b) => a - b);
}

/** Compares frames of a film that lies at `path` with what the player shows of its timeline. */
export async function compareFilm(
  page: ParityPage,
  material: FilmMaterial,
  timeline: Timeline,
  path: string,
  frames: readonly number[],
): Promise<FilmMoment[]> {
  await openFilm(page, material, timeline);
  const recipes = filmRecipes(timeline);
  const last = recipes.totalFrames - 1;
  const beside = (f: number): number => (f + 2 <= last ? f + 2 : f - 2);
  const wanted = [...new Set(frames.flatMap((f) => [f, beside(f)]))].sort((a, b) => a - b);
  const decoded = new Map<number, RgbImage>();
  for (let i = 0; i < wanted.length; i += DECODE_AT_ONCE) {
    const some = wanted.slice(i, i + DECODE_AT_ONCE);
    for (const [k, picture] of decodeFrames(path, some, FILM_FRAME).entries()) decoded.set(some[k] ?? -1, picture);
  }
  const moments: FilmMoment[] = [];
  for (const frame of frames) {
    await page.call('frame', frame, `film-${frame}`);
    const player = page.taken(`film-${frame}`, FILM_FRAME.width, FILM_FRAME.height);
    const film = decoded.get(frame) as RgbImage;
    const { a, transition, fade, titles } = recipes.at(frame);
    const over = [transition?.type, fade === undefined ? undefined : `fade from or to ${fade.colour}`, titles.length > 0 ? 'title' : undefined]; // biome-ignore format: one list
    const what = [...over.filter((one) => one !== undefined), `clip ${a.clipId} frame ${a.sourceFrame}`].join(', ');
    const shown = lumaOf(player);
    moments.push({
      frame, what, player, film, ssim: ssim(shown, lumaOf(film)),
      beside: ssim(shown, lumaOf(decoded.get(beside(frame)) as RgbImage)),
    }); // biome-ignore format: one object
  }
  return moments;
}

/** `onMoment` sees every pair of pictures, for contact sheets. */
export async function benchFilm(
  onMoment: (name: string, moment: FilmMoment) => Promise<void> = async () => {},
): Promise<BenchResult> {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-film-'));
  let page: ParityPage | undefined;
  try {
    page = await openParityPage('film');
    const material = new FilmMaterial(dir);
    const rows: BenchRow[] = [];
    const films: [string, Timeline, number][] = [['every transition', await everyTransition(), 60]];
    for (const name of ['classic', 'luxury', 'energetic'] as const)
      films.push([name, await templateTimeline(name, 20), 60]);
    for (const [name, timeline, count] of films) {
      const path = await material.film(timeline);
      const moments = await compareFilm(page, material, timeline, path, momentsOf(timeline, count));
      for (const moment of moments) await onMoment(name, moment);
      const values = moments.map((moment) => moment.ssim).sort((a, b) => a - b);
      const least = values[0] ?? Number.NaN;
      const worst = moments.find((moment) => moment.ssim === least);
      const seconds = frameToSeconds(filmRecipes(timeline).totalFrames, FPS_30);
      rows.push(
        { what: `${name}: least of ${values.length} frames (${worst?.frame}: ${worst?.what})`, value: least, unit: 'SSIM', goal: `≥ ${GOAL}`, met: least >= GOAL },
        { what: `${name}: median`, value: values[values.length >> 1] ?? Number.NaN, unit: 'SSIM' },
        { what: `${name}: film`, value: seconds, unit: 's' },
      ); // biome-ignore format: rows
    }
    return {
      name: 'film',
      rows,
      notes: [
        `Luma of the player's canvas (Chromium, WebGL2 by SwiftShader, ${PROXY_SIDE} px proxies) against the decoded frame of the same index of the assembled film: ${FILM_FRAME.width}×${FILM_FRAME.height}, sample photos with their true depth. Half of the frames lie in transitions, fades and titles.`,
      ],
    };
  } finally {
    await page?.close();
    await rm(dir, { recursive: true, force: true });
  }
}
