/**
 * How workers are woken. A task's row in the database holds its state (`fleet_tasks`); a message only says that there
 * may be something to do, so a lost or doubled one costs time and never work. Two engines: pg-boss on the same Postgres,
 * where a message is sent in the transaction of the state's change, and SQS, through a table that is drained to it.
 */
import type { Kysely } from 'kysely';
import type { Tables } from '../../db/tables.ts';

export const WORKER_TYPES = ['cpu', 'gpu'] as const;
export type WorkerType = (typeof WORKER_TYPES)[number];

/** The seed's message, as the upstream backend sends it; and our own, which names one task. */
export type QueueMessage =
  | { readonly kind: 'job'; readonly jobId: string; readonly startPhase?: 1 | 2 | 3 | 4 }
  | { readonly kind: 'task'; readonly taskId: string };

/** A message in a worker's hands: until it is done or given back it belongs to nobody else. */
export interface Received {
  readonly message: QueueMessage;
  /** Times it was handed out, from 1. */
  readonly deliveries: number;
  /** Keeps it from others for longer; false when it was lost meanwhile. */
  extend(): Promise<boolean>;
  done(): Promise<void>;
  /** Gives it back, to be handed out again after this many seconds. */
  giveBack(delaySeconds?: number): Promise<void>;
}

export interface QueueStatus {
  readonly type: WorkerType;
  readonly waiting: number;
  readonly inFlight: number;
  readonly dead: number;
}

export interface Queue {
  readonly engine: 'pg-boss' | 'sqs';
  /** Inside the caller's transaction: the message leaves when, and only when, that is committed. */
  send(trx: Kysely<Tables>, type: WorkerType, messages: readonly QueueMessage[], options?: { readonly priority?: number; readonly delaySeconds?: number }): Promise<void>; // biome-ignore format: one call
  /** Waits up to `waitSeconds` for messages; an empty answer is none. Aborting ends the wait at once. */
  receive(type: WorkerType, options: { readonly most: number; readonly waitSeconds: number; readonly signal?: AbortSignal }): Promise<readonly Received[]>; // biome-ignore format: one call
  status(): Promise<readonly QueueStatus[]>;
  /** Hands dead letters out again; gives how many. */
  redrive(type: WorkerType): Promise<number>;
  /** Stops background work (draining the outbox, maintenance) and lets connections go. */
  close(): Promise<void>;
}
