import { describe, expect, it } from 'vitest';
import type { Timeline } from '../domain.ts';
import { carryOver, compareTimelines } from './compare.ts';
import { applyEdit } from './edits.ts';
import type { Edit } from './edits-types.ts';
import { checkTimeline } from './invariants.ts';
import { FILMS, madeFilm, randomEdit, seeded } from './testing.ts';

const FILM = madeFilm('classic', 24);
const id = (index: number): string => FILM.clips[index]?.id ?? '';
const edited = (...edits: Edit[]): Timeline => edits.reduce((film, edit) => applyEdit(film, edit).timeline, FILM);

describe('comparing two films', () => {
  it('says that nothing changes, row by row', () => {
    const same = compareTimelines(FILM, structuredClone(FILM));
    expect(same.sentence).toBe('Nothing changes.');
    expect(same.rows.map((row) => row.kind)).toEqual(FILM.clips.map(() => 'same'));
    expect(same.rows.flatMap((row) => row.words)).toEqual([]);
  });

  it('a trim with ripple times one shot anew and moves the cuts behind it', () => {
    const after = edited({ type: 'trimOut', clipId: id(2), frames: -15, ripple: true, magnet: 'frames' });
    const facts = compareTimelines(FILM, after);
    expect(facts.rows.map((row) => row.kind)).toEqual(FILM.clips.map((_, i) => (i === 2 ? 'retimed' : 'same')));
    expect(facts.rows[2]?.words).toEqual(['0.5 s shorter']);
    expect(facts.cutsMoved).toEqual({ count: FILM.clips.length - 3, largestFrames: 15 });
    expect(facts.rows[3]?.before?.startFrame).toBe((facts.rows[3]?.after?.startFrame ?? 0) + 15);
    expect(facts.sentence).toBe(
      `The film gets 0.5 s shorter: ${facts.after.seconds.toFixed(1)} s instead of ${facts.before.seconds.toFixed(1)} s. 1 shot timed anew and ${FILM.clips.length - 3} cuts moved by up to 0.5 s.`,
    );
  });

  it('tells what is moved, changed, added and removed, and where removed shots were', () => {
    const after = edited(
      { type: 'setMotion', clipId: id(1), motion: 'orbit_left' },
      { type: 'setTransition', clipId: id(1), transition: { type: 'wipe', frames: 6 } },
      { type: 'move', clipId: id(5), before: id(3), ripple: true, magnet: 'frames' },
      { type: 'delete', clipId: id(4), ripple: true, magnet: 'frames' },
      { type: 'split', atFrame: 20, newId: 'half', magnet: 'frames' },
    );
    const { rows, transitionsChanged } = compareTimelines(FILM, after);
    const kinds = Object.fromEntries(rows.map((row) => [row.afterId ?? row.beforeId, row.kind]));
    expect(kinds[id(1)]).toBe('changed');
    expect(kinds[id(5)]).toBe('moved');
    expect(kinds[id(4)]).toBe('removed');
    expect(kinds.half).toBe('added');
    expect(kinds[id(3)]).toBe('same');
    expect(rows.find((row) => row.afterId === id(1))?.words).toContain('wipe of 6 frames instead of cross dissolve of 12 frames'); // biome-ignore format: a sentence
    expect(transitionsChanged).toBeGreaterThanOrEqual(1);
    expect(rows.map((row) => row.beforeId).indexOf(id(4))).toBe(rows.map((row) => row.beforeId).indexOf(id(3)) + 1);
  });

  it('matches a rebuilt film by photo, and names rooms, music, titles and frame', () => {
    const other = madeFilm('social_vertical', 16, 'new');
    const facts = compareTimelines(FILM, { ...other, music: null, titles: [] });
    expect(facts.rows.some((row) => row.kind === 'same' || row.kind === 'retimed' || row.kind === 'changed')).toBe(
      true,
    );
    expect(facts.rows.filter((row) => row.after !== null)).toHaveLength(other.clips.length);
    const rooms = (film: Timeline): Set<string> => new Set(film.clips.map((clip) => clip.clusterId));
    expect(facts.roomsLost).toEqual([...rooms(FILM)].filter((room) => !rooms(other).has(room)));
    expect(facts.roomsLost.length).toBeGreaterThan(0);
    expect(facts).toMatchObject({ music: 'removed', templateChanged: true, frameChanged: true });
    expect(facts.titles).toEqual({ added: 0, removed: 2, changed: 0 });
    expect(facts.sentence).toContain('social vertical instead of classic');
    expect(facts.sentence).toContain('1080×1920 instead of 1920×1080');
  });

  it('accounts for every shot of both films once, whatever was done', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = seeded(seed);
      let film = FILMS[seed % FILMS.length] as Timeline;
      const before = film;
      for (let n = 0; n < 12; n++) {
        try {
          film = applyEdit(
            film,
            randomEdit(random, film, () => `new${seed}-${n}-${random()}`),
          ).timeline;
        } catch {
          // Refused: the film stays as it is.
        }
      }
      const { rows, sentence } = compareTimelines(before, film);
      const idsOf = (key: 'beforeId' | 'afterId'): string[] => rows.flatMap((row) => row[key] ?? []);
      expect(idsOf('beforeId').toSorted()).toEqual(before.clips.map((clip) => clip.id).toSorted());
      expect(idsOf('afterId')).toEqual(film.clips.map((clip) => clip.id));
      for (const row of rows) expect(row.kind === 'same').toBe(row.before !== null && row.after !== null && row.words.length === 0); // biome-ignore format: one thought
      expect(sentence).toMatch(/\.$/);
    }
  });
});

describe('carrying over into a rebuilt film', () => {
  it('keeps ids of equal shots in order, markers and titles of a person', () => {
    const current = edited(
      { type: 'setMarker', marker: { id: 'm', frame: 40, label: 'door' } },
      {
        type: 'setTitles',
        titles: [
          { id: 'open', startFrame: 0, durationFrames: 90, text: 'Old brand' },
          { id: 'mine', startFrame: 80 + 40, durationFrames: 60, text: 'Pool heated all year' },
        ],
      },
    );
    const built = madeFilm('classic', 40, 'id');
    const carried = carryOver(current, built);
    expect(checkTimeline(carried)).toEqual([]);
    const key = (clip: { photoId: string; motion: string }): string => `${clip.photoId} ${clip.motion}`;
    const known = new Map(current.clips.map((clip) => [key(clip), clip.id]));
    let kept = 0;
    carried.clips.forEach((clip, i) => {
      const old = known.get(key(clip));
      if (old !== undefined) kept++;
      // An id of the present film is never given to another shot.
      expect(clip.id === old || !current.clips.some((other) => other.id === clip.id)).toBe(true);
      expect({ ...clip, id: '' }).toEqual({ ...built.clips[i], id: '' });
    });
    expect(kept).toBeGreaterThan(5);
    expect(carried.markers).toEqual(current.markers);
    expect(carried.titles.map((title) => title.text)).toEqual(['Elm Street', 'Pool heated all year', 'Call us']);
  });

  it('shortens or puts off a kept title that would lie over a card, and follows another frame rate', () => {
    const current = { ...FILM, titles: [{ id: 'mine', startFrame: 30, durationFrames: 90, text: 'Mine' }], markers: [{ id: 'm', frame: 30, label: '' }] }; // biome-ignore format: one thought
    const built = { ...FILM, titles: [{ id: 'c', startFrame: 0, durationFrames: 60, text: '' }, { id: 'd', startFrame: 100, durationFrames: 20, text: '' }] }; // biome-ignore format: as above
    expect(carryOver(current, built).titles[1]).toEqual({
      id: 'mine',
      startFrame: 60,
      durationFrames: 40,
      text: 'Mine',
    });
    const tight = { ...built, titles: [{ id: 'c', startFrame: 0, durationFrames: 90, text: '' }, { id: 'd', startFrame: 100, durationFrames: 20, text: '' }] }; // biome-ignore format: as above
    expect(carryOver(current, tight).titles[2]).toEqual({
      id: 'mine',
      startFrame: 120,
      durationFrames: 90,
      text: 'Mine',
    });
    const faster = { ...built, frameRate: { num: 60, den: 1 }, titles: [] };
    expect(carryOver(current, faster)).toMatchObject({ titles: [{ startFrame: 60, durationFrames: 180 }], markers: [{ frame: 60 }] }); // biome-ignore format: as above
  });

  it('is stable: a film carried over into itself is itself', () => {
    for (const film of FILMS) expect(carryOver(film, film)).toEqual(film);
  });
});
