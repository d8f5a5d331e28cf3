/**
 * A furnished box of a room as photos, for tests: textured walls, floor and blocks at several depths, ray-cast from
 * given positions with a known lens, so that a reconstruction has something real to find.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../base/seeded-random.ts';

type Vec = readonly [number, number, number];

/** A parallelogram: a corner and two sides, metres; y points up, the room lies at positive z. */
interface Quad {
  readonly corner: Vec;
  readonly u: Vec;
  readonly v: Vec;
  readonly texture: Uint8Array;
}

export interface SceneView {
  readonly position: Vec;
  readonly target: Vec;
}

/** Texture cells a side; each quad is its own random pattern. */
const TEXTURE_SIDE = 512;
/** Equivalent of 35 mm film that is written to the photos: 24 mm is what rooms are photographed with. */
export const SCENE_FOCAL_35MM = 24;
const DIAGONAL_35MM = Math.hypot(36, 24);

/** Six views along an arc before the room, looking into it: baselines of some 0.4 m at 3 m. */
export const SCENE_VIEWS: readonly SceneView[] = [0, 1, 2, 3, 4, 5].map((k) => ({
  position: [-1 + 0.4 * k, 1.4 + (k % 2) * 0.1, 0.2 + Math.abs(k - 2.5) * 0.08],
  target: [0.15 * (k - 2.5), 1.2, 3.4],
}));

/** Writes `view-1.jpg`, … into `folder` (made when absent) and gives their paths. Deterministic up to the encoder. */
export async function writeScene(
  folder: string,
  options: { readonly width?: number; readonly views?: readonly SceneView[]; readonly seed?: number } = {},
): Promise<string[]> {
  const { width = 1280, views = SCENE_VIEWS, seed = 1 } = options;
  const height = Math.round((width * 2) / 3);
  await mkdir(folder, { recursive: true });
  const quads = roomOf(seededRandom(seed));
  const paths: string[] = [];
  for (const [index, view] of views.entries()) {
    const path = join(folder, `view-${index + 1}.jpg`);
    await sharp(render(quads, view, width, height), { raw: { width, height, channels: 3 } })
      .withExif({ IFD2: { FocalLengthIn35mmFilm: String(SCENE_FOCAL_35MM) } })
      .jpeg({ quality: 92 })
      .toFile(path);
    paths.push(path);
  }
  return paths;
}

function roomOf(next: () => number): Quad[] {
  const quad = (corner: Vec, u: Vec, v: Vec): Quad => ({ corner, u, v, texture: texture(next) });
  const block = (x: number, z: number, w: number, h: number, d: number): Quad[] => [
    quad([x, 0, z], [w, 0, 0], [0, h, 0]),
    quad([x, 0, z], [0, 0, d], [0, h, 0]),
    quad([x + w, 0, z], [0, 0, d], [0, h, 0]),
    quad([x, h, z], [w, 0, 0], [0, 0, d]),
  ];
  return [
    quad([-2.5, 0, 5], [5, 0, 0], [0, 2.7, 0]),
    quad([-2.5, 0, -1], [0, 0, 6], [0, 2.7, 0]),
    quad([2.5, 0, -1], [0, 0, 6], [0, 2.7, 0]),
    quad([-2.5, 0, -1], [5, 0, 0], [0, 0, 6]),
    quad([-2.5, 2.7, -1], [5, 0, 0], [0, 0, 6]),
    ...block(-1.6, 2.6, 0.9, 0.9, 0.6),
    ...block(0.5, 3.2, 1.1, 1.3, 0.5),
    ...block(-0.4, 2.2, 0.6, 0.5, 0.5),
  ];
}

/** Patches of brightness and colour at several sizes: corners at every distance. */
function texture(next: () => number): Uint8Array {
  const out = new Uint8Array(TEXTURE_SIDE * TEXTURE_SIDE * 3);
  const base = [90 + 100 * next(), 90 + 100 * next(), 90 + 100 * next()];
  for (let i = 0; i < out.length; i++) out[i] = base[i % 3] as number;
  for (let k = 0; k < 900; k++) {
    const side = Math.max(3, Math.round(110 * next() ** 4));
    const x0 = Math.floor(next() * (TEXTURE_SIDE - side));
    const y0 = Math.floor(next() * (TEXTURE_SIDE - side));
    const shape = side * (0.4 + 0.6 * next());
    const colour = [next() * 255, next() * 255, next() * 255];
    for (let y = y0; y < y0 + side; y++)
      for (let x = x0; x < x0 + shape; x++)
        for (let c = 0; c < 3; c++) out[(y * TEXTURE_SIDE + x) * 3 + c] = colour[c] as number;
  }
  return out;
}

function render(quads: readonly Quad[], view: SceneView, width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height * 3);
  const forward = unit(minus(view.target, view.position));
  const right = unit(cross([0, 1, 0], forward));
  const up = cross(forward, right);
  const focal = (SCENE_FOCAL_35MM / DIAGONAL_35MM) * Math.hypot(width, height);
  // A ray o + t d meets the plane of a quad where n·(o + t d − corner) = 0; its place is read from two dual vectors.
  const planes = quads.map((quad) => {
    const normal = cross(quad.u, quad.v);
    const area = dot(normal, normal);
    const offset = minus(quad.corner, view.position);
    return {
      texture: quad.texture,
      normal,
      distance: dot(normal, offset),
      offset,
      du: scale(cross(quad.v, normal), 1 / area),
      dv: scale(cross(normal, quad.u), 1 / area),
      metresU: Math.sqrt(dot(quad.u, quad.u)),
      metresV: Math.sqrt(dot(quad.v, quad.v)),
    };
  });
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const a = (x + 0.5 - width / 2) / focal;
      const b = (height / 2 - y - 0.5) / focal;
      const d: Vec = [
        forward[0] + a * right[0] + b * up[0],
        forward[1] + a * right[1] + b * up[1],
        forward[2] + a * right[2] + b * up[2],
      ];
      let nearest = Number.POSITIVE_INFINITY;
      for (const plane of planes) {
        const t = plane.distance / dot(plane.normal, d);
        if (!(t > 0.01 && t < nearest)) continue;
        const p: Vec = [t * d[0] - plane.offset[0], t * d[1] - plane.offset[1], t * d[2] - plane.offset[2]];
        const u = dot(plane.du, p);
        const v = dot(plane.dv, p);
        if (u < 0 || u >= 1 || v < 0 || v >= 1) continue;
        nearest = t;
        sample(plane.texture, u * plane.metresU * 85, v * plane.metresV * 85, out, (y * width + x) * 3);
      }
    }
  return out;
}

/** Bilinear; coordinates in texels, repeated beyond the side. */
function sample(from: Uint8Array, x: number, y: number, out: Uint8Array, at: number): void {
  const mask = TEXTURE_SIDE - 1;
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = x - x0;
  const fy = y - y0;
  const texel = (dx: number, dy: number): number => ((((y0 + dy) & mask) * TEXTURE_SIDE + ((x0 + dx) & mask)) * 3) | 0;
  for (let c = 0; c < 3; c++) {
    const top = (from[texel(0, 0) + c] as number) * (1 - fx) + (from[texel(1, 0) + c] as number) * fx;
    const low = (from[texel(0, 1) + c] as number) * (1 - fx) + (from[texel(1, 1) + c] as number) * fx;
    out[at + c] = top * (1 - fy) + low * fy;
  }
}

const minus = (a: Vec, b: Vec): Vec => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const scale = (a: Vec, k: number): Vec => [a[0] * k, a[1] * k, a[2] * k];
const dot = (a: Vec, b: Vec): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vec, b: Vec): Vec => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const unit = (a: Vec): Vec => scale(a, 1 / Math.sqrt(dot(a, a)));
