/**
 * A listing's rooms as its editor sees them: the model's analysis with the person's decisions laid over it. Pure and
 * fast (500 photos well under a frame), so that the screen shows an action at once and the host stores the same.
 */
import { planRoom, type RoomPlan } from '../analyze/motion-planner.ts';
import type { Analysis, AnalyzedPhoto, ConfidenceTier, DepthFigures, RoomCluster, RoomType, Shot } from '../domain.ts';
import { ROOM_TYPES } from '../domain.ts';
import { type RoomsDecisions, toHumanDecisions } from './decisions.ts';

/** A photo without the paths of this machine: pages know photos by id. */
export type PhotoView = Omit<AnalyzedPhoto, 'path' | 'proxies' | 'depth'> & {
  readonly depth?: Omit<DepthFigures, 'path'>;
};
export type AnalysisView = Omit<Analysis, 'photos'> & { readonly photos: readonly PhotoView[] };

export interface Suggestion {
  /** Stays the same as long as it says the same of the same photos, so that a dismissal holds. */
  readonly id: string;
  readonly laneId: string;
  readonly kind: 'uncertain_label' | 'low_confidence' | 'near_duplicate' | 'low_quality';
  /** Such as “Garden or patio?”. */
  readonly text: string;
  readonly photoIds: readonly string[];
  /** For `uncertain_label`: the likeliest rooms, best first. */
  readonly rooms?: readonly RoomType[];
}

export interface LaneView {
  readonly id: string;
  readonly roomType: RoomType;
  /** A person named it, or put its photos together. */
  readonly labelledByYou: boolean;
  readonly groupedByYou: boolean;
  /** Mean probability that the networks give the room shown. */
  readonly probability: number;
  readonly confidenceTier: ConfidenceTier;
  /** Hero first, then best first; no excluded ones. */
  readonly photos: readonly PhotoView[];
  readonly heroPhotoId: string;
  readonly heroByYou: boolean;
  /** Null where a person changed the room since it was measured. */
  readonly overlapScore: number | null;
  readonly depthVariance: number;
  readonly sfmEligible: boolean;
  readonly shots: readonly Shot[];
  readonly suggestions: readonly Suggestion[];
}

export interface RoomsView {
  readonly lanes: readonly LaneView[];
  readonly excluded: readonly PhotoView[];
  /** Of all lanes, dismissed ones left out. */
  readonly suggestions: readonly Suggestion[];
}

/** Below this gap between the two likeliest rooms a label is worth a look, unless a person gave it. */
const UNCERTAIN_MARGIN = 0.12;
/** A hero below this score is worth a look: the film would open on a poor picture. */
const POOR_SCORE = 0.35;

export function roomName(type: RoomType): string {
  const words = type.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Photo id → lane id of every photo that is not excluded. */
export function lanesOfPhotos(analysis: AnalysisView, decisions: RoomsDecisions): ReadonlyMap<string, string> {
  // A cluster whose placed photos are in one lane brings the photos that came later into it.
  const laneOfCluster = new Map<string, string>();
  for (const cluster of analysis.clusters) {
    const votes = new Map<string, number>();
    for (const id of cluster.photoIds) {
      const lane = decisions.place[id];
      if (lane !== undefined) votes.set(lane, (votes.get(lane) ?? 0) + 1);
    }
    const best = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0];
    laneOfCluster.set(cluster.id, best?.[0] ?? cluster.id);
  }
  const lanes = new Map<string, string>();
  for (const photo of analysis.photos) {
    if (decisions.excluded[photo.id] === true) continue;
    // A photo that was excluded when the rooms were found has no cluster: alone until the next analysis.
    const own = photo.clusterId === '' ? `alone_${photo.id}` : (laneOfCluster.get(photo.clusterId) ?? photo.clusterId);
    lanes.set(photo.id, decisions.place[photo.id] ?? own);
  }
  return lanes;
}

export function roomsView(
  analysis: AnalysisView,
  decisions: RoomsDecisions,
  options: { readonly ltxEnabled: boolean },
): RoomsView {
  const laneOf = lanesOfPhotos(analysis, decisions);
  const clusters = new Map(analysis.clusters.map((cluster, index) => [cluster.id, { cluster, index }]));
  const members = new Map<string, PhotoView[]>();
  const rank = new Map<string, number>();
  for (const photo of analysis.photos) {
    const lane = laneOf.get(photo.id);
    if (lane === undefined) continue;
    members.set(lane, [...(members.get(lane) ?? []), photo]);
    const index = clusters.get(photo.clusterId)?.index ?? analysis.clusters.length;
    rank.set(lane, Math.min(rank.get(lane) ?? index, index));
  }
  const order = [...members.keys()].sort(
    (a, b) =>
      (rank.get(a) ?? 0) - (rank.get(b) ?? 0) || Number(clusters.has(b)) - Number(clusters.has(a)) || (a < b ? -1 : 1),
  );
  const lanes = order.map((id) => laneView(id, members.get(id) ?? [], clusters.get(id)?.cluster, decisions, options));
  return {
    lanes,
    excluded: analysis.photos.filter((photo) => decisions.excluded[photo.id] === true),
    suggestions: lanes.flatMap((lane) => lane.suggestions),
  };
}

function laneView(
  id: string,
  photos: readonly PhotoView[],
  cluster: RoomCluster | undefined,
  decisions: RoomsDecisions,
  options: { readonly ltxEnabled: boolean },
): LaneView {
  const usual = cluster !== undefined && sameMembers(cluster.photoIds, photos);
  const byScore = [...photos].sort((a, b) => b.finalScore - a.finalScore || (a.id < b.id ? -1 : 1));
  const means = meanDistribution(photos);
  const likeliest = likeliestRooms(means);
  const given = photos.map((photo) => decisions.room[photo.id]).find((room) => room !== undefined);
  const roomType = given ?? (usual ? cluster.roomType : (likeliest[0] ?? 'other'));
  const heroIds = usual ? cluster.heroPhotoId : (byScore[0]?.id ?? '');
  const plan = planOf(id, roomType, heroIds, photos, cluster, decisions, options);
  const hero = plan.heroPhotoId;
  const confidenceTier = given !== undefined ? 'high' : usual ? cluster.confidenceTier : marginTier(means, likeliest);
  const depths = photos.flatMap((photo) => photo.depth ?? []);
  const lane: LaneView = {
    id,
    roomType,
    labelledByYou: given !== undefined,
    groupedByYou: photos.some((photo) => decisions.place[photo.id] !== undefined),
    probability: means[ROOM_TYPES.indexOf(roomType)] ?? 0,
    confidenceTier,
    photos: [...byScore].sort((a, b) => Number(b.id === hero) - Number(a.id === hero)),
    heroPhotoId: hero,
    heroByYou: decisions.hero[hero] === true,
    overlapScore: usual ? cluster.overlapScore : null,
    depthVariance: depths.length === 0 ? 0 : depths.reduce((sum, depth) => sum + depth.variance, 0) / depths.length,
    sfmEligible: usual && cluster.sfmEligible,
    shots: plan.shots,
    suggestions: [],
  };
  const suggestions = suggestionsOf(lane, means, likeliest, decisions);
  return { ...lane, suggestions: suggestions.filter((one) => decisions.dismissed[one.id] !== true) };
}

function planOf(
  id: string,
  roomType: RoomType,
  heroPhotoId: string,
  photos: readonly PhotoView[],
  cluster: RoomCluster | undefined,
  decisions: RoomsDecisions,
  options: { readonly ltxEnabled: boolean },
): RoomPlan {
  const plan = planRoom(
    {
      id,
      roomType,
      heroPhotoId,
      // Only a room that was reconstructed has shots of this tier.
      reconstructed: cluster?.shots.some((shot) => shot.tier === '3d') ?? false,
      photos: photos.map((photo) => {
        const { duplicateOf, depth, ...rest } = photo;
        return {
          ...rest,
          ...(depth === undefined ? {} : { depth: { ...depth, path: '' } }),
          ...(duplicateOf === undefined || decisions.kept[photo.id] === true ? {} : { duplicateOf }),
        };
      }),
    },
    toHumanDecisions(decisions),
    options,
  );
  return {
    heroPhotoId: plan.heroPhotoId,
    shots: plan.shots.map((shot) => {
      const amount = decisions.amount[shot.photoId];
      return amount === undefined ? shot : { ...shot, amount };
    }),
  };
}

function suggestionsOf(
  lane: LaneView,
  means: readonly number[],
  likeliest: readonly RoomType[],
  decisions: RoomsDecisions,
): Suggestion[] {
  const out: Suggestion[] = [];
  const ids = lane.photos.map((photo) => photo.id);
  const [first, second] = likeliest;
  const margin = probabilityOf(means, first) - probabilityOf(means, second);
  if (!lane.labelledByYou && first !== undefined && second !== undefined && margin < UNCERTAIN_MARGIN)
    out.push({
      id: `label:${[...ids].sort()[0] ?? ''}:${[first, second].sort().join('|')}`,
      laneId: lane.id,
      kind: 'uncertain_label',
      text: `${roomName(first)} or ${roomName(second).toLowerCase()}?`,
      photoIds: ids,
      rooms: likeliest.slice(0, 3),
    });
  else if (!lane.labelledByYou && !lane.groupedByYou && lane.confidenceTier === 'low')
    out.push({
      id: `room:${[...ids].sort().join('|')}`,
      laneId: lane.id,
      kind: 'low_confidence',
      text: ids.length > 1 ? 'One room?' : `${roomName(lane.roomType)}?`,
      photoIds: ids,
      rooms: likeliest.slice(0, 3),
    });
  for (const photo of lane.photos)
    if (photo.duplicateOf !== undefined && ids.includes(photo.duplicateOf) && decisions.kept[photo.id] !== true)
      out.push({
        id: `duplicate:${photo.id}:${photo.duplicateOf}`,
        laneId: lane.id,
        kind: 'near_duplicate',
        text: 'Near-duplicate: left out of the film',
        photoIds: [photo.id, photo.duplicateOf],
      });
  const hero = lane.photos.find((photo) => photo.id === lane.heroPhotoId);
  if (hero !== undefined && hero.finalScore < POOR_SCORE && !lane.heroByYou)
    out.push({
      id: `quality:${hero.id}`,
      laneId: lane.id,
      kind: 'low_quality',
      text: hero.sharpness < POOR_SCORE ? 'Its best photo is not sharp' : 'Its best photo is weak',
      photoIds: [hero.id],
    });
  return out;
}

/**
 * The analysis that the later phases take: rooms, heroes and shots as the editor sees them. Rooms that were merged or
 * split since keep the figures of their photos and lose those of the room.
 */
export function effectiveAnalysis(
  analysis: Analysis,
  decisions: RoomsDecisions,
  options: { readonly ltxEnabled: boolean },
): Analysis {
  const view = roomsView(analysis, decisions, options);
  const laneOf = new Map(view.lanes.flatMap((lane) => lane.photos.map((photo) => [photo.id, lane.id] as const)));
  const before = new Map(analysis.clusters.map((cluster) => [cluster.id, cluster]));
  return {
    ...analysis,
    photos: analysis.photos.map((photo) => {
      const { duplicateOf, ...rest } = photo;
      const kept = duplicateOf === undefined || decisions.kept[photo.id] === true ? {} : { duplicateOf };
      return { ...rest, ...kept, clusterId: laneOf.get(photo.id) ?? '' };
    }),
    clusters: view.lanes.map((lane) => ({
      id: lane.id,
      roomType: lane.roomType,
      confidenceTier: lane.confidenceTier,
      photoIds: lane.photos.map((photo) => photo.id),
      heroPhotoId: lane.heroPhotoId,
      imageCount: lane.photos.length,
      overlapScore: lane.overlapScore ?? 0,
      depthVariance: lane.depthVariance,
      sfmEligible: lane.sfmEligible,
      shots: lane.shots,
      debugMetrics: before.get(lane.id)?.debugMetrics ?? {},
    })),
  };
}

function sameMembers(ids: readonly string[], photos: readonly PhotoView[]): boolean {
  const own = new Set(ids);
  return own.size === photos.length && photos.every((photo) => own.has(photo.id));
}

function meanDistribution(photos: readonly PhotoView[]): readonly number[] {
  return ROOM_TYPES.map(
    (_, room) =>
      photos.reduce((sum, photo) => sum + (photo.roomDistribution[room] ?? 0), 0) / Math.max(1, photos.length),
  );
}

function likeliestRooms(means: readonly number[]): readonly RoomType[] {
  return [...ROOM_TYPES].sort((a, b) => probabilityOf(means, b) - probabilityOf(means, a));
}

function probabilityOf(means: readonly number[], room: RoomType | undefined): number {
  return room === undefined ? 0 : (means[ROOM_TYPES.indexOf(room)] ?? 0);
}

function marginTier(means: readonly number[], likeliest: readonly RoomType[]): ConfidenceTier {
  const margin = probabilityOf(means, likeliest[0]) - probabilityOf(means, likeliest[1]);
  return margin >= 3 * UNCERTAIN_MARGIN ? 'high' : margin >= UNCERTAIN_MARGIN ? 'medium' : 'low';
}
