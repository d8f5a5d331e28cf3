/** All-intra copies of clips for looking at frames: every frame stands for itself, so any of them is shown at once. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { besidePath, commitFile } from '../../base/files.node.ts';
import { type ClipFile, readClipFile } from '../assemble/clipfile.node.ts';
import { runFfmpeg } from './ffmpeg.node.ts';

/** Longest side of a proxy, pixels. */
export const PROXY_SIDE = 1280;
/** Raised whenever the same clip would give another proxy. */
export const PROXY_VERSION = 1;
/** A clip of ten minutes is made in less. */
const TIMEOUT_SECONDS = 900;

/** Size of a clip's proxy: never larger than the clip, both sides even. */
export function proxySize(width: number, height: number): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, PROXY_SIDE / Math.max(width, height));
  const even = (side: number): number => Math.max(2, 2 * Math.round((side * scale) / 2));
  return { width: even(width), height: even(height) };
}

/** ffmpeg arguments for an all-intra H.264 copy (every picture IDR, bt709, faststart) with the clip's own timestamps. */
export function proxyArgs(clip: Pick<ClipFile, 'path' | 'width' | 'height' | 'timescale'>, outPath: string): string[] {
  const { width, height } = proxySize(clip.width, clip.height);
  return [
    '-i', clip.path, '-map', '0:v:0', '-an',
    '-vf', `scale=${width}:${height}:flags=bicubic:in_color_matrix=bt709:out_color_matrix=bt709,format=yuv420p`,
    '-c:v', 'libx264', '-profile:v', 'high', '-preset', 'veryfast', '-crf', '19', '-bf', '0', '-g', '1', '-keyint_min', '1',
    '-x264-params', 'keyint=1:min-keyint=1:scenecut=0:bframes=0:sar=1/1:range=tv',
    '-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv',
    // Counted as the clip counts: the encoder would round times of a variable rate to whole frames of a guessed one.
    '-fps_mode', 'passthrough', '-enc_time_base', `1:${clip.timescale}`, '-video_track_timescale', String(clip.timescale), '-movflags', '+faststart', '-y', outPath,
  ]; // biome-ignore format: options pair up
}

/**
 * Makes the proxy of the clip at `clipPath`. It has the same frames at the same times, or is not kept. Errors:
 * `clip_missing`, `clip_invalid`, `disk_full`, `cancelled`, those of ffmpeg.
 */
export async function makeProxy(clipPath: string, outPath: string, signal?: AbortSignal): Promise<void> {
  const clip = await readClipFile(clipPath);
  const part = besidePath(outPath);
  try {
    await mkdir(dirname(outPath), { recursive: true });
    await runFfmpeg(proxyArgs(clip, part), {
      errorCode: 'clip_invalid',
      timeoutSeconds: TIMEOUT_SECONDS,
      file: clipPath,
      ...(signal === undefined ? {} : { signal }),
    });
    const problem = unlike(clip, await readClipFile(part));
    if (problem !== undefined)
      throw new PicaividError('clip_invalid', `The copy for review has ${problem}. Render this clip again.`);
    await commitFile(part, outPath);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw toPicaividError(error, 'output_unwritable', outPath);
  }
}

function unlike(clip: ClipFile, proxy: ClipFile): string | undefined {
  if (proxy.frames !== clip.frames) return `${proxy.frames} frames, not ${clip.frames}`;
  if (proxy.keyframes.length !== proxy.frames) return 'frames that do not stand for themselves';
  // The last frame's own length may be written in another way; the times of all frames before it may not.
  const times = (of: ClipFile): number[] => {
    const deltas = of.durations.flatMap(({ count, delta }) =>
      Array.from({ length: count }, () => delta / of.timescale),
    );
    return deltas.slice(0, -1);
  };
  const own = times(proxy);
  return times(clip).every((seconds, i) => Math.abs(seconds - (own[i] ?? 0)) < 1e-9) ? undefined : 'other times';
}
