/** What happens when it is known what became of an own operation: what it covered is the server's again. */
import type { Writer } from '../timeline-rows.node.ts';
import { cellsOf } from './cells.node.ts';
import { FilmSide, flagsName, isFilmKind, movedName } from './film-shadow.node.ts';
import type { Operation, Outcome } from './protocol.ts';
import { shadowPrefix, uncoverCells } from './shadows.node.ts';
import { withdraw } from './signed.node.ts';
import { dropState, dropStates } from './state.node.ts';

/**
 * An own operation is answered, and the feed has passed its place or it has none. It leaves the outbox; a refused one
 * stays there to be shown, and what it changed here is taken back. `film`: the side that is open in this transaction.
 */
export async function retire(
  writer: Writer,
  operation: Operation,
  became: Outcome['outcome'],
  film?: FilmSide,
): Promise<void> {
  const { db } = writer;
  const { id, listingId, body } = operation;
  if (became === 'refused') {
    if (body.kind === 'listing.create') return unshare(writer, operation);
    await takeBack(writer, operation);
  } else await db.deleteFrom('outbox').where('id', '=', id).execute();
  await uncoverCells(writer, listingId, cellsOf(body));
  if (body.kind === 'film.edit') await dropState(writer, movedName(id));
  if (!isFilmKind(body.kind) || film !== undefined) return;
  const side = await FilmSide.open(writer, listingId);
  if (became === 'refused') side.refused(body.kind);
  await side.finish();
}

/** Rows of review that the server refused go; takes and versions stay here, where their maker made them. */
async function takeBack(writer: Writer, { body }: Operation): Promise<void> {
  if (body.kind === 'review.decide') await withdraw(writer, 'review_decisions', 'id', body.decisionId);
  if (body.kind === 'review.resolve') await withdraw(writer, 'review_resolutions', 'id', body.resolutionId);
  if (body.kind !== 'review.note') return;
  await withdraw(writer, 'review_resolutions', 'note_id', body.noteId);
  await withdraw(writer, 'review_notes', 'id', body.noteId);
}

/** The team did not take the listing: it is this machine's alone again, with everything in it. */
async function unshare(writer: Writer, { id, listingId }: Operation): Promise<void> {
  const { db } = writer;
  await db.updateTable('listings').set({ team_id: null, sync_seq: 0 }).where('id', '=', listingId).execute();
  await db.deleteFrom('outbox').where('listing_id', '=', listingId).where('id', '!=', id).execute();
  await db.deleteFrom('film_shadows').where('listing_id', '=', listingId).execute();
  await dropState(writer, flagsName(listingId));
  for (const prefix of [shadowPrefix(listingId), `music:${listingId}:`]) await dropStates(writer, prefix);
}
