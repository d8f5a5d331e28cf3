/** The inverse of any edit as a difference of two timelines: exact, small, and safe to store as JSON. */
import type { GridBeat, Timeline, TimelineClip } from '../domain.ts';
import type { PatchEdit } from './edits-types.ts';

/** Fields besides `clips` that edits change. */
const FIELDS = ['template', 'frameRate', 'width', 'height', 'beats', 'music', 'titles', 'markers', 'leftOut'] as const;

/** The patch that turns `from` into `to`. Both share id, version and status. O(clips), other fields by value. */
export function patchBetween(from: Timeline, to: Timeline): PatchEdit {
  const known = new Map(from.clips.map((clip) => [clip.id, clip]));
  const wanted = new Set(to.clips.map((clip) => clip.id));
  const put = to.clips.filter((clip) => {
    const before = known.get(clip.id);
    return before === undefined || !sameClip(before, clip);
  });
  const fields: Record<string, unknown> = {};
  for (const field of FIELDS) {
    // Edits share what they do not touch, so the comparison by value is rare.
    if (from[field] === to[field]) continue;
    // Beats are many: as text, two thousand of them take a millisecond.
    const same =
      field === 'beats' ? sameBeats(from.beats, to.beats) : JSON.stringify(from[field]) === JSON.stringify(to[field]);
    if (!same) fields[field] = to[field];
  }
  return {
    type: 'patch',
    drop: from.clips.filter((clip) => !wanted.has(clip.id)).map((clip) => clip.id),
    put: put.map((clip) => ({ ...clip })),
    fields: fields as PatchEdit['fields'],
  };
}

/** Timeline with a patch applied: clips replaced or added by id and sorted by their keys, fields set. */
export function applyPatch(timeline: Timeline, patch: PatchEdit): Timeline {
  const clips = new Map(timeline.clips.map((clip) => [clip.id, clip]));
  for (const id of patch.drop) clips.delete(id);
  for (const clip of patch.put) clips.set(clip.id, clip);
  const sorted = [...clips.values()].sort((a, b) => (a.orderKey < b.orderKey ? -1 : a.orderKey > b.orderKey ? 1 : 0));
  return { ...timeline, ...patch.fields, clips: sorted };
}

function sameBeats(a: readonly GridBeat[], b: readonly GridBeat[]): boolean {
  return (
    a.length === b.length &&
    a.every((beat, i) => {
      const other = b[i];
      return beat.frame === other?.frame && beat.beatInBar === other.beatInBar && beat.confidence === other.confidence;
    })
  );
}

function sameClip(a: TimelineClip, b: TimelineClip): boolean {
  return (
    a === b ||
    (a.orderKey === b.orderKey &&
      a.photoId === b.photoId &&
      a.clusterId === b.clusterId &&
      a.motion === b.motion &&
      a.amount === b.amount &&
      a.renderer === b.renderer &&
      a.moveFrames === b.moveFrames &&
      a.sourceInFrame === b.sourceInFrame &&
      a.durationFrames === b.durationFrames &&
      a.transitionIn.type === b.transitionIn.type &&
      a.transitionIn.frames === b.transitionIn.frames &&
      a.audioPolicy === b.audioPolicy &&
      a.reason === b.reason)
  );
}
