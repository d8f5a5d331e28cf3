/** Tasks as pages see them. Pure. */
import { z } from 'zod';
import { type ErrorData, PicaividError } from '../../base/errors.ts';
import type { TaskRow } from '../../db/studio/types.ts';
import type { TaskView } from './contract.ts';

export const TASK_KINDS = [
  'analyze',
  'pull_models',
  'verify_models',
  'diagnostics',
  'timeline',
  'render',
  'deliver',
] as const;
export type TaskKind = TaskView['kind'];

/** What of a running task is newer than its row. */
export interface LiveTask {
  readonly fraction: number;
  readonly sentence: string;
  readonly secondsLeft: number | null;
}

export function taskView(row: TaskRow, listingName: string | null, live: LiveTask | undefined): TaskView {
  const running = row.state === 'running' ? live : undefined;
  return {
    id: row.id,
    kind: z.enum(TASK_KINDS).catch('diagnostics').parse(row.kind),
    listingId: row.listingId,
    listingName,
    state: row.state,
    fraction: running?.fraction ?? row.fraction,
    sentence: running?.sentence ?? row.sentence,
    secondsLeft: running?.secondsLeft ?? null,
    error: row.error,
    createdAt: row.createdAt,
  };
}

/** Starts that may end with the host's death before a task has to be asked for by a person again. */
export const MAX_STARTS = 3;

export function tooManyStarts(): ErrorData {
  return new PicaividError(
    'internal',
    `The studio stopped ${MAX_STARTS} times in the middle of this work, so it was not started again by itself. Try it again; if it stops once more, send the diagnostics.`,
  ).toJSON();
}

/** What a task leaves behind for its next start. */
export const checkpointSchema = z
  .object({
    /** The farthest it ever came, 0..1: a start that came farther was not in vain. */
    reached: z.number().default(0),
    /** Photos that were read before there is an analysis. */
    ready: z
      .array(z.object({ id: z.string(), file: z.string(), width: z.number(), height: z.number(), sha256: z.string() }))
      .default([]),
  })
  .catch({ reached: 0, ready: [] });
export type Checkpoint = z.infer<typeof checkpointSchema>;
export type KnownPhoto = Checkpoint['ready'][number];
