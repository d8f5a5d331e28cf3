import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../renderer/keys/keymap.ts';
import { CONTENT_SECURITY_POLICY, contentTypeOf } from './csp.ts';
import { listingOfLink, readArguments } from './deep-link.ts';
import { acceleratorOf, buildMenu, menuEntries } from './menu.ts';
import { pageFile, servePage } from './pages.node.ts';
import { findPlaces, hostCommand, newSocketPath } from './places.node.ts';
import { MIN_WINDOW, placeWindow, type Rect } from './window-place.ts';

const SCREEN: Rect = { x: 0, y: 25, width: 1920, height: 1055 };
const LEFT: Rect = { x: -1280, y: 0, width: 1280, height: 1024 };

test('the first window stands in the middle of the main display', () => {
  expect(placeWindow(undefined, [SCREEN, LEFT])).toEqual({ x: 240, y: 103, width: 1440, height: 900 });
});

test('a window keeps its place, on the second display too', () => {
  const place = { x: -1200, y: 40, width: 1000, height: 700 };
  expect(placeWindow(place, [SCREEN, LEFT])).toEqual(place);
});

test('a window of a display that is gone comes to the middle of the main one, in its own size', () => {
  const place = { x: 5000, y: 40, width: 1000, height: 700 };
  expect(placeWindow(place, [SCREEN])).toEqual({ x: 460, y: 203, width: 1000, height: 700 });
});

test('whatever was remembered, the window lies on a display and is never larger than it', () => {
  const coordinate = fc.integer({ min: -10_000, max: 10_000 });
  const rect = fc.record({
    x: coordinate,
    y: coordinate,
    width: fc.integer({ min: 1, max: 9_000 }),
    height: fc.integer({ min: 1, max: 9_000 }),
  });
  fc.assert(
    fc.property(fc.option(rect, { nil: undefined }), fc.array(rect, { minLength: 1, maxLength: 3 }), (place, areas) => {
      const got = placeWindow(place, areas);
      expect(
        areas.some(
          (area) =>
            got.x >= area.x &&
            got.y >= area.y &&
            got.x + got.width <= area.x + area.width &&
            got.y + got.height <= area.y + area.height &&
            got.width >= Math.min(MIN_WINDOW.width, area.width) &&
            got.height >= Math.min(MIN_WINDOW.height, area.height),
        ),
      ).toBe(true);
    }),
  );
});

test('only a link to a listing is a link', () => {
  expect(listingOfLink('picaivid://listing/0199-ab_C')).toBe('0199-ab_C');
  expect(listingOfLink('picaivid://listing/0199/')).toBe('0199');
  const bad = ['picaivid://listing/', 'picaivid://listing/a/b', 'picaivid://listing/../x', 'picaivid://other/1'];
  for (const link of [...bad, 'https://listing/1', 'picaivid://listing/a?b', `picaivid://listing/${'a'.repeat(101)}`])
    expect(listingOfLink(link), link).toBeUndefined();
});

test('a start’s words are the app, switches, links and folders', () => {
  const argv = ['electron', '--no-sandbox', 'dist/desktop', '/photos/a b', '--inspect=0', 'picaivid://listing/7'];
  expect(readArguments(argv, 2)).toEqual({ listingId: '7', paths: ['/photos/a b'] });
  expect(readArguments(['studio'], 1)).toEqual({ listingId: undefined, paths: [] });
});

test('keys of the table in Electron’s notation; a bare letter is left to text fields', () => {
  expect(acceleratorOf('Mod+Shift+Z')).toBe('CmdOrCtrl+Shift+Z');
  expect(acceleratorOf('Alt+ArrowLeft')).toBe('Alt+Left');
  expect(acceleratorOf('Mod++')).toBe('CmdOrCtrl+Plus');
  for (const bare of ['F', 'Shift+A', '?', 'Space']) expect(acceleratorOf(bare), bare).toBeUndefined();
});

test('every command of the key table that names a menu stands in it exactly once', () => {
  for (const mac of [true, false]) {
    const columns = buildMenu(menuEntries(COMMANDS), { mac, developer: false });
    const shown = columns.flatMap(({ items }) =>
      items.flatMap((item) => (item.kind === 'command' ? [item.entry.id] : [])),
    );
    expect(shown.toSorted()).toEqual(
      COMMANDS.filter((one) => 'menu' in one)
        .map((one) => one.id)
        .toSorted(),
    );
    expect(columns.some(({ items }) => items[0]?.kind === 'line' || items.at(-1)?.kind === 'line')).toBe(false);
    const roles = columns.flatMap(({ items }) => items.flatMap((item) => (item.kind === 'role' ? [item.role] : [])));
    expect(roles).not.toContain('toggleDevTools');
    expect(roles).toContain('quit');
  }
});

test('the policy opens nothing inline, nothing evaluated, nothing remote', () => {
  expect(CONTENT_SECURITY_POLICY).toMatch(/^default-src 'none'; /);
  expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|https?:|\*/);
});

test('types: what a page consists of, and nothing else', () => {
  expect(contentTypeOf('/x/Index.HTML')).toBe('text/html; charset=utf-8');
  expect(contentTypeOf('/x/secret.pem')).toBeUndefined();
  expect(contentTypeOf('/x/noending')).toBeUndefined();
});

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'picaivid-pages-'));
  mkdirSync(join(root, 'pages', 'assets'), { recursive: true });
  mkdirSync(join(root, 'pages-of-another'));
  writeFileSync(join(root, 'pages', 'index.html'), 'index');
  writeFileSync(join(root, 'pages', 'assets', 'ünï côde.js'), 'script');
  writeFileSync(join(root, 'pages', 'key.pem'), 'secret');
  writeFileSync(join(root, 'secret.js'), 'secret');
  writeFileSync(join(root, 'pages-of-another', 'x.js'), 'secret');
  symlinkSync(join(root, 'secret.js'), join(root, 'pages', 'link.js'));
  symlinkSync(join(root, 'pages-of-another'), join(root, 'pages', 'folder'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('files of the pages’ folder are found, nothing outside it is', async () => {
  const pages = join(root, 'pages');
  expect(await pageFile(pages, '/index.html')).toBe(join(pages, 'index.html'));
  expect(await pageFile(pages, '/assets/%C3%BCn%C3%AF%20c%C3%B4de.js')).toBe(join(pages, 'assets', 'ünï côde.js'));
  const outside = [
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/..%2fsecret.js',
    '/assets/..%2f..%2fsecret.js',
    '/..%5csecret.js',
    '/link.js',
    '/folder/x.js',
    '/../pages-of-another/x.js',
    '/index.html%00.js',
    '/%E0%A4%A',
    '/C:/secret.js',
    '/',
    '/assets',
    `/${'a'.repeat(5_000)}.js`,
    'http://elsewhere/secret.js',
  ];
  for (const path of outside) expect(await pageFile(pages, path), path).toBeUndefined();
});

test('an address of the program is its page; an unknown file is 404; another type or method is refused', async () => {
  const get = (path: string, method = 'GET') =>
    servePage(join(root, 'pages'), new Request('http://app/', { method }), path);
  const page = await get('/listing/42');
  expect([page.status, await page.text()]).toEqual([200, 'index']);
  expect(page.headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
  expect((await get('/assets/none.js')).status).toBe(404);
  expect((await get('/key.pem')).status).toBe(404);
  expect((await get('/link.js')).status).toBe(404);
  expect((await get('/', 'POST')).status).toBe(405);
  const head = await get('/', 'HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('the host’s environment is the person’s without what would change its Node', () => {
  process.env.NODE_OPTIONS_TEST = 'kept';
  process.env.ELECTRON_RUN_AS_NODE_TEST = '1';
  const places = findPlaces('/app/dist/desktop', undefined, { PICAIVID_HOST_SCRIPT: '/x/fake.ts' });
  const command = hostCommand(places, '/run/s.sock', '/data', '/data/code');
  expect(command.args).toEqual(['/x/fake.ts', '--socket', '/run/s.sock', '--keychain', '--home', '/data']);
  expect(command.env).toMatchObject({
    PICAIVID_HOME: '/data',
    NODE_COMPILE_CACHE: '/data/code',
    NODE_OPTIONS_TEST: 'kept',
  });
  expect(Object.keys(command.env).filter((name) => name.startsWith('ELECTRON_') || name === 'NODE_OPTIONS')).toEqual(
    [],
  );
  process.env.NODE_OPTIONS_TEST = undefined;
  process.env.ELECTRON_RUN_AS_NODE_TEST = undefined;
});

test('a packaged app takes no override from the environment', () => {
  const places = findPlaces('/r/app.asar', '/r', {
    PICAIVID_HOST_SCRIPT: '/evil.ts',
    PICAIVID_NODE: '/evil',
    PICAIVID_PAGES: '/evil',
  });
  expect(places).toMatchObject({ hostScript: '/r/host/main/host/serve.node.ts', pages: '/r/app.asar/pages' });
  expect(places.node).toMatch(/^\/r\/host\/runtime\/node/);
});

test('a socket’s path is short enough for every system', () => {
  const path = newSocketPath();
  expect(Buffer.byteLength(path)).toBeLessThan(104);
  rmSync(join(path, '..'), { recursive: true, force: true });
});
