/** Keys, what teams see of each other, files and presence, on a real Postgres. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../id.node.ts';
import { type Database, openMigrated } from '../open.node.ts';
import type { OperationBody } from '../sync/protocol.ts';
import { startTestPostgres, type TestPostgres } from '../testing/postgres.node.ts';
import { addBlob, dropBlob, knownBlobs, missingBlobs } from './blobs.node.ts';
import { conflicts, feed, head, listingCards, resolveConflict, snapshot } from './feed.node.ts';
import { announce, leave } from './presence.node.ts';
import { createKey, createTeam, findKey, listKeys, listTeams, revokeKey } from './teams.node.ts';
import {
  AT,
  CREATE,
  clip,
  createFilm,
  decision,
  film,
  hash,
  house,
  Person,
  refusal,
  room,
  type TeamTimeline,
  take,
  withFilm,
} from './testing.node.ts';

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

describe('keys', () => {
  test('a key is shown once, kept as its hash, found, and revoked', async () => {
    const team = await createTeam(database, ' Elm & Sons ');
    const { key, row } = await createKey(database, { teamId: team.id, name: 'Ann', role: 'editor' });
    expect(key).toMatch(/^pk_[\w-]{43}$/);
    const kept = await database.db
      .selectFrom('api_keys')
      .selectAll()
      .where('id', '=', row.id)
      .executeTakeFirstOrThrow();
    expect(kept.hash).toBe(hash(key));
    expect(JSON.stringify(kept)).not.toContain(key.slice(3));
    expect(await findKey(database, key)).toEqual({
      id: row.id,
      teamId: team.id,
      teamName: 'Elm & Sons',
      name: 'Ann',
      role: 'editor',
    });
    expect((await listTeams(database)).map(({ name }) => name)).toContain('Elm & Sons');
    const revoked = await revokeKey(database, row.id);
    expect(revoked.revokedAt).not.toBeNull();
    expect((await revokeKey(database, row.id)).revokedAt).toBe(revoked.revokedAt);
    expect(await findKey(database, key)).toBeUndefined();
    expect((await listKeys(database, team.id)).map(({ revokedAt }) => revokedAt)).toEqual([revoked.revokedAt]);
  });

  test('what is no key, another key, or of no team is nobody’s', async () => {
    const team = await createTeam(database, 'Oak');
    const { key } = await createKey(database, { teamId: team.id, name: 'Ann', role: 'admin' });
    const other = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    for (const wrong of ['', 'pk_', key.slice(1), `${key} `, other, "pk_' or 1=1 --", hash(key)])
      expect(await findKey(database, wrong)).toBeUndefined();
    await expect(createKey(database, { teamId: newId(), name: 'x', role: 'admin' })).rejects.toMatchObject({
      code: 'file_not_found',
    });
    await expect(createTeam(database, '\n')).rejects.toMatchObject({ code: 'bad_usage' });
  });

  test('the last use is written down once a minute', async () => {
    const team = await createTeam(database, 'Ash');
    const { key, row } = await createKey(database, { teamId: team.id, name: 'Ann', role: 'editor' });
    const used = async () => (await listKeys(database, team.id)).find(({ id }) => id === row.id)?.lastUsedAt;
    await findKey(database, key);
    const first = await used();
    await findKey(database, key);
    expect(await used()).toBe(first);
    const past = new Date(Date.parse(first ?? '') - 61_000).toISOString();
    await database.db.updateTable('api_keys').set({ last_used_at: past }).where('id', '=', row.id).execute();
    await findKey(database, key);
    expect(Date.parse((await used()) ?? '')).toBeGreaterThan(Date.parse(past) + 60_000);
  });
});

describe('another team', () => {
  test('its listings are not there: to push, to read, to settle', async () => {
    const { ann, bo, listingId, teamId } = await house(database);
    await ann.say(listingId, room('p1', null, 'kitchen'));
    await bo.say(listingId, room('p1', null, 'garden'));
    const [conflict] = await conflicts(database, teamId);
    const other = await createTeam(database, 'Others');
    const eve = new Person(database, other.id, 'Eve', 'admin');
    const known = ann.operation(listingId, room('p9', null, 'kitchen'));
    await ann.push([known]);
    const tried = await eve.push([
      eve.operation(listingId, room('p1', 'kitchen', 'pool')),
      eve.operation(listingId, CREATE),
      eve.operation(listingId, createFilm(film())),
      { ...eve.operation(listingId, CREATE), id: known.id },
    ]);
    expect(tried.map(refusal)).toEqual(['file_not_found', 'file_not_found', 'file_not_found', 'bad_usage']);
    expect((await feed(database, other.id, 0)).entries).toEqual([]);
    expect((await listingCards(database, other.id, null, 10)).listings).toEqual([]);
    await expect(snapshot(database, other.id, listingId)).rejects.toMatchObject({ code: 'file_not_found' });
    expect(await conflicts(database, other.id)).toEqual([]);
    await expect(resolveConflict(database, other.id, conflict?.id ?? '')).rejects.toMatchObject({
      code: 'file_not_found',
    });
    await expect(head(database, newId())).rejects.toMatchObject({ code: 'file_not_found' });
  });

  test('its clips, versions, decisions and notes cannot be taken over by their ids', async () => {
    const { ann, listingId, timeline } = await withFilm(database);
    const versionId = newId();
    const version: OperationBody = {
      kind: 'film.version',
      versionId,
      name: 'Mine',
      timeline: timeline as TeamTimeline,
      settings: {},
      sourceKey: 'k',
    };
    const note: OperationBody = {
      kind: 'review.note',
      noteId: newId(),
      clipId: clip(timeline, 0),
      specHash: hash('x'),
      inFrame: 0,
      outFrame: 1,
      text: 'Mine',
      marks: [],
    };
    await ann.say(listingId, version, note, take(clip(timeline, 0), 'a'), decision(clip(timeline, 0), 'a'));
    const other = await withFilm(database);
    const tried = await other.ann.say(other.listingId, { ...version, name: 'Theirs' }, { ...note, text: 'Theirs' } as OperationBody,
      take(clip(timeline, 0), 'b'), { kind: 'clip.seed', clipId: clip(timeline, 0), seed: 3 }, { kind: 'review.resolve', resolutionId: newId(), noteId: note.noteId }); // biome-ignore format: one push
    expect(tried.map(refusal)).toEqual(['bad_usage', 'bad_usage', 'edit_refused', 'edit_refused', 'file_not_found']);
  });
});

test('files of a team are known by their content, each team’s apart', async () => {
  const { teamId } = await house(database);
  const other = await createTeam(database, 'Others');
  const [a, b] = [
    { sha256: hash('a'), bytes: 1 },
    { sha256: hash('b'), bytes: 2 },
  ];
  await addBlob(database, teamId, a);
  await addBlob(database, teamId, a);
  expect(await missingBlobs(database, teamId, [a, b, b])).toEqual([b.sha256]);
  expect(await missingBlobs(database, other.id, [a])).toEqual([a.sha256]);
  expect(await knownBlobs(database, teamId, [a.sha256, b.sha256])).toEqual([a]);
  await dropBlob(database, teamId, a.sha256);
  expect(await missingBlobs(database, teamId, [a])).toEqual([a.sha256]);
});

test('who is there: everybody of the team who was heard in the last half minute', async () => {
  const { teamId, ann, bo, listingId } = await house(database);
  const other = await createTeam(database, 'Others');
  const here = (person: Person, place: string) => ({
    clientId: person.clientId,
    name: person.name,
    role: person.role,
    listingId,
    place,
  });
  const t = Date.parse(AT);
  await announce(database, teamId, here(ann, 'rooms'), t);
  expect(
    (await announce(database, teamId, here(bo, 'review'), t + 20_000)).map(({ name, place }) => [name, place]),
  ).toEqual([
    ['Ann', 'rooms'],
    ['Bo', 'review'],
  ]);
  // A studio's id that another team says is its own stays where it is.
  expect(await announce(database, other.id, { ...here(ann, 'library'), listingId: null }, t + 21_000)).toEqual([]);
  expect((await announce(database, teamId, here(bo, 'review'), t + 31_000)).map(({ name }) => name)).toEqual(['Bo']);
  await leave(database, teamId, bo.clientId);
  expect((await announce(database, teamId, here(ann, 'rooms'), t + 32_000)).map(({ name }) => name)).toEqual(['Ann']);
});
