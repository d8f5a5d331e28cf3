/**
 * Encoder settings shared by clips and films. They must stay equal: assembly copies runs of frames from clips and joins
 * them with newly encoded ones in a single stream, which needs the same profile, parameter sets and frame structure.
 */
import { type FrameRate, rateToString } from '../time.ts';

/** Closed GOPs with a keyframe at least every half second. */
export function keyframeIntervalFrames(rate: FrameRate): number {
  return Math.max(1, Math.floor(rate.num / rate.den / 2));
}

/**
 * ffmpeg output options for H.264 that can be cut and joined without re-encoding: no B-frames (so a run may end at any
 * frame and only its start needs a keyframe), closed GOPs, one reference, constant frame rate, bt709, one thread count
 * for reproducible bytes. `stitchable` and fixed sample aspect, chroma place and range keep the parameter sets the same
 * whatever the content and wherever the frames come from (frames of a JPEG, or a filter, would change them).
 */
export function h264Args(rate: FrameRate): string[] {
  const gop = keyframeIntervalFrames(rate);
  return [
    '-c:v', 'libx264', '-profile:v', 'high', '-preset', 'veryfast', '-crf', '17', '-pix_fmt', 'yuv420p',
    '-bf', '0', '-refs', '1', '-g', String(gop), '-keyint_min', '1', '-sc_threshold', '0',
    '-x264-params', `open-gop=0:scenecut=0:keyint=${gop}:min-keyint=1:rc-lookahead=${gop}:force-cfr=1:sar=1/1:stitchable=1:chromaloc=0:range=tv`,
    '-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv',
    '-r', rateToString(rate), '-fps_mode', 'cfr', '-video_track_timescale', String(rate.num * (rate.den === 1 ? 512 : 1)),
  ]; // biome-ignore format: options pair up
}
