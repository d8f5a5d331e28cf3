/** What the studio's own tables hold, read and written through `store.node.ts`. Split into reads and writes. */
import type { ErrorData } from '../../base/errors.ts';
import type { JobStatus, TemplateName } from '../../pipeline/domain.ts';
import type { Change, RoomsDecisions } from '../../pipeline/rooms/decisions.ts';

/** A listing is a folder with a name; its job (same id in `jobs.listing_id`) holds status, template and results. */
export interface ListingRow {
  readonly id: string;
  readonly jobId: string;
  readonly name: string;
  readonly folder: string;
  readonly status: JobStatus;
  readonly template: TemplateName;
  readonly targetSeconds: number;
  readonly error: ErrorData | null;
  readonly archived: boolean;
  readonly deletedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Shown on the card, kept by `setCardFacts` so that 500 cards need one query. */
  readonly photoCount: number;
  readonly rejectedCount: number;
  readonly attentionCount: number;
  readonly posterPhotoId: string | null;
  /** Counts every change of decisions or analysis. */
  readonly revision: number;
  /** The team it is shared with; null on this machine alone. */
  readonly teamId: string | null;
}

export type CardFacts = Pick<ListingRow, 'photoCount' | 'rejectedCount' | 'attentionCount' | 'posterPhotoId'>;

export type StoredTaskState = 'waiting' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled';
export interface TaskRow {
  readonly id: string;
  readonly kind: string;
  readonly listingId: string | null;
  readonly input: unknown;
  readonly state: StoredTaskState;
  readonly fraction: number;
  readonly sentence: string;
  readonly checkpoint: unknown;
  readonly error: ErrorData | null;
  /** Starts so far: a task that took the host down with it three times is not started again by itself. */
  readonly attempts: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ActionRow {
  readonly id: string;
  readonly label: string;
  readonly changes: readonly Change[];
  readonly undone: boolean;
  readonly at: string;
}

/** The answer to act, undo and redo: committed when it is given. */
export interface Acted {
  readonly revision: number;
  readonly label: string;
  readonly changes: readonly Change[];
  readonly undo: string | null;
  readonly redo: string | null;
}

export interface StudioReads {
  /** Newest first; deleted ones only when asked for. */
  listings(options?: { readonly deleted?: boolean }): Promise<readonly ListingRow[]>;
  listing(id: string): Promise<ListingRow | undefined>;
  /** By the folder's real path, deleted ones included. */
  listingByFolder(folder: string): Promise<ListingRow | undefined>;
  decisions(listingId: string): Promise<RoomsDecisions>;
  /** Newest first. */
  actions(listingId: string, limit: number): Promise<readonly ActionRow[]>;
  undoRedo(listingId: string): Promise<{ readonly undo: string | null; readonly redo: string | null }>;
  /** Unfinished ones and those of the last day, oldest first. */
  tasks(): Promise<readonly TaskRow[]>;
  task(id: string): Promise<TaskRow | undefined>;
  preference(name: string): Promise<unknown>;
}

export interface StudioWrites {
  createListing(listing: {
    readonly name: string;
    readonly folder: string;
    readonly template: TemplateName;
    readonly targetSeconds: number;
  }): Promise<ListingRow>;
  updateListing(
    id: string,
    changes: Partial<Pick<ListingRow, 'name' | 'folder' | 'archived' | 'deletedAt' | 'template' | 'targetSeconds'>>,
  ): Promise<ListingRow>;
  setCardFacts(id: string, facts: CardFacts): Promise<void>;
  /** The analysis of the listing changed. */
  bumpRevision(id: string): Promise<number>;
  /**
   * One action in one transaction: registers checked and set, the log written, what could be redone put away.
   * Throws `edit_refused` when a register is not what the action was made on.
   */
  act(listingId: string, label: string, changes: readonly Change[], userId: string | null): Promise<Acted>;
  undo(listingId: string): Promise<Acted | null>;
  redo(listingId: string): Promise<Acted | null>;
  createTask(task: Pick<TaskRow, 'kind' | 'listingId' | 'input'>): Promise<TaskRow>;
  updateTask(
    id: string,
    changes: Partial<Pick<TaskRow, 'state' | 'fraction' | 'sentence' | 'checkpoint' | 'error' | 'attempts'>>,
  ): Promise<void>;
  setPreference(name: string, value: unknown): Promise<void>;
}

export interface StudioStore extends StudioReads, StudioWrites {
  close(): Promise<void>;
}
