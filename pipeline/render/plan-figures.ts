/** From what each frame differs in to the figures of a clip, with the frames where they fail. Pure. */
import type { ValidationFigure } from '../domain.ts';
import type { FrameCheck } from './plan-check.ts';

/**
 * Limits, each with the greatest figure measured on clean renders of the fixtures' photos (bench validation) and what
 * the least planted fault gives.
 */
export const PLAN_LIMITS = {
  /** Mean luma beside the plan's, levels: clean 0.75 (the coder drifts within a GOP), 2 % exposure 2. */
  exposure: 1.2,
  /** Mean of a colour difference beside the plan's, levels. */
  colour: 1,
  /** Brightness beside the frames around it: clean 0.4, one frame 2 % brighter 2. */
  flicker: 0.7,
  /** Frames of time, beside the frames around it: clean 0.4, one repeated frame 1 (at speed). */
  timing: 0.6,
  /** Measured pixels (of 320) off by being early or late, at most 1.33 a frame counted: clean 0.06. */
  lateness: 0.4,
  /** Levels beyond what is within a pixel, mean over a block: clean 1.3, a strange object of 4 % of the width 11. */
  difference: 3,
  /** Measured pixels (of 320): clean 0.49 at depth edges, verticals bent by 4 pixels of 1080p 0.83. */
  shift: 0.6,
} as const;

/**
 * Motion per frame in measured pixels from which a repeated or skipped frame counts whole; at slower motion, where it is
 * ever harder to see, a coder's lag alone is worth frames (2.1 at 0.034 pixels), and counts in proportion.
 */
const SEEN_SPEED = 0.16;
/** Motion per frame from which being off by 0.3 frames is off enough: at more, the linear measure errs by itself. */
const MOST_SPEED = 1.33;
/** Frames on each side that tell what is usual around a frame. */
const AROUND = 4;

export interface FigureWithReason {
  readonly figure: ValidationFigure;
  readonly reason: string;
}

/** Runs of frames that fail, as first and last. */
export function runsOf(failing: readonly boolean[]): [number, number][] {
  const runs: [number, number][] = [];
  failing.forEach((fails, i) => {
    const last = runs.at(-1);
    if (!fails) return;
    if (last !== undefined && last[1] === i - 1) last[1] = i;
    else runs.push([i, i]);
  });
  return runs;
}

/** A figure that is the greatest of values by frame; it fails at the frames above the limit. */
export function greatestFigure(
  name: string,
  values: readonly number[],
  limit: number,
  reason: string,
): FigureWithReason {
  const value = values.reduce((most, v) => Math.max(most, v), 0);
  const runs = runsOf(values.map((v) => v > limit));
  const figure = { name, value, limit, pass: runs.length === 0, ...(runs.length === 0 ? {} : { frames: runs }) };
  return { figure, reason };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

/** Each value beside the median of itself and up to four on each side. */
export function besideNeighbours(values: readonly number[]): number[] {
  return values.map((v, i) => Math.abs(v - median(values.slice(Math.max(0, i - AROUND), i + AROUND + 1))));
}

/** How far the median steps at each place, from the four values before it to the four from it on. */
export function steps(values: readonly number[]): number[] {
  return values.map((_, i) => {
    if (i < 2 || i > values.length - 2) return 0;
    return Math.abs(median(values.slice(i, i + AROUND)) - median(values.slice(Math.max(0, i - AROUND), i)));
  });
}

/**
 * Figures of a clip that was drawn from its plan (ken_burns, depth_parallax). `speeds`: the plan's motion per frame at
 * each frame, measured pixels.
 */
export function planFigures(checks: readonly FrameCheck[], speeds: readonly number[]): FigureWithReason[] {
  const brightness = checks.map((c) => c.brightness);
  const times = checks.map((c) => c.time);
  const beside = besideNeighbours(times);
  const uneven = steps(times).map(
    (step, i) => Math.max(step, beside[i] as number) * Math.min(1, (speeds[i] ?? 0) / SEEN_SPEED),
  );
  const late = checks.map((c, i) => Math.abs(c.time) * Math.min(speeds[i] ?? 0, MOST_SPEED));
  return [
    greatestFigure('exposure_shift', brightness.map(Math.abs), PLAN_LIMITS.exposure,
      'The picture is brighter or darker than the photo.'),
    greatestFigure('colour_shift', checks.map((c) => c.colour), PLAN_LIMITS.colour,
      'The picture has another tint than the photo.'),
    greatestFigure('flicker', besideNeighbours(brightness), PLAN_LIMITS.flicker, 'The brightness flickers.'),
    greatestFigure('uneven_time', uneven, PLAN_LIMITS.timing, 'The motion stutters: a frame is repeated or missing.'),
    greatestFigure('time_shift', late, PLAN_LIMITS.lateness, 'The motion runs ahead of its plan or behind it.'),
    greatestFigure('picture_difference', checks.map((c) => c.difference), PLAN_LIMITS.difference,
      'A part of the picture is not what the photo shows there.'),
    greatestFigure('local_shift', checks.map((c) => c.shift), PLAN_LIMITS.shift,
      'A part of the picture is bent or moved from its place.'),
  ]; // biome-ignore format: a table
}
