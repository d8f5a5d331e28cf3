/**
 * What the studio's pages may ask of the host about films: music, timeline, versions, exports. Pure, beside
 * `contract.ts`. The page applies an edit with the same engine (`pipeline/timeline`) and shows it at once; the host
 * applies it to what it has, stores it and answers: what is answered is durable.
 */
import { z } from 'zod';
import type { ErrorData } from '../../base/errors.ts';
import { type BeatTrack, TEMPLATE_NAMES, type Timeline } from '../../pipeline/domain.ts';
import type { AnalysisView } from '../../pipeline/rooms/view.ts';
import type { Edit, PatchEdit } from '../../pipeline/timeline/edits-types.ts';
import { editSchema } from '../../pipeline/timeline/edits-types.ts';
import type { PhotoLight } from '../../pipeline/timeline/light.ts';
import type { HistoryEntry, ListingCard, TaskView } from './contract.ts';

// ───────────────────────────── What a film is made from ─────────────────────────────

export const FRAME_SHAPES = ['16:9', '9:16', '1:1'] as const;
export type FrameShape = (typeof FRAME_SHAPES)[number];
/** Pixels of each frame at full size. */
export const FRAME_SIZES: Readonly<Record<FrameShape, { readonly width: number; readonly height: number }>> = {
  '16:9': { width: 1920, height: 1080 },
  '9:16': { width: 1080, height: 1920 },
  '1:1': { width: 1080, height: 1080 },
};

const line = z.string().trim().max(120);
/** Names of music and logos are the SHA-256 of their bytes. */
export const contentIdSchema = z.string().regex(/^[0-9a-f]{64}$/);

export const brandSchema = z.object({
  /** Opening title; empty for none. */
  title: line.default(''),
  subtitle: line.default(''),
  /** End card; empty for none. */
  endTitle: line.default(''),
  endSubtitle: line.default(''),
  /** `#rrggbb` */
  accent: z
    .string()
    .regex(/^#[0-9a-f]{6}$/)
    .default('#8b9cf9'),
  /** A picture that was sent with `POST /api/logo`. */
  logoId: contentIdSchema.nullable().default(null),
});
export type Brand = z.infer<typeof brandSchema>;

/** Lengths that a film of a listing is asked for in, whoever asks. */
export const LENGTH_SECONDS = { least: 10, most: 300 } as const;

export const filmSettingsSchema = z.object({
  template: z.enum(TEMPLATE_NAMES),
  targetSeconds: z.number().min(LENGTH_SECONDS.least).max(LENGTH_SECONDS.most),
  frame: z.enum(FRAME_SHAPES).default('16:9'),
  /** Null: a silent film on an even grid. */
  musicId: contentIdSchema.nullable().default(null),
  brand: brandSchema.default(() => brandSchema.parse({})),
});
export type FilmSettings = z.infer<typeof filmSettingsSchema>;

export interface MusicRow {
  readonly id: string;
  readonly name: string;
  /** `studio`: comes with the studio; `own`: a person added it. */
  readonly source: 'studio' | 'own';
  /** What a person must know of its licence, where the studio knows it. */
  readonly licence: string | null;
  readonly state: 'ready' | 'listening' | 'failed';
  readonly error: ErrorData | null;
  /** Null until it was listened to. */
  readonly durationSeconds: number | null;
  readonly bpm: number | null;
  readonly beatsPerBar: number | null;
  readonly hasPulse: boolean | null;
  /** 0..1 */
  readonly confidence: number | null;
}

// ───────────────────────────── Timeline ─────────────────────────────

export interface TimelineDocument {
  readonly listing: ListingCard;
  readonly settings: FilmSettings;
  /** Null until Phase 3 has run; then `task` tells of it. */
  readonly timeline: Timeline | null;
  /** Counts every change of the timeline. */
  readonly revision: number;
  readonly undo: string | null;
  readonly redo: string | null;
  /** Rooms and photos with what people decided; null before Phase 1. The pool of shots is its clusters' shots. */
  readonly analysis: AnalysisView | null;
  /** Light of the photos by id, as far as it could be measured. */
  readonly light: Readonly<Record<string, PhotoLight>>;
  readonly track: BeatTrack | null;
  readonly music: MusicRow | null;
  /** Photos or rooms changed since the film was built: a new build is offered, never done by itself. */
  readonly stale: boolean;
  /** The newest named version, or null. */
  readonly versionName: string | null;
}

/** The answer to an edit: durable when it arrives. */
export interface EditAnswer {
  readonly revision: number;
  readonly label: string;
  /** What was done to the timeline of the revision before; pages that know that one apply it. */
  readonly edit: Edit | PatchEdit;
  readonly undo: string | null;
  readonly redo: string | null;
  /** Of an import: what the file holds and the film does not take over, as sentences. */
  readonly notes?: readonly string[];
  /** Settings after it: an applied proposal changes them too, undo turns them back. */
  readonly settings: FilmSettings;
}

/** A film built for looking at before it is applied. Kept by the host for an hour. */
export interface Proposal {
  readonly id: string;
  readonly settings: FilmSettings;
  readonly timeline: Timeline;
  readonly track: BeatTrack | null;
  /** The revision that it was compared with. */
  readonly revision: number;
}

export interface VersionRow {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly at: string;
  readonly clipCount: number;
  readonly seconds: number;
  readonly template: (typeof TEMPLATE_NAMES)[number];
}

/** How loud the film's sound is made: the same measurement as the assembly's first pass. */
export interface MixFacts {
  readonly silent: boolean;
  /** Plain gain to the target loudness, dB. */
  readonly gainDb: number;
  readonly integratedLufs: number;
  readonly targetLufs: number;
}

export const timelineEditSchema = z.object({
  id: z.string().min(1).max(80),
  /** The revision that the page made it on. */
  revision: z.number().int().nonnegative(),
  label: z.string().min(1).max(200),
  edit: editSchema,
});

/** Events, added to `StudioEvent`. */
export type TimelineEvent =
  | { readonly type: 'timeline'; readonly listingId: string; readonly revision: number }
  | { readonly type: 'music' };

/** Every method may throw a PicaividError; the router sends its code and sentence. */
export interface TimelineService {
  timeline(listingId: string): Promise<TimelineDocument>;
  /** Phase 3 for a listing without a timeline: listens to the music and builds. The running one when there is one. */
  buildTimeline(listingId: string, settings: Partial<FilmSettings>): Promise<TaskView>;
  /** Builds with these settings without changing anything. Errors: those of the builder, as sentences. */
  proposeTimeline(listingId: string, settings: Partial<FilmSettings>): Promise<Proposal>;
  /** Puts a proposal in place of the timeline, as one step of undo. */
  applyProposal(listingId: string, proposalId: string, label: string): Promise<EditAnswer>;
  /** On an older revision the edit is rebased where it commutes with what was done since, else `edit_refused`. */
  editTimeline(listingId: string, revision: number, label: string, edit: Edit): Promise<EditAnswer>;
  undoTimeline(listingId: string): Promise<EditAnswer | null>;
  redoTimeline(listingId: string): Promise<EditAnswer | null>;
  /** Newest first. */
  timelineHistory(listingId: string): Promise<readonly HistoryEntry[]>;
  /** Draft, approved or locked; not a step of undo. */
  setTimelineStatus(listingId: string, status: Timeline['status']): Promise<TimelineDocument>;
  timelineVersions(listingId: string): Promise<readonly VersionRow[]>;
  saveVersion(listingId: string, name: string): Promise<VersionRow>;
  renameVersion(listingId: string, versionId: string, name: string): Promise<VersionRow>;
  version(listingId: string, versionId: string): Promise<Timeline>;
  /** The version's film becomes the timeline, as one step of undo. */
  restoreVersion(listingId: string, versionId: string): Promise<EditAnswer>;
  /** An .otio file's text in place of the timeline, as one step of undo. */
  importTimeline(listingId: string, otio: string): Promise<EditAnswer>;
  /** Measured once for each music plan and kept. */
  mixFacts(listingId: string): Promise<MixFacts>;

  music(): Promise<readonly MusicRow[]>;
  /** Files of this machine that a person chose (desktop); copied, so that nothing is lost when they go. */
  addMusic(paths: readonly string[]): Promise<readonly MusicRow[]>;
  removeMusic(id: string): Promise<void>;
}

/**
 * Addresses beside tRPC, all GET:
 *   /music/<music id>/sound   FLAC, 48 kHz, stereo, with Range: what the assembly will decode, as a browser can
 *   /music/<music id>/peaks   PKS1 (pipeline/media/peaks.ts)
 *   /title/<listing id>/<width>x<height>/<title as base64url of JSON>.png   drawn by the assembly's own code
 *   /film/<listing id>/film.otio | edit-list.csv | storyboard.png | storyboard.pdf   as downloads
 * Sent: POST /api/music?name=<file name> and POST /api/logo, body the bytes → MusicRow, {id}.
 */
export const musicUrl = (musicId: string, what: 'sound' | 'peaks'): string => `/music/${musicId}/${what}`;
export const FILM_EXPORTS = ['film.otio', 'edit-list.csv', 'storyboard.png', 'storyboard.pdf'] as const;
export type FilmExport = (typeof FILM_EXPORTS)[number];
export const filmUrl = (listingId: string, what: FilmExport): string =>
  `/film/${encodeURIComponent(listingId)}/${what}`;
