/**
 * Compares the frames of a clip with what its plan says each must show, at the measured size. Pure.
 *
 * Five things are measured per frame, each so that resampling and encoding cost it little: brightness and colour of the
 * whole frame; how far the frame is ahead of or behind its time; what is locally of another brightness or colour than
 * anything the plan shows within a pixel; and how far the picture is locally shifted.
 */
import { smooth, type YuvFrame } from './expected.ts';

/** What one frame differs in from its plan. */
export interface FrameCheck {
  /** Mean luma over that of the plan, levels. */
  readonly brightness: number;
  /** The same of the colour difference that is farther off, levels. */
  readonly colour: number;
  /** Frames ahead of its time (behind: negative); 0 where the plan does not move. Linear: right within a few pixels. */
  readonly time: number;
  /** Greatest mean excess of a block over what is possible within a pixel, levels. */
  readonly difference: number;
  /** Greatest local shift, measured pixels. */
  readonly shift: number;
}

/** Side of the blocks whose excess is averaged, and their step, measured pixels; halves of it in chroma. */
const BLOCK = 8;
/** Luma and chroma levels beside the range of the neighbourhood that encoding may cost. */
const TOLERANCE = 2;
/** Side of the windows whose shift is measured, and their step. */
const WINDOW = 24;
const WINDOW_STEP = 12;
/** Mean squared gradient along a direction below which its shift is not known, levels². */
const LEAST_GRADIENT = 12;

export function smoothFrame(frame: YuvFrame): void {
  smooth(frame.y, frame.width, frame.height);
  smooth(frame.u, frame.width / 2, frame.height / 2);
  smooth(frame.v, frame.width / 2, frame.height / 2);
}

export function meanOf(data: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] as number;
  return data.length === 0 ? 0 : sum / data.length;
}

/**
 * One frame of the clip (`shown`) against the plan's frame of its index and of `before` and `after` it (the same at the
 * ends), which lie `span` frames apart. All smoothed.
 */
export function checkFrame(
  shown: YuvFrame,
  plan: YuvFrame,
  before: YuvFrame,
  after: YuvFrame,
  span: number,
): FrameCheck {
  const brightness = meanOf(shown.y) - meanOf(plan.y);
  const cw = plan.width / 2;
  const ch = plan.height / 2;
  return {
    brightness,
    colour: Math.max(Math.abs(meanOf(shown.u) - meanOf(plan.u)), Math.abs(meanOf(shown.v) - meanOf(plan.v))),
    time: timeError(shown, plan, before, after, span, brightness),
    difference: Math.max(
      blockExcess(shown.y, plan.y, plan.width, plan.height, BLOCK),
      blockExcess(shown.u, plan.u, cw, ch, BLOCK / 2),
      blockExcess(shown.v, plan.v, cw, ch, BLOCK / 2),
    ),
    shift: localShift(shown.y, plan.y, plan.width, plan.height),
  };
}

/** Least squares of the frame's deviation on the plan's change per frame. */
function timeError(
  shown: YuvFrame,
  plan: YuvFrame,
  before: YuvFrame,
  after: YuvFrame,
  span: number,
  brightness: number,
): number {
  if (span === 0) return 0;
  let de = 0;
  let ee = 0;
  for (let i = 0; i < plan.y.length; i++) {
    const change = ((after.y[i] as number) - (before.y[i] as number)) / span;
    de += change * ((shown.y[i] as number) - (plan.y[i] as number) - brightness);
    ee += change * change;
  }
  // A plan that changes by less than 0.01 levels RMS a frame stands still.
  return ee < 1e-4 * plan.y.length ? 0 : de / ee;
}

const scratch = new Map<number, [Float32Array, Float32Array, Float32Array]>();
function buffers(n: number): [Float32Array, Float32Array, Float32Array] {
  const kept = scratch.get(n) ?? [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
  scratch.set(n, kept);
  return kept;
}

/**
 * Greatest mean over blocks of what lies outside the range of the plan's 3×3 neighbourhood by more than the tolerance:
 * a shift of a pixel, another filter or a coder's softness stay inside it, another picture does not.
 */
function blockExcess(shown: Float32Array, plan: Float32Array, width: number, height: number, block: number): number {
  const [least, most, excess] = buffers(width * height);
  for (let y = 0; y < height; y++) {
    const at = y * width;
    for (let x = 0; x < width; x++) {
      const a = plan[at + (x > 0 ? x - 1 : 0)] as number;
      const b = plan[at + x] as number;
      const c = plan[at + (x < width - 1 ? x + 1 : x)] as number;
      least[at + x] = Math.min(a, b, c);
      most[at + x] = Math.max(a, b, c);
    }
  }
  for (let y = 0; y < height; y++) {
    const at = y * width;
    const up = y > 0 ? at - width : at;
    const down = y < height - 1 ? at + width : at;
    for (let x = 0; x < width; x++) {
      const lo = Math.min(least[up + x] as number, least[at + x] as number, least[down + x] as number);
      const hi = Math.max(most[up + x] as number, most[at + x] as number, most[down + x] as number);
      const p = shown[at + x] as number;
      excess[at + x] = Math.max(0, lo - p - TOLERANCE, p - hi - TOLERANCE);
    }
  }
  let worst = 0;
  const step = block / 2;
  for (let y = 0; y + block <= height; y += step)
    for (let x = 0; x + block <= width; x += step) {
      let sum = 0;
      for (let j = 0; j < block; j++) for (let i = 0; i < block; i++) sum += excess[(y + j) * width + x + i] as number;
      if (sum > worst) worst = sum;
    }
  return worst / (block * block);
}

/**
 * Greatest shift of a window against the plan (one step of Lucas and Kanade 1981, the plan's own gradients), along
 * those directions only in which its texture fixes it: an edge tells the shift across it.
 */
function localShift(shown: Float32Array, plan: Float32Array, width: number, height: number): number {
  let worst = 0;
  const n = WINDOW * WINDOW;
  for (let y0 = 2; y0 + WINDOW <= height - 2; y0 += WINDOW_STEP)
    for (let x0 = 2; x0 + WINDOW <= width - 2; x0 += WINDOW_STEP) {
      let gxx = 0;
      let gxy = 0;
      let gyy = 0;
      let ex = 0;
      let ey = 0;
      let sx = 0;
      let sy = 0;
      let sd = 0;
      for (let y = y0; y < y0 + WINDOW; y++)
        for (let x = x0; x < x0 + WINDOW; x++) {
          const i = y * width + x;
          const gx = ((plan[i + 1] as number) - (plan[i - 1] as number)) / 2;
          const gy = ((plan[i + width] as number) - (plan[i - width] as number)) / 2;
          const d = (plan[i] as number) - (shown[i] as number);
          gxx += gx * gx;
          gxy += gx * gy;
          gyy += gy * gy;
          ex += gx * d;
          ey += gy * d;
          sx += gx;
          sy += gy;
          sd += d;
        }
      // Another brightness of the whole window is no shift.
      ex = (ex - (sx * sd) / n) / n;
      ey = (ey - (sy * sd) / n) / n;
      gxx = (gxx - (sx * sx) / n) / n;
      gxy = (gxy - (sx * sy) / n) / n;
      gyy = (gyy - (sy * sy) / n) / n;
      const half = Math.sqrt(((gxx - gyy) / 2) ** 2 + gxy * gxy);
      const mean = (gxx + gyy) / 2;
      const angle = 0.5 * Math.atan2(2 * gxy, gxx - gyy);
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      const along = mean + half >= LEAST_GRADIENT ? (cos * ex + sin * ey) / (mean + half) : 0;
      const across = mean - half >= LEAST_GRADIENT ? (cos * ey - sin * ex) / (mean - half) : 0;
      worst = Math.max(worst, Math.hypot(along, across));
    }
  return worst;
}
