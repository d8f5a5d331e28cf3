/** Which clips and notes of a review are listed, and which clip comes next. Pure. */
import type { ReviewClip, ReviewNote, TakeView } from '../../main/host/review-contract.ts';

/** `todo`: rendered and not signed; `signed`: everything else that has a decision. */
export type ClipFilter = 'todo' | 'signed' | 'all';
export interface NoteFilter {
  readonly takes: 'this' | 'all';
  readonly state: 'open' | 'resolved' | 'any';
}

export const filmTake = (clip: Pick<ReviewClip, 'takes'>): TakeView | null =>
  clip.takes.find((take) => take.current) ?? null;
/** What is looked at when a clip is opened: the take in the film, else the newest. */
export const firstLook = (clip: Pick<ReviewClip, 'takes'>): TakeView | null =>
  filmTake(clip) ?? clip.takes.at(-1) ?? null;

/** It can be signed now: its take is in the film and its file is there. */
export const isToDo = (clip: ReviewClip): boolean => clip.review === 'pending' && filmTake(clip)?.file === 'present';

/** Clips of a filter, in film order: a row that is signed does not jump. */
export function listedClips(clips: readonly ReviewClip[], filter: ClipFilter): readonly ReviewClip[] {
  if (filter === 'todo') return clips.filter(isToDo);
  if (filter === 'signed') return clips.filter((clip) => clip.review !== 'pending');
  return clips;
}

/** The next clip to review after this one in film order, from the start again behind the last; null without another. */
export function nextToDo(clips: readonly ReviewClip[], after: string | null): ReviewClip | null {
  const at = clips.findIndex((clip) => clip.clipId === after);
  const round = [...clips.slice(at + 1), ...clips.slice(0, Math.max(0, at))];
  return round.find(isToDo) ?? null;
}

/** The neighbour in a list, `by` places on; it stops at both ends. A clip that is not listed counts as before it. */
export function neighbour(listed: readonly ReviewClip[], from: string | null, by: number): ReviewClip | null {
  const at = listed.findIndex((clip) => clip.clipId === from);
  const to = at === -1 ? (by > 0 ? by - 1 : listed.length + by) : at + by;
  return listed[Math.min(listed.length - 1, Math.max(0, to))] ?? null;
}

/** Notes by take and state, by frame and then by time. */
export function listedNotes(
  notes: readonly ReviewNote[],
  filter: NoteFilter,
  specHash: string | null,
): readonly ReviewNote[] {
  return notes
    .filter((note) => filter.takes === 'all' || note.specHash === specHash)
    .filter((note) => filter.state === 'any' || (note.resolved === null) === (filter.state === 'open'))
    .toSorted((a, b) => a.inFrame - b.inFrame || a.outFrame - b.outFrame || a.at.localeCompare(b.at));
}

/** The first place behind `frame` in that direction, or round from the other end; null without any. */
export function nextPlace(places: readonly number[], frame: number, direction: 1 | -1): number | null {
  const sorted = [...new Set(places)].sort((a, b) => a - b);
  if (direction === 1) return sorted.find((place) => place > frame) ?? sorted[0] ?? null;
  return sorted.findLast((place) => place < frame) ?? sorted.at(-1) ?? null;
}

/** Whether a frame lies in what a note or finding is about. */
export const covers = (range: { readonly inFrame: number; readonly outFrame: number }, frame: number): boolean =>
  frame >= range.inFrame && frame <= range.outFrame;

/** The new clips, with the object of before for each that says the same: only what changed is drawn again. */
export function shareReviewClips(before: readonly ReviewClip[], next: readonly ReviewClip[]): readonly ReviewClip[] {
  const known = new Map(before.map((clip) => [clip.clipId, clip]));
  const shared = next.map((clip) => {
    const still = { ...clip, progress: null };
    const old = known.get(clip.clipId);
    return old !== undefined && JSON.stringify(old) === JSON.stringify(still) ? old : still;
  });
  const same = shared.length === before.length && shared.every((clip, at) => clip === before[at]);
  return same ? before : shared;
}
