import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ColmapImage,
  cameraPosition,
  meanReprojectionError,
  parseCameras,
  parseImages,
  parseModel,
  parsePoints,
} from './colmap-text.ts';
import { SCENE_VIEWS } from './scene-testing.node.ts';

/** COLMAP 3.8 on the six views of scene-testing.node.ts with 60 features each, `model_converter --output_type TXT`. */
const recorded = (file: string): string =>
  readFileSync(join(import.meta.dirname, 'testdata/colmap-model', file), 'utf8');

// Adding 0 turns −0, which has no text of its own, into 0.
const real = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0);
const aQuaternion = fc
  .tuple(real, real, real, real)
  .filter((q) => Math.hypot(...q) > 1e-3)
  .map((q) => q.map((value) => value / Math.hypot(...q)) as [number, number, number, number]);

describe('the recorded model', () => {
  const model = parseModel({
    cameras: recorded('cameras.txt'),
    images: recorded('images.txt'),
    points: recorded('points3D.txt'),
  });

  it('has the figures that model_analyzer says of it', () => {
    expect(model.cameras).toHaveLength(1);
    expect(model.cameras[0]).toMatchObject({ id: 1, model: 'SIMPLE_RADIAL', width: 1280, height: 853 });
    expect(model.images).toHaveLength(6);
    expect(model.points).toHaveLength(81);
    expect(model.images.reduce((sum, { observations }) => sum + observations, 0)).toBe(341);
    expect(model.points.reduce((sum, { track }) => sum + track, 0)).toBe(341);
    expect(meanReprojectionError(model.points)).toBeCloseTo(0.696338, 6);
  });

  it('has the cameras where the views were taken, up to scale', () => {
    const found = new Map(model.images.map((image) => [image.name, cameraPosition(image)]));
    const distances = (of: (k: number) => readonly number[]): number[] =>
      SCENE_VIEWS.flatMap((_, i) =>
        SCENE_VIEWS.slice(i + 1).map((_, k) => Math.hypot(...of(i).map((value, c) => value - (of(i + 1 + k)[c] ?? 0)))),
      );
    const truth = distances((k) => SCENE_VIEWS[k]?.position ?? []);
    const ratios = distances((k) => found.get(`view-${k + 1}.jpg`) ?? []).map((d, i) => d / (truth[i] ?? 0));
    expect(Math.max(...ratios) / Math.min(...ratios)).toBeLessThan(1.1);
  });
});

describe('a camera position', () => {
  it('is what its pose maps to the origin', () => {
    fc.assert(
      fc.property(aQuaternion, fc.tuple(real, real, real), (rotation, translation) => {
        const [w, x, y, z] = rotation;
        const c = cameraPosition({ rotation, translation });
        // Rotated by the quaternion itself, v + 2w(u × v) + 2u × (u × v), another way than the matrix.
        const cross = (a: readonly number[], b: readonly number[]): number[] => [
          (a[1] ?? 0) * (b[2] ?? 0) - (a[2] ?? 0) * (b[1] ?? 0),
          (a[2] ?? 0) * (b[0] ?? 0) - (a[0] ?? 0) * (b[2] ?? 0),
          (a[0] ?? 0) * (b[1] ?? 0) - (a[1] ?? 0) * (b[0] ?? 0),
        ];
        const u = [x, y, z];
        const uv = cross(u, c);
        const uuv = cross(u, uv);
        const scale = Math.hypot(...translation) + 1;
        for (let k = 0; k < 3; k++) {
          const seen = (c[k] ?? 0) + 2 * w * (uv[k] ?? 0) + 2 * (uuv[k] ?? 0) + (translation[k] ?? 0);
          expect(Math.abs(seen) / scale).toBeLessThan(1e-9);
        }
      }),
    );
  });
});

describe('the text of photos', () => {
  const anImage = fc.record({
    id: fc.nat(),
    cameraId: fc.nat(),
    name: fc.stringMatching(/^[A-Za-z0-9_#.-]+( [A-Za-z0-9_.-]+)*$/).filter((name) => name.length > 0),
    rotation: aQuaternion,
    translation: fc.tuple(real, real, real),
    seen: fc.array(fc.tuple(real, real, fc.integer({ min: -1, max: 9 })), { maxLength: 4 }),
  });

  it('gives back what was written, with photos that have no keypoints anywhere and any line ends', () => {
    fc.assert(
      fc.property(
        fc.array(anImage, { maxLength: 5 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (all, end, last) => {
          const lines = all.flatMap((one) => [
            [one.id, ...one.rotation, ...one.translation, one.cameraId, one.name].join(' '),
            one.seen.map((point) => point.join(' ')).join(' '),
          ]);
          const text = `# Image list${end}# Number of images: ${all.length}${end}${lines.join(end)}${last ? end : ''}`;
          const parsed = parseImages(text);
          expect(parsed).toHaveLength(all.length);
          for (const [k, one] of all.entries()) {
            const got = parsed[k] as ColmapImage;
            expect(got).toMatchObject({
              id: one.id,
              cameraId: one.cameraId,
              name: one.name,
              translation: one.translation,
              keypoints: one.seen.length,
              observations: one.seen.filter(([, , point]) => point !== -1).length,
            });
            for (const i of [0, 1, 2, 3] as const) expect(got.rotation[i]).toBeCloseTo(one.rotation[i], 12);
          }
        },
      ),
    );
  });

  it('names the line that is wrong', () => {
    const cases: [() => unknown, RegExp][] = [
      [() => parseImages('# x\n1 1 0 0 0 0 0 zero 1 a.jpg\n\n'), /images\.txt cannot be read at line 2: “zero”/],
      [() => parseImages('1 1 0 0 0 0 0 0 1 a.jpg\n1.5 2.5\n'), /line 2: keypoints come in threes/],
      [() => parseImages('1 0 0 0 0 0 0 0 1 a.jpg\n\n'), /line 1: the rotation/],
      [() => parseImages('1 1 0 0 0 0 0 0 1\n\n'), /line 1: a photo needs ten fields/],
      [() => parseCameras('1 PINHOLE 640 480\n'), /cameras\.txt cannot be read at line 1/],
      [() => parseCameras('1 PINHOLE 640 -480 500 320 240\n'), /“-480”/],
      [() => parsePoints('1 0 0 0 255 255 255 nan 1 2\n'), /points3D\.txt cannot be read at line 1: “nan”/],
      [() => parsePoints('1 0 0 0 255 255 255 0.5 1\n'), /a track comes in pairs/],
      [
        () => parseModel({ cameras: '', images: '1 1 0 0 0 0 0 0 7 a.jpg\n\n', points: '' }),
        /names camera 7 of a\.jpg and lacks it/,
      ],
    ];
    for (const [call, message] of cases)
      expect(call).toThrow(expect.objectContaining({ code: 'colmap_failed', message: expect.stringMatching(message) }));
  });

  it('refuses or reads any text, and ends with no other error', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('1', '-', '.', 'e', ' ', '\n', '#', 'a', '9'), maxLength: 80 }),
        (text) => {
          for (const parse of [parseCameras, parseImages, parsePoints])
            try {
              parse(text);
            } catch (error) {
              expect(error).toMatchObject({ code: 'colmap_failed' });
            }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

it('the mean error leaves out points without one', () => {
  const point = { id: 1, position: [0, 0, 0], track: 2 } as const;
  expect(meanReprojectionError([])).toBeUndefined();
  expect(meanReprojectionError([{ ...point, errorPx: -1 }])).toBeUndefined();
  expect(
    meanReprojectionError([
      { ...point, errorPx: 1 },
      { ...point, errorPx: -1 },
      { ...point, errorPx: 2 },
    ]),
  ).toBe(1.5);
});
