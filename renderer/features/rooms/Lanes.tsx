import { memo, type RefObject, useCallback, useEffect, useMemo, useRef } from 'react';
import { mediaUrl } from '../../../main/host/contract.ts';
import { type LaneView, type PhotoView, roomName } from '../../../pipeline/rooms/view.ts';
import { useRooms } from '../../stores/rooms.ts';
import { ChevronRight } from '../../ui/icons.ts';
import { useGradual, useWarmPictures } from '../../ui/index.ts';
import { LaneHeader } from './LaneHeader.tsx';
import styles from './Lanes.module.css';
import { GAP, type Layout, leftOf, type Row, rowsBetween } from './layout.ts';
import { Tile, type TileProps, tileId, variantFor } from './Tile.tsx';
import { usePointer } from './usePointer.ts';

/** Pixels beyond what is seen, above and below, for which rows exist. */
const OVERSCAN = 500;
/** Pixels around a row in which its photos' rings are drawn. */
const RIM = 10;
/** Made in one frame, in photos: a room's row beyond what is seen, two or three where something in sight is missing. */
const BUDGET = { seen: 8, beyond: 3 };
/** A heading's work, in photos. */
const HEADING = 3;
/** Height of the lanes before they are measured. */
const START = { scrollTop: 0, height: 900 };

export interface LanesProps {
  readonly layout: Layout;
  readonly layoutRef: RefObject<Layout>;
  readonly listingId: string;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly leftOutOpen: boolean;
  readonly onLeftOut: (open: boolean) => void;
  readonly openLarge: () => void;
}

/** The lanes, as a grid whose rows exist only near what is seen. */
export function Lanes({ layout, layoutRef, listingId, scroller, leftOutOpen, onLeftOut, openLarge }: LanesProps) {
  const band = useRef<HTMLDivElement>(null);
  const drop = useRef<HTMLDivElement>(null);
  const ghost = useRef<HTMLDivElement>(null);
  const newRoom = useRef<HTMLDivElement>(null);
  const parts = useMemo(() => ({ scroller, band, drop, ghost, newRoom }), [scroller]);
  usePointer(parts, layoutRef, openLarge);
  const [from, end] = useRows(layout, scroller);
  useFocus(layout, scroller, from, end);
  useWarmPictures(useThumbnails(layout, listingId), scroller);
  return (
    <>
      <div ref={scroller} className={styles.scroller} data-testid="lanes">
        {/* biome-ignore lint/a11y/useSemanticElements: a grid of pictures that are selected, not a table */}
        <div
          role="grid"
          aria-label="Rooms"
          aria-multiselectable="true"
          aria-rowcount={layout.rows.length}
          aria-colcount={layout.columns}
          className={styles.space}
          style={{ height: layout.height }}
        >
          {layout.rows.slice(from, end).map((row, index) => (
            <RowBox
              key={row.key}
              row={row}
              index={from + index}
              tile={layout.tile}
              listingId={listingId}
              leftOutOpen={leftOutOpen}
              onLeftOut={onLeftOut}
            />
          ))}
        </div>
        <div ref={drop} className={styles.drop} />
        <div ref={band} className={styles.band} />
      </div>
      <div ref={newRoom} className={styles.newRoom}>
        New room
      </div>
      <div ref={ghost} className={styles.ghost} aria-hidden="true">
        <img alt="" />
        <b />
      </div>
    </>
  );
}

interface RowProps {
  readonly row: Row;
  readonly index: number;
  readonly tile: Layout['tile'];
  readonly listingId: string;
  readonly leftOutOpen: boolean;
  readonly onLeftOut: (open: boolean) => void;
}

/** Scrolling makes the rows that come into sight and leaves the others alone. */
const RowBox = memo(function RowBox(props: RowProps) {
  const { row, index, tile } = props;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a row of a grid of pictures, not of a table
    // biome-ignore lint/a11y/useFocusableInteractive: the photos in it have the focus
    <div
      role="row"
      aria-rowindex={index + 1}
      className={styles.row}
      style={{
        top: row.top - RIM,
        left: leftOf(tile, row.column) - RIM,
        height: row.height + 2 * RIM,
        width: widthOf(row, tile) + 2 * RIM,
      }}
    >
      <RowContent {...props} />
    </div>
  );
});

const widthOf = (row: Row, tile: Layout['tile']): number => row.span * (tile.width + GAP) - GAP;

function RowContent({ row, tile, listingId, leftOutOpen, onLeftOut }: RowProps) {
  if (row.kind === 'header') return <LaneHeader lane={row.lane} width={widthOf(row, tile)} />;
  if (row.kind === 'left_out')
    return (
      // biome-ignore lint/a11y/useSemanticElements: as the lanes' headings
      // biome-ignore lint/a11y/useFocusableInteractive: its button has the focus
      <div role="rowheader" className={styles.laneHeader}>
        <button
          type="button"
          className={styles.fold}
          aria-expanded={leftOutOpen}
          onClick={() => onLeftOut(!leftOutOpen)}
        >
          <ChevronRight size={14} aria-hidden="true" />
          Left out {row.count}
        </button>
      </div>
    );
  return row.photos.map((photo, column) => (
    <Tile
      key={photo.id}
      photo={photo}
      listingId={listingId}
      width={tile.width}
      height={tile.height}
      column={row.column + column}
      {...wordsOf(row.lane, photo)}
    />
  ));
}

function wordsOf(lane: LaneView | null, photo: PhotoView): Pick<TileProps, 'room' | 'mark'> {
  if (lane === null) {
    const { decisions, view } = useRooms.getState();
    if (decisions?.excluded[photo.id] === true) return { room: 'no room', mark: 'left_out' };
    const home = view?.lanes.find((one) => one.id === view.homes.get(photo.id));
    return home === undefined ? { room: 'no room', mark: null } : wordsOf(home, photo);
  }
  const room = roomName(lane.roomType);
  if (photo.id === lane.heroPhotoId) return { room, mark: lane.heroByYou ? 'hero_by_you' : 'hero' };
  return { room, mark: lane.shots.some((shot) => shot.photoId === photo.id) ? null : 'duplicate' };
}

/** The rows that exist, as the first and the end of the layout's. */
function useRows(layout: Layout, scroller: RefObject<HTMLDivElement | null>): readonly [number, number] {
  const { rows } = layout;
  return useGradual({
    scroller,
    aim: useCallback(
      (top: number, height: number) => ({
        seen: rowsBetween(rows, top, top + height),
        wanted: rowsBetween(rows, top - OVERSCAN, top + height + OVERSCAN),
      }),
      [rows],
    ),
    costOf: (index) => {
      const row = rows[index];
      return row?.kind === 'photos' ? row.photos.length : HEADING;
    },
    budget: BUDGET,
    initial: START,
  });
}

const NONE: readonly string[] = [];

/**
 * Addresses of the small pictures in the order of the photos. None while large ones are shown, which are 200 kB each, and
 * none where photos come from the team: the host would fetch each of them whole.
 */
function useThumbnails({ order, tile }: Layout, listingId: string): readonly string[] {
  const away = useRooms((state) => state.document?.listing.away === true);
  const small = !away && variantFor(tile.width) === '320';
  return useMemo(
    () => (small ? order.map((photoId) => mediaUrl(listingId, photoId, '320')) : NONE),
    [order, small, listingId],
  );
}

/** Brings the photo in focus into sight, and gives it the real focus when the lanes (or nothing) had it. */
function useFocus(layout: Layout, scroller: RefObject<HTMLDivElement | null>, from: number, end: number): void {
  const focus = useRooms((state) => state.focus);
  const shown = useRef<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a photo far away exists only after scrolling
  useEffect(() => {
    const list = scroller.current;
    if (list === null || focus === null) return;
    if (shown.current !== focus) {
      shown.current = focus;
      bringIntoSight(list, layout, focus);
    }
    const active = document.activeElement;
    const free =
      active === null ||
      active === document.body ||
      active.id === 'screen' ||
      active.closest('[role="gridcell"]') !== null;
    const tile = document.getElementById(tileId(focus));
    if (free && tile !== null && tile !== active) tile.focus({ preventScroll: true });
  }, [focus, layout, scroller, from, end]);
}

function bringIntoSight(list: HTMLElement, layout: Layout, photoId: string): void {
  const at = layout.rows.findIndex((row) => row.kind === 'photos' && row.photos.some((photo) => photo.id === photoId));
  const row = layout.rows[at];
  if (row === undefined) return;
  // A room's first row comes with its heading.
  const lane = row.kind === 'photos' ? row.lane : null;
  const isFirst = lane !== null && row.kind === 'photos' && row.photos[0] === lane.photos[0];
  const heading = isFirst ? layout.rows.findLast((one) => one.kind === 'header' && one.lane === lane) : undefined;
  const top = heading?.top ?? row.top;
  const bottom = row.top + row.height;
  const edge = 12;
  if (top - edge < list.scrollTop) list.scrollTop = top - edge;
  else if (bottom + edge > list.scrollTop + list.clientHeight) list.scrollTop = bottom + edge - list.clientHeight;
}
