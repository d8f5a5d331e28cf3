/** What goes wrong on a person's machine, in the real window on the real host: a calm sentence, a way on, nothing lost. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { build } from 'vite';
import { type HostChild, hostChild } from '../../main/host/testing/host.node.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SHOTS = join(ROOT, 'out', 'failures');
const base = mkdtempSync(join(tmpdir(), 'picaivid-failures-'));
const pages = join(base, 'pages');
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
let host: HostChild;

test.beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  await build({
    configFile: join(ROOT, 'renderer', 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: pages, sourcemap: false, reportCompressedSize: false },
  });
});
test.afterEach(() => host.kill('SIGKILL'));
test.afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A folder with some of the sample house's photos. */
function listing(name: string, count = 2): string {
  const folder = join(base, 'listings', name);
  mkdirSync(folder, { recursive: true });
  const source = join(ROOT, 'samples', 'listing');
  const photos = readdirSync(source).filter((file) => file.endsWith('.jpg'));
  for (const file of photos.sort().slice(0, count)) copyFileSync(join(source, file), join(folder, file));
  return folder;
}

async function serve(page: Page, options: Omit<Parameters<typeof hostChild>[0], 'port' | 'pages'>): Promise<void> {
  host = await hostChild({ ...options, port: 0, pages });
  expect(host.ready.error).toBeUndefined();
  await page.goto(host.ready.url ?? '');
  await expect(page.getByText('Ready', { exact: true })).toBeVisible();
}

/** As the page does it, with its cookie. */
const call = (page: Page, procedure: string, input: unknown): Promise<unknown> =>
  page.evaluate(
    async ([path, body]) =>
      (
        await fetch(`/api/trpc/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).json(),
    [procedure, input] as const,
  );
const add = (page: Page, folder: string): Promise<unknown> => call(page, 'listings.create', { folders: [folder] });
const card = (page: Page, name: string): Locator => page.getByRole('gridcell', { name: new RegExp(`^${name}`, 'i') });
const shot = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(SHOTS, `${name}.png`), animations: 'disabled' });
};

test('photos that cannot be used are named with their reasons; the others are analysed', async ({ page }) => {
  await serve(page, { home: join(base, 'home-hostile') });
  const folder = listing('oddities', 3);
  const [first = ''] = readdirSync(folder);
  copyFileSync(join(folder, first), join(folder, 'cut short.jpg'));
  truncateSync(join(folder, 'cut short.jpg'), 400);
  writeFileSync(join(folder, 'empty.jpg'), '');
  writeFileSync(join(folder, 'words.png'), 'this is a letter');
  await add(page, folder);
  await expect(card(page, 'oddities')).toContainText('Rooms ready', { timeout: 60_000 });
  await shot(page, 'hostile-library');
  await card(page, 'oddities').dblclick();
  await page.getByText('3 files could not be used').click();
  await expect(page.getByText('cut short.jpg').first()).toBeVisible({ timeout: 20_000 });
  for (const name of ['empty.jpg', 'words.png']) await expect(page.getByText(name).first()).toBeVisible();
  await shot(page, 'hostile-rooms');
});

test('a folder that vanishes is missed in both screens, and found where it is now', async ({ page }) => {
  await serve(page, { home: join(base, 'home-vanished') });
  const folder = listing('wanderer');
  await add(page, folder);
  await expect(card(page, 'wanderer')).toContainText('Rooms ready', { timeout: 60_000 });
  await card(page, 'wanderer').dblclick();
  await expect(page.getByRole('rowheader').first()).toBeVisible();
  await page.keyboard.press('x');
  await expect(page.getByText(/Leave out 1 photo · saved/)).toBeVisible();
  const moved = join(base, 'listings', 'wanderer on another disk');
  renameSync(folder, moved);
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('cannot be found', { timeout: 20_000 });
  await shot(page, 'vanished-rooms');
  await page.keyboard.press('Alt+1');
  await expect(card(page, 'wanderer')).toContainText('Folder not found');
  await shot(page, 'vanished-library');
  await card(page, 'wanderer').dblclick();
  await page.getByRole('button', { name: 'Locate folder' }).click();
  await page.getByLabel('Folder', { exact: true }).fill(join(base, 'nowhere'));
  await page.getByRole('button', { name: 'Use this folder' }).click();
  await expect(page.getByText(/There is no folder/)).toBeVisible();
  await shot(page, 'vanished-locate');
  await page.getByLabel('Folder', { exact: true }).fill(moved);
  await page.getByRole('button', { name: 'Use this folder' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0, { timeout: 20_000 });
  await expect(page.getByRole('button', { name: /Undo/ }).first()).toBeEnabled();
  await shot(page, 'vanished-back');
});

test('a disk that fills: the card says so, and goes on with space', async ({ page }) => {
  test.skip(!canMount, 'A small disk needs the right to mount.');
  const home = join(base, 'home-full');
  await serve(page, {
    home,
    wrap: (command) => [
      'unshare', '-m', 'sh', '-c', 'mkdir -p "$0" && mount -t tmpfs -o size=3m tmpfs "$0" && exec "$@"', home, ...command,
    ], // biome-ignore format: one command
  });
  const filler = join('/proc', String(host.child.pid), 'root', home, 'filler');
  writeFileSync(filler, Buffer.alloc(1_900_000));
  await add(page, listing('full house'));
  await expect(card(page, 'full house')).toContainText(/disk is full/i, { timeout: 60_000 });
  await shot(page, 'disk-full');
  rmSync(filler);
});

test('an engine that dies: what was done waits, the status line says so, and a new link goes on', async ({ page }) => {
  const home = join(base, 'home-dies');
  await serve(page, { home });
  await add(page, listing('survivor'));
  await expect(card(page, 'survivor')).toContainText('Rooms ready', { timeout: 60_000 });
  await card(page, 'survivor').dblclick();
  await expect(page.getByRole('rowheader').first()).toBeVisible();
  await page.keyboard.press('x');
  await expect(page.getByText(/Leave out 1 photo · saved/)).toBeVisible();
  await host.kill('SIGKILL');
  await page.keyboard.press('ControlOrMeta+z');
  await expect(page.getByText('Engine restarting')).toBeVisible();
  await expect(page.getByText(/1 not saved yet/)).toBeVisible();
  await shot(page, 'engine-restarting');
  await expect(page.getByText('Engine stopped')).toBeVisible({ timeout: 40_000 });
  await shot(page, 'engine-stopped');
  await host.kill();
  host = await hostChild({ home, port: 0, pages });
  await page.goto(host.ready.url ?? '');
  await expect(card(page, 'survivor')).toContainText('Rooms ready');
});
