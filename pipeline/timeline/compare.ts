/**
 * Two films side by side as plain data: for "see the change before applying it" and for comparing versions. And the
 * other way round: what of the present film lives on in one that was built anew (`carryOver`).
 */
import type { Marker, Timeline, TimelineClip, TitleCard, Transition } from '../domain.ts';
import { type FrameRate, frameToSeconds, secondsToFrame } from '../time.ts';
import { clipStarts, totalFrames } from './clip-math.ts';
import { listWords, motionWords, plural, secondsWords, transitionWords } from './words.ts';

/**
 * What became of one shot; the first that fits, the most telling first. `moved`: stands elsewhere among the shots that
 * are in both films. `changed`: shows something else (photo, motion, amount, renderer, transition, sound). `retimed`:
 * another length or another part of its move. A shot that only starts later because one before it got longer is `same`.
 */
export type ClipChange = 'same' | 'moved' | 'retimed' | 'changed' | 'added' | 'removed';

/** Where a shot lies in its own film, frames at that film's rate. */
export interface ClipPlace {
  readonly index: number;
  readonly startFrame: number;
  readonly durationFrames: number;
  readonly startSeconds: number;
  readonly durationSeconds: number;
}

export interface ClipComparison {
  readonly kind: ClipChange;
  readonly beforeId: string | null;
  readonly afterId: string | null;
  /** Photo in the newer film, or in the older one when it was removed. */
  readonly photoId: string;
  readonly clusterId: string;
  readonly before: ClipPlace | null;
  readonly after: ClipPlace | null;
  /** Everything that differs, as words: `0.5 s longer`, `push in instead of pan left`. Empty when the same. */
  readonly words: readonly string[];
}

export interface TimelineComparison {
  readonly before: { readonly seconds: number; readonly clips: number };
  readonly after: { readonly seconds: number; readonly clips: number };
  /** In the order of the newer film; removed shots stand where they were. */
  readonly rows: readonly ClipComparison[];
  /** Starts of shots that are in both films in the same order and lie on another frame; at the newer film's rate. */
  readonly cutsMoved: { readonly count: number; readonly largestFrames: number };
  /** Cluster ids. */
  readonly roomsGained: readonly string[];
  readonly roomsLost: readonly string[];
  readonly transitionsChanged: number;
  readonly titles: { readonly added: number; readonly removed: number; readonly changed: number };
  readonly markersChanged: number;
  readonly music: 'same' | 'added' | 'removed' | 'changed';
  readonly beatsChanged: boolean;
  readonly templateChanged: boolean;
  /** Size or frame rate. */
  readonly frameChanged: boolean;
  /** One or two sentences that sum it up; `Nothing changes.` when all is equal. */
  readonly sentence: string;
}

/**
 * Compares two films. Shots are matched by clip id, the rest by photo in the order of the films (a rebuilt film has new
 * ids). Lengths are compared in seconds where the frame rates differ. Never throws. O(clips log clips + beats).
 */
export function compareTimelines(before: Timeline, after: Timeline): TimelineComparison {
  const pairs = matchClips(before.clips, after.clips);
  const places = { before: placesOf(before), after: placesOf(after) };
  const inOrder = keptOrder(pairs);
  const rows: ClipComparison[] = [];
  let cuts = 0;
  let largest = 0;
  let transitionsChanged = 0;
  after.clips.forEach((clip, j) => {
    const i = pairs[j] ?? -1;
    const old = before.clips[i];
    const afterPlace = places.after[j] ?? null;
    if (old === undefined) {
      rows.push(row('added', null, clip, null, afterPlace, []));
      return;
    }
    const oldPlace = places.before[i] ?? null;
    const ordered = inOrder.has(j);
    const look = lookWords(old, clip);
    const time = timeWords(old, clip, before.frameRate, after.frameRate);
    if (!sameTransition(old.transitionIn, clip.transitionIn)) transitionsChanged++;
    const away = Math.abs((afterPlace?.startFrame ?? 0) - secondsToFrame(oldPlace?.startSeconds ?? 0, after.frameRate));
    if (ordered && away > 0) {
      cuts++;
      largest = Math.max(largest, away);
    }
    const kind = ordered ? (look.length > 0 ? 'changed' : time.length > 0 ? 'retimed' : 'same') : 'moved';
    const moved = ordered ? [] : [`shot ${i + 1} is now shot ${j + 1}`];
    rows.push(row(kind, old, clip, oldPlace, afterPlace, [...moved, ...look, ...time]));
  });
  const kept = new Set(pairs);
  const removed = before.clips.flatMap((clip, i) => (kept.has(i) ? [] : [{ clip, i }]));
  for (const { clip, i } of removed.toReversed()) {
    // Behind the row of the shot that stood before it, or in front of all.
    const place = rows.findLastIndex((one) => one.before !== null && one.before.index < i);
    rows.splice(place + 1, 0, row('removed', clip, null, places.before[i] ?? null, null, []));
  }
  const facts = {
    before: { seconds: secondsOf(before), clips: before.clips.length },
    after: { seconds: secondsOf(after), clips: after.clips.length },
    rows,
    cutsMoved: { count: cuts, largestFrames: largest },
    roomsGained: roomsOnlyIn(after, before),
    roomsLost: roomsOnlyIn(before, after),
    transitionsChanged,
    titles: compareTitles(before.titles, after.titles),
    markersChanged: countChangedMarkers(before.markers, after.markers),
    music: compareMusic(before, after),
    beatsChanged: !sameJson(before.beats, after.beats),
    templateChanged: before.template !== after.template,
    frameChanged:
      before.width !== after.width || before.height !== after.height || !sameJson(before.frameRate, after.frameRate),
  };
  return { ...facts, sentence: sumUp(facts, before, after) };
}

/**
 * The rebuilt film with what a person would miss from the present one: clips of the same photo and motion keep their
 * ids (the first with the first, and so on), so that takes, notes and selections survive; markers stay; so do titles
 * that a person added. Cards at the film's very start or end are the brand's and come from the new film. Where a kept
 * title would lie over a card, it is shortened or put behind it. Frames follow where the frame rate differs.
 */
export function carryOver(current: Timeline, built: Timeline): Timeline {
  const waiting = new Map<string, string[]>();
  for (const clip of current.clips) {
    const key = shotKey(clip);
    const ids = waiting.get(key);
    if (ids === undefined) waiting.set(key, [clip.id]);
    else ids.push(clip.id);
  }
  const carried = built.clips.map((clip) => waiting.get(shotKey(clip))?.shift());
  // Ids of the present film stay with their shots: a new shot may not be taken for one that was there.
  const taken = new Set([...current.clips.map((clip) => clip.id), ...carried.filter((id) => id !== undefined)]);
  const clips = built.clips.map((clip, i) => {
    const kept = carried[i];
    if (kept !== undefined) return clip.id === kept ? clip : { ...clip, id: kept };
    const id = freeId(clip.id, taken);
    taken.add(id);
    return id === clip.id ? clip : { ...clip, id };
  });
  const convert = (frame: number): number => secondsToFrame(frameToSeconds(frame, current.frameRate), built.frameRate);
  const ids = new Set(current.markers.map((marker) => marker.id));
  const markers = [
    ...current.markers.map((marker) => ({ ...marker, frame: convert(marker.frame) })),
    ...built.markers.filter((marker) => !ids.has(marker.id)),
  ].sort((a, b) => a.frame - b.frame);
  return { ...built, clips, markers, titles: carryTitles(current, built, convert) };
}

/** For each clip of `after`, the index of its partner in `before`, −1 for none. */
export function matchClips(before: readonly TimelineClip[], after: readonly TimelineClip[]): number[] {
  const byId = new Map(before.map((clip, i) => [clip.id, i]));
  const result = after.map((clip) => byId.get(clip.id) ?? -1);
  const used = new Set(result);
  const byPhoto = new Map<string, number[]>();
  before.forEach((clip, i) => {
    if (used.has(i)) return;
    const list = byPhoto.get(clip.photoId);
    if (list === undefined) byPhoto.set(clip.photoId, [i]);
    else list.push(i);
  });
  after.forEach((clip, j) => {
    if (result[j] === -1) result[j] = byPhoto.get(clip.photoId)?.shift() ?? -1;
  });
  return result;
}

/** Indices into `pairs` of the longest run of shots that kept their order (longest increasing subsequence). */
function keptOrder(pairs: readonly number[]): Set<number> {
  /** Index of the smallest end of an increasing run of each length. */
  const ends: number[] = [];
  const previous = new Map<number, number>();
  pairs.forEach((value, j) => {
    if (value < 0) return;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[ends[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    const before = ends[low - 1];
    if (before !== undefined) previous.set(j, before);
    ends[low] = j;
  });
  const kept = new Set<number>();
  for (let at = ends.at(-1); at !== undefined; at = previous.get(at)) kept.add(at);
  return kept;
}

function row(
  kind: ClipChange,
  old: TimelineClip | null,
  clip: TimelineClip | null,
  before: ClipPlace | null,
  after: ClipPlace | null,
  words: readonly string[],
): ClipComparison {
  const shown = clip ?? old;
  return {
    kind,
    beforeId: old?.id ?? null,
    afterId: clip?.id ?? null,
    photoId: shown?.photoId ?? '',
    clusterId: shown?.clusterId ?? '',
    before,
    after,
    words,
  };
}

function placesOf(timeline: Timeline): ClipPlace[] {
  const starts = clipStarts(timeline.clips);
  return timeline.clips.map((clip, index) => ({
    index,
    startFrame: starts[index] ?? 0,
    durationFrames: clip.durationFrames,
    startSeconds: frameToSeconds(starts[index] ?? 0, timeline.frameRate),
    durationSeconds: frameToSeconds(clip.durationFrames, timeline.frameRate),
  }));
}

function lookWords(old: TimelineClip, clip: TimelineClip): string[] {
  const words: string[] = [];
  if (old.photoId !== clip.photoId) words.push('another photo');
  if (old.motion !== clip.motion) words.push(`${motionWords(clip.motion)} instead of ${motionWords(old.motion)}`);
  if (old.amount !== clip.amount) words.push(`a ${clip.amount > old.amount ? 'bolder' : 'gentler'} move`);
  if (old.renderer !== clip.renderer) words.push('another renderer');
  if (!sameTransition(old.transitionIn, clip.transitionIn)) {
    words.push(`${transitionWords(clip.transitionIn)} instead of ${transitionWords(old.transitionIn)}`);
  }
  if (old.audioPolicy !== clip.audioPolicy) words.push(`its sound: ${clip.audioPolicy}`);
  return words;
}

function timeWords(old: TimelineClip, clip: TimelineClip, oldRate: FrameRate, rate: FrameRate): string[] {
  const was = secondsToFrame(frameToSeconds(old.durationFrames, oldRate), rate);
  const frames = clip.durationFrames - was;
  const words: string[] = [];
  if (frames !== 0) words.push(`${secondsWords(Math.abs(frames), rate)} ${frames > 0 ? 'longer' : 'shorter'}`);
  const sameRate = oldRate.num * rate.den === rate.num * oldRate.den;
  if (sameRate && frames === 0 && old.sourceInFrame !== clip.sourceInFrame) words.push('another part of its move');
  return words;
}

function sameTransition(a: Transition, b: Transition): boolean {
  return a.type === b.type && a.frames === b.frames;
}

function roomsOnlyIn(one: Timeline, other: Timeline): string[] {
  const known = new Set(other.clips.map((clip) => clip.clusterId));
  return [...new Set(one.clips.map((clip) => clip.clusterId))].filter((id) => id !== '' && !known.has(id));
}

function secondsOf(timeline: Timeline): number {
  return frameToSeconds(totalFrames(timeline.clips), timeline.frameRate);
}

/** Titles by id; those with new ids by their text. */
function compareTitles(before: readonly TitleCard[], after: readonly TitleCard[]): TimelineComparison['titles'] {
  const rest = [...before];
  const take = (fits: (title: TitleCard) => boolean): TitleCard | undefined => {
    const place = rest.findIndex(fits);
    return place < 0 ? undefined : rest.splice(place, 1)[0];
  };
  const exact = after.filter((title) => take((old) => sameTitle(old, title)) === undefined);
  const changed = exact.filter((title) => take((old) => old.id === title.id || old.text === title.text) !== undefined);
  return { added: exact.length - changed.length, removed: rest.length, changed: changed.length };
}

/** By everything but the id, in whatever order the fields stand. */
function sameTitle(a: TitleCard, b: TitleCard): boolean {
  const facts = ({ id: _, ...rest }: TitleCard): string => JSON.stringify(Object.entries(rest).sort());
  return facts(a) === facts(b);
}

function countChangedMarkers(before: readonly Marker[], after: readonly Marker[]): number {
  const old = new Map(before.map((marker) => [marker.id, marker]));
  const changed = after.filter((marker) => {
    const was = old.get(marker.id);
    old.delete(marker.id);
    return was === undefined || was.frame !== marker.frame || was.label !== marker.label;
  });
  return changed.length + old.size;
}

function compareMusic(before: Timeline, after: Timeline): TimelineComparison['music'] {
  if (before.music === null) return after.music === null ? 'same' : 'added';
  if (after.music === null) return 'removed';
  return sameJson(before.music, after.music) ? 'same' : 'changed';
}

function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function sumUp(facts: Omit<TimelineComparison, 'sentence'>, before: Timeline, after: Timeline): string {
  const { rows, titles } = facts;
  const count = (kind: ClipChange): number => rows.filter((one) => one.kind === kind).length;
  const frames = secondsToFrame(facts.after.seconds - facts.before.seconds, after.frameRate);
  const parts: string[] = [];
  const say = (number: number, what: string): void => {
    if (number > 0) parts.push(`${plural(number, 'shot')} ${what}`);
  };
  say(count('added'), 'added');
  say(count('removed'), 'removed');
  say(count('moved'), 'moved');
  say(count('changed'), 'changed');
  say(count('retimed'), 'timed anew');
  const { count: cuts, largestFrames } = facts.cutsMoved;
  if (cuts > 0) parts.push(`${plural(cuts, 'cut')} moved by up to ${secondsWords(largestFrames, after.frameRate)}`);
  if (facts.roomsGained.length > 0) parts.push(`${plural(facts.roomsGained.length, 'room')} gained`);
  if (facts.roomsLost.length > 0) parts.push(`${plural(facts.roomsLost.length, 'room')} lost`);
  if (facts.templateChanged) parts.push(`${motionWords(after.template)} instead of ${motionWords(before.template)}`);
  if (facts.frameChanged) parts.push(`${after.width}×${after.height} instead of ${before.width}×${before.height}`);
  if (facts.music !== 'same') parts.push(`music ${facts.music}`);
  if (facts.beatsChanged) parts.push('beats changed');
  const titleChanges = titles.added + titles.removed + titles.changed;
  if (titleChanges > 0) parts.push(`${plural(titleChanges, 'title')} changed`);
  if (facts.markersChanged > 0) parts.push(`${plural(facts.markersChanged, 'marker')} changed`);
  const length =
    frames === 0
      ? ''
      : `The film gets ${secondsWords(Math.abs(frames), after.frameRate)} ${frames > 0 ? 'longer' : 'shorter'}: ${facts.after.seconds.toFixed(1)} s instead of ${facts.before.seconds.toFixed(1)} s.`;
  if (parts.length === 0) return length === '' ? 'Nothing changes.' : length;
  const sentence = `${listWords(parts)}.`;
  const capital = sentence.charAt(0).toUpperCase() + sentence.slice(1);
  return length === '' ? capital : `${length} ${capital}`;
}

function shotKey(clip: TimelineClip): string {
  return `${clip.photoId}\n${clip.motion}`;
}

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  for (let n = 2; ; n++) if (!taken.has(`${wanted}-${n}`)) return `${wanted}-${n}`;
}

/** Shortest title that is still read, seconds: a kept title gets no shorter than this (or than it was). */
const MIN_TITLE_SECONDS = 1;

function carryTitles(current: Timeline, built: Timeline, convert: (frame: number) => number): TitleCard[] {
  const end = totalFrames(current.clips);
  const human = current.titles
    .filter((title) => title.startFrame > 0 && title.startFrame + title.durationFrames !== end)
    .filter((title) => !built.titles.some((card) => card.id === title.id))
    .map((title) => ({
      ...title,
      startFrame: convert(title.startFrame),
      durationFrames: Math.max(1, convert(title.durationFrames)),
    }));
  const titles = [...built.titles];
  for (const title of human) {
    const least = Math.min(title.durationFrames, secondsToFrame(MIN_TITLE_SECONDS, built.frameRate));
    let { startFrame } = title;
    for (let i = 0; i <= titles.length; i++) {
      const card = titles[i];
      if (card !== undefined && card.startFrame + card.durationFrames <= startFrame) continue;
      const room = (card?.startFrame ?? Number.POSITIVE_INFINITY) - startFrame;
      if (room >= least) {
        titles.splice(i, 0, { ...title, startFrame, durationFrames: Math.min(title.durationFrames, room) });
        break;
      }
      startFrame = (card?.startFrame ?? 0) + (card?.durationFrames ?? 0);
    }
  }
  return titles;
}
