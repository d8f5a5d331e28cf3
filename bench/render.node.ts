/** `render`: 4-second clips at 1080p30 from a 24-megapixel photo, against zoompan and against x264 alone. */
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ClipSpec } from '../pipeline/domain.ts';
import { h264Args } from '../pipeline/media/encoder.ts';
import { ffmpegPath, startFfmpeg } from '../pipeline/media/ffmpeg.node.ts';
import { writeDepth } from '../pipeline/media/image.node.ts';
import { encodeArgs, renderClip } from '../pipeline/render/clip.node.ts';
import { prepareClip } from '../pipeline/render/prepare.node.ts';
import { frameTime } from '../pipeline/render/spec.ts';
import type { BenchResult, BenchRow } from './types.ts';

const FRAMES = 120;
/** Runs whose median is given; zoompan, which is slow, runs once. */
const RUNS = 3;
const PHOTO = { width: 6000, height: 4000 };

export const BENCH_SPEC: ClipSpec = {
  photoSha256: 'bench', depthSha256: null, motion: 'push_in', amount: 0.8, renderer: 'ken_burns', frames: FRAMES,
  frameRate: { num: 30, den: 1 }, width: 1920, height: 1080, focus: { x: 0.5, y: 0.5 }, seed: 1,
}; // biome-ignore format: a table

/** A photo-like picture by code: soft shapes, edges, fine texture and a little noise, all from one seed. */
export async function writeBenchPhoto(path: string, width: number, height: number): Promise<void> {
  const data = new Uint8Array(width * height * 3);
  let state = 12345;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      const soft = 60 * Math.sin(x / 410 + Math.sin(y / 530)) + 40 * Math.cos(y / 350);
      const tile = ((x / 170) ^ (y / 130)) & 3;
      const fine = 8 * Math.sin(x * 0.35) * Math.sin(y * 0.41) + ((state >>> 24) & 7);
      const v = 120 + soft * 0.6 + tile * 14 + fine;
      const at = (y * width + x) * 3;
      data[at] = Math.max(0, Math.min(255, v + 8));
      data[at + 1] = Math.max(0, Math.min(255, v));
      data[at + 2] = Math.max(0, Math.min(255, v - 14 + tile * 5));
    }
  await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 92 })
    .toFile(path);
}

/** Nearness of a room: a floor that comes towards the viewer, and two things standing on it. */
async function writeBenchDepth(path: string): Promise<void> {
  const width = 960;
  const height = 640;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const floor = 0.1 + Math.max(0, y / height - 0.45) * 1.2;
      const near = x > 150 && x < 330 && y > 280 ? 0.85 : x > 560 && x < 640 && y > 180 ? 0.6 : 0;
      data[y * width + x] = Math.max(floor, near);
    }
  await writeDepth({ width, height, data }, path);
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
const seconds = async (work: () => unknown): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

/** zoompan's usual slow zoom of 25 % over `frames` frames, with an optional pre-scale width in pixels. */
export function zoompanArgs(photo: string, frames: number, preScale: number | null, ratio: number): string[] {
  const scale = preScale === null ? '' : `scale=${preScale}:-2:flags=bicubic,`;
  const zoom = `zoompan=z='1+${ratio - 1}*on/${frames - 1}':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)':d=${frames}:s=1920x1080:fps=30`;
  // The same 16:9 view of the photo that the clip starts with.
  return ['-v', 'error', '-i', photo, '-vf', `crop=iw:iw*9/16,${scale}${zoom}`, '-frames:v', String(frames)];
}

/** Encodes a file of raw frames through a pipe with the clip's own settings: x264 alone. */
async function encodeAlone(raw: string, out: string): Promise<void> {
  const encoder = startFfmpeg(encodeArgs(BENCH_SPEC, out));
  createReadStream(raw, { highWaterMark: 1 << 20 }).pipe(encoder.stdin);
  await encoder.done;
}

export async function benchRender(runs = RUNS): Promise<BenchResult> {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-bench-'));
  try {
    const photoPath = join(dir, 'photo.jpg');
    const depthPath = join(dir, 'depth.png');
    await writeBenchPhoto(photoPath, PHOTO.width, PHOTO.height);
    await writeBenchDepth(depthPath);
    const inputs = { photoPath, depthPath };
    const rows: BenchRow[] = [];
    let peer = 0;
    const whole: Record<string, number[]> = {};
    const alone: Record<string, number[]> = {};
    const renderers = ['ken_burns', 'depth_parallax'] as const;
    for (const renderer of renderers) {
      const spec = { ...BENCH_SPEC, renderer };
      const drawing: number[] = [];
      for (let run = 0; run < runs; run++) {
        const { engine, plan } = await prepareClip(spec, inputs);
        drawing.push(
          await seconds(() => {
            for (let i = 0; i < FRAMES; i++) engine.draw(plan.at(frameTime(i, FRAMES)));
          }),
        );
      }
      rows.push({ what: `${renderer}, drawing only`, value: FRAMES / median(drawing), unit: 'frames/s' });
      const clip = join(dir, `${renderer}.mp4`);
      const raw = join(dir, 'frames.yuv');
      await renderClip(spec, inputs, clip);
      execFileSync(ffmpegPath(), ['-v', 'error', '-i', clip, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-y', raw]);
      // Alternating, so that a busy moment of the machine meets both.
      whole[renderer] = [];
      alone[renderer] = [];
      for (let run = 0; run < runs; run++) {
        whole[renderer].push(await seconds(() => renderClip(spec, inputs, clip)));
        alone[renderer].push(await seconds(() => encodeAlone(raw, join(dir, 'alone.mp4'))));
      }
      await rm(raw);
    }
    {
      const out = join(dir, 'zoompan.mp4');
      const args = [...zoompanArgs(photoPath, FRAMES, 8000, 1.2), ...h264Args(BENCH_SPEC.frameRate), '-y', out];
      peer = await seconds(() => startFfmpeg(args).done);
    }
    rows.push({ what: 'zoompan after an 8000 px pre-scale, with encoding', value: FRAMES / peer, unit: 'frames/s' });
    for (const renderer of renderers) {
      const wall = median(whole[renderer] ?? []);
      const encode = median(alone[renderer] ?? []);
      const share = wall / encode;
      rows.push(
        { what: `${renderer}, photo to clip`, value: FRAMES / wall, unit: 'frames/s' },
        { what: `${renderer}, x264 alone on the same frames`, value: FRAMES / encode, unit: 'frames/s' },
        { what: `${renderer}, wall over encoding alone`, value: share, unit: '×', goal: '≤ 1.15', met: share <= 1.15 },
        { what: `${renderer}, speed over zoompan`, value: peer / wall, unit: '×', goal: '≥ 5', met: peer / wall >= 5 },
      );
    }
    return {
      name: 'render',
      rows,
      notes: [
        `${FRAMES} frames of 1920×1080 at 30 from a ${PHOTO.width}×${PHOTO.height} JPEG made by code; medians of ${runs} runs (zoompan 1).`,
        'Photo to clip includes decoding the photo, preparing planes and depth, starting the thread and the final flush.',
      ],
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
