import { describe, expect, test } from 'vitest';
import { JOB_STATUSES } from '../../../pipeline/domain.ts';
import { testCard, testTask } from '../../testing/cards.ts';
import { cardLabel, phaseView, photosText, shortFolder, troubleOf, workOf } from './phases.ts';
import { isIn } from './view.ts';

const signs = { todo: '·', now: '>', done: '=', failed: 'x' } as const;
const line = (...args: Parameters<typeof phaseView>): string => {
  const { steps, words } = phaseView(...args);
  return `${steps.map((step) => signs[step]).join('')} ${words}`;
};

describe('phases', () => {
  test('every status has its steps and words', () => {
    expect(JOB_STATUSES.map((status) => line(testCard('a', { status }), null))).toEqual([
      '···· Not analysed yet',
      '>··· Analysing',
      '=··· Rooms ready',
      '=>·· Rendering',
      '==·· Clips rendered',
      '===· Timeline ready',
      '===· In review',
      '===· Approved',
      '===> Assembling',
      '==== Delivered',
      'x··· Analysis failed',
    ]);
  });

  test('an analysis under way shows before the host has changed the status, and over an older result', () => {
    const task = testTask('t');
    expect(line(testCard('a', { status: 'draft' }), task)).toBe('>··· Analysing');
    expect(line(testCard('a', { status: 'failed' }), task)).toBe('>··· Analysing');
    expect(line(testCard('a', { status: 'planned' }), task)).toBe('>··· Analysing');
    expect(line(testCard('a', { status: 'analyzing' }), testTask('t', { state: 'paused' }))).toBe('>··· Paused');
    expect(line(testCard('a', { status: 'analyzing' }), testTask('t', { state: 'waiting' }))).toBe(
      '>··· Waiting its turn',
    );
  });

  test('is told in words, too', () => {
    const card = testCard('a', { status: 'rendering', attentionCount: 2, rejectedCount: 1, photoCount: 1 });
    const view = phaseView(card, null);
    expect(view.spoken).toBe('Rooms done, Renders under way, Timeline to do, Delivery to do');
    expect(cardLabel(card, view)).toBe('House a, Rendering, 1 photo, 1 left out, 2 need attention');
  });
});

describe('trouble', () => {
  test('a missing folder comes before any error, with both ways on', () => {
    const error = { code: 'disk_full', message: 'Full.' } as const;
    expect(troubleOf(testCard('a', { folderMissing: true, error }))).toMatchObject({
      title: 'Folder not found',
      waysOn: ['locate', 'retry'],
    });
    expect(troubleOf(testCard('a', { error }))).toEqual({
      title: 'The disk is full',
      detail: 'Full.',
      waysOn: ['retry'],
    });
  });

  test('names the file once; nothing is wrong with a good listing', () => {
    const error = { code: 'file_unreadable', message: 'No permission.', file: 'a.jpg' } as const;
    expect(troubleOf(testCard('a', { error }))).toEqual({
      title: 'Photos cannot be read',
      detail: 'No permission. (a.jpg)',
      waysOn: ['retry', 'locate'],
    });
    expect(troubleOf(testCard('a', { error: { ...error, message: 'a.jpg is gone.' } }))?.detail).toBe('a.jpg is gone.');
    expect(troubleOf(testCard('a'))).toBeNull();
  });
});

test('counts and folders as one says them', () => {
  expect(photosText(testCard('a', { photoCount: 24, rejectedCount: 2 }))).toBe('24 photos, 2 left out');
  expect(shortFolder('/home/me/2026/willow')).toBe('…/2026/willow');
  expect(shortFolder('C:\\photos\\2026\\willow')).toBe('…/2026/willow');
  expect(shortFolder('/willow')).toBe('/willow');
  expect(shortFolder('/studio/uploads/01a205bc-52b7-7a12-83b2-329e0b444838/willow')).toBe('…/uploads/willow');
});

test('a failed task is trouble and no work, whatever the listing was at', () => {
  const error = { code: 'disk_full', message: 'The disk is full. Free some space.' } as const;
  const failed = testCard('a', { status: 'analyzing', task: testTask('t', { state: 'failed', error }), error });
  expect(workOf(failed)).toBeNull();
  expect(troubleOf(failed)?.detail).toContain('Free some space');
  expect([isIn(failed, 'failed'), isIn(failed, 'analyzing')]).toEqual([true, false]);
  for (const state of ['waiting', 'running', 'paused'] as const)
    expect(workOf(testCard('a', { task: testTask('t', { state }) }))?.state).toBe(state);
});
