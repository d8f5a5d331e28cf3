import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DepthFigures, MOTIONS, NO_DECISIONS, ROOM_TYPES, type Shot } from '../domain.ts';
import { mirroredRooms, type PlannablePhoto, type PlannableRoom, planRoom } from './motion-planner.ts';
import { OPPOSITE, ROOM_PROFILES } from './motion-rules.ts';

const DEEP: DepthFigures = { variance: 0.06, nearFarRatio: 12, edgeAgreement: 0.8, path: 'depth.png', source: 'meter' };
const photo = (id: string, more: Partial<PlannablePhoto> = {}): PlannablePhoto => ({
  id,
  width: 3000,
  height: 2000,
  finalScore: 0.7,
  lineStrength: 0.4,
  focus: { x: 0.5, y: 0.5 },
  depth: DEEP,
  ...more,
});
const room = (photos: readonly PlannablePhoto[], more: Partial<PlannableRoom> = {}): PlannableRoom => ({
  id: 'room',
  roomType: 'living_room',
  heroPhotoId: photos[0]?.id ?? '',
  reconstructed: false,
  photos,
  ...more,
});
const FLAT = { ltxEnabled: false };
const motions = (shots: readonly Shot[]): string[] => shots.map((shot) => shot.recommendedMotion);

const anyPhoto = fc.record({
  width: fc.integer({ min: 400, max: 6000 }),
  height: fc.integer({ min: 400, max: 6000 }),
  finalScore: fc.double({ min: 0, max: 1, noNaN: true }),
  lineStrength: fc.double({ min: 0, max: 1, noNaN: true }),
  focus: fc.record({ x: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.double({ min: 0, max: 1, noNaN: true }) }),
  variance: fc.option(fc.double({ min: 0, max: 0.25, noNaN: true })),
  edgeAgreement: fc.double({ min: 0, max: 1, noNaN: true }),
  duplicate: fc.boolean(),
  motion: fc.option(fc.constantFrom(...MOTIONS), { freq: 5 }),
  seconds: fc.option(fc.double({ min: 1, max: 9, noNaN: true }), { freq: 5 }),
  hero: fc.boolean(),
  excluded: fc.boolean(),
});
const anyRoom = fc
  .record({
    photos: fc.array(anyPhoto, { minLength: 1, maxLength: 7 }),
    roomType: fc.constantFrom(...ROOM_TYPES),
    reconstructed: fc.boolean(),
    mirrored: fc.boolean(),
  })
  .map(({ photos, ...kind }) => {
    const made = photos.map((one, i) =>
      photo(`p${i}`, {
        width: one.width,
        height: one.height,
        finalScore: one.finalScore,
        lineStrength: one.lineStrength,
        focus: one.focus,
        ...(one.duplicate && i > 0 ? { duplicateOf: 'p0' } : {}),
        depth: { ...DEEP, variance: one.variance ?? 0, edgeAgreement: one.edgeAgreement },
      }),
    );
    const ids = (of: (one: (typeof photos)[number]) => boolean): string[] =>
      photos.flatMap((one, i) => (of(one) ? [`p${i}`] : []));
    const decisions = {
      ...NO_DECISIONS,
      excluded: ids((one) => one.excluded),
      heroes: ids((one) => one.hero && !one.excluded),
      motions: Object.fromEntries(photos.flatMap((one, i) => (one.motion === null ? [] : [[`p${i}`, one.motion]]))),
      durationsSeconds: Object.fromEntries(
        photos.flatMap((one, i) => (one.seconds === null ? [] : [[`p${i}`, one.seconds]])),
      ),
    };
    return { room: room(made, kind), decisions };
  });

describe('the plan of a room', () => {
  it('holds its rules for any room and any decisions', () => {
    fc.assert(
      fc.property(anyRoom, fc.boolean(), ({ room: one, decisions }, ltxEnabled) => {
        const plan = planRoom(one, decisions, { ltxEnabled });
        expect(planRoom({ ...one, photos: [...one.photos].reverse() }, decisions, { ltxEnabled })).toEqual(plan);
        const shown = plan.shots.map((shot) => shot.photoId);
        expect(new Set(shown).size).toBe(shown.length);
        for (const id of decisions.excluded) expect(shown).not.toContain(id);
        for (const id of decisions.heroes) expect(shown).toContain(id);
        if (decisions.heroes.length > 0) expect(decisions.heroes).toContain(plan.heroPhotoId);
        if (shown.length > 0) expect(shown[0]).toBe(plan.heroPhotoId);
        const asked = new Set([...decisions.heroes, ...Object.keys(decisions.motions)]);
        for (const { id, duplicateOf } of one.photos)
          if (duplicateOf !== undefined && shown.includes(id) && !asked.has(id))
            expect(shown).not.toContain(duplicateOf);
        for (const [i, shot] of plan.shots.entries()) {
          const motion = decisions.motions[shot.photoId];
          if (motion !== undefined) expect(shot.recommendedMotion).toBe(motion);
          const seconds = decisions.durationsSeconds[shot.photoId];
          if (seconds !== undefined) expect(shot.recommendedDurationSeconds).toBe(seconds);
          expect(shot.allowedMotions).toContain(shot.recommendedMotion);
          expect(shot.reason).toMatch(/^[A-Z][^_]*[^ ]\.$/);
          expect(shot.amount).toBeGreaterThanOrEqual(0);
          expect(Math.max(shot.amount, shot.value)).toBeLessThanOrEqual(1);
          const before = plan.shots[i - 1];
          const both = before !== undefined && motion !== undefined && decisions.motions[before.photoId] !== undefined;
          if (before !== undefined && !both && one.roomType !== 'floor_plan')
            expect(shot.recommendedMotion).not.toBe(before.recommendedMotion);
          if (shot.tier === '2d') expect(shot.modelRecommendation).toBe('ken_burns');
          if (!ltxEnabled) expect(shot.modelRecommendation).not.toBe('ltx');
        }
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  it('answers a move with its opposite', () => {
    const plan = planRoom(room([photo('a', { finalScore: 0.9 }), photo('b')]), NO_DECISIONS, FLAT);
    expect(motions(plan.shots)).toEqual(['dolly_right', 'dolly_left']);
    expect(plan.shots[1]?.reason).toBe(
      'Dolly left: it answers the dolly right before it. Near and far stand apart, so the camera may travel.',
    );
    for (const motion of MOTIONS) expect(OPPOSITE[OPPOSITE[motion]]).toBe(motion);
  });

  it('leaves a near-duplicate out unless a person made it hero: then it stands for the better photo', () => {
    const one = room([photo('a', { finalScore: 0.9 }), photo('b', { duplicateOf: 'a' }), photo('c')]);
    expect(planRoom(one, NO_DECISIONS, FLAT).shots.map((shot) => shot.photoId)).toEqual(['a', 'c']);
    const asked = planRoom(one, { ...NO_DECISIONS, heroes: ['b'] }, FLAT);
    expect(asked.shots.map((shot) => shot.photoId)).toEqual(['b', 'c']);
    const without = planRoom(one, { ...NO_DECISIONS, excluded: ['a'] }, FLAT);
    expect(without.shots.map((shot) => shot.photoId).sort()).toEqual(['b', 'c']);
  });

  it('makes way for the move a person chose for the next photo', () => {
    const one = room([photo('a', { finalScore: 0.9 }), photo('b')]);
    const plan = planRoom(one, { ...NO_DECISIONS, motions: { b: 'dolly_right' } }, FLAT);
    expect(motions(plan.shots)).toEqual(['push_in', 'dolly_right']);
  });

  it('says why a photo stays inside the picture', () => {
    const tierOf = (one: PlannableRoom): readonly (string | undefined)[] => {
      const shot = planRoom(one, NO_DECISIONS, FLAT).shots[0];
      return [shot?.tier, shot?.reason.split('. ').at(-1)];
    };
    const even = photo('a', { depth: { ...DEEP, variance: 0.005 } });
    const lined = photo('a', { lineStrength: 0.95, depth: { ...DEEP, edgeAgreement: 0.3 } });
    expect(tierOf(room([even]))).toEqual(['2d', expect.stringContaining('nearly flat')]);
    // One wall, seen at a slant: stretched to 0..1 its depth varies as much as a room's.
    const wall = photo('a', { depth: { ...DEEP, variance: 0.08, planeResidual: 0.05 } });
    expect(tierOf(room([wall]))).toEqual(['2d', expect.stringContaining('one flat surface')]);
    expect(tierOf(room([photo('a', { depth: { ...DEEP, planeResidual: 0.15 } })]))[0]).toBe('2.5d');
    expect(tierOf(room([lined]))).toEqual(['2d', expect.stringContaining('straight lines')]);
    expect(tierOf(room([photo('a')], { roomType: 'bathroom' }))).toEqual(['2d', expect.stringContaining('mirrors')]);
    expect(tierOf(room([photo('a')]))[0]).toBe('2.5d');
    expect(tierOf(room([photo('a')], { reconstructed: true }))[0]).toBe('3d');
  });

  it('minds the mirrors of a bathroom that lies in a bedroom’s cluster', () => {
    const only = (type: (typeof ROOM_TYPES)[number], share: number): number[] =>
      ROOM_TYPES.map((other) => (other === type ? share : other === 'bedroom' ? 1 - share : 0));
    const tier = (roomDistribution: number[]): string | undefined =>
      planRoom(room([photo('a', { roomDistribution })], { roomType: 'bedroom' }), NO_DECISIONS, FLAT).shots[0]?.tier;
    expect([tier(only('bathroom', 0.6)), tier(only('bathroom', 0.4)), tier(only('kitchen', 0.9))]).toEqual([
      '2d',
      '2.5d',
      '2.5d',
    ]);
  });

  it('orbits only a reconstructed room', () => {
    const orbits = (reconstructed: boolean): boolean =>
      planRoom(room([photo('a')], { reconstructed }), NO_DECISIONS, FLAT).shots[0]?.allowedMotions.includes(
        'orbit_left',
      ) ?? false;
    expect([orbits(false), orbits(true)]).toEqual([false, true]);
  });
});

describe('rooms among each other', () => {
  it('open from alternate sides', () => {
    const types = ['living_room', 'bedroom', 'kitchen', 'floor_plan', 'dining_room', 'family_room'] as const;
    const mirrored = mirroredRooms(types);
    const first = types.map(
      (roomType, i) =>
        planRoom(room([photo('a')], { roomType, mirrored: mirrored[i] === true }), NO_DECISIONS, FLAT).shots[0]
          ?.recommendedMotion,
    );
    expect(first).toEqual(['dolly_right', 'push_in', 'dolly_left', 'static', 'dolly_right', 'dolly_left']);
  });
  it('every room type has a first choice and a reason', () => {
    for (const type of ROOM_TYPES) {
      expect(ROOM_PROFILES[type].prefer.length, type).toBeGreaterThan(0);
      expect(ROOM_PROFILES[type].why, type).toMatch(/^[a-z].*[^.]$/);
    }
  });
});
