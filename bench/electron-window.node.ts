/** The studio's own browser, Electron, showing an address: for proofs in the window that people use. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron } from 'playwright-core';
import { PicaividError } from '../base/errors.ts';
import { findElectron } from '../scripts/electron-runtime.mjs';
import type { PageWindow } from './frames-page.node.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = `const { app, BrowserWindow } = require('electron');
app.whenReady().then(() => new BrowserWindow({ width: 1000, height: 700 }).loadURL(process.env.PICAIVID_SHOWN));
`;

/** The program that set-up found; undefined where there is none. */
export async function electronHere(): Promise<string | undefined> {
  return (await findElectron(ROOT, { fetch: false })).path;
}

/** Starts a display where Linux has none; says on which number it listens. */
async function display(): Promise<{ readonly name: string | undefined; readonly server: ChildProcess | undefined }> {
  if (process.platform !== 'linux' || process.env.DISPLAY) return { name: process.env.DISPLAY, server: undefined };
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const name = await new Promise<string>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', () => reject(new PicaividError('internal', 'Xvfb did not start.')));
    server.stdio[3]?.once('data', (chunk: Buffer) => resolve(`:${chunk.toString().trim()}`));
  });
  return { name, server };
}

export async function electronWindow(url: string): Promise<PageWindow> {
  const executablePath = await electronHere();
  if (executablePath === undefined)
    throw new PicaividError('file_not_found', 'Electron is not here: npm start fetches it.');
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-electron-'));
  await writeFile(join(dir, 'main.cjs'), MAIN);
  const { name, server } = await display();
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(process.env)) if (value !== undefined) env[key] = value;
  const app = await _electron.launch({
    executablePath,
    // Chromium's sandbox cannot be set up by root.
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), `--user-data-dir=${dir}`, join(dir, 'main.cjs')],
    env: { ...env, PICAIVID_SHOWN: url, ...(name === undefined ? {} : { DISPLAY: name }) },
  });
  const page = await app.firstWindow();
  await page.waitForLoadState('domcontentloaded');
  return {
    page,
    close: async () => {
      await app.close();
      server?.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
