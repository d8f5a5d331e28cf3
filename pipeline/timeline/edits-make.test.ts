import { describe, expect, it } from 'vitest';
import { MOTIONS, type Timeline } from '../domain.ts';
import { beatIndexAt, clipStarts, MOTION_SECONDS, totalFrames } from './clip-math.ts';
import { applyEdit, parseEdit } from './edits.ts';
import { changeMany, clipFromShot, copyClips, deleteMany, insertShot, lengthOnGrid, moveBeat, moveMany, moveMarker, pasteAt, pasteBefore, replaceBy, swapToShot } from './edits-make.ts'; // biome-ignore format: one import
import type { Edit } from './edits-types.ts';
import { counter, madeShot } from './fixtures.ts';
import { checkTimeline } from './invariants.ts';
import { FILMS, HOUSE_ANALYSIS, madeFilm, seeded } from './testing.ts';

const FILM = madeFilm('classic', 24);
const ids = FILM.clips.map((clip) => clip.id);
const id = (index: number): string => ids[index] ?? '';
const RIPPLE = { ripple: true, magnet: 'frames' } as const;
const run = (edit: Edit, film: Timeline = FILM): Timeline => {
  const stored = parseEdit(JSON.parse(JSON.stringify(edit)));
  const { timeline, inverse } = applyEdit(film, stored);
  expect(checkTimeline(timeline)).toEqual([]);
  expect(applyEdit(timeline, inverse).timeline).toEqual(film);
  return timeline;
};

describe('several clips as one step', () => {
  it('deletes, in whatever order they were selected', () => {
    const after = run(deleteMany(FILM, [id(4), id(1), id(2)], RIPPLE));
    expect(after.clips.map((clip) => clip.id)).toEqual(ids.filter((_, i) => ![1, 2, 4].includes(i)));
    expect(() => deleteMany(FILM, ['gone'], RIPPLE)).toThrow(/None of the selected/);
    expect(() => applyEdit(FILM, deleteMany(FILM, ids, RIPPLE))).toThrow(/at least one clip/);
  });

  it('moves them together, keeping their order, also before one of themselves', () => {
    const after = run(moveMany(FILM, [id(5), id(1), id(3)], id(3), RIPPLE));
    expect(after.clips.slice(0, 5).map((clip) => clip.id)).toEqual([id(0), id(2), id(1), id(3), id(5)]);
    const last = run(moveMany(FILM, [id(0), id(2)], null, RIPPLE));
    expect(last.clips.slice(-2).map((clip) => clip.id)).toEqual([id(0), id(2)]);
    const slots = run(moveMany(FILM, [id(1), id(2)], id(5), { ripple: false, magnet: 'frames' }));
    expect(clipStarts(slots.clips)).toEqual(clipStarts(FILM.clips));
  });

  it('sets motion, amount, transition and sound of all', () => {
    const change = {
      motion: 'pull_out',
      amount: 0.25,
      transition: { type: 'wipe', frames: 8 },
      audioPolicy: 'duck',
    } as const;
    const after = run(changeMany(FILM, [id(2), id(4)], change));
    for (const [i, clip] of after.clips.entries()) {
      const { motion, amount, transition, audioPolicy } = change;
      if (i === 2 || i === 4) expect(clip).toMatchObject({ motion, amount, transitionIn: transition, audioPolicy });
      else expect({ ...clip, moveFrames: 0 }).toEqual({ ...FILM.clips[i], moveFrames: 0 });
    }
  });

  it('pastes what the copied clips showed, with new ids', () => {
    const trimmed = run({ type: 'trimIn', clipId: id(3), frames: 20, ...RIPPLE });
    const copied = copyClips(trimmed, [id(3), id(1)]);
    const after = run(pasteBefore(JSON.parse(JSON.stringify(copied)), id(6), RIPPLE, counter('copy')), trimmed);
    const [one, three] = after.clips.slice(6, 8);
    expect([one?.id, three?.id]).toEqual(['copy1', 'copy2']);
    const { id: _, orderKey: __, ...shown } = trimmed.clips[3] as Timeline['clips'][number];
    expect(three).toMatchObject({ ...shown, moveFrames: three?.moveFrames });
    expect(three?.sourceInFrame).toBe(trimmed.clips[3]?.sourceInFrame);
  });

  it('pastes at a frame: on a cut, inside a shot, behind the film', () => {
    const copied = copyClips(FILM, [id(1)]);
    const starts = clipStarts(FILM.clips);
    const at = (frame: number): string[] =>
      run(pasteAt(FILM, copied, frame, RIPPLE, counter('n'))).clips.map((clip) => clip.id);
    expect(at(starts[4] ?? 0)).toEqual(ids.toSpliced(4, 0, 'n1'));
    expect(at((starts[4] ?? 0) + 10)).toEqual(ids.toSpliced(5, 0, 'n2', 'n1'));
    expect(at(totalFrames(FILM.clips) + 500)).toEqual([...ids, 'n1']);
    expect(at(0)).toEqual(['n1', ...ids]);
  });
});

describe('shots of the pool', () => {
  const shot = HOUSE_ANALYSIS.clusters[0]?.shots[2] ?? madeShot('x', 1, 'push_in');

  it('become clips within what their motion bears, ending on a beat where one fits', () => {
    const random = seeded(3);
    for (let n = 0; n < 400; n++) {
      const film = FILMS[n % FILMS.length] as Timeline;
      const motion = MOTIONS[n % MOTIONS.length] ?? 'static';
      const start = Math.floor(random() * 400);
      const frames = lengthOnGrid(film, motion, random() * 9, start);
      const seconds = frames / 30;
      expect(seconds).toBeGreaterThanOrEqual(MOTION_SECONDS[motion].min - 1e-9);
      expect(seconds).toBeLessThanOrEqual(MOTION_SECONDS[motion].max + 1e-9);
      // The films' beats are at most 0.63 s apart and go on for 20 s behind the film, so one always fits.
      expect(beatIndexAt(film.beats, start + frames)).toBeGreaterThanOrEqual(0);
    }
    const clip = clipFromShot({ ...FILM, beats: [] }, shot, { clusterId: 'c0', startFrame: 7, newId: 'n' });
    expect(clip).toMatchObject({ durationFrames: 90, photoId: shot.photoId, motion: shot.recommendedMotion });
  });

  it('are inserted on the grid, whatever the magnet', () => {
    for (const magnet of ['frames', 'beats', 'downbeats'] as const) {
      for (const before of [id(0), id(3), null]) {
        const flow = { ripple: true, magnet };
        const edit = insertShot(FILM, shot, { clusterId: 'c0', before, newId: 'n', flow });
        const after = run(edit);
        expect(after.clips.find((clip) => clip.id === 'n')?.durationFrames).toBe(edit.clip.durationFrames);
        expect(after.clips).toHaveLength(FILM.clips.length + 1);
      }
    }
  });

  it('take the place of a photo with a move that bears the length and differs from its neighbours', () => {
    const other = {
      ...shot,
      recommendedMotion: FILM.clips[2]?.motion ?? 'static',
      allowedMotions: ['tilt_up'],
    } as const;
    const after = run(swapToShot(FILM, id(3), other, 'c0'));
    expect(after.clips[3]).toMatchObject({ photoId: shot.photoId, clusterId: 'c0', motion: 'tilt_up', amount: 0.6 });
    expect(clipStarts(after.clips)).toEqual(clipStarts(FILM.clips));
    // Too short for anything: the recommended move, and lint will say so.
    const short = run({ type: 'setDuration', clipId: id(3), durationFrames: 5, ...RIPPLE });
    expect(swapToShot(short, id(3), other, 'c0').motion).toBe(other.recommendedMotion);
  });
});

describe('beats, markers and whole films', () => {
  it('move', () => {
    const beat = FILM.beats[5]?.frame ?? 0;
    expect(run(moveBeat(beat, beat + 3)).beats[5]).toMatchObject({ frame: beat + 3, confidence: 1 });
    const marked = run({ type: 'setMarker', marker: { id: 'm', frame: 33, label: 'door' } });
    const moved = run(moveMarker(marked, 'm', beat + 2, 'beats'), marked);
    expect(moved.markers).toEqual([{ id: 'm', frame: beat, label: 'door' }]);
    expect(() => moveMarker(FILM, 'm', 3, 'frames')).toThrow(/no such marker/);
  });

  it('a restored version brings its markers, a rebuilt film leaves those that are there', () => {
    const marked = run({ type: 'setMarker', marker: { id: 'm', frame: 33, label: 'door' } });
    const other = { ...madeFilm('luxury', 30), markers: [{ id: 'k', frame: 2, label: 'key' }] };
    expect(run(replaceBy(other), marked).markers).toEqual(marked.markers);
    expect(run(replaceBy(other, { withMarkers: true }), marked).markers).toEqual(other.markers);
  });
});
