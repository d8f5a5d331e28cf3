import { describe, expect, it } from 'vitest';
import { NO_DECISIONS, type Timeline, type TimelineClip } from '../domain.ts';
import { buildTimeline } from './builder.ts';
import { counter, HOUSE, madeAnalysis, madeTrack } from './fixtures.ts';
import { checkTimeline } from './invariants.ts';
import { TEMPLATES } from './templates.ts';

const FILM = buildTimeline({
  analysis: madeAnalysis(HOUSE),
  decisions: NO_DECISIONS,
  track: madeTrack(120, 120),
  template: TEMPLATES.luxury,
  targetSeconds: 30,
  frameRate: { num: 30, den: 1 },
  size: { width: 1920, height: 1080 },
  newId: counter(),
  defaultBpm: 120,
});
const broken = (index: number, change: Partial<TimelineClip>): Timeline => ({
  ...FILM,
  clips: FILM.clips.map((clip, i) => (i === index ? { ...clip, ...change } : clip)),
});

describe('invariants', () => {
  // Each row breaks exactly one rule; a check that stops working makes its row fail.
  const second = FILM.clips[1] as TimelineClip;
  it.each<[string, Timeline, RegExp]>([
    ['no clip', { ...FILM, clips: [] }, /no clip/],
    ['doubled id', broken(1, { id: FILM.clips[0]?.id ?? '' }), /used twice/],
    ['key order', broken(1, { orderKey: 'a0' }), /does not follow/],
    ['length', broken(1, { durationFrames: 10.5 }), /not a positive integer/],
    ['amount', broken(1, { amount: Number.NaN }), /amount/],
    ['cut with frames', broken(1, { transitionIn: { type: 'cut', frames: 2 } }), /a cut of 2/],
    ['transition without', broken(1, { transitionIn: { type: 'wipe', frames: 0 } }), /a wipe of 0/],
    ['handle at the head', broken(2, { sourceInFrame: 0 }), /before frame 0/],
    ['handle at the end', broken(1, { moveFrames: second.moveFrames - 1 }), /of a move of/],
    ['transitions meet', broken(1, { durationFrames: 12 }), /cover/],
    ['beats', { ...FILM, beats: [...FILM.beats].reverse() }, /Beat/],
    ['music hole', { ...FILM, music: { fadeInFrames: 0, fadeOutFrames: 0, segments: [{ filmStartFrame: 5, filmEndFrame: 9, musicStartSeconds: 0 }] } }, /Music/],
    ['titles overlap', { ...FILM, titles: [{ id: 'x', startFrame: 0, durationFrames: 9, text: '' }, { id: 'y', startFrame: 5, durationFrames: 9, text: '' }] }, /Title y/],
    ['marker', { ...FILM, markers: [{ id: 'x', frame: -1, label: '' }] }, /Marker/],
  ])('notices: %s', (_, timeline, sentence) => {
    expect(checkTimeline(FILM)).toEqual([]);
    expect(checkTimeline(timeline).join('\n')).toMatch(sentence);
  }); // biome-ignore format: a table
});
