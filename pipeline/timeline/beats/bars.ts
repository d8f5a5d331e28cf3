/**
 * Which beats begin a bar: for each meter (3 or 4 beats) and phase, how much stronger the beats there are in what marks
 * bars: low attacks (kick, bass), changes of harmony, attacks over all. A Viterbi path over the position in the bar lets
 * the phase change, at a cost, where a beat was dropped or added.
 */
import type { OnsetFeatures } from './onset.ts';
import { secondsFrame } from './onset.ts';

const METERS = [4, 3] as const;
/** Shares of the evidence; harmony changes on downbeats even where the drums mislead. */
const WEIGHTS = { low: 0.4, harmony: 0.4, all: 0.2 } as const;
/** Most music is in 4: three must explain this much more. */
const THREE_HANDICAP = 0.05;
/** Cost of a bar of another length, in units of the evidence of one downbeat. */
const BREAK_COST = 14;

export interface Bars {
  readonly beatsPerBar: number;
  /** 1-based position of each beat. */
  readonly positions: readonly number[];
  /** 0..1: how clearly the downbeats stand out. */
  readonly confidence: number;
}

function standardised(values: number[]): number[] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) || 1;
  return values.map((value) => (value - mean) / deviation);
}

/** Largest value within ±3 frames of a beat. */
function peakAt(values: Float32Array, seconds: number): number {
  const frame = secondsFrame(seconds);
  let best = 0;
  for (let d = -3; d <= 3; d++) best = Math.max(best, values[frame + d] ?? 0);
  return best;
}

/** Mean chroma between two beats, unit length. */
function chromaBetween({ chroma, frames }: OnsetFeatures, from: number, to: number): Float64Array {
  const sum = new Float64Array(12);
  // The attack itself is noise: harmony is read from a little after it.
  for (let f = Math.max(0, secondsFrame(from) + 4); f < Math.min(frames, secondsFrame(to)); f++)
    for (let p = 0; p < 12; p++) sum[p] = (sum[p] as number) + (chroma[f * 12 + p] as number);
  const norm = Math.hypot(...sum) || 1;
  return sum.map((value) => value / norm);
}

/** How much a beat looks like the first of a bar, standardised over the piece. */
function downbeatEvidence(features: OnsetFeatures, beats: readonly number[]): number[] {
  const low = standardised(beats.map((beat) => peakAt(features.lowFlux, beat)));
  const all = standardised(beats.map((beat) => peakAt(features.flux, beat)));
  const chroma = beats.map((beat, i) => chromaBetween(features, beat, beats[i + 1] ?? beat + 0.5));
  const harmony = standardised(
    chroma.map((now, i) => {
      const before = chroma[i - 1];
      return before === undefined ? 0 : 1 - now.reduce((sum, value, p) => sum + value * (before[p] as number), 0);
    }),
  );
  return beats.map(
    (_, i) =>
      WEIGHTS.low * (low[i] as number) + WEIGHTS.all * (all[i] as number) + WEIGHTS.harmony * (harmony[i] as number),
  );
}

/** Positions in the bar for beat times in seconds. */
export function findBars(features: OnsetFeatures, beats: readonly number[]): Bars {
  if (beats.length < 8) return { beatsPerBar: 4, positions: beats.map((_, i) => (i % 4) + 1), confidence: 0 };
  return barsFromEvidence(downbeatEvidence(features, beats));
}

/** As `findBars`, from one value a beat (larger: more of a downbeat), standardised. */
export function barsFromEvidence(evidence: readonly number[]): Bars {
  const candidates = METERS.map((meter) => {
    const { positions, score } = path(evidence, meter);
    return { meter, positions, score: score / evidence.length - (meter === 3 ? THREE_HANDICAP : 0) };
  });
  const best = candidates.reduce((a, b) => (b.score > a.score ? b : a));
  const on = evidence.filter((_, i) => best.positions[i] === 1);
  const clear = on.reduce((a, b) => a + b, 0) / Math.max(1, on.length);
  return { beatsPerBar: best.meter, positions: best.positions, confidence: Math.min(1, Math.max(0, clear / 1.2)) };
}

function path(evidence: readonly number[], meter: number): { positions: number[]; score: number } {
  // A downbeat scores its evidence; another beat scores minus its share, so that meters of any length compare.
  const gain = (value: number, position: number): number => (position === 0 ? value : -value / (meter - 1));
  let total = Float64Array.from({ length: meter }, (_, p) => gain(evidence[0] ?? 0, p));
  const back: Int8Array[] = [];
  for (const value of evidence.slice(1)) {
    const breakFrom = total.reduce((best, v, p) => (v > (total[best] as number) ? p : best), 0);
    const from = new Int8Array(meter);
    total = Float64Array.from({ length: meter }, (_, p) => {
      const regular = (p + meter - 1) % meter;
      const broken = (total[breakFrom] as number) - BREAK_COST;
      from[p] = (total[regular] as number) >= broken ? regular : breakFrom;
      return Math.max(total[regular] as number, broken) + gain(value, p);
    });
    back.push(from);
  }
  let state = total.reduce((best, v, p) => (v > (total[best] as number) ? p : best), 0);
  const score = total[state] as number;
  const positions = [state + 1];
  for (const from of back.reverse()) {
    state = from[state] as number;
    positions.push(state + 1);
  }
  return { positions: positions.reverse(), score };
}
