/** A listing's way through the four phases, in steps and in words. Pure. */
import type { ErrorData } from '../../../base/errors.ts';
import type { ListingCard, TaskView } from '../../../main/host/contract.ts';
import type { JobStatus } from '../../../pipeline/domain.ts';

export const PHASES = ['Rooms', 'Renders', 'Timeline', 'Delivery'] as const;
export type StepState = 'todo' | 'now' | 'done' | 'failed';

/** Phases done, and what is said of the one under way. `now` is the index of the phase at work or waiting for a person. */
const STEPS: Readonly<Record<JobStatus, { readonly done: number; readonly now: boolean; readonly words: string }>> = {
  draft: { done: 0, now: false, words: 'Not analysed yet' },
  analyzing: { done: 0, now: true, words: 'Analysing' },
  planned: { done: 1, now: false, words: 'Rooms ready' },
  rendering: { done: 1, now: true, words: 'Rendering' },
  rendered: { done: 2, now: false, words: 'Clips rendered' },
  timeline_ready: { done: 3, now: false, words: 'Timeline ready' },
  in_review: { done: 3, now: false, words: 'In review' },
  approved: { done: 3, now: false, words: 'Approved' },
  assembling: { done: 3, now: true, words: 'Assembling' },
  delivered: { done: 4, now: false, words: 'Delivered' },
  failed: { done: 0, now: false, words: 'Failed' },
};

export interface PhaseView {
  readonly steps: readonly StepState[];
  /** Short, such as `Rooms ready`. */
  readonly words: string;
  /** For a screen reader: `Rooms done, Renders under way, …` */
  readonly spoken: string;
}

const SPOKEN: Readonly<Record<StepState, string>> = { todo: 'to do', now: 'under way', done: 'done', failed: 'failed' };

/** `failed` says nothing of the phase: where rooms are known it is not the first. */
export function phaseView(card: ListingCard, task: TaskView | null): PhaseView {
  const analyzing = task?.kind === 'analyze' && task.state !== 'failed' && task.state !== 'cancelled';
  const failed = !analyzing && (card.status === 'failed' || (card.error !== null && card.status === 'analyzing'));
  const { done, now, words } = STEPS[analyzing && card.status === 'draft' ? 'analyzing' : card.status];
  const steps = PHASES.map((_, at): StepState => {
    if (at < done) return analyzing && at === 0 ? 'now' : 'done';
    if (at > done) return 'todo';
    return failed ? 'failed' : now || analyzing ? (done > 0 && analyzing && !now ? 'todo' : 'now') : 'todo';
  });
  return {
    steps,
    words: failed ? 'Analysis failed' : analyzing ? analyzingWords(task) : words,
    spoken: PHASES.map((name, at) => `${name} ${SPOKEN[steps[at] ?? 'todo']}`).join(', '),
  };
}

function analyzingWords(task: TaskView): string {
  if (task.state === 'paused') return 'Paused';
  return task.state === 'waiting' ? 'Waiting its turn' : 'Analysing';
}

/** The work under way or waiting on a listing. A card keeps a failed task too, to be tried again: that is trouble, not work. */
export function workOf(card: ListingCard): TaskView | null {
  const { task } = card;
  return task !== null && (task.state === 'waiting' || task.state === 'running' || task.state === 'paused')
    ? task
    : null;
}

/** What stands in the way of a listing and what can be done about it. Null when nothing does. */
export interface Trouble {
  readonly title: string;
  readonly detail: string;
  /** What can help, the likeliest first: finding the folder, trying the task again. */
  readonly waysOn: readonly ('locate' | 'retry')[];
}

export function troubleOf(card: ListingCard): Trouble | null {
  if (card.folderMissing)
    return {
      title: 'Folder not found',
      detail: `${card.folder} was moved, renamed, or its disk is not connected.`,
      waysOn: ['locate', 'retry'],
    };
  if (card.error === null) return card.status === 'failed' ? FAILED : null;
  const waysOn: Trouble['waysOn'] = OF_THE_FOLDER.has(card.error.code) ? ['retry', 'locate'] : ['retry'];
  return { title: errorTitle(card.error), detail: sentenceOf(card.error), waysOn };
}

/** Errors that another folder would mend. */
const OF_THE_FOLDER: ReadonlySet<ErrorData['code']> = new Set([
  'no_usable_photos',
  'file_not_found',
  'file_unreadable',
  'path_outside_folder',
]);

const FAILED: Trouble = {
  title: 'Analysis failed',
  detail: 'The analysis ended before it was done. What was finished is kept.',
  waysOn: ['retry'],
};

function sentenceOf({ code, message, file }: ErrorData): string {
  // Which file of the studio's own did not fit any more helps nobody.
  return code === 'disk_full' || code === 'output_unwritable' || file === undefined || message.includes(file)
    ? message
    : `${message} (${file})`;
}

function errorTitle({ code }: ErrorData): string {
  switch (code) {
    case 'no_usable_photos':
      return 'No photos in the folder';
    case 'disk_full':
      return 'The disk is full';
    case 'output_unwritable':
      return 'The disk is read-only';
    case 'model_missing':
    case 'model_damaged':
    case 'model_failed':
      return 'A model could not be used';
    case 'cancelled':
      return 'Analysis cancelled';
    case 'file_not_found':
    case 'file_unreadable':
      return 'Photos cannot be read';
    default:
      return 'Analysis failed';
  }
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

/** `24 photos`, `24 photos, 2 left out`. */
export function photosText({ photoCount, rejectedCount }: ListingCard): string {
  const photos = count(photoCount, 'photo', 'photos');
  return rejectedCount === 0 ? photos : `${photos}, ${rejectedCount} left out`;
}

const NUMBERED = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The last two names of a folder, as much as tells it from its neighbours; ids that the studio gave say nothing. */
export function shortFolder(folder: string): string {
  const parts = folder.split(/[/\\]+/).filter((part) => part !== '' && !NUMBERED.test(part));
  return parts.length <= 2 ? folder : `…/${parts.slice(-2).join('/')}`;
}

/** The whole card in a sentence: its name for a screen reader. */
export function cardLabel(card: ListingCard, view: PhaseView): string {
  const parts = [card.name, view.words, photosText(card)];
  if (card.attentionCount > 0) parts.push(`${card.attentionCount} need attention`);
  if (card.folderMissing) parts.push('folder not found');
  if (card.archived) parts.push('archived');
  return parts.join(', ');
}
