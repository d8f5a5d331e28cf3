/**
 * Is the grid at the right level? A tracker follows the strongest regular attacks, and those may lie between the beats
 * (loud off-beat hats, an introduction of off-beat chords) or on every other eighth of a 6/8. What is low tells: kick and
 * bass play on the beat far more often than beside it.
 */
import type { OnsetFeatures } from './onset.ts';
import { secondsFrame } from './onset.ts';

/**
 * The low attacks halfway between the beats must outweigh those on them by this factor: 3.4 to 3.7 in two pieces that
 * were off by half a beat, at most 0.86 in 22 that were right.
 */
const OFF_BEAT_FACTOR = 2;
/** And be this loud beside the strongest attacks of all bands: the low noise of music without bass says nothing. */
const LEAST_LOW_SHARE = 0.1;
/** Share of the variance of eighths that groups of three must explain, and how much more than groups of two. */
const COMPOUND_SHARE = 0.25;
const COMPOUND_FACTOR = 2;
const COMPOUND_LEAST_BEATS = 24;

function peakAt(values: Float32Array, seconds: number): number {
  const frame = secondsFrame(seconds);
  let best = 0;
  for (let d = -3; d <= 3; d++) best = Math.max(best, values[frame + d] ?? 0);
  return best;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

function middles(grid: readonly number[]): number[] {
  return grid.slice(1).map((time, i) => (time + (grid[i] as number)) / 2);
}

/** The grid, or the one half a beat beside it where that carries what is low. Times in seconds, increasing. */
export function rightPhase(features: OnsetFeatures, grid: readonly number[]): readonly number[] {
  const between = middles(grid);
  if (between.length < 4) return grid;
  const low = (times: readonly number[]): number => mean(times.map((time) => peakAt(features.lowFlux, time)));
  const [on, off] = [low(grid), low(between)];
  const loud = Math.max(...[grid, between].map((times) => mean(times.map((time) => peakAt(features.flux, time)))));
  if (off < OFF_BEAT_FACTOR * on || off < LEAST_LOW_SHARE * loud) return grid;
  const [first = 0, second = 0] = grid;
  const [last = 0, before = 0] = [grid.at(-1), grid.at(-2)];
  const ends = { first: first - (second - first) / 2, last: last + (last - before) / 2 };
  return [...(ends.first >= 0 ? [ends.first] : []), ...between, ends.last];
}

/** Share of the variance that the mean of each phase explains. */
function explained(values: readonly number[], groups: number): number {
  const overall = mean(values);
  const variance = mean(values.map((value) => (value - overall) ** 2));
  if (variance <= 0) return 0;
  const phases = Array.from({ length: groups }, (_, p) => mean(values.filter((_, i) => i % groups === p)));
  return mean(values.map((_, i) => ((phases[i % groups] as number) - overall) ** 2)) / variance;
}

export interface Grouping {
  readonly grid: readonly number[];
  /** True where the beats are groups of three eighths: each is one and a half of the beats given. */
  readonly compound: boolean;
}

/** Every third half beat where the low attacks come in threes (6/8, 12/8), else the grid. */
export function rightGrouping(features: OnsetFeatures, grid: readonly number[]): Grouping {
  if (grid.length < COMPOUND_LEAST_BEATS) return { grid, compound: false };
  const between = middles(grid);
  const halves = grid.flatMap((time, i) => (i < between.length ? [time, between[i] as number] : [time]));
  const low = halves.map((time) => peakAt(features.lowFlux, time));
  const three = explained(low, 3);
  if (three < COMPOUND_SHARE || three < COMPOUND_FACTOR * explained(low, 2)) return { grid, compound: false };
  const strength = [0, 1, 2].map((phase) => mean(low.filter((_, i) => i % 3 === phase)));
  const best = strength.indexOf(Math.max(...strength));
  return { grid: halves.filter((_, i) => i % 3 === best), compound: true };
}
