/** RELIABILITY.md, "Pages": each point is tried in real Electron. */
import { expect, type Page, test } from '@playwright/test';
import { type Started, start } from './start.node.ts';

let studio: Started;
let page: Page;
test.beforeAll(async () => {
  studio = await start();
  page = studio.page;
});
test.afterAll(() => studio.close());

const HOME = 'studio://app/';

test('a page has no Node, and no more of Electron than the bridge', async () => {
  const found = await page.evaluate(() => ({
    absent: ['require', 'process', 'module', 'Buffer', 'global', 'ipcRenderer', '__dirname', 'electron'].filter(
      (name) => name in globalThis,
    ),
    bridge: Object.keys(window.studio ?? {}).toSorted(),
    frozen: Object.isFrozen(window.studio),
  }));
  expect(found.absent).toEqual([]);
  expect(found.bridge).toEqual([
    'appVersion',
    'chooseFolders',
    'chooseMusic',
    'copyDiagnostics',
    'notify',
    'onHostState',
    'onMenuCommand',
    'onOpen',
    'pathsOf',
    'platform',
    'quit',
    'restartHost',
    'reveal',
    'revealDelivery',
    'saveAs',
    'setBadge',
  ]);
});

test('the window’s preferences are the safe ones, read back from Electron', async () => {
  const preferences = await studio.app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>;
    };
    const all = contents.getLastWebPreferences();
    const names = [
      'contextIsolation',
      'sandbox',
      'nodeIntegration',
      'nodeIntegrationInWorker',
      'webSecurity',
      'webviewTag',
    ];
    return Object.fromEntries(names.map((name) => [name, all[name] === true]));
  });
  expect(preferences).toEqual({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    webSecurity: true,
    webviewTag: false,
  });
});

for (const address of [
  'https://example.com/',
  'file:///etc/passwd',
  'data:text/html,<h1>x',
  'studio://elsewhere/',
  'javascript:void(document.title="x")',
])
  test(`navigation to ${address} is refused`, async () => {
    await page.evaluate((to) => {
      const link = document.createElement('a');
      link.href = to;
      document.body.append(link);
      link.click();
      link.remove();
      location.href = to;
    }, address);
    await page.waitForTimeout(200);
    expect(page.url()).toBe(HOME);
    // Not page.title(): Playwright waits there for the navigation that was refused.
    expect(await page.evaluate(() => document.title)).toBe('A page of the tests');
  });

test('new windows are refused', async () => {
  const opened = await page.evaluate(() => [window.open('https://example.com/'), window.open('studio://app/')]);
  expect(opened).toEqual([null, null]);
  expect(studio.app.windows()).toHaveLength(1);
});

test('a frame of another origin, and a form that is sent there, stay empty', async () => {
  const loaded = await page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.src = 'studio://app/index.html';
    document.body.append(frame);
    await new Promise((done) => setTimeout(done, 300));
    const title = frame.contentDocument?.title ?? null;
    frame.remove();
    const form = document.createElement('form');
    form.action = 'https://example.com/';
    document.body.append(form);
    form.submit();
    return title;
  });
  expect(loaded ?? '').toBe('');
  expect(page.url()).toBe(HOME);
});

test('permissions are refused, copying text is not', async () => {
  const answers = await page.evaluate(async () => {
    const of = async (ask: () => Promise<unknown>): Promise<string> => {
      try {
        await ask();
        return 'given';
      } catch (error) {
        return error instanceof Error ? error.name : String(error);
      }
    };
    const position = new Promise<unknown>((done, failed) =>
      navigator.geolocation.getCurrentPosition(done, () => failed(new Error('refused'))),
    );
    return {
      camera: await of(() => navigator.mediaDevices.getUserMedia({ video: true })),
      microphone: await of(() => navigator.mediaDevices.getUserMedia({ audio: true })),
      screen: await of(() => navigator.mediaDevices.getDisplayMedia()),
      place: await of(() => position),
      notifications: await Notification.requestPermission(),
      midi: await of(() => navigator.requestMIDIAccess({ sysex: true })),
      read: await of(() => navigator.clipboard.readText()),
    };
  });
  const { notifications, ...refused } = answers;
  expect(notifications).toBe('denied');
  expect(Object.entries(refused).filter(([, answer]) => answer === 'given')).toEqual([]);
  // Writing itself wants a focused window, which there is not without a window manager: the permission is asked for.
  const states = await page.evaluate(() =>
    Promise.all(
      ['clipboard-write', 'clipboard-read'].map(
        async (name) => (await navigator.permissions.query({ name: name as PermissionName })).state,
      ),
    ),
  );
  expect(states).toEqual(['granted', 'denied']);
});

test('inline and evaluated script does not run, the page’s own does', async () => {
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.documentElement.dataset.injected = "ran"';
    document.body.append(script);
    const image = document.createElement('img');
    image.setAttribute('onerror', 'document.documentElement.dataset.handler = "ran"');
    image.src = 'studio://app/none.png';
    document.body.append(image);
    return new Promise((done) => setTimeout(() => done({ ...document.documentElement.dataset }), 300));
  });
  // `eval` is tried by the page's own script: Playwright's evaluation is exempt from the policy.
  expect(ran).toEqual({ module: 'ran', evaluated: 'refused' });
});

test('remote content does not get in', async () => {
  const results = await page.evaluate(async () => {
    const of = async (ask: () => unknown): Promise<string> => {
      try {
        await ask();
        return 'got in';
      } catch (error) {
        return error instanceof Error ? error.name : String(error);
      }
    };
    const load = (tag: 'img' | 'script', src: string): Promise<unknown> =>
      new Promise((done, failed) => {
        const element = document.createElement(tag);
        element.onload = done;
        element.onerror = () => failed(new Error('refused'));
        element.src = src;
        document.body.append(element);
      });
    return {
      fetched: await of(() => fetch('https://example.com/')),
      loopback: await of(() => fetch('http://127.0.0.1:9/')),
      file: await of(() => fetch('file:///etc/passwd')),
      socket: await of(
        () =>
          new Promise((done, failed) => {
            const socket = new WebSocket('wss://example.com/');
            socket.onopen = done;
            socket.onerror = () => failed(new Error('refused'));
          }),
      ),
      image: await of(() => load('img', 'https://example.com/x.png')),
      script: await of(() => load('script', 'https://example.com/x.js')),
    };
  });
  expect(Object.entries(results).filter(([, answer]) => answer === 'got in')).toEqual([]);
});

test('beneath the policy the session refuses remote requests too', async () => {
  const answer = await studio.app.evaluate(async ({ session }) => {
    try {
      await session.defaultSession.fetch('https://example.com/');
      return 'got out';
    } catch (error) {
      return String(error);
    }
  });
  expect(answer).toContain('ERR_BLOCKED_BY_CLIENT');
});

test('no address of studio:// leads out of the pages’ folder', async () => {
  const paths = [
    '/..%2fstart.node.ts',
    '/%2e%2e/%2e%2e/package.json',
    '/..%5c..%5cpackage.json',
    '/shell/..%2fmain.mjs',
    '/shell/..%2fpackage.json',
    '/index.html%00',
  ];
  const statuses = await page.evaluate(
    (all) => Promise.all(all.map(async (path) => (await fetch(`studio://app${path}`)).status)),
    paths,
  );
  expect(statuses).toEqual(paths.map(() => 404));
  const policy = await page.evaluate(async () =>
    (await fetch('studio://app/page.js')).headers.get('content-security-policy'),
  );
  expect(policy).toContain("default-src 'none'");
});

test('a native call from a page that is not the studio’s is refused', async () => {
  const answer = await studio.app.evaluate(async ({ BrowserWindow, app, ipcMain }) => {
    const stranger = new BrowserWindow({
      show: false,
      webPreferences: { contextIsolation: false, nodeIntegration: true, sandbox: false },
    });
    try {
      // The navigation guard covers this window too, so the strange page is loaded from here, as no page could.
      await stranger.loadURL('data:text/html,<title>stranger</title>');
      return (await stranger.webContents.executeJavaScript(
        `require('electron').ipcRenderer.invoke('studio:copy-diagnostics').then(() => 'answered', (error) => error.message)`,
      )) as string;
    } finally {
      stranger.destroy();
      void app;
      void ipcMain;
    }
  });
  expect(answer).toContain('Only the studio’s own pages may ask this.');
});

test('arguments that make no sense are refused, and a page cannot have a path revealed', async () => {
  const answers = await page.evaluate(async () => {
    const bridge = window.studio as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const of = (name: string, ...args: unknown[]): Promise<unknown> =>
      (bridge[name]?.(...args) ?? Promise.reject(new Error('no such call'))).catch(() => 'refused');
    return [
      await of('setBadge', 'many'),
      await of('saveAs', { name: '', kind: 'film' }),
      await of('reveal', '/etc/passwd'),
      await of('revealDelivery', 'x', '/etc/passwd'),
    ];
  });
  expect(answers.slice(0, 3)).toEqual(['refused', 'refused', false]);
  // A listing that is not known: nothing is shown.
  expect([false, 'refused']).toContain(answers[3]);
});

test('downloads are refused', async () => {
  const started = await page.evaluate(async () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(['x']));
    link.download = 'x.exe';
    link.click();
    await new Promise((done) => setTimeout(done, 200));
    return location.href;
  });
  expect(started).toBe(HOME);
});
