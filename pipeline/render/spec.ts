/** The canonical text of a clip's spec and the camera parameters that follow from it. Pure. */
import type { ClipSpec } from '../domain.ts';
import type { CameraParams, CameraPlan } from './camera-path.ts';

/** Version of the drawn pixels: a change to path, warp or filters makes new takes. */
export const RENDER_VERSION = 2;

/** JSON with fixed field order, equal for equal specs: hash it to name the take. */
export function canonicalSpec(spec: ClipSpec): string {
  return JSON.stringify([
    RENDER_VERSION, spec.photoSha256, spec.depthSha256, spec.motion, spec.amount, spec.renderer, spec.frames,
    spec.frameRate.num, spec.frameRate.den, spec.width, spec.height, spec.focus.x, spec.focus.y, spec.seed,
  ]); // biome-ignore format: one list
}

/** Time 0..1 of a frame in its move: the first frame is 0, the last 1. */
export function frameTime(frame: number, frames: number): number {
  return frames <= 1 ? 0 : frame / (frames - 1);
}

export function cameraParams(
  spec: ClipSpec,
  photoAspect: number,
  depthRange?: { far: number; near: number; focus: number },
): CameraParams {
  return {
    amount: spec.amount,
    aspect: spec.width / spec.height,
    photoAspect,
    focus: spec.focus,
    parallax: spec.renderer === 'depth_parallax',
    ...(depthRange === undefined ? {} : { depthRange }),
  };
}

/** The greatest and least window height over a move, in plane units. */
export function windowRange(plan: CameraPlan): { least: number; most: number } {
  const a = plan.at(0).height;
  const b = plan.at(1).height;
  return { least: Math.min(a, b), most: Math.max(a, b) };
}
