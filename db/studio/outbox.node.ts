/**
 * What a studio's writes tell the team: each enters the outbox in the transaction of the change, before it. For a
 * listing of this machine alone nothing is written; that it is one costs a look-up by its key (under 0.02 ms).
 */
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { readJson } from '../codec.ts';
import type { FilmBefore } from '../sync/film-rows.node.ts';
import { enqueue } from '../sync/outbox.node.ts';
import { type OperationBody, operationBodySchema } from '../sync/protocol.ts';
import type { Writer } from '../timeline-rows.node.ts';

const personOf = z.object({ value: z.object({ name: z.string() }) }).catch({ value: { name: '' } });

/** The person's own name, as they gave it in this studio; empty before. */
export async function personName({ db }: Pick<Writer, 'db'>): Promise<string> {
  const row = await db.selectFrom('preferences').select('value').where('name', '=', 'person').executeTakeFirst();
  return row === undefined ? '' : readJson(personOf, row.value).value.name;
}

export async function isShared({ db }: Pick<Writer, 'db'>, listingId: string): Promise<boolean> {
  const row = await db.selectFrom('listings').select('team_id').where('id', '=', listingId).executeTakeFirst();
  return row !== undefined && row.team_id !== null;
}

/** The listing that a clip belongs to, when it is shared. */
export async function sharedListingOf({ db }: Pick<Writer, 'db'>, clipId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('clips')
    .innerJoin('jobs', 'jobs.id', 'clips.job_id')
    .innerJoin('listings', 'listings.id', 'jobs.listing_id')
    .select('listings.id')
    .where('clips.id', '=', clipId)
    .where('listings.team_id', 'is not', null)
    .executeTakeFirst();
  return row?.id;
}

/**
 * Tells the team of changes that are about to be made to a shared listing, inside their transaction. `film`: as it is
 * before them, where it is at hand. Throws `bad_usage` for what is beyond the protocol's bounds: then nothing is done.
 */
export async function tellTeam(
  writer: Writer,
  listingId: string,
  bodies: readonly OperationBody[],
  film?: FilmBefore,
): Promise<void> {
  if (bodies.length === 0) return;
  const person = await personName(writer);
  for (const body of bodies) {
    const checked = operationBodySchema.safeParse(body);
    if (!checked.success)
      throw new PicaividError(
        'bad_usage',
        'This is more than the team’s server takes at once. Do it in smaller steps.',
        {
          cause: checked.error,
        },
      );
    await enqueue(writer, { listingId, person, body: checked.data, ...(film === undefined ? {} : { film }) });
  }
  ring();
}

const listeners = new Set<() => void>();

/**
 * Called whenever something entered an outbox of this process, inside the transaction that it belongs to: a reader of
 * the same database gets to see it when that is committed. Gives what ends it.
 */
export function onOutbox(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function ring(): void {
  for (const listener of [...listeners]) listener();
}
