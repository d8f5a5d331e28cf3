import { expect, test } from 'vitest';
import type { TaskState, TaskView } from '../../main/host/contract.ts';
import { foremost, taskSubject, unfinished, withTask } from './tasks.ts';

const task = (id: string, state: TaskState, at = id): TaskView => ({
  id,
  kind: 'analyze',
  listingId: 'l',
  listingName: 'Elm Street',
  state,
  fraction: 0.5,
  sentence: 'Reading photos',
  secondsLeft: 10,
  error: null,
  createdAt: at,
});
const ids = (tasks: readonly TaskView[]): string[] => tasks.map(({ id }) => id);

test('a task comes, changes in place and leaves when it ends, whatever the end', () => {
  const two = withTask(withTask([], task('b', 'running')), task('a', 'waiting'));
  expect(ids(two)).toEqual(['a', 'b']);
  const changed = withTask(two, { ...task('b', 'paused'), sentence: 'Paused' });
  expect(changed.map(({ sentence }) => sentence)).toEqual(['Reading photos', 'Paused']);
  for (const end of ['done', 'failed', 'cancelled'] as const) expect(ids(withTask(two, task('a', end)))).toEqual(['b']);
  expect(ids(withTask(two, task('c', 'done')))).toEqual(['a', 'b']);
});

test('the status line shows what runs before what waits', () => {
  const tasks = unfinished([task('1', 'paused'), task('2', 'waiting'), task('3', 'running'), task('4', 'done')]);
  expect(ids(tasks)).toEqual(['1', '2', '3']);
  expect(foremost(tasks)?.id).toBe('3');
  expect(foremost(tasks.slice(0, 2))?.id).toBe('2');
  expect(foremost([])).toBeNull();
});

test('a task without a listing is named by its kind', () => {
  expect(taskSubject(task('1', 'running'))).toBe('Elm Street');
  expect(taskSubject({ ...task('1', 'running'), listingName: null, kind: 'pull_models' })).toBe('Models');
});
