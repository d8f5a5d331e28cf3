/** What is allowed on a timeline but worth a look: plain data with codes, places and, where there is one, a remedy. */
import type { Timeline } from '../domain.ts';
import { frameToSeconds, secondsToFrame } from '../time.ts';
import { beatIndexAt, clipStarts, MOTION_SECONDS, medianBeatFrames, nearestBeatIndex } from './clip-math.ts';
import type { Edit } from './edits-types.ts';

export type LintCode =
  | 'cut_off_beat'
  | 'shot_too_short'
  | 'shot_too_long'
  | 'same_photo_in_row'
  | 'room_missing'
  | 'off_target'
  | 'music_too_short';

export interface LintFinding {
  readonly code: LintCode;
  /** A sentence for people. */
  readonly message: string;
  readonly clipId?: string;
  readonly frame?: number;
  readonly clusterId?: string;
  /** Applied with `applyEdit`, removes the finding. */
  readonly suggestedEdit?: Edit;
}

export interface LintOptions {
  /** Rooms (cluster ids) that the film should show. */
  readonly rooms?: readonly { readonly id: string; readonly roomType: string }[];
  readonly targetSeconds?: number;
}

/** Findings in film order, then those about the whole film. Never throws. O(clips · log beats). */
export function lintTimeline(timeline: Timeline, options: LintOptions = {}): LintFinding[] {
  const findings: LintFinding[] = [];
  const { clips, beats, frameRate: rate } = timeline;
  const starts = clipStarts(clips);
  const total = starts.at(-1) ?? 0;
  clips.forEach((clip, i) => {
    const start = starts[i] ?? 0;
    const nearest = beats[nearestBeatIndex(beats, start)]?.frame;
    if (i > 0 && nearest !== undefined && beatIndexAt(beats, start) < 0) {
      const away = nearest - start;
      findings.push({
        code: 'cut_off_beat',
        message: `The cut at frame ${start} is ${Math.abs(away)} ${Math.abs(away) === 1 ? 'frame' : 'frames'} ${away > 0 ? 'before' : 'after'} the beat.`,
        clipId: clip.id,
        frame: start,
        suggestedEdit: { type: 'roll', clipId: clip.id, frames: away, magnet: 'frames' },
      });
    }
    const seconds = frameToSeconds(clip.durationFrames, rate);
    const limits = MOTION_SECONDS[clip.motion];
    const motion = clip.motion.replaceAll('_', ' ');
    const grace = frameToSeconds(1, rate) / 2;
    if (seconds < limits.min - grace || seconds > limits.max + grace) {
      const short = seconds < limits.min;
      const bound = short ? limits.min : limits.max;
      const frames = short ? Math.ceil((bound * rate.num) / rate.den) : Math.floor((bound * rate.num) / rate.den);
      findings.push({
        code: short ? 'shot_too_short' : 'shot_too_long',
        message: `Shot ${i + 1} lasts ${seconds.toFixed(1)} s; a ${motion} ${short ? 'needs at least' : 'bears at most'} ${bound} s.`,
        clipId: clip.id,
        frame: start,
        suggestedEdit: {
          type: 'setDuration',
          clipId: clip.id,
          durationFrames: beatLength(timeline, start, frames, short),
          ripple: true,
          magnet: 'beats',
        },
      });
    }
    if (i > 0 && clips[i - 1]?.photoId === clip.photoId) {
      findings.push({
        code: 'same_photo_in_row',
        message: `Shots ${i} and ${i + 1} show the same photo.`,
        clipId: clip.id,
        frame: start,
        suggestedEdit: { type: 'delete', clipId: clip.id, ripple: false, magnet: 'frames' },
      });
    }
  });
  const shown = new Set(clips.map((clip) => clip.clusterId));
  for (const room of options.rooms ?? []) {
    if (shown.has(room.id)) continue;
    findings.push({
      code: 'room_missing',
      message: `The ${room.roomType.replaceAll('_', ' ')} is not in the film.`,
      clusterId: room.id,
    });
  }
  if (options.targetSeconds !== undefined) {
    const off = total - secondsToFrame(options.targetSeconds, rate);
    if (Math.abs(off) > Math.max(1, medianBeatFrames(beats))) {
      findings.push({
        code: 'off_target',
        message: `The film is ${frameToSeconds(Math.abs(off), rate).toFixed(1)} s ${off < 0 ? 'shorter' : 'longer'} than the ${options.targetSeconds} s asked for.`,
      });
    }
  }
  const musicEnd = timeline.music?.segments.at(-1)?.filmEndFrame;
  if (musicEnd !== undefined && musicEnd < total) {
    findings.push({
      code: 'music_too_short',
      message: `The music ends at frame ${musicEnd} and the film at ${total}. Lay the music anew.`,
      frame: musicEnd,
    });
  }
  return findings;
}

/** Length that reaches the limit and ends on a beat: the next beat for a short shot, the last one for a long shot. */
function beatLength(timeline: Timeline, start: number, frames: number, atLeast: boolean): number {
  const ends = timeline.beats.map((beat) => beat.frame).filter((frame) => frame > start);
  const end = atLeast
    ? ends.find((frame) => frame >= start + frames)
    : ends.findLast((frame) => frame <= start + frames);
  return end === undefined ? frames : end - start;
}
