import { describe, expect, test } from 'vitest';
import type { TransitionType } from '../domain.ts';
import { compositeFrame, type Yuv } from './composite.ts';
import type { PlannedCut } from './plan.ts';
import { judgeTransitions, type PlacedTransition, TransitionWatch } from './verify-transitions.ts';

const SIZE = { width: 80, height: 46 };
const FROM = 34;
const STEPS = 12;
const TOTAL = 80;
const SOFT: readonly TransitionType[] = ['cross_dissolve', 'dip_black', 'dip_white', 'slide', 'wipe', 'zoom'];

function planned(type: TransitionType): PlannedCut {
  return { frame: FROM + STEPS / 2, type, from: FROM, to: FROM + STEPS, outgoing: 'a', incoming: 'b' };
}

/** A shot that pans by a thousandth of its width a frame, over a picture of waves: coded luma. */
function shot(seed: number, frame: number): Yuv {
  const data = new Uint8Array((SIZE.width * SIZE.height * 3) / 2).fill(128);
  for (let y = 0; y < SIZE.height; y++)
    for (let x = 0; x < SIZE.width; x++) {
      const u = x + 0.08 * frame + seed * 31;
      data[y * SIZE.width + x] = Math.round(
        110 + 20 * seed + 40 * Math.sin(u / (5 + seed)) * Math.cos((y + seed * 7) / 6) + 15 * Math.sin(u / 2),
      );
    }
  return { ...SIZE, data };
}

/** The grey pictures of a film whose transition begins `late` frames after FROM. */
function film(type: TransitionType, late: number, steps = STEPS): Uint8Array[] {
  const from = FROM + late;
  return Array.from({ length: TOTAL }, (_, f) => {
    const [a, b] = [shot(0, f), shot(1, f)];
    const step = f - from + 1;
    const out = new Uint8Array(a.data.length);
    const layer = { clipId: '', sourceFrame: 0 };
    if (step < 1) out.set(a.data);
    else if (step > steps) out.set(b.data);
    else compositeFrame({ a: layer, b: layer, transition: { type, step, steps }, titles: [] }, a, b, [], out);
    return out
      .subarray(0, SIZE.width * SIZE.height)
      .map((v) => Math.round(Math.min(255, Math.max(0, ((v - 16) * 255) / 219))));
  });
}

function place(
  pictures: readonly Uint8Array[],
  cuts: readonly PlannedCut[],
  titled?: (frame: number) => boolean,
): PlacedTransition[] {
  const watch = new TransitionWatch(cuts, TOTAL, SIZE, titled);
  for (const [f, picture] of pictures.entries()) watch.push(f, picture);
  return watch.placed;
}

describe.each(SOFT)('%s', (type) => {
  test.each([-4, -3, -1, 0, 1, 3, 4])('%d frames late is measured so', (late) => {
    const [found] = place(film(type, late), [planned(type)]);
    expect(Math.abs((found?.late ?? Number.NaN) - late)).toBeLessThan(0.25);
    expect(judgeTransitions(found === undefined ? [] : [found])[0]?.pass).toBe(late === 0);
  });

  test('that is a hard cut instead fails', () => {
    const pictures = film(type, STEPS / 2, 0);
    const [line] = judgeTransitions(place(pictures, [planned(type)]));
    expect(line?.measured).toContain(`the ${type} at frame 40 is a jump`);
    expect(line?.pass).toBe(false);
  });
});

describe('what cannot be measured is said to be so and passes', () => {
  const cut = planned('cross_dissolve');
  const unmeasured = expect.objectContaining({
    pass: true,
    measured: '0 at their frames; 1 not measurable by picture (shots too alike or too short, or under a title)',
  });
  test('a dissolve between equal pictures', () => {
    const same = Array.from({ length: TOTAL }, (_, f) => shot(0, f).data.subarray(0, SIZE.width * SIZE.height));
    expect(judgeTransitions(place(same, [cut]))).toEqual([unmeasured]);
  });

  test('a dissolve under a title', () => {
    expect(judgeTransitions(place(film('cross_dissolve', 3), [cut], (f) => f === 45))).toEqual([unmeasured]);
  });

  test('a dissolve that touches the next one', () => {
    const next = { ...cut, frame: 50, from: 46, to: 54 };
    const [first] = place(film('cross_dissolve', 0), [cut, next]);
    expect(first?.late).toBeUndefined();
  });
});

test('hard cuts are not looked at, and a film of hard cuts has no line', () => {
  const placed = place(film('cross_dissolve', 0), [{ ...planned('cut'), from: 40, to: 40 }]);
  expect(placed).toEqual([]);
  expect(judgeTransitions(placed)).toEqual([]);
});
