/** What Renders says: states, estimates, figures, takes. Pure. */
import type { ClipRender, ClipState, ReviewState, TakeView } from '../../../main/host/review-contract.ts';
import type { RendererName, ValidationFigure } from '../../../pipeline/domain.ts';
import type { ChipTone } from '../../ui/index.ts';

export const RENDERER_NAMES_SHOWN: Readonly<Record<RendererName, string>> = {
  ltx: 'LTX',
  depth_parallax: 'Depth parallax',
  ken_burns: 'Pan and zoom',
};

export const REVIEW_WORDS: Readonly<Record<ReviewState, { readonly words: string; readonly tone: ChipTone }>> = {
  pending: { words: 'To review', tone: 'neutral' },
  approved: { words: 'Approved', tone: 'pass' },
  changes_requested: { words: 'Changes asked', tone: 'attention' },
  rejected: { words: 'Rejected', tone: 'fail' },
};

/** `push_in` → `Push in` */
export function inWords(name: string): string {
  const text = name.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The state of a clip as its chip says it. */
export function stateWords(clip: { readonly state: ClipState; readonly place: number | null }): {
  readonly words: string;
  readonly tone: ChipTone;
} {
  switch (clip.state) {
    case 'missing':
      return { words: 'Not rendered', tone: 'neutral' };
    case 'queued':
      return { words: clip.place === null ? 'Queued' : `Queued, ${ordinal(clip.place)}`, tone: 'neutral' };
    case 'rendering':
      return { words: 'Rendering', tone: 'neutral' };
    case 'rendered':
      return { words: 'Rendered', tone: 'pass' };
    case 'stale':
      return { words: 'Changed since', tone: 'attention' };
    case 'failed':
      return { words: 'Failed', tone: 'fail' };
  }
}

/** `1st`, `2nd`, `11th`. */
export function ordinal(number: number): string {
  const tens = Math.floor(number / 10) % 10;
  const ending = tens === 1 ? 'th' : (({ 1: 'st', 2: 'nd', 3: 'rd' } as Record<number, string>)[number % 10] ?? 'th');
  return `${number}${ending}`;
}

export const mustRender = (clip: ClipRender): boolean =>
  clip.state === 'missing' || clip.state === 'stale' || clip.state === 'failed';
export const isUnderWay = (clip: ClipRender): boolean => clip.state === 'queued' || clip.state === 'rendering';

/**
 * Seconds that these clips would take here. A clip that was never measured counts as the mean of the others; null when
 * none was.
 */
export function estimateOf(clips: readonly ClipRender[]): number | null {
  const known = clips.map((clip) => clip.estimateSeconds).filter((seconds) => seconds !== null);
  if (clips.length === 0 || known.length === 0) return null;
  return (known.reduce((sum, seconds) => sum + seconds, 0) / known.length) * clips.length;
}

/** `about 25 s`, `about 4 min`, `about 1 h 20 min`. */
export function aboutWords(seconds: number): string {
  if (seconds < 55) return `about ${Math.max(5, Math.ceil(seconds / 5) * 5)} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `about ${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `about ${Math.floor(minutes / 60)} h` : `about ${Math.floor(minutes / 60)} h ${rest} min`;
}

export const countWords = (count: number, one: string): string => (count === 1 ? `1 ${one}` : `${count} ${one}s`);

/** `12 clips, about 4 min here`; without a measurement it says that the first render will tell. */
export function estimateWords(clips: readonly ClipRender[]): string {
  const seconds = estimateOf(clips);
  const count = countWords(clips.length, 'clip');
  return seconds === null ? `${count}; the first one tells how long it takes` : `${count}, ${aboutWords(seconds)} here`;
}

/** Seconds as one decimal under ten, whole above: `3.4 s`, `48 s`, `2 min 5 s`. */
export function spentWords(seconds: number): string {
  if (seconds < 10) return `${(Math.round(seconds * 10) / 10).toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** What each figure of the validation tells; one that is not here shows its own name. */
const FIGURES: Readonly<Record<string, string>> = {
  frame_count: 'Frames',
  first_frame_ssim: 'First frame like the photo',
  invention_cosine: 'Shows only what the photo shows',
  depth_agreement: 'Depth as in the photo',
  motion_deviation: 'Off the asked motion',
  motion_agreement: 'Moves as asked',
  frozen_seconds: 'Seconds frozen',
  repeated_share: 'Share of repeated frames',
  flicker: 'Flicker',
  black_frames: 'Black frames',
};

export const figureName = (figure: ValidationFigure): string => FIGURES[figure.name] ?? inWords(figure.name);

/** `at least 0.93` or `at most 0.10`: which of the two follows from what passed. */
export function limitWords(figure: ValidationFigure): string {
  if (figure.name === 'frame_count') return `exactly ${figure.limit}`;
  // On the limit itself both are possible: of a fault none at all is the rule, of a likeness as much as that.
  const atLeast = figure.value === figure.limit ? figure.limit > 0 : figure.value > figure.limit === figure.pass;
  return `${atLeast ? 'at least' : 'at most'} ${figureNumber(figure.limit)}`;
}

/** Three significant digits, never more than three decimals. */
export function figureNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);
}

export const currentTake = (clip: ClipRender): TakeView | null =>
  clip.takes.find((take) => take.current) ?? clip.takes.at(-1) ?? null;

/** `Primary bedroom, push in, depth parallax. Rendered, 2 takes, approved.`: a row for who cannot see it. */
export function rowLabel(clip: ClipRender): string {
  const take = currentTake(clip);
  const what = `${clip.index + 1}. ${clip.room}, ${inWords(clip.motion).toLowerCase()}, ${RENDERER_NAMES_SHOWN[clip.renderer].toLowerCase()}`;
  const parts = [
    stateWords(clip).words,
    countWords(clip.takes.length, 'take'),
    ...(take === null ? [] : [`${take.verdict === 'pass' ? 'checks passed' : 'checks failed'}`]),
    ...(take === null ? [] : [REVIEW_WORDS[clip.review].words.toLowerCase()]),
    ...(clip.downgradeReason === null ? [] : [clip.downgradeReason.replace(/\.$/, '')]),
    ...(clip.error === null ? [] : [clip.error.message.replace(/\.$/, '')]),
  ];
  return `${what}. ${parts.join(', ')}.`;
}

/** `Today, 14:03`, `3 Nov, 14:03`. */
export function whenWords(at: string, now: Date = new Date()): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  if (date.toDateString() === now.toDateString()) return `Today, ${time}`;
  return `${date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })}, ${time}`;
}
