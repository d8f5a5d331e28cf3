/** The three sample pieces as scores. Each gives its stereo sound and its exact beats. */
import { addMix, duck, mixdown } from './mixdown.ts';
import { bass, bell, emptyMix, hat, keys, kick, type Mix, pad, pluck, random, riser, snare, stab } from './voices.ts';

export interface Piece {
  readonly name: string;
  /** Interleaved 16-bit stereo at RATE. */
  readonly pcm: Int16Array;
  readonly beats: readonly { readonly time: number; readonly beatInBar: number }[];
}

/** −7 dBFS: the film sets its own loudness, and quieter sound is fewer bytes of FLAC. All three: 12 of the samples' 25 MB. */
const PEAK = 0.45;
/** Seconds that the last notes ring after the last bar. */
const TAIL = 2.2;

/** Bars of steady tempo after each other; `at(bar, beat)` is exact, also between beats. */
class Score {
  readonly meter: number;
  readonly bars: number;
  private readonly starts: number[] = [];
  private readonly beatSeconds: number[] = [];
  readonly end: number;

  constructor(meter: number, lead: number, runs: readonly { bars: number; bpm: number }[]) {
    this.meter = meter;
    let time = lead;
    for (const run of runs) {
      for (let b = 0; b < run.bars; b++) {
        this.starts.push(time);
        this.beatSeconds.push(60 / run.bpm);
        time += (meter * 60) / run.bpm;
      }
    }
    this.bars = this.starts.length;
    this.end = time;
  }

  /** Seconds of one beat in a bar. */
  beat(bar: number): number {
    return this.beatSeconds[bar] ?? 0.5;
  }

  at(bar: number, beat: number): number {
    return (this.starts[bar] ?? this.end) + beat * this.beat(bar);
  }

  beats(): { time: number; beatInBar: number }[] {
    const out: { time: number; beatInBar: number }[] = [];
    for (let bar = 0; bar < this.bars; bar++)
      for (let beat = 0; beat < this.meter; beat++) out.push({ time: this.at(bar, beat), beatInBar: beat + 1 });
    out.push({ time: this.end, beatInBar: 1 });
    return out;
  }
}

/** Cyclic look-up that is never undefined for a non-empty list. */
function pick<T>(list: readonly [T, ...T[]], index: number): T {
  return list[index % list.length] ?? list[0];
}

type Chord = readonly [number, number, number, number];

/** Closing chord on the downbeat after the last bar: it is the last annotated beat. */
function finish(mix: Mix, time: number, chord: Chord, root: number): void {
  for (const note of chord) {
    keys(mix, time, TAIL, note, { gain: 0.16, send: 0.25 });
    pad(mix, time, TAIL - 0.6, note, { gain: 0.06, send: 0.2 }, 0.02);
  }
  bass(mix, time, TAIL - 0.5, root, { gain: 0.32 }, 0.3);
  kick(mix, time, { gain: 0.5 });
}

/** 96 to 108 BPM, 4/4, D major: electric piano and plucked strings over soft drums; it lifts at the tempo change. */
export function morningLight(): Piece {
  const score = new Score(4, 0, [
    { bars: 16, bpm: 96 },
    { bars: 18, bpm: 108 },
  ]);
  const rng = random(96);
  const mix = emptyMix(score.end + TAIL);
  const chords: readonly [Chord, ...Chord[]] = [
    [62, 66, 69, 74],
    [61, 64, 69, 73],
    [62, 66, 71, 74],
    [62, 67, 71, 74],
  ];
  const roots: readonly [number, ...number[]] = [38, 33, 35, 31];
  const melody: readonly [number[], ...number[][]] = [
    [78, 0, 76, 74, 0, 76, 78, 0],
    [76, 0, 73, 0, 69, 0, 73, 0],
    [74, 0, 78, 0, 81, 0, 78, 76],
    [74, 0, 0, 71, 0, 74, 0, 0],
  ];
  for (let bar = 0; bar < score.bars; bar++) {
    const chord = pick(chords, bar);
    const root = pick(roots, bar);
    const b = score.beat(bar);
    const drums = bar >= 4;
    const full = bar >= 8 && bar !== 15 && bar < 32;
    const lifted = bar >= 16 && bar < 32;
    for (const note of chord) {
      pad(mix, score.at(bar, 0), 4 * b - 0.1, note - (note > 72 ? 12 : 0), { gain: lifted ? 0.055 : 0.045, send: 0.3 });
      keys(mix, score.at(bar, 0), 2.2 * b, note, { gain: 0.11, send: 0.15 });
      if (full) keys(mix, score.at(bar, 2.5), b, note, { gain: 0.07, send: 0.15 });
    }
    for (let eighth = 0; eighth < 8; eighth++) {
      const note = (chord[[0, 2, 3, 1, 2, 0, 3, 1][eighth] ?? 0] ?? chord[0]) + (eighth % 4 === 2 ? 12 : 0);
      const accent = eighth % 2 === 0 ? 0.2 : 0.13;
      pluck(
        mix,
        score.at(bar, eighth / 2),
        1.2 * b,
        note,
        { gain: accent, pan: eighth % 2 ? 0.4 : -0.4, send: 0.2 },
        rng,
      );
      const tune = pick(melody, bar)[eighth] ?? 0;
      if (lifted && bar >= 20 && tune > 0)
        bell(mix, score.at(bar, eighth / 2), 1.5 * b, tune, { gain: 0.09, send: 0.35 });
    }
    bass(mix, score.at(bar, 0), 1.4 * b, root, { gain: drums ? 0.3 : 0.18 }, 0.45);
    if (drums) {
      bass(mix, score.at(bar, 1.5), 0.45 * b, root, { gain: 0.22 }, 0.4);
      bass(mix, score.at(bar, 2), 1.3 * b, root + (bar % 2 ? 7 : 12), { gain: 0.26 }, 0.4);
      kick(mix, score.at(bar, 0), { gain: 0.5 });
      kick(mix, score.at(bar, 2), { gain: 0.42 });
      if (lifted) kick(mix, score.at(bar, 2.5), { gain: 0.28 });
    }
    if (full) {
      snare(mix, score.at(bar, 1), { gain: 0.3, send: 0.06 }, rng, 0.3);
      snare(mix, score.at(bar, 3), { gain: 0.32, send: 0.06 }, rng, 0.3);
    }
    if (drums && bar < 32)
      for (let eighth = 0; eighth < 8; eighth++)
        hat(mix, score.at(bar, eighth / 2), { gain: eighth % 2 ? 0.1 : 0.15 }, rng, 0.025);
    if (bar === 15) {
      riser(mix, score.at(bar, 0), 4 * b, { gain: 0.16, send: 0.2 }, rng);
      for (let s = 0; s < 8; s++) snare(mix, score.at(bar, 2 + s / 4), { gain: 0.1 + 0.03 * s }, rng, 0.5);
    }
  }
  finish(mix, score.end, [62, 66, 69, 74], 38);
  return { name: 'morning_light_96bpm', pcm: mixdown(mix, 1, PEAK, 0.8), beats: score.beats() };
}

/** 120 BPM, 3/4, G major, after 0.35 s of silence: plucked waltz with bells, brushes in the middle. */
export function gardenWaltz(): Piece {
  const score = new Score(3, 0.35, [{ bars: 44, bpm: 120 }]);
  const rng = random(120);
  const mix = emptyMix(score.end + TAIL);
  const chords: readonly [Chord, ...Chord[]] = [
    [62, 67, 71, 74],
    [64, 67, 71, 76],
    [64, 67, 72, 76],
    [62, 66, 69, 74],
    [62, 67, 71, 74],
    [62, 66, 71, 74],
    [60, 64, 69, 72],
    [60, 66, 69, 74],
  ];
  const roots: readonly [number, ...number[]] = [43, 40, 36, 38, 43, 35, 33, 38];
  const melody: readonly [number[], ...number[][]] = [
    [79, 0, 0, 0, 83, 0],
    [83, 0, 0, 81, 79, 0],
    [84, 0, 83, 0, 79, 0],
    [81, 0, 0, 0, 0, 0],
    [79, 0, 0, 0, 86, 0],
    [83, 0, 0, 81, 78, 0],
    [76, 0, 79, 0, 81, 0],
    [78, 0, 0, 0, 74, 0],
  ];
  for (let bar = 0; bar < score.bars; bar++) {
    const chord = pick(chords, bar);
    const root = pick(roots, bar);
    const b = score.beat(bar);
    const drums = bar >= 8 && bar < 40;
    const full = bar >= 16 && bar < 40 && !(bar >= 28 && bar < 32);
    bass(mix, score.at(bar, 0), 1.6 * b, root, { gain: full ? 0.36 : 0.3 }, 0.35);
    pluck(mix, score.at(bar, 0), 2.4 * b, root + 12, { gain: 0.24, send: 0.15 }, rng);
    for (const beat of [1, 2])
      for (const note of chord)
        pluck(mix, score.at(bar, beat), 0.95 * b, note, { gain: beat === 1 ? 0.13 : 0.11, pan: 0.3, send: 0.15 }, rng);
    for (const note of chord)
      if (bar >= 4) pad(mix, score.at(bar, 0), 3 * b - 0.1, note, { gain: full ? 0.045 : 0.03, send: 0.3 }, 0.08);
    for (let eighth = 0; eighth < 6; eighth++) {
      const tune = pick(melody, bar)[eighth] ?? 0;
      const play = (bar >= 4 && bar < 28) || bar >= 32;
      if (play && tune > 0) bell(mix, score.at(bar, eighth / 2), 1.6 * b, tune, { gain: 0.13, pan: -0.2, send: 0.35 });
      if (full && eighth > 0)
        keys(mix, score.at(bar, eighth / 2), 0.8 * b, chord[eighth % 4] ?? chord[0], {
          gain: 0.06,
          pan: -0.4,
          send: 0.2,
        });
    }
    if (drums) {
      kick(mix, score.at(bar, 0), { gain: full ? 0.48 : 0.36 }, 52);
      snare(mix, score.at(bar, 1), { gain: 0.15, send: 0.08 }, rng, 0.8);
      snare(mix, score.at(bar, 2), { gain: 0.17, send: 0.08 }, rng, 0.8);
      hat(mix, score.at(bar, 0), { gain: 0.1 }, rng);
      for (const at of full ? [1, 1.5, 2, 2.5] : [1, 2]) hat(mix, score.at(bar, at), { gain: 0.09 }, rng);
    }
  }
  finish(mix, score.end, [62, 67, 71, 74], 43);
  return { name: 'garden_waltz_120bpm', pcm: mixdown(mix, 1, PEAK, 0.8), beats: score.beats() };
}

/** 140 BPM, 4/4, A minor: four to the floor, arpeggio, a build with a drum roll and a drop. */
export function cityRush(): Piece {
  const score = new Score(4, 0, [{ bars: 40, bpm: 140 }]);
  const rng = random(140);
  const drumsMix = emptyMix(score.end + TAIL);
  const tune = emptyMix(score.end + TAIL);
  const chords: readonly [Chord, ...Chord[]] = [
    [57, 60, 64, 69],
    [57, 60, 65, 69],
    [55, 60, 64, 67],
    [55, 59, 62, 67],
  ];
  const roots: readonly [number, ...number[]] = [33, 29, 36, 31];
  const lead: readonly [number[], ...number[][]] = [
    [76, 0, 0, 76, 0, 0, 74, 0],
    [72, 0, 0, 72, 0, 0, 74, 72],
    [76, 0, 0, 79, 0, 0, 76, 0],
    [74, 0, 0, 71, 0, 0, 67, 0],
  ];
  const kicks: number[] = [];
  for (let bar = 0; bar < score.bars; bar++) {
    const chord = pick(chords, bar);
    const root = pick(roots, bar);
    const b = score.beat(bar);
    const build = bar >= 12 && bar < 16;
    const drop = (bar >= 16 && bar < 24) || (bar >= 28 && bar < 36);
    const floor = (bar >= 4 && bar < 14) || drop || bar >= 36;
    for (const note of chord)
      pad(tune, score.at(bar, 0), 4 * b - 0.06, note, { gain: drop ? 0.1 : 0.08, send: 0.2 }, 0.02);
    for (let s = 0; s < 16; s++) {
      const note = (chord[[0, 1, 2, 3, 2, 1, 3, 2][s % 8] ?? 0] ?? chord[0]) + (s >= 8 ? 12 : 0);
      const gain = (drop ? 0.1 : 0.08) * (s % 4 === 0 ? 1.25 : 1);
      if (bar < 36) stab(tune, score.at(bar, s / 4), 0.3 * b, note, { gain, pan: s % 2 ? 0.35 : -0.35, send: 0.2 });
    }
    for (let eighth = 0; eighth < 8; eighth++) {
      if (bar >= 4 && !build)
        bass(
          tune,
          score.at(bar, eighth / 2),
          0.42 * b,
          root + (eighth % 4 === 3 ? 12 : 0),
          { gain: drop ? 0.42 : 0.32 },
          0.6,
        );
      const note = pick(lead, bar)[eighth] ?? 0;
      if (drop && note > 0) bell(tune, score.at(bar, eighth / 2), 1.2 * b, note, { gain: 0.13, send: 0.3 });
    }
    for (let beat = 0; beat < 4; beat++) {
      if (floor) {
        kick(drumsMix, score.at(bar, beat), { gain: drop ? 0.62 : 0.52 });
        kicks.push(score.at(bar, beat));
      }
      if (bar >= 8 && floor && beat % 2 === 1)
        snare(drumsMix, score.at(bar, beat), { gain: 0.38, send: 0.08 }, rng, 0.1);
      if (bar >= 2 && !build) hat(drumsMix, score.at(bar, beat + 0.5), { gain: 0.17 }, rng, drop ? 0.05 : 0.03);
      if (drop) for (const q of [0, 0.25, 0.75]) hat(drumsMix, score.at(bar, beat + q), { gain: 0.07 }, rng, 0.02);
    }
    if (drop && bar % 8 === 0) hat(drumsMix, score.at(bar, 0), { gain: 0.22, send: 0.1 }, rng, 0.35);
    if (build) {
      const steps = bar < 14 ? 4 : bar < 15 ? 8 : 16;
      for (let s = 0; s < steps; s++)
        snare(
          drumsMix,
          score.at(bar, (s * 4) / steps),
          { gain: 0.16 + 0.05 * (bar - 12) + (0.08 * s) / steps },
          rng,
          0.3,
        );
    }
    if (bar === 12) riser(drumsMix, score.at(bar, 0), 16 * b, { gain: 0.2, send: 0.1 }, rng);
  }
  duck(tune, kicks, 0.6, 0.3);
  addMix(drumsMix, tune);
  finish(drumsMix, score.end, [57, 60, 64, 69], 33);
  return { name: 'city_rush_140bpm', pcm: mixdown(drumsMix, 0.85, PEAK, 0.8), beats: score.beats() };
}

export const PIECES: readonly (() => Piece)[] = [morningLight, gardenWaltz, cityRush];
