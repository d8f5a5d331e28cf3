/**
 * From a film to files that can be trusted, in the window: real Electron, the real host, real photos, keys alone. Clips
 * are rendered, signed, one is rejected and rendered again with another motion, all are approved, three formats are
 * delivered; then ffprobe and a full decode say what lies in the folder.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { z } from 'zod';
import { voiceOverSchema } from '../../main/host/review-contract.ts';
import { sound } from '../../main/testing/listing.node.ts';
import { ffmpegPath, runFfprobe } from '../../pipeline/media/ffmpeg.node.ts';
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
const delivery = z.object({
  settings: z.object({ outputs: z.array(z.object({ shape: z.string() })) }),
  deliveries: z.array(
    z.object({
      state: z.string(),
      folder: z.string(),
      error: z.object({ message: z.string() }).nullable(),
      films: z.array(z.object({ name: z.string(), error: z.object({ message: z.string() }).nullable() })),
    }),
  ),
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

/** Frames of each clip: every frame is drawn, encoded and decoded several times. */
const SHORT = 45;

/** A listing of the folder's photos and a film of a few short clips. */
async function listing(page: Page, app: Started['app'], folder: string): Promise<string> {
  await app.evaluate(({ dialog }, chosen) => {
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
  for (const clip of (await ask(page, film, 'timeline.get', { id })).timeline?.clips ?? []) {
    const { revision } = await ask(page, film, 'timeline.get', { id });
    const edit = { type: 'setDuration', clipId: clip.id, durationFrames: SHORT, ripple: true, magnet: 'frames' };
    await tell(page, 'timeline.edit', { id, revision, label: 'Shorter', edit });
  }
  await page.getByRole('gridcell').first().dblclick();
  await expect(page).toHaveURL(/\/rooms$/);
  return id;
}

const options = (page: Page): Locator => page.getByRole('listbox', { name: 'Clips of the film' }).getByRole('option');

/** Waits until nothing is rendered any more: every clip as the film asks for it, none failed. */
async function rendered(page: Page, id: string): Promise<z.infer<typeof renders>['clips']> {
  const states = async (): Promise<readonly string[]> => {
    const { clips, task } = await ask(page, renders, 'renders.get', { id });
    return task === null ? [...new Set(clips.map((clip) => clip.error?.message ?? clip.state))] : ['at work'];
  };
  await expect.poll(states, { timeout: 400_000, intervals: [1_000] }).toEqual(['rendered']);
  return (await ask(page, renders, 'renders.get', { id })).clips;
}

/** Everything that is missing, by one key; then a take plays. */
async function renderAll(page: Page, id: string): Promise<void> {
  await page.keyboard.press('Alt+4');
  await expect(page).toHaveURL(/\/renders$/);
  await expect(options(page).first()).toContainText('Not rendered');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByTestId('clip-progress').first()).toBeVisible({ timeout: 60_000 });
  await look(page, '1-rendering');
  await rendered(page, id);
  await expect(page.getByText('Everything is rendered')).toBeVisible();
  await page.keyboard.press('Space');
  const video = page.getByRole('complementary', { name: 'Clip and takes' }).locator('video');
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime > 0.2)).toBe(true);
  await look(page, '2-rendered');
  await withoutViolations(page);
}

/** The first clip is rejected for its motion, and rendered again with another one. */
async function rejectAndRenderAgain(page: Page, id: string): Promise<void> {
  const first = async () => (await ask(page, renders, 'renders.get', { id })).clips[0];
  const before = await first();
  await page.keyboard.press('Home');
  await page.keyboard.press('v');
  await expect(page).toHaveURL(/\/review/);
  const question = page.getByRole('dialog', { name: /^Reject/ });
  await expect(async () => {
    await page.keyboard.press('r');
    await expect(question).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await page.keyboard.press('4');
  await expect(question.getByRole('radio', { checked: true })).toBeFocused();
  await look(page, '3-reject');
  await page.keyboard.press('Enter');
  const who = page.getByRole('dialog', { name: 'Who signs?' });
  await expect(who).toBeVisible();
  await page.keyboard.type('Ana Ruiz');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await first())?.review).toBe('rejected');
  await look(page, '4-rejected');

  await page.keyboard.press('Alt+4');
  await expect(options(page).first()).toContainText('Rejected');
  await page.keyboard.press('Home');
  await page.keyboard.press('e');
  const motion = page.getByRole('combobox', { name: 'Motion' });
  await expect(motion).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('option', { selected: true, name: /./ }).last()).toBeFocused();
  const other = page.locator('[data-radix-select-viewport]').getByRole('option', { selected: false }).first();
  const words = z.string().parse(await other.textContent());
  await page.keyboard.type(words.slice(0, 6).toLowerCase());
  await expect(other).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(motion).toContainText(words);
  const again = page.getByRole('button', { name: /^Render again/ });
  while (!(await again.evaluate((element) => element === document.activeElement))) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await first())?.motion).not.toBe(before?.motion);
  const after = (await rendered(page, id))[0];
  expect([after?.review, (after?.takes.length ?? 0) > (before?.takes.length ?? 0)]).toEqual(['pending', true]);
  expect(after?.takes.find((take) => take.current)?.specHash).not.toBe(
    before?.takes.find((take) => take.current)?.specHash,
  );
  await look(page, '5-rendered-again');
}

/** Each clip that waits is looked at and signed, by two keys. */
async function approveAll(page: Page, id: string): Promise<void> {
  await page.keyboard.press('Alt+5');
  await expect(page).toHaveURL(/\/review/);
  const waiting = async (): Promise<number> =>
    (await ask(page, renders, 'renders.get', { id })).clips.filter(({ review }) => review !== 'approved').length;
  for (let left = await waiting(); left > 0; left = await waiting()) {
    await page.keyboard.press('u');
    // Nothing is signed before it was shown.
    await expect(page.getByRole('button', { name: /^Approve/ })).toBeEnabled({ timeout: 60_000 });
    await page.keyboard.press('a');
    await expect.poll(waiting).toBe(left - 1);
  }
  await look(page, '6-approved');
}

/** Three films into a folder of their own, from the keyboard. */
async function deliver(page: Page, id: string): Promise<z.infer<typeof delivery>> {
  await page.keyboard.press('Alt+6');
  await expect(page).toHaveURL(/\/deliver$/);
  await expect(page.getByRole('heading', { name: 'Nothing stands in the way' })).toBeVisible();
  const outputs = async (): Promise<number> =>
    (await ask(page, delivery, 'delivery.get', { id })).settings.outputs.length;
  for (let count = await outputs(); count < 3; count = await outputs()) {
    await page.keyboard.press('n');
    await expect.poll(outputs).toBe(count + 1);
  }
  await expect(page.getByRole('img', { name: /of the film/ })).toBeVisible({ timeout: 30_000 });
  await look(page, '7-before');
  await withoutViolations(page);
  await page.keyboard.press('Control+Enter');
  const made = page.getByRole('complementary', { name: 'Deliveries' });
  await expect(made.getByRole('progressbar').first()).toBeVisible({ timeout: 60_000 });
  await look(page, '8-at-work');
  const newest = async () => (await ask(page, delivery, 'delivery.get', { id })).deliveries[0];
  await expect
    .poll(async () => (await newest())?.state, { timeout: 400_000, intervals: [1_000] })
    .not.toMatch(/^(waiting|running)$/);
  const ended = await newest();
  expect([ended?.state, ended?.error, ended?.films.map(({ error }) => error)]).toEqual([
    'done',
    null,
    [null, null, null],
  ]);
  await expect(made.getByText(/^All \d+ checks passed$/)).toHaveCount(3);
  await look(page, '9-delivered');
  await withoutViolations(page);
  return ask(page, delivery, 'delivery.get', { id });
}

/** What ffprobe and a full decode say of a film. */
async function measured(
  path: string,
): Promise<{ readonly size: string; readonly frames: number; readonly rate: string }> {
  const words = ['-count_frames', '-select_streams', 'v:0', '-show_streams', path];
  const stream = z
    .object({
      streams: z.tuple([
        z.object({
          width: z.number(),
          height: z.number(),
          nb_read_frames: z.coerce.number(),
          r_frame_rate: z.string(),
          codec_name: z.literal('h264'),
          pix_fmt: z.literal('yuv420p'),
        }),
      ]),
    })
    .parse(await runFfprobe(words)).streams[0];
  // Not a word of warning in a full decode of picture and sound.
  const { status, stderr } = spawnSync(ffmpegPath(), ['-v', 'warning', '-i', path, '-f', 'null', '-']);
  expect([status, String(stderr)]).toEqual([0, '']);
  return { size: `${stream.width}×${stream.height}`, frames: stream.nb_read_frames, rate: stream.r_frame_rate };
}

test.describe.configure({ mode: 'serial' });

test('rendered, one rejected and rendered again with another motion, all approved', async () => {
  test.setTimeout(900_000);
  mkdirSync(shots, { recursive: true });
  studio = await start({ real: true, home: join(work, 'home') });
  const { page } = studio;
  const id = await listing(page, studio.app, photos(join(work, '12_willow_lane')));
  await renderAll(page, id);
  await rejectAndRenderAgain(page, id);
  await approveAll(page, id);
});

test('delivered in three formats; ffprobe and a full decode say what lies in the folder', async () => {
  test.setTimeout(600_000);
  if (studio === undefined) throw new Error('The window is not open.');
  const { app, page } = studio;
  const id = z.string().parse((await ask(page, listings, 'listings.list'))[0]?.id);
  const document = await deliver(page, id);

  const done = document.deliveries[0];
  const { timeline } = await ask(page, film, 'timeline.get', { id });
  const frames = timeline?.clips.reduce((sum, clip) => sum + clip.durationFrames, 0);
  const folder = z.string().parse(done?.folder);
  const found = await Promise.all((done?.films ?? []).map(({ name }) => measured(join(folder, name))));
  expect(found).toEqual([
    { size: '1920×1080', frames, rate: '30/1' },
    { size: '1080×1920', frames, rate: '30/1' },
    { size: '1080×1080', frames, rate: '30/1' },
  ]);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const name of ['originals.html', 'provenance.json', 'poster.jpg', ...(done?.films ?? []).map((one) => one.name)])
    expect(files).toContain(name);
  expect(files.filter((name) => /\.otio$/.test(name))).toHaveLength(1);
  expect(files.filter((name) => /part|tmp|~$/.test(name))).toEqual([]);

  // The film plays from its folder, and the folder can be shown.
  await page.keyboard.press('Space');
  const video = page.getByRole('dialog').locator('video');
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime > 0.5)).toBe(true);
  await look(page, '10-playing');
  await page.keyboard.press('Escape');
  await app.evaluate(({ shell }) => {
    shell.showItemInFolder = (path) => void Object.assign(globalThis, { revealed: path });
  });
  await page.keyboard.press('o');
  await expect.poll(() => app.evaluate(() => Reflect.get(globalThis, 'revealed') as unknown)).toBe(folder);
});

test('a voice-over goes through the shell to the host, and is heard from there', async () => {
  studio ??= await start({ real: true, home: join(work, 'home') });
  const wav = readFileSync(await sound(join(work, 'agent.wav'), 'aevalsrc=0.3*sin(900*2*PI*t)', 2));
  const taken = await studio.page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const answer = await fetch('/api/voice?name=agent.wav', { method: 'POST', body: new File([bytes], 'agent.wav') });
    return (await answer.json()) as unknown;
  }, wav.toString('base64'));
  const voice = voiceOverSchema.parse(taken);
  expect(voice).toMatchObject({ name: 'agent.wav', seconds: 2 });
  const heard = await studio.page.evaluate(
    (id) =>
      new Promise<number>((resolve) => {
        const audio = new Audio(`/voice/${id}`);
        audio.addEventListener('canplaythrough', () => resolve(audio.duration));
        audio.addEventListener('error', () => resolve(-1));
        audio.load();
      }),
    voice.id,
  );
  expect(heard).toBeCloseTo(2, 1);
});
