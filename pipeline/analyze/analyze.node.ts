/** Phase 1 as one function: ingest, describe, group into rooms, depth, motion plan. */
import { join } from 'node:path';
import { PicaividError, throwIfCancelled } from '../../base/errors.ts';
import type { Models } from '../../models/types.ts';
import type {
  Analysis,
  AnalyzedPhoto,
  DepthFigures,
  HumanDecisions,
  OnProgress,
  Photo,
  RoomCluster,
} from '../domain.ts';
import { reconstructRooms } from './colmap.node.ts';
import { estimateDepth } from './depth.node.ts';
import { groupPhotosKept } from './grouping.node.ts';
import { ingestFolder } from './ingest.node.ts';
import { mirroredRooms, PRIOR_SOURCE, planRoom } from './motion-planner.ts';
import { describePhotos } from './photos.node.ts';
import { isReconstructed, type Reconstruction, reconstructionMetrics } from './reconstruction.ts';
import type { DescribedPhoto, PhotoCluster } from './types.ts';

export interface AnalyzeInput {
  readonly folder: string;
  readonly decisions: HumanDecisions;
}
export interface AnalyzeOptions {
  /** Everything computed is kept here by content; the same folder again computes only what changed. */
  readonly workDir: string;
  readonly ltxEnabled: boolean;
  /** COLMAP_PATH; without it `colmap` is looked for on the PATH. */
  readonly colmapPath?: string;
  readonly onProgress?: OnProgress;
  /** Told of each photo as soon as it can be shown. */
  readonly onPhoto?: (photo: Photo) => void;
  readonly signal?: AbortSignal;
}

/** Where each step's share of the progress ends; an estimate, so the guess at the time left is rough. */
const STEP_ENDS = { ingest: 0.33, describe: 0.65, group: 0.7, depth: 0.97 };
/** Where depth ends when a room is reconstructed after it. */
const DEPTH_BEFORE_RECONSTRUCTION = 0.8;
/** Seconds before a guess at the time left means anything. */
const GUESS_AFTER_SECONDS = 1;

/**
 * Analyses a folder of photos and plans its shots. A person's decisions come in and are never lost. The result holds no
 * times, so an unchanged folder gives an equal value. Errors: `no_usable_photos` (with what was rejected), `cancelled`,
 * and those of the steps.
 */
export async function analyze(input: AnalyzeInput, models: Models, options: AnalyzeOptions): Promise<Analysis> {
  const { workDir, signal } = options;
  const cancel = signal === undefined ? {} : { signal };
  const began = performance.now();
  const report = (sentence: string, fraction: number): void => {
    const seconds = (performance.now() - began) / 1000;
    const left =
      fraction > 0 && seconds > GUESS_AFTER_SECONDS ? { secondsLeft: (seconds / fraction) * (1 - fraction) } : {};
    options.onProgress?.({ sentence, fraction, ...left });
  };
  const stage =
    (from: number, to: number): OnProgress =>
    ({ sentence, fraction }) =>
      report(sentence, from + (to - from) * fraction);

  const { photos, rejected } = await ingestFolder(input.folder, {
    proxyDir: join(workDir, 'proxies'),
    onProgress: stage(0, STEP_ENDS.ingest),
    ...(options.onPhoto === undefined ? {} : { onPhoto: options.onPhoto }),
    ...cancel,
  });
  const excluded = new Set(input.decisions.excluded);
  if (!photos.some((photo) => !excluded.has(photo.id))) throw nothingUsable(photos.length, rejected);
  const described = await describePhotos(photos, models, {
    cacheDir: join(workDir, 'descriptions'),
    onProgress: stage(STEP_ENDS.ingest, STEP_ENDS.describe),
    ...cancel,
  });
  throwIfCancelled(signal);
  report('Grouping photos into rooms', STEP_ENDS.describe);
  const groups = await groupPhotosKept(described, input.decisions, {
    cacheDir: join(workDir, 'descriptions'),
    onProgress: stage(STEP_ENDS.describe, STEP_ENDS.group),
    ...cancel,
  });
  const clusterOf = new Map(groups.clusters.flatMap((cluster) => cluster.photoIds.map((id) => [id, cluster] as const)));
  const duplicateOf = new Map(groups.duplicates.map((pair) => [pair.photoId, pair.duplicateOf]));

  const chosen = described.filter(({ photo }) => mayBecomeShot(photo.id, input.decisions, duplicateOf, clusterOf));
  const depthEnd = groups.clusters.some((cluster) => cluster.sfmEligible)
    ? DEPTH_BEFORE_RECONSTRUCTION
    : STEP_ENDS.depth;
  const depths = new Map<string, DepthFigures>();
  for (const [index, { photo }] of chosen.entries()) {
    report(
      `Measuring depth, photo ${index + 1} of ${chosen.length}`,
      STEP_ENDS.group + ((depthEnd - STEP_ENDS.group) * index) / chosen.length,
    );
    const room = clusterOf.get(photo.id);
    depths.set(
      photo.id,
      await estimateDepth(photo, models, {
        dir: join(workDir, 'depth'),
        ...(room === undefined ? {} : { roomType: room.roomType }),
        ...cancel,
      }),
    );
  }
  throwIfCancelled(signal);
  const reconstructions = await reconstructRooms(groups.clusters, photos, {
    colmapPath: options.colmapPath,
    cacheDir: join(workDir, 'reconstructions'),
    onProgress: stage(depthEnd, STEP_ENDS.depth),
    ...cancel,
  });
  report('Planning moves', STEP_ENDS.depth);
  const analyzed = described.map((one) =>
    finish(one, groups.finalScores, clusterOf, duplicateOf.get(one.photo.id), depths.get(one.photo.id)),
  );
  const byId = new Map(analyzed.map((photo) => [photo.id, photo]));
  const mirrored = mirroredRooms(groups.clusters.map((cluster) => cluster.roomType));
  const clusters = groups.clusters.map((cluster, index) =>
    planCluster(cluster, byId, input.decisions, options.ltxEnabled, {
      mirrored: mirrored[index] === true,
      reconstruction: reconstructions.get(cluster.id),
    }),
  );
  report('Analysis done', 1);
  return { photos: analyzed, clusters, rejected, models: modelsUsed(models) };
}

function mayBecomeShot(
  id: string,
  decisions: HumanDecisions,
  duplicateOf: ReadonlyMap<string, string>,
  clusterOf: ReadonlyMap<string, PhotoCluster>,
): boolean {
  if (!clusterOf.has(id) || decisions.excluded.includes(id)) return false;
  const better = duplicateOf.get(id);
  return (
    better === undefined ||
    decisions.excluded.includes(better) ||
    clusterOf.get(better) !== clusterOf.get(id) ||
    decisions.heroes.includes(id) ||
    decisions.motions[id] !== undefined
  );
}

function finish(
  { photo, scores, label }: DescribedPhoto,
  finalScores: Readonly<Record<string, number>>,
  clusterOf: ReadonlyMap<string, PhotoCluster>,
  duplicateOf: string | undefined,
  depth: DepthFigures | undefined,
): AnalyzedPhoto {
  return {
    ...photo,
    ...scores,
    finalScore: finalScores[photo.id] ?? scores.baseScore,
    ...label,
    // An excluded photo is in no room.
    clusterId: clusterOf.get(photo.id)?.id ?? '',
    ...(duplicateOf === undefined ? {} : { duplicateOf }),
    ...(depth === undefined ? {} : { depth }),
  };
}

function planCluster(
  cluster: PhotoCluster,
  byId: ReadonlyMap<string, AnalyzedPhoto>,
  decisions: HumanDecisions,
  ltxEnabled: boolean,
  { mirrored, reconstruction }: { readonly mirrored: boolean; readonly reconstruction: Reconstruction | undefined },
): RoomCluster {
  const photos = cluster.photoIds.flatMap((id) => byId.get(id) ?? []);
  const plan = planRoom(
    {
      id: cluster.id,
      roomType: cluster.roomType,
      heroPhotoId: cluster.heroPhotoId,
      reconstructed: isReconstructed(reconstruction),
      mirrored,
      photos,
    },
    decisions,
    { ltxEnabled },
  );
  const depths = photos.flatMap((photo) => photo.depth ?? []);
  const mean = (of: (depth: DepthFigures) => number): number =>
    depths.length === 0 ? 0 : depths.reduce((sum, depth) => sum + of(depth), 0) / depths.length;
  return {
    id: cluster.id,
    roomType: cluster.roomType,
    confidenceTier: cluster.confidenceTier,
    photoIds: cluster.photoIds,
    heroPhotoId: plan.heroPhotoId,
    imageCount: cluster.photoIds.length,
    overlapScore: cluster.overlapScore,
    depthVariance: mean((depth) => depth.variance),
    sfmEligible: cluster.sfmEligible,
    shots: plan.shots,
    debugMetrics: {
      ...cluster.debugMetrics,
      depth_near_far_ratio: mean((depth) => depth.nearFarRatio),
      depth_edge_agreement: mean((depth) => depth.edgeAgreement),
      ...reconstructionMetrics(reconstruction),
    },
  };
}

function nothingUsable(taken: number, rejected: Analysis['rejected']): PicaividError {
  const why =
    taken > 0
      ? `All ${taken} photos are excluded. Take at least one back in.`
      : rejected.length === 0
        ? 'The folder holds no photos. Give the folder that holds the listing (JPEG, PNG, WebP, TIFF, HEIC or AVIF).'
        : `None of the ${rejected.length} files can be used: ${rejected
            .slice(0, 3)
            .map((one) => `${one.file}: ${one.message}`)
            .join(
              ' ',
            )}${rejected.length > 3 ? ` And ${rejected.length - 3} more.` : ''} Add photos as JPEG, PNG, WebP, TIFF, HEIC or AVIF.`;
  return new PicaividError('no_usable_photos', why);
}

function modelsUsed(models: Models): Record<string, string> {
  const images = models.image.map((network) => network.name).join(' + ');
  return {
    image: images === '' ? 'hand-made descriptors, no network installed' : `${images} (${models.set} set)`,
    text: models.text === undefined ? 'none' : `${models.text.name} (${models.set} set)`,
    depth:
      models.depth === undefined
        ? `${PRIOR_SOURCE}: vanishing-line prior, no network installed`
        : `${models.depth.name} (${models.set} set)`,
  };
}

/** The document that `analyze --json` prints. Photos by file name; ids are for programs that hold the Analysis. */
export function analysisToJson(analysis: Analysis): Record<string, unknown> {
  const fileOf = new Map(analysis.photos.map((photo) => [photo.id, photo.file]));
  const file = (id: string): string => fileOf.get(id) ?? id;
  return {
    photos: analysis.photos.map((photo) => ({
      file: photo.file,
      room_label: photo.roomLabel,
      room_probability: photo.roomProbability,
      cluster: photo.clusterId,
      sharpness: photo.sharpness,
      exposure_score: photo.exposureScore,
      composition_score: photo.compositionScore,
      final_score: photo.finalScore,
      ...(photo.duplicateOf === undefined ? {} : { duplicate_of: file(photo.duplicateOf) }),
    })),
    clusters: analysis.clusters.map((cluster) => ({
      id: cluster.id,
      room_type: cluster.roomType,
      confidence_tier: cluster.confidenceTier,
      photos: cluster.photoIds.map(file),
      hero: file(cluster.heroPhotoId),
      overlap_score: cluster.overlapScore,
      depth_variance: cluster.depthVariance,
      sfm_eligible: cluster.sfmEligible,
      reconstruction: cluster.debugMetrics.reconstruction ?? 'not run',
      shots: cluster.shots.map((shot) => ({
        photo: file(shot.photoId),
        recommended_motion: shot.recommendedMotion,
        allowed_motion_types: shot.allowedMotions,
        recommended_duration: shot.recommendedDurationSeconds,
        tier: shot.tier,
        model_recommendation: shot.modelRecommendation,
        reason: shot.reason,
      })),
    })),
    rejected: analysis.rejected,
    models: analysis.models,
  };
}
