import { expect, test } from 'vitest';
import type { Progress } from '../pipeline/domain.ts';
import { stagedProgress } from './overall-progress.ts';
import { timeLeft } from './progress.node.ts';

test('stages of different weight make one bar that only goes forward, with the time left once it can be known', () => {
  const seen: Progress[] = [];
  let now = 0;
  const stage = stagedProgress(
    { one: 1, two: 3 },
    (p) => seen.push(p),
    () => now,
  );
  const one = stage('one');
  one({ fraction: 0, sentence: 'a' });
  now = 10;
  one({ fraction: 1, sentence: 'a' });
  now = 20;
  stage('two')({ fraction: 1 / 3, sentence: 'b' });
  expect(seen.map((p) => p.fraction)).toEqual([0, 0.25, 0.5]);
  expect(seen[0]?.secondsLeft).toBeUndefined();
  expect(seen[2]?.secondsLeft).toBeCloseTo(20);
});

test('time left reads well', () => {
  expect(timeLeft(11.2)).toBe('12 s');
  expect(timeLeft(65)).toBe('1:05');
});
