/** The packed app of this machine: packed, its fuses read back, started from a folder with a difficult name. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { type Browser, chromium, expect, type Page, test } from '@playwright/test';
import { packageApp } from '../../scripts/package.mjs';
import { ROOT, ROOT_SWITCHES } from './start.node.ts';

test.skip(process.platform !== 'linux', 'The unpacked app of Linux is what this test starts.');

const NODE = join(ROOT, 'node_modules', 'node', 'bin', 'node');
let folder = '';
let app = '';

test.beforeAll(async () => {
  test.setTimeout(300_000);
  folder = await mkdtemp(join(tmpdir(), 'Häuser & Gärten 房子 '));
  app = await packageApp({ root: ROOT, node: NODE, output: folder, quiet: true });
});
test.afterAll(() => rm(folder, { recursive: true, force: true }));

test('the fuses are set in the binary', async () => {
  const wire = (await getCurrentFuseWire(join(app, 'picaivid-studio'))) as unknown as Record<number, number>;
  // '0' is off, '1' is on; a fuse that is neither was removed from this Electron or left to inherit.
  const read = (fuse: FuseV1Options): boolean | undefined => ({ 48: false, 49: true })[wire[fuse] ?? 0];
  expect({
    runAsNode: read(FuseV1Options.RunAsNode),
    cookieEncryption: read(FuseV1Options.EnableCookieEncryption),
    nodeOptions: read(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
    inspect: read(FuseV1Options.EnableNodeCliInspectArguments),
    asarIntegrity: read(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
    onlyFromAsar: read(FuseV1Options.OnlyLoadAppFromAsar),
    snapshot: read(FuseV1Options.LoadBrowserProcessSpecificV8Snapshot),
    filePrivileges: read(FuseV1Options.GrantFileProtocolExtraPrivileges),
  }).toEqual({
    runAsNode: false,
    cookieEncryption: true,
    nodeOptions: false,
    inspect: false,
    asarIntegrity: true,
    onlyFromAsar: true,
    snapshot: false,
    filePrivileges: false,
  });
});

test('the archive holds the shell and the pages; beside it lies the host with this platform’s files only', () => {
  const host = join(app, 'resources', 'host');
  expect(readdirSync(join(app, 'resources')).toSorted()).toEqual(['app.asar', 'host']);
  expect(readdirSync(join(host, 'node_modules', 'better-sqlite3', 'prebuilds'))).toEqual([
    `${process.platform}-${process.arch}.node`,
  ]);
  const onnx = readdirSync(join(host, 'node_modules', 'onnxruntime-node', 'bin'), {
    recursive: true,
    encoding: 'utf8',
  });
  expect(onnx.filter((name) => name.endsWith('.node'))).toEqual([
    expect.stringMatching(new RegExp(`${process.platform}/${process.arch}/onnxruntime_binding.node$`)),
  ]);
  const files = readdirSync(host, { recursive: true, encoding: 'utf8' });
  expect(files.filter((name) => /\.test\.ts$|^main\/.*testing/.test(name))).toEqual([]);
  for (const page of ['react', 'radix-ui', 'electron', 'vite', 'typescript'])
    expect(existsSync(join(host, 'node_modules', page)), page).toBe(false);
});

test('it takes neither RunAsNode nor an inspector', async () => {
  const asNode = await run({ ELECTRON_RUN_AS_NODE: '1' }, ['-e', 'process.stdout.write("as node")'], 4_000);
  expect(asNode).not.toContain('as node');
  const inspected = await run({}, ['--inspect=0'], 4_000);
  expect(inspected).not.toContain('Debugger listening');
});

test('from a folder with a difficult name it starts, its host runs, and the library shows', async () => {
  const home = await mkdtemp(join(tmpdir(), 'Ablage ü 房 '));
  const started = await launch(home);
  try {
    const { page } = started;
    const listings = await page.evaluate(async () => {
      const answer = await fetch('/api/trpc/listings.list');
      return [answer.status, await answer.json()];
    });
    expect(listings).toEqual([200, { result: { data: [] } }]);
    await expect(page.getByRole('heading').first()).toBeVisible({ timeout: 30_000 });
    await page.screenshot({ path: join(ROOT, 'out', 'e2e-packaged.png') });
    expect(await page.evaluate(() => [location.href.startsWith('studio://app/'), 'process' in globalThis])).toEqual([
      true,
      false,
    ]);
  } finally {
    await started.end();
    await rm(home, { recursive: true, force: true });
  }
});

/** Starts it with these words for a while; gives what it said. */
async function run(env: Record<string, string>, words: readonly string[], ms: number): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'picaivid-e2e-'));
  const child = spawn(join(app, 'picaivid-studio'), [...ROOT_SWITCHES, ...words], {
    env: { ...process.env, PICAIVID_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()));
  await new Promise<void>((done) => {
    const timer = setTimeout(() => child.kill('SIGTERM'), ms);
    child.once('exit', () => {
      clearTimeout(timer);
      done();
    });
  });
  await rm(home, { recursive: true, force: true });
  return said;
}

interface Launched {
  readonly page: Page;
  end(): Promise<void>;
}

/** Starts the packed app. Playwright cannot attach to its main process (the fuse is off), so it joins the page. */
async function launch(home: string): Promise<Launched> {
  const child: ChildProcess = spawn(join(app, 'picaivid-studio'), [...ROOT_SWITCHES, '--remote-debugging-port=0'], {
    env: { ...process.env, PICAIVID_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const browser = await new Promise<Browser>((done, failed) => {
    let said = '';
    child.once('exit', (code) => failed(new Error(`It ended with ${code}: ${said}`)));
    child.stderr?.on('data', (part: Buffer) => {
      said += part.toString();
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address !== undefined) chromium.connectOverCDP(address).then(done, failed);
    });
  });
  await expect.poll(() => browser.contexts()[0]?.pages().length ?? 0, { timeout: 30_000 }).toBeGreaterThan(0);
  const page = browser.contexts()[0]?.pages()[0];
  if (page === undefined) throw new Error('The app has no page.');
  return {
    page,
    end: async () => {
      const over = new Promise((done) => child.once('exit', done));
      await browser.close();
      child.kill('SIGTERM');
      await over;
    },
  };
}
