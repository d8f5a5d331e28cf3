/** The one place that says what a valid timeline is. Builder, edits, import and tests all ask here. */
import type { Timeline } from '../domain.ts';
import { coveredFrames, handles } from './clip-math.ts';

/**
 * Everything wrong with a timeline, as sentences; empty when it is valid. Never throws. O(clips + beats).
 *
 * - at least one clip; ids unique; order keys strictly increasing in the order of `clips`
 * - lengths are positive integers, sources and transitions non-negative integers; a cut has 0 frames, others more
 * - the source window with the handles of the transitions on both sides lies inside the move
 * - the transitions on both sides of a clip do not meet inside it (the first clip fades in wholly inside itself)
 * - beats, titles and music segments in strict order, titles and segments without overlap, segments from frame 0
 *   without a hole; music, titles and markers may outlast the film: shortening it loses no decision
 */
export function checkTimeline(timeline: Timeline): string[] {
  const problems: string[] = [];
  const say = (text: string): void => {
    problems.push(text);
  };
  if (timeline.clips.length === 0) say('There is no clip.');
  const ids = new Set<string>();
  let lastKey = '';
  timeline.clips.forEach((clip, i) => {
    const name = `Clip ${i + 1} (${clip.id})`;
    if (ids.has(clip.id)) say(`${name}: the id is used twice.`);
    ids.add(clip.id);
    if (clip.orderKey <= lastKey) say(`${name}: order key "${clip.orderKey}" does not follow "${lastKey}".`);
    lastKey = clip.orderKey;
    if (!isLength(clip.durationFrames)) say(`${name}: length ${clip.durationFrames} is not a positive integer.`);
    if (!isLength(clip.moveFrames)) say(`${name}: move length ${clip.moveFrames} is not a positive integer.`);
    if (!isFrame(clip.sourceInFrame)) say(`${name}: source in ${clip.sourceInFrame} is not a frame.`);
    if (!(clip.amount >= 0 && clip.amount <= 1)) say(`${name}: amount ${clip.amount} is not within 0..1.`);
    const { type, frames } = clip.transitionIn;
    if (!isFrame(frames)) say(`${name}: transition of ${frames} frames.`);
    if ((type === 'cut') !== (frames === 0)) say(`${name}: a ${type} of ${frames} frames.`);
    const { before, after } = handles(timeline.clips, i);
    if (clip.sourceInFrame < before) {
      say(`${name}: its transition needs ${before} frames before frame ${clip.sourceInFrame} of its move.`);
    }
    const needed = clip.sourceInFrame + clip.durationFrames + after;
    if (needed > clip.moveFrames) say(`${name}: needs ${needed} frames of a move of ${clip.moveFrames}.`);
    const covered = coveredFrames(timeline.clips, i);
    if (covered > clip.durationFrames) {
      say(`${name}: transitions cover ${covered} of its ${clip.durationFrames} frames.`);
    }
  });
  checkBeats(timeline, say);
  checkMusic(timeline, say);
  let titleEnd = 0;
  for (const title of timeline.titles) {
    if (!isFrame(title.startFrame) || !isLength(title.durationFrames)) say(`Title ${title.id}: not whole frames.`);
    if (title.startFrame < titleEnd) say(`Title ${title.id}: begins before the one before it has ended.`);
    titleEnd = title.startFrame + title.durationFrames;
  }
  if (new Set(timeline.titles.map((title) => title.id)).size !== timeline.titles.length) {
    say('Two titles have the same id.');
  }
  for (const marker of timeline.markers) {
    if (!isFrame(marker.frame)) say(`Marker ${marker.id}: ${marker.frame} is not a frame.`);
  }
  if (new Set(timeline.markers.map((marker) => marker.id)).size !== timeline.markers.length) {
    say('Two markers have the same id.');
  }
  return problems;
}

function checkBeats(timeline: Timeline, say: (text: string) => void): void {
  let last = -1;
  for (const beat of timeline.beats) {
    if (!isFrame(beat.frame) || beat.frame <= last) say(`Beat at frame ${beat.frame} does not follow ${last}.`);
    if (!isLength(beat.beatInBar)) say(`Beat at frame ${beat.frame}: beat ${beat.beatInBar} of its bar.`);
    if (!(beat.confidence >= 0 && beat.confidence <= 1)) say(`Beat at frame ${beat.frame}: confidence not in 0..1.`);
    last = beat.frame;
  }
}

function checkMusic(timeline: Timeline, say: (text: string) => void): void {
  if (timeline.music === null) return;
  let end = 0;
  for (const segment of timeline.music.segments) {
    if (segment.filmStartFrame !== end) say(`Music piece at ${segment.filmStartFrame} does not follow ${end}.`);
    if (!isLength(segment.filmEndFrame) || segment.filmEndFrame <= segment.filmStartFrame) {
      say(`Music piece at ${segment.filmStartFrame} has no length.`);
    }
    if (!(segment.musicStartSeconds >= 0)) say(`Music piece at ${segment.filmStartFrame} starts before the music.`);
    end = segment.filmEndFrame;
  }
  if (!isFrame(timeline.music.fadeInFrames) || !isFrame(timeline.music.fadeOutFrames)) {
    say('Music fades are not whole frames.');
  }
}

function isFrame(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isLength(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
