/** Starts the shell in real Electron with a data folder of its own and, unless told otherwise, the fake host. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, expect, type Page } from '@playwright/test';
// `window.studio` in what the tests run in pages.
import type {} from '../../main/desktop/bridge.ts';
import { findElectron } from '../../scripts/electron-runtime.mjs';

export const ROOT = join(import.meta.dirname, '..', '..');
export const DESKTOP = join(ROOT, 'dist', 'desktop');
const FAKE_HOST = join(ROOT, 'main', 'desktop', 'testing', 'fake-host.node.ts');
const TEST_PAGES = join(import.meta.dirname, 'pages');

export interface Started {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly home: string;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly words?: readonly string[];
  /** The studio's own pages and host in place of the tests'. */
  readonly real?: boolean;
  readonly home?: string;
}

/** The Electron that set-up found; a test without one fails with the reason. */
export async function electron(): Promise<{ path: string; dist: string; version: string }> {
  const found = await findElectron(ROOT, { fetch: false });
  if (found.path === undefined) throw new Error(found.reason);
  return found;
}

/** As root, Chromium's sandbox cannot be set up: in the tests' containers, not on people's machines. */
export const ROOT_SWITCHES: readonly string[] = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export async function start(options: StartOptions = {}): Promise<Started> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'picaivid-e2e-')));
  const { path } = await electron();
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  const tests = options.real === true ? {} : { PICAIVID_PAGES: TEST_PAGES, PICAIVID_HOST_SCRIPT: FAKE_HOST };
  const app = await _electron.launch({
    executablePath: path,
    args: [...ROOT_SWITCHES, DESKTOP, ...(options.words ?? [])],
    env: { ...env, ...tests, PICAIVID_HOME: home, ...options.env },
    timeout: 60_000,
  });
  const page = await app.firstWindow();
  await page.waitForLoadState('domcontentloaded');
  return {
    app,
    page,
    home,
    close: async () => {
      await app.close();
      if (options.home === undefined) await rm(home, { recursive: true, force: true });
    },
  };
}

/** A display for tests where there is none: Xvfb, which says on which number it listens. */
export async function display(): Promise<ChildProcess | undefined> {
  if (process.platform !== 'linux' || process.env.DISPLAY) return undefined;
  expect(existsSync('/usr/bin/Xvfb'), 'Xvfb is missing: sudo apt-get install xvfb').toBe(true);
  const xvfb = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise<string>((done, failed) => {
    xvfb.once('exit', () => failed(new Error('Xvfb did not start.')));
    xvfb.stdio[3]?.once('data', (data: Buffer) => done(data.toString().trim()));
  });
  process.env.DISPLAY = `:${number}`;
  return xvfb;
}
