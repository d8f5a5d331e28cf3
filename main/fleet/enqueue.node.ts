/**
 * How tasks enter: many in one statement, each with its turn. Turns are start tags of start-time fair queueing (Goyal,
 * Vin, Cheng, SIGCOMM 1996): the first of a listing that has nothing waiting gets the turn that is being served now, its
 * next ones one more each. So a listing of three clips is through after three rounds, however many another one has.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { newId } from '../../db/id.node.ts';
import type { Tables } from '../../db/tables.ts';
import { type NewTask, WORKER_OF } from './contract.ts';

/** The turn that is served now among tasks of this type and priority: the latest at work, else the first that waits. */
export const turnNow = (workerType: RawBuilder<unknown>, priority: RawBuilder<unknown>): RawBuilder<unknown> => sql`coalesce(
  (select max(s.turn) from fleet_tasks s where s.state = 'leased' and s.worker_type = ${workerType} and s.priority = ${priority}),
  (select min(s.turn) from fleet_tasks s where s.state = 'queued' and s.worker_type = ${workerType} and s.priority = ${priority}),
  0)`; // biome-ignore format: one expression

const keyOf = (task: { readonly team: string; readonly kind: string; readonly subject: string; readonly output_key: string }): string =>
  JSON.stringify([task.team, task.kind, task.subject, task.output_key]); // biome-ignore format: one signature

/** Rows of `fleet_tasks` in the order of what was asked; of those that are unfinished already, the row that is there. */
export async function enqueueTasks<Row extends { readonly team_id: string; readonly kind: string; readonly subject: string; readonly output_key: string }>(
  db: Kysely<Tables>,
  tasks: readonly NewTask[],
): Promise<readonly Row[]> {
  if (tasks.length === 0) return [];
  const asked = tasks.map((task, place) => ({
    place,
    id: newId(),
    team: task.teamId,
    listing: task.listingId,
    job: task.jobId,
    kind: task.kind,
    subject: task.subject,
    output_key: task.outputKey,
    input: task.input,
    worker_type: task.workerType ?? WORKER_OF[task.kind],
    priority: task.priority,
    by: task.createdBy,
  }));
  // The same twice in one call is one task, with the higher priority.
  const unique = new Map<string, (typeof asked)[number]>();
  for (const one of asked) {
    const key = keyOf(one);
    const known = unique.get(key);
    unique.set(key, known === undefined ? one : { ...known, priority: Math.max(known.priority, one.priority) });
  }
  // Rows are locked in the order of their key, so that two who ask for the same tasks do not wait for each other.
  const { rows } = await sql<Row>`
    with asked as (
      select * from jsonb_to_recordset(${JSON.stringify([...unique.values()])}::jsonb) as a(place int, id text, team text,
        listing text, job text, kind text, subject text, output_key text, input jsonb, worker_type text, priority int, by text)
    ), flows as materialized (
      select f.*, greatest(${turnNow(sql`f.worker_type`, sql`f.priority`)}, coalesce((
        select max(w.turn) + 1 from fleet_tasks w where w.team_id = f.team and w.listing_id = f.listing
          and w.state in ('queued', 'leased') and w.worker_type = f.worker_type and w.priority = f.priority), 0)) as first
      from (select distinct worker_type, priority, team, listing from asked) f
    )
    insert into fleet_tasks (id, team_id, listing_id, job_id, kind, subject, output_key, input, state, worker_type,
      priority, turn, created_by, created_at, updated_at)
    select id, team, listing, job, kind, subject, output_key, coalesce(input, 'null'), 'queued', worker_type, priority,
      first - 1 + row_number() over (partition by worker_type, priority, team, listing order by place), by, now(), now()
    from asked join flows using (worker_type, priority, team, listing)
    order by team, kind, subject, output_key
    on conflict (team_id, kind, subject, output_key) where state in ('queued', 'leased') do update
      set turn = case when excluded.priority > fleet_tasks.priority then excluded.turn else fleet_tasks.turn end,
        priority = greatest(fleet_tasks.priority, excluded.priority)
    returning *`.execute(db);
  const found = new Map(rows.map((row) => [keyOf({ ...row, team: row.team_id }), row]));
  return asked.map((one) => {
    const row = found.get(keyOf(one));
    if (row === undefined) throw new Error('A task was inserted and not given back.');
    return row;
  });
} // biome-ignore format: one signature
