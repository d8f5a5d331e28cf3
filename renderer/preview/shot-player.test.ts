import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameAt, middleFrame, type PlayerClock, ShotPlayer, type ShotPlayerOptions } from './shot-player.ts';

const RATE = { num: 25, den: 1 };

/** A clock moved by hand; `tick` runs the animation frame that is due. */
function handClock(): PlayerClock & { time: number; waiting: (() => void) | undefined; tick(ms: number): void } {
  return {
    time: 1000,
    waiting: undefined,
    now() {
      return this.time;
    },
    request(callback) {
      expect(this.waiting).toBeUndefined();
      this.waiting = callback;
      return 1;
    },
    cancel() {
      this.waiting = undefined;
    },
    tick(ms) {
      this.time += ms;
      const due = this.waiting;
      this.waiting = undefined;
      due?.();
    },
  };
}

function player(options: Partial<ShotPlayerOptions> = {}) {
  const clock = handClock();
  const drawn: number[] = [];
  const made = new ShotPlayer({
    frames: 4,
    frameRate: RATE,
    clock,
    reducedMotion: () => false,
    onFrame: (frame) => {
      drawn.push(frame);
      return true;
    },
    ...options,
  });
  return { clock, drawn, made };
}

test('frames follow from elapsed time in each mode', () => {
  const at = (mode: 'loop' | 'pingpong' | 'once'): number[] =>
    Array.from({ length: 9 }, (_, i) => frameAt(i * 40, 4, RATE, mode));
  expect(at('loop')).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0]);
  expect(at('pingpong')).toEqual([0, 1, 2, 3, 2, 1, 0, 1, 2]);
  expect(at('once')).toEqual([0, 1, 2, 3, 3, 3, 3, 3, 3]);
  expect([frameAt(39.9, 4, RATE, 'loop', 3), frameAt(40, 4, RATE, 'loop', 3), frameAt(1e9, 1, RATE, 'loop')]).toEqual([
    3, 0, 0,
  ]);
  expect([1, 2, 3, 90].map(middleFrame)).toEqual([0, 0, 1, 44]);
});

test('a frame is always one of the move, and neighbouring moments are at most one frame apart', () => {
  const rates = fc.constantFrom({ num: 24, den: 1 }, { num: 30_000, den: 1001 }, { num: 60, den: 1 });
  const modes = fc.constantFrom('loop' as const, 'pingpong' as const, 'once' as const);
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e7, noNaN: true }),
      fc.integer({ min: 2, max: 500 }),
      rates,
      modes,
      (ms, frames, rate, mode) => {
        const here = frameAt(ms, frames, rate, mode);
        expect(Number.isInteger(here) && here >= 0 && here < frames).toBe(true);
        const step = Math.abs(frameAt(ms + (1000 * rate.den) / rate.num / 2, frames, rate, mode) - here);
        expect(step <= 1 || (mode === 'loop' && step === frames - 1)).toBe(true);
      },
    ),
  );
});

test('plays by the clock, skips frames that are late, and draws none twice', () => {
  const { clock, drawn, made } = player();
  made.play();
  clock.tick(16);
  clock.tick(24);
  clock.tick(80);
  clock.tick(40);
  expect(drawn).toEqual([0, 1, 3, 0]);
});

test('pause holds the frame, play goes on from it, seek shows another at once', () => {
  const { clock, drawn, made } = player();
  made.play();
  clock.tick(80);
  made.pause();
  expect(clock.waiting).toBeUndefined();
  clock.time += 5000;
  made.play();
  clock.tick(40);
  made.seek(1);
  clock.tick(40);
  expect(drawn).toEqual([0, 2, 3, 1, 2]);
  made.pause();
  made.seek(99);
  expect([made.frame, made.playing, clock.waiting]).toEqual([3, false, undefined]);
  made.dispose();
});

test('asks again for a frame that was not ready, playing or not', () => {
  let ready = false;
  const asked: number[] = [];
  const onFrame = (frame: number): boolean => {
    asked.push(frame);
    return ready;
  };
  const { clock, made } = player({ onFrame });
  made.seek(2);
  clock.tick(16);
  ready = true;
  clock.tick(16);
  expect([asked, clock.waiting]).toEqual([[2, 2, 2], undefined]);
});

test('once ends on the last frame and starts anew when played again', () => {
  let ended = 0;
  const { clock, drawn, made } = player({ mode: 'once', onEnd: () => ended++ });
  made.play();
  clock.tick(500);
  expect([drawn, ended, made.playing, clock.waiting]).toEqual([[0, 3], 1, false, undefined]);
  made.play();
  expect(drawn).toEqual([0, 3, 0]);
});

test('where motion is unwelcome, the middle frame is shown and nothing moves', () => {
  const { clock, drawn, made } = player({ frames: 90, reducedMotion: () => true });
  made.play();
  expect([drawn, made.playing, clock.waiting]).toEqual([[44], false, undefined]);
});
