import { describe, expect, it } from 'vitest';
import { NO_DECISIONS, type Timeline } from '../domain.ts';
import { buildTimeline } from './builder.ts';
import { clipStarts } from './clip-math.ts';
import { applyEdit } from './edits.ts';
import { musicForLength } from './edits-make.ts';
import { counter, HOUSE, madeAnalysis, madeTrack } from './fixtures.ts';
import { lintTimeline } from './lint.ts';
import { TEMPLATES } from './templates.ts';

const FILM = buildTimeline({
  analysis: madeAnalysis(HOUSE),
  decisions: NO_DECISIONS,
  track: madeTrack(126, 120),
  template: TEMPLATES.classic,
  targetSeconds: 30,
  frameRate: { num: 30, den: 1 },
  size: { width: 1920, height: 1080 },
  newId: counter(),
  defaultBpm: 120,
});
const id = (index: number): string => FILM.clips[index]?.id ?? '';
const codes = (timeline: Timeline, options = {}): string[] => lintTimeline(timeline, options).map(({ code }) => code);
/** Applies the suggestion of the first finding with this code. */
function remedy(timeline: Timeline, code: string): Timeline {
  const edit = lintTimeline(timeline).find((finding) => finding.code === code)?.suggestedEdit;
  if (edit === undefined) throw new Error(`no remedy for ${code}`);
  return applyEdit(timeline, edit).timeline;
}

describe('lint', () => {
  it('finds nothing in what the builder makes', () => {
    expect(lintTimeline(FILM, { targetSeconds: 30 })).toEqual([]);
  });

  it('finds a cut off the beat and rolls it back', () => {
    const off = applyEdit(FILM, { type: 'roll', clipId: id(3), frames: 4, magnet: 'frames' }).timeline;
    const [finding] = lintTimeline(off);
    expect(finding).toMatchObject({ code: 'cut_off_beat', clipId: id(3), frame: (clipStarts(FILM.clips)[3] ?? 0) + 4 });
    expect(finding?.message).toMatch(/4 frames after the beat/);
    expect(clipStarts(remedy(off, 'cut_off_beat').clips)).toEqual(clipStarts(FILM.clips));
  });

  it('has music laid anew for a longer film, which a person may have corrected beats of', () => {
    const track = madeTrack(126, 120);
    const last = FILM.clips.at(-1)?.id ?? '';
    const longer = applyEdit(FILM, {
      type: 'trimOut',
      clipId: last,
      frames: 57,
      ripple: true,
      magnet: 'beats',
    }).timeline;
    expect(codes(longer)).toContain('music_too_short');
    const laid = applyEdit(longer, musicForLength(longer, track)).timeline;
    expect(codes(laid)).not.toContain('music_too_short');
    expect(laid.music?.segments[0]?.musicStartSeconds).toBe(FILM.music?.segments[0]?.musicStartSeconds);
    expect(laid.beats.at(-1)?.frame).toBeGreaterThan(longer.beats.at(-1)?.frame ?? 0);
    const edit = { type: 'correctBeats', correction: { kind: 'shift', frames: 2 } } as const;
    const corrected = applyEdit(longer, edit).timeline;
    expect(applyEdit(corrected, musicForLength(corrected, track)).timeline.beats).toEqual(corrected.beats);
  });

  it('finds shots shorter or longer than their motion bears, and remedies both on a beat', () => {
    for (const [durationFrames, code] of [[15, 'shot_too_short'], [300, 'shot_too_long']] as const) {
      const edit = { type: 'setDuration', clipId: id(2), durationFrames, ripple: true, magnet: 'beats' } as const;
      const changed = applyEdit(FILM, edit).timeline;
      expect(codes(changed)).toContain(code);
      expect(codes(remedy(changed, code))).not.toContain(code);
      expect(codes(remedy(changed, code))).not.toContain('cut_off_beat');
    } // biome-ignore format: the table is the test
  });

  it('finds the same photo twice in a row and takes the second away', () => {
    const same = applyEdit(FILM, { type: 'swapPhoto', clipId: id(3), photoId: FILM.clips[2]?.photoId ?? '' }).timeline;
    expect(codes(same)).toEqual(['same_photo_in_row']);
    expect(remedy(same, 'same_photo_in_row').clips).toHaveLength(FILM.clips.length - 1);
  });

  it('finds missing rooms, a missed target and music that ends early', () => {
    const rooms = [
      { id: 'c0', roomType: 'kitchen' },
      { id: 'attic', roomType: 'attic' },
    ];
    expect(lintTimeline(FILM, { rooms })).toEqual([
      { code: 'room_missing', message: 'The attic is not in the film.', clusterId: 'attic' },
    ]);
    expect(codes(FILM, { targetSeconds: 40 })).toEqual(['off_target']);
    const longer = applyEdit(FILM, { type: 'trimOut', clipId: FILM.clips.at(-1)?.id ?? '', frames: 1, ripple: true, magnet: 'frames' }).timeline; // biome-ignore format: one thought
    expect(codes(longer)).toContain('music_too_short');
  });
});
