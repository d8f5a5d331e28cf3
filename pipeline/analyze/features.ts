/**
 * Local features of our own after ORB (Rublee et al., 2011): FAST-9 corners (Rosten and Drummond, 2006) ranked by their
 * Harris response on a pyramid, oriented by the intensity centroid, described by 256 rotated BRIEF comparisons
 * (Calonder et al., 2010) of a blurred luma. Pure typed arrays.
 */
import { blur, type Luma } from './luma.ts';
import type { LocalFeatures } from './types.ts';

/** Most features of one photo: comparing costs their square (7 ms a pair at 700, 25 ms at 1,200). */
export const MAX_FEATURES = 700;
const LEVELS = 5;
const LEVEL_SCALE = 1.3;
/** Luma difference of the FAST test; low, because Harris and the grid choose afterwards. */
const FAST_THRESHOLD = 10;
/** Half the side of the described patch, pixels; corners nearer to the border are left out. */
const PATCH = 15;
const BORDER = PATCH + 4;
/** Corners are shared out over cells of this side (pixels of the level), so that one plant does not take all. */
const CELL = 40;
const WORDS = 8;

/** The Bresenham circle of radius 3. */
const CIRCLE: readonly (readonly [number, number])[] = [
  [0, -3], [1, -3], [2, -2], [3, -1], [3, 0], [3, 1], [2, 2], [1, 3],
  [0, 3], [-1, 3], [-2, 2], [-3, 1], [-3, 0], [-3, -1], [-2, -2], [-1, -3],
]; // biome-ignore format: a circle

/** 256 point pairs from an isotropic Gaussian, sigma = patch / 2.5, by a fixed linear congruential generator. */
const PATTERN = makePattern();

function makePattern(): Float32Array {
  let state = 0x2545f491;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 4294967296;
  };
  const coordinate = (): number => {
    const g = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    return Math.max(-PATCH + 2, Math.min(PATCH - 2, (g * PATCH) / 2.5));
  };
  return Float32Array.from({ length: 256 * 4 }, coordinate);
}

/** Features of a luma plane (about 640 px), strongest first. Positions in its pixels, whatever the pyramid level. */
export function findFeatures(luma: Luma, limit = MAX_FEATURES): LocalFeatures {
  const xs: number[] = [];
  const ys: number[] = [];
  const strengths: number[] = [];
  const words: number[] = [];
  let level = luma;
  // Finer levels get more: in proportion to their area.
  let areas = 0;
  for (let l = 0; l < LEVELS; l++) areas += LEVEL_SCALE ** (-2 * l);
  for (let l = 0; l < LEVELS; l++) {
    const scale = LEVEL_SCALE ** l;
    if (l > 0) level = shrinkLuma(luma, 1 / scale);
    if (Math.min(level.width, level.height) < 2 * BORDER + CELL) break;
    const share = Math.ceil((limit * scale ** -2) / areas);
    const smooth = blur(level, 1);
    for (const corner of corners(level, share)) {
      const angle = orientation(smooth, corner.x, corner.y);
      describeCorner(smooth, corner.x, corner.y, angle, words);
      xs.push((corner.x * luma.width) / level.width);
      ys.push((corner.y * luma.height) / level.height);
      strengths.push(corner.strength);
    }
  }
  const order = strengths.map((_, i) => i).sort((a, b) => (strengths[b] as number) - (strengths[a] as number));
  const count = Math.min(limit, order.length);
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  const descriptors = new Uint32Array(count * WORDS);
  for (let k = 0; k < count; k++) {
    const i = order[k] as number;
    x[k] = xs[i] as number;
    y[k] = ys[i] as number;
    for (let w = 0; w < WORDS; w++) descriptors[k * WORDS + w] = words[i * WORDS + w] as number;
  }
  return { width: luma.width, height: luma.height, x, y, descriptors, count };
}

function shrinkLuma(luma: Luma, factor: number): Luma {
  const width = Math.round(luma.width * factor);
  const height = Math.round(luma.height * factor);
  const source = blur(luma, factor < 0.6 ? 1 : 0).data;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const v = Math.max(0, Math.min(luma.height - 1.001, ((y + 0.5) * luma.height) / height - 0.5));
    const v0 = Math.floor(v);
    for (let x = 0; x < width; x++) {
      const u = Math.max(0, Math.min(luma.width - 1.001, ((x + 0.5) * luma.width) / width - 0.5));
      const u0 = Math.floor(u);
      const i = v0 * luma.width + u0;
      const top = (source[i] as number) * (1 - u + u0) + (source[i + 1] as number) * (u - u0);
      const low = (source[i + luma.width] as number) * (1 - u + u0) + (source[i + luma.width + 1] as number) * (u - u0);
      data[y * width + x] = top * (1 - v + v0) + low * (v - v0);
    }
  }
  return { width, height, data };
}

interface Corner {
  readonly x: number;
  readonly y: number;
  readonly strength: number;
}

function corners(luma: Luma, wanted: number): Corner[] {
  const { width, height, data } = luma;
  const offsets = CIRCLE.map(([dx, dy]) => dy * width + dx);
  const response = new Float32Array(width * height);
  for (let y = BORDER; y < height - BORDER; y++)
    for (let x = BORDER, i = y * width + BORDER; x < width - BORDER; x++, i++)
      if (isCorner(data, i, offsets)) response[i] = harris(data, i, width);
  const columns = Math.ceil(width / CELL);
  const cells: Corner[][] = Array.from({ length: columns * Math.ceil(height / CELL) }, () => []);
  for (let y = BORDER; y < height - BORDER; y++)
    for (let x = BORDER, i = y * width + BORDER; x < width - BORDER; x++, i++) {
      const r = response[i] as number;
      if (r <= 0) continue;
      let peak = true;
      for (let dy = -1; dy <= 1 && peak; dy++)
        for (let dx = -1; dx <= 1; dx++)
          if ((response[i + dy * width + dx] as number) > r) {
            peak = false;
            break;
          }
      if (peak) cells[Math.floor(y / CELL) * columns + Math.floor(x / CELL)]?.push({ x, y, strength: r });
    }
  for (const cell of cells) cell.sort((a, b) => b.strength - a.strength);
  // Round by round, one corner from each cell that still has any.
  const chosen: Corner[] = [];
  for (let round = 0; chosen.length < wanted; round++) {
    const before = chosen.length;
    const layer = cells.map((cell) => cell[round]).filter((corner) => corner !== undefined);
    layer.sort((a, b) => b.strength - a.strength);
    for (const corner of layer) if (chosen.length < wanted) chosen.push(corner);
    if (chosen.length === before) break;
  }
  return chosen;
}

/** Nine neighbours in a row on the circle all brighter, or all darker, by the threshold. */
function isCorner(data: Float32Array, i: number, offsets: readonly number[]): boolean {
  const high = (data[i] as number) + FAST_THRESHOLD;
  const low = (data[i] as number) - FAST_THRESHOLD;
  let brighter = 0;
  let darker = 0;
  for (const k of [0, 4, 8, 12]) {
    const v = data[i + (offsets[k] as number)] as number;
    if (v > high) brighter++;
    else if (v < low) darker++;
  }
  // Nine in a row hold at least two of the four compass points.
  if (brighter < 2 && darker < 2) return false;
  let runHigh = 0;
  let runLow = 0;
  for (let k = 0; k < 24; k++) {
    const v = data[i + (offsets[k & 15] as number)] as number;
    runHigh = v > high ? runHigh + 1 : 0;
    runLow = v < low ? runLow + 1 : 0;
    if (runHigh === 9 || runLow === 9) return true;
  }
  return false;
}

/** Harris and Stephens (1988), k = 0.04, over a 7 × 7 window; negative on edges. */
function harris(data: Float32Array, centre: number, width: number): number {
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let dy = -3; dy <= 3; dy++)
    for (let dx = -3; dx <= 3; dx++) {
      const i = centre + dy * width + dx;
      const gx = (data[i + 1] as number) - (data[i - 1] as number);
      const gy = (data[i + width] as number) - (data[i - width] as number);
      xx += gx * gx;
      yy += gy * gy;
      xy += gx * gy;
    }
  return xx * yy - xy * xy - 0.04 * (xx + yy) ** 2;
}

/** Direction of the intensity centroid of a disc, radians (Rosin, 1999). */
function orientation(luma: Luma, x: number, y: number): number {
  let mx = 0;
  let my = 0;
  for (let dy = -PATCH; dy <= PATCH; dy++) {
    const reach = Math.floor(Math.sqrt(PATCH * PATCH - dy * dy));
    for (let dx = -reach, i = (y + dy) * luma.width + x - reach; dx <= reach; dx++, i++) {
      const v = luma.data[i] as number;
      mx += dx * v;
      my += dy * v;
    }
  }
  return Math.atan2(my, mx);
}

function describeCorner(luma: Luma, x: number, y: number, angle: number, out: number[]): void {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const { width, data } = luma;
  const at = (u: number, v: number): number => {
    const px = x + Math.max(-BORDER + 1, Math.min(BORDER - 1, Math.round(cos * u - sin * v)));
    const py = y + Math.max(-BORDER + 1, Math.min(BORDER - 1, Math.round(sin * u + cos * v)));
    return data[py * width + px] as number;
  };
  for (let w = 0; w < WORDS; w++) {
    let word = 0;
    for (let b = 0; b < 32; b++) {
      const k = (w * 32 + b) * 4;
      const first = at(PATTERN[k] as number, PATTERN[k + 1] as number);
      const second = at(PATTERN[k + 2] as number, PATTERN[k + 3] as number);
      if (first < second) word |= 1 << b;
    }
    out.push(word >>> 0);
  }
}
