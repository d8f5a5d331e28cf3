import { beforeEach, expect, test } from 'vitest';
import { testTask } from '../testing/cards.ts';
import { activeTaskOf, activeTasks, applyTask, setTasks, useTasks } from './tasks.ts';

beforeEach(() => setTasks([]));

test('a listing shows its newest task, and only while it is active', () => {
  const old = testTask('old', { listingId: 'a', state: 'failed', createdAt: '2026-01-01T00:00:00Z' });
  const fresh = testTask('new', { listingId: 'a', createdAt: '2026-01-02T00:00:00Z' });
  setTasks([fresh, old]);
  expect(activeTaskOf('a')(useTasks.getState())).toBe(fresh);
  expect(applyTask({ ...old, sentence: 'x' })).toBe('failed');
  expect(activeTaskOf('a')(useTasks.getState())).toBe(fresh);
  expect(applyTask({ ...fresh, state: 'done' })).toBe('running');
  expect(activeTaskOf('a')(useTasks.getState())).toBeNull();
});

test('the progress of one listing leaves what the others select alone', () => {
  setTasks([testTask('a', { listingId: 'a' }), testTask('b', { listingId: 'b' })]);
  const before = activeTaskOf('a')(useTasks.getState());
  expect(applyTask(testTask('b', { listingId: 'b', fraction: 0.9 }))).toBe('running');
  expect(activeTaskOf('a')(useTasks.getState())).toBe(before);
});

test('active tasks are listed the oldest first; tasks of no listing too', () => {
  setTasks([
    testTask('2', { createdAt: '2026-01-02T00:00:00Z', state: 'paused' }),
    testTask('done', { state: 'done' }),
    testTask('1', { createdAt: '2026-01-01T00:00:00Z', state: 'waiting' }),
  ]);
  expect(applyTask(testTask('3', { createdAt: '2026-01-03T00:00:00Z' }))).toBeNull();
  expect(activeTasks(useTasks.getState().byId).map(({ id }) => id)).toEqual(['1', '2', '3']);
});
