/**
 * The first sync of a large team: listings by their cards, usable at once, and each made whole by its snapshot when
 * somebody opens it or there is time. A snapshot also puts right a listing that is here already.
 */
import { sql } from 'kysely';
import { z } from 'zod';
import { FIELDS } from '../../pipeline/rooms/decisions.ts';
import { type Database, databaseError } from '../open.node.ts';
import { readRegisters } from '../studio/registers.node.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { type Cell, cellsOf, jobOf, listingField } from './cells.node.ts';
import { FilmSide } from './film-shadow.node.ts';
import { layDecision, layListing, layMusic, layNote, layResolution, layTake, layVersion } from './lay.node.ts';
import type { FeedEntry, listingCardSchema, Snapshot } from './protocol.ts';
import type { FeedOptions } from './remote.node.ts';
import { takeCells } from './shadows.node.ts';
import { dropState, isPartial, partialName, putState, statesOf } from './state.node.ts';

type Card = z.infer<typeof listingCardSchema>;

/** Lays cards of listings that are not here yet; others are left alone. Gives the ids of the new ones. */
export async function layCards(
  database: Database,
  cards: readonly Card[],
  options: FeedOptions,
): Promise<readonly string[]> {
  return inTransaction(database, async (writer) => {
    const added: string[] = [];
    for (const card of cards) {
      const { db } = writer;
      const known = await db.selectFrom('listings').select('id').where('id', '=', card.id).executeTakeFirst();
      if (known !== undefined) continue;
      const { name, template, targetSeconds, createdAt } = card;
      const body = { kind: 'listing.create' as const, name, template, targetSeconds, createdAt };
      const entry = {
        id: card.id,
        listingId: card.id,
        actor: { name: '', role: 'admin' as const },
        at: card.updatedAt,
      };
      await layListing(writer, entry, body, options.teamId, options.folderOf?.(card.id) ?? '');
      await takeCells(writer, card.id, [
        { field: listingField('archived'), subject: '', to: card.archived },
        { field: listingField('deletedAt'), subject: '', to: card.deletedAt },
      ]);
      await db
        .updateTable('listings')
        .set({ photo_count: card.photoCount, poster_photo_key: card.posterPhotoId, sync_seq: card.seq })
        .where('id', '=', card.id)
        .execute();
      await putState(writer, partialName(card.id), { seq: card.seq });
      added.push(card.id);
    }
    return added;
  });
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
    const partial = row !== undefined && (await isPartial(writer, listingId));
    if (row !== undefined && Number(row.sync_seq) > snapshot.seq) return false;
    if (row !== undefined && !partial) await takeCells(writer, listingId, await goneCells(writer, snapshot));
    const film = await FilmSide.open(writer, listingId);
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
