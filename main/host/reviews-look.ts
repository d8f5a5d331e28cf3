/** A clip's render as its reviewer sees it. Pure. */
import { findingsOf, reviewStateOf } from '../../pipeline/review.ts';
import type { ClipRender, ReviewClip, ReviewDecision, ReviewNote, TakeView } from './review-contract.ts';

/** The take that the film shows and a decision signs; undefined while the film asks for frames that are not there. */
export function shownTake({ takes }: Pick<ClipRender, 'takes'>): TakeView | undefined {
  return takes.find(({ current }) => current);
}

/** Notes and decisions, oldest first, are those of the whole listing. */
export function reviewClip(
  clip: ClipRender,
  notes: readonly ReviewNote[],
  decisions: readonly ReviewDecision[],
): ReviewClip {
  const take = shownTake(clip);
  const own = decisions.filter(({ clipId }) => clipId === clip.clipId);
  return {
    ...clip,
    review: reviewStateOf(own, take?.specHash),
    notes: notes.filter(({ clipId }) => clipId === clip.clipId),
    decisions: own,
    findings: take === undefined ? [] : findingsOf(take.figures, take.reasons, take.frames),
  };
}
