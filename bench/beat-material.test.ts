import { describe, expect, test } from 'vitest';
import { trackBeats } from '../pipeline/timeline/beats/tracker.ts';
import { pulselessSounds, pulsePieces } from './beat-material.ts';
import { amlt, fMeasure } from './beat-metrics.ts';

/** Where no tracker can know the level or the bar: every other beat or the beats between are as good a tapping. */
const OTHER_LEVEL = ['slow, 55', 'fast, 180', 'syncopated'];
const pieces = pulsePieces();

describe('music of many kinds', () => {
  test.each(pieces.filter(({ name }) => !OTHER_LEVEL.includes(name)).map((piece) => [piece.name, piece] as const))(
    '%s',
    (_, { samples, beats }) => {
      const track = trackBeats(samples, { defaultBpm: 120 });
      expect(track.hasPulse).toBe(true);
      const found = track.beats.map((beat) => beat.time);
      expect(
        fMeasure(
          beats.map((beat) => beat.time),
          found,
        ),
      ).toBeGreaterThanOrEqual(0.98);
    },
  );

  test.each(OTHER_LEVEL)('%s: at another level that can be tapped, mended by one key', (name) => {
    const piece = pieces.find((candidate) => candidate.name === name);
    const track = trackBeats(piece?.samples ?? new Float32Array(0), { defaultBpm: 120 });
    expect(track.hasPulse).toBe(true);
    const found = track.beats.map((beat) => beat.time);
    const times = (piece?.beats ?? []).map((beat) => beat.time);
    expect(amlt(times, found)).toBeGreaterThanOrEqual(0.98);
  });

  test.each([
    ['waltz without drums, 3/4', 3],
    ['6/8 at 66 dotted quarters', 2],
    ['rubato piano, ±9 %', 4],
    ['off-beat hats', 4],
    ['half-time drums', 4],
    ['pickup of one beat', 4],
  ])('%s has its bars', (name, perBar) => {
    const piece = pieces.find((candidate) => candidate.name === name);
    const track = trackBeats(piece?.samples ?? new Float32Array(0), { defaultBpm: 120 });
    expect(track.beatsPerBar).toBe(perBar);
    const downbeats = (piece?.beats ?? []).filter((beat) => beat.beatInBar === 1).map((beat) => beat.time);
    expect(fMeasure(downbeats, track.downbeats)).toBeGreaterThanOrEqual(0.95);
  });
});

test.each(pulselessSounds().map((sound) => [sound.name, sound] as const))('%s: no pulse is claimed', (_, sound) => {
  const track = trackBeats(sound.samples, { defaultBpm: 100 });
  expect([track.hasPulse, track.source, track.confidence]).toEqual([false, 'default', 0]);
});

test('where the music gives way to voices its beats and its section say that they are unsure', () => {
  const music = pieces.find(({ name }) => name === 'pickup of one beat')?.samples ?? new Float32Array(0);
  const voices = pulselessSounds().find(({ name }) => name === 'many voices')?.samples ?? new Float32Array(0);
  const border = 24 * 22_050;
  const track = trackBeats(
    music.map((value, i) => (i < border ? value : 0.2 * (voices[i] ?? 0))),
    { defaultBpm: 120 },
  );
  expect(track.hasPulse).toBe(true);
  const mean = (from: number, to: number): number => {
    const some = track.beats.filter((beat) => beat.time >= from && beat.time < to);
    return some.reduce((sum, beat) => sum + beat.confidence, 0) / some.length;
  };
  expect(mean(0, 20)).toBeGreaterThan(0.9);
  expect(mean(30, 40)).toBeLessThan(0.3);
  expect(track.sections[0]?.confidence).toBeGreaterThan(0.8);
  expect(track.sections.at(-1)?.confidence).toBeLessThan(0.5);
});
