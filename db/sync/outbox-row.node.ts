/** Writes an operation into the outbox, as what this studio knows of the listing now. */
import { PicaividError } from '../../base/errors.ts';
import { writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import type { Writer } from '../timeline-rows.node.ts';
import type { Operation, OperationBody } from './protocol.ts';
import { feedPosition } from './state.node.ts';

/** Gives the operation's id. Throws `file_not_found` without the listing. */
export async function writeOperation(
  writer: Writer,
  listingId: string,
  person: string,
  body: OperationBody,
): Promise<string> {
  const listing = await writer.db
    .selectFrom('listings')
    .select('sync_seq')
    .where('id', '=', listingId)
    .executeTakeFirst();
  if (listing === undefined)
    throw new PicaividError('file_not_found', 'This listing is not in the library (any more).');
  const operation: Operation = {
    id: newId(),
    listingId,
    base: Math.max(await feedPosition(writer), Number(listing.sync_seq)),
    madeAt: new Date().toISOString(),
    person: person.slice(0, 80),
    body,
  };
  await writer.db
    .insertInto('outbox')
    .values({
      id: operation.id,
      listing_id: listingId,
      operation: writeJson(operation),
      state: 'waiting',
      outcome: null,
      created_at: operation.madeAt,
    })
    .execute();
  return operation.id;
}
