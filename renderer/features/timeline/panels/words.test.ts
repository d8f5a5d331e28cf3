import { describe, expect, it } from 'vitest';
import type { GridBeat } from '../../../../pipeline/domain.ts';
import { FPS_25, FPS_30 } from '../../../../pipeline/time.ts';
import { madeTrack } from '../../../../pipeline/timeline/fixtures.ts';
import { evenTrack, filmBeats, planMusic } from '../../../../pipeline/timeline/grid.ts';
import { correctBeats } from '../../../../pipeline/timeline/grid-correct.ts';
import {
  barBeatOf,
  barBeatShort,
  barBeatWords,
  beatPosition,
  beatsBetween,
  beatsCorrected,
  certaintyOf,
  clock,
  frameAtBeat,
  gridBpm,
  secondsWords,
  tempoWords,
  timecode,
} from './words.ts';

/** 120 BPM at 30 fps: a beat each 15 frames; the grid begins with the last beat of a bar. */
const PICKUP: GridBeat[] = [4, 1, 2, 3, 4, 1, 2, 3, 4].map((beatInBar, i) => ({
  frame: 5 + i * 15,
  beatInBar,
  confidence: 0.8,
}));

describe('times', () => {
  it('shows a frame as on a clock, hundredths cut off', () => {
    expect(timecode(0, FPS_30)).toBe('0:00.00');
    expect(timecode(552, FPS_30)).toBe('0:18.40');
    expect(timecode(1, FPS_30)).toBe('0:00.03');
    expect(timecode(1799, FPS_30)).toBe('0:59.96');
    expect(timecode(1800, FPS_30)).toBe('1:00.00');
    expect(timecode(25 * 61 + 1, FPS_25)).toBe('1:01.04');
    expect(timecode(30, { num: 30000, den: 1001 })).toBe('0:01.00');
  });
  it('says lengths as people do', () => {
    expect(clock(59.6)).toBe('1:00');
    expect(clock(105)).toBe('1:45');
    expect(secondsWords(45)).toBe('45 s');
    expect(secondsWords(3.52)).toBe('3.5 s');
  });
});

describe('places in bars', () => {
  it('counts bars from the first downbeat', () => {
    expect(barBeatOf(PICKUP, 4)).toBeNull();
    expect(barBeatOf(PICKUP, 5)).toEqual({ bar: 0, beat: 4, off: 0 });
    expect(barBeatOf(PICKUP, 20)).toEqual({ bar: 1, beat: 1, off: 0 });
    expect(barBeatOf(PICKUP, 34)).toEqual({ bar: 1, beat: 1, off: 14 });
    expect(barBeatOf(PICKUP, 80)).toEqual({ bar: 2, beat: 1, off: 0 });
    expect(barBeatOf(PICKUP, 500)).toEqual({ bar: 2, beat: 4, off: 375 });
  });
  it('puts it in words', () => {
    expect(barBeatWords(PICKUP, 80)).toBe('bar 2');
    expect(barBeatWords(PICKUP, 95)).toBe('bar 2.2');
    expect(barBeatWords(PICKUP, 102)).toBe('bar 2.2 + 7 f');
    expect(barBeatWords(PICKUP, 0)).toBe('before bar 1');
    expect(barBeatWords([], 0)).toBe('no beats');
    expect(barBeatShort(PICKUP, 102)).toBe('2.2');
    expect(barBeatShort([], 3)).toBe('–');
  });
  it('measures in beats, also where the tempo changes and beyond the grid', () => {
    const beats = [0, 20, 40, 55, 70].map((frame, i) => ({ frame, beatInBar: (i % 4) + 1, confidence: 1 }));
    expect(beatPosition(beats, 30)).toBe(1.5);
    expect(beatPosition(beats, 85)).toBe(5);
    expect(beatPosition(beats, 0)).toBe(0);
    expect(beatsBetween(beats, 20, 55)).toBe(2);
    expect(beatsBetween(beats, 0, 85)).toBe(5);
    expect(beatsBetween([], 0, 85)).toBeNull();
    for (const frame of [0, 7, 20, 33, 54, 55, 70, 99]) {
      expect(frameAtBeat(beats, beatPosition(beats, frame) ?? -1)).toBe(frame);
    }
  });
});

describe('tempo and trust', () => {
  it('is exact in spite of frames and holes', () => {
    const even = Array.from({ length: 60 }, (_, i) => ({
      frame: Math.round((i * 30 * 60) / 128),
      beatInBar: (i % 4) + 1,
      confidence: 0.9,
    }));
    expect(gridBpm(even, FPS_30)).toBeCloseTo(128, 0);
    expect(gridBpm(even.toSpliced(20, 3), FPS_30)).toBeCloseTo(128, 0);
    expect(gridBpm([], FPS_30)).toBeNull();
  });
  it('shows a tempo that changes as a range', () => {
    const at = (bpm: number, count: number, from: number) =>
      Array.from({ length: count }, (_, i) => ({
        frame: from + Math.round((i * 30 * 60) / bpm),
        beatInBar: (i % 4) + 1,
        confidence: 0.9,
      }));
    expect(tempoWords(at(96, 40, 0), FPS_30)).toBe('96.0');
    expect(tempoWords([...at(96, 32, 0), ...at(108, 32, 600)], FPS_30)).toBe('96–108');
    expect(tempoWords([], FPS_30)).toBe('–');
  });
  it('says who is sure', () => {
    const track = madeTrack(120, 60);
    const grid = (confidence: number) => PICKUP.map((beat) => ({ ...beat, confidence }));
    expect(certaintyOf(grid(0.9), track, false)).toBe('sure');
    expect(certaintyOf(grid(0.5), track, false)).toBe('fairly sure');
    expect(certaintyOf(grid(0.1), track, false)).toBe('unsure');
    expect(certaintyOf(grid(0.9), track, true)).toBe('yours');
    expect(certaintyOf(grid(0), evenTrack(120, 0), false)).toBe('even grid');
    expect(certaintyOf(grid(0), null, false)).toBe('even grid');
    expect(certaintyOf(grid(0), evenTrack(120, 80), false)).toBe('no steady pulse');
  });
  it('knows beats that somebody mended', () => {
    const track = madeTrack(120, 60);
    const music = planMusic(track, 900, FPS_30);
    const beats = filmBeats(track, music, 1200, FPS_30);
    const film = { music, beats, frameRate: FPS_30 };
    expect(beatsCorrected(film, track)).toBe(false);
    expect(beatsCorrected({ ...film, beats: correctBeats(beats, { kind: 'shift', frames: 2 }) }, track)).toBe(true);
    expect(beatsCorrected({ ...film, beats: correctBeats(beats, { kind: 'setBar', beatsPerBar: 3 }) }, track)).toBe(
      true,
    );
    expect(beatsCorrected(film, null)).toBe(false);
  });
});
