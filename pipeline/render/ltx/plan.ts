/**
 * What is asked of LTX for one clip: its models, sides, frames and rate, and how a motion is said to each model. Pure.
 *
 * Figures from the models' public pages: sides divisible by 64 and 8k + 1 frames ("Running with invalid parameters will
 * not cause errors. Instead, the flow will silently choose the closest valid parameters": note in the LTX-2 example
 * workflows of ComfyUI-LTXVideo), up to 20 seconds, rates of 24, 25, 48 and 50 in the hosted service.
 */
import { PicaividError } from '../../../base/errors.ts';
import type { ClipSpec, Motion } from '../../domain.ts';
import type { FrameRate } from '../../time.ts';

export const LTX_MODELS = ['ltx-2-19b', 'ltx-2.5'] as const;
export type LtxModel = (typeof LTX_MODELS)[number];

/** Both passes work on cells of 32 pixels and the first on half the sides. */
const SIDE_STEP = 64;
const FRAME_STEP = 8;
/** The rate is a number in the conditioning; the rates that are published lie between these. */
const LEAST_RATE = 24;
const MOST_RATE = 50;
const MOST_SECONDS = 20;
/** LTXVEmptyLatentAudio takes at most 1000 frames. */
const MOST_FRAMES = 993;

/** How much memory a try may take, boldest first: whole size, two thirds, two thirds with the picture decoded in tiles. */
export const LTX_LEVELS = ['whole', 'smaller', 'tiled'] as const;
export type LtxLevel = (typeof LTX_LEVELS)[number];

const SMALLER = 2 / 3;

export interface LtxShape {
  /** Sides that the model draws, multiples of 64. */
  readonly width: number;
  readonly height: number;
  /** The part of it, in its middle, that shows the clip; the rest is the mirrored rim of the photo. */
  readonly contentWidth: number;
  readonly contentHeight: number;
}

export function framesPerSecond(rate: FrameRate): number {
  return rate.num / rate.den;
}

const even = (value: number): number => 2 * Math.round(value / 2);
const upTo = (value: number, step: number): number => Math.ceil(value / step) * step;

/** 1920×1080 is drawn as 1920×1088. */
export function ltxShape(spec: Pick<ClipSpec, 'width' | 'height'>, level: LtxLevel): LtxShape {
  const scale = level === 'whole' ? 1 : SMALLER;
  const contentWidth = even(spec.width * scale);
  const contentHeight = even(spec.height * scale);
  return {
    width: upTo(contentWidth, SIDE_STEP),
    height: upTo(contentHeight, SIDE_STEP),
    contentWidth,
    contentHeight,
  };
}

export interface LtxTiming {
  /** Frames that the model draws, 8k + 1, and how many of them a second. */
  readonly frames: number;
  readonly rate: FrameRate;
  /** Each frame of the clip is every `skip`-th of the model's, or `fill` frames stand where the model drew one. One is 1. */
  readonly skip: number;
  readonly fill: number;
}

/**
 * Frames and rate of the model that hold the clip from its first frame to its last. A rate between 24 and 50 is asked
 * of the model as it is; a lower one takes every n-th frame of a multiple, a higher one is a multiple that is filled.
 * Errors: `bad_usage` for a clip that is longer than the model draws.
 */
export function ltxTiming(spec: Pick<ClipSpec, 'frames' | 'frameRate'>): LtxTiming {
  const { num, den } = spec.frameRate;
  const wanted = framesPerSecond(spec.frameRate);
  // 23.976 is the same to the model as 24.
  const skip = wanted < LEAST_RATE * 0.99 ? Math.ceil(LEAST_RATE / wanted) : 1;
  const fill = wanted > MOST_RATE * 1.01 ? Math.ceil(wanted / MOST_RATE) : 1;
  const rate = { num: num * skip, den: den * fill };
  const steps = fill > 1 ? Math.ceil((spec.frames - 1) / fill) : (spec.frames - 1) * skip;
  const frames = Math.max(1, Math.ceil(steps / FRAME_STEP)) * FRAME_STEP + 1;
  if (spec.frames / wanted > MOST_SECONDS || frames > MOST_FRAMES)
    throw new PicaividError(
      'bad_usage',
      `LTX draws at most ${MOST_SECONDS} seconds at once; this clip has ${(spec.frames / wanted).toFixed(1)}. Make the move shorter or choose depth parallax.`,
    );
  return { frames, rate, skip, fill };
}

/** File names as published: `Lightricks/LTX-2-19b-LoRA-Camera-Control-…`. */
const CAMERA_LORAS: Readonly<Partial<Record<Motion, string>>> = {
  push_in: 'ltx-2-19b-lora-camera-control-dolly-in.safetensors',
  pull_out: 'ltx-2-19b-lora-camera-control-dolly-out.safetensors',
  dolly_left: 'ltx-2-19b-lora-camera-control-dolly-left.safetensors',
  dolly_right: 'ltx-2-19b-lora-camera-control-dolly-right.safetensors',
  crane_up: 'ltx-2-19b-lora-camera-control-jib-up.safetensors',
  crane_down: 'ltx-2-19b-lora-camera-control-jib-down.safetensors',
  static: 'ltx-2-19b-lora-camera-control-static.safetensors',
};

/** The camera LoRA of a motion with its strength, or undefined where there is none (pans, tilts, orbits). */
export function cameraLora(spec: Pick<ClipSpec, 'motion' | 'amount'>): { name: string; strength: number } | undefined {
  const name = CAMERA_LORAS[spec.motion];
  // Strength 1 is what its authors recommend: the boldest move. A still camera is still at any amount.
  const strength = spec.motion === 'static' ? 1 : 0.5 + 0.5 * Math.min(1, Math.max(0, spec.amount));
  return name === undefined ? undefined : { name, strength: Math.round(strength * 100) / 100 };
}

const MOVES: Readonly<Record<Motion, string>> = {
  static: 'The camera is locked on a tripod and does not move at all',
  push_in: 'The camera dollies straight forward, slowly and evenly, towards the middle of the scene',
  pull_out: 'The camera dollies straight backward, slowly and evenly, and shows more of the same scene',
  pan_left: 'The camera stands in place and pans slowly and evenly to the left',
  pan_right: 'The camera stands in place and pans slowly and evenly to the right',
  tilt_up: 'The camera stands in place and tilts slowly and evenly upward',
  tilt_down: 'The camera stands in place and tilts slowly and evenly downward',
  dolly_left:
    'The camera slides sideways to the left on a dolly, slowly and evenly, near things passing before far ones',
  dolly_right:
    'The camera slides sideways to the right on a dolly, slowly and evenly, near things passing before far ones',
  orbit_left: 'The camera moves in a slow, even arc to the left around the middle of the scene',
  orbit_right: 'The camera moves in a slow, even arc to the right around the middle of the scene',
  crane_up: 'The camera rises straight up on a jib, slowly and evenly, and keeps looking ahead',
  crane_down: 'The camera sinks straight down on a jib, slowly and evenly, and keeps looking ahead',
};

/**
 * Says the move and that nothing else happens: a listing shows a real place. LTX follows descriptions of action and
 * wants nothing repeated that the first frame shows already (its prompting notes).
 */
export function ltxPrompt(motion: Motion): string {
  return `${MOVES[motion]}. Real estate photography of a real, empty place: one continuous shot, steady exposure and white balance, straight verticals. Walls, windows, furniture, plants and light stay exactly as they are in the first frame. Nothing moves but the camera, nobody appears, nothing is added or taken away. Silence.`;
}

export const LTX_NEGATIVE =
  'people, animals, moving objects, new furniture, changing room, warped walls, bent lines, melting, morphing, flicker, jump cut, fade, text, watermark, logo, subtitles, blurry, low quality, cartoon';
