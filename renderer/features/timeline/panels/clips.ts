/** What the panels show of clips and of the pool of shots, and the edits that they make. Pure. */
import {
  MOTIONS,
  type Motion,
  type RoomCluster,
  type Shot,
  type Timeline,
  type TimelineClip,
} from '../../../../pipeline/domain.ts';
import type { AnalysisView, PhotoView } from '../../../../pipeline/rooms/view.ts';
import { frameToSeconds, secondsToFrame } from '../../../../pipeline/time.ts';
import {
  clipStarts,
  coveredFrames,
  type Magnet,
  medianBeatFrames,
  totalFrames,
} from '../../../../pipeline/timeline/clip-math.ts';
import type { Edit, SimpleEdit } from '../../../../pipeline/timeline/edits-types.ts';
import { roomWords } from './words.ts';

export interface PlacedClip {
  readonly clip: TimelineClip;
  readonly index: number;
  /** First film frame, and the first one after it. */
  readonly start: number;
  readonly end: number;
}

/** The selected clips in film order. */
export function placed(timeline: Timeline, selected: ReadonlySet<string>): readonly PlacedClip[] {
  const starts = clipStarts(timeline.clips);
  return timeline.clips.flatMap((clip, index) =>
    selected.has(clip.id) ? [{ clip, index, start: starts[index] ?? 0, end: starts[index + 1] ?? 0 }] : [],
  );
}

export interface PoolShot {
  readonly shot: Shot;
  readonly cluster: RoomCluster;
  readonly photo: PhotoView;
  /** Why the builder left it out; its own reason when it said nothing. */
  readonly reason: string;
}

export function clusterOf(analysis: AnalysisView | null, photoId: string): RoomCluster | null {
  return analysis?.clusters.find((cluster) => cluster.photoIds.includes(photoId)) ?? null;
}

export function shotOf(analysis: AnalysisView | null, photoId: string): Shot | null {
  for (const cluster of analysis?.clusters ?? []) {
    const shot = cluster.shots.find((one) => one.photoId === photoId);
    if (shot !== undefined) return shot;
  }
  return null;
}

export function photoOf(analysis: AnalysisView | null, photoId: string): PhotoView | null {
  return analysis?.photos.find((photo) => photo.id === photoId) ?? null;
}

/** Shots of the motion plan that the film does not show, best first. */
export function poolOf(analysis: AnalysisView | null, timeline: Timeline): readonly PoolShot[] {
  const used = new Set(timeline.clips.map((clip) => clip.photoId));
  const reasons = new Map(timeline.leftOut.map((left) => [left.photoId, left.reason]));
  const shots = (analysis?.clusters ?? []).flatMap((cluster) =>
    cluster.shots.flatMap((shot): PoolShot[] => {
      const photo = photoOf(analysis, shot.photoId);
      if (photo === null || used.has(shot.photoId)) return [];
      return [{ shot, cluster, photo, reason: reasons.get(shot.photoId) ?? shot.reason }];
    }),
  );
  return shots.sort((a, b) => b.shot.value - a.shot.value || (a.shot.photoId < b.shot.photoId ? -1 : 1));
}

/** Photos left out that no shot was planned of, with the reason. */
export function leftOutPhotos(
  analysis: AnalysisView | null,
  timeline: Timeline,
): readonly { readonly photo: PhotoView; readonly reason: string }[] {
  const shots = new Set((analysis?.clusters ?? []).flatMap((cluster) => cluster.shots.map((shot) => shot.photoId)));
  return timeline.leftOut.flatMap(({ photoId, reason }) => {
    const photo = photoOf(analysis, photoId);
    return photo === null || shots.has(photoId) ? [] : [{ photo, reason: named(reason, analysis) }];
  });
}

/** Reasons of the builder name photos by id; people know them by file. */
function named(reason: string, analysis: AnalysisView | null): string {
  return (analysis?.photos ?? []).reduce((text, photo) => text.replaceAll(photo.id, photo.file), reason);
}

/** Other photos of the clip's room, best first, whether or not the film shows them. */
export function otherPhotos(analysis: AnalysisView | null, clip: TimelineClip): readonly PhotoView[] {
  const cluster = clusterOf(analysis, clip.photoId);
  return (cluster?.photoIds ?? []).flatMap((id) => {
    const photo = id === clip.photoId ? null : photoOf(analysis, id);
    return photo === null ? [] : [photo];
  });
}

export function roomOf(analysis: AnalysisView | null, clip: TimelineClip): string {
  const cluster = clusterOf(analysis, clip.photoId) ?? analysis?.clusters.find((one) => one.id === clip.clusterId);
  return cluster == null ? 'Photo' : roomWords(cluster.roomType);
}

/** Another photo in a clip's place: with its own planned move where it has one. */
export function swapPhoto(analysis: AnalysisView | null, clip: TimelineClip, photoId: string): Edit {
  const shot = shotOf(analysis, photoId);
  const cluster = clusterOf(analysis, photoId);
  return {
    type: 'swapPhoto',
    clipId: clip.id,
    photoId,
    ...(cluster === null ? {} : { clusterId: cluster.id }),
    ...(shot === null
      ? {}
      : {
          motion: shot.recommendedMotion,
          amount: shot.amount,
          renderer: shot.modelRecommendation,
          reason: shot.reason,
        }),
  };
}

/** A shot of the pool as a clip before another (null: last), as long as its move wants, in whole beats. */
export function insertShot(
  timeline: Timeline,
  { shot, cluster }: Pick<PoolShot, 'shot' | 'cluster'>,
  before: string | null,
  flow: { readonly ripple: boolean; readonly magnet: Magnet },
  id: string,
): Edit {
  const wanted = secondsToFrame(shot.recommendedDurationSeconds, timeline.frameRate);
  const beat = medianBeatFrames(timeline.beats);
  const durationFrames = beat === 0 ? wanted : Math.max(1, Math.round(wanted / beat)) * beat;
  return {
    type: 'insert',
    before,
    ...flow,
    clip: {
      id,
      photoId: shot.photoId,
      clusterId: cluster.id,
      motion: shot.recommendedMotion,
      amount: shot.amount,
      renderer: shot.modelRecommendation,
      durationFrames,
      transitionIn: { type: 'cut', frames: 0 },
      audioPolicy: timeline.clips[0]?.audioPolicy ?? 'mute',
      reason: 'Inserted from the pool of shots.',
    },
  };
}

/** Several clips at once as one step; a single one plain. */
export function forAll(clips: readonly PlacedClip[], make: (clip: TimelineClip) => SimpleEdit): Edit | null {
  const edits = clips.map(({ clip }) => make(clip));
  const [first] = edits;
  if (first === undefined) return null;
  return edits.length === 1 ? first : { type: 'batch', edits };
}

/** Motions that every one of the clips' photos bears, and the rest. */
export function motionsOf(
  analysis: AnalysisView | null,
  clips: readonly PlacedClip[],
): { readonly allowed: readonly Motion[]; readonly others: readonly Motion[] } {
  const shots = clips.map(({ clip }) => shotOf(analysis, clip.photoId));
  const allowed = MOTIONS.filter((motion) =>
    shots.every((shot) => shot === null || shot.allowedMotions.includes(motion)),
  );
  return { allowed, others: MOTIONS.filter((motion) => !allowed.includes(motion)) };
}

/** Most frames that a transition into this clip can have beside what else covers its two clips. */
export function longestTransition(timeline: Timeline, index: number): number {
  const { clips } = timeline;
  const clip = clips[index];
  if (clip === undefined) return 0;
  const own = clip.transitionIn.frames;
  const here = clip.durationFrames - (coveredFrames(clips, index) - (index === 0 ? own : own - Math.floor(own / 2)));
  if (index === 0) return Math.max(0, here);
  const left = clips[index - 1]?.durationFrames ?? 0;
  const there = left - (coveredFrames(clips, index - 1) - Math.floor(own / 2));
  return Math.max(0, Math.min(2 * there + 1, 2 * here, here + there));
}

export interface FilmFacts {
  readonly clips: number;
  readonly seconds: number;
  readonly frames: number;
  readonly photos: number;
  readonly rooms: number;
  readonly transitions: number;
  readonly averageSeconds: number;
}

export function filmFacts(timeline: Timeline): FilmFacts {
  const frames = totalFrames(timeline.clips);
  const seconds = frameToSeconds(frames, timeline.frameRate);
  return {
    clips: timeline.clips.length,
    frames,
    seconds,
    photos: new Set(timeline.clips.map((clip) => clip.photoId)).size,
    rooms: new Set(timeline.clips.map((clip) => clip.clusterId)).size,
    transitions: timeline.clips.filter((clip) => clip.transitionIn.frames > 0).length,
    averageSeconds: timeline.clips.length === 0 ? 0 : seconds / timeline.clips.length,
  };
}

/** The one value of several clips, or `mixed`. */
export function sharedOf<T>(clips: readonly PlacedClip[], read: (clip: TimelineClip) => T): T | 'mixed' {
  const [first, ...rest] = clips.map(({ clip }) => read(clip));
  return rest.every((one) => one === first) ? (first as T) : 'mixed'; // callers show nothing for no clip
}
