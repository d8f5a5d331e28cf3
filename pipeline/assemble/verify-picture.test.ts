import { describe, expect, test } from 'vitest';
import type { PlannedCut } from './plan.ts';
import { judgeCuts } from './verify-picture.ts';

function cut(frame: number): PlannedCut {
  return { frame, type: 'cut', from: frame, to: frame, outgoing: 'a', incoming: 'b' };
}
function changes(...jumps: [number, number][]): number[] {
  const out = new Array<number>(100).fill(0.8);
  for (const [frame, value] of jumps) out[frame] = value;
  return out;
}

describe('judgeCuts', () => {
  test('a cut at its frame passes; one frame late fails and says where it was found', () => {
    expect(judgeCuts([cut(40)], changes([40, 30]))[0]).toMatchObject({ pass: true, measured: '1 at their frame' });
    const late = judgeCuts([cut(40)], changes([41, 30]))[0];
    expect(late?.pass).toBe(false);
    expect(late?.measured).toContain('frame 40 was found at 41');
  });

  test('shots too alike to see are said to be so', () => {
    const line = judgeCuts([cut(40)], changes([40, 1.1]))[0];
    expect(line?.pass).toBe(true);
    expect(line?.measured).toContain('1 not measurable');
  });
});
