/**
 * Rebasing: an edit that was made on an older version of the timeline, applied on a newer one.
 *
 * When does that give what both people meant? When the two commute: "theirs, then mine" and "mine, then theirs" are the
 * same film, clip for clip and beat for beat. That is not guessed from the kinds of edits (a ripple, a magnet, a
 * transition that has to be shortened reach further than the clip they name): both orders are carried out and compared.
 * A timeline of 500 clips takes a few milliseconds; an edit is rebased only when two people worked at the same moment.
 *
 * Edits name clips by id, so most need no change. Those that name a film frame but mean a place in a shot (`split`)
 * are moved along with their shot first.
 */
import { PicaividError } from '../../base/errors.ts';
import type { Timeline } from '../domain.ts';
import { clipStarts, snapFrame } from './clip-math.ts';
import { applyEdit } from './edits.ts';
import { patchBetween } from './edits-inverse.ts';
import type { Edit, SimpleEdit } from './edits-types.ts';

/**
 * The edit for the newer version, which is `base` with all of `over` applied in order (undo patches among them).
 * Commuting edits give the same film in whichever order they arrive. `edit_refused` with a sentence when they do not
 * commute, when a clip that `edit` names is gone, or when the edit is refused on the newer version. `edit_refused`,
 * `internal`: also when `over` cannot be applied to `base`.
 */
export function rebaseEdit(edit: Edit, over: readonly Edit[], base: Timeline): Edit {
  if (over.length === 0) return edit;
  return rebaseOnto(edit, over, base, applyAll(base, over));
}

/** True when both orders are possible on `base` and give the same film. */
export function commutes(one: Edit, other: Edit, base: Timeline): boolean {
  try {
    rebaseOnto(one, [other], base, applyAll(base, [other]));
    return true;
  } catch (error) {
    if (error instanceof PicaividError && error.code === 'edit_refused') return false;
    throw error;
  }
}

/** True when two timelines are the same film: clips, beats, music, titles, markers and frame, by value. */
export function sameFilm(a: Timeline, b: Timeline): boolean {
  const { drop, put, fields } = patchBetween(a, b);
  return drop.length === 0 && put.length === 0 && Object.keys(fields).length === 0;
}

function applyAll(base: Timeline, edits: readonly Edit[]): Timeline {
  return edits.reduce((timeline, edit) => applyEdit(timeline, edit).timeline, base);
}

function rebaseOnto(edit: Edit, over: readonly Edit[], base: Timeline, newer: Timeline): Edit {
  const missing = namedClips(edit).find(
    (id) => base.clips.some((clip) => clip.id === id) && !newer.clips.some((clip) => clip.id === id),
  );
  if (missing !== undefined) {
    throw refused('That shot was taken out of the film by a change that came before yours.');
  }
  const moved = follow(byMarker(edit, base), base, newer);
  const mineLast = applyEdit(newer, moved).timeline;
  let theirsLast: Timeline;
  try {
    // Theirs one after the other, each followed from the film that it was made on to the one with mine in it.
    let before = base;
    theirsLast = applyEdit(base, edit).timeline;
    for (const one of over) {
      theirsLast = applyEdit(theirsLast, follow(byMarker(one, before), before, theirsLast)).timeline;
      before = applyEdit(before, one).timeline;
    }
  } catch (error) {
    if (!(error instanceof PicaividError) || error.code !== 'edit_refused') throw error;
    throw refused(COLLISION);
  }
  if (!sameFilm(mineLast, theirsLast)) throw refused(COLLISION);
  return moved;
}

const COLLISION =
  'The film was changed at the same place before yours arrived, and the two changes depend on each other. Look at the film as it is now and make your change again.';

/**
 * A patch names all markers of a film; what it means are those that it changes. With each of them as an edit of its own,
 * two people's markers meet one by one.
 */
function byMarker(edit: Edit, base: Timeline): Edit {
  if (edit.type !== 'patch' || edit.fields.markers === undefined) return edit;
  const { markers, ...fields } = edit.fields;
  const known = new Map(base.markers.map((marker) => [marker.id, JSON.stringify(marker)]));
  const wanted = new Set(markers.map((marker) => marker.id));
  const edits: SimpleEdit[] = [
    { ...edit, fields },
    ...base.markers
      .filter(({ id }) => !wanted.has(id))
      .map(({ id }) => ({ type: 'removeMarker' as const, markerId: id })),
    ...markers
      .filter((marker) => known.get(marker.id) !== JSON.stringify(marker))
      .map((marker) => ({ type: 'setMarker' as const, marker })),
  ];
  return { type: 'batch', edits };
}

/** The edit with film frames that mean a place in a shot moved along with that shot. */
export function follow(edit: Edit, from: Timeline, to: Timeline): Edit {
  if (edit.type === 'batch') {
    // Later splits of a batch may lie in what earlier ones made: then the shot is unknown here and the frame is kept.
    return { ...edit, edits: edit.edits.map((one) => followOne(one, from, to)) };
  }
  return followOne(edit, from, to);
}

function followOne(edit: SimpleEdit, from: Timeline, to: Timeline): SimpleEdit {
  if (edit.type !== 'split') return edit;
  const at = snapFrame(from.beats, edit.atFrame, edit.magnet);
  const starts = clipStarts(from.clips);
  const index = from.clips.findIndex((_, i) => at > (starts[i] ?? 0) && at < (starts[i + 1] ?? 0));
  const place = to.clips.findIndex((clip) => clip.id === from.clips[index]?.id);
  if (index < 0 || place < 0) return edit;
  const moved = (clipStarts(to.clips)[place] ?? 0) + at - (starts[index] ?? 0);
  return moved === at ? edit : { ...edit, atFrame: Math.max(1, moved), magnet: 'frames' };
}

/** Clips that an edit names and needs. */
function namedClips(edit: Edit): string[] {
  const list: readonly SimpleEdit[] = edit.type === 'batch' ? edit.edits : [edit];
  return list.flatMap((one) => {
    const ids = 'clipId' in one ? [one.clipId] : [];
    return 'before' in one && one.before !== null ? [...ids, one.before] : ids;
  });
}

function refused(sentence: string): PicaividError {
  return new PicaividError('edit_refused', sentence);
}
