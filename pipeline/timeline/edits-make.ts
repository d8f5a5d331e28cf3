/**
 * Edits made from other things: from a newly built film, from the music for a film whose length has changed, from a
 * selection of several clips, from copied clips and from the pool of shots. All return plain edits; whether one is
 * possible is `applyEdit`'s to say.
 */

import { PicaividError } from '../../base/errors.ts';
import type { BeatTrack, Motion, RendererName, Shot, Timeline, TimelineClip, Transition } from '../domain.ts';
import { frameToSeconds, secondsToFrame } from '../time.ts';
import { GRID_TAIL_SECONDS } from './builder.ts';
import { CUT, clipStarts, type Magnet, MOTION_SECONDS, nearestBeatIndex, snapFrame, totalFrames } from './clip-math.ts';
import type { Edit, NewClip, SimpleEdit } from './edits-types.ts';
import { filmBeats, planMusic } from './grid.ts';

type Of<T extends SimpleEdit['type']> = Extract<SimpleEdit, { type: T }>;
type Batch = Extract<Edit, { type: 'batch' }>;

/** Whether later clips move along, and what moved cuts snap to. */
export interface Flow {
  readonly ripple: boolean;
  readonly magnet: Magnet;
}

/**
 * The `setMusic` edit for the film's present length: same start in the music and same fades as before, or a start
 * chosen anew when there was no music. Beats that nobody corrected are laid anew with it; corrected ones stay.
 */
export function musicForLength(timeline: Timeline, track: BeatTrack): Of<'setMusic'> {
  const { frameRate: rate, music: before } = timeline;
  const total = totalFrames(timeline.clips);
  const start = before?.segments[0]?.musicStartSeconds;
  const music = planMusic(track, total, rate, {
    ...(start === undefined ? {} : { startSeconds: start }),
    ...(before === null
      ? {}
      : {
          fadeInSeconds: frameToSeconds(before.fadeInFrames, rate),
          fadeOutSeconds: frameToSeconds(before.fadeOutFrames, rate),
        }),
  });
  const copy = { ...music, segments: [...music.segments] };
  const end = timeline.beats.at(-1)?.frame ?? 0;
  const asLaid = filmBeats(track, before, end, rate);
  const untouched = JSON.stringify(asLaid) === JSON.stringify(timeline.beats);
  if (!untouched) return { type: 'setMusic', music: copy };
  const beats = filmBeats(track, music, total + secondsToFrame(GRID_TAIL_SECONDS, rate), rate);
  return { type: 'setMusic', music: copy, beats };
}

/**
 * The `setTemplate` edit that puts another film in place of the present one; id, version and status stay. Markers stay
 * too, unless `withMarkers`: a restored version or an imported file brings its own.
 */
export function replaceBy(built: Timeline, options: { readonly withMarkers?: boolean } = {}): Of<'setTemplate'> {
  const { template, frameRate, width, height } = built;
  return {
    type: 'setTemplate',
    template,
    frameRate,
    width,
    height,
    clips: [...built.clips],
    beats: [...built.beats],
    music: built.music === null ? null : { ...built.music, segments: [...built.music.segments] },
    titles: [...built.titles],
    leftOut: [...built.leftOut],
    ...(options.withMarkers === true ? { markers: [...built.markers] } : {}),
  };
}

// ───────────────────────────── Several clips ─────────────────────────────

/** Takes several clips out as one step. Refused by `applyEdit` when no clip would be left. */
export function deleteMany(timeline: Timeline, clipIds: readonly string[], flow: Flow): Batch {
  return batch(inFilmOrder(timeline, clipIds).map((clip) => ({ type: 'delete', clipId: clip.id, ...flow })));
}

/**
 * Puts several clips, in the order they have in the film, before another one or last (null), as one step. A target
 * that is itself selected stands for the next clip that is not.
 */
export function moveMany(timeline: Timeline, clipIds: readonly string[], before: string | null, flow: Flow): Batch {
  const selected = inFilmOrder(timeline, clipIds);
  const ids = new Set(selected.map((clip) => clip.id));
  const place = timeline.clips.findIndex((clip) => clip.id === before);
  const target = place < 0 ? before : (timeline.clips.slice(place).find((clip) => !ids.has(clip.id))?.id ?? null);
  return batch(selected.map((clip) => ({ type: 'move', clipId: clip.id, before: target, ...flow })));
}

/** What can be set for several clips at once. */
export interface ManyChange {
  readonly motion?: Motion;
  /** 0..1 */
  readonly amount?: number;
  readonly renderer?: RendererName;
  readonly transition?: Transition;
  readonly audioPolicy?: TimelineClip['audioPolicy'];
}

/** Sets motion, amount, renderer, transition and sound of several clips as one step; what is not given stays. */
export function changeMany(timeline: Timeline, clipIds: readonly string[], change: ManyChange): Batch {
  const { motion, amount, renderer, transition, audioPolicy } = change;
  return batch(
    inFilmOrder(timeline, clipIds).flatMap(({ id: clipId }): SimpleEdit[] => [
      ...(motion === undefined ? [] : [{ type: 'setMotion' as const, clipId, motion }]),
      ...(amount === undefined ? [] : [{ type: 'setAmount' as const, clipId, amount }]),
      ...(renderer === undefined ? [] : [{ type: 'setRenderer' as const, clipId, renderer }]),
      ...(transition === undefined ? [] : [{ type: 'setTransition' as const, clipId, transition: { ...transition } }]),
      ...(audioPolicy === undefined ? [] : [{ type: 'setAudio' as const, clipId, audioPolicy }]),
    ]),
  );
}

/** Copies of clips in film order, for `pasteBefore` and `pasteAt`: safe to keep as JSON, also for another film. */
export function copyClips(timeline: Timeline, clipIds: readonly string[]): NewClip[] {
  return inFilmOrder(timeline, clipIds).map((clip) => {
    const { orderKey: _, ...rest } = clip;
    return { ...rest, transitionIn: { ...clip.transitionIn } };
  });
}

/** Copied clips with new ids before a clip, or last (null), as one step. They show what the copied clips showed. */
export function pasteBefore(copied: readonly NewClip[], before: string | null, flow: Flow, newId: () => string): Batch {
  return batch(copied.map((clip) => ({ type: 'insert', clip: { ...clip, id: newId() }, before, ...flow })));
}

/**
 * Copied clips with new ids at a film frame (snapped first), as one step: on a cut they go there, inside a shot they
 * split it, behind the film's end they are appended.
 */
export function pasteAt(
  timeline: Timeline,
  copied: readonly NewClip[],
  atFrame: number,
  flow: Flow,
  newId: () => string,
): Batch {
  const at = Math.max(0, snapFrame(timeline.beats, atFrame, flow.magnet));
  const starts = clipStarts(timeline.clips);
  const index = timeline.clips.findIndex((_, i) => at < (starts[i + 1] ?? 0));
  const clip = timeline.clips[index];
  if (clip === undefined) return pasteBefore(copied, null, flow, newId);
  if (at === starts[index]) return pasteBefore(copied, clip.id, flow, newId);
  const right = newId();
  const pasted = pasteBefore(copied, right, flow, newId);
  return batch([{ type: 'split', atFrame: at, newId: right, magnet: 'frames' }, ...pasted.edits]);
}

// ───────────────────────────── From the pool of shots ─────────────────────────────

/**
 * A clip made from a shot of the analysis, as long as its motion bears and as the plan recommends, ending on the beat
 * nearest to that if it begins at `startFrame` of the film. Its way in is a plain cut.
 */
export function clipFromShot(
  timeline: Timeline,
  shot: Shot,
  place: { readonly clusterId: string; readonly startFrame: number; readonly newId: string },
): NewClip {
  const motion = shot.recommendedMotion;
  return {
    id: place.newId,
    photoId: shot.photoId,
    clusterId: place.clusterId,
    motion,
    amount: shot.amount,
    renderer: shot.modelRecommendation,
    durationFrames: lengthOnGrid(timeline, motion, shot.recommendedDurationSeconds, place.startFrame),
    transitionIn: CUT,
    audioPolicy: timeline.clips[0]?.audioPolicy ?? 'mute',
    reason: `A person put it in. ${shot.reason}`,
  };
}

/**
 * Inserts a shot of the pool before a clip, or last (null). Its length is on the grid already, so the edit's own magnet
 * is kept only where that leaves the length as it is.
 */
export function insertShot(
  timeline: Timeline,
  shot: Shot,
  place: { readonly clusterId: string; readonly before: string | null; readonly newId: string; readonly flow: Flow },
): Of<'insert'> {
  const index = place.before === null ? -1 : timeline.clips.findIndex((clip) => clip.id === place.before);
  const starts = clipStarts(timeline.clips);
  const startFrame = starts[index < 0 ? timeline.clips.length : index] ?? 0;
  const clip = clipFromShot(timeline, shot, { clusterId: place.clusterId, startFrame, newId: place.newId });
  const end = startFrame + clip.durationFrames;
  const stays = snapFrame(timeline.beats, end, place.flow.magnet) === end;
  return {
    type: 'insert',
    clip,
    before: place.before,
    ripple: place.flow.ripple,
    magnet: stays ? place.flow.magnet : 'frames',
  };
}

/** Frames of a shot of `wishSeconds` from `startFrame` on: within what the motion bears, up to a beat where one fits. */
export function lengthOnGrid(timeline: Timeline, motion: Motion, wishSeconds: number, startFrame: number): number {
  const { beats, frameRate: rate } = timeline;
  const least = Math.ceil((MOTION_SECONDS[motion].min * rate.num) / rate.den);
  const most = Math.floor((MOTION_SECONDS[motion].max * rate.num) / rate.den);
  const wish = Math.min(most, Math.max(least, secondsToFrame(wishSeconds, rate)));
  const nearest = nearestBeatIndex(beats, startFrame + wish);
  let best = 0;
  for (const beat of beats.slice(Math.max(0, nearest - 2), nearest + 3)) {
    const length = beat.frame - startFrame;
    if (length < least || length > most) continue;
    if (best === 0 || Math.abs(length - wish) < Math.abs(best - wish)) best = length;
  }
  return best === 0 ? wish : best;
}

/**
 * Swaps a clip's photo for another shot and plans the move anew: the shot's own moves in their order, the first that
 * bears the clip's length and differs from the moves on both sides. Transitions, length and sound stay.
 */
export function swapToShot(timeline: Timeline, clipId: string, shot: Shot, clusterId: string): Of<'swapPhoto'> {
  const index = timeline.clips.findIndex((clip) => clip.id === clipId);
  const clip = timeline.clips[index];
  if (clip === undefined) throw new PicaividError('edit_refused', 'That clip is not on the timeline any more.');
  const seconds = frameToSeconds(clip.durationFrames, timeline.frameRate);
  const neighbours = new Set([timeline.clips[index - 1]?.motion, timeline.clips[index + 1]?.motion]);
  const moves = [...new Set([shot.recommendedMotion, ...shot.allowedMotions])];
  const bearable = moves.filter((motion) => {
    const { min, max } = MOTION_SECONDS[motion];
    return seconds >= min && seconds <= max;
  });
  const motion = bearable.find((one) => !neighbours.has(one)) ?? bearable[0] ?? shot.recommendedMotion;
  return {
    type: 'swapPhoto',
    clipId,
    photoId: shot.photoId,
    clusterId,
    motion,
    amount: shot.amount,
    renderer: shot.modelRecommendation,
    reason: `A person chose this photo. ${shot.reason}`,
  };
}

// ───────────────────────────── Beats and markers ─────────────────────────────

/** Drags a beat to another frame. */
export function moveBeat(fromFrame: number, toFrame: number): Of<'correctBeats'> {
  return { type: 'correctBeats', correction: { kind: 'moveBeat', fromFrame, toFrame } };
}

/** Drags a marker to another frame, snapped; its label stays. */
export function moveMarker(timeline: Timeline, markerId: string, frame: number, magnet: Magnet): Of<'setMarker'> {
  const marker = timeline.markers.find((one) => one.id === markerId);
  if (marker === undefined) throw new PicaividError('edit_refused', 'There is no such marker.');
  return { type: 'setMarker', marker: { ...marker, frame: Math.max(0, snapFrame(timeline.beats, frame, magnet)) } };
}

function inFilmOrder(timeline: Timeline, clipIds: readonly string[]): TimelineClip[] {
  const ids = new Set(clipIds);
  return timeline.clips.filter((clip) => ids.has(clip.id));
}

function batch(edits: SimpleEdit[]): Batch {
  if (edits.length === 0) throw new PicaividError('edit_refused', 'None of the selected shots is on the timeline.');
  return { type: 'batch', edits };
}
