import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clipStarts, cutFrames, totalFrames } from '../../../../pipeline/timeline/clip-math.ts';
import { applyEdit } from '../../../../pipeline/timeline/edits.ts';
import { checkTimeline } from '../../../../pipeline/timeline/invariants.ts';
import { film } from './fixture.ts';
import { type Flow, type Grip, gripWords, previewOf } from './gestures.ts';

const FREE: Flow = { ripple: true, magnet: 'frames' };
const clipId = (index: number): string => film().clips[index]?.id ?? '';

test('a drag shows what letting go does: whatever it is, the preview is the edit applied, or the film with the reason', () => {
  const timeline = film();
  const ids = timeline.clips.map((clip) => clip.id);
  const id = fc.constantFrom(...ids);
  const grip: fc.Arbitrary<Grip> = fc.oneof(
    fc.record({ kind: fc.constant('move' as const), clipIds: fc.uniqueArray(id, { minLength: 1, maxLength: 4 }) }),
    fc.record({
      kind: fc.constantFrom('trimIn' as const, 'trimOut' as const, 'roll' as const, 'slip' as const),
      clipId: id,
    }),
    fc.record({
      kind: fc.constant('transition' as const),
      clipId: id,
      grip: fc.constantFrom('start' as const, 'end' as const),
    }),
    fc.record({
      kind: fc.constant('beat' as const),
      frame: fc.constantFrom(...timeline.beats.map((beat) => beat.frame)),
    }),
  );
  const flow = fc.record({
    ripple: fc.boolean(),
    magnet: fc.constantFrom('frames' as const, 'beats' as const, 'downbeats' as const),
  });
  fc.assert(
    fc.property(grip, fc.integer({ min: -400, max: 400 }), fc.nat(ids.length), flow, (taken, frames, place, how) => {
      const preview = previewOf(timeline, taken, frames, place, how);
      expect(checkTimeline(preview.timeline)).toEqual([]);
      if (preview.edit === null || preview.refused !== null) expect(preview.timeline).toBe(timeline);
      else expect(preview.timeline).toEqual(applyEdit(timeline, preview.edit).timeline);
      expect(gripWords(timeline, taken, frames, preview)).not.toContain('NaN');
    }),
    { numRuns: 150 },
  );
});

test('trimming with ripple moves what follows, without it only the cut', () => {
  const timeline = film();
  const before = clipStarts(timeline.clips);
  const grip: Grip = { kind: 'trimOut', clipId: clipId(2) };
  const rippled = previewOf(timeline, grip, -6, 0, FREE);
  expect(totalFrames(rippled.timeline.clips)).toBe((before.at(-1) ?? 0) - 6);
  expect(rippled.at).toBe((before[3] ?? 0) - 6);
  const held = previewOf(timeline, grip, -6, 0, { ...FREE, ripple: false });
  expect(cutFrames(held.timeline)).toEqual(cutFrames(timeline).map((cut, i) => (i === 2 ? cut - 6 : cut)));
});

test('a drag near a beat snaps to it, and the line is drawn there', () => {
  const timeline = film();
  const cut = clipStarts(timeline.clips)[3] ?? 0;
  const next = timeline.beats.find((beat) => beat.frame > cut)?.frame ?? 0;
  const preview = previewOf(timeline, { kind: 'roll', clipId: clipId(3) }, next - cut - 2, 0, {
    ripple: true,
    magnet: 'beats',
  });
  expect(preview.at).toBe(next);
});

test('the picture goes with the pointer: a slip to the right shows an earlier part', () => {
  const preview = previewOf(film(), { kind: 'slip', clipId: clipId(1) }, 10, 0, FREE);
  expect(preview.edit).toEqual({ type: 'slip', clipId: clipId(1), frames: -10 });
});

test('a cut that is pulled open becomes a dissolve around it, pulled shut a cut', () => {
  const timeline = film();
  const at = timeline.clips.findIndex((clip, i) => i > 0 && clip.transitionIn.frames === 0);
  const open = previewOf(timeline, { kind: 'transition', clipId: clipId(at), grip: 'end' }, 5, 0, FREE);
  expect(open.timeline.clips[at]?.transitionIn).toEqual({ type: 'cross_dissolve', frames: 10 });
  const shut = previewOf(open.timeline, { kind: 'transition', clipId: clipId(at), grip: 'start' }, 9, 0, FREE);
  expect(shut.timeline.clips[at]?.transitionIn).toEqual({ type: 'cut', frames: 0 });
});

test('a clip dropped on its own place changes nothing', () => {
  const timeline = film();
  for (const place of [2, 3]) {
    const preview = previewOf(timeline, { kind: 'move', clipIds: [clipId(2)] }, 0, place, FREE);
    expect(preview.timeline.clips.map((clip) => clip.id)).toEqual(timeline.clips.map((clip) => clip.id));
  }
});
