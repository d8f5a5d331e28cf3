import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FPS_29_97, FPS_30 } from '../../pipeline/time.ts';
import { FrameTable, type PacketTime, steadyTimes } from './frame-table.ts';

const key = (timestamp: number, duration = 1 / 30): PacketTime => ({ timestamp, duration, key: true });

describe('the index of a frame', () => {
  test('is the rank of its presentation time, whatever the order in the file and the lengths', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 60 }), (microseconds) => {
        const table = new FrameTable(microseconds.map((one) => key(one / 1e6)));
        const sorted = microseconds.toSorted((a, b) => a - b);
        expect(table.frames.map((frame) => frame.microseconds)).toEqual(sorted);
        expect(table.frames.map(({ packet }) => microseconds[packet])).toEqual(sorted);
        expect(table.allIntra).toBe(true);
        for (const index of sorted.keys()) expect(table.frameAt(table.secondsOf(index))).toBe(index);
      }),
    );
  });

  test('leads from the key frame before, also with B-frames; what the edit list hides has no number', () => {
    // Decoding order of I B… P with an edit list that hides the first: I0 P3 B1 B2 | I4 P6 B5.
    const at = [-1, 2, 0, 1, 3, 5, 4].map((time) => time / 25);
    const packets = at.map((timestamp, i) => ({ timestamp, duration: 1 / 25, key: i === 0 || i === 4 }));
    const table = new FrameTable(packets);
    expect(table.frames.map(({ packet, from }) => [packet, from])).toEqual([[2, 0], [3, 0], [1, 0], [4, 4], [6, 4], [5, 4]]); // biome-ignore format: one list
    expect(table.allIntra).toBe(false);
    expect(table.secondsOf(6)).toBeCloseTo(6 / 25, 9);
  });

  test('leading pictures of an open group begin with the group before', () => {
    const packets = [
      { timestamp: 0, duration: 1, key: true },
      { timestamp: 3, duration: 1, key: true },
      { timestamp: 2, duration: 1, key: false },
    ];
    expect(new FrameTable(packets).frames.map(({ packet, from }) => [packet, from])).toEqual([[0, 0], [2, 0], [1, 1]]); // biome-ignore format: one list
  });

  test('a start that is not zero changes no number and no time from the first frame', () => {
    const table = new FrameTable([0.5, 0.6, 0.9].map((one) => key(one, 0.1)));
    expect([0, 1, 2, 3].map((index) => Number(table.secondsOf(index).toFixed(6)))).toEqual([0, 0.1, 0.4, 0.5]);
    expect([0, 0.0999, 0.1, 0.39, 0.4, 9].map((seconds) => table.frameAt(seconds))).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test('two frames at one time, or one without a key frame, are refused', () => {
    expect(() => new FrameTable([key(0), key(0)])).toThrow('Two frames of this clip are at the same time');
    expect(() => new FrameTable([{ timestamp: 0, duration: 1, key: false }])).toThrow('no key frame before it');
  });
});

test('without packets, times are those of the rate', () => {
  const times = steadyTimes(100, FPS_29_97);
  for (let index = 0; index < 100; index++) expect(times.frameAt(times.secondsOf(index))).toBe(index);
  expect([times.frameAt(-1), times.frameAt(1e9)]).toEqual([0, 99]);
  expect(steadyTimes(90, FPS_30).secondsOf(90)).toBe(3);
});
