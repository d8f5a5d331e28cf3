/**
 * The studio's own tables behind `StudioStore`. Every write is one transaction, and what a call acknowledged survives a
 * kill: SQLite runs with synchronous=FULL.
 */
import { type Kysely, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { ERROR_CODES, type ErrorData, PicaividError } from '../../base/errors.ts';
import { JOB_STATUSES, TEMPLATE_NAMES } from '../../pipeline/domain.ts';
import { applyChanges, type Change, invertChanges } from '../../pipeline/rooms/decisions.ts';
import { readFlag, readJson, readMoment, writeFlag, writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import { createJob } from '../jobs.node.ts';
import { type Database, databaseError } from '../open.node.ts';
import type { Tables, TasksTable } from '../tables.ts';
import { isShared, tellTeam } from './outbox.node.ts';
import { readRegisters, writeRegisters } from './registers.node.ts';
import { cardChanges, partlyWords, stillOwn } from './shared-changes.node.ts';
import type { Acted, ActionRow, ListingRow, StudioStore, TaskRow } from './types.ts';

const now = (): string => new Date().toISOString();
/** Finished tasks are listed this long, milliseconds. */
const TASK_MEMORY_MS = 24 * 3600 * 1000;

const errorSchema = z
  .object({ code: z.enum(ERROR_CODES), message: z.string(), file: z.string().exactOptional() })
  .catch({ code: 'internal', message: 'An error that this version does not know.' });
const readError = (stored: unknown): ErrorData | null => (stored === null ? null : readJson(errorSchema, stored));
/** Changes were parsed when they came in; the log only needs their shape. */
const changesSchema = z.custom<readonly Change[]>((value) => Array.isArray(value));
const taskStates = z.enum(['waiting', 'running', 'paused', 'done', 'failed', 'cancelled']);

/** The store over an open, migrated database; `close` closes that database. */
export function studioStore(database: Database): StudioStore {
  const { db, dialect } = database;

  const selectListings = () =>
    db
      .selectFrom('listings')
      .innerJoin('jobs', 'jobs.id', 'listings.job_id')
      .select([
        'listings.id', 'listings.job_id', 'listings.name', 'listings.folder', 'listings.archived',
        'listings.deleted_at', 'listings.photo_count', 'listings.rejected_count', 'listings.attention_count',
        'listings.poster_photo_key', 'listings.revision', 'listings.created_at', 'listings.updated_at',
        'listings.team_id',
        'jobs.status', 'jobs.template_type', 'jobs.target_length', 'jobs.error',
      ]); // biome-ignore format: a table reads better as a block

  type Row = Awaited<ReturnType<ReturnType<typeof selectListings>['execute']>>[number];
  const toListing = (row: Row): ListingRow => ({
    id: row.id,
    jobId: row.job_id,
    name: row.name,
    folder: row.folder,
    status: z.enum(JOB_STATUSES).parse(row.status),
    template: z.enum(TEMPLATE_NAMES).parse(row.template_type),
    targetSeconds: row.target_length,
    error: readError(row.error),
    archived: readFlag(row.archived),
    deletedAt: row.deleted_at === null ? null : readMoment(row.deleted_at),
    createdAt: readMoment(row.created_at),
    updatedAt: readMoment(row.updated_at),
    photoCount: row.photo_count,
    rejectedCount: row.rejected_count,
    attentionCount: row.attention_count,
    posterPhotoId: row.poster_photo_key,
    revision: row.revision,
    teamId: row.team_id,
  });

  const listing = async (id: string): Promise<ListingRow | undefined> => {
    const row = await selectListings().where('listings.id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toListing(row);
  };
  const mustListing = async (id: string): Promise<ListingRow> => {
    const found = await listing(id);
    if (found === undefined) throw noListing();
    return found;
  };

  /** Sets registers, counts the revision and says what undo and redo would do now. */
  const settle = async (
    trx: Kysely<Tables>,
    listingId: string,
    jobId: string,
    label: string,
    changes: readonly Change[],
    userId: string | null,
  ): Promise<Acted> => {
    applyChanges(await readRegisters(trx, jobId), changes);
    if (changes.length > 0 && (await isShared({ db: trx }, listingId)))
      await tellTeam({ db: trx, dialect }, listingId, [{ kind: 'rooms.act', label, changes: [...changes] }]);
    await writeRegisters(trx, dialect, jobId, changes, userId);
    return { revision: await bump(trx, listingId), label, changes, ...(await undoRedo(trx, listingId)) };
  };

  const step = async (listingId: string, direction: 'undo' | 'redo'): Promise<Acted | null> =>
    inTransaction(db, async (trx) => {
      const jobId = await jobOf(trx, listingId);
      const row = await nextStep(trx, listingId, direction);
      if (row === undefined) return null;
      await trx
        .updateTable('actions')
        .set({ state: direction === 'undo' ? 'undone' : 'done' })
        .where('id', '=', row.id)
        .execute();
      const changes = readJson(changesSchema, row.changes);
      const turned = direction === 'undo' ? invertChanges(changes) : changes;
      if (!(await isShared({ db: trx }, listingId)))
        return settle(trx, listingId, jobId, row.label, turned, row.user_id);
      // Others work here too: what they changed since stays.
      const own = stillOwn(await readRegisters(trx, jobId), turned);
      const label = own.length === turned.length ? row.label : `${row.label}${partlyWords(own.length, turned.length)}`;
      return settle(trx, listingId, jobId, label, own, row.user_id);
    });

  return {
    async listings(options = {}) {
      let query = selectListings().orderBy('listings.created_at', 'desc').orderBy('listings.id', 'desc');
      if (options.deleted !== true) query = query.where('listings.deleted_at', 'is', null);
      return (await query.execute()).map(toListing);
    },
    listing,
    async listingByFolder(folder) {
      const row = await selectListings()
        .where('listings.folder', '=', folder)
        .orderBy('listings.created_at', 'desc')
        .executeTakeFirst();
      return row === undefined ? undefined : toListing(row);
    },
    async decisions(listingId) {
      return readRegisters(db, await jobOf(db, listingId));
    },
    async actions(listingId, limit) {
      const rows = await db
        .selectFrom('actions')
        .selectAll()
        .where('listing_id', '=', listingId)
        .where('state', '!=', 'superseded')
        .orderBy('sequence', 'desc')
        .limit(limit)
        .execute();
      return rows.map(
        (row): ActionRow => ({
          id: row.id,
          label: row.label,
          changes: readJson(changesSchema, row.changes),
          undone: row.state === 'undone',
          at: readMoment(row.created_at),
        }),
      );
    },
    undoRedo: (listingId) => undoRedo(db, listingId),
    async tasks() {
      const since = new Date(Date.now() - TASK_MEMORY_MS).toISOString();
      const rows = await db
        .selectFrom('tasks')
        .selectAll()
        .where((where) =>
          where.or([where('state', 'in', ['waiting', 'running', 'paused']), where('updated_at', '>', since)]),
        )
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toTask);
    },
    async task(id) {
      const row = await db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : toTask(row);
    },
    async preference(name) {
      const row = await db.selectFrom('preferences').select('value').where('name', '=', name).executeTakeFirst();
      return row === undefined ? undefined : readJson(z.object({ value: z.unknown() }), row.value).value;
    },

    createListing: ({ name, folder, template, targetSeconds }) =>
      inTransaction(db, async (trx) => {
        const id = newId();
        const jobId = await createJob(
          { ...database, db: trx },
          {
            listingId: id,
            template,
            targetSeconds,
            musicPath: null,
            options: { folder, out: '', renderer: 'depth_parallax', modelSet: 'auto', beatSync: true },
          },
        );
        await trx
          .insertInto('listings')
          .values({
            id,
            job_id: jobId,
            name,
            folder,
            archived: writeFlag(false, dialect),
            deleted_at: null,
            photo_count: 0,
            rejected_count: 0,
            attention_count: 0,
            poster_photo_key: null,
            revision: 0,
            created_at: now(),
            updated_at: now(),
          })
          .execute();
        return id;
      }).then(mustListing),
    async updateListing(id, changes) {
      const { name, folder, archived, deletedAt, template, targetSeconds } = changes;
      await inTransaction(db, async (trx) => {
        const jobId = await jobOf(trx, id);
        if (await isShared({ db: trx }, id))
          await tellTeam({ db: trx, dialect }, id, await cardChanges(trx, id, changes));
        await trx
          .updateTable('listings')
          .set({
            updated_at: now(),
            ...(name === undefined ? {} : { name }),
            ...(folder === undefined ? {} : { folder }),
            ...(archived === undefined ? {} : { archived: writeFlag(archived, dialect) }),
            ...(deletedAt === undefined ? {} : { deleted_at: deletedAt }),
          })
          .where('id', '=', id)
          .execute();
        if (template !== undefined || targetSeconds !== undefined)
          await trx
            .updateTable('jobs')
            .set({
              updated_at: now(),
              ...(template === undefined ? {} : { template_type: template }),
              ...(targetSeconds === undefined ? {} : { target_length: targetSeconds }),
            })
            .where('id', '=', jobId)
            .execute();
      });
      return mustListing(id);
    },
    async setCardFacts(id, facts) {
      await guarded(() =>
        db
          .updateTable('listings')
          .set({
            photo_count: facts.photoCount,
            rejected_count: facts.rejectedCount,
            attention_count: facts.attentionCount,
            poster_photo_key: facts.posterPhotoId,
          })
          .where('id', '=', id)
          .execute(),
      );
    },
    bumpRevision: (id) => inTransaction(db, (trx) => bump(trx, id)),
    act: (listingId, label, changes, userId) =>
      inTransaction(db, async (trx) => {
        const jobId = await jobOf(trx, listingId);
        await trx
          .updateTable('actions')
          .set({ state: 'superseded' })
          .where('listing_id', '=', listingId)
          .where('state', '=', 'undone')
          .execute();
        const last = await trx
          .selectFrom('actions')
          .select((select) => select.fn.max('sequence').as('sequence'))
          .where('listing_id', '=', listingId)
          .executeTakeFirst();
        await trx
          .insertInto('actions')
          .values({
            id: newId(),
            listing_id: listingId,
            label,
            changes: writeJson(changes),
            state: 'done',
            sequence: Number(last?.sequence ?? 0) + 1,
            user_id: userId,
            created_at: now(),
          })
          .execute();
        return settle(trx, listingId, jobId, label, changes, userId);
      }),
    undo: (listingId) => step(listingId, 'undo'),
    redo: (listingId) => step(listingId, 'redo'),
    async createTask({ kind, listingId, input }) {
      const row = {
        id: newId(),
        kind,
        listing_id: listingId,
        input: writeJson(input),
        state: 'waiting',
        fraction: 0,
        sentence: '',
        checkpoint: null,
        error: null,
        attempts: 0,
        created_at: now(),
        updated_at: now(),
      };
      await guarded(() => db.insertInto('tasks').values(row).execute());
      return toTask(row);
    },
    async updateTask(id, changes) {
      const { checkpoint, error, ...rest } = changes;
      await guarded(() =>
        db
          .updateTable('tasks')
          .set({
            ...rest,
            ...(checkpoint === undefined ? {} : { checkpoint: writeJson(checkpoint) }),
            ...(error === undefined ? {} : { error: error === null ? null : writeJson(error) }),
            updated_at: now(),
          })
          .where('id', '=', id)
          .execute(),
      );
    },
    async setPreference(name, value) {
      const row = { value: writeJson({ value }), updated_at: now() };
      await guarded(() =>
        db
          .insertInto('preferences')
          .values({ name, ...row })
          .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
          .execute(),
      );
    },
    close: () => database.close(),
  };
}

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw databaseError(error);
  }
}

function inTransaction<T>(db: Kysely<Tables>, body: (trx: Kysely<Tables>) => Promise<T>): Promise<T> {
  return guarded(() => db.transaction().execute(body));
}

function noListing(): PicaividError {
  return new PicaividError('file_not_found', 'This listing is not in the library (any more).');
}

async function jobOf(db: Kysely<Tables>, listingId: string): Promise<string> {
  const row = await db.selectFrom('listings').select('job_id').where('id', '=', listingId).executeTakeFirst();
  if (row === undefined) throw noListing();
  return row.job_id;
}

async function bump(db: Kysely<Tables>, listingId: string): Promise<number> {
  const row = await db
    .updateTable('listings')
    .set({ revision: sql`revision + 1`, updated_at: now() })
    .where('id', '=', listingId)
    .returning('revision')
    .executeTakeFirst();
  if (row === undefined) throw noListing();
  return row.revision;
}

/** The newest action that is done, or the oldest that is undone. */
function nextStep(db: Kysely<Tables>, listingId: string, direction: 'undo' | 'redo') {
  return db
    .selectFrom('actions')
    .select(['id', 'label', 'changes', 'user_id'])
    .where('listing_id', '=', listingId)
    .where('state', '=', direction === 'undo' ? 'done' : 'undone')
    .orderBy('sequence', direction === 'undo' ? 'desc' : 'asc')
    .limit(1)
    .executeTakeFirst();
}

async function undoRedo(db: Kysely<Tables>, listingId: string): Promise<Pick<Acted, 'undo' | 'redo'>> {
  const undo = await nextStep(db, listingId, 'undo');
  const redo = await nextStep(db, listingId, 'redo');
  return { undo: undo?.label ?? null, redo: redo?.label ?? null };
}

function toTask(row: Selectable<TasksTable>): TaskRow {
  return {
    id: row.id,
    kind: row.kind,
    listingId: row.listing_id,
    input: readJson(z.unknown(), row.input),
    state: taskStates.parse(row.state),
    fraction: row.fraction,
    sentence: row.sentence,
    checkpoint: row.checkpoint === null ? null : readJson(z.unknown(), row.checkpoint),
    error: readError(row.error),
    attempts: row.attempts,
    createdAt: readMoment(row.created_at),
    updatedAt: readMoment(row.updated_at),
  };
}
