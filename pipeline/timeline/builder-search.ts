/**
 * The search for the film: which shots, with which motion, from which beat to which. Exact dynamic programming over
 * (shot, motion, beat of its end); shots keep film order, so the state needs only the last one. O(shots × motions ×
 * beats × (motions + lengths)).
 *
 * Which predecessor is best depends on the new shot only through its photo and its motion, so for every beat the two
 * best states with different photos are kept per motion, once for states of the same room and once for earlier rooms.
 */
import { MOTIONS, type Motion } from '../domain.ts';
import type { Candidate } from './builder-material.ts';
import { MOTION_SECONDS } from './clip-math.ts';
import type { Pace } from './templates.ts';

/** Showing a room at all outweighs any number of second views that its time could be given to. */
const ROOM_BONUS = 10;
/** A room shown first, or only, by another shot than its best. */
const NOT_BEST_COST = 3;
/** What a person chose as hero or gave a length is in the film before any number of rooms that nobody chose; */
const PERSON_BONUS = 100;
/** a photo whose motion a person set is at least preferred. */
const PERSON_MOTION_BONUS = 2;
/** Worth of a further view in a room falls with its rank. */
const RANK_DECAY = 0.8;
/** A second move over a photo that was shown already is worth this much less. */
const REPEAT_COST = 1.2;
/** Another motion than the recommended one; the same motion twice in a row (must cost more, or films get monotonous). */
const OTHER_MOTION_COST = 0.35;
const SAME_MOTION_COST = 0.6;
/** Weight of (log2 of length over the length the style asks for)²: half or double costs as much as a good shot brings. */
const PACE_WEIGHT = 1.2;
const RECOMMENDED_WEIGHT = 0.3;
/** Per octave beyond the style's own limits. */
const BELOW_PACE_COST = 6;
const ABOVE_PACE_COST = 2;
/** No motion bears more; bounds the tables of costs. */
const LONGEST_SECONDS = Math.max(...Object.values(MOTION_SECONDS).map((limits) => limits.max));
/** Ending a beat away from the target. */
const END_OFF_COST = 0.8;

export interface SearchShot {
  readonly candidate: Candidate;
  readonly pace: Pace;
  /** Its room is shown for the first time by this shot unless an earlier chosen shot of its group did that. */
  readonly firstOfRoom: boolean;
}

export interface SearchInput {
  /** In film order, groups together. */
  readonly shots: readonly SearchShot[];
  /** The first shot of the list opens the film; the last one closes it. */
  readonly fixedOpening: boolean;
  readonly fixedClosing: boolean;
  /** Possible cuts, frames, strictly increasing, the first is 0. */
  readonly points: readonly number[];
  /** 0 on a downbeat, 1 off it, between in the middle of an even bar. */
  readonly offBeat: readonly number[];
  readonly downbeatWeight: number;
  readonly framesPerSecond: number;
  readonly barSeconds: number;
  readonly targetFrames: number;
  /** Largest distance of the end from the target, frames. */
  readonly toleranceFrames: number;
  /** Only with a single photo. */
  readonly samePhotoInRow: boolean;
}

export interface FoundShot {
  readonly shot: SearchShot;
  readonly motion: Motion;
  /** Indices into `points`. */
  readonly start: number;
  readonly end: number;
}

export interface Found {
  readonly shots: readonly FoundShot[];
  readonly onTarget: boolean;
  readonly score: number;
}

/** Seconds that a pace asks for at this tempo: its bars, halved or doubled into its limits. */
export function paceSeconds(pace: Pace, barSeconds: number): number {
  let seconds = pace.bars * barSeconds;
  while (seconds > pace.maxSeconds) seconds /= 2;
  while (seconds < pace.minSeconds && seconds * 2 <= pace.maxSeconds) seconds *= 2;
  return Math.max(seconds, pace.minSeconds);
}

/** Two best states (with different photos) for each motion and beat. */
class BestStates {
  readonly value: Float64Array;
  readonly state: Int32Array;
  readonly photo: Int32Array;
  readonly width: number;

  constructor(points: number) {
    this.width = points * 2;
    this.value = new Float64Array(MOTIONS.length * this.width).fill(Number.NEGATIVE_INFINITY);
    this.state = new Int32Array(MOTIONS.length * this.width).fill(-1);
    this.photo = new Int32Array(MOTIONS.length * this.width).fill(-1);
  }

  clear(): void {
    this.value.fill(Number.NEGATIVE_INFINITY);
  }

  add(motion: number, point: number, value: number, state: number, photo: number): void {
    const at = motion * this.width + point * 2;
    if (value > (this.value[at] as number)) {
      if (this.photo[at] !== photo) this.copy(at, at + 1);
      this.set(at, value, state, photo);
    } else if (this.photo[at] !== photo && value > (this.value[at + 1] as number)) {
      this.set(at + 1, value, state, photo);
    }
  }

  merge(other: BestStates): void {
    for (let motion = 0; motion < MOTIONS.length; motion++) {
      for (let i = 0; i < this.width; i++) {
        const at = motion * this.width + i;
        const value = other.value[at] as number;
        if (value === Number.NEGATIVE_INFINITY) continue;
        this.add(motion, i >> 1, value, other.state[at] as number, other.photo[at] as number);
      }
    }
  }

  private set(at: number, value: number, state: number, photo: number): void {
    this.value[at] = value;
    this.state[at] = state;
    this.photo[at] = photo;
  }

  private copy(from: number, to: number): void {
    this.set(to, this.value[from] as number, this.state[from] as number, this.photo[from] as number);
  }
}

/** The best film, or undefined when not even one shot can be placed. */
export function searchFilm(input: SearchInput): Found | undefined {
  const { shots, points } = input;
  const n = points.length;
  const maxMotions = Math.max(1, ...shots.map((shot) => shot.candidate.motions.length));
  const states = shots.length * maxMotions;
  const value = new Float64Array(states * n).fill(Number.NEGATIVE_INFINITY);
  const from = new Int32Array(states * n).fill(-1);
  const startOf = new Int32Array(states * n).fill(-1);
  const photoNumbers = numberPhotos(shots);
  const earlier = new BestStates(n);
  const sameRoom = new BestStates(n);
  const fresh = reachOf(n);
  const within = reachOf(n);
  const last = shots.length - 1;
  let group: number | undefined;

  for (let j = 0; j < shots.length; j++) {
    const shot = shots[j];
    if (shot === undefined) continue;
    const { candidate } = shot;
    if (group !== candidate.group) {
      earlier.merge(sameRoom);
      sameRoom.clear();
      group = candidate.group;
    }
    const photo = photoNumbers[j] as number;
    const further = worth(candidate);
    const first =
      further + (shot.firstOfRoom ? ROOM_BONUS * candidate.importance - (candidate.rank > 0 ? NOT_BEST_COST : 0) : 0);
    const mayStart = input.fixedOpening ? j === 0 : !(input.fixedClosing && j === last && shots.length > 1);
    const bannedPhoto = input.samePhotoInRow ? -2 : photo;
    collectPredecessors(earlier, bannedPhoto, fresh);
    collectPredecessors(sameRoom, bannedPhoto, within);
    const lengthCosts = costsByLength(input, shot);
    candidate.motions.forEach((motion, option) => {
      const motionNumber = MOTIONS.indexOf(motion);
      const state = j * maxMotions + option;
      const motionCost = option === 0 ? 0 : OTHER_MOTION_COST;
      for (let b = 0; b + 1 < n; b++) {
        // Nothing can end at point 0, so the start of the film and a predecessor never compete.
        let reached = b === 0 && mayStart ? first : Number.NEGATIVE_INFINITY;
        let previous = -1;
        const afterFresh = bestReach(fresh, b, motionNumber) + first;
        if (afterFresh > reached) [reached, previous] = [afterFresh, bestState(fresh, b, motionNumber)];
        const afterWithin = bestReach(within, b, motionNumber) + further;
        if (afterWithin > reached) [reached, previous] = [afterWithin, bestState(within, b, motionNumber)];
        if (reached === Number.NEGATIVE_INFINITY) continue;
        placeLengths(input, candidate, motion, b, lengthCosts, (e, cost) => {
          const total = reached - motionCost - cost;
          const at = state * n + e;
          if (total > (value[at] as number)) {
            value[at] = total;
            from[at] = previous;
            startOf[at] = b;
          }
        });
      }
    });
    // Only now: alternatives of one shot must not follow one another.
    candidate.motions.forEach((motion, option) => {
      const state = j * maxMotions + option;
      const motionNumber = MOTIONS.indexOf(motion);
      for (let e = 1; e < n; e++) {
        const total = value[state * n + e] as number;
        if (total > Number.NEGATIVE_INFINITY) sameRoom.add(motionNumber, e, total, state, photo);
      }
    });
  }

  const end = chooseEnd(input, value, maxMotions);
  if (end === undefined) return undefined;
  const found: FoundShot[] = [];
  let { state, point } = end;
  while (state >= 0) {
    const shot = shots[Math.floor(state / maxMotions)];
    const motion = shot?.candidate.motions[state % maxMotions];
    if (shot === undefined || motion === undefined) break;
    const start = startOf[state * n + point] as number;
    found.push({ shot, motion, start, end: point });
    state = from[state * n + point] as number;
    point = start;
  }
  found.reverse();
  return { shots: found, onTarget: end.onTarget, score: end.score };
}

function worth(candidate: Candidate): number {
  return candidate.value * RANK_DECAY ** candidate.rank + (candidate.look > 0 ? -REPEAT_COST : personBonus(candidate));
}

function personBonus(candidate: Candidate): number {
  if (candidate.hero || candidate.wishSeconds !== undefined) return PERSON_BONUS;
  return candidate.motionByPerson ? PERSON_MOTION_BONUS : 0;
}

/** For every point the best state there and the best one with another motion than that. */
interface Reach {
  readonly value: Float64Array;
  readonly state: Int32Array;
  readonly motion: Int32Array;
  readonly otherValue: Float64Array;
  readonly otherState: Int32Array;
}

function reachOf(n: number): Reach {
  return {
    value: new Float64Array(n),
    state: new Int32Array(n),
    motion: new Int32Array(n),
    otherValue: new Float64Array(n),
    otherState: new Int32Array(n),
  };
}

function collectPredecessors(best: BestStates, bannedPhoto: number, reach: Reach): void {
  const n = reach.value.length;
  reach.value.fill(Number.NEGATIVE_INFINITY);
  reach.otherValue.fill(Number.NEGATIVE_INFINITY);
  reach.motion.fill(-1);
  for (let m = 0; m < MOTIONS.length; m++) {
    for (let point = 0; point < n; point++) {
      let at = m * best.width + point * 2;
      if (best.photo[at] === bannedPhoto) at++;
      const value = best.value[at] as number;
      if (value > (reach.value[point] as number)) {
        reach.otherValue[point] = reach.value[point] as number;
        reach.otherState[point] = reach.state[point] as number;
        reach.value[point] = value;
        reach.state[point] = best.state[at] as number;
        reach.motion[point] = m;
      } else if (value > (reach.otherValue[point] as number)) {
        reach.otherValue[point] = value;
        reach.otherState[point] = best.state[at] as number;
      }
    }
  }
}

/** Value of the best predecessor for a shot with this motion: a repeated motion costs. */
function bestReach(reach: Reach, point: number, motion: number): number {
  const value = reach.value[point] as number;
  if (reach.motion[point] !== motion) return value;
  return Math.max(value - SAME_MOTION_COST, reach.otherValue[point] as number);
}

function bestState(reach: Reach, point: number, motion: number): number {
  const repeated =
    reach.motion[point] === motion &&
    (reach.otherValue[point] as number) > (reach.value[point] as number) - SAME_MOTION_COST;
  return (repeated ? reach.otherState[point] : reach.state[point]) as number;
}

/** Cost of every length of a shot in frames, apart from where it ends and what its motion bears. */
function costsByLength(input: SearchInput, { candidate, pace }: SearchShot): Float64Array {
  const wanted = paceSeconds(pace, input.barSeconds);
  const recommended = Math.max(0.5, candidate.shot.recommendedDurationSeconds);
  const costs = new Float64Array(Math.ceil(LONGEST_SECONDS * input.framesPerSecond) + 2);
  for (let frames = 1; frames < costs.length; frames++) {
    const seconds = frames / input.framesPerSecond;
    let cost =
      PACE_WEIGHT * Math.log2(seconds / wanted) ** 2 + RECOMMENDED_WEIGHT * Math.log2(seconds / recommended) ** 2;
    // Half a frame of grace: a beat interval is rounded to frames.
    const half = 0.5 / input.framesPerSecond;
    if (seconds < pace.minSeconds - half) cost += BELOW_PACE_COST * Math.log2(pace.minSeconds / seconds);
    if (seconds > pace.maxSeconds + half) cost += ABOVE_PACE_COST * Math.log2(seconds / pace.maxSeconds);
    costs[frames] = cost;
  }
  return costs;
}

/** Calls `place(end, cost)` for every bearable length of the shot from one point. */
function placeLengths(
  input: SearchInput,
  candidate: Candidate,
  motion: Motion,
  b: number,
  lengthCosts: Float64Array,
  place: (end: number, cost: number) => void,
): void {
  const { points, offBeat, downbeatWeight, framesPerSecond } = input;
  const start = points[b] as number;
  if (candidate.wishSeconds !== undefined) {
    // A person's length is taken to the nearest beat and is not argued with.
    const end = nearestPoint(points, b, start + candidate.wishSeconds * framesPerSecond);
    place(end, downbeatWeight * (offBeat[end] as number));
    return;
  }
  const limits = MOTION_SECONDS[motion];
  const min = limits.min * framesPerSecond - 0.5;
  const max = limits.max * framesPerSecond + 0.5;
  for (let e = b + 1; e < points.length; e++) {
    const frames = (points[e] as number) - start;
    if (frames < min) continue;
    if (frames > max) break;
    place(e, (lengthCosts[frames] as number) + downbeatWeight * (offBeat[e] as number));
  }
}

function nearestPoint(points: readonly number[], start: number, frame: number): number {
  let best = start + 1;
  for (let e = start + 2; e < points.length; e++) {
    if (Math.abs((points[e] as number) - frame) < Math.abs((points[best] as number) - frame)) best = e;
    else break;
  }
  return best;
}

/** The best state that ends within the tolerance of the target; else the one that ends nearest to it. */
function chooseEnd(
  input: SearchInput,
  value: Float64Array,
  maxMotions: number,
): { state: number; point: number; onTarget: boolean; score: number } | undefined {
  const n = input.points.length;
  const states = input.shots.length * maxMotions;
  const firstState = input.fixedClosing ? states - maxMotions : 0;
  let best: { state: number; point: number; onTarget: boolean; score: number; off: number } | undefined;
  for (let e = 1; e < n; e++) {
    const off = Math.abs((input.points[e] as number) - input.targetFrames);
    const onTarget = off <= input.toleranceFrames;
    for (let state = firstState; state < states; state++) {
      const raw = value[state * n + e] as number;
      if (raw === Number.NEGATIVE_INFINITY) continue;
      const score = raw - (END_OFF_COST * off) / Math.max(1, input.toleranceFrames);
      const better =
        best === undefined ||
        (onTarget !== best.onTarget
          ? onTarget
          : onTarget
            ? score > best.score
            : off < best.off || (off === best.off && score > best.score));
      if (better) best = { state, point: e, onTarget, score, off };
    }
  }
  return best;
}

function numberPhotos(shots: readonly SearchShot[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(shots, ({ candidate }) => {
    const known = numbers.get(candidate.photoId) ?? numbers.size;
    numbers.set(candidate.photoId, known);
    return known;
  });
}
