/**
 * What a correction of the beats does to the cuts, before it is applied; and the edit that takes the cuts along.
 * Pure: the same functions of the engine that apply it later.
 */
import { PicaividError } from '../../../../base/errors.ts';
import type { GridBeat, Timeline } from '../../../../pipeline/domain.ts';
import { beatIndexAt, clipStarts, nearestBeatIndex } from '../../../../pipeline/timeline/clip-math.ts';
import { applyEdit } from '../../../../pipeline/timeline/edits.ts';
import type { Edit, SimpleEdit } from '../../../../pipeline/timeline/edits-types.ts';
import { type BeatCorrection, correctBeats } from '../../../../pipeline/timeline/grid-correct.ts';
import { gridBpm, plural } from './words.ts';

type Roll = Extract<SimpleEdit, { type: 'roll' }>;

export interface BeatEffect {
  /** The beats after it. */
  readonly beats: readonly GridBeat[];
  readonly bpm: number | null;
  /** Cuts of the film, how many lie on beats now, and how many would after it when they stay where they are. */
  readonly cuts: number;
  readonly onBefore: number;
  readonly onAfter: number;
  /** Cuts that lie on a beat now and would not any more. */
  readonly leaving: number;
  /** The farthest that one of them would have to move, frames. */
  readonly farthest: number;
  /** Only the beats. */
  readonly edit: Edit;
  /** The beats, and the leaving cuts rolled to the nearest ones; null when none leaves or it cannot be done. */
  readonly along: Edit | null;
}

/** Null with the sentence of the refusal, when the correction makes no sense for this grid. */
export function effectOf(
  timeline: Timeline,
  correction: BeatCorrection,
): { readonly effect: BeatEffect; readonly refused: null } | { readonly effect: null; readonly refused: string } {
  let beats: GridBeat[];
  try {
    beats = correctBeats(timeline.beats, correction);
  } catch (error) {
    return { effect: null, refused: sentenceOf(error) };
  }
  const starts = clipStarts(timeline.clips);
  const places = timeline.clips.map((clip, index) => ({ clip, frame: starts[index] ?? 0 })).slice(1);
  const on = (grid: readonly GridBeat[], frame: number): boolean => beatIndexAt(grid, frame) >= 0;
  const leaving = places.filter(({ frame }) => on(timeline.beats, frame) && !on(beats, frame));
  const edit: Edit = { type: 'correctBeats', correction };
  const rolls = leaving.flatMap(({ clip, frame }): Roll[] => {
    const to = beats[nearestBeatIndex(beats, frame)]?.frame;
    return to === undefined ? [] : [{ type: 'roll', clipId: clip.id, frames: to - frame, magnet: 'frames' }];
  });
  return {
    effect: {
      beats,
      bpm: gridBpm(beats, timeline.frameRate),
      cuts: places.length,
      onBefore: places.filter(({ frame }) => on(timeline.beats, frame)).length,
      onAfter: places.filter(({ frame }) => on(beats, frame)).length,
      leaving: leaving.length,
      farthest: rolls.reduce((most, roll) => Math.max(most, Math.abs(roll.frames)), 0),
      edit,
      along: rolls.length === 0 ? null : takeAlong(timeline, correction, rolls),
    },
    refused: null,
  };
}

/**
 * One step of undo. Cuts that go later are rolled from the last to the first and those that go earlier from the first
 * to the last, so that no clip is shorter on the way than at one of its ends, and no transition is shortened for good.
 */
function takeAlong(timeline: Timeline, correction: BeatCorrection, rolls: readonly Roll[]): Edit | null {
  const later = rolls.filter((roll) => roll.frames > 0).reverse();
  const earlier = rolls.filter((roll) => roll.frames < 0);
  const edit: Edit = { type: 'batch', edits: [{ type: 'correctBeats', correction }, ...later, ...earlier] };
  try {
    applyEdit({ ...timeline, status: 'draft' }, edit);
    return edit;
  } catch {
    return null; // two cuts would fall on one beat: the cuts stay, and the checks name them
  }
}

/** What a person reads before applying it. */
export function effectWords(effect: BeatEffect): string {
  if (effect.cuts === 0) return 'There are no cuts yet.';
  if (effect.leaving === 0)
    return effect.onAfter === effect.cuts
      ? `All ${plural(effect.cuts, 'cut')} on the beat.`
      : `No cut leaves the beat; ${effect.onAfter} of ${plural(effect.cuts, 'cut')} on it.`;
  const who =
    effect.leaving === effect.cuts
      ? `All ${plural(effect.cuts, 'cut')}`
      : `${effect.leaving} of ${plural(effect.cuts, 'cut')}`;
  return `${who} ${effect.leaving === 1 ? 'leaves' : 'leave'} the beat, by up to ${plural(effect.farthest, 'frame')}.`;
}

export interface TapFit {
  readonly taps: readonly number[];
  /** Null under three taps. */
  readonly effect: BeatEffect | null;
  /** Why there is no effect yet, or none possible. */
  readonly waiting: string;
  /** Mean distance of the taps from the fitted beats, frames. */
  readonly spread: number;
}

/** The grid fitted to taps (film frames), for looking at while tapping. */
export function tapFit(timeline: Timeline, taps: readonly number[], beatsPerBar: number): TapFit {
  const sorted = [...new Set(taps)].sort((a, b) => a - b);
  if (sorted.length < 3) {
    const left = 3 - sorted.length;
    return { taps: sorted, effect: null, waiting: `Tap ${plural(left, 'more beat')}.`, spread: 0 };
  }
  const { effect, refused } = effectOf(timeline, { kind: 'tap', frames: sorted, beatsPerBar });
  if (effect === null) return { taps: sorted, effect: null, waiting: refused, spread: 0 };
  const away = sorted.map((frame) =>
    Math.abs((effect.beats[nearestBeatIndex(effect.beats, frame)]?.frame ?? 0) - frame),
  );
  return { taps: sorted, effect, waiting: '', spread: away.reduce((sum, one) => sum + one, 0) / away.length };
}

function sentenceOf(error: unknown): string {
  if (error instanceof PicaividError) return error.message;
  throw error;
}
