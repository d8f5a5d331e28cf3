/** Parts that keep what they are told in memory, for tests of the service's own doing. */

import { newId } from '../../../db/id.node.ts';
import type { FeedEntry, Operation, Outcome, Presence } from '../../../db/sync/protocol.ts';
import type { Queue, QueueMessage, WorkerType } from '../../queue/queue.ts';
import type { Expected, Storage, StoredObject } from '../../storage/storage.ts';
import type { JobCreate, JobState } from '../jobs-api.ts';
import type { Caller, JobsService, SyncServer } from '../parts.ts';

/** A team's order without rules: every operation takes effect. */
export class MemorySync implements SyncServer {
  readonly logs = new Map<string, FeedEntry[]>();
  readonly seen: Presence[] = [];
  feeds = 0;
  /** Set, it is thrown by the next calls. */
  failure: Error | undefined;

  private log(teamId: string): FeedEntry[] {
    let log = this.logs.get(teamId);
    if (log === undefined) {
      log = [];
      this.logs.set(teamId, log);
    }
    return log;
  }

  async push(caller: Caller, clientId: string, operations: readonly Operation[]): Promise<Outcome[]> {
    if (this.failure !== undefined) throw this.failure;
    const log = this.log(caller.teamId);
    return operations.map(({ id, listingId, body, person }) => {
      const known = log.find((entry) => entry.id === id);
      const seq = known?.seq ?? log.length + 1;
      if (known === undefined)
        log.push({
          seq, id, listingId, clientId, body, actor: { name: person, role: caller.role },
          at: new Date().toISOString(), filmRevision: null,
        }); // biome-ignore format: one row
      return { id, outcome: 'applied', seq, conflicts: [] };
    });
  }

  async feed(teamId: string, after: number, limit: number) {
    if (this.failure !== undefined) throw this.failure;
    this.feeds++;
    const log = this.log(teamId);
    const entries = log.slice(after, after + limit);
    return { entries, next: entries.at(-1)?.seq ?? Math.min(after, log.length), head: log.length };
  }

  async heads(teamIds: readonly string[]) {
    return new Map(teamIds.map((id) => [id, this.log(id).length]));
  }

  async listings(teamId: string) {
    return { listings: [], next: null, head: this.log(teamId).length };
  }

  async snapshot(teamId: string, listingId: string) {
    const entries = this.log(teamId).filter((entry) => entry.listingId === listingId);
    return entries.length === 0
      ? undefined
      : { listingId, seq: entries.length, filmRevision: 0, entries, conflicts: [] };
  }

  async conflicts() {
    return [];
  }

  async resolveConflict() {
    return false;
  }

  async presence(caller: Caller, seen: Pick<Presence, 'clientId' | 'name' | 'listingId' | 'place'>) {
    this.seen.push({ ...seen, role: caller.role, seenAt: new Date().toISOString() });
    return this.seen;
  }
}

/** A storage whose objects are only their facts: `sent` is what a studio would do with a link. */
export class MemoryStorage implements Storage {
  readonly engine = 'folder';
  readonly objects = new Map<string, StoredObject>();
  down = false;

  sent(key: string, expected: Expected): void {
    this.objects.set(key, { key, ...expected });
  }
  async head(key: string) {
    if (this.down) throw new Error('the storage is away');
    return this.objects.get(key);
  }
  async putFile(key: string, _path: string, { bytes, sha256 }: Expected) {
    const object = { key, bytes, sha256 };
    this.objects.set(key, object);
    return object;
  }
  async getFile() {}
  async delete(key: string) {
    this.objects.delete(key);
  }
  async signPut(key: string) {
    return { url: `memory:put/${key}`, method: 'PUT' as const, headers: {}, expiresAt: new Date(0).toISOString() };
  }
  async signParts(key: string, { bytes }: Expected, uploadId = 'upload-1') {
    const partBytes = 16_000_000;
    const link = await this.signPut(key);
    return { uploadId, partBytes, parts: Array(Math.ceil(bytes / partBytes)).fill(link), done: [] };
  }
  async completeParts(key: string, _uploadId: string, expected: Expected) {
    const object = { key, bytes: expected.bytes, sha256: expected.sha256 };
    this.objects.set(key, object);
    return object;
  }
  async signGet(key: string) {
    return { url: `memory:get/${key}`, method: 'GET' as const, headers: {}, expiresAt: new Date(0).toISOString() };
  }
  async close() {}
}

/** A queue that keeps what was sent. */
export class MemoryQueue implements Queue {
  readonly engine = 'pg-boss';
  readonly sent: { readonly type: WorkerType; readonly message: QueueMessage; readonly priority: number | undefined }[] = []; // biome-ignore format: one list

  async send(
    _trx: unknown,
    type: WorkerType,
    messages: readonly QueueMessage[],
    options?: { readonly priority?: number },
  ) {
    for (const message of messages) this.sent.push({ type, message, priority: options?.priority });
  }
  async receive() {
    return [];
  }
  async status() {
    return [];
  }
  async redrive() {
    return 0;
  }
  async close() {}
}

/** Jobs that never get anywhere. */
export class MemoryJobs implements JobsService {
  private readonly jobs = new Map<string, JobState & { readonly teamId: string }>();

  async create(caller: Caller, job: JobCreate): Promise<JobState> {
    const now = new Date().toISOString();
    const state: JobState = {
      job_id: newId(), listing_id: String(job.listing_id), status: 'pending', current_phase: 0,
      template_type: job.template_type, target_length: job.target_length,
      music_uri: typeof job.music_uri === 'string' ? job.music_uri : null, bpm: null, beat_offset: null,
      enable_beat_sync: job.enable_beat_sync, fraction: 0, sentence: '', film_uri: null, error: null,
      created_at: now, updated_at: now,
    }; // biome-ignore format: one glance
    this.jobs.set(state.job_id, { ...state, teamId: caller.teamId });
    return state;
  }

  async state(caller: Caller, jobId: string): Promise<JobState | undefined> {
    const found = this.jobs.get(jobId);
    if (found === undefined || found.teamId !== caller.teamId) return undefined;
    const { teamId: _, ...state } = found;
    return state;
  }

  run(caller: Caller, jobId: string): Promise<JobState | undefined> {
    return this.state(caller, jobId);
  }

  cancel(caller: Caller, jobId: string): Promise<JobState | undefined> {
    return this.state(caller, jobId);
  }
}
