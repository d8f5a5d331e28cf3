/**
 * Two windows and a team: real Electron, real hosts, the real service on a real Postgres. What one does is on the other's
 * screen; one works off line while both change the same rooms and the same film; back on line they are equal, nothing is
 * lost, and what met is shown and settled.
 */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { z } from 'zod';
import { type Line, Stage } from '../../main/host/team/testing/stage.node.ts';
import { ask, withoutViolations } from '../journey.ts';
import { ROOT, type Started, start } from './start.node.ts';

const PHOTOS = 6;
const shots = join(ROOT, 'out', 'team');
let stage: Stage | undefined;
const windows: Started[] = [];

test.afterAll(async () => {
  for (const one of windows) await one.close();
  await stage?.clear();
});

const listings = z.array(z.object({ id: z.string(), name: z.string(), status: z.string(), shared: z.boolean().optional() })); // biome-ignore format: one shape
const status = z.object({ state: z.string(), waiting: z.number(), conflicts: z.number() });
const rooms = z.object({
  decisions: z.record(z.string(), z.record(z.string(), z.unknown())),
  analysis: z.object({ photos: z.array(z.object({ id: z.string() })) }).nullable(),
});
const film = z.object({
  revision: z.number(),
  timeline: z.object({ clips: z.array(z.unknown()), markers: z.array(z.object({ frame: z.number() })) }).nullable(),
});

/** As a person does: in the settings. */
async function connect(page: Page, line: Line, key: string, name: string): Promise<void> {
  await page.keyboard.press('Control+,');
  await page.getByRole('tab', { name: 'You' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('textbox', { name: 'Name' }).press('Enter');
  await page.getByRole('tab', { name: 'Team' }).click();
  await page.getByRole('textbox', { name: 'Server' }).fill(line.url);
  await page.getByLabel('Key', { exact: true }).fill('pk_wrong');
  await page.getByRole('button', { name: 'Connect' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Connect' }).click();
  await expect(page.getByText('Your key')).toBeVisible();
  await expect(page.getByRole('contentinfo')).toContainText('Up to date');
}

async function openScreen(page: Page, id: string, screen: string): Promise<void> {
  await page.evaluate((hash) => {
    window.location.hash = hash;
  }, `#/listing/${id}/${screen}`);
  await expect(page).toHaveURL(new RegExp(`/${screen}$`));
}

/** Calls the first photo's room something, by keys: the tile is chosen, `L`, its name, Enter. */
async function label(page: Page, index: number, name: string): Promise<void> {
  await page.getByRole('gridcell').nth(index).click();
  await page.keyboard.press('l');
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
}

test('two studios work on one listing, on line and off, and end equal', async () => {
  test.setTimeout(300_000);
  mkdirSync(shots, { recursive: true });
  stage = await Stage.set();
  const { team, base } = stage;
  const [lineA, lineB] = [await stage.line(), await stage.line()];
  const folder = join(base, 'elm_street_4');
  mkdirSync(folder);
  const samples = join(ROOT, 'samples', 'listing');
  for (const name of readdirSync(samples).filter((one) => one.endsWith('.jpg')).sort().slice(0, PHOTOS)) copyFileSync(join(samples, name), join(folder, name)); // biome-ignore format: one thought
  const one = await start({ real: true, home: join(base, 'window-a') });
  windows.push(one);
  const two = await start({ real: true, home: join(base, 'window-b') });
  windows.push(two);
  const [a, b] = [one.page, two.page];

  await connect(a, lineA, team.keys.producer.key, 'Ada');
  await a.screenshot({ path: join(shots, 'connected.png') });
  await connect(b, lineB, team.keys.editor.key, 'Bo');

  await test.step('a listing is shared, and is on the other screen by itself', async () => {
    await a.keyboard.press('Alt+1');
    await b.keyboard.press('Alt+1');
    await one.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
    }, folder);
    await a.getByRole('button', { name: /New listing/ }).click();
    await expect.poll(async () => (await ask(a, listings, 'listings.list'))[0]?.status, { timeout: 120_000 }).toMatch(/planned|timeline_ready/); // biome-ignore format: one call
    await a.getByRole('gridcell').first().click({ button: 'right' });
    await a.getByRole('menuitem', { name: 'Share with the team' }).click();
    await expect(b.getByRole('gridcell').first()).toBeVisible({ timeout: 30_000 });
  });
  const id = (await ask(a, listings, 'listings.list'))[0]?.id ?? '';

  await test.step('what one does is on the other’s screen', async () => {
    await openScreen(a, id, 'rooms');
    await openScreen(b, id, 'rooms');
    await expect(b.getByRole('gridcell')).toHaveCount(PHOTOS, { timeout: 30_000 });
    // Its photos came over the line: they are drawn, not missing.
    const photo = (await ask(b, rooms, 'rooms.get', { id })).analysis?.photos[0]?.id ?? '';
    const width = await b.evaluate(async (path) => (await createImageBitmap(await (await fetch(path)).blob())).width, `/media/${id}/${photo}/320`); // biome-ignore format: one call
    expect(width).toBe(320);
    await expect(a.getByRole('list', { name: 'Also here' })).toContainText('B', { timeout: 30_000 });
    await label(a, 0, 'pool');
    await expect(b.getByRole('rowheader', { name: /pool/i })).toBeVisible();
    await b.screenshot({ path: join(shots, 'rooms-of-the-other.png') });
  });

  await test.step('the film of one is the film of the other', async () => {
    await openScreen(a, id, 'timeline');
    await expect(a.getByTestId('bpm')).toBeVisible({ timeout: 120_000 });
    await openScreen(b, id, 'timeline');
    await expect(b.getByTestId('bpm')).toBeVisible({ timeout: 60_000 });
    await expect.poll(async () => (await ask(b, film, 'timeline.get', { id })).timeline?.clips.length).toBe((await ask(a, film, 'timeline.get', { id })).timeline?.clips.length); // biome-ignore format: one call
  });

  await test.step('off line both change the same room and the same film', async () => {
    lineA.set('cut');
    await expect(a.getByRole('contentinfo')).toContainText('Offline', { timeout: 30_000 });
    for (const [page, steps] of [
      [a, 1],
      [b, 4],
    ] as const) {
      await page.getByTestId('tracks').click({ position: { x: 400, y: 8 } });
      for (let step = 0; step < steps; step += 1) await page.keyboard.press('.');
      await page.keyboard.press('m');
      await expect.poll(async () => (await ask(page, film, 'timeline.get', { id })).timeline?.markers.length).toBe(1);
    }
    await openScreen(a, id, 'rooms');
    await openScreen(b, id, 'rooms');
    await label(a, 0, 'garage');
    await label(b, 0, 'office');
    await expect(a.getByRole('rowheader', { name: /garage/i })).toBeVisible();
    await expect(b.getByRole('rowheader', { name: /office/i })).toBeVisible();
    await expect(a.getByRole('contentinfo')).toContainText('to send');
    await a.screenshot({ path: join(shots, 'offline.png') });
  });

  await test.step('on line again they are equal, nothing is lost, and what met is shown', async () => {
    lineA.set('open');
    await expect(a.getByRole('contentinfo')).toContainText('Up to date', { timeout: 60_000 });
    const both = async () => Promise.all([a, b].map(async (page) => ({
      decisions: (await ask(page, rooms, 'rooms.get', { id })).decisions,
      timeline: (await ask(page, film, 'timeline.get', { id })).timeline,
    }))); // biome-ignore format: one thought
    await expect.poll(async () => { const [x, y] = await both(); return JSON.stringify(x) === JSON.stringify(y); }, { timeout: 20_000 }).toBe(true); // biome-ignore format: one call
    const [mine] = await both();
    expect(mine?.timeline?.markers).toHaveLength(2);
    // Ada's came last to the server: hers stands, Bo's is kept beside it.
    await expect(a.getByRole('rowheader', { name: /garage/i })).toBeVisible();
    await expect(b.getByRole('rowheader', { name: /garage/i })).toBeVisible();
    await expect(b.getByRole('button', { name: '1 conflict' })).toBeVisible({ timeout: 20_000 });
  });

  await test.step('the other value is taken with one press', async () => {
    await b.getByRole('button', { name: '1 conflict' }).click();
    const sheet = b.getByRole('dialog', { name: '1 conflict' });
    await expect(sheet).toContainText('office', { ignoreCase: true });
    await expect(sheet).toContainText('garage', { ignoreCase: true });
    await b.screenshot({ path: join(shots, 'conflict.png') });
    await withoutViolations(b);
    await sheet.getByRole('button', { name: 'Use the other' }).click();
    await b.keyboard.press('Escape');
    await expect(a.getByRole('rowheader', { name: /office/i })).toBeVisible({ timeout: 20_000 });
    await expect(b.getByRole('rowheader', { name: /office/i })).toBeVisible();
    const last = await ask(b, status, 'team.get');
    expect(last).toMatchObject({ state: 'up_to_date', waiting: 0 });
  });
});
