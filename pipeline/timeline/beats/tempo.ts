/**
 * Tempo over time: autocorrelation of the onset strength in windows, summed over multiples of a period (a comb, as in
 * Klapuri et al. 2006), weighed by a log-normal prior (Ellis 2007), joined by a Viterbi path over a logarithmic scale.
 */
import { FRAMES_PER_SECOND } from './onset.ts';

const MIN_BPM = 55;
const MAX_BPM = 215;
/** One step of the tempo scale: 1 %. */
const STEP = 1.01;
/** Most listeners tap near 120; σ of 0.75 octaves leaves 70 and 180 well in reach. */
const PRIOR_BPM = 118;
const PRIOR_OCTAVES = 0.75;
const WINDOW_SECONDS = 8;
const HOP_SECONDS = 1;
const COMB = [1, 0.8, 0.6, 0.6] as const;
/** Farthest jump between windows, in steps, and its cost a step: sudden changes of tempo are rare, drift is not. */
const MAX_JUMP = 12;
const JUMP_COST = 0.05;

export interface TempoCurve {
  /** Frames between beats around a frame. */
  periodAt(frame: number): number;
  /** Mean score of the chosen path: how periodic the music is at all (about 0 for noise, 1 and more for a clear pulse). */
  readonly strength: number;
}

function autocorrelation(onset: Float32Array, from: number, to: number, lags: number): Float64Array {
  const out = new Float64Array(lags);
  let energy = 1e-9;
  for (let i = from; i < to; i++) energy += (onset[i] as number) ** 2;
  const length = to - from;
  for (let lag = 1; lag < lags && length - lag > FRAMES_PER_SECOND; lag++) {
    let sum = 0;
    for (let i = from; i + lag < to; i++) sum += (onset[i] as number) * (onset[i + lag] as number);
    out[lag] = ((sum / energy) * length) / (length - lag);
  }
  return out;
}

/** The best value near a fractional lag: beats are never exactly on a 10 ms grid. */
function near(values: Float64Array, lag: number): number {
  const i = Math.floor(lag);
  const f = lag - i;
  let best = 0;
  for (let d = -1; d <= 1; d++) {
    const v = (values[i + d] ?? 0) * (1 - f) + (values[i + 1 + d] ?? 0) * f;
    best = Math.max(best, d === 0 ? v : 0.9 * v);
  }
  return best;
}

/** The tempo path of an onset strength at FRAMES_PER_SECOND. */
export function tempoCurve(onset: Float32Array, windowSeconds = WINDOW_SECONDS): TempoCurve {
  const tempi: number[] = [];
  for (let bpm = MIN_BPM; bpm <= MAX_BPM; bpm *= STEP) tempi.push(bpm);
  const window = Math.round(windowSeconds * FRAMES_PER_SECOND);
  const hop = Math.round(HOP_SECONDS * FRAMES_PER_SECOND);
  const lags = Math.round((COMB.length + 0.5) * (60 / MIN_BPM) * FRAMES_PER_SECOND) + 4;
  const scores: Float64Array[] = [];
  for (let start = -window / 4; start < Math.max(1 - window / 4, onset.length - (3 * window) / 4); start += hop) {
    const from = Math.max(0, Math.round(start));
    const values = autocorrelation(onset, from, Math.min(onset.length, Math.round(start) + window), lags);
    scores.push(
      Float64Array.from(tempi, (bpm) => {
        const period = (60 / bpm) * FRAMES_PER_SECOND;
        const comb = COMB.reduce((sum, weight, h) => sum + weight * near(values, period * (h + 1)), 0);
        return comb * Math.exp(-0.5 * (Math.log2(bpm / PRIOR_BPM) / PRIOR_OCTAVES) ** 2);
      }),
    );
  }
  const path = viterbi(scores, tempi.length);
  const bpms = path.map((k) => tempi[k] as number);
  const strength = path.reduce((sum, k, t) => sum + ((scores[t] as Float64Array)[k] as number), 0) / path.length;
  return {
    strength,
    periodAt: (frame) => {
      const x = Math.min(bpms.length - 1, Math.max(0, (frame - window / 4) / hop));
      const i = Math.floor(x);
      const a = bpms[i] as number;
      const b = bpms[Math.min(bpms.length - 1, i + 1)] as number;
      return (60 / (a + (b - a) * (x - i))) * FRAMES_PER_SECOND;
    },
  };
}

function viterbi(scores: readonly Float64Array[], states: number): number[] {
  let total = Float64Array.from(scores[0] ?? []);
  const back: Int32Array[] = [];
  for (const score of scores.slice(1)) {
    const next = new Float64Array(states);
    const from = new Int32Array(states);
    for (let k = 0; k < states; k++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let j = Math.max(0, k - MAX_JUMP); j <= Math.min(states - 1, k + MAX_JUMP); j++) {
        const value = (total[j] as number) - JUMP_COST * Math.abs(j - k);
        if (value > best) {
          best = value;
          from[k] = j;
        }
      }
      next[k] = best + (score[k] as number);
    }
    back.push(from);
    total = next;
  }
  let state = total.reduce((best, value, k) => (value > (total[best] as number) ? k : best), 0);
  const path = [state];
  for (const from of back.reverse()) {
    state = from[state] as number;
    path.unshift(state);
  }
  return path;
}
