/** The design system and the frame: accessible in both themes, under a policy without anything inline, by keys alone. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { OFF_STATUS } from '../../main/host/team/off.ts';
import { type Pages, servePages } from './pages.ts';

let pages: Pages;
let kept: Record<string, unknown> = {};
/** What the policy refused and what the page logged as an error, in the running test. */
let complaints: string[] = [];

const MODELS = {
  inUse: 'Analyses use the standard set.',
  rows: [
    {
      name: 'openclip-vit-b-32',
      role: 'image, text',
      set: 'standard',
      licence: 'MIT',
      bytes: 605e6,
      state: 'complete',
    },
    {
      name: 'dpt-hybrid-midas-int8',
      role: 'depth',
      set: 'standard',
      licence: 'Apache-2.0',
      bytes: 128e6,
      state: 'missing',
    },
    { name: 'clip-vit-b-32-int8', role: 'image, text', set: 'light', licence: 'MIT', bytes: 153e6, state: 'damaged' },
  ],
};
const PREFERENCES = {
  theme: 'dark',
  keys: {},
  defaultTemplate: 'classic',
  defaultLength: 45,
  sidePanelOpen: true,
  thumbnailSize: 'medium',
};

test.beforeAll(async () => {
  test.setTimeout(180_000); // the pages, where they are not built yet
  pages = await servePages({
    'preferences.get': () => ({ ...PREFERENCES, ...kept }),
    'preferences.set': (input) => {
      const changes = (input as { changes: Record<string, unknown> }).changes;
      kept = { ...kept, ...changes };
      return { ...PREFERENCES, ...kept };
    },
    'system.info': () => ({ version: '0.1.0', bootId: 'boot', platform: 'linux', notices: [], ltxEnabled: false }),
    'models.state': () => MODELS,
    'storage.summary': () => ({
      home: '~/Picaivid',
      freeBytes: 1.2e9,
      parts: [
        { name: 'Photos and depth', bytes: 812e6, clearable: true },
        { name: 'Decisions', bytes: 4e6, clearable: false },
      ],
    }),
    'tasks.list': () => [],
    'person.get': () => ({ name: 'Ana Ruiz', role: 'reviewer' }),
    'listings.list': () => [],
    'team.get': () => OFF_STATUS,
  });
});
test.afterAll(async () => {
  await pages.close();
});
test.beforeEach(({ page }) => {
  kept = {};
  complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
});
test.afterEach(() => {
  expect(complaints).toEqual([]);
});

async function open(page: Page, route: string, theme: 'dark' | 'light' = 'dark'): Promise<void> {
  kept = { ...kept, theme };
  await page.goto(`${pages.url}#/${route}`);
  await expect(page.locator(`html[data-theme="${theme}"]`)).toBeAttached();
  await expect(page.getByRole('status')).toHaveText('Ready');
}

/** What axe finds on the page, or only in `part` of it: an overlay, when the page under it was looked at already. */
async function violations(page: Page, part?: string): Promise<readonly string[]> {
  const axe = new AxeBuilder({ page });
  const { violations: found } = await (part === undefined ? axe : axe.include(part)).analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

for (const theme of ['dark', 'light'] as const) {
  test(`gallery without accessibility violations, ${theme}`, async ({ page }) => {
    await open(page, 'gallery', theme);
    await expect(page.getByRole('heading', { name: 'Buttons' })).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });

  test(`overlays without accessibility violations, ${theme}`, async ({ page }) => {
    await open(page, 'gallery', theme);
    await page.getByRole('button', { name: 'Dialog' }).click();
    await expect(page.getByRole('dialog', { name: 'Where are the photos now?' })).toBeVisible();
    expect(await violations(page, '[role="dialog"]')).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Template' }).click();
    await expect(page.getByRole('option', { name: 'Luxury' })).toBeVisible();
    expect(await violations(page, '[role="listbox"]')).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await expect(page.getByRole('menuitem', { name: 'Make hero' })).toBeVisible();
    expect(await violations(page, '[role="menu"]')).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Toast' }).click();
    await expect(page.getByText('Two rooms merged', { exact: true })).toBeVisible();
    expect(await violations(page, '[role="region"]')).toEqual([]);
  });

  test(`settings without accessibility violations, ${theme}`, async ({ page }) => {
    await open(page, 'settings', theme);
    for (const section of ['You', 'Models', 'Storage', 'Defaults', 'Appearance', 'Keys', 'Diagnostics']) {
      await page.getByRole('tab', { name: section }).click();
      await expect(page.getByRole('heading', { name: section, level: 2 })).toBeVisible();
      expect(await violations(page)).toEqual([]);
    }
  });
}

test('the palette runs an action by its name, the sheet lists keys, by keys alone', async ({ page }) => {
  await open(page, 'gallery');
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'All actions' });
  await expect(palette).toBeVisible();
  // Nothing is listed that cannot be done: no listing is open.
  await expect(palette.getByRole('option', { name: /Rooms/ })).toHaveCount(0);
  expect(await violations(page, '[role="dialog"]')).toEqual([]);
  await page.keyboard.type('settings');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/settings$/);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys of this screen' })).toBeVisible();
  expect(await violations(page, '[role="dialog"]')).toEqual([]);
});

test('a key is rebound, kept, refused where it is taken, and reset', async ({ page }) => {
  await open(page, 'settings');
  await page.getByRole('tab', { name: 'Keys' }).click();
  await page.getByRole('button', { name: 'Key of Merge rooms: M' }).click();
  await page.keyboard.press('s');
  await expect(page.getByRole('alert')).toHaveText('S is Split off as a room already. Change that one first.');
  await page.getByRole('button', { name: 'Key of Merge rooms: M' }).click();
  await page.keyboard.press('g');
  await expect(page.getByRole('button', { name: 'Key of Merge rooms: G' })).toBeVisible();
  await expect.poll(() => kept).toMatchObject({ keys: { 'rooms.merge': 'G' } });
  await page.getByRole('button', { name: 'Key of Split off as a room: S' }).click();
  await page.keyboard.press('m');
  await page.getByRole('button', { name: 'Back to the usual key of Merge rooms' }).click();
  await expect(page.getByRole('alert')).toHaveText('M is Split off as a room now. Change that one first.');
  await page.getByRole('button', { name: 'Reset all keys' }).click();
  await page.getByRole('button', { name: 'Reset', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Key of Merge rooms: M' })).toBeVisible();
  await expect.poll(() => kept).toMatchObject({ keys: {} });
});

test('only the tiles in sight exist, and the last one is reached', async ({ page }) => {
  await open(page, 'gallery');
  const tiles = page.getByRole('list', { name: 'Tiles' });
  await tiles.scrollIntoViewIfNeeded();
  expect(await tiles.getByRole('listitem').count()).toBeLessThan(60);
  await tiles.evaluate((list) => list.parentElement?.scrollTo(0, 1e6));
  await expect(tiles.getByRole('button', { name: 'Photo 500' })).toBeVisible();
});

test('typing in a field never starts an action', async ({ page }) => {
  await open(page, 'gallery');
  await page.getByRole('textbox', { name: 'Address' }).fill('');
  await page.getByRole('textbox', { name: 'Address' }).pressSequentially('7? Fairview / 2');
  await expect(page.getByRole('textbox', { name: 'Address' })).toHaveValue('7? Fairview / 2');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
