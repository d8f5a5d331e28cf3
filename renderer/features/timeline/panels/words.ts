/** Times, places and names of a film as a person reads them. Pure; frames are integers, rates rationals. */
import type {
  AudioPolicy,
  BeatTrack,
  GridBeat,
  Motion,
  RendererName,
  RoomType,
  TemplateName,
  Timeline,
  Transition,
  TransitionType,
} from '../../../../pipeline/domain.ts';
import type { FrameRate } from '../../../../pipeline/time.ts';
import { frameToSeconds } from '../../../../pipeline/time.ts';
import { medianBeatFrames } from '../../../../pipeline/timeline/clip-math.ts';
import { filmBeats } from '../../../../pipeline/timeline/grid.ts';

export const TEMPLATE_WORDS: Readonly<Record<TemplateName, string>> = {
  classic: 'Classic',
  luxury: 'Luxury',
  energetic: 'Energetic',
  walkthrough: 'Walkthrough',
  social_vertical: 'Social vertical',
};

export const TRANSITION_WORDS: Readonly<Record<TransitionType, string>> = {
  cut: 'Cut',
  cross_dissolve: 'Dissolve',
  dip_black: 'Dip to black',
  dip_white: 'Dip to white',
  slide: 'Slide',
  wipe: 'Wipe',
  zoom: 'Zoom',
};

export const RENDERER_WORDS: Readonly<Record<RendererName, string>> = {
  ltx: 'LTX, else depth parallax',
  depth_parallax: 'Depth parallax',
  ken_burns: 'Pan and zoom',
};

export const AUDIO_WORDS: Readonly<Record<AudioPolicy, string>> = {
  mute: 'Music only',
  duck: 'Clip sound, music lower',
  keep: 'Clip sound and music',
};

/** `push_in` → `Push in` */
export function motionWords(motion: Motion): string {
  return capital(motion.replaceAll('_', ' '));
}

export function roomWords(room: RoomType): string {
  return capital(room.replaceAll('_', ' '));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `m:ss.cc` of a frame's start, cut off after hundredths, as on a player's clock; a minus before negative frames. */
export function timecode(frame: number, rate: FrameRate): string {
  const hundredths = Math.floor((Math.abs(frame) * rate.den * 100) / rate.num);
  const minutes = Math.floor(hundredths / 6000);
  const seconds = Math.floor(hundredths / 100) % 60;
  const rest = hundredths % 100;
  return `${frame < 0 ? '−' : ''}${minutes}:${String(seconds).padStart(2, '0')}.${String(rest).padStart(2, '0')}`;
}

/** `2:05` of seconds, for lengths of music. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** `3.5 s`, `45 s`: one decimal at most. */
export function secondsWords(seconds: number): string {
  const tenths = Math.round(seconds * 10) / 10;
  return `${Number.isInteger(tenths) ? tenths : tenths.toFixed(1)} s`;
}

export interface BarBeat {
  /** 1 is the bar of the first downbeat; 0 the beats before it. */
  readonly bar: number;
  /** 1 is the downbeat. */
  readonly beat: number;
  /** Frames after that beat. */
  readonly off: number;
}

/** The bar and beat that a frame lies in; null before the first beat and without beats. O(beats). */
export function barBeatOf(beats: readonly GridBeat[], frame: number): BarBeat | null {
  let bar = 0;
  let last: GridBeat | null = null;
  for (const beat of beats) {
    if (beat.frame > frame) break;
    if (beat.beatInBar === 1) bar += 1;
    last = beat;
  }
  return last === null ? null : { bar, beat: last.beatInBar, off: frame - last.frame };
}

/** `bar 9` on a downbeat, `bar 10.4` on a beat, `bar 10.4 + 7 f` between beats, `before bar 1` before all of them. */
export function barBeatWords(beats: readonly GridBeat[], frame: number): string {
  const at = barBeatOf(beats, frame);
  if (at === null) return beats.length === 0 ? 'no beats' : 'before bar 1';
  const place = at.beat === 1 ? `bar ${at.bar}` : `bar ${at.bar}.${at.beat}`;
  return at.off === 0 ? place : `${place} + ${at.off} f`;
}

/** Short form for the player's clock: `9.1`, `10.4`; a dash where there are no beats. */
export function barBeatShort(beats: readonly GridBeat[], frame: number): string {
  const at = barBeatOf(beats, frame);
  return at === null ? '–' : `${at.bar}.${at.beat}`;
}

/**
 * Where a frame lies on the grid, in beats: 2.5 is half way from the third beat to the fourth. Before the first and
 * after the last beat at the distance of the nearest two. Null with fewer than two beats.
 */
export function beatPosition(beats: readonly GridBeat[], frame: number): number | null {
  if (beats.length < 2) return null;
  const after = beats.findIndex((beat) => beat.frame > frame);
  const right = Math.max(1, after < 0 ? beats.length - 1 : after);
  const from = beats[right - 1]?.frame ?? 0;
  return right - 1 + (frame - from) / ((beats[right]?.frame ?? 0) - from);
}

/** The frame nearest to a place on the grid: the inverse of `beatPosition`. */
export function frameAtBeat(beats: readonly GridBeat[], position: number): number {
  const left = Math.min(beats.length - 2, Math.max(0, Math.floor(position)));
  const from = beats[left]?.frame ?? 0;
  return Math.round(from + (position - left) * ((beats[left + 1]?.frame ?? 0) - from));
}

/** Beats between two frames, to a tenth; null without a grid. */
export function beatsBetween(beats: readonly GridBeat[], start: number, end: number): number | null {
  const from = beatPosition(beats, start);
  const to = beatPosition(beats, end);
  return from === null || to === null ? null : Math.round((to - from) * 10) / 10;
}

/**
 * Tempo of a grid, beats a minute: the mean of the distances within a tenth of the median, so that neither rounding to
 * frames nor a single hole bends it. Null with fewer than two beats.
 */
export function gridBpm(beats: readonly GridBeat[], rate: FrameRate): number | null {
  const median = medianBeatFrames(beats);
  if (median === 0) return null;
  let sum = 0;
  let count = 0;
  for (let i = 1; i < beats.length; i++) {
    const gap = (beats[i]?.frame ?? 0) - (beats[i - 1]?.frame ?? 0);
    if (Math.abs(gap - median) > Math.max(1, median / 10)) continue;
    sum += gap;
    count += 1;
  }
  return count === 0 ? null : 60 / frameToSeconds(sum / count, rate);
}

/** Distances of so many beats make a local tempo: long enough that rounding to frames does not show. */
const TEMPO_BEATS = 8;
/** A film whose slow and fast passages differ by more than this share has no one tempo. */
const STEADY_WITHIN = 0.04;

/** `96.0`, or `96–108` where the tempo changes within the film; a dash without beats. */
export function tempoWords(beats: readonly GridBeat[], rate: FrameRate): string {
  const whole = gridBpm(beats, rate);
  if (whole === null) return '–';
  const local: number[] = [];
  for (let i = 0; i + TEMPO_BEATS < beats.length; i += TEMPO_BEATS) {
    const bpm = gridBpm(beats.slice(i, i + TEMPO_BEATS + 1), rate);
    if (bpm !== null) local.push(bpm);
  }
  local.sort((a, b) => a - b);
  // The slowest and fastest tenth may be a single wrong beat.
  const slow = local[Math.floor(local.length * 0.1)] ?? whole;
  const fast = local[Math.ceil(local.length * 0.9) - 1] ?? whole;
  return fast / slow - 1 > STEADY_WITHIN ? `${slow.toFixed(0)}–${fast.toFixed(0)}` : whole.toFixed(1);
}

export type Certainty = 'sure' | 'fairly sure' | 'unsure' | 'yours' | 'no steady pulse' | 'even grid';

/** From these means of the beats' confidence on a person is told `sure`, or `fairly sure`. */
const SURE = 0.6;
const FAIR = 0.35;

/**
 * How far a film's beats are to be trusted, in words. `corrected`: a person changed them. Without music, or in music
 * without a pulse, the grid is even and says so.
 */
export function certaintyOf(beats: readonly GridBeat[], track: BeatTrack | null, corrected: boolean): Certainty {
  if (corrected) return 'yours';
  if (track === null || track.durationSeconds === 0) return 'even grid';
  if (!track.hasPulse || track.source === 'default') return 'no steady pulse';
  const mean = beats.reduce((sum, beat) => sum + beat.confidence, 0) / Math.max(1, beats.length);
  return mean >= SURE ? 'sure' : mean >= FAIR ? 'fairly sure' : 'unsure';
}

/** Whether a film's beats are other than its music gives: somebody mended them. */
export function beatsCorrected(
  timeline: Pick<Timeline, 'beats' | 'music' | 'frameRate'>,
  track: BeatTrack | null,
): boolean {
  const { beats, music, frameRate } = timeline;
  if (track === null || (music === null && track.durationSeconds > 0)) return false;
  const laid = filmBeats(track, music, beats.at(-1)?.frame ?? 0, frameRate);
  return (
    laid.length !== beats.length ||
    laid.some((beat, i) => beat.frame !== beats[i]?.frame || beat.beatInBar !== beats[i]?.beatInBar)
  );
}

export const CERTAINTY_HINTS: Readonly<Record<Certainty, string>> = {
  sure: 'The beats were found clearly.',
  'fairly sure': 'Most beats were found clearly; listen to a few cuts.',
  unsure: 'The beats may be wrong. Listen with the playhead on a cut, and tap along if they are.',
  yours: 'You set these beats; they stay when the music changes.',
  'no steady pulse': 'This music has no steady pulse. The grid is even; tap along to set your own.',
  'even grid': 'Without music the cuts lie on an even grid.',
};

export function transitionWords(transition: Transition): string {
  if (transition.type === 'cut' || transition.frames === 0) return 'Cut';
  return `${TRANSITION_WORDS[transition.type]} ${transition.frames} f`;
}

/** `1 shot`, `3 shots` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
