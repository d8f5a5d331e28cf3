/**
 * Checks a clip on its decoded frames: each figure with its limit and the frames where it fails, a score, reasons.
 *
 * Two sets of figures. A clip of ken_burns or depth_parallax follows from photo, depth and spec to the last pixel, so
 * every frame is compared with what its plan says it must show (plan-check.ts, drawn by an independent path). Of a
 * generated clip (ltx) only the photo is known: likeness of the first frame, motion, flicker, and by networks whether
 * what it shows later could be the photo. Both count frames and look for black, frozen and repeated ones.
 */

import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../../base/errors.ts';
import type { DepthNetwork, ImageNetwork, Models } from '../../models/types.ts';
import type { ClipSpec, RgbImage, ValidationFigure } from '../domain.ts';
import { runFfmpeg } from '../media/ffmpeg.node.ts';
import { ExpectedFrames, emptyFrame, toRgb, type YuvFrame } from './expected.ts';
import { type GreyImage, rankCorrelation, ssim } from './measure.ts';
import { brightnessBends, greyMean, motionAgreement, repeats } from './motion-check.ts';
import { sourceSize } from './move-plan.ts';
import { checkFrame, type FrameCheck, smoothFrame } from './plan-check.ts';
import { type FigureWithReason, greatestFigure, planFigures, runsOf } from './plan-figures.ts';
import { type ClipInputs, planClip } from './prepare.node.ts';
import { decodeSource, reduceCodes } from './source.node.ts';
import { windowRange } from './spec.ts';

/** Long side of the frames that are measured. */
const MEASURE_SIDE = 320;
/** Photo samples per measured pixel where the window is widest: at less, fine lines shift by a third of a pixel. */
const PHOTO_DENSITY = 2;
/** First frame against the photo's same view: encoding costs about 0.02, a wrong crop more than 0.2. */
const SSIM_LIMIT = 0.9;
/** Measured over expected motion may differ by this from 1. */
const MOTION_LIMIT = 0.35;
/** The same of a generated clip: a camera LoRA has a travel of its own, and things near pass faster than the flat plan. */
const GENERATED_MOTION_LIMIT = 0.6;
/** Motion of a still clip in pixels at measured size. */
const STILL_LIMIT = 0.1;
/** Expected motion under which its measured ratio means nothing, pixels; and per frame, under which frames may repeat. */
const LEAST_MOTION = 0.3;
const LEAST_SPEED = 0.05;
/** Jump of mean luma against its neighbours, levels, where no plan says what it should be. */
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

/** Frames of a clip at the measured size, 4:2:0. */
async function decodeFrames(path: string, width: number, height: number, signal?: AbortSignal): Promise<Uint8Array[]> {
  const { stdout } = await runFfmpeg(
    ['-v', 'error', '-i', path, '-vf', `scale=${width}:${height}:flags=area+accurate_rnd,format=yuv420p`, '-f', 'rawvideo',
      '-fps_mode', 'passthrough', 'pipe:1'],
    { errorCode: 'clip_invalid', file: path, ...(signal === undefined ? {} : { signal }) },
  ); // biome-ignore format: options pair up
  const size = (width * height * 3) / 2;
  return Array.from(
    { length: Math.floor(stdout.length / size) },
    (_, i) => new Uint8Array(stdout.buffer, stdout.byteOffset + i * size, size),
  );
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

/** Compares every frame with the plan; other work of the process gets its turn between frames. */
async function checkFrames(
  frames: readonly Uint8Array[],
  expected: ExpectedFrames,
  signal?: AbortSignal,
): Promise<FrameCheck[]> {
  const { width, height } = expected;
  const drawn = new Map<number, YuvFrame>();
  const spare: YuvFrame[] = [];
  const plan = (i: number): YuvFrame => {
    const known = drawn.get(i);
    if (known !== undefined) return known;
    const frame = spare.pop() ?? emptyFrame(width, height);
    expected.draw(i, frame);
    smoothFrame(frame);
    drawn.set(i, frame);
    return frame;
  };
  const shown = emptyFrame(width, height);
  const checks: FrameCheck[] = [];
  for (const [i, bytes] of frames.entries()) {
    throwIfCancelled(signal);
    const n = width * height;
    shown.y.set(bytes.subarray(0, n));
    shown.u.set(bytes.subarray(n, n * 1.25));
    shown.v.set(bytes.subarray(n * 1.25));
    smoothFrame(shown);
    const before = Math.max(0, i - 1);
    const after = Math.min(frames.length - 1, i + 1);
    checks.push(checkFrame(shown, plan(i), plan(before), plan(after), after - before));
    const past = drawn.get(before);
    if (past !== undefined && before < i) {
      drawn.delete(before);
      spare.push(past);
    }
    await setImmediate();
  }
  return checks;
}

/** Figures by networks: what the middle and the last frame show beside the photo's own view there. */
async function networkFigures(
  clipPath: string,
  frames: number,
  expected: ExpectedFrames,
  models: Models | undefined,
  signal?: AbortSignal,
): Promise<FigureWithReason[]> {
  const image = models?.image[0];
  const depth = models?.depth;
  if (image === undefined && depth === undefined) return [];
  const { width, height } = expected;
  let likeness = 1;
  let agreement = 1;
  const view = emptyFrame(width, height);
  for (const frame of [Math.floor(frames / 2), frames - 1]) {
    throwIfCancelled(signal);
    const shown = await decodeColour(clipPath, frame, width, height);
    if (shown === undefined) continue;
    expected.draw(frame, view);
    const wanted = toRgb(view);
    if (image !== undefined) likeness = Math.min(likeness, await cosine(image, shown, wanted, signal));
    if (depth !== undefined) agreement = Math.min(agreement, await depthAgreement(depth, shown, wanted, signal));
  }
  const least = (name: string, value: number, limit: number, reason: string): FigureWithReason => ({
    figure: { name, value, limit, pass: value >= limit },
    reason,
  });
  return [
    ...(image === undefined
      ? []
      : [least('invention_cosine', likeness, INVENTION_LIMIT, 'The clip shows things that the photo does not.')]),
    ...(depth === undefined
      ? []
      : [least('depth_agreement', agreement, DEPTH_LIMIT, 'The depth of the clip differs from the photo.')]),
  ];
}

/**
 * Validates the clip at `clipPath`. Networks, where present, add invention and depth figures to a generated clip (ltx).
 * Errors: `clip_invalid` when it cannot be decoded, those of the photo, `cancelled`.
 */
export async function validateClip(
  spec: ClipSpec,
  inputs: ClipInputs,
  clipPath: string,
  models?: Models,
  signal?: AbortSignal,
): Promise<Validation> {
  const generated = spec.renderer === 'ltx';
  const view = { spec, ...(await planClip(generated ? { ...spec, renderer: 'ken_burns' } : spec, inputs)) };
  const scale = MEASURE_SIDE / Math.max(spec.width, spec.height);
  const width = 2 * Math.round((spec.width * scale) / 2);
  const height = 2 * Math.round((spec.height * scale) / 2);
  const photoHeight = Math.max(16, Math.round((PHOTO_DENSITY * height) / windowRange(view.plan).most));
  const photoWidth = Math.max(16, Math.round(photoHeight * view.photoAspect));
  // Shrunk in linear light to what the renderer drew from, and on as the clip's frames are.
  const drawn = sourceSize(view.plan, spec.height, view.depth !== null, view.photoAspect);
  const larger = drawn.height > photoHeight ? drawn : { width: photoWidth, height: photoHeight };
  const source = await decodeSource(inputs.photoPath, view.size, larger.width, larger.height);
  const photo = await reduceCodes(source, photoWidth, photoHeight);
  const expected = new ExpectedFrames(view, photo, width, height);
  const decoded = await decodeFrames(clipPath, width, height, signal);
  throwIfCancelled(signal);
  const frames: GreyImage[] = decoded.map((bytes) => ({ width, height, data: bytes.subarray(0, width * height) }));
  const found: FigureWithReason[] = [];
  const add = (
    name: string,
    value: number,
    limit: number,
    pass: boolean,
    reason: string,
    failing?: boolean[],
  ): void => {
    const places = failing === undefined || pass ? [] : runsOf(failing);
    found.push({ figure: { name, value, limit, pass, ...(places.length === 0 ? {} : { frames: places }) }, reason });
  };
  add('frame_count', frames.length, spec.frames, frames.length === spec.frames,
    `The clip has ${frames.length} frames instead of ${spec.frames}.`); // biome-ignore format: one check
  const first = frames[0];
  if (first === undefined) return concluded(found, 0);

  const start = emptyFrame(width, height);
  expected.draw(0, start);
  const likeness = ssim({ width, height, data: start.y }, first);
  add('first_frame_ssim', likeness, SSIM_LIMIT, likeness >= SSIM_LIMIT,
    'The first frame does not look like the photo.', [true]); // biome-ignore format: one check
  const { ratio, still, expected: motion, speed } = motionAgreement(view, frames);
  if (spec.motion === 'static' || spec.amount === 0)
    add('stillness', still, STILL_LIMIT, still <= STILL_LIMIT, 'The picture moves although it should stand still.');
  else {
    // Without texture, or with motion near the measure's noise, nothing can be said; the other figures then decide.
    const off = motion < LEAST_MOTION ? 0 : Math.abs(ratio - 1);
    const wrong = ratio < 0 ? 'The picture moves the wrong way.' : 'The motion is not as large as asked for.';
    const limit = generated ? GENERATED_MOTION_LIMIT : MOTION_LIMIT;
    add('motion_deviation', off, limit, off <= limit, wrong);
    const { same, longest } = repeats(frames);
    const seconds = (longest * spec.frameRate.den) / spec.frameRate.num;
    const share = same.filter(Boolean).length / Math.max(1, frames.length - 1);
    const blank = speed < LEAST_SPEED;
    add('frozen_seconds', seconds, FROZEN_LIMIT, blank || seconds <= FROZEN_LIMIT, 'The picture freezes.', same);
    add('repeated_share', share, REPEAT_LIMIT, blank || share <= REPEAT_LIMIT,
      'Frames are repeated: the motion stutters.', same); // biome-ignore format: one check
  }
  const means = frames.map(greyMean);
  const floor = 16 + BLACK_SHARE * Math.max(0, greyMean({ width, height, data: start.y }) - 16);
  const dark = means.map((m) => m < floor);
  const black = dark.filter(Boolean).length;
  add('black_frames', black, 0, black === 0, `${black} frames are black or far darker than the photo.`, dark);
  if (generated) {
    found.push(greatestFigure('flicker', brightnessBends(means), FLICKER_LIMIT, 'The brightness flickers.'));
    found.push(...(await networkFigures(clipPath, spec.frames, expected, models, signal)));
  } else {
    const checked = decoded.slice(0, spec.frames);
    const checks = await checkFrames(checked, expected, signal);
    found.push(
      ...planFigures(
        checks,
        checked.map((_, i) => expected.motion(Math.max(0, i - 1), Math.max(1, i))),
      ),
    );
  }
  return concluded(found, likeness);
}

function concluded(found: readonly FigureWithReason[], likeness: number): Validation {
  const figures = found.map(({ figure }) => figure);
  const reasons = found.filter(({ figure }) => !figure.pass).map(({ reason }) => reason);
  const passed = figures.filter((f) => f.pass).length / figures.length;
  const validationScore = Math.min(1, Math.max(0, passed * likeness));
  return { validationScore, verdict: reasons.length === 0 ? 'pass' : 'fail', figures, reasons };
}
