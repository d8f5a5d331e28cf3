/**
 * From described photos to actual rooms. Each pair gets the log-odds of being one place, the sum of a few calibrated
 * pieces of evidence; average linkage merges while the odds favour it. People's merges and splits are hard constraints.
 */
import { type ConfidenceTier, type HumanDecisions, ROOM_TYPES, type RoomType } from '../domain.ts';
import { findDuplicates } from './duplicates.ts';
import { dot } from './labels.ts';
import { averageLinkage, silhouette } from './linkage.ts';
import { comparePhotos } from './overlap.ts';
import { OUTDOOR_ROOMS } from './room-taxonomy.ts';
import type { DescribedPhoto, PairOverlap, PhotoCluster, PhotoEmbedding, PhotoGroups } from './types.ts';

/**
 * Cosine at which two photos of the same kind of room are as likely one place as two, and the cosine worth 1 nat.
 * Set on the fixture photos for the two small networks; judgements for CLIP and the hand-made descriptor.
 */
const COSINE: Readonly<Record<PhotoEmbedding['kind'], { readonly middle: number; readonly scale: number }>> = {
  places365: { middle: 0.83, scale: 0.06 },
  rooms7: { middle: 0.75, scale: 0.06 },
  clip: { middle: 0.86, scale: 0.035 },
  hand_made: { middle: 0.9, scale: 0.05 },
};
/** Nats taken off at the largest Jensen–Shannon divergence of the labels (1 bit). */
const LABEL_COST = 1;
/** Nats for verified overlap: with it, hardly any other evidence counts. */
const OVERLAP_GAIN = 7;
/** Mean cosine odds, nats, below which local features are not even compared: kitchens and lawns share no corners. */
const MIN_ODDS_TO_COMPARE = -5;
/** Pairs that one photo may ask for: a room of a listing has 3 to 6 photos. */
const PAIRS_PER_PHOTO = 12;
/** Nats for neighbours in capture order: photographers finish one room before the next. */
const NEIGHBOUR_GAIN = 1.5;
const NEXT_BUT_ONE_GAIN = 1.2;
/** Seconds between two frames beyond which order says nothing. */
const SESSION_GAP_SECONDS = 600;
/**
 * Nats for rooms of which a home has one (two kitchen photos are most likely of the kitchen), and against those of
 * which it has several. Rooms not named here: 0.
 */
const PLACE_PRIOR: Readonly<Partial<Record<RoomType, number>>> = {
  kitchen: 2, patio: 2, pool: 1.5, garden: 1, dining_room: 0.5, laundry: 2, garage: 2, gym: 2, exterior_front: 1,
  exterior_back: 1, aerial: 1, entry: 1, primary_bedroom: 1, primary_bathroom: 1, bedroom: -2.5, bathroom: -0.8,
  living_room: -1.2, office: -0.5, hallway: -0.5,
}; // biome-ignore format: a table
/** Distance 1 / (1 + odds) at which the odds turn against one place. */
const CUT = 0.5;
/** Rules of DOMAIN: photos, share of verified pairs, and parallax (parts of the longest side) for a reconstruction. */
const SFM_MIN_PHOTOS = 5;
const SFM_MIN_OVERLAP = 0.5;
const SFM_MIN_PARALLAX = 0.004;
/** Final score = base × this + hero fitness × the rest, less the penalty for repeating a better photo. */
const BASE_SHARE = 0.75;
const DUPLICATE_PENALTY = 0.35;

export interface GroupOptions {
  /** Compares the chosen pairs (indices into `described`), in their order; alone by default, with a cache in grouping.node.ts. */
  readonly compare?: PairComparer;
}
export type PairComparer = (
  described: readonly DescribedPhoto[],
  pairs: readonly (readonly [number, number])[],
) => Promise<readonly PairOverlap[]> | readonly PairOverlap[];

/**
 * Rooms, near-duplicates and final scores. Deterministic. Local features are compared for at most PAIRS_PER_PHOTO
 * pairs a photo, so 500 photos cost some 6,000 comparisons and not 125,000.
 */
export async function groupPhotos(
  described: readonly DescribedPhoto[],
  decisions: HumanDecisions,
  options: GroupOptions = {},
): Promise<PhotoGroups> {
  const overlaps: PairOverlap[] = [];
  const pairOverlap = new Map<number, PairOverlap>();
  const n = described.length;
  const pairs = pairsWorthComparing(described);
  const compared = await (options.compare ?? compareHere)(described, pairs);
  pairs.forEach(([i, j], k) => {
    const overlap = compared[k];
    if (overlap === undefined || overlap.matches === 0) return;
    overlaps.push(overlap);
    pairOverlap.set(i * n + j, overlap);
  });
  const heroes = new Set(decisions.heroes);
  const excluded = new Set(decisions.excluded);
  const usable = described.filter(({ photo }) => !excluded.has(photo.id));
  const duplicates = findDuplicates(usable, overlaps, heroes);
  const distributions = described.map((photo) => effectiveDistribution(photo, decisions));
  const distance = distances(described, distributions, pairOverlap);
  const groups = constrainedGroups(described, distance, decisions);
  const repeated = new Set(duplicates.map(({ photoId }) => photoId));
  const finalScores: Record<string, number> = {};
  for (const [i, { photo, scores }] of described.entries()) {
    const fitness = heroFitness(described, i, groups.find((group) => group.includes(i)) ?? [i], pairOverlap);
    const score = BASE_SHARE * scores.baseScore + (1 - BASE_SHARE) * fitness;
    finalScores[photo.id] = Math.max(0, score - (repeated.has(photo.id) ? DUPLICATE_PENALTY : 0));
  }
  const clusters: PhotoCluster[] = [];
  groups.forEach((group, g) => {
    const kept = group.filter((i) => !excluded.has((described[i] as DescribedPhoto).photo.id));
    if (kept.length === 0) return;
    clusters.push(
      makeCluster(described, distributions, kept, pairOverlap, finalScores, heroes, repeated, {
        silhouette: silhouette(n, distance, groups, g),
        mergeDistance: meanDistance(n, distance, kept),
        overridden: kept.some((i) => decisions.roomOverride[(described[i] as DescribedPhoto).photo.id] !== undefined),
      }),
    );
  });
  return { clusters, duplicates, finalScores, overlaps };
}

const compareHere: PairComparer = (described, pairs) =>
  pairs.map(([i, j]) => compareDescribed(described[i] as DescribedPhoto, described[j] as DescribedPhoto));

/** Local features of one pair. */
export function compareDescribed(a: DescribedPhoto, b: DescribedPhoto): PairOverlap {
  return comparePhotos({ id: a.photo.id, features: a.features }, { id: b.photo.id, features: b.features });
}

/**
 * Pairs i < j in order: those with the best embedding odds of each photo, and its neighbours in capture order. None
 * below MIN_ODDS_TO_COMPARE; at most PAIRS_PER_PHOTO chosen by any one photo.
 */
export function pairsWorthComparing(described: readonly DescribedPhoto[]): [number, number][] {
  const n = described.length;
  const rank = captureRanks(described);
  const odds = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const value = cosineOdds(described[i] as DescribedPhoto, described[j] as DescribedPhoto);
      odds[i * n + j] = value;
      odds[j * n + i] = value;
    }
  const chosen = new Set<number>();
  for (let i = 0; i < n; i++) {
    const steps = (j: number): number => Math.abs((rank[i] as number) - (rank[j] as number));
    const near = described
      .flatMap((_, j) => (j !== i && (odds[i * n + j] as number) >= MIN_ODDS_TO_COMPARE ? [j] : []))
      .sort(
        (a, b) =>
          Number(steps(b) <= 2) - Number(steps(a) <= 2) ||
          (odds[i * n + b] as number) - (odds[i * n + a] as number) ||
          a - b,
      );
    for (const j of near.slice(0, PAIRS_PER_PHOTO)) chosen.add(Math.min(i, j) * n + Math.max(i, j));
  }
  return [...chosen].sort((a, b) => a - b).map((key) => [Math.floor(key / n), key % n]);
}

/** A person's label is certain; otherwise the model's distribution. */
function effectiveDistribution(photo: DescribedPhoto, decisions: HumanDecisions): readonly number[] {
  const override = decisions.roomOverride[photo.photo.id];
  return override === undefined ? photo.label.roomDistribution : ROOM_TYPES.map((room) => (room === override ? 1 : 0));
}

function distances(
  photos: readonly DescribedPhoto[],
  distributions: readonly (readonly number[])[],
  overlaps: ReadonlyMap<number, PairOverlap>,
): Float64Array {
  const n = photos.length;
  const rank = captureRanks(photos);
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const a = photos[i] as DescribedPhoto;
      const b = photos[j] as DescribedPhoto;
      const p = distributions[i] as readonly number[];
      const q = distributions[j] as readonly number[];
      let odds = cosineOdds(a, b) - LABEL_COST * jensenShannon(p, q) + placePrior(p, q);
      if (overlaps.get(i * n + j)?.verified === true) odds += OVERLAP_GAIN;
      const steps = Math.abs((rank[i] as number) - (rank[j] as number));
      if (steps <= 2 && sameSession(a, b)) odds += steps === 1 ? NEIGHBOUR_GAIN : NEXT_BUT_ONE_GAIN;
      const d = 1 / (1 + Math.exp(odds));
      out[i * n + j] = d;
      out[j * n + i] = d;
    }
  return out;
}

/** Mean over the networks that both photos went through, in nats. */
function cosineOdds(a: DescribedPhoto, b: DescribedPhoto): number {
  let sum = 0;
  let count = 0;
  for (const own of a.embeddings) {
    const other = b.embeddings.find(({ network }) => network === own.network);
    if (other === undefined) continue;
    const { middle, scale } = COSINE[own.kind];
    sum += (dot(own.vector, other.vector) - middle) / scale;
    count++;
  }
  return count === 0 ? -2 : sum / count;
}

/** Jensen–Shannon divergence in bits, 0..1 (Lin, 1991). */
export function jensenShannon(p: readonly number[], q: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const a = p[i] ?? 0;
    const b = q[i] ?? 0;
    const m = (a + b) / 2;
    if (a > 0) sum += 0.5 * a * Math.log2(a / m);
    if (b > 0) sum += 0.5 * b * Math.log2(b / m);
  }
  return Math.max(0, Math.min(1, sum));
}

/** Expected prior of the room that both may show: weighted by the geometric mean of the two beliefs. */
function placePrior(p: readonly number[], q: readonly number[]): number {
  let sum = 0;
  let weight = 1e-9;
  ROOM_TYPES.forEach((room, i) => {
    const both = Math.sqrt((p[i] ?? 0) * (q[i] ?? 0));
    sum += both * (PLACE_PRIOR[room] ?? 0);
    weight += both;
  });
  return sum / weight;
}

/** Position of each photo in capture order: by time where every photo has one, otherwise by name as ingest sorted. */
function captureRanks(photos: readonly DescribedPhoto[]): number[] {
  const order = photos.map((_, i) => i);
  if (photos.every(({ photo }) => photo.takenAt !== undefined))
    order.sort((i, j) => ((photos[i]?.photo.takenAt ?? '') < (photos[j]?.photo.takenAt ?? '') ? -1 : i - j));
  const rank = new Array<number>(photos.length).fill(0);
  order.forEach((i, position) => {
    rank[i] = position;
  });
  return rank;
}

function sameSession(a: DescribedPhoto, b: DescribedPhoto): boolean {
  if (a.photo.takenAt === undefined || b.photo.takenAt === undefined) return true;
  const gap = Math.abs(Date.parse(`${a.photo.takenAt}Z`) - Date.parse(`${b.photo.takenAt}Z`)) / 1000;
  return gap <= SESSION_GAP_SECONDS;
}

function constrainedGroups(
  photos: readonly DescribedPhoto[],
  distance: Float64Array,
  decisions: HumanDecisions,
): number[][] {
  const index = new Map(photos.map(({ photo }, i) => [photo.id, i]));
  const pairs = (list: readonly (readonly [string, string])[]): [number, number][] =>
    list.flatMap(([a, b]) => {
      const i = index.get(a);
      const j = index.get(b);
      return i === undefined || j === undefined ? [] : [[i, j] as [number, number]];
    });
  const mustLink = pairs(decisions.mustLink);
  const cannotLink = pairs(decisions.cannotLink);
  // Two photos that a person labelled differently are not one room, unless the person linked them.
  const labelled = [...index].filter(([id]) => decisions.roomOverride[id] !== undefined);
  for (const [a, i] of labelled)
    for (const [b, j] of labelled)
      if (i < j && decisions.roomOverride[a] !== decisions.roomOverride[b]) cannotLink.push([i, j]);
  return averageLinkage(photos.length, distance, CUT, { mustLink, cannotLink });
}

/** 0..1: how well a photo stands for its room: sees what the others see, looks wide, stands upright. */
function heroFitness(
  photos: readonly DescribedPhoto[],
  i: number,
  group: readonly number[],
  overlaps: ReadonlyMap<number, PairOverlap>,
): number {
  const { photo, scores } = photos[i] as DescribedPhoto;
  const others = group.filter((j) => j !== i);
  const n = photos.length;
  const covered = others.filter((j) => overlaps.get(Math.min(i, j) * n + Math.max(i, j))?.verified === true).length;
  const coverage = others.length === 0 ? 0.5 : covered / others.length;
  // 35 mm equivalents: 16 mm and wider sees a room whole, 50 mm a part. Unknown counts as 28.
  const wide = Math.max(0, Math.min(1, (50 - (photo.focalLength35mm ?? 28)) / 34));
  const landscape = photo.width >= photo.height ? 1 : 0.4;
  return 0.3 * coverage + 0.25 * wide + 0.25 * landscape + 0.2 * scores.compositionScore;
}

function meanDistance(n: number, distance: Float64Array, group: readonly number[]): number {
  let sum = 0;
  let count = 0;
  for (const i of group)
    for (const j of group)
      if (i < j) {
        sum += distance[i * n + j] as number;
        count++;
      }
  return count === 0 ? 0 : sum / count;
}

function makeCluster(
  photos: readonly DescribedPhoto[],
  distributions: readonly (readonly number[])[],
  group: readonly number[],
  overlaps: ReadonlyMap<number, PairOverlap>,
  finalScores: Readonly<Record<string, number>>,
  heroes: ReadonlySet<string>,
  repeated: ReadonlySet<string>,
  figures: { readonly silhouette: number; readonly mergeDistance: number; readonly overridden: boolean },
): PhotoCluster {
  const n = photos.length;
  const idOf = (i: number): string => (photos[i] as DescribedPhoto).photo.id;
  const verified = group.flatMap((i) =>
    group.flatMap((j) => {
      const overlap = i < j ? overlaps.get(i * n + j) : undefined;
      return overlap?.verified === true ? [overlap] : [];
    }),
  );
  const pairs = (group.length * (group.length - 1)) / 2;
  const overlapScore = pairs === 0 ? 0 : verified.length / pairs;
  const parallaxes = verified.map(({ parallax }) => parallax).sort((a, b) => a - b);
  const parallax = parallaxes[parallaxes.length >> 1] ?? 0;
  const pooled = poolLabels(group.map((i) => distributions[i] as readonly number[]));
  const sorted = [...pooled].sort((a, b) => b - a);
  const margin = (sorted[0] ?? 0) - (sorted[1] ?? 0);
  const roomType = ROOM_TYPES[pooled.indexOf(sorted[0] ?? 0)] ?? 'other';
  const rank = (i: number): number =>
    (heroes.has(idOf(i)) ? 2 : 0) - (repeated.has(idOf(i)) ? 1 : 0) + (finalScores[idOf(i)] ?? 0);
  const ordered = [...group].sort((a, b) => rank(b) - rank(a) || a - b).map(idOf);
  return {
    id: `c_${[...group].map(idOf).sort()[0]?.slice(2) ?? ''}`,
    roomType,
    confidenceTier: figures.overridden ? 'high' : tierOf(margin, figures.silhouette, group.length),
    photoIds: ordered,
    heroPhotoId: ordered[0] ?? '',
    overlapScore,
    parallax,
    sfmEligible: group.length >= SFM_MIN_PHOTOS && overlapScore >= SFM_MIN_OVERLAP && parallax >= SFM_MIN_PARALLAX,
    debugMetrics: {
      label_margin: margin,
      silhouette: figures.silhouette,
      merge_distance: figures.mergeDistance,
      verified_pairs: verified.length,
      outdoors: OUTDOOR_ROOMS.includes(roomType) ? 1 : 0,
    },
  };
}

/** Mean of the photos' beliefs (linear pool): a sure photo of the room outweighs doubtful details of it. */
function poolLabels(distributions: readonly (readonly number[])[]): number[] {
  return ROOM_TYPES.map((_, k) => distributions.reduce((sum, p) => sum + (p[k] ?? 0), 0) / distributions.length);
}

/** A single photo has no silhouette: its label's margin alone decides. */
function tierOf(margin: number, width: number, count: number): ConfidenceTier {
  if (margin >= 0.5 && (count === 1 || width >= 0.25)) return 'high';
  return margin >= 0.2 && (count === 1 || width >= 0) ? 'medium' : 'low';
}
