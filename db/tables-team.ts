/** The tables of teams and the fleet (migration 005); which side uses which is said there. */
import type { ColumnType } from 'kysely';
import type { Count, Flag, Json, JsonOrNull, Moment, MomentOrNull } from './tables.ts';

export interface TeamsTable {
  id: string;
  name: string;
  /** Counts the team's operations: taken under the row's lock, so that the log is read without gaps. */
  seq: Count;
  created_at: Moment;
}

/** A key is shown once; only its SHA-256 is kept (256 random bits need no slow hash). */
export interface ApiKeysTable {
  id: string;
  team_id: string;
  name: string;
  role: string;
  hash: string;
  created_at: Moment;
  last_used_at: MomentOrNull;
  revoked_at: MomentOrNull;
}

/** Every operation that the server answered, as it took effect; refused ones without a place. */
export interface SyncLogTable {
  id: string;
  team_id: string;
  seq: ColumnType<number | string | null, number | null, number | null>;
  listing_id: string;
  client_id: string;
  actor: Json;
  kind: string;
  body: JsonOrNull;
  film_revision: number | null;
  inverse: JsonOrNull;
  outcome: Json;
  created_at: Moment;
}

/** Who wrote a register last, and where in the team's order. */
export interface RegisterSeqsTable {
  listing_id: string;
  field: string;
  subject: string;
  seq: Count;
  actor: Json;
  client_id: string;
}

export interface ConflictsTable {
  id: string;
  team_id: string | null;
  listing_id: string;
  kind: string;
  field: string;
  subject: string;
  kept: Json;
  lost: Json;
  kept_by: Json;
  lost_by: Json;
  seq: Count;
  created_at: Moment;
  resolved_at: MomentOrNull;
}

/** Files of a team that the storage holds, checked. */
export interface BlobsTable {
  team_id: string;
  sha256: string;
  bytes: Count;
  created_at: Moment;
}

export interface PresenceTable {
  client_id: string;
  team_id: string;
  name: string;
  role: string;
  listing_id: string | null;
  place: string;
  seen_at: Moment;
}

/** A studio's own operations that the server has not answered, in their order. */
export interface OutboxTable {
  position: ColumnType<number, number | undefined, never>;
  id: string;
  listing_id: string;
  operation: Json;
  state: string;
  outcome: JsonOrNull;
  created_at: Moment;
}

export interface SyncStateTable {
  name: string;
  value: Json;
}

/** The film as the server has it, while the studio's own steps are not answered. */
export interface FilmShadowsTable {
  listing_id: string;
  revision: number;
  timeline: Json;
  settings: Json;
  source_key: string;
}

/** Photos and depth maps of a listing by their content. */
export interface PhotoBlobsTable {
  listing_id: string;
  photo_key: string;
  file: string;
  sha256: string;
  bytes: Count;
  depth_sha256: string | null;
  depth_bytes: ColumnType<number | string | null, number | null | undefined, number | null>;
}

export interface WorkersTable {
  id: string;
  type: string;
  name: string;
  version: string;
  state: string;
  probe: Json;
  cost_per_hour_micros: ColumnType<number | string | null, number | null, number | null>;
  spot: Flag;
  notice_at: MomentOrNull;
  started_at: Moment;
  heartbeat_at: Moment;
}

/** Work of the fleet. The row holds the state; the queue only wakes. */
export interface FleetTasksTable {
  id: string;
  team_id: string;
  listing_id: string;
  job_id: string | null;
  kind: string;
  subject: string;
  output_key: string;
  input: Json;
  state: string;
  worker_type: string;
  priority: number;
  attempts: ColumnType<number, number | undefined, number>;
  stalls: ColumnType<number, number | undefined, number>;
  not_before: MomentOrNull;
  /** Its place in the fair order among tasks of its worker type and priority. */
  turn: Count;
  /** The fencing token: rises with every claim. */
  token: Count;
  worker_id: string | null;
  heartbeat_at: MomentOrNull;
  lease_until: MomentOrNull;
  expires_at: MomentOrNull;
  started_at: MomentOrNull;
  fraction: ColumnType<number, number | undefined, number>;
  sentence: ColumnType<string, string | undefined, string>;
  checkpoint: JsonOrNull;
  error: JsonOrNull;
  result: JsonOrNull;
  created_by: string;
  created_at: Moment;
  updated_at: Moment;
}

/** Written in the transaction of what it tells of, sent afterwards. */
export interface OutboundMessagesTable {
  id: string;
  channel: string;
  payload: Json;
  attempts: ColumnType<number, number | undefined, number>;
  not_before: MomentOrNull;
  error: string | null;
  created_at: Moment;
  sent_at: MomentOrNull;
}

export interface TeamTables {
  teams: TeamsTable;
  api_keys: ApiKeysTable;
  sync_log: SyncLogTable;
  register_seqs: RegisterSeqsTable;
  conflicts: ConflictsTable;
  blobs: BlobsTable;
  presence: PresenceTable;
  outbox: OutboxTable;
  sync_state: SyncStateTable;
  film_shadows: FilmShadowsTable;
  photo_blobs: PhotoBlobsTable;
  workers: WorkersTable;
  fleet_tasks: FleetTasksTable;
  outbound_messages: OutboundMessagesTable;
}
