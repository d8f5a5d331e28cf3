/**
 * The warp of depth_parallax: what the camera sees after a small translation, by inverse relief mapping (Policarpo,
 * Oliveira and Comba 2005) along the inverse-depth map. Pure and slow: the definition that the WebAssembly renderer and
 * a WebGL preview follow, and that tests compare them with.
 *
 * A frame point whose ray at zero translation meets the photo at p0 is, for inverse depth q, drawn from
 *   p(q) = p0 + (q - pivot) * (tx, ty) - q * tz * (p0 - expand)          (linear in q)
 * and the visible q is the largest with Q(p(q)) >= q, Q being the prepared map: linear search from the near side, then
 * secant refinement.
 *
 * Preparing the map is what keeps the picture whole: it is raised to its smallest majorant whose slope is bounded
 * (a grayscale dilation with a cone), so that along any ray the displacement changes by at most SLOPE_LIMIT pixels per
 * pixel. Foreground keeps its depth to its very edge; the change of depth lies in the background beside it. Mapping is
 * then one-to-one: nothing folds or tears, and what a real camera would uncover is filled by background that stretches
 * by at most 1 / (1 - SLOPE_LIMIT). It also makes the root unique, so that few search steps do (the WebAssembly renderer
 * starts secants at what the neighbouring node found instead: the same root with fewer samples).
 */
import type { DepthMap } from '../domain.ts';
import { type CameraPlan, type CameraPose, FAR_INVERSE_DEPTH } from './camera-path.ts';

/** Displacement may change by this many pixels per pixel: 0.5 stretches background at most twofold. */
export const SLOPE_LIMIT = 0.5;
/** Linear search steps; the bounded slope leaves one root, so that these only have to bracket it. */
export const SEARCH_STEPS = 4;
export const SECANT_STEPS = 3;
/** Foreground grows by this many depth samples first: maps are rarely exact at edges. */
const DILATE_SAMPLES = 1;
/** Two cone sweeps' diagonal cost. */
const DIAGONAL = Math.SQRT2;

/** Inverse depth of the camera model from relative inverse depth 0..1. */
export function toInverseDepth(relative: number): number {
  return FAR_INVERSE_DEPTH + (1 - FAR_INVERSE_DEPTH) * Math.min(1, Math.max(0, relative));
}

/** Greatest shift per unit of inverse depth over a move, in plane units, anywhere in its windows. */
export function greatestShift(plan: CameraPlan, aspect: number): number {
  let most = 0;
  for (const t of [0, 0.5, 1]) {
    const pose = plan.at(t);
    const dx = Math.abs(pose.centreX - pose.expandX) + (pose.height * aspect) / 2;
    const dy = Math.abs(pose.centreY - pose.expandY) + pose.height / 2;
    most = Math.max(most, Math.hypot(pose.tx, pose.ty) + pose.tz * Math.hypot(dx, dy));
  }
  return most;
}

/**
 * Inverse depth (FAR_INVERSE_DEPTH..1) with bounded slope for moves whose shift per unit of inverse depth is at most
 * `shift` plane units. Same size as the input.
 */
export function prepareDepth(depth: DepthMap, shift: number): DepthMap {
  const { width: w, height: h } = depth;
  let q = new Float32Array(w * h);
  for (let i = 0; i < q.length; i++) q[i] = toInverseDepth(depth.data[i] as number);
  for (let k = 0; k < DILATE_SAMPLES; k++) q = dilate(q, w, h);
  // One sample of the map is 1/h plane units.
  const fall = shift > 0 ? SLOPE_LIMIT / (shift * h) : 1;
  coneMajorant(q, w, h, fall);
  q = soften(q, w, h);
  return { width: w, height: h, data: q };
}

function dilate(q: Float32Array, w: number, h: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(q.length);
  for (let y = 0; y < h; y++) {
    const up = Math.max(0, y - 1) * w;
    const at = y * w;
    const down = Math.min(h - 1, y + 1) * w;
    for (let x = 0; x < w; x++) {
      const l = Math.max(0, x - 1);
      const r = Math.min(w - 1, x + 1);
      out[at + x] = Math.max(
        q[at + x] as number, q[at + l] as number, q[at + r] as number, q[up + x] as number, q[down + x] as number,
      ); // biome-ignore format: a cross
    }
  }
  return out;
}

/** In place: out(x) = max over y of q(y) - fall * |x - y|, by two chamfer sweeps (Borgefors 1986). */
function coneMajorant(q: Float32Array, w: number, h: number, fall: number): void {
  const side = fall;
  const diagonal = fall * DIAGONAL;
  for (let pass = 0; pass < 2; pass++) {
    const dir = pass === 0 ? 1 : -1;
    for (let n = 0; n < h; n++) {
      const y = pass === 0 ? n : h - 1 - n;
      const before = y - dir;
      const hasRow = before >= 0 && before < h;
      for (let m = 0; m < w; m++) {
        const x = pass === 0 ? m : w - 1 - m;
        let best = q[y * w + x] as number;
        const back = x - dir;
        if (back >= 0 && back < w) best = Math.max(best, (q[y * w + back] as number) - side);
        if (hasRow) {
          best = Math.max(best, (q[before * w + x] as number) - side);
          if (x > 0) best = Math.max(best, (q[before * w + x - 1] as number) - diagonal);
          if (x < w - 1) best = Math.max(best, (q[before * w + x + 1] as number) - diagonal);
        }
        q[y * w + x] = best;
      }
    }
  }
}

/** Binomial 1-2-1 blur both ways: takes the crease off the cone's foot; never steeper than before. */
function soften(q: Float32Array, w: number, h: number): Float32Array<ArrayBuffer> {
  const mid = new Float32Array(q.length);
  const out = new Float32Array(q.length);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const l = q[y * w + Math.max(0, x - 1)] as number;
      const r = q[y * w + Math.min(w - 1, x + 1)] as number;
      mid[y * w + x] = 0.5 * (q[y * w + x] as number) + 0.25 * (l + r);
    }
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const u = mid[Math.max(0, y - 1) * w + x] as number;
      const d = mid[Math.min(h - 1, y + 1) * w + x] as number;
      out[y * w + x] = 0.5 * (mid[y * w + x] as number) + 0.25 * (u + d);
    }
  return out;
}

/** Bilinear, clamped; x and y in samples, centres at integers. */
export function sampleDepth(depth: DepthMap, x: number, y: number): number {
  const { width: w, height: h, data } = depth;
  const cx = Math.min(Math.max(x, 0), w - 1.001);
  const cy = Math.min(Math.max(y, 0), h - 1.001);
  const ix = Math.floor(cx);
  const iy = Math.floor(cy);
  const fx = cx - ix;
  const fy = cy - iy;
  const p = iy * w + ix;
  const top = (data[p] as number) + fx * ((data[p + 1] as number) - (data[p] as number));
  const low = (data[p + w] as number) + fx * ((data[p + w + 1] as number) - (data[p + w] as number));
  return top + fy * (low - top);
}

/** Least and greatest value of a map. */
export function depthExtent(depth: DepthMap): { far: number; near: number } {
  let far = Number.POSITIVE_INFINITY;
  let near = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < depth.data.length; i++) {
    const q = depth.data[i] as number;
    if (q < far) far = q;
    if (q > near) near = q;
  }
  return { far, near };
}

/**
 * The photo point that the frame shows at (u, v) (0..1 from the top left), in plane units. `depth` is prepared; null is
 * a flat photo (ken_burns).
 */
export function sourcePoint(
  pose: CameraPose,
  aspect: number,
  photoAspect: number,
  depth: DepthMap | null,
  u: number,
  v: number,
): { x: number; y: number } {
  const x0 = pose.centreX + (u - 0.5) * pose.height * aspect;
  const y0 = pose.centreY + (v - 0.5) * pose.height;
  if (depth === null) return { x: x0, y: y0 };
  const dx = pose.tx - pose.tz * (x0 - pose.expandX);
  const dy = pose.ty - pose.tz * (y0 - pose.expandY);
  const ox = x0 - pose.pivot * pose.tx;
  const oy = y0 - pose.pivot * pose.ty;
  const f = (q: number): number => {
    const sx = ((ox + q * dx) / photoAspect + 0.5) * depth.width - 0.5;
    const sy = (oy + q * dy + 0.5) * depth.height - 0.5;
    return sampleDepth(depth, sx, sy) - q;
  };
  const { far, near } = { far: FAR_INVERSE_DEPTH, near: 1 };
  const step = (near - far) / SEARCH_STEPS;
  let q1 = near;
  let f1 = f(q1);
  let q0 = q1;
  let f0 = f1;
  for (let k = 0; k < SEARCH_STEPS && f1 < 0; k++) {
    q0 = q1;
    f0 = f1;
    q1 -= step;
    f1 = f(q1);
  }
  let q = q1;
  if (f0 < 0 && f1 > 0) {
    for (let k = 0; k < SECANT_STEPS; k++) {
      q = q1 + (q0 - q1) * (f1 / (f1 - f0));
      const g = f(q);
      if (g < 0) {
        q0 = q;
        f0 = g;
      } else {
        q1 = q;
        f1 = g;
      }
    }
  }
  return { x: ox + q * dx, y: oy + q * dy };
}
