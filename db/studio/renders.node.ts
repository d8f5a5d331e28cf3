/**
 * What was rendered of a film's clips and what is to be: takes, the choice among them, the queue of requests, seeds.
 * Which take is current follows from rows alone (`currentTake`), so an edit that is undone brings its take back.
 */
import { z } from 'zod';
import { ERROR_CODES, type ErrorData } from '../../base/errors.ts';
import type { ClipSpec, RenderedClip, Take } from '../../pipeline/domain.ts';
import { clipSpecSchema, takeSchema } from '../../pipeline/schemas.ts';
import { readJson, readMoment, writeJson } from '../codec.ts';
import { type Database, databaseError } from '../open.node.ts';
import { type TakeFile, writeRenderedClip } from '../results.node.ts';
import type { OperationBody } from '../sync/protocol.ts';
import { NOT_RENDERED, type Writer } from '../timeline-rows.node.ts';
import { sharedListingOf, tellTeam } from './outbox.node.ts';

export interface TakeRow {
  readonly clipId: string;
  readonly specHash: string;
  /** Hash of the spec that was wanted when it was made. */
  readonly askedHash: string;
  /** As recorded; its path is of the machine and day it was made. */
  readonly take: Take;
  /** Null for takes of before that was recorded. */
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly mtimeMs: number | null;
  readonly downgradeReason: string | null;
  readonly at: string;
}

/** `done` ones are kept until all of the listing's queue is, so that progress counts what was done. */
export type RequestState = 'queued' | 'running' | 'failed' | 'done';
export interface RenderRequest {
  readonly clipId: string;
  readonly askedHash: string;
  readonly spec: ClipSpec;
  readonly state: RequestState;
  readonly priority: number;
  readonly error: ErrorData | null;
}

export interface ClipFacts {
  readonly seed: number;
  /** Oldest first. */
  readonly takes: readonly TakeRow[];
  /** Wanted hash → take that a person chose, or that the ladder ended at. */
  readonly choices: ReadonlyMap<string, string>;
  /** Newest decision of each take by its spec hash. */
  readonly reviews: ReadonlyMap<string, 'approved' | 'changes_requested' | 'rejected'>;
}
const NO_FACTS: ClipFacts = { seed: 0, takes: [], choices: new Map(), reviews: new Map() };

/** The take that the film shows for what it asks of a clip: the chosen one, else the last made for it. */
export function currentTake({ takes, choices }: ClipFacts, askedHash: string): TakeRow | undefined {
  const chosen = choices.get(askedHash);
  return takes.find((take) => take.specHash === chosen) ?? takes.findLast((take) => take.askedHash === askedHash);
}

const now = (): string => new Date().toISOString();
const ROWS_AT_ONCE = 500;
const errorSchema = z
  .object({ code: z.enum(ERROR_CODES), message: z.string(), file: z.string().exactOptional() })
  .catch({ code: 'internal', message: 'An error that this version does not know.' });
const stateSchema = z.enum(['queued', 'running', 'failed', 'done']).catch('queued');
const reviewSchema = z.enum(['approved', 'changes_requested', 'rejected']);
const detailsSchema = takeSchema.extend({ mtimeMs: z.number().optional() });

export class RenderStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Facts of these clips; one that is not known has none. */
  async facts(clipIds: readonly string[]): Promise<(clipId: string) => ClipFacts> {
    const found = new Map<string, { seed: number; takes: TakeRow[]; choices: Map<string, string>; reviews: Map<string, z.infer<typeof reviewSchema>> }>(); // biome-ignore format: one shape
    const { db } = this.database;
    await guarded(async () => {
      for (const ids of inGroups(clipIds)) {
        for (const row of await db.selectFrom('clips').select(['id', 'seed']).where('id', 'in', ids).execute())
          found.set(row.id, { seed: row.seed, takes: [], choices: new Map(), reviews: new Map() });
        const takes = await db.selectFrom('takes').selectAll().where('clip_id', 'in', ids).orderBy('created_at').orderBy('id').execute(); // biome-ignore format: one query
        for (const row of takes) {
          const { mtimeMs, ...take } = readJson(detailsSchema, row.details);
          found.get(row.clip_id)?.takes.push({
            clipId: row.clip_id,
            specHash: row.spec_hash,
            askedHash: row.asked_hash,
            take,
            sha256: row.sha256,
            bytes: row.bytes === null ? null : Number(row.bytes),
            mtimeMs: mtimeMs ?? null,
            downgradeReason: row.downgrade_reason,
            at: readMoment(row.created_at),
          });
        }
        for (const row of await db.selectFrom('take_choices').selectAll().where('clip_id', 'in', ids).execute())
          found.get(row.clip_id)?.choices.set(row.asked_hash, row.spec_hash);
        const decisions = await db
          .selectFrom('review_decisions')
          .select(['clip_id', 'spec_hash', 'state'])
          .where('clip_id', 'in', ids)
          .orderBy('created_at')
          .orderBy('id')
          .execute();
        for (const row of decisions) {
          const state = reviewSchema.safeParse(row.state);
          if (state.success) found.get(row.clip_id)?.reviews.set(row.spec_hash, state.data);
        }
      }
    });
    return (clipId) => found.get(clipId) ?? NO_FACTS;
  }

  /** The job's clip with this id has this take: undefined when it is another listing's, or there is none. */
  async take(jobId: string, clipId: string, specHash: string): Promise<TakeRow | undefined> {
    const clip = await guarded(() =>
      this.database.db
        .selectFrom('clips')
        .select('id')
        .where('id', '=', clipId)
        .where('job_id', '=', jobId)
        .executeTakeFirst(),
    );
    if (clip === undefined) return undefined;
    return (await this.facts([clipId]))(clipId).takes.find((take) => take.specHash === specHash);
  }

  async setSeed(clipId: string, seed: number): Promise<void> {
    await this.transaction(async (writer) => {
      await tell(writer, clipId, [{ kind: 'clip.seed', clipId, seed }]);
      const { db } = writer;
      await db
        .updateTable('clips')
        .set({ seed, ...NOT_RENDERED })
        .where('id', '=', clipId)
        .execute();
    });
  }

  /** Makes a take the one that is shown for what is wanted. */
  async choose(clipId: string, askedHash: string, specHash: string): Promise<void> {
    const row = { spec_hash: specHash, created_at: now() };
    await this.transaction(async (writer) => {
      await tell(writer, clipId, [{ kind: 'take.choose', clipId, askedHash, specHash }]);
      await writer.db
        .insertInto('take_choices')
        .values({ clip_id: clipId, asked_hash: askedHash, ...row })
        .onConflict((conflict) => conflict.columns(['clip_id', 'asked_hash']).doUpdateSet(row))
        .execute();
    });
  }

  /** Stores what a render made; the chosen take is the current one for what was asked. Twice changes nothing. */
  async saveRendered(rendered: RenderedClip, askedHash: string, files: ReadonlyMap<string, TakeFile>): Promise<void> {
    await this.transaction(async (writer) => {
      await tell(writer, rendered.clipId, await newTakes(writer, rendered, askedHash, files));
      await writeRenderedClip(writer.db, rendered, { askedHash, files });
    });
  }

  private transaction<T>(body: (writer: Writer) => Promise<T>): Promise<T> {
    const { db, dialect } = this.database;
    return guarded(() => db.transaction().execute((trx) => body({ db: trx, dialect })));
  }

  /** All requests of a listing, in no order. */
  async requests(listingId: string): Promise<readonly RenderRequest[]> {
    const rows = await guarded(() =>
      this.database.db.selectFrom('render_requests').selectAll().where('listing_id', '=', listingId).execute(),
    );
    return rows.map((row) => ({
      clipId: row.clip_id,
      askedHash: row.asked_hash,
      spec: readJson(clipSpecSchema, row.spec),
      state: stateSchema.parse(row.state),
      priority: row.priority,
      error: row.error === null ? null : readJson(errorSchema, row.error),
    }));
  }

  /** Puts clips into the queue, or anew where they are in it, in one transaction. */
  async enqueue(
    listingId: string,
    wanted: readonly { readonly clipId: string; readonly askedHash: string; readonly spec: ClipSpec }[],
    priorityOf: (clipId: string) => number,
  ): Promise<void> {
    await guarded(() =>
      this.database.db.transaction().execute(async (trx) => {
        for (const { clipId, askedHash, spec } of wanted) {
          const row = {
            asked_hash: askedHash,
            spec: writeJson(spec),
            state: 'queued',
            priority: priorityOf(clipId),
            attempts: 0,
            error: null,
            updated_at: now(),
          };
          await trx
            .insertInto('render_requests')
            .values({ clip_id: clipId, listing_id: listingId, created_at: now(), ...row })
            .onConflict((conflict) => conflict.column('clip_id').doUpdateSet(row))
            .execute();
        }
      }),
    );
  }

  /** What is known of one request changes. */
  async update(
    clipId: string,
    changes: {
      readonly state?: RequestState;
      readonly error?: ErrorData | null;
      readonly wanted?: { readonly askedHash: string; readonly spec: ClipSpec };
    },
  ): Promise<void> {
    const { state, error, wanted } = changes;
    await guarded(() =>
      this.database.db
        .updateTable('render_requests')
        .set({
          ...(state === undefined ? {} : { state }),
          ...(error === undefined ? {} : { error: error === null ? null : writeJson(error) }),
          ...(wanted === undefined ? {} : { asked_hash: wanted.askedHash, spec: writeJson(wanted.spec) }),
          updated_at: now(),
        })
        .where('clip_id', '=', clipId)
        .execute(),
    );
  }

  /** Nobody renders them now: what a dead host left running waits again. */
  async requeueRunning(listingId: string): Promise<void> {
    await guarded(() =>
      this.database.db
        .updateTable('render_requests')
        .set({ state: 'queued' })
        .where('listing_id', '=', listingId)
        .where('state', '=', 'running')
        .execute(),
    );
  }

  /** Clips on screen first, all others after them. */
  async prioritise(listingId: string, clipIds: readonly string[]): Promise<void> {
    await guarded(() =>
      this.database.db.transaction().execute(async (trx) => {
        await trx.updateTable('render_requests').set({ priority: 0 }).where('listing_id', '=', listingId).execute();
        for (const ids of inGroups(clipIds))
          await trx
            .updateTable('render_requests')
            .set({ priority: 1 })
            .where('listing_id', '=', listingId)
            .where('clip_id', 'in', ids)
            .execute();
      }),
    );
  }

  /** Takes requests out of the queue: those of these clips, and only in these states where they are given. */
  async drop(listingId: string, clipIds: readonly string[] | 'all', states?: readonly RequestState[]): Promise<void> {
    await guarded(async () => {
      const query = () => {
        const all = this.database.db.deleteFrom('render_requests').where('listing_id', '=', listingId);
        return states === undefined ? all : all.where('state', 'in', [...states]);
      };
      if (clipIds === 'all') await query().execute();
      else for (const ids of inGroups(clipIds)) await query().where('clip_id', 'in', ids).execute();
    });
  }

  /** Listings whose job says that it is being rendered. */
  async rendering(): Promise<readonly { readonly listingId: string; readonly jobId: string }[]> {
    const rows = await guarded(() =>
      this.database.db
        .selectFrom('listings')
        .innerJoin('jobs', 'jobs.id', 'listings.job_id')
        .select(['listings.id', 'listings.job_id'])
        .where('jobs.status', '=', 'rendering')
        .execute(),
    );
    return rows.map((row) => ({ listingId: row.id, jobId: row.job_id }));
  }
}

async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw databaseError(error);
  }
}

function inGroups<T>(items: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (let i = 0; i < items.length; i += ROWS_AT_ONCE) groups.push(items.slice(i, i + ROWS_AT_ONCE));
  return groups;
}

async function tell(writer: Writer, clipId: string, bodies: readonly OperationBody[]): Promise<void> {
  const listingId = await sharedListingOf(writer, clipId);
  if (listingId !== undefined) await tellTeam(writer, listingId, bodies);
}

/** Takes that the team has not heard of, and the choice among them where `writeRenderedClip` makes one. */
async function newTakes(
  { db }: Writer,
  { clipId, takes, chosen, downgradeReason }: RenderedClip,
  askedHash: string,
  files: ReadonlyMap<string, TakeFile>,
): Promise<readonly OperationBody[]> {
  const rows = await db
    .selectFrom('takes')
    .select(['spec_hash', 'asked_hash'])
    .where('clip_id', '=', clipId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const known = new Set(rows.map((row) => row.spec_hash));
  const fresh = takes.filter(({ specHash }) => !known.has(specHash));
  const bodies: OperationBody[] = fresh.flatMap((one): OperationBody[] => {
    const file = files.get(one.specHash);
    if (file === undefined) return [];
    const { path: _, ...take } = one;
    const { specHash } = one;
    const blob = { sha256: file.sha256, bytes: file.bytes };
    const reason = specHash === chosen.specHash ? (downgradeReason ?? null) : null;
    return [{ kind: 'take.add', clipId, specHash, askedHash, take, blob, downgradeReason: reason }];
  });
  const last = fresh.at(-1)?.specHash ?? rows.findLast((row) => row.asked_hash === askedHash)?.spec_hash;
  if (last === chosen.specHash) return bodies;
  const choice = await db
    .selectFrom('take_choices')
    .select('spec_hash')
    .where('clip_id', '=', clipId)
    .where('asked_hash', '=', askedHash)
    .executeTakeFirst();
  if (choice === undefined) bodies.push({ kind: 'take.choose', clipId, askedHash, specHash: chosen.specHash });
  return bodies;
}
