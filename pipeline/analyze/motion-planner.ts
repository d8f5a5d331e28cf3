/**
 * Plans the shots of a room: which photos, which move, how long, how bold, by which renderer, and why. Pure and
 * deterministic: the plan of a room depends on that room and on whether it is mirrored (see `mirroredRooms`).
 */
import {
  type DepthFigures,
  type HumanDecisions,
  type Motion,
  type Photo,
  type PhotoScores,
  type RendererName,
  ROOM_TYPES,
  type RoomType,
  type Shot,
  type Tier,
} from '../domain.ts';
import {
  DEPTH_MOTIONS,
  FLAT_MOTIONS,
  LTX_MOTIONS,
  OPPOSITE,
  ORBIT_MOTIONS,
  ROOM_PROFILES,
  TIER_RULES,
} from './motion-rules.ts';

export interface PlannablePhoto
  extends Pick<Photo, 'id' | 'width' | 'height'>,
    Pick<PhotoScores, 'finalScore' | 'lineStrength' | 'focus'> {
  readonly depth?: DepthFigures;
  /** Probability of each room type, in the order of ROOM_TYPES; absent where nothing was labelled. */
  readonly roomDistribution?: readonly number[];
  readonly duplicateOf?: string;
}
export interface PlannableRoom {
  readonly id: string;
  readonly roomType: RoomType;
  readonly heroPhotoId: string;
  /** COLMAP registered enough photos with a small error. */
  readonly reconstructed: boolean;
  /** Left and right change places in its preferences, so that rooms of one kind do not all open the same way. */
  readonly mirrored?: boolean;
  readonly photos: readonly PlannablePhoto[];
}
export type PlanDecisions = Pick<HumanDecisions, 'excluded' | 'heroes' | 'motions' | 'durationsSeconds'>;
export interface RoomPlan {
  readonly heroPhotoId: string;
  readonly shots: readonly Shot[];
}

/** The first preferred move has 1 point, each later one this much less; a judgement. */
const PREFERENCE_STEP = 0.12;
/** A bathroom seen from the bedroom is in the bedroom's cluster: from this probability its mirrors count; a judgement. */
const MIRROR_PROBABILITY = 0.5;
/** A picture this much higher than wide is a portrait: it has more height than the frame can show at once. */
const PORTRAIT_ASPECT = 0.95;
/** Wider than this, a pan shows what the frame cuts off (16:9 is 1.78). */
const PANORAMA_ASPECT = 1.9;
const PORTRAIT_TILT_BONUS = 1.2;
const PANORAMA_PAN_BONUS = 0.9;
/** A reconstruction is rare and worth showing. */
const ORBIT_BONUS = 1.15;
/** The subject's side decides between left and right; distance from the middle from which it counts. */
const FOCUS_OFFSET = 0.08;
const FOCUS_BONUS = 0.06;
/** Per earlier use of the same move in the room, and for answering the move before with its opposite. */
const REPEAT_PENALTY = 0.3;
const ALTERNATE_BONUS = 0.25;
/** The hero stays longer, other shots of the same room shorter, seconds. */
const HERO_EXTRA_SECONDS = 0.4;
const LATER_SHOT_SECONDS = 0.3;
const SHORTEST_SECONDS = 2;
/** Amounts: a flat move's, the range of a move in depth, and the most that a guessed depth bears. */
const FLAT_AMOUNT = 0.6;
const DEEP_AMOUNT = { boldest: 0.9, calmest: 0.4 };
const PRIOR_AMOUNT = 0.4;
/** Variance of inverse depth at which the boldest and the calmest amount are reached: contrast opens more holes. */
const CONTRAST = { low: 0.04, high: 0.12 };
const VALUE = { score: 0.7, importance: 0.2, hero: 0.1 };
/** Name of the depth source that is a guess from vanishing lines. */
export const PRIOR_SOURCE = 'vanishing_prior';

/**
 * Which rooms to mirror, from their types in the order of the clusters: of the rooms that open sideways every second
 * one. Rooms that open straight ahead are not counted and not mirrored.
 */
export function mirroredRooms(roomTypes: readonly RoomType[]): readonly boolean[] {
  let sideways = 0;
  return roomTypes.map((type) => {
    const first = ROOM_PROFILES[type].prefer[0];
    return first !== undefined && hasSide(first) && sideways++ % 2 === 1;
  });
}

/**
 * Chooses hero and shots of one room. Near-duplicates and excluded photos get no shot, unless a person made the
 * duplicate a hero or gave it a move: then it stands for its better photo. An empty room gives no shots.
 */
export function planRoom(
  room: PlannableRoom,
  decisions: PlanDecisions,
  options: { readonly ltxEnabled: boolean },
): RoomPlan {
  const excluded = new Set(decisions.excluded);
  const heroes = new Set(decisions.heroes);
  const wanted = (photo: PlannablePhoto): boolean => heroes.has(photo.id) || decisions.motions[photo.id] !== undefined;
  const usable = room.photos.filter((photo) => !excluded.has(photo.id));
  const present = new Set(usable.map((photo) => photo.id));
  const replaced = new Set(
    usable
      .filter((photo) => wanted(photo))
      .flatMap((photo) => (photo.duplicateOf === undefined ? [] : [photo.duplicateOf])),
  );
  const chosen = usable.filter(
    (photo) =>
      wanted(photo) ||
      (!replaced.has(photo.id) && (photo.duplicateOf === undefined || !present.has(photo.duplicateOf))),
  );
  const ordered = [...chosen].sort((a, b) => b.finalScore - a.finalScore || (a.id < b.id ? -1 : 1));
  const hero =
    ordered.find((photo) => heroes.has(photo.id)) ??
    ordered.find((photo) => photo.id === room.heroPhotoId) ??
    ordered[0];
  if (hero === undefined) return { heroPhotoId: room.heroPhotoId, shots: [] };
  const shots: Shot[] = [];
  const order = [hero, ...ordered.filter((other) => other !== hero)];
  for (const [index, photo] of order.entries()) {
    const next = order[index + 1];
    const taken = [shots.at(-1)?.recommendedMotion, next === undefined ? undefined : decisions.motions[next.id]];
    shots.push(planShot(room, photo, photo === hero, shots, taken, decisions, options.ltxEnabled));
  }
  return { heroPhotoId: hero.id, shots };
}

function planShot(
  room: PlannableRoom,
  photo: PlannablePhoto,
  isHero: boolean,
  before: readonly Shot[],
  neighbours: readonly (Motion | undefined)[],
  decisions: PlanDecisions,
  ltxEnabled: boolean,
): Shot {
  const profile = ROOM_PROFILES[room.roomType];
  const { tier, reason: tierReason } = tierOf(room, photo);
  const bearable = allowedMotions(tier, profile.only);
  const asked = decisions.motions[photo.id];
  const pick = asked === undefined ? recommend(room, photo, bearable, before, neighbours) : undefined;
  const motion = asked ?? pick?.motion ?? 'static';
  const allowed = bearable.includes(motion) ? bearable : [...bearable, motion];
  const seconds = decisions.durationsSeconds[photo.id];
  const said =
    asked === undefined
      ? `${sentenceOf(motion)}: ${pick?.why ?? profile.why}.`
      : `${sentenceOf(motion)}, as you chose${bearable.includes(motion) ? '' : ', although this photo bears it only as a move inside the picture'}.`;
  return {
    photoId: photo.id,
    recommendedMotion: motion,
    allowedMotions: allowed,
    recommendedDurationSeconds: seconds ?? durationOf(profile.durationSeconds, isHero, before.length > 0),
    tier,
    modelRecommendation: rendererOf(tier, motion, ltxEnabled),
    amount: amountOf(tier, motion, photo.depth),
    value: round(
      Math.min(1, VALUE.score * photo.finalScore + VALUE.importance * profile.importance + (isHero ? VALUE.hero : 0)),
    ),
    reason: `${said} ${tierReason}${seconds === undefined ? '' : ' Its length is yours.'}`,
  };
}

function tierOf(room: PlannableRoom, photo: PlannablePhoto): { readonly tier: Tier; readonly reason: string } {
  const profile = ROOM_PROFILES[room.roomType];
  const facts = {
    hasDepth: photo.depth !== undefined,
    depthVariance: photo.depth?.variance ?? 0,
    edgeAgreement: photo.depth?.edgeAgreement ?? 0,
    // Figures of before it was measured say nothing about it.
    planeResidual: photo.depth?.planeResidual ?? Number.POSITIVE_INFINITY,
    lineStrength: photo.lineStrength,
    mirrors: profile.mirrors === true || mirrorProbability(photo) >= MIRROR_PROBABILITY,
    reconstructed: room.reconstructed,
  };
  if (profile.only !== undefined) return { tier: '2d', reason: 'A move inside the picture is enough.' };
  const rule = TIER_RULES.find((candidate) => candidate.when(facts));
  return { tier: rule?.tier ?? '2d', reason: rule?.reason ?? '' };
}

/** How probable the photo alone, whatever its room became, shows a kind of room that has mirrors. */
function mirrorProbability({ roomDistribution = [] }: PlannablePhoto): number {
  return ROOM_TYPES.reduce(
    (sum, type, i) => sum + (ROOM_PROFILES[type].mirrors === true ? (roomDistribution[i] ?? 0) : 0),
    0,
  );
}

function allowedMotions(tier: Tier, only: readonly Motion[] | undefined): readonly Motion[] {
  if (only !== undefined) return only;
  if (tier === '2d') return FLAT_MOTIONS;
  return tier === '3d' ? [...FLAT_MOTIONS, ...DEPTH_MOTIONS, ...ORBIT_MOTIONS] : [...FLAT_MOTIONS, ...DEPTH_MOTIONS];
}

/**
 * The best allowed move that neither the shot before nor a person's choice for the next one makes; ties go to the
 * earlier in the list. When too few moves are allowed, the next shot's choice is disregarded first.
 */
function recommend(
  room: PlannableRoom,
  photo: PlannablePhoto,
  allowed: readonly Motion[],
  before: readonly Shot[],
  neighbours: readonly (Motion | undefined)[],
): { readonly motion: Motion; readonly why: string } | undefined {
  const unlikeBoth = allowed.filter((motion) => !neighbours.includes(motion));
  const unlikePrevious = allowed.filter((motion) => motion !== neighbours[0]);
  const candidates = unlikeBoth.length > 0 ? unlikeBoth : unlikePrevious.length > 0 ? unlikePrevious : allowed;
  let best: { motion: Motion; why: string; score: number } | undefined;
  for (const motion of candidates) {
    const { score, why } = scoreOf(room, photo, motion, before);
    if (best === undefined || score > best.score) best = { motion, why, score };
  }
  return best;
}

function scoreOf(
  room: PlannableRoom,
  photo: PlannablePhoto,
  motion: Motion,
  before: readonly Shot[],
): { readonly score: number; readonly why: string } {
  const profile = ROOM_PROFILES[room.roomType];
  const rank = profile.prefer.indexOf(room.mirrored === true && hasSide(motion) ? OPPOSITE[motion] : motion);
  let score = rank < 0 ? 0 : 1 - PREFERENCE_STEP * rank;
  let why = profile.why;
  const aspect = photo.width / photo.height;
  if (aspect < PORTRAIT_ASPECT && (motion === 'tilt_up' || motion === 'tilt_down')) {
    score += PORTRAIT_TILT_BONUS;
    why = 'an upright photo has more height than the frame shows at once';
  }
  if (aspect > PANORAMA_ASPECT && (motion === 'pan_left' || motion === 'pan_right')) {
    score += PANORAMA_PAN_BONUS;
    why = 'a very wide photo has more width than the frame shows at once';
  }
  if (ORBIT_MOTIONS.includes(motion)) {
    score += ORBIT_BONUS;
    why = 'the room is known from several sides';
  }
  const side = photo.focus.x - 0.5;
  if ((motion.endsWith('_right') && side > FOCUS_OFFSET) || (motion.endsWith('_left') && side < -FOCUS_OFFSET))
    score += FOCUS_BONUS;
  const previous = before.at(-1)?.recommendedMotion;
  const uses = before.filter((shot) => shot.recommendedMotion === motion).length;
  score -= REPEAT_PENALTY * uses;
  if (previous !== undefined && previous !== motion && OPPOSITE[previous] === motion && score > 0) {
    score += ALTERNATE_BONUS;
    why = `it answers the ${wordsOf(previous)} before it`;
  }
  return { score, why };
}

function durationOf(base: number, isHero: boolean, later: boolean): number {
  const seconds = base + (isHero ? HERO_EXTRA_SECONDS : 0) - (later ? LATER_SHOT_SECONDS : 0);
  return Math.round(Math.max(SHORTEST_SECONDS, seconds) * 10) / 10;
}

function rendererOf(tier: Tier, motion: Motion, ltxEnabled: boolean): RendererName {
  if (tier === '2d' || motion === 'static') return 'ken_burns';
  return ltxEnabled && LTX_MOTIONS.includes(motion) ? 'ltx' : 'depth_parallax';
}

/** Bold where depth is gentle and its edges are right, calm where contrast would tear holes or the depth is a guess. */
function amountOf(tier: Tier, motion: Motion, depth: DepthFigures | undefined): number {
  if (motion === 'static') return 0;
  if (tier === '2d' || depth === undefined) return FLAT_AMOUNT;
  const contrast = Math.min(1, Math.max(0, (depth.variance - CONTRAST.low) / (CONTRAST.high - CONTRAST.low)));
  const bound = DEEP_AMOUNT.boldest - (DEEP_AMOUNT.boldest - DEEP_AMOUNT.calmest) * contrast;
  const trusted = bound * (0.7 + 0.3 * depth.edgeAgreement);
  return round(depth.source === PRIOR_SOURCE ? Math.min(PRIOR_AMOUNT, trusted) : trusted);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function hasSide(motion: Motion): boolean {
  return motion.endsWith('_left') || motion.endsWith('_right');
}

function wordsOf(motion: Motion): string {
  return motion.replaceAll('_', ' ');
}

function sentenceOf(motion: Motion): string {
  const words = wordsOf(motion);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
