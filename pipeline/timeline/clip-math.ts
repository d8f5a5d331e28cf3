/**
 * Arithmetic of clips that the builder, the edits, the checks and the exports share: where clips start, which frames
 * around a clip its transitions need, and which beat is near a frame. All integers are frames.
 */
import type { GridBeat, Motion, Timeline, TimelineClip, Transition } from '../domain.ts';

export const CUT: Transition = { type: 'cut', frames: 0 };

/**
 * How long a move can be looked at, seconds. Below `min` the eye has not read the room (about 1.2 s for a still view,
 * longer where the picture slides sideways and must be followed); above `max` the move is so slow that it reads as a
 * frozen picture. Editing practice for property films, rounded to tenths.
 */
export const MOTION_SECONDS: Readonly<Record<Motion, { readonly min: number; readonly max: number }>> = {
  static: { min: 1.2, max: 4.5 },
  push_in: { min: 1.2, max: 6.5 },
  pull_out: { min: 1.2, max: 6.5 },
  pan_left: { min: 1.5, max: 6.5 },
  pan_right: { min: 1.5, max: 6.5 },
  tilt_up: { min: 1.5, max: 6.0 },
  tilt_down: { min: 1.5, max: 6.0 },
  dolly_left: { min: 1.3, max: 6.5 },
  dolly_right: { min: 1.3, max: 6.5 },
  orbit_left: { min: 1.6, max: 7.0 },
  orbit_right: { min: 1.6, max: 7.0 },
  crane_up: { min: 1.6, max: 7.0 },
  crane_down: { min: 1.6, max: 7.0 },
};

/** Frames of the overlap that lie before the cut: what the incoming clip needs before its window. */
export function framesBeforeCut(transition: Transition): number {
  return Math.floor(transition.frames / 2);
}

/** Frames of the overlap that lie after the cut: what the outgoing clip needs behind its window. */
export function framesAfterCut(transition: Transition): number {
  return transition.frames - Math.floor(transition.frames / 2);
}

/** Frames that clip `index` must have before and behind its window for the transitions on both sides. */
export function handles(
  clips: readonly TimelineClip[],
  index: number,
): { readonly before: number; readonly after: number } {
  const clip = clips[index];
  const next = clips[index + 1];
  return {
    before: clip === undefined ? 0 : framesBeforeCut(clip.transitionIn),
    after: next === undefined ? 0 : framesAfterCut(next.transitionIn),
  };
}

/**
 * Frames of clip `index` that transitions cover inside its own length; must not exceed `durationFrames`. The first
 * clip fades from black inside itself, so all of its transition counts.
 */
export function coveredFrames(clips: readonly TimelineClip[], index: number): number {
  const clip = clips[index];
  if (clip === undefined) return 0;
  const next = clips[index + 1];
  const head = index === 0 ? clip.transitionIn.frames : framesAfterCut(clip.transitionIn);
  return head + (next === undefined ? 0 : framesBeforeCut(next.transitionIn));
}

/** Film length in frames: the sum of the clips. */
export function totalFrames(clips: readonly TimelineClip[]): number {
  let total = 0;
  for (const clip of clips) total += clip.durationFrames;
  return total;
}

/** First film frame of every clip, and the film's length as the last entry: `clips.length + 1` numbers. */
export function clipStarts(clips: readonly TimelineClip[]): number[] {
  const starts = [0];
  let at = 0;
  for (const clip of clips) {
    at += clip.durationFrames;
    starts.push(at);
  }
  return starts;
}

/** Film frames at which one clip ends and the next begins (without 0 and without the film's end). */
export function cutFrames(timeline: Pick<Timeline, 'clips'>): number[] {
  return clipStarts(timeline.clips).slice(1, -1);
}

/** Index of the beat nearest to a frame (the earlier one in a tie), −1 when there are no beats. O(log n). */
export function nearestBeatIndex(beats: readonly GridBeat[], frame: number): number {
  let low = 0;
  let high = beats.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((beats[middle]?.frame ?? 0) < frame) low = middle + 1;
    else high = middle;
  }
  if (low >= beats.length) return beats.length - 1;
  const above = (beats[low]?.frame ?? 0) - frame;
  const below = low > 0 ? frame - (beats[low - 1]?.frame ?? 0) : Number.POSITIVE_INFINITY;
  return below <= above ? low - 1 : low;
}

/** Index of the beat exactly at a frame, −1 when there is none. */
export function beatIndexAt(beats: readonly GridBeat[], frame: number): number {
  const index = nearestBeatIndex(beats, frame);
  return beats[index]?.frame === frame ? index : -1;
}

/** Median distance of neighbouring beats in frames; 0 with fewer than two beats. */
export function medianBeatFrames(beats: readonly GridBeat[]): number {
  if (beats.length < 2) return 0;
  const gaps = beats.slice(1).map((beat, i) => beat.frame - (beats[i]?.frame ?? 0));
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1] ?? 0;
}

export type Magnet = 'frames' | 'beats' | 'downbeats';

/** The frame itself, or the nearest beat or downbeat of the grid; the frame itself when there is none. */
export function snapFrame(beats: readonly GridBeat[], frame: number, magnet: Magnet): number {
  if (magnet === 'frames') return frame;
  const grid = magnet === 'beats' ? beats : beats.filter((beat) => beat.beatInBar === 1);
  return grid[nearestBeatIndex(grid, frame)]?.frame ?? frame;
}
