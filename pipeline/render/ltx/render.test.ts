/** The LTX client against a fake ComfyUI that speaks the real routes and messages; what LTX draws is not tested here. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PicaividError } from '../../../base/errors.ts';
import { sha256File } from '../../../base/files.node.ts';
import { readClipFile } from '../../assemble/clipfile.node.ts';
import type { ClipSpec, Progress } from '../../domain.ts';
import { runFfmpeg } from '../../media/ffmpeg.node.ts';
import { FPS_30, FPS_60 } from '../../time.ts';
import { renderClip } from '../clip.node.ts';
import { renderWithLadder } from '../take.node.ts';
import type { ComfyLimits } from './comfyui.node.ts';
import type { LtxFailureKind } from './failure.ts';
import { viewPng } from './frames.node.ts';
import { ltxShape } from './plan.ts';
import { type LtxGeneration, type LtxOptions, ltxOptions, renderLtxClip } from './render.node.ts';
import { FakeComfyUi, type Fate } from './testing/fake-comfyui.node.ts';

const LIMITS: ComfyLimits = {
  pollMs: 40, requestMs: 5000, transferMs: 5000, graceMs: 5000, stallMs: 20_000, submissions: 3,
}; // biome-ignore format: one glance

let dir: string;
let spec: ClipSpec;
let photoPath: string;
let fake: FakeComfyUi;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ltx-'));
  photoPath = join(dir, 'photo.png');
  // A real photo, with a strong red in it that tells a wrong colour matrix.
  const red = await sharp({ create: { width: 160, height: 160, channels: 3, background: '#e01010' } })
    .png()
    .toBuffer();
  const sample = join(
    'samples',
    'listing',
    readdirSync('samples/listing')
      .filter((name) => name.endsWith('.jpg'))
      .toSorted()[0] ?? '',
  );
  await sharp(sample)
    .resize(960, 540, { fit: 'cover' })
    .composite([{ input: red, left: 400, top: 190 }])
    .png()
    .toFile(photoPath);
  spec = {
    photoSha256: await sha256File(photoPath), depthSha256: null, motion: 'push_in', amount: 0.8, renderer: 'ltx',
    frames: 16, frameRate: FPS_30, width: 384, height: 216, focus: { x: 0.5, y: 0.5 }, seed: 3,
  }; // biome-ignore format: one spec
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
beforeEach(async () => {
  fake = await FakeComfyUi.start();
});
afterEach(() => fake.close());

let outputs = 0;
const newPath = (): string => join(dir, `out-${outputs++}`, 'clip.mp4');
const ltx = (limits: Partial<ComfyLimits> = {}, model: LtxOptions['model'] = 'ltx-2-19b'): LtxOptions => ({
  url: fake.url,
  model,
  limits: { ...LIMITS, ...limits },
});
const render = (out: string, fates: Fate[] = [], limits: Partial<ComfyLimits> = {}) => {
  fake.fates = fates;
  return renderLtxClip(spec, { photoPath, depthPath: null }, out, ltx(limits));
};
const generation = (out: string): LtxGeneration => JSON.parse(readFileSync(join(out, '..', 'generation.json'), 'utf8'));
const fails = (kind: LtxFailureKind) => expect.objectContaining({ code: 'model_failed', kind }) as PicaividError;

async function frame(path: string, index: number): Promise<Buffer> {
  const { stdout } = await runFfmpeg(['-i', path, '-vf', `select=eq(n\\,${index}),scale=in_color_matrix=bt709:in_range=tv`, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']); // biome-ignore format: one call
  return stdout;
}
const pixel = (image: Buffer, x: number, y: number): number[] => [
  ...image.subarray(3 * (y * 384 + x), 3 * (y * 384 + x) + 3),
];

describe('a clip by LTX', () => {
  it('has the frames, the size and the stream of every other clip, and looks like the photo', async () => {
    const out = newPath();
    const progress: Progress[] = [];
    const result = await renderLtxClip(spec, { photoPath, depthPath: null }, out, {
      ...ltx(),
      onProgress: (p) => progress.push(p),
    });
    expect(result.frames).toBe(16);
    const clip = await readClipFile(out);
    const other = newPath();
    await renderClip({ ...spec, renderer: 'ken_burns' }, { photoPath, depthPath: null }, other);
    const { offsets: _o, sizes: _s, path: _q, stamp: _t, ...shape } = clip;
    const { offsets: _p, sizes: _z, path: _r, stamp: _u, ...wanted } = await readClipFile(other);
    expect(shape).toEqual(wanted);
    // 384×256 was drawn, in 17 frames, of half the sides first.
    expect(fake.prompts[0]?.prompt.video_latent?.inputs).toMatchObject({ width: 192, height: 128, length: 17 });
    // The red square is in the middle and red: neither the crop nor the colours are off.
    const [r = 0, g = 0, b = 0] = pixel(await frame(out, 0), 192, 108);
    expect(Math.abs(r - 0xe0) + Math.abs(g - 0x10) + Math.abs(b - 0x10)).toBeLessThan(18);
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual(fractions.toSorted((x, y) => x - y));
    expect(fractions.at(-1)).toBe(1);
    expect(fractions.filter((f) => f > 0.1 && f < 0.9).length).toBeGreaterThanOrEqual(3);
    expect(progress.some(({ sentence }) => /first pass/.test(sentence))).toBe(true);
    expect(generation(out)).toMatchObject({
      model: 'Lightricks ltx-2-19b', level: 'whole', drawn: { width: 384, height: 256, frames: 17 }, outOfMemory: [], submissions: 1,
      workflow: { noise_low: { inputs: { noise_seed: 3 } } },
    }); // biome-ignore format: one record
    expect(readdirSync(join(out, '..')).toSorted()).toEqual(['clip.mp4', 'generation.json']);
    expect(fake.requests).toContain('POST /history');
  });

  it('passes validation as a take, and is not drawn again', async () => {
    const options = { dir: join(dir, 'takes'), ltx: ltx({}, 'ltx-2.5') };
    const first = await renderWithLadder('c', spec, { photoPath, depthPath: null }, options);
    expect(first.chosen.reasons).toEqual([]);
    expect(first.chosen.spec).toEqual(spec);
    expect(first.chosen.generation).toMatchObject({
      model: 'Lightricks ltx-2.5',
      seed: 3,
      lora: null,
      drawn: { frames: 17 },
    });
    expect(first.chosen.generation?.workflowSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(first.downgradeReason).toBeUndefined();
    // Both views were uploaded: the last one is where the push ends.
    expect([...fake.uploads.keys()].length).toBe(2);
    const again = await renderWithLadder('c', spec, { photoPath, depthPath: null }, options);
    expect(again.chosen).toEqual(first.chosen);
    expect(fake.prompts.length).toBe(1);
  });

  it('at 60 frames a second is drawn at 30 and filled', async () => {
    const out = newPath();
    const fast = { ...spec, frames: 17, frameRate: FPS_60 };
    await renderLtxClip(fast, { photoPath, depthPath: null }, out, ltx());
    expect(fake.prompts[0]?.prompt.video?.inputs.fps).toBe(30);
    expect((await readClipFile(out)).frames).toBe(17);
  });

  it('at 12 frames a second is every second one of 24', async () => {
    const out = newPath();
    await renderLtxClip(
      { ...spec, frames: 9, frameRate: { num: 12, den: 1 } },
      { photoPath, depthPath: null },
      out,
      ltx(),
    );
    expect(fake.prompts[0]?.prompt.video_latent?.inputs.length).toBe(17);
    expect((await readClipFile(out)).frames).toBe(9);
  });
});

describe('the views that LTX is given', () => {
  it.each(['first', 'last'] as const)(
    'are what the %s frame of the flat move shows, with a mirrored rim',
    async (at) => {
      const shape = ltxShape(spec, 'whole');
      const moved: ClipSpec = {
        ...spec,
        renderer: 'ken_burns',
        motion: 'dolly_left',
        frames: 2,
        focus: { x: 0.3, y: 0.6 },
      };
      const png = await viewPng(moved, { photoPath, depthPath: null }, shape, at);
      const { width, height } = await sharp(png).metadata();
      expect([width, height]).toEqual([384, 256]);
      const content = await sharp(png).extract({ left: 0, top: 20, width: 384, height: 216 }).raw().toBuffer();
      const clip = newPath();
      await renderClip(moved, { photoPath, depthPath: null }, clip);
      const shown = await frame(clip, at === 'first' ? 0 : 1);
      const other = await frame(clip, at === 'first' ? 1 : 0);
      const difference = (a: Buffer): number =>
        a.reduce((sum, value, i) => sum + Math.abs(value - (content[i] ?? 0)), 0) / a.length;
      expect(difference(shown)).toBeLessThan(6);
      expect(difference(other)).toBeGreaterThan(2 * difference(shown));
      const row = (y: number) => sharp(png).extract({ left: 0, top: y, width: 384, height: 1 }).raw().toBuffer();
      expect(await row(19)).toEqual(await row(20));
      expect(await row(0)).toEqual(await row(39));
    },
  );
});

describe('too little memory', () => {
  it('once is answered with a smaller picture that fills the same frame', async () => {
    const out = newPath();
    await render(out, ['out_of_memory']);
    expect(generation(out)).toMatchObject({ level: 'smaller', outOfMemory: ['whole'] });
    expect(fake.requests.filter((route) => route === 'POST /free').length).toBe(1);
    const clip = await readClipFile(out);
    expect([clip.frames, clip.width, clip.height]).toEqual([16, 384, 216]);
    const [r = 0, g = 0, b = 0] = pixel(await frame(out, 0), 192, 108);
    expect(Math.abs(r - 0xe0) + Math.abs(g - 0x10) + Math.abs(b - 0x10)).toBeLessThan(18);
  });

  it('twice is answered with tiles', async () => {
    const out = newPath();
    await render(out, ['out_of_memory', 'out_of_memory']);
    expect(generation(out).level).toBe('tiled');
    expect(fake.prompts.map(({ prompt }) => prompt.decode?.class_type)).toEqual([
      'VAEDecode',
      'VAEDecode',
      'VAEDecodeTiled',
    ]);
  });

  it('always is a failure, and the ladder makes the move from the photo', async () => {
    fake.fates = ['out_of_memory', 'out_of_memory', 'out_of_memory'];
    const result = await renderWithLadder(
      'c',
      spec,
      { photoPath, depthPath: null },
      { dir: join(dir, 'oom'), ltx: ltx() },
    );
    expect(result.chosen.spec.renderer).toBe('ken_burns');
    expect(result.chosen.spec.motion).toBe('push_in');
    expect(result.chosen.verdict).toBe('pass');
    expect(result.downgradeReason).toMatch(/too little memory/);
    expect(fake.prompts.length).toBe(3);
  });
});

describe('a ComfyUI that', () => {
  it('crashes and comes back without its queue gets the clip again', async () => {
    const out = newPath();
    await render(out, ['crash']);
    expect(fake.prompts.length).toBe(2);
    expect(generation(out).submissions).toBe(2);
  });

  it('crashes each time is given up after three', async () => {
    const out = newPath();
    await expect(render(out, ['crash', 'crash', 'crash'])).rejects.toEqual(fails('lost'));
    expect(fake.prompts.length).toBe(3);
    expect(readdirSync(join(out, '..'))).toEqual([]);
  });

  it('is interrupted by somebody else gets the clip again', async () => {
    await render(newPath(), ['interrupted']);
    expect(fake.prompts.length).toBe(2);
  });

  it('drops the web socket is asked for the history', async () => {
    fake.dropSocketsAt = 'sample_low';
    fake.nodeMs = 5;
    const out = newPath();
    await render(out);
    expect(generation(out).submissions).toBe(1);
    expect((await readClipFile(out)).frames).toBe(16);
  });

  it('is busy for a while is asked again, and submits once', async () => {
    fake.busyAnswers = 4;
    await render(newPath());
    expect(fake.prompts.length).toBe(1);
  });

  it('takes the clip and answers too late does not get it twice', async () => {
    fake.lateAnswers = { route: 'POST /prompt', count: 1, ms: 400 };
    await render(newPath(), [], { requestMs: 150 });
    expect(fake.requests.filter((route) => route === 'POST /prompt').length).toBe(1);
    expect(fake.prompts.length).toBe(1);
  });

  it('does not answer is a failure that keeps the clip as asked: the ladder does not step down', async () => {
    const { url } = fake;
    await fake.close();
    const options: LtxOptions = { url, model: 'ltx-2-19b', limits: { ...LIMITS, graceMs: 80 } };
    const running = renderWithLadder(
      'c',
      spec,
      { photoPath, depthPath: null },
      { dir: join(dir, 'away'), ltx: options },
    );
    await expect(running).rejects.toEqual(fails('unreachable'));
    fake = await FakeComfyUi.start();
  });

  it('shows no sign of work is stopped', async () => {
    fake.holdAt = 'sample_low';
    await expect(render(newPath(), [], { stallMs: 300 })).rejects.toEqual(fails('stalled'));
    expect(fake.requests).toContain('POST /interrupt');
  });

  it('lacks a model file says which', async () => {
    fake.models = { ...fake.models, loras: ['ltx-2-19b-distilled-lora-384.safetensors'] };
    const failed = render(newPath());
    await expect(failed).rejects.toEqual(fails('refused'));
    await expect(failed).rejects.toThrow(/camera_lora.*dolly-in/);
  });

  it('has a node that fails says why, and the ladder steps down', async () => {
    fake.fates = ['node_fails'];
    const result = await renderWithLadder(
      'c',
      spec,
      { photoPath, depthPath: null },
      { dir: join(dir, 'fails'), ltx: ltx() },
    );
    expect(result.chosen.spec.renderer).toBe('ken_burns');
    expect(result.downgradeReason).toMatch(/VAEDecode: shape mismatch/);
  });

  it('sends a film cut short is asked for it again', async () => {
    fake.cutFilms = 1;
    await render(newPath());
    expect(fake.prompts.length).toBe(1);
    expect(fake.requests.filter((route) => route === 'GET /view').length).toBe(2);
  });

  it.each<Fate>(['damaged', 'too_short', 'unsaved'])(
    'makes a film that is %s draws it once more, then fails',
    async (fate) => {
      await render(newPath(), [fate]);
      expect(fake.prompts.length).toBe(2);
      await expect(render(newPath(), [fate, fate])).rejects.toEqual(fails('damaged'));
    },
  );
});

describe('a cancelled clip', () => {
  it('is interrupted where it runs and leaves nothing', async () => {
    const stop = new AbortController();
    const out = newPath();
    fake.holdAt = 'sample_high';
    const running = renderLtxClip(spec, { photoPath, depthPath: null }, out, { ...ltx(), signal: stop.signal });
    await fake.reached();
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(fake.requests).toContain('POST /interrupt');
    expect(readdirSync(join(out, '..'))).toEqual([]);
  });

  it('is taken out of the queue without a word to the one that runs', async () => {
    const other = newPath();
    fake.holdAt = 'sample_high';
    const first = render(other);
    await fake.reached();
    const stop = new AbortController();
    const second = renderLtxClip(spec, { photoPath, depthPath: null }, newPath(), { ...ltx(), signal: stop.signal });
    await expect.poll(() => fake.prompts.length).toBe(2);
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    expect(fake.requests).not.toContain('POST /interrupt');
    fake.release();
    expect((await first).frames).toBe(16);
  });
});

it('settings switch LTX on, at the place where ComfyUI listens', () => {
  expect(ltxOptions({ LTX_ENABLED: false, LTX_MODEL: 'ltx-2.5' })).toBeUndefined();
  expect(ltxOptions({ LTX_ENABLED: true, LTX_MODEL: 'ltx-2.5' })).toEqual({
    url: 'http://127.0.0.1:8188',
    model: 'ltx-2.5',
  });
});
