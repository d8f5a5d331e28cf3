/**
 * A grid of piecewise constant tempo through beat times: the segments by dynamic programming (a new tempo costs, misfit
 * costs), each fitted by weighted least squares. Machine-made music comes out perfectly even; played music keeps its
 * own tempo changes.
 */

/** Deviation of played beats from an even pulse that counts as one unit of misfit, seconds. */
const DEVIATION_SECONDS = 0.03;
/** Misfit that a new tempo must save. */
const SEGMENT_COST = 11;
/** Two bars: fewer beats make no tempo. */
const MIN_SEGMENT_BEATS = 8;
/** Longest look back of the segmentation, beats: keeps an hour of music linear. */
const MAX_SEGMENT_BEATS = 1200;
/** Tempi within this share are the same tempo. */
const SAME_TEMPO = 0.006;

export interface GridSegment {
  /** Index of the first beat and of the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly periodSeconds: number;
  /** Time of beat index 0 on this segment's line. */
  readonly originSeconds: number;
}

interface Line {
  readonly period: number;
  readonly origin: number;
  readonly misfit: number;
}

/** Segments of beat times (seconds, increasing) with their weights. At least two beats. */
export function fitSegments(times: readonly number[], weights: readonly number[]): GridSegment[] {
  const n = times.length;
  const sums = Array.from({ length: 6 }, () => new Float64Array(n + 1));
  for (let i = 0; i < n; i++) {
    const w = weights[i] ?? 1;
    const y = times[i] ?? 0;
    [w, w * i, w * i * i, w * y, w * i * y, w * y * y].forEach((value, s) => {
      const sum = sums[s] as Float64Array;
      sum[i + 1] = (sum[i] as number) + value;
    });
  }
  const line = (from: number, to: number): Line => {
    const [w = 1, x = 0, xx = 0, y = 0, xy = 0, yy = 0] = sums.map(
      (sum) => (sum[to] as number) - (sum[from] as number),
    );
    const period = (w * xy - x * y) / (w * xx - x * x);
    const origin = (y - period * x) / w;
    return { period, origin, misfit: Math.max(0, yy - period * xy - origin * y) / DEVIATION_SECONDS ** 2 };
  };
  if (n < 2 * MIN_SEGMENT_BEATS) {
    const { period, origin } = line(0, n);
    return [{ from: 0, to: n, periodSeconds: period, originSeconds: origin }];
  }
  const best = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  const back = new Int32Array(n + 1);
  best[0] = 0;
  for (let to = MIN_SEGMENT_BEATS; to <= n; to++) {
    for (let from = Math.max(0, to - MAX_SEGMENT_BEATS); from <= to - MIN_SEGMENT_BEATS; from++) {
      if (best[from] === Number.POSITIVE_INFINITY) continue;
      const cost = (best[from] as number) + line(from, to).misfit + SEGMENT_COST;
      if (cost < (best[to] as number)) {
        best[to] = cost;
        back[to] = from;
      }
    }
  }
  const segments: GridSegment[] = [];
  for (let to = n; to > 0; to = back[to] as number) {
    const from = back[to] as number;
    const { period, origin } = line(from, to);
    segments.unshift({ from, to, periodSeconds: period, originSeconds: origin });
  }
  return segments;
}

/**
 * Lays the grid anew from the segment with the most evidence: as long as its neighbours have the same tempo their beats
 * follow its line, because a rhythm does not jump by half a beat within one tempo: a tracker does. `evidence(t)` is
 * larger where a beat sits well. Gives beat times from 0 to `endSeconds`.
 */
export function layGrid(
  segments: readonly GridSegment[],
  evidence: (seconds: number) => number,
  endSeconds: number,
): number[] {
  // Runs of one tempo; each is laid from its best segment.
  const runs: { first: GridSegment; last: GridSegment; best: GridSegment; weight: number }[] = [];
  for (const segment of segments) {
    const weight = segmentEvidence(segment, evidence);
    const run = runs.at(-1);
    if (run !== undefined && Math.abs(run.best.periodSeconds / segment.periodSeconds - 1) < SAME_TEMPO) {
      run.last = segment;
      if (weight > run.weight) Object.assign(run, { best: segment, weight });
    } else runs.push({ first: segment, last: segment, best: segment, weight });
  }
  const times: number[] = [];
  runs.forEach((run, r) => {
    const { periodSeconds: period } = run.best;
    const anchor = run.best.originSeconds + run.best.from * period;
    const next = runs[r + 1];
    // A run reaches to the first beat of the next one, the first back to 0, the last to the end.
    const start = r === 0 ? -period / 8 : (times.at(-1) ?? 0) + period / 2;
    const end =
      next === undefined
        ? endSeconds
        : next.first.originSeconds + next.first.from * next.first.periodSeconds - period / 2;
    for (let k = Math.ceil((start - anchor) / period); anchor + k * period < end; k++)
      times.push(Math.max(0, anchor + k * period));
  });
  return times;
}

function segmentEvidence(
  { from, to, originSeconds, periodSeconds }: GridSegment,
  evidence: (seconds: number) => number,
): number {
  let sum = 0;
  for (let i = from; i < to; i++)
    sum += evidence(originSeconds + i * periodSeconds) - evidence(originSeconds + (i + 0.5) * periodSeconds);
  return sum;
}
