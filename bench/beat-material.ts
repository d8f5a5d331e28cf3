/**
 * Music with exactly known beats, and sounds without any, computed from numbers: what a beat tracker meets beyond dance
 * loops. The same code always makes the same samples. Times are seconds, samples mono at 22,050 Hz.
 */
import {
  bass,
  bell,
  emptyMix,
  hat,
  hertz,
  keys,
  kick,
  type Mix,
  pad,
  pluck,
  RATE,
  random,
  snare,
} from '../samples/music/voices.ts';

const TRACKER_RATE = 22_050;
const SECONDS = 40;

export interface BeatMaterial {
  readonly name: string;
  readonly samples: Float32Array;
  /** Empty for sounds without a pulse. */
  readonly beats: readonly { readonly time: number; readonly beatInBar: number }[];
}

/** Time of a (fractional) beat, beat 0 being the first downbeat; beats before it are a pickup. */
type Clock = (beat: number) => number;

const even =
  (bpm: number, start = 0.2): Clock =>
  (beat) =>
    start + (beat * 60) / bpm;

/** A clock from the tempo at each beat, summed in steps of a hundredth of a beat. */
function flowing(bpmAt: (beat: number) => number, start = 0.2): Clock {
  const steps = [start];
  for (let i = 0; i < 30_000; i++) steps.push((steps[i] as number) + 0.6 / bpmAt(i / 100));
  return (beat) => {
    const i = Math.floor(beat * 100);
    const a = steps[i] ?? start;
    return a + ((steps[i + 1] ?? a) - a) * (beat * 100 - i);
  };
}

interface Piece {
  readonly clock: Clock;
  readonly perBar: number;
  /** First beat that is played and counted; negative for a pickup. */
  readonly first?: number;
  /** Plays one beat: its number, its place in the bar (from 0), and the chord of its bar. */
  readonly play: (beat: number, place: number, chord: readonly number[]) => void;
}

const CHORDS = [
  [48, 55, 60, 64],
  [45, 52, 57, 60],
  [41, 48, 57, 60],
  [43, 50, 59, 62],
] as const;

function made(name: string, seconds: number, piece: (mix: Mix) => Piece): BeatMaterial {
  const mix = emptyMix(seconds);
  const { clock, perBar, first = 0, play } = piece(mix);
  const beats: { time: number; beatInBar: number }[] = [];
  for (let beat = first; clock(beat) < seconds - 0.4; beat++) {
    const place = ((beat % perBar) + perBar) % perBar;
    play(beat, place, CHORDS[((Math.floor(beat / perBar) % 4) + 4) % 4] ?? CHORDS[0]);
    beats.push({ time: clock(beat), beatInBar: place + 1 });
  }
  return { name, samples: mono(mix), beats };
}

/** To one channel at 22,050 Hz, peaks at 0.8; the mean of each new sample's span keeps aliases low. */
function mono(mix: Mix): Float32Array {
  const ratio = RATE / TRACKER_RATE;
  const out = new Float32Array(Math.floor(mix.left.length / ratio));
  let most = 1e-9;
  for (let i = 0; i < out.length; i++) {
    const at = i * ratio;
    const k = Math.floor(at);
    const f = at - k;
    const value = (j: number): number => (mix.left[j] ?? 0) + (mix.right[j] ?? 0);
    out[i] = value(k) * (1 - f) + value(k + 1) * f;
    most = Math.max(most, Math.abs(out[i] as number));
  }
  return out.map((value) => (0.8 * value) / most);
}

const at = (gain: number): { gain: number } => ({ gain });

/** A rock beat: kick on 1 and 3, snare on 2 and 4, hats in eighths, bass and keys. */
function rock(mix: Mix, clock: Clock, seed: number): Piece['play'] {
  const rng = random(seed);
  return (beat, place, chord) => {
    if (place % 2 === 0) kick(mix, clock(beat), at(0.8));
    else snare(mix, clock(beat), at(0.6), rng);
    for (const half of [0, 0.5]) hat(mix, clock(beat + half), at(half === 0 ? 0.3 : 0.2), rng);
    bass(mix, clock(beat), 0.3, (chord[0] ?? 48) - 12, at(0.4));
    if (place === 0) for (const note of chord) keys(mix, clock(beat), 1.5, note, at(0.15));
  };
}

/** A piano's broken chord in eighths; the bass note on the first beat. */
function arpeggio(mix: Mix, clock: Clock, seed: number): Piece['play'] {
  const rng = random(seed);
  return (beat, place, chord) => {
    if (place === 0) keys(mix, clock(beat), 2, (chord[0] ?? 48) - 12, at(0.5));
    for (const half of [0, 0.5]) {
      const note = chord[(place * 2 + half * 2) % chord.length] ?? 60;
      keys(mix, clock(beat + half), 0.9, note + 12, at((half === 0 ? 0.32 : 0.24) * (0.85 + 0.3 * rng())));
    }
  };
}

/** Pieces with a pulse. */
export function pulsePieces(): BeatMaterial[] {
  const steady = (name: string, clock: Clock, perBar: number, play: (mix: Mix, rng: () => number) => Piece['play']) =>
    made(name, SECONDS, (mix) => ({ clock, perBar, play: play(mix, random(name.length)) }));
  const step: Clock = flowing((beat) => (beat < 32 ? 100 : 125));
  const ramp: Clock = flowing((beat) => 90 + 40 * Math.min(1, beat / 72));
  const rubato: Clock = flowing((beat) => 92 * (1 + 0.09 * Math.sin((2 * Math.PI * beat) / 16)));
  const c = { sync: even(108), swing: even(144), waltz: even(156), six: even(66), pads: even(88), off: even(124) };
  return [
    steady('syncopated', c.sync, 4, (mix, rng) => (beat, place, chord) => {
      const now = (offset: number): number => c.sync(beat + offset);
      if (place === 0) for (const hit of [0, 0.75, 2.5]) kick(mix, now(hit), at(0.8));
      if (place === 1 || place === 3) snare(mix, now(0), at(0.6), rng);
      for (const quarter of [0, 0.25, 0.5, 0.75]) hat(mix, now(quarter), at(quarter === 0.75 ? 0.35 : 0.15), rng);
      if (place % 2 === 0) for (const note of chord) keys(mix, now(0.5), 0.5, note, at(0.2));
      if (place === 0)
        for (const hit of [0, 0.75, 1.5, 2.75]) bass(mix, now(hit), 0.25, (chord[0] ?? 48) - 12, at(0.5));
    }),
    steady('swing', c.swing, 4, (mix, rng) => (beat, place, chord) => {
      hat(mix, c.swing(beat), at(0.3), rng, 0.08);
      if (place % 2 === 1) for (const hit of [0, 2 / 3]) hat(mix, c.swing(beat + hit), at(0.3), rng, 0.06);
      bass(mix, c.swing(beat), 0.35, (chord[place % chord.length] ?? 48) - 12, at(0.6));
      if (place === 1) for (const note of chord) keys(mix, c.swing(beat + 2 / 3), 0.3, note, at(0.2));
    }),
    steady('waltz without drums, 3/4', c.waltz, 3, (mix) => (beat, place, chord) => {
      if (place === 0) bass(mix, c.waltz(beat), 0.5, (chord[0] ?? 48) - 12, at(0.6));
      else for (const note of chord.slice(1)) keys(mix, c.waltz(beat), 0.3, note, at(0.2));
    }),
    steady('6/8 at 66 dotted quarters', c.six, 2, (mix, rng) => (beat, place, chord) => {
      if (place === 0) kick(mix, c.six(beat), at(0.7));
      else snare(mix, c.six(beat), at(0.5), rng);
      for (const third of [0, 1, 2]) {
        hat(mix, c.six(beat + third / 3), at(third === 0 ? 0.25 : 0.15), rng);
        pluck(mix, c.six(beat + third / 3), 0.5, (chord[third + 1] ?? 60) + 12, at(0.3), rng);
      }
    }),
    steady('tempo step 100 to 125', step, 4, (mix) => rock(mix, step, 5)),
    steady('tempo ramp 90 to 130', ramp, 4, (mix) => rock(mix, ramp, 6)),
    steady('rubato piano, ±9 %', rubato, 4, (mix) => arpeggio(mix, rubato, 7)),
    steady('soft attacks (pads)', c.pads, 4, (mix) => (beat, place, chord) => {
      for (const note of place === 0 ? chord : chord.slice(2))
        pad(mix, c.pads(beat), 0.5, note + (place % 2) * 5, at(place === 0 ? 0.4 : 0.3), 0.06);
    }),
    steady('piano arpeggio, no drums', even(100), 4, (mix) => arpeggio(mix, even(100), 8)),
    steady('off-beat hats', c.off, 4, (mix, rng) => (beat, place, chord) => {
      kick(mix, c.off(beat), at(0.5));
      hat(mix, c.off(beat + 0.5), at(0.6), rng, 0.1);
      if (place === 0) for (const note of chord) pad(mix, c.off(beat), 1.8, note, at(0.12), 0.05);
      bass(mix, c.off(beat + 0.5), 0.2, (chord[0] ?? 48) - 12, at(0.4));
    }),
    steady('half-time drums', even(140), 4, (mix, rng) => (beat, place, chord) => {
      const clock = even(140);
      if (place === 0) kick(mix, clock(beat), at(0.8));
      if (place === 2) snare(mix, clock(beat), at(0.7), rng);
      for (const half of [0, 0.5]) hat(mix, clock(beat + half), at(half === 0 ? 0.3 : 0.2), rng);
      if (place === 0) bass(mix, clock(beat), 0.9, (chord[0] ?? 48) - 12, at(0.5));
    }),
    made('pickup of one beat', SECONDS, (mix) => {
      const clock = even(112, 0.2 + 60 / 112);
      return { clock, perBar: 4, first: -1, play: rock(mix, clock, 9) };
    }),
    steady('silence for 3.7 s first', even(105, 3.7), 4, (mix) => rock(mix, even(105, 3.7), 10)),
    steady('slow, 55', even(55), 4, (mix) => rock(mix, even(55), 11)),
    steady('fast, 180', even(180), 4, (mix) => rock(mix, even(180), 12)),
    steady(
      'a plain kick off its bars',
      even(120, 0.31),
      4,
      (mix) => (beat) => kick(mix, even(120, 0.31)(beat), at(0.8)),
    ),
  ];
}

/** Adds `sound` to both sides from a time on. */
function lay(mix: Mix, start: number, length: number, gain: number, sound: (t: number) => number): void {
  const first = Math.round(start * RATE);
  for (let i = 0; i < length * RATE && first + i < mix.left.length; i++) {
    const value = gain * sound(i / RATE);
    mix.left[first + i] = (mix.left[first + i] as number) + value;
    mix.right[first + i] = (mix.right[first + i] as number) + value;
  }
}

/** Noise through a one-pole low-pass; a share of 1 is white. */
function smoothNoise(rng: () => number, share: number): () => number {
  let value = 0;
  return () => {
    value += share * (2 * rng() - 1 - value);
    return value;
  };
}

/** Syllables: a buzz at a wandering pitch through two formants, 0.09 to 0.3 s long, with pauses between phrases. */
function speak(mix: Mix, rng: () => number, pitch: number, gain: number): void {
  for (let t = 0.3; t < SECONDS; ) {
    const syllables = 3 + Math.floor(rng() * 9);
    for (let s = 0; s < syllables; s++) {
      const length = 0.09 + 0.21 * rng() ** 1.5;
      const w = 2 * Math.PI * pitch * (0.8 + 0.4 * rng());
      const [f1, f2] = [300 + 500 * rng(), 900 + 1400 * rng()];
      const level = 0.4 + 0.6 * rng();
      const hiss = smoothNoise(rng, 1);
      const consonant = rng() < 0.5 ? 0.04 : 0;
      lay(mix, t, length, gain * level, (x) => {
        let value = 0;
        for (let h = 1; h < 18; h++) {
          const f = (h * w) / (2 * Math.PI);
          const formant = Math.exp(-(((f - f1) / 130) ** 2)) + 0.6 * Math.exp(-(((f - f2) / 200) ** 2));
          if (formant > 0.01) value += formant * Math.sin(h * w * x);
        }
        const shape = Math.min(1, x / 0.025, (length - x) / 0.04);
        return value * shape + (x < consonant ? 0.3 * hiss() : 0);
      });
      t += length * (0.9 + 0.4 * rng());
    }
    t += 0.2 + 0.9 * rng();
  }
}

/** Calls `hit(time)` at random times, so many a second on average. */
function poisson(rng: () => number, perSecond: number, hit: (time: number) => void): void {
  for (let t = 0.1 - Math.log(1 - rng()) / perSecond; t < SECONDS - 0.5; t += -Math.log(1 - rng()) / perSecond) hit(t);
}

/** Sounds that nobody could tap to. */
export function pulselessSounds(): BeatMaterial[] {
  const sound = (name: string, fill: (mix: Mix, rng: () => number) => void): BeatMaterial => {
    const mix = emptyMix(SECONDS);
    fill(mix, random(name.length * 7 + 1));
    return { name, samples: mono(mix), beats: [] };
  };
  const wave = (mix: Mix, rng: () => number, share: number, level: (t: number) => number): void => {
    const noise = smoothNoise(rng, share);
    lay(mix, 0, SECONDS, 0.4, (t) => noise() * level(t));
  };
  return [
    sound('ambient pads', (mix, rng) =>
      poisson(rng, 0.35, (t) => pad(mix, t, 5, 45 + Math.floor(24 * rng()), at(0.3), 1.5 + rng())),
    ),
    sound('speech', (mix, rng) => speak(mix, rng, 120, 0.3)),
    sound('speech, higher and quicker', (mix, rng) => speak(mix, rng, 210, 0.3)),
    sound('many voices', (mix, rng) => {
      for (const pitch of [105, 130, 180, 220, 245]) speak(mix, rng, pitch, 0.15);
    }),
    sound('rain with drops', (mix, rng) => {
      wave(mix, rng, 0.6, () => 0.3);
      poisson(rng, 12, (t) => lay(mix, t, 0.02, 0.5 * rng(), (x) => Math.sin(9000 * x) * Math.exp(-x / 0.004)));
    }),
    sound('white noise', (mix, rng) => wave(mix, rng, 1, () => 1)),
    sound('wind', (mix, rng) =>
      wave(mix, rng, 0.05, (t) => 0.5 + 0.3 * Math.sin(0.7 * t) + 0.2 * Math.sin(1.93 * t + 1)),
    ),
    sound('sea', (mix, rng) =>
      wave(mix, rng, 0.3, (t) => Math.max(0, Math.sin(0.73 * t + 0.8 * Math.sin(0.21 * t))) ** 2),
    ),
    sound('wind chimes', (mix, rng) =>
      poisson(rng, 2.5, (t) => bell(mix, t, 2, 72 + Math.floor(20 * rng()), at(0.3 * (0.3 + rng())))),
    ),
    sound('random plucks', (mix, rng) =>
      poisson(rng, 3, (t) => pluck(mix, t, 1, 48 + Math.floor(24 * rng()), at(0.4), rng)),
    ),
    sound('applause', (mix, rng) =>
      poisson(rng, 60, (t) => {
        const noise = smoothNoise(rng, 0.7);
        lay(mix, t, 0.03, 0.2 + 0.5 * rng(), (x) => noise() * Math.exp(-x / 0.006));
      }),
    ),
    sound('drone with vibrato', (mix) =>
      lay(mix, 0, SECONDS, 0.4, (t) => Math.sin(2 * Math.PI * hertz(45) * t + 3 * Math.sin(2 * Math.PI * 5.3 * t))),
    ),
  ];
}
