/**
 * The film: which photos, in which order, with which move, from which beat to which, and why.
 *
 * Rules: exterior first, best closing shot last, rooms in the template's order, every room before a second view of
 * one as far as there is time, every cut on a beat frame, every shot as long as its motion bears, the total within one
 * beat of the target. A person's exclusions, rooms, heroes, motions and lengths are honoured; a person's length is
 * taken to the nearest beat even where the motion would not bear it.
 *
 * Few photos: first each photo may last as long as its motion bears; if that is not enough, photos come again with
 * other moves, at most MAX_MOVES_PER_PHOTO, never the same photo twice in a row (unless it is the only one); if that is
 * not enough either, the film is shorter and the last clip's reason says so.
 */

import { PicaividError } from '../../base/errors.ts';
import type { Analysis, BeatTrack, GridBeat, HumanDecisions, MusicPlan, RendererName, Timeline, TimelineClip, TitleCard } from '../domain.ts'; // biome-ignore format: one import
import { type FrameRate, frameToSeconds, secondsToFrame } from '../time.ts';
import { type Candidate, chooseClosing, chooseOpening, furtherLooks, gatherMaterial, MAX_MOVES_PER_PHOTO } from './builder-material.ts'; // biome-ignore format: one import
import { type Found, type SearchShot, searchFilm } from './builder-search.ts';
import { planTransitions } from './builder-transitions.ts';
import { framesAfterCut, framesBeforeCut, medianBeatFrames } from './clip-math.ts';
import { evenTrack, filmBeats, planMusic, trimMusicPlan } from './grid.ts';
import { checkTimeline } from './invariants.ts';
import { keysBetween } from './order-key.ts';
import type { Pace, Template } from './templates.ts';

/** The grid runs on behind the film's end so that clips can be made longer on the beat, seconds. */
export const GRID_TAIL_SECONDS = 20;
/** Shortest and longest film, seconds. */
const MIN_FILM_SECONDS = 2;
const MAX_FILM_SECONDS = 900;

export type TitleText = Pick<TitleCard, 'text' | 'subtext' | 'style' | 'accent' | 'logoId'>;

export interface BuildInput {
  readonly analysis: Analysis;
  readonly decisions: HumanDecisions;
  readonly track: BeatTrack | null;
  readonly template: Template;
  readonly targetSeconds: number;
  readonly frameRate: FrameRate;
  readonly size: { readonly width: number; readonly height: number };
  readonly newId: () => string;
  /** Tempo of the even grid when there is no music. */
  readonly defaultBpm: number;
  /** One renderer for all clips instead of the plan's own recommendation. */
  readonly renderer?: RendererName;
  /** Title cards, only where a text or a logo is given; the closing one is an end card unless it says otherwise. */
  readonly titles?: { readonly opening?: TitleText; readonly closing?: TitleText };
}

/**
 * Builds the timeline; same input (and ids), same result. `beats` runs GRID_TAIL_SECONDS past the film's end.
 * Throws `plan_impossible` when no photo is left or no shot fits the length, `bad_usage` for a senseless length,
 * `audio_too_short` for music under a second.
 */
export function buildTimeline(input: BuildInput): Timeline {
  const { template, frameRate: rate, newId } = input;
  if (!(input.targetSeconds >= MIN_FILM_SECONDS && input.targetSeconds <= MAX_FILM_SECONDS)) {
    throw new PicaividError(
      'bad_usage',
      `A film lasts ${MIN_FILM_SECONDS} to ${MAX_FILM_SECONDS} seconds; ${input.targetSeconds} was asked for.`,
    );
  }
  const material = gatherMaterial(input.analysis, input.decisions, template, input.renderer);
  if (material.candidates.length === 0) {
    throw new PicaividError(
      'plan_impossible',
      'There is no photo to show: all are excluded, rejected or near-duplicates. Include at least one photo.',
    );
  }
  const grid = layGrid(input);
  const { found, looks } = findFilm(input, material.candidates, grid);
  const frames = found.shots.map(({ start, end }) => (grid.points[end] ?? 0) - (grid.points[start] ?? 0));
  const total = grid.points[found.shots.at(-1)?.end ?? 0] ?? 0;
  const candidates = found.shots.map(({ shot }) => shot.candidate);
  const transitions = planTransitions(candidates, frames, template, rate);
  const keys = keysBetween(null, null, candidates.length);
  const shortfall = found.onTarget ? '' : ` ${explainShortfall(input, total, candidates, looks)}`;
  const clips = found.shots.map(({ shot: { candidate }, motion, start, end }, i): TimelineClip => {
    const transitionIn = transitions[i] ?? { type: 'cut', frames: 0 };
    const next = transitions[i + 1];
    const before = framesBeforeCut(transitionIn);
    const durationFrames = frames[i] ?? 0;
    const after = next === undefined ? 0 : framesAfterCut(next);
    const role = i === 0 ? 'opens the film' : i === candidates.length - 1 ? 'closes the film' : undefined;
    const why = explainShot(candidate, role, end - start, durationFrames, rate, grid.beats[end], motion);
    return {
      id: newId(),
      orderKey: keys[i] ?? '',
      photoId: candidate.photoId,
      clusterId: candidate.clusterId,
      motion,
      amount: candidate.shot.amount,
      renderer: candidate.renderer,
      moveFrames: before + durationFrames + after,
      sourceInFrame: before,
      durationFrames,
      transitionIn,
      audioPolicy: template.audio.policy,
      reason: i === candidates.length - 1 ? why + shortfall : why,
    };
  });
  const used = new Set(candidates.map((candidate) => candidate.photoId));
  const timeline: Timeline = {
    id: newId(),
    version: 1,
    status: 'draft',
    template: template.name,
    frameRate: rate,
    width: input.size.width,
    height: input.size.height,
    clips,
    beats: grid.allBeats,
    music: grid.music === null ? null : trimMusicPlan(grid.music, total),
    titles: titleCards(input, total),
    markers: [],
    leftOut: [...material.leftOut, ...explainUnused(material.candidates, used)],
  };
  const problems = checkTimeline(timeline);
  if (problems.length > 0)
    throw new PicaividError('internal', `The builder broke its own rules: ${problems.join(' ')}`);
  return timeline;
}

interface Grid {
  readonly music: MusicPlan | null;
  /** Beats with the tail. */
  readonly allBeats: readonly GridBeat[];
  /** Possible cuts: frame 0 and the beats up to a beat behind the target; `beats[i]` belongs to `points[i]`. */
  readonly points: readonly number[];
  readonly beats: readonly (GridBeat | undefined)[];
  readonly beatsPerBar: number;
  readonly targetFrames: number;
  readonly beatFrames: number;
}

function layGrid(input: BuildInput): Grid {
  const rate = input.frameRate;
  const targetFrames = secondsToFrame(input.targetSeconds, rate);
  const track = input.track ?? evenTrack(input.defaultBpm, 0);
  const oneBeat = Math.max(1, secondsToFrame(60 / track.bpm, rate));
  const limit = targetFrames + oneBeat;
  const music =
    input.track === null
      ? null
      : planMusic(track, limit, rate, {
          fadeInSeconds: input.template.audio.fadeInSeconds,
          fadeOutSeconds: input.template.audio.fadeOutSeconds,
        });
  const allBeats = filmBeats(track, music, limit + secondsToFrame(GRID_TAIL_SECONDS, rate), rate);
  const cuts = allBeats.filter((beat) => beat.frame > 0 && beat.frame <= limit);
  return {
    music,
    allBeats,
    points: [0, ...cuts.map((beat) => beat.frame)],
    beats: [allBeats[0]?.frame === 0 ? allBeats[0] : undefined, ...cuts],
    beatsPerBar: Math.max(1, track.beatsPerBar),
    targetFrames,
    beatFrames: Math.max(1, medianBeatFrames(cuts) || oneBeat),
  };
}

/** Searches with every photo once; then without the limit of views a room; then with further moves. */
function findFilm(input: BuildInput, all: readonly Candidate[], grid: Grid): { found: Found; looks: number } {
  const limited = all.filter((candidate) => candidate.rank < input.template.pacing.maxShotsPerRoom || candidate.hero);
  let best: { found: Found; looks: number } | undefined;
  const better = (found: Found | undefined, looks: number): boolean => {
    if (found === undefined) return false;
    const off = (one: Found): number => Math.abs((grid.points[one.shots.at(-1)?.end ?? 0] ?? 0) - grid.targetFrames);
    if (best === undefined || found.onTarget || off(found) < off(best.found)) best = { found, looks };
    return found.onTarget;
  };
  for (const candidates of limited.length < all.length ? [limited, all] : [all]) {
    if (better(searchOnce(input, candidates, 1, grid, true), 1) && best !== undefined) return best;
  }
  for (let looks = 2; looks <= MAX_MOVES_PER_PHOTO; looks++) {
    // With many photos more looks cannot help, and the search grows with them.
    if (all.length > 150) break;
    if (better(searchOnce(input, all, looks, grid, true), looks) && best !== undefined) return best;
  }
  // A very short film may not hold both an opening and a closing shot: then the closing rule gives way.
  if (better(searchOnce(input, limited, 1, grid, false), 1) && best !== undefined) return best;
  if (best !== undefined) return best;
  throw new PicaividError(
    'plan_impossible',
    `No shot fits a film of ${input.targetSeconds} s on this beat. Ask for a longer film, or correct the beats.`,
  );
}

function searchOnce(
  input: BuildInput,
  candidates: readonly Candidate[],
  looks: number,
  grid: Grid,
  withClosing: boolean,
): Found | undefined {
  const { template, frameRate: rate } = input;
  const photos = new Map(input.analysis.photos.map((photo) => [photo.id, photo]));
  const opening = chooseOpening(candidates, template);
  const closing = withClosing ? chooseClosing(candidates, template, photos, opening) : undefined;
  const shown = new Set([opening?.group, closing?.group]);
  const expanded = looks === 1 ? candidates : furtherLooks(candidates, looks);
  const dealt = (candidate: Candidate | undefined): Candidate | undefined =>
    expanded.find((other) => other.photoId === candidate?.photoId && other.look === 0);
  const first = dealt(opening);
  const last = dealt(closing);
  const shots: SearchShot[] = [];
  const { pacing } = template;
  // Opening and closing stand in groups of their own; their rooms count as shown.
  if (first !== undefined) shots.push(searchShot({ ...first, group: -1 }, template.opening.pace, false));
  for (const candidate of expanded) {
    if (candidate === first || candidate === last) continue;
    const pace: Pace = pacing.byRoom[candidate.room] ?? (candidate.rank === 0 ? pacing.hero : pacing.other);
    shots.push(searchShot(candidate, pace, candidate.look === 0 && !shown.has(candidate.group)));
  }
  if (last !== undefined) shots.push(searchShot({ ...last, group: -2 }, template.closing.pace, false));
  const beatsPerBar = grid.beatsPerBar;
  return searchFilm({
    shots,
    fixedOpening: first !== undefined,
    fixedClosing: last !== undefined,
    points: grid.points,
    offBeat: grid.beats.map((beat) => {
      if (beat === undefined || beat.beatInBar === 1) return 0;
      return beatsPerBar % 2 === 0 && beat.beatInBar === beatsPerBar / 2 + 1 ? 0.5 : 1;
    }),
    downbeatWeight: pacing.downbeatWeight,
    framesPerSecond: rate.num / rate.den,
    barSeconds: frameToSeconds(grid.beatFrames * beatsPerBar, rate),
    targetFrames: grid.targetFrames,
    // A frame less than a beat: beats are rounded to frames, and within a beat means within the shortest one.
    toleranceFrames: Math.max(1, grid.beatFrames - 1),
    samePhotoInRow: new Set(candidates.map((candidate) => candidate.photoId)).size === 1,
  });
}

function searchShot(candidate: Candidate, pace: Pace, firstOfRoom: boolean): SearchShot {
  return { candidate, pace, firstOfRoom };
}

function explainShot(
  candidate: Candidate,
  role: string | undefined,
  beats: number,
  frames: number,
  rate: FrameRate,
  endBeat: GridBeat | undefined,
  motion: string,
): string {
  const room = candidate.room.replaceAll('_', ' ');
  const place =
    candidate.look > 0
      ? `another move over a photo shown before, as there are few photos`
      : candidate.hero
        ? `chosen by a person as its hero`
        : candidate.rank === 0
          ? `the best view of its room`
          : `view ${candidate.rank + 1} of its room`;
  const wish = candidate.wishSeconds === undefined ? '' : ` (a person asked for ${candidate.wishSeconds} s)`;
  const where = endBeat?.beatInBar === 1 ? 'up to a downbeat' : `up to beat ${endBeat?.beatInBar ?? 1} of the bar`;
  const move =
    motion === candidate.shot.recommendedMotion
      ? candidate.shot.reason
      : `${motion.replaceAll('_', ' ')} instead of ${candidate.shot.recommendedMotion.replaceAll('_', ' ')}${candidate.motionByPerson && candidate.look === 0 ? ' as a person asked' : ' for variety'}`;
  const seconds = frameToSeconds(frames, rate).toFixed(1);
  const says = role === undefined ? '' : `, ${role}`;
  return `${capital(room)}${says}: ${place}. ${beats} ${beats === 1 ? 'beat' : 'beats'}, ${seconds} s${wish}, ${where}. Motion: ${move}.`.replaceAll(
    '..',
    '.',
  );
}

function explainShortfall(input: BuildInput, total: number, shots: readonly Candidate[], looks: number): string {
  const photos = new Set(shots.map((shot) => shot.photoId)).size;
  const seconds = frameToSeconds(total, input.frameRate).toFixed(1);
  const words = `The film lasts ${seconds} s instead of ${input.targetSeconds} s: `;
  return looks > 1
    ? `${words}${photos} ${photos === 1 ? 'photo' : 'photos'} in up to ${MAX_MOVES_PER_PHOTO} moves each bear no more. Add photos or ask for a shorter film.`
    : `${words}no selection of shots ends nearer to it on a beat.`;
}

function explainUnused(candidates: readonly Candidate[], used: ReadonlySet<string>): Timeline['leftOut'][number][] {
  const shownGroups = new Set(candidates.filter(({ photoId }) => used.has(photoId)).map(({ group }) => group));
  return candidates
    .filter(({ photoId }) => !used.has(photoId))
    .map(({ photoId, group, room, rank }) => ({
      photoId,
      reason: shownGroups.has(group)
        ? `No time for view ${rank + 1} of the ${room.replaceAll('_', ' ')}: better views of it are in.`
        : `No time for this ${room.replaceAll('_', ' ')}: the style holds other rooms to be more important.`,
    }));
}

function titleCards(input: BuildInput, total: number): TitleCard[] {
  const { opening, closing } = input.titles ?? {};
  const { template, frameRate: rate, newId } = input;
  const cards: TitleCard[] = [];
  // Each at most half of the film, so that the two never meet.
  const cardFrames = (seconds: number): number =>
    Math.max(1, Math.min(Math.floor(total / 2), secondsToFrame(seconds, rate)));
  const says = (title: TitleText | undefined): title is TitleText =>
    title !== undefined && (title.text.trim() !== '' || title.logoId !== undefined);
  if (says(opening)) {
    cards.push({ id: newId(), startFrame: 0, durationFrames: cardFrames(template.titles.openingSeconds), ...opening });
  }
  if (says(closing)) {
    const durationFrames = cardFrames(template.titles.closingSeconds);
    cards.push({ id: newId(), startFrame: total - durationFrames, durationFrames, style: 'end_card', ...closing });
  }
  return cards;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
