/** Proxies and single frames against ffmpeg's own decoding of the whole clip. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { h264Args } from './encoder.ts';
import { runFfmpeg, runFfprobe } from './ffmpeg.node.ts';
import { makeProxy, proxySize } from './proxy.node.ts';
import { framePng, picturesFor, stripFrames, stripJpeg } from './strip.node.ts';

const base = mkdtempSync(join(tmpdir(), 'proxy-'));
const clip = join(base, 'clip.mp4');
const RATE = { num: 30_000, den: 1_001 };
const FRAMES = 40;
/** A picture that moves all over: neighbours differ by more than the encoder loses. */
async function make(path: string, size: string): Promise<void> {
  const source = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30000/1001`];
  await runFfmpeg([...source, '-frames:v', String(FRAMES), ...h264Args(RATE), '-movflags', '+faststart', '-y', path]);
}
beforeAll(() => make(clip, '322x182'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const packets = z.object({
  packets: z.array(z.object({ pts_time: z.string(), flags: z.string() })),
  streams: z.array(z.record(z.string(), z.unknown())),
});
const probed = async (path: string) =>
  packets.parse(await runFfprobe(['-show_packets', '-show_streams', '-select_streams', 'v', path]));
const pictureTypes = async (path: string) => {
  const found = await runFfprobe([
    '-show_frames',
    '-select_streams',
    'v',
    '-show_entries',
    'frame=pict_type,key_frame',
    path,
  ]);
  return z.object({ frames: z.array(z.object({ pict_type: z.string(), key_frame: z.number() })) }).parse(found).frames;
};
async function rgb(path: string, width: number, height: number): Promise<Buffer[]> {
  const scale = `scale=${width}:${height}:in_color_matrix=bt709:out_range=pc:flags=accurate_rnd+full_chroma_int+bicubic,format=rgb24`;
  const { stdout } = await runFfmpeg(['-v', 'error', '-i', path, '-vf', scale, '-f', 'rawvideo', '-fps_mode', 'passthrough', 'pipe:1']); // biome-ignore format: one call
  const bytes = width * height * 3;
  return Array.from({ length: stdout.length / bytes }, (_, i) => stdout.subarray(i * bytes, (i + 1) * bytes));
}
const difference = (a: Uint8Array, b: Uint8Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / a.length;
};

test('a proxy has every frame of its clip as an IDR picture at the same time, at most 1280 wide', async () => {
  const wide = join(base, 'wide.mp4');
  await make(wide, '1920x1080');
  for (const [path, width, height] of [
    [clip, 322, 182],
    [wide, 1280, 720],
  ] as const) {
    const out = join(base, 'sub', 'proxy.mp4');
    await makeProxy(path, out);
    const before = await probed(path);
    const after = await probed(out);
    expect(after.packets.map(({ pts_time }) => pts_time)).toEqual(before.packets.map(({ pts_time }) => pts_time));
    expect(after.packets.every(({ flags }) => flags.startsWith('K'))).toBe(true);
    expect(await pictureTypes(out)).toEqual(Array.from({ length: FRAMES }, () => ({ pict_type: 'I', key_frame: 1 })));
    expect(after.streams[0]).toMatchObject({
      codec_name: 'h264', width, height, pix_fmt: 'yuv420p', color_space: 'bt709', color_primaries: 'bt709',
      color_transfer: 'bt709', color_range: 'tv', has_b_frames: 0, r_frame_rate: '30000/1001', nb_frames: String(FRAMES),
    }); // biome-ignore format: one stream
    const file = readFileSync(out);
    expect(file.indexOf('moov')).toBeLessThan(file.indexOf('mdat'));
  }
  const own = await rgb(clip, 322, 182);
  await makeProxy(clip, join(base, 'same.mp4'));
  const copied = await rgb(join(base, 'same.mp4'), 322, 182);
  for (const [i, frame] of copied.entries()) {
    const here = difference(frame, own[i] ?? Buffer.alloc(0));
    for (const j of [i - 1, i + 1]) if (own[j] !== undefined) expect(here).toBeLessThan(difference(frame, own[j]));
  }
});

test('each frame by its number is the frame that a whole decoding has there; there are no others', async () => {
  const whole = await rgb(clip, 322, 182);
  expect(whole).toHaveLength(FRAMES);
  for (const frame of [0, 1, 13, 14, 15, 28, 29, 38, 39]) {
    const png = await framePng(clip, frame);
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([322, 182, 3]);
    expect(difference(data, whole[frame] ?? Buffer.alloc(0))).toBe(0);
  }
  for (const frame of [-1, FRAMES, 1.5, Number.NaN]) expect(await framePng(clip, frame)).toBeUndefined();
});

test('a strip shows twenty frames evenly, also of a clip of three, and the same from the proxy', async () => {
  const proxy = join(base, 'strip-proxy.mp4');
  await makeProxy(clip, proxy);
  const small = await rgb(clip, 160, 90);
  for (const path of [clip, proxy]) {
    const { data, info } = await sharp(await stripJpeg(path, 20, 160))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([3200, 90]);
    for (const [place, frame] of stripFrames(FRAMES, 20).entries()) {
      const cell = Buffer.concat(
        Array.from({ length: 90 }, (_, y) =>
          data.subarray((y * 3200 + place * 160) * 3, (y * 3200 + place * 160 + 160) * 3),
        ),
      );
      const errors = small.map((one) => difference(one, cell));
      expect(errors.indexOf(Math.min(...errors))).toBe(frame);
    }
  }
  expect(stripFrames(3, 5)).toEqual([0, 1, 1, 2, 2]);
  expect(stripFrames(1, 3)).toEqual([0, 0, 0]);
});

test('what is no whole clip is refused and leaves nothing', async () => {
  const broken = join(base, 'broken.mp4');
  writeFileSync(broken, readFileSync(clip));
  truncateSync(broken, 20_000);
  const out = join(base, 'none', 'proxy.mp4');
  for (const path of [broken, join(base, 'nothing.mp4')]) {
    await expect(makeProxy(path, out)).rejects.toMatchObject({ code: expect.stringMatching(/^clip_/) });
    await expect(stripJpeg(path, 20, 160)).rejects.toMatchObject({ code: expect.stringMatching(/^clip_/) });
  }
  await expect(makeProxy(out, out)).rejects.toMatchObject({ code: 'clip_missing' });
});

test('proxies are even and never larger than the clip', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 2000 }), (w, h) => {
      const size = proxySize(2 * w, 2 * h);
      expect([size.width % 2, size.height % 2]).toEqual([0, 0]);
      expect(Math.max(size.width, size.height)).toBe(Math.min(1280, 2 * Math.max(w, h)));
      expect(Math.min(size.width, size.height)).toBeLessThanOrEqual(2 * Math.min(w, h));
    }),
  );
});

test('the pictures that are decoded are those from each keyframe on, each once, and every frame is found among them', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 99 })),
      (asked, keys) => {
        const frames = [...asked].sort((a, b) => a - b);
        const keyframes = [0, ...keys.sort((a, b) => a - b)];
        const { runs, places } = picturesFor({ keyframes }, frames);
        const fed = runs.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
        expect(places.map((place) => fed[place])).toEqual(frames);
        expect(new Set(fed).size).toBe(fed.length);
        expect(runs.every(({ from }) => keyframes.includes(from))).toBe(true);
      },
    ),
  );
});
