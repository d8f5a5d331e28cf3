/**
 * The instruments of the sample pieces: each function adds one note to a stereo mix at an exact time. Everything is
 * computed from the numbers given, noise included (seeded), so the same code always makes the same music.
 */

/** Samples a second. 32 kHz keeps everything these instruments play (up to 13 kHz) and a third of the bytes. */
export const RATE = 32_000;
const TAU = 2 * Math.PI;

/** Stereo buffers: what is heard directly and what goes to the reverb. */
export interface Mix {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly send: Float32Array;
}

/** Where a note sits: pan −1 left .. 1 right, gain linear, share sent to the reverb. */
export interface Place {
  readonly gain: number;
  readonly pan?: number;
  readonly send?: number;
}

export function emptyMix(seconds: number): Mix {
  const n = Math.ceil(seconds * RATE);
  return { left: new Float32Array(n), right: new Float32Array(n), send: new Float32Array(n) };
}

/** Mulberry32: a small seeded generator of numbers in [0, 1). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Frequency of a MIDI note, hertz. */
export function hertz(note: number): number {
  return 440 * 2 ** ((note - 69) / 12);
}

/** Adds `sound(seconds since the start)` for `length` seconds from `start`; equal-power pan. */
function add(mix: Mix, start: number, length: number, place: Place, sound: (t: number) => number): void {
  const first = Math.round(start * RATE);
  const last = Math.min(mix.left.length, first + Math.ceil(length * RATE));
  const angle = (((place.pan ?? 0) + 1) * Math.PI) / 4;
  const left = place.gain * Math.cos(angle) * Math.SQRT2;
  const right = place.gain * Math.sin(angle) * Math.SQRT2;
  const send = place.gain * (place.send ?? 0);
  for (let i = Math.max(0, first); i < last; i++) {
    const value = sound((i - first) / RATE);
    mix.left[i] = (mix.left[i] as number) + value * left;
    mix.right[i] = (mix.right[i] as number) + value * right;
    mix.send[i] = (mix.send[i] as number) + value * send;
  }
}

/** Linear attack, then exponential decay with time constant `decay`, faded out over the last 10 ms of `length`. */
function envelope(t: number, attack: number, decay: number, length: number): number {
  const rise = t < attack ? t / attack : Math.exp(-(t - attack) / decay);
  return rise * Math.min(1, Math.max(0, (length - t) / 0.01));
}

/** A sine that falls from 160 Hz to `low` Hz, with a short click. */
export function kick(mix: Mix, start: number, place: Place, low = 48): void {
  const sweep = 0.035;
  add(mix, start, 0.42, place, (t) => {
    const phase = TAU * (low * t + (160 - low) * sweep * (1 - Math.exp(-t / sweep)));
    const click = t < 0.006 ? 0.35 * Math.sin(TAU * 1800 * t) * (1 - t / 0.006) : 0;
    return Math.sin(phase) * envelope(t, 0.0015, 0.13, 0.42) + click;
  });
}

/** Noise through a resonant band-pass (state-variable filter), `centre` in hertz. */
function filteredNoise(rng: () => number, centre: number, damping: number, high: boolean): () => number {
  const f = 2 * Math.sin((Math.PI * Math.min(centre, RATE / 6.5)) / RATE);
  let low = 0;
  let band = 0;
  return () => {
    const x = rng() * 2 - 1;
    low += f * band;
    const top = x - low - damping * band;
    band += f * top;
    return high ? top : band;
  };
}

/** A tone of 190 Hz and a burst of noise around 2.2 kHz. `soft` 0..1 leaves more of the brush and less of the tone. */
export function snare(mix: Mix, start: number, place: Place, rng: () => number, soft = 0): void {
  const noise = filteredNoise(rng, 2200, 0.9, false);
  add(mix, start, 0.24, place, (t) => {
    const tone = (1 - soft) * 0.5 * Math.sin(TAU * 190 * t) * Math.exp(-t / 0.05);
    return (tone + 0.75 * noise() * Math.exp(-t / (0.06 + 0.02 * soft))) * envelope(t, 0.001, 10, 0.24);
  });
}

/** High-passed noise; `decay` in seconds (0.03 closed, 0.15 open). */
export function hat(mix: Mix, start: number, place: Place, rng: () => number, decay = 0.03): void {
  const noise = filteredNoise(rng, 4800, 1.2, true);
  const length = decay * 5;
  add(mix, start, length, place, (t) => 0.5 * noise() * envelope(t, 0.001, decay, length));
}

/** Noise that rises towards the end: the sweep before a drop. */
export function riser(mix: Mix, start: number, length: number, place: Place, rng: () => number): void {
  const noise = filteredNoise(rng, 2600, 0.5, false);
  add(mix, start, length, place, (t) => 0.6 * noise() * (t / length) ** 2 * Math.min(1, (length - t) / 0.02));
}

/** A round bass: five harmonics that close like a low-pass filter. */
export function bass(mix: Mix, start: number, length: number, note: number, place: Place, bright = 0.5): void {
  const w = TAU * hertz(note);
  add(mix, start, length, place, (t) => {
    const open = bright * (0.35 + 0.65 * Math.exp(-t / 0.12));
    let value = 0;
    let level = 1;
    for (let h = 1; h <= 5; h++) {
      value += (level * Math.sin(w * h * t)) / h;
      level *= open;
    }
    return value * envelope(t, 0.006, length * 0.9, length);
  });
}

/** Electric piano: two-operator FM whose index dies away (Chowning 1973). */
export function keys(mix: Mix, start: number, length: number, note: number, place: Place): void {
  const w = TAU * hertz(note);
  add(mix, start, length, place, (t) => {
    const index = 1.4 * Math.exp(-t / 0.25);
    const bell = 0.12 * Math.sin(14 * w * t) * Math.exp(-t / 0.04) * (note < 72 ? 1 : 0.4);
    return (Math.sin(w * t + index * Math.sin(w * t)) + bell) * envelope(t, 0.003, 0.7, length);
  });
}

/** Small bell: FM at a ratio of 3.5. */
export function bell(mix: Mix, start: number, length: number, note: number, place: Place): void {
  const w = TAU * hertz(note);
  add(mix, start, length, place, (t) => {
    const index = 0.9 * Math.exp(-t / 0.12);
    return Math.sin(w * t + index * Math.sin(3.5 * w * t)) * envelope(t, 0.002, 0.45, length);
  });
}

/** Plucked string (Karplus and Strong 1983), with its fractional delay rounded by linear interpolation. */
export function pluck(mix: Mix, start: number, length: number, note: number, place: Place, rng: () => number): void {
  const period = RATE / hertz(note) - 0.5;
  const size = Math.ceil(period) + 2;
  const line = new Float32Array(size);
  let smooth = 0;
  for (let i = 0; i < size; i++) {
    smooth += 0.55 * (rng() * 2 - 1 - smooth);
    line[i] = smooth;
  }
  let at = 0;
  let last = 0;
  add(mix, start, length, place, (t) => {
    const where = at - period + 4 * size;
    const low = Math.floor(where);
    const part = where - low;
    const a = line[low % size] as number;
    const b = line[(low + 1) % size] as number;
    const now = a + (b - a) * part;
    const out = 0.4985 * (now + last);
    last = now;
    line[at % size] = out;
    at = (at + 1) % size;
    return 1.3 * out * Math.min(1, Math.max(0, (length - t) / 0.03));
  });
}

/** A warm pad: slightly detuned pairs with six soft harmonics, `attack` seconds to swell. */
export function pad(mix: Mix, start: number, length: number, note: number, place: Place, attack = 0.15): void {
  const release = 0.25;
  const total = length + release;
  for (const [detune, side] of [
    [0.9985, -0.45],
    [1.0015, 0.45],
  ] as const) {
    const w = TAU * hertz(note) * detune;
    add(mix, start, total, { ...place, pan: side }, (t) => {
      let value = 0;
      for (let h = 1; h <= 6; h++) value += Math.sin(w * h * t + h) / (h * h);
      const shape = Math.min(1, t / attack) * Math.min(1, Math.max(0, (total - t) / release));
      return 0.5 * value * shape;
    });
  }
}

/** A bright short synth for arpeggios: a band-limited saw (harmonics below 9 kHz) with a closing filter. */
export function stab(mix: Mix, start: number, length: number, note: number, place: Place): void {
  const w = TAU * hertz(note);
  const harmonics = Math.min(10, Math.floor(9000 / hertz(note)));
  add(mix, start, length, place, (t) => {
    const open = 0.25 + 0.5 * Math.exp(-t / 0.07);
    let value = 0;
    let level = 1;
    for (let h = 1; h <= harmonics; h++) {
      value += (level * Math.sin(w * h * t)) / h;
      level *= open + 0.2;
    }
    return 0.6 * value * envelope(t, 0.003, 0.14, length);
  });
}
