/** Checks a clip on its decoded frames against its photo and spec: each figure with its limit, a score, reasons. */

import { throwIfCancelled } from '../../base/errors.ts';
import type { DepthNetwork, ImageNetwork, Models } from '../../models/types.ts';
import type { ClipSpec, DepthMap, RgbImage, ValidationFigure } from '../domain.ts';
import { runFfmpeg } from '../media/ffmpeg.node.ts';
import type { CameraPlan } from './camera-path.ts';
import { type GreyImage, rankCorrelation, ssim, windowShift } from './measure.ts';
import { type ClipInputs, decodeAt, planClip } from './prepare.node.ts';
import { frameTime, windowRange } from './spec.ts';
import { sourcePoint } from './warp.ts';

/** Long side of the frames that are measured. */
const MEASURE_SIDE = 320;
/** First frame against the photo's same view: encoding costs about 0.02, a wrong crop more than 0.2. */
const SSIM_LIMIT = 0.9;
/** Measured over expected motion may differ by this from 1. */
const MOTION_LIMIT = 0.35;
/** Motion of a still clip in pixels at measured size. */
const STILL_LIMIT = 0.1;
/** Expected motion under which its measured ratio means nothing, pixels; and per frame, under which frames may repeat. */
const LEAST_MOTION = 0.3;
const LEAST_SPEED = 0.05;
/** Jump of mean luma against its neighbours, levels. */
const FLICKER_LIMIT = 1.5;
/** Share of frames equal to the one before in a moving clip. */
const REPEAT_LIMIT = 0.1;
/** Longest still run in a moving clip, seconds. */
const FROZEN_LIMIT = 0.5;
/** A frame is black when its mean luma above black is under this share of what the photo shows. */
const BLACK_SHARE = 0.4;
/** Cosine of a frame's embedding with that of the photo's same view, and rank correlation of their depths. */
const INVENTION_LIMIT = 0.85;
const DEPTH_LIMIT = 0.7;

export interface Validation {
  readonly validationScore: number;
  readonly verdict: 'pass' | 'fail';
  readonly figures: readonly ValidationFigure[];
  readonly reasons: readonly string[];
}

interface View {
  readonly spec: ClipSpec;
  readonly plan: CameraPlan;
  readonly photoAspect: number;
  readonly depth: DepthMap | null;
  readonly photo: RgbImage;
  readonly width: number;
  readonly height: number;
}

/** What the frame should show, drawn by the slow reference at the measured size. */
function expectedFrame(view: View, frame: number): RgbImage {
  const { spec, photo, width, height } = view;
  const pose = view.plan.at(frameTime(frame, spec.frames));
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const p = sourcePoint(
        pose,
        spec.width / spec.height,
        view.photoAspect,
        view.depth,
        (x + 0.5) / width,
        (y + 0.5) / height,
      );
      const sx = Math.min(Math.max((p.x / view.photoAspect + 0.5) * photo.width - 0.5, 0), photo.width - 1.001);
      const sy = Math.min(Math.max((p.y + 0.5) * photo.height - 0.5, 0), photo.height - 1.001);
      const ix = Math.floor(sx);
      const iy = Math.floor(sy);
      const fx = sx - ix;
      const fy = sy - iy;
      const at = (iy * photo.width + ix) * 3;
      for (let c = 0; c < 3; c++) {
        const down = at + photo.width * 3 + c;
        const top = (photo.data[at + c] as number) * (1 - fx) + (photo.data[at + 3 + c] as number) * fx;
        const low = (photo.data[down] as number) * (1 - fx) + (photo.data[down + 3] as number) * fx;
        data[(y * width + x) * 3 + c] = Math.round(top * (1 - fy) + low * fy);
      }
    }
  return { width, height, data };
}

function lumaOf(image: RgbImage): GreyImage {
  const data = new Float32Array(image.width * image.height);
  for (let i = 0; i < data.length; i++) {
    const r = image.data[i * 3] as number;
    const g = image.data[i * 3 + 1] as number;
    const b = image.data[i * 3 + 2] as number;
    data[i] = 16 + (219 / 255) * (0.2126 * r + 0.7152 * g + 0.0722 * b);
  }
  return { width: image.width, height: image.height, data };
}

function meanOf(image: GreyImage): number {
  let sum = 0;
  for (let i = 0; i < image.data.length; i++) sum += image.data[i] as number;
  return sum / image.data.length;
}

/** Where the photo point that frame i shows at (u, v) lies in frame j, 0..1; fixed-point iteration on the warp. */
function follow(view: View, i: number, j: number, u: number, v: number): { u: number; v: number } {
  const aspect = view.spec.width / view.spec.height;
  const from = view.plan.at(frameTime(i, view.spec.frames));
  const to = view.plan.at(frameTime(j, view.spec.frames));
  const goal = sourcePoint(from, aspect, view.photoAspect, view.depth, u, v);
  let at = { u, v };
  for (let k = 0; k < 8; k++) {
    const p = sourcePoint(to, aspect, view.photoAspect, view.depth, at.u, at.v);
    at = { u: at.u - (p.x - goal.x) / (to.height * aspect), v: at.v - (p.y - goal.y) / to.height };
  }
  return at;
}

interface MotionFigures {
  /** Measured over expected, and the measured motion's RMS in pixels. */
  readonly ratio: number;
  readonly still: number;
  /** RMS of the expected motion between the compared frames, and per frame, pixels. */
  readonly expected: number;
  readonly speed: number;
  readonly windows: number;
}

/** Measured motion over expected motion (1 is right), by least squares over textured windows at five moments. */
function motionAgreement(view: View, frames: readonly GreyImage[]): MotionFigures {
  const { width, height } = view;
  const size = Math.round(width / 8);
  let me = 0;
  let ee = 0;
  let mm = 0;
  let windows = 0;
  const apart = Math.max(1, Math.round(frames.length / 12));
  for (let k = 0; k < 5; k++) {
    const i = Math.floor((k * (frames.length - 1)) / 5);
    // Apart enough to see, near enough to follow.
    const j = Math.min(frames.length - 1, i + apart);
    if (j <= i) continue;
    const a = frames[i] as GreyImage;
    const b = frames[j] as GreyImage;
    for (let gy = 1; gy <= 4; gy++)
      for (let gx = 1; gx <= 6; gx++) {
        const cx = (gx * width) / 7;
        const cy = (gy * height) / 5;
        const to = follow(view, i, j, (cx + 0.5) / width, (cy + 0.5) / height);
        const ex = to.u * width - 0.5 - cx;
        const ey = to.v * height - 0.5 - cy;
        const m = windowShift(a, b, cx, cy, size);
        if (m === undefined) continue;
        me += m.dx * ex + m.dy * ey;
        ee += ex * ex + ey * ey;
        mm += m.dx * m.dx + m.dy * m.dy;
        windows++;
      }
  }
  const rms = (sum: number): number => (windows === 0 ? 0 : Math.sqrt(sum / windows));
  return { ratio: ee > 0 ? me / ee : 1, still: rms(mm), expected: rms(ee), speed: rms(ee) / apart, windows };
}

async function decodeLuma(path: string, width: number, height: number, signal?: AbortSignal): Promise<GreyImage[]> {
  const { stdout } = await runFfmpeg(
    ['-v', 'error', '-i', path, '-vf', `scale=${width}:${height}:flags=area,format=yuv420p`, '-f', 'rawvideo',
      '-fps_mode', 'passthrough', 'pipe:1'],
    { errorCode: 'clip_invalid', file: path, ...(signal === undefined ? {} : { signal }) },
  ); // biome-ignore format: options pair up
  // The chroma planes that follow each luma plane are skipped.
  const size = (width * height * 3) / 2;
  return Array.from({ length: Math.floor(stdout.length / size) }, (_, i) => ({
    width,
    height,
    data: new Uint8Array(stdout.buffer, stdout.byteOffset + i * size, width * height),
  }));
}

async function decodeColour(path: string, frame: number, width: number, height: number): Promise<RgbImage | undefined> {
  const { stdout } = await runFfmpeg(
    ['-v', 'error', '-i', path, '-vf', `select=eq(n\\,${frame}),scale=${width}:${height}:flags=area`, '-frames:v', '1',
      '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
    { errorCode: 'clip_invalid', file: path },
  ); // biome-ignore format: options pair up
  if (stdout.length !== width * height * 3) return undefined;
  return { width, height, data: new Uint8Array(stdout.buffer, stdout.byteOffset, stdout.length) };
}

async function cosine(network: ImageNetwork, a: RgbImage, b: RgbImage, signal?: AbortSignal): Promise<number> {
  const p = (await network.describe(a, signal)).embedding;
  const q = (await network.describe(b, signal)).embedding;
  let dot = 0;
  for (let i = 0; i < p.length; i++) dot += (p[i] as number) * (q[i] as number);
  return dot;
}

async function depthAgreement(network: DepthNetwork, a: RgbImage, b: RgbImage, signal?: AbortSignal): Promise<number> {
  const p = (await network.estimate(a, signal)).data;
  const q = (await network.estimate(b, signal)).data;
  return p.length === q.length ? rankCorrelation(p, q) : 0;
}

/** Longest run of frames equal to the one before, and how many such frames there are. */
function repeats(frames: readonly GreyImage[]): { longest: number; count: number } {
  let longest = 0;
  let run = 0;
  let count = 0;
  for (let i = 1; i < frames.length; i++) {
    const a = frames[i - 1] as GreyImage;
    const b = frames[i] as GreyImage;
    const same = Buffer.compare(a.data as Uint8Array, b.data as Uint8Array) === 0;
    run = same ? run + 1 : 0;
    if (same) count++;
    longest = Math.max(longest, run);
  }
  return { longest, count };
}

/**
 * Validates the clip at `clipPath`. Networks, where present, add invention and depth figures on the middle and last
 * frame. Errors: `clip_invalid` when it cannot be decoded, those of the photo, `cancelled`.
 */
export async function validateClip(
  spec: ClipSpec,
  inputs: ClipInputs,
  clipPath: string,
  models?: Models,
  signal?: AbortSignal,
): Promise<Validation> {
  const { plan, depth, photoAspect } = await planClip(
    spec.renderer === 'ltx' ? { ...spec, renderer: 'ken_burns' } : spec,
    inputs,
  );
  const scale = MEASURE_SIDE / Math.max(spec.width, spec.height);
  const width = 2 * Math.round((spec.width * scale) / 2);
  const height = 2 * Math.round((spec.height * scale) / 2);
  const photoHeight = Math.max(16, Math.round(height / windowRange(plan).most));
  const photo = await decodeAt(inputs.photoPath, Math.max(16, Math.round(photoHeight * photoAspect)), photoHeight);
  const view: View = { spec, plan, photoAspect, depth, photo, width, height };
  const frames = await decodeLuma(clipPath, width, height, signal);
  throwIfCancelled(signal);
  const figures: ValidationFigure[] = [];
  const reasons: string[] = [];
  const add = (name: string, value: number, limit: number, pass: boolean, reason: string): void => {
    figures.push({ name, value, limit, pass });
    if (!pass) reasons.push(reason);
  };
  add('frame_count', frames.length, spec.frames, frames.length === spec.frames,
    `The clip has ${frames.length} frames instead of ${spec.frames}.`); // biome-ignore format: one check
  const first = frames[0];
  if (first === undefined) return { validationScore: 0, verdict: 'fail', figures, reasons };

  const wanted = lumaOf(expectedFrame(view, 0));
  const likeness = ssim(wanted, first);
  add(
    'first_frame_ssim',
    likeness,
    SSIM_LIMIT,
    likeness >= SSIM_LIMIT,
    'The first frame does not look like the photo.',
  );
  const { ratio, still, expected, speed } = motionAgreement(view, frames);
  if (spec.motion === 'static' || spec.amount === 0)
    add('stillness', still, STILL_LIMIT, still <= STILL_LIMIT, 'The picture moves although it should stand still.');
  else {
    // Without texture, or with motion near the measure's noise, nothing can be said; the other figures then decide.
    const off = expected < LEAST_MOTION ? 0 : Math.abs(ratio - 1);
    const wrong = ratio < 0 ? 'The picture moves the wrong way.' : 'The motion is not as large as asked for.';
    add('motion_deviation', off, MOTION_LIMIT, off <= MOTION_LIMIT, wrong);
    const { longest, count } = repeats(frames);
    const seconds = (longest * spec.frameRate.den) / spec.frameRate.num;
    const share = count / Math.max(1, frames.length - 1);
    const blank = speed < LEAST_SPEED;
    add('frozen_seconds', seconds, FROZEN_LIMIT, blank || seconds <= FROZEN_LIMIT, 'The picture freezes.');
    add(
      'repeated_share',
      share,
      REPEAT_LIMIT,
      blank || share <= REPEAT_LIMIT,
      'Frames are repeated: the motion stutters.',
    );
  }
  const means = frames.map(meanOf);
  let flicker = 0;
  for (let i = 1; i + 1 < means.length; i++) {
    const bend = (means[i - 1] as number) + (means[i + 1] as number) - 2 * (means[i] as number);
    flicker = Math.max(flicker, Math.abs(bend) / 2);
  }
  add('flicker', flicker, FLICKER_LIMIT, flicker <= FLICKER_LIMIT, 'The brightness flickers.');
  const floor = 16 + BLACK_SHARE * Math.max(0, meanOf(wanted) - 16);
  const black = means.filter((m) => m < floor).length;
  add('black_frames', black, 0, black === 0, `${black} frames are black or far darker than the photo.`);

  const image = models?.image[0];
  if (image !== undefined || models?.depth !== undefined) {
    let least = 1;
    let agreement = 1;
    for (const frame of [Math.floor(spec.frames / 2), spec.frames - 1]) {
      throwIfCancelled(signal);
      const shown = await decodeColour(clipPath, frame, width, height);
      if (shown === undefined) continue;
      const expected = expectedFrame(view, frame);
      if (image !== undefined) least = Math.min(least, await cosine(image, shown, expected, signal));
      if (models?.depth !== undefined)
        agreement = Math.min(agreement, await depthAgreement(models.depth, shown, expected, signal));
    }
    if (image !== undefined)
      add(
        'invention_cosine',
        least,
        INVENTION_LIMIT,
        least >= INVENTION_LIMIT,
        'The clip shows things that the photo does not.',
      );
    if (models?.depth !== undefined)
      add(
        'depth_agreement',
        agreement,
        DEPTH_LIMIT,
        agreement >= DEPTH_LIMIT,
        'The depth of the clip differs from the photo.',
      );
  }
  const passed = figures.filter((f) => f.pass).length / figures.length;
  const validationScore = Math.min(1, Math.max(0, passed * likeness));
  return { validationScore, verdict: reasons.length === 0 ? 'pass' : 'fail', figures, reasons };
}
