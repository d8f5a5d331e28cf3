/**
 * Review in Chromium over the real host, by keys and mouse: the number painted into each frame is read back from the
 * canvas, decisions and notes are read back from the host. Takes are painted ones, put beside the host as a render
 * would put them; the photos are the sample's.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { build } from 'vite';
import type { ReviewClip } from '../../main/host/review-contract.ts';
import { client, type HostChild, hostChild, signIn } from '../../main/host/testing/host.node.ts';
import { smallFilm } from '../../main/host/testing/renders.node.ts';
import { TakeMaker } from '../../main/host/testing/reviews.node.ts';
import { smallListing } from '../../main/testing/listing.node.ts';
import { withoutViolations } from '../journey.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FRAMES = 48;
const work = mkdtempSync(join(tmpdir(), 'picaivid-review-'));
const pages = join(work, 'pages');
const shots = join(ROOT, 'out', 'review');
const home = join(work, 'home');
let host: HostChild;
let headers: Awaited<ReturnType<typeof signIn>>;
let id = '';
let clipIds: readonly string[] = [];
let maker: TakeMaker;
let complaints: string[] = [];

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  test.setTimeout(240_000); // the build
  mkdirSync(shots, { recursive: true });
  await build({
    configFile: join(ROOT, 'renderer', 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: pages, sourcemap: false, reportCompressedSize: false },
  });
  await smallListing(join(work, '18 Willow Lane'), 4);
  const child = await hostChild({ home, port: 0, pages });
  headers = await signIn(child);
  host = { ...child, studio: client(child.target, headers) };
  const film = await smallFilm(host, join(work, '18 Willow Lane'), { count: 4, frames: FRAMES });
  id = film.id;
  clipIds = film.clips.map((clip) => clip.id);
  maker = await TakeMaker.open(home, id);
  const figures = [
    { name: 'first_frame_ssim', value: 0.98, limit: 0.93, pass: true },
    { name: 'flicker', value: 0.031, limit: 0.02, pass: false, frames: [[20, 27] as const] },
  ];
  for (const clipId of clipIds)
    await maker.put(clipId, { facts: { figures, reasons: ['The light flickers.'], validationScore: 0.91 } });
});
test.afterAll(async () => {
  await maker?.close();
  await host?.kill();
  rmSync(work, { recursive: true, force: true });
});
test.beforeEach(async ({ page }) => {
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
});
test.afterEach(() => expect(complaints).toEqual([]));

const number = (page: Page): Locator => page.getByTestId('frame-number');
const rows = (page: Page): Locator => page.getByRole('listbox', { name: 'Clips of the film' }).getByRole('option');
const panel = (page: Page): Locator => page.getByRole('complementary', { name: 'Findings, notes and takes' });

async function open(page: Page, clip = 0): Promise<void> {
  const [name = '', value = ''] = String(headers.cookie).split('=');
  const origin = String(headers.origin);
  await page.context().addCookies([{ name, value, url: origin }]);
  await page.goto(`${origin}/#/listing/${id}/review?clip=${clipIds[clip]}`);
  await expect(number(page)).toHaveText(/\d/);
}

/** The number painted into the frame on a canvas: six bars in its upper third. */
const painted = (page: Page, canvas = 'review-canvas'): Promise<number> =>
  page.getByTestId(canvas).evaluate((element: HTMLCanvasElement) => {
    const { data } = element.getContext('2d')?.getImageData(0, Math.floor(element.height / 8), element.width, 1) ?? {
      data: [],
    };
    let value = 0;
    for (let bit = 0; bit < 6; bit++) {
      const x = Math.floor(((bit + 0.5) * element.width) / 6);
      if ((data[x * 4] ?? 0) > 128) value |= 1 << bit;
    }
    return value;
  });

/** Both at one moment: what the counter says and what is painted on the canvas. */
async function bothSay(page: Page, frame: number): Promise<void> {
  await expect(number(page)).toHaveText(String(frame));
  expect(await painted(page)).toBe(frame);
}

async function clipOf(at: number): Promise<ReviewClip> {
  const clip = (await host.studio.review.get.query({ id })).clips[at];
  if (clip === undefined) throw new Error('no such clip');
  return clip;
}

test('every frame number is the one painted into the picture', async ({ page }) => {
  await host.studio.person.set.mutate({ name: 'Ada Lovelace', role: 'producer' });
  await open(page);
  await bothSay(page, 0);
  for (const frame of [1, 2, 3]) {
    await page.keyboard.press('.');
    await bothSay(page, frame);
  }
  await page.keyboard.press(',');
  await bothSay(page, 2);
  await page.keyboard.press('Shift+ArrowRight');
  await bothSay(page, 12);
  await page.keyboard.press('ArrowLeft');
  await bothSay(page, 11);
  await page.keyboard.press('End');
  await bothSay(page, FRAMES - 1);
  await page.keyboard.press('ArrowRight');
  await bothSay(page, FRAMES - 1);
  await page.keyboard.press('Home');
  await bothSay(page, 0);
  // Fast keys add up.
  for (let press = 0; press < 9; press++) await page.keyboard.press('ArrowRight');
  await bothSay(page, 9);
  // The strip: each frame has its column.
  const strip = page.getByTestId('strip');
  const box = await strip.boundingBox();
  if (box === null) throw new Error('no strip');
  for (const frame of [40, 17, 0, 47]) {
    await page.mouse.click(box.x + ((frame + 0.5) * box.width) / FRAMES, box.y + box.height / 2);
    await bothSay(page, frame);
    await expect(strip).toHaveAttribute('aria-valuenow', String(frame));
  }
  // In and out, then played in a loop: never a frame outside, and each number is the painted one.
  await page.keyboard.press('Home');
  for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('i');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('o');
  await page.keyboard.press('Space');
  const seen = await page.evaluate(
    () =>
      new Promise<(readonly [number, number])[]>((resolve) => {
        const canvas = document.querySelector<HTMLCanvasElement>('[data-testid="review-canvas"]');
        const counter = document.querySelector('[data-testid="frame-number"]');
        const found: (readonly [number, number])[] = [];
        const look = (): void => {
          const line = canvas?.getContext('2d')?.getImageData(0, Math.floor(canvas.height / 8), canvas.width, 1).data;
          let value = 0;
          for (let bit = 0; bit < 6; bit++)
            if ((line?.[Math.floor(((bit + 0.5) * (canvas?.width ?? 0)) / 6) * 4] ?? 0) > 128) value |= 1 << bit;
          found.push([Number(counter?.textContent), value]);
          if (found.length < 90) requestAnimationFrame(look);
          else resolve(found);
        };
        look();
      }),
  );
  expect(seen.filter(([told, drawn]) => told !== drawn)).toEqual([]);
  expect(seen.filter(([told]) => told < 5 || told > 15)).toEqual([]);
  expect(new Set(seen.map(([told]) => told)).size).toBeGreaterThan(5);
  await page.keyboard.press('k');
  await page.keyboard.press('Shift+X');
  await expect(page.getByTestId('frame-said')).toContainText(`of ${FRAMES}, to review`);
  await page.screenshot({ path: join(shots, 'first.png') });
});
