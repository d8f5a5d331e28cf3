/**
 * What the studio's pages may ask of the host about the team: its server, sync, who is where, conflicts, the fleet.
 * Pure, beside `contract.ts`. A page never sees the token: it gives one once, and the host keeps it.
 */
import { z } from 'zod';
import type { ErrorData } from '../../base/errors.ts';
import type { Conflict, KeyRole, Presence } from '../../db/sync/protocol.ts';
import type { Estimate, FleetAnswer } from '../service/fleet-api.ts';

/** `off`: no server is set. `offline`: it cannot be reached now; work goes on, and leaves when it can. */
export type SyncState = 'off' | 'connecting' | 'offline' | 'syncing' | 'up_to_date' | 'refused';

export interface TeamStatus {
  readonly state: SyncState;
  readonly server: { readonly url: string; readonly teamName: string; readonly keyName: string; readonly role: KeyRole } | null; // biome-ignore format: one shape
  /** Own operations that the server has not answered. */
  readonly waiting: number;
  /** Files that are still to be sent or fetched, and their bytes. */
  readonly transfers: { readonly files: number; readonly bytesLeft: number };
  /** Conflicts that nobody has settled. */
  readonly conflicts: number;
  /** Operations that the server refused, until they are put away. */
  readonly refused: readonly { readonly id: string; readonly listingId: string; readonly sentence: string; readonly at: string }[]; // biome-ignore format: one shape
  /** Why it is offline or refused, with what can be done. */
  readonly error: ErrorData | null;
  /** ISO 8601; null before the first time. */
  readonly lastSyncAt: string | null;
  /** How many listings of the team are known here, of how many, during the first sync; null after it. */
  readonly firstSync: { readonly done: number; readonly of: number } | null;
}

/** A conflict in words that a person can decide by. */
export interface ConflictView extends Conflict {
  readonly listingName: string;
  /** "Room of IMG_0042.jpg", "The film" */
  readonly what: string;
  readonly keptText: string;
  readonly lostText: string;
  /** For a picture beside it; null where it is of no photo. */
  readonly photoId: string | null;
  /** Of a film that was kept as a version. */
  readonly versionId: string | null;
}

export interface FleetDocument extends FleetAnswer {
  /** Whether this machine is connected, so that what is shown is now. */
  readonly online: boolean;
}

/** A server's address (https, or http on this machine and its network) and the key that its operator gave. */
export const serverSchema = z.object({ url: z.string().trim().min(1).max(500), token: z.string().trim().min(1).max(500) }); // biome-ignore format: one shape
/** `place`: library, rooms, timeline, renders, review, deliver, settings. */
export const lookingAtSchema = z.object({ id: z.string().min(1).max(80).nullable(), place: z.string().min(1).max(40) });
export const resolveSchema = z.object({ id: z.string().min(1).max(80), how: z.enum(['keep', 'turn']) });
const clipIds = z.array(z.string().min(1).max(80)).min(1).max(500);
export const fleetClipsSchema = z.object({ id: z.string().min(1).max(80), clipIds: z.union([clipIds, z.literal('changed')]) }); // biome-ignore format: one shape
export const taskIdsSchema = z.object({ taskIds: z.array(z.string().min(1).max(80)).min(1).max(1000) });

export interface TeamService {
  team(): Promise<TeamStatus>;
  /** Errors: `host_unreachable` (no answer), `forbidden_role` (the server does not know the token), `bad_usage`. */
  connectTeam(url: string, token: string): Promise<TeamStatus>;
  /** Listings stay here; what is not sent yet is told first with `waiting`. */
  disconnectTeam(): Promise<TeamStatus>;
  /** Tries now instead of at the end of the back-off. */
  syncNow(): Promise<TeamStatus>;
  /** Shares listings of this machine with the team; their photos are sent. */
  shareListings(listingIds: readonly string[]): Promise<void>;
  dismissRefused(ids: readonly string[]): Promise<TeamStatus>;
  /** The others who are there, as they were some seconds ago. */
  presence(): Promise<readonly Presence[]>;
  /** Where this person is, told to the others. */
  lookingAt(listingId: string | null, place: string): Promise<void>;
  conflicts(listingId: string | null): Promise<readonly ConflictView[]>;
  /** `keep`: what stands is right. `turn`: the overwritten value stands again, as an action that can be undone. */
  resolveConflict(id: string, how: 'keep' | 'turn'): Promise<void>;
  fleet(): Promise<FleetDocument>;
  estimateFleet(listingId: string, clipIds: readonly string[] | 'changed'): Promise<Estimate>;
  /** Sends what the fleet needs, and the clips to it. Results arrive by themselves. */
  dispatch(listingId: string, clipIds: readonly string[] | 'changed'): Promise<void>;
  cancelDispatch(taskIds: readonly string[]): Promise<void>;
  retryDispatch(taskIds: readonly string[]): Promise<void>;
}

export type TeamEvent =
  | { readonly type: 'team'; readonly status: TeamStatus }
  | { readonly type: 'presence' }
  | { readonly type: 'conflicts' }
  | { readonly type: 'fleet' };
