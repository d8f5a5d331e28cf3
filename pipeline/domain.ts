/**
 * The words of the product, shared by every floor. Plain data only; each phase is a function over these.
 * Conventions: times of frames are integers (`…Frames`, `…Frame`); seconds are `…Seconds`; scores are 0..1, larger is
 * better; image coordinates are 0..1 from the top left unless the name says `Px`.
 */
import type { FrameRate } from './time.ts';

export const ROOM_TYPES = [
  'exterior_front', 'exterior_back', 'aerial', 'entry', 'living_room', 'family_room', 'kitchen', 'dining_room',
  'primary_bedroom', 'bedroom', 'primary_bathroom', 'bathroom', 'office', 'laundry', 'closet', 'hallway', 'stairs',
  'basement', 'attic', 'garage', 'gym', 'media_room', 'balcony', 'patio', 'pool', 'garden', 'view', 'amenity',
  'detail', 'floor_plan', 'other',
] as const; // biome-ignore format: a taxonomy reads better as a block
export type RoomType = (typeof ROOM_TYPES)[number];

export const MOTIONS = [
  'static', 'push_in', 'pull_out', 'pan_left', 'pan_right', 'tilt_up', 'tilt_down', 'dolly_left', 'dolly_right',
  'orbit_left', 'orbit_right', 'crane_up', 'crane_down',
] as const; // biome-ignore format: as above
export type Motion = (typeof MOTIONS)[number];

export type Tier = '2d' | '2.5d' | '3d';
export const RENDERER_NAMES = ['ltx', 'depth_parallax', 'ken_burns'] as const;
export type RendererName = (typeof RENDERER_NAMES)[number];
export type ConfidenceTier = 'high' | 'medium' | 'low';

export const TEMPLATE_NAMES = ['classic', 'luxury', 'energetic', 'walkthrough', 'social_vertical'] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

export const TRANSITIONS = ['cut', 'cross_dissolve', 'dip_black', 'dip_white', 'slide', 'wipe', 'zoom'] as const;
export type TransitionType = (typeof TRANSITIONS)[number];
export type AudioPolicy = 'mute' | 'keep' | 'duck';

export const JOB_STATUSES = [
  'draft', 'analyzing', 'planned', 'rendering', 'rendered', 'timeline_ready', 'in_review', 'approved', 'assembling',
  'delivered', 'failed',
] as const; // biome-ignore format: as above
export type JobStatus = (typeof JOB_STATUSES)[number];
export type Phase = 1 | 2 | 3 | 4;

/** 8-bit interleaved RGB, sRGB, row-major, `data.length === width * height * 3`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Relative inverse depth, row-major, 0 (farthest) to 1 (nearest), `data.length === width * height`.
 * Everything in the project uses this one convention; wrappers of networks that give metres convert.
 */
export interface DepthMap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Progress of long work: `fraction` 0..1, a sentence, and a guess at the seconds left once one is possible. */
export interface Progress {
  readonly fraction: number;
  readonly sentence: string;
  readonly secondsLeft?: number;
}
export type OnProgress = (progress: Progress) => void;

// ───────────────────────────── Phase 1 ─────────────────────────────

/** One accepted photo with what ingest read from it. `width` and `height` are after EXIF orientation. */
export interface Photo {
  readonly id: string;
  /** Path relative to the listing's folder, with `/`. */
  readonly file: string;
  /** Absolute path of the original; never leaves the machine. */
  readonly path: string;
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
  /** EXIF orientation 1..8 that ingest applied. */
  readonly orientation: number;
  /** Local capture time, ISO 8601 without zone, when the photo says it. */
  readonly takenAt?: string;
  readonly focalLength35mm?: number;
  /** Proxy files by their longest side in pixels: JPEG, upright, sRGB. */
  readonly proxies: { readonly 320: string; readonly 1280: string; readonly 2560: string };
}

export interface RejectedPhoto {
  readonly file: string;
  readonly code: string;
  readonly message: string;
}

export interface PhotoScores {
  readonly sharpness: number;
  readonly exposureScore: number;
  readonly compositionScore: number;
  readonly baseScore: number;
  readonly finalScore: number;
  /** Degrees by which verticals lean on average (0 = upright), and how much of the picture strong lines cover, 0..1. */
  readonly verticalTiltDegrees: number;
  readonly lineStrength: number;
  /** Where the subject is: the centre of interest, for crops and push-ins. */
  readonly focus: { readonly x: number; readonly y: number };
}

export interface LabelledPhoto {
  readonly roomLabel: RoomType;
  readonly roomProbability: number;
  /** Probability of each room type, in the order of ROOM_TYPES, sums to 1. */
  readonly roomDistribution: readonly number[];
}

export interface DepthFigures {
  /** Variance of inverse depth over the picture. */
  readonly variance: number;
  /** Mean nearness of the nearest tenth over that of the farthest tenth. */
  readonly nearFarRatio: number;
  /** Share of strong depth edges that lie on image edges. */
  readonly edgeAgreement: number;
  /** Root of the mean square distance of inverse depth from its best plane; absent in figures of before it was measured. */
  readonly planeResidual?: number;
  /** 16-bit PNG of inverse depth, refined, longest side at most 1280 px. */
  readonly path: string;
  /** `meter_xxs_nyu`, `vanishing_prior`, … */
  readonly source: string;
}

export interface AnalyzedPhoto extends Photo, PhotoScores, LabelledPhoto {
  readonly clusterId: string;
  /** Id of the better photo that shows nearly the same. */
  readonly duplicateOf?: string;
  readonly depth?: DepthFigures;
}

export interface Shot {
  readonly photoId: string;
  readonly recommendedMotion: Motion;
  readonly allowedMotions: readonly Motion[];
  readonly recommendedDurationSeconds: number;
  readonly tier: Tier;
  readonly modelRecommendation: RendererName;
  /** 0..1: how far the camera may travel, bounded by depth contrast; 1 is the boldest move the renderer knows. */
  readonly amount: number;
  /** How good this shot is for the film, 0..1. */
  readonly value: number;
  /** Plain words: why this motion, why this tier. */
  readonly reason: string;
}

export interface RoomCluster {
  readonly id: string;
  readonly roomType: RoomType;
  readonly confidenceTier: ConfidenceTier;
  /** Best first; the hero is `heroPhotoId`. */
  readonly photoIds: readonly string[];
  readonly heroPhotoId: string;
  readonly imageCount: number;
  readonly overlapScore: number;
  readonly depthVariance: number;
  readonly sfmEligible: boolean;
  readonly shots: readonly Shot[];
  readonly debugMetrics: Readonly<Record<string, number | string>>;
}

/** A person's decisions, kept apart from every model's output and stronger than it. Photos by id. */
export interface HumanDecisions {
  readonly roomOverride: Readonly<Record<string, RoomType>>;
  readonly excluded: readonly string[];
  readonly mustLink: readonly (readonly [string, string])[];
  readonly cannotLink: readonly (readonly [string, string])[];
  readonly heroes: readonly string[];
  readonly motions: Readonly<Record<string, Motion>>;
  readonly durationsSeconds: Readonly<Record<string, number>>;
}

export const NO_DECISIONS: HumanDecisions = {
  roomOverride: {}, excluded: [], mustLink: [], cannotLink: [], heroes: [], motions: {}, durationsSeconds: {},
}; // biome-ignore format: one glance

export interface Analysis {
  readonly photos: readonly AnalyzedPhoto[];
  readonly clusters: readonly RoomCluster[];
  readonly rejected: readonly RejectedPhoto[];
  /** Role → name of the network that was used, or the hand-made method that stood in for it. */
  readonly models: Readonly<Record<string, string>>;
}

// ───────────────────────────── Music and beats ─────────────────────────────

export interface Beat {
  /** Seconds from the start of the music. */
  readonly time: number;
  /** 1 is the downbeat. */
  readonly beatInBar: number;
  /** 0..1 */
  readonly confidence: number;
}

export interface MusicSection {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Loudness of the section relative to the loudest, 0..1. */
  readonly energy: number;
  /** Mean confidence of its beats, 0..1: of beats given 0.5, about half are right. Absent in tracks of before. */
  readonly confidence?: number | undefined;
}

export interface BeatTrack {
  readonly durationSeconds: number;
  /** Beats a minute of the (first) tempo; DEFAULT_BPM when there is no pulse. */
  readonly bpm: number;
  /** Seconds from the start of the music to the first beat. */
  readonly beatOffset: number;
  readonly beats: readonly Beat[];
  readonly downbeats: readonly number[];
  readonly beatsPerBar: number;
  readonly sections: readonly MusicSection[];
  /** `own`, `beat_this` or `default` (no music, no pulse: an even grid at DEFAULT_BPM, said plainly). */
  readonly source: 'own' | 'beat_this' | 'default';
  /** False when no pulse was found. */
  readonly hasPulse: boolean;
  /** 0..1, of the whole grid. */
  readonly confidence: number;
}

// ───────────────────────────── Phase 3 ─────────────────────────────

export interface Transition {
  readonly type: TransitionType;
  /**
   * Overlap in frames, 0 for a cut. Centred on the cut: it begins `Math.floor(frames / 2)` before the cut frame, so
   * the outgoing clip runs on for the other half and the incoming clip starts that much earlier in its source.
   */
  readonly frames: number;
}

/**
 * One shot on the timeline. Clips have no start: it is the sum of the lengths before, so gaps and overlaps cannot be
 * written down. A clip's picture comes from a move of `moveFrames` frames; the timeline shows
 * [sourceInFrame, sourceInFrame + durationFrames) of it, and transitions use the frames around that window.
 */
export interface TimelineClip {
  readonly id: string;
  /** Fractional index: string order is timeline order. */
  readonly orderKey: string;
  readonly photoId: string;
  readonly clusterId: string;
  readonly motion: Motion;
  readonly amount: number;
  readonly renderer: RendererName;
  readonly moveFrames: number;
  readonly sourceInFrame: number;
  readonly durationFrames: number;
  /** From the clip before into this one; the first clip's is from black and is a cut unless the template fades in. */
  readonly transitionIn: Transition;
  readonly audioPolicy: AudioPolicy;
  /** Why it is here and this long. */
  readonly reason: string;
}

export interface TitleCard {
  readonly id: string;
  readonly startFrame: number;
  readonly durationFrames: number;
  /** May be empty where the logo says all. */
  readonly text: string;
  readonly subtext?: string;
  /** `lower_third` where not said; an end card darkens the whole picture and stands in its middle. */
  readonly style?: 'lower_third' | 'end_card';
  /** `#rrggbb`: a bar beside the text, or a rule under it. */
  readonly accent?: string;
  /** SHA-256 of the logo's bytes. */
  readonly logoId?: string;
}

export interface Marker {
  readonly id: string;
  readonly frame: number;
  readonly label: string;
}

/** A piece of music laid under the film; several when it loops at bar lines. */
export interface MusicSegment {
  readonly filmStartFrame: number;
  readonly filmEndFrame: number;
  /** Where in the music file this piece starts, seconds. */
  readonly musicStartSeconds: number;
}

export interface MusicPlan {
  readonly segments: readonly MusicSegment[];
  readonly fadeInFrames: number;
  readonly fadeOutFrames: number;
}

/** A beat of the film (music beats laid through the music plan), as the frame that is nearest to it. */
export interface GridBeat {
  readonly frame: number;
  readonly beatInBar: number;
  readonly confidence: number;
}

export interface Timeline {
  readonly id: string;
  readonly version: number;
  readonly status: 'draft' | 'approved' | 'locked';
  readonly template: TemplateName;
  readonly frameRate: FrameRate;
  readonly width: number;
  readonly height: number;
  readonly clips: readonly TimelineClip[];
  readonly beats: readonly GridBeat[];
  readonly music: MusicPlan | null;
  readonly titles: readonly TitleCard[];
  readonly markers: readonly Marker[];
  /** Shots the builder left out, with the reason. */
  readonly leftOut: readonly { readonly photoId: string; readonly reason: string }[];
}

// ───────────────────────────── Phase 2 ─────────────────────────────

/** Everything a clip's frames depend on; its hash names the take. Equal specs give equal frames. */
export interface ClipSpec {
  readonly photoSha256: string;
  readonly depthSha256: string | null;
  readonly motion: Motion;
  readonly amount: number;
  readonly renderer: RendererName;
  readonly frames: number;
  readonly frameRate: FrameRate;
  readonly width: number;
  readonly height: number;
  readonly focus: { readonly x: number; readonly y: number };
  readonly seed: number;
}

export interface ValidationFigure {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly pass: boolean;
  /** Where it was found: first and last frame of each place; absent where it is of the whole clip. */
  readonly frames?: readonly (readonly [number, number])[];
}

/** One render attempt. `path` is the clip (H.264, no B-frames, no sound). */
export interface Take {
  readonly specHash: string;
  readonly spec: ClipSpec;
  readonly path: string;
  readonly frames: number;
  readonly validationScore: number;
  readonly verdict: 'pass' | 'fail';
  readonly figures: readonly ValidationFigure[];
  readonly reasons: readonly string[];
  readonly renderSeconds: number;
  readonly generation?: Generation;
}

/** Where a generated clip comes from; `drawn` is what the model drew, before crop, scale and trim. The whole workflow lies beside the clip. */
export interface Generation {
  readonly model: string;
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly seed: number;
  readonly lora: { readonly name: string; readonly strength: number } | null;
  readonly drawn: { readonly width: number; readonly height: number; readonly frames: number };
  readonly workflowSha256: string;
}

/** All attempts of one clip, best last; `chosen` is the take that passed, or the last rung of the ladder. */
export interface RenderedClip {
  readonly clipId: string;
  readonly takes: readonly Take[];
  readonly chosen: Take;
  readonly downgradeReason?: string;
}

// ───────────────────────────── Phase 4 ─────────────────────────────

export interface OutputSpec {
  readonly width: number;
  readonly height: number;
  readonly frameRate: FrameRate;
  readonly loudnessLufs: number;
  readonly truePeakDbtp: number;
}

export interface VerificationLine {
  readonly name: string;
  readonly expected: string;
  readonly measured: string;
  readonly pass: boolean;
}

export interface Verification {
  readonly pass: boolean;
  readonly lines: readonly VerificationLine[];
}
