/** `queue status|redrive`: what waits, what was given up, and handing that out again. */
import { type Kysely, sql } from 'kysely';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { openDatabase } from '../../db/open.node.ts';
import type { Tables } from '../../db/tables.ts';
import type { CommandResult } from '../cli.node.ts';
import { fleetStore } from '../fleet/store.node.ts';
import { resumeJobs } from '../jobs/retry.node.ts';
import { createLogger } from '../log.node.ts';
import { openQueue } from '../queue/open.node.ts';
import { WORKER_TYPES, type WorkerType } from '../queue/queue.ts';
import type { CommandContext } from './context.ts';

export async function queueCommand(
  action: 'status' | 'redrive',
  { type }: { readonly type?: WorkerType },
  { settings }: CommandContext,
): Promise<CommandResult> {
  const url = settings.DATABASE_URL;
  if (url === undefined || !/^postgres(ql)?:\/\//.test(url))
    throw new PicaividError('bad_usage', 'The queue belongs to the team’s Postgres: set DATABASE_URL.');
  const database = await openDatabase(url);
  try {
    const queue = await openQueue(database.db, settings, createLogger(settings.LOG_LEVEL, 2));
    try {
      const store = fleetStore(database.db);
      if (action === 'redrive') {
        const counts: Record<string, { messages: number; tasks: number }> = {};
        for (const one of type === undefined ? WORKER_TYPES : [type]) {
          const { rows } = await sql<{ id: string; team_id: string }>`
            select id, team_id from fleet_tasks where state = 'failed' and worker_type = ${one}`.execute(database.db);
          let tasks = 0;
          for (const teamId of new Set(rows.map((row) => row.team_id)))
            tasks += await handOut(
              database.db,
              teamId,
              rows.filter((row) => row.team_id === teamId).map(({ id }) => id),
            );
          counts[one] = { messages: await queue.redrive(one), tasks };
        }
        const text = Object.entries(counts).map(([name, { messages, tasks }]) => `${name}: ${tasks} tasks and ${messages} messages handed out again`); // biome-ignore format: one thought
        return { json: counts, text: text.join('\n') };
      }
      const messages = await queue.status();
      const { rows: failed } = await sql<{ worker_type: string; count: string }>`
        select worker_type, count(*) as count from fleet_tasks where state = 'failed' group by worker_type`.execute(database.db); // biome-ignore format: one query
      const table = (await store.backlog()).map((row) => ({
        ...row,
        failed: Number(failed.find(({ worker_type }) => worker_type === row.type)?.count ?? 0),
        backlogPerWorker: row.workers === 0 ? row.queued : row.queued / row.workers,
        messages: messages.find((one) => one.type === row.type) ?? null,
      }));
      const head = ['type', 'waiting', 'running', 'given up', 'oldest', 'workers', 'per worker', 'messages', 'dead letters']; // biome-ignore format: one row
      const lines = [head, ...table.map((row) => [row.type, row.queued, row.leased, row.failed, `${Math.round(row.oldestSeconds)} s`, row.workers, row.backlogPerWorker.toFixed(1), row.messages?.waiting ?? 0, row.messages?.dead ?? 0].map(String))]; // biome-ignore format: one table
      const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
      const text = lines.map((line) =>
        line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
      return { json: { engine: queue.engine, queues: table }, text: [`Queue on ${queue.engine}`, ...text].join('\n') };
    } finally {
      await queue.close();
    }
  } finally {
    await database.close();
  }
}

/** A team's tasks, each by itself: one whose job cannot go on holds up no other. */
async function handOut(db: Kysely<Tables>, teamId: string, ids: readonly string[]): Promise<number> {
  let count = 0;
  for (const id of ids) {
    try {
      count += await db.transaction().execute(async (trx) => {
        const queued = await fleetStore(trx).retry(teamId, [id]);
        await resumeJobs(trx, teamId, [id]);
        return queued;
      });
    } catch (error) {
      if (toPicaividError(error).code !== 'transition_refused') throw error;
    }
  }
  return count;
}
