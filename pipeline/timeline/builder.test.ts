import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import {
  type Analysis,
  type HumanDecisions,
  NO_DECISIONS,
  ROOM_TYPES,
  TEMPLATE_NAMES,
  type Timeline,
} from '../domain.ts';
import { type BuildInput, buildTimeline } from './builder.ts';
import { isDusk } from './builder-material.ts';
import { beatIndexAt, clipStarts, coveredFrames, handles, MOTION_SECONDS, totalFrames } from './clip-math.ts';
import { counter, HOUSE, madeAnalysis, madePhoto, madeTrack } from './fixtures.ts';
import { checkTimeline } from './invariants.ts';
import { lintTimeline } from './lint.ts';
import { TEMPLATES, templateSchema } from './templates.ts';

const ANALYSIS = madeAnalysis(HOUSE);
const decide = (some: Partial<HumanDecisions>): HumanDecisions => ({ ...NO_DECISIONS, ...some });

function build(some: Partial<BuildInput> & { readonly template?: BuildInput['template'] } = {}): Timeline {
  const template = some.template ?? TEMPLATES.classic;
  return buildTimeline({
    analysis: ANALYSIS,
    decisions: NO_DECISIONS,
    track: madeTrack(126, 120),
    template,
    targetSeconds: template.targetSeconds,
    frameRate: template.frameRate,
    size: template,
    newId: counter(),
    defaultBpm: 120,
    ...some,
  });
}
const photos = (timeline: Timeline): string[] => timeline.clips.map((clip) => clip.photoId);
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof PicaividError ? error.code : String(error);
  }
  return 'none';
};

describe.each(TEMPLATE_NAMES)('the %s film of a house', (name) => {
  const template = TEMPLATES[name];
  const timeline = build({ template });
  const starts = clipStarts(timeline.clips);

  it('is a valid template, and a valid timeline with nothing to lint', () => {
    expect(templateSchema.parse(template)).toEqual(template);
    expect([...template.roomOrder].sort()).toEqual([...ROOM_TYPES].sort());
    expect(checkTimeline(timeline)).toEqual([]);
    expect(lintTimeline(timeline, { targetSeconds: template.targetSeconds })).toEqual([]);
  });

  it('cuts exactly on beats, most of them on the bar or its middle, and ends within a beat of the target', () => {
    expect(starts.map((frame) => beatIndexAt(timeline.beats, frame)).filter((index) => index < 0)).toEqual([]);
    const strong = starts.filter((frame) => {
      const beat = timeline.beats[beatIndexAt(timeline.beats, frame)];
      return beat?.beatInBar === 1 || beat?.beatInBar === 3;
    });
    expect(strong.length / starts.length).toBeGreaterThan(0.75);
    const beatFrames = (60 / 126) * 30;
    expect(Math.abs(totalFrames(timeline.clips) - template.targetSeconds * 30)).toBeLessThanOrEqual(beatFrames);
    expect(timeline.music?.segments.at(-1)?.filmEndFrame).toBe(totalFrames(timeline.clips));
  });

  it('keeps every shot within what its motion bears', () => {
    for (const clip of timeline.clips) {
      const limits = MOTION_SECONDS[clip.motion];
      expect(clip.durationFrames).toBeGreaterThanOrEqual(limits.min * 30 - 0.5);
      expect(clip.durationFrames).toBeLessThanOrEqual(limits.max * 30 + 0.5);
    }
  });

  it('opens with the exterior, closes outside, never repeats a photo', () => {
    expect(timeline.clips[0]?.photoId).toBe('exterior_front-2-0');
    expect(timeline.clips.at(-1)?.photoId).toBe('aerial-12-0');
    expect(new Set(photos(timeline)).size).toBe(timeline.clips.length);
  });

  it('shows the best photo of every room that it shows, rooms in the order of the style', () => {
    for (const photo of photos(timeline)) expect(photos(timeline)).toContain(photo.replace(/-\d+$/, '-0'));
    const order = photos(timeline)
      .slice(0, -1)
      .map((photo) => template.roomOrder.indexOf(photo.replace(/-\d+-\d+$/, '') as never));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('has a frame for every transition: even, at most a third of the shorter shot, handles inside the move', () => {
    timeline.clips.forEach((clip, i) => {
      const { frames } = clip.transitionIn;
      const shorter = Math.min(clip.durationFrames, timeline.clips[i - 1]?.durationFrames ?? clip.durationFrames);
      expect(frames % 2).toBe(0);
      expect(frames).toBeLessThanOrEqual(shorter / 3);
      const { before, after } = handles(timeline.clips, i);
      expect(clip.sourceInFrame).toBe(before);
      expect(clip.moveFrames).toBe(before + clip.durationFrames + after);
      expect(coveredFrames(timeline.clips, i)).toBeLessThan(clip.durationFrames);
    });
    const share = timeline.clips.slice(1).filter((clip) => clip.transitionIn.frames > 0).length;
    expect(share).toBe(Math.round(template.transitions.share * (timeline.clips.length - 1)));
  });

  it('says why for each shot and for each photo left out', () => {
    for (const clip of timeline.clips) expect(clip.reason).toMatch(/beats?, \d+\.\d s/);
    const all = [...new Set(photos(timeline)), ...timeline.leftOut.map((left) => left.photoId)];
    expect(all.sort()).toEqual(ANALYSIS.photos.map((photo) => photo.id).sort());
  });

  it('is deterministic', () => {
    expect(build({ template })).toEqual(timeline);
  });
});

describe('rooms', () => {
  it('shows every room before a second view of any, when there is time for all', () => {
    const timeline = build({ targetSeconds: 45 });
    const shown = new Set(timeline.clips.map((clip) => clip.clusterId));
    expect(shown.size).toBe(HOUSE.length);
    expect(timeline.clips).toHaveLength(HOUSE.length);
  });

  it('gives the time of missing rooms to further views', () => {
    const timeline = build({ targetSeconds: 90, template: TEMPLATES.walkthrough });
    expect(timeline.clips.length).toBeGreaterThan(HOUSE.length + 4);
  });
});

describe("a person's decisions", () => {
  it('excludes, reorders by room, and puts heroes first', () => {
    const timeline = build({
      decisions: decide({
        excluded: ['kitchen-0-0'],
        roomOverride: { 'office-8-0': 'pool' },
        heroes: ['living_room-1-3', 'exterior_front-2-1'],
      }),
    });
    expect(photos(timeline)).not.toContain('kitchen-0-0');
    expect(photos(timeline)).toContain('kitchen-0-1');
    expect(photos(timeline)[0]).toBe('exterior_front-2-1');
    expect(photos(timeline)).toContain('living_room-1-3');
    expect(photos(timeline)).not.toContain('living_room-1-0');
    expect(photos(timeline).indexOf('office-8-0')).toBeGreaterThan(photos(timeline).indexOf('garden-14-0'));
    expect(timeline.leftOut).toContainEqual({ photoId: 'kitchen-0-0', reason: 'A person excluded it.' });
  });

  it('takes motions and lengths as they are, lengths to the nearest beat', () => {
    const timeline = build({
      decisions: decide({
        motions: { 'kitchen-0-0': 'crane_up' },
        durationsSeconds: { 'kitchen-0-0': 8, 'office-8-0': 0.9 },
      }),
    });
    const clip = timeline.clips.find((one) => one.photoId === 'kitchen-0-0');
    expect(clip?.motion).toBe('crane_up');
    expect(Math.abs((clip?.durationFrames ?? 0) - 240)).toBeLessThanOrEqual(8);
    const office = timeline.clips.find((one) => one.photoId === 'office-8-0');
    expect(office?.durationFrames).toBeGreaterThanOrEqual(28);
    expect(office?.durationFrames).toBeLessThanOrEqual(29);
  });

  it('never shows a duplicate, unless its original is excluded', () => {
    const twin: Analysis = {
      ...ANALYSIS,
      photos: ANALYSIS.photos.map((photo) =>
        photo.id === 'bedroom-5-0' ? { ...photo, duplicateOf: 'bedroom-4-0' } : photo,
      ),
    };
    const plain = build({ analysis: twin });
    expect(photos(plain)).not.toContain('bedroom-5-0');
    expect(plain.leftOut.find((left) => left.photoId === 'bedroom-5-0')?.reason).toMatch(/nearly the same/);
    const without = build({ analysis: twin, decisions: decide({ excluded: ['bedroom-4-0'] }) });
    expect(photos(without)).toContain('bedroom-5-0');
  });

  it('uses one renderer where it is asked for', () => {
    const timeline = build({ renderer: 'ken_burns' });
    expect(new Set(timeline.clips.map((clip) => clip.renderer))).toEqual(new Set(['ken_burns']));
  });
});

describe('few photos', () => {
  const few = (types: readonly (typeof ROOM_TYPES)[number][]): Analysis =>
    madeAnalysis(types.map((type) => ({ type, photos: 1 })));

  it('shows one photo in several moves, and says when the film is shorter', () => {
    const ten = build({ analysis: few(['exterior_front']), targetSeconds: 10, track: null });
    expect(totalFrames(ten.clips)).toBe(300);
    expect(ten.clips.length).toBeGreaterThan(1);
    expect(new Set(ten.clips.map((clip) => clip.motion)).size).toBe(ten.clips.length);
    const minute = build({ analysis: few(['kitchen']), targetSeconds: 60, track: null });
    expect(minute.clips).toHaveLength(3);
    expect(totalFrames(minute.clips)).toBeLessThanOrEqual(21 * 30);
    expect(minute.clips.at(-1)?.reason).toMatch(/instead of 60 s: 1 photo in up to 3 moves/);
    expect(lintTimeline(minute, { targetSeconds: 60 }).map((finding) => finding.code)).toContain('off_target');
  });

  it('repeats photos only with other moves and never twice in a row', () => {
    const timeline = build({ analysis: few(['exterior_front', 'kitchen', 'living_room', 'pool']), targetSeconds: 45 });
    expect(Math.abs(totalFrames(timeline.clips) - 1350)).toBeLessThanOrEqual(15);
    expect(timeline.clips.filter((clip, i) => clip.photoId === timeline.clips[i - 1]?.photoId)).toEqual([]);
    const moves = timeline.clips.map((clip) => `${clip.photoId} ${clip.motion}`);
    expect(new Set(moves).size).toBe(moves.length);
    expect(timeline.clips[0]?.photoId).toBe('exterior_front-0-0');
    expect(timeline.clips.at(-1)?.photoId).toBe('pool-3-0');
  });

  it('refuses what cannot be', () => {
    expect(code(() => build({ analysis: madeAnalysis([]) }))).toBe('plan_impossible');
    const excluded = ANALYSIS.photos.map((photo) => photo.id);
    expect(code(() => build({ decisions: decide({ excluded }) }))).toBe('plan_impossible');
    expect(code(() => build({ targetSeconds: 0.5 }))).toBe('bad_usage');
    expect(code(() => build({ targetSeconds: Number.NaN }))).toBe('bad_usage');
  });
});

describe('details', () => {
  it('closes with evening light', () => {
    expect(isDusk({ ...madePhoto('a', 'exterior_front', 'c', 0.5), file: 'exterior_dusk-01.jpg' })).toBe(true);
    expect(isDusk({ ...madePhoto('a', 'pool', 'c', 0.5), takenAt: '2024-06-01T20:11:00' })).toBe(true);
    expect(isDusk({ ...madePhoto('a', 'pool', 'c', 0.5), takenAt: '2024-06-01T11:11:00' })).toBe(false);
    expect(isDusk({ ...madePhoto('a', 'kitchen', 'c', 0.5), takenAt: '2024-06-01T21:11:00' })).toBe(false);
    const evening: Analysis = {
      ...ANALYSIS,
      photos: ANALYSIS.photos.map((one) => (one.id === 'pool-11-0' ? { ...one, takenAt: '2024-06-01T20:40:00' } : one)),
    };
    expect(build({ analysis: evening }).clips.at(-1)?.photoId).toBe('pool-11-0');
  });

  it('makes title cards only from given texts', () => {
    expect(build().titles).toEqual([]);
    const timeline = build({ titles: { opening: { text: '12 Elm Street' }, closing: { text: ' ' } } });
    expect(timeline.titles).toHaveLength(1);
    expect(timeline.titles[0]).toMatchObject({ startFrame: 0, durationFrames: 90, text: '12 Elm Street' });
  });

  it('keeps the grid going behind the end', () => {
    const timeline = build();
    expect(timeline.beats.at(-1)?.frame).toBeGreaterThan(totalFrames(timeline.clips) + 19 * 30);
  });

  it('holds its rules for any house, tempo, bar, template and length', () => {
    const house = fc.array(
      fc.record({ type: fc.constantFrom(...ROOM_TYPES), photos: fc.integer({ min: 1, max: 5 }) }),
      { minLength: 1, maxLength: 14 },
    );
    fc.assert(
      fc.property(
        house,
        fc.integer({ min: 55, max: 200 }),
        fc.constantFrom(3, 4),
        fc.constantFrom(...TEMPLATE_NAMES),
        fc.integer({ min: 5, max: 70 }),
        fc.constantFrom({ num: 30, den: 1 }, { num: 25, den: 1 }, { num: 30000, den: 1001 }),
        (rooms, bpm, perBar, name, targetSeconds, frameRate) => {
          const analysis = madeAnalysis(rooms);
          const template = TEMPLATES[name];
          const timeline = build({
            analysis,
            template,
            targetSeconds,
            frameRate,
            track: madeTrack(bpm, 40, perBar, 0.3),
          });
          expect(checkTimeline(timeline)).toEqual([]);
          const allowed = analysis.photos.length === 1 ? ['same_photo_in_row', 'off_target'] : ['off_target'];
          const findings = lintTimeline(timeline, { targetSeconds });
          expect(findings.filter((finding) => !allowed.includes(finding.code))).toEqual([]);
          if (findings.some((finding) => finding.code === 'off_target')) {
            expect(timeline.clips.at(-1)?.reason).toMatch(/instead of/);
          }
          // Enough material: the target is met.
          const seconds = analysis.photos.length * 4;
          if (seconds >= targetSeconds && analysis.photos.length > 2 && targetSeconds > 8) {
            expect(findings.map((finding) => finding.code)).not.toContain('off_target');
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
