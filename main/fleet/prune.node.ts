/** Takes away tasks that ended long ago, so that a team's panel and its queries stay as quick as in the first week. */
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../db/tables.ts';

/** What a task gave is in the team's order; of itself it is looked at for some days at most. */
export const KEPT_DAYS = 30;
const ROWS_AT_ONCE = 2_000;

/**
 * Takes away tasks that ended before this many days, a few thousand in a transaction, so that nobody waits for a lock.
 * Assemblies stay: the job's film is found by them. Gives how many went.
 */
export async function pruneTasks(db: Kysely<Tables>, keptDays = KEPT_DAYS): Promise<number> {
  for (let gone = 0; ; ) {
    const { numAffectedRows } = await sql`
      delete from fleet_tasks where id in (
        select id from fleet_tasks
        where state in ('done', 'failed', 'cancelled') and kind <> 'assemble'
          and updated_at < now() - ${keptDays} * interval '1 day'
        limit ${ROWS_AT_ONCE})`.execute(db);
    const count = Number(numAffectedRows ?? 0);
    gone += count;
    if (count < ROWS_AT_ONCE) return gone;
  }
}
