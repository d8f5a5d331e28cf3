/**
 * What the service is made of, each as narrow as the addresses need it: so that every one can be another engine, and
 * tests can give their own. Types only.
 */
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import type {
  BlobRef,
  Conflict,
  FeedAnswer,
  KeyRole,
  listingsAnswerSchema,
  Operation,
  Outcome,
  Presence,
  Snapshot,
} from '../../db/sync/protocol.ts';
import type { Tables } from '../../db/tables.ts';
import type { FleetStore } from '../fleet/contract.ts';
import type { Queue } from '../queue/queue.ts';
import type { Storage } from '../storage/storage.ts';
import type { JobCreate, JobPhase, JobState } from './jobs-api.ts';

/** Whose key a request came with: everything it reads and writes lies in this team. */
export interface Caller {
  readonly keyId: string;
  readonly keyName: string;
  readonly role: KeyRole;
  readonly teamId: string;
  readonly teamName: string;
}

export interface KeyLookup {
  /** The key's owner; undefined for one that is unknown or revoked. Notes when it was used. */
  find(key: string): Promise<Caller | undefined>;
}

/** The team's operations in the server's order (db/team). */
export interface SyncServer {
  /** One outcome for each, in the same order; the same operation twice changes nothing. */
  push(caller: Caller, clientId: string, operations: readonly Operation[]): Promise<readonly Outcome[]>;
  feed(teamId: string, after: number, limit: number): Promise<FeedAnswer>;
  /** The last places of these teams that may be read now. */
  heads(teamIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  listings(teamId: string, after: string | null, limit: number): Promise<z.infer<typeof listingsAnswerSchema>>;
  /** Undefined where the team has no such listing. */
  snapshot(teamId: string, listingId: string): Promise<Snapshot | undefined>;
  /** Those that nobody has settled; of one listing, or of all. */
  conflicts(teamId: string, listingId: string | null): Promise<readonly Conflict[]>;
  /** False where the team has no such conflict. */
  resolveConflict(caller: Caller, conflictId: string): Promise<boolean>;
  /** Notes where somebody is; gives everybody of the team who was seen in the last half minute. */
  presence(caller: Caller, seen: Pick<Presence, 'clientId' | 'name' | 'listingId' | 'place'>): Promise<readonly Presence[]>; // biome-ignore format: one call
}

/** Which files the team has, checked (table `blobs`). */
export interface BlobLedger {
  /** Those of these that the team has. */
  held(teamId: string, sha256: readonly string[]): Promise<ReadonlyMap<string, number>>;
  add(teamId: string, blob: BlobRef): Promise<void>;
}

/** Jobs of the upstream backend (main/jobs). Undefined: the team has no such job. */
export interface JobsService {
  create(caller: Caller, job: JobCreate): Promise<JobState>;
  state(caller: Caller, jobId: string): Promise<JobState | undefined>;
  /** From this phase, or from where it stands. `transition_refused` where the state does not allow it. */
  run(caller: Caller, jobId: string, startPhase: JobPhase | undefined): Promise<JobState | undefined>;
  cancel(caller: Caller, jobId: string): Promise<JobState | undefined>;
}

export interface ServiceParts {
  readonly db: Kysely<Tables>;
  readonly keys: KeyLookup;
  readonly sync: SyncServer;
  readonly blobs: BlobLedger;
  readonly jobs: JobsService;
  readonly storage: Storage;
  /** The store on this connection or inside this transaction. */
  fleet(db: Kysely<Tables>): FleetStore;
  readonly queue: Queue;
}
