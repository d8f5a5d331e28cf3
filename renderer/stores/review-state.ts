/** What the review screen remembers, and what it starts with. */
import { create } from 'zustand';
import type { ErrorData } from '../../base/errors.ts';
import type { Mark, NewDecision, ReviewDocument } from '../../main/host/review-contract.ts';
import type { ClipFilter, NoteFilter } from './review-order.ts';

export const COMPARE_MODES = ['clip', 'wipe', 'blend', 'difference', 'side', 'depth'] as const;
export type CompareMode = (typeof COMPARE_MODES)[number];
/** `photo`, or the take's hash. */
export type Against = string;

/** The note that is being written, on the take that it was begun on. */
export interface Draft {
  readonly clipId: string;
  readonly specHash: string;
  readonly inFrame: number;
  readonly outFrame: number;
  readonly text: string;
  readonly marks: readonly Mark[];
  /** Pointer and keys draw on the frame. */
  readonly drawing: boolean;
  readonly saving: boolean;
}

/** What was signed last, to be said with the way back. */
export interface Signed {
  readonly clipId: string;
  readonly sentence: string;
}

export interface ReviewViewState {
  readonly listingId: string;
  readonly document: ReviewDocument | null;
  /** Why the document could not be had. */
  readonly error: ErrorData | null;
  /** The host did not answer the last question; what is shown may be old. */
  readonly silent: boolean;
  readonly clipId: string | null;
  /** The take that is looked at; null where the clip has none. */
  readonly specHash: string | null;
  /** The frame that a clip is opened at; null is the first one that the film shows. */
  readonly openAt: number | null;
  readonly mode: CompareMode;
  readonly against: Against;
  /** The other picture alone, in place of the clip. */
  readonly flipped: boolean;
  /** 0..1: place of the wipe, share of the blend, gain of the difference, share of depth. */
  readonly level: Readonly<Record<CompareMode, number>>;
  readonly filter: ClipFilter;
  readonly noteFilter: NoteFilter;
  readonly draft: Draft | null;
  /** Which question is open. */
  readonly asking: 'reject' | 'changes' | 'name' | null;
  /** A decision that waits for a name. */
  readonly unsigned: NewDecision | null;
  readonly signed: Signed | null;
  /** A calm sentence in place, such as that another take is in the film now. */
  readonly notice: string | null;
  /** For the live region. */
  readonly said: string;
  /** A refusal to tell the person about; cleared by who tells it. */
  readonly refusal: { readonly label: string; readonly message: string } | null;
  /** Calls under way. */
  readonly pending: number;
}

const LEVELS: ReviewViewState['level'] = { clip: 0.5, wipe: 0.5, blend: 0.5, difference: 0.25, side: 0.5, depth: 0.6 };
export const CLOSED: ReviewViewState = {
  listingId: '',
  document: null,
  error: null,
  silent: false,
  clipId: null,
  specHash: null,
  openAt: null,
  mode: 'clip',
  against: 'photo',
  flipped: false,
  level: LEVELS,
  filter: 'all',
  noteFilter: { takes: 'this', state: 'any' },
  draft: null,
  asking: null,
  unsigned: null,
  signed: null,
  notice: null,
  said: '',
  refusal: null,
  pending: 0,
};

export const useReview = create<ReviewViewState>(() => CLOSED);
/** Clip id → part done. Its own store: a step of one clip draws its own row alone. */
export const useReviewProgress = create<{ readonly byClip: ReadonlyMap<string, number> }>(() => ({
  byClip: new Map(),
}));
