/** Made-up analyses and beat tracks for the tests of this folder: deterministic, no files. */
import type { Analysis, AnalyzedPhoto, BeatTrack, Motion, RoomCluster, RoomType, Shot } from '../domain.ts';
import { evenTrack } from './grid.ts';

export interface MadeRoom {
  readonly type: RoomType;
  readonly photos: number;
}

/** One cluster per room, `photos` shots in each with falling values. Ids are `<type>-<room>-<n>`. */
export function madeAnalysis(rooms: readonly MadeRoom[]): Analysis {
  const photos: AnalyzedPhoto[] = [];
  const clusters: RoomCluster[] = rooms.map(({ type, photos: count }, r) => {
    const shots: Shot[] = [];
    for (let n = 0; n < count; n++) {
      const photoId = `${type}-${r}-${n}`;
      const value = 0.9 - 0.1 * n - 0.01 * (r % 7);
      photos.push(madePhoto(photoId, type, `c${r}`, value));
      shots.push(madeShot(photoId, value, (r + n) % 3 === 0 ? 'pan_right' : 'push_in'));
    }
    return {
      id: `c${r}`,
      roomType: type,
      confidenceTier: 'high',
      photoIds: shots.map((shot) => shot.photoId),
      heroPhotoId: shots[0]?.photoId ?? '',
      imageCount: count,
      overlapScore: 0,
      depthVariance: 0,
      sfmEligible: false,
      shots,
      debugMetrics: {},
    };
  });
  return { photos, clusters, rejected: [], models: {} };
}

export function madePhoto(id: string, roomLabel: RoomType, clusterId: string, finalScore: number): AnalyzedPhoto {
  return {
    id,
    file: `${id}.jpg`,
    path: `/listing/${id}.jpg`,
    sha256: id,
    width: 3000,
    height: 2000,
    orientation: 1,
    proxies: { 320: '', 1280: '', 2560: '' },
    sharpness: 0.8,
    exposureScore: 0.8,
    compositionScore: 0.8,
    baseScore: finalScore,
    finalScore,
    verticalTiltDegrees: 0,
    lineStrength: 0.3,
    focus: { x: 0.5, y: 0.5 },
    roomLabel,
    roomProbability: 0.9,
    roomDistribution: [],
    clusterId,
  };
}

export function madeShot(photoId: string, value: number, motion: Motion): Shot {
  return {
    photoId,
    recommendedMotion: motion,
    allowedMotions: [motion, 'pull_out', 'dolly_left', 'static'],
    recommendedDurationSeconds: 3,
    tier: '2.5d',
    modelRecommendation: 'depth_parallax',
    amount: 0.6,
    value,
    reason: 'depth is clear',
  };
}

/** A house as listings have them: 24 photos in 14 rooms. */
export const HOUSE: readonly MadeRoom[] = [
  { type: 'kitchen', photos: 3 }, { type: 'living_room', photos: 4 }, { type: 'exterior_front', photos: 2 },
  { type: 'primary_bedroom', photos: 2 }, { type: 'bedroom', photos: 1 }, { type: 'bedroom', photos: 1 },
  { type: 'bathroom', photos: 1 }, { type: 'dining_room', photos: 1 }, { type: 'office', photos: 1 },
  { type: 'hallway', photos: 1 }, { type: 'patio', photos: 3 }, { type: 'pool', photos: 1 },
  { type: 'aerial', photos: 1 }, { type: 'stairs', photos: 1 }, { type: 'garden', photos: 1 },
]; // biome-ignore format: one glance

/** Exact beats at a tempo, with a quiet first and a loud second half. */
export function madeTrack(bpm: number, durationSeconds: number, beatsPerBar = 4, offset = 0): BeatTrack {
  const even = evenTrack(bpm, durationSeconds - offset, beatsPerBar);
  const beats = even.beats.map((beat) => ({ ...beat, time: beat.time + offset, confidence: 0.9 }));
  return {
    ...even,
    durationSeconds,
    beatOffset: offset,
    beats,
    downbeats: beats.filter((beat) => beat.beatInBar === 1).map((beat) => beat.time),
    sections: [
      { startSeconds: 0, endSeconds: durationSeconds / 2, energy: 0.3 },
      { startSeconds: durationSeconds / 2, endSeconds: durationSeconds, energy: 1 },
    ],
    source: 'own',
    hasPulse: true,
    confidence: 0.9,
  };
}

/** Ids `id1`, `id2`, … */
export function counter(prefix = 'id'): () => string {
  let n = 0;
  return () => {
    n += 1;
    return `${prefix}${n}`;
  };
}
