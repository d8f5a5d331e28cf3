/** What edits do to the list of clips, apart from finding them and refusing: pure steps over arrays. */
import type { GridBeat, TimelineClip, Transition } from '../domain.ts';
import { beatIndexAt, CUT, clipStarts, coveredFrames, handles, type Magnet, nearestBeatIndex } from './clip-math.ts';

/** Changes one clip of a list. */
export function withClip(
  clips: readonly TimelineClip[],
  index: number,
  change: (clip: TimelineClip) => TimelineClip,
): TimelineClip[] {
  return clips.map((clip, i) => (i === index ? change(clip) : clip));
}

/** Later end (or earlier): the source window gets longer or shorter at its end. */
export function extendEnd(clip: TimelineClip, frames: number): TimelineClip {
  return frames === 0 ? clip : { ...clip, durationFrames: clip.durationFrames + frames };
}

/** Later start (or earlier): the window gets shorter or longer at its head. */
export function moveStart(clip: TimelineClip, frames: number): TimelineClip {
  if (frames === 0) return clip;
  return { ...clip, sourceInFrame: clip.sourceInFrame + frames, durationFrames: clip.durationFrames - frames };
}

/** Gives clip `index` a length and times its whole move to it. */
export function retime(clips: readonly TimelineClip[], index: number, durationFrames: number): TimelineClip[] {
  const { before, after } = handles(clips, index);
  return withClip(clips, index, (clip) => retimed(clip, durationFrames, before, after));
}

function retimed(clip: TimelineClip, durationFrames: number, before: number, after: number): TimelineClip {
  return { ...clip, durationFrames, sourceInFrame: before, moveFrames: before + durationFrames + after };
}

/** Gives every clip a length: one that shows its whole move is timed anew, a trimmed one keeps the pace of its move. */
export function resizeAll(clips: readonly TimelineClip[], lengths: readonly number[]): TimelineClip[] {
  // Lengths do not change handles, so each can be sized by the list as it was.
  return clips.map((clip, i) => resized(clips, i, clip, lengths[i] ?? clip.durationFrames));
}

function resized(
  clips: readonly TimelineClip[],
  index: number,
  clip: TimelineClip,
  durationFrames: number,
): TimelineClip {
  if (clip.durationFrames === durationFrames) return clip;
  const { before, after } = handles(clips, index);
  const whole = clip.sourceInFrame === before && clip.moveFrames === before + clip.durationFrames + after;
  return whole && durationFrames > 0 ? retimed(clip, durationFrames, before, after) : { ...clip, durationFrames };
}

/** The way into the film belongs to the first place, not to a clip: after a reorder it is with the new first clip. */
export function keepOpening(before: readonly TimelineClip[], after: readonly TimelineClip[]): TimelineClip[] {
  const oldFirst = before[0];
  const newFirst = after[0];
  if (oldFirst === undefined || newFirst === undefined || oldFirst.id === newFirst.id) return [...after];
  return after.map((clip, i) => {
    if (i === 0) return { ...clip, transitionIn: oldFirst.transitionIn };
    return clip.id === oldFirst.id ? { ...clip, transitionIn: newFirst.transitionIn } : clip;
  });
}

/**
 * After a ripple: every later cut that lay on a beat goes to the beat nearest to where the ripple took it. `firstCut`
 * is the index into `clipStarts` of the first cut that only moved along; the cut before it stays where it is.
 */
export function resnap(
  before: readonly TimelineClip[],
  after: readonly TimelineClip[],
  firstCut: number,
  beats: readonly GridBeat[],
  magnet: Magnet,
): TimelineClip[] {
  if (magnet === 'frames' || beats.length === 0) return [...after];
  const oldStarts = clipStarts(before);
  const oldEnds = new Map(before.map((clip, i) => [clip.id, oldStarts[i + 1] ?? 0]));
  const starts = clipStarts(after);
  // Lengths do not change handles, so the copy can be filled in place.
  const clips = [...after];
  let at = starts[firstCut - 1] ?? 0;
  for (let cut = firstCut; cut < starts.length; cut++) {
    const raw = starts[cut] ?? 0;
    const oldEnd = oldEnds.get(after[cut - 1]?.id ?? '');
    const wasOnBeat = oldEnd !== undefined && beatIndexAt(beats, oldEnd) >= 0;
    const beat = beats[nearestBeatIndex(beats, raw)]?.frame ?? raw;
    // Behind the last beat there is nothing to snap to; a clip is never squeezed away for a beat.
    const last = beats.at(-1)?.frame ?? 0;
    const end = wasOnBeat && raw <= last && beat > at ? beat : Math.max(raw, at + 1);
    const clip = clips[cut - 1];
    if (clip !== undefined) clips[cut - 1] = resized(clips, cut - 1, clip, end - at);
    at = end;
  }
  return clips;
}

/** Shrinks a transition two frames at a time until it fits between the clips around cut `index`. */
export function fitInto(clips: readonly TimelineClip[], index: number, transition: Transition): Transition {
  let fitted = transition;
  // The clips around the cut and one before, so that only the film's first clip stands first.
  const from = Math.max(0, index - 2);
  const around = clips.slice(from, index + 2);
  const tooLong = (): boolean => {
    const tried = withClip(around, index - from, (clip) => ({ ...clip, transitionIn: fitted }));
    return [index - 1 - from, index - from].some((i) => {
      const clip = tried[i];
      return clip !== undefined && coveredFrames(tried, i) > clip.durationFrames;
    });
  };
  while (fitted.frames > 0 && tooLong()) fitted = shorter(fitted);
  return fitted;
}

/**
 * Makes a list of clips consistent again: transitions that no longer fit are shortened (the longer of two first), and
 * moves grow, at the head or at the end, where window and handles need more frames than there are. A valid list comes
 * back with the same objects.
 */
export function settle(input: readonly TimelineClip[]): TimelineClip[] {
  const clips = [...input];
  for (let i = 0; i < clips.length; i++) {
    for (let clip = clips[i]; clip !== undefined && clip.durationFrames > 0; clip = clips[i]) {
      if (coveredFrames(clips, i) <= clip.durationFrames) break;
      const next = clips[i + 1];
      const atEnd = next !== undefined && next.transitionIn.frames > clip.transitionIn.frames;
      const [place, target] = atEnd ? [i + 1, next] : [i, clip];
      clips[place] = { ...target, transitionIn: shorter(target.transitionIn) };
    }
  }
  return clips.map((clip, i) => {
    const { before, after } = handles(clips, i);
    const head = Math.max(0, before - clip.sourceInFrame);
    const sourceInFrame = clip.sourceInFrame + head;
    const moveFrames = Math.max(clip.moveFrames + head, sourceInFrame + clip.durationFrames + after);
    return head === 0 && moveFrames === clip.moveFrames ? clip : { ...clip, sourceInFrame, moveFrames };
  });
}

function shorter(transition: Transition): Transition {
  return transition.frames <= 2 ? CUT : { type: transition.type, frames: transition.frames - 2 };
}
