/** What Review says of states, frames and comparisons. Pure. */
import type { Person, ReviewClip, ReviewState, TakeView } from '../../../main/host/review-contract.ts';
import { type Activity, whyNot } from '../../../pipeline/roles.ts';
import type { CompareMode } from '../../stores/review.ts';
import { filmTake } from '../../stores/review-order.ts';
import type { ChipTone } from '../../ui/index.ts';

export const REVIEW_SHOWN: Readonly<Record<ReviewState, { readonly words: string; readonly tone: ChipTone }>> = {
  pending: { words: 'To review', tone: 'neutral' },
  approved: { words: 'Approved', tone: 'pass' },
  changes_requested: { words: 'Changes asked', tone: 'attention' },
  rejected: { words: 'Rejected', tone: 'fail' },
};

export const MODE_WORDS: Readonly<Record<CompareMode, string>> = {
  clip: 'Clip',
  wipe: 'Wipe',
  blend: 'Blend',
  difference: 'Difference',
  side: 'Side by side',
  depth: 'Depth',
};

/** What a row of the list says of its clip: where it stands on its way to a signature. */
export function clipWords(
  clip: ReviewClip,
  part: number | undefined,
): { readonly words: string; readonly tone: ChipTone } {
  if (clip.state === 'rendering') return { words: `Rendering ${Math.round((part ?? 0) * 100)} %`, tone: 'neutral' };
  if (clip.state === 'queued') return { words: 'Queued', tone: 'neutral' };
  if (clip.state === 'failed') return { words: filmTake(clip) === null ? 'Render failed' : 'File lost', tone: 'fail' };
  if (clip.state === 'missing') return { words: 'Not rendered', tone: 'neutral' };
  if (clip.state === 'stale' && filmTake(clip) === null) return { words: 'Film changed', tone: 'attention' };
  return REVIEW_SHOWN[clip.review];
}

/** `frame 34 of 96, approved`: for the live region, and the strip's value. */
export const frameValue = (frame: number, frames: number): string => `Frame ${frame} of ${frames}`;

/** What the picture that is compared with is called. */
export function againstWords(clip: ReviewClip, against: string): string {
  if (against === 'photo') return 'photo';
  const take = clip.takes.find(({ specHash }) => specHash === against);
  return take === undefined ? 'photo' : `take ${take.number}`;
}

/** Why this person may not do that, in the host's words; null where they may. */
export const forbidden = (person: Person | null, activity: Activity): string | null =>
  person === null ? null : whyNot(person.role, activity, person.team);

/** Why nobody can sign this take now; null where it can be signed. */
export function unsignable(clip: ReviewClip, take: TakeView | null): string | null {
  if (take === null) return 'Nothing is rendered of this clip yet.';
  const film = filmTake(clip);
  if (film === null) return 'The film asks for other frames than this take has. Render the clip first.';
  if (film.specHash !== take.specHash)
    return `Take ${film.number} is in the film, not take ${take.number}: only that one can be signed.`;
  if (take.file === 'missing') return 'The file of this take is gone from the disk. Render the clip again.';
  if (take.file === 'altered') return 'The file of this take was changed on disk. Render the clip again.';
  return null;
}
