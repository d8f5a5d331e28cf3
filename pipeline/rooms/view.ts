/**
 * A listing's rooms as its editor sees them: the model's analysis with the person's decisions laid over it. Pure and
 * fast (500 photos well under a frame), so that the screen shows an action at once and the host stores the same.
 */
import { mirroredRooms, type PlanDecisions, planRoom, type RoomPlan } from '../analyze/motion-planner.ts';
import type { Analysis, AnalyzedPhoto, ConfidenceTier, DepthFigures, RoomCluster, RoomType, Shot } from '../domain.ts';
import { ROOM_TYPES } from '../domain.ts';
import type { RoomsDecisions } from './decisions.ts';

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
  /** What the analysis named the room of this id, with all its photos; null for a room that a person made. */
  readonly foundAs: RoomType | null;
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
  /** Photo id → lane id; of an excluded photo the lane it would come back to. */
  readonly homes: ReadonlyMap<string, string>;
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

/** Photo id → lane id of every photo; of an excluded one the lane it would come back to. */
export function lanesOfPhotos(analysis: AnalysisView, decisions: RoomsDecisions): ReadonlyMap<string, string> {
  const taken = new Set(Object.values(decisions.place));
  // A cluster whose placed photos are in one lane brings the photos that came later into it.
  const laneOfCluster = new Map<string, string>();
  for (const cluster of analysis.clusters) {
    const votes = new Map<string, number>();
    for (const id of cluster.photoIds) {
      const lane = decisions.place[id];
      if (lane !== undefined) votes.set(lane, (votes.get(lane) ?? 0) + 1);
    }
    const best = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0];
    // An earlier analysis had a cluster of this id, and a person made a lane of it: this one is another room.
    const own = taken.has(cluster.id) ? `${cluster.id}_new` : cluster.id;
    laneOfCluster.set(cluster.id, best?.[0] ?? own);
  }
  const lanes = new Map<string, string>();
  for (const photo of analysis.photos) {
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
  const homes = lanesOfPhotos(analysis, decisions);
  const clusters = new Map(analysis.clusters.map((cluster, index) => [cluster.id, { cluster, index }]));
  const members = new Map<string, PhotoView[]>();
  const rank = new Map<string, number>();
  for (const photo of analysis.photos) {
    const lane = homes.get(photo.id);
    if (lane === undefined || decisions.excluded[photo.id] === true) continue;
    const list = members.get(lane);
    if (list === undefined) members.set(lane, [photo]);
    else list.push(photo);
    const index = clusters.get(photo.clusterId)?.index ?? analysis.clusters.length;
    rank.set(lane, Math.min(rank.get(lane) ?? index, index));
  }
  const order = [...members.keys()].sort(
    (a, b) =>
      (rank.get(a) ?? 0) - (rank.get(b) ?? 0) || Number(clusters.has(b)) - Number(clusters.has(a)) || (a < b ? -1 : 1),
  );
  const rooms = order.map((id) => {
    const photos = members.get(id) ?? [];
    return nameRoom(id, photos, clusters.get(photos[0]?.clusterId ?? '')?.cluster, decisions);
  });
  // As phase 1 does: rooms of one kind do not all open to the same side.
  const mirrored = mirroredRooms(rooms.map((room) => room.roomType));
  const plan: PlanDecisions = {
    excluded: [],
    heroes: Object.keys(decisions.hero),
    motions: decisions.motion,
    durationsSeconds: decisions.duration,
  };
  const lanes = rooms.map((room, index) => laneView(room, mirrored[index] ?? false, plan, decisions, options));
  return {
    lanes,
    excluded: analysis.photos.filter((photo) => decisions.excluded[photo.id] === true),
    homes,
    suggestions: lanes.flatMap((lane) => lane.suggestions),
  };
}

/** A lane's photos with its name, before its shots are planned. */
interface NamedRoom {
  readonly id: string;
  readonly photos: readonly PhotoView[];
  /** The cluster of its first photo. */
  readonly cluster: RoomCluster | undefined;
  /** Its photos are that cluster's, less the excluded ones: the cluster's figures hold. */
  readonly usual: boolean;
  readonly given: RoomType | undefined;
  readonly roomType: RoomType;
  readonly means: readonly number[];
  readonly likeliest: readonly RoomType[];
}

function nameRoom(
  id: string,
  photos: readonly PhotoView[],
  cluster: RoomCluster | undefined,
  decisions: RoomsDecisions,
): NamedRoom {
  const present = cluster?.photoIds.filter((photoId) => decisions.excluded[photoId] !== true) ?? [];
  const usual = cluster !== undefined && sameMembers(present, photos);
  const means = meanDistribution(photos);
  const likeliest = likeliestRooms(means);
  const given = photos.map((photo) => decisions.room[photo.id]).find((room) => room !== undefined);
  const roomType = given ?? (usual ? cluster.roomType : (likeliest[0] ?? 'other'));
  return { id, photos, cluster, usual, given, roomType, means, likeliest };
}

/** The name that the networks give to photos as one room; best first. */
export function likeliestRoomsOf(photos: readonly PhotoView[]): readonly RoomType[] {
  return likeliestRooms(meanDistribution(photos));
}

function laneView(
  room: NamedRoom,
  mirrored: boolean,
  planDecisions: PlanDecisions,
  decisions: RoomsDecisions,
  options: { readonly ltxEnabled: boolean },
): LaneView {
  const { id, photos, cluster, usual, given, roomType, means, likeliest } = room;
  const byScore = [...photos].sort((a, b) => b.finalScore - a.finalScore || (a.id < b.id ? -1 : 1));
  const heroId = usual && cluster !== undefined ? cluster.heroPhotoId : (byScore[0]?.id ?? '');
  const plan = planOf(room, heroId, mirrored, planDecisions, decisions, options);
  const hero = plan.heroPhotoId;
  const measured = usual ? cluster : undefined;
  const depths = photos.flatMap((photo) => photo.depth ?? []);
  const lane: LaneView = {
    id,
    roomType,
    foundAs: cluster?.roomType ?? null,
    labelledByYou: given !== undefined,
    groupedByYou: photos.some((photo) => decisions.place[photo.id] !== undefined),
    probability: means[ROOM_TYPES.indexOf(roomType)] ?? 0,
    confidenceTier: given !== undefined ? 'high' : (measured?.confidenceTier ?? marginTier(means, likeliest)),
    photos: [...byScore].sort((a, b) => Number(b.id === hero) - Number(a.id === hero)),
    heroPhotoId: hero,
    heroByYou: decisions.hero[hero] === true,
    overlapScore: measured?.overlapScore ?? null,
    depthVariance: depths.length === 0 ? 0 : depths.reduce((sum, depth) => sum + depth.variance, 0) / depths.length,
    sfmEligible: measured?.sfmEligible ?? false,
    shots: plan.shots,
    suggestions: [],
  };
  const suggestions = suggestionsOf(lane, means, likeliest);
  return { ...lane, suggestions: suggestions.filter((one) => decisions.dismissed[one.id] !== true) };
}

function planOf(
  { id, photos, cluster, roomType }: NamedRoom,
  heroPhotoId: string,
  mirrored: boolean,
  planDecisions: PlanDecisions,
  decisions: RoomsDecisions,
  options: { readonly ltxEnabled: boolean },
): RoomPlan {
  const known = new Set(cluster?.photoIds);
  const plan = planRoom(
    {
      id,
      roomType,
      heroPhotoId,
      mirrored,
      // Only a room that was reconstructed has shots of this tier, and it holds for no photo from elsewhere.
      reconstructed:
        photos.every((photo) => known.has(photo.id)) && (cluster?.shots.some((shot) => shot.tier === '3d') ?? false),
      photos: photos.map((photo) => {
        const { duplicateOf, depth, ...rest } = photo;
        return {
          ...rest,
          ...(depth === undefined ? {} : { depth: { ...depth, path: '' } }),
          ...(duplicateOf === undefined || decisions.kept[photo.id] === true ? {} : { duplicateOf }),
        };
      }),
    },
    planDecisions,
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

function suggestionsOf(lane: LaneView, means: readonly number[], likeliest: readonly RoomType[]): Suggestion[] {
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
      id: `room:${hashOf([...ids].sort())}`,
      laneId: lane.id,
      kind: 'low_confidence',
      text: ids.length > 1 ? 'One room?' : `${roomName(lane.roomType)}?`,
      photoIds: ids,
      rooms: likeliest.slice(0, 3),
    });
  for (const photo of lane.photos)
    if (
      photo.duplicateOf !== undefined &&
      ids.includes(photo.duplicateOf) &&
      !lane.shots.some((shot) => shot.photoId === photo.id) // a person's hero or move stands for its better photo
    )
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

/** Names a set of photos in 16 characters, however many they are (two rounds of 32-bit FNV-1a). */
function hashOf(ids: readonly string[]): string {
  const text = ids.join('|');
  return [0x811c9dc5, 0x01000193]
    .map((start) => {
      let hash = start;
      for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
      return (hash >>> 0).toString(16).padStart(8, '0');
    })
    .join('');
}

function sameMembers(ids: readonly string[], photos: readonly PhotoView[]): boolean {
  const own = new Set(ids);
  return own.size === photos.length && photos.every((photo) => own.has(photo.id));
}

function meanDistribution(unordered: readonly PhotoView[]): readonly number[] {
  // The same photos give the same sums in any order: rounding must not decide a tie in two ways.
  const photos = [...unordered].sort((a, b) => (a.id < b.id ? -1 : 1));
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
