import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import { MOTIONS, NO_DECISIONS, type Timeline, TRANSITIONS } from '../domain.ts';
import { buildTimeline } from './builder.ts';
import { beatIndexAt, clipStarts, cutFrames, totalFrames } from './clip-math.ts';
import { applyEdit, parseEdit } from './edits.ts';
import { replaceBy } from './edits-make.ts';
import { type Edit, editSchema, type NewClip } from './edits-types.ts';
import { counter, HOUSE, madeAnalysis, madeTrack } from './fixtures.ts';
import { checkTimeline } from './invariants.ts';
import { timelineSchema } from './schema.ts';
import { TEMPLATES } from './templates.ts';

function film(name: 'classic' | 'luxury' = 'classic', targetSeconds = 24): Timeline {
  const template = TEMPLATES[name];
  return buildTimeline({
    analysis: madeAnalysis(HOUSE),
    decisions: NO_DECISIONS,
    track: madeTrack(126, 120),
    template,
    targetSeconds,
    frameRate: template.frameRate,
    size: template,
    newId: counter(),
    defaultBpm: 120,
  });
}

const FILM = film();
const LENGTHS = FILM.clips.map((clip) => clip.durationFrames);
const id = (index: number): string => FILM.clips[index]?.id ?? '';
const lengths = (timeline: Timeline): number[] => timeline.clips.map((clip) => clip.durationFrames);
const offBeats = (timeline: Timeline): number[] =>
  clipStarts(timeline.clips).filter((frame) => beatIndexAt(timeline.beats, frame) < 0);
const run = (edit: Edit, timeline: Timeline = FILM): Timeline => {
  const result = applyEdit(timeline, edit);
  expect(checkTimeline(result.timeline)).toEqual([]);
  expect(applyEdit(result.timeline, result.inverse).timeline).toEqual(timeline);
  return result.timeline;
};
const NEW: NewClip = {
  id: 'new',
  photoId: 'kitchen-0-2',
  clusterId: 'c0',
  motion: 'push_in',
  amount: 0.5,
  renderer: 'ken_burns',
  durationFrames: 57,
  transitionIn: { type: 'cut', frames: 0 },
  audioPolicy: 'mute',
  reason: 'a person added it',
};

describe('single edits', () => {
  it('starts from a valid film on beats', () => {
    expect(checkTimeline(FILM)).toEqual([]);
    expect(offBeats(FILM)).toEqual([]);
    expect(FILM.clips.length).toBeGreaterThan(6);
  });

  it('trims the end: ripple shifts what is behind, no ripple takes from the next clip', () => {
    const ripple = run({ type: 'trimOut', clipId: id(2), frames: -10, ripple: true, magnet: 'frames' });
    expect(lengths(ripple)).toEqual(LENGTHS.with(2, (LENGTHS[2] ?? 0) - 10));
    const rolled = run({ type: 'trimOut', clipId: id(2), frames: 10, ripple: false, magnet: 'frames' });
    expect(lengths(rolled)).toEqual(LENGTHS.with(2, (LENGTHS[2] ?? 0) + 10).with(3, (LENGTHS[3] ?? 0) - 10));
    expect(totalFrames(rolled.clips)).toBe(totalFrames(FILM.clips));
    expect(rolled.clips[3]?.sourceInFrame).toBe((FILM.clips[3]?.sourceInFrame ?? 0) + 10);
    // More than the move has: the move grows, because it is rendered again.
    expect(rolled.clips[2]?.moveFrames).toBe((FILM.clips[2]?.moveFrames ?? 0) + 10);
  });

  it('trims the start within the move', () => {
    const trimmed = run({ type: 'trimIn', clipId: id(2), frames: 12, ripple: true, magnet: 'frames' });
    expect(lengths(trimmed)).toEqual(LENGTHS.with(2, (LENGTHS[2] ?? 0) - 12));
    expect(trimmed.clips[2]?.sourceInFrame).toBe((FILM.clips[2]?.sourceInFrame ?? 0) + 12);
    expect(trimmed.clips[2]?.moveFrames).toBe(FILM.clips[2]?.moveFrames);
    const back = run({ type: 'trimIn', clipId: id(2), frames: -12, ripple: true, magnet: 'frames' }, trimmed);
    expect(back).toEqual(FILM);
    const kept = run({ type: 'trimIn', clipId: id(2), frames: -12, ripple: false, magnet: 'frames' });
    expect(lengths(kept)).toEqual(LENGTHS.with(1, (LENGTHS[1] ?? 0) - 12).with(2, (LENGTHS[2] ?? 0) + 12));
  });

  it('keeps every cut on a beat when asked', () => {
    for (const frames of [-25, -7, 9, 31]) {
      const trimmed = run({ type: 'trimOut', clipId: id(1), frames, ripple: true, magnet: 'beats' });
      expect(offBeats(trimmed)).toEqual([]);
      const rolled = run({ type: 'roll', clipId: id(3), frames, magnet: 'downbeats' });
      const cut = clipStarts(rolled.clips)[3] ?? 0;
      expect(rolled.beats[beatIndexAt(rolled.beats, cut)]?.beatInBar).toBe(1);
    }
    expect(offBeats(run({ type: 'delete', clipId: id(1), ripple: true, magnet: 'beats' }))).toEqual([]);
    expect(offBeats(run({ type: 'move', clipId: id(4), before: id(1), ripple: true, magnet: 'beats' }))).toEqual([]);
    expect(offBeats(run({ type: 'insert', clip: NEW, before: id(2), ripple: true, magnet: 'beats' }))).toEqual([]);
    const longer = run({ type: 'setDuration', clipId: id(0), durationFrames: 170, ripple: true, magnet: 'beats' });
    expect(offBeats(longer)).toEqual([]);
  });

  it('slips without moving a cut, and grows the move where it ends', () => {
    const later = run({ type: 'slip', clipId: id(3), frames: 8 });
    expect(cutFrames(later)).toEqual(cutFrames(FILM));
    expect(later.clips[3]?.sourceInFrame).toBe((FILM.clips[3]?.sourceInFrame ?? 0) + 8);
    expect(later.clips[3]?.moveFrames).toBe((FILM.clips[3]?.moveFrames ?? 0) + 8);
    const back = run({ type: 'slip', clipId: id(3), frames: -8 }, later);
    expect(back.clips[3]?.sourceInFrame).toBe(FILM.clips[3]?.sourceInFrame);
    const earlier = run({ type: 'slip', clipId: id(3), frames: -5 });
    expect(earlier.clips[3]?.sourceInFrame).toBe(FILM.clips[3]?.sourceInFrame);
    expect(earlier.clips[3]?.moveFrames).toBe((FILM.clips[3]?.moveFrames ?? 0) + 5);
  });

  it('splits into two that show the same frames as before', () => {
    const at = (clipStarts(FILM.clips)[3] ?? 0) + 20;
    const split = run({ type: 'split', atFrame: at, newId: 'right', magnet: 'frames' });
    expect(lengths(split)).toEqual([...LENGTHS.slice(0, 3), 20, (LENGTHS[3] ?? 0) - 20, ...LENGTHS.slice(4)]);
    const [left, right] = split.clips.slice(3, 5);
    expect(right?.sourceInFrame).toBe((left?.sourceInFrame ?? 0) + 20);
    expect(right?.moveFrames).toBe(left?.moveFrames);
    expect(right?.transitionIn).toEqual({ type: 'cut', frames: 0 });
    const edge = { type: 'split', atFrame: clipStarts(FILM.clips)[3] ?? 0, newId: 'x', magnet: 'frames' } as const;
    expect(() => applyEdit(FILM, edge)).toThrow(/not inside a clip/);
  });

  it('moves: with ripple lengths travel, without it the cuts stay', () => {
    const travelled = run({ type: 'move', clipId: id(0), before: null, ripple: true, magnet: 'frames' });
    expect(lengths(travelled)).toEqual([...LENGTHS.slice(1), LENGTHS[0]]);
    // The way into the film stays at its start.
    expect(travelled.clips[0]?.transitionIn.type).toBe('dip_black');
    expect(travelled.clips.at(-1)?.transitionIn).toEqual(FILM.clips[1]?.transitionIn);
    const kept = run({ type: 'move', clipId: id(0), before: null, ripple: false, magnet: 'frames' });
    expect(cutFrames(kept)).toEqual(cutFrames(FILM));
    expect(kept.clips.at(-1)?.id).toBe(id(0));
  });

  it('deletes and inserts, with and without ripple', () => {
    const gone = run({ type: 'delete', clipId: id(2), ripple: false, magnet: 'frames' });
    expect(lengths(gone)).toEqual(LENGTHS.with(1, (LENGTHS[1] ?? 0) + (LENGTHS[2] ?? 0)).toSpliced(2, 1));
    const first = run({ type: 'delete', clipId: id(0), ripple: true, magnet: 'frames' });
    expect(first.clips[0]?.transitionIn.type).toBe('dip_black');
    const over = run({ type: 'insert', clip: NEW, before: id(2), ripple: false, magnet: 'frames' });
    expect(lengths(over)).toEqual(LENGTHS.toSpliced(2, 1, 57, (LENGTHS[2] ?? 0) - 57));
    const end = run({ type: 'insert', clip: NEW, before: null, ripple: true, magnet: 'frames' });
    expect(lengths(end)).toEqual([...LENGTHS, 57]);
  });

  it('gives transitions their frames and shortens those that do not fit', () => {
    const set = run({ type: 'setTransition', clipId: id(4), transition: { type: 'wipe', frames: 20 } });
    expect(set.clips[4]?.transitionIn).toEqual({ type: 'wipe', frames: 20 });
    expect(set.clips[4]?.sourceInFrame).toBeGreaterThanOrEqual(10);
    const long = run({ type: 'setTransition', clipId: id(4), transition: { type: 'wipe', frames: 1000 } });
    const half = (long.clips[4]?.transitionIn.frames ?? 0) / 2;
    expect(half).toBeLessThanOrEqual(Math.min(LENGTHS[3] ?? 0, LENGTHS[4] ?? 0));
    expect(half).toBeGreaterThan(20);
    const tiny = run({ type: 'setDuration', clipId: id(4), durationFrames: 4, ripple: true, magnet: 'frames' }, set);
    expect(tiny.clips[4]?.transitionIn.frames).toBeLessThanOrEqual(8);
  });

  it('times a whole move anew with setDuration', () => {
    const longer = run({ type: 'setDuration', clipId: id(5), durationFrames: 200, ripple: true, magnet: 'frames' });
    const clip = longer.clips[5];
    const before = Math.floor((clip?.transitionIn.frames ?? 0) / 2);
    const next = longer.clips[6]?.transitionIn.frames ?? 0;
    expect(clip?.moveFrames).toBe(before + 200 + next - Math.floor(next / 2));
  });

  it('keeps accepted beats and markers when the music goes', () => {
    const marked = run({ type: 'setMarker', marker: { id: 'm', frame: 33, label: 'door' } });
    const silent = run({ type: 'setMusic', music: null }, marked);
    expect(silent.music).toBeNull();
    expect(silent.beats).toEqual(FILM.beats);
    expect(silent.markers).toEqual([{ id: 'm', frame: 33, label: 'door' }]);
  });

  it('replaces the film for another template in one step', () => {
    const other = film('luxury', 30);
    const replaced = run(parseEdit(JSON.parse(JSON.stringify(replaceBy(other)))));
    expect(replaced.clips).toEqual(other.clips);
    expect(replaced.template).toBe('luxury');
    expect(replaced.id).toBe(FILM.id);
  });
});

describe('refusals', () => {
  const code = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      if (error instanceof PicaividError) return error.code;
    }
    return 'none';
  };
  it('refuses approved and locked timelines, unknown clips and vanishing clips', () => {
    const trim: Edit = { type: 'trimOut', clipId: id(0), frames: -5, ripple: true, magnet: 'frames' };
    expect(code(() => applyEdit({ ...FILM, status: 'approved' }, trim))).toBe('edit_refused');
    expect(code(() => applyEdit({ ...FILM, status: 'locked' }, trim))).toBe('edit_refused');
    expect(code(() => applyEdit(FILM, { ...trim, clipId: 'gone' }))).toBe('edit_refused');
    expect(code(() => applyEdit(FILM, { ...trim, frames: -100_000 }))).toBe('edit_refused');
    expect(code(() => applyEdit(FILM, { type: 'roll', clipId: id(0), frames: 1, magnet: 'frames' }))).toBe(
      'edit_refused',
    );
    const insert: Edit = { type: 'insert', clip: { ...NEW, id: id(0) }, before: null, ripple: true, magnet: 'frames' };
    expect(code(() => applyEdit(FILM, insert))).toBe('edit_refused');
    const take: Edit = {
      type: 'swapTake',
      clipId: id(0),
      motion: 'static',
      amount: 0,
      renderer: 'ltx',
      moveFrames: 20,
    };
    expect(code(() => applyEdit(FILM, take))).toBe('edit_refused');
    expect(code(() => parseEdit({ type: 'trimOut', clipId: 3 }))).toBe('bad_usage');
  });

  it('does all of a batch or nothing', () => {
    const good: Edit = { type: 'setAudio', clipId: id(0), audioPolicy: 'duck' };
    const bad: Edit = { type: 'setAudio', clipId: 'gone', audioPolicy: 'duck' };
    expect(code(() => applyEdit(FILM, { type: 'batch', edits: [good, bad] }))).toBe('edit_refused');
    const both = run({ type: 'batch', edits: [good, { ...good, clipId: id(1) }] });
    expect(both.clips.filter((clip) => clip.audioPolicy === 'duck')).toHaveLength(2);
  });
});

/** Random edits name clips by place, so that most of them hit something. */
interface Draft {
  readonly place: number;
  readonly other: number;
  readonly make: (clipId: string, otherId: string, timeline: Timeline, fresh: string) => Edit;
}

const flow = fc.record({ ripple: fc.boolean(), magnet: fc.constantFrom('frames', 'beats', 'downbeats') });
const delta = fc.integer({ min: -150, max: 150 });
const transition = fc
  .record({ type: fc.constantFrom(...TRANSITIONS), frames: fc.integer({ min: 1, max: 90 }) })
  .map(({ type, frames }) => ({ type, frames: type === 'cut' ? 0 : frames }));
const make: fc.Arbitrary<Draft['make']> = fc.oneof(
  fc.tuple(delta, flow).map(
    ([frames, f]) =>
      (clipId: string): Edit => ({ type: 'trimIn', clipId, frames, ...f }),
  ),
  fc.tuple(delta, flow).map(
    ([frames, f]) =>
      (clipId: string): Edit => ({ type: 'trimOut', clipId, frames, ...f }),
  ),
  fc.tuple(delta, flow).map(
    ([frames, { magnet }]) =>
      (clipId: string): Edit => ({ type: 'roll', clipId, frames, magnet }),
  ),
  delta.map(
    (frames) =>
      (clipId: string): Edit => ({ type: 'slip', clipId, frames }),
  ),
  flow.map(
    (f) =>
      (clipId: string, before: string): Edit => ({ type: 'move', clipId, before, ...f }),
  ),
  flow.map(
    (f) =>
      (clipId: string): Edit => ({ type: 'move', clipId, before: null, ...f }),
  ),
  flow.map(
    (f) =>
      (clipId: string): Edit => ({ type: 'delete', clipId, ...f }),
  ),
  fc.tuple(fc.integer({ min: 1, max: 120 }), transition, flow).map(
    ([durationFrames, transitionIn, f]) =>
      (_clipId: string, before: string, _timeline: Timeline, fresh: string): Edit => ({
        type: 'insert',
        clip: { ...NEW, id: fresh, durationFrames, transitionIn },
        before,
        ...f,
      }),
  ),
  fc.tuple(fc.nat(), flow).map(
    ([at, { magnet }]) =>
      (_clipId: string, _other: string, timeline: Timeline, newId: string): Edit => ({
        type: 'split',
        atFrame: 1 + (at % totalFrames(timeline.clips)),
        newId,
        magnet,
      }),
  ),
  transition.map(
    (value) =>
      (clipId: string): Edit => ({ type: 'setTransition', clipId, transition: value }),
  ),
  fc.constantFrom(...MOTIONS).map(
    (motion) =>
      (clipId: string): Edit => ({ type: 'setMotion', clipId, motion }),
  ),
  fc.double({ min: 0, max: 1, noNaN: true }).map((amount) => (clipId: string): Edit => ({ type: 'setAmount', clipId, amount: amount + 0 })), // biome-ignore format: one line as the others
  fc.tuple(fc.integer({ min: 1, max: 300 }), flow).map(
    ([durationFrames, f]) =>
      (clipId: string): Edit => ({ type: 'setDuration', clipId, durationFrames, ...f }),
  ),
  fc.nat({ max: 999 }).map((frame) => (clipId: string): Edit => ({ type: 'setMarker', marker: { id: clipId, frame, label: '' } })), // biome-ignore format: one line as the others
  fc.integer({ min: -40, max: 40 }).map((frames) => (): Edit => ({ type: 'correctBeats', correction: { kind: 'shift', frames } })), // biome-ignore format: one line as the others
  fc.constantFrom('double', 'halve').map((kind) => (): Edit => ({ type: 'correctBeats', correction: { kind } })),
  fc.nat({ max: 900 }).map((frame) => (): Edit => ({ type: 'correctBeats', correction: { kind: 'addBeat', frame } })),
  fc.constant((clipId: string): Edit => ({ type: 'swapPhoto', clipId, photoId: 'p9', clusterId: 'c9' })),
  fc.constant((): Edit => ({ type: 'setMusic', music: null })),
);
const drafts = fc.array(fc.record({ place: fc.nat(), other: fc.nat(), make }), { minLength: 1, maxLength: 25 });

describe('any sequence of edits', () => {
  it('keeps the timeline valid, undoes and redoes exactly, and survives JSON', () => {
    let applied = 0;
    let tried = 0;
    fc.assert(
      fc.property(drafts, (list: readonly Draft[]) => {
        let timeline = FILM;
        const past: { before: Timeline; inverse: Edit }[] = [];
        list.forEach((draft, n) => {
          tried++;
          const clipId = timeline.clips[draft.place % timeline.clips.length]?.id ?? '';
          const otherId = timeline.clips[draft.other % timeline.clips.length]?.id ?? '';
          const edit = draft.make(clipId, otherId, timeline, `fresh${n}`);
          const stored = JSON.parse(JSON.stringify(edit));
          expect(editSchema.parse(stored)).toEqual(stored);
          const frozen = JSON.stringify(timeline);
          try {
            const result = applyEdit(timeline, parseEdit(stored));
            applied++;
            expect(checkTimeline(result.timeline)).toEqual([]);
            expect(timelineSchema.safeParse(result.timeline).success).toBe(true);
            past.push({ before: timeline, inverse: parseEdit(JSON.parse(JSON.stringify(result.inverse))) });
            expect(JSON.stringify(timeline)).toBe(frozen);
            timeline = result.timeline;
          } catch (error) {
            if (!(error instanceof PicaividError) || error.code !== 'edit_refused') throw error;
          }
        });
        const states = [...past.map((step) => step.before), timeline];
        const redo: Edit[] = [];
        for (let i = past.length - 1; i >= 0; i--) {
          const undone = applyEdit(timeline, past[i]?.inverse as Edit);
          redo.push(undone.inverse);
          timeline = undone.timeline;
          expect(timeline).toEqual(states[i]);
        }
        for (let i = 0; redo.length > 0; i++) {
          timeline = applyEdit(timeline, redo.pop() as Edit).timeline;
          expect(timeline).toEqual(states[i + 1]);
        }
      }),
      { numRuns: 300 },
    );
    // A property over refusals only would prove nothing.
    expect(applied / tried).toBeGreaterThan(0.6);
  });
});
