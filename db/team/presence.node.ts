/** Who of a team is where. Rows are of the last half minute; older ones go with the next that is written. */
import { z } from 'zod';
import { readMoment } from '../codec.ts';
import { type Database, databaseError } from '../open.node.ts';
import { KEY_ROLES, type Presence } from '../sync/protocol.ts';

/** Milliseconds after which somebody who said nothing is not there. */
export const PRESENT_MS = 30_000;

/** Says where a studio's person is, and gives everybody of the team who is there, themselves too, by name. */
export async function announce(
  { db }: Database,
  teamId: string,
  here: Omit<Presence, 'seenAt'>,
  nowMs: number = Date.now(),
): Promise<readonly Presence[]> {
  const seen_at = new Date(nowMs).toISOString();
  const row = { team_id: teamId, name: here.name, role: here.role, listing_id: here.listingId, place: here.place, seen_at }; // biome-ignore format: one row
  try {
    await db
      .insertInto('presence')
      .values({ client_id: here.clientId, ...row })
      // A studio's id that another team uses stays theirs.
      .onConflict((conflict) => conflict.column('client_id').doUpdateSet(row).where('presence.team_id', '=', teamId))
      .execute();
    await db
      .deleteFrom('presence')
      .where('team_id', '=', teamId)
      .where('seen_at', '<', new Date(nowMs - PRESENT_MS).toISOString())
      .execute();
    return await present({ db }, teamId);
  } catch (error) {
    throw databaseError(error);
  }
}

async function present({ db }: Pick<Database, 'db'>, teamId: string): Promise<readonly Presence[]> {
  const rows = await db
    .selectFrom('presence')
    .selectAll()
    .where('team_id', '=', teamId)
    .orderBy('name')
    .orderBy('client_id')
    .execute();
  return rows.map((row) => ({
    clientId: row.client_id,
    name: row.name,
    role: z.enum(KEY_ROLES).parse(row.role),
    listingId: row.listing_id,
    place: row.place,
    seenAt: readMoment(row.seen_at),
  }));
}

/** A studio that closes says so. */
export async function leave({ db }: Database, teamId: string, clientId: string): Promise<void> {
  try {
    await db.deleteFrom('presence').where('team_id', '=', teamId).where('client_id', '=', clientId).execute();
  } catch (error) {
    throw databaseError(error);
  }
}
