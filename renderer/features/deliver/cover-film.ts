/** Which picture of which take stands at a frame of the film. Pure. */
import type { ClipRender } from '../../../main/host/review-contract.ts';
import type { TimelineClip } from '../../../pipeline/domain.ts';
import { currentTake } from '../renders/words.ts';

export interface CoverClip {
  readonly clipId: string;
  readonly photoId: string;
  readonly room: string;
  readonly startFrame: number;
  readonly durationFrames: number;
  readonly sourceInFrame: number;
  /** Of its current take, and how many frames it has; null while nothing is rendered. */
  readonly take: { readonly specHash: string; readonly frames: number } | null;
}

/** The film's clips with their takes, in order. */
export function coverClips(timeline: readonly TimelineClip[], renders: readonly ClipRender[]): readonly CoverClip[] {
  const rendered = new Map(renders.map((clip) => [clip.clipId, clip]));
  let start = 0;
  return timeline.map((clip) => {
    const found = rendered.get(clip.id);
    const take = found === undefined ? null : currentTake(found);
    const startFrame = start;
    start += clip.durationFrames;
    return {
      clipId: clip.id,
      photoId: clip.photoId,
      room: found?.room ?? '',
      startFrame,
      durationFrames: clip.durationFrames,
      sourceInFrame: clip.sourceInFrame,
      take: take === null || take.file === 'missing' ? null : { specHash: take.specHash, frames: take.frames },
    };
  });
}

/** The clip at a frame of the film and the frame of its take; null outside the film. Transitions count as the clip that comes. */
export function coverAt(
  clips: readonly CoverClip[],
  frame: number,
): { readonly clip: CoverClip; readonly takeFrame: number } | null {
  const clip = clips.findLast((one) => one.startFrame <= frame);
  if (clip === undefined || frame >= clip.startFrame + clip.durationFrames) return null;
  const wanted = clip.sourceInFrame + frame - clip.startFrame;
  return { clip, takeFrame: clip.take === null ? wanted : Math.min(clip.take.frames - 1, Math.max(0, wanted)) };
}
