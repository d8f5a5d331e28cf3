/**
 * The film is edited by mouse on the tracks, in Chromium on the real host: each thing that can be taken hold of is
 * pulled, what the host then has is what the hand meant, and all of it is taken back to the film as it was built.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { z } from 'zod';
import type { Timeline } from '../../pipeline/domain.ts';
import { clipStarts } from '../../pipeline/timeline/clip-math.ts';
import { lanesIn } from '../../renderer/features/timeline/tracks/geometry.ts';
import { ask } from '../journey.ts';
import { type FilmHost, filmOf, listings, startFilmHost } from './film-host.ts';

const shots = join(import.meta.dirname, '..', '..', 'out', 'timeline', 'mouse');
let host: FilmHost | undefined;

test.beforeAll(async () => {
  test.setTimeout(240_000); // the film
  mkdirSync(shots, { recursive: true });
  host = await startFilmHost();
});
test.afterAll(() => host?.stop());

/** Where the tracks stand on the page now, by their lanes, and how film frames become pixels. */
async function tracksOf(page: Page, timeline: Timeline) {
  const field = await page.getByTestId('tracks').boundingBox();
  const first = await page.locator(`#clip-${timeline.clips[0]?.id}`).boundingBox();
  if (field === null || first === null) throw new Error('The tracks are not there.');
  const lanes = lanesIn(Math.round(field.height));
  const scale = first.width / (timeline.clips[0]?.durationFrames ?? 1);
  const x = (frame: number): number => first.x + frame * scale;
  const middle = (lane: keyof Omit<typeof lanes, 'height'>): number => {
    const { top, height } = lanes[lane];
    return field.y + top + height / 2;
  };
  return { field, x, y: middle, handle: field.y + lanes.clips.top + 6, scale };
}

async function drag(
  page: Page,
  from: readonly [number, number],
  to: readonly [number, number],
  { hold, during }: { readonly hold?: 'Alt' | 'Control'; readonly during?: () => Promise<void> } = {},
): Promise<void> {
  await page.mouse.move(...from);
  if (hold !== undefined) await page.keyboard.down(hold);
  await page.mouse.down();
  await page.mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, { steps: 4 });
  await page.mouse.move(...to, { steps: 4 });
  // A drag is shown once in a frame of the screen.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await during?.();
  await page.mouse.up();
  if (hold !== undefined) await page.keyboard.up(hold);
}

test('every part of the film is pulled by mouse, and all of it is taken back', async ({ page }) => {
  test.setTimeout(400_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(host?.link ?? '');
  await page.getByRole('button', { name: /sample listing/ }).click();
  await expect.poll(async () => (await ask(page, listings, 'listings.list')).length).toBe(1);
  const id = (await ask(page, listings, 'listings.list'))[0]?.id ?? '';
  await page.goto(`${new URL(host?.link ?? '').origin}/#/listing/${id}/timeline`);
  await expect(page.getByTestId('bpm')).toBeVisible({ timeout: 240_000 });

  const now = async (): Promise<Timeline> => {
    const { timeline } = await filmOf(page, id);
    if (timeline === null) throw new Error('The film is gone.');
    return timeline as Timeline;
  };
  const clip = (timeline: Timeline, index: number) => {
    const found = timeline.clips[index];
    if (found === undefined) throw new Error(`The film has no clip ${index}.`);
    return found;
  };
  const built = await now();
  let edits = 0;
  /** Does something by hand and gives the film before and after it. */
  const by = async (hand: (film: Timeline, at: Awaited<ReturnType<typeof tracksOf>>) => Promise<void>) => {
    const before = await now();
    await hand(before, await tracksOf(page, before));
    await expect.poll(async () => JSON.stringify(await now()) !== JSON.stringify(before)).toBe(true);
    edits += 1;
    return { before, after: await now() };
  };
  const lengths = ({ clips }: Timeline): number[] => clips.map(({ durationFrames }) => durationFrames);
  const total = (timeline: Timeline): number => clipStarts(timeline.clips).at(-1) ?? 0;
  const tip = page.getByText(/^\d+\.\d\d s {2}[+−]?\d+ frames$/);

  await test.step('an edge is trimmed to the beats; ripple moves what follows', async () => {
    const { before, after } = await by(async (film, at) => {
      const cut = clipStarts(film.clips)[3] ?? 0;
      await drag(page, [at.x(cut) - 3, at.y('clips')], [at.x(cut) - 3 - 40 * at.scale, at.y('clips')], {
        during: async () => {
          await expect(tip).toBeVisible();
          await page.screenshot({ path: join(shots, 'trim.png') });
        },
      });
    });
    expect(clip(after, 2).durationFrames).toBeLessThan(clip(before, 2).durationFrames);
    expect(lengths(after).slice(0, 2)).toEqual(lengths(before).slice(0, 2));
    expect(total(after)).toBeLessThan(total(before));
    // The cuts behind it go along, and stay on beats.
    const beats = new Set(after.beats.map(({ frame }) => frame));
    expect(
      clipStarts(after.clips)
        .slice(1, -1)
        .filter((cut) => !beats.has(cut)),
    ).toEqual([]);
  });

  await test.step('with Ctrl both sides of a cut move, and the film stays as long', async () => {
    const { before, after } = await by(async (film, at) => {
      const cut = clipStarts(film.clips)[5] ?? 0;
      await drag(page, [at.x(cut) - 3, at.y('clips')], [at.x(cut) - 3 - 30 * at.scale, at.y('clips')], {
        hold: 'Control',
      });
    });
    expect(total(after)).toBe(total(before));
    expect(clip(after, 4).durationFrames).toBeLessThan(clip(before, 4).durationFrames);
    expect(clip(after, 5).durationFrames).toBeGreaterThan(clip(before, 5).durationFrames);
  });

  await test.step('with Alt the picture slips under its cuts', async () => {
    const { before, after } = await by(async (film, at) => {
      // The trimmed one has room in its move.
      const [from = 0, to = 0] = clipStarts(film.clips).slice(2, 4);
      const middle = at.x((from + to) / 2);
      await drag(page, [middle, at.y('clips')], [middle - 12 * at.scale - 5, at.y('clips')], { hold: 'Alt' });
    });
    expect(lengths(after)).toEqual(lengths(before));
    expect(clip(after, 2).sourceInFrame).toBeGreaterThan(clip(before, 2).sourceInFrame);
  });

  await test.step('a shot is moved behind another', async () => {
    const { before, after } = await by(async (film, at) => {
      const starts = clipStarts(film.clips);
      const middle = (index: number): number => at.x(((starts[index] ?? 0) + (starts[index + 1] ?? 0)) / 2);
      await drag(page, [middle(1), at.y('clips')], [middle(4) + 6, at.y('clips')], {
        during: () => page.screenshot({ path: join(shots, 'move.png') }).then(() => {}),
      });
    });
    const order = (timeline: Timeline): string[] => timeline.clips.map(({ id: clipId }) => clipId);
    const moved = order(before)[1] ?? '';
    expect(order(after)).toEqual(
      order(before)
        .toSpliced(1, 1)
        .toSpliced(4, 0, moved)
        .filter((one, i, all) => all.indexOf(one) === i),
    );
  });

  await test.step('a double click on a cut opens a dissolve, its handle makes it longer', async () => {
    const index = built.clips.length - 3;
    const { after: opened } = await by(async (film, at) => {
      const plain = film.clips.findIndex((one, i) => i > 2 && one.transitionIn.frames === 0);
      expect(plain, 'a plain cut').toBeGreaterThan(0);
      await page.mouse.dblclick(at.x(clipStarts(film.clips)[plain] ?? 0), at.handle);
    });
    const mixed = opened.clips.findIndex((one, i) => i > 2 && one.transitionIn.type === 'cross_dissolve');
    expect(mixed).toBeGreaterThan(0);
    expect(index).toBeGreaterThan(0);
    const { before, after } = await by(async (film, at) => {
      const cut = clipStarts(film.clips)[mixed] ?? 0;
      const half = clip(film, mixed).transitionIn.frames / 2;
      await drag(page, [at.x(cut + half), at.handle], [at.x(cut + half + 5), at.handle]);
    });
    expect(clip(after, mixed).transitionIn.frames).toBeGreaterThan(clip(before, mixed).transitionIn.frames);
  });

  await test.step('a beat is moved; a marker is set, named and moved', async () => {
    const { before, after } = await by(async (film, at) => {
      const beat = film.beats.find(({ frame }) => frame > 100)?.frame ?? 0;
      await drag(page, [at.x(beat), at.y('beats')], [at.x(beat) + 6 * at.scale, at.y('beats')]);
    });
    const frames = (timeline: Timeline): number[] => timeline.beats.map(({ frame }) => frame);
    expect(frames(after)).not.toEqual(frames(before));
    expect(frames(after).length).toBe(frames(before).length);

    const { after: named } = await by(async (_film, at) => {
      await page.mouse.dblclick(at.x(200), at.y('markers'));
      await page.getByRole('dialog').getByRole('textbox').fill('Stairs');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      edits += 1; // set, and named
    });
    expect(named.markers.map(({ label }) => label)).toEqual(['Stairs']);
    const { after: moved } = await by(async (film, at) => {
      const { frame } = film.markers[0] ?? { frame: 0 };
      await drag(page, [at.x(frame) + 8, at.y('markers')], [at.x(frame) + 8 + 60 * at.scale, at.y('markers')]);
    });
    expect(moved.markers[0]?.frame).toBeGreaterThan(named.markers[0]?.frame ?? 0);
    await page.screenshot({ path: join(shots, 'marker.png') });
  });

  await test.step('a title is written by a double click and pulled longer', async () => {
    const { before, after } = await by(async (_film, at) => {
      await page.mouse.dblclick(at.x(400), at.y('titles'));
      await page.getByRole('dialog').getByLabel('Text').fill('Garden to the south');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      edits += 1; // set, and written
    });
    expect(after.titles).toHaveLength(before.titles.length + 1);
    const { before: short, after: long } = await by(async (film, at) => {
      const title = film.titles.find(({ text }) => text === 'Garden to the south');
      const end = (title?.startFrame ?? 0) + (title?.durationFrames ?? 0);
      await drag(page, [at.x(end) - 2, at.y('titles')], [at.x(end) - 2 + 60 * at.scale, at.y('titles')]);
    });
    const length = (timeline: Timeline): number =>
      timeline.titles.find(({ text }) => text === 'Garden to the south')?.durationFrames ?? 0;
    expect(length(long)).toBeGreaterThan(length(short));
  });

  await test.step('what a drag does to markers and titles, the menu of the keys does too', async () => {
    const pick = async (...names: (string | RegExp)[]): Promise<void> => {
      await page.getByRole('listbox', { name: 'Clips' }).focus();
      await page.keyboard.press('Shift+F10');
      for (const [i, name] of names.entries()) {
        const item = page.getByRole('menuitem', { name }).first();
        await item.focus();
        await page.keyboard.press(i === names.length - 1 ? 'Enter' : 'ArrowRight');
      }
      await expect(page.getByRole('menu')).toHaveCount(0);
    };
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+m');
    const { before, after } = await by(() => pick('Marker “Stairs”', 'A step later'));
    expect(after.markers[0]?.frame).toBeGreaterThan(before.markers[0]?.frame ?? 0);
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+m');
    await by(() => pick('Marker “Stairs”', 'Remove the marker'));
    await page.keyboard.press('Home');
    const { after: titled } = await by(() => pick('Title here'));
    const { after: longer } = await by(() => pick('Title “Title”', 'Longer by a step'));
    const first = (timeline: Timeline): number =>
      timeline.titles.find(({ text }) => text === 'Title')?.durationFrames ?? 0;
    expect(first(longer)).toBeGreaterThan(first(titled));
    await by(() => pick('Title “Title”', 'Remove the title'));
  });

  await test.step('a band selects shots; Escape leaves a drag undone; the edge scrolls', async () => {
    const film = await now();
    const at = await tracksOf(page, film);
    const starts = clipStarts(film.clips);
    const empty = at.y('markers');
    await drag(page, [at.x((starts[7] ?? 0) + 12), empty], [at.x((starts[10] ?? 0) - 12), empty]);
    await expect(page.getByRole('option', { selected: true })).toHaveCount(3);
    const cut = starts[4] ?? 0;
    await page.mouse.move(at.x(cut) - 3, at.y('clips'));
    await page.mouse.down();
    await page.mouse.move(at.x(cut) - 60, at.y('clips'), { steps: 4 });
    await page.keyboard.press('Escape');
    await page.mouse.up();
    expect(await now()).toEqual(film);
    for (let i = 0; i < 6; i++) await page.keyboard.press('+');
    await page.waitForTimeout(400); // elements follow the view when it rests
    const zoomed = await tracksOf(page, film);
    const left = await page.locator(`#clip-${film.clips[0]?.id}`).boundingBox();
    await page.mouse.move(zoomed.field.x + 200, empty);
    await page.mouse.down();
    await page.mouse.move(zoomed.field.x + zoomed.field.width - 4, empty, { steps: 4 });
    await page.waitForTimeout(600);
    await page.keyboard.press('Escape');
    await page.mouse.up();
    await page.waitForTimeout(400);
    const moved = await page.locator(`#clip-${film.clips[0]?.id}`).boundingBox();
    expect(moved === null || moved.x < (left?.x ?? 0) - 100).toBe(true);
  });

  await test.step('an approved film is not pulled, and says why', async () => {
    await page.getByRole('button', { name: /^Status: Draft/ }).click();
    await page.getByRole('menuitem', { name: /^Approve/ }).click();
    await page.keyboard.press('Shift+z'); // the whole film in sight
    await page.waitForTimeout(400);
    const film = await now();
    const at = await tracksOf(page, film);
    const cut = clipStarts(film.clips)[3] ?? 0;
    await drag(page, [at.x(cut) - 3, at.y('clips')], [at.x(cut) - 60, at.y('clips')]);
    expect((await now()).clips).toEqual(film.clips);
    await page.getByRole('button', { name: /^Status: Approved/ }).click();
    await page.getByRole('menuitem', { name: /^Reopen/ }).click();
  });

  await test.step('all of it is taken back', async () => {
    const undo = z.object({ undo: z.string().nullable() });
    for (let i = 0; i < edits; i++) await page.keyboard.press('Control+z');
    await expect.poll(async () => (await ask(page, undo, 'timeline.get', { id })).undo).toBeNull();
    const { clips, beats, markers, titles } = await now();
    expect({ clips, beats, markers, titles }).toEqual({
      clips: built.clips,
      beats: built.beats,
      markers: built.markers,
      titles: built.titles,
    });
  });
  expect(complaints).toEqual([]);
});
