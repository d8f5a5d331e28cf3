import { expect, it } from 'vitest';
import type { TaskView } from '../../main/host/contract.ts';
import { endWords } from './background.ts';

const task: TaskView = {
  id: 't',
  kind: 'analyze',
  listingId: 'l',
  listingName: '12 Oak Street',
  state: 'done',
  fraction: 1,
  sentence: 'Done',
  secondsLeft: null,
  error: null,
  createdAt: '',
};

it('says of a listing what it is ready for, and of a failure why', () => {
  expect(endWords(task)).toEqual({
    title: '“12 Oak Street” is analysed',
    body: 'Its rooms are ready to be looked at.',
  });
  const error = { code: 'disk_full', message: 'The disk is full. Free some space.' } as const;
  expect(endWords({ ...task, state: 'failed', error })).toEqual({
    title: '“12 Oak Street” waits for you',
    body: 'The disk is full. Free some space.',
  });
  const pull = { ...task, kind: 'pull_models', listingId: null, listingName: null } as const;
  expect(endWords(pull)?.title).toBe('The models are ready');
  expect(endWords({ ...pull, state: 'failed', error })?.title).toBe('The models could not be downloaded');
});

it('keeps within what the shell takes, and is silent about what the person ended or what takes seconds', () => {
  expect(endWords({ ...task, listingName: 'x'.repeat(500) })?.title.length).toBeLessThanOrEqual(120);
  expect(endWords({ ...task, state: 'cancelled' })).toBeNull();
  expect(endWords({ ...task, state: 'paused' })).toBeNull();
  expect(endWords({ ...task, kind: 'diagnostics' })).toBeNull();
});
