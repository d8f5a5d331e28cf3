/** What studios read of a team: its log in order, cards, one listing whole, conflicts. Nothing of another team. */
import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { TEMPLATE_NAMES } from '../../pipeline/domain.ts';
import { readFlag, readJson, readMoment } from '../codec.ts';
import { type Database, databaseError } from '../open.node.ts';
import {
  type Actor,
  actorSchema,
  type Conflict,
  type FeedAnswer,
  type FeedEntry,
  type listingCardSchema,
  MAX_FEED,
  operationBodySchema,
  type Snapshot,
} from '../sync/protocol.ts';
import { wholeListing } from '../sync/whole.node.ts';
import type { ConflictsTable, SyncLogTable } from '../tables-team.ts';
import { SYSTEM_CLIENT } from './apply.node.ts';

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw databaseError(error);
  }
}

/** The last place of the team's log. Throws `file_not_found` without the team. */
export async function head({ db }: Pick<Database, 'db'>, teamId: string): Promise<number> {
  const row = await guarded(() => db.selectFrom('teams').select('seq').where('id', '=', teamId).executeTakeFirst());
  if (row === undefined) throw new PicaividError('file_not_found', 'There is no such team on this server.');
  return Number(row.seq);
}

/**
 * Entries after a place, in order, at most `limit`. None can come before them later: a place is given and committed
 * while the team's row is held. `next` is where to go on; `head` was read first, so that it never is past what is there.
 */
export async function feed(
  database: Database,
  teamId: string,
  after: number,
  limit: number = MAX_FEED,
): Promise<FeedAnswer> {
  const last = await head(database, teamId);
  const most = Math.min(Math.max(1, limit), MAX_FEED);
  const rows = await guarded(() =>
    database.db
      .selectFrom('sync_log')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('seq', '>', after)
      .where('seq', '<=', last)
      .orderBy('seq')
      .limit(most)
      .execute(),
  );
  const entries = rows.map(toEntry);
  return { entries, next: entries.at(-1)?.seq ?? Math.max(after, last), head: last };
}

function toEntry(row: Selectable<SyncLogTable>): FeedEntry {
  return {
    seq: Number(row.seq),
    id: row.id,
    listingId: row.listing_id,
    clientId: row.client_id,
    actor: readJson(actorSchema, row.actor),
    at: readMoment(row.created_at),
    body: readJson(operationBodySchema, row.body),
    filmRevision: row.film_revision,
  };
}

export type ListingCard = z.infer<typeof listingCardSchema>;

/** Cards after an id, by id; `next` is null at the end. Deleted listings too: studios know them by that. */
export async function listingCards(
  database: Database,
  teamId: string,
  after: string | null,
  limit: number,
): Promise<{ readonly listings: readonly ListingCard[]; readonly next: string | null; readonly head: number }> {
  const last = await head(database, teamId);
  const most = Math.min(Math.max(1, limit), MAX_FEED);
  const rows = await guarded(() => {
    // UUIDs sort by their bytes in both dialects; the database's language must not have a say.
    const id = database.dialect === 'postgres' ? sql<string>`listings.id collate "C"` : sql<string>`listings.id`;
    const page = database.db
      .selectFrom('listings')
      .innerJoin('jobs', 'jobs.id', 'listings.job_id')
      .selectAll('listings')
      .select(['jobs.status', 'jobs.template_type', 'jobs.target_length'])
      .where('listings.team_id', '=', teamId)
      .orderBy(id)
      .limit(most);
    return (after === null ? page : page.where(id, '>', after)).execute();
  });
  const listings = rows.map((row) => ({
    id: row.id,
    name: row.name,
    template: z.enum(TEMPLATE_NAMES).parse(row.template_type),
    targetSeconds: row.target_length,
    status: row.status,
    archived: readFlag(row.archived),
    deletedAt: row.deleted_at === null ? null : readMoment(row.deleted_at),
    photoCount: row.photo_count,
    posterPhotoId: row.poster_photo_key,
    createdAt: readMoment(row.created_at),
    updatedAt: readMoment(row.updated_at),
    seq: Number(row.sync_seq),
  }));
  return { listings, next: listings.length < most ? null : (listings.at(-1)?.id ?? null), head: last };
}

const SERVER: Actor = { name: '', role: 'admin' };

/** The whole of one listing at one place of the log. Throws `file_not_found`, also for one of another team. */
export async function snapshot(database: Database, teamId: string, listingId: string): Promise<Snapshot> {
  const { db, dialect } = database;
  return guarded(() =>
    // One look at everything: a push that is committed meanwhile is in all of it or in nothing.
    (dialect === 'postgres' ? db.transaction().setIsolationLevel('repeatable read') : db.transaction()).execute(
      async (trx) => {
        const row = await trx
          .selectFrom('listings')
          .leftJoin('films', 'films.listing_id', 'listings.id')
          .select(['listings.sync_seq', 'films.revision'])
          .where('listings.id', '=', listingId)
          .where('listings.team_id', '=', teamId)
          .executeTakeFirst();
        const parts = row === undefined ? undefined : await wholeListing({ db: trx, dialect }, listingId);
        if (row === undefined || parts === undefined)
          throw new PicaividError('file_not_found', 'This listing is not in the team (any more).');
        const seq = Number(row.sync_seq);
        const entries = parts.map(
          ({ id, body, by, at }): FeedEntry => ({
            seq: Math.max(1, seq),
            id,
            listingId,
            clientId: SYSTEM_CLIENT,
            actor: by ?? SERVER,
            at,
            body,
            filmRevision: body.kind === 'film.create' ? (row.revision ?? 0) : null,
          }),
        );
        const open = await trx
          .selectFrom('conflicts')
          .selectAll()
          .where('team_id', '=', teamId)
          .where('listing_id', '=', listingId)
          .where('resolved_at', 'is', null)
          .orderBy('seq')
          .orderBy('id')
          .execute();
        return { listingId, seq, filmRevision: row.revision ?? 0, entries, conflicts: open.map(toConflict) };
      },
    ),
  );
}

/** Conflicts that nobody has settled, oldest first; of one listing, or of all. */
export async function conflicts(
  { db }: Database,
  teamId: string,
  listingId: string | null = null,
): Promise<readonly Conflict[]> {
  const rows = await guarded(() => {
    const open = db
      .selectFrom('conflicts')
      .selectAll()
      .where('team_id', '=', teamId)
      .where('resolved_at', 'is', null)
      .orderBy('seq')
      .orderBy('id')
      .limit(MAX_FEED);
    return (listingId === null ? open : open.where('listing_id', '=', listingId)).execute();
  });
  return rows.map(toConflict);
}

/** Somebody has settled it; a second time changes nothing. Throws `file_not_found`, also for one of another team. */
export async function resolveConflict({ db }: Database, teamId: string, id: string): Promise<Conflict> {
  const row = await guarded(() =>
    db
      .updateTable('conflicts')
      .set({ resolved_at: sql`coalesce(resolved_at, ${new Date().toISOString()})` })
      .where('id', '=', id)
      .where('team_id', '=', teamId)
      .returningAll()
      .executeTakeFirst(),
  );
  if (row === undefined) throw new PicaividError('file_not_found', 'There is no such conflict (any more).');
  return toConflict(row);
}

/** Values are wrapped: Postgres gives JSON text as text, which looks like JSON that is still to be parsed. */
const valueSchema = z.object({ value: z.unknown() });

function toConflict(row: Selectable<ConflictsTable>): Conflict {
  return {
    id: row.id,
    listingId: row.listing_id,
    kind: z.enum(['register', 'listing', 'film']).parse(row.kind),
    field: row.field,
    subject: row.subject,
    kept: readJson(valueSchema, row.kept).value,
    lost: readJson(valueSchema, row.lost).value,
    keptBy: readJson(actorSchema, row.kept_by),
    lostBy: readJson(actorSchema, row.lost_by),
    seq: Number(row.seq),
    at: readMoment(row.created_at),
    resolvedAt: row.resolved_at === null ? null : readMoment(row.resolved_at),
  };
}
