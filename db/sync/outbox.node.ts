/**
 * The outbox: a studio's own operations, written in the transaction of the change itself, sent in their order, kept
 * until the feed has brought what became of them.
 *
 * waiting: the server has not answered. applied: it has, and the feed has not brought it yet. refused: shown until it is
 * put away. Answered ones leave when the feed has passed their place.
 */
import { readJson, readMoment, writeJson } from '../codec.ts';
import type { Database } from '../open.node.ts';
import { databaseError } from '../open.node.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { cellsOf } from './cells.node.ts';
import { coverFilm, type FilmBefore, isFilmKind, seenWith, takeUnshared } from './film-shadow.node.ts';
import { writeOperation } from './outbox-row.node.ts';
import { type Operation, type OperationBody, type Outcome, operationSchema, outcomeSchema } from './protocol.ts';
import { retire } from './retire.node.ts';
import { coverCells } from './shadows.node.ts';
import { feedPosition } from './state.node.ts';

export interface NewOperation {
  readonly listingId: string;
  /** The person's own name. */
  readonly person: string;
  /** `revision` of film.edit and film.status is filled in here. */
  readonly body: OperationBody;
  /** The film before this change where the caller has it at hand: else it is read when it is needed. */
  readonly film?: FilmBefore;
}

/**
 * Puts an operation into the outbox, inside the caller's transaction and BEFORE the change that it tells of: what is
 * there now is what the server is known to hold. Gives the operation's id. A review row must carry the id that its
 * operation's body names.
 */
export async function enqueue(writer: Writer, made: NewOperation): Promise<string> {
  const { listingId, person } = made;
  let body = made.body;
  if (isFilmKind(body.kind)) {
    const unshared = await takeUnshared(writer, listingId, body.kind, made.film);
    // The team refused this film when it was new: it comes with the next step that is made on it.
    if (unshared !== undefined) await enqueue(writer, { listingId, person, body: unshared });
    const revision = await coverFilm(writer, listingId, body.kind, made.film);
    if (body.kind === 'film.status') body = { ...body, revision };
    if (body.kind === 'film.edit') {
      const seen = await seenWith(writer, listingId, body.edit, revision, made.film);
      body = { ...body, revision, ...(seen === undefined ? {} : { seen }) } as OperationBody;
    }
  }
  await coverCells(writer, listingId, cellsOf(body));
  return writeOperation(writer, listingId, person, body);
}

/** The oldest operations that wait for an answer, in the order they were made. */
export async function waitingOperations({ db }: Writer, limit: number): Promise<readonly Operation[]> {
  const rows = await db
    .selectFrom('outbox')
    .select('operation')
    .where('state', '=', 'waiting')
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map((row) => readJson(operationSchema, row.operation));
}

export async function countWaiting({ db }: Writer): Promise<number> {
  const row = await db
    .selectFrom('outbox')
    .select((select) => select.fn.countAll().as('count'))
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

export interface RefusedOperation {
  readonly operation: Operation;
  readonly outcome: Extract<Outcome, { outcome: 'refused' }>;
  readonly at: string;
}

/** Oldest first. */
export async function refusedOperations({ db }: Writer): Promise<readonly RefusedOperation[]> {
  const rows = await db.selectFrom('outbox').selectAll().where('state', '=', 'refused').orderBy('position').execute();
  return rows.flatMap((row) => {
    const outcome = readJson(outcomeSchema, row.outcome);
    const operation = readJson(operationSchema, row.operation);
    return outcome.outcome === 'refused' ? [{ operation, outcome, at: readMoment(row.created_at) }] : [];
  });
}

/** Puts refused operations away; others stay. */
export async function dismissRefused({ db }: Writer, ids: readonly string[]): Promise<void> {
  for (let i = 0; i < ids.length; i += 500)
    await db
      .deleteFrom('outbox')
      .where('state', '=', 'refused')
      .where('id', 'in', ids.slice(i, i + 500))
      .execute();
}

/**
 * Writes down what the server answered, in one transaction. What was refused is taken back here, and kept to be shown.
 * Outcomes of operations that are not in the outbox any more change nothing.
 */
export async function settleOutcomes(database: Database, outcomes: readonly Outcome[]): Promise<void> {
  const { db, dialect } = database;
  try {
    await db.transaction().execute(async (trx) => {
      const writer: Writer = { db: trx, dialect };
      const position = await feedPosition(writer);
      for (const outcome of outcomes) await settle(writer, outcome, position);
    });
  } catch (error) {
    throw databaseError(error);
  }
}

async function settle(writer: Writer, outcome: Outcome, position: number): Promise<void> {
  const { db } = writer;
  const row = await db
    .selectFrom('outbox')
    .select(['operation', 'state'])
    .where('id', '=', outcome.id)
    .executeTakeFirst();
  if (row === undefined || row.state !== 'waiting') return;
  const operation = readJson(operationSchema, row.operation);
  const state = outcome.outcome === 'refused' ? 'refused' : 'applied';
  await db
    .updateTable('outbox')
    .set({ state, outcome: writeJson(outcome) })
    .where('id', '=', outcome.id)
    .execute();
  if (outcome.outcome === 'refused') await retire(writer, operation, 'refused');
  else if (outcome.seq <= position) await retire(writer, operation, outcome.outcome);
}

/** Answered operations whose place the feed has passed without naming them: twice done, or part of a branch. */
export async function retirePassed(writer: Writer, position: number): Promise<void> {
  const rows = await writer.db
    .selectFrom('outbox')
    .select(['operation', 'outcome'])
    .where('state', '=', 'applied')
    .orderBy('position')
    .execute();
  for (const row of rows) {
    const outcome = readJson(outcomeSchema, row.outcome);
    if (outcome.outcome === 'refused' || outcome.seq > position) continue;
    await retire(writer, readJson(operationSchema, row.operation), outcome.outcome);
  }
}
