/**
 * Corrections of the beat grid by a person, as pure functions over the film's own beats. They need no music: accepted
 * beats stay when the music is taken away or replaced.
 */
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import type { GridBeat } from '../domain.ts';
import { beatIndexAt, medianBeatFrames } from './clip-math.ts';

const frame = z.number().int().nonnegative();

/** Fewest taps from which a tempo is fitted, and the limits of what can be a beat, frames. */
const MIN_TAPS = 3;
const MIN_INTERVAL_FRAMES = 2;

export const beatCorrectionSchema = z.discriminatedUnion('kind', [
  /** All beats later (or, negative, earlier) by frames; the hole at the start or the end is filled at the tempo. */
  z.object({ kind: z.literal('shift'), frames: z.number().int() }),
  /** Twice as many beats: one between each two. */
  z.object({ kind: z.literal('double') }),
  /** Half as many: every second one stays, the first downbeat among them. */
  z.object({ kind: z.literal('halve') }),
  /** Beats in a bar, and which beat is a downbeat (the first of the grid when absent). */
  z.object({
    kind: z.literal('setBar'),
    beatsPerBar: z.number().int().min(1).max(16),
    downbeatFrame: frame.exactOptional(),
  }),
  /** An even grid fitted by least squares to taps (film frames); the first tap is a downbeat. */
  z.object({ kind: z.literal('tap'), frames: z.array(frame).min(1), beatsPerBar: z.number().int().min(1).max(16) }),
  z.object({ kind: z.literal('moveBeat'), fromFrame: frame, toFrame: frame }),
  z.object({ kind: z.literal('addBeat'), frame }),
  z.object({ kind: z.literal('removeBeat'), frame }),
]);
export type BeatCorrection = z.infer<typeof beatCorrectionSchema>;

/** The corrected grid, strictly increasing. Throws `edit_refused` when the correction makes no sense for this grid. */
export function correctBeats(beats: readonly GridBeat[], correction: BeatCorrection): GridBeat[] {
  switch (correction.kind) {
    case 'shift':
      return shift(beats, correction.frames);
    case 'double':
      return double(beats);
    case 'halve':
      return halve(beats);
    case 'setBar':
      return setBar(beats, correction.beatsPerBar, correction.downbeatFrame);
    case 'tap':
      return tap(beats, correction.frames, correction.beatsPerBar);
    case 'moveBeat': {
      const index = at(beats, correction.fromFrame);
      const low = beats[index - 1]?.frame ?? -1;
      const high = beats[index + 1]?.frame ?? Number.POSITIVE_INFINITY;
      if (correction.toFrame <= low || correction.toFrame >= high) {
        throw new PicaividError(
          'edit_refused',
          'A beat cannot be moved past its neighbours. Remove one of them first.',
        );
      }
      return beats.map((beat, i) => (i === index ? { ...beat, frame: correction.toFrame, confidence: 1 } : beat));
    }
    case 'addBeat': {
      if (beatIndexAt(beats, correction.frame) >= 0) {
        throw new PicaividError('edit_refused', `There is a beat at frame ${correction.frame} already.`);
      }
      const after = beats.findIndex((beat) => beat.frame > correction.frame);
      const place = after < 0 ? beats.length : after;
      const added: GridBeat = { frame: correction.frame, beatInBar: place === 0 ? 1 : 2, confidence: 1 };
      return renumber([...beats.slice(0, place), added, ...beats.slice(place)]);
    }
    case 'removeBeat': {
      const index = at(beats, correction.frame);
      const downbeatGone = beats[index]?.beatInBar === 1;
      const rest = beats.filter((_, i) => i !== index);
      // The bar keeps a downbeat: the beat after the removed one takes over.
      return renumber(rest.map((beat, i) => (downbeatGone && i === index ? { ...beat, beatInBar: 1 } : beat)));
    }
  }
}

/** Most common bar length of the grid (4 when there is no full bar). */
export function beatsPerBarOf(beats: readonly GridBeat[]): number {
  const counts = new Map<number, number>();
  let start = -1;
  beats.forEach((beat, i) => {
    if (beat.beatInBar !== 1) return;
    if (start >= 0) counts.set(i - start, (counts.get(i - start) ?? 0) + 1);
    start = i;
  });
  let best = 4;
  let most = 0;
  for (const [length, count] of counts) if (count > most) [best, most] = [length, count];
  return best;
}

/** Numbers beats from each downbeat on; what lies before the first downbeat counts backwards from it. */
function renumber(beats: readonly GridBeat[]): GridBeat[] {
  const perBar = beatsPerBarOf(beats);
  const firstDownbeat = beats.findIndex((beat) => beat.beatInBar === 1);
  let number = 0;
  return beats.map((beat, i) => {
    if (firstDownbeat >= 0 && i < firstDownbeat) {
      return { ...beat, beatInBar: perBar - ((firstDownbeat - i - 1) % perBar) };
    }
    number = beat.beatInBar === 1 ? 1 : number + 1;
    return number === beat.beatInBar ? beat : { ...beat, beatInBar: number };
  });
}

function at(beats: readonly GridBeat[], wanted: number): number {
  const index = beatIndexAt(beats, wanted);
  if (index < 0) throw new PicaividError('edit_refused', `There is no beat at frame ${wanted}.`);
  return index;
}

function shift(beats: readonly GridBeat[], frames: number): GridBeat[] {
  const first = beats[0];
  const last = beats.at(-1);
  if (first === undefined || last === undefined) return [];
  const interval = Math.max(MIN_INTERVAL_FRAMES, medianBeatFrames(beats));
  const perBar = beatsPerBarOf(beats);
  const moved = beats.map((beat) => ({ ...beat, frame: beat.frame + frames })).filter((beat) => beat.frame >= 0);
  const result = [...moved];
  if (frames > 0) {
    let { frame: at, beatInBar } = moved[0] ?? first;
    for (at -= interval; at >= 0; at -= interval) {
      beatInBar = beatInBar === 1 ? perBar : beatInBar - 1;
      result.unshift({ frame: at, beatInBar, confidence: 0 });
    }
  } else {
    const from = moved.at(-1) ?? { ...last, frame: last.frame + frames };
    let beatInBar = from.beatInBar;
    for (let at = from.frame + interval; at <= last.frame; at += interval) {
      beatInBar = beatInBar >= perBar ? 1 : beatInBar + 1;
      if (at >= 0) result.push({ frame: at, beatInBar, confidence: 0 });
    }
  }
  return result;
}

function double(beats: readonly GridBeat[]): GridBeat[] {
  const perBar = beatsPerBarOf(beats);
  const result: GridBeat[] = [];
  let number = 0;
  beats.forEach((beat, i) => {
    // Bars keep their number of beats, so every bar becomes two; the original downbeats stay downbeats.
    number = beat.beatInBar === 1 ? 1 : (number % perBar) + 1;
    result.push({ ...beat, beatInBar: number });
    const next = beats[i + 1];
    if (next === undefined) return;
    if (next.frame - beat.frame < 2 * MIN_INTERVAL_FRAMES) {
      throw new PicaividError('edit_refused', 'The beats are too close together to be doubled.');
    }
    number = (number % perBar) + 1;
    result.push({
      frame: Math.round((beat.frame + next.frame) / 2),
      beatInBar: number,
      confidence: Math.min(beat.confidence, next.confidence),
    });
  });
  return result;
}

function halve(beats: readonly GridBeat[]): GridBeat[] {
  if (beats.length < 4) throw new PicaividError('edit_refused', 'There are too few beats to be halved.');
  const perBar = beatsPerBarOf(beats);
  const downbeat = Math.max(
    0,
    beats.findIndex((beat) => beat.beatInBar === 1),
  );
  const kept = beats.filter((_, i) => (i - downbeat) % 2 === 0);
  const start = kept.findIndex((beat) => beat.frame === beats[downbeat]?.frame);
  return kept.map((beat, i) => ({ ...beat, beatInBar: ((((i - start) % perBar) + perBar) % perBar) + 1 }));
}

function setBar(beats: readonly GridBeat[], beatsPerBar: number, downbeatFrame: number | undefined): GridBeat[] {
  const downbeat = downbeatFrame === undefined ? 0 : at(beats, downbeatFrame);
  return beats.map((beat, i) => ({
    ...beat,
    beatInBar: ((((i - downbeat) % beatsPerBar) + beatsPerBar) % beatsPerBar) + 1,
  }));
}

/**
 * Even grid from taps. Each tap gets a beat number by the median interval (a missed tap counts), then period and phase
 * are the least-squares line through (number, frame). The grid covers what the old one covered, at least the taps.
 */
function tap(beats: readonly GridBeat[], taps: readonly number[], beatsPerBar: number): GridBeat[] {
  const times = [...new Set(taps)].sort((a, b) => a - b);
  const first = times[0];
  const lastTap = times.at(-1);
  if (first === undefined || lastTap === undefined || times.length < MIN_TAPS) {
    throw new PicaividError('edit_refused', `Tap at least ${MIN_TAPS} beats.`);
  }
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  const median = [...gaps].sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
  if (median < MIN_INTERVAL_FRAMES) throw new PicaividError('edit_refused', 'The taps are too close together.');
  let number = 0;
  const numbers = [0, ...gaps.map((gap) => (number += Math.max(1, Math.round(gap / median))))];
  const meanNumber = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const meanTime = times.reduce((sum, value) => sum + value, 0) / times.length;
  let over = 0;
  let under = 0;
  numbers.forEach((value, i) => {
    over += (value - meanNumber) * ((times[i] ?? 0) - meanTime);
    under += (value - meanNumber) ** 2;
  });
  const period = over / under;
  const phase = meanTime - period * meanNumber;
  const end = Math.max(lastTap, beats.at(-1)?.frame ?? 0);
  const result: GridBeat[] = [];
  for (let i = -Math.floor((phase + 0.5) / period); ; i++) {
    const position = Math.round(phase + i * period);
    if (position > end) break;
    if (position < 0 || position <= (result.at(-1)?.frame ?? -1)) continue;
    result.push({
      frame: position,
      beatInBar: (((i % beatsPerBar) + beatsPerBar) % beatsPerBar) + 1,
      confidence: 1,
    });
  }
  return result;
}
