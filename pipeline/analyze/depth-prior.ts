/**
 * A depth prior without any network: where the lines of a picture meet is far, the floor, the ceiling and the side walls
 * come nearer from there to the picture's borders; outdoors the ground rises to a horizon and the sky is far. Pure.
 *
 * The vanishing point is voted for: every strong edge of a small luma image draws its line, and a grid of candidate
 * points collects how much edge passes close by (a coarse Hough vote, after Barnard, "Interpreting perspective images",
 * 1983). Horizontal and vertical edges are left out indoors: they are parallel to the picture and point nowhere.
 */
import type { DepthMap, RgbImage, RoomType } from '../domain.ts';
import { shrinkRgb } from './depth-refine.ts';

const SIDE_PX = 160;
/** Sides of the grid of candidates; cells over the middle 70 % of the picture. */
const GRID = 29;
const GRID_SPAN = 0.7;
/** Luma step per pixel (0..255) from which a pixel is an edge. */
const EDGE_MIN = 14;
/** Edges within this many degrees of upright or level do not vote. */
const SQUARE_DEGREES = 8;
/** A line votes for points this near to it, pixels at 160. */
const NEAR_PX = 3;
/** Share of the vote's weight that pulls towards the picture's middle, where photographers put the far wall. */
const CENTRE_PULL = 0.6;
/** Rear wall's half size as a share of the way to the borders: inside it depth is even. */
const REAR_SHARE = 0.22;
/** How much nearer the floor is than the ceiling at the same distance from the vanishing point: cameras stand low. */
const FLOOR_WEIGHT = 1.1;
const CEILING_WEIGHT = 0.75;
const WALL_WEIGHT = 0.75;
/** Sky: brighter than this (0..255), bluish or grey, and even, above the horizon. */
const SKY_LUMA = 120;

const OUTDOORS: ReadonlySet<RoomType> = new Set([
  'exterior_front', 'exterior_back', 'aerial', 'balcony', 'patio', 'pool', 'garden', 'view',
]); // biome-ignore format: a list of words

export interface VanishingPoint {
  /** 0..1 from the top left. */
  readonly x: number;
  readonly y: number;
  /** Share of the voting edges that pass close by, 0..1. */
  readonly support: number;
}

/** Where the picture's slanted lines meet; the middle with support 0 when there are none. */
export function vanishingPoint(image: RgbImage): VanishingPoint {
  const small = shrinkRgb(image, SIDE_PX);
  const { width, height } = small;
  const luma = lumaPlane(small);
  const votes = new Float64Array(GRID * GRID);
  let total = 0;
  const limit = Math.tan((SQUARE_DEGREES * Math.PI) / 180);
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const gx = ((luma[i + 1] as number) - (luma[i - 1] as number)) / 2;
      const gy = ((luma[i + width] as number) - (luma[i - width] as number)) / 2;
      const length = Math.hypot(gx, gy);
      if (length < EDGE_MIN || Math.abs(gy) < limit * Math.abs(gx) || Math.abs(gx) < limit * Math.abs(gy)) continue;
      const weight = Math.min(length, 60);
      total += weight;
      const nx = gx / length;
      const ny = gy / length;
      for (let row = 0; row < GRID; row++) {
        const vy = candidate(row, height) - y;
        for (let column = 0; column < GRID; column++) {
          const away = Math.abs(nx * (candidate(column, width) - x) + ny * vy);
          if (away < NEAR_PX)
            votes[row * GRID + column] = (votes[row * GRID + column] as number) + weight * (1 - away / NEAR_PX);
        }
      }
    }
  if (total === 0) return { x: 0.5, y: 0.5, support: 0 };
  let best = 0;
  let bestScore = -1;
  for (let cell = 0; cell < votes.length; cell++) {
    const dx = ((cell % GRID) - (GRID - 1) / 2) / GRID;
    const dy = (Math.floor(cell / GRID) - (GRID - 1) / 2) / GRID;
    const score = (votes[cell] as number) * (1 - CENTRE_PULL * Math.hypot(dx, dy));
    if (score > bestScore) {
      best = cell;
      bestScore = score;
    }
  }
  return {
    x: candidate(best % GRID, width) / width,
    y: candidate(Math.floor(best / GRID), height) / height,
    support: (votes[best] as number) / total,
  };
}

function candidate(index: number, size: number): number {
  return size * ((1 - GRID_SPAN) / 2 + (GRID_SPAN * index) / (GRID - 1));
}

/**
 * The prior's inverse depth at the size of a small image (longest side 160 px), 0 farthest .. 1 nearest; refine it like
 * a network's map. `roomType` chooses between a room's box and ground with sky.
 */
export function depthPrior(image: RgbImage, roomType: RoomType): DepthMap {
  const small = shrinkRgb(image, SIDE_PX);
  return OUTDOORS.has(roomType) ? outdoorPrior(small) : indoorPrior(small, vanishingPoint(image));
}

function indoorPrior(small: RgbImage, point: VanishingPoint): DepthMap {
  const { width, height } = small;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5) / height - point.y;
    // Shares of the way from the vanishing point to each border: inverse depth grows evenly along a plane.
    const floor = v > 0 ? (FLOOR_WEIGHT * v) / (1 - point.y) : (CEILING_WEIGHT * -v) / point.y;
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5) / width - point.x;
      const wall = WALL_WEIGHT * (u > 0 ? u / (1 - point.x) : -u / point.x);
      data[y * width + x] = Math.min(1, Math.max(REAR_SHARE, wall, floor));
    }
  }
  return { width, height, data };
}

function outdoorPrior(small: RgbImage): DepthMap {
  const { width, height } = small;
  const sky = skyMask(small);
  const horizon = 0.5;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5) / height;
    // Above the horizon stands the house, as far as the ground at its foot.
    const near = v > horizon ? 0.3 + (0.7 * (v - horizon)) / (1 - horizon) : 0.3 - 0.12 * (1 - v / horizon);
    for (let x = 0; x < width; x++) data[y * width + x] = (sky[y * width + x] as number) > 0 ? 0.02 : near;
  }
  return { width, height, data };
}

/** Sky grows down from the top border through even, bright, not reddish pixels. */
function skyMask(small: RgbImage): Uint8Array {
  const { width, height, data } = small;
  const luma = lumaPlane(small);
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (y > 0 && out[i - width] === 0) continue;
      const bright = (luma[i] as number) > SKY_LUMA && (data[i * 3 + 2] as number) >= (data[i * 3] as number) - 8;
      const even = y === 0 || Math.abs((luma[i] as number) - (luma[i - width] as number)) < EDGE_MIN;
      out[i] = bright && even ? 1 : 0;
    }
  return out;
}

function lumaPlane(image: RgbImage): Float32Array {
  const out = new Float32Array(image.width * image.height);
  for (let i = 0; i < out.length; i++)
    out[i] =
      0.299 * (image.data[i * 3] as number) +
      0.587 * (image.data[i * 3 + 1] as number) +
      0.114 * (image.data[i * 3 + 2] as number);
  return out;
}
