/** A studio's side of sync over its real stores: what is its own stays on top until it is answered, and then is right. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Timeline } from '../../pipeline/domain.ts';
import { sameFilm } from '../../pipeline/timeline/rebase.ts';
import { madeFilm } from '../../pipeline/timeline/testing.ts';
import { newId } from '../id.node.ts';
import { type Database, openMigrated } from '../open.node.ts';
import { FilmStore } from '../studio/films.node.ts';
import { ReviewStore } from '../studio/reviews.node.ts';
import { studioStore } from '../studio/store.node.ts';
import { applyOperations } from '../team/apply.node.ts';
import { feed, listingCards, snapshot } from '../team/feed.node.ts';
import { createTeam } from '../team/teams.node.ts';
import { layTake } from './lay.node.ts';
import { countWaiting, dismissRefused, enqueue, refusedOperations, settleOutcomes, waitingOperations } from './outbox.node.ts'; // biome-ignore format: one import
import type { KeyRole, OperationBody } from './protocol.ts';
import { applyFeed } from './remote.node.ts';
import { openFast } from './simulation-parts.node.ts';
import { applySnapshot, layCards, partialListings } from './snapshot.node.ts';
import { feedPosition, setFeedPosition } from './state.node.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
let folder: string;
let template: string;
let server: Database;
let teamId: string;
let open: Database[] = [];
let files = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'picaivid-remote-'));
  template = join(folder, 'template.db');
  await (await openMigrated(template)).close();
});

async function fresh(): Promise<Database> {
  files += 1;
  const path = join(folder, `${files}.db`);
  copyFileSync(template, path);
  const database = await openFast(path);
  open.push(database);
  return database;
}

beforeEach(async () => {
  server = await fresh();
  teamId = (await createTeam(server, 'House')).id;
});

afterEach(async () => {
  for (const database of open) await database.close();
  open = [];
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

class Studio {
  readonly clientId = newId();
  readonly database: Database;
  readonly films: FilmStore;
  readonly reviews: ReviewStore;
  role: KeyRole = 'producer';

  constructor(database: Database) {
    this.database = database;
    this.films = new FilmStore(database);
    this.reviews = new ReviewStore(database);
  }

  get store() {
    return studioStore(this.database);
  }

  /** Sends everything that waits; `lost`: the answer does not come back. */
  async push(lost = false): Promise<void> {
    const operations = await waitingOperations(this.database, 500);
    if (operations.length === 0) return;
    const pusher = { teamId, clientId: this.clientId, actor: { name: 'Key', role: this.role } };
    const outcomes = await applyOperations(server, pusher, operations);
    if (!lost) await settleOutcomes(this.database, outcomes);
  }

  async pull() {
    const { entries } = await feed(server, teamId, await feedPosition(this.database));
    return applyFeed(this.database, entries, { teamId });
  }

  room(listingId: string, from: string | null, to: string | null) {
    const change = { field: 'room', subject: 'p1', from, to } as const;
    return this.store.act(listingId, 'Room', [change as never], null);
  }

  async roomNow(listingId: string): Promise<string | null> {
    return (await this.store.decisions(listingId)).room.p1 ?? null;
  }

  amount(listingId: string, clipId: string, amount: number) {
    return this.films.edit(listingId, 'Amount', null, () => ({ edit: { type: 'setAmount', clipId, amount } }));
  }

  async film(listingId: string): Promise<Timeline> {
    const film = await this.films.film(listingId);
    if (film === undefined) throw new Error('There is no film.');
    return film.timeline;
  }
}

/** Two studios that share a listing, with a film where it is wanted. */
async function studios(film: Timeline | null = null): Promise<{ ann: Studio; bo: Studio; listingId: string }> {
  const [ann, bo] = [new Studio(await fresh()), new Studio(await fresh())];
  const row = await ann.store.createListing({ name: 'Elm', folder: '/elm', template: 'classic', targetSeconds: 30 });
  await share(ann, row.id);
  if (film !== null) await ann.films.create(row.id, film, { settings: { musicId: null }, sourceKey: 'k' });
  await ann.push();
  await ann.pull();
  await bo.pull();
  return { ann, bo, listingId: row.id };
}

async function share({ database }: Studio, listingId: string): Promise<void> {
  const body: OperationBody = { kind: 'listing.create', name: 'Elm', template: 'classic', targetSeconds: 30, createdAt: new Date().toISOString() }; // biome-ignore format: one value
  await database.db.transaction().execute(async (trx) => {
    await trx.updateTable('listings').set({ team_id: teamId }).where('id', '=', listingId).execute();
    await enqueue({ db: trx, dialect: 'sqlite' }, { listingId, person: 'Ann', body });
  });
}

const clipOf = (film: Timeline, index: number): string => film.clips[index]?.id ?? '';
let made = 0;
const newFilm = (): Timeline => ({ ...madeFilm('classic', 24, `r${++made}-`), id: newId() });

test('a register stays one’s own until it is answered, then it is the team’s', async () => {
  const { ann, bo, listingId } = await studios();
  await bo.room(listingId, null, 'garden');
  await ann.room(listingId, null, 'kitchen');
  await ann.push();
  await bo.pull();
  expect(await bo.roomNow(listingId)).toBe('garden');
  await bo.push();
  await ann.pull();
  await bo.pull();
  expect([await ann.roomNow(listingId), await bo.roomNow(listingId)]).toEqual(['garden', 'garden']);
  await ann.room(listingId, 'garden', 'pool');
  await ann.push();
  await bo.pull();
  expect(await bo.roomNow(listingId)).toBe('pool');
  expect(
    await bo.database.db.selectFrom('sync_state').select('name').where('name', 'like', 'shadow:%').execute(),
  ).toEqual([]);
});

test('what the server refuses is taken back to what the team has, shown, and put away', async () => {
  const { ann, bo, listingId } = await studios();
  await bo.room(listingId, null, 'garden');
  await bo.room(listingId, 'garden', 'pool');
  await ann.room(listingId, null, 'kitchen');
  await ann.push();
  await bo.pull();
  bo.role = 'reviewer';
  await bo.push();
  expect(await bo.roomNow(listingId)).toBe('kitchen');
  const refused = await refusedOperations(bo.database);
  expect(refused.map(({ outcome }) => outcome.code)).toEqual(['forbidden_role', 'forbidden_role']);
  await dismissRefused(
    bo.database,
    refused.map(({ operation }) => operation.id),
  );
  expect(await refusedOperations(bo.database)).toEqual([]);
});

test('an answer that is lost: the feed says what became of it, and the outbox empties', async () => {
  const { ann, listingId } = await studios();
  await ann.room(listingId, null, 'garden');
  await ann.push(true);
  expect(await countWaiting(ann.database)).toBe(1);
  await ann.pull();
  expect(await countWaiting(ann.database)).toBe(0);
  expect(await ann.roomNow(listingId)).toBe('garden');
});

test('steps of the film on top of others’: rebased where they go together, undo steps stay one’s own', async () => {
  const film = newFilm();
  const { ann, bo, listingId } = await studios(film);
  await bo.films.edit(listingId, 'Split', null, () => ({
    edit: { type: 'split', atFrame: 310, newId: 'bo-1', magnet: 'frames' },
  }));
  await bo.amount(listingId, 'bo-1', 0.25);
  await ann.films.edit(listingId, 'Trim', null, () => ({
    edit: { type: 'trimOut', clipId: clipOf(film, 0), frames: -12, ripple: true, magnet: 'frames' },
  }));
  await ann.push();
  const { changed } = await bo.pull();
  expect([...(changed.get(listingId) ?? [])]).toEqual(['film']);
  const mine = await bo.film(listingId);
  expect(mine.clips[0]?.durationFrames).toBe((film.clips[0]?.durationFrames ?? 0) - 12);
  await bo.push();
  await bo.pull();
  await ann.pull();
  expect(sameFilm(await bo.film(listingId), mine)).toBe(true);
  expect(sameFilm(await ann.film(listingId), mine)).toBe(true);
  expect((await ann.films.history(listingId, 10)).map(({ label }) => label)).toEqual(['Trim']);
});

test('a step that collides: the film stays as it is seen, then it is the team’s, and one’s own is a version', async () => {
  const film = newFilm();
  const { ann, bo, listingId } = await studios(film);
  const id = clipOf(film, 2);
  await bo.amount(listingId, id, 0.9);
  await ann.amount(listingId, id, 0.1);
  await ann.push();
  await bo.pull();
  expect((await bo.film(listingId)).clips[2]?.amount).toBe(0.9);
  await bo.amount(listingId, clipOf(film, 3), 0.8);
  const seen = await bo.film(listingId);
  await bo.push();
  const { branched } = await bo.pull();
  expect((await bo.film(listingId)).clips.map(({ amount }) => amount).slice(2, 4)).toEqual([
    0.1,
    film.clips[3]?.amount,
  ]);
  expect(branched).toHaveLength(1);
  const version = await bo.films.version(listingId, branched[0]?.versionId ?? '');
  expect(sameFilm(version.timeline, seen)).toBe(true);
  await bo.amount(listingId, id, 0.5);
  await bo.push();
  await ann.pull();
  expect((await ann.film(listingId)).clips[2]?.amount).toBe(0.5);
  expect((await ann.films.versions(listingId)).map((row) => row.id)).toEqual([branched[0]?.versionId]);
});

test('a decision that the server refuses is withdrawn; signed ones stay as they are', async () => {
  const film = newFilm();
  const { ann, bo, listingId } = await studios(film);
  const clipId = clipOf(film, 0);
  const spec = { photoSha256: hash('p'), depthSha256: null, motion: 'push_in', amount: 0.5, renderer: 'ken_burns', frames: 30, frameRate: { num: 30, den: 1 }, width: 64, height: 36, focus: { x: 0.5, y: 0.5 }, seed: 0 } as const; // biome-ignore format: one value
  const add = async (studio: Studio, name: string): Promise<void> => {
    const take = {
      specHash: hash(name),
      spec,
      frames: 30,
      validationScore: 1,
      verdict: 'pass',
      figures: [],
      reasons: [],
      renderSeconds: 1,
    };
    const body: Extract<OperationBody, { kind: 'take.add' }> = { kind: 'take.add', clipId, specHash: hash(name), askedHash: hash('asked'), take, blob: { sha256: hash(name), bytes: 1 }, downgradeReason: null }; // biome-ignore format: one value
    await studio.database.db.transaction().execute(async (trx) => {
      const writer = { db: trx, dialect: 'sqlite' as const };
      await enqueue(writer, { listingId, person: '', body });
      await layTake(
        writer,
        { id: newId(), listingId, actor: { name: '', role: 'editor' }, at: new Date().toISOString() },
        body,
      );
    });
  };
  const sign = async (studio: Studio, name: string) => {
    const seen = await studio.reviews.situation(listingId, clipId);
    const reviewer = { name: 'Bo', role: 'reviewer' as const };
    return studio.reviews.decide(
      listingId,
      { clipId, specHash: hash(name), state: 'approved', reason: null, comment: '', reviewer },
      seen,
    );
  };
  await add(ann, 'one');
  await ann.push();
  await bo.pull();
  expect(await sign(bo, 'one')).toBe(true);
  await bo.push();
  await bo.pull();
  const [signed] = await bo.reviews.decisions(listingId);
  expect(signed?.reviewer).toEqual({ name: 'Key', role: 'producer' });
  await add(ann, 'two');
  await ann.push();
  await sign(bo, 'one');
  expect(await bo.reviews.decisions(listingId)).toHaveLength(2);
  await bo.push();
  expect((await refusedOperations(bo.database)).map(({ outcome }) => outcome.code)).toEqual(['take_outdated']);
  expect(await bo.reviews.decisions(listingId)).toEqual([signed]);
  await expect(sql`delete from review_decisions`.execute(bo.database.db)).rejects.toThrow('not rewritten');
  await expect(sql`update review_decisions set state = 'rejected'`.execute(bo.database.db)).rejects.toThrow(
    'not rewritten',
  );
});

test('a listing that the team does not take is this machine’s alone, with everything in it', async () => {
  const ann = new Studio(await fresh());
  const row = await ann.store.createListing({ name: 'Elm', folder: '/elm', template: 'classic', targetSeconds: 30 });
  await ann.room(row.id, null, 'kitchen');
  await share(ann, row.id);
  await ann.room(row.id, 'kitchen', 'garden');
  ann.role = 'reviewer';
  await ann.push();
  expect(await ann.roomNow(row.id)).toBe('garden');
  expect((await refusedOperations(ann.database)).map(({ operation }) => operation.body.kind)).toEqual([
    'listing.create',
  ]);
  await ann.room(row.id, 'garden', 'pool');
  expect(await countWaiting(ann.database)).toBe(0);
});

test('a film that the team refused is kept, and comes with the next step; or is a version of the team’s', async () => {
  const { ann, bo, listingId } = await studios();
  const film = newFilm();
  await bo.films.create(listingId, film, { settings: { musicId: null }, sourceKey: 'k' });
  bo.role = 'reviewer';
  await bo.push();
  expect((await bo.film(listingId)).id).toBe(film.id);
  bo.role = 'producer';
  await bo.amount(listingId, clipOf(film, 0), 0.42);
  await bo.push();
  await ann.pull();
  expect((await ann.film(listingId)).clips[0]).toMatchObject({ id: clipOf(film, 0), amount: 0.42 });

  const other = await studios();
  const [mine, theirs] = [newFilm(), newFilm()];
  await other.bo.films.create(other.listingId, mine, { settings: { musicId: null }, sourceKey: 'k' });
  other.bo.role = 'reviewer';
  await other.bo.push();
  await other.ann.films.create(other.listingId, theirs, { settings: { musicId: null }, sourceKey: 'k' });
  await other.ann.push();
  await other.bo.pull();
  expect((await other.bo.film(other.listingId)).id).toBe(theirs.id);
  await other.bo.push();
  await other.ann.pull();
  const [version] = await other.ann.films.versions(other.listingId);
  expect((await other.ann.films.version(other.listingId, version?.id ?? '')).timeline.id).toBe(mine.id);
});

test('the same answer twice changes nothing, and one with a gap before it is not taken', async () => {
  const { ann, bo, listingId } = await studios();
  await ann.room(listingId, null, 'kitchen');
  await ann.push();
  await ann.room(listingId, 'kitchen', 'garden');
  await ann.push();
  const after = await feedPosition(bo.database);
  const { entries } = await feed(server, teamId, after);
  await expect(applyFeed(bo.database, entries.slice(1), { teamId })).rejects.toMatchObject({ code: 'internal' });
  expect(await bo.roomNow(listingId)).toBeNull();
  await applyFeed(bo.database, entries, { teamId });
  const row = await bo.store.listing(listingId);
  expect((await applyFeed(bo.database, entries.slice(0, 1), { teamId })).changed.size).toBe(0);
  expect(await bo.store.listing(listingId)).toEqual(row);
  expect(await bo.roomNow(listingId)).toBe('garden');
});

test('a first sync: cards at once, each listing whole by its snapshot, own changes on top', async () => {
  const film = newFilm();
  const { ann, listingId } = await studios(film);
  await ann.room(listingId, null, 'kitchen');
  await ann.push();
  const cy = new Studio(await fresh());
  const cards = await listingCards(server, teamId, null, 10);
  expect(await layCards(cy.database, cards.listings, { teamId, folderOf: (id) => `/team/${id}` })).toEqual([listingId]);
  expect(await layCards(cy.database, cards.listings, { teamId })).toEqual([]);
  await setFeedPosition(cy.database, cards.head);
  expect(await cy.store.listing(listingId)).toMatchObject({ name: 'Elm', folder: `/team/${listingId}` });
  // Of a listing known by its card the feed changes the card alone.
  await ann.store.updateListing(listingId, { name: 'Elm 2' });
  await ann.amount(listingId, clipOf(film, 0), 0.31);
  await ann.push();
  await cy.pull();
  expect(await cy.store.listing(listingId)).toMatchObject({ name: 'Elm 2' });
  expect(await cy.films.film(listingId)).toBeUndefined();
  expect(await partialListings(cy.database)).toEqual([listingId]);
  await cy.store.updateListing(listingId, { name: 'Mine' });
  const whole = await snapshot(server, teamId, listingId);
  expect(await applySnapshot(cy.database, whole, { teamId })).toBe(true);
  expect(await partialListings(cy.database)).toEqual([]);
  expect(await cy.store.listing(listingId)).toMatchObject({ name: 'Mine' });
  expect((await cy.film(listingId)).clips[0]?.amount).toBe(0.31);
  expect(await cy.roomNow(listingId)).toBe('kitchen');
  // One that is older than what is here is not taken.
  await ann.room(listingId, 'kitchen', 'pool');
  await ann.push();
  await cy.pull();
  expect(await applySnapshot(cy.database, whole, { teamId })).toBe(false);
  expect(await cy.roomNow(listingId)).toBe('pool');
});
