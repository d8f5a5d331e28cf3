/** Names of listings, names from outside, ranges: pure. */
import { basename, join, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeSamples16 } from '../../pipeline/media/depth-format.ts';
import { isPartOfListing, looksLikePhoto, safeSegment, safeSegments, tidyName } from './folders.ts';
import { depthColours, sharpnessOverlay } from './overlays.ts';
import { parseRange } from './range.ts';

test('a folder’s name becomes an address', () => {
  const names = {
    '18_willow_lane': '18 Willow Lane',
    '5-ash-court': '5 Ash Court',
    '12-14 High Street': '12-14 High Street',
    'The Old Mill': 'The Old Mill',
    '221B BAKER ST': '221B Baker St',
    'maison_d’été': 'Maison D’été',
    '  ': 'Listing',
  };
  for (const [folder, name] of Object.entries(names)) expect([folder, tidyName(folder)]).toEqual([folder, name]);
});

test('parts of a listing are no listings', () => {
  for (const name of ['interior', 'Exteriors', 'drone', '01', 'floor_plans', 'MLS'])
    expect([name, isPartOfListing(name)]).toEqual([name, true]);
  for (const name of ['18 Willow Lane', 'Day House', 'interior design office'])
    expect([name, isPartOfListing(name)]).toEqual([name, false]);
  expect([
    looksLikePhoto('a.JPG'),
    looksLikePhoto('a.heic'),
    looksLikePhoto('.a.jpg'),
    looksLikePhoto('a.txt'),
  ]).toEqual([true, true, false, false]);
});

test('a name from outside stays one name inside its folder', () => {
  expect(safeSegments('Willow Lane/../../etc/passwd')).toEqual(['Willow Lane', 'etc', 'passwd']);
  expect(safeSegment('con.jpg')).toBe('_con.jpg');
  expect(safeSegment('..')).toBe('photo');
  expect(safeSegment(`${'x'.repeat(300)}.jpg`)).toHaveLength(120);
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('..', '/', '\\', '.', '\0', 'a', '%2e', ' ', 'NUL', ':'), { maxLength: 12 })
      .map((a) => a.join('')),
  );
  const root = resolve(sep, 'photos');
  fc.assert(
    fc.property(nasty, (name) => {
      const segments = safeSegments(name);
      const path = join(root, ...segments);
      expect(path.startsWith(root + sep)).toBe(true);
      for (const one of segments) {
        expect(basename(one)).toBe(one);
        expect(one).not.toMatch(/[\0/\\]|^\.+$/);
      }
    }),
    { numRuns: 300 },
  );
});

test('ranges as RFC 9110 says', () => {
  const cases = [
    [undefined, 100, undefined],
    ['bytes=0-9', 100, { start: 0, end: 9 }],
    ['bytes=90-200', 100, { start: 90, end: 99 }],
    ['bytes=50-', 100, { start: 50, end: 99 }],
    ['bytes=-10', 100, { start: 90, end: 99 }],
    ['bytes=-500', 100, { start: 0, end: 99 }],
    ['bytes=100-', 100, 'unsatisfiable'],
    ['bytes=-0', 100, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=9-5', 100, undefined],
    ['bytes=0-1,5-6', 100, undefined],
    ['lines=0-1', 100, undefined],
    ['bytes=-', 100, undefined],
  ] as const;
  for (const [header, size, range] of cases) expect([header, parseRange(header, size)]).toEqual([header, range]);
});

test('depth as PVD1, far cool and dark, near warm and light', () => {
  const bytes = encodeSamples16(2, 1, new Uint16Array([0, 65535]));
  expect([...bytes]).toEqual([0x50, 0x56, 0x44, 0x31, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 255, 255]);
  expect([...depthColours(new Uint16Array([0, 65535]))]).toEqual([13, 8, 135, 240, 249, 33]);
});

test('the sharpness map is empty where there is no detail and full on a fine pattern', () => {
  const [width, height] = [64, 16];
  const grey = Uint8Array.from({ length: width * height }, (_, i) => {
    const x = i % width;
    if (x < 32) return 100 + x; // a slope has no Laplacian
    return (x + Math.floor(i / width)) % 2 === 0 ? 60 : 180;
  });
  const { data, ...size } = sharpnessOverlay(grey, width, height);
  expect(size).toEqual({ width: 8, height: 2 });
  const alpha = (column: number): number | undefined => data[column * 4 + 3];
  expect([alpha(0), alpha(2), alpha(5), alpha(7)]).toEqual([0, 0, 176, 176]);
});
