/** What a key acts on, and what an answer to a suggestion does. Pure. */
import type { RoomType } from '../../../pipeline/domain.ts';
import { dismissSuggestions, labelPhotos } from '../../../pipeline/rooms/actions.ts';
import type { RoomsAction, RoomsDecisions } from '../../../pipeline/rooms/decisions.ts';
import type { LaneView, PhotoView, RoomsView, Suggestion } from '../../../pipeline/rooms/view.ts';

/** Rooms of most listings, under the number keys 1 to 9. */
export const USUAL_ROOMS = [
  'exterior_front',
  'living_room',
  'kitchen',
  'dining_room',
  'primary_bedroom',
  'bedroom',
  'bathroom',
  'patio',
  'garden',
] as const satisfies readonly RoomType[];

export interface Target {
  readonly selected: ReadonlySet<string>;
  readonly focus: string | null;
}

/** The photos that an action on photos means: the selected ones, else the one in focus. */
export function photoTargets({ selected, focus }: Target): readonly string[] {
  if (selected.size > 0) return [...selected];
  return focus === null ? [] : [focus];
}

export function laneOf(view: RoomsView, photoId: string | null): LaneView | null {
  if (photoId === null) return null;
  return view.lanes.find((lane) => lane.photos.some((photo) => photo.id === photoId)) ?? null;
}

export function photoOf(view: RoomsView, photoId: string | null): PhotoView | null {
  if (photoId === null) return null;
  const lane = laneOf(view, photoId);
  return (lane?.photos ?? view.excluded).find((photo) => photo.id === photoId) ?? null;
}

/** The photos that a name is for: the selected ones, else the whole room in focus. */
export function labelTargets(view: RoomsView, target: Target): readonly string[] {
  if (target.selected.size > 0) return [...target.selected];
  return laneOf(view, target.focus)?.photos.map((photo) => photo.id) ?? [];
}

let made = 0;
/** An id for a room that a person makes. */
export function newLaneId(): string {
  made += 1;
  return `lane_${crypto.randomUUID()}_${made}`;
}

/** Gives the photos a name. */
export function label(
  view: RoomsView,
  decisions: RoomsDecisions,
  photoIds: readonly string[],
  room: RoomType | null,
): RoomsAction | null {
  return labelPhotos(view, decisions, photoIds, room, newLaneId);
}

/** Agrees with a suggestion: the likeliest name becomes the person's, what was only to be seen is put away. */
export function accept(view: RoomsView, decisions: RoomsDecisions, suggestion: Suggestion): RoomsAction | null {
  const lane = view.lanes.find((one) => one.id === suggestion.laneId);
  if (lane === undefined) return null;
  if (suggestion.kind === 'uncertain_label' || suggestion.kind === 'low_confidence')
    return label(
      view,
      decisions,
      lane.photos.map((photo) => photo.id),
      lane.roomType,
    );
  return dismissSuggestions(decisions, [suggestion.id]);
}

/** The suggestion that Enter and D answer: the lane's first, one about the photo in focus before it. */
export function suggestionInFocus(lane: LaneView | null, focus: string | null): Suggestion | null {
  if (lane === null) return null;
  const about = lane.suggestions.find(
    (one) => focus !== null && one.photoIds.length < lane.photos.length && one.photoIds[0] === focus,
  );
  return about ?? lane.suggestions[0] ?? null;
}

/** `one, two and three` of these values: the shared one, or `mixed`. */
export function shared<T>(values: readonly T[]): T | 'mixed' | null {
  const [first] = values;
  if (first === undefined) return null;
  return values.every((value) => value === first) ? first : 'mixed';
}
