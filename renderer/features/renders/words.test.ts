import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clipHref, clipOf } from '../../stores/renders-links.ts';
import { testClip } from '../../testing/clips.ts';
import { changesOf } from './AgainFields.tsx';
import {
  aboutWords,
  estimateWords,
  limitWords,
  mustRender,
  ordinal,
  rowLabel,
  spentWords,
  stateWords,
} from './words.ts';

test('estimates: nothing known, all known, some known', () => {
  const known = (seconds: number | null) => testClip('a', { estimateSeconds: seconds });
  expect(estimateWords([known(null), known(null)])).toBe('2 clips; the first one tells how long it takes');
  expect(estimateWords([known(20)])).toBe('1 clip, about 20 s here');
  // The one that was never measured counts as the mean of the others: 3 × 80 s.
  expect(estimateWords([known(60), known(100), known(null)])).toBe('3 clips, about 4 min here');
  expect([3, 54, 55, 90, 3_600, 5_400].map(aboutWords)).toEqual([
    'about 5 s', 'about 55 s', 'about 1 min', 'about 2 min', 'about 1 h', 'about 1 h 30 min',
  ]); // biome-ignore format: one line
});

test('states and places in the queue', () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal)).toEqual([
    '1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '111th',
  ]); // biome-ignore format: one line
  expect(stateWords({ state: 'queued', place: 3 }).words).toBe('Queued, 3rd');
  expect(stateWords({ state: 'stale', place: null })).toEqual({ words: 'Changed since', tone: 'attention' });
  const states = ['missing', 'queued', 'rendering', 'rendered', 'stale', 'failed'] as const;
  expect(states.filter((state) => mustRender(testClip('a', { state })))).toEqual(['missing', 'stale', 'failed']);
  expect([0.04, 9.96, 48.4, 125].map(spentWords)).toEqual(['0.0 s', '10.0 s', '48 s', '2 min 5 s']);
});

test('a row says everything that its columns show', () => {
  const clip = testClip('a', { index: 2, state: 'failed', error: { code: 'disk_full', message: 'The disk is full.' } });
  expect(rowLabel(clip)).toBe('3. Kitchen, push in, depth parallax. Failed, 0 takes, The disk is full.');
});

test('which side of the limit is right follows from what passed', () => {
  const words = (value: number, limit: number, pass: boolean) => limitWords({ name: 'x', value, limit, pass });
  expect(words(0.97, 0.9, true)).toBe('at least 0.900');
  expect(words(0.8, 0.9, false)).toBe('at least 0.900');
  expect(words(0.1, 0.35, true)).toBe('at most 0.350');
  expect(words(0.5, 0.35, false)).toBe('at most 0.350');
  expect(words(0, 0, true)).toBe('at most 0');
  expect(limitWords({ name: 'frame_count', value: 83, limit: 83, pass: true })).toBe('exactly 83');
});

test('only what was changed is asked for', () => {
  const clip = testClip('a');
  const same = { motion: clip.motion, renderer: clip.renderer, amount: clip.amount, seed: clip.seed };
  expect(changesOf(clip, same)).toBeNull();
  expect(changesOf(clip, { ...same, motion: 'static', seed: 9 })).toEqual({ motion: 'static', seed: 9 });
});

test('a link to a clip leads back to its id, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }), (id) => {
      expect(clipOf(clipHref('l', 'review', id))).toBe(id);
    }),
  );
  expect(clipOf('#/listing/l/review')).toBeNull();
});
