/** `bench start`: from the process's start to a library of 200 listings that answers, beside an empty window. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type Page } from 'playwright-core';
import { PicaividError } from '../base/errors.ts';
import { openStudio } from '../db/studio/open.node.ts';
import { display } from '../e2e/desktop/start.node.ts';
import { buildDesktop } from '../scripts/build-desktop.mjs';
import { findElectron } from '../scripts/electron-runtime.mjs';
import type { BenchResult } from './types.ts';

const ROOT = join(import.meta.dirname, '..');
const LISTINGS = 200;
const RUNS = 5;
const GOAL_RATIO = 2;

const EMPTY_MAIN = `import { app, BrowserWindow } from 'electron';
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
app.on('window-all-closed', () => app.quit());
app.whenReady().then(() => new BrowserWindow({ width: 1440, height: 900 }).loadURL('data:text/html,<button>Empty</button>'));
`;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** A library of listings that were added and never analysed, so that the host has nothing else to do. */
async function fillLibrary(home: string): Promise<void> {
  await mkdir(home, { recursive: true });
  const studio = await openStudio(home);
  for (let i = 0; i < LISTINGS; i++) {
    const folder = join(home, 'photos', String(i));
    await mkdir(folder, { recursive: true });
    await studio.store.createListing({
      name: `${i + 1} Willow Lane`,
      folder,
      template: 'classic',
      targetSeconds: 45,
    });
  }
  await studio.close();
}

/** Seconds until the page shows what is asked for and answers a question of ours. */
async function startOnce(
  executablePath: string,
  folder: string,
  env: Readonly<Record<string, string>>,
  usable: (page: Page) => Promise<unknown>,
): Promise<number> {
  const inherited = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const began = performance.now();
  const app = await _electron.launch({ executablePath, args: [...asRoot, folder], env: { ...inherited, ...env } });
  try {
    const page = await app.firstWindow();
    await usable(page);
    return (performance.now() - began) / 1000;
  } finally {
    await app.close();
  }
}

/**
 * Looked for in each frame of the page: Playwright's own waiting looks after 20, 50, 100, 100 and then every 500 ms, and
 * told of a library that was drawn at 1.15 s at 1.05 or at 1.6.
 */
const there = (page: Page, selector: string): Promise<unknown> =>
  page.waitForFunction((what) => (globalThis as unknown as Dom).document.querySelector(what) !== null, selector, {
    polling: 'raf',
  });
interface Dom {
  readonly document: { querySelector(selector: string): unknown };
}

/** Errors: `file_not_found` where there is no Electron. */
export async function benchStart(): Promise<BenchResult> {
  const electron = await findElectron(ROOT, { quiet: true });
  if (electron.path === undefined) throw new PicaividError('file_not_found', electron.reason);
  const { path } = electron;
  const work = await mkdtemp(join(tmpdir(), 'picaivid-start-'));
  const xvfb = await display();
  try {
    const desktop = await buildDesktop(ROOT);
    const empty = join(work, 'empty');
    await mkdir(empty);
    await writeFile(join(empty, 'package.json'), '{"name":"empty","type":"module","main":"main.mjs"}');
    await writeFile(join(empty, 'main.mjs'), EMPTY_MAIN);
    const home = join(work, 'home');
    await fillLibrary(home);
    const studioSeconds: number[] = [];
    const emptySeconds: number[] = [];
    // In turns, so that a machine that grows busy slows both; one of each before, to fill the disk's cache.
    for (let run = -1; run < RUNS; run++) {
      const plain = await startOnce(path, empty, {}, async (page) => {
        await there(page, 'button');
        await page.getByRole('button').click();
      });
      const studio = await startOnce(path, desktop, { PICAIVID_HOME: home }, async (page) => {
        await there(page, '[role="gridcell"]');
        await page.getByRole('gridcell').first().click();
        await there(page, '[role="gridcell"][aria-selected="true"]');
      });
      if (run < 0) continue;
      emptySeconds.push(plain);
      studioSeconds.push(studio);
    }
    const ratio = median(studioSeconds) / median(emptySeconds);
    return {
      name: 'start',
      rows: [
        { what: 'empty Electron window that answers a click', value: median(emptySeconds), unit: 's' },
        { what: `studio with ${LISTINGS} listings, first card selected`, value: median(studioSeconds), unit: 's' },
        {
          what: 'studio / empty window',
          value: ratio,
          unit: '×',
          goal: `≤ ${GOAL_RATIO}`,
          met: ratio <= GOAL_RATIO,
        },
      ],
      notes: [
        `Electron ${electron.version}; medians of ${RUNS} runs each, in turns. Driving by Playwright is part of both.`,
        'The listings have no posters: they were added and not analysed.',
      ],
    };
  } finally {
    xvfb?.kill();
    await rm(work, { recursive: true, force: true });
  }
}
