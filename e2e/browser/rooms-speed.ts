/**
 * Main-thread work while scrolling and dragging among 500 photos, by the browser's own trace:
 *   node e2e/browser/rooms-speed.ts <folder of built pages>
 * Prints, for each frame of work, the processor time of the page's main thread (script, style, layout, paint), which a
 * busy machine does not inflate as it does the time on the wall.
 */
import { chromium } from '@playwright/test';
import { z } from 'zod';
import { startFakeHost } from '../../renderer/testing/fake-host.node.ts';
import { FakeRooms, madeUpRooms } from '../../renderer/testing/fake-rooms.node.ts';

const traceEvents = z.array(
  z.object({
    name: z.string(),
    ph: z.string(),
    pid: z.number(),
    tid: z.number(),
    ts: z.number(),
    dur: z.number().optional(),
    tdur: z.number().optional(),
    args: z.record(z.string(), z.unknown()).optional(),
  }),
);
const FRAME_US = 1e6 / 60;

const pages = process.argv[2];
const host = await startFakeHost({ listings: 3, ...(pages === undefined ? {} : { pages }) });
const rooms = new FakeRooms(host.service, 'listing-0000', madeUpRooms(500));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
await page.goto(`${host.url}/#/listing/${rooms.listingId}/rooms`);
const first = page.locator('[data-photo="p_0000"]');
await first.waitFor();
await page.keyboard.press('b'); // without the preview: its drawing is measured where it is made
await page.waitForTimeout(3_000);

/** Sums the main thread's work in frames of 1/60 s; frames without work are left out. */
async function measure(name: string, run: () => Promise<void>): Promise<void> {
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline', '__metadata'] });
  await run();
  const trace: unknown = JSON.parse((await browser.stopTracing()).toString());
  const events = z.object({ traceEvents }).parse(trace).traceEvents;
  const mains = events.filter((e) => e.name === 'thread_name' && e.args?.name === 'CrRendererMain');
  const tasks = events.filter(
    (e) => e.name === 'RunTask' && e.ph === 'X' && mains.some((main) => main.pid === e.pid && main.tid === e.tid),
  );
  const frames = new Map<number, number>();
  for (const task of tasks) {
    const frame = Math.floor(task.ts / FRAME_US);
    frames.set(frame, (frames.get(frame) ?? 0) + (task.tdur ?? task.dur ?? 0) / 1000);
  }
  const work = [...frames.values()].filter((ms) => ms > 0.2).sort((a, b) => a - b);
  const at = (part: number): string =>
    (work[Math.min(work.length - 1, Math.floor(part * work.length))] ?? 0).toFixed(1);
  const longest = Math.max(0, ...tasks.map((task) => (task.tdur ?? task.dur ?? 0) / 1000));
  process.stdout.write(
    `${name}: ${work.length} frames with work, median ${at(0.5)} ms, p95 ${at(0.95)} ms, longest task ${longest.toFixed(1)} ms\n`,
  );
}

await page.mouse.move(600, 500);
await measure('scroll', async () => {
  for (let step = 0; step < 120; step += 1) {
    await page.mouse.wheel(0, 120);
    await page.waitForTimeout(16);
  }
});
await page.getByTestId('lanes').evaluate((list) => {
  list.scrollTop = 0;
});
await page.waitForTimeout(1_000);
const box = await first.boundingBox();
if (box !== null) {
  await page.mouse.move(box.x + 50, box.y + 50);
  await page.mouse.down();
  await measure('drag', async () => {
    for (let step = 0; step < 150; step += 1) {
      await page.mouse.move(box.x + 50 + (step % 40) * 8, box.y + 60 + step * 4);
      await page.waitForTimeout(16);
    }
  });
  await page.keyboard.press('Escape');
  await page.mouse.up();
}
await browser.close();
await host.close();
