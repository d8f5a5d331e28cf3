/**
 * Where every lane and photo stands, as numbers: nothing is measured while scrolling, a rubber band is arithmetic, and
 * arrows know their neighbours. Pure.
 */
import type { LaneView, PhotoView, RoomsView } from '../../../pipeline/rooms/view.ts';
import type { RoomsMode } from '../../stores/rooms.ts';

/** Least width of a thumbnail, pixels; the rest of a row is shared out. */
export const THUMBNAIL_WIDTH = { small: 156, medium: 212, large: 320 } as const;
export type ThumbnailSize = keyof typeof THUMBNAIL_WIDTH;

export const PADDING = 24;
export const GAP = 10;
const HEADER_HEIGHT = 40;
const LANE_GAP = 22;
const TOP = 12;
const ASPECT = 2 / 3;

interface Place {
  readonly key: string;
  /** Pixels from the top of the list. */
  readonly top: number;
  readonly height: number;
  /** First column, and how many columns the room has in its band. */
  readonly column: number;
  readonly span: number;
}
export type Row = Place &
  (
    | { readonly kind: 'header'; readonly lane: LaneView }
    | { readonly kind: 'left_out'; readonly count: number }
    /** `lane` is null for photos that are left out, and where all photos stand together. */
    | { readonly kind: 'photos'; readonly lane: LaneView | null; readonly photos: readonly PhotoView[] }
  );

export interface Layout {
  readonly rows: readonly Row[];
  readonly height: number;
  readonly columns: number;
  /** Pixels of one thumbnail. */
  readonly tile: { readonly width: number; readonly height: number };
  /** Photo ids as they stand, left to right and top to bottom. */
  readonly order: readonly string[];
  readonly lanes: readonly LaneView[];
}

export interface LayoutOptions {
  readonly mode: RoomsMode;
  readonly lowFirst: boolean;
  /** Pixels of the scrolling area, inside its scrollbar. */
  readonly width: number;
  readonly size: ThumbnailSize;
  /** The fold of photos that are left out is open. */
  readonly leftOutOpen: boolean;
}

const SURE = { low: 0, medium: 1, high: 2 } as const;

/** The lanes of a view in the order in which they stand. */
export function lanesInOrder(view: RoomsView, mode: RoomsMode, lowFirst: boolean): readonly LaneView[] {
  const lanes = mode === 'attention' ? view.lanes.filter((lane) => lane.suggestions.length > 0) : view.lanes;
  if (!lowFirst) return lanes;
  const rank = (lane: LaneView): number => (lane.suggestions.length > 0 ? 0 : 3) + SURE[lane.confidenceTier];
  return [...lanes].sort((a, b) => rank(a) - rank(b)); // stable: equals keep their order
}

export function layoutRooms(view: RoomsView, { mode, lowFirst, width, size, leftOutOpen }: LayoutOptions): Layout {
  const inner = Math.max(THUMBNAIL_WIDTH[size], width - 2 * PADDING);
  const columns = Math.max(1, Math.floor((inner + GAP) / (THUMBNAIL_WIDTH[size] + GAP)));
  const tileWidth = Math.floor((inner - (columns - 1) * GAP) / columns);
  const tile = { width: tileWidth, height: Math.round(tileWidth * ASPECT) };
  const lanes = lanesInOrder(view, mode, lowFirst);
  const rows: Row[] = [];
  const order: string[] = [];
  let top = TOP;
  const photosOf = (
    name: string,
    lane: LaneView | null,
    photos: readonly PhotoView[],
    column: number,
    span: number,
  ) => {
    for (let at = 0; at < photos.length; at += span) {
      const row = photos.slice(at, at + span);
      rows.push({ kind: 'photos', key: `${name}:${at}`, top, height: tile.height, column, span, lane, photos: row });
      order.push(...row.map((photo) => photo.id));
      top += tile.height + GAP;
    }
  };
  if (mode === 'all')
    photosOf(
      'all',
      null,
      lanes.flatMap((lane) => lane.photos),
      0,
      columns,
    );
  else
    for (const band of bandsOf(lanes, columns)) {
      for (const { lane, column, span } of band)
        rows.push({ kind: 'header', key: `header:${lane.id}`, top, height: HEADER_HEIGHT, column, span, lane });
      top += HEADER_HEIGHT;
      const start = top;
      for (const { lane, column, span } of band) {
        top = start; // rooms that share a band have one row each
        photosOf(lane.id, lane, lane.photos, column, span);
      }
      top += LANE_GAP - GAP;
    }
  if (mode !== 'attention' && view.excluded.length > 0) {
    if (mode === 'all') top += LANE_GAP - GAP;
    const { length: count } = view.excluded;
    rows.push({ kind: 'left_out', key: 'left_out', top, height: HEADER_HEIGHT, column: 0, span: columns, count });
    top += HEADER_HEIGHT;
    if (leftOutOpen) photosOf('left_out', null, view.excluded, 0, columns);
  }
  return { rows, height: top + PADDING, columns, tile, order, lanes };
}

/** Columns that a room's heading needs: a question stands beside the name. */
const headingSpan = (lane: LaneView): number => (lane.suggestions.length > 0 ? 2 : 1);

/** Small rooms stand side by side while they fit, in their order; a room of more photos than columns stands alone. */
function bandsOf(lanes: readonly LaneView[], columns: number) {
  const bands: { readonly lane: LaneView; readonly column: number; readonly span: number }[][] = [];
  let used = columns;
  for (const lane of lanes) {
    const span = Math.min(columns, Math.max(lane.photos.length, headingSpan(lane)));
    if (used + span > columns) {
      bands.push([]);
      used = 0;
    }
    bands.at(-1)?.push({ lane, column: used, span });
    used += span;
  }
  // The last of a band has the rest of it for its heading.
  return bands.map((band) =>
    band.map((one, at) => (at === band.length - 1 ? { ...one, span: columns - one.column } : one)),
  );
}

/** Pixels from the left of a column. */
export function leftOf(tile: Layout['tile'], column: number): number {
  return PADDING + column * (tile.width + GAP);
}

/** The first and the end of the rows between two heights. */
export function rowsBetween(rows: readonly Row[], from: number, to: number): readonly [number, number] {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && row.top + row.height < from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  for (let row = rows[end]; row !== undefined && row.top <= to; row = rows[end]) end += 1;
  return [low, end];
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The photos that a rubber band touches; heights are those of the whole list. */
export function photosIn(layout: Layout, box: Box): readonly string[] {
  const [from, end] = rowsBetween(layout.rows, box.top, box.bottom);
  return layout.rows.slice(from, end).flatMap((row) => {
    if (row.kind !== 'photos') return [];
    return row.photos.flatMap((photo, column) => {
      const left = leftOf(layout.tile, row.column + column);
      const touched =
        left <= box.right &&
        left + layout.tile.width >= box.left &&
        row.top <= box.bottom &&
        row.top + row.height >= box.top;
      return touched ? [photo.id] : [];
    });
  });
}

/** The lane at a point of the list, or null between and outside. */
export function laneAt(layout: Layout, x: number, y: number): LaneView | null {
  const [from, end] = rowsBetween(layout.rows, y - LANE_GAP, y + LANE_GAP);
  const near = layout.rows.slice(from, end).filter((row) => {
    const left = leftOf(layout.tile, row.column) - GAP;
    return x >= left && x < left + row.span * (layout.tile.width + GAP) + GAP;
  });
  const row = near.find((one) => y >= one.top && y <= one.top + one.height) ?? near[0];
  return row === undefined || row.kind === 'left_out' ? null : row.lane;
}

/** The row of a photo and its column in the window, or null when it is not shown. */
export function placeOf(layout: Layout, photoId: string): { readonly row: number; readonly column: number } | null {
  for (const [row, one] of layout.rows.entries()) {
    if (one.kind !== 'photos') continue;
    const column = one.photos.findIndex((photo) => photo.id === photoId);
    if (column >= 0) return { row, column: one.column + column };
  }
  return null;
}

export type Side = 'left' | 'right' | 'up' | 'down';

/** The photo beside another; the ends of the list have none. Left and right go on in the next row. */
export function neighbour(layout: Layout, photoId: string | null, side: Side): string | null {
  const first = layout.order[0] ?? null;
  if (photoId === null) return first;
  const place = placeOf(layout, photoId);
  if (place === null) return first;
  if (side === 'left' || side === 'right')
    return layout.order[layout.order.indexOf(photoId) + (side === 'left' ? -1 : 1)] ?? null;
  const own = layout.rows[place.row]?.top ?? 0;
  const beyond = layout.rows.filter((row) => row.kind === 'photos' && (side === 'up' ? row.top < own : row.top > own));
  const top = side === 'up' ? beyond.at(-1)?.top : beyond[0]?.top;
  // Of the rooms in that band the one in or before this column; an empty place there gives the last photo before it.
  const band = beyond.filter((row) => row.top === top);
  const row = band.findLast((one) => one.column <= place.column) ?? band[0];
  if (row?.kind !== 'photos') return null;
  return row.photos[Math.min(place.column - row.column, row.photos.length - 1)]?.id ?? row.photos[0]?.id ?? null;
}

/** All photos from one to another, both taken in. */
export function between(layout: Layout, a: string, b: string): readonly string[] {
  const from = layout.order.indexOf(a);
  const to = layout.order.indexOf(b);
  if (from < 0 || to < 0) return [b];
  return layout.order.slice(Math.min(from, to), Math.max(from, to) + 1);
}

/**
 * The lane that needs attention after a place in the list, round the end; null when none does.
 * `after` is the lane that was just settled, or null to begin at the top.
 */
export function nextAttention(lanes: readonly LaneView[], after: string | null): LaneView | null {
  const at = after === null ? -1 : lanes.findIndex((lane) => lane.id === after);
  const round = [...lanes.slice(at + 1), ...lanes.slice(0, at + 1)];
  return round.find((lane) => lane.suggestions.length > 0) ?? null;
}
