/**
 * What undo and redo will do, as far as this window knows: its own steps since the document was last read. So an undo
 * shows at once; one that reaches behind what is known waits for the host. Pure.
 */
import {
  applyChanges,
  type Change,
  invertChanges,
  type RoomsAction,
  type RoomsDecisions,
} from '../../pipeline/rooms/decisions.ts';

export type Step = { readonly kind: 'act'; readonly action: RoomsAction } | { readonly kind: 'undo' | 'redo' };

interface Entry extends RoomsAction {
  /** In `past`: what undo would do once this is undone. In `future`: what redo would do once this is done again. */
  readonly beyond: string | null;
}

export interface History {
  /** Newest last. */
  readonly past: readonly Entry[];
  /** What redo does next is last. */
  readonly future: readonly Entry[];
  /** Labels of what undo and redo would do; known from the host where the entries are not. */
  readonly undo: string | null;
  readonly redo: string | null;
}

/** Only the labels are known: the document was read, or somebody else acted. */
export function unknownHistory(undo: string | null, redo: string | null): History {
  return { past: [], future: [], undo, redo };
}

/** After an action: it can be undone, nothing can be done again. */
export function afterAct(history: History, { label, changes }: RoomsAction): History {
  return { past: [...history.past, { label, changes, beyond: history.undo }], future: [], undo: label, redo: null };
}

/** The changes that a step makes, or null where they are not known before the host tells. */
export function changesOf(history: History, step: Step): readonly Change[] | null {
  if (step.kind === 'act') return step.action.changes;
  if (step.kind === 'redo') return history.future.at(-1)?.changes ?? null;
  const last = history.past.at(-1);
  return last === undefined ? null : invertChanges(last.changes);
}

/** After a step whose changes are known (`changesOf` gave them); otherwise the history stays as it is. */
export function afterStep(history: History, step: Step): History {
  if (step.kind === 'act') return afterAct(history, step.action);
  const { past, future, undo, redo } = history;
  if (step.kind === 'undo') {
    const last = past.at(-1);
    if (last === undefined) return history;
    const next = { ...last, beyond: redo };
    return { past: past.slice(0, -1), future: [...future, next], undo: last.beyond, redo: last.label };
  }
  const next = future.at(-1);
  if (next === undefined) return history;
  const done = { ...next, beyond: undo };
  return { past: [...past, done], future: future.slice(0, -1), undo: next.label, redo: next.beyond };
}

/** What the host answered to a step, taken in: `labels` are its word on what undo and redo would do now. */
export function afterAnswer(
  history: History,
  step: Step,
  answer: RoomsAction & { readonly undo: string | null; readonly redo: string | null },
): History {
  const { undo, redo } = answer;
  if (step.kind === 'act') return { ...afterAct(history, answer), undo, redo };
  const expected = changesOf(history, step);
  if (expected !== null && !sameChanges(expected, answer.changes)) return unknownHistory(undo, redo);
  if (expected !== null) return { ...afterStep(history, step), undo, redo };
  // It reached behind what was known: from here on its inverse is.
  const { label } = answer;
  return step.kind === 'undo'
    ? {
        ...history,
        future: [...history.future, { label, changes: invertChanges(answer.changes), beyond: history.redo }],
        undo,
        redo,
      }
    : { ...history, past: [...history.past, { label, changes: answer.changes, beyond: history.undo }], undo, redo };
}

function sameChanges(one: readonly Change[], other: readonly Change[]): boolean {
  return (
    one.length === other.length &&
    one.every((change, index) => {
      const with_ = other[index];
      return (
        change.field === with_?.field &&
        change.subject === with_.subject &&
        change.from === with_.from &&
        change.to === with_.to
      );
    })
  );
}

export interface Laid {
  readonly decisions: RoomsDecisions;
  readonly history: History;
  readonly kept: readonly Step[];
  /** Actions that no longer fit, with the reason of each. */
  readonly refused: readonly { readonly action: RoomsAction; readonly error: unknown }[];
}

/**
 * Lays steps that wait over what the host has. `sending` is under way: it is never given up here, and where it does not
 * fit it has arrived already; the host's answer decides.
 */
export function layOver(base: RoomsDecisions, history: History, steps: readonly Step[], sending: Step | null): Laid {
  let decisions = base;
  let at = history;
  const kept: Step[] = [];
  const refused: { action: RoomsAction; error: unknown }[] = [];
  for (const step of steps) {
    const changes = changesOf(at, step);
    try {
      if (changes !== null) {
        decisions = applyChanges(decisions, changes);
        at = afterStep(at, step);
      }
      kept.push(step);
    } catch (error) {
      // An undo that does not fit was foreseen wrongly: the host says what it undid.
      if (step.kind !== 'act') {
        at = unknownHistory(at.undo, at.redo);
        kept.push(step);
      } else if (step === sending) kept.push(step);
      else refused.push({ action: step.action, error });
    }
  }
  return { decisions, history: at, kept, refused };
}
