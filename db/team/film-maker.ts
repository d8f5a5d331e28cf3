/**
 * The film that one studio's person saw, beside the server's film as it is now: what an edit of theirs was made on, and
 * what it is rebased over. Pure.
 */
import { PicaividError } from '../../base/errors.ts';
import type { Timeline } from '../../pipeline/domain.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import { patchBetween } from '../../pipeline/timeline/edits-inverse.ts';
import type { Edit, PatchEdit } from '../../pipeline/timeline/edits-types.ts';
import { follow, rebaseEdit } from '../../pipeline/timeline/rebase.ts';

/** A step of the film as the log has it. `edit` null: the film's creation, or its status. */
export interface Step {
  readonly revision: number;
  readonly clientId: string;
  readonly create: boolean;
  readonly edit: Edit | null;
  readonly inverse: PatchEdit | null;
}

export interface Maker {
  /** Of the server's film, that its steps name. */
  readonly revision: number;
  /** Revision of the server's film up to which it is worked out, and that film. */
  readonly at: number;
  readonly server: Timeline;
  /** The server's film at `revision` with the maker's own steps since. */
  readonly film: Timeline;
  /** What others did since, in order, expressed on `film`; null where it is too much to be tried one by one. */
  readonly over: readonly Edit[] | null;
}

/** Beyond so many steps of others, a step that collides with their sum is not tried one by one: each is three edits. */
const MOST_OVER = 64;

export const asDraft = (timeline: Timeline): Timeline =>
  timeline.status === 'draft' ? timeline : { ...timeline, status: 'draft' };

export const isRefusal = (error: unknown): error is PicaividError =>
  error instanceof PicaividError && error.code === 'edit_refused';

/** The film before these steps, from the one after them. Stops at the film's creation. */
export function before(film: Timeline, steps: readonly Step[]): Timeline {
  let timeline = asDraft(film);
  for (const { create, inverse } of steps.toReversed()) {
    if (create) break;
    if (inverse !== null) timeline = applyEdit(timeline, inverse).timeline;
  }
  return timeline;
}

/** The same maker after these steps of the server's film, which follow `at`. Throws `edit_refused` where they differ. */
export function advance(maker: Maker, steps: readonly Step[], clientId: string): Maker {
  let { server, film, over, at } = maker;
  for (const step of steps) {
    at = step.revision;
    if (step.edit === null) continue;
    if (step.clientId === clientId) {
      const after = applyEdit(film, follow(step.edit, server, film)).timeline;
      over = refollow(over, film, after);
      film = after;
      // What goes on the maker's film with all of `over` goes on the server's: they are the same film.
    } else over = over === null || over.length === MOST_OVER ? null : [...over, step.edit];
    server = applyEdit(server, step.edit).timeline;
  }
  return { ...maker, at, server, film, over };
}

export interface Rebased {
  readonly edit: Edit;
  readonly inverse: PatchEdit;
  /** The server's film with it. */
  readonly timeline: Timeline;
  readonly maker: Maker;
}

/** Rebases an edit that was made on `maker.film`; `seen` is that film with it. Throws `edit_refused` where it collides. */
export function rebaseStep(maker: Maker, edit: Edit, seen: Timeline): Rebased {
  const moved = staysOnItsClips(edit, maker.film, maker.server) ? edit : rebase(maker, edit);
  const { timeline, inverse } = applyEdit(maker.server, moved);
  const next: Maker = {
    ...maker,
    at: maker.at + 1,
    server: timeline,
    film: seen,
    over: refollow(maker.over, maker.film, seen),
  };
  return { edit: moved, inverse, timeline, maker: next };
}

/** As one difference first: three edits, however many there were. Only where that collides, one by one. */
function rebase({ film, server, over }: Maker, edit: Edit): Edit {
  try {
    return rebaseEdit(edit, [patchBetween(film, server)], film);
  } catch (error) {
    if (!isRefusal(error) || over === null || over.length < 2) throw error;
    return rebaseEdit(edit, over, film);
  }
}

/** Kinds that change the look of the clips that they name, and nothing else of the film. */
const LOCAL: ReadonlySet<string> = new Set(['swapPhoto', 'setMotion', 'setAmount', 'setRenderer', 'setAudio']);

/** Such an edit commutes with everything that left its clips as they were: that needs no trial. */
function staysOnItsClips(edit: Edit, film: Timeline, server: Timeline): boolean {
  const list = edit.type === 'batch' ? edit.edits : [edit];
  return list.every((one) => {
    if (!LOCAL.has(one.type) || !('clipId' in one)) return false;
    const mine = film.clips.find(({ id }) => id === one.clipId);
    const theirs = server.clips.find(({ id }) => id === one.clipId);
    return mine !== undefined && theirs !== undefined && JSON.stringify(mine) === JSON.stringify(theirs);
  });
}

/** Edits that apply in order on `from`, as they go in order on `to`, which is `from` with one more step. */
function refollow(edits: readonly Edit[] | null, from: Timeline, to: Timeline): readonly Edit[] | null {
  // Only those that name a frame of the film, and mean a place in a shot, move.
  const splits = (edit: Edit): boolean => (edit.type === 'batch' ? edit.edits.some(splits) : edit.type === 'split');
  if (edits === null || !edits.some(splits)) return edits;
  let a = from;
  let b = to;
  return edits.map((edit) => {
    const moved = follow(edit, a, b);
    a = applyEdit(a, edit).timeline;
    b = applyEdit(b, moved).timeline;
    return moved;
  });
}
