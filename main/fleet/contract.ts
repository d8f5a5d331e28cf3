/**
 * The fleet's work as rows with leases: what the service makes, a worker claims, a sweep takes back. Pure types; the
 * store is `store.node.ts`. Every word of a worker about a task carries the fencing token of its claim, and one with an
 * older token is refused: a worker that was silent for too long has lost the task, whatever it has finished.
 */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { ErrorData } from '../../base/errors.ts';
import { actorSchema, blobRefSchema, sha256Schema } from '../../db/sync/protocol.ts';
import type { Tables } from '../../db/tables.ts';
import type { WorkerType } from '../queue/queue.ts';

export const TASK_KINDS = ['analyze', 'timeline', 'render', 'assemble'] as const;
export type FleetTaskKind = (typeof TASK_KINDS)[number];
/** By the seed's split: phases 1, 3 and 4 on CPU workers, 2 on GPU workers. A CPU worker may be told to render too. */
export const WORKER_OF: Readonly<Record<FleetTaskKind, WorkerType>> = { analyze: 'cpu', timeline: 'cpu', render: 'gpu', assemble: 'cpu' }; // biome-ignore format: one glance
/** Higher goes first. */
export const PRIORITY = { batch: 0, person: 10, onScreen: 20 } as const;

/** How long words last, milliseconds. */
export const CLOCKS = {
  /** A worker says that it lives. */
  heartbeatEveryMs: 5_000,
  /** A lease ends this long after the last heartbeat. */
  leaseMs: 15_000,
  /** The sweep looks for ended leases. */
  sweepEveryMs: 5_000,
  /** An attempt that takes longer is stuck, whatever its heartbeat says. */
  attemptMs: 30 * 60_000,
} as const;
/** Failures before the dead letter, and vain starts (interrupted, silent) before it. */
export const LIMITS = { attempts: 3, stalls: 20 } as const;

/** What a render task needs: everything by content, so that any worker can do it. */
export const renderInputSchema = z.object({
  clipId: z.string(),
  askedHash: sha256Schema,
  /** The ClipSpec; parsed by the worker with the pipeline's schema. */
  spec: z.unknown(),
  photo: blobRefSchema.extend({ file: z.string() }),
  depth: blobRefSchema.nullable(),
  person: actorSchema,
});
export type RenderInput = z.infer<typeof renderInputSchema>;
/** What phases 1, 3 and 4 need: the job's row names the rest. */
export const phaseInputSchema = z.object({ jobId: z.string() });

export interface FleetTask {
  readonly id: string;
  readonly teamId: string;
  readonly listingId: string;
  readonly jobId: string | null;
  readonly kind: FleetTaskKind;
  readonly subject: string;
  readonly outputKey: string;
  readonly input: unknown;
  readonly state: 'queued' | 'leased' | 'done' | 'failed' | 'cancelled';
  readonly workerType: WorkerType;
  readonly priority: number;
  readonly attempts: number;
  readonly stalls: number;
  readonly workerId: string | null;
  readonly fraction: number;
  readonly sentence: string;
  readonly checkpoint: unknown;
  readonly error: ErrorData | null;
  readonly result: unknown;
  readonly startedAt: string | null;
  readonly heartbeatAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A claimed task: `token` goes with every word about it. */
export interface Lease {
  readonly task: FleetTask;
  readonly token: number;
  readonly workerId: string;
}

export type NewTask = Pick<FleetTask, 'teamId' | 'listingId' | 'jobId' | 'kind' | 'subject' | 'outputKey' | 'input' | 'priority'> & { readonly createdBy: string; readonly workerType?: WorkerType }; // biome-ignore format: one shape

export const probeSchema = z.object({
  cpus: z.int().positive(),
  memoryMiB: z.int().positive(),
  gpus: z.array(z.object({ name: z.string(), vramMiB: z.int().positive(), driver: z.string() })),
  platform: z.string(),
});
export type Probe = z.infer<typeof probeSchema>;

export interface WorkerRow {
  readonly id: string;
  readonly type: WorkerType;
  readonly name: string;
  readonly version: string;
  readonly state: 'idle' | 'busy' | 'draining' | 'gone';
  readonly probe: Probe;
  readonly costPerHourMicros: number | null;
  readonly spot: boolean;
  readonly noticeAt: string | null;
  readonly startedAt: string;
  readonly heartbeatAt: string;
}

/** The store of tasks, leases and workers over Postgres. All of it is one statement or one transaction each. */
export interface FleetStore {
  /** Makes tasks in the caller's transaction or its own; one that is unfinished already is given back as it is. */
  enqueue(tasks: readonly NewTask[]): Promise<readonly FleetTask[]>;
  /** The next task for this worker: by priority, then fairly between listings, within each job's limit. Or undefined. */
  claim(worker: { readonly id: string; readonly type: WorkerType }, taskId?: string): Promise<Lease | undefined>;
  /** False: the lease is lost, stop. `cancelled`: a person does not want it any more. */
  heartbeat(lease: Lease, progress?: { readonly fraction: number; readonly sentence: string; readonly checkpoint?: unknown }): Promise<'held' | 'lost' | 'cancelled'>; // biome-ignore format: one call
  /** `commit` runs in the same transaction and writes the result; false (nothing written) with an old token. */
  complete(lease: Lease, result: unknown, commit?: (trx: Kysely<Tables>) => Promise<void>): Promise<boolean>;
  /** Counts an attempt; back-off, then the dead letter. False with an old token. */
  fail(lease: Lease, error: ErrorData): Promise<boolean>;
  /** Interrupted: back into the queue at once, no attempt counted. False with an old token. */
  release(lease: Lease, reason: string): Promise<boolean>;
  /** Takes back leases that ended and attempts that expired; marks silent workers as gone. */
  sweep(): Promise<{ readonly taken: number; readonly gone: number }>;
  cancel(teamId: string, taskIds: readonly string[]): Promise<number>;
  /** Failed ones back into the queue, attempts from zero. */
  retry(teamId: string, taskIds: readonly string[]): Promise<number>;
  tasks(teamId: string, filter: { readonly listingId?: string; readonly unfinished?: boolean; readonly limit?: number }): Promise<readonly FleetTask[]>; // biome-ignore format: one call
  register(worker: Omit<WorkerRow, 'startedAt' | 'heartbeatAt' | 'noticeAt' | 'state'>): Promise<void>;
  workerState(id: string, state: WorkerRow['state'], notice?: boolean): Promise<void>;
  workers(): Promise<readonly WorkerRow[]>;
  /** Waiting and running by worker type, and the oldest waiting one's age: the signal to scale by. */
  backlog(): Promise<readonly { readonly type: WorkerType; readonly queued: number; readonly leased: number; readonly workers: number; readonly oldestSeconds: number }[]>; // biome-ignore format: one shape
}
