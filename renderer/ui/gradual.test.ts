import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Aim, type Budget, type Range, towards } from './gradual.ts';

const one = (): number => 1;
const by = (seen: number, beyond = seen): Budget => ({ seen, beyond });

test('what is in sight comes first, then what is beyond it, on both sides in turn', () => {
  const aim: Aim = { seen: [10, 13], wanted: [8, 16] };
  const steps: Range[] = [[10, 11]];
  for (let step = 0; step < 8; step += 1) steps.push(towards(steps.at(-1) ?? [0, 0], aim, by(1), one));
  expect(steps.map(([from, end]) => `${from}-${end}`)).toEqual([
    '10-11',
    '10-12',
    '10-13',
    '10-14',
    '9-14',
    '9-15',
    '8-15',
    '8-16',
    '8-16',
  ]);
});

test('a jump begins anew at what is in sight, and leaves what was shown before', () => {
  expect(towards([0, 20], { seen: [90, 95], wanted: [85, 100] }, by(2), one)).toEqual([90, 92]);
  // Still wanted, but nothing of it in sight nor beside it: a hole between would not be a range.
  expect(towards([0, 3], { seen: [7, 9], wanted: [0, 12] }, by(1), one)).toEqual([7, 8]);
});

test('a dear item comes alone, and a range that is complete stays the same array', () => {
  expect(towards([0, 0], { seen: [0, 5], wanted: [0, 5] }, by(4), () => 10)).toEqual([0, 1]);
  const all: Range = [2, 9];
  expect(towards(all, { seen: [3, 5], wanted: [2, 9] }, by(4), one)).toBe(all);
});

test('what is in sight may cost more in a frame than what is beyond', () => {
  const aim: Aim = { seen: [0, 6], wanted: [0, 9] };
  expect(towards([0, 2], aim, by(3, 1), one)).toEqual([0, 5]);
  expect(towards([0, 6], aim, by(3, 1), one)).toEqual([0, 7]);
});

test('property: from anywhere all that is wanted is reached, by at most the budget in each step', () => {
  const range = fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]): Range => (a < b ? [a, b] : [b, a]));
  fc.assert(
    fc.property(range, range, fc.nat(9), fc.nat(9), fc.integer({ min: 1, max: 6 }), (start, seen, up, down, budget) => {
      const aim: Aim = { seen, wanted: [seen[0] - up, seen[1] + down] };
      let shown = start;
      for (let step = 0; step < 80; step += 1) {
        const next = towards(shown, aim, by(budget), one);
        const had = (index: number): boolean => index >= shown[0] && index < shown[1];
        const made = Array.from({ length: next[1] - next[0] }, (_, at) => next[0] + at).filter((at) => !had(at));
        expect(made.length).toBeLessThanOrEqual(budget);
        expect(next[0]).toBeLessThanOrEqual(next[1]);
        if (next === shown) break;
        shown = next;
      }
      if (aim.wanted[0] < aim.wanted[1]) expect(shown).toEqual(aim.wanted);
    }),
  );
});
