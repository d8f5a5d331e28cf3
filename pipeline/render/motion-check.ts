/** What a clip's frames tell by themselves and beside the plan's motion: agreement, repeats, brightness. Pure. */
import type { ClipSpec, DepthMap } from '../domain.ts';
import type { CameraPlan } from './camera-path.ts';
import { type GreyImage, windowShift } from './measure.ts';
import { frameTime } from './spec.ts';
import { sourcePoint } from './warp.ts';

export interface MotionView {
  readonly spec: ClipSpec;
  readonly plan: CameraPlan;
  readonly photoAspect: number;
  readonly depth: DepthMap | null;
}

/** Where the photo point that frame i shows at (u, v) lies in frame j, 0..1; fixed-point iteration on the warp. */
function follow(view: MotionView, i: number, j: number, u: number, v: number): { u: number; v: number } {
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

export interface MotionFigures {
  /** Measured over expected, and the measured motion's RMS in pixels. */
  readonly ratio: number;
  readonly still: number;
  /** RMS of the expected motion between the compared frames, and per frame, pixels. */
  readonly expected: number;
  readonly speed: number;
  readonly windows: number;
}

/** Measured motion over expected motion (1 is right), by least squares over textured windows at five moments. */
export function motionAgreement(view: MotionView, frames: readonly GreyImage[]): MotionFigures {
  const { width, height } = frames[0] ?? { width: 0, height: 0 };
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

/** For each frame whether it equals the one before, and the longest run of such frames. */
export function repeats(frames: readonly GreyImage[]): { same: boolean[]; longest: number } {
  const same = frames.map((frame, i) => {
    const before = frames[i - 1];
    return before?.data.every((value, k) => value === frame.data[k]) ?? false;
  });
  let run = 0;
  let longest = 0;
  for (const s of same) {
    run = s ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return { same, longest };
}

export function greyMean(image: GreyImage): number {
  let sum = 0;
  for (let i = 0; i < image.data.length; i++) sum += image.data[i] as number;
  return sum / Math.max(1, image.data.length);
}

/** How far each frame's mean luma lies beside the mean of its two neighbours, levels. */
export function brightnessBends(means: readonly number[]): number[] {
  return means.map((own, i) => {
    const before = means[i - 1];
    const after = means[i + 1];
    return before === undefined || after === undefined ? 0 : Math.abs(before + after - 2 * own) / 2;
  });
}
