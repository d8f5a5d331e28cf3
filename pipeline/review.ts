/**
 * What a reviewer says of a clip, and what follows from it. Pure: the host, the pages and the database share it.
 * A decision is on one take and is never rewritten: a new take is pending, and a take that comes back brings its own
 * last decision with it.
 */
import { z } from 'zod';
import type { ValidationFigure } from './domain.ts';

export const REVIEW_STATES = ['pending', 'approved', 'changes_requested', 'rejected'] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];
export type DecidedState = Exclude<ReviewState, 'pending'>;

export const REJECT_REASONS = [
  'invented_content', 'warping', 'flicker', 'wrong_motion', 'wrong_room', 'exposure', 'other',
] as const; // biome-ignore format: one list
export type RejectReason = (typeof REJECT_REASONS)[number];

/** In words, for reports. */
export const REASON_WORDS: Readonly<Record<RejectReason, string>> = {
  invented_content: 'Invented content',
  warping: 'Warping',
  flicker: 'Flicker',
  wrong_motion: 'Wrong motion',
  wrong_room: 'Wrong room',
  exposure: 'Exposure',
  other: 'Other',
};
export const STATE_WORDS: Readonly<Record<ReviewState, string>> = {
  pending: 'Pending',
  approved: 'Approved',
  changes_requested: 'Changes requested',
  rejected: 'Rejected',
};

const part = z.number().min(0).max(1);
/** Drawn over the frame; points and width as parts of the picture's width and height from the top left. */
export const markSchema = z.object({
  tool: z.enum(['pen', 'arrow', 'rectangle', 'ellipse']),
  points: z
    .array(z.tuple([part, part]))
    .min(2)
    .max(2_000),
  colour: z.enum(['red', 'yellow', 'white']).default('red'),
});
export type Mark = z.infer<typeof markSchema>;

/** State of a clip whose film shows this take: the newest decision on that very take. `decisions` oldest first. */
export function reviewStateOf(
  decisions: readonly { readonly specHash: string; readonly state: DecidedState }[],
  currentTake: string | undefined,
): ReviewState {
  if (currentTake === undefined) return 'pending';
  return decisions.findLast(({ specHash }) => specHash === currentTake)?.state ?? 'pending';
}

/**
 * What a decision still lacks, as a sentence; undefined when it can be signed. `openNotes`: unresolved notes on that
 * take, which say what is to change as well as a comment does.
 */
export function missingFrom(
  decision: { readonly state: DecidedState; readonly reason: RejectReason | null; readonly comment: string },
  openNotes: number,
): string | undefined {
  const said = decision.comment.trim() !== '';
  if (decision.state === 'rejected' && decision.reason === null) return 'Choose a reason for rejecting the clip.';
  if (decision.state !== 'approved' && decision.reason === 'other' && !said)
    return 'Say in a comment what is wrong: “other” alone does not tell.';
  if (decision.state === 'changes_requested' && !said && openNotes === 0)
    return 'Say what is to be changed: in a comment, or in a note on a frame.';
  return undefined;
}

/** Something that the validation measured at these frames of a take. */
export interface Finding {
  /** Name of the figure that found it. */
  readonly figure: string;
  readonly sentence: string;
  readonly severity: 'attention' | 'fail';
  readonly firstFrame: number;
  readonly lastFrame: number;
}

/**
 * Findings of a take of `frames` frames, first frame first. A figure that failed without saying where is of the whole
 * take; one that passed and says where asks for a look. `reasons`: a sentence for each failed figure, in their order.
 */
export function findingsOf(
  figures: readonly ValidationFigure[],
  reasons: readonly string[],
  frames: number,
): readonly Finding[] {
  const failed = figures.filter((figure) => !figure.pass);
  // An older validation may have had other reasons: then none is put to a figure that it may not be about.
  const sentences = failed.length === reasons.length ? reasons : [];
  const last = Math.max(0, frames - 1);
  const within = (frame: number): number => Math.min(Math.max(frame, 0), last);
  return figures
    .flatMap((figure): Finding[] => {
      const places = figure.frames ?? [];
      if (figure.pass && places.length === 0) return [];
      const name = figure.name.replaceAll('_', ' ');
      const words = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      const limit = `measured ${rounded(figure.value)}, limit ${rounded(figure.limit)}`;
      const sentence = figure.pass
        ? `${words}: worth a look (${limit}).`
        : (sentences[failed.indexOf(figure)] ?? `${words} is beyond its limit (${limit}).`);
      const severity = figure.pass ? 'attention' : 'fail';
      const spans = places.length === 0 ? [[0, last] as const] : places;
      return spans.map(([first, end]) => ({
        figure: figure.name,
        sentence,
        severity,
        firstFrame: within(Math.min(first, end)),
        lastFrame: within(Math.max(first, end)),
      }));
    })
    .sort((a, b) => a.firstFrame - b.firstFrame || a.lastFrame - b.lastFrame);
}

const rounded = (value: number): string => String(Math.round(value * 1000) / 1000);
