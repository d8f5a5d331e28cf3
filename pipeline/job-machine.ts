/**
 * The job's states and the only ways between them. One table; anything else is refused with a sentence.
 * Phase 2 may run before or after Phase 3: a listing's clips can be rendered ahead at their recommended lengths (the
 * fleet does), or exactly as the timeline cuts them (the film command does: nothing is rendered that is not shown).
 */

import { PicaividError } from '../base/errors.ts';
import type { JobStatus, Phase } from './domain.ts';

export type JobEvent =
  | 'start_analysis'
  | 'analysis_done'
  | 'timeline_built'
  | 'start_rendering'
  | 'rendering_done'
  | 'submit_review'
  | 'approve'
  | 'reopen'
  | 'start_assembly'
  | 'delivered'
  | 'interrupted'
  | 'fail';

/** What a guard may look at. */
export interface JobFacts {
  readonly hasTimeline: boolean;
  readonly unapprovedClips: number;
  /** Who vouches for unapproved clips, and why. */
  readonly override?: { readonly name: string; readonly reason: string };
}

interface Rule {
  readonly from: readonly JobStatus[];
  readonly event: JobEvent;
  readonly to: JobStatus;
  /** The reason why not, or undefined to let it pass. */
  readonly guard?: (facts: JobFacts) => string | undefined;
}

/** Where a phase that was interrupted may be started again. */
const SETTLED: readonly JobStatus[] = [
  'planned',
  'rendered',
  'timeline_ready',
  'in_review',
  'approved',
  'delivered',
  'failed',
];

const timelineThere = (facts: JobFacts): string | undefined =>
  facts.hasTimeline ? undefined : 'there is no timeline yet: run phase 3 first';

const approvedOrVouched = (facts: JobFacts): string | undefined => {
  if (facts.unapprovedClips === 0) return undefined;
  if (facts.override !== undefined && facts.override.name !== '' && facts.override.reason !== '') return undefined;
  return `${facts.unapprovedClips} clips are not approved, and nobody vouches for them with a name and a reason`;
};

const notApproved = (facts: JobFacts): string | undefined =>
  facts.unapprovedClips > 0 ? undefined : 'every clip of the film is approved';

export const JOB_RULES: readonly Rule[] = [
  // Photos may come while clips are rendered: these finish beside it, and the analysis is not held up.
  { from: ['draft', 'analyzing', 'rendering', ...SETTLED], event: 'start_analysis', to: 'analyzing' },
  { from: ['analyzing'], event: 'analysis_done', to: 'planned' },
  { from: SETTLED, event: 'timeline_built', to: 'timeline_ready' },
  { from: ['rendering', ...SETTLED], event: 'start_rendering', to: 'rendering' },
  { from: ['rendering'], event: 'rendering_done', to: 'rendered' },
  {
    from: ['rendered', 'timeline_ready', 'delivered', 'failed'],
    event: 'submit_review',
    to: 'in_review',
    guard: timelineThere,
  },
  { from: ['in_review'], event: 'approve', to: 'approved', guard: approvedOrVouched },
  // The film changed, or a signature was taken back by a later one. A film that is being assembled is finished first.
  { from: ['approved', 'delivered'], event: 'reopen', to: 'in_review', guard: notApproved },
  { from: ['approved', 'assembling', 'delivered'], event: 'start_assembly', to: 'assembling', guard: timelineThere },
  { from: ['assembling'], event: 'delivered', to: 'delivered' },
  // The program that ran the phase is gone: the job stands where it stood before the phase began.
  { from: ['analyzing'], event: 'interrupted', to: 'draft' },
  { from: ['rendering'], event: 'interrupted', to: 'planned' },
  { from: ['assembling'], event: 'interrupted', to: 'approved' },
  { from: ['analyzing', 'rendering', 'assembling', ...SETTLED, 'draft'], event: 'fail', to: 'failed' },
];

/** What is known of a listing's clips when its job is brought up to date. */
export interface ReviewFacts extends JobFacts {
  /** Clips of the film, and how many of them have the take that it asks for. */
  readonly clips: number;
  readonly renderedClips: number;
  /** Clips are being rendered, or wait for it: whoever renders says when that ends. */
  readonly rendering: boolean;
  /** Somebody vouched for the clips that are not approved, as they are now. */
  readonly vouched: boolean;
}

/**
 * The next event that follows from the facts alone, without anybody asking for it; undefined when the job stands where
 * it belongs. Applied until there is none it ends (at most four events), for every status and all facts.
 */
export function dueEvent(status: JobStatus, facts: ReviewFacts): JobEvent | undefined {
  const { hasTimeline, clips, renderedClips, rendering, unapprovedClips, vouched } = facts;
  if (!hasTimeline || clips === 0) return undefined;
  const complete = renderedClips === clips;
  switch (status) {
    case 'planned':
      return 'timeline_built';
    case 'rendering':
      return complete && !rendering ? 'rendering_done' : undefined;
    case 'rendered':
    case 'timeline_ready':
    case 'failed':
      return complete ? 'submit_review' : undefined;
    case 'in_review':
      return complete && unapprovedClips === 0 ? 'approve' : undefined;
    case 'approved':
    case 'delivered':
      return unapprovedClips > 0 && !vouched ? 'reopen' : undefined;
    default:
      return undefined;
  }
}

/** The status after an event. Throws `transition_refused` with the reason. */
export function nextStatus(from: JobStatus, event: JobEvent, facts: JobFacts): JobStatus {
  const rule = JOB_RULES.find((candidate) => candidate.event === event && candidate.from.includes(from));
  if (rule === undefined)
    throw new PicaividError(
      'transition_refused',
      `A job that is "${from.replace('_', ' ')}" cannot ${event.replaceAll('_', ' ')}.`,
    );
  const reason = rule.guard?.(facts);
  if (reason !== undefined)
    throw new PicaividError('transition_refused', `The job cannot ${event.replaceAll('_', ' ')}: ${reason}.`);
  return rule.to;
}

/** What each phase needs to have been there before it, in words for the person who asked for it. */
export function missingBefore(
  phase: Phase,
  facts: { readonly analyzed: boolean; readonly hasTimeline: boolean; readonly rendered: boolean },
): string | undefined {
  if (phase !== 1 && !facts.analyzed) return 'Run phase 1 first: the photos have not been analysed.';
  if (phase === 4 && !facts.hasTimeline) return 'Run phase 3 first: there is no timeline.';
  if (phase === 4 && !facts.rendered) return 'Run phase 2 first: the clips have not been rendered.';
  return undefined;
}
