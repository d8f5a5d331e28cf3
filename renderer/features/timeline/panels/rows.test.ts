import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../../../../main/host/contract.ts';
import type { MusicRow } from '../../../../main/host/timeline-contract.ts';
import { stepsTo } from './history-steps.ts';
import { musicFacts } from './music-words.ts';

const entry = (id: string, undone: boolean): HistoryEntry => ({ id, label: id, at: '2026-01-01T00:00:00Z', undone });

describe('the way through the history', () => {
  // Newest first: two are undone, the film stands behind `c`.
  const entries = [entry('e', true), entry('d', true), entry('c', false), entry('b', false), entry('a', false)];
  it('counts steps back and forward', () => {
    expect(entries.map((_, index) => stepsTo(entries, index))).toEqual([2, 1, -0, -1, -2]);
  });
  it('takes everything back for the film as built', () => {
    expect(stepsTo(entries, entries.length)).toBe(-3);
    expect(stepsTo([], 0)).toBe(-0);
  });
});

describe('a piece of music', () => {
  const row: MusicRow = {
    id: 'a'.repeat(64),
    name: 'City Rush',
    source: 'studio',
    licence: null,
    state: 'ready',
    error: null,
    durationSeconds: 70.77,
    bpm: 140.01,
    beatsPerBar: 4,
    hasPulse: true,
    confidence: 0.66,
  };
  it('says what was heard', () => {
    expect(musicFacts(row)).toBe('1:11 · 140 BPM');
    expect(musicFacts({ ...row, bpm: 96.5, beatsPerBar: 3 })).toBe('1:11 · 96.5 BPM · 3 to the bar');
    expect(musicFacts({ ...row, confidence: 0.2 })).toBe('1:11 · 140 BPM · unsure');
    expect(musicFacts({ ...row, hasPulse: false, bpm: 120 })).toBe('1:11 · no steady pulse');
  });
  it('says what stands in the way', () => {
    expect(musicFacts({ ...row, state: 'listening', durationSeconds: null })).toBe('Listening for the beats…');
    const error = { code: 'internal', message: 'This is not music.' } as const;
    expect(musicFacts({ ...row, state: 'failed', error })).toBe('This is not music.');
  });
});
