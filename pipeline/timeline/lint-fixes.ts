/** Remedies for what lint finds: each an edit that, applied to the same timeline, takes the finding away. */

import { PicaividError } from '../../base/errors.ts';
import type { BeatTrack, Shot, Timeline, TimelineClip } from '../domain.ts';
import { secondsToFrame } from '../time.ts';
import { clipStarts, MOTION_SECONDS, medianBeatFrames, nearestBeatIndex, totalFrames } from './clip-math.ts';
import { fitInto } from './edits-clips.ts';
import { insertShot, musicForLength, swapToShot } from './edits-make.ts';
import type { Edit, SimpleEdit } from './edits-types.ts';
import { TEMPLATES } from './templates.ts';

/** A dissolve that softens a jump of light, and from what length on one does, seconds. */
const SOFT_SECONDS = { wanted: 0.4, least: 0.2 };
const SOFT_TYPES: ReadonlySet<string> = new Set(['cross_dissolve', 'dip_black', 'dip_white']);

/** A room that the film should show; with its shots, a missing one can be put in. */
export interface LintRoom {
  readonly id: string;
  readonly roomType: string;
  readonly shots?: readonly Shot[];
}

/**
 * Puts the cut before clip `index` on a beat: the nearest one between the cuts on both sides, by a roll; where there is
 * none, the next beat behind the shot before, which gets longer or shorter while later cuts go along on their beats.
 */
export function fixOffBeat(timeline: Timeline, index: number, starts: readonly number[]): Edit | undefined {
  const { beats, clips } = timeline;
  const at = starts[index] ?? 0;
  const low = starts[index - 1] ?? 0;
  const high = starts[index + 1] ?? 0;
  const nearest = nearestBeatIndex(beats, at);
  const frames = [-1, 0, 1].flatMap((step) => beats[nearest + step]?.frame ?? []);
  const byDistance = frames.filter((frame) => frame > low).sort((a, b) => Math.abs(a - at) - Math.abs(b - at));
  const clip = clips[index];
  const before = clips[index - 1];
  if (clip === undefined || before === undefined) return undefined;
  const between = byDistance.find((frame) => frame < high);
  if (between !== undefined) return { type: 'roll', clipId: clip.id, frames: between - at, magnet: 'frames' };
  const beyond = byDistance[0];
  if (beyond === undefined) return undefined;
  return { type: 'trimOut', clipId: before.id, frames: beyond - at, ripple: true, magnet: 'beats' };
}

/**
 * A length that the motion bears, up to a beat where one fits: the first one for a shot that is too short, the last one
 * for one that is too long.
 */
export function fixLength(timeline: Timeline, clip: TimelineClip, start: number, short: boolean): Edit {
  const { least, most } = bearableFrames(timeline, clip);
  const { beats } = timeline;
  let end: number | undefined;
  if (short) {
    const first = beats[firstBeatFrom(timeline, start + least)]?.frame;
    if (first !== undefined && first - start <= most) end = first;
  } else {
    const last = beats[firstBeatFrom(timeline, start + most + 1) - 1]?.frame;
    if (last !== undefined && last - start >= least) end = last;
  }
  return {
    type: 'setDuration',
    clipId: clip.id,
    durationFrames: end === undefined ? (short ? least : most) : end - start,
    ripple: true,
    magnet: end === undefined ? 'frames' : 'beats',
  };
}

/** Shortest and longest length that the clip's motion bears, frames. */
export function bearableFrames(
  timeline: Timeline,
  clip: TimelineClip,
): { readonly least: number; readonly most: number } {
  const { num, den } = timeline.frameRate;
  const { min, max } = MOTION_SECONDS[clip.motion];
  return { least: Math.ceil((min * num) / den), most: Math.max(1, Math.floor((max * num) / den)) };
}

/** Index of the first beat at or behind a frame (the number of beats when there is none). */
function firstBeatFrom({ beats }: Timeline, frame: number): number {
  const near = nearestBeatIndex(beats, frame);
  return near >= 0 && (beats[near]?.frame ?? 0) < frame ? near + 1 : Math.max(0, near);
}

/** Whether the way into a clip already softens a jump of light. */
export function isSoft(timeline: Timeline, clip: TimelineClip): boolean {
  const { type, frames } = clip.transitionIn;
  return SOFT_TYPES.has(type) && frames >= softFrames(timeline).least;
}

/** A dissolve into the clip, where it fits between its neighbours. */
export function fixLightJump(timeline: Timeline, index: number): Edit | undefined {
  const clip = timeline.clips[index];
  const { wanted, least } = softFrames(timeline);
  const transition = fitInto(timeline.clips, index, { type: 'cross_dissolve', frames: wanted });
  if (clip === undefined || transition.frames < least) return undefined;
  return { type: 'setTransition', clipId: clip.id, transition };
}

function softFrames({ frameRate }: Timeline): { readonly wanted: number; readonly least: number } {
  const wanted = Math.max(2, 2 * Math.round(secondsToFrame(SOFT_SECONDS.wanted, frameRate) / 2));
  return { wanted, least: Math.max(2, Math.ceil((SOFT_SECONDS.least * frameRate.num) / frameRate.den)) };
}

/** Shows the room's best photo that is not in the film yet instead; where there is none, the shot before takes the time. */
export function fixSamePhoto(timeline: Timeline, clip: TimelineClip, rooms: readonly LintRoom[]): Edit {
  const shown = new Set(timeline.clips.map((one) => one.photoId));
  const other = bestOf((rooms.find((room) => room.id === clip.clusterId)?.shots ?? []).filter((shot) => !shown.has(shot.photoId))); // biome-ignore format: one thought
  return other === undefined
    ? { type: 'delete', clipId: clip.id, ripple: false, magnet: 'frames' }
    : swapToShot(timeline, clip.id, other, clip.clusterId);
}

function bestOf(shots: readonly Shot[]): Shot | undefined {
  return shots.toSorted((a, b) => b.value - a.value)[0];
}

/** Inserts the room's best shot where the template would show the room, never as the first or the last. */
export function fixMissingRoom(timeline: Timeline, room: LintRoom, rooms: readonly LintRoom[]): Edit | undefined {
  const best = bestOf(room.shots ?? []);
  if (best === undefined) return undefined;
  const order = TEMPLATES[timeline.template].roomOrder as readonly string[];
  const placeOf = (type: string | undefined): number => (type === undefined ? -1 : order.indexOf(type));
  const types = new Map(rooms.map((one) => [one.id, one.roomType]));
  const own = placeOf(room.roomType);
  const { clips } = timeline;
  const inner = clips.slice(1, -1);
  const after = inner.find((clip) => placeOf(types.get(clip.clusterId)) > own);
  const before = after?.id ?? (clips.length > 1 ? clips.at(-1)?.id : undefined) ?? null;
  let newId = `room-${room.id}`;
  for (let n = 2; clips.some((clip) => clip.id === newId); n++) newId = `room-${room.id}-${n}`;
  return insertShot(timeline, best, {
    clusterId: room.id,
    before,
    newId,
    flow: { ripple: true, magnet: 'beats' },
  });
}

/** The music laid anew for the film's length, where it can be. */
export function fixMusic(timeline: Timeline, track: BeatTrack | null | undefined): Edit | undefined {
  if (track === null || track === undefined) return undefined;
  try {
    return musicForLength(timeline, track);
  } catch (error) {
    if (error instanceof PicaividError && error.code === 'audio_too_short') return undefined;
    throw error;
  }
}

/** How many beats a shot has, and may have. */
interface Span {
  readonly clip: TimelineClip;
  beats: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Brings the film to a length: shots get longer or shorter by whole beats within what their motions bear, those with the
 * most room first; where that is not enough to shorten it, further views of rooms go, the last ones first. Cuts end up
 * on beats. Undefined when the shots there are cannot make that length.
 */
export function fixTarget(timeline: Timeline, targetFrames: number): Edit | undefined {
  const grid = gridUpTo(timeline, Math.max(targetFrames, totalFrames(timeline.clips)));
  const goal = nearestIn(grid.frames, targetFrames);
  const deletes: SimpleEdit[] = [];
  const { clips } = timeline;
  let spans = spansOf(timeline, clips, grid);
  const sum = (key: 'beats' | 'least' | 'most'): number => spans.reduce((total, span) => total + span[key], 0);
  const views = new Map<string, number>();
  for (const { clusterId } of clips) views.set(clusterId, (views.get(clusterId) ?? 0) + 1);
  let surplus = sum('least') - goal;
  for (let i = clips.length - 2; i > 0 && surplus > 0; i--) {
    const clip = clips[i];
    const span = spans[i];
    const shown = views.get(clip?.clusterId ?? '') ?? 0;
    if (clip === undefined || span === undefined || shown < 2) continue;
    views.set(clip.clusterId, shown - 1);
    surplus -= span.least;
    deletes.push({ type: 'delete', clipId: clip.id, ripple: true, magnet: 'frames' });
    spans = spans.toSpliced(i, 1);
  }
  if (surplus > 0) return undefined;
  if (sum('most') < goal) return undefined;
  for (let off = goal - sum('beats'); off !== 0; off -= Math.sign(off)) {
    const span = roomiest(spans, off > 0);
    if (span === undefined) return undefined;
    span.beats += Math.sign(off);
  }
  const threshold = Math.max(1, medianBeatFrames(timeline.beats));
  let from = 0;
  let count = 0;
  const edits = spans.flatMap(({ clip, beats }, i): SimpleEdit[] => {
    count += beats;
    const onGrid = grid.frames[count] ?? 0;
    // A grid too coarse to meet the target: then the film's end leaves it.
    const end = i === spans.length - 1 && Math.abs(onGrid - targetFrames) > threshold ? targetFrames : onGrid;
    const durationFrames = end - from;
    from = end;
    if (durationFrames === clip.durationFrames) return [];
    return [{ type: 'setDuration', clipId: clip.id, durationFrames, ripple: true, magnet: 'frames' }];
  });
  const all = [...deletes, ...edits];
  return all.length === 0 ? undefined : { type: 'batch', edits: all };
}

interface FrameGrid {
  /** Possible cuts, 0 first, strictly increasing. */
  readonly frames: readonly number[];
  /** Typical distance. */
  readonly step: number;
}

/** The beats, continued at their tempo behind the last one; single frames without beats. */
function gridUpTo(timeline: Timeline, frame: number): FrameGrid {
  const median = medianBeatFrames(timeline.beats);
  const step = Math.max(1, median);
  const frames = [0];
  if (median > 0) for (const beat of timeline.beats) if (beat.frame > 0) frames.push(beat.frame);
  while ((frames.at(-1) ?? 0) <= frame + step) frames.push((frames.at(-1) ?? 0) + step);
  return { frames, step };
}

function spansOf(timeline: Timeline, clips: readonly TimelineClip[], grid: FrameGrid): Span[] {
  const indices = clipStarts(clips).map((start) => nearestIn(grid.frames, start));
  return clips.map((clip, i) => {
    const beats = Math.max(1, (indices[i + 1] ?? 0) - (indices[i] ?? 0));
    const { least, most } = bearableFrames(timeline, clip);
    const low = Math.max(1, Math.ceil(least / grid.step));
    // What a person made shorter or longer than that may stay so.
    return {
      clip,
      beats,
      least: Math.min(beats, low),
      most: Math.max(beats, low, Math.floor(most / grid.step)),
    };
  });
}

function roomiest(spans: readonly Span[], longer: boolean): Span | undefined {
  let best: Span | undefined;
  let most = 0;
  for (const span of spans) {
    const room = (longer ? span.most - span.beats : span.beats - span.least) / span.beats;
    if (room > most) [best, most] = [span, room];
  }
  return best;
}

/** Index of the value nearest to a frame, the earlier one in a tie. */
function nearestIn(values: readonly number[], frame: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < frame) low = middle + 1;
    else high = middle;
  }
  if (low >= values.length) return values.length - 1;
  return low > 0 && frame - (values[low - 1] ?? 0) <= (values[low] ?? 0) - frame ? low - 1 : low;
}
