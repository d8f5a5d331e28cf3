/**
 * The film as the host has it and what was done since, as plain values: every step that was not acknowledged is laid
 * over the host's film, so that it shows at once and can be taken back exactly. Pure; the store in `timeline.ts` sends.
 */
import { PicaividError } from '../../base/errors.ts';
import type { EditAnswer, Proposal } from '../../main/host/timeline-contract.ts';
import type { Timeline } from '../../pipeline/domain.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import { patchBetween } from '../../pipeline/timeline/edits-inverse.ts';
import { replaceBy } from '../../pipeline/timeline/edits-make.ts';
import type { Edit } from '../../pipeline/timeline/edits-types.ts';
import { rebaseEdit, sameFilm } from '../../pipeline/timeline/rebase.ts';
import type { TimelineApi } from './timeline-api.ts';

/** Something done that can be undone here at once. */
export interface Entry {
  /** The step that did it. */
  readonly id: number;
  readonly label: string;
  readonly back: Edit;
  readonly forth: Edit;
  /** It was taken back before it was sent: the host never heard of it, so doing it again is an edit. */
  readonly unsent?: true;
}

/** A film with what can be undone and redone on it from this window, the newest last. */
export interface Film {
  readonly timeline: Timeline;
  readonly done: readonly Entry[];
  readonly undone: readonly Entry[];
}

/** What a person did and the host has not acknowledged. */
export type Step = { readonly id: number } /** `again`: what was taken back before it was sent is done again. */ & (
  | { readonly kind: 'edit'; readonly label: string; readonly edit: Edit; readonly again?: true }
  /** `target`: the entry that it is meant for; null when this window does not know what the host would take back. */
  | { readonly kind: 'undo' | 'redo'; readonly target: number | null }
  | { readonly kind: 'apply'; readonly label: string; readonly proposal: Proposal }
  /** Whose result only the host knows: a restored version, an imported file. */
  | {
      readonly kind: 'ask';
      readonly label: string;
      readonly send: (api: TimelineApi, listingId: string) => Promise<EditAnswer>;
    }
);

export function labelOf(step: Step): string {
  if ('label' in step) return step.label;
  return step.kind === 'undo' ? 'Undo' : 'Redo';
}

export const bare = (timeline: Timeline): Film => ({ timeline, done: [], undone: [] });

/** The film after a step. Throws `edit_refused` when the step no longer fits. */
export function after(film: Film, step: Step): Film {
  switch (step.kind) {
    case 'edit':
      return did(film, step.id, step.label, step.edit, step.again === true);
    case 'apply':
      return did(film, step.id, step.label, replaceBy(step.proposal.timeline), false);
    case 'ask':
      return film;
    case 'undo': {
      const entry = film.done.at(-1);
      meant(step.target, entry);
      if (entry === undefined) return film;
      const { timeline } = applyEdit(film.timeline, entry.back);
      return { timeline, done: film.done.slice(0, -1), undone: [...film.undone, entry] };
    }
    case 'redo': {
      const entry = film.undone.at(-1);
      meant(step.target, entry);
      if (entry === undefined) return film;
      const { timeline } = applyEdit(film.timeline, entry.forth);
      return { timeline, done: [...film.done, entry], undone: film.undone.slice(0, -1) };
    }
  }
}

function did(film: Film, id: number, label: string, edit: Edit, again: boolean): Film {
  const { timeline, inverse } = applyEdit(film.timeline, edit);
  // The host forgets what could be redone there; what it never heard of can still be done again here.
  const undone = again ? film.undone.slice(0, -1).filter((entry) => entry.unsent === true) : [];
  return { timeline, done: [...film.done, { id, label, back: inverse, forth: edit }], undone };
}

/** `before` with what was taken back from `film` before it was sent, to be done again on demand. */
export function withUnsent(before: Film, film: Film): Film {
  const entry = film.done.at(-1);
  return entry === undefined ? before : { ...before, undone: [...before.undone, { ...entry, unsent: true }] };
}

/** Whether the newest thing done changed nothing. */
export function changedNothing(film: Film): boolean {
  const back = film.done.at(-1)?.back;
  return back?.type === 'patch' && back.drop.length + back.put.length + Object.keys(back.fields).length === 0;
}

function meant(target: number | null, entry: Entry | undefined): void {
  if (target === null || entry?.id === target) return;
  throw new PicaividError('edit_refused', 'The film was changed in between, so this would take back something else.');
}

/**
 * The host's film after it answered: the same object as `expected` when it did what was shown, so that nothing is drawn
 * again. Throws when the answer does not fit the film: then the document is to be asked for.
 */
export function acknowledged(base: Film, expected: Film | null, step: Step, answer: EditAnswer): Film {
  const { timeline, inverse } = applyEdit(base.timeline, answer.edit);
  if (expected !== null && step.kind !== 'ask' && sameFilm(timeline, expected.timeline)) {
    // A step back that this window did not know: now it does, and can redo it.
    const unknown = (step.kind === 'undo' || step.kind === 'redo') && step.target === null;
    if (!unknown) return expected;
  }
  const entry: Entry = { id: step.id, label: answer.label, back: inverse, forth: answer.edit };
  if (step.kind === 'undo') {
    const turned: Entry = { ...entry, back: answer.edit, forth: inverse };
    return { timeline, done: base.done.slice(0, -1), undone: [...base.undone, turned] };
  }
  if (step.kind === 'redo') return { timeline, done: [...base.done, entry], undone: base.undone.slice(0, -1) };
  return { timeline, done: [...base.done, entry], undone: [] };
}

export interface Replayed {
  readonly films: readonly Film[];
  readonly kept: readonly Step[];
  readonly dropped: readonly { readonly step: Step; readonly message: string }[];
}

/**
 * Lays steps over a film. `before`: the films that they were made on, where the film under them has changed since: then
 * edits are rebased as the host does it, so that what no longer fits is given up instead of landing somewhere else.
 */
export function replay(base: Film, steps: readonly Step[], before?: readonly Film[]): Replayed {
  const films: Film[] = [];
  const kept: Step[] = [];
  const dropped: { step: Step; message: string }[] = [];
  let film = base;
  steps.forEach((step, i) => {
    try {
      const fitted = rebased(step, before?.[i]?.timeline, film.timeline);
      film = after(film, fitted);
      films.push(film);
      kept.push(fitted);
    } catch (error) {
      if (!(error instanceof PicaividError)) throw error;
      dropped.push({ step, message: error.message });
    }
  });
  return { films, kept, dropped };
}

function rebased(step: Step, from: Timeline | undefined, to: Timeline): Step {
  if (step.kind !== 'edit' || from === undefined || from === to || sameFilm(from, to)) return step;
  const edit = rebaseEdit(step.edit, [patchBetween(from, to)], from);
  return edit === step.edit ? step : { ...step, edit };
}
