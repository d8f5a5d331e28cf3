/**
 * The film in the window: real Electron, the real host, real photos. A film is built, plays, is edited 300 times at
 * random by keys with every invariant checked after each, is taken back to its start, and survives a kill.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { z } from 'zod';
import { seededRandom } from '../../base/seeded-random.ts';
import { checkTimeline } from '../../pipeline/timeline/invariants.ts';
import { timelineSchema } from '../../pipeline/timeline/schema.ts';
import { ask, journeyListing } from '../journey.ts';
import { ROOT, type Started, start } from './start.node.ts';

const EDITS = 300;
const SEED = 4;
const work = mkdtempSync(join(tmpdir(), 'picaivid-film-'));
const shots = join(ROOT, 'out', 'timeline', 'window');
let studio: Started | undefined;

const film = z.object({
  timeline: timelineSchema.nullable(),
  revision: z.number(),
  undo: z.string().nullable(),
  redo: z.string().nullable(),
});
const listings = z.array(z.object({ id: z.string(), status: z.string() }));

/** Every way to change a film from the keyboard, the ways to get to another place, and the ways to change how edits work. */
const KEYS = [
  'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', ',', '.', 'Shift+ArrowRight',
  'b', '[', ']', '{', '}', 'Control+]', 'Control+[', 'Alt+ArrowLeft', 'Alt+ArrowRight', 'Alt+Shift+ArrowRight',
  'd', 'Shift+D', 'Alt+Shift+D', 'Delete', 'Shift+Delete', 'Control+d', 'Control+c', 'Control+v', 'Control+x',
  'Control+ArrowLeft', 'Control+ArrowRight', 'Alt+,', 'Alt+.', 'r', 'n', 'm', 'Shift+B', 'Alt+B', '<', '>',
  'Alt+h', 'Alt+d', 'Control+z', 'Control+Shift+z',
]; // biome-ignore format: groups of keys

test.afterAll(async () => {
  await studio?.close();
  rmSync(work, { recursive: true, force: true });
});

/** The host's film once all that the page did has arrived: the page says that it is saved, and the answer stays. */
async function settled(page: Page, id: string): Promise<z.infer<typeof film>> {
  let before = await ask(page, film, 'timeline.get', { id });
  await expect
    .poll(
      async () => {
        const now = await ask(page, film, 'timeline.get', { id });
        const same = now.revision === before.revision;
        before = now;
        return same;
      },
      { intervals: [400] },
    )
    .toBe(true);
  return before;
}

test('a film is built, edited 300 times at random, and taken back to where it began', async () => {
  test.setTimeout(600_000);
  mkdirSync(shots, { recursive: true });
  const folder = journeyListing(join(work, 'two_mile_road'));
  const home = join(work, 'home');
  studio = await start({ real: true, home });
  let { page } = studio;
  await studio.app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
  }, folder);
  await page.getByRole('button', { name: /New listing/ }).click();
  await expect
    .poll(async () => (await ask(page, listings, 'listings.list'))[0]?.status, { timeout: 240_000 })
    .toBe('planned');
  await page.getByRole('gridcell').first().dblclick();
  await expect(page).toHaveURL(/\/rooms$/);
  await page.keyboard.press('Alt+3');
  await expect(page).toHaveURL(/\/timeline$/);
  const id = z.string().parse(/listing\/([^/]+)\/timeline/.exec(page.url())?.[1]);
  await expect
    .poll(async () => (await ask(page, film, 'timeline.get', { id })).timeline?.clips.length ?? 0, { timeout: 60_000 })
    .toBeGreaterThan(4);
  const first = await settled(page, id);
  await expect(page.getByRole('option').first()).toBeAttached();
  await page.screenshot({ path: join(shots, '1-built.png') });

  const random = seededRandom(SEED);
  await page.keyboard.press('ArrowRight');
  const refusals: string[] = [];
  for (let step = 0; step < EDITS; step++) {
    const key = KEYS[Math.floor(random() * KEYS.length)] ?? 'b';
    await page.keyboard.press(key);
    const { timeline } = await ask(page, film, 'timeline.get', { id });
    const problems = timeline === null ? ['There is no timeline.'] : checkTimeline(timeline);
    expect(problems, `after ${key}, step ${step}`).toEqual([]);
    if (step % 100 === 99) await page.screenshot({ path: join(shots, `2-edited-${step + 1}.png`) });
    const said = await page.getByRole('alert').allTextContents();
    refusals.push(...said);
  }
  const edited = await settled(page, id);
  expect(edited.revision).toBeGreaterThan(first.revision + 50);
  expect(edited.timeline).not.toEqual(first.timeline);

  // The kill: what was acknowledged is there, the history too.
  const { app } = studio;
  app.process().kill('SIGKILL');
  await app.waitForEvent('close').catch(() => undefined);
  studio = await start({ real: true, home });
  page = studio.page;
  await page.getByRole('gridcell').first().dblclick();
  await expect(page).toHaveURL(/\/(rooms|timeline)$/);
  await page.keyboard.press('Alt+3');
  await expect(page.getByRole('option').first()).toBeAttached();
  const found = await settled(page, id);
  expect([found.timeline, found.undo]).toEqual([edited.timeline, edited.undo]);

  for (let left: string | null = found.undo, steps = 0; left !== null; steps++) {
    expect(steps).toBeLessThan(2 * EDITS);
    for (let i = 0; i < 10; i++) await page.keyboard.press('Control+z');
    left = (await settled(page, id)).undo;
  }
  const back = await settled(page, id);
  expect(back.timeline).toEqual(first.timeline);
  await page.screenshot({ path: join(shots, '3-back.png') });
});
