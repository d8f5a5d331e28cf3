import { describe, expect, it } from 'vitest';
import { EDIT_TYPES, playAndUndo, type Seen, seeded } from './testing.ts';

describe('sequences of edits of every kind', () => {
  it('60 of 60 keep the timeline valid; undo and redo are exact at every level', () => {
    const seen: Seen = { done: 0, refused: 0, types: new Set() };
    const random = seeded(Number(process.env.PICAIVID_SEED ?? '20261122') || Date.now());
    for (let n = 0; n < 60; n++) {
      const seed = Math.floor(random() * 2 ** 31);
      try {
        playAndUndo(seed, 60, seen);
      } catch (error) {
        throw new Error(`playAndUndo(${seed}, 60): ${String(error)}`, { cause: error });
      }
    }
    expect([...seen.types].toSorted()).toEqual(EDIT_TYPES.toSorted());
    // A proof over refusals only would prove nothing.
    expect(seen.done / (seen.done + seen.refused)).toBeGreaterThan(0.7);
  });
});
