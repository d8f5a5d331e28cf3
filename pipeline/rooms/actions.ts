/**
 * What an editor can do to rooms, each as one action with one undo step. Each takes what is seen and gives the changes;
 * an action that would change nothing gives null, so that no key press leaves an empty undo step.
 */
import type { Motion, RoomType } from '../domain.ts';
import type { Change, Field, FieldValues, RoomsAction, RoomsDecisions } from './decisions.ts';
import { type LaneView, type RoomsView, roomName } from './view.ts';

/** Collects register changes; a register that would keep its value is left out. */
class Changes {
  readonly list: Change[] = [];
  private readonly decisions: RoomsDecisions;

  constructor(decisions: RoomsDecisions) {
    this.decisions = decisions;
  }

  set<F extends Field>(field: F, subject: string, to: FieldValues[F] | null): void {
    const from = this.decisions[field][subject] ?? null;
    // The generic pair (field, value) is one of the union's members by construction; the checker cannot see it.
    if (from !== to) this.list.push({ field, subject, from, to } as Change);
  }

  /** A lane that a person touched is theirs: all its photos are placed, so that no later analysis takes it apart. */
  pin(lane: LaneView, except: ReadonlySet<string>): void {
    for (const { id } of lane.photos) if (!except.has(id)) this.set('place', id, lane.id);
  }

  action(label: string): RoomsAction | null {
    return this.list.length === 0 ? null : { label, changes: this.list };
  }
}

const count = (n: number): string => (n === 1 ? '1 photo' : `${n} photos`);
const laneOf = (view: RoomsView, photoId: string): LaneView | undefined =>
  view.lanes.find((lane) => lane.photos.some((photo) => photo.id === photoId));
const lanesTouched = (view: RoomsView, ids: ReadonlySet<string>): readonly LaneView[] =>
  view.lanes.filter((lane) => lane.photos.some((photo) => ids.has(photo.id)));

/** Puts photos into a lane. They take on its name when a person gave one, and lose their own when not. */
export function movePhotos(
  view: RoomsView,
  decisions: RoomsDecisions,
  photoIds: readonly string[],
  laneId: string,
): RoomsAction | null {
  const target = view.lanes.find((lane) => lane.id === laneId);
  if (target === undefined) return null;
  const moving = new Set(photoIds.filter((id) => laneOf(view, id) !== undefined && laneOf(view, id) !== target));
  if (moving.size === 0) return null;
  const changes = new Changes(decisions);
  for (const lane of lanesTouched(view, moving)) changes.pin(lane, moving);
  changes.pin(target, moving);
  const room = target.labelledByYou ? target.roomType : null;
  for (const id of moving) {
    changes.set('place', id, target.id);
    changes.set('room', id, room);
    changes.set('hero', id, null);
  }
  return changes.action(`Move ${count(moving.size)} to ${roomName(target.roomType)}`);
}

/**
 * Makes one room of all rooms that the photos are in. The first photo's room stays; a name that a person gave to any of
 * them is kept, the first room's own before the others'.
 */
export function mergeLanes(
  view: RoomsView,
  decisions: RoomsDecisions,
  photoIds: readonly string[],
): RoomsAction | null {
  const target = photoIds.map((id) => laneOf(view, id)).find((lane) => lane !== undefined);
  if (target === undefined) return null;
  const others = lanesTouched(view, new Set(photoIds)).filter((lane) => lane !== target);
  if (others.length === 0) return null;
  const named = [target, ...others].find((lane) => lane.labelledByYou);
  const changes = new Changes(decisions);
  for (const lane of [target, ...others])
    for (const { id } of lane.photos) {
      changes.set('place', id, target.id);
      changes.set('room', id, named?.roomType ?? null);
      if (lane !== target) changes.set('hero', id, null);
    }
  return changes.action(`Merge ${others.length + 1} rooms into ${roomName((named ?? target).roomType)}`);
}

/** Makes a room of its own of the photos. Null when they are a whole room already. */
export function splitOff(
  view: RoomsView,
  decisions: RoomsDecisions,
  photoIds: readonly string[],
  newLaneId: string,
): RoomsAction | null {
  const ids = new Set(photoIds.filter((id) => laneOf(view, id) !== undefined));
  const lanes = lanesTouched(view, ids);
  if (ids.size === 0 || (lanes.length === 1 && lanes[0]?.photos.length === ids.size)) return null;
  const changes = new Changes(decisions);
  for (const lane of lanes) changes.pin(lane, ids);
  for (const id of ids) {
    changes.set('place', id, newLaneId);
    changes.set('hero', id, null);
    if (lanes.length > 1) changes.set('room', id, null);
  }
  return changes.action(`Split off ${count(ids.size)}`);
}

/**
 * Names the room of the photos. Where they are only a part of a room, that part becomes a room of its own: photos of one
 * room cannot have two names. Whole rooms keep their grouping.
 */
export function labelPhotos(
  view: RoomsView,
  decisions: RoomsDecisions,
  photoIds: readonly string[],
  room: RoomType | null,
  newLaneId: (lane: LaneView) => string,
): RoomsAction | null {
  const ids = new Set(photoIds.filter((id) => laneOf(view, id) !== undefined));
  const changes = new Changes(decisions);
  for (const lane of lanesTouched(view, ids)) {
    const part = lane.photos.filter((photo) => ids.has(photo.id));
    const whole = part.length === lane.photos.length;
    if (!whole && room !== null && lane.roomType === room && !lane.labelledByYou) {
      // A part that already has the name confirms it for the whole room.
      for (const { id } of lane.photos) changes.set('room', id, room);
      continue;
    }
    if (!whole && lane.labelledByYou && lane.roomType === room) continue;
    const laneId = whole ? undefined : newLaneId(lane);
    if (!whole) changes.pin(lane, ids);
    for (const { id } of part) {
      changes.set('room', id, room);
      if (laneId !== undefined) {
        changes.set('place', id, laneId);
        changes.set('hero', id, null);
      }
    }
  }
  return changes.action(room === null ? `Take back the name of ${count(ids.size)}` : `Label ${roomName(room)}`);
}

/** Leaves photos out of the film, or takes them in again. Their room, name and move stay known. */
export function excludePhotos(
  decisions: RoomsDecisions,
  photoIds: readonly string[],
  excluded: boolean,
): RoomsAction | null {
  const changes = new Changes(decisions);
  for (const id of photoIds) changes.set('excluded', id, excluded ? true : null);
  return changes.action(`${excluded ? 'Leave out' : 'Take back in'} ${count(changes.list.length)}`);
}

/** Makes a photo the hero of its room. */
export function makeHero(view: RoomsView, decisions: RoomsDecisions, photoId: string): RoomsAction | null {
  const lane = laneOf(view, photoId);
  if (lane === undefined) return null;
  const changes = new Changes(decisions);
  for (const { id } of lane.photos) changes.set('hero', id, id === photoId ? true : null);
  return changes.action(`Hero of ${roomName(lane.roomType)}`);
}

/** Says that photos are no near-duplicates, or takes that back. */
export function keepDuplicates(
  decisions: RoomsDecisions,
  photoIds: readonly string[],
  kept: boolean,
): RoomsAction | null {
  const changes = new Changes(decisions);
  for (const id of photoIds) changes.set('kept', id, kept ? true : null);
  return changes.action(kept ? `Keep ${count(changes.list.length)} beside the one alike` : 'Near-duplicates again');
}

/** A person's move, amount (0..1) or length (seconds) for shots; null gives it back to the plan. */
export function setShot(
  decisions: RoomsDecisions,
  photoIds: readonly string[],
  values: { readonly motion?: Motion | null; readonly amount?: number | null; readonly duration?: number | null },
): RoomsAction | null {
  const changes = new Changes(decisions);
  for (const id of photoIds) {
    if (values.motion !== undefined) changes.set('motion', id, values.motion);
    if (values.amount !== undefined) changes.set('amount', id, values.amount);
    if (values.duration !== undefined) changes.set('duration', id, values.duration);
  }
  const what =
    values.motion !== undefined
      ? values.motion === null
        ? 'Motion as planned'
        : `Motion ${values.motion.replaceAll('_', ' ')}`
      : values.amount !== undefined
        ? 'Change the amount'
        : 'Change the length';
  return changes.action(what);
}

/** Puts suggestions away for good; undo brings them back. */
export function dismissSuggestions(decisions: RoomsDecisions, ids: readonly string[]): RoomsAction | null {
  const changes = new Changes(decisions);
  for (const id of ids) changes.set('dismissed', id, true);
  return changes.action(ids.length === 1 ? 'Dismiss a suggestion' : `Dismiss ${ids.length} suggestions`);
}
