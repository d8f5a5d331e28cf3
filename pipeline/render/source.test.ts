/** The photo at its clip's size: against a slow resampler in double precision, and against what a lens would see. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../domain.ts';
import { photoSize } from './prepare.node.ts';
import { decodeSource, fromLinear, resample, toLinear } from './source.node.ts';

const dir = mkdtempSync(join(tmpdir(), 'picaivid-source-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const lanczos = (x: number): number =>
  x === 0 ? 1 : Math.abs(x) >= 3 ? 0 : (3 * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / 3)) / (Math.PI * x) ** 2;

/** One output sample, light 0..1, as the definition has it. */
function slow(image: RgbImage, width: number, height: number, i: number, j: number, channel: number): number {
  const linear = width < image.width;
  const [sx, sy] = [image.width / width, image.height / height];
  const side = (n: number, scale: number, size: number) => {
    const at = scale * (n + 0.5) - 0.5;
    const stretch = Math.max(1, scale);
    const found: [number, number][] = [];
    for (let k = Math.ceil(at - 3 * stretch); k <= at + 3 * stretch; k++)
      found.push([Math.min(size - 1, Math.max(0, k)), lanczos((k - at) / stretch)]);
    const sum = found.reduce((total, [, w]) => total + w, 0);
    return found.map(([k, w]) => [k, w / sum] as const);
  };
  let light = 0;
  for (const [y, wy] of side(j, sy, image.height)) {
    let row = 0;
    for (const [x, wx] of side(i, sx, image.width)) {
      const code = (image.data[(y * image.width + x) * 3 + channel] as number) / 255;
      row += wx * (linear ? toLinear(code) : code);
    }
    light += wy * Math.min(1, row);
  }
  light = Math.min(1, Math.max(0, light));
  return linear ? fromLinear(light) : light;
}

describe('a photo at its clip’s size', () => {
  it('is what the definition has it be, within a quarter of an 8-bit level', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 60 }),
        fc.integer({ min: 3, max: 40 }),
        fc.integer({ min: 2, max: 70 }),
        fc.integer({ min: 2, max: 50 }),
        fc.infiniteStream(fc.integer({ min: 60, max: 255 })),
        (w, h, width, height, values) => {
          fc.pre(w / width <= 3 && h / height <= 3);
          const data = Uint8Array.from({ length: w * h * 3 }, () => values.next().value);
          const image = { width: w, height: h, data };
          const got = resample(image, width, height);
          expect(got.data).toHaveLength(width * height * 3);
          for (let k = 0; k < 12; k++) {
            const i = (k * 7) % width;
            const j = (k * 5) % height;
            const value = (got.data[(j * width + i) * 3 + (k % 3)] as number) / 65_535;
            expect(Math.abs(value - slow(image, width, height, i, j, k % 3))).toBeLessThan(0.25 / 255);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has the light of a fine pattern, not the mean of its codes', () => {
    const side = 300;
    const data = new Uint8Array(side * side * 3);
    for (let i = 0; i < side * side; i++)
      data.fill(((i % side) + Math.floor(i / side)) % 2 === 0 ? 40 : 220, 3 * i, 3 * i + 3);
    const small = resample({ width: side, height: side, data }, 120, 120);
    const mean = small.data.reduce((sum, v) => sum + v, 0) / small.data.length / 257;
    const lens = 255 * fromLinear((toLinear(40 / 255) + toLinear(220 / 255)) / 2);
    expect(Math.abs(mean - lens)).toBeLessThan(0.5);
    expect(lens).toBeGreaterThan(160);
  });

  it('has the colours of its file: with profile, transparency, one channel, 16 bits, CMYK, turned', async () => {
    const plain = () =>
      sharp({ create: { width: 96, height: 64, channels: 3, background: { r: 200, g: 100, b: 50 } } });
    const files = {
      plain: plain().png(),
      profile: plain().withIccProfile('p3').png(),
      grey: plain().greyscale().png(),
      deep: plain().toColourspace('rgb16').png(),
      cmyk: plain().toColourspace('cmyk').jpeg({ quality: 100 }),
      turned: plain().withMetadata({ orientation: 6 }).jpeg({ quality: 100 }),
      clear: sharp({
        create: { width: 96, height: 64, channels: 4, background: { r: 200, g: 100, b: 50, alpha: 0.5 } },
      }).png(),
    };
    for (const [name, image] of Object.entries(files)) {
      const path = join(dir, name);
      await image.toFile(path);
      const own = await photoSize(path);
      const [width, height] = name === 'turned' ? [20, 30] : [30, 20];
      expect(own.width > own.height).toBe(name !== 'turned');
      const want = await sharp(path)
        .toColourspace('srgb')
        .flatten({ background: '#fff' })
        .removeAlpha()
        .raw()
        .toBuffer();
      const got = await decodeSource(path, own, width, height);
      for (let k = 0; k < got.data.length; k++)
        // Of 16 bits, libvips cuts where we round.
        expect(Math.abs((got.data[k] as number) / 257 - (want[k % 3] as number)), name).toBeLessThan(
          name === 'deep' ? 1 : 0.1,
        );
    }
  });

  it('of very many pixels is reduced before it is held, and is no other picture', async () => {
    const path = join(dir, 'wide.png');
    const data = new Uint8Array(2000 * 200 * 3);
    for (let i = 0; i < 2000 * 200; i++) data.fill(Math.floor((i % 2000) / 10), 3 * i, 3 * i + 3);
    await sharp(data, { raw: { width: 2000, height: 200, channels: 3 } })
      .png()
      .toFile(path);
    const got = await decodeSource(path, { width: 2000, height: 200 }, 100, 10);
    for (let x = 2; x < 98; x++)
      expect(Math.abs((got.data[(5 * 100 + x) * 3] as number) / 257 - (2 * x + 0.5))).toBeLessThan(0.6);
  });
});
