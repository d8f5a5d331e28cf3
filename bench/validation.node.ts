/**
 * `validation`: faults planted into real renders of a listing's photos, and how many of them validation sees; the same
 * validation over clean renders of every motion, by both renderers, and how often it is wrong. A faulted clip is a
 * clean one decoded, changed and encoded again with the clip's own settings.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256File } from '../base/files.node.ts';
import { openModels } from '../models/open.node.ts';
import { estimateDepth } from '../pipeline/analyze/depth.node.ts';
import { type ClipSpec, MOTIONS, type Motion } from '../pipeline/domain.ts';
import { ffmpegPath, startFfmpeg, writeFully } from '../pipeline/media/ffmpeg.node.ts';
import { decodeRgb, writeJpeg } from '../pipeline/media/image.node.ts';
import { encodeArgs, renderClip } from '../pipeline/render/clip.node.ts';
import { photoSize } from '../pipeline/render/prepare.node.ts';
import { validateClip } from '../pipeline/render/validate.node.ts';
import { FAULTS, type Fault, type FaultFrames } from './faults.ts';
import type { BenchResult, BenchRow } from './types.ts';

const DETECTION_GOAL = 0.95;
const FALSE_ALARM_GOAL = 0.02;
/** Photos are reduced to this side once: the clips are small. */
const PHOTO_SIDE = 1280;
const RENDERERS = ['ken_burns', 'depth_parallax'] as const;

export interface ValidationBenchOptions {
  /** Every how many-th photo of the listing. */
  readonly everyPhoto?: number;
  readonly frames?: number;
  readonly width?: number;
  readonly height?: number;
  /** Clean renders of a photo are of every motion by both renderers, or of every how many-th of them. */
  readonly everyClean?: number;
  /** Clips are made of this many of the photos; the others lend what is swapped and pasted in. */
  readonly judged?: number;
  readonly faults?: readonly Fault[];
  /** Folder of JPEG photos; by default the fixtures', else the samples'. */
  readonly folder?: string;
  readonly log?: (line: string) => void;
}

/** One validated clip of the bench. */
export interface Verdict {
  readonly what: string;
  /** Absent for a clean clip. */
  readonly fault?: Fault;
  readonly failed: readonly string[];
  readonly values: Readonly<Record<string, number>>;
}

export interface ValidationTally {
  readonly clean: readonly Verdict[];
  readonly faulted: readonly Verdict[];
  /** Of the clean clips. */
  readonly renderSeconds: number;
  readonly validateSeconds: number;
}

interface BenchPhoto {
  readonly name: string;
  readonly photoPath: string;
  readonly depthPath: string;
}

const OPPOSITE: Readonly<Record<Motion, Motion>> = {
  static: 'static', push_in: 'pull_out', pull_out: 'push_in', pan_left: 'pan_right', pan_right: 'pan_left',
  tilt_up: 'tilt_down', tilt_down: 'tilt_up', dolly_left: 'dolly_right', dolly_right: 'dolly_left',
  orbit_left: 'orbit_right', orbit_right: 'orbit_left', crane_up: 'crane_down', crane_down: 'crane_up',
}; // biome-ignore format: pairs

/** The fixtures' listing where it is, else the project's own generated one. */
export function listingFolder(): string {
  const fixtures = process.env.PICAIVID_FIXTURES ?? fileURLToPath(new URL('../../shared/fixtures', import.meta.url));
  const photos = join(fixtures, 'photos/listing');
  return existsSync(photos) ? photos : fileURLToPath(new URL('../samples/listing', import.meta.url));
}

/** Mulberry32: equal runs for equal seeds. */
function randomOf(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function decode(clip: string, width: number, height: number): FaultFrames {
  const args = ['-v', 'error', '-i', clip, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', 'pipe:1'];
  const bytes = execFileSync(ffmpegPath(), args, { maxBuffer: 2 ** 31 - 1 });
  const size = (width * height * 3) / 2;
  const frames = Array.from({ length: Math.floor(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  return { width, height, frames };
}

async function encode(frames: readonly Uint8Array[], spec: ClipSpec, path: string): Promise<void> {
  const encoder = startFfmpeg(encodeArgs(spec, path));
  for (const frame of frames) await writeFully(encoder, frame);
  encoder.stdin.end();
  await encoder.done;
}

async function preparePhotos(folder: string, every: number, dir: string): Promise<BenchPhoto[]> {
  const names = readdirSync(folder)
    .filter((name) => /\.jpe?g$/.test(name))
    .sort()
    .filter((_, i) => i % every === 0);
  const models = await openModels();
  try {
    const photos: BenchPhoto[] = [];
    for (const name of names) {
      const photoPath = join(dir, name);
      await writeJpeg(await decodeRgb(join(folder, name), PHOTO_SIDE), photoPath, 92);
      const sha256 = await sha256File(photoPath);
      const proxies = { 320: photoPath, 1280: photoPath, 2560: photoPath };
      const size = await photoSize(photoPath);
      const photo = { id: name, file: name, path: photoPath, sha256, ...size, orientation: 1 as const, proxies };
      const { path: depthPath } = await estimateDepth(photo, models, { dir });
      photos.push({ name, photoPath, depthPath });
    }
    return photos;
  } finally {
    await models.close();
  }
}

/** First letters of a room's name: photos of one room share them in both listings. */
const roomOf = (name: string): string => name.replace(/^\d+_/, '').replace(/[_-](\d|[a-z][._]).*$/, '');

/** Renders, plants and validates; every clip once. */
export async function tallyValidation(options: ValidationBenchOptions = {}): Promise<ValidationTally> {
  const { everyPhoto = 1, frames = 30, width = 640, height = 360, everyClean = 1, faults = FAULTS, log } = options;
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-validation-'));
  const clean: Verdict[] = [];
  const faulted: Verdict[] = [];
  let renderSeconds = 0;
  let validateSeconds = 0;
  try {
    const photos = await preparePhotos(options.folder ?? listingFolder(), everyPhoto, dir);
    const specOf = (photo: BenchPhoto, motion: Motion, renderer: (typeof RENDERERS)[number], amount: number): ClipSpec => ({
      photoSha256: photo.name, depthSha256: renderer === 'ken_burns' ? null : photo.name, motion, amount, renderer, frames,
      frameRate: { num: 30, den: 1 }, width, height, focus: { x: 0.45, y: 0.55 }, seed: 1,
    }); // biome-ignore format: a table
    const render = async (photo: BenchPhoto, spec: ClipSpec, path: string): Promise<void> => {
      renderSeconds += (await renderClip(spec, photo, path)).renderSeconds;
    };
    const judge = async (what: string, photo: BenchPhoto, spec: ClipSpec, path: string, fault?: Fault) => {
      const start = performance.now();
      const { figures } = await validateClip(spec, photo, path);
      if (fault === undefined) validateSeconds += (performance.now() - start) / 1000;
      const failed = figures.filter((f) => !f.pass).map((f) => f.name);
      const values = Object.fromEntries(figures.map((f) => [f.name, f.value]));
      (fault === undefined ? clean : faulted).push({ what, failed, values, ...(fault === undefined ? {} : { fault }) });
      log?.(`${fault?.name ?? 'clean'} | ${what} | ${failed.join(',')} | ${JSON.stringify(values)}`);
    };
    const drawn = async (photo: BenchPhoto, spec: ClipSpec): Promise<FaultFrames> => {
      const path = join(dir, 'other.mp4');
      await renderClip(spec, photo, path);
      return decode(path, width, height);
    };
    let count = 0;
    for (const [p, photo] of photos.slice(0, options.judged ?? photos.length).entries()) {
      for (const motion of MOTIONS)
        for (const renderer of RENDERERS) {
          if (count++ % everyClean !== 0) continue;
          // From gentle to bold, each photo otherwise.
          const spec = specOf(photo, motion, renderer, 0.3 + 0.7 * (((count * 7) % 10) / 9));
          const path = join(dir, 'clean.mp4');
          await render(photo, spec, path);
          await judge(`${photo.name} ${motion} ${renderer}`, photo, spec, path);
        }
      const motion = MOTIONS[1 + ((p * 5) % (MOTIONS.length - 1))] as Motion;
      const spec = specOf(photo, motion, RENDERERS[p % 2] ?? 'ken_burns', 0.5);
      const base = join(dir, 'base.mp4');
      await renderClip(spec, photo, base);
      const clip = decode(base, width, height);
      const other = photos[(p + 1 + ((photos.length - 1) >> 1)) % photos.length] ?? photo;
      const same = photos.find((q) => q !== photo && roomOf(q.name) === roomOf(photo.name)) ?? other;
      const random = randomOf(p + 1);
      const material = {
        clip,
        random,
        opposite: () => drawn(photo, { ...spec, motion: OPPOSITE[motion] }),
        doubled: () => drawn(photo, { ...spec, amount: 1 }),
        otherPhoto: () => drawn(other, spec),
        sameRoom: () => drawn(same, spec),
      };
      for (const fault of faults) {
        const path = join(dir, 'fault.mp4');
        await encode(await fault.plant(material), spec, path);
        await judge(`${photo.name} ${motion} ${spec.renderer}`, photo, spec, path, fault);
      }
    }
    return { clean, faulted, renderSeconds, validateSeconds };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const share = (verdicts: readonly Verdict[]): number =>
  verdicts.length === 0 ? Number.NaN : verdicts.filter((v) => v.failed.length > 0).length / verdicts.length;

export async function benchValidation(options: ValidationBenchOptions = {}): Promise<BenchResult> {
  const tally = await tallyValidation({ everyPhoto: 4, everyClean: 2, ...options });
  const { clean, faulted } = tally;
  const names = [...new Set(faulted.map(({ fault }) => fault?.name))];
  const rows = names.map((name): BenchRow => {
    const of = faulted.filter(({ fault }) => fault?.name === name);
    const kind = of[0]?.fault?.kind ?? '';
    return { what: `${kind}: ${name} (${of.length})`, value: 100 * share(of), unit: '% seen' };
  });
  const seen = share(faulted);
  const wrong = share(clean);
  return {
    name: 'validation',
    rows: [
      ...rows,
      { what: `all faults (${faulted.length})`, value: 100 * seen, unit: '% seen', goal: '≥ 95', met: seen >= DETECTION_GOAL },
      { what: `clean clips (${clean.length})`, value: 100 * wrong, unit: '% false alarms', goal: '≤ 2', met: wrong <= FALSE_ALARM_GOAL },
    ], // biome-ignore format: a table
    notes: [
      `Validation took ${(tally.validateSeconds / tally.renderSeconds).toFixed(2)} of the time of rendering the clean clips; it measures frames of 320 pixels whatever the clip's size, so that its share of full-size clips is smaller.`,
      ...faulted.filter((v) => v.failed.length === 0).map((v) => `Missed: ${v.fault?.name}, ${v.what}.`),
      ...clean.filter((v) => v.failed.length > 0).map((v) => `False alarm: ${v.failed.join(', ')}, ${v.what}.`),
    ],
  };
}
