/** Random edits of every kind for the proofs of this folder: deterministic from a seed, mostly ones that can be done. */
import { PicaividError } from '../../base/errors.ts';
import { seededRandom as seeded } from '../../base/seeded-random.ts';
import { MOTIONS, NO_DECISIONS, type Shot, TEMPLATE_NAMES, type Timeline, TRANSITIONS } from '../domain.ts';
import { buildTimeline } from './builder.ts';
import { CUT, clipStarts, totalFrames } from './clip-math.ts';
import { applyEdit, type EditResult, parseEdit } from './edits.ts';
import { changeMany, copyClips, deleteMany, insertShot, moveMany, musicForLength, pasteAt, replaceBy, swapToShot } from './edits-make.ts'; // biome-ignore format: one import
import { type Edit, type SimpleEdit, simpleEditSchema } from './edits-types.ts';
import { counter, HOUSE, madeAnalysis, madeTrack } from './fixtures.ts';
import { checkTimeline } from './invariants.ts';
import { TEMPLATES } from './templates.ts';

export { seeded };

export type Random = () => number;

export const HOUSE_ANALYSIS = madeAnalysis(HOUSE);
export const TRACK = madeTrack(126, 120);
const SHOTS: readonly { readonly shot: Shot; readonly clusterId: string }[] = HOUSE_ANALYSIS.clusters.flatMap(
  ({ id: clusterId, shots }) => shots.map((shot) => ({ shot, clusterId })),
);

/** A built film of the made-up house. */
export function madeFilm(
  name: keyof typeof TEMPLATES = 'classic',
  targetSeconds = 24,
  prefix = 'id',
  bpm = 126,
): Timeline {
  const template = TEMPLATES[name];
  return buildTimeline({
    analysis: HOUSE_ANALYSIS,
    decisions: NO_DECISIONS,
    track: madeTrack(bpm, 120),
    template,
    targetSeconds,
    frameRate: template.frameRate,
    size: template,
    newId: counter(prefix),
    defaultBpm: 120,
    titles: { opening: { text: 'Elm Street', subtext: '12' }, closing: { text: 'Call us' } },
  });
}

/** Films to start from: templates, lengths and tempos that differ. Built once. */
export const FILMS: readonly Timeline[] = TEMPLATE_NAMES.map((name, i) => madeFilm(name, 16 + 5 * i, `${name}-`, 96 + 17 * i)); // biome-ignore format: one row

/** Every kind of edit there is; a new one that no generator makes fails the proof. */
export const EDIT_TYPES: readonly string[] = [
  ...simpleEditSchema.options.map((option) => option.shape.type.value),
  'batch',
];

const pick = <T>(random: Random, list: readonly T[], otherwise: T): T =>
  list[Math.floor(random() * list.length)] ?? otherwise;
const between = (random: Random, low: number, high: number): number => low + Math.floor(random() * (high - low + 1));

/** A random edit for this timeline. `fresh` makes ids that are not on it. Some are refused: that is wanted. */
export function randomEdit(random: Random, timeline: Timeline, fresh: () => string): Edit {
  if (random() < 0.12) return randomBatch(random, timeline, fresh);
  return randomSimple(random, timeline, fresh);
}

function randomBatch(random: Random, timeline: Timeline, fresh: () => string): Edit {
  const ids = timeline.clips.filter(() => random() < 0.15).map((clip) => clip.id);
  const some = ids.length > 0 ? ids : [timeline.clips[0]?.id ?? ''];
  const flow = randomFlow(random);
  switch (between(random, 0, 4)) {
    case 0:
      return deleteMany(timeline, some.slice(0, 3), flow);
    case 1:
      return moveMany(timeline, some, random() < 0.3 ? null : clipId(random, timeline), flow);
    case 2:
      return changeMany(timeline, some, {
        motion: pick(random, MOTIONS, 'static'),
        amount: Math.round(random() * 100) / 100,
        transition: randomTransition(random),
        audioPolicy: 'duck',
      });
    case 3:
      return pasteAt(timeline, copyClips(timeline, some.slice(0, 3)), anyFrame(random, timeline), flow, fresh);
    default: {
      const edits = Array.from({ length: between(random, 1, 4) }, () => randomSimple(random, timeline, fresh));
      return { type: 'batch', edits };
    }
  }
}

function clipId(random: Random, timeline: Timeline): string {
  return random() < 0.01 ? 'nobody' : (timeline.clips[Math.floor(random() * timeline.clips.length)]?.id ?? '');
}

function anyFrame(random: Random, timeline: Timeline): number {
  return between(random, 0, totalFrames(timeline.clips) + 20);
}

function randomFlow(random: Random): { ripple: boolean; magnet: 'frames' | 'beats' | 'downbeats' } {
  return { ripple: random() < 0.5, magnet: pick(random, ['frames', 'beats', 'downbeats'], 'frames') };
}

function randomTransition(random: Random): { type: (typeof TRANSITIONS)[number]; frames: number } {
  const type = pick(random, TRANSITIONS, 'cut');
  return type === 'cut' ? { ...CUT } : { type, frames: between(random, 1, 60) };
}

type Maker = (random: Random, timeline: Timeline, fresh: () => string) => SimpleEdit;

const delta = (random: Random): number => between(random, -90, 90);

const MAKERS: readonly Maker[] = [
  (r, t) => ({ type: 'move', clipId: clipId(r, t), before: r() < 0.2 ? null : clipId(r, t), ...randomFlow(r) }),
  (r, t) => ({ type: 'trimIn', clipId: clipId(r, t), frames: delta(r), ...randomFlow(r) }),
  (r, t) => ({ type: 'trimOut', clipId: clipId(r, t), frames: delta(r), ...randomFlow(r) }),
  (r, t) => ({ type: 'roll', clipId: clipId(r, t), frames: delta(r), magnet: randomFlow(r).magnet }),
  (r, t) => ({ type: 'slip', clipId: clipId(r, t), frames: delta(r) }),
  (r, t, fresh) => ({ type: 'split', atFrame: 1 + anyFrame(r, t), newId: fresh(), magnet: randomFlow(r).magnet }),
  (r, t) => ({ type: 'delete', clipId: clipId(r, t), ...randomFlow(r) }),
  (r, t, fresh) => {
    const { shot, clusterId } = pick(r, SHOTS, SHOTS[0] as (typeof SHOTS)[number]);
    return insertShot(t, shot, { clusterId, before: r() < 0.2 ? null : clipId(r, t), newId: fresh(), flow: randomFlow(r) });
  },
  (r, t) => ({
    type: 'swapTake', clipId: clipId(r, t), motion: pick(r, MOTIONS, 'static'), amount: 0.5, renderer: 'ltx', moveFrames: between(r, 20, 400),
  }),
  (r, t) => {
    const { shot, clusterId } = pick(r, SHOTS, SHOTS[0] as (typeof SHOTS)[number]);
    const id = t.clips[Math.floor(r() * t.clips.length)]?.id ?? '';
    return swapToShot(t, id, shot, clusterId);
  },
  (r, t) => ({ type: 'setTransition', clipId: clipId(r, t), transition: randomTransition(r) }),
  (r, t) => ({ type: 'setMotion', clipId: clipId(r, t), motion: pick(r, MOTIONS, 'static') }),
  (r, t) => ({ type: 'setAmount', clipId: clipId(r, t), amount: r() }),
  (r, t) => ({ type: 'setRenderer', clipId: clipId(r, t), renderer: pick(r, ['ltx', 'ken_burns'], 'ltx') }),
  (r, t) => ({ type: 'setDuration', clipId: clipId(r, t), durationFrames: between(r, 1, 240), ...randomFlow(r) }),
  (r, t) => ({ type: 'setAudio', clipId: clipId(r, t), audioPolicy: pick(r, ['mute', 'keep', 'duck'], 'mute') }),
  (r, _, fresh) => {
    // Now and then two that overlap, which is refused.
    const at = between(r, 0, 300);
    const first = { id: fresh(), startFrame: at, durationFrames: between(r, 1, 90), text: 'Garden' };
    return { type: 'setTitles', titles: [{ ...first, id: fresh(), startFrame: at + between(r, 60, 200) }, first] };
  },
  (r, t, fresh) => ({
    type: 'setMarker',
    marker: { id: t.markers[0] !== undefined && r() < 0.4 ? t.markers[0].id : fresh(), frame: between(r, 0, 900), label: 'door' },
  }),
  (r, t) => ({ type: 'removeMarker', markerId: t.markers[Math.floor(r() * t.markers.length)]?.id ?? 'nobody' }),
  randomBeats,
  (r, t) => (r() < 0.4 ? { type: 'setMusic', music: null } : musicForLength(t, TRACK)),
  (r) => replaceBy(pick(r, FILMS, FILMS[0] as Timeline), { withMarkers: r() < 0.3 }),
  (r, t) => {
    // As undo brings it: one clip and the titles as they would be after other edits.
    const clip = t.clips[Math.floor(r() * t.clips.length)];
    return { type: 'patch', drop: [], put: clip === undefined ? [] : [{ ...clip, amount: r() }], fields: { titles: [] } };
  },
]; // biome-ignore format: a table of edits

function randomSimple(random: Random, timeline: Timeline, fresh: () => string): SimpleEdit {
  const maker = MAKERS[Math.floor(random() * MAKERS.length)];
  const edit = maker?.(random, timeline, fresh);
  // A whole other film would hide what came before it: seldom.
  if (edit === undefined || (edit.type === 'setTemplate' && random() > 0.15))
    return randomSimple(random, timeline, fresh);
  // Films should not dwindle to nothing: half of the deletions become insertions.
  if (edit.type === 'delete' && timeline.clips.length < 6) return randomSimple(random, timeline, fresh);
  return edit;
}

function randomBeats(random: Random, timeline: Timeline): SimpleEdit {
  const beat = timeline.beats[Math.floor(random() * timeline.beats.length)]?.frame ?? 0;
  const start = between(random, 0, 40);
  // Twice as many beats must not come more often than half as many, or the grid grows without end.
  const corrections = [
    { kind: 'shift', frames: between(random, -20, 20) },
    timeline.beats.length < 150 ? { kind: 'double' } : { kind: 'halve' },
    { kind: 'halve' },
    { kind: 'setBar', beatsPerBar: between(random, 2, 6), downbeatFrame: beat },
    { kind: 'tap', frames: [start, start + 15, start + 31, start + 60], beatsPerBar: 4 },
    { kind: 'moveBeat', fromFrame: beat, toFrame: Math.max(0, beat + between(random, -8, 8)) },
    { kind: 'addBeat', frame: between(random, 0, 800) },
    { kind: 'removeBeat', frame: beat },
  ] as const;
  return { type: 'correctBeats', correction: pick(random, corrections, corrections[0]) as never };
}

/** Film frames of all cuts, for expectations. */
export function cutsOf(timeline: Timeline): number[] {
  return clipStarts(timeline.clips);
}

/** What a proof saw: how many edits were done and refused, and of which kinds. */
export interface Seen {
  done: number;
  refused: number;
  readonly types: Set<string>;
}

/**
 * Plays `count` random edits from a seed, undoes them all and does some again, and throws for the first thing that does
 * not hold: the result of each is valid, what is refused changes nothing, a timeline that is not a draft refuses all,
 * and undo gives back every timeline from before, deeply equal, through JSON as the store keeps it.
 */
export function playAndUndo(seed: number, count: number, seen: Seen): void {
  const random = seeded(seed);
  let timeline = FILMS[Math.abs(seed) % FILMS.length] as Timeline;
  const past: { readonly before: string; readonly inverse: string }[] = [];
  let n = 0;
  const fresh = (): string => `e${++n}`;
  for (let step = 0; step < count; step++) {
    const edit = parseEdit(JSON.parse(JSON.stringify(randomEdit(random, timeline, fresh))));
    const before = JSON.stringify(timeline);
    if (random() < 0.02) {
      const status = random() < 0.5 ? ('approved' as const) : ('locked' as const);
      if (apply({ ...timeline, status }, edit) !== undefined) throw new Error(`An ${status} timeline took an edit.`);
    }
    const result = apply(timeline, edit);
    // The input is never changed, whether the edit was possible or not.
    if (JSON.stringify(timeline) !== before) throw new Error(`${edit.type} changed its input.`);
    if (result === undefined) {
      seen.refused++;
      continue;
    }
    const [problem] = checkTimeline(result.timeline);
    if (problem !== undefined) throw new Error(`After ${JSON.stringify(edit).slice(0, 400)}: ${problem}`);
    if (result.timeline.status !== 'draft') throw new Error(`${edit.type} changed the status.`);
    seen.done++;
    seen.types.add(edit.type);
    if (edit.type === 'batch') for (const one of edit.edits) seen.types.add(one.type);
    past.push({ before, inverse: JSON.stringify(result.inverse) });
    timeline = result.timeline;
  }
  for (const { before, inverse } of past.toReversed()) {
    const after = timeline;
    const undone = applyEdit(timeline, parseEdit(JSON.parse(inverse)));
    timeline = undone.timeline;
    if (!isDeepEqual(timeline, JSON.parse(before))) throw new Error('Undo did not give back the timeline from before.');
    // Redo, at every level.
    if (!isDeepEqual(applyEdit(timeline, undone.inverse).timeline, after)) throw new Error('Redo differs.');
  }
}

function apply(timeline: Timeline, edit: Edit): EditResult | undefined {
  try {
    return applyEdit(timeline, edit);
  } catch (error) {
    if (error instanceof PicaividError && error.code === 'edit_refused') return undefined;
    throw error;
  }
}

/** By value, whatever the order of fields; thousands of times faster than a matcher that explains. */
function isDeepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [one, other] = [Object.entries(a), Object.entries(b)];
  if (Array.isArray(a) !== Array.isArray(b) || one.length !== other.length) return false;
  return one.every(([key, value]) => Object.hasOwn(b, key) && isDeepEqual(value, (b as Record<string, unknown>)[key]));
}
