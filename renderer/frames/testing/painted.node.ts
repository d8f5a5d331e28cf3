/** Painted clips for tests and benches: encoded as the studio's clips are, and a few that no clip of ours is. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { h264Args } from '../../../pipeline/media/encoder.ts';
import { startFfmpeg, writeFully } from '../../../pipeline/media/ffmpeg.node.ts';
import { makeProxy } from '../../../pipeline/media/proxy.node.ts';
import {
  FPS_23_976,
  FPS_24,
  FPS_25,
  FPS_29_97,
  FPS_30,
  FPS_50,
  FPS_59_94,
  FPS_60,
  type FrameRate,
  rateToString,
} from '../../../pipeline/time.ts';
import { paintFrame } from './painted.ts';

export const PAINTED_RATES: readonly FrameRate[] = [
  FPS_23_976, FPS_24, FPS_25, FPS_29_97, FPS_30, FPS_50, FPS_59_94, FPS_60,
]; // biome-ignore format: one list

/**
 * `steady`: as the studio's clips. `variable`: frames last 1, 1, 3 and 2 sixtieths by turns. `reordered`: with B-frames,
 * an edit list and a start at half a second.
 */
export type PaintedKind = 'steady' | 'variable' | 'reordered';

export interface PaintedClip {
  readonly clip: number;
  readonly kind: PaintedKind;
  readonly rate: FrameRate;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
}

/** Sixtieths of a second before frame `index` of a variable clip. */
export function variableStart(index: number): number {
  return 7 * Math.floor(index / 4) + ([0, 1, 2, 5][index % 4] ?? 0);
}
const VARIABLE =
  '(7*floor(N/4)+if(eq(mod(N\\,4)\\,0)\\,0\\,if(eq(mod(N\\,4)\\,1)\\,1\\,if(eq(mod(N\\,4)\\,2)\\,2\\,5))))/60/TB';
const BT709 = ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'];

function outputArgs({ kind, rate }: PaintedClip): string[] {
  const filter = 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p';
  if (kind === 'steady') return ['-vf', filter, ...h264Args(rate)];
  if (kind === 'variable')
    return [
      '-vf', `${filter},settb=1/60000,setpts=${VARIABLE}`, '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '17', '-bf', '0',
      '-g', '12', '-x264-params', 'open-gop=0:scenecut=0', '-fps_mode', 'passthrough', '-enc_time_base', '1:60000',
      '-video_track_timescale', '60000', ...BT709,
    ]; // biome-ignore format: options pair up
  return [
    '-vf', filter, '-c:v', 'libx264', '-preset', 'medium', '-crf', '17', '-bf', '3', '-b_strategy', '0', '-g', '12',
    '-x264-params', 'open-gop=0:b-pyramid=normal:scenecut=0', '-output_ts_offset', '0.5', ...BT709,
  ]; // biome-ignore format: options pair up
}

/** Encodes a painted clip to `path`. */
export async function paintClip(clip: PaintedClip, path: string): Promise<void> {
  const running = startFfmpeg([
    '-v', 'error', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${clip.width}x${clip.height}`, '-r', rateToString(clip.rate),
    '-i', 'pipe:0', ...outputArgs(clip), '-movflags', '+faststart', '-y', path,
  ]); // biome-ignore format: options pair up
  for (let index = 0; index < clip.frames; index++)
    await writeFully(running, paintFrame(clip.width, clip.height, { clip: clip.clip, index }));
  running.stdin.end();
  await running.done;
}

export interface PaintedFiles {
  readonly clip: PaintedClip;
  readonly clipPath: string;
  /** The all-intra copy that pages decode; of `reordered`, which no proxy is made of, the clip itself. */
  readonly proxyPath: string;
}

/** The clips and their proxies, in `dir`. */
export async function paintAll(clips: readonly PaintedClip[], dir: string): Promise<PaintedFiles[]> {
  await mkdir(dir, { recursive: true });
  const made: PaintedFiles[] = [];
  for (const clip of clips) {
    const clipPath = join(dir, `clip-${clip.clip}.mp4`);
    await paintClip(clip, clipPath);
    const proxyPath = clip.kind === 'reordered' ? clipPath : join(dir, `proxy-${clip.clip}.mp4`);
    if (proxyPath !== clipPath) await makeProxy(clipPath, proxyPath);
    made.push({ clip, clipPath, proxyPath });
  }
  return made;
}

/** One clip for each rate, one of variable rate and one that is reordered. */
export function everyPainted(frames: number, width: number, height: number): PaintedClip[] {
  const kinds: { kind: PaintedKind; rate: FrameRate }[] = [
    ...PAINTED_RATES.map((rate) => ({ kind: 'steady' as const, rate })),
    { kind: 'variable', rate: FPS_60 },
    { kind: 'reordered', rate: FPS_25 },
  ];
  // Clips of different lengths, so that an end is no number of another.
  return kinds.map(({ kind, rate }, at) => ({ clip: at + 1, kind, rate, frames: frames + at, width, height }));
}
