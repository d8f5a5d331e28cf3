import type { Aim } from '../../ui/index.ts';

/** Fixed-size cards in rows: which ones exist at a scroll position. Pure arithmetic, in pixels. */

export interface GridShape {
  readonly columns: number;
  readonly rows: number;
  /** Width of a card; the columns share what the width leaves. */
  readonly cardWidth: number;
  /** From the top of one row to the next. */
  readonly pitch: number;
  /** Of all rows with the padding around them. */
  readonly totalHeight: number;
}

export const GAP = 16;
export const PADDING = 24;
/** Narrower, and the status and the attention count would not stand side by side. */
const LEAST_WIDTH = 292;

export function gridShape(count: number, width: number, cardHeight: number): GridShape {
  const inner = Math.max(LEAST_WIDTH, width - 2 * PADDING);
  const columns = Math.max(1, Math.floor((inner + GAP) / (LEAST_WIDTH + GAP)));
  const rows = Math.ceil(count / columns);
  const pitch = cardHeight + GAP;
  return {
    columns,
    rows,
    cardWidth: (inner - (columns - 1) * GAP) / columns,
    pitch,
    totalHeight: rows === 0 ? 0 : 2 * PADDING + rows * pitch - GAP,
  };
}

/** Where the scroll position must be to have the row in sight, moving as little as possible. */
export function scrollFor(row: number, scrollTop: number, height: number, shape: GridShape): number {
  const top = PADDING + row * shape.pitch;
  const bottom = top + shape.pitch - GAP;
  if (top - PADDING < scrollTop) return Math.max(0, top - PADDING);
  if (bottom + PADDING > scrollTop + height) return Math.max(0, bottom + PADDING - height);
  return scrollTop;
}

/** Which of `count` cards are in sight at a scroll position, and which should exist: whole rows, `overscan` more each side. */
export function cardsAt(
  scrollTop: number,
  height: number,
  { columns, rows, pitch }: Pick<GridShape, 'columns' | 'rows' | 'pitch'>,
  count: number,
  overscan: number,
): Aim {
  const row = (at: number): number => Math.min(rows, Math.max(0, at));
  const cards = (at: number): number => Math.min(count, row(at) * columns);
  const first = row(Math.floor((scrollTop - PADDING + GAP) / pitch));
  const end = row(Math.ceil((scrollTop + height - PADDING) / pitch));
  return { seen: [cards(first), cards(end)], wanted: [cards(first - overscan), cards(end + overscan)] };
}
