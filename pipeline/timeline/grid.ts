/**
 * The music under the film: where the film begins in it, how it loops when it is too short, and the beats of the film
 * as integer frames. Pure; times of the music are seconds, times of the film are frames.
 */

import { PicaividError } from '../../base/errors.ts';
import type { Beat, BeatTrack, GridBeat, MusicPlan, MusicSection, MusicSegment } from '../domain.ts';
import { type FrameRate, frameToSeconds, secondsToFrame } from '../time.ts';

/** Shortest music that is laid under a film at all, seconds: below it a loop is a stutter. */
const MIN_MUSIC_SECONDS = 1;
/** A downbeat this near to a section's start is its start, seconds (half a beat at 120 BPM). */
const SECTION_TOLERANCE_SECONDS = 0.25;
/** How long the first impression lasts, seconds: its energy weighs most in choosing where the film begins. */
const IMPRESSION_SECONDS = 8;
/** A loop returns to a downbeat in this first part of the music. */
const LOOP_RETURN_SHARE = 0.25;
/** Loops of a multiple of this many bars keep the phrase; nearly all popular music is built in fours. */
const PHRASE_BARS = 4;
/** Tolerance for "the last bar is complete", seconds: encoders cut up to one MP3 granule off. */
const BAR_END_TOLERANCE_SECONDS = 0.03;
/** A gap of more than this many median intervals is a hole in the grid and is filled evenly. */
const HOLE_INTERVALS = 1.75;
/** Slowest and fastest grids that make sense as beats, BPM. */
const MIN_BPM = 20;
const MAX_BPM = 400;

export interface MusicOptions {
  /** Where in the music the film begins; chosen when absent. */
  readonly startSeconds?: number;
  /** Length of the fades, seconds; 0.1 (against clicks) and 2 when absent. A film from the music's start has no fade in. */
  readonly fadeInSeconds?: number;
  readonly fadeOutSeconds?: number;
}

/** An even grid at `bpm` for music without pulse or for no music at all (`durationSeconds` 0 is allowed then). */
export function evenTrack(bpm: number, durationSeconds: number, beatsPerBar = 4): BeatTrack {
  const tempo = Math.min(MAX_BPM, Math.max(MIN_BPM, bpm));
  const beats: Beat[] = [];
  for (let i = 0; (i * 60) / tempo <= durationSeconds; i++) {
    beats.push({ time: (i * 60) / tempo, beatInBar: (i % beatsPerBar) + 1, confidence: 0 });
  }
  return {
    durationSeconds,
    bpm: tempo,
    beatOffset: 0,
    beats,
    downbeats: beats.filter((beat) => beat.beatInBar === 1).map((beat) => beat.time),
    beatsPerBar,
    sections: [],
    source: 'default',
    hasPulse: false,
    confidence: 0,
  };
}

/**
 * Chooses where the film begins in the music and lays the music through the film.
 *
 * Start: a downbeat behind which there is music enough for the whole film, preferably the start of a section with
 * energy, and early; when no downbeat leaves enough, the first one, and the music loops: from the end of the last
 * complete bar back to a downbeat in the first quarter, whole phrases of four bars where that is possible. Each seam is
 * put on a whole film frame and the music shifted by the sub-frame rest, so that the pulse never drifts.
 * Throws `audio_too_short` for music under a second.
 */
export function planMusic(
  track: BeatTrack,
  filmFrames: number,
  rate: FrameRate,
  options: MusicOptions = {},
): MusicPlan {
  if (!(track.durationSeconds >= MIN_MUSIC_SECONDS)) {
    throw new PicaividError(
      'audio_too_short',
      `The music lasts ${track.durationSeconds.toFixed(2)} s. Choose a track of at least ${MIN_MUSIC_SECONDS} s, or make the film without music.`,
    );
  }
  const filmSeconds = frameToSeconds(filmFrames, rate);
  const start =
    options.startSeconds === undefined
      ? chooseStart(track, filmSeconds)
      : Math.min(Math.max(0, options.startSeconds), Math.max(0, track.durationSeconds - MIN_MUSIC_SECONDS));
  const segments = laySegments(track, start, filmFrames, rate);
  const fadeIn = options.fadeInSeconds ?? 0.1;
  const fadeOut = options.fadeOutSeconds ?? 2;
  const half = Math.floor(filmFrames / 2);
  return {
    segments,
    fadeInFrames: start === 0 ? 0 : Math.min(half, Math.max(0, secondsToFrame(fadeIn, rate))),
    fadeOutFrames: Math.min(half, Math.max(0, secondsToFrame(fadeOut, rate))),
  };
}

/**
 * The beats of the film in [0, filmFrames]: music beats laid through the plan, each at the frame nearest to it. Holes
 * and ends of the music's own grid are filled at the neighbouring tempo (confidence 0). `plan` null: an even grid at
 * the track's tempo from frame 0. Frames are strictly increasing; the beat of a loop seam belongs to the new piece.
 */
export function filmBeats(track: BeatTrack, plan: MusicPlan | null, filmFrames: number, rate: FrameRate): GridBeat[] {
  const result: GridBeat[] = [];
  const push = (beat: GridBeat): void => {
    const last = result.at(-1);
    if (beat.frame < 0 || beat.frame > filmFrames || (last !== undefined && beat.frame <= last.frame)) return;
    result.push(beat);
  };
  if (plan === null) {
    const even = evenTrack(track.bpm, frameToSeconds(filmFrames, rate), track.beatsPerBar);
    for (const beat of even.beats) push({ ...beatAt(beat), frame: secondsToFrame(beat.time, rate) });
    return result;
  }
  const segments = plan.segments;
  segments.forEach((segment, i) => {
    const isLast = i === segments.length - 1;
    const lengthFrames = (isLast ? filmFrames : segment.filmEndFrame) - segment.filmStartFrame;
    const until = segment.musicStartSeconds + frameToSeconds(lengthFrames, rate);
    for (const beat of completeBeats(track, segment.musicStartSeconds, until)) {
      const frame = segment.filmStartFrame + secondsToFrame(beat.time - segment.musicStartSeconds, rate);
      // The next piece brings its own beat for the frame of the seam.
      if (frame < segment.filmStartFrame || (!isLast && frame >= segment.filmEndFrame)) continue;
      push({ ...beatAt(beat), frame });
    }
  });
  return result;
}

/** The plan for a film that turned out shorter: later pieces go, the last ends with the film, fades fit in. */
export function trimMusicPlan(plan: MusicPlan, filmFrames: number): MusicPlan {
  const segments = plan.segments
    .filter((segment) => segment.filmStartFrame < filmFrames)
    .map((segment) => ({ ...segment, filmEndFrame: Math.min(segment.filmEndFrame, filmFrames) }));
  const half = Math.floor(filmFrames / 2);
  return {
    segments,
    fadeInFrames: Math.min(plan.fadeInFrames, half),
    fadeOutFrames: Math.min(plan.fadeOutFrames, half),
  };
}

function beatAt(beat: Beat): { beatInBar: number; confidence: number } {
  return { beatInBar: beat.beatInBar, confidence: Math.min(1, Math.max(0, beat.confidence)) };
}

/** Downbeat that scores best: energy of the first seconds, start of a section, energy of the whole, and earliness. */
function chooseStart(track: BeatTrack, filmSeconds: number): number {
  const downbeats = downbeatTimes(track);
  const first = downbeats[0] ?? 0;
  const latest = track.durationSeconds - filmSeconds;
  let best = first;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const time of downbeats) {
    if (time > latest) break;
    const atSection = track.sections.some(
      (section) => Math.abs(section.startSeconds - time) <= SECTION_TOLERANCE_SECONDS,
    );
    const score =
      energyOf(track.sections, time, time + Math.min(IMPRESSION_SECONDS, filmSeconds)) +
      0.5 * energyOf(track.sections, time, time + filmSeconds) +
      (atSection ? 0.3 : 0) -
      0.25 * ((time - first) / Math.max(latest - first, 1e-9));
    if (score > bestScore + 1e-9) {
      best = time;
      bestScore = score;
    }
  }
  return best;
}

/** Mean energy of a span, weighted by how long each section lasts in it; 0.5 where no section is known. */
function energyOf(sections: readonly MusicSection[], from: number, to: number): number {
  let weight = 0;
  let sum = 0;
  for (const section of sections) {
    const overlap = Math.min(to, section.endSeconds) - Math.max(from, section.startSeconds);
    if (overlap <= 0) continue;
    weight += overlap;
    sum += overlap * section.energy;
  }
  return weight > 0 ? sum / weight : 0.5;
}

function laySegments(track: BeatTrack, start: number, filmFrames: number, rate: FrameRate): MusicSegment[] {
  const filmSeconds = frameToSeconds(filmFrames, rate);
  if (track.durationSeconds - start >= filmSeconds - 1e-6) {
    return [{ filmStartFrame: 0, filmEndFrame: filmFrames, musicStartSeconds: start }];
  }
  const loop = chooseLoop(track, start);
  const segments: MusicSegment[] = [];
  let filmTime = 0;
  let musicTime = start;
  let frame = 0;
  while (frame < filmFrames) {
    // What is left may fit without another seam: then the music plays to its real end.
    const remaining = frameToSeconds(filmFrames, rate) - filmTime;
    const seamTime = filmTime + (loop.outSeconds - musicTime);
    const seamFrame = secondsToFrame(seamTime, rate);
    const fits = track.durationSeconds - musicTime >= remaining - 1e-6;
    const end = fits || seamFrame <= frame ? filmFrames : Math.min(filmFrames, seamFrame);
    const startSeconds = Math.max(0, musicTime + (frameToSeconds(frame, rate) - filmTime));
    segments.push({ filmStartFrame: frame, filmEndFrame: end, musicStartSeconds: startSeconds });
    frame = end;
    filmTime = seamTime;
    musicTime = loop.inSeconds;
  }
  return segments;
}

/** Where a loop leaves (end of the last complete bar) and where it comes back (a downbeat early in the track). */
function chooseLoop(track: BeatTrack, start: number): { readonly inSeconds: number; readonly outSeconds: number } {
  const downbeats = downbeatTimes(track);
  const whole = { inSeconds: 0, outSeconds: track.durationSeconds };
  const last = downbeats.at(-1);
  const before = downbeats.at(-2);
  if (last === undefined || before === undefined) return whole;
  // A loop cut exactly at a bar line has its last downbeat a whole bar before its end, without the next one marked.
  const bar = last - before;
  const lastIsComplete = last + bar <= track.durationSeconds + BAR_END_TOLERANCE_SECONDS;
  const out = lastIsComplete ? Math.min(last + bar, track.durationSeconds) : last;
  const bars = downbeats.filter((time) => time < out - 1e-6);
  const preferred = track.durationSeconds * LOOP_RETURN_SHARE;
  const candidates = bars.filter((time, i) => i === 0 || time <= preferred);
  let best = bars[0] ?? 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  candidates.forEach((time, i) => {
    const length = bars.length - i;
    const score = (length % PHRASE_BARS === 0 ? 1 : 0) - Math.abs(time - Math.min(start, preferred)) / 30;
    if (score > bestScore + 1e-9) {
      best = time;
      bestScore = score;
    }
  });
  return out - best >= MIN_MUSIC_SECONDS / 2 ? { inSeconds: best, outSeconds: out } : whole;
}

function downbeatTimes(track: BeatTrack): number[] {
  const times = track.beats.filter((beat) => beat.beatInBar === 1).map((beat) => beat.time);
  return times.length > 0 ? times : [...track.downbeats];
}

/** Beats of the music in [from, to], holes and both ends filled at the neighbouring interval with confidence 0. */
function completeBeats(track: BeatTrack, from: number, to: number): Beat[] {
  const perBar = Math.max(1, track.beatsPerBar);
  const known = track.beats.filter((beat, i) => i === 0 || beat.time > (track.beats[i - 1]?.time ?? 0));
  const first = known[0];
  if (first === undefined) {
    return evenTrack(track.bpm, to, perBar).beats.filter((beat) => beat.time >= from - 1e-9);
  }
  const intervals = known.slice(1).map((beat, i) => beat.time - (known[i]?.time ?? 0));
  const sorted = [...intervals].sort((a, b) => a - b);
  const tempo = Math.min(MAX_BPM, Math.max(MIN_BPM, track.bpm));
  const median = sorted[sorted.length >> 1] ?? 60 / tempo;
  const usable = (interval: number | undefined): number =>
    interval !== undefined && interval <= median * HOLE_INTERVALS && interval >= 60 / MAX_BPM ? interval : median;
  const all: Beat[] = [];
  const lead = usable(intervals[0]);
  for (let i = Math.ceil((first.time - from) / lead) + 1; i >= 1; i--) {
    const beatInBar = ((((first.beatInBar - 1 - i) % perBar) + perBar) % perBar) + 1;
    all.push({ time: first.time - i * lead, beatInBar, confidence: 0 });
  }
  known.forEach((beat, i) => {
    all.push(beat);
    const gap = intervals[i];
    if (gap === undefined || gap <= median * HOLE_INTERVALS) return;
    const parts = Math.max(2, Math.round(gap / median));
    for (let part = 1; part < parts; part++) {
      const beatInBar = ((beat.beatInBar - 1 + part) % perBar) + 1;
      all.push({ time: beat.time + (gap * part) / parts, beatInBar, confidence: 0 });
    }
  });
  const lastBeat = known.at(-1) ?? first;
  const tail = usable(intervals.at(-1));
  for (let i = 1; lastBeat.time + i * tail <= to + tail; i++) {
    all.push({ time: lastBeat.time + i * tail, beatInBar: ((lastBeat.beatInBar - 1 + i) % perBar) + 1, confidence: 0 });
  }
  // Half a frame at 24 fps either way: the frame test of the caller decides exactly.
  return all.filter((beat) => beat.time >= from - 0.025 && beat.time <= to + 0.025);
}
