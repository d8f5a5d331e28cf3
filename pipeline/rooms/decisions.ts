/**
 * What a person decided about a listing's photos, as registers: one value a field and subject, null where nothing was
 * decided. Every action is a list of register changes with the value before and after, so that its inverse is the same
 * list turned round, and two people's actions meet field by field.
 */
import { PicaividError } from '../../base/errors.ts';
import { type HumanDecisions, MOTIONS, type Motion, ROOM_TYPES, type RoomType } from '../domain.ts';

/** Subjects are photo ids, but for `dismissed`, whose subject is a suggestion's id. */
export interface FieldValues {
  /** The photo's room by a person's word. All photos of a lane carry the same, or none does. */
  readonly room: RoomType;
  /** The lane (actual room) the photo belongs to by a person's word. */
  readonly place: string;
  readonly excluded: true;
  readonly hero: true;
  readonly motion: Motion;
  /** 0..1 */
  readonly amount: number;
  /** Seconds. */
  readonly duration: number;
  /** Not a near-duplicate, whatever it looks like. */
  readonly kept: true;
  readonly dismissed: true;
}
export type Field = keyof FieldValues;
export const FIELDS = [
  'room', 'place', 'excluded', 'hero', 'motion', 'amount', 'duration', 'kept', 'dismissed',
] as const satisfies readonly Field[]; // biome-ignore format: one glance

export type RoomsDecisions = { readonly [F in Field]: Readonly<Record<string, FieldValues[F]>> };

export type Change = {
  [F in Field]: {
    readonly field: F;
    readonly subject: string;
    readonly from: FieldValues[F] | null;
    readonly to: FieldValues[F] | null;
  };
}[Field];

/** One undo step: what a person did, in a sentence, and what it changed. */
export interface RoomsAction {
  readonly label: string;
  readonly changes: readonly Change[];
}

export const NOTHING_DECIDED: RoomsDecisions = {
  room: {}, place: {}, excluded: {}, hero: {}, motion: {}, amount: {}, duration: {}, kept: {}, dismissed: {},
}; // biome-ignore format: one glance

/** Shortest and longest length a person may ask of a shot, seconds. */
export const SHOT_SECONDS = { shortest: 1, longest: 12 } as const;

/** Whether a value read from outside may stand in a field. */
export function isFieldValue(field: Field, value: unknown): boolean {
  if (value === null) return true;
  switch (field) {
    case 'room':
      return (ROOM_TYPES as readonly unknown[]).includes(value);
    case 'motion':
      return (MOTIONS as readonly unknown[]).includes(value);
    case 'place':
      return typeof value === 'string' && value !== '';
    case 'amount':
      return typeof value === 'number' && value >= 0 && value <= 1;
    case 'duration':
      return typeof value === 'number' && value >= SHOT_SECONDS.shortest && value <= SHOT_SECONDS.longest;
    default:
      return value === true;
  }
}

/**
 * The decisions after the changes. Throws `edit_refused` when a register does not hold what the change was made on: the
 * action was made on an older state, and nothing of it is applied.
 */
export function applyChanges(decisions: RoomsDecisions, changes: readonly Change[]): RoomsDecisions {
  const after: Record<string, Record<string, unknown>> = {};
  for (const { field, subject, from, to } of changes) {
    const register = after[field] ?? { ...decisions[field] };
    after[field] = register;
    // Own values only: a subject from outside may be called like a method of every object.
    const held = Object.hasOwn(register, subject) ? register[subject] : null;
    if ((held ?? null) !== from)
      throw new PicaividError('edit_refused', 'This was changed meanwhile. Look at it again and repeat the action.');
    if (to === null) delete register[subject];
    else register[subject] = to;
  }
  return { ...decisions, ...after } as RoomsDecisions;
}

/** The changes that take these back. */
export function invertChanges(changes: readonly Change[]): readonly Change[] {
  return [...changes].reverse().map((change) => ({ ...change, from: change.to, to: change.from }) as Change);
}

/**
 * How many photos of a lane stand in its links. One would do, as links are transitive; with three, lanes stay together
 * and apart when photos have vanished from the folder since.
 */
const WITNESSES = 3;

/**
 * The decisions as phase 1 takes them: photos that a person put into one lane stay together, lanes that a person made
 * stay apart. A photo is in one lane, so no pair is ever in both lists, nor linked through others against one.
 */
export function toHumanDecisions(decisions: RoomsDecisions): HumanDecisions {
  const byLane = new Map<string, string[]>();
  for (const [photoId, lane] of Object.entries(decisions.place).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const photos = byLane.get(lane);
    if (photos === undefined) byLane.set(lane, [photoId]);
    else photos.push(photoId);
  }
  const lanes = [...byLane.values()];
  return {
    roomOverride: decisions.room,
    excluded: Object.keys(decisions.excluded),
    mustLink: lanes.flatMap((photos) =>
      photos.flatMap((a, index) => photos.slice(index + 1, index + 1 + WITNESSES).map((b) => [a, b] as const)),
    ),
    cannotLink: lanes.flatMap((photos, index) =>
      lanes
        .slice(index + 1)
        .flatMap((others) =>
          photos.slice(0, WITNESSES).flatMap((a) => others.slice(0, WITNESSES).map((b) => [a, b] as const)),
        ),
    ),
    heroes: Object.keys(decisions.hero),
    motions: decisions.motion,
    durationsSeconds: decisions.duration,
  };
}
