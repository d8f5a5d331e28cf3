/**
 * The first sync of a large team: listings by their cards, usable at once, and each made whole by its snapshot when
 * somebody opens it or there is time. A snapshot also puts right a listing that is here already.
 */
import { sql } from 'kysely';
import { z } from 'zod';
import { FIELDS } from '../../pipeline/rooms/decisions.ts';
import { writeFlag, writeJson } from '../codec.ts';
import { newJobRow } from '../jobs.node.ts';
import { type Database, databaseError } from '../open.node.ts';
import { readRegisters } from '../studio/registers.node.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { type Cell, cellsOf, jobOf, listingField } from './cells.node.ts';
import { FilmSide } from './film-shadow.node.ts';
import {
  layDecision,
  layListing,
  layMusic,
  layNote,
  layResolution,
  layTake,
  layVersion,
  listingJob,
} from './lay.node.ts';
import type { FeedEntry, listingCardSchema, Snapshot } from './protocol.ts';
import type { FeedOptions } from './remote.node.ts';
import { takeCells } from './shadows.node.ts';
import { dropState, partialName, partialState, statesOf } from './state.node.ts';

type Card = z.infer<typeof listingCardSchema>;

/** Lays cards of listings that are not here yet; others are left alone. Gives the ids of the new ones. */
export async function layCards(
  database: Database,
  cards: readonly Card[],
  options: FeedOptions,
): Promise<readonly string[]> {
  const added: string[] = [];
  for (let i = 0; i < cards.length; i += CARDS_AT_ONCE) {
    const page = cards.slice(i, i + CARDS_AT_ONCE);
    added.push(...(await inTransaction(database, (writer) => layPage(writer, page, options))));
  }
  return added;
}

/** Cards in one statement: a job's row has 16 columns, and SQLite takes 32,766 parameters. */
const CARDS_AT_ONCE = 500;

/** All of a page in five statements: one by one, 5,000 cards took 9 s, and so they take 1 s. */
async function layPage(writer: Writer, page: readonly Card[], options: FeedOptions): Promise<readonly string[]> {
  const { db, dialect } = writer;
  const ids = page.map(({ id }) => id);
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('listings').select('id').where('id', 'in', ids).execute();
  const known = new Set(rows.map(({ id }) => id));
  const fresh = page.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return [];
  const made = fresh.map((card) => {
    const folder = options.folderOf?.(card.id) ?? '';
    const { template, targetSeconds } = card;
    const job = newJobRow(dialect, listingJob(card.id, { template, targetSeconds }, folder));
    return { card, folder, job: { ...job, team_id: options.teamId } };
  });
  await db
    .insertInto('jobs')
    .values(made.map(({ job }) => job))
    .execute();
  await db
    .insertInto('listings')
    .values(
      made.map(({ card, folder, job }) => ({
        id: card.id,
        job_id: job.id,
        name: card.name,
        folder,
        archived: writeFlag(card.archived, dialect),
        deleted_at: card.deletedAt,
        photo_count: card.photoCount,
        rejected_count: 0,
        attention_count: 0,
        poster_photo_key: card.posterPhotoId,
        revision: 0,
        created_at: card.createdAt,
        updated_at: card.updatedAt,
        team_id: options.teamId,
        sync_seq: card.seq,
      })),
    )
    .execute();
  const partial = fresh.map(({ id, seq }) => ({ name: partialName(id), value: writeJson({ seq }) }));
  await db
    .insertInto('sync_state')
    .values(partial)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return fresh.map(({ id }) => id);
}

/** Listings of which only the card is here, by id. */
export async function partialListings({ db, dialect }: Database): Promise<readonly string[]> {
  return (await statesOf({ db, dialect }, 'partial:', z.unknown())).map(({ name }) => name);
}

/**
 * Makes a listing what the snapshot says, in one transaction, with the studio's own unanswered operations on top. One
 * that is older than what the feed has brought already changes nothing, and false is given.
 */
export async function applySnapshot(database: Database, snapshot: Snapshot, options: FeedOptions): Promise<boolean> {
  return inTransaction(database, async (writer) => {
    const { db } = writer;
    const { listingId } = snapshot;
    const row = await db.selectFrom('listings').select('sync_seq').where('id', '=', listingId).executeTakeFirst();
    const partial = row === undefined ? undefined : await partialState(writer, listingId);
    if (row !== undefined && Number(row.sync_seq) > snapshot.seq) return false;
    if (row !== undefined && partial !== 'card') await takeCells(writer, listingId, await goneCells(writer, snapshot));
    const film = await FilmSide.open(writer, listingId);
    if (partial === 'set back') film.keepOther();
    film.replace(null, snapshot.filmRevision);
    for (const entry of snapshot.entries) {
      await lay(writer, entry, options);
      if (entry.body.kind !== 'film.create') continue;
      const { timeline, settings, sourceKey } = entry.body;
      film.replace({ timeline, settings: settings ?? null, sourceKey }, snapshot.filmRevision);
    }
    for (const entry of snapshot.entries) await takeCells(writer, listingId, cellsOf(entry.body));
    await film.finish();
    await dropState(writer, partialName(listingId));
    await db
      .updateTable('listings')
      .set({ sync_seq: snapshot.seq, revision: sql`revision + 1` })
      .where('id', '=', listingId)
      .execute();
    return true;
  });
}

/** Registers and photos that are here and not in the snapshot: nothing is decided of them there. */
async function goneCells(writer: Writer, { listingId, entries }: Snapshot): Promise<readonly Cell[]> {
  const named = new Set(
    entries.flatMap(({ body }) => cellsOf(body)).map(({ field, subject }) => `${field}:${subject}`),
  );
  const registers = await readRegisters(writer.db, await jobOf(writer, listingId));
  const here = FIELDS.flatMap((field) =>
    Object.keys(registers[field]).map((subject) => ({ field, subject, to: null })),
  );
  const photos = await writer.db
    .selectFrom('photo_blobs')
    .select('photo_key')
    .where('listing_id', '=', listingId)
    .execute();
  const cells: Cell[] = [
    ...here,
    ...photos.map(({ photo_key }) => ({ field: 'photo', subject: photo_key, to: null })),
    { field: listingField('archived'), subject: '', to: false },
    { field: listingField('deletedAt'), subject: '', to: null },
  ];
  return cells.filter(({ field, subject }) => !named.has(`${field}:${subject}`));
}

async function lay(writer: Writer, entry: FeedEntry, options: FeedOptions): Promise<void> {
  const { body } = entry;
  switch (body.kind) {
    case 'listing.create': {
      await layListing(writer, entry, body, options.teamId, options.folderOf?.(entry.listingId) ?? '');
      const { name, template, targetSeconds } = body;
      return takeCells(writer, entry.listingId, [
        { field: listingField('name'), subject: '', to: name },
        { field: listingField('template'), subject: '', to: template },
        { field: listingField('targetSeconds'), subject: '', to: targetSeconds },
      ]);
    }
    case 'film.version':
      return layVersion(writer, entry, body);
    case 'music.add':
      return layMusic(writer, entry, body);
    case 'take.add':
      return layTake(writer, entry, body);
    case 'review.decide':
      return layDecision(writer, entry, body);
    case 'review.note':
      return layNote(writer, entry, body);
    case 'review.resolve':
      return layResolution(writer, entry, body);
    default:
      return;
  }
}

async function inTransaction<T>({ db, dialect }: Database, body: (writer: Writer) => Promise<T>): Promise<T> {
  try {
    return await db.transaction().execute((trx) => body({ db: trx, dialect }));
  } catch (error) {
    throw databaseError(error);
  }
}
