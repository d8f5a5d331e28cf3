import { describe, expect, test } from 'vitest';
import type { TitleCard } from '../domain.ts';
import { planAssembly } from './plan.ts';
import { OUTPUT, timelineClip, timelineOf } from './testkit.node.ts';
import { judgeTitles, shownTitles, titlePairs, titleShare } from './verify-titles.ts';

const SIZE = 80 * 45;
const title = (startFrame: number, durationFrames: number): TitleCard => ({
  id: 't',
  startFrame,
  durationFrames,
  text: 'x',
});
function plan(...titles: TitleCard[]) {
  const clips = [0, 1, 2].map((i) =>
    timelineClip(i, 0, 60, { type: i === 2 ? 'cross_dissolve' : 'cut', frames: i === 2 ? 10 : 0 }),
  );
  const sources = new Map(
    clips.map(({ id }) => [id, { path: id, frames: 90, width: OUTPUT.width, height: OUTPUT.height }]),
  );
  return planAssembly(timelineOf(clips, { titles }), sources, OUTPUT);
}

test('the frames nearest to each other, of one shot, with no title and with all of it', () => {
  expect(titlePairs(plan(title(20, 30)))).toEqual([{ index: 0, without: 19, full: 31 }]);
  // From the film's first frame on: only its end can be compared.
  expect(titlePairs(plan(title(0, 30)))).toEqual([{ index: 0, without: 30, full: 18 }]);
  // From one cut to the next: no frame of the same shot is without it.
  expect(titlePairs(plan(title(60, 55)))).toEqual([]);
  // Two at once are not taken apart.
  expect(titlePairs(plan(title(20, 20), title(20, 20)))).toEqual([]);
  expect(shownTitles(plan(title(20, 30), title(400, 10), title(100, 30)))).toEqual([0, 2]);
});

describe('titleShare', () => {
  /** White letters: a block of stripes, over waves that move by `moved` pixels. */
  const wall = (moved: number): Uint8Array =>
    Uint8Array.from({ length: SIZE }, (_, i) => 110 + 40 * Math.sin(((i % 80) + moved) / 4) + (i / 80) * 0.5);
  const alpha = Uint8Array.from({ length: SIZE }, (_, i) =>
    i > SIZE * 0.7 && i < SIZE * 0.85 && i % 3 === 0 ? 255 : 0,
  );
  const grey = new Uint8Array(SIZE).fill(255);
  const laid = (picture: Uint8Array, opacity: number): Uint8Array =>
    picture.map((v, i) => Math.round(v + (((alpha[i] as number) * opacity) / 255) * (255 - v)));

  test.each([0, 1, 2])('tells there from missing when the shot moves by %d pixels meanwhile', (moved) => {
    const there = titleShare(wall(0), laid(wall(moved), 1), { grey, alpha });
    const missing = titleShare(wall(0), wall(moved), { grey, alpha });
    expect(Math.abs((there ?? 9) - 1)).toBeLessThan(0.2);
    expect(Math.abs(missing ?? 9)).toBeLessThan(0.2);
    expect(judgeTitles([0], new Map([[0, there]]))[0]).toMatchObject({ pass: true, measured: '1 on the picture' });
    expect(judgeTitles([0], new Map([[0, missing]]))[0]).toMatchObject({
      pass: false,
      measured: '0 on the picture; title 1 is not there',
    });
  });

  test('does not judge what the move hides, or white on white', () => {
    expect(titleShare(new Uint8Array(SIZE).fill(254), new Uint8Array(SIZE).fill(254), { grey, alpha })).toBeUndefined();
    const cut = Uint8Array.from({ length: SIZE }, (_, i) => (i % 2 === 0 ? 0 : 20));
    expect(titleShare(new Uint8Array(SIZE).fill(200), cut, { grey, alpha })).toBeUndefined();
    expect(judgeTitles([0], new Map())[0]).toMatchObject({ pass: true });
    expect(judgeTitles([], new Map())).toEqual([]);
  });
});
