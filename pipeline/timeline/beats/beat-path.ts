/** Beats by dynamic programming over the onset strength with a locally varying period (Ellis 2007). */
import { frameSeconds } from './onset.ts';

/** How strongly the distance of beats follows the period: (ln Δ/τ)² × this, against onset strengths of 1 to 10. */
const TIGHTNESS = 60;
const SMOOTHING = [0.06, 0.24, 0.4, 0.24, 0.06] as const;
/** A peak within this many frames of the chosen one is the attack itself. */
const REFINE_FRAMES = 4;
/** Below this there is no attack to refine to. */
const MIN_ATTACK = 0.3;

/** Frames of the beats, increasing. */
export function beatFrames(onset: Float32Array, periodAt: (frame: number) => number): number[] {
  const n = onset.length;
  const smooth = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let d = -2; d <= 2; d++) sum += (onset[i + d] ?? 0) * (SMOOTHING[d + 2] as number);
    smooth[i] = sum;
  }
  const score = new Float64Array(n);
  const back = new Int32Array(n).fill(-1);
  for (let i = 0; i < n; i++) {
    const period = periodAt(i);
    let best = 0;
    for (let lag = Math.round(period * 0.6); lag <= Math.round(period * 1.6) && lag <= i; lag++) {
      const value = (score[i - lag] as number) - TIGHTNESS * Math.log(lag / period) ** 2;
      if (value > best) {
        best = value;
        back[i] = i - lag;
      }
    }
    score[i] = (smooth[i] as number) + best;
  }
  let last = n - 1;
  for (let i = Math.max(0, Math.floor(n - 1.2 * periodAt(n - 1))); i < n; i++)
    if ((score[i] as number) > (score[last] as number)) last = i;
  const beats: number[] = [];
  for (let i = last; i >= 0; i = back[i] as number) beats.push(i);
  return beats.reverse();
}

/** Seconds of the attack at a beat: the nearest peak, to a fraction of a frame by a parabola. */
export function attackSeconds(onset: Float32Array, frame: number): number {
  let peak = frame;
  for (let i = frame - REFINE_FRAMES; i <= frame + REFINE_FRAMES; i++)
    if ((onset[i] ?? 0) > (onset[peak] ?? 0)) peak = i;
  if ((onset[peak] ?? 0) < MIN_ATTACK) return frameSeconds(frame);
  const [a, b, c] = [onset[peak - 1] ?? 0, onset[peak] ?? 0, onset[peak + 1] ?? 0];
  const curve = a - 2 * b + c;
  return frameSeconds(peak + (curve < 0 ? (0.5 * (a - c)) / curve : 0));
}
