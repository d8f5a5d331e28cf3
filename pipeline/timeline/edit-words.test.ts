import { describe, expect, it } from 'vitest';
import { clipStarts } from './clip-math.ts';
import { describeEdit, type EditNames } from './edit-words.ts';
import { changeMany, copyClips, deleteMany, pasteAt } from './edits-make.ts';
import type { Edit } from './edits-types.ts';
import { counter } from './fixtures.ts';
import { EDIT_TYPES, FILMS, HOUSE_ANALYSIS, madeFilm, randomEdit, seeded } from './testing.ts';

const FILM = madeFilm('classic', 24);
const rooms = new Map(HOUSE_ANALYSIS.clusters.map((cluster) => [cluster.id, cluster.roomType.replaceAll('_', ' ')]));
const NAMES: EditNames = {
  roomOf: (clipId) => rooms.get(FILM.clips.find((clip) => clip.id === clipId)?.clusterId ?? ''),
  roomOfPhoto: (photoId) => photoId.split('-')[0]?.replaceAll('_', ' '),
};
const once = FILM.clips.filter((clip) => FILM.clips.filter((other) => other.clusterId === clip.clusterId).length === 1);
const clip = once[2] ?? FILM.clips[0];
const clipId = clip?.id ?? '';
const room = NAMES.roomOf(clipId) ?? '';
const index = FILM.clips.findIndex((one) => one.id === clipId);
const say = (edit: Edit): string => describeEdit(FILM, edit, NAMES);

describe('labels of edits', () => {
  const beat = FILM.beats[6]?.frame ?? 0;
  const end = clipStarts(FILM.clips)[index + 1] ?? 0;
  it.each<[Edit, string]>([
    [{ type: 'trimOut', clipId, frames: beat - end, ripple: true, magnet: 'frames' }, `Trim ${room} to beat 7`],
    [{ type: 'trimIn', clipId, frames: 15, ripple: true, magnet: 'frames' }, `Trim the start of ${room} by −0.5 s`],
    [{ type: 'slip', clipId, frames: -3 }, `Slip ${room} by −3 frames`],
    [{ type: 'move', clipId, before: null, ripple: true, magnet: 'frames' }, `Move ${room} to the end`],
    [{ type: 'swapPhoto', clipId, photoId: 'p' }, `Swap photo of ${room}`],
    [{ type: 'setTransition', clipId, transition: { type: 'cross_dissolve', frames: 12 } }, `Cross dissolve into ${room}, 0.4 s`],
    [{ type: 'setTransition', clipId, transition: { type: 'cut', frames: 0 } }, `Cut into ${room}`],
    [{ type: 'setDuration', clipId, durationFrames: 75, ripple: true, magnet: 'frames' }, `Make ${room} last 2.5 s`],
    [{ type: 'setMarker', marker: { id: 'm', frame: 1801, label: 'door' } }, 'Add marker “door” at 1:00.0'],
    [{ type: 'correctBeats', correction: { kind: 'moveBeat', fromFrame: beat, toFrame: beat + 2 } }, 'Move beat 7 by +2 frames'],
    [{ type: 'setMusic', music: null }, 'Remove the music'],
    [deleteMany(FILM, FILM.clips.slice(0, 3).map((one) => one.id), { ripple: true, magnet: 'frames' }), 'Delete 3 shots'],
    [changeMany(FILM, [clipId], { motion: 'orbit_left', amount: 0.3 }), `Orbit left over ${room}`],
    [changeMany(FILM, FILM.clips.slice(0, 2).map((one) => one.id), { motion: 'static', amount: 1 }), 'Change motion of 2 shots'],
    [pasteAt(FILM, copyClips(FILM, FILM.clips.slice(0, 2).map((one) => one.id)), 10, { ripple: true, magnet: 'frames' }, counter()), 'Insert 2 shots'],
    [{ type: 'insert', clip: { ...copyClips(FILM, [clipId])[0], id: 'n' } as never, before: null, ripple: true, magnet: 'frames' }, `Insert ${clip?.photoId.split('-')[0]?.replaceAll('_', ' ')}`],
  ])('edit %#', (edit, label) => {
    expect(say(edit)).toBe(label);
  }); // biome-ignore format: a table

  it('numbers the shot where a room has several, and does without names', () => {
    const long = madeFilm('classic', 60);
    const twin = long.clips.findIndex((one, i) => long.clips.findIndex((b) => b.clusterId === one.clusterId) < i);
    const edit = { type: 'delete', clipId: long.clips[twin]?.id ?? '', ripple: true, magnet: 'frames' } as const;
    const names = { roomOf: (id: string) => rooms.get(long.clips.find((one) => one.id === id)?.clusterId ?? '') };
    expect(describeEdit(long, edit, names)).toBe(`Delete ${names.roomOf(edit.clipId)} (shot ${twin + 1})`);
    expect(describeEdit(long, edit, { roomOf: () => undefined })).toBe(`Delete shot ${twin + 1}`);
    expect(describeEdit(FILM, { ...edit, clipId: 'gone' }, { roomOf: () => undefined })).toBe('Delete a shot');
  });

  it('has one of 1 to 120 characters for every kind of edit', () => {
    const seen = new Set<string>();
    const random = seeded(11);
    for (let n = 0; n < 3000; n++) {
      const film = FILMS[n % FILMS.length] as (typeof FILMS)[number];
      const edit = randomEdit(random, film, () => `n${n}-${random()}`);
      const label = describeEdit(film, edit, { roomOf: () => 'a very long name of a room '.repeat(n % 9) });
      expect([...label].length).toBeGreaterThan(3);
      expect([...label].length).toBeLessThanOrEqual(120);
      expect(label).not.toMatch(/undefined|NaN|null/);
      seen.add(edit.type);
    }
    expect([...seen].toSorted()).toEqual([...EDIT_TYPES].toSorted());
  });
});
