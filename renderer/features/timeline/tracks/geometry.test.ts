import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TimelineClip } from '../../../../pipeline/domain.ts';
import { clipStarts, totalFrames } from '../../../../pipeline/timeline/clip-math.ts';
import { film } from './fixture.ts';
import {
  bandClips,
  barStep,
  barsOf,
  clampView,
  contentWidth,
  dropIndex,
  fitScale,
  frameToX,
  hitTest,
  itemsIn,
  LEAST_HEIGHT,
  lanesIn,
  MAX_SCALE,
  reveal,
  secondStep,
  snapNear,
  spanAt,
  spansIn,
  stepFrom,
  transitionSpan,
  type View,
  xToFrame,
  zoomAbout,
} from './geometry.ts';

const SOME = film().clips[0] as TimelineClip; // the fixture has clips

const view = fc.record({
  scale: fc.double({ min: 0.05, max: MAX_SCALE, noNaN: true }),
  scroll: fc.double({ min: 0, max: 20_000, noNaN: true }),
  width: fc.integer({ min: 300, max: 2_000 }),
});
const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 60 });
const startsOf = (all: readonly number[]): number[] => clipStarts(all.map(lasting));
const lasting = (durationFrames: number): TimelineClip => ({ ...SOME, durationFrames });

test('frames and pixels are each other’s inverse', () => {
  fc.assert(
    fc.property(view, fc.integer({ min: 0, max: 100_000 }), (at, frame) => {
      expect(xToFrame(at, frameToX(at, frame))).toBeCloseTo(frame, 6);
    }),
  );
});

test('zoom keeps the frame under the pointer, unless an end of the film holds it', () => {
  fc.assert(
    fc.property(
      view,
      fc.double({ min: 0.2, max: 5, noNaN: true }),
      fc.integer({ min: 50, max: 60_000 }),
      (at, factor, frames) => {
        const from = clampView(at, frames);
        const x = from.width / 3;
        const to = zoomAbout(from, x, factor, frames);
        const most = Math.max(0, contentWidth(to.scale, frames) - to.width);
        expect(to.scroll).toBeGreaterThanOrEqual(0);
        expect(to.scroll).toBeLessThanOrEqual(most + 1e-6);
        if (to.scroll > 1e-6 && to.scroll < most - 1e-6) expect(xToFrame(to, x)).toBeCloseTo(xToFrame(from, x), 4);
      },
    ),
  );
});

test('fit shows the whole film', () => {
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 2_000 }), fc.integer({ min: 1_000, max: 90_000 }), (width, frames) => {
      const scale = fitScale(width, frames);
      expect(contentWidth(scale, frames)).toBeLessThanOrEqual(width + 1e-6);
      expect(contentWidth(scale * 1.01, frames)).toBeGreaterThan(width);
    }),
  );
});

test('a frame out of sight is brought into it, one in sight moves nothing', () => {
  const at: View = { scale: 2, scroll: 0, width: 400 };
  expect(reveal(at, 100, 5_000)).toBe(at);
  const there = reveal(at, 3_000, 5_000);
  expect(frameToX(there, 3_000)).toBeCloseTo(40, 6);
});

test('spans in sight are exactly those that touch it', () => {
  fc.assert(
    fc.property(lengths, fc.integer({ min: -50, max: 4_000 }), fc.integer({ min: 1, max: 900 }), (all, first, size) => {
      const starts = startsOf(all);
      const last = first + size;
      const [from, to] = spansIn(starts, first, last);
      const seen = all.map((_, i) => i).filter((i) => (starts[i] ?? 0) < last && (starts[i + 1] ?? 0) > first);
      expect(all.map((_, i) => i).slice(from, to)).toEqual(seen);
    }),
  );
});

test('every frame belongs to the span around it', () => {
  fc.assert(
    fc.property(lengths, fc.nat(20_000), (all, frame) => {
      const starts = startsOf(all);
      const index = spanAt(starts, frame);
      const total = starts.at(-1) ?? 0;
      if (frame >= total) expect(index).toBe(all.length - 1);
      else expect((starts[index] ?? 0) <= frame && frame < (starts[index + 1] ?? 0)).toBe(true);
    }),
  );
});

test('beats in sight are exactly those between two frames', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(2_000), { maxLength: 80 }), fc.nat(2_000), fc.nat(600), (frames, first, size) => {
      const items = frames.sort((a, b) => a - b).map((frame) => ({ frame }));
      const [from, to] = itemsIn(items, first, first + size);
      expect(items.slice(from, to)).toEqual(items.filter(({ frame }) => frame >= first && frame <= first + size));
    }),
  );
});

test('lanes stand under each other and fill the height', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 900 }), (height) => {
      const { height: total, ...lanes } = lanesIn(height);
      const list = Object.values(lanes).sort((a, b) => a.top - b.top);
      for (const [i, lane] of list.entries()) {
        expect(lane.height).toBeGreaterThan(0);
        if (i > 0) expect(lane.top).toBeGreaterThan((list[i - 1]?.top ?? 0) + (list[i - 1]?.height ?? 0));
      }
      expect(total).toBeLessThanOrEqual(Math.max(LEAST_HEIGHT, height) + 8);
    }),
  );
});

test('what is under the pointer', () => {
  const timeline = film();
  const starts = clipStarts(timeline.clips);
  const at: View = { scale: 4, scroll: 0, width: 1_200 };
  const lanes = lanesIn(300);
  const middle = lanes.clips.top + lanes.clips.height - 10;
  const hit = (frame: number, y: number, offset = 0) =>
    hitTest(timeline, starts, at, lanes, frameToX(at, frame) + offset, y);
  const cut = starts[1] ?? 0;
  expect(hit(10, 5)).toEqual({ kind: 'ruler' });
  expect(hit(cut / 2, middle)).toEqual({ kind: 'clip', index: 0 });
  expect(hit(cut, middle, -3)).toEqual({ kind: 'edge', index: 0, side: 'out' });
  expect(hit(cut, middle, 3)).toEqual({ kind: 'edge', index: 1, side: 'in' });
  expect(hit(cut, lanes.clips.top + 4, 2)).toMatchObject({ kind: 'transition', index: 1 });
  expect(hit(starts.at(-1) ?? 0, middle, 100)).toEqual({ kind: 'none' });
  const beat = timeline.beats[3]?.frame ?? 0;
  expect(hit(beat, lanes.beats.top + 2, 2)).toEqual({ kind: 'beat', index: 3 });
  expect(hit(10, lanes.wave.top + 2)).toEqual({ kind: 'wave' });
});

test('every clip can be taken hold of in its middle, at any zoom', () => {
  const timeline = film();
  const starts = clipStarts(timeline.clips);
  const lanes = lanesIn(300);
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: MAX_SCALE, noNaN: true }),
      fc.nat(timeline.clips.length - 1),
      (scale, index) => {
        const middle = ((starts[index] ?? 0) + (starts[index + 1] ?? 0)) / 2;
        const at: View = { scale, scroll: Math.max(0, middle * scale - 200), width: 800 };
        const y = lanes.clips.top + lanes.clips.height / 2;
        expect(hitTest(timeline, starts, at, lanes, frameToX(at, middle), y)).toEqual({ kind: 'clip', index });
      },
    ),
  );
});

test('snapping takes the nearest place within reach and otherwise the whole frame', () => {
  const at: View = { scale: 2, scroll: 0, width: 800 };
  expect(snapNear(at, 100.4, [102, 98])).toBe(102);
  expect(snapNear(at, 100.4, [104])).toBe(100);
});

test('a step goes to the next beat or downbeat, and a frame where there is none', () => {
  const { beats } = film();
  const [first, second] = [beats[4]?.frame ?? 0, beats[5]?.frame ?? 0];
  expect(stepFrom(beats, first, 1, 'beats')).toBe(second);
  expect(stepFrom(beats, second, -1, 'beats')).toBe(first);
  expect(stepFrom(beats, first, 1, 'frames')).toBe(first + 1);
  expect(stepFrom([], 7, -1, 'beats')).toBe(6);
  const downbeats = barsOf(beats).map((bar) => bar.frame);
  expect(downbeats).toContain(stepFrom(beats, first, 1, 'downbeats'));
});

test('dropping goes by the middle of a clip, a band takes what it touches', () => {
  const starts = [0, 100, 200];
  const at: View = { scale: 1, scroll: 0, width: 500 };
  expect([40, 60, 140, 160, 400].map((frame) => dropIndex(starts, at, frameToX(at, frame)))).toEqual([0, 1, 1, 2, 2]);
  expect(bandClips(starts, at, frameToX(at, 90), frameToX(at, 110))).toEqual([0, 2]);
  expect(bandClips(starts, at, frameToX(at, 110), frameToX(at, 20))).toEqual([0, 2]);
  expect(bandClips(starts, at, frameToX(at, 300), frameToX(at, 400))).toEqual([0, 0]);
});

test('labels of the ruler never crowd', () => {
  expect(barStep(100, 60)).toBe(1);
  expect(barStep(20, 60)).toBe(4);
  expect(secondStep(30, 60)).toBe(2);
  expect(secondStep(0.01, 60)).toBe(1_200);
});

test('a transition lies around its cut, the first one inside its clip', () => {
  const timeline = film();
  const starts = clipStarts(timeline.clips);
  expect(transitionSpan(timeline, starts, 0).from).toBe(0);
  timeline.clips.forEach((clip, index) => {
    const { from, to } = transitionSpan(timeline, starts, index);
    expect(to - from).toBe(clip.transitionIn.frames);
  });
  expect(starts.at(-1)).toBe(totalFrames(timeline.clips));
});
