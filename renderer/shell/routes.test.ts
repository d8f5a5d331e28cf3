import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRoute, parseRoute } from './routes.ts';

test('addresses mean screens', () => {
  expect(parseRoute('')).toEqual({ screen: 'library', listingId: null });
  expect(parseRoute('#/library')).toEqual({ screen: 'library', listingId: null });
  expect(parseRoute('#/settings')).toEqual({ screen: 'settings', listingId: null });
  expect(parseRoute('#/listing/abc/rooms')).toEqual({ screen: 'rooms', listingId: 'abc' });
  expect(parseRoute('#/listing/abc')).toEqual({ screen: 'rooms', listingId: 'abc' });
  expect(parseRoute('#/listing/abc/timeline')).toEqual({ screen: 'timeline', listingId: 'abc' });
  expect(parseRoute('#/listing//rooms')).toEqual({ screen: 'library', listingId: null });
  expect(parseRoute('#/listing/%E0%A4%A/rooms')).toEqual({ screen: 'library', listingId: null });
  expect(parseRoute('#/listing/abc/elsewhere')).toEqual({ screen: 'library', listingId: null });
});

test('every listing id comes back', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (listingId) => {
      for (const screen of ['rooms', 'timeline'] as const)
        expect(parseRoute(formatRoute({ screen, listingId }))).toEqual({ screen, listingId });
    }),
  );
});
