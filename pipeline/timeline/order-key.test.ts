import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOrderKey, keyBetween, keysBetween } from './order-key.ts';

describe('order keys', () => {
  it('gives the published sequence', () => {
    expect(keyBetween(null, null)).toBe('a0');
    expect(keyBetween('a0', null)).toBe('a1');
    expect(keyBetween(null, 'a0')).toBe('Zz');
    expect(keyBetween('a0', 'a1')).toBe('a0V');
    expect(keyBetween('a0V', 'a1')).toBe('a0l');
    expect(keyBetween('Zz', 'a0')).toBe('ZzV');
    expect(keyBetween('az', null)).toBe('b00');
    expect(keyBetween(null, 'Z0')).toBe('Yzz');
    expect(keyBetween('b125', 'b129')).toBe('b127');
  });

  it('refuses keys out of order or malformed', () => {
    expect(() => keyBetween('a1', 'a0')).toThrow(/not in order/);
    expect(() => keyBetween('a0', 'a0')).toThrow(/not in order/);
    expect(() => keyBetween('a00', null)).toThrow(/not an order key/);
    expect(isOrderKey('')).toBe(false);
    expect(isOrderKey('a')).toBe(false);
    expect(isOrderKey('a0!')).toBe(false);
    expect(isOrderKey('b00')).toBe(true);
  });

  it('keeps any sequence of insertions strictly ordered and unique', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 200 }), (places) => {
        const keys: string[] = [];
        for (const place of places) {
          const at = place % (keys.length + 1);
          keys.splice(at, 0, keyBetween(keys[at - 1] ?? null, keys[at] ?? null));
        }
        for (let i = 0; i < keys.length; i++) {
          expect(isOrderKey(keys[i] ?? '')).toBe(true);
          if (i > 0) expect((keys[i - 1] ?? '') < (keys[i] ?? '')).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('stays short: 5000 appended, 500 in one gap', () => {
    const appended = keysBetween(null, null, 5000);
    expect(new Set(appended).size).toBe(5000);
    expect([...appended].sort()).toEqual(appended.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(appended.at(-1)?.length).toBe(4);
    const between = keysBetween('a0', 'a1', 500);
    expect(between).toEqual(between.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(Math.max(...between.map((key) => key.length))).toBeLessThanOrEqual(5);
    const prepended = keysBetween(null, 'a0', 300);
    expect(prepended).toEqual(prepended.toSorted((a, b) => (a < b ? -1 : 1)));
    expect((prepended.at(-1) ?? '') < 'a0').toBe(true);
  });
});
