/** Films of a team on a real Postgres: rebased, kept as versions, approved. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Timeline } from '../../pipeline/domain.ts';
import { sameFilm } from '../../pipeline/timeline/rebase.ts';
import { TRACK } from '../../pipeline/timeline/testing.ts';
import { type Database, openMigrated } from '../open.node.ts';
import { readFilm } from '../sync/film-rows.node.ts';
import type { OperationBody } from '../sync/protocol.ts';
import { startTestPostgres, type TestPostgres } from '../testing/postgres.node.ts';
import { conflicts, feed, listingCards } from './feed.node.ts';
import { clip, createFilm, edit, film, hash, house, kinds, refusal, storedFilm, withFilm } from './testing.node.ts';

let postgres: TestPostgres;
let database: Database;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openMigrated(await postgres.createDatabase());
}, 60_000);

afterAll(async () => {
  await database.close();
  await postgres.stop();
});

describe('films', () => {
  test('edits made on older films are rebased, and the feed says what took effect', async () => {
    const { ann, bo, listingId, teamId, timeline } = await withFilm(database);
    await ann.say(
      listingId,
      edit(1, { type: 'trimOut', clipId: clip(timeline, 0), frames: -10, ripple: true, magnet: 'frames' }),
    );
    const starts = (timeline.clips[0]?.durationFrames ?? 0) + 20;
    const [outcome] = await bo.say(
      listingId,
      edit(1, { type: 'split', atFrame: starts, newId: `bo-${listingId}`, magnet: 'frames' }),
    );
    expect(outcome?.outcome).toBe('applied');
    const { entries } = await feed(database, teamId, 3);
    expect(entries).toMatchObject([{ filmRevision: 3, body: { edit: { type: 'split', atFrame: starts - 10 } } }]);
    expect((await storedFilm(database, listingId)).clips[2]?.id).toBe(`bo-${listingId}`);
  });

  test('own steps behind each other name the same revision, with others’ between', async () => {
    const { ann, bo, listingId, timeline } = await withFilm(database);
    await bo.say(listingId, edit(1, { type: 'split', atFrame: 20, newId: `bo-${listingId}`, magnet: 'frames' }));
    await ann.say(listingId, edit(1, { type: 'setAmount', clipId: clip(timeline, 3), amount: 0.11 }));
    const outcomes = await bo.say(
      listingId,
      edit(1, { type: 'setAmount', clipId: `bo-${listingId}`, amount: 0.22 }),
      edit(1, { type: 'setMotion', clipId: `bo-${listingId}`, motion: 'static' }),
    );
    expect(kinds(outcomes)).toEqual(['applied', 'applied']);
    const now = await storedFilm(database, listingId);
    expect([now.clips[1], now.clips[4]]).toMatchObject([
      { id: `bo-${listingId}`, amount: 0.22, motion: 'static' },
      { amount: 0.11 },
    ]);
  });

  test('a step that does not go with another’s becomes a version, with all that follows until its maker hears of it', async () => {
    const { ann, bo, listingId, teamId, timeline } = await withFilm(database);
    const id = clip(timeline, 2);
    await ann.say(listingId, edit(1, { type: 'setAmount', clipId: id, amount: 0.1 }));
    const before = await storedFilm(database, listingId);
    const first = await bo.say(
      listingId,
      edit(1, { type: 'setAmount', clipId: id, amount: 0.9 }),
      edit(1, { type: 'setMotion', clipId: clip(timeline, 4), motion: 'static' }),
    );
    const second = await bo.say(listingId, edit(1, { type: 'setAmount', clipId: clip(timeline, 5), amount: 0.33 }));
    expect(kinds([...first, ...second])).toEqual(['branched', 'branched', 'branched']);
    const versions = await database.db
      .selectFrom('film_versions')
      .selectAll()
      .where('listing_id', '=', listingId)
      .execute();
    expect(versions).toHaveLength(1);
    const kept = versions[0]?.timeline as Timeline;
    expect(first[0]).toMatchObject({ versionId: versions[0]?.id });
    expect([kept.clips[2]?.amount, kept.clips[4]?.motion, kept.clips[5]?.amount]).toEqual([0.9, 'static', 0.33]);
    expect(sameFilm(await storedFilm(database, listingId), before)).toBe(true);
    expect(await conflicts(database, teamId)).toMatchObject([
      { kind: 'film', kept: null, lost: versions[0]?.id, keptBy: { name: 'Ann' }, lostBy: { name: 'Bo' } },
    ]);
    await bo.hears();
    expect(kinds(await bo.say(listingId, edit(2, { type: 'setAmount', clipId: id, amount: 0.5 })))).toEqual([
      'applied',
    ]);
  });

  test('a second film becomes a version, with the steps that were made on it', async () => {
    const { ann, bo, listingId } = await house(database);
    const [mine, theirs] = [film(), film()];
    await ann.say(listingId, createFilm(mine));
    const outcomes = await bo.say(
      listingId,
      createFilm(theirs),
      edit(0, { type: 'setAmount', clipId: clip(theirs, 0), amount: 0.77 }),
    );
    expect(kinds(outcomes)).toEqual(['branched', 'branched']);
    const versions = await database.db
      .selectFrom('film_versions')
      .selectAll()
      .where('listing_id', '=', listingId)
      .execute();
    expect(versions.map((row) => (row.timeline as Timeline).clips[0])).toMatchObject([
      { id: clip(theirs, 0), amount: 0.77 },
    ]);
    expect((await storedFilm(database, listingId)).id).toBe(mine.id);
  });

  test('nobody approves a film that they have not seen; an approved film takes no steps', async () => {
    const { ann, bo, listingId, timeline } = await withFilm(database);
    await ann.say(listingId, edit(1, { type: 'setAmount', clipId: clip(timeline, 0), amount: 0.1 }));
    expect((await bo.say(listingId, { kind: 'film.status', status: 'approved', revision: 1 })).map(refusal)).toEqual([
      'transition_refused',
    ]);
    expect((await bo.say(listingId, { kind: 'film.status', status: 'approved' })).map(refusal)).toEqual([
      'transition_refused',
    ]);
    await bo.hears();
    expect(kinds(await bo.say(listingId, { kind: 'film.status', status: 'approved', revision: 2 }))).toEqual([
      'applied',
    ]);
    expect(
      kinds(await ann.say(listingId, edit(2, { type: 'setAmount', clipId: clip(timeline, 1), amount: 0.1 }))),
    ).toEqual(['branched']);
    expect((await storedFilm(database, listingId)).status).toBe('approved');
    expect(kinds(await bo.say(listingId, { kind: 'film.status', status: 'draft', revision: 3 }))).toEqual(['applied']);
  });

  test('settings are the last writer’s, and say template and length of the card', async () => {
    const { ann, bo, listingId, teamId } = await withFilm(database);
    const step = (n: number): OperationBody => ({
      kind: 'film.edit',
      revision: 1,
      label: 'x',
      edit: { type: 'setTitles', titles: [] },
      settings: { template: 'luxury', targetSeconds: n },
      sourceKey: `s${n}`,
    });
    await ann.say(listingId, step(40));
    await bo.say(listingId, step(50));
    expect(await readFilm(database, listingId)).toMatchObject({
      settings: { template: 'luxury', targetSeconds: 50 },
      sourceKey: 's50',
    });
    expect((await listingCards(database, teamId, null, 1)).listings).toMatchObject([
      { template: 'luxury', targetSeconds: 50 },
    ]);
    expect((await ann.say(listingId, { ...step(1), settings: 'text' } as OperationBody)).map(refusal)).toEqual([
      'bad_usage',
    ]);
  });

  test('beats of music that comes after its film are known then', async () => {
    const { ann, listingId } = await house(database);
    const timeline = film();
    const blob = { sha256: hash('song'), bytes: 4 };
    await ann.say(listingId, { ...createFilm(timeline), settings: { musicId: blob.sha256 } } as OperationBody);
    expect((await readFilm(database, listingId))?.track).toBeNull();
    const song: OperationBody = {
      kind: 'music.add',
      blob,
      name: 'Song',
      extension: 'mp3',
      licence: null,
      duration: 120,
      track: TRACK,
      trackKey: 't',
    };
    await ann.say(listingId, song, edit(1, { type: 'setAmount', clipId: clip(timeline, 0), amount: 0.4 }));
    expect((await readFilm(database, listingId))?.track).toEqual(TRACK);
  });
});
