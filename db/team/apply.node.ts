/**
 * Applies what studios push. One transaction a push, which holds the team's row: the log has no gaps, and two pushes of
 * a team come one after the other. Every operation gets an answer, and none holds up those behind it; the same one
 * again gets the answer that it had.
 */
import { sql } from 'kysely';
import { ZodError, z } from 'zod';
import { errnoOf, PicaividError } from '../../base/errors.ts';
import { newId } from '../id.node.ts';
import { type Database, databaseError } from '../open.node.ts';
import { cellsOf } from '../sync/cells.node.ts';
import type { Actor, KeyRole, Operation, OperationBody, Outcome } from '../sync/protocol.ts';
import type { Writer } from '../timeline-rows.node.ts';
import { type Call, carryOut, type Effect, mustBeAllowed } from './kinds.node.ts';
import { type FilmMemory, Session } from './session.node.ts';

export interface Pusher {
  readonly teamId: string;
  readonly clientId: string;
  /** The key's name and role: the name stands where a person gave none, the role always. */
  readonly actor: { readonly name: string; readonly role: KeyRole };
}

/** On which the service's processes hear that a team's log has grown; the payload is the team's id. */
export const FEED_CHANNEL = 'picaivid_feed';

/** Operations of the server itself: workers, jobs, the backend. */
export const SYSTEM_CLIENT = '00000000-0000-7000-8000-000000000001';

const memories = new WeakMap<Database, FilmMemory>();
function memoryOf(database: Database): FilmMemory {
  const known = memories.get(database);
  if (known !== undefined) return known;
  const made: FilmMemory = new Map();
  memories.set(database, made);
  return made;
}

/**
 * Applies operations in their order; outcomes come in that order. Throws only when the database cannot be asked, or for
 * a team that is not there: then nothing was applied, and the same push may come again.
 */
export async function applyOperations(
  database: Database,
  pusher: Pusher,
  operations: readonly Operation[],
): Promise<Outcome[]> {
  try {
    return await push(database, pusher, operations);
  } catch (error) {
    if (!isOfOneRow(error)) throw databaseError(error);
  }
  // One of them cannot be stored as it is: alone, the others pass and that one is refused.
  const outcomes: Outcome[] = [];
  for (const operation of operations) {
    try {
      outcomes.push(...(await push(database, pusher, [operation])));
    } catch (error) {
      if (!isOfOneRow(error)) throw databaseError(error);
      outcomes.push(...(await push(database, pusher, [operation], refusalOf(error))));
    }
  }
  return outcomes;
}

async function push(
  database: Database,
  pusher: Pusher,
  operations: readonly Operation[],
  refused?: PicaividError,
): Promise<Outcome[]> {
  const { db, dialect } = database;
  const { session, outcomes } = await db.transaction().execute(async (trx) => {
    const opened = await Session.open({ db: trx, dialect }, pusher.teamId, memoryOf(database));
    return { session: opened, outcomes: await run(opened, pusher, operations, refused) };
  });
  session.remember();
  return outcomes;
}

async function run(
  session: Session,
  pusher: Pusher,
  operations: readonly Operation[],
  refused?: PicaividError,
): Promise<Outcome[]> {
  await session.read(operations);
  session.operations = operations;
  // A refused one may hold what the database cannot even be asked for.
  const asked = refused === undefined ? session.byListing(operations) : [];
  await session.cells.read(
    [...asked].map(([listingId, own]) => ({
      listingId,
      jobId: session.listing(listingId).jobId,
      cells: own.flatMap(({ body }) => cellsOf(body)),
    })),
  );
  const begun = new Set<string>();
  for (const operation of operations) {
    if (session.answered.has(operation.id) || begun.has(operation.id)) continue;
    begun.add(operation.id);
    await one(session, pusher, operation, refused);
  }
  await session.finish();
  return operations.map(({ id }) => {
    const outcome = session.answered.get(id);
    if (outcome === undefined) throw new PicaividError('internal', 'An operation was not answered.');
    return outcome;
  });
}

async function one(session: Session, pusher: Pusher, operation: Operation, refused?: PicaividError): Promise<void> {
  const { clientId } = pusher;
  const actor: Actor = { name: plain(operation.person) || plain(pusher.actor.name), role: pusher.actor.role };
  try {
    if (refused !== undefined) throw refused;
    mustBeAllowed(actor.role, operation.body.kind);
    await effect(session, { session, operation, clientId, actor });
  } catch (error) {
    if (!(error instanceof PicaividError) || error.code === 'database_failed') throw error;
    const { id, listingId, body } = operation;
    session.answer({
      id, listingId, clientId, actor, kind: body.kind, seq: null, body: null, filmRevision: null, inverse: null,
      outcome: { id, outcome: 'refused', code: error.code, reason: error.message }, at: session.now(),
    }); // biome-ignore format: one row
  }
}

/** Names as people write them: what no database keeps is left out. */
const plain = (name: string): string =>
  name
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, 80);

async function effect(session: Session, call: Call): Promise<void> {
  const { operation, clientId, actor } = call;
  const { id, listingId } = operation;
  const done: Effect = await carryOut(call);
  if (done.effect === 'branched') return;
  if (done.effect === 'same') {
    session.answer({
      id, listingId, clientId, actor, kind: operation.body.kind, seq: null, body: null, filmRevision: null,
      inverse: null, outcome: { id, outcome: 'applied', seq: done.seq, conflicts: [] }, at: session.now(),
    }); // biome-ignore format: one row
    return;
  }
  const seq = session.nextSeq();
  const at = done.at ?? session.now();
  const { jobId } = session.listing(listingId);
  const conflicts = cellsOf(done.body).flatMap((cell) => {
    const lost = session.cells.set({ listingId, jobId, clientId, actor, base: operation.base, seq }, cell);
    return lost === undefined ? [] : [session.overwritten(lost, { listingId, seq, by: actor, at })];
  });
  session.answer({
    id, seq, listingId, clientId, actor, at, kind: operation.body.kind, body: done.body,
    filmRevision: done.filmRevision ?? null, inverse: done.inverse ?? null,
    outcome: { id, outcome: 'applied', seq, conflicts },
  }); // biome-ignore format: one row
}

/**
 * An operation of the server itself (a worker's take, an analysis, the first film), inside the caller's transaction:
 * it is in the log exactly when what the caller writes beside it is. Knows everything that came before. Throws
 * PicaividError where a studio's operation would be refused.
 */
export async function appendSystem(
  writer: Writer,
  teamId: string,
  listingId: string,
  actor: Actor,
  body: OperationBody,
): Promise<Exclude<Outcome, { outcome: 'refused' }>> {
  const session = await Session.open(writer, teamId, new Map());
  const now = new Date().toISOString();
  const id = newId();
  const known = body.kind === 'film.edit' ? { ...body, revision: Number.MAX_SAFE_INTEGER } : body;
  const operation: Operation = { id, listingId, base: session.head, madeAt: now, person: actor.name, body: known };
  await session.read([operation]);
  session.operations = [operation];
  if (session.hasListing(listingId))
    await session.cells.read([{ listingId, jobId: session.listing(listingId).jobId, cells: cellsOf(body) }]);
  await effect(session, { session, operation, clientId: SYSTEM_CLIENT, actor });
  await session.finish();
  const outcome = session.answered.get(id);
  if (outcome === undefined || outcome.outcome === 'refused')
    throw new PicaividError('internal', 'The team’s log did not take an operation of the server.');
  // Sent with the commit: whoever waits on the team's feed, on any process of the service, hears of it.
  if (writer.dialect === 'postgres') await sql`select pg_notify(${FEED_CHANNEL}, ${teamId})`.execute(writer.db);
  return outcome;
}

/** A row that the database does not take, whatever else is in the push: a value or a constraint. */
function isOfOneRow(error: unknown): boolean {
  // A take, a timeline or settings that are not what they must be: only their store parses them.
  if (error instanceof ZodError) return true;
  if (error instanceof PicaividError) return error.code === 'edit_refused';
  // What was not foreseen of one operation must not hold up the others. A lost connection is an Error like any other.
  if (error instanceof z.ZodError || error instanceof TypeError || error instanceof RangeError) return true;
  const code = errnoOf(error) ?? '';
  return code.startsWith('22') || code.startsWith('23') || code.startsWith('SQLITE_CONSTRAINT');
}

function refusalOf(error: unknown): PicaividError {
  if (error instanceof PicaividError) return error;
  return new PicaividError('bad_usage', 'The team’s server cannot take this as it is.', { cause: error });
}
