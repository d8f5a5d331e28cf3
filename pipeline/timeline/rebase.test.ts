import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { Timeline } from '../domain.ts';
import { clipStarts } from './clip-math.ts';
import { applyEdit } from './edits.ts';
import type { Edit } from './edits-types.ts';
import { checkTimeline } from './invariants.ts';
import { commutes, rebaseEdit, sameFilm } from './rebase.ts';
import { FILMS, madeFilm, randomEdit, seeded } from './testing.ts';

const FILM = madeFilm('classic', 24);
const id = (index: number): string => FILM.clips[index]?.id ?? '';
const apply = (film: Timeline, ...edits: readonly Edit[]): Timeline =>
  edits.reduce((at, edit) => applyEdit(at, edit).timeline, film);
const trim = (index: number, frames: number): Edit => ({
  type: 'trimOut',
  clipId: id(index),
  frames,
  ripple: true,
  magnet: 'frames',
});

describe('rebasing an edit', () => {
  it('leaves edits of other shots as they are, ripples among them', () => {
    const mine: Edit = { type: 'setMotion', clipId: id(4), motion: 'tilt_up' };
    const over = [trim(1, -9), trim(6, 12), { type: 'delete', clipId: id(7), ripple: true, magnet: 'beats' }] as Edit[];
    expect(rebaseEdit(mine, over, FILM)).toEqual(mine);
    expect(commutes(trim(2, 5), trim(5, -5), FILM)).toBe(true);
    // On beats a ripple reaches every later cut: whose beats win would depend on the order.
    const onBeats: Edit = { ...trim(2, 40), magnet: 'beats' } as Edit;
    expect(commutes(onBeats, trim(1, 7), FILM)).toBe(false);
  });

  it('moves a split along with its shot', () => {
    const at = (clipStarts(FILM.clips)[5] ?? 0) + 20;
    const mine: Edit = { type: 'split', atFrame: at, newId: 'right', magnet: 'frames' };
    const rebased = rebaseEdit(mine, [trim(1, -9)], FILM);
    expect(rebased).toEqual({ ...mine, atFrame: at - 9 });
    expect(apply(FILM, trim(1, -9), rebased)).toEqual(apply(FILM, mine, trim(1, -9)));
  });

  it('refuses with a sentence what depends on the other change, or names a shot that is gone', () => {
    const gone: Edit = { type: 'delete', clipId: id(3), ripple: true, magnet: 'frames' };
    expect(() => rebaseEdit(trim(3, 5), [gone], FILM)).toThrow(/taken out of the film/);
    const other: Edit = { type: 'setMotion', clipId: id(3), motion: 'tilt_up' };
    expect(() => rebaseEdit({ ...other, motion: 'static' }, [other], FILM)).toThrow(/changed at the same place/);
    // Both put a shot at one place: nobody can say which is first.
    const insert = (newId: string): Edit => ({
      type: 'insert',
      clip: { ...(FILM.clips[1] as Timeline['clips'][number]), id: newId },
      before: id(3),
      ripple: true,
      magnet: 'frames',
    });
    expect(() => rebaseEdit(insert('a'), [insert('b')], FILM)).toThrow(/depend on each other|does not follow/);
    expect(rebaseEdit(trim(3, 5), [], FILM)).toEqual(trim(3, 5));
  });

  it('goes over what undo does, too', () => {
    const { timeline, inverse } = applyEdit(FILM, trim(1, -9));
    const mine: Edit = { type: 'setAmount', clipId: id(4), amount: 0.1 };
    expect(rebaseEdit(mine, [inverse], timeline)).toEqual(mine);
  });
});

/** The rebased edit, or null where it is refused. */
function tryRebase(edit: Edit, over: readonly Edit[], base: Timeline): Edit | null {
  try {
    return rebaseEdit(edit, over, base);
  } catch (error) {
    if (error instanceof PicaividError && error.code === 'edit_refused') return null;
    throw error;
  }
}

describe('any edits of several people', () => {
  it('that commute give one film in every order of arrival', () => {
    let accepted = 0;
    let tried = 0;
    let allOrders = 0;
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: FILMS.length - 1 }), (seed, which) => {
        const base = FILMS[which] as Timeline;
        const random = seeded(seed);
        let n = 0;
        const edits = Array.from({ length: 3 }, () => randomEdit(random, base, () => `n${++n}`)).filter((edit) => {
          try {
            applyEdit(base, edit);
            return true;
          } catch {
            return false;
          }
        });
        const results: Timeline[] = [];
        const orders = permutations(edits);
        for (const order of orders) {
          // Each arrives as it was made on `base`, and is rebased over what has arrived before it.
          const done: Edit[] = [];
          let film: Timeline | null = base;
          for (const edit of order) {
            const rebased: Edit | null = tryRebase(edit, done, base);
            tried++;
            if (rebased === null) {
              film = null;
              break;
            }
            accepted++;
            film = apply(film, rebased);
            expect(checkTimeline(film)).toEqual([]);
            done.push(rebased);
          }
          if (film !== null) results.push(film);
        }
        if (edits.length === 3 && results.length === orders.length) allOrders++;
        for (const film of results) expect(sameFilm(results[0] as Timeline, film)).toBe(true);
      }),
      { numRuns: 250 },
    );
    expect(accepted / tried).toBeGreaterThan(0.4);
    expect(allOrders).toBeGreaterThan(25);
  });
});

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((one, i) => permutations(list.toSpliced(i, 1)).map((rest) => [one, ...rest]));
}
