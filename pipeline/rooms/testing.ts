/** A listing's analysis made from a few words, for tests of rooms and of the screens that show them. */
import { mirroredRooms, planRoom } from '../analyze/motion-planner.ts';
import { type ConfidenceTier, NO_DECISIONS, ROOM_TYPES, type RoomType } from '../domain.ts';
import type { AnalysisView, PhotoView } from './view.ts';

export interface PhotoSpec {
  readonly id: string;
  /** Room → probability; the rest goes to `other`. */
  readonly rooms: Readonly<Partial<Record<RoomType, number>>>;
  /** 0..1 */
  readonly score?: number;
  readonly duplicateOf?: string;
}
export interface RoomSpec {
  readonly tier?: ConfidenceTier;
  readonly photos: readonly PhotoSpec[];
}

/** What phase 1 gives for these rooms: names by the mean of the photos' beliefs, shots by the planner. */
export function analysisOf(specs: readonly RoomSpec[]): AnalysisView {
  const rooms = specs.map(({ photos, tier }) => {
    const clusterId = `c_${
      photos
        .map(({ id }) => id)
        .sort()[0]
        ?.slice(2) ?? ''
    }`;
    const views = photos.map((spec, index) => photoOf(spec, clusterId, index));
    const means = ROOM_TYPES.map((_, k) => views.reduce((sum, view) => sum + (view.roomDistribution[k] ?? 0), 0));
    const roomType = ROOM_TYPES[means.indexOf(Math.max(...means))] ?? 'other';
    const ordered = [...views].sort((a, b) => b.finalScore - a.finalScore || (a.id < b.id ? -1 : 1));
    return { id: clusterId, tier: tier ?? 'high', photos: ordered, roomType, heroPhotoId: ordered[0]?.id ?? '' };
  });
  const mirrored = mirroredRooms(rooms.map((room) => room.roomType));
  return {
    photos: rooms.flatMap((room) => room.photos),
    clusters: rooms.map((room, index) => {
      const photos = room.photos.map(({ depth, ...photo }) => ({
        ...photo,
        ...(depth === undefined ? {} : { depth: { ...depth, path: '' } }),
      }));
      const plan = planRoom(
        { ...room, photos, reconstructed: false, mirrored: mirrored[index] ?? false },
        NO_DECISIONS,
        { ltxEnabled: false },
      );
      return {
        id: room.id,
        roomType: room.roomType,
        confidenceTier: room.tier,
        photoIds: room.photos.map((photo) => photo.id),
        heroPhotoId: plan.heroPhotoId,
        imageCount: room.photos.length,
        overlapScore: 0.5,
        depthVariance: 0.06,
        sfmEligible: false,
        shots: plan.shots,
        debugMetrics: {},
      };
    }),
    rejected: [],
    models: {},
  };
}

function photoOf(spec: PhotoSpec, clusterId: string, index: number): PhotoView {
  const roomDistribution = ROOM_TYPES.map((room) => spec.rooms[room] ?? 0);
  const rest = 1 - roomDistribution.reduce((sum, p) => sum + p, 0);
  const other = ROOM_TYPES.indexOf('other');
  roomDistribution[other] = (roomDistribution[other] ?? 0) + rest;
  const best = Math.max(...roomDistribution);
  const score = spec.score ?? 0.8 - 0.03 * index;
  return {
    id: spec.id,
    file: `${spec.id}.jpg`,
    sha256: spec.id.padEnd(64, '0'),
    width: 3000,
    height: 2000,
    orientation: 1,
    sharpness: score,
    exposureScore: score,
    compositionScore: score,
    baseScore: score,
    finalScore: score,
    verticalTiltDegrees: 0,
    lineStrength: 0.4,
    focus: { x: 0.5, y: 0.5 },
    roomLabel: ROOM_TYPES[roomDistribution.indexOf(best)] ?? 'other',
    roomProbability: best,
    roomDistribution,
    clusterId,
    ...(spec.duplicateOf === undefined ? {} : { duplicateOf: spec.duplicateOf }),
    depth: { variance: 0.06, nearFarRatio: 12, edgeAgreement: 0.8, source: 'meter' },
  };
}
