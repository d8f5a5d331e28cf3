/** What a move's pixels follow from, besides the photo: the reduced and prepared depth, the plan, the source's size. Pure. */
import type { DepthMap, Motion } from '../domain.ts';
import { type CameraParams, type CameraPlan, planCamera } from './camera-path.ts';
import { windowRange } from './spec.ts';
import { depthExtent, greatestShift, prepareDepth, sampleDepth } from './warp.ts';

/** Longest side of the depth map while warping: about one sample per cell of the warp's grid. */
const DEPTH_SIDE = 640;
/** Source samples per frame pixel at the closest moment of a parallax move; nearer parts are magnified, farther not. */
const PARALLAX_DENSITY = 1.05;
/** Greatest source size in megapixels; beyond it (panoramas cropped to portrait) sampling is coarser than 1:1. */
const MAX_SOURCE_PIXELS = 40e6;

/** The map at the size that warping uses: longest side at most 640 samples. */
export function reduceDepth(depth: DepthMap): DepthMap {
  const scale = DEPTH_SIDE / Math.max(depth.width, depth.height);
  if (scale >= 1) return depth;
  const width = Math.max(2, Math.round(depth.width * scale));
  const height = Math.max(2, Math.round(depth.height * scale));
  const data = new Float32Array(width * height);
  const sx = depth.width / width;
  const sy = depth.height / height;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data[y * width + x] = sampleDepth(depth, (x + 0.5) * sx - 0.5, (y + 0.5) * sy - 0.5);
  return { width, height, data };
}

/** Inverse depths (FAR_INVERSE_DEPTH..1) of a map and at its point of interest. */
export interface DepthRange {
  readonly far: number;
  readonly near: number;
  readonly focus: number;
}

export interface DeepMove {
  readonly plan: CameraPlan;
  readonly range: DepthRange;
  /** Prepared map; null where the camera does not translate. */
  readonly depth: DepthMap | null;
}

/** Plan and prepared depth of a parallax move; `raw` comes from `reduceDepth` and is at least 2×2. */
export function planDeepMove(motion: Motion, params: CameraParams, raw: DepthMap): DeepMove {
  const still = prepareDepth(raw, 0);
  const extent = depthExtent(still);
  const focus = sampleDepth(still, params.focus.x * raw.width - 0.5, params.focus.y * raw.height - 0.5);
  const range = { ...extent, focus };
  const plan = planCamera(motion, { ...params, depthRange: range });
  const shift = greatestShift(plan, params.aspect);
  return { plan, range, depth: shift === 0 ? null : prepareDepth(raw, shift) };
}

/** Pixels (even) of the photo's copy that frames of `frameHeight` pixels are sampled from; `deep`: with parallax. */
export function sourceSize(
  plan: CameraPlan,
  frameHeight: number,
  deep: boolean,
  photoAspect: number,
): { width: number; height: number } {
  const wanted = (frameHeight / windowRange(plan).least) * (deep ? PARALLAX_DENSITY : 1);
  const high = Math.min(wanted, Math.sqrt(MAX_SOURCE_PIXELS / photoAspect));
  const even = (n: number): number => Math.max(16, 2 * Math.round(n / 2));
  return { width: even(high * photoAspect), height: even(high) };
}
