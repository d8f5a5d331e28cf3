/**
 * `bench screens`: what the main thread of a page does in each frame while 500 photos or 500 listings are scrolled and
 * dragged, and how long it stands still while previews load. The pages are the built ones, the host is the tests' own.
 */
import { dirname } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { PicaividError } from '../base/errors.ts';
import { startFakeHost } from '../renderer/testing/fake-host.node.ts';
import { FakeRooms, madeUpRooms } from '../renderer/testing/fake-rooms.node.ts';
import { buildPages } from '../scripts/build-pages.mjs';
import { launchChromium } from './browser.node.ts';
import { type MainThreadWork, mainThreadWork, TRACE_CATEGORIES } from './main-thread.ts';
import type { BenchResult, BenchRow } from './types.ts';

const ROOT = dirname(import.meta.dirname);
const COUNT = 500;
const GOAL_MS = 8;
const SETTLE_MS = 1500;
const DRAG_STEPS = 150;
/** A quick hand on a wheel: 3000 px a second at 60 frames. */
const SCROLL = { pixels: 50, frames: 180 };

export interface Measured {
  readonly what: string;
  readonly work: MainThreadWork;
}
type OnTrace = (what: string, trace: unknown) => void;

class Bench {
  readonly results: Measured[] = [];
  private readonly browser: Browser;
  private readonly page: Page;
  private readonly options: ScreensOptions;

  constructor(browser: Browser, page: Page, options: ScreensOptions) {
    this.browser = browser;
    this.page = page;
    this.options = options;
  }

  async measure(what: string, run: () => Promise<void>): Promise<void> {
    const { only, categories = [], onTrace } = this.options;
    if (only !== undefined && !what.includes(only)) return;
    await this.browser.startTracing(this.page, { categories: [...TRACE_CATEGORIES, ...categories] });
    await run();
    const trace: unknown = JSON.parse((await this.browser.stopTracing()).toString());
    onTrace?.(what, trace);
    this.results.push({ what, work: mainThreadWork(trace) });
  }

  /** So many pixels in each frame that the page draws, however many it draws in a second. */
  async scroll(selector: string): Promise<void> {
    // As text: it runs in the page, whose globals the tools' own code does not have.
    await this.page.evaluate(`new Promise((done) => {
      const list = document.querySelector(${JSON.stringify(selector)});
      let left = ${SCROLL.frames};
      const step = () => {
        if (left-- === 0) return done();
        list.scrollTop += ${SCROLL.pixels};
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    })`);
  }
}

export interface ScreensOptions {
  /** Folder of built pages; without it they are built. */
  readonly pages?: string;
  /** Measures only what has this in its name. */
  readonly only?: string;
  /** More of the trace, for a look at causes. */
  readonly categories?: readonly string[];
  readonly onTrace?: OnTrace;
}

/** Scrolling and dragging, measured one after the other in a window of 1440 × 900. */
export async function measureScreens(options: ScreensOptions = {}): Promise<readonly Measured[]> {
  if (options.pages === undefined && !buildPages(ROOT, process.execPath, { quiet: true }))
    throw new PicaividError('internal', 'The pages could not be built.');
  const host = await startFakeHost({
    listings: COUNT,
    ...(options.pages === undefined ? {} : { pages: options.pages }),
  });
  const browser = await launchChromium({ webgl: false });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const bench = new Bench(browser, page, options);
    const rooms = new FakeRooms(host.service, 'listing-0000', madeUpRooms(COUNT));
    await measureRooms(bench, page, `${host.url}/#/listing/${rooms.listingId}/rooms`);
    await measureLibrary(bench, page, `${host.url}/#/`);
    await measurePreviews(bench.results, options, `${host.url}/#/listing/${rooms.listingId}/rooms`);
    return bench.results;
  } finally {
    await browser.close();
    await host.close();
  }
}

/** Three photos are pointed at, one after the other, until each plays. The processor draws: the worst case. */
async function measurePreviews(results: Measured[], options: ScreensOptions, url: string): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const bench = new Bench(browser, page, options);
    await page.goto(url);
    await page.locator('[data-photo="p_0000"]').click();
    await page.locator('canvas[data-shown="true"]').waitFor();
    await bench.measure('3 previews, drawn by the processor', async () => {
      for (const photo of ['p_0002', 'p_0006', 'p_0009']) {
        await page.locator(`[data-photo="${photo}"]`).hover();
        await page.waitForTimeout(SETTLE_MS / 2);
        await page.locator('canvas[data-shown="true"]').waitFor();
        await page.waitForTimeout(SETTLE_MS);
      }
    });
    results.push(...bench.results);
  } finally {
    await browser.close();
  }
}

async function measureRooms(bench: Bench, page: Page, url: string): Promise<void> {
  await page.goto(url);
  const first = page.locator('[data-photo="p_0000"]');
  await first.waitFor();
  await page.keyboard.press('b'); // without the preview, whose drawing is measured by itself
  await page.waitForTimeout(SETTLE_MS);
  await bench.measure(`${COUNT} photos, scrolled`, () => bench.scroll('[data-testid="lanes"]'));
  await page.getByTestId('lanes').evaluate((list) => {
    list.scrollTop = 0;
  });
  await page.waitForTimeout(SETTLE_MS);
  await first.click();
  await page.locator('[data-photo="p_0005"]').click({ modifiers: ['Shift'] });
  const box = await first.boundingBox();
  if (box === null) throw new PicaividError('internal', 'The first photo is not in sight.');
  const drag = async (x: number, y: number, end: () => Promise<void>): Promise<void> => {
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let step = 0; step < DRAG_STEPS; step += 1) {
      await page.mouse.move(x + (step % 40) * 8, y + step * 4);
      await page.waitForTimeout(16);
    }
    await end();
    await page.mouse.up();
  };
  await bench.measure(`6 of ${COUNT} photos, dragged over rooms and the list's edge`, () =>
    drag(box.x + 50, box.y + 50, () => page.keyboard.press('Escape')),
  );
  await page.getByTestId('lanes').evaluate((list) => {
    list.scrollTop = 0;
  });
  await page.waitForTimeout(SETTLE_MS);
  await bench.measure(`rubber band over ${COUNT} photos and the list's edge`, () =>
    drag(box.x - 8, box.y + 4, async () => {}),
  );
  await page.keyboard.press('b'); // it is remembered, and the previews are measured in it
}

async function measureLibrary(bench: Bench, page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator('[data-card="listing-0000"]').waitFor();
  await page.waitForTimeout(SETTLE_MS);
  await bench.measure(`${COUNT} listings, scrolled`, () => bench.scroll('[role="grid"]'));
}

/** Errors: `file_not_found` without Chromium, `internal` when the pages do not build. */
export async function benchScreens(): Promise<BenchResult> {
  const measured = await measureScreens();
  const rows = measured.flatMap(({ what, work }): BenchRow[] => {
    const goal = { goal: `≤ ${GOAL_MS}`, met: work.p95.cpu <= GOAL_MS };
    const longest = { value: work.longestTask.wall, unit: 'ms' };
    if (what.includes('previews')) return [{ what: `${what}: longest task on the wall`, ...longest }];
    return [
      { what: `${what}: work per frame, p95`, value: work.p95.cpu, unit: 'ms', ...goal },
      { what: `${what}: the same on the wall`, value: work.p95.wall, unit: 'ms' },
      { what: `${what}: long tasks`, value: work.longTasks.cpu, unit: '', goal: '0', met: work.longTasks.cpu === 0 },
    ];
  });
  return {
    name: 'screens',
    rows,
    notes: [
      "Work is the processor time of the page's main thread from one drawn frame to the next; scrolling moves 50 px in each.",
      'Time on the wall and, to a lesser degree, processor time grow while other programs share the processor.',
    ],
  };
}
