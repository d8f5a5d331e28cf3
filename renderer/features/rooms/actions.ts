/** What keys, buttons and menus of this screen do: each reads what is seen now and performs one action. */
import type { Motion, RoomType } from '../../../pipeline/domain.ts';
import {
  dismissSuggestions,
  excludePhotos,
  keepDuplicates,
  makeHero,
  mergeLanes,
  movePhotos,
  setShot,
  splitOff,
} from '../../../pipeline/rooms/actions.ts';
import type { RoomsAction, RoomsDecisions } from '../../../pipeline/rooms/decisions.ts';
import type { LaneView, RoomsView, Suggestion } from '../../../pipeline/rooms/view.ts';
import { perform, useRooms } from '../../stores/rooms.ts';
import { between, type Layout, lanesInOrder, neighbour, nextAttention, type Side } from './layout.ts';
import { accept, label, labelTargets, laneOf, newLaneId, photoTargets, suggestionInFocus } from './targets.ts';

const NOBODY: ReadonlySet<string> = new Set();

type Make = (view: RoomsView, decisions: RoomsDecisions) => RoomsAction | null;

function act(make: Make): boolean {
  const { view, decisions } = useRooms.getState();
  return view !== null && decisions !== null && perform(make(view, decisions));
}

// ───────────────────────────── Selection and focus ─────────────────────────────

export function focusOn(photoId: string | null): void {
  useRooms.setState({ focus: photoId, anchor: photoId, selected: NOBODY });
}

export function select(photoIds: Iterable<string>, focus?: string): void {
  const selected = new Set(photoIds);
  const { focus: before } = useRooms.getState();
  useRooms.setState({ selected, focus: focus ?? before });
}

/** A click: alone it selects one, with Shift the range from the anchor, with Ctrl or Command one more or less. */
export function click(layout: Layout, photoId: string, keys: { readonly shift: boolean; readonly mod: boolean }): void {
  const { selected, anchor } = useRooms.getState();
  if (keys.shift && anchor !== null) {
    const range = between(layout, anchor, photoId);
    select(keys.mod ? [...selected, ...range] : range, photoId);
    return;
  }
  if (keys.mod) {
    const next = new Set(selected);
    if (!next.delete(photoId)) next.add(photoId);
    useRooms.setState({ selected: next, focus: photoId, anchor: photoId });
    return;
  }
  useRooms.setState({ selected: new Set([photoId]), focus: photoId, anchor: photoId });
}

export function selectAll(layout: Layout): void {
  select(layout.order);
}

export function clearSelection(): void {
  useRooms.setState({ selected: NOBODY });
}

export function moveFocus(layout: Layout, side: Side, extend: boolean): void {
  const { focus, anchor } = useRooms.getState();
  const next = neighbour(layout, focus, side);
  if (next === null) return;
  if (!extend) focusOn(next);
  else {
    const from = anchor ?? focus ?? next;
    useRooms.setState({ selected: new Set(between(layout, from, next)), focus: next, anchor: from });
  }
}

// ───────────────────────────── Attention ─────────────────────────────

function focusLane(lane: LaneView): void {
  const [first] = lane.suggestions;
  const about = first?.kind === 'near_duplicate' ? first.photoIds[0] : undefined;
  focusOn(about ?? lane.photos[0]?.id ?? null);
}

/** N: puts the focus on the next room that needs attention, after the one in focus. */
export function goToNextAttention(): boolean {
  const { view, mode, lowFirst, focus } = useRooms.getState();
  if (view === null) return false;
  const lanes = lanesInOrder(view, mode, lowFirst);
  const next = nextAttention(lanes, laneOf(view, focus)?.id ?? null);
  if (next !== null) focusLane(next);
  return next !== null;
}

/**
 * After a decision: on to the next room that needs attention when this one no longer does. The order is that of before,
 * since a room that was settled may have left the list.
 */
function settled(before: RoomsView, lane: LaneView | null): void {
  const { view, mode, lowFirst } = useRooms.getState();
  if (view === null || lane === null || lane.suggestions.length === 0) return;
  const known = new Map(view.lanes.map((one) => [one.id, one]));
  if ((known.get(lane.id)?.suggestions.length ?? 0) > 0) return;
  const order = lanesInOrder(before, mode, lowFirst);
  const at = order.findIndex((one) => one.id === lane.id);
  const rest = [...order.slice(at + 1), ...order.slice(0, at)].flatMap((one) => known.get(one.id) ?? []);
  const next = rest.find((one) => one.suggestions.length > 0);
  if (next === undefined) clearSelection();
  else focusLane(next);
}

function deciding(
  run: (view: RoomsView, decisions: RoomsDecisions, lane: LaneView | null) => RoomsAction | null,
): void {
  const { view, decisions, focus } = useRooms.getState();
  if (view === null || decisions === null) return;
  const lane = laneOf(view, focus);
  if (perform(run(view, decisions, lane))) settled(view, lane);
}

export function labelWith(room: RoomType | null): void {
  deciding((view, decisions) => label(view, decisions, labelTargets(view, useRooms.getState()), room));
}

export function labelLane(lane: LaneView, room: RoomType): void {
  focusOn(lane.photos[0]?.id ?? null);
  deciding((view, decisions) =>
    label(
      view,
      decisions,
      lane.photos.map((photo) => photo.id),
      room,
    ),
  );
}

/** Enter: agrees with the suggestion in focus; near-duplicates of a room are agreed to together. */
export function acceptInFocus(): boolean {
  const { view, focus } = useRooms.getState();
  const suggestion = view === null ? null : suggestionInFocus(laneOf(view, focus), focus);
  if (suggestion === null) return false;
  acceptSuggestion(suggestion);
  return true;
}

export function acceptSuggestion(suggestion: Suggestion): void {
  deciding((view, decisions) =>
    suggestion.kind === 'near_duplicate'
      ? dismissSuggestions(decisions, alike(view, suggestion))
      : accept(view, decisions, suggestion),
  );
}

/** D: puts the suggestion in focus away. */
export function dismissInFocus(): void {
  const { view, focus } = useRooms.getState();
  const suggestion = view === null ? null : suggestionInFocus(laneOf(view, focus), focus);
  if (suggestion !== null) dismiss(suggestion);
}

export function dismiss(suggestion: Suggestion): void {
  deciding((view, decisions) => dismissSuggestions(decisions, alike(view, suggestion)));
}

/** Ids of the room's suggestions of the same kind: they are shown as one. */
function alike(view: RoomsView, suggestion: Suggestion): readonly string[] {
  const lane = view.lanes.find((one) => one.id === suggestion.laneId);
  return (lane?.suggestions ?? []).filter((one) => one.kind === suggestion.kind).map((one) => one.id);
}

// ───────────────────────────── Rooms ─────────────────────────────

export function merge(): void {
  act((view, decisions) => mergeLanes(view, decisions, [...useRooms.getState().selected]));
  clearSelection();
}

export function split(): void {
  const ids = photoTargets(useRooms.getState());
  if (act((view, decisions) => splitOff(view, decisions, ids, newLaneId()))) clearSelection();
}

export function moveTo(photoIds: readonly string[], laneId: string | 'new'): boolean {
  return act((view, decisions) =>
    laneId === 'new' ? splitOff(view, decisions, photoIds, newLaneId()) : movePhotos(view, decisions, photoIds, laneId),
  );
}

/** `[` and `]`: to the room above or below the one in focus. */
export function moveBeside(step: -1 | 1): void {
  const { view, mode, lowFirst, focus } = useRooms.getState();
  if (view === null) return;
  const lanes = lanesInOrder(view, mode, lowFirst);
  const own = laneOf(view, focus);
  const target = lanes[lanes.findIndex((lane) => lane.id === own?.id) + step];
  if (own !== null && target !== undefined) moveTo(photoTargets(useRooms.getState()), target.id);
}

// ───────────────────────────── Photos ─────────────────────────────

/** X: leaves photos out; when all of them are out already, takes them back in. The focus goes to the next photo. */
export function toggleExcluded(layout: Layout): void {
  const state = useRooms.getState();
  const ids = photoTargets(state);
  const all = ids.every((id) => state.decisions?.excluded[id] === true);
  const going = new Set(ids);
  const at = layout.order.findIndex((id) => going.has(id));
  const next = layout.order.slice(at).find((id) => !going.has(id)) ?? layout.order.findLast((id) => !going.has(id));
  const lane = state.view === null ? null : laneOf(state.view, state.focus);
  if (!act((view, decisions) => excludePhotos(view, decisions, ids, !all))) return;
  if (!all) focusOn(next ?? null);
  else clearSelection();
  if (state.view !== null && !all) settled(state.view, lane);
}

export function hero(): void {
  const id = useRooms.getState().focus;
  if (id !== null) deciding((view, decisions) => makeHero(view, decisions, id));
}

/** U: not near-duplicates. */
export function notDuplicate(photoIds = photoTargets(useRooms.getState())): void {
  deciding((_, decisions) => keepDuplicates(decisions, photoIds, true));
}

// ───────────────────────────── Shots ─────────────────────────────

export function setShots(
  photoIds: readonly string[],
  values: { readonly motion?: Motion | null; readonly amount?: number | null; readonly duration?: number | null },
): void {
  act((_, decisions) => setShot(decisions, photoIds, values));
}
