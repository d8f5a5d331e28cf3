/** A proposal in words: what was chosen, and what it would do to the film. Pure. */
import type { FilmSettings } from '../../../../main/host/timeline-contract.ts';
import type { Timeline } from '../../../../pipeline/domain.ts';
import type { AnalysisView } from '../../../../pipeline/rooms/view.ts';
import {
  type ClipComparison,
  compareTimelines,
  type TimelineComparison,
} from '../../../../pipeline/timeline/compare.ts';
import { clusterOf, photoOf } from './clips.ts';
import { clock, plural, roomWords, secondsWords, TEMPLATE_WORDS } from './words.ts';

/** `Classic 45 s → Luxury 60 s`; what stays the same is left out, except the template, which names the film. */
export function chosenWords(
  before: FilmSettings,
  after: FilmSettings,
  musicName: (id: string | null) => string,
): string {
  const parts: [string, string][] = [];
  const style = before.template !== after.template || before.targetSeconds !== after.targetSeconds;
  if (style)
    parts.push([
      `${TEMPLATE_WORDS[before.template]} ${secondsWords(before.targetSeconds)}`,
      `${TEMPLATE_WORDS[after.template]} ${secondsWords(after.targetSeconds)}`,
    ]);
  if (before.frame !== after.frame) parts.push([before.frame, after.frame]);
  if (before.musicId !== after.musicId) parts.push([musicName(before.musicId), musicName(after.musicId)]);
  const brand = brandWords(before, after);
  if (parts.length === 0) return brand === '' ? 'Built anew from the rooms' : brand;
  const from = parts.map(([one]) => one).join(' · ');
  const to = parts.map(([, one]) => one).join(' · ');
  return `${from} → ${to}${brand === '' ? '' : ` · ${brand}`}`;
}

function brandWords({ brand: before }: FilmSettings, { brand: after }: FilmSettings): string {
  const changed: string[] = [];
  if (before.title !== after.title || before.subtitle !== after.subtitle) changed.push('title');
  if (before.endTitle !== after.endTitle || before.endSubtitle !== after.endSubtitle) changed.push('end card');
  if (before.accent !== after.accent) changed.push('accent colour');
  if (before.logoId !== after.logoId) changed.push('logo');
  return changed.length === 0 ? '' : `Another ${changed.join(', ')}`;
}

/**
 * `4 shots added, 2 left out, 10 changed, cuts moved by up to 0.8 s`: short enough for the bar. `named`: the heading
 * says template, length and music already.
 */
export function changeWords(diff: TimelineComparison, timeline: Timeline, named: boolean): string {
  const count = (kind: ClipComparison['kind']) => diff.rows.filter((row) => row.kind === kind).length;
  const parts: string[] = [];
  if (count('added') > 0) parts.push(`${plural(count('added'), 'shot')} added`);
  if (count('removed') > 0) parts.push(`${count('removed')} left out`);
  if (count('moved') > 0) parts.push(`${count('moved')} in another place`);
  if (count('changed') > 0) parts.push(`${count('changed')} changed`);
  if (count('retimed') > 0) parts.push(`${count('retimed')} timed anew`);
  if (diff.roomsLost.length > 0) parts.push(`${plural(diff.roomsLost.length, 'room')} lost`);
  const { count: cuts, largestFrames } = diff.cutsMoved;
  if (cuts > 0) {
    const seconds = (largestFrames * timeline.frameRate.den) / timeline.frameRate.num;
    parts.push(
      `${plural(cuts, 'cut')} moved by up to ${seconds < 0.1 ? plural(largestFrames, 'frame') : secondsWords(seconds)}`,
    );
  }
  if (!named && Math.abs(diff.after.seconds - diff.before.seconds) >= 0.05)
    parts.push(`${secondsWords(diff.before.seconds)} → ${secondsWords(diff.after.seconds)}`);
  if (!named && diff.music !== 'same') parts.push(`music ${diff.music === 'changed' ? 'laid anew' : diff.music}`);
  const titles = diff.titles.added + diff.titles.removed + diff.titles.changed;
  if (titles > 0) parts.push(`${plural(titles, 'title')} changed`);
  if (parts.length > 0) return capital(parts.join(', '));
  if (diff.frameChanged) return 'Every shot stays; the picture has another shape.';
  return 'The shots stay the same.';
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export interface DiffRow {
  readonly key: string;
  readonly kind: ClipComparison['kind'];
  /** `+ Kitchen · 3.5 s at 0:16` */
  readonly title: string;
  readonly words: string;
  readonly photoId: string;
  /** Where it can be looked at: in the newer film, or (false) in the older one. */
  readonly inAfter: boolean;
  readonly frame: number;
}

const KIND_WORDS: Readonly<Record<ClipComparison['kind'], string>> = {
  same: 'Same',
  moved: 'Moved',
  retimed: 'Timed anew',
  changed: 'Changed',
  added: 'Added',
  removed: 'Left out',
};

/** What differs, shot by shot, in the order of the newer film; shots that stay are left out. */
export function diffRows(diff: TimelineComparison, analysis: AnalysisView | null): readonly DiffRow[] {
  return diff.rows.flatMap((row, index): DiffRow[] => {
    if (row.kind === 'same') return [];
    const place = row.after ?? row.before;
    if (place === null) return [];
    const cluster = clusterOf(analysis, row.photoId);
    const name = cluster === null ? (photoOf(analysis, row.photoId)?.file ?? 'Shot') : roomWords(cluster.roomType);
    const length = secondsWords(place.durationSeconds);
    return [
      {
        key: `${index}-${row.afterId ?? row.beforeId ?? ''}`,
        kind: row.kind,
        title: `${KIND_WORDS[row.kind]}: ${name} · shot ${place.index + 1}`,
        words: row.words.length > 0 ? row.words.join(', ') : `${length} at ${clock(place.startSeconds)}`,
        photoId: row.photoId,
        inAfter: row.after !== null,
        frame: place.startFrame,
      },
    ];
  });
}

/** The comparison, once for each pair of films. */
export function compared(before: Timeline, after: Timeline): TimelineComparison {
  let of = CACHE.get(before);
  if (of === undefined) {
    of = new WeakMap();
    CACHE.set(before, of);
  }
  let diff = of.get(after);
  if (diff === undefined) {
    diff = compareTimelines(before, after);
    of.set(after, diff);
  }
  return diff;
}
const CACHE = new WeakMap<Timeline, WeakMap<Timeline, TimelineComparison>>();
