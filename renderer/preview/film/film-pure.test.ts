import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filmRecipes } from '../../../pipeline/assemble/recipes.ts';
import { timelineClip, timelineOf } from '../../../pipeline/assemble/testkit.node.ts';
import { clipsAhead } from './ahead.ts';
import { ClockFilter, heardAt } from './audio-clock.ts';
import { canvasSize } from './canvas-size.ts';
import { QUALITY_STEPS, QualityGovernor } from './quality.ts';
import { flacSeconds } from './sound-engine.ts';
import { shuttleRate, Transport } from './transport.ts';

const FPS = { num: 25, den: 1 };
const transport = (frames = 100): Transport => {
  const made = new Transport();
  made.setFilm(frames, FPS, 0);
  return made;
};

describe('shuttle keys', () => {
  test('the same key doubles up to eight, the other begins at one, K stops', () => {
    const press = (keys: readonly (-1 | 0 | 1)[]): number[] => {
      let rate = 0;
      return keys.map((key) => {
        rate = shuttleRate(rate, key);
        return rate;
      });
    };
    expect(press([1, 1, 1, 1, 1, -1, -1, 0, -1])).toEqual([1, 2, 4, 8, 8, -1, -2, 0, -1]);
  });
});

describe('transport', () => {
  test('runs by the clock, rests on a frame, ends on the last and backwards on the first', () => {
    const made = transport();
    made.setRate(1, 10);
    expect([10, 10.039, 10.041, 11].map((now) => made.frame(now))).toEqual([0, 0, 1, 25]);
    made.setRate(0, 11.02);
    expect([made.position(11.02), made.position(99)]).toEqual([25, 25]);
    made.setRate(2, 20);
    expect([made.frame(20.5), made.pass(20.5), made.pass(23), made.rate, made.frame(23)]).toEqual([
      50,
      'on',
      'ended',
      0,
      99,
    ]);
    made.setRate(-4, 30);
    expect([made.frame(30.5), made.pass(31), made.frame(31), made.rate]).toEqual([49, 'ended', 0, 0]);
  });

  test('a loop goes round in both directions without losing time, and a film made shorter keeps it inside', () => {
    const made = transport();
    made.setLoop({ in: 10, out: 20 }, 0);
    made.moveTo(15, 0);
    made.setRate(1, 0);
    expect([made.pass(0.19), made.pass(0.24), made.frame(0.24)]).toEqual(['on', 'wrapped', 11]);
    made.setRate(-1, 1);
    made.moveTo(12, 1);
    expect([made.pass(1.1), made.frame(1.1)]).toEqual(['wrapped', 19]);
    made.setFilm(15, FPS, 1.1);
    expect([made.loop, made.frame(1.1)]).toEqual([{ in: 10, out: 15 }, 14]);
    made.setLoop({ in: 12, out: 12 }, 1.1);
    expect(made.loop).toBeNull();
  });

  test('follows the sound: waits where it is a little behind, goes back where it is far behind', () => {
    const made = transport();
    made.setRate(1, 0);
    made.follow(10, 0.4);
    expect(made.due(0.4)).toBe(10);
    made.follow(8.5, 0.44);
    expect(made.due(0.44)).toBe(10);
    made.follow(11.2, 0.48);
    expect(made.due(0.48)).toBe(11);
    made.follow(2, 0.52);
    expect(made.due(0.52)).toBe(2);
  });

  test('while it plays, frames never go back and never leave the film, whatever the jitter of the sound', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -0.02, max: 0.02, noNaN: true }), { maxLength: 100 }), (jitter) => {
        const made = transport(60);
        made.setRate(1, 0);
        let before = 0;
        for (const [i, off] of jitter.entries()) {
          const now = (i + 1) / 60;
          made.follow((now + off) * 25, now);
          if (made.pass(now) === 'ended') break;
          const frame = made.due(now);
          expect(frame >= before && frame < 60).toBe(true);
          expect(Math.abs(frame - now * 25)).toBeLessThanOrEqual(1.5);
          before = frame;
        }
      }),
    );
  });
});

describe('what is heard', () => {
  test('takes the device’s time stamp, and the computed time less the latency without one', () => {
    const times = { currentTime: 5, outputLatency: 0.04 };
    expect(heardAt(times, 1000)).toBe(4.96);
    expect(heardAt({ ...times, contextTime: 4.9, performanceTime: 980 }, 1000)).toBeCloseTo(4.92, 12);
    // A device that has not begun, one that has stopped telling, and one that counts ahead.
    expect(heardAt({ ...times, contextTime: 0, performanceTime: 0 }, 1000)).toBe(4.96);
    expect(heardAt({ ...times, contextTime: 3, performanceTime: 100 }, 1000)).toBe(4.96);
    expect(heardAt({ ...times, contextTime: 5.4, performanceTime: 990 }, 1000)).toBe(5);
  });

  test('jitter is smoothed, a jump is believed at once', () => {
    const filter = new ClockFilter();
    const read = (i: number): number => filter.read(i / 60 + (i % 2 === 0 ? 0.01 : -0.01), i / 60) - i / 60;
    const offs = Array.from({ length: 200 }, (_, i) => read(i)).slice(100);
    expect(Math.max(...offs.map(Math.abs))).toBeLessThan(0.0015);
    expect(filter.read(7, 5)).toBe(7);
  });

  test('a FLAC stream says how long it is', () => {
    const head = new Uint8Array(42);
    head.set([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34]);
    // 48 000 Hz, stereo, 16 bit, 2^32 + 48 000 samples.
    head.set([0x0b, 0xb8, 0x02, 0xf1, 0, 0, 0xbb, 0x80], 18);
    expect(flacSeconds(head)).toBeCloseTo((2 ** 32 + 48_000) / 48_000, 6);
    expect([flacSeconds(new Uint8Array(42)), flacSeconds(head.subarray(0, 20))]).toEqual([undefined, undefined]);
  });
});

describe('quality', () => {
  /** `late` of every 30 frames come too late, for so many seconds. */
  const run = (governor: QualityGovernor, from: number, seconds: number, late: number): number[] => {
    const scales: number[] = [];
    for (let i = 0; i < seconds * 30; i++)
      scales.push(governor.note(i % 30 < late ? 2 : 1, i % 30 < late ? 1 : 0, from + (i * 1000) / 30));
    return scales;
  };

  test('one long task changes nothing; steady lateness lowers it step by step and then frames are dropped', () => {
    const governor = new QualityGovernor();
    expect(new Set(run(governor, 0, 5, 2))).toEqual(new Set([1]));
    expect([...new Set(run(governor, 10_000, 20, 15))]).toEqual([1, 0.75, 0.5, 0.35]);
    expect(governor.scale).toBe(QUALITY_STEPS.at(-1));
    expect(governor.dropped).toBe(5 * 2 + 20 * 15);
  });

  test('rises after calm, and waits twice as long when a rise did not last', () => {
    const governor = new QualityGovernor();
    run(governor, 0, 1, 15);
    expect(governor.scale).toBe(0.75);
    const firstRise = run(governor, 1000, 10, 0).indexOf(1) / 30;
    expect(Math.round(firstRise)).toBe(4);
    const again = new QualityGovernor();
    run(again, 0, 1, 15);
    const calm = run(again, 1000, 4.2, 0);
    expect(calm.at(-1)).toBe(1);
    run(again, 5300, 1, 15);
    expect(Math.round(run(again, 6300, 20, 0).indexOf(1) / 30)).toBe(8);
  });
});

test('the canvas has the film’s shape within its box, even sides, and never more pixels than the film', () => {
  const film = { width: 1920, height: 1080 };
  expect(canvasSize(film, { width: 801, height: 700 }, 1920)).toEqual({ width: 802, height: 450 });
  expect(canvasSize(film, { width: 5000, height: 5000 }, 1920)).toEqual(film);
  expect(canvasSize(film, { width: 5000, height: 5000 }, 640)).toEqual({ width: 640, height: 360 });
  expect(canvasSize({ width: 1080, height: 1920 }, { width: 0, height: 300 }, 1080)).toEqual({ width: 2, height: 2 });
});

describe('what is brought ahead', () => {
  const dissolve = { type: 'cross_dissolve', frames: 10 } as const;
  const clips = [0, 1, 2, 3, 4].map((i) => timelineClip(i, 10, 50, i === 2 ? dissolve : { type: 'cut', frames: 0 }));
  const film = filmRecipes(timelineOf(clips));

  test('clips in the order of need, with both sides of a transition, backwards and round a loop', () => {
    expect(clipsAhead(film, 10, 60)).toEqual([0, 1]);
    expect(clipsAhead(film, 10, 85)).toEqual([0, 1, 2]);
    expect(clipsAhead(film, 96, 5)).toEqual([1, 2]);
    expect(clipsAhead(film, 102, 5)).toEqual([1, 2]);
    expect(clipsAhead(film, 249, 500)).toEqual([4]);
    expect(clipsAhead(film, 160, 80, { backwards: true })).toEqual([3, 2, 1]);
    expect(clipsAhead(film, 190, 40, { loop: { in: 20, out: 200 } })).toEqual([3, 0, 1]);
    expect(clipsAhead(film, 25, 40, { loop: { in: 20, out: 200 }, backwards: true })).toEqual([0, 3]);
    expect(clipsAhead(film, 0, 250, { most: 3 })).toEqual([0, 1, 2]);
  });

  test('every clip that is going to be shown is in it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 249 }), fc.integer({ min: 0, max: 120 }), (frame, frames) => {
        const ahead = clipsAhead(film, frame, frames);
        for (let f = frame; f <= Math.min(249, frame + frames); f++) {
          const { a, b } = film.at(f);
          for (const side of b === undefined ? [a] : [a, b])
            expect(ahead).toContain(clips.findIndex(({ id }) => id === side.clipId));
        }
      }),
    );
  });
});
