import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClipSpec, MOTIONS } from '../domain.ts';
import { cameraAt, ease, FAR_INVERSE_DEPTH, planCamera } from './camera-path.ts';
import { cubicTable, PHASES, separableTaps, TAPS, WEIGHT_ONE } from './kernel.ts';
import { firstRung, nextRung } from './ladder.ts';
import { rankCorrelation, ssim, windowShift } from './measure.ts';
import { canonicalSpec } from './spec.ts';
import { prepareDepth } from './warp.ts';

const params = fc.record({
  amount: fc.double({ min: 0, max: 1, noNaN: true }),
  aspect: fc.constantFrom(16 / 9, 9 / 16, 1, 4 / 3, 2.39),
  photoAspect: fc.constantFrom(1.5, 2 / 3, 16 / 9, 1, 0.4, 3.2),
  focus: fc.record({ x: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.double({ min: 0, max: 1, noNaN: true }) }),
  parallax: fc.boolean(),
});
const motions = fc.constantFrom(...MOTIONS);
const times = fc.double({ min: 0, max: 1, noNaN: true });

describe('camera path', () => {
  it('never looks outside the photo, for any depth', () => {
    fc.assert(
      fc.property(motions, params, times, times, (motion, p, t, d) => {
        const pose = cameraAt(motion, t, p);
        const q = FAR_INVERSE_DEPTH + (1 - FAR_INVERSE_DEPTH) * d;
        for (const u of [-0.5, 0.5])
          for (const v of [-0.5, 0.5]) {
            const x0 = pose.centreX + u * pose.height * p.aspect;
            const y0 = pose.centreY + v * pose.height;
            const x = x0 + (q - pose.pivot) * pose.tx - q * pose.tz * (x0 - pose.expandX);
            const y = y0 + (q - pose.pivot) * pose.ty - q * pose.tz * (y0 - pose.expandY);
            expect(Math.abs(x)).toBeLessThanOrEqual(p.photoAspect / 2 + 1e-9);
            expect(Math.abs(y)).toBeLessThanOrEqual(0.5 + 1e-9);
          }
      }),
      { numRuns: 2000 },
    );
  });

  it('is continuous and always moving, and still where still was asked', () => {
    fc.assert(
      fc.property(motions, params, (motion, p) => {
        const plan = planCamera(motion, p);
        const flat = (t: number): number[] => Object.values(plan.at(t));
        for (let k = 0; k < 50; k++) {
          const a = flat(k / 50);
          const b = flat((k + 1) / 50);
          const change = Math.max(...a.map((v, i) => Math.abs(v - (b[i] as number))));
          expect(change).toBeLessThan(0.03);
          if (motion === 'static') expect(change).toBe(0);
          else if (p.amount > 0.1) expect(change).toBeGreaterThan(0);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('moves the window the way the motion says', () => {
    const p = { amount: 0.5, aspect: 16 / 9, photoAspect: 1.5, focus: { x: 0.5, y: 0.5 }, parallax: false };
    const ends = (motion: (typeof MOTIONS)[number]) => [cameraAt(motion, 0, p), cameraAt(motion, 1, p)] as const;
    const [a, b] = ends('push_in');
    expect(a.height / b.height).toBeCloseTo(Math.sqrt(1.25), 6);
    const [c, d] = ends('pan_right');
    expect((d.centreX - c.centreX) / (c.height * p.aspect)).toBeCloseTo(0.08, 6);
    const [e, f] = ends('tilt_up');
    expect(f.centreY).toBeLessThan(e.centreY);
    const [g, h] = ends('pull_out');
    expect(h.height).toBeGreaterThan(g.height);
    expect(cameraAt('dolly_left', 1, { ...p, parallax: true }).tx).toBeLessThan(0);
  });

  it('drifts along the long axis of a photo of quite another shape', () => {
    const p = { amount: 0.5, aspect: 16 / 9, photoAspect: 2 / 3, focus: { x: 0.5, y: 0.8 }, parallax: false };
    expect(cameraAt('push_in', 1, p).centreY - cameraAt('push_in', 0, p).centreY).toBeGreaterThan(0.03);
  });

  it('eases from 0 to 1, symmetric, never below half of the mean speed', () => {
    expect([ease(0), ease(0.5), ease(1)]).toEqual([0, 0.5, 1]);
    for (let k = 0; k < 100; k++) expect(ease((k + 1) / 100) - ease(k / 100)).toBeGreaterThanOrEqual(0.005 - 1e-12);
  });
});

describe('filters', () => {
  it('have weights that sum to one exactly', () => {
    const table = new Int16Array(PHASES * 8);
    cubicTable(1.2, table);
    for (let k = 0; k < PHASES; k++) {
      const row = table.subarray(k * 8, k * 8 + 4);
      expect(row.reduce((s, w) => s + w, 0)).toBe(WEIGHT_ONE);
    }
    const first = new Int32Array(50);
    const weights = new Int16Array(50 * TAPS);
    separableTaps(50, 1.17, 0.31, first, weights);
    for (let i = 0; i < 50; i++) {
      const row = weights.subarray(i * TAPS, i * TAPS + TAPS);
      expect(row.reduce((s, w) => s + w, 0)).toBe(WEIGHT_ONE);
      const centre = row.reduce((s, w, k) => s + (w / WEIGHT_ONE) * ((first[i] as number) + k), 0);
      expect(Math.abs(centre - (1.17 * i + 0.31))).toBeLessThan(0.03);
    }
  });
});

describe('prepared depth', () => {
  it('keeps foreground, never lowers, and bounds the slope', () => {
    const data = new Float32Array(100 * 60);
    for (let y = 0; y < 60; y++) for (let x = 40; x < 60; x++) data[y * 100 + x] = 1;
    const out = prepareDepth({ width: 100, height: 60, data }, 0.1);
    const row = out.data.subarray(30 * 100, 31 * 100);
    for (let x = 40; x < 60; x++) expect(row[x]).toBeGreaterThan(0.98);
    for (let x = 1; x < 100; x++)
      expect(Math.abs((row[x] as number) - (row[x - 1] as number)) * 0.1 * 60).toBeLessThanOrEqual(0.5 + 1e-5);
    expect(row[0]).toBeCloseTo(FAR_INVERSE_DEPTH, 5);
  });
});

describe('measures', () => {
  it('find a known sub-pixel shift', () => {
    const draw = (sx: number, sy: number) => {
      const data = new Float32Array(96 * 96);
      for (let y = 0; y < 96; y++)
        for (let x = 0; x < 96; x++)
          data[y * 96 + x] =
            128 + 50 * Math.sin((x - sx) * 0.21) * Math.cos((y - sy) * 0.17) + 30 * Math.sin((x - sx + y - sy) * 0.1);
      return { width: 96, height: 96, data };
    };
    const shift = windowShift(draw(0, 0), draw(1.37, -0.62), 48, 48, 40);
    expect(shift?.dx).toBeCloseTo(1.37, 1);
    expect(shift?.dy).toBeCloseTo(-0.62, 1);
    expect(ssim(draw(0, 0), draw(0, 0))).toBeCloseTo(1, 9);
    expect(ssim(draw(0, 0), draw(7, 3))).toBeLessThan(0.7);
  });
  it('rank like Spearman', () => {
    expect(rankCorrelation([1, 2, 3, 4], [10, 20, 300, 4000])).toBeCloseTo(1);
    expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1);
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 2, 3])).toBeCloseTo(1);
  });
});

describe('ladder', () => {
  const spec: ClipSpec = {
    photoSha256: 'p', depthSha256: 'd', motion: 'orbit_left', amount: 0.5, renderer: 'ltx', frames: 90,
    frameRate: { num: 30, den: 1 }, width: 1920, height: 1080, focus: { x: 0.5, y: 0.5 }, seed: 3,
  }; // biome-ignore format: a table
  it('goes orbit, dolly, push, depth_parallax, ken_burns, static, and ends', () => {
    const seen: string[] = [];
    let at: ClipSpec | undefined = spec;
    while (at !== undefined) {
      seen.push(`${at.renderer} ${at.motion}`);
      at = nextRung(at, { ltx: true, depth: true })?.spec;
    }
    expect(seen).toEqual([
      'ltx orbit_left', 'ltx dolly_left', 'ltx push_in', 'depth_parallax push_in', 'ken_burns push_in', 'ken_burns static',
    ]); // biome-ignore format: a table
  });
  it('starts where the means allow', () => {
    expect(firstRung(spec, { ltx: false, depth: true }).spec.renderer).toBe('depth_parallax');
    const flat = firstRung(spec, { ltx: false, depth: false });
    expect([flat.spec.renderer, flat.spec.depthSha256]).toEqual(['ken_burns', null]);
    expect(firstRung(spec, { ltx: true, depth: true })).toEqual({ spec });
  });
  it('names a spec by every field that changes frames', () => {
    expect(canonicalSpec({ ...spec })).toBe(canonicalSpec(spec));
    expect(canonicalSpec({ ...spec, amount: 0.51 })).not.toBe(canonicalSpec(spec));
  });
});
