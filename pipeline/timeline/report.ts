/** A timeline as plain rows for the command line and for tests. */
import type { AudioPolicy, Motion, RendererName, Timeline, Transition } from '../domain.ts';
import { frameToSeconds, rateToString } from '../time.ts';
import { beatIndexAt, clipStarts } from './clip-math.ts';

export { cutFrames } from './clip-math.ts';

export interface ClipRow {
  readonly index: number;
  readonly id: string;
  readonly photoId: string;
  readonly clusterId: string;
  readonly motion: Motion;
  readonly amount: number;
  readonly renderer: RendererName;
  /** First film frame, and the first one after it. */
  readonly startFrame: number;
  readonly endFrame: number;
  readonly startSeconds: number;
  readonly durationSeconds: number;
  /** First frame shown of the clip's move, the first one after the last, and how long the move is. */
  readonly inFrame: number;
  readonly outFrame: number;
  readonly moveFrames: number;
  readonly transitionIn: Transition;
  /** Which beat of the film the clip starts on (0 is the first), −1 when on none; and its number in the bar. */
  readonly beatIndex: number;
  readonly beatInBar: number | null;
  readonly audioPolicy: AudioPolicy;
  readonly reason: string;
}

export interface TimelineReport {
  readonly template: string;
  readonly frameRate: string;
  readonly width: number;
  readonly height: number;
  readonly totalFrames: number;
  readonly totalSeconds: number;
  /** Whether the film's end lies on a beat, too. */
  readonly endsOnBeat: boolean;
  readonly clips: readonly ClipRow[];
  /** Beats inside the film, its end included. */
  readonly beats: number;
  readonly music: Timeline['music'];
}

/** Everything about a timeline that a reader of `--json` asks for. */
export function describeTimeline(timeline: Timeline): TimelineReport {
  const starts = clipStarts(timeline.clips);
  const total = starts.at(-1) ?? 0;
  const rate = timeline.frameRate;
  return {
    template: timeline.template,
    frameRate: rateToString(rate),
    width: timeline.width,
    height: timeline.height,
    totalFrames: total,
    totalSeconds: frameToSeconds(total, rate),
    endsOnBeat: beatIndexAt(timeline.beats, total) >= 0,
    clips: timeline.clips.map((clip, index): ClipRow => {
      const startFrame = starts[index] ?? 0;
      const beatIndex = beatIndexAt(timeline.beats, startFrame);
      return {
        index,
        id: clip.id,
        photoId: clip.photoId,
        clusterId: clip.clusterId,
        motion: clip.motion,
        amount: clip.amount,
        renderer: clip.renderer,
        startFrame,
        endFrame: startFrame + clip.durationFrames,
        startSeconds: frameToSeconds(startFrame, rate),
        durationSeconds: frameToSeconds(clip.durationFrames, rate),
        inFrame: clip.sourceInFrame,
        outFrame: clip.sourceInFrame + clip.durationFrames,
        moveFrames: clip.moveFrames,
        transitionIn: clip.transitionIn,
        beatIndex,
        beatInBar: timeline.beats[beatIndex]?.beatInBar ?? null,
        audioPolicy: clip.audioPolicy,
        reason: clip.reason,
      };
    }),
    beats: timeline.beats.filter((beat) => beat.frame <= total).length,
    music: timeline.music,
  };
}
