/** zod schemas of what Phase 3 reads from files and from edits: the shapes of `domain.ts`, checked at the boundary. */
import { z } from 'zod';
import { MOTIONS, TEMPLATE_NAMES, type Timeline, TRANSITIONS } from '../domain.ts';

const frame = z.number().int().nonnegative();
const length = z.number().int().positive();
const id = z.string().min(1);

export const motionSchema = z.enum(MOTIONS);
export const rendererSchema = z.enum(['ltx', 'depth_parallax', 'ken_burns']);
export const audioPolicySchema = z.enum(['mute', 'keep', 'duck']);
export const magnetSchema = z.enum(['frames', 'beats', 'downbeats']);
export const frameRateSchema = z.object({ num: z.number().int().positive(), den: z.number().int().positive() });

export const transitionSchema = z
  .object({ type: z.enum(TRANSITIONS), frames: frame })
  .refine((value) => (value.type === 'cut') === (value.frames === 0), {
    message: 'a cut has 0 frames and every other transition has more',
  });

export const clipSchema = z.object({
  id,
  orderKey: id,
  photoId: id,
  clusterId: z.string(),
  motion: motionSchema,
  amount: z.number().min(0).max(1),
  renderer: rendererSchema,
  moveFrames: length,
  sourceInFrame: frame,
  durationFrames: length,
  transitionIn: transitionSchema,
  audioPolicy: audioPolicySchema,
  reason: z.string(),
});

export const gridBeatSchema = z.object({
  frame,
  beatInBar: z.number().int().positive(),
  confidence: z.number().min(0).max(1),
});

export const musicPlanSchema = z.object({
  segments: z.array(
    z.object({ filmStartFrame: frame, filmEndFrame: length, musicStartSeconds: z.number().nonnegative() }),
  ),
  fadeInFrames: frame,
  fadeOutFrames: frame,
});

export const titleSchema = z.object({
  id,
  startFrame: frame,
  durationFrames: length,
  text: z.string(),
  subtext: z.string().exactOptional(),
  style: z.enum(['lower_third', 'end_card']).exactOptional(),
  accent: z
    .string()
    .regex(/^#[0-9a-f]{6}$/)
    .exactOptional(),
  logoId: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
});

export const markerSchema = z.object({ id, frame, label: z.string() });

export const timelineSchema = z.object({
  id,
  version: z.number().int(),
  status: z.enum(['draft', 'approved', 'locked']),
  template: z.enum(TEMPLATE_NAMES),
  frameRate: frameRateSchema,
  width: length,
  height: length,
  clips: z.array(clipSchema),
  beats: z.array(gridBeatSchema),
  music: musicPlanSchema.nullable(),
  titles: z.array(titleSchema),
  markers: z.array(markerSchema),
  leftOut: z.array(z.object({ photoId: id, reason: z.string() })),
}) satisfies z.ZodType<Timeline>;
