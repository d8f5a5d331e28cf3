/**
 * Every table and column, in one place. The seed's eight tables keep their names and columns; ids are UUIDv7 text, made
 * offline. `Json` columns are jsonb in Postgres and text in SQLite; `Flag` columns are boolean and 0/1; `Moment`
 * columns are timestamptz and ISO 8601 text in UTC. `codec.ts` reads and writes all three.
 */
import type { ColumnType } from 'kysely';
import type { TeamTables } from './tables-team.ts';

/** Written as JSON text in both dialects; read as a value (Postgres) or text (SQLite). */
export type Json = ColumnType<unknown, string, string>;
export type JsonOrNull = ColumnType<unknown, string | null, string | null>;
export type Flag = ColumnType<boolean | number, boolean | number, boolean | number>;
export type Moment = ColumnType<Date | string, string, string>;
/** Postgres gives bigint as text. */
export type Count = ColumnType<number | string, number | undefined, number>;
export type MomentOrNull = ColumnType<Date | string | null, string | null, string | null>;

export interface JobsTable {
  id: string;
  listing_id: string;
  status: string;
  /** The last phase that finished, 0–4. */
  current_phase: number;
  template_type: string;
  /** Seconds. */
  target_length: number;
  music_uri: string | null;
  bpm: number | null;
  /** Seconds from the start of the music to the first beat. */
  beat_offset: number | null;
  enable_beat_sync: Flag;
  /** What was asked for, beyond the seed's columns: folder, renderer, model set, output. */
  options: Json;
  /** Of phase 1, what has no table of its own: rejected files, the networks that were used. */
  analysis_summary: JsonOrNull;
  /** Code and sentence of the last failure. */
  error: JsonOrNull;
  created_at: Moment;
  updated_at: Moment;
  /** The team it belongs to; null on a machine of one's own. */
  team_id: ColumnType<string | null, string | null | undefined, string | null>;
}

export interface PhotosTable {
  id: string;
  job_id: string;
  /** Id inside the pipeline: from the content hash, so the same in every job. */
  photo_key: string;
  s3_uri: string;
  room_label: string | null;
  room_override: string | null;
  exclude: Flag;
  manual_metadata: JsonOrNull;
  sharpness: number | null;
  exposure_score: number | null;
  composition_score: number | null;
  base_score: number | null;
  final_score: number | null;
  sha256: string;
  cluster_key: string | null;
  duplicate_of: string | null;
  /** The whole AnalyzedPhoto. */
  details: Json;
}

export interface RoomClustersTable {
  id: string;
  job_id: string;
  cluster_key: string;
  room_type: string;
  confidence_tier: string;
  sfm_eligible: Flag;
  image_count: number;
  overlap_score: number;
  depth_variance: number;
  hero_photo_key: string;
  photo_keys: Json;
  debug_metrics: Json;
  order_index: number;
}

/** One row a shot: `hero_photo_id` is the photo of the shot. */
export interface AnalysisResultsTable {
  id: string;
  job_id: string;
  room_cluster_id: string;
  hero_photo_id: string;
  recommended_motion: string;
  allowed_motion_types: Json;
  /** Seconds. */
  recommended_duration: number;
  tier: string;
  model_recommendation: string;
  debug_metrics: Json;
  order_index: number;
  amount: number;
  value: number;
  reason: string;
}

export interface ClipsTable {
  id: string;
  job_id: string;
  room_cluster_id: string | null;
  source_photo_ids: Json;
  motion_type: string;
  model_used: string;
  is_3d: Flag;
  /** Seconds. */
  duration: number;
  s3_uri: string | null;
  validation_score: number | null;
  status: string;
  spec_hash: string | null;
  downgrade_reason: string | null;
  /** Another one is another take of what the renderer draws by chance. */
  seed: ColumnType<number, number | undefined, number>;
}

/** One render attempt of a clip; unique per clip and spec, so twice delivered is once done. */
export interface TakesTable {
  id: string;
  clip_id: string;
  spec_hash: string;
  renderer: string;
  verdict: string;
  validation_score: number;
  details: Json;
  created_at: Moment;
  /** The spec that was wanted when this take was made: another one than `spec_hash` where the ladder was climbed down. */
  asked_hash: ColumnType<string, string | undefined, string>;
  /** Of the clip's file as it was rendered; null for takes of before that was kept. */
  sha256: ColumnType<string | null, string | null | undefined, string | null>;
  bytes: ColumnType<number | string | null, number | null | undefined, number | null>;
  /** Why it asks less than what was wanted. */
  downgrade_reason: ColumnType<string | null, string | null | undefined, string | null>;
}

export interface TimelineTable {
  id: string;
  job_id: string;
  version: number;
  status: string;
  beat_grid: Json;
  /** Seconds. */
  total_duration: number;
  /** Everything of the Timeline that is not in columns or in `timeline_clips`. */
  settings: Json;
  created_at: Moment;
}

export interface TimelineClipsTable {
  id: string;
  timeline_id: string;
  clip_id: string;
  order_index: number;
  /** Seconds in the film; the frames beside them are what counts. */
  in_time: number;
  out_time: number;
  in_frame: number;
  out_frame: number;
  transition_type: string;
  transition_frames: number;
  audio_policy: string;
  order_key: string;
  /** The whole TimelineClip. */
  details: Json;
}

/** One step of undo of a timeline: what was done, and the patch that takes it back. */
export interface EditsTable {
  id: string;
  timeline_id: string;
  user_id: string | null;
  edit_type: string;
  payload: Json;
  created_at: Moment;
  /** Counts the steps of the timeline from 1. */
  sequence: number;
  label: string;
  inverse: JsonOrNull;
  /** The film's settings and source key before and after, only where the step changed them. */
  film_before: JsonOrNull;
  film_after: JsonOrNull;
  undone: Flag;
  /** `remote`: it came from others of the team, and is not this studio's to undo. */
  origin: ColumnType<string, string | undefined, string>;
}

/** A person's decision on a job: kept apart from model output, newest of a kind and subject wins. */
export interface DecisionsTable {
  id: string;
  job_id: string;
  kind: string;
  subject: string;
  value: Json;
  user_id: string | null;
  created_at: Moment;
}

/** Every transition of the job state machine, append only. */
export interface JobEventsTable {
  id: string;
  job_id: string;
  event: string;
  from_status: string;
  to_status: string;
  details: JsonOrNull;
  created_at: Moment;
}

/** A listing of the studio: its newest job holds status, template and results; counts are kept for its card. */
export interface ListingsTable {
  id: string;
  job_id: string;
  name: string;
  folder: string;
  archived: Flag;
  deleted_at: MomentOrNull;
  photo_count: number;
  rejected_count: number;
  attention_count: number;
  poster_photo_key: string | null;
  /** Counts every change of decisions or analysis. */
  revision: number;
  created_at: Moment;
  updated_at: Moment;
  /** The team it is shared with; null on this machine alone. */
  team_id: ColumnType<string | null, string | null | undefined, string | null>;
  /** Place in the team's order of the last operation on it. */
  sync_seq: Count;
}

/** One undo step. `state` is done, undone or superseded (undone, then something else was done). */
export interface ActionsTable {
  id: string;
  listing_id: string;
  label: string;
  changes: Json;
  state: string;
  /** Counts the actions of the listing from 1. */
  sequence: number;
  user_id: string | null;
  created_at: Moment;
}

/** Long work of a host: survives a crash of anything. */
export interface TasksTable {
  id: string;
  kind: string;
  listing_id: string | null;
  input: Json;
  state: string;
  fraction: number;
  sentence: string;
  checkpoint: JsonOrNull;
  error: JsonOrNull;
  attempts: number;
  created_at: Moment;
  updated_at: Moment;
}

export interface PreferencesTable {
  name: string;
  value: Json;
  updated_at: Moment;
}

/** Music by the SHA-256 of its bytes; the files lie in the studio's home or come with the studio. */
export interface MusicTable {
  id: string;
  name: string;
  /** `studio` or `own` */
  source: string;
  /** Of the file, without the dot. */
  extension: string;
  /** Postgres gives bigint as text. */
  bytes: ColumnType<number | string, number, number>;
  licence: string | null;
  /** Seconds; null until it was looked at. */
  duration: number | null;
  /** The BeatTrack; null until it was listened to. */
  track: JsonOrNull;
  /** What found the track: another tracker or network finds another. */
  track_key: string | null;
  error: JsonOrNull;
  /** Out of the list; films that use it keep it. */
  removed_at: MomentOrNull;
  created_at: Moment;
}

/** What the studio knows of a listing's film beside its timeline (which lies in `timeline` and `timeline_clips`). */
export interface FilmsTable {
  listing_id: string;
  /** Counts every change of the timeline. */
  revision: number;
  settings: Json;
  /** Hash of the rooms and photos that the film was built from. */
  source_key: string;
  /** What a delivery is to hold, as a person set it last. */
  delivery: ColumnType<unknown, string | null | undefined, string | null>;
  created_at: Moment;
  updated_at: Moment;
}

export interface FilmVersionsTable {
  id: string;
  listing_id: string;
  /** Counts the versions of the listing from 1. */
  number: number;
  name: string;
  timeline: Json;
  settings: Json;
  source_key: string;
  clip_count: number;
  seconds: number;
  template: string;
  created_at: Moment;
}

/** A person's choice among the takes of a clip that were made for the same wanted spec. */
export interface TakeChoicesTable {
  clip_id: string;
  asked_hash: string;
  spec_hash: string;
  created_at: Moment;
}

/** A clip that is to be rendered: one row a clip, replaced when the film asks for other frames. */
export interface RenderRequestsTable {
  clip_id: string;
  listing_id: string;
  asked_hash: string;
  spec: Json;
  /** queued, running, failed, or done: done ones are kept until all of the listing’s queue is. */
  state: string;
  /** Higher goes first. */
  priority: number;
  attempts: number;
  error: JsonOrNull;
  created_at: Moment;
  updated_at: Moment;
}

/** Append only: the database refuses to change or delete a row. */
export interface ReviewDecisionsTable {
  id: string;
  listing_id: string;
  clip_id: string;
  spec_hash: string;
  state: string;
  reason: string | null;
  comment: string;
  reviewer: Json;
  created_at: Moment;
}

/** Append only. */
export interface ReviewNotesTable {
  id: string;
  listing_id: string;
  clip_id: string;
  spec_hash: string;
  in_frame: number;
  out_frame: number;
  text: string;
  marks: Json;
  author: Json;
  created_at: Moment;
}

/** Append only. */
export interface ReviewResolutionsTable {
  id: string;
  listing_id: string;
  note_id: string;
  person: Json;
  created_at: Moment;
}

export interface DeliveriesTable {
  id: string;
  listing_id: string;
  state: string;
  film_revision: number;
  settings: Json;
  person: Json;
  override: JsonOrNull;
  folder: string;
  /** The DeliveredFilm of each output. */
  films: Json;
  error: JsonOrNull;
  created_at: Moment;
  updated_at: Moment;
}

export interface Tables extends TeamTables {
  jobs: JobsTable;
  photos: PhotosTable;
  room_clusters: RoomClustersTable;
  analysis_results: AnalysisResultsTable;
  clips: ClipsTable;
  takes: TakesTable;
  timeline: TimelineTable;
  timeline_clips: TimelineClipsTable;
  edits: EditsTable;
  decisions: DecisionsTable;
  job_events: JobEventsTable;
  listings: ListingsTable;
  actions: ActionsTable;
  tasks: TasksTable;
  preferences: PreferencesTable;
  music: MusicTable;
  films: FilmsTable;
  film_versions: FilmVersionsTable;
  take_choices: TakeChoicesTable;
  render_requests: RenderRequestsTable;
  review_decisions: ReviewDecisionsTable;
  review_notes: ReviewNotesTable;
  review_resolutions: ReviewResolutionsTable;
  deliveries: DeliveriesTable;
}
