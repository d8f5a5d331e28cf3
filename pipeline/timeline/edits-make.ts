/** Edits made from other things: from a newly built film, and from the music for a film whose length has changed. */
import type { BeatTrack, Timeline } from '../domain.ts';
import { frameToSeconds, secondsToFrame } from '../time.ts';
import { GRID_TAIL_SECONDS } from './builder.ts';
import { totalFrames } from './clip-math.ts';
import type { SimpleEdit } from './edits-types.ts';
import { filmBeats, planMusic } from './grid.ts';

/**
 * The `setMusic` edit for the film's present length: same start in the music and same fades as before, or a start
 * chosen anew when there was no music. Beats that nobody corrected are laid anew with it; corrected ones stay.
 */
export function musicForLength(timeline: Timeline, track: BeatTrack): Extract<SimpleEdit, { type: 'setMusic' }> {
  const { frameRate: rate, music: before } = timeline;
  const total = totalFrames(timeline.clips);
  const start = before?.segments[0]?.musicStartSeconds;
  const music = planMusic(track, total, rate, {
    ...(start === undefined ? {} : { startSeconds: start }),
    ...(before === null
      ? {}
      : {
          fadeInSeconds: frameToSeconds(before.fadeInFrames, rate),
          fadeOutSeconds: frameToSeconds(before.fadeOutFrames, rate),
        }),
  });
  const copy = { ...music, segments: [...music.segments] };
  const end = timeline.beats.at(-1)?.frame ?? 0;
  const asLaid = filmBeats(track, before, end, rate);
  const untouched = JSON.stringify(asLaid) === JSON.stringify(timeline.beats);
  if (!untouched) return { type: 'setMusic', music: copy };
  const beats = filmBeats(track, music, total + secondsToFrame(GRID_TAIL_SECONDS, rate), rate);
  return { type: 'setMusic', music: copy, beats };
}

/** The `setTemplate` edit that puts a newly built film in place of the present one; id, version and markers stay. */
export function replaceBy(built: Timeline): Extract<SimpleEdit, { type: 'setTemplate' }> {
  const { template, frameRate, width, height } = built;
  return {
    type: 'setTemplate',
    template,
    frameRate,
    width,
    height,
    clips: [...built.clips],
    beats: [...built.beats],
    music: built.music === null ? null : { ...built.music, segments: [...built.music.segments] },
    titles: [...built.titles],
    leftOut: [...built.leftOut],
  };
}
