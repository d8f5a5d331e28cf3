/**
 * What the studio's pages may ask of the host about rendering, review and delivery. Pure, beside `contract.ts`.
 * Frames of a take count from 0 to `frames - 1` of the rendered move; the film shows a window of them.
 */
import { z } from 'zod';
import type { ErrorData } from '../../base/errors.ts';
import {
  MOTIONS,
  type Motion,
  type Progress,
  RENDERER_NAMES,
  type RendererName,
  type ValidationFigure,
  type VerificationLine,
} from '../../pipeline/domain.ts';
import {
  type Finding,
  type Mark,
  markSchema,
  REJECT_REASONS,
  type RejectReason,
  type ReviewState,
} from '../../pipeline/review.ts';
import { ROLES, type Role } from '../../pipeline/roles.ts';
import type { FrameRate } from '../../pipeline/time.ts';
import type { ListingCard, TaskView } from './contract.ts';
import { FRAME_SHAPES } from './timeline-contract.ts';

// ───────────────────────────── Who ─────────────────────────────

export type { Role } from '../../pipeline/roles.ts';
/** On a machine of its own a person says who they are; a team's server will say it for them. */
export interface Person {
  readonly name: string;
  readonly role: Role;
  /** The team whose key decides the role; absent where the person chooses it. */
  readonly team?: string;
}
export const personSchema = z.object({ name: z.string().trim().max(80), role: z.enum(ROLES) });

// ───────────────────────────── Renders ─────────────────────────────

export { REVIEW_STATES, type ReviewState } from '../../pipeline/review.ts';

/** `stale`: it is rendered, and the film now asks for other frames. */
export type ClipState = 'missing' | 'queued' | 'rendering' | 'rendered' | 'stale' | 'failed';

export interface TakeView {
  /** Names the take: SHA-256 of its spec. */
  readonly specHash: string;
  /** Counts the takes of the clip from 1. */
  readonly number: number;
  readonly renderer: RendererName;
  readonly motion: Motion;
  readonly amount: number;
  readonly seed: number;
  /** Centre of interest that the camera keeps to, 0..1 from the top left: with the motion it tells frame 0's framing. */
  readonly focus?: { readonly x: number; readonly y: number };
  readonly frames: number;
  readonly frameRate: FrameRate;
  readonly width: number;
  readonly height: number;
  readonly verdict: 'pass' | 'fail';
  /** 0..1 */
  readonly validationScore: number;
  readonly figures: readonly ValidationFigure[];
  readonly reasons: readonly string[];
  readonly renderSeconds: number;
  readonly bytes: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The one that the film shows and a reviewer signs. */
  readonly current: boolean;
  /** `missing` and `altered`: the file on disk is not the one that was rendered. */
  readonly file: 'present' | 'missing' | 'altered';
}

export interface ClipRender {
  readonly clipId: string;
  /** Place in the film from 0. */
  readonly index: number;
  readonly photoId: string;
  readonly photoFile: string;
  /** In words: "Primary bedroom". */
  readonly room: string;
  readonly motion: Motion;
  readonly renderer: RendererName;
  readonly amount: number;
  readonly seed: number;
  readonly allowedMotions: readonly Motion[];
  /** Where it stands in the film, and which frames of its take the film shows, transitions included. */
  readonly startFrame: number;
  readonly durationFrames: number;
  readonly usedFrames: { readonly first: number; readonly last: number };
  readonly moveFrames: number;
  readonly state: ClipState;
  /** While it is being rendered. */
  readonly progress: Progress | null;
  /** Place in the queue from 1, while it waits. */
  readonly place: number | null;
  readonly error: ErrorData | null;
  readonly review: ReviewState;
  /** Oldest first. */
  readonly takes: readonly TakeView[];
  /** Why the current take asks less than the film does. */
  readonly downgradeReason: string | null;
  /** What rendering it here would take, from this machine's own renders; null before the first one. */
  readonly estimateSeconds: number | null;
}

export interface RendersDocument {
  readonly listing: ListingCard;
  /** Of the film that `clips` follows; 0 without one. */
  readonly filmRevision: number;
  readonly frameRate: FrameRate;
  readonly clips: readonly ClipRender[];
  /** The running or waiting task, with the time left of all that is queued. */
  readonly task: TaskView | null;
  readonly person: Person;
}

export const rerenderSchema = z.object({
  motion: z.enum(MOTIONS).optional(),
  renderer: z.enum(RENDERER_NAMES).optional(),
  /** 0..1 */
  amount: z.number().min(0).max(1).optional(),
  seed: z.int().min(0).max(2_147_483_647).optional(),
});
export type Rerender = z.infer<typeof rerenderSchema>;

// ───────────────────────────── Review ─────────────────────────────

export { type Mark, markSchema, REJECT_REASONS, type RejectReason } from '../../pipeline/review.ts';

export interface ReviewNote {
  readonly id: string;
  readonly clipId: string;
  readonly specHash: string;
  /** First and last frame that it is about; the same for one frame. */
  readonly inFrame: number;
  readonly outFrame: number;
  readonly text: string;
  readonly marks: readonly Mark[];
  readonly author: Person;
  readonly at: string;
  /** Set by a later row; nothing is ever rewritten. */
  readonly resolved: { readonly by: Person; readonly at: string } | null;
}

export interface ReviewDecision {
  readonly id: string;
  readonly clipId: string;
  readonly specHash: string;
  readonly state: Exclude<ReviewState, 'pending'>;
  readonly reason: RejectReason | null;
  readonly comment: string;
  readonly reviewer: Person;
  readonly at: string;
}

export type { Finding } from '../../pipeline/review.ts';

export interface ReviewClip extends ClipRender {
  readonly notes: readonly ReviewNote[];
  /** Oldest first, of every take; append only. */
  readonly decisions: readonly ReviewDecision[];
  /** Of the current take. */
  readonly findings: readonly Finding[];
}

export interface ReviewDocument {
  readonly listing: ListingCard;
  readonly filmRevision: number;
  readonly frameRate: FrameRate;
  readonly clips: readonly ReviewClip[];
  readonly person: Person;
}

export const decisionSchema = z.object({
  clipId: z.string().min(1).max(80),
  /** The take that was looked at: a newer one in its place is not signed by this. */
  specHash: z.string().regex(/^[0-9a-f]{64}$/),
  state: z.enum(['approved', 'changes_requested', 'rejected']),
  reason: z.enum(REJECT_REASONS).nullable().default(null),
  comment: z.string().trim().max(4_000).default(''),
});
export const noteSchema = z.object({
  clipId: z.string().min(1).max(80),
  specHash: z.string().regex(/^[0-9a-f]{64}$/),
  inFrame: z.int().min(0),
  outFrame: z.int().min(0),
  text: z.string().trim().max(4_000),
  marks: z.array(markSchema).max(50).default([]),
});
export type NewDecision = z.infer<typeof decisionSchema>;
export type NewNote = z.infer<typeof noteSchema>;

// ───────────────────────────── Delivery ─────────────────────────────

export const RESOLUTIONS = ['1080p', '4k'] as const;
export const DELIVERY_RATES = [24, 25, 30, 60] as const;
export const outputSchema = z.object({
  shape: z.enum(FRAME_SHAPES),
  resolution: z.enum(RESOLUTIONS).default('1080p'),
  fps: z.union([z.literal(24), z.literal(25), z.literal(30), z.literal(60)]).default(30),
});
export type DeliveryOutput = z.infer<typeof outputSchema>;

/** A voice over the film: a file that was sent to `POST /api/voice?name=<file name>`, which answers with one of these. */
export const voiceOverSchema = z.object({
  /** SHA-256 of the file. */
  id: z.string().regex(/^[0-9a-f]{64}$/),
  /** The file's own name, for showing. */
  name: z.string().min(1).max(400),
  /** How long it speaks. */
  seconds: z.number().positive(),
  /** Where in the film it begins. */
  startSeconds: z.number().min(0).max(3_600).default(0),
});
export type VoiceOver = z.infer<typeof voiceOverSchema>;

export const deliverySettingsSchema = z.object({
  outputs: z.array(outputSchema).min(1).max(12),
  /** Integrated loudness, LUFS. */
  loudnessLufs: z.number().min(-31).max(-9).default(-14),
  /** Frame of the film; null lets the studio choose. */
  coverFrame: z.int().min(0).nullable().default(null),
  /** Shown on the originals page and in the provenance. */
  disclosure: z.string().trim().max(1_000),
  /** Where the delivery folder is made; null: beside the listing's photos. */
  folder: z.string().max(4_096).nullable().default(null),
  voiceOver: voiceOverSchema.nullable().default(null),
});
export type DeliverySettings = z.infer<typeof deliverySettingsSchema>;

/** What stands in the way; a page links to its clip. Only `unapproved` can be overridden. */
export interface Blocker {
  readonly kind:
    | 'no_film'
    | 'not_rendered'
    | 'unapproved'
    | 'file_missing'
    | 'file_altered'
    | 'music_missing'
    | 'voice_over'
    | 'photo_missing';
  readonly sentence: string;
  readonly clipId: string | null;
}

export interface DeliveredFilm {
  readonly output: DeliveryOutput;
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly progress: Progress | null;
  readonly error: ErrorData | null;
  readonly bytes: number | null;
  /** How long it plays. */
  readonly seconds: number | null;
  /** Line by line, of a film that was checked. */
  readonly verification: readonly VerificationLine[];
  /** What a person should know of it, as sentences. */
  readonly notes: readonly string[];
  readonly copiedFrames: number | null;
  readonly encodedFrames: number | null;
}

export interface DeliveryView {
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly at: string;
  readonly by: Person;
  readonly filmRevision: number;
  readonly settings: DeliverySettings;
  /** For showing and copying; opened with `/api/reveal-path`. */
  readonly folder: string;
  readonly folderMissing: boolean;
  readonly films: readonly DeliveredFilm[];
  readonly override: { readonly name: string; readonly reason: string } | null;
  readonly error: ErrorData | null;
}

export interface DeliverDocument {
  readonly listing: ListingCard;
  readonly filmRevision: number;
  /** Of the film: for the cover. */
  readonly totalFrames: number;
  readonly frameRate: FrameRate;
  readonly settings: DeliverySettings;
  readonly blockers: readonly Blocker[];
  /** What will not be as one may expect, as sentences: nothing of it stands in the way. */
  readonly cautions: readonly string[];
  /** Newest first. */
  readonly deliveries: readonly DeliveryView[];
  readonly task: TaskView | null;
  readonly person: Person;
}

export const overrideSchema = z.object({
  name: z.string().trim().min(1).max(80),
  reason: z.string().trim().min(3).max(1_000),
});

/** Events, added to `StudioEvent`: ask again for what is on screen. */
export type ReviewEvent =
  | { readonly type: 'renders'; readonly listingId: string }
  | {
      readonly type: 'render_progress';
      readonly listingId: string;
      readonly clipId: string;
      readonly progress: Progress;
    }
  | { readonly type: 'review'; readonly listingId: string }
  | { readonly type: 'deliveries'; readonly listingId: string }
  /** Somebody else sits here, or as somebody else. */
  | { readonly type: 'person'; readonly person: Person };

/** Every method may throw a PicaividError; `forbidden_role` where the person's role does not allow it. */
export interface ReviewService {
  person(): Promise<Person>;
  setPerson(person: Person): Promise<Person>;

  renders(listingId: string): Promise<RendersDocument>;
  /** Queues these clips, or all that are missing, stale or failed. What is rendered already is not made again. */
  render(listingId: string, clipIds: readonly string[] | 'changed'): Promise<RendersDocument>;
  /** Takes clips out of the queue; the running one stops at once and keeps its finished takes. */
  cancelRender(listingId: string, clipIds: readonly string[] | 'all'): Promise<RendersDocument>;
  /** Clips that are on screen go first. */
  lookAtClips(listingId: string, clipIds: readonly string[]): Promise<void>;
  /** Another motion, renderer or amount is an edit of the film, one step of undo; then the clip is queued. */
  rerender(listingId: string, clipId: string, changes: Rerender): Promise<RendersDocument>;
  /** An older take becomes the current one, and pending where nobody signed that very take. */
  chooseTake(listingId: string, clipId: string, specHash: string): Promise<RendersDocument>;

  review(listingId: string): Promise<ReviewDocument>;
  /** Errors: `take_outdated` when the take is not the current one any more. */
  decide(listingId: string, decision: NewDecision): Promise<ReviewDocument>;
  addNote(listingId: string, note: NewNote): Promise<ReviewDocument>;
  resolveNote(listingId: string, noteId: string): Promise<ReviewDocument>;

  delivery(listingId: string): Promise<DeliverDocument>;
  setDelivery(listingId: string, changes: Partial<DeliverySettings>): Promise<DeliverDocument>;
  deliver(listingId: string, override: z.infer<typeof overrideSchema> | null): Promise<DeliverDocument>;
}

/**
 * Addresses beside tRPC, all GET, by ids:
 *   /clip/<listing id>/<clip id>/<spec hash>/clip.mp4    the take as rendered, with Range
 *   /clip/…/proxy.mp4    all-intra H.264 of the same frames, at most 1280 px wide, with Range; made on demand
 *   /clip/…/strip.jpg    20 frames beside each other, each 160 px wide, evenly over the take
 *   /clip/…/frame-<n>.png    this very frame, decoded by the host
 *   /review/<listing id>/report.csv | report.json | report.html   as downloads
 *   /delivery/<delivery id>/<film name>   a delivered film, with Range; also poster.jpg
 *   /voice/<voice-over id>   its sound as FLAC, with Range
 */
export const CLIP_FILES = ['clip.mp4', 'proxy.mp4', 'strip.jpg'] as const;
export type ClipFileName = (typeof CLIP_FILES)[number];
export const STRIP_FRAMES = 20;
export const clipUrl = (listingId: string, clipId: string, specHash: string, what: ClipFileName): string =>
  `/clip/${encodeURIComponent(listingId)}/${encodeURIComponent(clipId)}/${specHash}/${what}`;
export const clipFrameUrl = (listingId: string, clipId: string, specHash: string, frame: number): string =>
  `/clip/${encodeURIComponent(listingId)}/${encodeURIComponent(clipId)}/${specHash}/frame-${frame}.png`;
export const REPORTS = ['report.csv', 'report.json', 'report.html'] as const;
export type ReportName = (typeof REPORTS)[number];
export const reportUrl = (listingId: string, what: ReportName): string =>
  `/review/${encodeURIComponent(listingId)}/${what}`;
export const deliveredUrl = (deliveryId: string, file: string): string =>
  `/delivery/${encodeURIComponent(deliveryId)}/${encodeURIComponent(file)}`;
export const voiceUrl = (id: string): string => `/voice/${id}`;
