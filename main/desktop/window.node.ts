/** The studio's one window: where it opens, what its pages may do, and the way back after a crash or a hang. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { app, BrowserWindow, dialog, Menu, type MenuItemConstructorOptions, screen } from 'electron';
import { COMMANDS } from '../../renderer/keys/keymap.ts';
import { CHANNEL } from './bridge.ts';
import { buildMenu, type MenuItem, menuEntries } from './menu.ts';
import { isStudioUrl, STUDIO_ORIGIN } from './security.node.ts';
import { MIN_WINDOW, placeWindow, type WindowPlace, windowPlaceSchema } from './window-place.ts';

export const HOME_PAGE = `${STUDIO_ORIGIN}/`;
export const STOPPED_PAGE = `${STUDIO_ORIGIN}/shell/stopped.html`;

/** Crashes of the page this close together are not answered with another reload: milliseconds. */
const CRASH_LOOP_MS = 20_000;

/** Opens the window. `preload`: path of the bundled preload script. */
export function openWindow(preload: string): BrowserWindow {
  const placeFile = join(app.getPath('userData'), 'window.json');
  const remembered = readPlace(placeFile);
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter((display) => display.id !== primary.id);
  const window = new BrowserWindow({
    ...placeWindow(
      remembered,
      [primary, ...others].map((display) => display.workArea),
    ),
    minWidth: MIN_WINDOW.width,
    minHeight: MIN_WINDOW.height,
    title: 'Picaivid Studio',
    show: false,
    backgroundColor: '#17181b',
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false, // its dictionaries would be downloaded
      devTools: !app.isPackaged,
      additionalArguments: [`--studio-version=${app.getVersion()}`],
    },
  });
  if (remembered?.maximized === true) window.maximize();
  window.once('ready-to-show', () => window.show());
  rememberPlace(window, placeFile);
  comeBack(window);
  void window.loadURL(HOME_PAGE).catch(() => undefined);
  return window;
}

function readPlace(file: string): WindowPlace | undefined {
  try {
    return windowPlaceSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // the first start, or a file that something else wrote
  }
}

function rememberPlace(window: BrowserWindow, file: string): void {
  const write = (): void => {
    const place: WindowPlace = { ...window.getNormalBounds(), maximized: window.isMaximized() };
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, JSON.stringify(place));
      renameSync(`${file}.new`, file);
    } catch {
      // A full or read-only disk costs the window's place, not the window.
    }
  };
  let later: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(later);
    later = setTimeout(write, 500);
  };
  window.on('resize', soon);
  window.on('move', soon);
  window.on('close', () => {
    clearTimeout(later);
    write();
  });
}

/** A page that crashed is loaded again: all state is in the host. One that hangs or crashes again asks the person. */
function comeBack(window: BrowserWindow): void {
  let lastCrash = Number.NEGATIVE_INFINITY;
  let asking = false;
  const ask = async (message: string, buttons: [string, string]): Promise<boolean> => {
    if (asking || window.isDestroyed()) return false;
    asking = true;
    const detail = 'Your listings and every decision you made are saved.';
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message,
      detail,
      buttons,
      defaultId: 0,
      cancelId: 1,
      noLink: true,
    });
    asking = false;
    return response === 0 && !window.isDestroyed();
  };
  window.webContents.on('render-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit') return;
    const again = performance.now() - lastCrash < CRASH_LOOP_MS;
    lastCrash = performance.now();
    if (!again) {
      window.webContents.reload();
      return;
    }
    void ask('The window stopped twice.', ['Load it again', 'Quit']).then((load) => {
      if (load) window.webContents.reload();
      else app.quit();
    });
  });
  window.on('unresponsive', () => {
    void ask('The window does not answer.', ['Load it again', 'Wait']).then((load) => {
      if (!load) return;
      // A page in an endless loop cannot be reloaded: its process has to go; the crash handler loads it again.
      lastCrash = Number.NEGATIVE_INFINITY;
      window.webContents.forcefullyCrashRenderer();
    });
  });
}

/** Puts the menu in place; a chosen command goes to the page of `current()`. */
export function installMenu(current: () => BrowserWindow | undefined): void {
  const mac = process.platform === 'darwin';
  const item = (one: MenuItem): MenuItemConstructorOptions => {
    if (one.kind === 'line') return { type: 'separator' };
    if (one.kind === 'role') return { role: one.role };
    const { id, label, accelerator } = one.entry;
    return {
      id,
      label,
      // Shown only: the page's key table acts on keys, so that rebinding works and nothing happens twice.
      ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
      click: () => {
        const window = current();
        if (window !== undefined && isStudioUrl(window.webContents.getURL()))
          window.webContents.send(CHANNEL.menuCommand, id);
      },
    };
  };
  const columns = buildMenu(menuEntries(COMMANDS), { mac, developer: !app.isPackaged });
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(columns.map(({ label, items }) => ({ label, submenu: items.map(item) }))),
  );
}
