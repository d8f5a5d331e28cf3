/**
 * An editor's day with one listing on the real host: photos in, rooms mended, everything taken back and done again, the
 * studio closed and opened, all of it still there. The same steps in Chromium and in the window.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '..');
const FIXTURES = join(process.env.PICAIVID_FIXTURES ?? join(ROOT, '..', 'shared', 'fixtures'), 'photos', 'listing');
/** Of the samples: rooms enough to merge and split; few enough that the analysis takes seconds. */
const PHOTOS = 9;
const ANALYSIS_LIMIT_MS = 180_000;

/** A folder with the 24 real photos of the fixtures' listing; where they are missing, some of the sample house. */
export function journeyListing(folder: string): string {
  mkdirSync(folder, { recursive: true });
  if (existsSync(FIXTURES)) {
    for (const name of readdirSync(FIXTURES)) copyFileSync(join(FIXTURES, name), join(folder, name));
    return folder;
  }
  const source = join(ROOT, 'samples', 'listing');
  const photos = readdirSync(source).filter((name) => name.endsWith('.jpg'));
  for (const [index, name] of photos.sort().entries())
    if (index % 2 === 0 && index / 2 < PHOTOS) copyFileSync(join(source, name), join(folder, name));
  return folder;
}

const listings = z.array(z.object({ id: z.string(), name: z.string(), status: z.string() }));
const rooms = z.object({
  decisions: z.record(z.string(), z.record(z.string(), z.unknown())),
  undo: z.string().nullable(),
  redo: z.string().nullable(),
});
type Rooms = z.infer<typeof rooms>;

/** Asks the host as the page does, past the page's own state. */
export async function ask<T>(page: Page, schema: z.ZodType<T>, procedure: string, input?: unknown): Promise<T> {
  const query = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  const answer = await page.evaluate(async (path) => (await fetch(path)).json(), `/api/trpc/${procedure}${query}`);
  return z.object({ result: z.object({ data: schema }) }).parse(answer).result.data;
}
const lanes = (page: Page): Locator => page.getByRole('rowheader');
/** Photos of a lane, as far as it is drawn: headers are rows of their own. */
const tiles = (page: Page, lane: number): Locator =>
  page
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell') })
    .nth(lane)
    .getByRole('gridcell');

export async function withoutViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

async function openRooms(page: Page, name: string): Promise<string> {
  const card = page.getByRole('gridcell', { name: new RegExp(`^${name}`) });
  await expect(card).toBeVisible();
  await card.dblclick();
  await expect(page).toHaveURL(/\/rooms$/);
  await expect(tiles(page, 0).first()).toBeVisible();
  const id = /listing\/([^/]+)\/rooms/.exec(page.url())?.[1];
  return z.string().parse(id);
}

/** After every key the host has answered: the next one is pressed on what is saved. */
async function saved(page: Page, id: string, undo: string | RegExp): Promise<void> {
  await expect.poll(async () => (await ask(page, rooms, 'rooms.get', { id })).undo).toMatch(undo);
}

/**
 * `add` puts the listing's folder in, by whatever way the surface has; `reopen` closes everything, host included, and
 * gives a page on the same data. Screenshots go to `shots` for looking at.
 */
export async function journey(
  first: Page,
  surface: {
    readonly name: string;
    readonly add: (page: Page) => Promise<void>;
    readonly reopen: () => Promise<Page>;
    readonly shots: string;
  },
): Promise<void> {
  let page = first;
  const look = (name: string): Promise<unknown> => page.screenshot({ path: join(surface.shots, `${name}.png`) });
  await expect(page.getByRole('button', { name: 'Open the sample listing' })).toBeVisible();
  await look('1-empty-library');
  await surface.add(page);
  await expect
    .poll(async () => (await ask(page, listings, 'listings.list'))[0]?.status, { timeout: ANALYSIS_LIMIT_MS })
    .toBe('planned');
  await look('2-library');
  await withoutViolations(page);
  const id = await openRooms(page, surface.name);
  await look('3-rooms');
  await withoutViolations(page);

  const [inFirst, inSecond] = [await tiles(page, 0).count(), await tiles(page, 1).count()];
  expect(inSecond).toBeGreaterThan(0);
  await tiles(page, 0).first().click();
  await tiles(page, 1)
    .first()
    .click({ modifiers: ['ControlOrMeta'] });
  await page.keyboard.press('m');
  await saved(page, id, /^Merge 2 rooms/);
  await expect(tiles(page, 0)).toHaveCount(inFirst + inSecond);

  await page.keyboard.press('Escape');
  await tiles(page, 0).nth(1).click();
  await page.keyboard.press('s');
  await saved(page, id, 'Split off 1 photo');
  await expect(tiles(page, 0)).toHaveCount(inFirst + inSecond - 1);

  await page.keyboard.press('l');
  await page.keyboard.type('gym');
  await page.keyboard.press('Enter');
  await saved(page, id, 'Label Gym');
  await expect(lanes(page).filter({ hasText: 'Gym' })).toContainText('you');

  await page.keyboard.press('Escape');
  await tiles(page, 0).first().click();
  await page.keyboard.press('x');
  await saved(page, id, 'Leave out 1 photo');
  await look('4-mended');
  const mended: Rooms = await ask(page, rooms, 'rooms.get', { id });

  for (const left of ['Label Gym', 'Split off 1 photo', /^Merge/]) {
    await page.keyboard.press('ControlOrMeta+z');
    await saved(page, id, left);
  }
  await page.keyboard.press('ControlOrMeta+z');
  await expect.poll(async () => (await ask(page, rooms, 'rooms.get', { id })).undo).toBeNull();
  const undone = await ask(page, rooms, 'rooms.get', { id });
  expect(Object.values(undone.decisions).flatMap((register) => Object.keys(register))).toEqual([]);
  await expect(tiles(page, 0)).toHaveCount(inFirst);
  for (const next of [/^Merge/, 'Split off 1 photo', 'Label Gym', 'Leave out 1 photo']) {
    await page.keyboard.press('ControlOrMeta+Shift+z');
    await saved(page, id, next);
  }
  expect((await ask(page, rooms, 'rooms.get', { id })).decisions).toEqual(mended.decisions);

  page = await surface.reopen();
  await openRooms(page, surface.name);
  await expect(lanes(page).filter({ hasText: 'Gym' })).toContainText('you');
  const found = await ask(page, rooms, 'rooms.get', { id });
  expect([found.decisions, found.undo, found.redo]).toEqual([mended.decisions, 'Leave out 1 photo', null]);
  await page.keyboard.press('ControlOrMeta+z');
  await saved(page, id, 'Label Gym');
  await look('5-found-again');
}
