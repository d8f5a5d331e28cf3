/** Names of edits for the history, from the engine, with the rooms of the open film. */
import { describeEdit } from '../../../../pipeline/timeline/edit-words.ts';
import type { Edit } from '../../../../pipeline/timeline/edits-types.ts';
import { edit, useTimeline } from '../../../stores/timeline.ts';
import { clusterOf } from './clips.ts';

/** Such as `Trim out of kitchen to beat 38`. */
export function labelOf(change: Edit): string {
  const { timeline, document } = useTimeline.getState();
  if (timeline === null) return 'Edit';
  const analysis = document?.analysis ?? null;
  const roomOfPhoto = (photoId: string): string | undefined =>
    clusterOf(analysis, photoId)?.roomType.replaceAll('_', ' ');
  return describeEdit(timeline, change, {
    roomOf: (clipId) => roomOfPhoto(timeline.clips.find((clip) => clip.id === clipId)?.photoId ?? ''),
    roomOfPhoto,
  });
}

/** Does an edit under its own name; null does nothing. */
export function act(change: Edit | null): void {
  if (change !== null) edit(labelOf(change), change);
}
