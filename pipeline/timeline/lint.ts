/** What is allowed on a timeline but worth a look: plain data with codes, places and, where there is one, a remedy. */
import { PicaividError } from '../../base/errors.ts';
import type { BeatTrack, Timeline } from '../domain.ts';
import { frameToSeconds, secondsToFrame } from '../time.ts';
import { beatIndexAt, clipStarts, MOTION_SECONDS, medianBeatFrames, nearestBeatIndex } from './clip-math.ts';
import { applyEdit } from './edits.ts';
import type { Edit, SimpleEdit } from './edits-types.ts';
import { isLightJump, type PhotoLight } from './light.ts';
import { fixLength, fixLightJump, fixMissingRoom, fixMusic, fixOffBeat, fixSamePhoto, fixTarget, isSoft, type LintRoom } from './lint-fixes.ts'; // biome-ignore format: one import

export type { LintRoom } from './lint-fixes.ts';

export type LintCode =
  | 'cut_off_beat'
  | 'shot_too_short'
  | 'shot_too_long'
  | 'same_photo_in_row'
  | 'light_jump'
  | 'room_missing'
  | 'off_target'
  | 'music_too_short';

export interface LintFinding {
  readonly code: LintCode;
  /** A sentence for people. */
  readonly message: string;
  readonly clipId?: string;
  readonly frame?: number;
  readonly clusterId?: string;
  /** Applied with `applyEdit`, removes the finding. */
  readonly suggestedEdit?: Edit;
}

export interface LintOptions {
  /** Rooms that the film should show; `RoomCluster`s will do. With their shots, a missing room can be put in. */
  readonly rooms?: readonly LintRoom[];
  readonly targetSeconds?: number;
  /** Light of photos by id (`lightOf`), for jumps between neighbours; photos that are not in it are not judged. */
  readonly light?: ReadonlyMap<string, PhotoLight>;
  /** The music, so that it can be laid anew for a longer film. */
  readonly track?: BeatTrack | null;
}

/** Findings in film order, then those about the whole film. Never throws. O(clips · log beats + beats). */
export function lintTimeline(timeline: Timeline, options: LintOptions = {}): LintFinding[] {
  const findings: LintFinding[] = [];
  const add = (finding: LintFinding, suggestedEdit: Edit | undefined): void => {
    findings.push(suggestedEdit === undefined ? finding : { ...finding, suggestedEdit });
  };
  const { clips, beats, frameRate: rate } = timeline;
  const starts = clipStarts(clips);
  const total = starts.at(-1) ?? 0;
  const grace = frameToSeconds(1, rate) / 2;
  clips.forEach((clip, i) => {
    const frame = starts[i] ?? 0;
    const where = { clipId: clip.id, frame };
    const nearest = beats[nearestBeatIndex(beats, frame)]?.frame;
    if (i > 0 && nearest !== undefined && beatIndexAt(beats, frame) < 0) {
      const away = nearest - frame;
      const message = `The cut at frame ${frame} is ${Math.abs(away)} ${Math.abs(away) === 1 ? 'frame' : 'frames'} ${away > 0 ? 'before' : 'after'} the beat.`;
      add({ code: 'cut_off_beat', message, ...where }, fixOffBeat(timeline, i, starts));
    }
    const seconds = frameToSeconds(clip.durationFrames, rate);
    const limits = MOTION_SECONDS[clip.motion];
    if (seconds < limits.min - grace || seconds > limits.max + grace) {
      const short = seconds < limits.min;
      const motion = clip.motion.replaceAll('_', ' ');
      const message = `Shot ${i + 1} lasts ${seconds.toFixed(1)} s; a ${motion} ${short ? `needs at least ${limits.min}` : `bears at most ${limits.max}`} s.`;
      add({ code: short ? 'shot_too_short' : 'shot_too_long', message, ...where }, fixLength(timeline, clip, frame, short)); // biome-ignore format: one line
    }
    if (i > 0 && clips[i - 1]?.photoId === clip.photoId) {
      const message = `Shots ${i} and ${i + 1} show the same photo.`;
      add({ code: 'same_photo_in_row', message, ...where }, fixSamePhoto(timeline, clip, options.rooms ?? []));
    }
    const jump = lightJumpMessage(timeline, i, options.light);
    if (jump !== undefined) add({ code: 'light_jump', message: jump, ...where }, fixLightJump(timeline, i));
  });
  const rooms = options.rooms ?? [];
  const shown = new Set(clips.map((clip) => clip.clusterId));
  for (const room of rooms) {
    if (shown.has(room.id)) continue;
    const message = `The ${room.roomType.replaceAll('_', ' ')} is not in the film.`;
    add({ code: 'room_missing', message, clusterId: room.id }, fixMissingRoom(timeline, room, rooms));
  }
  if (options.targetSeconds !== undefined) {
    const target = secondsToFrame(options.targetSeconds, rate);
    const off = total - target;
    if (Math.abs(off) > Math.max(1, medianBeatFrames(beats))) {
      const message = `The film is ${frameToSeconds(Math.abs(off), rate).toFixed(1)} s ${off < 0 ? 'shorter' : 'longer'} than the ${options.targetSeconds} s asked for.`;
      add({ code: 'off_target', message }, fixTarget(timeline, target));
    }
  }
  const musicEnd = timeline.music?.segments.at(-1)?.filmEndFrame;
  if (musicEnd !== undefined && musicEnd < total) {
    const message = `The music ends at frame ${musicEnd} and the film at ${total}. Lay the music anew.`;
    add({ code: 'music_too_short', message, frame: musicEnd }, fixMusic(timeline, options.track));
  }
  return findings;
}

export interface FixedAll {
  /** All accepted remedies as one step of undo; null when there is none. */
  readonly edit: Extract<Edit, { type: 'batch' }> | null;
  /** With it applied. */
  readonly timeline: Timeline;
  readonly fixed: number;
  readonly left: readonly LintFinding[];
}

/** Rooms and length first, as they move cuts; then single shots; the music last, as it must fit the final length. */
const ORDER: readonly LintCode[] = [
  'room_missing', 'same_photo_in_row', 'shot_too_short', 'shot_too_long', 'off_target', 'cut_off_beat', 'light_jump', 'music_too_short',
]; // biome-ignore format: one glance

/**
 * What a finding costs in `fixAll`: a remedy may bring smaller findings with it (a room put in makes the film longer
 * than its music), which are remedied in turn. A length that nothing can mend any more costs more than any room.
 */
function costOf(findings: readonly LintFinding[]): number {
  let cost = 0;
  for (const { code, suggestedEdit } of findings) {
    if (code === 'room_missing') cost += 4;
    else if (code === 'off_target') cost += suggestedEdit === undefined ? 50 : 2;
    else cost += code === 'light_jump' ? 1 : code === 'music_too_short' ? 0.5 : 2;
  }
  return cost;
}

/**
 * Applies remedies for as long as one makes things better, as one batch; in the end there are fewer findings than
 * before, or nothing is done. Ends: every accepted remedy lowers the cost. The batch applied to `timeline` gives
 * `FixedAll.timeline`. Refused remedies (a locked timeline) are left out.
 */
export function fixAll(timeline: Timeline, options: LintOptions = {}): FixedAll {
  const weighed = fixBy(timeline, options, costOf);
  if (weighed.edit === null || weighed.fixed > 0) return weighed;
  return fixBy(timeline, options, (findings) => findings.length);
}

function fixBy(timeline: Timeline, options: LintOptions, cost: (findings: readonly LintFinding[]) => number): FixedAll {
  let now = timeline;
  let findings = lintTimeline(now, options);
  const first = findings.length;
  const edits: SimpleEdit[] = [];
  for (let progress = true; progress; ) {
    progress = false;
    const round = findings.toSorted((a, b) => ORDER.indexOf(a.code) - ORDER.indexOf(b.code)).map(keyOf);
    for (const key of round) {
      // Remedies are for the timeline as it is: the finding is looked up anew, it may be gone or elsewhere.
      const edit = findings.find((finding) => keyOf(finding) === key)?.suggestedEdit;
      if (edit === undefined) continue;
      const tried = tryEdit(now, edit);
      if (tried === undefined) continue;
      const after = lintTimeline(tried, options);
      if (cost(after) >= cost(findings)) continue;
      now = tried;
      findings = after;
      edits.push(...(edit.type === 'batch' ? edit.edits : [edit]));
      progress = true;
    }
  }
  const edit = edits.length === 0 ? null : { type: 'batch' as const, edits };
  return { edit, timeline: now, fixed: first - findings.length, left: findings };
}

/** The same finding on two timelines. */
function keyOf(finding: LintFinding): string {
  return `${finding.code} ${finding.clipId ?? finding.clusterId ?? ''}`;
}

function tryEdit(timeline: Timeline, edit: Edit): Timeline | undefined {
  try {
    return applyEdit(timeline, edit).timeline;
  } catch (error) {
    if (error instanceof PicaividError && error.code === 'edit_refused') return undefined;
    throw error;
  }
}

function lightJumpMessage(
  timeline: Timeline,
  index: number,
  light: ReadonlyMap<string, PhotoLight> | undefined,
): string | undefined {
  const clip = timeline.clips[index];
  const before = timeline.clips[index - 1];
  if (light === undefined || clip === undefined || before === undefined || isSoft(timeline, clip)) return undefined;
  const [from, to] = [light.get(before.photoId), light.get(clip.photoId)];
  if (from === undefined || to === undefined) return undefined;
  const jump = isLightJump(from, to);
  const words = [
    ...(jump.luminance ? [to.luminance > from.luminance ? 'brighter' : 'darker'] : []),
    ...(jump.colour ? [(to.kelvin ?? 0) > (from.kelvin ?? 0) ? 'colder' : 'warmer'] : []),
  ];
  return words.length === 0
    ? undefined
    : `Shot ${index + 1} is suddenly ${words.join(' and ')}. A dissolve softens it.`;
}
