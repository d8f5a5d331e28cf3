/** Jobs of tasks that are handed out again: what a task gives can only be taken by a job that is in its phase. */
import { type Kysely, sql } from 'kysely';
import { PicaividError } from '../../base/errors.ts';
import { moveJobIn } from '../../db/jobs.node.ts';
import type { Tables } from '../../db/tables.ts';
import { BEGINS_BY_KIND, followReview, tell } from './flow.node.ts';
import { readJob } from './job-row.node.ts';

/**
 * Puts the failed jobs of these queued tasks back into their phases. Inside the transaction that queued them. Throws
 * `transition_refused` for an assembly whose clips are not all signed any more.
 */
export async function resumeJobs(trx: Kysely<Tables>, teamId: string, taskIds: readonly string[]): Promise<void> {
  if (taskIds.length === 0) return;
  const { rows } = await sql<{ job_id: string; kind: keyof typeof BEGINS_BY_KIND }>`
    select distinct job_id, kind from fleet_tasks
    where id in (${sql.join(taskIds)}) and team_id = ${teamId} and state = 'queued' and job_id is not null`.execute(
    trx,
  );
  for (const { job_id: id, kind } of rows) {
    const job = await readJob(trx, teamId, id, true);
    if (job?.status !== 'failed') continue;
    if (kind === 'assemble' && (await followReview(trx, job, true)) !== 'approved')
      throw new PicaividError('transition_refused', 'The film is not approved any more: it is assembled once each clip is signed.'); // biome-ignore format: one sentence
    const event = BEGINS_BY_KIND[kind];
    if (event !== undefined) await moveJobIn(trx, id, event, { hasTimeline: true, unapprovedClips: 0 });
    await tell(trx, job);
  }
}
