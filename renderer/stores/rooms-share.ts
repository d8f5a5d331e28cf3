/** Keeps what did not change the same object, so that only what did is drawn again. Pure. */
import type { LaneView, RoomsView } from '../../pipeline/rooms/view.ts';

/** `next` with the lanes of `before` wherever they say the same. */
export function shareLanes(before: RoomsView | null, next: RoomsView): RoomsView {
  if (before === null) return next;
  const known = new Map(before.lanes.map((lane) => [lane.id, lane]));
  const lanes = next.lanes.map((lane) => {
    const old = known.get(lane.id);
    return old !== undefined && sameLane(old, lane) ? old : lane;
  });
  return { ...next, lanes };
}

function sameLane(a: LaneView, b: LaneView): boolean {
  return (Object.keys(b) as (keyof LaneView)[]).every((key) =>
    key === 'photos'
      ? a.photos.length === b.photos.length && a.photos.every((photo, index) => photo === b.photos[index])
      : typeof b[key] === 'object'
        ? JSON.stringify(a[key]) === JSON.stringify(b[key])
        : a[key] === b[key],
  );
}
