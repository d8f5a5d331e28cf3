/** Any sequence of actions, as a person might do them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOTIONS, ROOM_TYPES, type RoomType } from '../domain.ts';
import {
  dismissSuggestions,
  excludePhotos,
  keepDuplicates,
  labelPhotos,
  makeHero,
  mergeLanes,
  movePhotos,
  setShot,
  splitOff,
} from './actions.ts';
import {
  applyChanges,
  invertChanges,
  NOTHING_DECIDED,
  type RoomsAction,
  type RoomsDecisions,
  toHumanDecisions,
} from './decisions.ts';
import { analysisOf } from './testing.ts';
import { fresh, ids, see } from './testing-house.ts';
import type { AnalysisView, RoomsView } from './view.ts';

const anyHouse = fc
  .array(
    fc.array(
      fc.record({
        room: fc.constantFrom<RoomType>('kitchen', 'patio', 'garden', 'bedroom'),
        p: fc.double({ min: 0.3, max: 1, noNaN: true }),
        score: fc.double({ min: 0, max: 1, noNaN: true }),
        alike: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((rooms) =>
    analysisOf(
      rooms.map((photos, r) => ({
        photos: photos.map(({ room, p, score, alike }, i) => ({
          id: `p_${r}${i}`,
          rooms: { [room]: p },
          score,
          ...(alike && i > 0 ? { duplicateOf: `p_${r}0` } : {}),
        })),
      })),
    ),
  );
const KINDS = ['move', 'merge', 'split', 'label', 'unlabel', 'out', 'in', 'hero', 'keep', 'shot', 'dismiss'] as const;
const anyStep = fc.record({
  kind: fc.constantFrom(...KINDS),
  picks: fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
  lane: fc.nat(10),
  room: fc.constantFrom(...ROOM_TYPES),
  motion: fc.constantFrom(...MOTIONS),
});
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

function act(view: RoomsView, d: RoomsDecisions, all: readonly string[], step: Step): RoomsAction | null {
  const picks = step.picks.map((pick) => all[pick % all.length] ?? '');
  const lane = view.lanes[step.lane % Math.max(1, view.lanes.length)]?.id ?? '';
  switch (step.kind) {
    case 'move':
      return movePhotos(view, d, picks, lane);
    case 'merge':
      return mergeLanes(view, d, picks);
    case 'split':
      return splitOff(view, d, picks, fresh());
    case 'label':
      return labelPhotos(view, d, picks, step.room, fresh);
    case 'unlabel':
      return labelPhotos(view, d, picks, null, fresh);
    case 'out':
      return excludePhotos(view, d, picks, true);
    case 'in':
      return excludePhotos(view, d, picks, false);
    case 'hero':
      return makeHero(view, d, picks[0] ?? '');
    case 'keep':
      return keepDuplicates(d, picks, true);
    case 'shot':
      return setShot(d, picks, { motion: step.motion, amount: 0.5 });
    case 'dismiss':
      return dismissSuggestions(
        d,
        view.suggestions.slice(0, 1).map((one) => one.id),
      );
  }
}

/** Runs the steps and gives every state that was passed, with the action that led to it. */
function run(analysis: AnalysisView, steps: readonly Step[]): { d: RoomsDecisions; action: RoomsAction }[] {
  const all = analysis.photos.map((photo) => photo.id);
  let d = NOTHING_DECIDED;
  const out: { d: RoomsDecisions; action: RoomsAction }[] = [];
  for (const step of steps) {
    const action = act(see(d, analysis), d, all, step);
    if (action === null) continue;
    d = applyChanges(d, action.changes);
    out.push({ d, action });
  }
  return out;
}
const anySession = fc.tuple(anyHouse, fc.array(anyStep, { maxLength: 14 }));

describe('whatever is done', () => {
  it('undoing all of it restores exactly, and redoing all of it too', () => {
    fc.assert(
      fc.property(anySession, ([analysis, steps]) => {
        const states = run(analysis, steps);
        const last = states.at(-1)?.d ?? NOTHING_DECIDED;
        const back = [...states]
          .reverse()
          .reduce((d, { action }) => applyChanges(d, invertChanges(action.changes)), last);
        expect(back).toEqual(NOTHING_DECIDED);
        expect(states.reduce((d, { action }) => applyChanges(d, action.changes), back)).toEqual(last);
      }),
      { numRuns: 300 },
    );
  });

  it('every photo is in exactly one lane or left out, each lane has its hero, and each action changes something', () => {
    fc.assert(
      fc.property(anySession, ([analysis, steps]) => {
        for (const { d, action } of run(analysis, steps)) {
          const view = see(d, analysis);
          const seen = [...view.lanes.flatMap(ids), ...view.excluded.map((photo) => photo.id)].sort();
          expect(seen).toEqual(analysis.photos.map((photo) => photo.id).sort());
          for (const lane of view.lanes) {
            expect(lane.photos[0]?.id).toBe(lane.heroPhotoId);
            expect(lane.shots[0]?.photoId).toBe(lane.heroPhotoId);
            expect(lane.photos.filter((photo) => d.hero[photo.id] === true).length).toBeLessThanOrEqual(1);
          }
          expect(action.changes.every((change) => change.from !== change.to)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('all photos of a lane carry the same name by a person, or none does', () => {
    fc.assert(
      fc.property(anySession, ([analysis, steps]) => {
        for (const { d } of run(analysis, steps))
          for (const lane of see(d, analysis).lanes)
            expect(new Set(lane.photos.map((photo) => d.room[photo.id] ?? null)).size).toBe(1);
      }),
      { numRuns: 300 },
    );
  });

  it('phase 1 is never told that two photos are one room and two', () => {
    fc.assert(
      fc.property(anySession, ([analysis, steps]) => {
        const last = run(analysis, steps).at(-1)?.d ?? NOTHING_DECIDED;
        const { mustLink, cannotLink } = toHumanDecisions(last);
        const group = new Map<string, string>();
        const find = (id: string): string => {
          const up = group.get(id);
          return up === undefined ? id : find(up);
        };
        for (const [a, b] of mustLink) if (find(a) !== find(b)) group.set(find(a), find(b));
        for (const [a, b] of cannotLink) expect(find(a)).not.toBe(find(b));
        for (const [a, b] of mustLink) expect(last.place[a]).toBe(last.place[b]);
        const lanes = new Set(Object.values(last.place));
        const groups = new Set(Object.keys(last.place).map(find));
        expect(groups.size).toBe(lanes.size);
      }),
      { numRuns: 300 },
    );
  });

  it('links hold when any photo has vanished from the folder', () => {
    fc.assert(
      fc.property(anySession, fc.nat(30), ([analysis, steps], gone) => {
        const d = run(analysis, steps).at(-1)?.d ?? NOTHING_DECIDED;
        const placed = Object.keys(d.place).sort();
        const lost = placed[gone % Math.max(1, placed.length)];
        const { mustLink, cannotLink } = toHumanDecisions(d);
        const left = placed.filter((id) => id !== lost);
        const reach = (from: string): Set<string> => {
          const seen = new Set([from]);
          for (const id of seen)
            for (const [a, b] of mustLink) {
              if (a === lost || b === lost) continue;
              if (a === id) seen.add(b);
              if (b === id) seen.add(a);
            }
          return seen;
        };
        for (const id of left)
          expect([...reach(id)].sort()).toEqual(left.filter((other) => d.place[other] === d.place[id]));
        for (const lane of new Set(left.map((id) => d.place[id])))
          for (const other of new Set(left.map((id) => d.place[id])))
            if (lane !== other)
              expect(
                cannotLink.some(
                  ([a, b]) =>
                    a !== lost &&
                    b !== lost &&
                    [lane, other].includes(d.place[a]) &&
                    [lane, other].includes(d.place[b]),
                ),
              ).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('a room that a move makes whole again keeps the name it had without the photo', () => {
    // Found by chance (seed -386702440): a kitchen by its photos together; with its clearest photo left out and one
    // split off, what stays looks like a garden, and must not turn back when the split one comes home.
    const analysis = analysisOf([
      {
        photos: [
          { id: 'p_00', rooms: { garden: 0.6 } },
          { id: 'p_01', rooms: { kitchen: 0.9 } },
          { id: 'p_02', rooms: { kitchen: 0.35, garden: 0.5 } },
        ],
      },
    ]);
    const whole = see(NOTHING_DECIDED, analysis);
    expect(whole.lanes.map((lane) => lane.roomType)).toEqual(['kitchen']);
    const home = whole.lanes[0]?.id ?? '';
    const without = applyChanges(NOTHING_DECIDED, excludePhotos(whole, NOTHING_DECIDED, ['p_01'], true)?.changes ?? []);
    const apart = applyChanges(without, splitOff(see(without, analysis), without, ['p_02'], 'new')?.changes ?? []);
    const nameOf = (d: RoomsDecisions): string | undefined =>
      see(d, analysis).lanes.find((lane) => lane.id === home)?.roomType;
    expect(nameOf(apart)).toBe('garden');
    const back = movePhotos(see(apart, analysis), apart, ['p_02'], home);
    expect(nameOf(applyChanges(apart, back?.changes ?? []))).toBe('garden');
  });

  it('a move or merge leaves the target under its own name', () => {
    fc.assert(
      fc.property(anySession, fc.nat(30), fc.nat(10), ([analysis, steps], pick, at) => {
        const d = run(analysis, steps).at(-1)?.d ?? NOTHING_DECIDED;
        const view = see(d, analysis);
        const target = view.lanes[at % Math.max(1, view.lanes.length)];
        const photo = analysis.photos[pick % analysis.photos.length];
        if (target === undefined || photo === undefined) return;
        const moved = movePhotos(view, d, [photo.id], target.id);
        if (moved === null) return;
        const lane = see(applyChanges(d, moved.changes), analysis).lanes.find((one) => one.id === target.id);
        expect(lane?.roomType).toBe(target.roomType);
      }),
      { numRuns: 300 },
    );
  });
});
