import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOTIONS } from '../../../pipeline/domain.ts';
import { mustMay, ROLES } from '../../../pipeline/roles.ts';
import { fakeClip, fakeTake } from '../../stores/review-testing.ts';
import { photoWindow } from './photo-window.ts';
import { layOut, useView, type Zoom } from './view.ts';
import { againstWords, clipWords, forbidden, unsignable } from './words.ts';

test('the photo is framed as frame 0: always inside of it, always with the frame’s own shape', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...MOTIONS),
      fc.constantFrom('ken_burns' as const, 'depth_parallax' as const),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.3, max: 4, noNaN: true }),
      fc.record({ x: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.double({ min: 0, max: 1, noNaN: true }) }),
      (motion, renderer, amount, photoAspect, focus) => {
        const take = { ...fakeTake(1, true), motion, renderer, amount, focus };
        const part = photoWindow(take, photoAspect);
        expect(part.x).toBeGreaterThanOrEqual(0);
        expect(part.y).toBeGreaterThanOrEqual(0);
        expect(part.x + part.width).toBeLessThanOrEqual(1 + 1e-9);
        expect(part.y + part.height).toBeLessThanOrEqual(1 + 1e-9);
        expect((part.width * photoAspect) / part.height).toBeCloseTo(640 / 360, 6);
      },
    ),
  );
});

test('a still take of a 3:2 photo shows its full width and cuts above and below alike', () => {
  const part = photoWindow({ ...fakeTake(1, true), motion: 'static' }, 1.5);
  expect(part.width).toBeCloseTo(0.998, 3);
  expect(part.y).toBeCloseTo((1 - part.height) / 2, 6);
  const high = photoWindow({ ...fakeTake(1, true), motion: 'static', focus: { x: 0.5, y: 0 } }, 1.5);
  expect(high.y).toBeCloseTo(0, 6);
});

const STAGE = { width: 1000, height: 600 };
const PICTURE = { width: 1920, height: 1080 };
const MIDDLE = { x: 0.5, y: 0.5 };

test('a whole picture stands in the middle; two stand beside each other; a pixel is a pixel of the screen', () => {
  const fit = layOut(STAGE, PICTURE, { zoom: 'fit', centre: MIDDLE, side: false, ratio: 2 });
  expect(fit.first.world).toEqual({ left: 16, top: 28, width: 968, height: 544.5 });
  expect(fit.second).toEqual(fit.first);
  const side = layOut(STAGE, PICTURE, { zoom: 'fit', centre: MIDDLE, side: true, ratio: 2 });
  expect([side.first.view.left, side.second.view.left, side.first.world.width]).toEqual([0, 500, 468]);
  const pixels = layOut(STAGE, PICTURE, { zoom: 1, centre: MIDDLE, side: false, ratio: 2 });
  expect(pixels.first.world).toEqual({ left: 20, top: 30, width: 960, height: 540 });
});

test('however one pans, a zoomed picture never leaves an empty edge', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Zoom>(1, 2, 4),
      fc.record({ x: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.double({ min: 0, max: 1, noNaN: true }) }),
      (zoom, centre) => {
        const { world } = layOut(STAGE, PICTURE, { zoom, centre, side: false, ratio: 1 }).first;
        expect(world.left).toBeLessThanOrEqual(0);
        expect(world.top).toBeLessThanOrEqual(0);
        expect(world.left + world.width).toBeGreaterThanOrEqual(STAGE.width);
        expect(world.top + world.height).toBeGreaterThanOrEqual(STAGE.height);
      },
    ),
  );
});

test('zooming about a point keeps it where it is', () => {
  useView.setState({ zoom: 2, centre: { x: 0.4, y: 0.6 } });
  useView.getState().zoomAbout(1, { x: 0.5, y: 0.5 });
  const { zoom, centre } = useView.getState();
  expect(zoom).toBe(4);
  expect(centre.x).toBeCloseTo(0.45, 9);
  expect(centre.y).toBeCloseTo(0.55, 9);
  useView.getState().setZoom('fit');
  useView.getState().panBy(0.2, 0.2);
  expect(useView.getState().centre).toEqual(MIDDLE);
});

test('the page refuses with the very sentence of the host', () => {
  for (const role of ROLES)
    for (const activity of ['sign clips', 'write review notes', 'render clips', 'edit the film'] as const) {
      let said: string | null = null;
      try {
        mustMay(role, activity);
      } catch (error) {
        said = error instanceof Error ? error.message : '';
      }
      expect(forbidden({ name: '', role }, activity)).toBe(said);
    }
  expect(forbidden(null, 'sign clips')).toBeNull();
});

test('only the take in the film, whole on disk, can be signed', () => {
  const clip = { ...fakeClip(0, 'pending'), takes: [fakeTake(1, false), fakeTake(2, true)] };
  expect(unsignable(clip, fakeTake(2, true))).toBeNull();
  expect(unsignable(clip, fakeTake(1, false))).toContain('Take 2 is in the film, not take 1');
  expect(unsignable(clip, null)).toContain('Nothing is rendered');
  expect(unsignable({ ...clip, takes: [fakeTake(1, false)] }, fakeTake(1, false))).toContain('other frames');
  expect(unsignable(clip, { ...fakeTake(2, true), file: 'altered' })).toContain('changed on disk');
  expect(unsignable(clip, { ...fakeTake(2, true), file: 'missing' })).toContain('gone from the disk');
});

test('a row says where its clip stands', () => {
  const clip = fakeClip(0, 'approved');
  expect(clipWords(clip, undefined)).toEqual({ words: 'Approved', tone: 'pass' });
  expect(clipWords({ ...clip, state: 'rendering' }, 0.617).words).toBe('Rendering 62 %');
  expect(clipWords({ ...clip, state: 'stale', takes: [fakeTake(1, false)] }, undefined).words).toBe('Film changed');
  expect(againstWords({ ...clip, takes: [fakeTake(3, true)] }, fakeTake(3, true).specHash)).toBe('take 3');
  expect(againstWords(clip, 'photo')).toBe('photo');
});
