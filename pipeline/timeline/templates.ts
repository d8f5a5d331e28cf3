/**
 * Film styles as data. The builder reads nothing else about a style; a new style is a new value here.
 * Starting values after how such films are cut; checked by looking at what the builder makes of the test listing.
 */
import { z } from 'zod';
import { ROOM_TYPES, type RoomType, TEMPLATE_NAMES, type TemplateName, TRANSITIONS } from '../domain.ts';
import { frameRateSchema } from './schema.ts';

const roomSchema = z.enum(ROOM_TYPES);
const share = z.number().min(0).max(1);

/** `bars` of music for a shot; halved or doubled until it lasts between `minSeconds` and `maxSeconds`. */
const paceSchema = z.object({
  bars: z.number().positive(),
  minSeconds: z.number().positive(),
  maxSeconds: z.number().positive(),
});
export type Pace = z.infer<typeof paceSchema>;

export const templateSchema = z.object({
  name: z.enum(TEMPLATE_NAMES),
  description: z.string(),
  /** Order in which rooms are shown; types not named come just before the closing ones, in taxonomy order. */
  roomOrder: z.array(roomSchema),
  /** 0..1, how much it matters that a room of this type is in the film at all; 1 where not named. */
  roomImportance: z.partialRecord(roomSchema, share),
  pacing: z.object({
    /** First (hero) shot of a room, and every further one. */
    hero: paceSchema,
    other: paceSchema,
    /** Rooms with their own pace for every shot. */
    byRoom: z.partialRecord(roomSchema, paceSchema),
    /** Most shots of one room cluster. */
    maxShotsPerRoom: z.number().int().positive(),
    /** How strongly a cut off the downbeat is avoided (0 = any beat is as good). */
    downbeatWeight: z.number().nonnegative(),
  }),
  transitions: z.object({
    /** Share of all cuts that get a transition; the strongest changes of place first. */
    share,
    /** Used in turn, most used first. The rest are plain cuts. */
    types: z.array(z.enum(TRANSITIONS)),
    seconds: z.number().positive(),
    /** Transition between outside and inside, where the style wants another one. */
    outsideInside: z.enum(TRANSITIONS).exactOptional(),
  }),
  opening: z.object({
    rooms: z.array(roomSchema),
    transition: z.enum(TRANSITIONS),
    seconds: z.number().nonnegative(),
    pace: paceSchema,
  }),
  closing: z.object({ rooms: z.array(roomSchema), pace: paceSchema }),
  audio: z.object({
    policy: z.enum(['mute', 'keep', 'duck']),
    fadeInSeconds: z.number().nonnegative(),
    fadeOutSeconds: z.number().nonnegative(),
  }),
  /** Title cards appear only when a text is given; these say where and for how long. */
  titles: z.object({ openingSeconds: z.number().positive(), closingSeconds: z.number().positive() }),
  targetSeconds: z.number().positive(),
  frameRate: frameRateSchema,
  width: z.number().int().positive(),
  height: z.number().int().positive(),
});
export type Template = z.infer<typeof templateSchema>;

// The walk of a visitor: street, door, the rooms one lives in, the private ones, the rest, and out to the garden.
const VISITOR: RoomType[] = [
  'exterior_front', 'aerial', 'entry', 'hallway', 'living_room', 'family_room', 'dining_room', 'kitchen', 'stairs',
  'primary_bedroom', 'primary_bathroom', 'bedroom', 'bathroom', 'office', 'media_room', 'gym', 'closet', 'laundry',
  'basement', 'attic', 'garage', 'amenity', 'detail', 'other', 'floor_plan', 'balcony', 'patio', 'garden',
  'exterior_back', 'pool', 'view',
]; // biome-ignore format: reads as a walk

// Selling order: the strongest rooms early, service rooms late.
const SELLING: RoomType[] = [
  'exterior_front', 'aerial', 'entry', 'living_room', 'kitchen', 'dining_room', 'family_room', 'primary_bedroom',
  'primary_bathroom', 'bedroom', 'bathroom', 'office', 'media_room', 'gym', 'stairs', 'hallway', 'amenity', 'closet',
  'laundry', 'basement', 'attic', 'garage', 'detail', 'other', 'floor_plan', 'balcony', 'patio', 'garden',
  'exterior_back', 'pool', 'view',
]; // biome-ignore format: reads as a list

const OPENING: RoomType[] = ['exterior_front', 'aerial', 'exterior_back', 'pool', 'garden', 'view', 'patio', 'balcony'];
const CLOSING: RoomType[] = ['aerial', 'view', 'pool', 'exterior_back', 'exterior_front', 'patio', 'garden', 'balcony'];

const MINOR: Template['roomImportance'] = {
  closet: 0.3, laundry: 0.3, garage: 0.4, hallway: 0.5, stairs: 0.5, attic: 0.4, basement: 0.5, detail: 0.4,
  floor_plan: 0.15, other: 0.3, bathroom: 0.7, garden: 0.8,
}; // biome-ignore format: one glance

const FPS_30 = { num: 30, den: 1 };
const TITLES = { openingSeconds: 3, closingSeconds: 4 };

export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  classic: {
    name: 'classic',
    description: 'Calm and clear: a bar or two for each view, soft dissolves between rooms.',
    roomOrder: SELLING,
    roomImportance: MINOR,
    pacing: {
      hero: { bars: 2, minSeconds: 2.6, maxSeconds: 5 },
      other: { bars: 1, minSeconds: 2, maxSeconds: 4 },
      byRoom: { detail: { bars: 1, minSeconds: 1.5, maxSeconds: 3 } },
      maxShotsPerRoom: 3,
      downbeatWeight: 0.5,
    },
    transitions: { share: 0.45, types: ['cross_dissolve'], seconds: 0.4 },
    opening: {
      rooms: OPENING,
      transition: 'dip_black',
      seconds: 0.5,
      pace: { bars: 2, minSeconds: 3, maxSeconds: 5.5 },
    },
    closing: { rooms: CLOSING, pace: { bars: 2, minSeconds: 3, maxSeconds: 6 } },
    audio: { policy: 'mute', fadeInSeconds: 0.1, fadeOutSeconds: 2 },
    titles: TITLES,
    targetSeconds: 45,
    frameRate: FPS_30,
    width: 1920,
    height: 1080,
  },
  luxury: {
    name: 'luxury',
    description: 'Slow and generous: long looks, long dissolves, fewer and better views.',
    roomOrder: SELLING,
    roomImportance: { ...MINOR, closet: 0.2, laundry: 0.1, garage: 0.2, other: 0.2 },
    pacing: {
      hero: { bars: 2, minSeconds: 3.6, maxSeconds: 6.2 },
      other: { bars: 2, minSeconds: 2.8, maxSeconds: 5 },
      byRoom: { detail: { bars: 1, minSeconds: 2.2, maxSeconds: 4 } },
      maxShotsPerRoom: 3,
      downbeatWeight: 0.8,
    },
    transitions: { share: 0.8, types: ['cross_dissolve'], seconds: 0.8, outsideInside: 'dip_black' },
    opening: {
      rooms: OPENING,
      transition: 'dip_black',
      seconds: 1,
      pace: { bars: 2, minSeconds: 4, maxSeconds: 6.5 },
    },
    closing: { rooms: CLOSING, pace: { bars: 3, minSeconds: 4, maxSeconds: 6.5 } },
    audio: { policy: 'mute', fadeInSeconds: 0.5, fadeOutSeconds: 3 },
    titles: TITLES,
    targetSeconds: 60,
    frameRate: FPS_30,
    width: 1920,
    height: 1080,
  },
  energetic: {
    name: 'energetic',
    description: 'Cut to the music: short views, hard cuts on the bar, a zoom now and then.',
    roomOrder: SELLING,
    roomImportance: MINOR,
    pacing: {
      hero: { bars: 1, minSeconds: 1.7, maxSeconds: 3 },
      other: { bars: 0.5, minSeconds: 1.2, maxSeconds: 2.2 },
      byRoom: {},
      maxShotsPerRoom: 4,
      downbeatWeight: 0.5,
    },
    transitions: { share: 0.2, types: ['zoom', 'slide'], seconds: 0.27 },
    opening: { rooms: OPENING, transition: 'cut', seconds: 0, pace: { bars: 1, minSeconds: 1.8, maxSeconds: 3.5 } },
    closing: { rooms: CLOSING, pace: { bars: 2, minSeconds: 2.5, maxSeconds: 5 } },
    audio: { policy: 'mute', fadeInSeconds: 0.07, fadeOutSeconds: 1 },
    titles: { openingSeconds: 2, closingSeconds: 3 },
    targetSeconds: 30,
    frameRate: FPS_30,
    width: 1920,
    height: 1080,
  },
  walkthrough: {
    name: 'walkthrough',
    description: 'A visit in order: in by the door, room after room, out to the garden; several views of each room.',
    roomOrder: VISITOR,
    roomImportance: { ...MINOR, hallway: 0.9, stairs: 0.9, bathroom: 0.9, entry: 1 },
    pacing: {
      hero: { bars: 2, minSeconds: 2.6, maxSeconds: 5.5 },
      other: { bars: 2, minSeconds: 2.4, maxSeconds: 4.5 },
      byRoom: {
        hallway: { bars: 1, minSeconds: 1.8, maxSeconds: 3.5 },
        stairs: { bars: 1, minSeconds: 1.8, maxSeconds: 3.5 },
        detail: { bars: 1, minSeconds: 1.5, maxSeconds: 3 },
      },
      maxShotsPerRoom: 5,
      downbeatWeight: 0.4,
    },
    transitions: { share: 0.6, types: ['cross_dissolve', 'cross_dissolve', 'wipe'], seconds: 0.4 },
    opening: {
      rooms: OPENING,
      transition: 'dip_black',
      seconds: 0.5,
      pace: { bars: 2, minSeconds: 3, maxSeconds: 5.5 },
    },
    closing: { rooms: CLOSING, pace: { bars: 2, minSeconds: 3, maxSeconds: 6 } },
    audio: { policy: 'mute', fadeInSeconds: 0.1, fadeOutSeconds: 2 },
    titles: TITLES,
    targetSeconds: 90,
    frameRate: FPS_30,
    width: 1920,
    height: 1080,
  },
  social_vertical: {
    name: 'social_vertical',
    description: 'For the phone: upright, quick, the best rooms first, one good ending.',
    roomOrder: SELLING,
    roomImportance: { ...MINOR, hallway: 0.3, stairs: 0.4, office: 0.6 },
    pacing: {
      hero: { bars: 1, minSeconds: 1.6, maxSeconds: 2.8 },
      other: { bars: 0.5, minSeconds: 1.2, maxSeconds: 2 },
      byRoom: {},
      maxShotsPerRoom: 3,
      downbeatWeight: 0.6,
    },
    transitions: { share: 0.25, types: ['slide', 'zoom'], seconds: 0.27 },
    opening: { rooms: OPENING, transition: 'cut', seconds: 0, pace: { bars: 1, minSeconds: 1.6, maxSeconds: 3 } },
    closing: { rooms: CLOSING, pace: { bars: 1, minSeconds: 2, maxSeconds: 4 } },
    audio: { policy: 'mute', fadeInSeconds: 0.07, fadeOutSeconds: 1 },
    titles: { openingSeconds: 2, closingSeconds: 2.5 },
    targetSeconds: 20,
    frameRate: FPS_30,
    width: 1080,
    height: 1920,
  },
};
