import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import { frameToSeconds } from '../time.ts';
import { madeTrack } from './fixtures.ts';
import { evenTrack, filmBeats, planMusic, trimMusicPlan } from './grid.ts';

const FPS = { num: 30, den: 1 };
const NTSC = { num: 30000, den: 1001 };

describe('music under the film', () => {
  it('starts at the energetic section when enough music is behind it', () => {
    // Sections change at 60 s; 120 BPM has a downbeat every 2 s.
    const plan = planMusic(madeTrack(120, 120), 45 * 30, FPS);
    expect(plan.segments).toEqual([{ filmStartFrame: 0, filmEndFrame: 1350, musicStartSeconds: 60 }]);
    expect(plan.fadeInFrames).toBe(3);
    expect(plan.fadeOutFrames).toBe(60);
  });

  it('never starts where the music would run out', () => {
    const plan = planMusic(madeTrack(120, 120), 100 * 30, FPS);
    expect(plan.segments).toHaveLength(1);
    expect(plan.segments[0]?.musicStartSeconds).toBeLessThanOrEqual(20);
  });

  it('loops at bar lines: last complete bar to a downbeat, whole phrases', () => {
    // 21 s at 120 BPM: ten complete bars of 2 s, then half a bar that is not used.
    const plan = planMusic(madeTrack(120, 21), 50 * 30, FPS);
    expect(plan.segments.map((segment) => [segment.filmStartFrame, segment.musicStartSeconds])).toEqual([
      [0, 0],
      [600, 4],
      [1080, 4],
    ]);
    expect(plan.segments.at(-1)?.filmEndFrame).toBe(1500);
  });

  it('uses a last bar that is complete though no downbeat follows', () => {
    const track = { ...madeTrack(120, 8.001) };
    const beats = track.beats.filter((beat) => beat.time < 7.9);
    const plan = planMusic({ ...track, beats, durationSeconds: 8 }, 20 * 30, FPS);
    expect(plan.segments[1]).toEqual({ filmStartFrame: 240, filmEndFrame: 480, musicStartSeconds: 0 });
  });

  it('refuses music under a second and takes two seconds', () => {
    const code = (): string => {
      try {
        planMusic(madeTrack(120, 0.6), 300, FPS);
      } catch (error) {
        return error instanceof PicaividError ? error.code : 'other';
      }
      return 'none';
    };
    expect(code()).toBe('audio_too_short');
    const plan = planMusic(madeTrack(120, 2.2), 300, FPS);
    expect(plan.segments.map((segment) => segment.filmStartFrame)).toEqual([0, 60, 120, 180, 240]);
  });

  it('trims to a shorter film', () => {
    const plan = planMusic(madeTrack(120, 21), 1500, FPS);
    expect(trimMusicPlan(plan, 700).segments).toEqual([
      { filmStartFrame: 0, filmEndFrame: 600, musicStartSeconds: 0 },
      { filmStartFrame: 600, filmEndFrame: 700, musicStartSeconds: 4 },
    ]);
  });
});

describe('beats of the film', () => {
  it('puts every beat on its nearest frame', () => {
    const track = madeTrack(126, 60, 4, 0.37);
    const plan = planMusic(track, 1200, FPS, { startSeconds: 0.37 });
    const beats = filmBeats(track, plan, 1200, FPS);
    expect(beats.slice(0, 5).map((beat) => beat.frame)).toEqual([0, 14, 29, 43, 57]);
    expect(beats.slice(0, 5).map((beat) => beat.beatInBar)).toEqual([1, 2, 3, 4, 1]);
  });

  it('is an even grid without music', () => {
    const beats = filmBeats(evenTrack(120, 0), null, 90, FPS);
    expect(beats.map((beat) => beat.frame)).toEqual([0, 15, 30, 45, 60, 75, 90]);
    expect(beats.map((beat) => beat.beatInBar)).toEqual([1, 2, 3, 4, 1, 2, 3]);
    expect(beats.every((beat) => beat.confidence === 0)).toBe(true);
  });

  it('fills holes and ends at the tempo', () => {
    const track = madeTrack(120, 20);
    const holed = { ...track, beats: track.beats.filter((beat) => beat.time >= 2 && beat.time <= 15 && (beat.time < 6 || beat.time > 8)) }; // biome-ignore format: one thought
    const plan = planMusic(holed, 540, FPS, { startSeconds: 0 });
    const beats = filmBeats(holed, plan, 540, FPS);
    expect(beats.map((beat) => beat.frame)).toEqual(Array.from({ length: 37 }, (_, i) => i * 15));
    expect(beats.map((beat) => beat.beatInBar)).toEqual(Array.from({ length: 37 }, (_, i) => (i % 4) + 1));
    expect(beats[0]?.confidence).toBe(0);
    expect(beats[10]?.confidence).toBe(0.9);
  });

  it('stays strictly increasing and in time over loops, tempos, bars and rates', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 50, max: 220, noNaN: true }),
        fc.double({ min: 3, max: 80, noNaN: true }),
        fc.integer({ min: 60, max: 4000 }),
        fc.constantFrom(3, 4, 5),
        fc.constantFrom(FPS, NTSC, { num: 24, den: 1 }),
        (bpm, seconds, filmFrames, perBar, rate) => {
          const track = madeTrack(bpm, seconds, perBar, 0.21);
          const plan = planMusic(track, filmFrames, rate);
          let at = 0;
          for (const segment of plan.segments) {
            expect(segment.filmStartFrame).toBe(at);
            expect(segment.filmEndFrame).toBeGreaterThan(at);
            expect(segment.musicStartSeconds).toBeGreaterThanOrEqual(0);
            const used = frameToSeconds(segment.filmEndFrame - segment.filmStartFrame, rate);
            // A seam is a whole frame: up to half of one at either side of it.
            expect(segment.musicStartSeconds + used).toBeLessThanOrEqual(seconds + 1 / 23.9);
            at = segment.filmEndFrame;
          }
          expect(at).toBe(filmFrames);
          const beats = filmBeats(track, plan, filmFrames, rate);
          // One frame of rounding, and what a bar cut short by an encoder lacks at a seam.
          const grace = 1.01 + (0.03 * rate.num) / rate.den;
          const interval = (60 / bpm) * (rate.num / rate.den);
          beats.forEach((beat, i) => {
            expect(Number.isInteger(beat.frame)).toBe(true);
            const gap = beat.frame - (beats[i - 1]?.frame ?? beat.frame - interval);
            // A loop of music without a whole bar may break the pulse; everything else keeps it within a frame.
            if (seconds > 3 + (60 / bpm) * perBar * 2) expect(Math.abs(gap - interval)).toBeLessThanOrEqual(grace);
            else expect(gap).toBeGreaterThan(0);
          });
          expect(beats[0]?.frame ?? 0).toBeLessThanOrEqual(interval);
        },
      ),
      { numRuns: 300 },
    );
  });
});
