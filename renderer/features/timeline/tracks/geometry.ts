/**
 * Where everything of the tracks stands, as numbers: frames and pixels, what is in sight, what is under the pointer,
 * what a drag snaps to. Nothing is measured while scrolling or dragging. Pure. Pixels are CSS pixels from the left of
 * the tracks; frames are film frames.
 */
import type { GridBeat, Timeline } from '../../../../pipeline/domain.ts';
import {
  framesAfterCut,
  framesBeforeCut,
  type Magnet,
  nearestBeatIndex,
} from '../../../../pipeline/timeline/clip-math.ts';

/** What is in sight. `scroll` is the pixel of the film at the left edge behind the margin. */
export interface View {
  /** Pixels of one frame. */
  readonly scale: number;
  readonly scroll: number;
  readonly width: number;
}

/** Pixels before frame 0 and behind the end, so that both edges can be taken hold of. */
export const MARGIN = 16;
/** A frame is never wider than this: two frames fill a thumb. */
export const MAX_SCALE = 24;

export const frameToX = (view: View, frame: number): number => MARGIN + frame * view.scale - view.scroll;
/** Not rounded. */
export const xToFrame = (view: View, x: number): number => (x - MARGIN + view.scroll) / view.scale;

/** Pixels of the whole film with its margins. */
export const contentWidth = (scale: number, frames: number): number => frames * scale + 2 * MARGIN;

/** The scale at which the whole film is in sight. */
export function fitScale(width: number, frames: number): number {
  return Math.min(MAX_SCALE, Math.max(width - 2 * MARGIN, 1) / Math.max(1, frames));
}

/** The view, moved so that it shows film and no more emptiness than fits. */
export function clampView(view: View, frames: number): View {
  const scale = Math.min(MAX_SCALE, Math.max(fitScale(view.width, frames) / 2, view.scale));
  const most = Math.max(0, contentWidth(scale, frames) - view.width);
  const scroll = Math.min(most, Math.max(0, view.scroll));
  return scale === view.scale && scroll === view.scroll ? view : { ...view, scale, scroll };
}

/** Closer (`factor` above 1) or wider, with the frame under pixel `x` staying there as far as the film's ends allow. */
export function zoomAbout(view: View, x: number, factor: number, frames: number): View {
  const frame = xToFrame(view, x);
  const scale = Math.min(MAX_SCALE, Math.max(fitScale(view.width, frames) / 2, view.scale * factor));
  return clampView({ ...view, scale, scroll: frame * scale + MARGIN - x }, frames);
}

/** The view in which a frame is in sight: turned by a page when it is not. */
export function reveal(view: View, frame: number, frames: number): View {
  const x = frameToX(view, frame);
  if (x >= 0 && x <= view.width - 1) return view;
  return clampView({ ...view, scroll: frame * view.scale + MARGIN - view.width * 0.1 }, frames);
}

/** Indices [from, to) of the spans `starts[i]..starts[i + 1]` that [first, last) touches. O(log n). */
export function spansIn(starts: readonly number[], first: number, last: number): readonly [number, number] {
  const count = starts.length - 1;
  if (count < 1 || last <= (starts[0] ?? 0) || first >= (starts[count] ?? 0)) return [0, 0];
  const from = Math.max(0, upper(starts, first) - 1);
  return [from, Math.min(count, lower(starts, last))];
}

/** Index of the span that holds a frame; frames before the first belong to it, later ones to the last. */
export function spanAt(starts: readonly number[], frame: number): number {
  return Math.min(starts.length - 2, Math.max(0, upper(starts, frame) - 1));
}

/** Indices [from, to) of sorted items whose frame lies in [first, last]. O(log n). */
export function itemsIn(items: readonly { readonly frame: number }[], first: number, last: number): [number, number] {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.frame ?? 0) < first) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < items.length && (items[end]?.frame ?? 0) <= last) end += 1;
  return [low, end];
}

/** First index whose value is at least `value`. */
function lower(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First index whose value is above `value`. */
function upper(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// ───────────────────────────── Lanes ─────────────────────────────

export interface Lane {
  readonly top: number;
  readonly height: number;
}
export interface Lanes {
  readonly ruler: Lane;
  readonly titles: Lane;
  readonly clips: Lane;
  readonly wave: Lane;
  readonly beats: Lane;
  readonly markers: Lane;
  readonly height: number;
}

/** Pixels: lanes of one line, gaps between lanes, and what clips and waveform share. */
const RULER = 26;
const LINE = 20;
const GAP = 4;
export const LEAST_HEIGHT = 236;

/** Lanes in a height; clips and waveform share what is left, four to three. */
export function lanesIn(height: number): Lanes {
  const left = Math.max(LEAST_HEIGHT, height) - RULER - 3 * LINE - 5 * GAP;
  const clips = Math.round((left * 4) / 7);
  let top = 0;
  const lane = (size: number): Lane => {
    const made = { top, height: size };
    top += size + GAP;
    return made;
  };
  return {
    ruler: lane(RULER),
    titles: lane(LINE),
    clips: lane(clips),
    wave: lane(left - clips),
    beats: lane(LINE),
    markers: lane(LINE),
    height: top,
  };
}

const within = (lane: Lane, y: number): boolean => y >= lane.top && y < lane.top + lane.height;

// ───────────────────────────── What is under the pointer ─────────────────────────────

export type Hit =
  | { readonly kind: 'ruler' | 'wave' | 'none' }
  | { readonly kind: 'clip'; readonly index: number }
  | { readonly kind: 'edge'; readonly index: number; readonly side: 'in' | 'out' }
  /** The handle of the transition into a clip; `grip` says which end of it is nearer. */
  | { readonly kind: 'transition'; readonly index: number; readonly grip: 'start' | 'end' }
  | { readonly kind: 'titles' }
  | { readonly kind: 'title'; readonly index: number; readonly part: 'start' | 'body' | 'end' }
  | { readonly kind: 'beats' }
  | { readonly kind: 'beat'; readonly index: number }
  | { readonly kind: 'markers' }
  | { readonly kind: 'marker'; readonly index: number };

/** Pixels: how far from an edge it can be taken hold of, and the height of the strip of transition handles. */
const EDGE = 7;
export const HANDLE = 14;
/** Pixels from a marker's line that its flag reaches to the right: its letters are not measured. */
export const FLAG = 64;

/** What lies under a point. O(log clips + log beats). */
export function hitTest(
  timeline: Timeline,
  starts: readonly number[],
  view: View,
  lanes: Lanes,
  x: number,
  y: number,
): Hit {
  const frame = xToFrame(view, x);
  if (within(lanes.ruler, y)) return { kind: 'ruler' };
  if (within(lanes.clips, y)) return hitClips(timeline, starts, view, x, y - lanes.clips.top, frame);
  if (within(lanes.wave, y)) return { kind: 'wave' };
  if (within(lanes.titles, y)) {
    const index = timeline.titles.findIndex(
      (title) => frame >= title.startFrame && frame < title.startFrame + title.durationFrames,
    );
    const title = timeline.titles[index];
    if (title === undefined) return { kind: 'titles' };
    const reach = Math.min(EDGE, (title.durationFrames * view.scale) / 4);
    const left = x - frameToX(view, title.startFrame);
    const right = frameToX(view, title.startFrame + title.durationFrames) - x;
    return { kind: 'title', index, part: left < reach ? 'start' : right < reach ? 'end' : 'body' };
  }
  if (within(lanes.beats, y)) {
    const index = nearestBeatIndex(timeline.beats, Math.round(frame));
    const beat = timeline.beats[index];
    if (beat === undefined || Math.abs(frameToX(view, beat.frame) - x) > EDGE) return { kind: 'beats' };
    return { kind: 'beat', index };
  }
  if (within(lanes.markers, y)) {
    const index = timeline.markers.findLastIndex((marker) => {
      const from = frameToX(view, marker.frame);
      return x >= from - EDGE && x <= from + FLAG;
    });
    return index < 0 ? { kind: 'markers' } : { kind: 'marker', index };
  }
  return { kind: 'none' };
}

function hitClips(timeline: Timeline, starts: readonly number[], view: View, x: number, y: number, frame: number): Hit {
  const total = starts.at(-1) ?? 0;
  const reachOut = EDGE / view.scale;
  if (frame < -reachOut || frame > total + reachOut || timeline.clips.length === 0) return { kind: 'none' };
  const index = spanAt(starts, frame);
  if (y < HANDLE) {
    const handle = hitTransition(timeline, starts, view, x, index);
    if (handle !== null) return handle;
  }
  const from = frameToX(view, starts[index] ?? 0);
  const to = frameToX(view, starts[index + 1] ?? 0);
  const reach = Math.min(EDGE, (to - from) / 4);
  if (x - from < reach) return { kind: 'edge', index, side: 'in' };
  if (to - x < reach) return { kind: 'edge', index, side: 'out' };
  return { kind: 'clip', index };
}

function hitTransition(timeline: Timeline, starts: readonly number[], view: View, x: number, near: number): Hit | null {
  for (const index of [near, near + 1]) {
    const clip = timeline.clips[index];
    if (clip === undefined) continue;
    const { from, to } = transitionSpan(timeline, starts, index);
    const [left, right] = [frameToX(view, from), frameToX(view, to)];
    const middle = (left + right) / 2;
    // The first clip has a handle only when it fades in: there is nothing before it to mix with.
    if (index === 0 && clip.transitionIn.frames === 0) continue;
    if (x < left - EDGE || x > right + EDGE) continue;
    return { kind: 'transition', index, grip: x < middle ? 'start' : 'end' };
  }
  return null;
}

/** Film frames [from, to) that the transition into a clip covers; empty at the cut for a cut. */
export function transitionSpan(
  timeline: Pick<Timeline, 'clips'>,
  starts: readonly number[],
  index: number,
): { readonly from: number; readonly to: number } {
  const cut = starts[index] ?? 0;
  const clip = timeline.clips[index];
  if (clip === undefined) return { from: cut, to: cut };
  // The first clip fades from black inside itself.
  if (index === 0) return { from: 0, to: clip.transitionIn.frames };
  return { from: cut - framesBeforeCut(clip.transitionIn), to: cut + framesAfterCut(clip.transitionIn) };
}

// ───────────────────────────── Snapping ─────────────────────────────

/** Pixels within which a drag in frames snaps to the playhead, a marker or a cut. */
export const SNAP = 6;

/** The nearest of `places` within SNAP pixels of a frame, else the frame itself, rounded. */
export function snapNear(view: View, frame: number, places: readonly number[]): number {
  const whole = Math.round(frame);
  let best = whole;
  let distance = SNAP / view.scale;
  for (const place of places) {
    const away = Math.abs(place - frame);
    if (away < distance) {
      distance = away;
      best = place;
    }
  }
  return best;
}

/** The next frame of the magnet's grid behind (`direction` 1) or before (-1) a frame; one frame on without a grid. */
export function stepFrom(beats: readonly GridBeat[], frame: number, direction: 1 | -1, magnet: Magnet): number {
  const grid = magnet === 'frames' ? [] : magnet === 'beats' ? beats : beats.filter((beat) => beat.beatInBar === 1);
  const next =
    direction === 1
      ? grid.find((beat) => beat.frame > frame)?.frame
      : grid.findLast((beat) => beat.frame < frame)?.frame;
  return next ?? Math.max(0, frame + direction);
}

/** Clips that a rubber band from x to x touches, as indices [from, to). */
export function bandClips(starts: readonly number[], view: View, a: number, b: number): readonly [number, number] {
  return spansIn(starts, xToFrame(view, Math.min(a, b)), Math.max(xToFrame(view, Math.max(a, b)), 1e-6));
}

/** Before which clip (an index up to the number of clips) something dropped at pixel x goes: by the middle of clips. */
export function dropIndex(starts: readonly number[], view: View, x: number): number {
  const frame = xToFrame(view, x);
  const count = starts.length - 1;
  if (count <= 0) return 0;
  if (frame >= (starts[count] ?? 0)) return count;
  const index = spanAt(starts, frame);
  const middle = ((starts[index] ?? 0) + (starts[index + 1] ?? 0)) / 2;
  return frame < middle ? index : index + 1;
}

// ───────────────────────────── Ruler ─────────────────────────────

/** Every how many bars a number stands, so that numbers are at least `least` pixels apart: 1, 2, 4, 8, … */
export function barStep(pixelsPerBar: number, least: number): number {
  let step = 1;
  while (step * pixelsPerBar < least && step < 4_096) step *= 2;
  return step;
}

/** Seconds between two labels of time: 1, 2, 5, 10, 15, 30, 60, … */
export function secondStep(pixelsPerSecond: number, least: number): number {
  const steps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
  return steps.find((step) => step * pixelsPerSecond >= least) ?? 1_200;
}

export interface Bar {
  readonly frame: number;
  /** 1 for the first whole bar. */
  readonly number: number;
}

/** The downbeats with their numbers. O(beats); made once for a grid. */
export function barsOf(beats: readonly GridBeat[]): readonly Bar[] {
  return beats.filter((beat) => beat.beatInBar === 1).map((beat, i) => ({ frame: beat.frame, number: i + 1 }));
}
