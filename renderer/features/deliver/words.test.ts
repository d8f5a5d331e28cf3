import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DELIVERY_RATES, type DeliveryOutput, outputSchema, RESOLUTIONS } from '../../../main/host/review-contract.ts';
import { FRAME_SHAPES } from '../../../main/host/timeline-contract.ts';
import { testClip } from '../../testing/clips.ts';
import { coverAt, coverClips } from './cover-film.ts';
import {
  checksWords,
  clockWords,
  copiedWords,
  gateOf,
  nextOutput,
  outputWords,
  PRESETS,
  readSeconds,
  repeated,
  sizeOf,
  withMinus,
} from './words.ts';

const output = fc.record({
  shape: fc.constantFrom(...FRAME_SHAPES),
  resolution: fc.constantFrom(...RESOLUTIONS),
  fps: fc.constantFrom(...DELIVERY_RATES),
});

test('sizes of all shapes', () => {
  const size = (shape: DeliveryOutput['shape'], resolution: DeliveryOutput['resolution']) => {
    const { width, height } = sizeOf({ shape, resolution, fps: 30 });
    return `${width}×${height}`;
  };
  expect(FRAME_SHAPES.flatMap((shape) => RESOLUTIONS.map((resolution) => size(shape, resolution)))).toEqual([
    '1920×1080', '3840×2160', '1080×1920', '2160×3840', '1080×1080', '2160×2160',
  ]); // biome-ignore format: one line
  expect(outputWords({ shape: '9:16', resolution: '1080p', fps: 25 })).toBe('Tall 1080 × 1920, 25 frames a second');
});

test('what “Add” adds is never there already while anything is left to add', () => {
  fc.assert(
    // Six of one rate: with fewer, one is always left.
    fc.property(fc.array(output, { maxLength: 5 }), (outputs) => {
      const next = nextOutput(outputs);
      expect(outputSchema.parse(next)).toEqual(next);
      expect(outputs).not.toContainEqual(next);
    }),
  );
  expect(nextOutput([])).toEqual({ shape: '16:9', resolution: '1080p', fps: 30 });
});

test('presets are valid and repeat nothing', () => {
  for (const { outputs } of PRESETS) {
    expect(outputs.map((one) => outputSchema.parse(one))).toEqual(outputs);
    expect(repeated(outputs).size).toBe(0);
  }
});

test('the gate: open, open with a name, closed', () => {
  const blocker = (kind: 'unapproved' | 'file_altered') => ({ kind, sentence: '', clipId: null });
  expect(gateOf({ blockers: [] })).toEqual({ state: 'open', words: 'Nothing stands in the way' });
  expect(gateOf({ blockers: [blocker('unapproved')] })).toEqual({
    state: 'override',
    words: 'One clip is not approved',
  });
  expect(gateOf({ blockers: [blocker('unapproved'), blocker('file_altered')] })).toEqual({
    state: 'closed',
    words: '2 things stand in the way',
  });
});

test('checks and copied frames in words', () => {
  const line = (pass: boolean) => ({ name: 'cuts', expected: '', measured: '', pass });
  expect(checksWords({ verification: [line(true), line(true)] })).toBe('All 2 checks passed');
  expect(checksWords({ verification: [line(true), line(false)] })).toBe('1 of 2 checks failed');
  expect(copiedWords({ copiedFrames: 1_150, encodedFrames: 200 })).toBe(
    '1,150 of 1,350 frames copied as they were rendered',
  );
  expect(copiedWords({ copiedFrames: null, encodedFrames: 3 })).toBe('');
});

test('every frame of the film lies in one clip, at its own frame of the take', () => {
  const timeline = [
    { id: 'a', durationFrames: 30, sourceInFrame: 8 },
    { id: 'b', durationFrames: 45, sourceInFrame: 0 },
  ].map((clip) => ({
    ...clip,
    orderKey: clip.id,
    photoId: `p_${clip.id}`,
    clusterId: 'c',
    motion: 'push_in' as const,
    amount: 0.5,
    renderer: 'ken_burns' as const,
    moveFrames: 60,
    transitionIn: { type: 'cut' as const, frames: 0 },
    audioPolicy: 'mute' as const,
    reason: '',
  }));
  const clips = coverClips(timeline, [testClip('a'), testClip('b', { room: 'Bath' })]);
  const found = Array.from({ length: 75 }, (_, frame) => coverAt(clips, frame));
  expect(found.map((one) => one?.clip.clipId).join('')).toBe('a'.repeat(30) + 'b'.repeat(45));
  expect([found[0]?.takeFrame, found[29]?.takeFrame, found[30]?.takeFrame, found[74]?.takeFrame]).toEqual([
    8, 37, 0, 44,
  ]);
  expect([coverAt(clips, -1), coverAt(clips, 75)]).toEqual([null, null]);
});

test('clock and seconds as they are typed', () => {
  expect([0, 5.04, 59.96, 65.2, 754].map(clockWords)).toEqual(['0:00.0', '0:05.0', '1:00.0', '1:05.2', '12:34.0']);
  expect(['0', ' 2,5 ', '12.125', '-1', '', '1e3', 'soon'].map(readSeconds)).toEqual([0, 2.5, 12.125, null, null, null, null]); // biome-ignore format: one row
});

test('figures have a minus, and nothing else is changed', () => {
  expect(['-14 ± 0.5 LUFS', '≤ -1 dBTP', '-5.55 dBTP', '1-2 off', 'h264 High, 0x-1', 'a-1'].map(withMinus)).toEqual([
    '−14 ± 0.5 LUFS', '≤ −1 dBTP', '−5.55 dBTP', '1-2 off', 'h264 High, 0x-1', 'a-1',
  ]); // biome-ignore format: two rows
});
