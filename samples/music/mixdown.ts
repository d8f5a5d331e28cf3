/** From the instruments' mix to the finished stereo: ducking, reverb, level, a soft knee below the peak limit. */
import { type Mix, RATE } from './voices.ts';

/** Schroeder and Moorer's comb and all-pass delays in samples, scaled from Freeverb's 44.1 kHz values. */
const COMBS = [1116, 1188, 1277, 1356].map((n) => Math.round((n * RATE) / 44_100));
const ALLPASSES = [556, 441].map((n) => Math.round((n * RATE) / 44_100));
/** Right channel delays are this much longer, in samples, which makes the room wide. */
const SPREAD = 17;
const FEEDBACK = 0.76;
const DAMPING = 0.35;

function reverb(input: Float32Array, spread: number): Float32Array {
  const out = new Float32Array(input.length);
  for (const delay of COMBS) {
    const line = new Float32Array(delay + spread);
    let at = 0;
    let low = 0;
    for (let i = 0; i < input.length; i++) {
      const y = line[at] as number;
      low = y * (1 - DAMPING) + low * DAMPING;
      line[at] = (input[i] as number) + low * FEEDBACK;
      at = at + 1 === line.length ? 0 : at + 1;
      out[i] = (out[i] as number) + y * 0.25;
    }
  }
  for (const delay of ALLPASSES) {
    const line = new Float32Array(delay + spread);
    let at = 0;
    for (let i = 0; i < out.length; i++) {
      const y = line[at] as number;
      const x = out[i] as number;
      line[at] = x + y * 0.5;
      out[i] = y - x;
      at = at + 1 === line.length ? 0 : at + 1;
    }
  }
  return out;
}

/** Lowers `mix` after each time in `times` (seconds) and lets it swell back over `recover` seconds: ducking by the kick. */
export function duck(mix: Mix, times: readonly number[], depth: number, recover: number): void {
  for (const time of times) {
    const first = Math.round(time * RATE);
    const last = Math.min(mix.left.length, first + Math.round(recover * RATE));
    for (let i = Math.max(0, first); i < last; i++) {
      const back = (i - first) / (last - first);
      const fall = Math.min(1, (i - first) / (0.004 * RATE));
      const gain = 1 - depth * fall * (1 - back) ** 1.5;
      mix.left[i] = (mix.left[i] as number) * gain;
      mix.right[i] = (mix.right[i] as number) * gain;
      mix.send[i] = (mix.send[i] as number) * gain;
    }
  }
}

/** Adds `from` onto `onto`. */
export function addMix(onto: Mix, from: Mix): void {
  for (const key of ['left', 'right', 'send'] as const) {
    const a = onto[key];
    const b = from[key];
    for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) + (b[i] as number);
  }
}

/**
 * Interleaved 16-bit stereo: reverb added, scaled so that the loudest sample reaches `peak` (linear), with a soft knee
 * (tanh above 60 % of full scale) that only the loudest hits reach, and faded over the last `fade` seconds.
 */
export function mixdown(mix: Mix, drive: number, peak: number, fade: number): Int16Array {
  const wetLeft = reverb(mix.send, 0);
  const wetRight = reverb(mix.send, SPREAD);
  const n = mix.left.length;
  const out = new Float32Array(n * 2);
  const knee = 0.6;
  let top = 0;
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < 2; c++) {
      const x =
        drive *
        (c === 0
          ? (mix.left[i] as number) + (wetLeft[i] as number)
          : (mix.right[i] as number) + (wetRight[i] as number));
      const size = Math.abs(x);
      const soft = size <= knee ? size : knee + (1 - knee) * Math.tanh((size - knee) / (1 - knee));
      const value = Math.sign(x) * soft * Math.min(1, (n - i) / (fade * RATE));
      out[2 * i + c] = value;
      top = Math.max(top, Math.abs(value));
    }
  }
  const pcm = new Int16Array(out.length);
  for (let i = 0; i < out.length; i++) pcm[i] = Math.round(((out[i] as number) / top) * peak * 32_767);
  return pcm;
}
