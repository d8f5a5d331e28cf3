/** What keys, buttons and pointers of Review do. */
import type { NewDecision, RejectReason } from '../../../main/host/review-contract.ts';
import { type DecidedState, findingsOf, missingFrom } from '../../../pipeline/review.ts';
import { usePerson } from '../../stores/person.ts';
import {
  COMPARE_MODES,
  lookAtTake,
  lookedTake,
  openedClip,
  outdatedWords,
  signClip,
  useReview,
} from '../../stores/review.ts';
import { filmTake, nextPlace } from '../../stores/review-order.ts';
import { reviewPlayhead } from '../../stores/review-playhead.ts';
import { reel } from './reel.ts';
import { forbidden, unsignable } from './words.ts';

const { getState: get, setState: set } = useReview;

const say = (sentence: string): void => set({ notice: sentence, said: sentence });

/** Unresolved notes on the take that is looked at. */
export function openNotes(): number {
  const { specHash } = get();
  return openedClip()?.notes.filter((note) => note.specHash === specHash && note.resolved === null).length ?? 0;
}

/** Why the take on screen cannot be signed now; null when it can. */
export function hindrance(): string | null {
  const clip = openedClip();
  const take = lookedTake();
  if (clip === null) return 'No clip is open.';
  const role = forbidden(usePerson.getState().person, 'sign clips');
  if (role !== null) return role;
  const film = filmTake(clip);
  if (take !== null && film !== null && film.specHash !== take.specHash) return outdatedWords(clip, take.specHash);
  const why = unsignable(clip, take);
  if (why !== null) return why;
  // Nobody signs what was never on the canvas.
  return take !== null && reel.isShown(take.specHash) ? null : 'The clip is still being opened. Look at it first.';
}

/** Opens the question that a decision needs, or signs at once. */
export function decide(state: DecidedState): void {
  const why = hindrance();
  if (why !== null) {
    say(why);
    return;
  }
  reel.pause();
  if (state === 'approved') sign('approved', null, '');
  else set({ asking: state === 'rejected' ? 'reject' : 'changes', notice: null });
}

/** Signs the take that is looked at; without a name, that is asked first. */
export function sign(state: DecidedState, reason: RejectReason | null, comment: string): string | null {
  const why = hindrance();
  const { clipId, specHash, pending } = get();
  if (why !== null || clipId === null || specHash === null) {
    say(why ?? 'No clip is open.');
    set({ asking: null });
    return why;
  }
  const decision: NewDecision = { clipId, specHash, state, reason, comment: comment.trim() };
  const lacks = missingFrom(decision, openNotes());
  if (lacks !== undefined) return lacks;
  if ((usePerson.getState().person?.name ?? '') === '') set({ asking: 'name', unsigned: decision });
  // A key that is pressed twice signs once.
  else if (pending === 0) void signClip(decision);
  return null;
}

// ───────────────────────────── Notes ─────────────────────────────

/** Begins a note on these frames, or on the one that is shown. The text field takes the keyboard. */
export function beginNote(on: { readonly first: number; readonly last: number } | null, drawing = false): void {
  const clip = openedClip();
  const take = lookedTake();
  const frame = reviewPlayhead.frame;
  const why = forbidden(usePerson.getState().person, 'write review notes');
  if (why !== null) {
    say(why);
    return;
  }
  if (clip === null || take === null || frame < 0) return;
  reel.pause();
  const { draft } = get();
  const kept = draft !== null && draft.specHash === take.specHash ? draft : null;
  const [inFrame, outFrame] = on === null ? [frame, frame] : [on.first, on.last];
  // A note that has something already stays on its frames; the picture goes back there to be drawn on.
  if (kept !== null && on === null && (drawing || kept.marks.length > 0)) {
    set({ draft: { ...kept, drawing } });
    if (frame < kept.inFrame || frame > kept.outFrame) reel.seek(kept.inFrame);
  } else
    set({
      draft: {
        clipId: clip.clipId,
        specHash: take.specHash,
        inFrame,
        outFrame,
        text: kept?.text ?? '',
        marks: kept?.marks ?? [],
        drawing,
        saving: false,
      },
    });
  if (drawing && (get().mode === 'depth' || get().flipped)) set({ mode: 'clip', flipped: false });
  if (!drawing) focusNote();
}

export function focusNote(): void {
  requestAnimationFrame(() => document.getElementById('note-text')?.focus());
}

export function toggleDrawing(): void {
  const { draft } = get();
  if (draft?.drawing === true) {
    set({ draft: { ...draft, drawing: false } });
    focusNote();
  } else beginNote(null, true);
}

export function undraw(): void {
  const { draft } = get();
  if (draft !== null) set({ draft: { ...draft, marks: draft.marks.slice(0, -1) } });
}

/** Escape: drawing ends, then the note is dropped; then the comparison ends. */
export function leave(): void {
  const { draft, mode, flipped } = get();
  if (draft?.drawing === true) set({ draft: { ...draft, drawing: false } });
  else if (draft !== null) set({ draft: null, said: 'Note dropped.' });
  else if (mode !== 'clip' || flipped) set({ mode: 'clip', flipped: false });
  focusStage();
}

export function focusStage(): void {
  document.querySelector<HTMLElement>('[data-testid="strip"]')?.focus({ preventScroll: true });
}

// ───────────────────────────── Going ─────────────────────────────

export function goNote(direction: 1 | -1): void {
  const { specHash } = get();
  const notes = openedClip()?.notes.filter((note) => note.specHash === specHash) ?? [];
  const to = nextPlace(
    notes.map((note) => note.inFrame),
    reviewPlayhead.frame,
    direction,
  );
  if (to !== null) reel.seek(to);
}

export function goFinding(direction: 1 | -1): void {
  const take = lookedTake();
  if (take === null) return;
  const to = nextPlace(
    findingsOf(take.figures, take.reasons, take.frames).map((finding) => finding.firstFrame),
    reviewPlayhead.frame,
    direction,
  );
  if (to !== null) reel.seek(to);
}

export function stepTake(by: number): void {
  const clip = openedClip();
  const at = clip?.takes.findIndex((take) => take.specHash === get().specHash) ?? -1;
  const next = clip?.takes[at + by];
  if (next !== undefined) lookAtTake(next.specHash);
}

/** The photo, then each other take, then the photo again. */
export function nextAgainst(): void {
  const clip = openedClip();
  const { against, specHash, mode } = get();
  const all = [
    'photo',
    ...(clip?.takes ?? [])
      .filter((take) => take.specHash !== specHash && take.file === 'present')
      .map((take) => take.specHash),
  ];
  const next = all[(all.indexOf(against) + 1) % all.length] ?? 'photo';
  set({
    against: next,
    mode: mode === 'clip' || mode === 'depth' ? 'wipe' : mode,
    said: next === 'photo' ? 'Compared with the photo' : 'Compared with another take',
  });
}

export function setMode(number: number): void {
  const mode = COMPARE_MODES[number - 1];
  if (mode !== undefined) set({ mode, flipped: false });
}

/** In and out of the range; one alone runs to the end that is not set. */
export function setRange(side: 'in' | 'out', range: { readonly first: number; readonly last: number } | null): void {
  const frame = reviewPlayhead.frame;
  if (frame < 0) return;
  const first = side === 'in' ? frame : (range?.first ?? 0);
  const last = side === 'out' ? frame : (range?.last ?? reel.frames - 1);
  const next = first <= last ? { first, last } : side === 'in' ? { first, last: reel.frames - 1 } : { first: 0, last };
  reel.setRange(next);
  set({ said: `Range from frame ${next.first} to ${next.last}` });
}
