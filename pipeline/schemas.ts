/** The domain's types as zod schemas: what is read back from a database or a file is parsed by these, once. */
import { z } from 'zod';
import {
  type AnalyzedPhoto,
  type BeatTrack,
  type Generation,
  ROOM_TYPES,
  type RoomCluster,
  type Take,
} from './domain.ts';
import { frameRateSchema, motionSchema, rendererSchema } from './timeline/schema.ts';

const roomType = z.enum(ROOM_TYPES);
const tier = z.enum(['2d', '2.5d', '3d']);
const point = z.object({ x: z.number(), y: z.number() });

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
      planeResidual: z.number().exactOptional(),
      path: z.string(),
      source: z.string(),
    })
    .exactOptional(),
}) satisfies z.ZodType<AnalyzedPhoto>;

export const shotSchema = z.object({
  photoId: z.string(),
  recommendedMotion: motionSchema,
  allowedMotions: z.array(motionSchema),
  recommendedDurationSeconds: z.number(),
  tier,
  modelRecommendation: rendererSchema,
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
  sections: z.array(
    z.object({
      startSeconds: z.number(),
      endSeconds: z.number(),
      energy: z.number(),
      confidence: z.number().optional(),
    }),
  ),
  source: z.enum(['own', 'beat_this', 'default']),
  hasPulse: z.boolean(),
  confidence: z.number(),
}) satisfies z.ZodType<BeatTrack>;

export const clipSpecSchema = z.object({
  photoSha256: z.string(),
  depthSha256: z.string().nullable(),
  motion: motionSchema,
  amount: z.number(),
  renderer: rendererSchema,
  frames: z.int().positive(),
  frameRate: frameRateSchema,
  width: z.int().positive(),
  height: z.int().positive(),
  focus: point,
  seed: z.int(),
});

export const generationSchema = z.object({
  model: z.string(),
  prompt: z.string(),
  negativePrompt: z.string(),
  seed: z.number(),
  lora: z.object({ name: z.string(), strength: z.number() }).nullable(),
  drawn: z.object({ width: z.int().positive(), height: z.int().positive(), frames: z.int().positive() }),
  workflowSha256: z.string(),
}) satisfies z.ZodType<Generation>;

export const takeSchema = z.object({
  specHash: z.string(),
  spec: clipSpecSchema,
  path: z.string(),
  frames: z.int().positive(),
  validationScore: z.number(),
  verdict: z.enum(['pass', 'fail']),
  figures: z.array(
    z.object({
      name: z.string(),
      value: z.number(),
      limit: z.number(),
      pass: z.boolean(),
      frames: z.array(z.tuple([z.int().min(0), z.int().min(0)])).exactOptional(),
    }),
  ),
  reasons: z.array(z.string()),
  renderSeconds: z.number(),
  generation: generationSchema.exactOptional(),
}) satisfies z.ZodType<Take>;
