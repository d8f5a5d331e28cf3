import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NOTHING_DECIDED } from '../../../pipeline/rooms/decisions.ts';
import { analysisOf } from '../../../pipeline/rooms/testing.ts';
import { roomsView } from '../../../pipeline/rooms/view.ts';
import {
  between,
  laneAt,
  layoutRooms,
  leftOf,
  neighbour,
  nextAttention,
  photosIn,
  placeOf,
  rowsBetween,
} from './layout.ts';

const view = (sizes: readonly number[], excluded: readonly string[] = []) =>
  roomsView(
    analysisOf(
      sizes.map((size, room) => ({
        tier: room % 2 === 0 ? 'high' : 'low',
        photos: Array.from({ length: size }, (_, i) => ({ id: `p_${room}_${i}`, rooms: { kitchen: 0.9 } })),
      })),
    ),
    { ...NOTHING_DECIDED, excluded: Object.fromEntries(excluded.map((id) => [id, true] as const)) },
    { ltxEnabled: false },
  );
const OPTIONS = { mode: 'rooms', lowFirst: false, width: 976, size: 'medium', leftOutOpen: true } as const;

it('wraps rooms into rows that fill the width', () => {
  const { columns, tile, rows } = layoutRooms(view([6]), OPTIONS);
  expect([columns, tile]).toEqual([4, { width: 224, height: 149 }]);
  expect(rows.map((row) => (row.kind === 'photos' ? row.photos.length : row.kind))).toEqual(['header', 4, 2]);
});

it('lets small rooms stand side by side while they fit', () => {
  const { rows } = layoutRooms(view([1, 1, 1, 3, 1]), OPTIONS);
  // The second and fourth are in doubt, and their question needs two columns.
  expect(rows.map((row) => [row.kind, row.column, row.span])).toEqual([
    ['header', 0, 1],
    ['header', 1, 2],
    ['header', 3, 1],
    ['photos', 0, 1],
    ['photos', 1, 2],
    ['photos', 3, 1],
    ['header', 0, 3],
    ['header', 3, 1],
    ['photos', 0, 3],
    ['photos', 3, 1],
  ]);
});

it('puts doubtful rooms first on demand, and alone where only they are asked for', () => {
  const many = view([1, 2, 1, 3]);
  const names = (options: Partial<Parameters<typeof layoutRooms>[1]>) =>
    layoutRooms(many, { ...OPTIONS, ...options }).lanes.map((lane) => lane.photos.length);
  expect(names({ lowFirst: true })).toEqual([2, 3, 1, 1]);
  expect(names({ mode: 'attention' })).toEqual([2, 3]);
});

it('goes round to the next doubt', () => {
  const { lanes } = layoutRooms(view([1, 2, 1, 3]), OPTIONS);
  expect(nextAttention(lanes, null)?.id).toBe(lanes[1]?.id);
  expect(nextAttention(lanes, lanes[1]?.id ?? '')?.id).toBe(lanes[3]?.id);
  expect(nextAttention(lanes, lanes[3]?.id ?? '')?.id).toBe(lanes[1]?.id);
  expect(nextAttention(lanes.slice(0, 1), null)).toBeNull();
});

const anyLayout = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
    width: fc.integer({ min: 200, max: 2_600 }),
    size: fc.constantFrom('small' as const, 'medium' as const, 'large' as const),
    mode: fc.constantFrom('rooms' as const, 'all' as const),
    out: fc.boolean(),
  })
  .map(({ sizes, out, ...rest }) => layoutRooms(view(sizes, out ? ['p_0_0'] : []), { ...OPTIONS, ...rest }));

it('every photo stands once, rows do not overlap, and arithmetic finds each of them again', () => {
  fc.assert(
    fc.property(anyLayout, (layout) => {
      expect(new Set(layout.order).size).toBe(layout.order.length);
      for (const [at, row] of layout.rows.entries()) {
        const next = layout.rows[at + 1];
        // The next row is below, or beside it in the same band.
        if (next !== undefined && next.top !== row.top) expect(next.top).toBeGreaterThanOrEqual(row.top + row.height);
        if (next !== undefined && next.top === row.top) expect(next.column).toBe(row.column + row.span);
        expect(row.column + row.span).toBeLessThanOrEqual(layout.columns);
        if (row.kind !== 'photos') continue;
        expect(row.photos.length).toBeLessThanOrEqual(row.span);
        const middle = row.top + row.height / 2;
        const left = leftOf(layout.tile, row.column);
        const right = leftOf(layout.tile, row.column + row.span) - 11;
        expect(photosIn(layout, { left, right, top: middle, bottom: middle })).toEqual(
          row.photos.map((photo) => photo.id),
        );
        expect(laneAt(layout, left + 5, middle)).toBe(row.lane);
        const [from, end] = rowsBetween(layout.rows, middle, middle);
        expect(layout.rows.slice(from, end)).toContain(row);
      }
    }),
  );
});

it('right and left visit every photo, down and up come to the ends, and a range holds both ends', () => {
  fc.assert(
    fc.property(anyLayout, (layout) => {
      const walk = (start: string | null, side: 'left' | 'right' | 'up' | 'down'): string[] => {
        const seen: string[] = [];
        for (let id = start; id !== null; id = neighbour(layout, id, side)) seen.push(id);
        return seen;
      };
      const [first, last] = [layout.order[0] ?? null, layout.order.at(-1) ?? null];
      expect(walk(first, 'right')).toEqual(layout.order);
      expect(walk(last, 'left')).toEqual([...layout.order].reverse());
      const tops = [...new Set(layout.rows.flatMap((row) => (row.kind === 'photos' ? [row.top] : [])))];
      const topOf = (id: string) => layout.rows[placeOf(layout, id)?.row ?? -1]?.top;
      expect(walk(first, 'down').map(topOf)).toEqual(tops);
      expect(walk(last, 'up').map(topOf)).toEqual([...tops].reverse());
      expect(between(layout, last ?? '', first ?? '')).toEqual(layout.order);
    }),
  );
});
