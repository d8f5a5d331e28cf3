/**
 * Timeline edits as data: what a person does to the film, one JSON object each. Applied by `edits.ts`, undone by the
 * `patch` that it returns.
 *
 * `ripple` true: later clips move along and the film gets longer or shorter. `ripple` false: every other cut stays on
 * its frame; the neighbour gives or takes the time.
 * `magnet`: the cut that is moved snaps to the nearest frame, beat or downbeat; with beats or downbeats, later cuts that
 * lay on beats are put on beats again after a ripple (beat distances differ by a frame, so a shift alone would not do).
 * Lengths are frames; clips, markers and titles are named by id, beats by frame.
 */
import { z } from 'zod';
import { TEMPLATE_NAMES } from '../domain.ts';
import { beatCorrectionSchema } from './grid-correct.ts';
import {
  audioPolicySchema,
  clipSchema,
  frameRateSchema,
  gridBeatSchema,
  magnetSchema,
  markerSchema,
  motionSchema,
  musicPlanSchema,
  rendererSchema,
  titleSchema,
  transitionSchema,
} from './schema.ts';

const id = z.string().min(1);
const frames = z.number().int();
const length = frames.positive();
const amount = z.number().min(0).max(1);
const flow = { ripple: z.boolean(), magnet: magnetSchema };

/**
 * A clip to insert: without order key, which follows from where it goes. Without a place in its move it shows the whole
 * of a move timed to its length; with one (a pasted copy) it shows what the copied clip showed.
 */
export const newClipSchema = clipSchema
  .omit({ orderKey: true, moveFrames: true, sourceInFrame: true })
  .extend({ moveFrames: length.exactOptional(), sourceInFrame: frames.nonnegative().exactOptional() });

export const simpleEditSchema = z.discriminatedUnion('type', [
  /** Puts a clip before another, or last (null). Without ripple the cuts stay and clips take the slots' lengths. */
  z.object({ type: z.literal('move'), clipId: id, before: id.nullable(), ...flow }),
  /** Moves the start of a clip by frames (later is positive) within its move; the move grows where it is too short. */
  z.object({ type: z.literal('trimIn'), clipId: id, frames, ...flow }),
  /** Moves the end of a clip by frames (later is positive); the move grows where it is too short. */
  z.object({ type: z.literal('trimOut'), clipId: id, frames, ...flow }),
  /** Moves the cut before a clip by frames; both neighbours change, nothing else does. */
  z.object({ type: z.literal('roll'), clipId: id, frames, magnet: magnetSchema }),
  /** Shows a later (positive) or earlier part of the move; the move grows where it is too short. */
  z.object({ type: z.literal('slip'), clipId: id, frames }),
  /** Cuts the clip that covers a film frame into two at it; both show the same move, one after the other. */
  z.object({ type: z.literal('split'), atFrame: length, newId: id, magnet: magnetSchema }),
  z.object({ type: z.literal('delete'), clipId: id, ...flow }),
  /** Puts a new clip before another, or last (null). Without ripple it takes its time from the clip it goes before. */
  z.object({ type: z.literal('insert'), clip: newClipSchema, before: id.nullable(), ...flow }),
  /** Uses another take of the clip: what was rendered differently. Refused when the take is too short. */
  z.object({
    type: z.literal('swapTake'),
    clipId: id,
    motion: motionSchema,
    amount,
    renderer: rendererSchema,
    moveFrames: length,
  }),
  z.object({
    type: z.literal('swapPhoto'),
    clipId: id,
    photoId: id,
    clusterId: z.string().exactOptional(),
    motion: motionSchema.exactOptional(),
    amount: amount.exactOptional(),
    renderer: rendererSchema.exactOptional(),
    reason: z.string().exactOptional(),
  }),
  z.object({ type: z.literal('setTransition'), clipId: id, transition: transitionSchema }),
  z.object({ type: z.literal('setMotion'), clipId: id, motion: motionSchema }),
  z.object({ type: z.literal('setAmount'), clipId: id, amount }),
  z.object({ type: z.literal('setRenderer'), clipId: id, renderer: rendererSchema }),
  /** Gives a clip a length and times its whole move to it (trims keep the pace of the move instead). */
  z.object({ type: z.literal('setDuration'), clipId: id, durationFrames: length, ...flow }),
  z.object({ type: z.literal('setAudio'), clipId: id, audioPolicy: audioPolicySchema }),
  z.object({ type: z.literal('setTitles'), titles: z.array(titleSchema) }),
  /** Adds a marker, or moves and renames the one with this id. */
  z.object({ type: z.literal('setMarker'), marker: markerSchema }),
  z.object({ type: z.literal('removeMarker'), markerId: id }),
  z.object({ type: z.literal('correctBeats'), correction: beatCorrectionSchema }),
  /** Other music or none; without `beats` the accepted beats stay. Markers always stay. */
  z.object({
    type: z.literal('setMusic'),
    music: musicPlanSchema.nullable(),
    beats: z.array(gridBeatSchema).exactOptional(),
  }),
  /**
   * Another film in place of this one: template, target length or frame changed and built anew, a version restored, a
   * file imported. Without `markers` the present ones stay.
   */
  z.object({
    type: z.literal('setTemplate'),
    template: z.enum(TEMPLATE_NAMES),
    frameRate: frameRateSchema,
    width: length,
    height: length,
    clips: z.array(clipSchema).min(1),
    beats: z.array(gridBeatSchema),
    music: musicPlanSchema.nullable(),
    titles: z.array(titleSchema),
    markers: z.array(markerSchema).exactOptional(),
    leftOut: z.array(z.object({ photoId: id, reason: z.string() })),
  }),
  /** What undo and redo apply: clips by id, other fields whole. */
  z.object({
    type: z.literal('patch'),
    drop: z.array(id),
    put: z.array(clipSchema),
    fields: z.object({
      template: z.enum(TEMPLATE_NAMES).exactOptional(),
      frameRate: frameRateSchema.exactOptional(),
      width: length.exactOptional(),
      height: length.exactOptional(),
      beats: z.array(gridBeatSchema).exactOptional(),
      music: musicPlanSchema.nullable().exactOptional(),
      titles: z.array(titleSchema).exactOptional(),
      markers: z.array(markerSchema).exactOptional(),
      leftOut: z.array(z.object({ photoId: id, reason: z.string() })).exactOptional(),
    }),
  }),
]);
export type SimpleEdit = z.infer<typeof simpleEditSchema>;
export type PatchEdit = Extract<SimpleEdit, { type: 'patch' }>;
export type NewClip = z.infer<typeof newClipSchema>;

/** Several edits as one step of undo: all or none. */
export const batchSchema = z.object({ type: z.literal('batch'), edits: z.array(simpleEditSchema).min(1) });

export const editSchema = z.union([simpleEditSchema, batchSchema]);
export type Edit = z.infer<typeof editSchema>;
