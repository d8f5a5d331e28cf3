/** What keys and menus do to the film, each as one step of undo with its name. */
import { PicaividError } from '../../../../base/errors.ts';
import type { MOTIONS, Timeline, Transition, TransitionType } from '../../../../pipeline/domain.ts';
import {
  clipStarts,
  cutFrames,
  type Magnet,
  nearestBeatIndex,
  snapFrame,
  totalFrames,
} from '../../../../pipeline/timeline/clip-math.ts';
import {
  changeMany,
  copyClips,
  deleteMany,
  moveMany,
  pasteAt,
  pasteBefore,
} from '../../../../pipeline/timeline/edits-make.ts';
import type { Edit, NewClip } from '../../../../pipeline/timeline/edits-types.ts';
import { playhead } from '../../../stores/playhead.ts';
import { edit, select, setMagnet, setRipple, useTimeline } from '../../../stores/timeline.ts';
import { act, labelOf } from '../panels/labels.ts';
import { withFilm as withPlayer } from '../player/transport.ts';
import { spanAt, stepFrom } from './geometry.ts';

const { getState: get } = useTimeline;
const flow = () => ({ ripple: get().ripple, magnet: get().magnet });
export const newId = (): string => crypto.randomUUID();
const say = (said: string): void => useTimeline.setState({ said });

/**
 * Goes to a film frame: the playhead is there at once, so that the next key acts on it, and the player follows.
 */
export function goTo(frame: number): void {
  const { timeline } = get();
  const last = timeline === null ? frame : Math.max(0, totalFrames(timeline.clips) - 1);
  playhead.set(Math.min(last, frame));
}

/** Frames on or back, and stays there. */
export function stepFrames(frames: number): void {
  withPlayer((film) => film.pause());
  goTo(playhead.frame + frames);
}

/** Runs with the film, if there is one; what cannot be made of it is said as a refusal. */
function withFilm(label: string, run: (timeline: Timeline) => void): void {
  const { timeline } = get();
  if (timeline === null) return;
  try {
    run(timeline);
  } catch (error) {
    if (!(error instanceof PicaividError)) throw error;
    useTimeline.setState({ refusal: { label, message: error.message } });
  }
}

/** The clip that keys act on: the focused one if it is selected, else the selected one, else the one under the playhead. */
export function clipInHand(timeline: Timeline): number {
  const { focus, selected } = get();
  const id = focus !== null && (selected.has(focus) || selected.size === 0) ? focus : [...selected][0];
  const index = timeline.clips.findIndex((clip) => clip.id === id);
  return index >= 0 ? index : spanAt(clipStarts(timeline.clips), playhead.frame);
}

/** The selected clips, else the one in hand. */
export function chosen(timeline: Timeline): readonly string[] {
  const { selected } = get();
  if (selected.size > 0) return [...selected];
  const id = timeline.clips[clipInHand(timeline)]?.id;
  return id === undefined ? [] : [id];
}

// ───────────────────────────── Going ─────────────────────────────

/** To the clip before or after, with the playhead at its start; `extend` keeps what was selected. */
export function goToClip(step: 1 | -1, extend: boolean): void {
  withFilm('Go to a shot', (timeline) => {
    const { focus, selected } = get();
    const starts = clipStarts(timeline.clips);
    const known = timeline.clips.findIndex((clip) => clip.id === focus);
    const at = known >= 0 ? known + step : spanAt(starts, playhead.frame);
    const index = Math.min(timeline.clips.length - 1, Math.max(0, at));
    const clip = timeline.clips[index];
    if (clip === undefined) return;
    select(extend ? [...selected, clip.id] : [clip.id], clip.id);
    goTo(starts[index] ?? 0);
  });
}

export function goToCut(step: 1 | -1): void {
  withFilm('Go to a cut', (timeline) => {
    const places = [0, ...cutFrames(timeline), Math.max(0, totalFrames(timeline.clips) - 1)];
    const now = playhead.frame;
    const to = step === 1 ? places.find((frame) => frame > now) : places.findLast((frame) => frame < now);
    if (to !== undefined) goTo(to);
  });
}

export function goToMarker(): void {
  withFilm('Go to a marker', ({ markers }) => {
    const next = markers.find((marker) => marker.frame > playhead.frame) ?? markers[0];
    if (next === undefined) return;
    goTo(next.frame);
    say(`Marker ${next.label}`);
  });
}

// ───────────────────────────── Shots ─────────────────────────────

/** What was copied last; also across listings of one window. */
let clipboard: readonly NewClip[] = [];
export const canPaste = (): boolean => clipboard.length > 0;

export function copy(): void {
  withFilm('Copy', (timeline) => {
    clipboard = copyClips(timeline, chosen(timeline));
    say(`Copied ${clipboard.length} ${clipboard.length === 1 ? 'shot' : 'shots'}`);
  });
}

export function remove(otherWay = false): void {
  withFilm('Delete', (timeline) => {
    const ids = new Set(chosen(timeline));
    const { ripple, magnet } = flow();
    const after = timeline.clips.findLastIndex((clip) => ids.has(clip.id));
    const next = timeline.clips.slice(after + 1)[0] ?? timeline.clips.findLast((clip) => !ids.has(clip.id));
    act(deleteMany(timeline, [...ids], { ripple: otherWay ? !ripple : ripple, magnet }));
    if (next !== undefined && get().timeline?.clips.some((clip) => clip.id === next.id)) select([next.id], next.id);
  });
}

export function cutOut(): void {
  copy();
  remove();
}

export function paste(): void {
  insertCopies('Paste', (timeline) => pasteAt(timeline, clipboard, playhead.frame, flow(), newId));
}

export function duplicate(): void {
  insertCopies('Duplicate', (timeline) => {
    const ids = new Set(chosen(timeline));
    const last = timeline.clips.findLastIndex((clip) => ids.has(clip.id));
    const copied = copyClips(timeline, [...ids]);
    return pasteBefore(copied, timeline.clips[last + 1]?.id ?? null, flow(), newId);
  });
}

function insertCopies(label: string, make: (timeline: Timeline) => Extract<Edit, { type: 'batch' }>): void {
  withFilm(label, (timeline) => {
    const change = make(timeline);
    const made = change.edits.flatMap((one) => (one.type === 'insert' ? [one.clip.id] : []));
    if (edit(labelOf(change), change)) select(made, made[0] ?? null);
  });
}

/** Moves the chosen clips one place earlier or later. */
export function shift(step: 1 | -1): void {
  withFilm('Move', (timeline) => {
    const ids = new Set(chosen(timeline));
    const first = timeline.clips.findIndex((clip) => ids.has(clip.id));
    const last = timeline.clips.findLastIndex((clip) => ids.has(clip.id));
    const place = step === -1 ? first - 1 : last + 2;
    if (place < 0 || place > timeline.clips.length) return;
    act(moveMany(timeline, [...ids], timeline.clips[place]?.id ?? null, flow()));
  });
}

export function slip(frames: number): void {
  withFilm('Slip', (timeline) => {
    const id = timeline.clips[clipInHand(timeline)]?.id;
    if (id !== undefined) act({ type: 'slip', clipId: id, frames });
  });
}

// ───────────────────────────── Cutting ─────────────────────────────

export function blade(frame = playhead.frame): void {
  withFilm('Blade', () => {
    const id = newId();
    const change: Edit = { type: 'split', atFrame: Math.max(1, frame), newId: id, magnet: 'frames' };
    if (edit(labelOf(change), change)) select([id], id);
  });
}

/** Trims the clip under the playhead: its start or its end goes to the playhead. */
export function trimToPlayhead(side: 'in' | 'out'): void {
  withFilm('Trim', (timeline) => {
    const starts = clipStarts(timeline.clips);
    const index = spanAt(starts, playhead.frame);
    const clip = timeline.clips[index];
    if (clip === undefined) return;
    const { ripple } = get();
    const type = side === 'in' ? 'trimIn' : 'trimOut';
    const frames = playhead.frame - (starts[side === 'in' ? index : index + 1] ?? 0);
    if (frames !== 0) act({ type, clipId: clip.id, frames, ripple, magnet: 'frames' });
  });
}

/** Moves the end (or the start) of the clip in hand by a step of the magnet. */
export function trimBy(side: 'in' | 'out', direction: 1 | -1): void {
  withFilm('Trim', (timeline) => {
    const starts = clipStarts(timeline.clips);
    const index = clipInHand(timeline);
    const clip = timeline.clips[index];
    if (clip === undefined) return;
    const { ripple, magnet } = flow();
    // With ripple a clip's start stays in its place: what moves is its end, the other way.
    const turned = side === 'in' && (ripple || index === 0);
    const at = starts[side === 'out' || turned ? index + 1 : index] ?? 0;
    const moved = stepFrom(timeline.beats, at, turned ? (direction === 1 ? -1 : 1) : direction, magnet) - at;
    const frames = turned ? -moved : moved;
    act({ type: side === 'in' ? 'trimIn' : 'trimOut', clipId: clip.id, frames, ripple, magnet });
  });
}

/** Moves the cut into the clip in hand by a step of `magnet`. */
export function rollBy(direction: 1 | -1, magnet: Magnet = get().magnet): void {
  withFilm('Roll', (timeline) => {
    const index = clipInHand(timeline);
    const clip = timeline.clips[index];
    if (clip === undefined) return;
    const at = clipStarts(timeline.clips)[index] ?? 0;
    act({ type: 'roll', clipId: clip.id, frames: stepFrom(timeline.beats, at, direction, magnet) - at, magnet });
  });
}

/** Frames that a transition begins with: half a second at 24 to 30 frames a second. */
const FIRST_FRAMES = 12;

export function setTransition(clipId: string, type: TransitionType, frames?: number): void {
  withFilm('Transition', (timeline) => {
    const now = timeline.clips.find((clip) => clip.id === clipId)?.transitionIn;
    const length = frames ?? (now === undefined || now.frames === 0 ? FIRST_FRAMES : now.frames);
    const transition: Transition =
      type === 'cut' || length <= 0 ? { type: 'cut', frames: 0 } : { type, frames: length };
    act({ type: 'setTransition', clipId, transition });
  });
}

export function toggleTransition(clipId?: string): void {
  withFilm('Transition', (timeline) => {
    const clip = timeline.clips.find((one) => one.id === clipId) ?? timeline.clips[clipInHand(timeline)];
    if (clip === undefined) return;
    const first = clip.id === timeline.clips[0]?.id;
    setTransition(clip.id, clip.transitionIn.frames > 0 ? 'cut' : first ? 'dip_black' : 'cross_dissolve');
  });
}

export function resizeTransition(by: number): void {
  withFilm('Transition', (timeline) => {
    const clip = timeline.clips[clipInHand(timeline)];
    if (clip === undefined) return;
    const { type, frames } = clip.transitionIn;
    const first = clip.id === timeline.clips[0]?.id;
    setTransition(clip.id, type === 'cut' ? (first ? 'dip_black' : 'cross_dissolve') : type, Math.max(0, frames + by));
  });
}

export function setMotion(ids: readonly string[], motion: (typeof MOTIONS)[number]): void {
  withFilm('Motion', (timeline) => act(changeMany(timeline, ids, { motion })));
}

const MAGNETS: readonly Magnet[] = ['frames', 'beats', 'downbeats'];
export function nextMagnet(): void {
  const magnet = MAGNETS[(MAGNETS.indexOf(get().magnet) + 1) % MAGNETS.length] ?? 'beats';
  setMagnet(magnet);
  say(`Magnet: ${magnet}`);
}

export function toggleRipple(): void {
  setRipple(!get().ripple);
  say(get().ripple ? 'Ripple on: later shots move along' : 'Ripple off: other cuts stay');
}

// ───────────────────────────── Beats, markers, titles ─────────────────────────────

export function addMarker(frame = playhead.frame, label?: string): string {
  const id = newId();
  withFilm('Marker', (timeline) => {
    act({ type: 'setMarker', marker: { id, frame, label: label ?? `Marker ${timeline.markers.length + 1}` } });
  });
  return id;
}

export function addBeat(frame = playhead.frame): void {
  act({ type: 'correctBeats', correction: { kind: 'addBeat', frame } });
}

/** The beat nearest to the playhead. */
export function beatInHand(timeline: Timeline): number | null {
  return timeline.beats[nearestBeatIndex(timeline.beats, playhead.frame)]?.frame ?? null;
}

export function removeBeat(frame: number | null): void {
  if (frame !== null) act({ type: 'correctBeats', correction: { kind: 'removeBeat', frame } });
}

/** Moves the beat nearest to the playhead by frames; the playhead goes along. */
export function nudgeBeat(frames: number): void {
  withFilm('Move a beat', (timeline) => {
    const from = beatInHand(timeline);
    if (from === null) return;
    const toFrame = Math.max(0, from + frames);
    const change: Edit = { type: 'correctBeats', correction: { kind: 'moveBeat', fromFrame: from, toFrame } };
    if (edit(labelOf(change), change)) goTo(toFrame);
  });
}

/** Seconds that a new title stands. */
const TITLE_SECONDS = 3;

export function addTitle(frame: number): string | null {
  const id = newId();
  let added = false;
  withFilm('Title', (timeline) => {
    const start = Math.max(0, snapFrame(timeline.beats, frame, get().magnet));
    const next = timeline.titles.find((title) => title.startFrame > start)?.startFrame ?? Number.POSITIVE_INFINITY;
    const wish = Math.round((TITLE_SECONDS * timeline.frameRate.num) / timeline.frameRate.den);
    const title = { id, startFrame: start, durationFrames: Math.min(wish, next - start), text: 'Title' };
    const change: Edit = { type: 'setTitles', titles: [...timeline.titles.map((one) => ({ ...one })), title] };
    added = edit('Add a title', change);
  });
  return added ? id : null;
}

export function removeTitle(id: string): void {
  withFilm('Title', (timeline) => {
    const titles = timeline.titles.filter((title) => title.id !== id).map((title) => ({ ...title }));
    edit('Remove the title', { type: 'setTitles', titles });
  });
}

export function renameTitle(id: string, text: string, subtext: string): void {
  withFilm('Title', (timeline) => {
    const titles = timeline.titles.map((title) => {
      if (title.id !== id) return { ...title };
      const { subtext: _, ...rest } = title;
      return { ...rest, text, ...(subtext === '' ? {} : { subtext }) };
    });
    edit(`Title “${text.slice(0, 60)}”`, { type: 'setTitles', titles });
  });
}
