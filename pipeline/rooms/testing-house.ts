/** A house of three rooms, and actions on it as steps: for tests. */
import type { RoomType } from '../domain.ts';
import { excludePhotos, labelPhotos } from './actions.ts';
import { applyChanges, NOTHING_DECIDED, type RoomsAction, type RoomsDecisions } from './decisions.ts';
import { analysisOf, type RoomSpec } from './testing.ts';
import { type AnalysisView, type LaneView, type RoomsView, roomsView } from './view.ts';

const PLAIN = { ltxEnabled: false };
export const sure = (room: RoomType) => ({ [room]: 0.9 });
const HOUSE: readonly RoomSpec[] = [
  { photos: ['p_a1', 'p_a2', 'p_a3'].map((id) => ({ id, rooms: sure('kitchen') })) },
  { photos: ['p_b1', 'p_b2'].map((id) => ({ id, rooms: sure('living_room') })) },
  { tier: 'low', photos: [{ id: 'p_c1', rooms: { garden: 0.46, patio: 0.44 } }] },
];
export const ANALYSIS = analysisOf(HOUSE);
/** What is seen of an analysis with decisions. */
export const see = (decisions: RoomsDecisions, analysis: AnalysisView = ANALYSIS): RoomsView =>
  roomsView(analysis, decisions, PLAIN);
export const laneWith = (view: RoomsView, id: string): LaneView => {
  const lane = view.lanes.find((one) => one.photos.some((photo) => photo.id === id));
  if (lane === undefined) throw new Error(`${id} is in no lane`);
  return lane;
};
/** Photo ids of a lane, sorted. */
export const ids = (lane: LaneView): string[] => lane.photos.map((photo) => photo.id).sort();
/** The decisions after one action after another; each is given what is seen before it. */
export function decided(
  ...steps: readonly ((view: RoomsView, decisions: RoomsDecisions) => RoomsAction | null)[]
): RoomsDecisions {
  return steps.reduce<RoomsDecisions>(
    (decisions, step) => applyChanges(decisions, step(see(decisions), decisions)?.changes ?? []),
    NOTHING_DECIDED,
  );
}
let made = 0;
/** An id for a new lane. */
export const fresh = (): string => `lane_${made++}`;
export const label =
  (photos: readonly string[], room: RoomType | null) =>
  (v: RoomsView, d: RoomsDecisions): RoomsAction | null =>
    labelPhotos(v, d, photos, room, fresh);
export const exclude =
  (photos: readonly string[], out = true) =>
  (v: RoomsView, d: RoomsDecisions): RoomsAction | null =>
    excludePhotos(v, d, photos, out);
