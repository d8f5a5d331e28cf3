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
/** Attacks that differ by less than this share of their mean are no accents: kicks of one sample differ by 5 %. */
const ACCENT_SHARE = 0.15;
/** Harmony (1 − cosine of neighbouring chroma) that varies by less is noise of the measurement. */
const HARMONY_FLOOR = 0.05;
/** One beat says at most this much, in deviations: a file cut in mid-sound begins with an attack that is none. */
const MOST_SAID = 2.5;
/**
 * Music begins with a downbeat more often than not: the first beat counts as this much evidence of one, once. It
 * decides where the bars are equal (a plain kick), and one bar of clear accents outweighs it.
 */
const START_EVIDENCE = 1;
/**
 * Evidence a bar for a downbeat at the start of a loop. Loops are cut at bar lines (their makers' convention: a whole
 * number of bars, first beat first), and one repeated bar says the same thing again and again, so its sum must not
 * outweigh that. Of the seven annotated pieces one needs it: drums loudest on beat 4 speak for it with 1.63 a bar.
 */
const LOOP_EVIDENCE = 2;
/** A loop holds whole bars to within this, seconds: one encoder frame (26 ms). A chance hit in a bar of 2 s: 1 in 38. */
const LOOP_TOLERANCE_SECONDS = 0.026;
const MIN_LOOP_BARS = 2;
/** Cost of a bar of another length, in units of the evidence of one downbeat. */
const BREAK_COST = 14;

export interface Bars {
  readonly beatsPerBar: number;
  /** 1-based position of each beat. */
  readonly positions: readonly number[];
  /** 0..1: how clearly the downbeats stand out. */
  readonly confidence: number;
}

/** From when to when there is sound, seconds: what could be a loop. */
export interface Sounding {
  readonly from: number;
  readonly to: number;
}

/** In deviations from the mean, at most MOST_SAID; a deviation counts as `floor(mean)` at least. */
function standardised(values: number[], floor: (mean: number) => number): number[] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const spread = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  const deviation = Math.max(spread, floor(mean)) || 1;
  return values.map((value) => Math.max(-MOST_SAID, Math.min(MOST_SAID, (value - mean) / deviation)));
}

const accentFloor = (mean: number): number => ACCENT_SHARE * mean;

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
  const low = standardised(
    beats.map((beat) => peakAt(features.lowFlux, beat)),
    accentFloor,
  );
  const all = standardised(
    beats.map((beat) => peakAt(features.flux, beat)),
    accentFloor,
  );
  const chroma = beats.map((beat, i) => chromaBetween(features, beat, beats[i + 1] ?? beat + 0.5));
  const harmony = standardised(
    chroma.map((now, i) => {
      const before = chroma[i - 1];
      return before === undefined ? 0 : 1 - now.reduce((sum, value, p) => sum + value * (before[p] as number), 0);
    }),
    () => HARMONY_FLOOR,
  );
  return beats.map(
    (_, i) =>
      WEIGHTS.low * (low[i] as number) + WEIGHTS.all * (all[i] as number) + WEIGHTS.harmony * (harmony[i] as number),
  );
}

/** Positions in the bar for beat times in seconds; `spans` are the stretches that a loop could fill. */
export function findBars(
  features: OnsetFeatures,
  beats: readonly number[],
  spans: readonly Sounding[] = [],
  meters: readonly number[] = METERS,
): Bars {
  if (beats.length < 8) return { beatsPerBar: 4, positions: beats.map((_, i) => (i % 4) + 1), confidence: 0 };
  return barsFromEvidence(
    downbeatEvidence(features, beats),
    (meter) => spans.some((span) => isLoop(beats, meter, span)),
    meters,
  );
}

/** Whether a span is a loop in a meter: an even pulse that begins with the sound and fills it with whole bars. */
export function isLoop(beats: readonly number[], meter: number, { from, to }: Sounding): boolean {
  const first = beats[0] ?? 0;
  const period = ((beats.at(-1) ?? 0) - first) / Math.max(1, beats.length - 1);
  const even = beats.every((time, i) => Math.abs(time - first - i * period) < LOOP_TOLERANCE_SECONDS);
  const bars = (to - from) / (period * meter);
  const whole = Math.round(bars);
  if (!even || whole < MIN_LOOP_BARS) return false;
  if (Math.abs(bars - whole) * period * meter > LOOP_TOLERANCE_SECONDS) return false;
  // A last chord that dies away has no beats; its end falls anywhere.
  if (to - (beats.at(-1) ?? 0) > (period * meter) / 2) return false;
  return Math.abs(first - from) <= LOOP_TOLERANCE_SECONDS;
}

/**
 * As `findBars`, from one value a beat (larger: more of a downbeat), standardised. `loop(meter)` says whether the music
 * is a loop in that meter that begins with the first beat.
 */
export function barsFromEvidence(
  evidence: readonly number[],
  loop: (meter: number) => boolean = () => false,
  meters: readonly number[] = METERS,
): Bars {
  const started = evidence.map((value, i) => (i === 0 ? value + START_EVIDENCE : value));
  const candidates = meters.map((meter) => {
    const { positions, score } = path(started, meter);
    return { meter, positions, score: score / evidence.length - (meter === 3 ? THREE_HANDICAP : 0) };
  });
  const { meter, positions: plain } = candidates.reduce((a, b) => (b.score > a.score ? b : a));
  const looped = (value: number, i: number): number => (i % meter === 0 ? value + LOOP_EVIDENCE : value);
  const positions = loop(meter) ? path(started.map(looped), meter).positions : plain;
  const on = evidence.filter((_, i) => positions[i] === 1);
  const clear = on.reduce((a, b) => a + b, 0) / Math.max(1, on.length);
  return { beatsPerBar: meter, positions, confidence: Math.min(1, Math.max(0, clear / 1.2)) };
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
