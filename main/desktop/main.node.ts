/**
 * The desktop shell: one window, the host beside it, and the `studio://` protocol between them. Bundled by
 * scripts/build-desktop.mjs. Runs on Electron 33 and later, whose Node is 20: nothing here may load a native module.
 */
import { rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, type BrowserWindow, protocol, safeStorage, session } from 'electron';
import { CHANNEL, type HostState, type OpenRequest } from './bridge.ts';
import { answerCalls } from './calls.node.ts';
import { LINK_SCHEME, listingOfLink, readArguments } from './deep-link.ts';
import { forwardToHost } from './forward.node.ts';
import { superviseHost } from './host-process.node.ts';
import { keychainKey, keychainLine } from './keychain.node.ts';
import { servePage } from './pages.node.ts';
import { findPlaces, hostCommand, newSocketPath } from './places.node.ts';
import { guardContents, guardSession, STUDIO_SCHEME } from './security.node.ts';
import { HOME_PAGE, installMenu, openWindow, STOPPED_PAGE } from './window.node.ts';

const own = dirname(fileURLToPath(import.meta.url));
const places = findPlaces(own, app.isPackaged ? process.resourcesPath : undefined, process.env);
const home = process.env.PICAIVID_HOME ? resolve(process.env.PICAIVID_HOME) : undefined;
// Two studios with different data are two programs: each has its own lock, cache and window place.
if (home !== undefined) app.setPath('userData', join(home, 'window'));
app.setName('Picaivid Studio');
// Root cannot have Chromium's sandbox: tests in containers say so with the switch, and keep every other guard.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  {
    scheme: STUDIO_SCHEME,
    privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
  },
]);
guardContents();

let window: BrowserWindow | undefined;
/** Where the page was when the host failed. */
let returnTo = HOME_PAGE;
let listening = false;
const waiting: OpenRequest[] = [];
const ownWords = process.defaultApp === true ? 2 : 1;

if (!app.requestSingleInstanceLock()) app.quit();
else begin();

function begin(): void {
  const socket = newSocketPath();
  const userData = app.getPath('userData');
  const host = superviseHost({
    ...hostCommand(places, socket, home, join(userData, 'host-code')),
    // The keychain answers once the app is ready; the host does not wait for it with anything but the team's server.
    firstLine: async () => {
      await app.whenReady();
      return keychainLine(keychainKey(safeStorage, join(userData, 'team-key')));
    },
  });
  host.start();
  host.onState(showHostState);

  app.on('second-instance', (_event, argv, folder) => {
    openAll(argv, folder);
    if (window === undefined) return;
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  });
  app.on('open-url', (event, link) => {
    event.preventDefault();
    const id = listingOfLink(link);
    if (id !== undefined) open({ kind: 'listing', id });
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    openFolders([path]);
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('activate', () => {
    if (window === undefined && app.isReady()) window = makeWindow();
  });
  let ended = false;
  app.on('will-quit', (event) => {
    if (ended) return;
    event.preventDefault();
    // The host finishes what it is writing before the shell goes: at most ten seconds.
    void host.stop().finally(() => {
      ended = true;
      if (process.platform !== 'win32') rmSync(dirname(socket), { recursive: true, force: true });
      app.quit();
    });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit());

  answerCalls({
    host,
    window: () => window,
    hello: (about) => {
      if (about === 'host-state') send(CHANNEL.hostState, host.state);
      else {
        listening = true;
        for (const request of waiting.splice(0)) send(CHANNEL.open, request);
      }
    },
  });

  // Not awaited: an ES module that awaits readiness at its top level never gets there.
  void app.whenReady().then(() => {
    guardSession(session.defaultSession);
    protocol.handle(STUDIO_SCHEME, async (asked) => {
      const url = new URL(asked.url);
      if (url.host !== 'app') return new Response('There is nothing at this address.', { status: 404 });
      if (/^\/(api|media|music|title|film|clip|review|delivery|voice|events)(\/|$)/.test(url.pathname))
        return forwardToHost(host, asked);
      if (url.pathname.startsWith('/shell/')) return servePage(places.shellPages, asked, url.pathname.slice(6));
      return servePage(places.pages, asked, url.pathname);
    });
    if (app.isPackaged) app.setAsDefaultProtocolClient(LINK_SCHEME);
    installMenu(() => window);
    openAll(process.argv, process.cwd());
    window = makeWindow();
  });
}

function makeWindow(): BrowserWindow {
  const made = openWindow(places.preload);
  made.on('closed', () => {
    window = undefined;
    listening = false;
  });
  // A page that loads anew has no listeners until it says hello.
  made.webContents.on('did-start-navigation', (details) => {
    if (details.isMainFrame && !details.isSameDocument) listening = false;
  });
  return made;
}

function send(channel: string, value: HostState | OpenRequest): void {
  if (window !== undefined && !window.isDestroyed()) window.webContents.send(channel, value);
}

/** Tells the page; when the host has failed for good, shows the shell's own page, and goes back once it is ready. */
function showHostState(state: HostState): void {
  if (window === undefined || window.isDestroyed()) return;
  send(CHANNEL.hostState, state);
  const at = window.webContents.getURL();
  const stopped = at === STOPPED_PAGE;
  if (state.state === 'failed' && !stopped) {
    returnTo = at === '' ? HOME_PAGE : at;
    void window.loadURL(STOPPED_PAGE).catch(() => undefined);
  } else if (state.state === 'ready' && stopped) {
    void window.loadURL(returnTo).catch(() => undefined);
  }
}

function open(request: OpenRequest): void {
  if (listening) send(CHANNEL.open, request);
  else waiting.push(request);
}

function openAll(argv: readonly string[], folder: string): void {
  const { listingId, paths } = readArguments(argv, ownWords);
  if (listingId !== undefined) open({ kind: 'listing', id: listingId });
  openFolders(paths.map((path) => resolve(folder, path)));
}

function openFolders(paths: readonly string[]): void {
  const folders = paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
  if (folders.length > 0) open({ kind: 'folders', paths: folders });
}
