/**
 * What an editor can do to rooms, each as one action with one undo step. Each takes what is seen and gives the changes;
 * an action that would change nothing gives null, so that no key press leaves an empty undo step.
 */
import type { Motion, RoomType } from '../domain.ts';
import type { Change, Field, FieldValues, RoomsAction, RoomsDecisions } from './decisions.ts';
import { type LaneView, likeliestRoomsOf, type PhotoView, type RoomsView, roomName } from './view.ts';

/** Collects register changes; a register that would keep its value is left out, one set twice keeps the last. */
class Changes {
  private readonly byRegister = new Map<string, Change>();
  private readonly decisions: RoomsDecisions;

  constructor(decisions: RoomsDecisions) {
    this.decisions = decisions;
  }

  get list(): readonly Change[] {
    return [...this.byRegister.values()];
  }

  set<F extends Field>(field: F, subject: string, to: FieldValues[F] | null): void {
    const from = this.decisions[field][subject] ?? null;
    const key = `${field} ${subject}`;
    // The generic pair (field, value) is one of the union's members by construction; the checker cannot see it.
    if (from === to) this.byRegister.delete(key);
    else this.byRegister.set(key, { field, subject, from, to } as Change);
  }

  /** A lane that a person touched is theirs: all its photos are placed, so that no later analysis takes it apart. */
  pin(lane: LaneView, except: ReadonlySet<string>): void {
    for (const { id } of lane.photos) if (!except.has(id)) this.set('place', id, lane.id);
  }

  action(label: string): RoomsAction | null {
    const changes = this.list;
    return changes.length === 0 ? null : { label, changes };
  }
}

const count = (n: number): string => (n === 1 ? '1 photo' : `${n} photos`);
const laneOf = (view: RoomsView, photoId: string): LaneView | undefined =>
  view.lanes.find((lane) => lane.photos.some((photo) => photo.id === photoId));
const lanesTouched = (view: RoomsView, ids: ReadonlySet<string>): readonly LaneView[] =>
  view.lanes.filter((lane) => lane.photos.some((photo) => ids.has(photo.id)));

/**
 * Photos join a lane that goes on under its name. Where no person gave the name and the newcomers would change it (by
 * what they show, or by making the room whole again as the analysis named it), it becomes a person's: they were put
 * there because of it.
 */
function joinedName(target: LaneView, newcomers: readonly PhotoView[]): RoomType | null {
  if (target.labelledByYou) return target.roomType;
  const likeliest = likeliestRoomsOf([...target.photos, ...newcomers])[0];
  const same = likeliest === target.roomType && (target.foundAs ?? target.roomType) === target.roomType;
  return same ? null : target.roomType;
}

/** Puts photos into a lane. It keeps its name; they lose theirs. */
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
  const newcomers = view.lanes.flatMap((lane) => lane.photos.filter(({ id }) => moving.has(id)));
  const room = joinedName(target, newcomers);
  for (const { id } of target.photos) changes.set('room', id, room);
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
  const newcomers = others.flatMap((lane) => lane.photos);
  const room = named?.roomType ?? joinedName(target, newcomers);
  const changes = new Changes(decisions);
  for (const lane of [target, ...others])
    for (const { id } of lane.photos) {
      changes.set('place', id, target.id);
      changes.set('room', id, room);
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
 * room cannot have two names. Whole rooms keep their grouping. Null takes the name back, from the whole room: its photos
 * share one name.
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
    if (room === null) {
      for (const { id } of lane.photos) changes.set('room', id, null);
      continue;
    }
    if (!whole && lane.roomType === room && !lane.labelledByYou) {
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
  return changes.action(room === null ? 'Take back the name' : `Label ${roomName(room)}`);
}

/**
 * Leaves photos out of the film, or takes them in again. Their room, name and move stay known; a photo that comes back
 * to a room that was named anew, or got another hero, meanwhile takes that on.
 */
export function excludePhotos(
  view: RoomsView,
  decisions: RoomsDecisions,
  photoIds: readonly string[],
  excluded: boolean,
): RoomsAction | null {
  const changes = new Changes(decisions);
  const changing = new Set(
    photoIds.filter((id) => view.homes.has(id) && (decisions.excluded[id] === true) !== excluded),
  );
  for (const id of changing) changes.set('excluded', id, excluded ? true : null);
  if (!excluded) {
    const byHome = new Map<string, string[]>();
    for (const id of changing) {
      const home = view.homes.get(id) ?? '';
      byHome.set(home, [...(byHome.get(home) ?? []), id]);
    }
    for (const [home, ids] of byHome) {
      const lane = view.lanes.find((one) => one.id === home);
      const room =
        lane === undefined
          ? (ids.map((id) => decisions.room[id]).find((one) => one !== undefined) ?? null)
          : lane.labelledByYou
            ? lane.roomType
            : null;
      const hero = lane?.heroByYou === true ? undefined : ids.find((id) => decisions.hero[id] === true);
      for (const id of ids) {
        changes.set('room', id, room);
        if (id !== hero) changes.set('hero', id, null);
      }
    }
  }
  return changes.action(`${excluded ? 'Leave out' : 'Take back in'} ${count(changing.size)}`);
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
  const { length } = changes.list;
  return changes.action(length === 1 ? 'Dismiss a suggestion' : `Dismiss ${length} suggestions`);
}
