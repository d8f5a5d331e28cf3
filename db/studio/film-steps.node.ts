/**
 * The steps of undo of a film on which others work too. What came from others stands in the log as a `remote` step: the
 * done steps of the log, in their order, lead from the first film to the one of now. An own step beneath others' steps is
 * undone by its inverse, rebased over them; what then lies between is their steps without it.
 */
import { PicaividError } from '../../base/errors.ts';
import type { Timeline } from '../../pipeline/domain.ts';
import { applyEdit } from '../../pipeline/timeline/edits.ts';
import { patchBetween } from '../../pipeline/timeline/edits-inverse.ts';
import { type Edit, editSchema } from '../../pipeline/timeline/edits-types.ts';
import { rebaseEdit } from '../../pipeline/timeline/rebase.ts';
import { readJson, writeFlag, writeJson } from '../codec.ts';
import { newId } from '../id.node.ts';
import type { Writer } from '../timeline-rows.node.ts';

export type Direction = 'undo' | 'redo';

/** The own step that undo or redo is about. */
export function nextStep({ db, dialect }: Writer, timelineId: string, direction: Direction) {
  return db
    .selectFrom('edits')
    .select(['id', 'label', 'payload', 'inverse', 'film_before', 'film_after', 'sequence'])
    .where('timeline_id', '=', timelineId)
    .where('undone', '=', writeFlag(direction === 'redo', dialect))
    .where('origin', '=', 'local')
    .orderBy('sequence', direction === 'undo' ? 'desc' : 'asc')
    .limit(1)
    .executeTakeFirst();
}
type Step = NonNullable<Awaited<ReturnType<typeof nextStep>>>;

export interface PlannedStep {
  /** For the film of now. */
  readonly edit: Edit;
  /** Writes down that it was done, once the film is written. */
  settle(after: Timeline): Promise<void>;
}

const asDraft = (timeline: Timeline): Timeline =>
  timeline.status === 'draft' ? timeline : { ...timeline, status: 'draft' };

/** Throws `edit_refused` where others have changed since what the step did. */
export async function planStep(writer: Writer, now: Timeline, step: Step, direction: Direction): Promise<PlannedStep> {
  const { db } = writer;
  const undone = writeFlag(direction === 'undo', writer.dialect);
  const above = await remoteAbove(writer, now.id, step.sequence);
  if (direction === 'redo') {
    const edit = readJson(editSchema, step.payload);
    return {
      edit,
      settle: async (after) => {
        await db.updateTable('edits').set({ undone, inverse: writeJson(patchBetween(after, now)) }).where('id', '=', step.id).execute(); // biome-ignore format: one statement
        if (above.length > 0) await moveToTop(writer, now.id, step.id);
      },
    };
  }
  const inverse = readJson(editSchema, step.inverse);
  const set = (values: { payload?: string }) => db.updateTable('edits').set({ undone, ...values }).where('id', '=', step.id).execute(); // biome-ignore format: one statement
  if (above.length === 0) return { edit: inverse, settle: async () => void (await set({})) };
  const theirs = above.map(({ payload }) => readJson(editSchema, payload));
  try {
    const base = above.reduceRight((film, row) => applyEdit(film, readJson(editSchema, row.inverse)).timeline, asDraft(now)); // biome-ignore format: one thought
    const edit = rebaseEdit(inverse, theirs, base);
    const without = applyEdit(base, inverse).timeline;
    return {
      edit,
      settle: async (after) => {
        const [first, ...rest] = above;
        if (first === undefined) return;
        await set({ payload: writeJson(patchBetween(after, now)) });
        await db
          .updateTable('edits')
          .set({ payload: writeJson(patchBetween(without, after)), inverse: writeJson(patchBetween(after, without)) })
          .where('id', '=', first.id)
          .execute();
        for (const { id } of rest) await db.deleteFrom('edits').where('id', '=', id).execute();
      },
    };
  } catch (error) {
    if (!(error instanceof PicaividError) || error.code !== 'edit_refused') throw error;
    throw new PicaividError(
      'edit_refused',
      `“${step.label}” cannot be undone by itself any more: somebody has changed the same part of the film since. Change it by hand.`,
      { cause: error },
    );
  }
}

/** Done steps of others that came after a step, oldest first. */
function remoteAbove({ db, dialect }: Writer, timelineId: string, sequence: number) {
  return db
    .selectFrom('edits')
    .select(['id', 'payload', 'inverse'])
    .where('timeline_id', '=', timelineId)
    .where('origin', '=', 'remote')
    .where('undone', '=', writeFlag(false, dialect))
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .execute();
}

async function highest({ db }: Writer, timelineId: string): Promise<number> {
  const last = await db
    .selectFrom('edits')
    .select((select) => select.fn.max('sequence').as('sequence'))
    .where('timeline_id', '=', timelineId)
    .executeTakeFirst();
  return Number(last?.sequence ?? 0);
}

/** A step that was redone after others' steps is the newest; those that can still be redone stay above it. */
async function moveToTop(writer: Writer, timelineId: string, stepId: string): Promise<void> {
  const { db } = writer;
  let sequence = await highest(writer, timelineId);
  const left = await undoneSteps(writer, timelineId);
  for (const id of [stepId, ...left.map((row) => row.id)])
    await db.updateTable('edits').set({ sequence: ++sequence }).where('id', '=', id).execute();
}

function undoneSteps({ db, dialect }: Writer, timelineId: string) {
  return db
    .selectFrom('edits')
    .select(['id', 'payload'])
    .where('timeline_id', '=', timelineId)
    .where('undone', '=', writeFlag(true, dialect))
    .orderBy('sequence')
    .execute();
}

/**
 * Writes down that others' changes made `after` of the film `before`, in the transaction that lays them. What was undone
 * and could be done again is rebased over them; where that is not possible it cannot be done again any more.
 */
export async function noteRemoteStep(writer: Writer, before: Timeline, after: Timeline): Promise<void> {
  const { db, dialect } = writer;
  if (before.id !== after.id) return;
  const steps = await db.selectFrom('edits').select('id').where('timeline_id', '=', after.id).limit(1).execute();
  // Without steps of one's own there is nothing that could be undone beneath it.
  if (steps.length === 0) return;
  await redoable(writer, asDraft(before), asDraft(after));
  const last = await db
    .selectFrom('edits')
    .select(['id', 'origin', 'inverse'])
    .where('timeline_id', '=', after.id)
    .where('undone', '=', writeFlag(false, dialect))
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last?.origin === 'remote') {
    const from = applyEdit(asDraft(before), readJson(editSchema, last.inverse)).timeline;
    const patches = { payload: writeJson(patchBetween(from, after)), inverse: writeJson(patchBetween(after, from)) };
    await db.updateTable('edits').set(patches).where('id', '=', last.id).execute();
    return;
  }
  await db
    .insertInto('edits')
    .values({
      id: newId(),
      timeline_id: after.id,
      user_id: null,
      edit_type: 'patch',
      payload: writeJson(patchBetween(before, after)),
      created_at: new Date().toISOString(),
      sequence: (await highest(writer, after.id)) + 1,
      label: 'Changes of others',
      inverse: writeJson(patchBetween(after, before)),
      film_before: null,
      film_after: null,
      undone: writeFlag(false, dialect),
      origin: 'remote',
    })
    .execute();
}

async function redoable(writer: Writer, before: Timeline, after: Timeline): Promise<void> {
  const { db } = writer;
  let from = before;
  let to = after;
  let lost = false;
  for (const { id, payload } of await undoneSteps(writer, after.id)) {
    if (!lost)
      try {
        const edit = readJson(editSchema, payload);
        const moved = rebaseEdit(edit, [patchBetween(from, to)], from);
        from = applyEdit(from, edit).timeline;
        to = applyEdit(to, moved).timeline;
        if (moved !== edit) await db.updateTable('edits').set({ payload: writeJson(moved) }).where('id', '=', id).execute(); // biome-ignore format: one statement
        continue;
      } catch (error) {
        if (!(error instanceof PicaividError) || error.code !== 'edit_refused') throw error;
        lost = true;
      }
    await db.deleteFrom('edits').where('id', '=', id).execute();
  }
}

/** The server keeps this studio's film as a version: its steps are in that one, and nothing of them is left to undo. */
export async function forgetSteps({ db }: Pick<Writer, 'db'>, listingId: string): Promise<void> {
  await db
    .deleteFrom('edits')
    .where('timeline_id', 'in', (select) =>
      select
        .selectFrom('timeline')
        .innerJoin('listings', 'listings.job_id', 'timeline.job_id')
        .select('timeline.id')
        .where('listings.id', '=', listingId),
    )
    .execute();
}
