/** `bench beats`: our own tracker on everything with exact beats, and its time on three minutes, beside librosa's. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { decodeMono } from '../pipeline/media/audio.node.ts';
import { runFfmpeg } from '../pipeline/media/ffmpeg.node.ts';
import { SAMPLE_RATE } from '../pipeline/timeline/beats/onset.ts';
import { trackBeats } from '../pipeline/timeline/beats/tracker.ts';
import { pulselessSounds, pulsePieces } from './beat-material.ts';
import { amlt, cmlt, fMeasure } from './beat-metrics.ts';
import type { BenchResult, BenchRow } from './types.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SAMPLES = join(ROOT, 'samples/music');
const ORACLE = join(ROOT, 'scripts/oracles/librosa_beats.py');
const LONG_SECONDS = 180;
const DEFAULT_BPM = 120;
const F_GOAL = 0.95;
const DOWNBEAT_GOAL = 0.9;
const TEMPO_GOAL_PERCENT = 0.5;
/** The timing is the best of this many runs: others may be at work on the machine. */
const RUNS = 3;

export interface AnnotatedBeat {
  readonly time: number;
  readonly beatInBar: number;
}

/** Lines of `time<tab>beat in bar`, as beside fixtures and samples. */
export async function readBeats(path: string): Promise<AnnotatedBeat[]> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  const line = z.tuple([z.coerce.number(), z.coerce.number().int().min(1)]);
  return lines.map((text) => {
    const [time, beatInBar] = line.parse(text.split('\t'));
    return { time, beatInBar };
  });
}

/** Sound files that have a `.beats` file beside them. */
export async function annotatedFiles(folder: string): Promise<{ sound: string; beats: string }[]> {
  if (!existsSync(folder)) return [];
  return (await readdir(folder))
    .filter((name) => /\.(flac|mp3|ogg|wav)$/.test(name))
    .sort()
    .map((name) => ({ sound: join(folder, name), beats: join(folder, name.replace(/\.\w+$/, '.beats')) }))
    .filter(({ beats }) => existsSync(beats));
}

export async function benchBeats(): Promise<BenchResult> {
  const fixtures = join(resolve(ROOT, process.env.PICAIVID_FIXTURES ?? '../shared/fixtures'), 'audio');
  const files = [...(await annotatedFiles(fixtures)), ...(await annotatedFiles(SAMPLES))];
  const work = await mkdtemp(join(tmpdir(), 'picaivid-bench-beats-'));
  try {
    const long = join(work, 'three-minutes.wav');
    const source = join(SAMPLES, 'city_rush_140bpm.flac');
    await runFfmpeg(
      ['-v', 'error', '-stream_loop', '-1', '-i', source, '-t', String(LONG_SECONDS), '-ar', String(SAMPLE_RATE), long],
      { file: long },
    );
    const theirs = await askLibrosa([...files.map(({ sound }) => sound), long]);
    const rows: BenchRow[] = [];
    for (const { sound, beats } of files)
      rows.push(...(await accuracy(sound, await readBeats(beats), theirs?.get(sound)?.beats)));
    rows.push(...material());
    rows.push(...(await speed(long, theirs?.get(long)?.seconds)));
    const notes = [
      'No trim: the first 5 s count too, because the pieces are short. Metrics as mir_eval 0.8.2 defines them.',
      theirs === undefined
        ? 'librosa is not there (python3 has no such module): nothing to compare with.'
        : 'librosa: beat_track with its defaults, samples decoded before, after a warm-up.',
      ...(existsSync(fixtures) ? [] : ['The fixtures are not there: only the samples were measured.']),
    ];
    return { name: 'beats', rows, notes };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function accuracy(
  sound: string,
  annotated: readonly AnnotatedBeat[],
  theirs: readonly number[] | undefined,
): Promise<BenchRow[]> {
  const name = basename(sound).replace(/\.\w+$/, '');
  const track = trackBeats(await decodeMono(sound, SAMPLE_RATE), { defaultBpm: DEFAULT_BPM });
  const times = annotated.map((beat) => beat.time);
  const found = track.beats.map((beat) => beat.time);
  const f = fMeasure(times, found);
  const down = fMeasure(
    annotated.filter((beat) => beat.beatInBar === 1).map((beat) => beat.time),
    track.downbeats,
  );
  const tempo = tempoErrorPercent(times, found);
  return [
    { what: `${name}: F ±70 ms`, value: f, unit: '', goal: `≥ ${F_GOAL}`, met: f >= F_GOAL },
    { what: `${name}: CMLt`, value: cmlt(times, found), unit: '' },
    { what: `${name}: AMLt`, value: amlt(times, found), unit: '' },
    {
      what: `${name}: downbeats F`,
      value: down,
      unit: '',
      goal: `≥ ${DOWNBEAT_GOAL} where clear`,
      met: down >= DOWNBEAT_GOAL,
    },
    {
      what: `${name}: tempo off by`,
      value: tempo,
      unit: '%',
      goal: `≤ ${TEMPO_GOAL_PERCENT}`,
      met: tempo <= TEMPO_GOAL_PERCENT,
    },
    ...(theirs === undefined ? [] : [{ what: `${name}: F of librosa`, value: fMeasure(times, theirs), unit: '' }]),
  ];
}

/** Music of many kinds computed with exact beats, reported without a goal, and sounds that must not be given a pulse. */
function material(): BenchRow[] {
  const rows = pulsePieces().flatMap(({ name, samples, beats }): BenchRow[] => {
    const track = trackBeats(samples, { defaultBpm: DEFAULT_BPM });
    const times = beats.map((beat) => beat.time);
    const found = track.beats.map((beat) => beat.time);
    const bars = beats.filter((beat) => beat.beatInBar === 1).map((beat) => beat.time);
    return [
      { what: `computed, ${name}: F ±70 ms`, value: fMeasure(times, found), unit: '' },
      { what: `computed, ${name}: CMLt`, value: cmlt(times, found), unit: '' },
      { what: `computed, ${name}: AMLt`, value: amlt(times, found), unit: '' },
      { what: `computed, ${name}: downbeats F`, value: fMeasure(bars, track.downbeats), unit: '' },
    ];
  });
  const sounds = pulselessSounds();
  const claims = sounds.filter(({ samples }) => trackBeats(samples, { defaultBpm: DEFAULT_BPM }).hasPulse).length;
  const what = `pulses claimed in ${sounds.length} sounds without one`;
  return [...rows, { what, value: claims, unit: '', goal: '0', met: claims === 0 }];
}

/** Difference of the median distances between beats, percent. */
export function tempoErrorPercent(reference: readonly number[], estimated: readonly number[]): number {
  const median = (times: readonly number[]): number => {
    const steps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    return steps.sort((a, b) => a - b)[steps.length >> 1] ?? Number.NaN;
  };
  return 100 * Math.abs(median(estimated) / median(reference) - 1);
}

async function speed(long: string, theirs: number | undefined): Promise<BenchRow[]> {
  const samples = await decodeMono(long, SAMPLE_RATE);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    trackBeats(samples, { defaultBpm: DEFAULT_BPM });
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  const row: BenchRow = { what: `${LONG_SECONDS} s of music, samples to beats`, value: best, unit: 's' };
  if (theirs === undefined) return [row];
  return [
    { ...row, goal: `faster than librosa (${theirs.toFixed(2)} s)`, met: best < theirs },
    { what: 'times as fast as librosa', value: theirs / best, unit: '×' },
  ];
}

const oracleSchema = z.object({
  librosa: z.string(),
  results: z.array(z.object({ file: z.string(), beats: z.array(z.number()), seconds: z.number() })),
});

/** librosa's beats by file, or undefined where Python or librosa is missing. */
async function askLibrosa(
  files: readonly string[],
): Promise<Map<string, { beats: number[]; seconds: number }> | undefined> {
  try {
    const { stdout } = await promisify(execFile)('python3', [ORACLE, ...files], { maxBuffer: 1 << 24 });
    const { results } = oracleSchema.parse(JSON.parse(stdout));
    return new Map(results.map(({ file, beats, seconds }) => [file, { beats, seconds }]));
  } catch (error) {
    // No python3 (ENOENT), or the script's own exit code for a missing librosa; anything else is a defect to be seen.
    if (typeof error === 'object' && error !== null && 'code' in error && (error.code === 'ENOENT' || error.code === 3))
      return undefined;
    throw error;
  }
}
