/** What a drag does to the film: from where it began and how far it went to the edit it means. Pure. */
import { PicaividError } from '../../../../base/errors.ts';
import type { Timeline, TitleCard, Transition } from '../../../../pipeline/domain.ts';
import { frameToSeconds } from '../../../../pipeline/time.ts';
import { clipStarts, type Magnet, snapFrame } from '../../../../pipeline/timeline/clip-math.ts';
import { applyEdit } from '../../../../pipeline/timeline/edits.ts';
import { moveBeat, moveMany, moveMarker } from '../../../../pipeline/timeline/edits-make.ts';
import type { Edit } from '../../../../pipeline/timeline/edits-types.ts';

/** What was taken hold of. */
export type Grip =
  | { readonly kind: 'move'; readonly clipIds: readonly string[] }
  | { readonly kind: 'trimIn' | 'trimOut' | 'roll' | 'slip'; readonly clipId: string }
  | { readonly kind: 'transition'; readonly clipId: string; readonly grip: 'start' | 'end' }
  | { readonly kind: 'title'; readonly titleId: string; readonly part: 'start' | 'body' | 'end' }
  | { readonly kind: 'beat'; readonly frame: number }
  | { readonly kind: 'marker'; readonly markerId: string };

export interface Flow {
  readonly ripple: boolean;
  readonly magnet: Magnet;
}

/**
 * The edit of a drag by `frames` (later is positive). `place`: for a move, the index of the clip before which the
 * pointer is, or the number of clips. Null when it does nothing.
 */
export function editOf(timeline: Timeline, grip: Grip, frames: number, place: number, flow: Flow): Edit | null {
  switch (grip.kind) {
    case 'move': {
      const before = timeline.clips[place]?.id ?? null;
      const edit = moveMany(timeline, grip.clipIds, before, flow);
      return edit.edits.length === 0 ? null : edit;
    }
    case 'trimIn':
    case 'trimOut':
      return frames === 0 ? null : { type: grip.kind, clipId: grip.clipId, frames, ...flow };
    case 'roll':
      return frames === 0 ? null : { type: 'roll', clipId: grip.clipId, frames, magnet: flow.magnet };
    case 'slip':
      // Dragging the picture to the right shows an earlier part of it.
      return frames === 0 ? null : { type: 'slip', clipId: grip.clipId, frames: -frames };
    case 'transition': {
      const transition = transitionBy(timeline, grip.clipId, grip.grip === 'end' ? frames : -frames);
      return transition === null ? null : { type: 'setTransition', clipId: grip.clipId, transition };
    }
    case 'title': {
      const titles = titlesBy(timeline, grip, frames, flow.magnet);
      return frames === 0 ? null : { type: 'setTitles', titles };
    }
    case 'beat': {
      const to = Math.max(0, grip.frame + frames);
      return to === grip.frame ? null : moveBeat(grip.frame, to);
    }
    case 'marker': {
      const from = timeline.markers.find((marker) => marker.id === grip.markerId)?.frame ?? 0;
      const edit = moveMarker(timeline, grip.markerId, from + frames, flow.magnet);
      return edit.marker.frame === from ? null : edit;
    }
  }
}

/**
 * The transition into a clip with one end pulled outwards by `frames`: it stays centred on its cut, so it grows by
 * twice as much. A cut that is pulled open becomes a dissolve.
 */
export function transitionBy(timeline: Timeline, clipId: string, frames: number): Transition | null {
  const index = timeline.clips.findIndex((clip) => clip.id === clipId);
  const now = timeline.clips[index]?.transitionIn;
  if (now === undefined) return null;
  const wanted = Math.max(0, now.frames + (index === 0 ? frames : 2 * frames));
  if (wanted === now.frames) return null;
  if (wanted === 0) return { type: 'cut', frames: 0 };
  return { type: now.type === 'cut' ? (index === 0 ? 'dip_black' : 'cross_dissolve') : now.type, frames: wanted };
}

function titlesBy(
  timeline: Timeline,
  grip: Extract<Grip, { kind: 'title' }>,
  frames: number,
  magnet: Magnet,
): TitleCard[] {
  return timeline.titles.map((title) => {
    if (title.id !== grip.titleId) return { ...title };
    const end = title.startFrame + title.durationFrames;
    const snap = (frame: number): number => Math.max(0, snapFrame(timeline.beats, frame, magnet));
    if (grip.part === 'body') return { ...title, startFrame: snap(title.startFrame + frames) };
    if (grip.part === 'end') {
      return { ...title, durationFrames: Math.max(1, snap(end + frames) - title.startFrame) };
    }
    const startFrame = Math.min(end - 1, snap(title.startFrame + frames));
    return { ...title, startFrame, durationFrames: end - startFrame };
  });
}

/** The film after a drag, for showing it before the button is let go; the sentence where it is refused. */
export interface Preview {
  readonly edit: Edit | null;
  readonly timeline: Timeline;
  readonly refused: string | null;
  /** The frame to draw the snap line at: where what was dragged now is. */
  readonly at: number | null;
}

export function previewOf(timeline: Timeline, grip: Grip, frames: number, place: number, flow: Flow): Preview {
  let edit: Edit | null = null;
  try {
    edit = editOf(timeline, grip, frames, place, flow);
    if (edit === null) return { edit, timeline, refused: null, at: placeOf(timeline, grip) };
    const after = applyEdit(timeline, edit).timeline;
    return { edit, timeline: after, refused: null, at: placeOf(after, grip, frames) };
  } catch (error) {
    if (!(error instanceof PicaividError)) throw error;
    return { edit, timeline, refused: error.message, at: null };
  }
}

function placeOf(timeline: Timeline, grip: Grip, frames = 0): number | null {
  switch (grip.kind) {
    case 'beat':
      return grip.frame + frames;
    case 'marker':
      return timeline.markers.find((marker) => marker.id === grip.markerId)?.frame ?? null;
    case 'title': {
      const title = timeline.titles.find((one) => one.id === grip.titleId);
      if (title === undefined) return null;
      return grip.part === 'end' ? title.startFrame + title.durationFrames : title.startFrame;
    }
    case 'move':
    case 'slip':
    case 'transition':
      return null;
    case 'trimIn':
    case 'roll':
    case 'trimOut': {
      const index = timeline.clips.findIndex((clip) => clip.id === grip.clipId);
      return index < 0 ? null : (clipStarts(timeline.clips)[index + (grip.kind === 'trimOut' ? 1 : 0)] ?? null);
    }
  }
}

/** What a drag says beside the pointer: `4.0 s (+0.5)`, `Cut at 0:12.00`. */
export function gripWords(before: Timeline, grip: Grip, frames: number, preview: Preview): string {
  if (preview.refused !== null) return preview.refused;
  const after = preview.timeline;
  const rate = after.frameRate;
  const seconds = (count: number): string => frameToSeconds(count, rate).toFixed(2);
  const sign = (count: number): string => `${count > 0 ? '+' : count < 0 ? '−' : ''}${Math.abs(count)}`;
  const clipOf = (timeline: Timeline) =>
    'clipId' in grip ? timeline.clips.find((clip) => clip.id === grip.clipId) : undefined;
  switch (grip.kind) {
    case 'move':
      return grip.clipIds.length === 1 ? 'Move' : `Move ${grip.clipIds.length} shots`;
    case 'slip':
      return `Slip ${sign(-frames)} frames`;
    case 'trimIn':
    case 'trimOut': {
      const now = clipOf(after)?.durationFrames ?? 0;
      return `${seconds(now)} s  ${sign(now - (clipOf(before)?.durationFrames ?? now))} frames`;
    }
    case 'roll': {
      const index = after.clips.findIndex((clip) => clip.id === grip.clipId);
      return `${seconds(after.clips[index - 1]?.durationFrames ?? 0)} s | ${seconds(after.clips[index]?.durationFrames ?? 0)} s`;
    }
    case 'transition': {
      const transition = clipOf(after)?.transitionIn;
      return transition === undefined || transition.frames === 0
        ? 'Cut'
        : `${transition.type.replaceAll('_', ' ')}, ${transition.frames} frames`;
    }
    case 'title':
    case 'marker':
    case 'beat':
      return preview.at === null ? '' : `${seconds(preview.at)} s`;
  }
}
