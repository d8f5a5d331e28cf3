import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NOTHING_DECIDED } from '../../../pipeline/rooms/decisions.ts';
import { analysisOf } from '../../../pipeline/rooms/testing.ts';
import { roomsView } from '../../../pipeline/rooms/view.ts';
import { between, laneAt, layoutRooms, neighbour, nextAttention, photosIn, placeOf, rowsBetween } from './layout.ts';

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
        if (next !== undefined) expect(next.top).toBeGreaterThanOrEqual(row.top + row.height);
        if (row.kind !== 'photos') continue;
        expect(row.photos.length).toBeLessThanOrEqual(layout.columns);
        const middle = row.top + row.height / 2;
        expect(photosIn(layout, { left: 0, right: 9_999, top: middle, bottom: middle })).toEqual(
          row.photos.map((photo) => photo.id),
        );
        expect(laneAt(layout, middle)).toBe(row.lane);
        const [from, end] = rowsBetween(layout.rows, middle, middle);
        expect(layout.rows.slice(from, end)).toEqual([row]);
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
      const rows = layout.rows.flatMap((row, at) => (row.kind === 'photos' ? [at] : []));
      expect(walk(first, 'down').map((id) => placeOf(layout, id)?.row)).toEqual(rows);
      expect(walk(last, 'up').map((id) => placeOf(layout, id)?.row)).toEqual([...rows].reverse());
      expect(between(layout, last ?? '', first ?? '')).toEqual(layout.order);
    }),
  );
});
