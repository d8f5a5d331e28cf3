/** What the motion planner knows, as data: rooms, limits and the words it explains itself with. Pure. */
import type { Motion, RoomType } from '../domain.ts';

/** Moves inside the picture: no depth is needed. */
export const FLAT_MOTIONS: readonly Motion[] = [
  'static', 'push_in', 'pull_out', 'pan_left', 'pan_right', 'tilt_up', 'tilt_down',
]; // biome-ignore format: a list of words
/** Moves that part near from far. */
export const DEPTH_MOTIONS: readonly Motion[] = ['dolly_left', 'dolly_right', 'crane_up', 'crane_down'];
/** Moves around the subject, which show what one photo does not. */
export const ORBIT_MOTIONS: readonly Motion[] = ['orbit_left', 'orbit_right'];
/** Moves that LTX-2's camera LoRAs know: dolly in, out, left, right, jib up, down (static is cheaper without it). */
export const LTX_MOTIONS: readonly Motion[] = [
  'push_in', 'pull_out', 'dolly_left', 'dolly_right', 'crane_up', 'crane_down',
]; // biome-ignore format: a list of words

/** The move that undoes another: consecutive moves of one kind alternate. */
export const OPPOSITE: Readonly<Record<Motion, Motion>> = {
  static: 'static', push_in: 'pull_out', pull_out: 'push_in', pan_left: 'pan_right', pan_right: 'pan_left',
  tilt_up: 'tilt_down', tilt_down: 'tilt_up', dolly_left: 'dolly_right', dolly_right: 'dolly_left',
  orbit_left: 'orbit_right', orbit_right: 'orbit_left', crane_up: 'crane_down', crane_down: 'crane_up',
}; // biome-ignore format: pairs

export interface RoomProfile {
  /** Best first. Moves that are not listed score nothing, but stay allowed where the depth bears them. */
  readonly prefer: readonly Motion[];
  /** Restricts what may be chosen at all; without it everything the depth bears is allowed. */
  readonly only?: readonly Motion[];
  /** Mirrors and glass have a depth of their own that no network sees: stay inside the picture. */
  readonly mirrors?: boolean;
  readonly durationSeconds: number;
  /** How much a film wants this room, 0..1. */
  readonly importance: number;
  readonly why: string;
}

const LIVING: RoomProfile = {
  prefer: ['dolly_right', 'push_in', 'dolly_left', 'pull_out', 'pan_right', 'pan_left'],
  durationSeconds: 3.8,
  importance: 0.8,
  why: 'a furnished room gains from the camera moving past things',
};
const BEDROOM: RoomProfile = {
  prefer: ['push_in', 'dolly_left', 'dolly_right', 'pull_out', 'pan_left', 'pan_right'],
  durationSeconds: 3.4,
  importance: 0.65,
  why: 'a slow approach suits a calm room',
};
const WIDE: RoomProfile = {
  prefer: ['push_in', 'crane_up', 'pull_out', 'crane_down', 'dolly_right', 'dolly_left', 'tilt_up'],
  durationSeconds: 4.2,
  importance: 0.8,
  why: 'a wide exterior bears a slow push or a rise',
};
const MIRRORED: RoomProfile = {
  prefer: ['push_in', 'pan_right', 'pan_left', 'tilt_up', 'tilt_down', 'pull_out'],
  mirrors: true,
  durationSeconds: 3,
  importance: 0.5,
  why: 'mirrors are probable and would show a wrong depth',
};
const TALL: RoomProfile = {
  prefer: ['tilt_up', 'crane_up', 'push_in', 'tilt_down', 'crane_down'],
  durationSeconds: 3.4,
  importance: 0.55,
  why: 'height shows best in an upward move',
};
const PASSAGE: RoomProfile = {
  prefer: ['push_in', 'pull_out', 'static', 'tilt_up'],
  durationSeconds: 3,
  importance: 0.4,
  why: 'a passage draws the camera straight ahead',
};
const SIDE_ROOM: RoomProfile = {
  prefer: ['push_in', 'pan_right', 'pan_left', 'dolly_right', 'dolly_left', 'pull_out'],
  durationSeconds: 2.8,
  importance: 0.35,
  why: 'a side room is told quickly',
};

export const ROOM_PROFILES: Readonly<Record<RoomType, RoomProfile>> = {
  exterior_front: { ...WIDE, importance: 1 },
  exterior_back: { ...WIDE, importance: 0.85 },
  aerial: {
    ...WIDE,
    prefer: ['push_in', 'pull_out', 'crane_up', 'crane_down', 'pan_right', 'pan_left'],
    importance: 0.9,
  },
  entry: TALL,
  living_room: { ...LIVING, importance: 0.95 },
  family_room: LIVING,
  kitchen: { ...LIVING, importance: 0.95 },
  dining_room: { ...LIVING, importance: 0.7 },
  primary_bedroom: { ...BEDROOM, importance: 0.8 },
  bedroom: BEDROOM,
  primary_bathroom: { ...MIRRORED, importance: 0.6 },
  bathroom: MIRRORED,
  office: { ...BEDROOM, importance: 0.5 },
  laundry: SIDE_ROOM,
  closet: { ...MIRRORED, importance: 0.3, durationSeconds: 2.6 },
  hallway: PASSAGE,
  stairs: TALL,
  basement: SIDE_ROOM,
  attic: SIDE_ROOM,
  garage: { ...SIDE_ROOM, importance: 0.25 },
  gym: { ...MIRRORED, importance: 0.45 },
  media_room: { ...LIVING, importance: 0.6 },
  balcony: { ...WIDE, importance: 0.6, durationSeconds: 3.6 },
  patio: { ...WIDE, importance: 0.65, durationSeconds: 3.6 },
  pool: { ...WIDE, importance: 0.9 },
  garden: { ...WIDE, importance: 0.65 },
  view: { ...WIDE, prefer: ['push_in', 'pan_right', 'pan_left', 'pull_out'], importance: 0.75 },
  amenity: { ...LIVING, importance: 0.5 },
  detail: {
    prefer: ['push_in', 'static', 'pull_out'],
    only: ['static', 'push_in', 'pull_out'],
    durationSeconds: 2.4,
    importance: 0.3,
    why: 'a detail wants a still or gently closing camera',
  },
  floor_plan: {
    prefer: ['static'],
    only: ['static'],
    durationSeconds: 4,
    importance: 0.1,
    why: 'a floor plan is read, not travelled through',
  },
  other: SIDE_ROOM,
};

/** Why a photo may only be moved inside its picture, or why it may do more. First that holds counts. */
export interface TierFacts {
  readonly hasDepth: boolean;
  readonly depthVariance: number;
  readonly edgeAgreement: number;
  readonly planeResidual: number;
  readonly lineStrength: number;
  readonly mirrors: boolean;
  readonly reconstructed: boolean;
}
export interface TierRule {
  readonly when: (facts: TierFacts) => boolean;
  readonly tier: '2d' | '2.5d' | '3d';
  readonly reason: string;
}

/** Variance of normalised inverse depth below which nothing stands before anything (an even ramp has 0.083). */
export const FLAT_VARIANCE = 0.012;
/**
 * Distance from one plane (`planeResidual`) below which a photo shows one surface, however its depth was stretched. With
 * METER 14 whole photos lie at 0.101 to 0.202, 10 of 14 crops of one wall, ceiling or sky at 0.040 to 0.071.
 */
export const FLAT_RESIDUAL = 0.08;
/**
 * Line strength (0..1) from which warping is feared to show as bent lines; a judgement. The 22 sample photos lie at 0.46
 * to 0.85, so none of them is held back by it.
 */
export const STRONG_LINES = 0.85;
/** Lines matter where depth edges do not follow the picture: they are then bent at the wrong places. */
export const LINES_NEED_AGREEMENT = 0.6;

export const TIER_RULES: readonly TierRule[] = [
  { when: (f) => f.mirrors, tier: '2d', reason: 'Kept inside the picture: mirrors are probable here and their depth is unknown.' },
  { when: (f) => !f.hasDepth, tier: '2d', reason: 'Kept inside the picture: there is no depth for this photo.' },
  { when: (f) => f.depthVariance < FLAT_VARIANCE, tier: '2d', reason: 'Kept inside the picture: the depth is nearly flat, so nothing would part.' },
  { when: (f) => f.planeResidual < FLAT_RESIDUAL, tier: '2d', reason: 'Kept inside the picture: it shows one flat surface, so nothing would part.' },
  {
    when: (f) => f.lineStrength > STRONG_LINES && f.edgeAgreement < LINES_NEED_AGREEMENT,
    tier: '2d',
    reason: 'Kept inside the picture: many straight lines would bend.',
  },
  { when: (f) => f.reconstructed, tier: '3d', reason: 'The room was reconstructed from overlapping photos, so the camera may go around things.' },
  { when: () => true, tier: '2.5d', reason: 'Near and far stand apart, so the camera may travel.' },
]; // biome-ignore format: one rule a line
