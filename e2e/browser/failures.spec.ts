/** What goes wrong on a person's machine, in the real window on the real host: a calm sentence, a way on, nothing lost. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { type HostChild, hostChild } from '../../main/host/testing/host.node.ts';
import { entriesOf } from '../../models/catalogue.ts';
import { builtPages } from './pages.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SHOTS = join(ROOT, 'out', 'failures');
const base = mkdtempSync(join(tmpdir(), 'picaivid-failures-'));
const pages = builtPages();
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
let host: HostChild;

test.beforeAll(() => {
  mkdirSync(SHOTS, { recursive: true });
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

test('photos on a read-only disk are read; a studio’s disk that turns read-only is named, and nothing is lost', async ({
  page,
}) => {
  test.skip(!canMount, 'A read-only disk needs the right to mount.');
  const home = join(base, 'home-read-only');
  const photos = listing('memory card');
  const readOnly = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"';
  await serve(page, { home, wrap: (command) => ['unshare', '-m', 'sh', '-c', readOnly, photos, ...command] });
  const inHost = (...command: string[]): void => {
    const { status, stderr } = spawnSync('nsenter', ['-m', '-t', String(host.child.pid), ...command]);
    expect(status, String(stderr)).toBe(0);
  };
  await add(page, photos);
  await expect(card(page, 'memory card')).toContainText('Rooms ready', { timeout: 60_000 });
  await card(page, 'memory card').dblclick();
  await expect(page.getByRole('rowheader').first()).toBeVisible();
  await page.keyboard.press('x');
  await expect(page.getByText(/Leave out 1 photo · saved/)).toBeVisible();
  await page.keyboard.press('Alt+1');

  const results = join(home, 'listings');
  inHost('mount', '--bind', results, results);
  inHost('mount', '-o', 'remount,ro,bind', results);
  await add(page, listing('late arrival'));
  const late = card(page, 'late arrival');
  await expect(late).toContainText('The disk is read-only', { timeout: 60_000 });
  await expect(late).toContainText('Make it writable again, then try again');
  await shot(page, 'disk-read-only');
  // What was analysed before can be looked at and worked on: its rooms are in the database.
  await card(page, 'memory card').dblclick();
  await page.keyboard.press('ControlOrMeta+z');
  await expect(
    page.getByText(/Undone: Leave out 1 photo|Leave out 1 photo · saved|1 photo.*saved/).first(),
  ).toBeVisible();
  await page.keyboard.press('Alt+1');

  inHost('mount', '-o', 'remount,rw,bind', results);
  await late.getByRole('button', { name: 'Try again' }).click();
  await expect(late).toContainText('Rooms ready', { timeout: 60_000 });
  await shot(page, 'disk-writable-again');
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
test('networks that fail to load: the card says where to look', async ({ page }) => {
  const fixtures = join(base, 'networks');
  for (const folder of [fixtures, join(fixtures, 'models')]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'categories_places365.txt'),
      Array.from({ length: 365 }, (_, i) => `/a/room${i} ${i}`).join('\n'),
    );
    writeFileSync(join(folder, 'room_head_7_mnv2.json'), JSON.stringify({ classes: ['a', 'b'], dim: 3 }));
    writeFileSync(join(folder, 'room_head_7_mnv2.f32'), Buffer.alloc(32));
    for (const name of ['squeezenet_places365', 'mobilenet_v2_int8w', 'meter_xxs_nyu'])
      writeFileSync(join(folder, `${name}.onnx`), 'this is no network');
  }
  await serve(page, { home: join(base, 'home-models'), models: 'fixture', env: { PICAIVID_FIXTURES: fixtures } });
  await add(page, listing('modelled'));
  await expect(card(page, 'modelled')).toContainText(/network/i, { timeout: 60_000 });
  await shot(page, 'model-library');
  await card(page, 'modelled').dblclick();
  await expect(page.getByText(/Check the networks in Settings/).first()).toBeVisible();
  await shot(page, 'model-rooms');
});

test.describe('models through the window', () => {
  const SIZE = 400_000;
  let hub: Server;
  let quick = false;
  const ranges: string[] = [];
  test.beforeAll(async () => {
    // The hub's route: /<repository>/resolve/main/<file>, with Range. Slow, so that a person could cancel.
    hub = createServer((request, response) => {
      if (!/^\/[\w.-]+\/[\w.-]+\/resolve\/main\//.test(request.url ?? '')) {
        response.writeHead(404).end();
        return;
      }
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (request.headers.range !== undefined) ranges.push(request.headers.range);
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': String(SIZE - from),
        etag: '"one"',
        ...(from > 0 ? { 'content-range': `bytes ${from}-${SIZE - 1}/${SIZE}` } : {}),
      });
      let at = from;
      const timer = setInterval(() => {
        const part = Math.min(quick ? SIZE : 20_000, SIZE - at);
        response.write(Buffer.alloc(part, 7));
        at += part;
        if (at < SIZE) return;
        clearInterval(timer);
        response.end();
      }, 100);
      response.once('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  });
  test.afterAll(() => void hub.close());

  /** A network as if it had been fetched long ago: every file whole by its size, and by nothing else. */
  function fetchedLongAgo(models: string, name: string): void {
    const entry = entriesOf('light').find((one) => one.name === name);
    const pins = Object.fromEntries(
      (entry?.files ?? []).map(({ path, bytes, aboutBytes, sha256 }) => {
        const size = bytes ?? Math.round(aboutBytes ?? 0);
        mkdirSync(dirname(join(models, name, path)), { recursive: true });
        writeFileSync(join(models, name, path), '');
        truncateSync(join(models, name, path), size);
        return [path, { bytes: size, sha256: sha256 ?? '0'.repeat(64) }];
      }),
    );
    writeFileSync(join(models, name, 'pins.json'), JSON.stringify(pins));
  }

  test('a download is cancelled and goes on where it was; a wrong file, verify, remove', async ({ page }) => {
    const address = hub.address();
    if (address === null || typeof address === 'string') throw new Error('The hub has no port.');
    const models = join(base, 'models');
    fetchedLongAgo(models, 'depth-anything-v2-small-int8');
    await serve(page, {
      home: join(base, 'home-hub'),
      models: 'auto',
      env: { MODEL_MIRROR: `http://127.0.0.1:${address.port}`, MODEL_CACHE_DIR: models },
    });
    await page.goto(`${new URL(host.ready.url ?? '').origin}/#/settings`);
    const light = page.getByRole('region', { name: 'Light set' });
    const row = (name: string): Locator => light.getByRole('row', { name: new RegExp(`^${name}`) });
    await light.getByRole('button', { name: 'Download' }).click();
    await expect(light.getByRole('progressbar')).toBeVisible();
    const part = join(models, 'clip-vit-b-32-int8', 'onnx', 'vision_model_quantized.onnx.part');
    await expect.poll(() => statSync(part, { throwIfNoEntry: false })?.size ?? 0).toBeGreaterThan(0);
    await shot(page, 'models-download');
    await light.getByRole('button', { name: /Cancel/ }).click();
    await expect(row('clip-vit-b-32-int8')).toContainText('partly downloaded');
    await shot(page, 'models-cancelled');

    quick = true;
    await light.getByRole('button', { name: 'Download' }).click();
    const refused = page.getByText(/is not the file that the catalogue names/).first();
    await expect(refused).toBeVisible({ timeout: 20_000 });
    expect(ranges.length).toBe(1); // it went on where it was
    await expect(row('clip-vit-b-32-int8')).toContainText('not downloaded');
    await shot(page, 'models-wrong-file');

    await expect(row('depth-anything-v2-small-int8')).toContainText('ready');
    await light.getByRole('button', { name: 'Verify' }).click();
    await expect(page.getByText(/depth-anything-v2-small-int8.* damaged and (is|are) deleted/).first()).toBeVisible();
    await expect(row('depth-anything-v2-small-int8')).toContainText('not downloaded');
    await shot(page, 'models-verify');
    fetchedLongAgo(models, 'beat-this-small0');
    await page.reload();
    await row('beat-this-small0')
      .getByRole('button', { name: /Remove/ })
      .click();
    await shot(page, 'models-remove');
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await expect(row('beat-this-small0')).toContainText('not downloaded');
    await shot(page, 'models-removed');
  });
});
