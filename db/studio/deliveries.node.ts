/** Deliveries of the studio's films: what was asked for, by whom, what became of each film. */
import { z } from 'zod';
import { ERROR_CODES, type ErrorData } from '../../base/errors.ts';
import { readJson, readMoment, writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import { type Database, databaseError } from '../open.node.ts';

/** One film of a delivery, without what only lives while it is made. Settings and person are the host's. */
const filmSchema = z.object({
  output: z.unknown(),
  name: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  error: z.object({ code: z.enum(ERROR_CODES), message: z.string(), file: z.string().exactOptional() }).nullable(),
  bytes: z.number().nullable(),
  seconds: z.number().nullable(),
  verification: z.array(z.object({ name: z.string(), expected: z.string(), measured: z.string(), pass: z.boolean() })),
  /** What a person should know of the film, as sentences. */
  notes: z.array(z.string()).default([]),
  copiedFrames: z.number().nullable(),
  encodedFrames: z.number().nullable(),
});
export type DeliveryFilmRow = z.infer<typeof filmSchema>;
const errorSchema = filmSchema.shape.error;
const stateSchema = z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']).catch('failed');
const overrideSchema = z.object({ name: z.string(), reason: z.string() }).nullable();

export interface DeliveryRow {
  readonly id: string;
  readonly listingId: string;
  readonly state: z.infer<typeof stateSchema>;
  readonly filmRevision: number;
  readonly settings: unknown;
  readonly person: unknown;
  readonly override: { readonly name: string; readonly reason: string } | null;
  /** Absolute; shown, never an address. */
  readonly folder: string;
  readonly films: readonly DeliveryFilmRow[];
  readonly error: ErrorData | null;
  readonly at: string;
}

export class DeliveryStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** What a delivery of the listing is to hold, as it was set last; null before that, or without a film. */
  settings(listingId: string): Promise<unknown> {
    return guarded(async () => {
      const row = await this.database.db
        .selectFrom('films')
        .select('delivery')
        .where('listing_id', '=', listingId)
        .executeTakeFirst();
      return row === undefined || row.delivery === null ? null : readJson(z.unknown(), row.delivery);
    });
  }

  async setSettings(listingId: string, settings: unknown): Promise<void> {
    await guarded(() =>
      this.database.db
        .updateTable('films')
        .set({ delivery: writeJson(settings) })
        .where('listing_id', '=', listingId)
        .execute(),
    );
  }

  async create(row: Omit<DeliveryRow, 'id' | 'at' | 'error' | 'state'>): Promise<DeliveryRow> {
    const now = new Date().toISOString();
    const made: DeliveryRow = { ...row, id: newId(), state: 'waiting', error: null, at: now };
    await guarded(() =>
      this.database.db
        .insertInto('deliveries')
        .values({
          id: made.id,
          listing_id: made.listingId,
          state: made.state,
          film_revision: made.filmRevision,
          settings: writeJson(made.settings),
          person: writeJson(made.person),
          override: made.override === null ? null : writeJson(made.override),
          folder: made.folder,
          films: writeJson(made.films),
          error: null,
          created_at: now,
          updated_at: now,
        })
        .execute(),
    );
    return made;
  }

  async update(id: string, changes: Partial<Pick<DeliveryRow, 'state' | 'films' | 'error'>>): Promise<void> {
    const { state, films, error } = changes;
    await guarded(() =>
      this.database.db
        .updateTable('deliveries')
        .set({
          updated_at: new Date().toISOString(),
          ...(state === undefined ? {} : { state }),
          ...(films === undefined ? {} : { films: writeJson(films) }),
          ...(error === undefined ? {} : { error: error === null ? null : writeJson(error) }),
        })
        .where('id', '=', id)
        .execute(),
    );
  }

  /** Newest first. */
  list(listingId: string): Promise<readonly DeliveryRow[]> {
    return guarded(async () => {
      const { db } = this.database;
      const rows = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('listing_id', '=', listingId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute();
      return rows.map(toRow);
    });
  }

  get(id: string): Promise<DeliveryRow | undefined> {
    return guarded(async () => {
      const row = await this.database.db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : toRow(row);
    });
  }

  /** Whether a delivery of another listing went to this folder. */
  isOthers(folder: string, listingId: string): Promise<boolean> {
    return guarded(async () => {
      const row = await this.database.db
        .selectFrom('deliveries')
        .select('id')
        .where('folder', '=', folder)
        .where('listing_id', '!=', listingId)
        .executeTakeFirst();
      return row !== undefined;
    });
  }
}

function toRow(row: {
  readonly id: string;
  readonly listing_id: string;
  readonly state: string;
  readonly film_revision: number;
  readonly settings: unknown;
  readonly person: unknown;
  readonly override: unknown;
  readonly folder: string;
  readonly films: unknown;
  readonly error: unknown;
  readonly created_at: Date | string;
}): DeliveryRow {
  return {
    id: row.id,
    listingId: row.listing_id,
    state: stateSchema.parse(row.state),
    filmRevision: row.film_revision,
    settings: readJson(z.unknown(), row.settings),
    person: readJson(z.unknown(), row.person),
    override: row.override === null ? null : readJson(overrideSchema, row.override),
    folder: row.folder,
    films: readJson(z.array(filmSchema), row.films),
    error: row.error === null ? null : readJson(errorSchema, row.error),
    at: readMoment(row.created_at),
  };
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw databaseError(error);
  }
}
