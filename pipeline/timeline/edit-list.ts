/**
 * The edit list: one row a shot, for spreadsheets and for people who cut elsewhere. CSV after RFC 4180 (CRLF, quoted
 * where needed), in UTF-8 with a byte order mark, without which Excel reads letters outside ASCII wrongly.
 */
import type { Timeline, TimelineClip } from '../domain.ts';
import { type FrameRate, frameToSeconds } from '../time.ts';
import { clipStarts } from './clip-math.ts';
import { motionWords } from './words.ts';

export interface EditListNames {
  /** Room of a clip as people call it; empty when unknown. */
  readonly roomOf: (clip: TimelineClip) => string;
  /** Photo's file in the listing. */
  readonly fileOf: (clip: TimelineClip) => string;
}

export const EDIT_LIST_COLUMNS = [
  'Shot', 'Film in', 'Film out', 'First frame', 'Last frame', 'Frames', 'Seconds', 'Room', 'Photo', 'Motion', 'Amount',
  'Transition in', 'Transition frames', 'Sound', 'Note',
] as const; // biome-ignore format: one glance

/** The text of the .csv file. `Film out` and `Last frame`: out is the first moment after, the frame is the last shown. */
export function editListCsv(timeline: Timeline, names: EditListNames): string {
  const starts = clipStarts(timeline.clips);
  const rate = timeline.frameRate;
  const rows = timeline.clips.map((clip, i) => {
    const start = starts[i] ?? 0;
    const end = start + clip.durationFrames;
    return [
      i + 1,
      timecode(start, rate),
      timecode(end, rate),
      start,
      end - 1,
      clip.durationFrames,
      frameToSeconds(clip.durationFrames, rate).toFixed(3),
      names.roomOf(clip),
      names.fileOf(clip),
      motionWords(clip.motion),
      clip.amount.toFixed(2),
      motionWords(clip.transitionIn.type),
      clip.transitionIn.frames,
      clip.audioPolicy,
      clip.reason,
    ];
  });
  const lines = [EDIT_LIST_COLUMNS, ...rows].map((row) => row.map(csvCell).join(','));
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

/** `HH:MM:SS:FF`, non-drop: frames are counted at the rate rounded to whole frames, as editing programs do. */
export function timecode(frame: number, rate: FrameRate): string {
  const perSecond = Math.max(1, Math.round(rate.num / rate.den));
  const seconds = Math.floor(frame / perSecond);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}:${two(frame % perSecond)}`;
}

/**
 * One cell. Text that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, or with a tab or line
 * break before one) gets an apostrophe in front (OWASP, "CSV Injection"); numbers of ours are no text.
 */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  // Spaces and control characters before it are skipped by spreadsheets; full-width signs are signs to some.
  const first = [...value].find((character) => character.trim() !== '' && character > ' ');
  const formula = first !== undefined && '=+-@\uff1d\uff0b\uff0d\uff20'.includes(first);
  const safe = formula || /^[\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
