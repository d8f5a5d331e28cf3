import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameCache, type NewPicture } from './frame-cache.ts';

/** Pictures that know whether they were closed, and complain when closed twice. */
function studio() {
  const open = new Set<string>();
  const picture = (name: string, bytes = 10): NewPicture<string> => {
    open.add(name);
    return {
      picture: name,
      width: 4,
      height: 2,
      bytes,
      close: () => {
        if (!open.delete(name)) throw new Error(`${name} was closed twice.`);
      },
    };
  };
  return { open, picture };
}

describe('the cache of frames', () => {
  test('keeps what lies ahead; what lies behind goes first, then what is farthest', () => {
    const { picture, open } = studio();
    const cache = new FrameCache<string>(50);
    const key = cache.register();
    cache.look(key, 10, 1);
    for (const index of [9, 10, 11, 12, 13]) cache.add(key, index, picture(`f${index}`)).release();
    cache.add(key, 8, picture('f8')).release();
    expect([...open].sort()).toEqual(['f10', 'f11', 'f12', 'f13', 'f9']);
    cache.look(key, 10, -1);
    cache.add(key, 7, picture('f7')).release();
    expect([...open].sort()).toEqual(['f10', 'f11', 'f12', 'f7', 'f9']);
    expect(cache.bytes).toBe(50);
  });

  test('clips that were left go first, those that wait warm and the two looked at stay', () => {
    const { picture, open } = studio();
    const cache = new FrameCache<string>(50);
    const [left, a, b, warm] = [cache.register(), cache.register(), cache.register(), cache.register()];
    cache.look(left, 0, 1);
    cache.look(a, 0, 1);
    cache.look(b, 0, 1);
    for (const [key, name] of [[left, 'left'], [a, 'a'], [b, 'b'], [warm, 'warm']] as const) cache.add(key, 0, picture(name)).release(); // biome-ignore format: one loop
    cache.add(a, 1, picture('a1')).release();
    cache.add(b, 1, picture('b1')).release();
    expect([...open].sort()).toEqual(['a', 'a1', 'b', 'b1', 'warm']);
  });

  test('a picture that is drawn when it leaves is closed when it is given back, once', () => {
    const { picture, open } = studio();
    const cache = new FrameCache<string>(10);
    const key = cache.register();
    const hold = cache.add(key, 0, picture('a'));
    const second = hold.clone();
    cache.add(key, 0, picture('b')).release();
    expect(open.has('a')).toBe(true);
    hold.release();
    hold.release();
    expect(open.has('a')).toBe(true);
    second.release();
    expect([...open]).toEqual(['b']);
    cache.remove(key);
    expect([...open]).toEqual([]);
    // Of a clip that was closed meanwhile.
    const late = cache.add(key, 3, picture('late'));
    expect(cache.bytes).toBe(0);
    late.release();
    expect([open.size, cache.openPictures, cache.openBytes]).toEqual([0, 0, 0]);
  });

  test('whatever is done: within the limit, counts right, and all is closed in the end', () => {
    const step = fc.record({
      clip: fc.nat(2),
      index: fc.nat(30),
      bytes: fc.integer({ min: 1, max: 40 }),
      way: fc.constantFrom(-1 as const, 0 as const, 1 as const),
      what: fc.constantFrom('add', 'get', 'look', 'release'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { picture, open } = studio();
        const cache = new FrameCache<string>(100);
        const keys = [cache.register(), cache.register(), cache.register()];
        const lent: { release(): void }[] = [];
        for (const [n, { clip, index, bytes, way, what }] of steps.entries()) {
          const key = keys[clip];
          if (key === undefined) continue;
          if (what === 'add') lent.push(cache.add(key, index, picture(`${n}`, bytes)));
          else if (what === 'get') lent.push(...[cache.get(key, index)].filter((hold) => hold !== null));
          else if (what === 'look') cache.look(key, index, way);
          else lent.shift()?.release();
          expect(cache.bytes).toBeLessThanOrEqual(100);
          expect(cache.openPictures).toBe(open.size);
        }
        for (const key of keys) cache.remove(key);
        expect(cache.bytes).toBe(0);
        for (const hold of lent) hold.release();
        expect([open.size, cache.openPictures, cache.openBytes]).toEqual([0, 0, 0]);
      }),
    );
  });
});
