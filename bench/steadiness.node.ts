/**
 * `steadiness`: residual shake of a 10-second slow zoom. The measured motion between neighbouring frames is compared
 * with the ideal path; what is left is shake. The measure is a least-squares fit of a similarity (zoom and shift) to
 * the brightness change (Lucas and Kanade over the whole frame), iterated by warping; its own error is measured on
 * frames drawn in floating point, and reported.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { ffmpegPath } from '../pipeline/media/ffmpeg.node.ts';
import { planCamera } from '../pipeline/render/camera-path.ts';
import { renderClip } from '../pipeline/render/clip.node.ts';
import { cameraParams, frameTime } from '../pipeline/render/spec.ts';
import { BENCH_SPEC, zoompanArgs } from './render.node.ts';
import type { BenchResult, BenchRow } from './types.ts';

const FRAMES = 300;
/** Frames that are measured: zoompan after a pre-scale takes too long for all of them. */
const MEASURED = 60;
const RATIO = 1.1;
const PHOTO = { width: 3840, height: 2160 };
/** Central part of the frame that is measured, pixels. */
const PART = { width: 960, height: 540 };
const GOAL_PX = 0.02;

interface Similarity {
  readonly dx: number;
  readonly dy: number;
  /** Zoom between the two frames: 1 + zoom. */
  readonly zoom: number;
}

/** Texture of long waves in many directions: exact at any place, so that the measure can be checked. */
function texture(x: number, y: number): number {
  let v = 128;
  for (let k = 0; k < 10; k++) {
    const angle = k * 2.39996;
    const f = 0.05 + 0.012 * k;
    v += 11 * Math.sin((x * Math.cos(angle) + y * Math.sin(angle)) * f + k * k);
  }
  return v;
}

/** Motion from frame a to b about the part's centre, by Gauss-Newton on three parameters. */
export function measureSimilarity(a: Float32Array, b: Float32Array, width: number, height: number): Similarity {
  const cx = (width - 1) / 2;
  const cy = (height - 1) / 2;
  let p: Similarity = { dx: 0, dy: 0, zoom: 0 };
  const margin = 12;
  for (let round = 0; round < 4; round++) {
    const m = new Float64Array(9);
    const r = new Float64Array(3);
    for (let y = margin; y < height - margin; y += 2)
      for (let x = margin; x < width - margin; x += 2) {
        const i = y * width + x;
        // Five-point derivative: exact to fourth order, so that long waves are measured without bias.
        const at = (k: number): number => a[k] as number;
        const gx = (8 * (at(i + 1) - at(i - 1)) - (at(i + 2) - at(i - 2))) / 12;
        const gy = (8 * (at(i + width) - at(i - width)) - (at(i + 2 * width) - at(i - 2 * width))) / 12;
        const ux = x - cx;
        const uy = y - cy;
        const gz = gx * ux + gy * uy;
        const d = at(i) - cubicAt(b, width, x + p.dx + p.zoom * ux, y + p.dy + p.zoom * uy);
        m[0] = (m[0] as number) + gx * gx;
        m[1] = (m[1] as number) + gx * gy;
        m[2] = (m[2] as number) + gx * gz;
        m[4] = (m[4] as number) + gy * gy;
        m[5] = (m[5] as number) + gy * gz;
        m[8] = (m[8] as number) + gz * gz;
        r[0] = (r[0] as number) + gx * d;
        r[1] = (r[1] as number) + gy * d;
        r[2] = (r[2] as number) + gz * d;
      }
    const [sx, sy, sz] = solve3(m, r);
    p = { dx: p.dx + sx, dy: p.dy + sy, zoom: p.zoom + sz };
    if (Math.abs(sx) + Math.abs(sy) + Math.abs(sz) * width < 1e-4) break;
  }
  return p;
}

function cubicAt(g: Float32Array, width: number, x: number, y: number): number {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const fx = x - ix;
  const fy = y - iy;
  let sum = 0;
  for (let j = -1; j <= 2; j++) {
    const at = (iy + j) * width + ix;
    const p = g[at - 1] as number;
    const q = g[at] as number;
    const r = g[at + 1] as number;
    const s = g[at + 2] as number;
    const row = q + 0.5 * fx * (r - p + fx * (2 * p - 5 * q + 4 * r - s + fx * (3 * (q - r) + s - p)));
    const t = Math.abs(j - fy);
    const w = t < 1 ? 1 + t * t * (1.5 * t - 2.5) : 2 + t * (-4 + t * (2.5 - 0.5 * t));
    sum += w * row;
  }
  return sum;
}

/** Solves the symmetric 3×3 system whose upper triangle is in m. */
function solve3(m: Float64Array, r: Float64Array): [number, number, number] {
  const [a, b, c, , d, e, , , f] = m as unknown as number[] as [number, number, number, number, number, number, number, number, number]; // biome-ignore format: one line
  const [p, q, s] = r as unknown as [number, number, number];
  const det = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d);
  const x = (p * (d * f - e * e) - b * (q * f - e * s) + c * (q * e - d * s)) / det;
  const y = (a * (q * f - e * s) - p * (b * f - c * e) + c * (b * s - q * c)) / det;
  const z = (a * (d * s - q * e) - b * (b * s - q * c) + p * (b * e - c * d)) / det;
  return [x, y, z];
}

/** Central part of every `step`-th frame and the one after it, luma. */
function decodePart(clip: string): Float32Array[] {
  const size = PART.width * PART.height;
  const out = execFileSync(
    ffmpegPath(),
    [
      '-v',
      'error',
      '-i',
      clip,
      '-vf',
      `crop=${PART.width}:${PART.height},format=yuv420p`,
      '-frames:v',
      String(MEASURED),
      '-f',
      'rawvideo',
      'pipe:1',
    ],
    { maxBuffer: 2 ** 30 },
  );
  const frames: Float32Array[] = [];
  const stride = (size * 3) / 2;
  for (let at = 0; at + stride <= out.length; at += stride) frames.push(Float32Array.from(out.subarray(at, at + size)));
  return frames;
}

/** RMS over neighbouring frames of the measured shift's deviation from the ideal, pixels per axis. */
function shake(frames: readonly Float32Array[], ideal: (frame: number) => { dx: number; dy: number }): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i + 1 < frames.length; i += 2) {
    const m = measureSimilarity(frames[i] as Float32Array, frames[i + 1] as Float32Array, PART.width, PART.height);
    const want = ideal(i);
    sum += ((m.dx - want.dx) ** 2 + (m.dy - want.dy) ** 2) / 2;
    count++;
  }
  return Math.sqrt(sum / count);
}

/** The measure's own error on exactly drawn frames with known motion. */
export function measureError(): number {
  const { width, height } = PART;
  let worst = 0;
  const draw = (dx: number, dy: number, zoom: number): Float32Array => {
    const out = new Float32Array(width * height);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const ux = x - (width - 1) / 2;
        const uy = y - (height - 1) / 2;
        out[y * width + x] = Math.round(texture((ux - dx) / (1 + zoom), (uy - dy) / (1 + zoom)));
      }
    return out;
  };
  const still = draw(0, 0, 0);
  for (const [dx, dy, zoom] of [[0.013, -0.02, 0.0003], [0.31, 0.17, 0], [-0.5, 0.5, 0.0005]] as const) {
    const m = measureSimilarity(still, draw(dx, dy, zoom), width, height);
    worst = Math.max(worst, Math.abs(m.dx - dx), Math.abs(m.dy - dy));
  } // biome-ignore format: known motions
  return worst;
}

export async function benchSteadiness(): Promise<BenchResult> {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-bench-'));
  try {
    const photoPath = join(dir, 'photo.png');
    const grey = new Uint8Array(PHOTO.width * PHOTO.height);
    for (let y = 0; y < PHOTO.height; y++)
      for (let x = 0; x < PHOTO.width; x++) grey[y * PHOTO.width + x] = Math.round(texture(x / 2, y / 2));
    await sharp(grey, { raw: { width: PHOTO.width, height: PHOTO.height, channels: 1 } })
      .png()
      .toFile(photoPath);
    const amount = Math.log(RATIO) / Math.log(1.25);
    const spec = { ...BENCH_SPEC, frames: FRAMES, amount };
    const own = join(dir, 'own.mp4');
    await renderClip(spec, { photoPath, depthPath: null }, own);
    // The centre of the frame is the fixed point of this zoom on both sides: the ideal shift there is 0.
    const plan = planCamera(spec.motion, cameraParams(spec, PHOTO.width / PHOTO.height));
    const ideal = (i: number) => {
      const a = plan.at(frameTime(i, FRAMES));
      const b = plan.at(frameTime(i + 1, FRAMES));
      return { dx: ((a.centreX - b.centreX) / b.height) * 1080, dy: ((a.centreY - b.centreY) / b.height) * 1080 };
    };
    const ownShake = shake(decodePart(own), ideal);
    const rows: BenchRow[] = [
      { what: 'error of the measure itself', value: measureError(), unit: 'px' },
      { what: 'ken_burns', value: ownShake, unit: 'px RMS', goal: `≤ ${GOAL_PX}`, met: ownShake <= GOAL_PX },
    ];
    for (const preScale of [null, 8000]) {
      const clip = join(dir, 'zoompan.mp4');
      const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '17', '-pix_fmt', 'yuv420p', '-bf', '0'];
      execFileSync(ffmpegPath(), [
        ...zoompanArgs(photoPath, FRAMES, preScale, RATIO),
        '-frames:v',
        String(MEASURED),
        ...encode,
        '-y',
        clip,
      ]);
      const peer = shake(decodePart(clip), () => ({ dx: 0, dy: 0 }));
      const name = preScale === null ? 'zoompan' : `zoompan after a ${preScale} px pre-scale`;
      const ratio = ownShake / peer;
      rows.push(
        { what: name, value: peer, unit: 'px RMS' },
        { what: `ken_burns over ${name}`, value: ratio, unit: '×', goal: '≤ 0.1', met: ratio <= 0.1 },
      );
    }
    return {
      name: 'steadiness',
      rows,
      notes: [
        `10 s zoom of ${RATIO} at 1920×1080, after encoding; in the first ${MEASURED} frames every other pair of neighbouring frames, centre of ${PART.width}×${PART.height}.`,
      ],
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
