/**
 * What the studio's pages may ask of the host, and what they get. Pure: pages import these types, the host implements
 * `StudioService`. Nothing here holds a path of the machine except where a person chose or must find a folder.
 */
import { z } from 'zod';
import type { ErrorData } from '../../base/errors.ts';
import { type JobStatus, type RejectedPhoto, ROOM_TYPES, TEMPLATE_NAMES } from '../../pipeline/domain.ts';
import { type Change, FIELDS, isFieldValue, type RoomsDecisions } from '../../pipeline/rooms/decisions.ts';
import type { AnalysisView } from '../../pipeline/rooms/view.ts';
import type { ReviewEvent, ReviewService } from './review-contract.ts';
import type { TeamEvent, TeamService } from './team-contract.ts';
import type { TimelineEvent, TimelineService } from './timeline-contract.ts';

// ───────────────────────────── Listings ─────────────────────────────

export interface ListingCard {
  readonly id: string;
  /** The address; the folder's name until a person gives another. */
  readonly name: string;
  /** Where the photos lie, for showing; never used as an address by a page. */
  readonly folder: string;
  readonly status: JobStatus;
  readonly photoCount: number;
  readonly rejectedCount: number;
  /** Suggestions that wait for a look. */
  readonly attentionCount: number;
  /** Photo id of the poster (the first room's hero), or null before photos are known. */
  readonly posterPhotoId: string | null;
  /** The running or waiting task on it. */
  readonly task: TaskView | null;
  readonly error: ErrorData | null;
  /** The folder cannot be found (any more). */
  readonly folderMissing: boolean;
  readonly archived: boolean;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly template: (typeof TEMPLATE_NAMES)[number];
  readonly targetSeconds: number;
  /** There and true for a listing of the team. */
  readonly shared?: true;
  /** There and true where the photos come from the team: each is fetched, whole, when somebody looks at it. */
  readonly away?: true;
}

export interface CreatedListings {
  readonly created: readonly ListingCard[];
  /** Folders that are a listing already: opened instead of made twice. */
  readonly existing: readonly ListingCard[];
  readonly refused: readonly { readonly folder: string; readonly error: ErrorData }[];
}

// ───────────────────────────── Rooms ─────────────────────────────

/** A photo that ingest has read: shown as soon as it is there, long before its room is known. */
export interface ReadyPhoto {
  readonly id: string;
  readonly file: string;
  readonly width: number;
  readonly height: number;
}

export interface RoomsDocument {
  readonly listing: ListingCard;
  /** Null until the first analysis is done; then `ready` shows what is there. */
  readonly analysis: AnalysisView | null;
  readonly ready: readonly ReadyPhoto[];
  readonly rejected: readonly RejectedPhoto[];
  readonly decisions: RoomsDecisions;
  /** Counts every change of decisions or analysis; an answer with a smaller one is older. */
  readonly revision: number;
  /** Labels of what undo and redo would do, null when there is nothing. */
  readonly undo: string | null;
  readonly redo: string | null;
  readonly ltxEnabled: boolean;
}

/** The answer to an action: durable when it arrives. */
export interface ActionResult {
  readonly revision: number;
  /** What changed; for undo and redo, what they did. */
  readonly changes: readonly Change[];
  readonly label: string;
  readonly undo: string | null;
  readonly redo: string | null;
}

export interface HistoryEntry {
  readonly id: string;
  readonly label: string;
  readonly at: string;
  readonly undone: boolean;
}

export interface PhotoFacts {
  /** Shown name → value with unit: camera, lens, focal length, exposure, ISO, taken at, size. */
  readonly exif: readonly { readonly name: string; readonly value: string }[];
  readonly bytes: number;
}

// ───────────────────────────── Tasks, events ─────────────────────────────

export const TASK_STATES = ['waiting', 'running', 'paused', 'done', 'failed', 'cancelled'] as const;
export type TaskState = (typeof TASK_STATES)[number];

export interface TaskView {
  readonly id: string;
  readonly kind: 'analyze' | 'pull_models' | 'verify_models' | 'diagnostics' | 'timeline' | 'render' | 'deliver';
  readonly listingId: string | null;
  readonly listingName: string | null;
  readonly state: TaskState;
  /** 0..1 */
  readonly fraction: number;
  readonly sentence: string;
  readonly secondsLeft: number | null;
  readonly error: ErrorData | null;
  readonly createdAt: string;
}

export type StudioEvent =
  /** The first event of every subscription: what changed before is to be asked for again. */
  | { readonly type: 'hello'; readonly bootId: string }
  | { readonly type: 'task'; readonly task: TaskView }
  /** Its card changed, or it came or went. */
  | { readonly type: 'listing'; readonly listingId: string }
  | { readonly type: 'photos'; readonly listingId: string; readonly photos: readonly ReadyPhoto[] }
  /** Decisions or analysis changed: another window acted, or a task ended. */
  | { readonly type: 'rooms'; readonly listingId: string; readonly revision: number }
  | { readonly type: 'models' }
  | TimelineEvent
  | ReviewEvent
  | TeamEvent
  | { readonly type: 'notice'; readonly notice: Notice };

/** Something a person must know, such as a database that was restored; stays until it is put away. */
export interface Notice {
  readonly id: string;
  readonly severity: 'info' | 'attention' | 'fail';
  readonly text: string;
  readonly details: string | null;
}

// ───────────────────────────── Models, settings ─────────────────────────────

export interface ModelRow {
  readonly name: string;
  readonly role: string;
  readonly set: string;
  readonly licence: string;
  readonly bytes: number;
  readonly state: 'missing' | 'partial' | 'complete' | 'damaged';
}
export interface ModelsState {
  readonly rows: readonly ModelRow[];
  /** What an analysis started now would use, in a sentence. */
  readonly inUse: string;
}

export const preferencesSchema = z.object({
  theme: z.enum(['system', 'dark', 'light']).default('dark'),
  /** Command id → chord; only what differs from the key module. */
  keys: z.record(z.string(), z.string().max(40)).default({}),
  defaultTemplate: z.enum(TEMPLATE_NAMES).default('classic'),
  /** Seconds. */
  defaultLength: z.number().min(10).max(300).default(45),
  sidePanelOpen: z.boolean().default(true),
  thumbnailSize: z.enum(['small', 'medium', 'large']).default('medium'),
});
export type Preferences = z.infer<typeof preferencesSchema>;

export interface StorageSummary {
  /** Where the studio keeps its data, for showing. */
  readonly home: string;
  readonly parts: readonly { readonly name: string; readonly bytes: number; readonly clearable: boolean }[];
  readonly freeBytes: number;
}

export interface SystemInfo {
  readonly version: string;
  /** New at each start of the host. */
  readonly bootId: string;
  readonly platform: string;
  readonly notices: readonly Notice[];
  readonly ltxEnabled: boolean;
}

export interface FolderListing {
  readonly path: string;
  readonly parent: string | null;
  readonly folders: readonly { readonly name: string; readonly path: string; readonly photoCount: number }[];
  readonly photoCount: number;
}

// ───────────────────────────── Inputs ─────────────────────────────

export const idSchema = z.string().min(1).max(80);
export const idsSchema = z.array(idSchema).min(1).max(2_000);
export const foldersSchema = z.array(z.string().min(1).max(4_096)).min(1).max(200);
export const changeSchema: z.ZodType<Change> = z
  .object({
    field: z.enum(FIELDS),
    subject: z.string().min(1).max(4_000),
    from: z.unknown(),
    to: z.unknown(),
  })
  .refine(({ field, from, to }) => isFieldValue(field, from) && isFieldValue(field, to), 'not a value of this field')
  .transform((change) => ({ ...change, from: change.from ?? null, to: change.to ?? null }) as Change);
export const actionSchema = z.object({
  label: z.string().min(1).max(200),
  changes: z.array(changeSchema).min(1).max(5_000),
});
export const roomTypeSchema = z.enum(ROOM_TYPES);

// ───────────────────────────── The service ─────────────────────────────

/** Every method may throw a PicaividError; the router sends its code and sentence. */
export interface StudioService extends TimelineService, ReviewService, TeamService {
  info(): Promise<SystemInfo>;
  dismissNotice(id: string): Promise<void>;
  events(signal: AbortSignal | undefined): AsyncIterable<StudioEvent>;

  listListings(): Promise<readonly ListingCard[]>;
  createListings(folders: readonly string[]): Promise<CreatedListings>;
  addSample(): Promise<ListingCard>;
  renameListing(id: string, name: string): Promise<ListingCard>;
  archiveListings(ids: readonly string[], archived: boolean): Promise<void>;
  /** Taken out of the library; nothing of the photos is touched. `restoreListings` brings them back. */
  deleteListings(ids: readonly string[]): Promise<void>;
  restoreListings(ids: readonly string[]): Promise<void>;
  /** The folder was moved: photos are looked for there from now on. */
  relocateListing(id: string, folder: string): Promise<ListingCard>;
  /** Looks at the folder again: only new photos are analysed. */
  refreshListing(id: string): Promise<TaskView>;
  browseFolders(path: string | null): Promise<FolderListing>;

  rooms(listingId: string): Promise<RoomsDocument>;
  act(listingId: string, label: string, changes: readonly Change[]): Promise<ActionResult>;
  /** Null when there is nothing to undo. */
  undo(listingId: string): Promise<ActionResult | null>;
  redo(listingId: string): Promise<ActionResult | null>;
  history(listingId: string): Promise<readonly HistoryEntry[]>;
  photoFacts(listingId: string, photoId: string): Promise<PhotoFacts>;

  tasks(): Promise<readonly TaskView[]>;
  pauseTask(id: string): Promise<void>;
  resumeTask(id: string): Promise<void>;
  cancelTask(id: string): Promise<void>;
  /** A failed or cancelled task once more, from where it was. */
  retryTask(id: string): Promise<void>;

  models(): Promise<ModelsState>;
  pullModels(set: 'standard' | 'light'): Promise<TaskView>;
  verifyModels(set: 'standard' | 'light'): Promise<TaskView>;
  removeModel(name: string): Promise<void>;
  preferences(): Promise<Preferences>;
  setPreferences(changes: Partial<Preferences>): Promise<Preferences>;
  storage(): Promise<StorageSummary>;
  clearCaches(): Promise<StorageSummary>;
  /** A zip or folder with logs (redacted), versions and counts; its file name under the studio's home. */
  diagnostics(): Promise<{ readonly file: string; readonly text: string }>;
}

/**
 * Media is served beside tRPC, GET with Range, by ids:
 *   /media/<listing id>/<photo id>/<variant>
 */
export const MEDIA_VARIANTS = ['320', '1280', '2560', 'original', 'depth', 'depthview', 'sharpview'] as const;
/**
 * `320`…`2560`: JPEG proxies. `original`: the file as it is, when it is one that a browser shows. `depth`: the PVD1
 * format of pipeline/media/depth-format.ts. `depthview`: PNG, near warm, far cool. `sharpview`: PNG with alpha, bright
 * where the picture is sharp. What is not there yet answers 404 with the error as JSON.
 */
export type MediaVariant = (typeof MEDIA_VARIANTS)[number];
export function mediaUrl(listingId: string, photoId: string, variant: MediaVariant): string {
  return `/media/${encodeURIComponent(listingId)}/${encodeURIComponent(photoId)}/${variant}`;
}
/**
 * Browser mode has no folder dialog that gives paths: files are sent.
 *   POST /api/upload {name} → {uploadId};  PUT /api/upload/<uploadId>/<index>?name=<file name>, body the bytes;
 *   POST /api/upload/<uploadId>/done → CreatedListings. tRPC lies under /api/trpc.
 */
export const UPLOAD_PATH = '/api/upload';
export const TRPC_PATH = '/api/trpc';
