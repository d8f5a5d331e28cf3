import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DepthMap } from '../../pipeline/domain.ts';
import { decodeDepth16, encodeDepth16 } from '../../pipeline/media/depth-format.ts';
import { planCamera } from '../../pipeline/render/camera-path.ts';
import { reduceDepth } from '../../pipeline/render/move-plan.ts';
import { greatestShift, prepareDepth } from '../../pipeline/render/warp.ts';
import { ByteLru } from './byte-lru.ts';
import { createDepthDesk } from './depth-desk.ts';
import { fitArea, isDeep, type MoveSpec, moveKey, moveParams, sourceFrameHeight } from './move.ts';

const SPEC: MoveSpec = {
  motion: 'dolly_left', amount: 0.7, renderer: 'depth_parallax', aspect: 16 / 9, focus: { x: 0.4, y: 0.6 }, frames: 90,
}; // biome-ignore format: one object

function ramp(width: number, height: number): DepthMap {
  const data = new Float32Array(width * height);
  for (let i = 0; i < data.length; i++)
    data[i] = ((i % width) / (width - 1) + Math.floor(i / width) / (height - 1)) / 2;
  return { width, height, data };
}

describe('PVD1', () => {
  test('has the layout that is written down', () => {
    const bytes = encodeDepth16({ width: 2, height: 2, data: Float32Array.of(0, 1, 0.5, 2) });
    expect([...bytes]).toEqual([0x50, 0x56, 0x44, 0x31, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 255, 255, 0, 128, 255, 255]);
  });

  test('gives back every 16-bit value, from any place of a buffer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 }), fc.nat(3), (width, height, lead) => {
        const data = Float32Array.from({ length: width * height }, (_, i) => ((i * 7919) % 65_536) / 65_535);
        const bytes = encodeDepth16({ width, height, data });
        const moved = new Uint8Array(bytes.length + lead);
        moved.set(bytes, lead);
        expect(decodeDepth16(moved.subarray(lead))).toEqual({ width, height, data });
      }),
    );
  });

  test('refuses what is cut short, too long, empty or something else, and says what to do', () => {
    const whole = encodeDepth16(ramp(4, 3));
    const longer = new Uint8Array([...whole, 0]);
    const other = Uint8Array.from(whole);
    other[3] = 0x32;
    const flat = Uint8Array.from(whole);
    flat[8] = 1;
    for (const bytes of [whole.subarray(0, -1), longer, new Uint8Array(0), other, flat])
      expect(() => decodeDepth16(bytes)).toThrow(
        expect.objectContaining({ code: 'image_damaged', message: expect.stringContaining('Analyse the photo again') }),
      );
  });
});

describe('cache with a budget in bytes', () => {
  test('lets go of what was used longest ago', () => {
    const gone: string[] = [];
    const cache = new ByteLru<number>(30, (_, key) => gone.push(key));
    cache.set('a', 1, 10);
    cache.set('b', 2, 10);
    cache.set('c', 3, 10);
    expect(cache.get('a')).toBe(1);
    cache.set('d', 4, 10);
    expect(gone).toEqual(['b']);
    cache.set('e', 5, 25);
    expect(gone).toEqual(['b', 'c', 'a', 'd']);
    expect([cache.bytes, cache.size]).toEqual([25, 1]);
  });

  test('keeps a newest entry beyond the budget, replaces, and forgets without a word', () => {
    const gone: number[] = [];
    const cache = new ByteLru<number>(10, (value) => gone.push(value));
    cache.set('a', 1, 50);
    expect(cache.get('a')).toBe(1);
    cache.set('a', 2, 5);
    expect([gone, cache.bytes]).toEqual([[1], 5]);
    cache.forget();
    expect([gone, cache.bytes, cache.get('a')]).toEqual([[1], 0, undefined]);
  });

  test('never holds more than the budget and one entry, and evicts each value once', () => {
    const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), bytes: fc.integer({ min: 1, max: 12 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const living = new Map<object, number>();
        const cache = new ByteLru<object>(20, (value) => expect(living.delete(value)).toBe(true));
        for (const { key, bytes } of steps) {
          const value = {};
          living.set(value, bytes);
          cache.set(key, value, bytes);
          const held = [...living.values()].reduce((sum, n) => sum + n, 0);
          expect(cache.bytes).toBe(held);
          expect(held <= 20 || cache.size === 1).toBe(true);
          expect(cache.get(key)).toBe(value);
        }
        cache.clear();
        expect(living.size).toBe(0);
      }),
    );
  });
});

describe('moves', () => {
  test('LTX is previewed with parallax, and everything is flat without depth', () => {
    expect(
      (['ltx', 'depth_parallax', 'ken_burns'] as const).map((renderer) => isDeep({ ...SPEC, renderer }, true)),
    ).toEqual([true, true, false]);
    expect(isDeep(SPEC, false)).toBe(false);
  });

  test('the key tells moves apart by what they show, not by their length', () => {
    const key = (change: Partial<MoveSpec>): string => moveKey('s', { ...SPEC, ...change }, true);
    expect(key({ frames: 12 })).toBe(key({}));
    const others = [key({ motion: 'static' }), key({ amount: 0.71 }), key({ aspect: 1 }), key({ focus: { x: 0.4, y: 0.7 } }), moveKey('s', SPEC, false), moveKey('t', SPEC, true)]; // biome-ignore format: a list
    expect(new Set([key({}), ...others]).size).toBe(7);
  });

  test('frames are fitted into the canvas, whole and centred', () => {
    expect(fitArea(960, 540, 16 / 9)).toEqual({ x: 0, y: 0, width: 960, height: 540 });
    expect(fitArea(960, 540, 9 / 16)).toEqual({ x: 328, y: 0, width: 304, height: 540 });
    expect(fitArea(500, 500, 16 / 9)).toEqual({ x: 0, y: 109, width: 500, height: 281 });
  });

  test('source copies are made for the usual heights exactly and for others a little larger', () => {
    expect([540, 720, 1080, 541, 1].map(sourceFrameHeight)).toEqual([540, 720, 1080, 570, 30]);
  });
});

describe('the depth worker', () => {
  const params = moveParams(SPEC, 1.5, true);
  const depth = ramp(1280, 850);

  test('prepares depth as the clip renderer does', () => {
    const desk = createDepthDesk();
    const stored = decodeDepth16(encodeDepth16(depth));
    expect(desk({ id: 1, kind: 'put', key: 's', depth: encodeDepth16(depth) })).toEqual({ id: 1, kind: 'done' });
    const reply = desk({ id: 2, kind: 'plan', key: 's', motion: 'dolly_left', params });
    if (reply.kind !== 'planned') throw new Error(`got ${reply.kind}`);
    const { range } = reply.planned;
    const plan = planCamera('dolly_left', { ...params, depthRange: range });
    const want = prepareDepth(reduceDepth(stored), greatestShift(plan, SPEC.aspect));
    expect(reply.planned.depth?.data.every((value, i) => value === want.data[i])).toBe(true);
    expect(reply.planned.depth?.data.length).toBe(want.data.length);
    expect(reply.planned.depth?.width).toBe(640);
  });

  test('gives no map where the camera does not translate', () => {
    const desk = createDepthDesk();
    desk({ id: 1, kind: 'put', key: 's', depth });
    expect(desk({ id: 2, kind: 'plan', key: 's', motion: 'static', params })).toMatchObject({
      planned: { depth: null },
    });
  });

  test('answers damage and a dropped shot as failures with their code', () => {
    const desk = createDepthDesk();
    const damaged = desk({ id: 1, kind: 'put', key: 's', depth: new Uint8Array(3) });
    expect(damaged).toMatchObject({ id: 1, kind: 'failed', code: 'image_damaged' });
    desk({ id: 2, kind: 'put', key: 's', depth });
    desk({ id: 3, kind: 'drop', key: 's' });
    expect(desk({ id: 4, kind: 'plan', key: 's', motion: 'push_in', params })).toMatchObject({
      kind: 'failed',
      code: 'internal',
    });
  });
});
