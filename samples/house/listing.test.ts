import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import exifr from 'exifr';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ROOM_TYPES } from '../../pipeline/domain.ts';
import { HOUSE_VIEWS, verticalFovDegrees } from './views.ts';

const LISTING = fileURLToPath(new URL('../listing/', import.meta.url));
const TRUTH_FOLDER = fileURLToPath(new URL('../listing-truth/', import.meta.url));
const TRUTH = z.object({
  photos: z.array(
    z.object({
      file: z.string(),
      room: z.enum(ROOM_TYPES),
      roomId: z.string(),
      duplicateOf: z.string().optional(),
      camera: z.object({
        position: z.array(z.number()).length(3),
        target: z.array(z.number()).length(3),
        matrix: z.array(z.number()).length(16),
        verticalFovDegrees: z.number(),
      }),
      depth: z.object({
        file: z.string(),
        width: z.number(),
        height: z.number(),
        unit: z.literal('millimetre'),
        none: z.literal(0),
      }),
    }),
  ),
});

const truth = TRUTH.parse(JSON.parse(await readFile(join(TRUTH_FOLDER, 'truth.json'), 'utf8')));

describe('the sample listing', () => {
  it('has every view once, in order, and no other photo', async () => {
    expect(truth.photos.map((p) => p.file)).toEqual(HOUSE_VIEWS.map((v) => v.file));
    // Nothing but photos: whatever else lay here would be taken for part of the listing.
    const files = (await readdir(LISTING)).sort();
    expect(files).toEqual(HOUSE_VIEWS.map((v) => v.file));
    expect(new Set(truth.photos.map((p) => p.roomId)).size).toBe(8);
  });

  it('has photos of 3000 × 2000 with EXIF, taken in order', async () => {
    let before = 0;
    for (const view of HOUSE_VIEWS) {
      const path = join(LISTING, view.file);
      const meta = await sharp(path).metadata();
      expect([meta.format, meta.width, meta.height]).toEqual(['jpeg', 3000, 2000]);
      const exif = await exifr.parse(path);
      expect(exif.Make).toBe('Picaivid');
      expect(exif.FocalLengthIn35mmFormat).toBe(view.focal35mm);
      const time = (exif.DateTimeOriginal as Date).getTime();
      expect(time).toBeGreaterThan(before);
      before = time;
    }
  });

  it('has pictures that are neither black nor burnt out nor flat', async () => {
    for (const view of HOUSE_VIEWS) {
      const { channels } = await sharp(join(LISTING, view.file))
        .greyscale()
        .resize(300)
        .toBuffer()
        .then((b) => sharp(b).stats());
      expect(channels[0]?.mean, view.file).toBeGreaterThan(70);
      expect(channels[0]?.mean, view.file).toBeLessThan(225);
      expect(channels[0]?.stdev, view.file).toBeGreaterThan(25);
    }
  });

  it('has level cameras at the written poses', () => {
    truth.photos.forEach((photo, i) => {
      const view = HOUSE_VIEWS[i];
      expect(photo.camera.position).toEqual(view?.eye);
      expect(photo.camera.matrix.slice(12, 15)).toEqual(view?.eye);
      expect(photo.camera.matrix.slice(4, 7)).toEqual([0, 1, 0]);
      expect(photo.camera.verticalFovDegrees).toBeCloseTo(verticalFovDegrees(view?.focal35mm ?? 0), 4);
    });
  });

  it('has 16-bit depth of a plausible range', async () => {
    for (const photo of truth.photos) {
      const path = join(TRUTH_FOLDER, photo.depth.file);
      expect(existsSync(path)).toBe(true);
      const meta = await sharp(path).metadata();
      expect([meta.format, meta.width, meta.height, meta.depth]).toEqual(['png', 750, 500, 'ushort']);
      const raw = await sharp(path).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
      const mm = new Uint16Array(raw.buffer, raw.byteOffset, raw.byteLength / 2).filter((d) => d > 0).sort();
      const median = mm[mm.length >> 1] ?? 0;
      const outside = photo.room.startsWith('exterior');
      expect(mm.length, photo.file).toBeGreaterThan(750 * 500 * (outside ? 0.4 : 0.85));
      expect(mm[0], photo.file).toBeGreaterThan(150);
      expect(median, photo.file).toBeGreaterThan(outside ? 4000 : 1000);
      expect(median, photo.file).toBeLessThan(outside ? 30_000 : 6000);
    }
  });

  it('stays within 20 MB', async () => {
    let bytes = 0;
    for (const folder of [LISTING, TRUTH_FOLDER])
      for (const name of await readdir(folder, { recursive: true })) bytes += (await stat(join(folder, name))).size;
    expect(bytes).toBeLessThan(20e6);
  });
});
