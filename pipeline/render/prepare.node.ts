/** What a clip needs before its first frame: the photo as planes at the right size, the prepared depth, the plan. */
import sharp from 'sharp';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import type { ClipSpec, DepthMap } from '../domain.ts';
import { MAX_PIXELS, readDepth } from '../media/image.node.ts';
import { type CameraPlan, planCamera } from './camera-path.ts';
import { FrameEngine } from './engine.node.ts';
import { planDeepMove, reduceDepth, sourceSize } from './move-plan.ts';
import { toPlanes } from './planes.ts';
import { decodeSource } from './source.node.ts';
import { cameraParams } from './spec.ts';

/** A photo with a shorter side, or one that is longer by more than this ratio, is a strip that fills no frame. */
const LEAST_SIDE_PX = 16;
const MOST_RATIO = 32;
/** Depth maps may be off the photo's shape by this, and by a sample of rounding. */
const SHAPE_TOLERANCE = 0.02;

export interface ClipInputs {
  readonly photoPath: string;
  /** 16-bit PNG of inverse depth, needed by depth_parallax. */
  readonly depthPath: string | null;
}

export interface PreparedClip {
  readonly engine: FrameEngine;
  readonly plan: CameraPlan;
  readonly photoAspect: number;
  /** Prepared map, or null for ken_burns. */
  readonly depth: DepthMap | null;
}

export interface PlannedClip {
  readonly plan: CameraPlan;
  readonly depth: DepthMap | null;
  readonly photoAspect: number;
  /** The photo's own, upright, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
}

/** Upright width and height in pixels. Errors: `image_damaged`, `file_not_found`. */
export async function photoSize(path: string): Promise<{ width: number; height: number }> {
  try {
    const meta = await sharp(path, { limitInputPixels: MAX_PIXELS }).metadata();
    const turned = (meta.orientation ?? 1) >= 5;
    return turned ? { width: meta.height, height: meta.width } : { width: meta.width, height: meta.height };
  } catch (error) {
    throw toPicaividError(error, 'image_damaged', path);
  }
}

/**
 * Camera plan and prepared depth of a spec: what path and warp follow from. Errors: `image_too_small` for a photo that
 * is too small or too narrow a strip, `image_damaged` for a depth map of another shape than the photo's, `bad_usage`.
 */
export async function planClip(spec: ClipSpec, inputs: ClipInputs): Promise<PlannedClip> {
  const size = await photoSize(inputs.photoPath);
  const photoAspect = size.width / size.height;
  const short = Math.min(size.width, size.height);
  if (short < LEAST_SIDE_PX || Math.max(photoAspect, 1 / photoAspect) > MOST_RATIO)
    throw new PicaividError(
      'image_too_small',
      `A photo of ${size.width} × ${size.height} pixels cannot fill a frame: use one with at least ${LEAST_SIDE_PX} pixels on its short side and at most ${MOST_RATIO} times as long as wide.`,
      { file: inputs.photoPath },
    );
  if (spec.renderer === 'ltx')
    throw new PicaividError('bad_usage', 'LTX clips are made by a GPU worker, not by this renderer.');
  if (spec.renderer === 'ken_burns')
    return { plan: planCamera(spec.motion, cameraParams(spec, photoAspect)), depth: null, photoAspect, size };
  if (inputs.depthPath === null)
    throw new PicaividError('bad_usage', 'depth_parallax needs a depth map, and this photo has none.');
  const whole = await readDepth(inputs.depthPath);
  const rounding = 1 / Math.max(1, Math.min(whole.width, whole.height));
  if (Math.abs(Math.log(whole.width / whole.height / photoAspect)) > SHAPE_TOLERANCE + rounding)
    throw new PicaividError(
      'image_damaged',
      `The depth map of ${whole.width} × ${whole.height} has another shape than its photo of ${size.width} × ${size.height}. Analyse the photo again.`,
      { file: inputs.depthPath },
    );
  const raw = reduceDepth(whole);
  if (raw.width < 2 || raw.height < 2)
    throw new PicaividError('image_too_small', 'The depth map is smaller than 2×2.', { file: inputs.depthPath });
  const { plan, depth } = planDeepMove(spec.motion, cameraParams(spec, photoAspect), raw);
  return { plan, depth, photoAspect, size };
}

/** Decodes, converts and plans: about 0.3 s for a 24-megapixel JPEG. */
export async function prepareClip(spec: ClipSpec, inputs: ClipInputs): Promise<PreparedClip> {
  const { plan, depth, photoAspect, size } = await planClip(spec, inputs);
  const { width, height } = sourceSize(plan, spec.height, depth !== null, photoAspect);
  const image = await decodeSource(inputs.photoPath, size, width, height);
  const engine = new FrameEngine(toPlanes(image), photoAspect, depth, spec.width, spec.height);
  return { engine, plan, photoAspect, depth };
}
