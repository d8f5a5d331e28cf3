/**
 * Figures that say how good or how deep a depth map is. Pure; maps are relative inverse depth, 0 farthest .. 1 nearest.
 */
import type { DepthMap, RgbImage } from '../domain.ts';

/** Depth steps below this per pixel (at the analysis size) are surfaces that slope, not edges. */
const DEPTH_EDGE_MIN = 0.02;
/** The strongest tenth of the image's gradients counts as image edges. */
const IMAGE_EDGE_SHARE = 0.1;
/** An image edge this near (pixels at the analysis size) agrees with a depth edge. */
const EDGE_TOLERANCE_PX = 2;
/** Longest side at which edges are compared: keeps the figure the same for every photo size. */
const EDGE_SIDE_PX = 320;
/** Keeps the near/far ratio finite: a normalised map's farthest tenth may be exactly 0. */
const NEARNESS_FLOOR = 0.02;

/**
 * Spearman's rank correlation of two equally long sequences, ties sharing their mean rank. Pairs where `valid` is 0
 * are left out. Gives 0 when fewer than two pairs are left or one side is constant.
 */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>, valid?: ArrayLike<number>): number {
  const kept: number[] = [];
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) if (valid === undefined || valid[i] !== 0) kept.push(i);
  if (kept.length < 2) return 0;
  const left = new Float64Array(kept.length);
  const right = new Float64Array(kept.length);
  for (let k = 0; k < kept.length; k++) {
    left[k] = a[kept[k] as number] as number;
    right[k] = b[kept[k] as number] as number;
  }
  return pearson(ranks(left), ranks(right));
}

/** Ranks from 0, ties sharing the mean of theirs. */
export function ranks(values: Float64Array): Float64Array {
  const order = new Uint32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  order.sort((i, j) => (values[i] as number) - (values[j] as number));
  const out = new Float64Array(values.length);
  let start = 0;
  while (start < order.length) {
    const value = values[order[start] as number] as number;
    let end = start + 1;
    while (end < order.length && values[order[end] as number] === value) end++;
    const mean = (start + end - 1) / 2;
    for (let i = start; i < end; i++) out[order[i] as number] = mean;
    start = end;
  }
  return out;
}

function pearson(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  let meanA = 0;
  let meanB = 0;
  for (let i = 0; i < n; i++) {
    meanA += a[i] as number;
    meanB += b[i] as number;
  }
  meanA /= n;
  meanB /= n;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < n; i++) {
    const da = (a[i] as number) - meanA;
    const db = (b[i] as number) - meanB;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/** Variance of inverse depth over the picture: 0 for a flat map, 1/12 for an even ramp, at most 1/4. */
export function depthVariance(depth: DepthMap): number {
  const { data } = depth;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    sum += value;
    squares += value * value;
  }
  const mean = sum / data.length;
  return Math.max(0, squares / data.length - mean * mean);
}

/**
 * How far a map is from one plane: root of the mean square of what is left of inverse depth when the best plane
 * a + b·x + c·y is taken away. A plane in the room is one in inverse depth too, so a wall gives 0 however slanted and
 * however the map was stretched to 0..1; half and half, unlike depths, give about 0.25.
 */
export function planeResidual(depth: DepthMap): number {
  const { width, height, data } = depth;
  // With x and y centred on a full grid the sums separate.
  let [z, zz, xz, yz, xx, yy] = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < height; row++) {
    const y = (row + 0.5) / height - 0.5;
    for (let column = 0; column < width; column++) {
      const x = (column + 0.5) / width - 0.5;
      const value = data[row * width + column] as number;
      z += value;
      zz += value * value;
      xz += x * value;
      yz += y * value;
      xx += x * x;
      yy += y * y;
    }
  }
  const explained = (z * z) / data.length + (xx > 0 ? (xz * xz) / xx : 0) + (yy > 0 ? (yz * yz) / yy : 0);
  return Math.sqrt(Math.max(0, zz - explained) / data.length);
}

/** Mean nearness of the nearest tenth over that of the farthest tenth, 1 for a flat map, at most 51. */
export function nearFarRatio(depth: DepthMap): number {
  const sorted = Float32Array.from(depth.data).sort();
  const tenth = Math.max(1, Math.floor(sorted.length / 10));
  let far = 0;
  let near = 0;
  for (let i = 0; i < tenth; i++) {
    far += sorted[i] as number;
    near += sorted[sorted.length - 1 - i] as number;
  }
  return (near / tenth + NEARNESS_FLOOR) / (far / tenth + NEARNESS_FLOOR);
}

/**
 * Share of strong depth edges that lie within 2 px (at 320 px) of an image edge, 0..1. A map without any depth edge
 * has none in the wrong place: 1.
 */
export function edgeAgreement(depth: DepthMap, image: RgbImage): number {
  const scale = Math.min(1, EDGE_SIDE_PX / Math.max(depth.width, depth.height));
  const width = Math.max(3, Math.round(depth.width * scale));
  const height = Math.max(3, Math.round(depth.height * scale));
  const small = sampleDepth(depth, width, height);
  const luma = sampleLuma(image, width, height);
  const depthEdges = gradient(small, width, height);
  const imageEdges = gradient(luma, width, height);
  const threshold = Float32Array.from(imageEdges).sort()[Math.floor(imageEdges.length * (1 - IMAGE_EDGE_SHARE))] ?? 0;
  const dilated = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = imageEdges[y * width + x] as number;
      if (value === 0 || value < threshold) continue;
      for (let v = Math.max(0, y - EDGE_TOLERANCE_PX); v <= Math.min(height - 1, y + EDGE_TOLERANCE_PX); v++)
        dilated.fill(
          1,
          v * width + Math.max(0, x - EDGE_TOLERANCE_PX),
          v * width + Math.min(width - 1, x + EDGE_TOLERANCE_PX) + 1,
        );
    }
  let edges = 0;
  let agreeing = 0;
  for (let i = 0; i < depthEdges.length; i++) {
    if ((depthEdges[i] as number) < DEPTH_EDGE_MIN) continue;
    edges++;
    agreeing += dilated[i] as number;
  }
  return edges === 0 ? 1 : agreeing / edges;
}

/** Central differences, the length of the gradient per pixel; the border is 0. */
function gradient(values: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const dx = ((values[i + 1] as number) - (values[i - 1] as number)) / 2;
      const dy = ((values[i + width] as number) - (values[i - width] as number)) / 2;
      out[i] = Math.hypot(dx, dy);
    }
  return out;
}

/** Mean over boxes: reduces a map to width × height. Also serves to compare maps of unlike sizes. */
export function sampleDepth(depth: DepthMap, width: number, height: number): Float32Array {
  return boxMean(depth.width, depth.height, width, height, (i) => depth.data[i] as number);
}

function sampleLuma(image: RgbImage, width: number, height: number): Float32Array {
  const { data } = image;
  return boxMean(image.width, image.height, width, height, (i) => {
    const at = i * 3;
    return 0.299 * (data[at] as number) + 0.587 * (data[at + 1] as number) + 0.114 * (data[at + 2] as number);
  });
}

function boxMean(
  fromWidth: number,
  fromHeight: number,
  width: number,
  height: number,
  at: (index: number) => number,
): Float32Array {
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * fromHeight) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * fromHeight) / height));
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * fromWidth) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * fromWidth) / width));
      let sum = 0;
      for (let v = top; v < bottom; v++) for (let u = left; u < right; u++) sum += at(v * fromWidth + u);
      out[y * width + x] = sum / ((bottom - top) * (right - left));
    }
  }
  return out;
}
