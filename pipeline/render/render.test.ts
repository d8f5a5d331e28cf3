import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ClipSpec, RgbImage } from '../domain.ts';
import { ffmpegPath, runFfprobe } from '../media/ffmpeg.node.ts';
import { writeDepth } from '../media/image.node.ts';
import { compileModule, MODULES } from './assembly/compile.node.ts';
import { planCamera } from './camera-path.ts';
import { renderClip, specHash } from './clip.node.ts';
import { FrameEngine } from './engine.node.ts';
import { toPlanes } from './planes.ts';
import { prepareClip } from './prepare.node.ts';
import { resample } from './source.node.ts';
import { findTake, renderTake, renderWithLadder } from './take.node.ts';
import { validateClip } from './validate.node.ts';
import { greatestShift, prepareDepth, sourcePoint } from './warp.ts';

const dir = mkdtempSync(join(tmpdir(), 'picaivid-render-'));
const photoPath = join(dir, 'photo.png');
const depthPath = join(dir, 'depth.png');
const inputs = { photoPath, depthPath };
const spec: ClipSpec = {
  photoSha256: 'p',
  depthSha256: 'd',
  motion: 'push_in',
  amount: 0.6,
  renderer: 'ken_burns',
  frames: 24,
  frameRate: { num: 30, den: 1 },
  width: 480,
  height: 270,
  focus: { x: 0.5, y: 0.5 },
  seed: 1,
};

/** Smooth texture with detail in every direction: band-limited, so that resampling is nearly exact. */
function texture(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const a = Math.sin(x * 0.11 + 2 * Math.sin(y * 0.031)) + Math.sin(y * 0.13 + 2 * Math.sin(x * 0.027));
      const b = Math.sin((x + y) * 0.043) + Math.sin((x - 2 * y) * 0.051);
      const at = (y * width + x) * 3;
      data[at] = Math.round(120 + 40 * a);
      data[at + 1] = Math.round(120 + 30 * a + 15 * b);
      data[at + 2] = Math.round(120 + 40 * b);
    }
  return { width, height, data };
}

function stepDepth(width: number, height: number) {
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data[y * width + x] = x > width * 0.35 && x < width * 0.65 && y > height * 0.3 ? 1 : 0;
  return { width, height, data };
}

beforeAll(async () => {
  const photo = texture(900, 600);
  await sharp(photo.data, { raw: { width: 900, height: 600, channels: 3 } })
    .png()
    .toFile(photoPath);
  await writeDepth(stepDepth(300, 200), depthPath);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** PSNR of the frame's luma, a border of 8 px aside, with what the slow reference expects of the planes. */
function lumaError(frame: Uint8Array, width: number, height: number, want: (x: number, y: number) => number) {
  let sum = 0;
  let n = 0;
  let most = 0;
  for (let y = 8; y < height - 8; y++)
    for (let x = 8; x < width - 8; x++) {
      const d = (frame[y * width + x] as number) - want(x, y);
      sum += d * d;
      most = Math.max(most, Math.abs(d));
      n++;
    }
  return { psnr: 10 * Math.log10((255 * 255 * n) / Math.max(sum, 1e-9)), most };
}

describe('engine', () => {
  const photo = texture(960, 540);
  const planes = toPlanes(resample(photo, 960, 540));
  const lumaOf = (x: number, y: number): number => {
    const a = (v: number, w: number): number => Math.min(w - 1, Math.max(0, v));
    const ix = Math.floor(x);
    const iy = Math.floor(y);
    // Bicubic would be circular: exact formula of the texture, at any place.
    const fx = x - ix;
    const fy = y - iy;
    const at = (i: number, j: number): number =>
      (planes.y.data[(a(j, 540) + 8) * planes.y.stride + a(i, 960) + 8] as number) / 64;
    const cubic = (p: number, q: number, r: number, s: number, t: number): number =>
      q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
    const row = (j: number): number => cubic(at(ix - 1, j), at(ix, j), at(ix + 1, j), at(ix + 2, j), fx);
    return cubic(row(iy - 1), row(iy), row(iy + 1), row(iy + 2), fy);
  };

  const still = { centreX: 0, centreY: 0, height: 1, tx: 0, ty: 0, tz: 0, pivot: 0.5, expandX: 0, expandY: 0 };
  it('draws the photo itself when nothing moves and sizes agree: each sample is a neighbouring level', () => {
    const engine = new FrameEngine(planes, 16 / 9, null, 960, 540);
    const { most } = lumaError(engine.draw(still), 960, 540, (x, y) => lumaOf(x, y));
    expect(most).toBeLessThan(1);
  });

  it('keeps what lies between two levels: local means of a gradient follow it', () => {
    // 8 levels over the width: rounding would be off by 0.29 of a level RMS wherever one looks.
    const ramp = { width: 960, height: 540, data: new Uint16Array(960 * 540 * 3) };
    for (let i = 0; i < 960 * 540; i++) ramp.data.fill(Math.round((100 + (8 * (i % 960)) / 960) * 257), 3 * i, 3 * i + 3);
    const flat = prepareDepth({ width: 2, height: 2, data: new Float32Array(4) }, 0.1);
    for (const [depth, pose] of [[null, still], [flat, { ...still, height: 0.97, tx: 0.004 }]] as const) {
      const engine = new FrameEngine(toPlanes(ramp), 16 / 9, depth, 960, 540);
      const frame = engine.draw(pose);
      let sum = 0;
      for (let bx = 2; bx < 118; bx++) {
        let mean = 0;
        for (let y = 96; y < 104; y++) for (let x = 0; x < 8; x++) mean += (frame[y * 960 + bx * 8 + x] as number) / 64;
        const p = sourcePoint(pose, 16 / 9, 16 / 9, depth, (bx * 8 + 4) / 960, 100 / 540);
        const want = 16 + (219 / 255) * (100 + (8 * ((p.x / (16 / 9) + 0.5) * 960 - 0.5)) / 960);
        sum += (mean - want) ** 2;
      }
      expect(Math.sqrt(sum / 116)).toBeLessThan(0.03);
    }
  }); // biome-ignore format: pairs of a table

  it('leaves whole levels as they are', () => {
    for (const level of [0, 128, 255]) {
      const grey = { width: 64, height: 36, data: new Uint16Array(64 * 36 * 3).fill(level * 257) };
      const frame = new FrameEngine(toPlanes(grey), 16 / 9, null, 64, 36).draw({ ...still, height: 0.9 });
      if (level !== 128) expect(new Set(frame.subarray(0, 64 * 36))).toEqual(new Set([level === 0 ? 16 : 235]));
      expect(new Set(frame.subarray(64 * 36))).toEqual(new Set([128]));
    }
  });

  for (const motion of ['push_in', 'dolly_left', 'orbit_right', 'crane_up'] as const) {
    it(`agrees with the slow reference: ${motion}`, () => {
      const raw = stepDepth(240, 135);
      const plan = planCamera(motion, { amount: 0.5, aspect: 16 / 9, photoAspect: 16 / 9, focus: { x: 0.4, y: 0.6 }, parallax: true }); // biome-ignore format: one call
      const depth = prepareDepth(raw, greatestShift(plan, 16 / 9));
      const engine = new FrameEngine(planes, 16 / 9, depth, 840, 472);
      for (const t of [0, 0.4, 1]) {
        const pose = plan.at(t);
        const { psnr } = lumaError(engine.draw(pose), 840, 472, (x, y) => {
          const p = sourcePoint(pose, 840 / 472, 16 / 9, depth, (x + 0.5) / 840, (y + 0.5) / 472);
          return lumaOf((p.x / (16 / 9) + 0.5) * 960 - 0.5, (p.y + 0.5) * 540 - 0.5);
        });
        expect(psnr).toBeGreaterThan(42);
      }
    });
  }

  it('neither folds nor tears at a step of depth: places advance, and by at most twice the flat rate', () => {
    const plan = planCamera('dolly_left', { amount: 1, aspect: 16 / 9, photoAspect: 1.5, focus: { x: 0.5, y: 0.5 }, parallax: true }); // biome-ignore format: one call
    const depth = prepareDepth(stepDepth(300, 200), greatestShift(plan, 16 / 9));
    for (const t of [0, 0.25, 1]) {
      const pose = plan.at(t);
      const flat = (pose.height * 16) / 9 / 800;
      let before = sourcePoint(pose, 16 / 9, 1.5, depth, 0, 0.6).x;
      for (let i = 1; i <= 800; i++) {
        const x = sourcePoint(pose, 16 / 9, 1.5, depth, i / 800, 0.6).x;
        expect(x - before).toBeGreaterThan(0.3 * flat);
        expect(x - before).toBeLessThan(2.6 * flat);
        before = x;
      }
    }
  });

  it.each(MODULES)(
    'is the binary that the source compiles to: %s',
    (name) => {
      const fresh = join(dir, 'fresh.wasm');
      compileModule(name, fresh);
      expect(readFileSync(fresh).equals(readFileSync(new URL(`./assembly/${name}.wasm`, import.meta.url)))).toBe(true);
    },
    60_000,
  );

  it('keeps verticals vertical in ken_burns', async () => {
    const data = new Uint8Array(900 * 600 * 3).fill(40);
    for (let y = 0; y < 600; y++)
      for (let x = 300; x < 900; x++) data.fill(220, (y * 900 + x) * 3, (y * 900 + x) * 3 + 3);
    const path = join(dir, 'edge.png');
    await sharp(data, { raw: { width: 900, height: 600, channels: 3 } })
      .png()
      .toFile(path);
    const { engine, plan } = await prepareClip({ ...spec, motion: 'orbit_left' }, { photoPath: path, depthPath: null });
    for (const t of [0, 0.3, 1]) {
      const frame = engine.draw(plan.at(t));
      // The pattern that keeps what lies between two levels repeats after 8 rows.
      let most = 0;
      let other = 0;
      for (let y = 1; y < 270; y++)
        for (let x = 0; x < 480; x++) {
          const value = frame[y * 480 + x] as number;
          most = Math.max(most, Math.abs(value - (frame[x] as number)));
          if (y >= 8 && value !== frame[(y - 8) * 480 + x]) other++;
        }
      expect([most <= 1, other]).toEqual([true, 0]);
    }
  });
});

describe('clips', () => {
  it('are H.264 without B frames, with half-second GOPs, exact length and bt709', async () => {
    const out = join(dir, 'a.mp4');
    await renderClip({ ...spec, frames: 37 }, inputs, out);
    const probe = z
      .object({
        streams: z.array(z.record(z.string(), z.unknown())),
        frames: z.array(z.object({ key_frame: z.number(), pict_type: z.string() })),
      })
      .parse(await runFfprobe(['-show_streams', '-show_frames', '-count_frames', out]));
    expect(probe.streams).toHaveLength(1);
    expect(probe.streams[0]).toMatchObject({
      codec_name: 'h264', pix_fmt: 'yuv420p', width: 480, height: 270, color_range: 'tv', color_space: 'bt709',
      color_transfer: 'bt709', color_primaries: 'bt709', has_b_frames: 0, nb_read_frames: '37', avg_frame_rate: '30/1',
    }); // biome-ignore format: a table
    expect(probe.frames.filter((f) => f.pict_type === 'B')).toHaveLength(0);
    const keys = probe.frames.flatMap((f, i) => (f.key_frame === 1 ? [i] : []));
    expect(keys).toEqual([0, 15, 30]);
  });

  it('pass validation for what was asked and fail for anything else', async () => {
    const out = join(dir, 'b.mp4');
    const pan: ClipSpec = { ...spec, motion: 'pan_left', amount: 1 };
    await renderClip(pan, inputs, out);
    expect((await validateClip(pan, inputs, out)).reasons).toEqual([]);
    const failing = async (other: Partial<ClipSpec>) =>
      (await validateClip({ ...pan, ...other }, inputs, out)).figures.filter((f) => !f.pass).map((f) => f.name);
    expect(await failing({ motion: 'pan_right' })).toContain('first_frame_ssim');
    expect(await failing({ amount: 0.4 })).toContain('motion_deviation');
    expect(await failing({ frames: 25 })).toContain('frame_count');
    expect(await failing({ motion: 'static' })).toContain('stillness');
    const black = join(dir, 'black.mp4');
    execFileSync(ffmpegPath(), [
      '-v',
      'error',
      '-i',
      out,
      '-vf',
      "drawbox=t=fill:c=black:enable='gte(n,12)'",
      '-y',
      black,
    ]);
    const figures = (await validateClip(pan, inputs, black)).figures.filter((f) => !f.pass);
    expect(figures.map((f) => f.name)).toEqual(
      expect.arrayContaining(['black_frames', 'exposure_shift', 'repeated_share']),
    );
    expect(figures.find((f) => f.name === 'black_frames')?.frames).toEqual([[12, 23]]);
    expect(figures.find((f) => f.name === 'repeated_share')?.frames).toEqual([[13, 23]]);
  });

  it('cancelled leave nothing', async () => {
    const out = join(dir, 'cancel', 'c.mp4');
    const stop = new AbortController();
    const running = renderClip({ ...spec, frames: 400 }, inputs, out, {
      signal: stop.signal,
      onProgress: (p) => {
        if (p.fraction > 0.02) stop.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(join(dir, 'cancel'))).toEqual([]);
  });

  it('of a damaged photo fail with its reason and leave nothing', async () => {
    const bad = join(dir, 'bad.jpg');
    writeFileSync(bad, 'no picture');
    const out = join(dir, 'bad', 'c.mp4');
    await expect(renderClip(spec, { photoPath: bad, depthPath: null }, out)).rejects.toMatchObject({
      code: 'image_damaged',
    });
    expect(readdirSync(join(dir, 'bad'))).toEqual([]);
  });
});

describe('takes', () => {
  it('that are complete are not rendered again; a short or unrecorded one is', async () => {
    const takes = join(dir, 'takes');
    const first = await renderTake(spec, inputs, { dir: takes });
    expect(first.verdict).toBe('pass');
    const again = await renderTake(spec, inputs, { dir: takes });
    expect(again.renderSeconds).toBe(first.renderSeconds);
    writeFileSync(first.path, 'cut short');
    expect(await findTake(takes, specHash(spec))).toBeUndefined();
    const anew = await renderTake(spec, inputs, { dir: takes });
    expect(anew.figures).toEqual(first.figures);
    writeFileSync(join(takes, first.specHash, 'take.json'), '{"specHash"');
    expect(await findTake(takes, specHash(spec))).toBeUndefined();
  });

  it('step down from ltx and from absent depth, saying why', async () => {
    const result = await renderWithLadder(
      'c1',
      { ...spec, renderer: 'ltx', frames: 12 },
      { photoPath, depthPath: null },
      { dir: join(dir, 'ladder') },
    );
    expect(result.chosen.spec.renderer).toBe('ken_burns');
    expect(result.chosen.verdict).toBe('pass');
    expect(result.downgradeReason).toMatch(/LTX/);
  });
});
