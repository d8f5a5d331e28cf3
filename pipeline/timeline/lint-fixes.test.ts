import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timeline } from '../domain.ts';
import { totalFrames } from './clip-math.ts';
import { applyEdit } from './edits.ts';
import { checkTimeline } from './invariants.ts';
import { isLightJump, LIGHT_JUMP, lightOf, type PhotoLight } from './light.ts';
import { fixAll, type LintFinding, type LintOptions, lintTimeline } from './lint.ts';
import { FILMS, HOUSE_ANALYSIS, madeFilm, randomEdit, seeded, TRACK } from './testing.ts';

const FILM = madeFilm('classic', 24);
const id = (index: number): string => FILM.clips[index]?.id ?? '';
const same = (a: LintFinding, b: LintFinding): boolean =>
  a.code === b.code && a.clipId === b.clipId && a.clusterId === b.clusterId;
const find = (timeline: Timeline, options: LintOptions, code: string): LintFinding => {
  const finding = lintTimeline(timeline, options).find((one) => one.code === code);
  if (finding === undefined) throw new Error(`no ${code}`);
  return finding;
};
const remedied = (timeline: Timeline, options: LintOptions, code: string): Timeline => {
  const edit = find(timeline, options, code).suggestedEdit;
  if (edit === undefined) throw new Error(`no remedy for ${code}`);
  return applyEdit(timeline, edit).timeline;
};
const ROOMS = HOUSE_ANALYSIS.clusters;

describe('jumps of light', () => {
  const flat = (r: number, g: number, b: number): PhotoLight =>
    lightOf({ width: 2, height: 1, data: Uint8Array.from([r, g, b, r, g, b]) });

  it('measures light: white is D65, black has no colour, lamp light is warm', () => {
    expect(flat(255, 255, 255).luminance).toBeCloseTo(1, 9);
    expect(flat(255, 255, 255).kelvin).toBeGreaterThan(6450);
    expect(flat(255, 255, 255).kelvin).toBeLessThan(6550);
    expect(flat(0, 0, 0)).toEqual({ luminance: 0 });
    // sRGB of a 2856 K lamp (illuminant A), exposed to 0.8 of full red.
    expect(flat(231, 160, 76).kelvin).toBeGreaterThan(2600);
    expect(flat(231, 160, 76).kelvin).toBeLessThan(3100);
    expect(isLightJump(flat(60, 60, 60), flat(60 + 255 * LIGHT_JUMP.luminance + 1, 112, 112))).toEqual({ luminance: true, colour: false }); // biome-ignore format: one line
    expect(isLightJump(flat(200, 200, 200), flat(255, 190, 110))).toMatchObject({ colour: true });
  });

  const light = new Map(HOUSE_ANALYSIS.photos.map((photo) => [photo.id, { luminance: 0.6, kelvin: 5500 }]));
  const dark = FILM.clips.findIndex((clip, i) => i > 1 && clip.transitionIn.frames === 0);
  light.set(FILM.clips[dark]?.photoId ?? '', { luminance: 0.25, kelvin: 3000 });

  it('finds them at cuts, not where a dissolve softens them, and softens them', () => {
    const found = lintTimeline(FILM, { light }).filter((one) => one.code === 'light_jump');
    expect(found[0]).toMatchObject({ clipId: id(dark), message: `Shot ${dark + 1} is suddenly darker and warmer. A dissolve softens it.` }); // biome-ignore format: one line
    const next = FILM.clips[dark + 1]?.transitionIn.type === 'cross_dissolve';
    expect(found).toHaveLength(next ? 1 : 2);
    const soft = remedied(FILM, { light }, 'light_jump');
    expect(soft.clips[dark]?.transitionIn).toEqual({ type: 'cross_dissolve', frames: 12 });
    expect(lintTimeline(soft, { light }).filter((one) => one.clipId === id(dark))).toEqual([]);
    // A wipe moves an edge over the screen: the jump stays.
    const wipe = { type: 'setTransition', clipId: id(dark), transition: { type: 'wipe', frames: 12 } } as const;
    expect(find(applyEdit(FILM, wipe).timeline, { light }, 'light_jump').clipId).toBe(id(dark));
    expect(lintTimeline(FILM, { light: new Map([...light].slice(0, 1)) })).toEqual([]);
  });
});

describe('remedies for the whole film', () => {
  it('puts a missing room where the template shows it, on the beat', () => {
    const kitchen = ROOMS.find((room) => room.roomType === 'kitchen');
    const without = FILM.clips.filter((clip) => clip.clusterId === kitchen?.id).reduce<Timeline>((film, clip) => applyEdit(film, { type: 'delete', clipId: clip.id, ripple: true, magnet: 'beats' }).timeline, FILM); // biome-ignore format: one thought
    const back = remedied(without, { rooms: ROOMS }, 'room_missing');
    const place = back.clips.findIndex((clip) => clip.clusterId === kitchen?.id);
    expect(back.clips[place]).toMatchObject({ photoId: kitchen?.shots[0]?.photoId, clusterId: kitchen?.id });
    expect(place).toBe(FILM.clips.findIndex((clip) => clip.clusterId === kitchen?.id));
    expect(lintTimeline(back).filter((one) => one.code === 'cut_off_beat')).toEqual([]);
    const rooms = [{ id: 'attic', roomType: 'attic' }];
    expect(find(FILM, { rooms }, 'room_missing')).not.toHaveProperty('suggestedEdit');
  });

  it.each([18, 21, 30, 36])(
    'brings a film of 24 s to %i s, every cut on a beat and every shot within its motion',
    (targetSeconds) => {
      const fitted = remedied(FILM, { targetSeconds }, 'off_target');
      expect(
        lintTimeline(fitted, { targetSeconds, track: TRACK }).filter((one) => one.code !== 'music_too_short'),
      ).toEqual([]);
      expect(Math.abs(totalFrames(fitted.clips) - targetSeconds * 30)).toBeLessThanOrEqual(8);
      expect(fitted.clips.length).toBe(FILM.clips.length);
    },
  );

  it('lets further views go for a much shorter film, and does not promise what the shots cannot make', () => {
    const long = madeFilm('walkthrough', 90);
    const rooms = new Set(long.clips.map((clip) => clip.clusterId));
    const short = remedied(long, { targetSeconds: 30 }, 'off_target');
    expect(short.clips.length).toBeLessThan(long.clips.length);
    expect(new Set(short.clips.map((clip) => clip.clusterId))).toEqual(rooms);
    expect([short.clips[0]?.id, short.clips.at(-1)?.id]).toEqual([long.clips[0]?.id, long.clips.at(-1)?.id]);
    for (const targetSeconds of [2, 300]) {
      expect(find(FILM, { targetSeconds }, 'off_target')).not.toHaveProperty('suggestedEdit');
    }
    // Without beats, to the frame.
    const even = { ...FILM, beats: [] };
    expect(totalFrames(remedied(even, { targetSeconds: 27 }, 'off_target').clips)).toBe(27 * 30);
  });

  it('shows another photo of the room instead of the same one twice, or gives the time back', () => {
    const index = FILM.clips.findIndex((clip, i) => i > 0 && (ROOMS.find((room) => room.id === clip.clusterId)?.shots.length ?? 0) > 1); // biome-ignore format: one thought
    const [before, clip] = [FILM.clips[index - 1], FILM.clips[index]];
    const photoId = before?.photoId ?? '';
    const twice = applyEdit(FILM, { type: 'swapPhoto', clipId: clip?.id ?? '', photoId }).timeline;
    const swapped = remedied(twice, { rooms: ROOMS }, 'same_photo_in_row');
    expect(swapped.clips[index]?.clusterId).toBe(clip?.clusterId);
    expect(twice.clips.map((one) => one.photoId)).not.toContain(swapped.clips[index]?.photoId);
    expect(remedied(twice, {}, 'same_photo_in_row').clips).toHaveLength(FILM.clips.length - 1);
  });

  it('lays music anew where the track is known', () => {
    const edit = {
      type: 'trimOut',
      clipId: FILM.clips.at(-1)?.id ?? '',
      frames: 57,
      ripple: true,
      magnet: 'frames',
    } as const;
    const longer = applyEdit(FILM, edit).timeline;
    expect(find(longer, {}, 'music_too_short')).not.toHaveProperty('suggestedEdit');
    const laid = remedied(longer, { track: TRACK }, 'music_too_short');
    expect(laid.music?.segments.at(-1)?.filmEndFrame).toBe(totalFrames(longer.clips));
    const tiny = { ...TRACK, durationSeconds: 0.5 };
    expect(find(longer, { track: tiny }, 'music_too_short')).not.toHaveProperty('suggestedEdit');
  });
});

/** A film after random edits, and everything that lint can be told. */
function messy(seed: number): { readonly film: Timeline; readonly options: LintOptions } {
  const random = seeded(seed);
  let film = FILMS[Math.abs(seed) % FILMS.length] as Timeline;
  const edits = Math.floor(random() * 25);
  for (let n = 0; n < edits; n++) {
    try {
      film = applyEdit(
        film,
        randomEdit(random, film, () => `n${n}-${random()}`),
      ).timeline;
    } catch {
      // Refused.
    }
  }
  const light = new Map(HOUSE_ANALYSIS.photos.map((photo) => [photo.id, { luminance: random(), kelvin: 2500 + 5000 * random() }])); // biome-ignore format: one line
  const target = totalFrames(film.clips) / 30 + 20 * (random() - 0.5);
  return { film, options: { rooms: ROOMS, targetSeconds: Math.max(3, target), light, track: TRACK } };
}

describe('any timeline', () => {
  it('every remedy can be applied and takes its finding away', () => {
    const seen = new Map<string, number>();
    let without = 0;
    let all = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { film, options } = messy(seed);
        for (const finding of lintTimeline(film, options)) {
          all++;
          if (finding.suggestedEdit === undefined) {
            without++;
            continue;
          }
          const { timeline } = applyEdit(film, finding.suggestedEdit);
          expect(checkTimeline(timeline)).toEqual([]);
          const left = lintTimeline(timeline, options);
          if (left.some((other) => same(other, finding))) throw new Error(`${finding.code} stays: ${finding.message}`);
          seen.set(finding.code, (seen.get(finding.code) ?? 0) + 1);
        }
      }),
      { numRuns: 120 },
    );
    expect([...seen.keys()].toSorted()).toEqual(['cut_off_beat', 'light_jump', 'music_too_short', 'off_target', 'room_missing', 'same_photo_in_row', 'shot_too_long', 'shot_too_short']); // biome-ignore format: one row
    expect(without / all).toBeLessThan(0.15);
  });

  it('all at once: never more findings, one batch, one step of undo', () => {
    let before = 0;
    let after = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { film, options } = messy(seed);
        const result = fixAll(film, options);
        const found = lintTimeline(film, options).length;
        before += found;
        after += result.left.length;
        expect(result.fixed).toBe(found - result.left.length);
        expect(result.left).toEqual(lintTimeline(result.timeline, options));
        if (result.edit === null) {
          expect(result.timeline).toBe(film);
          return;
        }
        expect(result.fixed).toBeGreaterThan(0);
        const applied = applyEdit(film, result.edit);
        expect(applied.timeline).toEqual(result.timeline);
        expect(applyEdit(applied.timeline, applied.inverse).timeline).toEqual(film);
      }),
      { numRuns: 20 },
    );
    expect(after / before).toBeLessThan(0.2);
    expect(fixAll({ ...FILM, status: 'locked' }, { targetSeconds: 30 })).toMatchObject({ edit: null, fixed: 0 });
  });
});
