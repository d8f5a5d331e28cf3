/**
 * Applies the team's feed to a studio's tables: without outbox entries and without steps of undo. What the studio's own
 * unanswered operations have set stays until they are answered, for they come later in the team's order.
 */
import { sql } from 'kysely';
import { PicaividError } from '../../base/errors.ts';
import { readJson } from '../codec.ts';
import { type Database, databaseError } from '../open.node.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { type Cell, cellsOf, isRegister } from './cells.node.ts';
import { refreshTrack } from './film-rows.node.ts';
import { FilmSide, isFilmKind } from './film-shadow.node.ts';
import { layDecision, layListing, layMusic, layNote, layResolution, layTake, layVersion } from './lay.node.ts';
import { retirePassed } from './outbox.node.ts';
import { type FeedEntry, type Operation, operationSchema } from './protocol.ts';
import { retire } from './retire.node.ts';
import { takeCells } from './shadows.node.ts';
import { restamp, withdraw } from './signed.node.ts';
import { feedPosition, isPartial, setFeedPosition } from './state.node.ts';

/** What of a listing changed, so that pages are told. */
export type ChangedPart = 'card' | 'rooms' | 'photos' | 'analysis' | 'film' | 'versions' | 'music' | 'takes' | 'review';

export interface Applied {
  /** What changed by others' operations, and by what became of own ones. */
  readonly changed: ReadonlyMap<string, ReadonlySet<ChangedPart>>;
  /** Listings whose own steps of the film the server kept as a version. */
  readonly branched: readonly { readonly listingId: string; readonly versionId: string }[];
  /** Of a listing that nothing but the feed has told of yet. */
  readonly added: readonly string[];
}

export interface FeedOptions {
  readonly teamId: string;
  /** Where photos of a listing that comes from the team will lie on this machine; empty without it. */
  readonly folderOf?: (listingId: string) => string;
}

/**
 * Applies entries in their order, in one transaction, and remembers the place after the last. Entries that were applied
 * before (by listing and place) change nothing, so an answer may come twice or late. Throws `internal` for one that
 * begins beyond the place where the studio is: ask from there. Never called twice at once.
 */
export async function applyFeed(
  database: Database,
  entries: readonly FeedEntry[],
  options: FeedOptions,
): Promise<Applied> {
  const { db, dialect } = database;
  try {
    return await db.transaction().execute(async (trx) => {
      const batch = new Batch({ db: trx, dialect }, options);
      const position = await feedPosition({ db: trx, dialect });
      const first = entries.find(({ seq }) => seq > position)?.seq ?? 0;
      // Places of a team's log are counted without a gap.
      if (first > position + 1)
        throw new PicaividError('internal', `The team’s feed goes on at ${position + 1}, and ${first} came.`);
      for (const entry of entries) await batch.take(entry);
      return batch.finish(entries.at(-1)?.seq ?? 0);
    });
  } catch (error) {
    throw databaseError(error);
  }
}

/** One entry; see `applyFeed`. */
export function applyFeedEntry(database: Database, entry: FeedEntry, options: FeedOptions): Promise<Applied> {
  return applyFeed(database, [entry], options);
}

class Batch {
  private readonly writer: Writer;
  private readonly options: FeedOptions;
  private readonly films = new Map<string, FilmSide>();
  private readonly changed = new Map<string, Set<ChangedPart>>();
  private readonly branched: { listingId: string; versionId: string }[] = [];
  private readonly added: string[] = [];
  /** Place of the last entry of each listing that was met here, and whether only its card is known. */
  private readonly listings = new Map<string, { seq: number; partial: boolean; moved: boolean }>();

  constructor(writer: Writer, options: FeedOptions) {
    this.writer = writer;
    this.options = options;
  }

  async take(entry: FeedEntry): Promise<void> {
    const own = await this.ownOperation(entry.id);
    const listing = await this.listing(entry.listingId);
    const known = listing !== undefined && entry.seq <= listing.seq;
    if (!known && (listing !== undefined || entry.body.kind === 'listing.create')) {
      await this.lay(entry, own, listing?.partial === true);
      const after = await this.listing(entry.listingId);
      if (after !== undefined) Object.assign(after, { seq: entry.seq, moved: true });
    }
    if (own === undefined) return;
    const { kind } = entry.body;
    const stepped = kind === 'film.version' && isFilmKind(own.body.kind);
    if (stepped && entry.body.kind === 'film.version') {
      (await this.film(entry.listingId)).branched(entry.seq, own.base);
      this.branched.push({ listingId: entry.listingId, versionId: entry.body.versionId });
    }
    const film = isFilmKind(own.body.kind) ? await this.film(entry.listingId) : undefined;
    await retire(this.writer, own, stepped ? 'branched' : 'applied', film);
  }

  async finish(seq: number): Promise<Applied> {
    for (const [listingId, film] of this.films) if (await film.finish()) this.tell(listingId, 'film');
    for (const [listingId, parts] of this.changed)
      if (parts.has('music') && (await refreshTrack(this.writer, listingId, true))) this.tell(listingId, 'film');
    const position = Math.max(seq, await feedPosition(this.writer));
    await setFeedPosition(this.writer, position);
    await retirePassed(this.writer, position);
    for (const [listingId, { seq: place, moved }] of this.listings) {
      if (!moved) continue;
      await this.writer.db
        .updateTable('listings')
        .set({ sync_seq: place, revision: sql`revision + 1` })
        .where('id', '=', listingId)
        .execute();
    }
    return { changed: this.changed, branched: this.branched, added: this.added };
  }

  private async ownOperation(id: string): Promise<Operation | undefined> {
    const row = await this.writer.db
      .selectFrom('outbox')
      .select('operation')
      .where('id', '=', id)
      .where('state', '!=', 'refused')
      .executeTakeFirst();
    return row === undefined ? undefined : readJson(operationSchema, row.operation);
  }

  private async listing(id: string): Promise<{ seq: number; partial: boolean; moved: boolean } | undefined> {
    const known = this.listings.get(id);
    if (known !== undefined) return known;
    const row = await this.writer.db.selectFrom('listings').select('sync_seq').where('id', '=', id).executeTakeFirst();
    if (row === undefined) return undefined;
    const made = { seq: Number(row.sync_seq), partial: await isPartial(this.writer, id), moved: false };
    this.listings.set(id, made);
    return made;
  }

  private async film(listingId: string): Promise<FilmSide> {
    const known = this.films.get(listingId);
    if (known !== undefined) return known;
    const opened = await FilmSide.open(this.writer, listingId);
    this.films.set(listingId, opened);
    return opened;
  }

  private tell(listingId: string, part: ChangedPart): void {
    const parts = this.changed.get(listingId);
    if (parts === undefined) this.changed.set(listingId, new Set([part]));
    else parts.add(part);
  }

  private async lay(entry: FeedEntry, own: Operation | undefined, partial: boolean): Promise<void> {
    const { writer, options } = this;
    const { body, listingId } = entry;
    // Of a listing known by its card alone only the card follows: its snapshot brings the rest at a later place.
    if (partial && body.kind !== 'listing.set' && body.kind !== 'analysis.set') return;
    await takeCells(writer, listingId, cellsOf(body));
    for (const part of partsOf(cellsOf(body))) this.tell(listingId, part);
    switch (body.kind) {
      case 'listing.create':
        if ((await this.listing(listingId)) === undefined) this.added.push(listingId);
        await layListing(writer, entry, body, options.teamId, options.folderOf?.(listingId) ?? '');
        return this.tell(listingId, 'card');
      case 'film.create':
      case 'film.edit':
      case 'film.status':
        (await this.film(listingId)).take(entry, own !== undefined);
        return;
      case 'film.version':
        await layVersion(writer, entry, body);
        return this.tell(listingId, 'versions');
      case 'music.add':
        await layMusic(writer, entry, body);
        return this.tell(listingId, 'music');
      case 'take.add':
        await layTake(writer, entry, body);
        return this.tell(listingId, 'takes');
      case 'review.decide':
        await layDecision(writer, entry, body);
        if (own !== undefined) await restamp(writer, 'review_decisions', body.decisionId, entry);
        return this.tell(listingId, 'review');
      case 'review.note':
        await layNote(writer, entry, body);
        if (own !== undefined) await restamp(writer, 'review_notes', body.noteId, entry);
        return this.tell(listingId, 'review');
      case 'review.resolve':
        // The first in the team's order stays: an own one that is not answered yet gives way.
        if (own === undefined) await this.giveWay(body.noteId);
        await layResolution(writer, entry, body);
        if (own !== undefined) await restamp(writer, 'review_resolutions', body.resolutionId, entry);
        return this.tell(listingId, 'review');
      default:
        return;
    }
  }

  private async giveWay(noteId: string): Promise<void> {
    const { writer } = this;
    const row = await writer.db
      .selectFrom('review_resolutions')
      .select('id')
      .where('note_id', '=', noteId)
      .executeTakeFirst();
    if (row === undefined) return;
    const rows = await writer.db.selectFrom('outbox').select('operation').where('state', '!=', 'refused').execute();
    const mine = rows.some(({ operation }) => {
      const { body } = readJson(operationSchema, operation);
      return body.kind === 'review.resolve' && body.resolutionId === row.id;
    });
    if (mine) await withdraw(writer, 'review_resolutions', 'id', row.id);
  }
}

function partsOf(cells: readonly Cell[]): ChangedPart[] {
  return cells.map(({ field }): ChangedPart => {
    if (isRegister(field)) return 'rooms';
    if (field === 'photo') return 'photos';
    if (field === 'analysis') return 'analysis';
    return field.startsWith('listing.') ? 'card' : 'takes';
  });
}
