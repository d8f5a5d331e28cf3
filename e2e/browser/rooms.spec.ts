/** The Rooms screen against the fake host: every way to choose and change, what is saved, and how much work it is. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { NOTHING_DECIDED } from '../../pipeline/rooms/decisions.ts';
import { type FakeHost, startFakeHost } from '../../renderer/testing/fake-host.node.ts';
import { FakeRooms, madeUpRooms } from '../../renderer/testing/fake-rooms.node.ts';
import { builtPages } from './pages.ts';

const LISTING = 'listing-0000';
/** What a typical listing of 40 photos may cost. */
const MOST_KEYS = 25;

const pages = builtPages();
let host: FakeHost;
let rooms: FakeRooms;
let complaints: string[] = [];

test.beforeEach(async ({ page }) => {
  host = await startFakeHost({ listings: 12, pages });
  rooms = new FakeRooms(host.service, LISTING, madeUpRooms(40));
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
});
test.afterEach(async () => {
  await host.close();
  expect(complaints).toEqual([]);
});

const photo = (page: Page, number: number): Locator =>
  page.locator(`[data-photo="p_${String(number).padStart(4, '0')}"]`);
const selected = (page: Page): Promise<string[]> =>
  page
    .locator('[role="gridcell"][aria-selected="true"]')
    .evaluateAll((tiles) => tiles.map((tile) => (tile as HTMLElement).dataset.photo ?? ''));
const laneOf = (page: Page, name: string): Locator => page.getByRole('rowheader').filter({ hasText: name }).first();

async function open(page: Page, listing = LISTING): Promise<void> {
  await page.goto(`${host.url}/#/listing/${listing}/rooms`);
  await expect(photo(page, 0)).toBeVisible();
}
async function saved(page: Page): Promise<void> {
  await expect(page.getByRole('contentinfo')).toContainText('saved');
}

test('a listing of 40 photos is mended with few keys, going from doubt to doubt by itself', async ({ page }) => {
  await open(page);
  const asked = page.getByRole('radio', { name: /Needs attention/ });
  const doubts = Number((await asked.textContent())?.replace(/\D/g, ''));
  expect(doubts).toBe(5);
  let keys = 0;
  const press = async (key: string): Promise<void> => {
    keys += 1;
    await page.keyboard.press(key);
  };
  await press('n');
  // The first doubt is of a name: this one by its number. The rest are agreed to as they come.
  await press('2');
  await expect(laneOf(page, 'Living room')).toContainText('you');
  for (let left = doubts - 1; left > 0; left -= 1) {
    await expect(asked).toHaveText(`Needs attention${left}`);
    await press('Enter');
  }
  await page.getByTestId('lanes').evaluate((list) => {
    list.scrollTop = 0;
  });
  // Cleaning: two weak photos left out, one better hero, two photos put into a room of their own and named.
  await photo(page, 3).click();
  keys += 1;
  await press('x');
  await photo(page, 8).click();
  keys += 1;
  await press('x');
  await photo(page, 1).click();
  keys += 1;
  await press('h');
  await photo(page, 10).click();
  await photo(page, 11).click({ modifiers: ['Shift'] });
  keys += 2;
  await press('l');
  await page.keyboard.type('hall');
  keys += 4;
  await press('Enter');
  await expect(asked).toHaveText('Needs attention0');
  await expect(laneOf(page, 'Hallway')).toContainText('you');
  await saved(page);
  expect(rooms.decisions.excluded).toEqual({ p_0003: true, p_0008: true });
  expect(rooms.decisions.hero.p_0001).toBe(true);
  expect(keys).toBeLessThanOrEqual(MOST_KEYS);
  test.info().annotations.push({ type: 'keys', description: String(keys) });
});

test('undoing everything brings back what was there, redoing brings it again, as on the host', async ({ page }) => {
  await open(page);
  await photo(page, 0).click();
  await photo(page, 2).click({ modifiers: ['ControlOrMeta'] });
  await page.keyboard.press('m');
  await expect(laneOf(page, 'Exterior front')).toContainText('6');
  await page.keyboard.press('Escape');
  await photo(page, 4).click();
  await page.keyboard.press('s');
  await page.keyboard.press('x');
  await page.keyboard.press(']');
  await page.keyboard.press('7');
  await saved(page);
  const done = rooms.received.length;
  expect(done).toBeGreaterThanOrEqual(4);
  const after = rooms.decisions;
  for (let at = 0; at < done; at += 1) {
    await page.keyboard.press('ControlOrMeta+z');
    await expect.poll(() => rooms.revision).toBe(1 + done + at + 1);
  }
  expect(Object.values(rooms.decisions).every((register) => Object.keys(register).length === 0)).toBe(true);
  expect(Object.keys(rooms.decisions)).toEqual(Object.keys(NOTHING_DECIDED));
  await expect(laneOf(page, 'Exterior front')).toContainText('2');
  for (let at = 0; at < done; at += 1) {
    await page.keyboard.press('ControlOrMeta+Shift+z');
    await expect.poll(() => rooms.revision).toBe(1 + 2 * done + at + 1);
  }
  expect(rooms.decisions).toEqual(after);
  await expect(page.getByRole('status').filter({ hasText: 'Done again' })).toHaveCount(1);
});

test('photos are selected by click, Shift, Ctrl, rubber band and keys', async ({ page }) => {
  await open(page);
  await photo(page, 2).click();
  expect(await selected(page)).toEqual(['p_0002']);
  await photo(page, 4).click({ modifiers: ['Shift'] });
  expect(await selected(page)).toEqual(['p_0002', 'p_0003', 'p_0004']);
  await photo(page, 3).click({ modifiers: ['ControlOrMeta'] });
  expect(await selected(page)).toEqual(['p_0002', 'p_0004']);
  await page.keyboard.press('Escape');
  expect(await selected(page)).toEqual([]);

  const first = await photo(page, 0).boundingBox();
  const second = await photo(page, 4).boundingBox();
  if (first === null || second === null) throw new Error('no boxes');
  // From the empty ground beside the first room, which has two photos, to the left over the second.
  await page.mouse.move(second.x + second.width / 2, first.y + 20);
  await page.mouse.down();
  await page.mouse.move(first.x + first.width / 2, second.y + 20, { steps: 8 });
  await page.mouse.up();
  expect(await selected(page)).toEqual(['p_0000', 'p_0001', 'p_0002', 'p_0003', 'p_0004']);

  await page.keyboard.press('Escape');
  await photo(page, 0).click();
  await page.keyboard.press('ArrowRight');
  expect(await selected(page)).toEqual([]);
  await page.keyboard.press('Shift+ArrowDown');
  expect(await selected(page)).toEqual(['p_0001', 'p_0002', 'p_0003']);
  await page.keyboard.press('ControlOrMeta+a');
  await expect(page.getByText('40 selected')).toBeVisible();
});

test('photos are dragged to another room and to a new one', async ({ page }) => {
  await open(page);
  await photo(page, 2).click();
  await photo(page, 3).click({ modifiers: ['Shift'] });
  const from = await photo(page, 3).boundingBox();
  const to = await photo(page, 0).boundingBox();
  if (from === null || to === null) throw new Error('no boxes');
  await page.mouse.move(from.x + 40, from.y + 40);
  await page.mouse.down();
  await page.mouse.move(to.x + 60, to.y + 60, { steps: 10 });
  await page.screenshot({ path: test.info().outputPath('drag.png') });
  await page.mouse.up();
  await saved(page);
  expect(rooms.received.at(-1)?.label).toBe('Move 2 photos to Exterior front');
  await expect(laneOf(page, 'Exterior front')).toContainText('4');

  const again = await photo(page, 3).boundingBox();
  if (again === null) throw new Error('no box');
  await page.mouse.move(again.x + 40, again.y + 40);
  await page.mouse.down();
  await page.mouse.move(again.x + 60, again.y + 90, { steps: 4 });
  const zone = await page.getByText('New room', { exact: true }).boundingBox();
  if (zone === null) throw new Error('no zone');
  await page.mouse.move(zone.x + zone.width / 2, zone.y + zone.height / 2, { steps: 10 });
  await page.mouse.up();
  await expect.poll(() => rooms.received.at(-1)?.label).toBe('Split off 2 photos');

  // Escape lets go without a change.
  const count = rooms.received.length;
  await page.mouse.move(to.x + 40, to.y + 40);
  await page.mouse.down();
  await page.mouse.move(to.x + 300, to.y + 300, { steps: 5 });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  expect(rooms.received.length).toBe(count);
});

test('an action shows at once, counts as saved when the host answered, and goes back when it is refused', async ({
  page,
}) => {
  await open(page);
  let release = (): void => undefined;
  rooms.hold = new Promise((resolve) => {
    release = resolve;
  });
  await photo(page, 6).click();
  await page.keyboard.press('8');
  await expect(laneOf(page, 'Patio')).toBeVisible();
  await expect(page.getByRole('contentinfo')).toContainText('Saving');
  expect(rooms.received).toEqual([]);
  release();
  await saved(page);
  rooms.refuse = 'This was changed meanwhile. Look at it again and repeat the action.';
  await photo(page, 0).click();
  await page.keyboard.press('x');
  await expect(page.getByText('Not done: Leave out 1 photo', { exact: true })).toBeVisible();
  await expect(photo(page, 0)).toBeVisible();
  expect(rooms.decisions.excluded).toEqual({});
});

test('another window’s action shows by itself', async ({ page, context }) => {
  await open(page);
  const other = await context.newPage();
  await open(other);
  await photo(other, 2).click();
  await other.keyboard.press('x');
  await expect(page.getByRole('button', { name: 'Left out 1' })).toHaveCount(0);
  await expect(photo(page, 2)).toHaveCount(0);
});

test('the motion of one or several shots is changed in one step and given back to the plan', async ({ page }) => {
  await open(page);
  await photo(page, 6).click();
  await photo(page, 9).click({ modifiers: ['ControlOrMeta'] });
  await expect(page.getByRole('heading', { name: 'Motion of 2 shots' })).toBeVisible();
  await page.getByRole('button', { name: 'tilt up', exact: true }).click();
  await saved(page);
  expect(rooms.received.at(-1)?.changes.map(({ field, to }) => [field, to])).toEqual([
    ['motion', 'tilt_up'],
    ['motion', 'tilt_up'],
  ]);
  await page.getByRole('button', { name: 'As planned' }).click();
  await expect.poll(() => Object.keys(rooms.decisions.motion)).toEqual([]);
});

test('looking large: arrows turn the pages, near-duplicates are chosen by a key', async ({ page }) => {
  await open(page);
  await page.keyboard.press('Space');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('p_0000.jpg');
  await page.keyboard.press('ArrowRight');
  await expect(dialog).toContainText('p_0001.jpg');
  await expect(dialog).toContainText('Canon EOS R5');
  await page.keyboard.press('Space');
  await expect(dialog).toHaveCount(0);
  const twin = page.locator('[role="gridcell"][aria-label*="near-duplicate"]').first();
  await page.getByRole('radio', { name: /Needs attention/ }).click();
  await twin.scrollIntoViewIfNeeded();
  await twin.click();
  await page.keyboard.press('Space');
  await expect(dialog).toContainText('Keep this one');
  await page.keyboard.press('u');
  await expect(dialog).not.toContainText('Keep this one');
  await expect.poll(() => Object.values(rooms.decisions.kept)).toEqual([true]);
});

test('photos appear while they are analysed; a failure says what happened and what can be done', async ({ page }) => {
  const analysis = rooms.analysis;
  rooms.analysis = null;
  rooms.ready = [0, 1, 2].map((at) => ({ id: `p_000${at}`, file: `${at}.jpg`, width: 3000, height: 2000 }));
  await host.service.refreshListing(LISTING);
  host.service.progress(LISTING, 0.4);
  await page.goto(`${host.url}/#/listing/${LISTING}/rooms`);
  await expect(page.getByRole('main').getByRole('progressbar')).toBeVisible();
  await expect(page.getByRole('img', { name: '2.jpg' })).toBeVisible();
  host.service.emit({
    type: 'photos',
    listingId: LISTING,
    photos: [{ id: 'p_0003', file: 'late.jpg', width: 3000, height: 2000 }],
  });
  await expect(page.getByRole('img', { name: 'late.jpg' })).toBeVisible();
  await page.getByRole('main').getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('main').getByRole('button', { name: 'Go on' })).toBeVisible();
  rooms.analysis = analysis;
  rooms.rejected = [{ file: 'broken.jpg', code: 'image_damaged', message: 'The file ends in the middle.' }];
  rooms.revision += 1;
  host.service.progress(LISTING, 1);
  await expect(photo(page, 0)).toBeVisible();
  await page.getByText('1 file could not be used').click();
  await expect(page.getByText('The file ends in the middle.')).toBeVisible();

  // The sixth listing's analysis failed: its disk was full.
  rooms = new FakeRooms(host.service, 'listing-0005', null);
  await page.goto(`${host.url}/#/listing/listing-0005/rooms`);
  await expect(page.getByRole('alert')).toContainText('The disk is full.');
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
});

test('among 500 photos only those near the view exist, and choosing one draws only two again', async ({ page }) => {
  rooms = new FakeRooms(host.service, LISTING, madeUpRooms(500));
  await open(page);
  const tiles = page.locator('[role="gridcell"]');
  expect(await tiles.count()).toBeLessThan(80);
  await photo(page, 2).click();
  await page.evaluate(() => {
    const changed = new Set<string>();
    Reflect.set(window, 'changedPhotos', changed);
    const list = document.querySelector('[data-testid="lanes"]');
    if (list === null) throw new Error('no lanes');
    new MutationObserver((records) => {
      for (const { target } of records) {
        const tile = target instanceof Element ? target.closest<HTMLElement>('[data-photo]') : null;
        if (tile !== null) changed.add(tile.dataset.photo ?? '');
      }
    }).observe(list, { subtree: true, childList: true, attributes: true });
  });
  await photo(page, 4).click();
  await expect(photo(page, 4)).toHaveAttribute('aria-selected', 'true');
  const changed = await page.evaluate(() => [...(Reflect.get(window, 'changedPhotos') as Set<string>)].sort());
  expect(changed).toEqual(['p_0002', 'p_0004']);
  await page.getByTestId('lanes').evaluate((list) => {
    list.scrollTop = list.scrollHeight;
  });
  await expect(photo(page, 499)).toBeVisible();
  expect(await tiles.count()).toBeLessThan(80);
});

test('small pictures of all photos are fetched while nobody scrolls, each once', async ({ page }) => {
  rooms = new FakeRooms(host.service, LISTING, madeUpRooms(300));
  const small = (): readonly string[] =>
    host.pictures.filter((path) => path.startsWith(`/media/${LISTING}/`) && path.endsWith('/320'));
  await open(page);
  await expect.poll(() => new Set(small()).size, { timeout: 30_000 }).toBe(300);
  await page.getByTestId('lanes').evaluate((list) => {
    list.scrollTop = list.scrollHeight;
  });
  await expect(photo(page, 299)).toBeVisible();
  await page.waitForTimeout(300); // a picture asked for again would have been by now
  expect(small()).toHaveLength(300);
  // Photos of the team are fetched whole by the host: only those that are looked at.
  rooms = new FakeRooms(host.service, 'listing-0001', madeUpRooms(300), { away: true });
  await page.goto(`${host.url}/#/listing/listing-0001/rooms`);
  await expect(photo(page, 0)).toBeVisible();
  await page.waitForTimeout(1_500);
  expect(host.pictures.filter((path) => path.startsWith('/media/listing-0001/')).length).toBeLessThan(100);
});

for (const theme of ['dark', 'light'] as const)
  test(`${theme}: no violations in lanes, label popover and inspector`, async ({ page }) => {
    await host.service.setPreferences({ theme });
    await open(page);
    const check = async (): Promise<void> => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 160))])).toEqual([]);
    };
    await page.keyboard.press('n');
    await page.keyboard.press('Shift+ArrowRight');
    await check();
    await page.keyboard.press('l');
    await expect(page.getByRole('combobox', { name: 'Room' })).toBeFocused();
    await check();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Space');
    await expect(page.getByRole('dialog')).toContainText('Canon');
    await check();
  });
