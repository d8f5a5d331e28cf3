/** The Library over the fake host with the real router: the newcomer's path, keys alone, drops, refusals, 500 cards. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { type FakeHost, startFakeHost } from '../../renderer/testing/fake-host.node.ts';
import { builtPages } from './pages.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const pages = builtPages();
let host: FakeHost;

test.afterEach(() => host.close());

async function open(page: Page, listings: number): Promise<void> {
  host = await startFakeHost({ listings, pages });
  await page.goto(host.url);
}
const cards = (page: Page): Locator => page.getByRole('gridcell');
const card = (page: Page, name: string): Locator => page.getByRole('gridcell', { name });
const names = (page: Page): Promise<string[]> =>
  cards(page).evaluateAll((all) => all.map((one) => (one.getAttribute('aria-label') ?? '').split(', ')[0] ?? ''));
const toast = (page: Page, text: string | RegExp): Locator =>
  page.getByRole('listitem').filter({ hasText: text }).first();
const activeName = (page: Page): Promise<string | null> =>
  page.evaluate(() => {
    const grid = document.querySelector('[role="grid"]');
    const id = grid?.getAttribute('aria-activedescendant') ?? '';
    return document.getElementById(id)?.getAttribute('aria-label')?.split(', ')[0] ?? null;
  });

test('a newcomer opens the sample, sees it analysed and goes in', async ({ page }) => {
  await open(page, 0);
  await page.getByRole('button', { name: 'Open the sample listing' }).click();
  const sample = card(page, 'Sample House');
  await expect(sample).toHaveAttribute('aria-selected', 'true');
  await expect(sample.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '10');
  host.service.progress('new-1', 0.5);
  await expect(sample.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '50');
  await expect(sample).toContainText('30 s left');
  host.service.progress('new-1', 1);
  await expect(sample).toContainText('Rooms ready');
  await expect(sample.locator('img')).toHaveAttribute('src', '/media/new-1/photo-0/320');
  await sample.dblclick();
  await expect(page).toHaveURL(/#\/listing\/new-1\/rooms$/);
});

test('search finds without accents, filters count, and no result has a way back', async ({ page }) => {
  await open(page, 30);
  await expect(cards(page).first()).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('lodz');
  await expect(cards(page)).toHaveCount(3);
  expect(await names(page)).toEqual(['27 Łódź Avenue', '63 Łódź Avenue', '99 Łódź Avenue']);
  await page.keyboard.press('ArrowDown');
  expect(await activeName(page)).toBe('27 Łódź Avenue');
  await page.keyboard.press('/');
  await page.keyboard.type('nowhere');
  await expect(page.getByRole('heading', { name: 'No listing matches “nowhere”' })).toBeVisible();
  await page.getByRole('button', { name: 'Show all listings' }).click();
  await page.getByRole('radio', { name: 'Archived' }).click();
  expect(await names(page)).toEqual(['45 Vineyard Way', '81 Vineyard Way']);
  await page.getByRole('radio', { name: 'All' }).click();
  await page.getByRole('combobox', { name: 'Order' }).click();
  await page.getByRole('option', { name: 'Needs attention first' }).click();
  await expect(cards(page).first()).toContainText('5 need attention');
});

test('by keys alone: move, choose, rename, archive, delete, undo, open', async ({ page }) => {
  await open(page, 30);
  await expect(cards(page).first()).toBeVisible();
  const order = await names(page);
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowLeft']) await page.keyboard.press(key);
  expect(await activeName(page)).toBe(order[4]);
  await page.keyboard.press('F2');
  await expect(page.getByRole('textbox', { name: `Name of ${order[4]}` })).toBeFocused();
  await page.keyboard.type('Maple House');
  await page.keyboard.press('Enter');
  await expect(card(page, 'Maple House')).toBeVisible();
  await expect(page.getByRole('grid')).toBeFocused();
  await page.keyboard.press('F2');
  await page.keyboard.type('Not kept');
  await page.keyboard.press('Escape');
  await expect(card(page, 'Maple House')).toBeVisible();

  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.getByText('2 selected', { exact: true })).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(card(page, 'Maple House')).toHaveCount(0);
  await expect(toast(page, '2 listings deleted from the library')).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(card(page, 'Maple House')).toBeVisible();

  await page.keyboard.press('Home');
  await page.keyboard.press('e');
  await expect(card(page, order[0] ?? '')).toHaveCount(0);
  await toast(page, 'archived').getByRole('button', { name: 'Undo' }).click();
  await expect(card(page, order[0] ?? '')).toBeVisible();

  await page.keyboard.press('Control+a');
  await expect(page.getByText('28 selected', { exact: true })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('[aria-selected="true"]')).toHaveCount(0);
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/listing\/listing-0029\/rooms$/);
});

test('the pointer: Ctrl, Shift, the menu with the same commands', async ({ page }) => {
  await open(page, 30);
  await cards(page).nth(0).click();
  await cards(page)
    .nth(2)
    .click({ modifiers: ['Control'] });
  await expect(page.locator('[aria-selected="true"]')).toHaveCount(2);
  await cards(page)
    .nth(5)
    .click({ modifiers: ['Shift'] });
  await expect(page.locator('[aria-selected="true"]')).toHaveCount(4);
  await cards(page).nth(3).click({ button: 'right' });
  await expect(page.getByRole('menuitem', { name: /^Delete/ })).toBeVisible();
  await expect(page.getByRole('menu')).toContainText('4 listings');
  await page.keyboard.press('Escape');
  const first = cards(page).nth(0);
  await first.getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: /^Rename/ }).click();
  await expect(first.getByRole('textbox')).toBeFocused();
});

test('what the host refuses comes back with the reason', async ({ page }) => {
  await open(page, 12);
  await cards(page).nth(1).click();
  host.service.failing.add('renameListing');
  await page.keyboard.press('F2');
  await page.keyboard.type('X');
  await page.keyboard.press('Enter');
  await expect(toast(page, 'could not be renamed')).toContainText('The disk is full');
  await expect(card(page, '15 Alder Court')).toBeVisible();
});

test('a moved folder is located, a failed analysis is tried again, a running one paused', async ({ page }) => {
  await open(page, 12);
  const moved = card(page, '30 Birch Terrace');
  await moved.getByRole('button', { name: 'Locate folder…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'new house' }).click();
  await page.getByRole('button', { name: 'Use this folder' }).click();
  await expect(moved).toContainText('…/listings/new house');
  await expect(moved).toContainText('Rooms ready');
  const full = card(page, '27 Łódź Avenue');
  await full.getByRole('button', { name: 'Try again' }).click();
  await expect(full.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '0');
  await full.getByRole('button', { name: 'Pause the analysis' }).click();
  await expect(full).toContainText('Paused');
  await full.getByRole('button', { name: 'Go on with the analysis' }).click();
  await expect(full.getByRole('button', { name: 'Pause the analysis' })).toBeVisible();
});

test('new listings from the folder dialog: one made, one refused with its reason, one there already', async ({
  page,
}) => {
  await open(page, 3);
  await expect(cards(page)).toHaveCount(3);
  await page.keyboard.press('n');
  const dialog = page.getByRole('dialog', { name: 'New listing' });
  await expect(dialog.getByRole('button', { name: '2026' })).toBeFocused();
  await dialog.getByRole('checkbox', { name: 'Choose new house' }).check();
  await dialog.getByRole('checkbox', { name: 'Choose empty' }).check();
  await dialog.getByRole('button', { name: 'Make 2 listings' }).click();
  await expect(page.getByRole('dialog', { name: 'No listing was made of this folder' })).toContainText(
    'There are no photos in this folder.',
  );
  await page.keyboard.press('Escape');
  await expect(card(page, 'New House')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('n');
  await dialog.getByRole('button', { name: 'new house' }).click();
  await dialog.getByRole('button', { name: 'Make a listing' }).click();
  await expect(toast(page, '“New House” is in the library already')).toBeVisible();
  await expect(page).toHaveURL(/#\/listing\/new-1\/rooms$/);
});

test('a folder dropped on the window is sent photo by photo and becomes a listing', async ({ page }) => {
  await open(page, 3);
  await expect(cards(page)).toHaveCount(3);
  const devtools = await page.context().newCDPSession(page);
  const drag = (type: 'dragEnter' | 'dragOver' | 'drop') =>
    devtools.send('Input.dispatchDragEvent', {
      type,
      x: 700,
      y: 600,
      data: { items: [], files: [join(ROOT, 'samples', 'listing')], dragOperationsMask: 1 },
    });
  await drag('dragEnter');
  await drag('dragOver');
  await expect(page.getByText('Drop to make a listing of each folder')).toBeVisible();
  await drag('drop');
  await expect(card(page, 'Listing')).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByText('Drop to make a listing of each folder')).toHaveCount(0);
  const [sent] = [...host.service.uploaded.values()];
  expect(sent?.map(({ name }) => name).sort()).toHaveLength(22);
  expect(sent?.every(({ bytes }) => bytes > 10_000)).toBe(true);
});

test('of 500 listings only those near the window exist, and the last is one key away', async ({ page }) => {
  await open(page, 500);
  await expect(cards(page).first()).toBeVisible();
  expect(await cards(page).count()).toBeLessThanOrEqual(24);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('End');
  await expect(card(page, '1509 ')).toBeInViewport({ ratio: 1 });
  expect(await activeName(page)).toMatch(/^1509 /);
  await page.getByRole('grid').evaluate((grid) => grid.scrollTo(0, 0));
  await expect(cards(page).first()).toBeInViewport();
  // The card with the focus stays in the document for the screen reader.
  expect(await activeName(page)).toMatch(/^1509 /);
});

test('the progress of one listing touches no other card', async ({ page }) => {
  await open(page, 30);
  await expect(card(page, '21 Harbour View')).toBeVisible();
  await page.waitForTimeout(300);
  await page.evaluate(() => {
    const touched = new Set<string>();
    Object.assign(window, { touched });
    const grid = document.querySelector('[role="grid"]');
    if (grid === null) return;
    new MutationObserver((records) => {
      for (const { target } of records) {
        const element = target instanceof Element ? target : target.parentElement;
        touched.add(element?.closest('[data-card]')?.getAttribute('data-card') ?? 'grid');
      }
    }).observe(grid, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  for (const fraction of [0.5, 0.6, 0.7]) host.service.progress('listing-0003', fraction);
  await expect(card(page, '21 Harbour View').getByRole('progressbar')).toHaveAttribute('aria-valuenow', '70');
  expect(await page.evaluate(() => [...(Reflect.get(window, 'touched') as Set<string>)])).toEqual(['listing-0003']);
});

test('a host that went and came back is asked for everything again', async ({ page }) => {
  await open(page, 3);
  await expect(cards(page)).toHaveCount(3);
  await page.keyboard.press('ArrowRight');
  const port = Number(new URL(host.url).port);
  await host.close();
  await expect(page.getByRole('status').filter({ hasText: 'Engine restarting' })).toBeVisible();
  await expect(cards(page)).toHaveCount(3);
  host = await startFakeHost({ listings: 5, pages, port });
  await expect(cards(page)).toHaveCount(5, { timeout: 15_000 });
  await expect(page.getByRole('status').filter({ hasText: 'Ready' })).toBeVisible();
});

for (const theme of ['dark', 'light'] as const) {
  test(`axe finds nothing in the ${theme} library, its dialogs and its empty states`, async ({ page }) => {
    test.setTimeout(180_000); // seven looks at a whole page
    await open(page, 30);
    await host.service.setPreferences({ theme });
    await page.reload();
    await expect(cards(page).first()).toBeVisible();
    const check = async (state: string): Promise<void> => {
      // Menus and dialogs fade in; a half-transparent text has half its contrast.
      await page.waitForTimeout(300);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${state}: ${id} ${nodes[0]?.html}`)).toEqual([]);
    };
    await check('cards');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await check('two chosen');
    await page.keyboard.press('Delete');
    await check('toast');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('F2');
    await check('renaming');
    await page.keyboard.press('Escape');
    await page.getByRole('radio', { name: 'Archived' }).click();
    await check('archived');
    await page.keyboard.press('n');
    await expect(page.getByRole('dialog')).toBeVisible();
    await check('folders');
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').fill('nowhere');
    await check('nothing found');
  });
}
