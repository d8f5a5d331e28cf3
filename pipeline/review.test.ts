import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DecidedState, findingsOf, missingFrom, REJECT_REASONS, reviewStateOf } from './review.ts';

const take = (n: number): string => String(n).repeat(64);

test('any sequence of renders, choices, undone edits and decisions gives the state of the newest decision on the very take', () => {
  const states = ['approved', 'changes_requested', 'rejected'] as const;
  const step = fc.oneof(
    fc.record({ kind: fc.constant('show' as const), take: fc.nat(4) }),
    fc.record({ kind: fc.constant('unrender' as const) }),
    fc.record({ kind: fc.constant('decide' as const), state: fc.constantFrom(...states) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const decisions: { specHash: string; state: DecidedState }[] = [];
      // The model: what was said last of each take, by itself.
      const said = new Map<string, DecidedState>();
      let current: string | undefined;
      for (const one of steps) {
        if (one.kind === 'show') current = take(one.take);
        else if (one.kind === 'unrender') current = undefined;
        else if (current !== undefined) {
          decisions.push({ specHash: current, state: one.state });
          said.set(current, one.state);
        }
        expect(reviewStateOf(decisions, current)).toBe((current && said.get(current)) ?? 'pending');
      }
    }),
  );
});

test('a decision says what it lacks', () => {
  const base = { reason: null, comment: '' };
  expect(missingFrom({ ...base, state: 'approved' }, 0)).toBeUndefined();
  expect(missingFrom({ ...base, state: 'rejected' }, 3)).toMatch(/reason/);
  for (const reason of REJECT_REASONS) {
    const lacks = missingFrom({ state: 'rejected', reason, comment: ' ' }, 0);
    if (reason === 'other') expect(lacks).toMatch(/comment/);
    else expect(lacks).toBeUndefined();
    expect(missingFrom({ state: 'rejected', reason, comment: 'the lamp is new' }, 0)).toBeUndefined();
  }
  expect(missingFrom({ ...base, state: 'changes_requested' }, 0)).toMatch(/what is to be changed/);
  expect(missingFrom({ ...base, state: 'changes_requested' }, 1)).toBeUndefined();
  expect(missingFrom({ ...base, state: 'changes_requested', comment: 'slower' }, 0)).toBeUndefined();
});

test('a failed figure without frames is of the whole take, one with frames of these; each has its own sentence', () => {
  const figures = [
    { name: 'first_frame_ssim', value: 0.97, limit: 0.9, pass: true },
    { name: 'flicker', value: 2.5, limit: 1.5, pass: false, frames: [[12, 14], [30, 99]] },
    { name: 'motion_deviation', value: 0.5, limit: 0.35, pass: false },
    { name: 'steadiness', value: 0.2, limit: 0.3, pass: true, frames: [[3, 3]] },
  ] as const; // biome-ignore format: a table
  expect(findingsOf(figures, ['The brightness flickers.', 'The picture moves the wrong way.'], 40)).toEqual([
    { figure: 'motion_deviation', sentence: 'The picture moves the wrong way.', severity: 'fail', firstFrame: 0, lastFrame: 39 },
    { figure: 'steadiness', sentence: 'Steadiness: worth a look (measured 0.2, limit 0.3).', severity: 'attention', firstFrame: 3, lastFrame: 3 },
    { figure: 'flicker', sentence: 'The brightness flickers.', severity: 'fail', firstFrame: 12, lastFrame: 14 },
    { figure: 'flicker', sentence: 'The brightness flickers.', severity: 'fail', firstFrame: 30, lastFrame: 39 },
  ]); // biome-ignore format: a table
  // Sentences that cannot be told apart are put to no figure.
  expect(findingsOf([figures[2]], ['One.', 'Two.'], 10)).toEqual([
    {
      figure: 'motion_deviation',
      sentence: 'Motion deviation is beyond its limit (measured 0.5, limit 0.35).',
      severity: 'fail',
      firstFrame: 0,
      lastFrame: 9,
    },
  ]);
});
