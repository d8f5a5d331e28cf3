import { expect, test } from 'vitest';
import { FPS_30 } from '../time.ts';
import { toSrt, toWebVtt } from './captions.ts';

const TITLES = [
  { id: 'b', startFrame: 108_045, durationFrames: 30, text: 'Smith & Co <b> --> x', subtext: 'Line\n\nmore' },
  { id: 'a', startFrame: 10, durationFrames: 61, text: '3 Mühlweg' },
  { id: 'logo', startFrame: 0, durationFrames: 30, text: ' ', logoId: 'ff' },
];

test('titles become cues in order of time, with their words and no others', () => {
  expect(toWebVtt(TITLES, FPS_30)).toBe(
    'WEBVTT\n\n1\n00:00:00.333 --> 00:00:02.367\n3 Mühlweg\n\n2\n01:00:01.500 --> 01:00:02.500\nSmith &amp; Co &lt;b&gt; --&gt; x\nLine\nmore\n',
  );
  expect(toSrt(TITLES, FPS_30)).toBe(
    '1\n00:00:00,333 --> 00:00:02,367\n3 Mühlweg\n\n2\n01:00:01,500 --> 01:00:02,500\nSmith & Co <b> → x\nLine\nmore\n',
  );
});

test('a film without titles has no cue', () => {
  expect(toWebVtt([], FPS_30)).toBe('WEBVTT\n');
  expect(toSrt([], FPS_30)).toBe('');
});
