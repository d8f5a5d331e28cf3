/**
 * Onset strength: log-compressed spectral flux in mel bands with a maximum filter over neighbouring bands, so that
 * vibrato is no onset (SuperFlux, Böck and Widmer 2013). Beside it the flux of the lowest bands (kick, bass), chroma and
 * energy, for bars and sections.
 */
import { Fft } from './fft.ts';

export const SAMPLE_RATE = 22_050;
/** About 10 ms: beats are refined to a tenth of that by a parabola. */
export const HOP_SAMPLES = 220;
export const FRAMES_PER_SECOND = SAMPLE_RATE / HOP_SAMPLES;
const WINDOW_SAMPLES = 1024;
const BANDS = 36;
/** Bands below about 200 Hz. */
const LOW_BANDS = 4;
const LOWEST_HZ = 30;
const HIGHEST_HZ = 10_000;
const COMPRESSION = 20;
/** Flux against the frame before the last: the window is four hops long, so one hop hardly differs. */
const LAG = 2;
const CHROMA_HZ = { low: 100, high: 2000 };
/** Standing still: one window of flux peaks when the attack has entered its middle; measured bias on exact beats −2 ms. */
const LATENCY_SAMPLES = WINDOW_SAMPLES / 2 - 44;

export interface OnsetFeatures {
  readonly frames: number;
  /** Mean flux over all bands. */
  readonly flux: Float32Array;
  readonly lowFlux: Float32Array;
  /** 12 values a frame. */
  readonly chroma: Float32Array;
  /** Mean square of the samples. */
  readonly power: Float32Array;
}

/** Seconds of a (fractional) frame: where the attack lies that makes the flux peak there. */
export function frameSeconds(frame: number): number {
  return (frame * HOP_SAMPLES - LATENCY_SAMPLES) / SAMPLE_RATE;
}

/** The frame whose flux shows what happens at a time. */
export function secondsFrame(seconds: number): number {
  return Math.round((seconds * SAMPLE_RATE + LATENCY_SAMPLES) / HOP_SAMPLES);
}

function melEdges(): Float64Array {
  const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
  const low = mel(LOWEST_HZ);
  const high = mel(HIGHEST_HZ);
  return Float64Array.from({ length: BANDS + 2 }, (_, b) => {
    const hertz = 700 * (10 ** ((low + ((high - low) * b) / (BANDS + 1)) / 2595) - 1);
    return (hertz * WINDOW_SAMPLES) / SAMPLE_RATE;
  });
}

/** Triangular mel filters as runs of bins. */
function melFilters(): { readonly first: number; readonly weights: Float64Array }[] {
  const edges = melEdges();
  const bins = WINDOW_SAMPLES / 2;
  return Array.from({ length: BANDS }, (_, b) => {
    const [low, middle, high] = [edges[b] as number, edges[b + 1] as number, edges[b + 2] as number];
    const first = Math.max(1, Math.floor(low));
    const last = Math.min(bins - 1, Math.ceil(high));
    const weights = new Float64Array(last - first + 1);
    let sum = 0;
    for (let k = first; k <= last; k++) {
      const w = Math.max(0, k < middle ? (k - low) / (middle - low) : (high - k) / (high - middle));
      weights[k - first] = w;
      sum += w;
    }
    // The lowest bands are narrower than a bin: they take the nearest one.
    if (sum === 0) return { first: Math.round(middle), weights: Float64Array.of(1) };
    for (let i = 0; i < weights.length; i++) weights[i] = (weights[i] as number) / sum;
    return { first, weights };
  });
}

/** Pitch class of each bin, −1 outside the range that carries harmony. */
function pitchClasses(): Int8Array {
  const classes = new Int8Array(WINDOW_SAMPLES / 2).fill(-1);
  for (let k = 1; k < classes.length; k++) {
    const hertz = (k * SAMPLE_RATE) / WINDOW_SAMPLES;
    if (hertz > CHROMA_HZ.low && hertz < CHROMA_HZ.high)
      classes[k] = ((Math.round(12 * Math.log2(hertz / 440)) % 12) + 12) % 12;
  }
  return classes;
}

/** Windowed samples of a frame into `into`; gives their mean square before the window. */
function load(samples: Float32Array, frame: number, window: Float64Array, into: Float64Array): number {
  const start = frame * HOP_SAMPLES - WINDOW_SAMPLES;
  let sum = 0;
  for (let i = 0; i < WINDOW_SAMPLES; i++) {
    const at = start + i;
    const value = at >= 0 && at < samples.length ? (samples[at] as number) : 0;
    sum += value * value;
    into[i] = value * (window[i] as number);
  }
  return sum / WINDOW_SAMPLES;
}

/** Features of mono samples at SAMPLE_RATE. Memory: about 70 bytes a frame, 100 frames a second. */
export function onsetFeatures(samples: Float32Array): OnsetFeatures {
  const frames = Math.max(1, Math.ceil((samples.length + WINDOW_SAMPLES) / HOP_SAMPLES));
  const fft = new Fft(WINDOW_SAMPLES);
  const re = new Float64Array(WINDOW_SAMPLES);
  const im = new Float64Array(WINDOW_SAMPLES);
  const window = Float64Array.from(re, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW_SAMPLES));
  const filters = melFilters();
  const classes = pitchClasses();
  const magnitude = new Float64Array(WINDOW_SAMPLES / 2);
  const bands = Array.from({ length: LAG + 1 }, () => new Float64Array(BANDS));
  const flux = new Float32Array(frames);
  const lowFlux = new Float32Array(frames);
  const chroma = new Float32Array(frames * 12);
  const power = new Float32Array(frames);
  for (let t = 0; t < frames; t++) {
    // Two real frames a transform: the even one as real part, the odd one as imaginary part.
    if (t % 2 === 0) {
      power[t] = load(samples, t, window, re);
      const odd = load(samples, t + 1, window, im);
      if (t + 1 < frames) power[t + 1] = odd;
      fft.run(re, im);
    }
    const sign = t % 2 === 0 ? 1 : -1;
    for (let k = 1; k < magnitude.length; k++) {
      const j = WINDOW_SAMPLES - k;
      const r = re[k] as number;
      const i = im[k] as number;
      // Z[k] ± conj Z[N−k], halved: the spectrum of either frame (up to a factor of modulus 1).
      const x = r + sign * (re[j] as number);
      const y = i - sign * (im[j] as number);
      const m = 0.5 * Math.sqrt(x * x + y * y);
      magnitude[k] = m;
      const pitch = classes[k] as number;
      if (pitch >= 0) chroma[t * 12 + pitch] = (chroma[t * 12 + pitch] as number) + m;
    }
    const now = bands[t % bands.length] as Float64Array;
    for (let b = 0; b < BANDS; b++) {
      const filter = filters[b] as { first: number; weights: Float64Array };
      let energy = 0;
      for (let k = 0; k < filter.weights.length; k++)
        energy += (filter.weights[k] as number) * (magnitude[filter.first + k] as number);
      now[b] = Math.log1p(COMPRESSION * energy);
    }
    if (t < LAG) continue;
    const before = bands[(t - LAG) % bands.length] as Float64Array;
    let all = 0;
    let low = 0;
    for (let b = 0; b < BANDS; b++) {
      const reference = Math.max(before[b - 1] ?? 0, before[b] as number, before[b + 1] ?? 0);
      const rise = (now[b] as number) - reference;
      if (rise <= 0) continue;
      all += rise;
      if (b < LOW_BANDS) low += rise;
    }
    flux[t] = all / BANDS;
    lowFlux[t] = low / LOW_BANDS;
  }
  return { frames, flux, lowFlux, chroma, power };
}

/** Half width of the window of local level, seconds: a quiet intro counts as much as the chorus. */
const LEVEL_SECONDS = 2;
const MEAN_SECONDS = 0.3;

/** Flux above its local mean, in units of the local level; never below zero. */
export function normalisedFlux(flux: Float32Array): Float32Array {
  const n = flux.length;
  const sums = new Float64Array(n + 1);
  const squares = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    const v = flux[i] as number;
    sums[i + 1] = (sums[i] as number) + v;
    squares[i + 1] = (squares[i] as number) + v * v;
  }
  const overall = Math.sqrt((squares[n] as number) / n);
  const level = Math.round(LEVEL_SECONDS * FRAMES_PER_SECOND);
  const near = Math.round(MEAN_SECONDS * FRAMES_PER_SECOND);
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const [a, b] = [Math.max(0, i - level), Math.min(n, i + level + 1)];
    const rms = Math.sqrt(((squares[b] as number) - (squares[a] as number)) / (b - a));
    const [c, d] = [Math.max(0, i - near), Math.min(n, i + near + 1)];
    const mean = ((sums[d] as number) - (sums[c] as number)) / (d - c);
    out[i] = Math.max(0, (flux[i] as number) - mean) / (0.7 * rms + 0.3 * overall + 1e-9);
  }
  return out;
}
