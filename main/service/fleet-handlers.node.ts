/** `/fleet`: work for the workers. A task and the message that wakes them are written in one transaction. */
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import { sha256Text } from '../../base/files.node.ts';
import type { Tables } from '../../db/tables.ts';
import type { ClipSpec } from '../../pipeline/domain.ts';
import { canonicalSpec } from '../../pipeline/render/spec.ts';
import { clipSpecSchema } from '../../pipeline/schemas.ts';
import { type NewTask, PRIORITY, WORKER_OF } from '../fleet/contract.ts';
import { resumeJobs } from '../jobs/retry.node.ts';
import { WORKER_TYPES, type WorkerType } from '../queue/queue.ts';
import type { fleetRenderSchema } from './fleet-api.ts';
import { estimate, fleetAnswer, liveTypes, taskViews } from './fleet-views.node.ts';
import type { FleetKey, Handlers } from './handlers.ts';
import type { Caller, ServiceParts } from './parts.ts';
import { notThere, Refusal } from './refusal.ts';

type Wanted = z.output<typeof fleetRenderSchema>;
type Clip = Wanted['clips'][number];
type Db = Kysely<Tables>;

function specOf(clip: Clip): ClipSpec {
  const parsed = clipSpecSchema.safeParse(clip.spec);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Refusal(400, 'bad_usage', `The spec of clip ${clip.clipId} is wrong at ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? ''}.`); // biome-ignore format: one sentence
}

/** Generated motion needs a GPU; drawn motion goes to CPU workers where only those are there. */
function typeFor(spec: ClipSpec, live: ReadonlySet<WorkerType>): WorkerType {
  return spec.renderer !== 'ltx' && live.has('cpu') && !live.has('gpu') ? 'cpu' : WORKER_OF.render;
}

async function mustBeOfTeam(db: Db, teamId: string, listingId: string): Promise<void> {
  const found = await db
    .selectFrom('listings')
    .select('id')
    .where('id', '=', listingId)
    .where('team_id', '=', teamId)
    .executeTakeFirst();
  if (found === undefined) throw notThere('listing');
}

export function fleetHandlers(parts: Pick<ServiceParts, 'db' | 'blobs' | 'queue' | 'fleet'>): Handlers<FleetKey> {
  const { db, blobs, queue, fleet } = parts;

  const mustBeSent = async (teamId: string, clips: readonly Clip[]): Promise<void> => {
    const files = clips.flatMap(({ photo, depth }) => (depth === null ? [photo] : [photo, depth]));
    const held = await blobs.held(teamId, [...new Set(files.map(({ sha256 }) => sha256))]);
    const absent = files.find(({ sha256 }) => !held.has(sha256));
    if (absent !== undefined)
      throw new Refusal(422, 'file_not_found', `The file ${absent.sha256} is not in the team’s storage yet. Send it, then dispatch again.`); // biome-ignore format: one sentence
  };

  const tasksOf = async (caller: Caller, { listingId, clips }: Wanted): Promise<NewTask[]> => {
    const live = await liveTypes(db);
    return clips.map((clip) => {
      const { onScreen, ...input } = clip;
      const spec = specOf(clip);
      return {
        teamId: caller.teamId,
        listingId,
        jobId: null,
        kind: 'render',
        subject: clip.clipId,
        outputKey: sha256Text(canonicalSpec(spec)),
        input: { ...input, spec, person: { name: caller.keyName.slice(0, 80), role: caller.role } },
        priority: onScreen ? PRIORITY.onScreen : PRIORITY.person,
        workerType: typeFor(spec, live),
        createdBy: caller.keyName,
      };
    });
  };

  /** Wakes workers for these, the ones that a person looks at first. */
  const wake = async (
    trx: Db,
    tasks: readonly { readonly id: string; readonly workerType: WorkerType; readonly priority: number }[],
  ): Promise<void> => {
    for (const type of WORKER_TYPES)
      for (const priority of [...new Set(tasks.map((task) => task.priority))].sort((a, b) => b - a)) {
        const chosen = tasks.filter((task) => task.workerType === type && task.priority === priority);
        if (chosen.length > 0)
          await queue.send(trx, type, chosen.map(({ id }) => ({ kind: 'task', taskId: id })), { priority }); // biome-ignore format: one call
      }
  };

  return {
    'GET /fleet': ({ caller, query }) => fleetAnswer(db, caller.teamId, query.listing),

    'POST /fleet/estimate': async ({ caller, body }) => {
      await mustBeOfTeam(db, caller.teamId, body.listingId);
      const specs = body.clips.map(specOf);
      const live = await liveTypes(db);
      const type = specs.some((spec) => typeFor(spec, live) === 'gpu') ? 'gpu' : 'cpu';
      const priority = body.clips.some(({ onScreen }) => onScreen) ? PRIORITY.onScreen : PRIORITY.person;
      return estimate(db, type, priority, body.clips.length);
    },

    'POST /fleet/render': async ({ caller, body }) => {
      await mustBeOfTeam(db, caller.teamId, body.listingId);
      const wanted = await tasksOf(caller, body);
      await mustBeSent(caller.teamId, body.clips);
      const made = await db.transaction().execute(async (trx) => {
        const tasks = await fleet(trx).enqueue(wanted);
        await wake(
          trx,
          tasks.filter(({ state }) => state === 'queued'),
        );
        return tasks;
      });
      return { tasks: await taskViews(db, caller.teamId, { ids: made.map(({ id }) => id) }) };
    },

    'POST /fleet/cancel': async ({ caller, body }) => ({
      changed: await fleet(db).cancel(caller.teamId, body.taskIds),
    }),

    'POST /fleet/retry': async ({ caller, body }) => {
      const changed = await db.transaction().execute(async (trx) => {
        const count = await fleet(trx).retry(caller.teamId, body.taskIds);
        if (count === 0) return 0;
        await resumeJobs(trx, caller.teamId, body.taskIds);
        const rows = await trx
          .selectFrom('fleet_tasks')
          .select(['id', 'worker_type', 'priority'])
          .where('team_id', '=', caller.teamId)
          .where('id', 'in', [...body.taskIds])
          .where('state', '=', 'queued')
          .execute();
        await wake(
          trx,
          rows.map(({ id, worker_type, priority }) => ({ id, priority, workerType: worker_type === 'gpu' ? 'gpu' : 'cpu' })), // biome-ignore format: one shape
        );
        return count;
      });
      return { changed };
    },
  };
}
