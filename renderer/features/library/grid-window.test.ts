import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GAP, gridShape, PADDING, scrollFor } from './grid-window.ts';

test('a 1440 wide window has four columns, a 1920 wide one five', () => {
  expect(gridShape(500, 1384, 288)).toEqual({ columns: 4, rows: 125, cardWidth: 322, pitch: 304, totalHeight: 38_032 });
  expect(gridShape(500, 1864, 288).columns).toBe(5);
  expect(gridShape(0, 1384, 288)).toMatchObject({ rows: 0, totalHeight: 0 });
});

test('cards and gaps fill the width, and none is narrower than what it must hold', () => {
  fc.assert(
    fc.property(fc.integer({ min: 340, max: 6_000 }), (width) => {
      const { columns, cardWidth } = gridShape(10, width, 288);
      expect(columns * cardWidth + (columns - 1) * GAP).toBeCloseTo(width - 2 * PADDING, 6);
      expect(cardWidth).toBeGreaterThanOrEqual(292);
    }),
  );
});

test('a row is brought into sight whole, and left alone when it is', () => {
  const shape = gridShape(100, 1384, 288);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: shape.rows - 1 }), fc.integer({ min: 0, max: 7_000 }), (row, from) => {
      const height = 800;
      const to = scrollFor(row, from, height, shape);
      const top = PADDING + row * shape.pitch;
      expect(top).toBeGreaterThanOrEqual(to);
      expect(top + 288).toBeLessThanOrEqual(to + height);
      expect(scrollFor(row, to, height, shape)).toBe(to);
    }),
  );
});
