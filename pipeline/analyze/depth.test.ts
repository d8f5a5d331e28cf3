import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModels } from '../../models/open.node.ts';
import type { Models } from '../../models/types.ts';
import type { DepthMap, RgbImage } from '../domain.ts';
import { decodeRgb } from '../media/image.node.ts';
import { networkDepth } from './depth.node.ts';
import { rankCorrelation } from './depth-metrics.ts';
import { depthPrior, vanishingPoint } from './depth-prior.ts';
import { normaliseDepth, refineDepth, resizeDepth } from './depth-refine.ts';
import { blendWindows, depthWindows } from './depth-windows.ts';

const fixtures = resolve(import.meta.dirname, '../..', process.env.PICAIVID_FIXTURES ?? '../shared/fixtures');

function picture(width: number, height: number, at: (x: number, y: number) => number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.fill(at(i % width, Math.floor(i / width)), i * 3, i * 3 + 3);
  return { width, height, data };
}
function map(width: number, height: number, at: (x: number, y: number) => number): DepthMap {
  const data = Float32Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width)));
  return { width, height, data };
}

describe('refinement', () => {
  // A soft coarse step around column 32 of 64, while the picture's edge is at 55 % of its width.
  const guide = picture(640, 480, (x) => (x < 352 ? 40 : 200));
  const coarse = map(64, 48, (x) => Math.min(1, Math.max(0, (x - 30) / 8)));
  const refined = refineDepth(coarse, guide);
  it('moves a soft step onto the edge of the picture', () => {
    expect([refined.width, refined.height]).toEqual([640, 480]);
    const row = refined.data.subarray(240 * 640, 241 * 640);
    let steepest = 0;
    let at = 0;
    for (let x = 1; x < 640; x++) {
      const step = Math.abs((row[x] as number) - (row[x - 1] as number));
      if (step > steepest) {
        steepest = step;
        at = x;
      }
    }
    expect(Math.abs(at - 352)).toBeLessThanOrEqual(2);
    expect((row[372] as number) - (row[332] as number)).toBeGreaterThan(0.85);
  });
  it('keeps flat parts flat, gives the same map twice, and stays within 0..1', () => {
    for (const y of [10, 240, 470])
      for (const x of [10, 150, 300]) expect(refined.data[y * 640 + x]).toBeLessThan(0.05);
    expect(Buffer.compare(Buffer.from(refineDepth(coarse, guide).data.buffer), Buffer.from(refined.data.buffer))).toBe(
      0,
    );
    expect(refined.data.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
  it('copies no texture into an even depth', () => {
    const checks = picture(320, 240, (x, y) => (((x >> 3) + (y >> 3)) % 2 === 0 ? 40 : 200));
    const ramp = refineDepth(
      map(64, 48, (x) => x / 63),
      checks,
    );
    for (let x = 40; x < 280; x++) {
      const got = ramp.data[120 * 320 + x] as number;
      expect(Math.abs(got - x / 319)).toBeLessThan(0.06);
    }
  });
  it('normalises by percentiles; a constant map becomes 0.5, what is not finite 0', () => {
    expect(normaliseDepth(map(4, 4, () => 7)).data.every((value) => value === 0.5)).toBe(true);
    const wild = normaliseDepth(
      map(40, 40, (x, y) => (x === 0 && y === 0 ? 1000 : x === 1 && y === 0 ? Number.NaN : x)),
    );
    expect([wild.data[0], wild.data[1]]).toEqual([1, 0]);
    // One wild pixel among 1,600 must not flatten the ramp below it; histogram bins are 0.24 wide here.
    expect(wild.data[5 * 40 + 20]).toBeCloseTo(20 / 39, 1);
  });
});

describe('windows', () => {
  it('are none for a like shape, cover any other, overlap by half', () => {
    expect(depthWindows(1280, 960, 4 / 3)).toEqual([]);
    for (const [width, height] of [
      [1280, 853],
      [224, 224],
      [853, 1280],
      [1280, 320],
    ] as const) {
      const windows = depthWindows(width, height, 4 / 3);
      const across = width / height > 4 / 3;
      expect(windows.length).toBeGreaterThanOrEqual(3);
      expect([windows[0]?.x, windows[0]?.y]).toEqual([0, 0]);
      const last = windows.at(-1);
      expect([(last?.x ?? 0) + (last?.width ?? 0), (last?.y ?? 0) + (last?.height ?? 0)]).toEqual([width, height]);
      for (const [i, window] of windows.entries()) {
        expect(window.width / window.height).toBeCloseTo(4 / 3, 1);
        const before = windows[i - 1] ?? window;
        expect(across ? window.x - before.x : window.y - before.y).toBeLessThanOrEqual(
          1 + (across ? window.width : window.height) / 2,
        );
      }
    }
  });
  it('bring windows of any scale onto the scale of the whole', () => {
    const whole = map(64, 48, (_, y) => y / 47);
    const windows = depthWindows(480, 480, 4 / 3);
    // Each window sees its part of the same ramp, stretched to its own 0..1.
    const parts = windows.map((window) => ({ window, depth: map(64, 48, (_, y) => y / 47) }));
    const out = blendWindows(whole, parts, 480, 480);
    expect([out.width, out.height]).toEqual([64, 64]);
    for (let y = 2; y < 62; y++) expect(out.data[y * 64 + 30]).toBeCloseTo((y - 0.5) / 63, 1);
  });
});

describe('the prior', () => {
  it('finds where the lines of a corridor meet', () => {
    // Four slanted lines that run to (0.6, 0.45).
    const [vx, vy] = [192, 108];
    const corridor = picture(320, 240, (x, y) => {
      const angle = Math.atan2(y + 0.5 - vy, x + 0.5 - vx);
      return Math.floor(((angle + Math.PI) / (2 * Math.PI)) * 12) % 2 === 0 ? 60 : 190;
    });
    const point = vanishingPoint(corridor);
    expect(Math.hypot(point.x - 0.6, point.y - 0.45)).toBeLessThan(0.04);
    expect(point.support).toBeGreaterThan(0.1);
    expect(vanishingPoint(picture(320, 240, () => 128))).toEqual({ x: 0.5, y: 0.5, support: 0 });
  });
  it('an even picture has its middle far and its floor near, and outdoors the sky is farthest', () => {
    const even = picture(160, 120, () => 128);
    const room = depthPrior(even, 'living_room');
    expect(room.data[60 * 160 + 80]).toBeLessThan(0.25);
    expect(room.data[118 * 160 + 80]).toBeGreaterThan(0.95);
    const outside = depthPrior(
      picture(160, 120, (_, y) => (y < 50 ? 220 : 70)),
      'garden',
    );
    expect(outside.data[10 * 160 + 80]).toBeLessThan(0.05);
    expect(outside.data[118 * 160 + 80]).toBeGreaterThan(0.95);
  });
});

describe.skipIf(!existsSync(join(fixtures, 'depth')))('measured depth (skipped without the fixtures)', () => {
  let models: Models;
  const scores = new Map<string, number>();
  beforeAll(async () => {
    models = await openModels({ set: 'fixture' });
    for (const name of ['diningroom_1', 'diningroom_2', 'diningroom_3', 'diningroom_4', 'diningroom_5', 'nyu_224']) {
      const image = await decodeRgb(join(fixtures, 'depth', `${name}.png`));
      const truth = await measured(name);
      expect([truth.width, truth.height]).toEqual([image.width, image.height]);
      if (models.depth === undefined) throw new Error('the fixture set has a depth network');
      const refined = resizeDepth(
        refineDepth(await networkDepth(models.depth, image), image),
        truth.width,
        truth.height,
      );
      scores.set(
        name,
        rankCorrelation(
          refined.data,
          truth.data.map((depth) => (depth > 0 ? 1 / depth : 0)),
          truth.data.map((depth) => (depth > 0 ? 1 : 0)),
        ),
      );
    }
    process.stdout.write(`${[...scores].map(([name, score]) => `${name} ${score.toFixed(3)}`).join(', ')}\n`);
  });
  afterAll(() => models.close());
  it('correlates by rank with every frame at 0.85 or more', () => {
    expect(scores.size).toBe(6);
    for (const [name, score] of scores) expect(score, name).toBeGreaterThanOrEqual(0.85);
  });
});

/** Depth of a fixture frame, any unit, larger is farther, 0 where unknown. */
async function measured(name: string): Promise<DepthMap> {
  if (name === 'nyu_224') {
    const bytes = await readFile(join(fixtures, 'depth', `${name}_depth_m.f32`));
    const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    return { width: 224, height: 224, data };
  }
  const bytes = await readFile(join(fixtures, 'depth', `${name}_depth_mm.pgm`));
  const head = /^P5\s+(\d+)\s+(\d+)\s+\d+\s/.exec(bytes.subarray(0, 40).toString('latin1'));
  const [width, height] = [Number(head?.[1]), Number(head?.[2])];
  const start = head?.[0].length ?? 0;
  const data = Float32Array.from({ length: width * height }, (_, i) => bytes.readUInt16BE(start + 2 * i));
  return { width, height, data };
}
