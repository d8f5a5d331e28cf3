/** The long proof of the timeline's edits: `npm run test:long`; 13 minutes on two cores that seven other jobs share. */
import { expect, it } from 'vitest';
import { EDIT_TYPES, playAndUndo, type Seen } from './testing.ts';

const SEQUENCES = 1000;
const EDITS = 300;

it(`${SEQUENCES} random sequences of ${EDITS} edits keep every invariant and are undone to the start`, () => {
  const seen: Seen = { done: 0, refused: 0, types: new Set() };
  // New cases at every run; a failing seed is printed and can be played again by itself.
  const first = Date.now() % 1_000_000_000;
  for (let n = 0; n < SEQUENCES; n++) {
    try {
      playAndUndo(first + n, EDITS, seen);
    } catch (error) {
      throw new Error(`playAndUndo(${first + n}, ${EDITS}): ${String(error)}`, { cause: error });
    }
  }
  expect([...seen.types].toSorted()).toEqual([...EDIT_TYPES].toSorted());
  expect(seen.done).toBeGreaterThan(0.7 * SEQUENCES * EDITS);
});
