import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { BeatTrack } from '../../domain.ts';
import { decodeMono } from '../../media/audio.node.ts';
import { runFfmpeg } from '../../media/ffmpeg.node.ts';
import { barsFromEvidence, isLoop } from './bars.ts';
import { fitSegments, layGrid } from './grid-fit.ts';
import { analyzeMusic } from './music.node.ts';
import { SAMPLE_RATE } from './onset.ts';
import { trackBeats, trackFromLogits } from './tracker.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SAMPLES = join(ROOT, 'samples/music');
const FIXTURES = join(ROOT, process.env.PICAIVID_FIXTURES ?? '../shared/fixtures', 'audio');
const OPTIONS = { defaultBpm: 120 };

/** F-measure of increasing times, each matched once within ±70 ms. */
function fMeasure(found: readonly number[], truth: readonly number[]): number {
  let hits = 0;
  let i = 0;
  let j = 0;
  while (i < found.length && j < truth.length) {
    const error = (found[i] ?? 0) - (truth[j] ?? 0);
    if (Math.abs(error) <= 0.07) {
      hits++;
      i++;
      j++;
    } else if (error < 0) i++;
    else j++;
  }
  return (2 * hits) / (found.length + truth.length);
}

function annotations(path: string): { beats: number[]; downbeats: number[] } {
  const rows = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t').map(Number));
  const time = (row: number[]): number => row[0] ?? Number.NaN;
  return { beats: rows.map(time), downbeats: rows.filter((row) => row[1] === 1).map(time) };
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Short decaying bursts of noise and tone at given times. */
function clicks(times: readonly number[], seconds: number, loudness = (_: number): number => 0.8): Float32Array {
  const out = new Float32Array(Math.round(seconds * SAMPLE_RATE));
  const next = random(3);
  times.forEach((time, k) => {
    const start = Math.round(time * SAMPLE_RATE);
    for (let i = 0; i < 1500 && start + i < out.length; i++) {
      const value = loudness(k) * Math.exp(-i / 300) * (0.5 * (2 * next() - 1) + 0.5 * Math.sin(i * 0.06));
      out[start + i] = (out[start + i] ?? 0) + value;
    }
  });
  return out;
}

function pulse(bpm: number, from: number, to: number): number[] {
  const times: number[] = [];
  for (let k = 0; from + (k * 60) / bpm < to - 1e-9; k++) times.push(from + (k * 60) / bpm);
  return times;
}

function expectIncreasing(track: BeatTrack): void {
  track.beats.forEach((beat, i) => {
    expect(beat.time).toBeGreaterThanOrEqual(0);
    expect(beat.time).toBeLessThan(track.durationSeconds);
    const before = track.beats[i - 1];
    if (before !== undefined) expect(beat.time).toBeGreaterThan(before.time);
  });
}

interface Piece {
  readonly file: string;
  readonly bpm: number;
  readonly beatsPerBar: number;
  /** Smallest F-measures: 1 where every beat is found and none too many. */
  readonly f: number;
  readonly downbeats: number;
}

async function check(folder: string, piece: Piece): Promise<void> {
  const path = join(folder, piece.file);
  const truth = annotations(path.replace(/\.\w+$/, '.beats'));
  const track = await analyzeMusic(path, OPTIONS);
  expect(track.hasPulse).toBe(true);
  expect(track.source).toBe('own');
  expect(Math.abs(track.bpm / piece.bpm - 1)).toBeLessThan(0.005);
  expect(track.beatsPerBar).toBe(piece.beatsPerBar);
  expect(
    fMeasure(
      track.beats.map((beat) => beat.time),
      truth.beats,
    ),
  ).toBeGreaterThanOrEqual(piece.f);
  expect(fMeasure(track.downbeats, truth.downbeats)).toBeGreaterThanOrEqual(piece.downbeats);
  expectIncreasing(track);
}

describe('the sample music', () => {
  const pieces: Piece[] = [
    { file: 'city_rush_140bpm.flac', bpm: 140, beatsPerBar: 4, f: 1, downbeats: 1 },
    { file: 'garden_waltz_120bpm.flac', bpm: 120, beatsPerBar: 3, f: 1, downbeats: 1 },
    // Changes to 108 midway: `bpm` is the first tempo.
    { file: 'morning_light_96bpm.flac', bpm: 96, beatsPerBar: 4, f: 1, downbeats: 1 },
  ];
  it.each(pieces)('$file', (piece) => check(SAMPLES, piece));
});

describe.skipIf(!existsSync(FIXTURES))('music of others (skipped without the fixtures)', () => {
  const pieces: Piece[] = [
    { file: '808kick120bpm.mp3', bpm: 120, beatsPerBar: 4, f: 1, downbeats: 1 },
    { file: 'cc0_breakbeat_126bpm.flac', bpm: 126, beatsPerBar: 4, f: 1, downbeats: 1 },
    // Its first beat has no attack.
    { file: 'cc0_electro_97bpm.flac', bpm: 97, beatsPerBar: 4, f: 0.99, downbeats: 0.96 },
    // Loudest on beat 4: only that it is a loop says where its bars begin.
    { file: 'cc0_garzul_120bpm.flac', bpm: 120, beatsPerBar: 4, f: 1, downbeats: 1 },
  ];
  it.each(pieces)('$file', (piece) => check(FIXTURES, piece));
});

/** The same music begun later, or after silence: what is true of its bars must not hang on where the file begins. */
async function checkVariations(path: string): Promise<void> {
  const samples = await decodeMono(path, SAMPLE_RATE);
  const truth = annotations(path.replace(/\.\w+$/, '.beats'));
  const period = (truth.beats[1] ?? 0) - (truth.beats[0] ?? 0);
  for (const shift of [-3, -0.37, 0.3, period, 2 * period, 3 * period]) {
    const cut = Math.round(shift * SAMPLE_RATE);
    const varied = new Float32Array(samples.length - cut);
    varied.set(samples.subarray(Math.max(0, cut)), Math.max(0, -cut));
    const track = trackBeats(varied, OPTIONS);
    const here = (times: number[]): number[] => times.map((time) => time - shift).filter((time) => time > -0.005);
    const times = track.beats.map((beat) => beat.time);
    expect(fMeasure(times, here(truth.beats)), `beats, shifted ${shift}`).toBeGreaterThanOrEqual(0.95);
    expect(fMeasure(track.downbeats, here(truth.downbeats)), `downbeats, shifted ${shift}`).toBeGreaterThanOrEqual(
      0.95,
    );
  }
}

describe('music begun later or after silence keeps its bars', () => {
  it.each(['city_rush_140bpm.flac', 'garden_waltz_120bpm.flac', 'morning_light_96bpm.flac'])('%s', (file) =>
    checkVariations(join(SAMPLES, file)),
  );
  it.skipIf(!existsSync(FIXTURES)).each(['cc0_breakbeat_126bpm.flac', 'cc0_electro_97bpm.flac'])('%s', (file) =>
    checkVariations(join(FIXTURES, file)),
  );
});

describe('the end of the music', () => {
  it('has no beats under a held tone that dies away', () => {
    const times = pulse(120, 0.25, 20);
    const samples = clicks(times, 28);
    for (let i = 0; i < samples.length; i++) {
      const t = i / SAMPLE_RATE;
      const fade = t < 20 ? 1 : Math.max(0, 1 - (t - 20) / 8);
      samples[i] = (samples[i] ?? 0) + 0.2 * fade * Math.sin(2 * Math.PI * 220 * t);
    }
    const found = trackBeats(samples, OPTIONS).beats.map((beat) => beat.time);
    expect(found).toHaveLength(times.length);
    expect(Math.abs((found.at(-1) ?? 0) - (times.at(-1) ?? 0))).toBeLessThan(0.02);
  });
});

describe('clicks', () => {
  it.each([70, 85, 100, 120, 140, 160, 180])('at %d a minute, or at half or double that', (bpm) => {
    const track = trackBeats(clicks(pulse(bpm, 0.3, 24), 24), OPTIONS);
    expect(track.hasPulse).toBe(true);
    const octave = [0.5, 1, 2].find((factor) => Math.abs(track.bpm / (bpm * factor) - 1) < 0.005);
    expect(octave).toBeDefined();
    const truth = pulse(bpm * (octave ?? 1), 0.3 % (60 / (bpm * (octave ?? 1))), 24);
    const other = truth.map((time) => time + 60 / bpm);
    const found = track.beats.map((beat) => beat.time);
    expect(Math.max(fMeasure(found, truth), fMeasure(found, other))).toBeGreaterThanOrEqual(0.95);
  });

  it('every third one accented is three in a bar', () => {
    const times = pulse(120, 0.5, 30);
    const track = trackBeats(
      clicks(times, 30, (k) => (k % 3 === 0 ? 0.9 : 0.25)),
      OPTIONS,
    );
    expect(track.beatsPerBar).toBe(3);
    expect(
      fMeasure(
        track.downbeats,
        times.filter((_, k) => k % 3 === 0),
      ),
    ).toBeGreaterThanOrEqual(0.9);
  });

  it('follow a change of tempo', () => {
    const times = [...pulse(100, 0.2, 20), ...pulse(125, 20, 40)];
    const track = trackBeats(clicks(times, 40), OPTIONS);
    expect(
      fMeasure(
        track.beats.map((beat) => beat.time),
        times,
      ),
    ).toBeGreaterThanOrEqual(0.95);
    expect(Math.abs(track.bpm - 100)).toBeLessThan(0.5);
  });

  it('with swung quavers keep the crotchet', () => {
    const times = pulse(110, 0.2, 30);
    const swung = times.flatMap((time) => [time, time + (60 / 110) * 0.66]);
    const track = trackBeats(
      clicks(swung, 30, (k) => (k % 2 === 0 ? 0.9 : 0.3)),
      OPTIONS,
    );
    expect(
      fMeasure(
        track.beats.map((beat) => beat.time),
        times,
      ),
    ).toBeGreaterThanOrEqual(0.95);
  });
});

describe('music without a pulse', () => {
  const noise = (seconds: number, seed: number): Float32Array => {
    const next = random(seed);
    return Float32Array.from({ length: seconds * SAMPLE_RATE }, () => 0.3 * (2 * next() - 1));
  };
  const drone = Float32Array.from(
    { length: 20 * SAMPLE_RATE },
    (_, i) => 0.3 * Math.sin((2 * Math.PI * 110 * i) / SAMPLE_RATE),
  );
  it.each([
    ['noise', noise(20, 1)],
    ['other noise', noise(30, 2)],
    ['silence', new Float32Array(20 * SAMPLE_RATE)],
    ['two seconds', clicks(pulse(120, 0, 2), 2)],
    ['a drone', drone],
  ])('%s gets the even grid', (_, samples) => {
    const track = trackBeats(samples, { defaultBpm: 100 });
    expect(track.hasPulse).toBe(false);
    expect(track.source).toBe('default');
    expect(track.bpm).toBe(100);
    expect(track.confidence).toBe(0);
    expect(track.beats.length).toBe(Math.ceil((samples.length / SAMPLE_RATE / 0.6) * (1 - 1e-12)));
    expectIncreasing(track);
  });

  it('brown noise gets the even grid', async () => {
    const chunks = await rawSound('anoisesrc=color=brown:seed=7:amplitude=0.3', 40);
    expect(trackBeats(chunks, OPTIONS).hasPulse).toBe(false);
  });
});

async function rawSound(source: string, seconds: number): Promise<Float32Array> {
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const folder = await mkdtemp(join(tmpdir(), 'beats-'));
  try {
    const path = join(folder, 'sound.wav');
    await runFfmpeg(['-v', 'error', '-f', 'lavfi', '-i', source, '-t', String(seconds), path]);
    return await decodeMono(path, SAMPLE_RATE);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the grid', () => {
  it('is one line through an even pulse, exactly', () => {
    const times = pulse(96, 0.25, 40);
    const [segment, ...more] = fitSegments(
      times,
      times.map(() => 1),
    );
    expect(more).toEqual([]);
    expect(segment?.periodSeconds).toBeCloseTo(0.625, 9);
    expect(segment?.originSeconds).toBeCloseTo(0.25, 9);
  });

  it('has a segment a tempo, the border within a beat', () => {
    const times = [...pulse(96, 0, 20), ...pulse(108, 20, 40)];
    const segments = fitSegments(
      times,
      times.map(() => 1),
    );
    expect(segments.map(({ periodSeconds }) => Math.round(60 / periodSeconds))).toEqual([96, 108]);
    expect(Math.abs((segments[1]?.from ?? 0) - 32)).toBeLessThanOrEqual(1);
  });

  it('fills the time before and after what was found', () => {
    const grid = layGrid([{ from: 0, to: 8, periodSeconds: 0.5, originSeconds: 2 }], () => 1, 10.1);
    expect(grid).toHaveLength(21);
    expect(grid[0]).toBeCloseTo(0, 9);
    expect(grid.at(-1)).toBeCloseTo(10, 9);
  });
});

describe('bars', () => {
  it('begin where the evidence is', () => {
    const evidence = Array.from({ length: 40 }, (_, i) => (i % 4 === 2 ? 1.5 : -0.5));
    const { beatsPerBar, positions } = barsFromEvidence(evidence);
    expect(beatsPerBar).toBe(4);
    expect(positions.slice(0, 6)).toEqual([3, 4, 1, 2, 3, 4]);
  });

  it('can be of three beats', () => {
    expect(barsFromEvidence(Array.from({ length: 42 }, (_, i) => (i % 3 === 0 ? 1.4 : -0.7))).beatsPerBar).toBe(3);
  });

  it('go on after a beat was added', () => {
    const evidence = Array.from({ length: 81 }, (_, i) => ((i < 40 ? i : i - 1) % 4 === 0 ? 1.7 : -0.57));
    const { positions } = barsFromEvidence(evidence);
    expect(positions[4]).toBe(1);
    expect(positions[61]).toBe(1);
  });
});

describe('a loop', () => {
  const beats = pulse(120, 0, 16);
  it('is one where whole bars fill the sound, wherever it lies', () => {
    expect(isLoop(beats, 4, { from: 0, to: 16 })).toBe(true);
    expect(isLoop(pulse(120, 3.2, 19.2), 4, { from: 3.2, to: 19.2 })).toBe(true);
  });

  it('is none in part of one, after silence within it, with a dying chord, nor in an uneven pulse', () => {
    expect(isLoop(beats.slice(1), 4, { from: 0.5, to: 16 })).toBe(false);
    expect(isLoop(beats.slice(1), 4, { from: 0, to: 16 })).toBe(false);
    expect(isLoop(beats, 3, { from: 0, to: 16 })).toBe(false);
    expect(isLoop(beats, 4, { from: 0, to: 18 })).toBe(false);
    const uneven = beats.map((time, i) => time + (i > 15 ? 0.06 : 0));
    expect(isLoop(uneven, 4, { from: 0, to: 16 })).toBe(false);
  });

  it('outweighs drums that are loud on another beat, but not the clearest of accents', () => {
    const loudest = (value: number): number[] =>
      Array.from({ length: 64 }, (_, i) => (i % 4 === 3 ? value : -value / 3));
    expect(barsFromEvidence(loudest(1), () => true).positions.slice(0, 4)).toEqual([1, 2, 3, 4]);
    expect(barsFromEvidence(loudest(1)).positions.slice(0, 4)).toEqual([2, 3, 4, 1]);
    expect(barsFromEvidence(loudest(1.7), () => true).positions.slice(0, 4)).toEqual([2, 3, 4, 1]);
  });
});

describe('logits of a network', () => {
  const silence = new Float32Array(30 * SAMPLE_RATE);
  it('become beats and bars', () => {
    const beat = new Float32Array(1500).fill(-6);
    const downbeat = new Float32Array(1500).fill(-6);
    // 50 frames a second, a beat every 25 frames from frame 10, the second beat begins the bar.
    for (let f = 10, k = 0; f < 1500; f += 25, k++) {
      beat[f] = 4;
      beat[f - 1] = 1;
      if (k % 4 === 1) downbeat[f + 1] = 3;
    }
    const track = trackFromLogits(beat, downbeat, 50, silence, OPTIONS);
    expect(track.source).toBe('beat_this');
    expect(track.bpm).toBeCloseTo(120, 6);
    expect(track.beats.map((b) => b.time)[0]).toBeCloseTo(0.2, 6);
    expect(track.beats).toHaveLength(60);
    expect(track.downbeats[0]).toBeCloseTo(0.7, 6);
    expect(track.downbeats[1]).toBeCloseTo(2.7, 6);
    expectIncreasing(track);
  });

  it('end with the music: no beats under what dies away', () => {
    const beat = new Float32Array(1500).fill(-6);
    // Beats every half second up to 20 s of 30; the clicks end there too.
    for (let f = 0; f <= 1000; f += 25) beat[f] = 4;
    const track = trackFromLogits(beat, new Float32Array(1500).fill(-6), 50, clicks(pulse(120, 0, 20.1), 30), OPTIONS);
    expect(track.beats).toHaveLength(41);
    expect(track.beats.at(-1)?.time).toBeCloseTo(20, 6);
  });

  it('without peaks become the even grid', () => {
    const track = trackFromLogits(
      new Float32Array(1500).fill(-5),
      new Float32Array(1500).fill(-5),
      50,
      silence,
      OPTIONS,
    );
    expect(track.hasPulse).toBe(false);
  });
});
