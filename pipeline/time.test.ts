import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  droppedPerMinute,
  FPS_23_976,
  FPS_24,
  FPS_25,
  FPS_29_97,
  FPS_30,
  FPS_50,
  FPS_59_94,
  FPS_60,
  frameAtSeconds,
  frameToSample,
  frameToSeconds,
  parseTimecode,
  rateToString,
  secondsToFrame,
  timecode,
  timecodeBase,
} from './time.ts';

const RATES = [FPS_23_976, FPS_24, FPS_25, FPS_29_97, FPS_30, FPS_50, FPS_59_94, FPS_60];
const rates = fc.constantFrom(...RATES);
/** A day at 60 fps. */
const frames = fc.integer({ min: 0, max: 24 * 3600 * 60 });

describe('frames and seconds', () => {
  test('a frame is found again from its start, at every rate, also through microseconds', () => {
    fc.assert(
      fc.property(rates, frames, (rate, frame) => {
        const seconds = frameToSeconds(frame, rate);
        expect(secondsToFrame(seconds, rate)).toBe(frame);
        expect(frameAtSeconds(seconds, rate)).toBe(frame);
        expect(frameAtSeconds(Math.floor(seconds * 1e6) / 1e6, rate)).toBe(frame);
      }),
    );
  });

  test('the frame at a time lasts until the next begins', () => {
    fc.assert(
      fc.property(rates, frames, fc.double({ min: 0, max: 0.99, noNaN: true }), (rate, frame, share) => {
        expect(frameAtSeconds(frameToSeconds(frame + share, rate), rate)).toBe(frame);
      }),
    );
    // The nearest frame is not the shown one.
    expect([frameAtSeconds(0.7 / 30, FPS_30), secondsToFrame(0.7 / 30, FPS_30)]).toEqual([0, 1]);
  });

  test('exact where numbers are known', () => {
    expect(frameToSeconds(24_000, FPS_23_976)).toBe(1001);
    expect(frameToSample(30_000, FPS_29_97, 48_000)).toBe(1001 * 48_000);
    expect(RATES.map(rateToString)).toEqual(['24000/1001', '24', '25', '30000/1001', '30', '50', '60000/1001', '60']);
    expect(RATES.map(timecodeBase)).toEqual([24, 24, 25, 30, 30, 50, 60, 60]);
    expect(RATES.map(droppedPerMinute)).toEqual([0, 0, 0, 2, 0, 0, 4, 0]);
  });
});

describe('timecode', () => {
  test.each([
    [0, FPS_30, false, '00:00:00:00'],
    [107_892, FPS_29_97, true, '01:00:00;00'],
    [107_892, FPS_29_97, false, '00:59:56:12'],
    [1799, FPS_29_97, true, '00:00:59;29'],
    [1800, FPS_29_97, true, '00:01:00;02'],
    [17_981, FPS_29_97, true, '00:09:59;29'],
    [17_982, FPS_29_97, true, '00:10:00;00'],
    [3600, FPS_59_94, true, '00:01:00;04'],
    [1440, FPS_23_976, true, '00:01:00:00'],
    [-26, FPS_25, false, '-00:00:01:01'],
    [24 * 3600 * 25, FPS_25, false, '24:00:00:00'],
  ])('frame %i', (frame, rate, drop, text) => {
    expect(timecode(frame, rate, drop)).toBe(text);
    expect(parseTimecode(text, rate)).toBe(frame);
  });

  test('there and back, rising, at every rate with and without drop-frame', () => {
    fc.assert(
      fc.property(rates, frames, fc.boolean(), (rate, frame, drop) => {
        const text = timecode(frame, rate, drop);
        expect(parseTimecode(text, rate)).toBe(frame);
        expect(timecode(frame + 1, rate, drop) > text).toBe(true);
        if (frame > 0) expect(parseTimecode(timecode(-frame, rate, drop), rate)).toBe(-frame);
      }),
    );
  });

  test('drop-frame keeps within two frames and a bit of the clock for a day', () => {
    fc.assert(
      fc.property(fc.constantFrom(FPS_29_97, FPS_59_94), frames, (rate, frame) => {
        const [hours, minutes, seconds, count] = timecode(frame, rate, true).split(/[:;]/).map(Number) as [
          number,
          number,
          number,
          number,
        ];
        const shown = hours * 3600 + minutes * 60 + seconds + count / timecodeBase(rate);
        const off = Math.abs(shown - frameToSeconds(frame, rate));
        // 2.6 frames a day is what 1000/1001 leaves; within a minute it runs up to two (four) frames away.
        expect(off).toBeLessThan(
          (droppedPerMinute(rate) + 0.5 + 2.6 * (frame / 2_589_408)) / timecodeBase(rate) + 0.09,
        );
      }),
    );
  });

  test.each(['00:01:00;00', '00:01:00;01', '00:60:00:00', '00:00:60:00', '00:00:00:30', '1:2:3:4', '', 'frame 7'])(
    'refused: "%s"',
    (text) => expect(parseTimecode(text, FPS_29_97)).toBeUndefined(),
  );
  test('a semicolon is refused where nothing is dropped', () => {
    expect(parseTimecode('00:00:01;00', FPS_25)).toBeUndefined();
    expect(parseTimecode('00:10:00;00', FPS_29_97)).toBe(17_982);
  });
});
