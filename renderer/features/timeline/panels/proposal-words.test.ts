import { describe, expect, it } from 'vitest';
import { type FilmSettings, filmSettingsSchema } from '../../../../main/host/timeline-contract.ts';
import { NO_DECISIONS, type TemplateName, type Timeline } from '../../../../pipeline/domain.ts';
import type { AnalysisView } from '../../../../pipeline/rooms/view.ts';
import { buildTimeline } from '../../../../pipeline/timeline/builder.ts';
import { compareTimelines } from '../../../../pipeline/timeline/compare.ts';
import { applyEdit } from '../../../../pipeline/timeline/edits.ts';
import { counter, HOUSE, madeAnalysis, madeTrack } from '../../../../pipeline/timeline/fixtures.ts';
import { TEMPLATES } from '../../../../pipeline/timeline/templates.ts';
import {
  filmFacts,
  insertShot,
  leftOutPhotos,
  longestTransition,
  otherPhotos,
  placed,
  poolOf,
  swapPhoto,
} from './clips.ts';
import { changeWords, chosenWords, compared, diffRows } from './proposal-words.ts';

const ANALYSIS = madeAnalysis(HOUSE) as AnalysisView;
const film = (name: TemplateName = 'classic'): Timeline => {
  const template = TEMPLATES[name];
  return buildTimeline({
    analysis: madeAnalysis(HOUSE),
    decisions: NO_DECISIONS,
    track: madeTrack(120, 120),
    template,
    targetSeconds: template.targetSeconds,
    frameRate: template.frameRate,
    size: template,
    newId: counter(name),
    defaultBpm: 120,
  });
};
const CLASSIC: FilmSettings = filmSettingsSchema.parse({ template: 'classic', targetSeconds: 45 });
const names = (id: string | null): string => (id === null ? 'No music' : 'City Rush');

describe('what was chosen', () => {
  it('names template and length, and only what differs beside', () => {
    expect(chosenWords(CLASSIC, { ...CLASSIC, template: 'luxury', targetSeconds: 60 }, names)).toBe(
      'Classic 45 s → Luxury 60 s',
    );
    expect(chosenWords(CLASSIC, { ...CLASSIC, frame: '9:16' }, names)).toBe('16:9 → 9:16');
    expect(chosenWords(CLASSIC, { ...CLASSIC, musicId: 'a'.repeat(64), frame: '1:1' }, names)).toBe(
      '16:9 · No music → 1:1 · City Rush',
    );
    expect(
      chosenWords(
        CLASSIC,
        { ...CLASSIC, brand: { ...CLASSIC.brand, title: '18 Willow Lane', accent: '#ff0000' } },
        names,
      ),
    ).toBe('Another title, accent colour');
    expect(chosenWords(CLASSIC, CLASSIC, names)).toBe('Built anew from the rooms');
  });
});

describe('what it does', () => {
  it('says that nothing changes', () => {
    const before = film();
    expect(changeWords(compareTimelines(before, before), before, true)).toBe('The shots stay the same.');
    expect(changeWords(compareTimelines(before, { ...before, height: 1920 }), before, true)).toBe(
      'Every shot stays; the picture has another shape.',
    );
  });
  it('counts shots that come, go and move', () => {
    const before = film();
    const [, second, third] = before.clips;
    const { timeline: shorter } = applyEdit(before, {
      type: 'delete',
      clipId: second?.id ?? '',
      ripple: false,
      magnet: 'frames',
    });
    const diff = compareTimelines(before, shorter);
    expect(changeWords(diff, shorter, true)).toMatch(/^1 left out, \d+ (changed|timed anew)/);
    const { timeline: rolled } = applyEdit(before, {
      type: 'roll',
      clipId: third?.id ?? '',
      frames: 2,
      magnet: 'frames',
    });
    expect(changeWords(compareTimelines(before, rolled), rolled, true)).toMatch(/1 cut moved by up to 2 frames$/);
    const rows = diffRows(diff, ANALYSIS);
    expect(rows.filter((row) => row.kind === 'removed')).toHaveLength(1);
    expect(rows.find((row) => row.kind === 'removed')).toMatchObject({ inAfter: false });
    expect(rows.every((row) => row.words !== '')).toBe(true);
  });
  it('compares a pair of films once', () => {
    const before = film();
    const after = film('luxury');
    expect(compared(before, after)).toBe(compared(before, after));
  });
});

describe('clips and the pool', () => {
  it('offers planned shots that the film does not show, best first, with the reason', () => {
    const timeline = film();
    const pool = poolOf(ANALYSIS, timeline);
    const used = new Set(timeline.clips.map((clip) => clip.photoId));
    expect(pool.length).toBe(24 - used.size);
    expect(pool.some((one) => used.has(one.shot.photoId))).toBe(false);
    expect(pool.map((one) => one.shot.value)).toEqual(pool.map((one) => one.shot.value).toSorted((a, b) => b - a));
    expect(pool.every((one) => one.reason !== '')).toBe(true);
    expect(leftOutPhotos(ANALYSIS, timeline)).toEqual([]);
  });
  it('inserts a shot in whole beats, and swaps a photo with its own move', () => {
    const timeline = film();
    const [shot] = poolOf(ANALYSIS, timeline);
    if (shot === undefined) throw new Error('no shot is left');
    const before = timeline.clips[2]?.id ?? null;
    const { timeline: after } = applyEdit(
      timeline,
      insertShot(timeline, shot, before, { ripple: true, magnet: 'beats' }, 'new'),
    );
    expect(after.clips[2]).toMatchObject({
      id: 'new',
      photoId: shot.shot.photoId,
      motion: shot.shot.recommendedMotion,
    });
    expect((after.clips[2]?.durationFrames ?? 0) % 15).toBe(0);
    const clip = timeline.clips.find((one) => otherPhotos(ANALYSIS, one).length > 0);
    if (clip === undefined) throw new Error('every room has one photo');
    const other = otherPhotos(ANALYSIS, clip)[0]?.id ?? '';
    const swapped = applyEdit(timeline, swapPhoto(ANALYSIS, clip, other)).timeline.clips.find(
      ({ id }) => id === clip.id,
    );
    expect(swapped?.photoId).toBe(other);
    expect(swapped?.durationFrames).toBe(clip.durationFrames);
  });
  it('knows how long a transition can be: what it says is taken whole', () => {
    for (const name of ['classic', 'energetic'] as const) {
      const timeline = film(name);
      timeline.clips.forEach((clip, index) => {
        const frames = longestTransition(timeline, index);
        if (frames < 1) return;
        const { timeline: after } = applyEdit(timeline, {
          type: 'setTransition',
          clipId: clip.id,
          transition: { type: 'cross_dissolve', frames },
        });
        expect(after.clips[index]?.transitionIn.frames).toBe(frames);
      });
    }
  });
  it('sums the film up', () => {
    const timeline = film();
    const facts = filmFacts(timeline);
    expect(facts.seconds).toBe(45);
    expect(facts.clips).toBe(timeline.clips.length);
    const [second] = placed(timeline, new Set([timeline.clips[1]?.id ?? '']));
    expect(second).toMatchObject({ index: 1, start: timeline.clips[0]?.durationFrames });
  });
});
