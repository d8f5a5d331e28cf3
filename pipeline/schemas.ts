/** The domain's types as zod schemas: what is read back from a database or a file is parsed by these, once. */
import { z } from 'zod';
import {
  type AnalyzedPhoto,
  type BeatTrack,
  MOTIONS,
  ROOM_TYPES,
  type RoomCluster,
  type Take,
  TEMPLATE_NAMES,
  type Timeline,
  type TimelineClip,
  TRANSITIONS,
} from './domain.ts';

const roomType = z.enum(ROOM_TYPES);
const motion = z.enum(MOTIONS);
const renderer = z.enum(['ltx', 'depth_parallax', 'ken_burns']);
const tier = z.enum(['2d', '2.5d', '3d']);
const point = z.object({ x: z.number(), y: z.number() });
const rate = z.object({ num: z.int().positive(), den: z.int().positive() });

export const analyzedPhotoSchema = z.object({
  id: z.string(),
  file: z.string(),
  path: z.string(),
  sha256: z.string(),
  width: z.int(),
  height: z.int(),
  orientation: z.int(),
  takenAt: z.string().exactOptional(),
  focalLength35mm: z.number().exactOptional(),
  proxies: z.object({ 320: z.string(), 1280: z.string(), 2560: z.string() }),
  sharpness: z.number(),
  exposureScore: z.number(),
  compositionScore: z.number(),
  baseScore: z.number(),
  finalScore: z.number(),
  verticalTiltDegrees: z.number(),
  lineStrength: z.number(),
  focus: point,
  roomLabel: roomType,
  roomProbability: z.number(),
  roomDistribution: z.array(z.number()),
  clusterId: z.string(),
  duplicateOf: z.string().exactOptional(),
  depth: z
    .object({
      variance: z.number(),
      nearFarRatio: z.number(),
      edgeAgreement: z.number(),
      path: z.string(),
      source: z.string(),
    })
    .exactOptional(),
}) satisfies z.ZodType<AnalyzedPhoto>;

export const shotSchema = z.object({
  photoId: z.string(),
  recommendedMotion: motion,
  allowedMotions: z.array(motion),
  recommendedDurationSeconds: z.number(),
  tier,
  modelRecommendation: renderer,
  amount: z.number(),
  value: z.number(),
  reason: z.string(),
});

export const roomClusterSchema = z.object({
  id: z.string(),
  roomType,
  confidenceTier: z.enum(['high', 'medium', 'low']),
  photoIds: z.array(z.string()),
  heroPhotoId: z.string(),
  imageCount: z.int(),
  overlapScore: z.number(),
  depthVariance: z.number(),
  sfmEligible: z.boolean(),
  shots: z.array(shotSchema),
  debugMetrics: z.record(z.string(), z.union([z.number(), z.string()])),
}) satisfies z.ZodType<RoomCluster>;

export const beatTrackSchema = z.object({
  durationSeconds: z.number(),
  bpm: z.number(),
  beatOffset: z.number(),
  beats: z.array(z.object({ time: z.number(), beatInBar: z.int(), confidence: z.number() })),
  downbeats: z.array(z.number()),
  beatsPerBar: z.int(),
  sections: z.array(z.object({ startSeconds: z.number(), endSeconds: z.number(), energy: z.number() })),
  source: z.enum(['own', 'beat_this', 'default']),
  hasPulse: z.boolean(),
  confidence: z.number(),
}) satisfies z.ZodType<BeatTrack>;

export const timelineClipSchema = z.object({
  id: z.string(),
  orderKey: z.string(),
  photoId: z.string(),
  clusterId: z.string(),
  motion,
  amount: z.number(),
  renderer,
  moveFrames: z.int().positive(),
  sourceInFrame: z.int().nonnegative(),
  durationFrames: z.int().positive(),
  transitionIn: z.object({ type: z.enum(TRANSITIONS), frames: z.int().nonnegative() }),
  audioPolicy: z.enum(['mute', 'keep', 'duck']),
  reason: z.string(),
}) satisfies z.ZodType<TimelineClip>;

export const timelineSchema = z.object({
  id: z.string(),
  version: z.int().positive(),
  status: z.enum(['draft', 'approved', 'locked']),
  template: z.enum(TEMPLATE_NAMES),
  frameRate: rate,
  width: z.int().positive(),
  height: z.int().positive(),
  clips: z.array(timelineClipSchema),
  beats: z.array(z.object({ frame: z.int(), beatInBar: z.int(), confidence: z.number() })),
  music: z
    .object({
      segments: z.array(z.object({ filmStartFrame: z.int(), filmEndFrame: z.int(), musicStartSeconds: z.number() })),
      fadeInFrames: z.int().nonnegative(),
      fadeOutFrames: z.int().nonnegative(),
    })
    .nullable(),
  titles: z.array(
    z.object({
      id: z.string(),
      startFrame: z.int(),
      durationFrames: z.int(),
      text: z.string(),
      subtext: z.string().exactOptional(),
    }),
  ),
  markers: z.array(z.object({ id: z.string(), frame: z.int(), label: z.string() })),
  leftOut: z.array(z.object({ photoId: z.string(), reason: z.string() })),
}) satisfies z.ZodType<Timeline>;

export const clipSpecSchema = z.object({
  photoSha256: z.string(),
  depthSha256: z.string().nullable(),
  motion,
  amount: z.number(),
  renderer,
  frames: z.int().positive(),
  frameRate: rate,
  width: z.int().positive(),
  height: z.int().positive(),
  focus: point,
  seed: z.int(),
});

export const takeSchema = z.object({
  specHash: z.string(),
  spec: clipSpecSchema,
  path: z.string(),
  frames: z.int().positive(),
  validationScore: z.number(),
  verdict: z.enum(['pass', 'fail']),
  figures: z.array(z.object({ name: z.string(), value: z.number(), limit: z.number(), pass: z.boolean() })),
  reasons: z.array(z.string()),
  renderSeconds: z.number(),
}) satisfies z.ZodType<Take>;
