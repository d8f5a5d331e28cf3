import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extendTo, NOTHING, neighbour, prune, type Selection, selectOnly, subjects, toggle } from './selection.ts';

const ORDER = [...'abcdefghij'];
const chosen = (selection: Selection): string => [...selection.ids].sort().join('');

describe('choosing', () => {
  test('one, with Ctrl in and out, with Shift from the anchor', () => {
    let selection = selectOnly('c');
    selection = toggle(selection, 'e');
    expect(chosen(selection)).toBe('ce');
    selection = toggle(selection, 'c');
    expect(chosen(selection)).toBe('e');
    selection = extendTo(selectOnly('c'), ORDER, 'f');
    expect(chosen(selection)).toBe('cdef');
    selection = extendTo(selection, ORDER, 'a');
    expect([chosen(selection), selection.active, selection.anchor]).toEqual(['abc', 'a', 'c']);
  });

  test('a range without an anchor is the card itself; a card that is not shown changes nothing', () => {
    expect(extendTo(NOTHING, ORDER, 'd')).toEqual(selectOnly('d'));
    const selection = selectOnly('b');
    expect(extendTo(selection, ORDER, 'z')).toBe(selection);
  });

  test('commands meet the chosen ones in the order shown, or the one with the focus', () => {
    expect(subjects(toggle(selectOnly('g'), 'b'), ORDER)).toEqual(['b', 'g']);
    expect(subjects({ ids: new Set(), active: 'd', anchor: null }, ORDER)).toEqual(['d']);
    expect(subjects({ ids: new Set(), active: 'z', anchor: null }, ORDER)).toEqual([]);
  });
});

describe('moving in rows of four: abcd efgh ij', () => {
  const to = (from: string | null, direction: Parameters<typeof neighbour>[2]): string | null =>
    neighbour(ORDER, from, direction, 4, 2);

  test('left and right go on into the next row and stop at the ends', () => {
    expect([to('d', 'right'), to('e', 'left'), to('a', 'left'), to('j', 'right')]).toEqual(['e', 'd', 'a', 'j']);
  });

  test('up and down keep the column; the short last row takes its last card', () => {
    expect([to('f', 'up'), to('b', 'down'), to('h', 'down'), to('j', 'down'), to('b', 'up')]).toEqual([
      'b', 'f', 'j', 'j', 'b',
    ]); // biome-ignore format: one glance
  });

  test('pages, ends, and the first key of all', () => {
    expect([to('b', 'pageDown'), to('j', 'pageUp'), to('e', 'first'), to('a', 'last')]).toEqual(['j', 'b', 'a', 'j']);
    expect([to(null, 'down'), to(null, 'last'), neighbour([], null, 'down', 4, 2)]).toEqual(['a', 'j', null]);
  });
});

describe('a list that changes', () => {
  test('the focus goes to the card that took the place of the one that went', () => {
    const left = (gone: string): string[] => ORDER.filter((id) => !gone.includes(id));
    expect(prune(selectOnly('c'), left('c'), ORDER)).toEqual({ ids: new Set(), active: 'd', anchor: 'd' });
    expect(prune(selectOnly('c'), left('cd'), ORDER).active).toBe('e');
    expect(prune(selectOnly('j'), left('ij'), ORDER).active).toBe('h');
    expect(prune(selectOnly('j'), [], ORDER).active).toBeNull();
  });

  test('nothing that is not shown stays chosen; without a loss it is the same object', () => {
    const subset = fc.subarray(ORDER);
    fc.assert(
      fc.property(subset, subset, fc.constantFrom(...ORDER), (ids, order, active) => {
        const selection: Selection = { ids: new Set(ids), active, anchor: active };
        const next = prune(selection, order, ORDER);
        const lost = [...ids, active].some((id) => !order.includes(id));
        expect(next === selection).toBe(!lost);
        expect([...next.ids]).toEqual(ids.filter((id) => order.includes(id)));
        if (order.length === 0) expect(next.active).toBeNull();
        else expect(order).toContain(next.active);
      }),
    );
  });
});
