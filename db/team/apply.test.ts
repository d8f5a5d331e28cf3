/** The log and its rules by kind, on a real Postgres: roles, registers, takes, review, what the server itself does. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../id.node.ts';
import { type Database, openMigrated } from '../open.node.ts';
import type { OperationBody } from '../sync/protocol.ts';
import { startTestPostgres, type TestPostgres } from '../testing/postgres.node.ts';
import { appendSystem } from './apply.node.ts';
import { conflicts, feed, head, listingCards, resolveConflict } from './feed.node.ts';
import {
  clip,
  createFilm,
  decision,
  edit,
  film,
  hash,
  house,
  kinds,
  Person,
  refusal,
  room,
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

describe('the log', () => {
  test('the same operation again gives its answer and changes nothing, also within one push', async () => {
    const { ann, listingId, teamId } = await house(database);
    const operation = ann.operation(listingId, room('p1', null, 'kitchen'));
    const first = await ann.push([operation, operation]);
    expect(first[0]).toEqual(first[1]);
    await ann.say(listingId, room('p1', 'kitchen', 'garden'));
    expect(await ann.push([operation])).toEqual([first[0]]);
    const { entries, head: last } = await feed(database, teamId, 0);
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(last).toBe(3);
  });

  test('a refused operation holds up none behind it, and is remembered', async () => {
    const { ann, listingId } = await house(database);
    const wrong = ann.operation(listingId, edit(0, { type: 'delete', clipId: 'x', ripple: true, magnet: 'frames' }));
    const outcomes = await ann.push([wrong, ann.operation(listingId, room('p1', null, 'kitchen'))]);
    expect(outcomes.map(refusal)).toEqual(['transition_refused', 'applied']);
    expect(await ann.push([wrong])).toEqual([outcomes[0]]);
  });

  test('what the database cannot keep is refused alone', async () => {
    const { ann, listingId } = await house(database);
    const outcomes = await ann.say(
      listingId,
      room('p1', null, 'kitchen'),
      room('a\u0000b', null, 'garden'),
      room('p2', null, 'pool'),
    );
    expect(outcomes.map(refusal)).toEqual(['applied', 'bad_usage', 'applied']);
  });

  test('a take that is none is refused alone', async () => {
    const { ann, listingId, timeline } = await withFilm(database);
    const wrong = { ...take(clip(timeline, 0), 'a'), take: { frames: 'many' } } as OperationBody;
    const outcomes = await ann.say(listingId, room('p1', null, 'kitchen'), wrong, take(clip(timeline, 0), 'a'));
    expect(outcomes.map(refusal)).toEqual(['applied', 'bad_usage', 'applied']);
  });

  test('pushes that come at once leave no gap, and a reader never sees a later place without the earlier', async () => {
    const { ann, listingId, teamId } = await house(database);
    let reading = true;
    const seen: number[][] = [];
    const reader = (async () => {
      while (reading) seen.push((await feed(database, teamId, 0)).entries.map(({ seq }) => seq));
    })();
    const people = Array.from({ length: 6 }, (_, i) => new Person(database, teamId, `P${i}`));
    await Promise.all(people.map(async (person, i) => {
      for (let n = 0; n < 10; n++) await person.say(listingId, room(`p${i}-${n}`, null, 'kitchen'), room(`p${i}`, null, 'pool'));
    })); // biome-ignore format: one thought
    reading = false;
    await reader;
    for (const places of seen) expect(places).toEqual(places.map((_, i) => i + 1));
    expect((await feed(database, teamId, 0)).entries).toHaveLength(121);
    expect(ann.base).toBe(1);
  });

  test('the feed goes on from a place, by pages', async () => {
    const { ann, listingId, teamId } = await house(database);
    await ann.say(listingId, ...Array.from({ length: 5 }, (_, i) => room(`p${i}`, null, 'kitchen')));
    const page = await feed(database, teamId, 2, 2);
    expect([page.entries.map(({ seq }) => seq), page.next, page.head]).toEqual([[3, 4], 4, 6]);
    expect(await feed(database, teamId, 6)).toEqual({ entries: [], next: 6, head: 6 });
    expect(page.entries[0]).toMatchObject({
      listingId,
      clientId: ann.clientId,
      actor: { name: 'Ann', role: 'producer' },
    });
  });
});

describe('roles', () => {
  test.each([
    ['editor', ['applied', 'applied', 'applied', 'forbidden_role', 'applied']],
    ['reviewer', ['forbidden_role', 'forbidden_role', 'applied', 'applied', 'applied']],
    ['producer', ['applied', 'applied', 'applied', 'applied', 'applied']],
    ['admin', ['applied', 'applied', 'applied', 'applied', 'applied']],
    ['worker', ['forbidden_role', 'forbidden_role', 'forbidden_role', 'forbidden_role', 'forbidden_role']],
  ] as const)('a key of role %s', async (role, expected) => {
    const { ann, bo, listingId, timeline } = await withFilm(database);
    const id = clip(timeline, 0);
    await ann.say(listingId, take(id, 'a'));
    bo.role = role;
    const note: OperationBody = {
      kind: 'review.note',
      noteId: newId(),
      clipId: id,
      specHash: hash('x'),
      inFrame: 0,
      outFrame: 1,
      text: 'Here',
      marks: [],
    };
    const outcomes = await bo.say(listingId, room('p1', null, 'kitchen'), edit(1, { type: 'setAmount', clipId: id, amount: 0.2 }), take(id, 'b'), decision(id, 'b'), note); // biome-ignore format: one push
    expect(outcomes.map(refusal)).toEqual(expected);
  });
});

describe('registers and cards', () => {
  test('the last writer in the server’s order stands; what they had not seen is kept until somebody settles it', async () => {
    const { ann, bo, listingId, teamId } = await house(database);
    await ann.say(listingId, room('p1', null, 'kitchen'), {
      kind: 'listing.set',
      field: 'name',
      from: 'Elm Street',
      to: 'Elm 1',
    });
    const [one, two] = await bo.say(listingId, room('p1', null, 'garden'), {
      kind: 'listing.set',
      field: 'name',
      from: 'Elm Street',
      to: 'Elm 2',
    });
    const open = await conflicts(database, teamId, listingId);
    expect(open).toMatchObject([
      {
        kind: 'register',
        field: 'room',
        subject: 'p1',
        kept: 'garden',
        lost: 'kitchen',
        seq: 4,
        keptBy: { name: 'Bo' },
        lostBy: { name: 'Ann' },
      },
      { kind: 'listing', field: 'name', subject: '', kept: 'Elm 2', lost: 'Elm 1', seq: 5 },
    ]);
    expect([one, two]).toMatchObject([{ conflicts: [open[0]?.id] }, { conflicts: [open[1]?.id] }]);
    const settled = await resolveConflict(database, teamId, open[0]?.id ?? '');
    expect((await resolveConflict(database, teamId, settled.id)).resolvedAt).toBe(settled.resolvedAt);
    expect(await conflicts(database, teamId)).toHaveLength(1);
    expect((await listingCards(database, teamId, null, 10)).listings).toMatchObject([
      { id: listingId, name: 'Elm 2', seq: 5 },
    ]);
  });

  test.each([
    ['the maker had seen it', async (bo: Person) => bo.hears(), 'kitchen', 'garden'],
    ['it is the same value', async () => {}, null, 'kitchen'],
  ] as const)('no conflict: %s', async (_, before, from, to) => {
    const { ann, bo, listingId, teamId } = await house(database);
    await ann.say(listingId, room('p1', null, 'kitchen'));
    await before(bo);
    await bo.say(listingId, room('p1', from, to));
    expect(await conflicts(database, teamId)).toEqual([]);
  });

  test('a chain of one’s own overwrites another’s value once', async () => {
    const { ann, bo, listingId, teamId } = await house(database);
    await ann.say(listingId, room('p1', null, 'kitchen'));
    await bo.say(listingId, room('p1', null, 'garden'), room('p1', 'garden', 'pool'), room('p1', 'pool', null));
    expect(await conflicts(database, teamId)).toMatchObject([{ kept: 'garden', lost: 'kitchen' }]);
  });
});

describe('takes and review', () => {
  test('the first take of a clip and spec stays; the second is answered with its place', async () => {
    const { ann, bo, listingId, teamId, timeline } = await withFilm(database);
    const id = clip(timeline, 0);
    const [first] = await ann.say(listingId, take(id, 'a', 5));
    const [second] = await bo.say(listingId, take(id, 'a', 6));
    expect([first, second]).toMatchObject([
      { outcome: 'applied', seq: 3 },
      { outcome: 'applied', seq: 3 },
    ]);
    const rows = await database.db.selectFrom('takes').selectAll().where('clip_id', '=', id).execute();
    expect(rows).toMatchObject([{ id: first?.id, bytes: '5' }]);
    expect(await head(database, teamId)).toBe(3);
  });

  test('a decision on a take that is not the current one is refused', async () => {
    const { ann, bo, listingId, timeline } = await withFilm(database);
    const id = clip(timeline, 0);
    expect((await bo.say(listingId, decision(id, 'a'))).map(refusal)).toEqual(['file_not_found']);
    await ann.say(listingId, take(id, 'a'));
    expect(kinds(await bo.say(listingId, decision(id, 'a')))).toEqual(['applied']);
    await ann.say(listingId, take(id, 'b'));
    expect((await bo.say(listingId, decision(id, 'a'), decision(id, 'b'))).map(refusal)).toEqual([
      'take_outdated',
      'applied',
    ]);
    const asked = hash(`${id} asked`);
    await ann.say(listingId, { kind: 'take.choose', clipId: id, askedHash: asked, specHash: hash(`${id} a`) });
    expect((await bo.say(listingId, decision(id, 'b'), decision(id, 'a'))).map(refusal)).toEqual([
      'take_outdated',
      'applied',
    ]);
    await ann.say(listingId, edit(1, { type: 'delete', clipId: id, ripple: true, magnet: 'frames' }));
    expect((await bo.say(listingId, decision(id, 'a'))).map(refusal)).toEqual(['take_outdated']);
  });

  test('notes and resolutions are added once; a note is resolved by the first', async () => {
    const { ann, bo, listingId, timeline } = await withFilm(database);
    const noteId = newId();
    const note: OperationBody = {
      kind: 'review.note',
      noteId,
      clipId: clip(timeline, 0),
      specHash: hash('x'),
      inFrame: 0,
      outFrame: 1,
      text: 'Here',
      marks: [],
    };
    const resolve = (): OperationBody => ({ kind: 'review.resolve', resolutionId: newId(), noteId });
    expect(kinds(await ann.say(listingId, note, note, resolve()))).toEqual(['applied', 'applied', 'applied']);
    expect(kinds(await bo.say(listingId, resolve()))).toEqual(['applied']);
    const rows = await database.db.selectFrom('review_resolutions').selectAll().where('note_id', '=', noteId).execute();
    expect(rows).toMatchObject([{ person: { name: 'Ann', role: 'producer' } }]);
    expect(
      (await ann.say(listingId, { kind: 'review.resolve', resolutionId: newId(), noteId: newId() })).map(refusal),
    ).toEqual(['file_not_found']);
  });
});

describe('the server itself', () => {
  test('what a worker appends is in the log exactly when its transaction is committed', async () => {
    const { listingId, teamId, timeline } = await withFilm(database);
    const actor = { name: 'worker-1', role: 'worker' as const };
    const append = (fail: boolean) =>
      database.db.transaction().execute(async (trx) => {
        const outcome = await appendSystem(
          { db: trx, dialect: 'postgres' },
          teamId,
          listingId,
          actor,
          take(clip(timeline, 0), 'w'),
        );
        if (fail) await sql`select 1/0`.execute(trx);
        return outcome;
      });
    await expect(append(true)).rejects.toThrow();
    expect(await head(database, teamId)).toBe(2);
    expect(await append(false)).toMatchObject({ outcome: 'applied', seq: 3 });
    expect((await feed(database, teamId, 2)).entries).toMatchObject([{ actor, body: { kind: 'take.add' } }]);
    const wrong = database.db
      .transaction()
      .execute((trx) => appendSystem({ db: trx, dialect: 'postgres' }, teamId, newId(), actor, take('c', 'w')));
    await expect(wrong).rejects.toMatchObject({ code: 'file_not_found' });
  });

  test('the first film, and steps on it, from a job', async () => {
    const { listingId, teamId, ann } = await house(database);
    const timeline = film();
    const actor = { name: 'job', role: 'admin' as const };
    const append = (body: OperationBody) =>
      database.db
        .transaction()
        .execute((trx) => appendSystem({ db: trx, dialect: 'postgres' }, teamId, listingId, actor, body));
    expect(await append(createFilm(timeline))).toMatchObject({ outcome: 'applied' });
    expect(await append(edit(0, { type: 'setAmount', clipId: clip(timeline, 0), amount: 0.5 }))).toMatchObject({
      outcome: 'applied',
    });
    expect(await append(createFilm(film()))).toMatchObject({ outcome: 'branched' });
    expect(
      kinds(await ann.say(listingId, edit(2, { type: 'setAmount', clipId: clip(timeline, 1), amount: 0.6 }))),
    ).toEqual(['applied']);
  });
});
