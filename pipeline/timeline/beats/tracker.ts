/**
 * The project's own beat tracker: onset strength, tempo path, beats by dynamic programming, a grid of piecewise constant
 * tempo, bars, confidence, sections. Used where Beat This! is not installed; its logits go through the same grid.
 */
import type { Beat, BeatTrack, MusicSection } from '../../domain.ts';
import { type Bars, barsFromEvidence, findBars } from './bars.ts';
import { attackSeconds, beatFrames } from './beat-path.ts';
import { beatConfidences, beatContrast, sectionConfidence } from './confidence.ts';
import { fitSegments, type GridSegment, layGrid } from './grid-fit.ts';
import { rightGrouping, rightPhase } from './level.ts';
import {
  FRAMES_PER_SECOND,
  frameSeconds,
  normalisedFlux,
  type OnsetFeatures,
  onsetFeatures,
  SAMPLE_RATE,
  secondsFrame,
} from './onset.ts';
import { type TempoCurve, tempoCurve } from './tempo.ts';

/** Part of cache keys: change it with anything that changes results. */
export const TRACKER_VERSION = 'own-5';

/** Share of the mean evidence on beats against that between them and at random places; below, there is no pulse. */
const MIN_CONTRAST = 0.3;
/** Mean periodicity of the tempo path below which there is no pulse: six noises reach 0.71 to 0.79, nine pieces 1.02 to 2.53. */
const MIN_STRENGTH = 0.9;
/**
 * Where windows half as long are so much more periodic, the tempo flows (rubato, a ramp): 1.72 times on a ramp from 90 to
 * 130, 1.67 on a piano with ±9 %, at most 1.04 where the tempo holds. Speech reaches 1.45, with half of the least strength.
 */
const FLOWING_FACTOR = 1.3;
const SURELY_HELD = 1.6;
const FLOWING_WINDOW_SECONDS = 4;
const MIN_FLOWING_STRENGTH = 0.85;
/** Played beats so far (root mean square, seconds) from the fitted lines are taken as they are played. */
const LOOSE_SECONDS = 0.02;
const MOST_LOOSE_SECONDS = 0.1;
/** 6/8 is two groups of three eighths. */
const COMPOUND_METERS = [2] as const;
/** Raw flux that the strongest 2 % of the frames must reach: steady tones stay under 0.0004, nine pieces lie above 0.39. */
const MIN_ATTACK_FLUX = 0.005;
/** Where the music is softer than this share of its loudest (−60 dB), before it begins and after its end, no beats are laid. */
const SOUNDING_SHARE = 1e-6;
/**
 * Share of the strong flux that makes an attack: before the first and after the last one no beats are laid. In the
 * fade-outs of the samples, flux at the beats stays under 0.04; the softest last attack of nine pieces has 0.12.
 */
const ATTACK_SHARE = 0.05;
/** An attack may lie this far from the beat that it belongs to. */
const ATTACK_SLACK_SECONDS = 0.05;
/** So near to the end of the file nothing can sound any more: a grid of 9.996 s in 10 s of music has no beat there. */
const SHORTEST_SOUND_SECONDS = 0.03;
/** Music shorter than this has no tempo that could be told from chance. */
const MIN_PULSE_SECONDS = 4;
/** Mean square below which music is silence (−70 dBFS). */
const SILENT_POWER = 1e-7;
const SECTION_SECONDS = 4;
/** Four bars: a shorter first segment is an introduction, not the tempo of the music. */
const MAIN_TEMPO_BEATS = 16;

export interface TrackOptions {
  /** Tempo of the even grid when no pulse is found. */
  readonly defaultBpm: number;
}

/** Beats of mono samples at 22,050 Hz. Never throws: music without a pulse gets an even grid and says so. */
export function trackBeats(samples: Float32Array, { defaultBpm }: TrackOptions): BeatTrack {
  const durationSeconds = samples.length / SAMPLE_RATE;
  const features = onsetFeatures(samples);
  const sections = findSections(features, durationSeconds);
  const even = (): BeatTrack => evenGrid(durationSeconds, defaultBpm, sections);
  const loudest = features.power.reduce((a, b) => Math.max(a, b), 0);
  if (durationSeconds < MIN_PULSE_SECONDS || loudest < SILENT_POWER || strongFlux(features.flux) < MIN_ATTACK_FLUX)
    return even();
  const onset = normalisedFlux(features.flux);
  const low = normalisedFlux(features.lowFlux);
  const tempo = bestTempo(onset);
  const frames = beatFrames(onset, tempo.periodAt);
  if (tempo.strength < (tempo.flowing ? MIN_FLOWING_STRENGTH : MIN_STRENGTH) || frames.length < 4) return even();
  const times = frames.map((frame) => attackSeconds(onset, frame));
  // A beat without an attack of its own has little say in the grid, but some: the tracker bridged a rest there.
  const segments = fitSegments(
    times,
    frames.map((frame) => 0.05 + Math.min(2, peak(onset, frame))),
  );
  const evidence = (seconds: number): number =>
    peak(onset, secondsFrame(seconds)) + 1.5 * peak(low, secondsFrame(seconds));
  const lively = attackSpan(features, loudest, durationSeconds);
  const laid = layGrid(segments, evidence, durationSeconds).filter((t) => t >= lively.from && t <= lively.to);
  const { grid: grouped, compound } = rightGrouping(features, tempo.flowing ? followed(laid, times) : laid);
  const grid = rightPhase(features, grouped).filter((t) => t <= lively.to);
  const contrast = beatContrast(grid, evidence);
  if (grid.length < 4 || contrast < MIN_CONTRAST) return even();
  const confidences = beatConfidences(grid, evidence, (seconds) => peak(onset, secondsFrame(seconds)));
  return toTrack({
    grid,
    bpm: 60 / (mainPeriod(segments) * (compound ? 1.5 : 1)),
    bars: findBars(
      features,
      grid,
      [{ from: 0, to: durationSeconds }, exactSounding(samples)],
      compound ? COMPOUND_METERS : undefined,
    ),
    confidences,
    durationSeconds,
    sections,
    source: 'own',
    contrast,
  });
}

/**
 * Beat This! logits (one a frame) to a track: peaks above zero that are the largest within ±3 frames, downbeats moved to
 * the nearest beat (as in the reference's post-processing), then the same grid.
 */
export function trackFromLogits(
  beat: Float32Array,
  downbeat: Float32Array,
  framesPerSecond: number,
  samples: Float32Array,
  { defaultBpm }: TrackOptions,
): BeatTrack {
  const durationSeconds = samples.length / SAMPLE_RATE;
  const features = onsetFeatures(samples);
  const sections = findSections(features, durationSeconds);
  const peaks = logitPeaks(beat);
  if (peaks.length < 4) return evenGrid(durationSeconds, defaultBpm, sections);
  const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));
  const times = peaks.map((frame) => frame / framesPerSecond);
  const segments = fitSegments(
    times,
    peaks.map((frame) => probability(beat[frame] as number)),
  );
  const at = (values: Float32Array, seconds: number): number => {
    const frame = Math.round(seconds * framesPerSecond);
    return Math.max(...[-3, -2, -1, 0, 1, 2, 3].map((d) => values[frame + d] ?? -20));
  };
  const loudest = features.power.reduce((a, b) => Math.max(a, b), 0);
  // The grid is laid to the end of the file: as with our own tracker, what follows the last attack carries no beats.
  const { to } = attackSpan(features, loudest, durationSeconds);
  const laid = layGrid(segments, (seconds) => probability(at(beat, seconds)), durationSeconds);
  const last = Math.max(to, times.at(-1) ?? 0);
  const grid = laid.filter((time) => time <= last + ATTACK_SLACK_SECONDS);
  const bars = barsFromEvidence(grid.map((seconds) => 4 * (probability(at(downbeat, seconds)) - 0.25)));
  return toTrack({
    grid,
    bpm: 60 / mainPeriod(segments),
    bars,
    confidences: grid.map((seconds) => probability(at(beat, seconds))),
    durationSeconds,
    sections,
    source: 'beat_this',
    contrast: 1,
  });
}

function logitPeaks(logits: Float32Array): number[] {
  const peaks: number[] = [];
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i] as number;
    if (value <= 0) continue;
    let largest = true;
    for (let d = -3; d <= 3; d++) if ((logits[i + d] ?? Number.NEGATIVE_INFINITY) > value) largest = false;
    // Of equal neighbours the first counts.
    if (largest && i - (peaks.at(-1) ?? -10) > 3) peaks.push(i);
  }
  return peaks;
}

/** The tempo in windows of 8 s, or in shorter ones where it flows. */
function bestTempo(onset: Float32Array): TempoCurve & { readonly flowing: boolean } {
  const held = tempoCurve(onset);
  // Held tempi reach 1.2 and more; the second look costs as much as the first.
  if (held.strength > SURELY_HELD) return { ...held, flowing: false };
  const free = tempoCurve(onset, FLOWING_WINDOW_SECONDS);
  const flowing = free.strength >= MIN_FLOWING_STRENGTH && free.strength > FLOWING_FACTOR * held.strength;
  return { ...(flowing ? free : held), flowing };
}

/** The grid, or the beats as they were played where straight lines do not fit them. Seconds. */
function followed(grid: readonly number[], played: readonly number[]): readonly number[] {
  const [first = 0, last = 0] = [grid[0], grid.at(-1)];
  const within = played.filter((time) => time >= first - LOOSE_SECONDS && time <= last + LOOSE_SECONDS);
  let sum = 0;
  let j = 0;
  for (const time of within) {
    while (j + 1 < grid.length && Math.abs((grid[j + 1] as number) - time) < Math.abs((grid[j] as number) - time)) j++;
    // A beat laid elsewhere on purpose (the tracker jumped by half a beat) says nothing of how loosely it is played.
    sum += Math.min(MOST_LOOSE_SECONDS, Math.abs((grid[j] as number) - time)) ** 2;
  }
  return Math.sqrt(sum / Math.max(1, within.length)) > LOOSE_SECONDS ? within : grid;
}

/** The flux that 2 % of the frames exceed. */
function strongFlux(flux: Float32Array): number {
  return Float32Array.from(flux).sort()[Math.floor(flux.length * 0.98)] ?? 0;
}

/** From the first to the last attack, seconds, within what sounds: a held last chord or a fade-out carries no beats. */
function attackSpan(features: OnsetFeatures, loudest: number, durationSeconds: number): { from: number; to: number } {
  const { flux, frames } = features;
  const enough = strongFlux(flux) * ATTACK_SHARE;
  let first = 0;
  while (first < frames && (flux[first] as number) < enough) first++;
  let last = frames - 1;
  while (last > first && (flux[last] as number) < enough) last--;
  const sounds = soundingSpan(features, loudest);
  return {
    from: Math.max(sounds.from, frameSeconds(first) - ATTACK_SLACK_SECONDS),
    to: Math.min(sounds.to, frameSeconds(last) + ATTACK_SLACK_SECONDS, durationSeconds - SHORTEST_SOUND_SECONDS),
  };
}

/** From the first to behind the last sample above −60 dB of the loudest, seconds: a loop with silence around it. */
function exactSounding(samples: Float32Array): { from: number; to: number } {
  const floor = Math.sqrt(SOUNDING_SHARE) * samples.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const first = samples.findIndex((value) => Math.abs(value) > floor);
  const last = samples.findLastIndex((value) => Math.abs(value) > floor);
  return { from: first / SAMPLE_RATE, to: (last + 1) / SAMPLE_RATE };
}

/** First and last time, in seconds, at which the music is not silent; a window of slack for an attack that grows. */
function soundingSpan({ power, frames }: OnsetFeatures, loudest: number): { from: number; to: number } {
  const floor = loudest * SOUNDING_SHARE;
  let first = 0;
  while (first < frames && (power[first] as number) < floor) first++;
  let last = frames - 1;
  while (last > first && (power[last] as number) < floor) last--;
  return { from: (first - 10) / FRAMES_PER_SECOND, to: last / FRAMES_PER_SECOND };
}

/** Largest value within ±2 frames (20 ms). */
function peak(values: Float32Array, frame: number): number {
  let best = 0;
  for (let d = -2; d <= 2; d++) best = Math.max(best, values[frame + d] ?? 0);
  return best;
}

interface Found {
  readonly grid: readonly number[];
  readonly bpm: number;
  readonly bars: Bars;
  readonly confidences: readonly number[];
  readonly durationSeconds: number;
  readonly sections: readonly MusicSection[];
  readonly source: 'own' | 'beat_this';
  readonly contrast: number;
}

function toTrack(found: Found): BeatTrack {
  const beats: Beat[] = found.grid.map((time, i) => ({
    time,
    beatInBar: found.bars.positions[i] ?? 1,
    confidence: found.confidences[i] ?? 0,
  }));
  const mean = beats.reduce((sum, beat) => sum + beat.confidence, 0) / beats.length;
  return {
    durationSeconds: found.durationSeconds,
    bpm: found.bpm,
    beatOffset: beats[0]?.time ?? 0,
    beats,
    downbeats: beats.filter((beat) => beat.beatInBar === 1).map((beat) => beat.time),
    beatsPerBar: found.bars.beatsPerBar,
    sections: found.sections.map((section) => ({ ...section, confidence: sectionConfidence(section, beats) })),
    source: found.source,
    hasPulse: true,
    confidence: Math.min(1, Math.max(0, (mean + found.contrast + found.bars.confidence) / 3)),
  };
}

/** The tempo of the first segment long enough to be one, else of the longest. */
function mainPeriod(segments: readonly GridSegment[]): number {
  const longest = segments.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
  const first = segments.find((segment) => segment.to - segment.from >= MAIN_TEMPO_BEATS) ?? longest;
  return first.periodSeconds;
}

function evenGrid(durationSeconds: number, bpm: number, sections: readonly MusicSection[]): BeatTrack {
  const beats: Beat[] = [];
  for (let i = 0; (i * 60) / bpm < durationSeconds; i++)
    beats.push({ time: (i * 60) / bpm, beatInBar: (i % 4) + 1, confidence: 0 });
  return {
    durationSeconds,
    bpm,
    beatOffset: 0,
    beats,
    downbeats: beats.filter((beat) => beat.beatInBar === 1).map((beat) => beat.time),
    beatsPerBar: 4,
    sections,
    source: 'default',
    hasPulse: false,
    confidence: 0,
  };
}

/** Change of level, in decibels, that begins a new section. */
const SECTION_STEP_DB = 4;

/** Sections by energy: stretches of at least SECTION_SECONDS whose level stays within a few decibels. */
function findSections({ power, frames }: OnsetFeatures, durationSeconds: number): MusicSection[] {
  const block = Math.round(SECTION_SECONDS * FRAMES_PER_SECOND);
  const levels: number[] = [];
  for (let from = 0; from < frames; from += block) {
    let sum = 0;
    const to = Math.min(frames, from + block);
    for (let i = from; i < to; i++) sum += power[i] as number;
    levels.push(sum / (to - from));
  }
  const loudest = Math.max(...levels, 1e-12);
  const decibels = levels.map((level) => 10 * Math.log10(Math.max(level, 1e-12)));
  const sections: { startSeconds: number; endSeconds: number; energy: number; level: number }[] = [];
  decibels.forEach((level, i) => {
    const endSeconds = Math.min(durationSeconds, ((i + 1) * block) / FRAMES_PER_SECOND);
    const last = sections.at(-1);
    if (last !== undefined && Math.abs(last.level - level) < SECTION_STEP_DB) last.endSeconds = endSeconds;
    else
      sections.push({
        startSeconds: last?.endSeconds ?? 0,
        endSeconds,
        energy: Math.sqrt((levels[i] as number) / loudest),
        level,
      });
  });
  const whole = sections.filter((section) => section.endSeconds > section.startSeconds);
  const end = whole.at(-1);
  if (end !== undefined) end.endSeconds = durationSeconds;
  return whole.map(({ startSeconds, endSeconds, energy }) => ({ startSeconds, endSeconds, energy }));
}
