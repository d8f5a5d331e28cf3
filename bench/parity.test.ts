import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NO_MODELS } from '../models/types.ts';
import type { RgbImage } from '../pipeline/domain.ts';
import { ssim } from '../pipeline/render/measure.ts';
import { findChromium } from './browser.node.ts';
import { compareCase, FRAME, lumaOf, ParityMaterial, parityCases, parityShot } from './parity.node.ts';
import { openParityPage, type ParityPage } from './parity-page.node.ts';

// Without Chromium nothing here can run; `CHROMIUM_PATH` names one that is not on the PATH.
describe.skipIf(findChromium() === undefined)('the preview in Chromium (skipped where there is none)', () => {
  let page: ParityPage;
  let dir: string;
  let material: ParityMaterial;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'picaivid-preview-'));
    material = new ParityMaterial(dir, NO_MODELS);
    page = await openParityPage();
  });
  afterAll(async () => {
    await page?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const [flat, deep] = parityCases(['none', 'truth'], ['push_in']) as [ReturnType<typeof parityCases>[0], ReturnType<typeof parityCases>[0]]; // biome-ignore format: a pair

  test.each([
    ['push_in', 'truth'],
    ['orbit_right', 'truth'],
    ['crane_up', 'analysed'],
    ['pan_left', 'none'],
  ] as const)('%s (%s depth) looks as the delivered clip does', async (motion, kind) => {
    const [given] = parityCases([kind], [motion]);
    if (given === undefined) throw new Error('no such case');
    const moments = await compareCase(page, material, given, dir, [0, 45]);
    for (const moment of moments) expect(moment.ssim).toBeGreaterThanOrEqual(0.97);
    // The figure can fail: another moment of the same move is not taken for this one.
    const [first, later] = moments.map(({ preview }) => lumaOf(preview));
    if (first === undefined || later === undefined) throw new Error('two moments were asked for');
    expect(ssim(first, later)).toBeLessThan(0.9);
  });

  test('knows that the processor draws here', async () => {
    expect(await page.call('software')).toBe(true);
  });

  test('a lost context draws nothing, and after its return the same pixels as before', async () => {
    const shot = await parityShot(page, material, deep);
    await page.call('frames', shot, [20], 'before');
    const before = page.taken('before-20', FRAME.width, FRAME.height);
    expect(await page.call('loseAndRestore', shot, 20, 'after')).toEqual({ whileLost: false });
    expect(Buffer.compare(page.taken('after', FRAME.width, FRAME.height).data, before.data)).toBe(0);
  });

  test('transitions mix as the film does', async () => {
    const a = await parityShot(page, material, flat);
    const b = await parityShot(page, material, deep);
    const last = b.spec.frames - 1;
    await page.call('frames', a, [0], 'a');
    await page.call('frames', b, [last], 'b');
    const take = (name: string): RgbImage => page.taken(name, FRAME.width, FRAME.height);
    const [from, to] = [take('a-0').data, take(`b-${last}`).data];
    const worst = async (kind: string, t: number, want: (i: number) => number): Promise<number> => {
      await page.call('mixed', a, b, kind, t, 'mixed');
      return take('mixed').data.reduce((most, value, i) => Math.max(most, Math.abs(value - want(i))), 0);
    };
    expect(await worst('cross_dissolve', 0.25, (i) => 0.75 * (from[i] ?? 0) + 0.25 * (to[i] ?? 0))).toBeLessThanOrEqual(
      1,
    );
    expect(await worst('dip_black', 0.25, (i) => 0.5 * (from[i] ?? 0))).toBeLessThanOrEqual(1);
    expect(await worst('dip_white', 0.75, (i) => 127.5 + 0.5 * (to[i] ?? 0))).toBeLessThanOrEqual(1);
  });

  test('a shot that cannot be loaded says which file, and can be tried again', async () => {
    const good = await parityShot(page, material, flat);
    const missing = { ...good, source: { ...good.source, key: 'x', photo: '/media/not-there.jpg' } };
    await expect(page.call('frames', missing, [0], 'x')).rejects.toThrow('The photo of this shot could not be loaded.');
    const again = { ...missing, source: { ...missing.source, photo: good.source.photo } };
    await page.call('frames', again, [0], 'x');
    expect(page.taken('x-0', FRAME.width, FRAME.height).data.length).toBe(FRAME.width * FRAME.height * 3);
  });
});
