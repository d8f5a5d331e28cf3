/**
 * What the steps of Phase 1 hand to each other: `describePhotos` gives a DescribedPhoto for every accepted photo (slow,
 * cached by content), `groupPhotos` turns those into rooms and duplicates (fast, depends on people's decisions).
 */
import type { ConfidenceTier, LabelledPhoto, Photo, PhotoScores, RoomType } from '../domain.ts';

/** Quality before the photo is compared with the others of the job. */
export type PhotoQuality = Omit<PhotoScores, 'finalScore'>;

/** L2-normalised features of one image network; `kind` chooses the calibration of its cosine. */
export interface PhotoEmbedding {
  readonly network: string;
  readonly kind: 'clip' | 'places365' | 'rooms7' | 'hand_made';
  readonly vector: Float32Array;
}

/** Oriented corners with 256-bit descriptors, strongest first; positions in pixels of a `width` × `height` luma image. */
export interface LocalFeatures {
  readonly width: number;
  readonly height: number;
  /** Length `count`. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** 8 words of 32 bits each: `descriptors.length === 8 * count`. */
  readonly descriptors: Uint32Array;
  readonly count: number;
}

/** All that is known of one photo by itself. */
export interface DescribedPhoto {
  readonly photo: Photo;
  readonly scores: PhotoQuality;
  /** The model's label: people's overrides come in with `groupPhotos`, never here. */
  readonly label: LabelledPhoto;
  readonly embeddings: readonly PhotoEmbedding[];
  readonly features: LocalFeatures;
}

/** Two photos compared by their local features. */
export interface PairOverlap {
  /** Photo ids. */
  readonly a: string;
  readonly b: string;
  /** Mutual nearest descriptors that passed the ratio test. */
  readonly matches: number;
  /** Matches that one homography explains. */
  readonly inliers: number;
  /** Share of the smaller photo's area that the inliers cover, 0..1. */
  readonly coverage: number;
  /** The same place is seen: enough inliers for chance to be ruled out. */
  readonly verified: boolean;
  /** Median displacement of inliers after the best similarity is taken away, in parts of the longest side. */
  readonly parallax: number;
  /** Mean displacement of the corners under the homography, in parts of the longest side: 0 is the same view. */
  readonly viewChange: number;
}

/** `photoId` shows nearly the same as the better photo `duplicateOf`. */
export interface NearDuplicate {
  readonly photoId: string;
  readonly duplicateOf: string;
  readonly reason: string;
}

/** One actual room, before depth and motion are known. */
export interface PhotoCluster {
  readonly id: string;
  readonly roomType: RoomType;
  readonly confidenceTier: ConfidenceTier;
  /** Best first (the hero candidates in order); excluded photos are not in any cluster's list. */
  readonly photoIds: readonly string[];
  readonly heroPhotoId: string;
  /** Share of the cluster's photo pairs whose overlap is verified; 0 for a single photo. */
  readonly overlapScore: number;
  /** Median parallax of its verified pairs, in parts of the longest side. */
  readonly parallax: number;
  readonly sfmEligible: boolean;
  /** `label_margin`, `silhouette`, `merge_distance`, `why`, … */
  readonly debugMetrics: Readonly<Record<string, number | string>>;
}

export interface PhotoGroups {
  readonly clusters: readonly PhotoCluster[];
  readonly duplicates: readonly NearDuplicate[];
  /** Photo id → final score 0..1: base score, hero fitness, less the near-duplicate penalty. */
  readonly finalScores: Readonly<Record<string, number>>;
  /** Every pair that was compared and has at least one match. */
  readonly overlaps: readonly PairOverlap[];
}

/*
 * The functions, in photos.node.ts and clustering.ts:
 *   ingestFolder(folder, { proxyDir, signal?, onProgress? }): Promise<{ photos, rejected }>           (ingest.node.ts)
 *   describePhotos(photos, models, { cacheDir, signal?, onProgress? }): Promise<DescribedPhoto[]>     (photos.node.ts)
 *   groupPhotos(described, decisions, { compare? }): Promise<PhotoGroups>                             (clustering.ts)
 *   groupPhotosKept(described, decisions, { cacheDir, signal?, onProgress? }): Promise<PhotoGroups>   (grouping.node.ts)
 * An excluded photo (decisions.excluded) is in no cluster; its finalScore is still given.
 */
