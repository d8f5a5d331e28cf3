/** Small painted clips and ways to look at films, for this folder's tests and the benchmark. */
import type { OutputSpec, Timeline, TimelineClip, Transition } from '../domain.ts';
import { h264Args } from '../media/encoder.ts';
import { runFfmpeg, startFfmpeg, writeFully } from '../media/ffmpeg.node.ts';
import { FPS_30, type FrameRate, rateToString } from '../time.ts';

export const WIDTH = 320;
export const HEIGHT = 180;
const BITS = 12;
const CELL = 16;

export const OUTPUT: OutputSpec = {
  width: WIDTH,
  height: HEIGHT,
  frameRate: FPS_30,
  loudnessLufs: -14,
  truePeakDbtp: -1,
};

/** A frame whose number (`clip` × 256 + `frame`) is painted in black and white cells over a flat, clip-specific grey with a moving bar. */
export function paintedFrame(clip: number, frame: number, width = WIDTH, height = HEIGHT): Uint8Array {
  const data = new Uint8Array((width * height * 3) / 2).fill(128);
  data.fill(clipGrey(clip), 0, width * height);
  const value = clip * 256 + frame;
  for (let bit = 0; bit < BITS; bit++) {
    const luma = (value >> bit) & 1 ? 235 : 16;
    for (let y = 0; y < CELL; y++) data.fill(luma, y * width + bit * CELL, y * width + (bit + 1) * CELL);
  }
  for (let y = height - 40; y < height - 20; y++) {
    const x = (frame * 4) % (width - 20);
    data.fill(200, y * width + x, y * width + x + 20);
  }
  return data;
}

/** The flat grey of a painted clip, away from cells and bar. */
export function clipGrey(clip: number): number {
  return 50 + ((clip * 67) % 150);
}

/** The painted number of a decoded frame. */
export function readNumber(frame: Uint8Array, width = WIDTH): { clip: number; frame: number } {
  let value = 0;
  for (let bit = 0; bit < BITS; bit++) {
    if ((frame[(CELL / 2) * width + bit * CELL + CELL / 2] as number) > 125) value |= 1 << bit;
  }
  return { clip: value >> 8, frame: value & 255 };
}

export async function paintClip(
  path: string,
  clip: number,
  frames: number,
  options: { rate?: FrameRate; width?: number; height?: number; extra?: readonly string[] } = {},
): Promise<void> {
  const { rate = FPS_30, width = WIDTH, height = HEIGHT, extra = [] } = options;
  const encoder = startFfmpeg([
    '-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`, '-framerate', rateToString(rate),
    '-color_range', 'tv', '-i', 'pipe:0', ...h264Args(rate), ...extra, path,
  ]); // biome-ignore format: options pair up
  for (let f = 0; f < frames; f++) await writeFully(encoder, paintedFrame(clip, f, width, height));
  encoder.stdin.end();
  await encoder.done;
}

/** Every frame of a film or clip, decoded to 4:2:0. */
export async function decodeFrames(path: string, width = WIDTH, height = HEIGHT): Promise<Uint8Array[]> {
  const { stdout } = await runFfmpeg(['-v', 'error', '-i', path, '-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', 'pipe:1']); // biome-ignore format: options pair up
  const size = (width * height * 3) / 2;
  return Array.from(
    { length: stdout.length / size },
    (_, i) => new Uint8Array(stdout.subarray(i * size, (i + 1) * size)),
  );
}

export function timelineClip(
  index: number,
  sourceInFrame: number,
  durationFrames: number,
  transitionIn: Transition = { type: 'cut', frames: 0 },
): TimelineClip {
  return {
    id: `c${index}`,
    orderKey: String(index).padStart(4, '0'),
    photoId: `p${index}`,
    clusterId: 'k',
    motion: 'push_in',
    amount: 1,
    renderer: 'ken_burns',
    moveFrames: sourceInFrame + durationFrames,
    sourceInFrame,
    durationFrames,
    transitionIn,
    audioPolicy: 'mute',
    reason: '',
  };
}

export function timelineOf(clips: readonly TimelineClip[], more: Partial<Timeline> = {}): Timeline {
  return {
    id: 't',
    version: 1,
    status: 'draft',
    template: 'classic',
    frameRate: FPS_30,
    width: WIDTH,
    height: HEIGHT,
    clips,
    beats: [],
    music: null,
    titles: [],
    markers: [],
    leftOut: [],
    ...more,
  };
}

/** Writes music for tests: `expression` is ffmpeg's aevalsrc over `t`, 48 kHz stereo float WAV. */
export async function writeTone(path: string, expression: string, seconds: number): Promise<void> {
  const source = `aevalsrc=${expression.replaceAll(',', '\\,')}:s=48000:d=${seconds}:c=stereo`;
  await runFfmpeg(['-v', 'error', '-y', '-f', 'lavfi', '-i', source, '-c:a', 'pcm_f32le', path]);
}
