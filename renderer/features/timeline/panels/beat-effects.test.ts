import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_DECISIONS, type TemplateName, type Timeline } from '../../../../pipeline/domain.ts';
import { buildTimeline } from '../../../../pipeline/timeline/builder.ts';
import { beatIndexAt, cutFrames, totalFrames } from '../../../../pipeline/timeline/clip-math.ts';
import { applyEdit } from '../../../../pipeline/timeline/edits.ts';
import { counter, HOUSE, madeAnalysis, madeTrack } from '../../../../pipeline/timeline/fixtures.ts';
import { TEMPLATES } from '../../../../pipeline/timeline/templates.ts';
import { effectOf, effectWords, tapFit } from './beat-effects.ts';

const film = (bpm = 120, name: TemplateName = 'classic'): Timeline => {
  const template = TEMPLATES[name];
  return buildTimeline({
    analysis: madeAnalysis(HOUSE),
    decisions: NO_DECISIONS,
    track: madeTrack(bpm, 120),
    template,
    targetSeconds: template.targetSeconds,
    frameRate: template.frameRate,
    size: template,
    newId: counter(),
    defaultBpm: 120,
  });
};

describe('what a correction does to the cuts', () => {
  it('finds that twice the beats leave every cut on one', () => {
    const { effect } = effectOf(film(), { kind: 'double' });
    expect(effect?.leaving).toBe(0);
    expect(effect?.onAfter).toBe(effect?.cuts);
    expect(effect?.bpm).toBeCloseTo(240, 0);
    expect(effectWords(effect ?? never())).toMatch(/^All \d+ cuts on the beat\.$/);
  });
  it('counts cuts that leave the beat and how far they would go', () => {
    const timeline = film();
    const { effect } = effectOf(timeline, { kind: 'shift', frames: 3 });
    expect(effect?.leaving).toBe(cutFrames(timeline).length);
    expect(effect?.farthest).toBe(3);
    expect(effect?.onAfter).toBe(0);
    expect(effectWords(effect ?? never())).toMatch(/leave the beat, by up to 3 frames\.$/);
  });
  it('says why a correction cannot be', () => {
    const timeline = { ...film(), beats: [{ frame: 0, beatInBar: 1, confidence: 1 }] };
    expect(effectOf(timeline, { kind: 'halve' })).toEqual({
      effect: null,
      refused: 'There are too few beats to be halved.',
    });
  });
  it('takes the cuts along: each on a beat again, the film as long as before, one step of undo', () => {
    fc.assert(
      fc.property(fc.integer({ min: -7, max: 7 }), fc.constantFrom(96, 120, 128), (frames, bpm) => {
        const timeline = film(bpm);
        const { effect } = effectOf(timeline, { kind: 'shift', frames });
        if (effect === null || effect.along === null) return effect?.leaving === 0;
        const { timeline: after, inverse } = applyEdit(timeline, effect.along);
        expect(cutFrames(after).every((cut) => beatIndexAt(after.beats, cut) >= 0)).toBe(true);
        expect(totalFrames(after.clips)).toBe(totalFrames(timeline.clips));
        expect(applyEdit(after, inverse).timeline).toEqual(timeline);
        return true;
      }),
      { numRuns: 30 },
    );
  });
});

describe('tapping along', () => {
  it('waits for three taps', () => {
    expect(tapFit(film(), [], 4).waiting).toBe('Tap 3 more beats.');
    expect(tapFit(film(), [10, 10, 24], 4).waiting).toBe('Tap 1 more beat.');
  });
  it('fits the tempo of uneven taps and says how far off they were', () => {
    // 100 BPM is 18 frames a beat; a person is a frame or two off, and misses one beat.
    const { effect, spread } = tapFit(film(), [0, 19, 35, 54, 90, 109], 4);
    expect(effect?.bpm).toBeCloseTo(100, -1);
    expect(Math.abs((effect?.bpm ?? 0) - 100)).toBeLessThan(2.5);
    expect(spread).toBeLessThan(1.5);
    expect(effect?.edit).toEqual({
      type: 'correctBeats',
      correction: { kind: 'tap', frames: [0, 19, 35, 54, 90, 109], beatsPerBar: 4 },
    });
  });
});

function never(): never {
  throw new Error('nothing was found');
}
