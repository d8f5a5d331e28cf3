/**
 * `parity`: what the studio's preview shows against the clip that is delivered, 13 motions × 5 moments, flat and with
 * parallax. The page draws in Chromium; the other side is the real clip, rendered, encoded and decoded.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { z } from 'zod';
import { sha256File } from '../base/files.node.ts';
import { openModels } from '../models/open.node.ts';
import type { Models } from '../models/types.ts';
import { estimateDepth } from '../pipeline/analyze/depth.node.ts';
import {
  type ClipSpec,
  type DepthMap,
  MOTIONS,
  type Motion,
  type Photo,
  type RgbImage,
  ROOM_TYPES,
} from '../pipeline/domain.ts';
import { DEPTH16_CONTENT_TYPE, encodeDepth16 } from '../pipeline/media/depth-format.ts';
import { ffmpegPath } from '../pipeline/media/ffmpeg.node.ts';
import { decodeRgb, readDepth, writeDepth, writeJpeg } from '../pipeline/media/image.node.ts';
import { renderClip } from '../pipeline/render/clip.node.ts';
import { type GreyImage, ssim } from '../pipeline/render/measure.ts';
import { photoSize } from '../pipeline/render/prepare.node.ts';
import { openParityPage, type ParityPage } from './parity-page.node.ts';
import type { BenchResult, BenchRow } from './types.ts';

const SAMPLES = fileURLToPath(new URL('../samples/', import.meta.url));
export const FRAME = { width: 960, height: 540 };
/** A two-second clip: its first, middle and last frame and the two between fall on t = 0, 1/4, 1/2, 3/4, 1. */
const FRAMES = 61;
const MOMENTS = [0, 15, 30, 45, 60];
const GOAL = 0.97;
const DRAW_GOAL_MS = 2;
/** The proxy that the studio's pages load. */
const PROXY_SIDE = 2560;

/** Where a case's depth comes from; `none` is ken_burns. */
export type DepthKind = 'none' | 'truth' | 'analysed';

export interface ParityCase {
  readonly motion: Motion;
  readonly kind: DepthKind;
  /** Name in samples/listing without `.jpg`. */
  readonly photo: string;
}
export interface ParityMoment extends ParityCase {
  readonly frame: number;
  readonly ssim: number;
  /** Mean absolute difference of luma, 0..255. */
  readonly difference: number;
  readonly preview: RgbImage;
  readonly clip: RgbImage;
}

const truthSchema = z.object({ photos: z.array(z.object({ file: z.string(), room: z.enum(ROOM_TYPES) })) });
const timesSchema = z.array(z.number());
const stallSchema = z.object({ greatestGapMs: z.number(), firstDrawMs: z.number() });

export const truth = () =>
  truthSchema.parse(JSON.parse(readFileSync(join(SAMPLES, 'listing-truth/truth.json'), 'utf8'))).photos;
export const photoPath = (photo: string): string => join(SAMPLES, 'listing', `${photo}.jpg`);

/** Every motion on a photo of its own, with the kinds asked for. */
export function parityCases(kinds: readonly DepthKind[], motions: readonly Motion[] = MOTIONS): ParityCase[] {
  const photos = truth().map(({ file }) => file.replace(/\.jpg$/, ''));
  return motions.flatMap((motion) => {
    // Five is prime to 22: neighbouring motions see different rooms.
    const photo = photos[(MOTIONS.indexOf(motion) * 5 + 2) % photos.length] ?? '';
    return kinds.map((kind) => ({ motion, kind, photo }));
  });
}

/** The renderer's spec of a case: the boldest move there is, which parts near and far the most. */
export function paritySpec({ motion, kind, photo }: ParityCase): ClipSpec {
  return {
    photoSha256: photo, depthSha256: kind === 'none' ? null : kind, motion, amount: 1, frames: FRAMES,
    renderer: kind === 'none' ? 'ken_burns' : 'depth_parallax', frameRate: { num: 30, den: 1 }, ...FRAME,
    focus: { x: 0.42, y: 0.55 }, seed: 1,
  }; // biome-ignore format: a table
}

/** Files that cases need, made once each in a folder. */
export class ParityMaterial {
  private readonly dir: string;
  private readonly models: Models;
  private readonly made = new Map<string, Promise<string>>();

  constructor(dir: string, models: Models) {
    this.dir = dir;
    this.models = models;
  }

  proxy(photo: string, side: number): Promise<string> {
    const path = join(this.dir, `${photo}-${side}.jpg`);
    return this.once(path, async () => writeJpeg(await decodeRgb(photoPath(photo), side), path, 90));
  }

  /** 16-bit PNG, or null for ken_burns. */
  async depth({ photo, kind }: ParityCase): Promise<string | null> {
    if (kind === 'none') return null;
    const path = join(this.dir, `${photo}-truth.png`);
    if (kind === 'truth') return this.once(path, async () => writeDepth(await truthDepth(photo), path));
    const proxy = await this.proxy(photo, 1280);
    const original = photoPath(photo);
    const size = await photoSize(original);
    const subject: Photo = {
      id: photo, file: `${photo}.jpg`, path: original, sha256: await sha256File(original), ...size, orientation: 1,
      proxies: { 320: proxy, 1280: proxy, 2560: proxy },
    }; // biome-ignore format: one object
    const room = truth().find(({ file }) => file === `${photo}.jpg`)?.room ?? 'other';
    return (await estimateDepth(subject, this.models, { dir: this.dir, roomType: room })).path;
  }

  private once(path: string, make: () => Promise<void>): Promise<string> {
    const known = this.made.get(path) ?? make().then(() => path);
    this.made.set(path, known);
    return known;
  }
}

/** The house's own depth as relative inverse depth: 1/distance, sky 0, the nearest 0.5 % at 1. */
async function truthDepth(photo: string): Promise<DepthMap> {
  const { data, info } = await sharp(join(SAMPLES, 'listing-truth/depth', `${photo}.png`))
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const millimetres = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const inverse = new Float32Array(info.width * info.height);
  for (let i = 0; i < inverse.length; i++) {
    const mm = millimetres[i * info.channels] as number;
    inverse[i] = mm === 0 ? 0 : 1000 / mm;
  }
  const near = inverse.toSorted()[Math.floor(inverse.length * 0.995)] as number;
  for (let i = 0; i < inverse.length; i++) inverse[i] = Math.min(1, (inverse[i] as number) / near);
  return { width: info.width, height: info.height, data: inverse };
}

/** Luma 0..255 of sRGB by BT.709. */
export function lumaOf({ width, height, data }: RgbImage): GreyImage {
  const out = new Float32Array(width * height);
  for (let i = 0; i < out.length; i++)
    out[i] =
      0.2126 * (data[3 * i] as number) + 0.7152 * (data[3 * i + 1] as number) + 0.0722 * (data[3 * i + 2] as number);
  return { width, height, data: out };
}

/** Decoded frames of a clip as sRGB, by BT.709 limited range. */
export function decodeFrames(clip: string, frames: readonly number[], frame = FRAME): RgbImage[] {
  const size = frame.width * frame.height * 3;
  const choose = frames.map((n) => `eq(n\\,${n})`).join('+');
  const filter = `select='${choose}',scale=in_color_matrix=bt709:in_range=tv:out_range=pc:flags=accurate_rnd+full_chroma_int,format=rgb24`;
  const args = ['-v', 'error', '-i', clip, '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'];
  const raw = execFileSync(ffmpegPath(), args, { maxBuffer: 2 ** 28 });
  return frames.map((_, i) => ({ ...frame, data: raw.subarray(i * size, (i + 1) * size) }));
}

/** What the page's functions take: a shot, its move and the frame's size. */
export async function parityShot(page: ParityPage, material: ParityMaterial, given: ParityCase, side = PROXY_SIDE) {
  const depth = await material.depth(given);
  const photoAt = `/media/${given.photo}-${side}.jpg`;
  page.offer(photoAt, await readFile(await material.proxy(given.photo, side)), 'image/jpeg');
  const depthAt = depth === null ? null : `/media/${given.photo}-${given.kind}.pvd`;
  if (depth !== null && depthAt !== null)
    page.offer(depthAt, encodeDepth16(await readDepth(depth)), DEPTH16_CONTENT_TYPE);
  const size = await photoSize(photoPath(given.photo));
  const { motion, amount, renderer, focus, frames, width, height } = paritySpec(given);
  return {
    source: {
      key: `${given.photo}-${given.kind}-${side}`, photo: photoAt, depth: depthAt,
      photoWidth: size.width, photoHeight: size.height,
    },
    spec: { motion, amount, renderer, aspect: width / height, focus, frames }, width, height,
  }; // biome-ignore format: two objects
}

/** Renders the case's clip and draws the same frames in the page. */
export async function compareCase(
  page: ParityPage,
  material: ParityMaterial,
  given: ParityCase,
  dir: string,
  frames: readonly number[] = MOMENTS,
): Promise<ParityMoment[]> {
  const spec = paritySpec(given);
  const clip = join(dir, 'clip.mp4');
  await renderClip(spec, { photoPath: photoPath(given.photo), depthPath: await material.depth(given) }, clip);
  const decoded = decodeFrames(clip, frames);
  await page.call('frames', await parityShot(page, material, given), frames, 'frame');
  return frames.map((frame, i) => {
    const preview = page.taken(`frame-${frame}`, spec.width, spec.height);
    const rendered = decoded[i] as RgbImage;
    const a = lumaOf(preview);
    const b = lumaOf(rendered);
    let off = 0;
    for (let k = 0; k < a.data.length; k++) off += Math.abs((a.data[k] as number) - (b.data[k] as number));
    return { ...given, frame, ssim: ssim(a, b), difference: off / a.data.length, preview, clip: rendered };
  });
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function rowsOf(moments: readonly ParityMoment[]): BenchRow[] {
  const names: Record<DepthKind, string> = {
    none: 'ken_burns', truth: 'depth_parallax, true depth', analysed: 'depth_parallax, analysed depth',
  }; // biome-ignore format: one table
  const rows: BenchRow[] = [];
  for (const kind of ['none', 'truth', 'analysed'] as const)
    for (const motion of MOTIONS) {
      const values = moments.filter((m) => m.kind === kind && m.motion === motion).map((m) => m.ssim);
      if (values.length === 0) continue;
      const least = Math.min(...values);
      rows.push(
        { what: `${names[kind]}: ${motion}, least of ${values.length}`, value: least, unit: 'SSIM', goal: `≥ ${GOAL}`, met: least >= GOAL },
        { what: `${names[kind]}: ${motion}, median`, value: median(values), unit: 'SSIM' },
      ); // biome-ignore format: two rows
    }
  return rows;
}

/** Times of script on the page's main thread: for a frame in the middle of playing, and while a shot is loaded. */
async function timings(page: ParityPage, material: ParityMaterial): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const kind of ['none', 'truth'] as const) {
    const shot = await parityShot(page, material, { motion: 'orbit_left', kind, photo: '04_living_b' });
    const stall = stallSchema.parse(await page.call('loadStall', shot));
    const times = timesSchema.parse(await page.call('scriptTimes', shot)).toSorted((a, b) => a - b);
    const p95 = times[Math.floor(times.length * 0.95)] ?? Number.NaN;
    const what = kind === 'none' ? 'ken_burns' : 'depth_parallax';
    rows.push(
      { what: `${what}: script per frame, median`, value: median(times), unit: 'ms' },
      { what: `${what}: script per frame, p95`, value: p95, unit: 'ms', goal: `≤ ${DRAW_GOAL_MS}`, met: p95 <= DRAW_GOAL_MS },
      { what: `${what}: loading a shot, longest block of the page`, value: stall.greatestGapMs, unit: 'ms' },
      { what: `${what}: first frame, script`, value: stall.firstDrawMs, unit: 'ms' },
    ); // biome-ignore format: rows
  }
  return rows;
}

/** `onMoment` sees every pair of pictures, for contact sheets. */
export async function benchParity(
  cases: readonly ParityCase[] = parityCases(['none', 'truth', 'analysed']),
  onMoment: (moment: ParityMoment) => Promise<void> = async () => {},
): Promise<BenchResult> {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-parity-files-'));
  const models = await openModels();
  let page: ParityPage | undefined;
  try {
    page = await openParityPage();
    const material = new ParityMaterial(dir, models);
    const moments: ParityMoment[] = [];
    for (const given of cases)
      for (const moment of await compareCase(page, material, given, dir)) {
        await onMoment(moment);
        // Only the figures are kept: 195 pairs of frames would be 600 MB.
        const empty = { width: 0, height: 0, data: new Uint8Array(0) };
        moments.push({ ...moment, preview: empty, clip: empty });
      }
    const all = moments.map((m) => m.ssim);
    const least = Math.min(...all);
    return {
      name: 'parity',
      rows: [
        ...rowsOf(moments),
        { what: `all, least of ${all.length}`, value: least, unit: 'SSIM', goal: `≥ ${GOAL}`, met: least >= GOAL },
        { what: 'all, median', value: median(all), unit: 'SSIM' },
        { what: 'all, greatest mean difference', value: Math.max(...moments.map((m) => m.difference)), unit: 'levels' },
        ...(await timings(page, material)),
      ],
      notes: [
        `Luma of the preview (Chromium, WebGL2 by SwiftShader, ${PROXY_SIDE} px proxy) against the decoded frame of the delivered clip (H.264, from the original): ${FRAME.width}×${FRAME.height}, amount 1, t = 0, ¼, ½, ¾, 1, a sample photo per motion.`,
        `Analysed depth: ${models.depth?.name ?? 'the prior, no network'}. Drawing itself is done by software here and is not a figure.`,
      ],
    };
  } finally {
    await page?.close();
    await models.close();
    await rm(dir, { recursive: true, force: true });
  }
}
