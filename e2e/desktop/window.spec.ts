/** What the shell does for the studio, in real Electron, with the fake host. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { DESKTOP, electron, ROOT, ROOT_SWITCHES, type Started, start } from './start.node.ts';

interface About {
  readonly pid: number;
  readonly home: string;
  readonly openStreams: number;
}
interface Heard {
  readonly commands: string[];
  readonly states: string[];
  readonly opens: unknown[];
}

const about = (page: Page): Promise<About> =>
  page.evaluate(async () => (await (await fetch('/api/about')).json()) as About);
const heard = (page: Page): Promise<Heard> => page.evaluate(() => (globalThis as unknown as { heard: Heard }).heard);
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.describe('one window', () => {
  let studio: Started;
  let page: Page;
  test.beforeAll(async () => {
    studio = await start();
    page = studio.page;
  });
  test.afterAll(() => studio.close());

  test('the page reaches the host beside it, and the bridge says what it is', async () => {
    expect(await about(page)).toMatchObject({ fake: true, home: studio.home, host: 'localhost' });
    expect(await page.evaluate(() => [window.studio?.platform, window.studio?.appVersion])).toEqual([
      process.platform,
      '0.1.0',
    ]);
    await expect.poll(async () => (await heard(page)).states.at(-1)).toBe('ready');
  });

  test('a film’s range is read, a large post comes back whole', async () => {
    const [status, range, sum, back] = await page.evaluate(async () => {
      const part = await fetch('/media/film', { headers: { range: 'bytes=1000-1999' } });
      const bytes = new Uint8Array(await part.arrayBuffer());
      const body = Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 13) % 256);
      const echo = await fetch('/api/echo', { method: 'POST', body });
      const got = new Uint8Array(await echo.arrayBuffer());
      return [
        part.status,
        part.headers.get('content-range'),
        bytes.reduce((a, b) => a + b, 0),
        got.length === body.length && got.every((value, i) => value === body[i]),
      ];
    });
    expect([status, range, back]).toEqual([206, 'bytes 1000-1999/1048576', true]);
    expect(sum).toBe(Array.from({ length: 1_000 }, (_, i) => (i + 1_000) % 251).reduce((a, b) => a + b, 0));
  });

  test('events arrive one by one while the stream is open, and closing it closes it at the host', async () => {
    const events = await page.evaluate(
      () =>
        new Promise<string[]>((done) => {
          const source = new EventSource('/api/events');
          const got: string[] = [];
          source.onmessage = (event) => {
            got.push(event.data as string);
            if (got.length < 3) return;
            source.close();
            done(got);
          };
        }),
    );
    expect(events).toEqual(['1', '2', '3']);
    await expect.poll(async () => (await about(page)).openStreams).toBe(0);
    await page.evaluate(async () => {
      const controller = new AbortController();
      const answer = await fetch('/api/events', { signal: controller.signal });
      await answer.body?.getReader().read();
      controller.abort();
    });
    await expect.poll(async () => (await about(page)).openStreams).toBe(0);
  });

  test('dropped files give their paths', async () => {
    const file = join(studio.home, 'küche 1.jpg');
    await writeFile(file, 'x');
    await page.setInputFiles('#files', [file]);
    const paths = await page.evaluate(() => {
      const input = document.querySelector<HTMLInputElement>('#files');
      return window.studio?.pathsOf([...(input?.files ?? []), new File(['x'], 'made-here.txt')]);
    });
    expect(paths).toEqual([file, '']);
  });

  test('a menu entry reaches the page; keys stand beside it without being taken', async () => {
    const undo = await studio.app.evaluate(({ Menu, BrowserWindow }) => {
      const item = Menu.getApplicationMenu()?.getMenuItemById('edit.undo');
      item?.click(undefined, BrowserWindow.getAllWindows()[0], undefined);
      return { label: item?.label, accelerator: item?.accelerator, registered: item?.registerAccelerator };
    });
    expect(undo).toEqual({ label: 'Undo', accelerator: 'CmdOrCtrl+Z', registered: false });
    await expect.poll(async () => (await heard(page)).commands).toEqual(['edit.undo']);
  });

  test('a host that is killed comes back; a request made meanwhile is answered, not refused', async () => {
    const { pid } = await about(page);
    process.kill(pid, 'SIGKILL');
    const again = await about(page);
    expect(again.pid).not.toBe(pid);
    expect((await heard(page)).states.slice(-4)).toEqual(['ready', 'restarting', 'starting', 'ready']);
  });

  test('a second start hands its folder and its link to the first and ends', async () => {
    const folder = join(studio.home, 'Willow Läne 18');
    await mkdir(folder);
    const { path } = await electron();
    const second = spawn(path, [...ROOT_SWITCHES, DESKTOP, folder, 'picaivid://listing/0199-abc', '/no/such/folder'], {
      env: { ...process.env, PICAIVID_HOME: studio.home },
      stdio: 'ignore',
    });
    const code = await new Promise((done) => second.once('exit', done));
    expect(code).toBe(0);
    await expect
      .poll(async () => (await heard(page)).opens)
      .toEqual([
        { kind: 'listing', id: '0199-abc' },
        { kind: 'folders', paths: [folder] },
      ]);
    expect(studio.app.windows()).toHaveLength(1);
  });

  test('a page that crashes is loaded again', async () => {
    const back = await studio.app.evaluate(async ({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      if (contents === undefined) return 'no window';
      const loaded = new Promise<void>((done) => contents.once('did-finish-load', () => done()));
      contents.forcefullyCrashRenderer();
      await loaded;
      return (await contents.executeJavaScript('document.title')) as string;
    });
    expect(back).toBe('A page of the tests');
  });

  test('a page that hangs, or crashes again at once, asks the person; “Load it again” loads it', async () => {
    const asked = await studio.app.evaluate(async ({ BrowserWindow, dialog }) => {
      const window = BrowserWindow.getAllWindows()[0];
      if (window === undefined) return ['no window'];
      const messages: string[] = [];
      // The system's dialog cannot be pressed by a test: this presses its first button.
      dialog.showMessageBox = (async (_window: unknown, options: { message: string }) => {
        messages.push(options.message);
        return { response: 0, checkboxChecked: false };
      }) as unknown as typeof dialog.showMessageBox;
      const loaded = (): Promise<void> =>
        new Promise((done) => window.webContents.once('did-finish-load', () => done()));
      const crashed = loaded();
      window.webContents.forcefullyCrashRenderer();
      await crashed;
      const hung = loaded();
      window.emit('unresponsive');
      await hung;
      messages.push((await window.webContents.executeJavaScript('document.title')) as string);
      return messages;
    });
    expect(asked).toEqual(['The window stopped twice.', 'The window does not answer.', 'A page of the tests']);
  });
});

test('after five crashes a calm page says so; trying again brings the studio back', async () => {
  const home = await mkdtemp(join(tmpdir(), 'picaivid-e2e-'));
  await writeFile(join(home, 'fake-host-mode'), 'crash');
  const studio = await start({ home });
  try {
    const { page } = studio;
    await page.waitForURL('studio://app/shell/stopped.html');
    await expect(page.locator('#reason')).toHaveText('The studio’s engine stopped 5 times within a minute.');
    await page.screenshot({ path: join(ROOT, 'out', 'e2e-desktop-stopped.png') });
    await page.getByRole('button', { name: 'Copy diagnostics' }).click();
    await expect(page.locator('#said')).toHaveText('Copied. Paste it into a message to support.');
    const copied = await studio.app.evaluate(({ clipboard }) => clipboard.readText());
    expect(copied).toContain('Error: the fake host was told to crash');
    expect(copied).toContain('Picaivid Studio 0.1.0');
    expect(copied).not.toMatch(/hunter2|abc\.def/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.locator('#said')).toHaveText('It stopped again.', { timeout: 30_000 });
    await rm(join(home, 'fake-host-mode'));
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForURL('studio://app/');
    expect((await about(page)).home).toBe(home);
  } finally {
    await studio.close();
    await rm(home, { recursive: true, force: true });
  }
});

test('the window remembers its place, and quitting ends the host', async () => {
  const home = await mkdtemp(join(tmpdir(), 'picaivid-e2e-'));
  try {
    const first = await start({ home });
    const { pid } = await about(first.page);
    const place = { x: 120, y: 80, width: 1100, height: 700 };
    await first.app.evaluate(({ BrowserWindow }, bounds) => BrowserWindow.getAllWindows()[0]?.setBounds(bounds), place);
    await first.page.waitForTimeout(300);
    await first.close();
    expect(alive(pid)).toBe(false);
    const second = await start({ home });
    const got = await second.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getNormalBounds());
    expect(got).toEqual(place);
    const host = (await about(second.page)).pid;
    // A shell that is killed takes its host along: the host's input closes.
    second.app.process().kill('SIGKILL');
    await expect.poll(() => alive(host)).toBe(false);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
