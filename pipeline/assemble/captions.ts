/** The titles of a film as caption files, for players, translators and search. Pure. */
import type { TitleCard } from '../domain.ts';
import { type FrameRate, frameToSeconds } from '../time.ts';

interface Cue {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** `01:02:03.456`; SRT has a comma where WebVTT has a point. */
function clock(seconds: number, point: '.' | ','): string {
  const ms = Math.round(seconds * 1000);
  const whole = Math.floor(ms / 1000);
  return `${pad(Math.floor(whole / 3600), 2)}:${pad(Math.floor(whole / 60) % 60, 2)}:${pad(whole % 60, 2)}${point}${pad(ms % 1000, 3)}`;
}

/** In order of time; titles without words (a logo alone) have no cue. A blank line would end a cue, so none is left. */
function cuesOf(titles: readonly TitleCard[], rate: FrameRate): readonly Cue[] {
  return titles
    .map(({ startFrame, durationFrames, text, subtext }) => ({
      from: frameToSeconds(startFrame, rate),
      to: frameToSeconds(startFrame + durationFrames, rate),
      lines: `${text}\n${subtext ?? ''}`
        .split(/[\r\n\u2028\u2029]+/)
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    }))
    .filter(({ lines, from, to }) => lines.length > 0 && to > from)
    .sort((a, b) => a.from - b.from);
}

/** WebVTT: https://www.w3.org/TR/webvtt1/ (`&`, `<` and `>` are escaped; so `-->` cannot stand in a text). */
export function toWebVtt(titles: readonly TitleCard[], rate: FrameRate): string {
  const cues = cuesOf(titles, rate).map(({ from, to, lines }, i) => {
    const text = lines.join('\n').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return `${i + 1}\n${clock(from, '.')} --> ${clock(to, '.')}\n${text}\n`;
  });
  return ['WEBVTT\n', ...cues].join('\n');
}

/** SubRip; it has no way to escape, so an arrow in a text is written as `→`. */
export function toSrt(titles: readonly TitleCard[], rate: FrameRate): string {
  return cuesOf(titles, rate)
    .map(
      ({ from, to, lines }, i) =>
        `${i + 1}\n${clock(from, ',')} --> ${clock(to, ',')}\n${lines.join('\n').replaceAll('-->', '→')}\n`,
    )
    .join('\n');
}
