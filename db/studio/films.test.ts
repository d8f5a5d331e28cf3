/** Films in SQLite and Postgres: what is answered is what phases 2 and 4 read, undo goes all the way, versions stay. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { RenderedClip, Timeline } from '../../pipeline/domain.ts';
import { clipStarts } from '../../pipeline/timeline/clip-math.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import { madeFilm, randomEdit, seeded } from '../../pipeline/timeline/testing.ts';
import { type Database, openMigrated } from '../open.node.ts';
import { loadRenderedClips, loadTimeline, saveRenderedClip } from '../results.node.ts';
import { startTestPostgres } from '../testing/postgres.node.ts';
import { FilmStore } from './films.node.ts';
import { MusicTableStore } from './music.node.ts';
import { studioStore } from './store.node.ts';

const base = mkdtempSync(join(tmpdir(), 'picaivid-films-'));
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(base, { recursive: true, force: true });
});

const settings = (more: object = {}) => ({ template: 'classic', targetSeconds: 24, musicId: null, ...more });
const facts = { settings: settings(), sourceKey: 'rooms-1' };
const edges = (film: Timeline): number[] => [...clipStarts(film.clips)];

describe.each(['sqlite', 'postgres'] as const)('films on %s', (dialect) => {
  let database: Database;
  let films: FilmStore;
  let made = 0;
  beforeAll(async () => {
    database = await openMigrated(dialect === 'sqlite' ? join(base, 'films.db') : await postgres.createDatabase());
    films = new FilmStore(database);
  });
  afterAll(() => database.close());

  async function listing(): Promise<{ id: string; jobId: string }> {
    made += 1;
    return studioStore(database).createListing({
      name: `Listing ${made}`,
      folder: `/listings/${made}`,
      template: 'classic',
      targetSeconds: 24,
    });
  }
  /** A film of its own: clip ids are one set for all films. */
  const own = (): Timeline => madeFilm('classic', 24, `f${made}-`);

  async function stored(jobId: string): Promise<Timeline> {
    const found = await loadTimeline(database, jobId);
    if (found === undefined) throw new Error('no timeline');
    const rows = await database.db
      .selectFrom('timeline_clips')
      .select(['order_index', 'in_frame', 'out_frame', 'order_key', 'clip_id'])
      .where('timeline_id', '=', found.timeline.id)
      .orderBy('order_index')
      .execute();
    const starts = edges(found.timeline);
    expect(rows.map((row) => [row.order_index, row.in_frame, row.out_frame, row.order_key, row.clip_id])).toEqual(
      found.timeline.clips.map((clip, i) => [i, starts[i], starts[i + 1], clip.orderKey, clip.id]),
    );
    return found.timeline;
  }

  test('random edits, undos and redos: the rows, a fresh reader and the engine agree at every step; undone, all is as at the start', async () => {
    const { id, jobId } = await listing();
    const first = { ...own(), version: 1 };
    await films.create(id, first, facts);
    expect(await stored(jobId)).toEqual(first);
    const random = seeded(7);
    let fresh = 0;
    const done: Timeline[] = [first];
    let at = 0;
    let revision = 1;
    for (let step = 0; step < 60; step++) {
      const roll = random();
      const current = done[at] as Timeline;
      if (roll < 0.2) {
        const answer = await films.step(id, 'undo');
        if (at === 0) expect(answer).toBeNull();
        else {
          at -= 1;
          revision += 1;
          expect(answer?.film).toMatchObject({ timeline: done[at], revision });
        }
      } else if (roll < 0.35) {
        const answer = await films.step(id, 'redo');
        if (at === done.length - 1) expect(answer).toBeNull();
        else {
          at += 1;
          revision += 1;
          expect(answer?.film).toMatchObject({ timeline: done[at], revision });
        }
      } else {
        const edit = randomEdit(random, current, () => `new-${dialect}-${++fresh}`);
        let wanted: Timeline | undefined;
        try {
          wanted = applyEdit(current, edit).timeline;
        } catch (error) {
          if (!(error instanceof PicaividError)) throw error;
        }
        const asked = films.edit(id, `Step ${step}`, null, () => ({ edit }));
        if (wanted === undefined) await expect(asked).rejects.toMatchObject({ code: 'edit_refused' });
        else {
          expect((await asked).film.timeline).toEqual(wanted);
          done.splice(at + 1, done.length, wanted);
          at += 1;
          revision += 1;
        }
      }
      expect(await stored(jobId)).toEqual(done[at]);
      // Another host reads the same.
      expect(await new FilmStore(database).film(id)).toMatchObject({ timeline: done[at], revision });
    }
    while (at > 0) {
      await films.step(id, 'undo');
      at -= 1;
    }
    expect(await stored(jobId)).toEqual(first);
    expect(await films.step(id, 'undo')).toBeNull();
    const again = new FilmStore(database);
    while ((await again.step(id, 'redo')) !== null) at += 1;
    expect(at).toBe(done.length - 1);
    expect(await stored(jobId)).toEqual(done.at(-1));
  });

  test('two hosts that edit at once come one after the other, and neither edit is lost', async () => {
    const { id, jobId } = await listing();
    const film = own();
    await films.create(id, film, facts);
    const other = new FilmStore(database);
    const label = (n: number) => ({ type: 'setMarker' as const, marker: { id: `m${n}`, frame: n, label: `M ${n}` } });
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        (n % 2 === 0 ? films : other).edit(id, `Marker ${n}`, null, () => ({ edit: label(n) })),
      ),
    );
    const { markers } = await stored(jobId);
    expect(markers.map((marker) => marker.frame)).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect((await films.film(id))?.revision).toBe(13);
    expect(await films.history(id, 100)).toHaveLength(12);
  });

  test('a clip whose picture changed loses its take, others keep theirs', async () => {
    const { id, jobId } = await listing();
    const film = own();
    await films.create(id, film, facts);
    const [a = '', b = ''] = film.clips.map((clip) => clip.id);
    for (const clipId of [a, b]) {
      const spec = { motion: 'push_in', renderer: 'ken_burns' };
      const chosen = {
        specHash: `h-${clipId}`,
        spec,
        path: '/take.mp4',
        frames: 1,
        validationScore: 1,
        verdict: 'pass',
      };
      const made = { askedHash: chosen.specHash, files: new Map() };
      await saveRenderedClip(database, { clipId, takes: [], chosen } as unknown as RenderedClip, made);
    }
    const hashes = async (): Promise<(string | null)[]> => {
      const rows = await database.db
        .selectFrom('clips')
        .select(['id', 'spec_hash'])
        .where('id', 'in', [a, b])
        .execute();
      return [a, b].map((clipId) => rows.find((row) => row.id === clipId)?.spec_hash ?? null);
    };
    expect(await hashes()).toEqual([`h-${a}`, `h-${b}`]);
    await films.edit(id, 'Sound', null, () => ({ edit: { type: 'setAudio', clipId: a, audioPolicy: 'keep' } }));
    expect(await hashes()).toEqual([`h-${a}`, `h-${b}`]);
    await films.edit(id, 'Amount', null, () => ({ edit: { type: 'setAmount', clipId: a, amount: 0.123 } }));
    expect(await hashes()).toEqual([null, `h-${b}`]);
    const { clips, beats, music, titles, leftOut, template, frameRate } = (await stored(jobId)) as Timeline;
    const edit = {
      type: 'setTemplate' as const, template, frameRate, width: 1080, height: 1080, clips: [...clips], beats: [...beats],
      music: music === null ? null : { ...music, segments: [...music.segments] }, titles: [...titles], leftOut: [...leftOut],
    }; // biome-ignore format: one film
    await films.edit(id, 'Square', null, () => ({ edit }));
    expect(await hashes()).toEqual([null, null]);
    expect((await loadRenderedClips(database, [a, b])).size).toBe(0);
  });

  test('clips of another film, a second film, an edit of a locked film and one that fails are refused and change nothing', async () => {
    const first = await listing();
    const film = own();
    await films.create(first.id, film, facts);
    const second = await listing();
    const other = own();
    await films.create(second.id, other, facts);
    await expect(films.create(second.id, own(), facts)).rejects.toMatchObject({ code: 'transition_refused' });
    const stolen = { ...film.clips[0], id: film.clips[0]?.id ?? '', transitionIn: { type: 'cut', frames: 0 } } as const;
    const {
      orderKey: _k,
      moveFrames: _m,
      sourceInFrame: _s,
      ...clip
    } = { ...film.clips[0], ...stolen } as Timeline['clips'][number];
    const insert = { type: 'insert', clip, before: null, ripple: true, magnet: 'frames' } as const;
    await expect(films.edit(second.id, 'Steal', null, () => ({ edit: insert }))).rejects.toMatchObject({
      code: 'edit_refused',
    });
    await expect(
      films.edit(second.id, 'Gone', null, () => ({ edit: { type: 'setAmount', clipId: 'none', amount: 1 } })),
    ).rejects.toMatchObject({ code: 'edit_refused' });
    expect(await films.film(second.id)).toMatchObject({ timeline: other, revision: 1 });
    expect(await films.history(second.id, 10)).toEqual([]);
    const locked = await films.setStatus(second.id, 'locked');
    expect(locked).toMatchObject({ revision: 2, timeline: { status: 'locked' } });
    const amount = { type: 'setAmount', clipId: other.clips[0]?.id ?? '', amount: 0.111 } as const;
    await expect(films.edit(second.id, 'Amount', null, () => ({ edit: amount }))).rejects.toMatchObject({
      code: 'edit_refused',
    });
    expect((await stored(second.jobId)).status).toBe('locked');
    await films.setStatus(second.id, 'draft');
    expect((await films.edit(second.id, 'Amount', null, () => ({ edit: amount }))).film.revision).toBe(4);
    await expect(films.edit('none', 'x', null, () => ({ edit: amount }))).rejects.toMatchObject({
      code: 'transition_refused',
    });
  });

  test('a step that changes what the film is made from brings its music’s beats along, and undo takes them back', async () => {
    const { id, jobId } = await listing();
    const music = new MusicTableStore(database);
    const track = { durationSeconds: 60, bpm: 100, beatOffset: 0.5, beats: [], downbeats: [], beatsPerBar: 4, sections: [], source: 'own', hasPulse: true, confidence: 1 } as const; // biome-ignore format: one track
    await music.put({ id: 'a'.repeat(64), name: 'Song', source: 'own', extension: 'mp3', bytes: 6_000_000_000, licence: null, durationSeconds: 60 }); // biome-ignore format: one piece
    await music.setHeard('a'.repeat(64), { track, trackKey: 'k' });
    expect(await new MusicTableStore(database).list()).toMatchObject([{ name: 'Song', bytes: 6_000_000_000, track }]);
    await films.create(id, own(), facts);
    const changed = {
      settings: settings({ musicId: 'a'.repeat(64), targetSeconds: 60, template: 'luxury' }),
      sourceKey: 'rooms-2',
    };
    const step = await films.edit(id, 'Song', null, (film) => ({
      edit: {
        type: 'setMusic',
        music:
          film.timeline.music === null ? null : { ...film.timeline.music, segments: [...film.timeline.music.segments] },
      },
      facts: changed,
    }));
    expect(step.film).toMatchObject({ ...changed, track });
    const job = () =>
      database.db
        .selectFrom('jobs')
        .select(['bpm', 'template_type', 'target_length'])
        .where('id', '=', jobId)
        .executeTakeFirst();
    expect(await job()).toEqual({ bpm: 100, template_type: 'luxury', target_length: 60 });
    expect(await loadTimeline(database, jobId)).toMatchObject({ track, inputsKey: 'rooms-2' });
    expect((await films.step(id, 'undo'))?.film).toMatchObject({ ...facts, track: null });
    expect(await job()).toEqual({ bpm: null, template_type: 'classic', target_length: 24 });
    expect((await new FilmStore(database).step(id, 'redo'))?.film).toMatchObject({ ...changed, track });
  });

  test('versions have numbers and names, and stay as they were', async () => {
    const { id } = await listing();
    const film = own();
    await films.create(id, film, facts);
    const first = await films.saveVersion(id, 'Before the call');
    expect(first).toMatchObject({
      number: 1,
      name: 'Before the call',
      clipCount: film.clips.length,
      template: 'classic',
    });
    await films.edit(id, 'Amount', null, () => ({
      edit: { type: 'setAmount', clipId: film.clips[0]?.id ?? '', amount: 0.222 },
    }));
    const both = await Promise.all([films.saveVersion(id, 'A'), films.saveVersion(id, 'B')]);
    expect(both.map((version) => version.number).sort()).toEqual([2, 3]);
    expect(await films.renameVersion(id, first.id, 'Old')).toMatchObject({ number: 1, name: 'Old' });
    expect((await films.versions(id)).map((version) => version.number)).toEqual([3, 2, 1]);
    expect(await films.version(id, first.id)).toEqual({ timeline: { ...film, version: 1 }, ...facts });
    const { id: elsewhere } = await listing();
    await expect(films.version(elsewhere, first.id)).rejects.toMatchObject({ code: 'file_not_found' });
    await expect(films.renameVersion(elsewhere, first.id, 'x')).rejects.toMatchObject({ code: 'file_not_found' });
  });
});
