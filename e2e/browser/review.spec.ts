/**
 * Review in Chromium over the real host, by keys and mouse: the number painted into each frame is read back from the
 * canvas, decisions and notes are read back from the host. Takes are painted ones, put beside the host as a render
 * would put them; the photos are the sample's.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Locator, type Page, expect as playwright, test } from '@playwright/test';
import sharp from 'sharp';
import type { ReviewClip } from '../../main/host/review-contract.ts';
import { client, type HostChild, hostChild, signIn } from '../../main/host/testing/host.node.ts';
import { rendersDone, smallFilm } from '../../main/host/testing/renders.node.ts';
import { TakeMaker } from '../../main/host/testing/reviews.node.ts';
import { smallListing } from '../../main/testing/listing.node.ts';
import { withoutViolations } from '../journey.ts';
import { builtPages } from './pages.ts';

// A busy machine may take long to make a copy for review: nothing here is timed.
const expect = playwright.configure({ timeout: 30_000 });
const ROOT = join(import.meta.dirname, '..', '..');
const FRAMES = 48;
const work = mkdtempSync(join(tmpdir(), 'picaivid-review-'));
const pages = builtPages();
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
  test.setTimeout(240_000); // renders and takes
  mkdirSync(shots, { recursive: true });
  await smallListing(join(work, '18 Willow Lane'), 4);
  const child = await hostChild({ home, port: 0, pages });
  headers = await signIn(child);
  host = { ...child, studio: client(child.target, headers) };
  const film = await smallFilm(host, join(work, '18 Willow Lane'), { count: 4, frames: FRAMES });
  id = film.id;
  clipIds = film.clips.map((clip) => clip.id);
  maker = await TakeMaker.open(home, id);
  await host.studio.person.set.mutate({ name: 'Ada Lovelace', role: 'producer' });
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
  await expect(number(page)).toHaveText(/\d/, { timeout: 40_000 });
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

test('notes on a frame, on a range, and drawn: kept by the host, shown where they were drawn at every size', async ({
  page,
}) => {
  await open(page, 1);
  await page.keyboard.press('Shift+ArrowRight');
  await bothSay(page, 10);
  await page.keyboard.press(';');
  await expect(page.getByRole('textbox', { name: 'Note' })).toBeFocused();
  await page.keyboard.type('Lamp edge smears a little');
  await page.keyboard.press('Enter');
  await expect(panel(page).locator('[data-note]')).toContainText('Lamp edge smears a little');
  // The keyboard is back with the picture.
  await page.keyboard.press('ArrowRight');
  await bothSay(page, 11);

  // A drag under the strip marks the frames of a note.
  const lane = await page.getByTestId('note-lane').boundingBox();
  if (lane === null) throw new Error('no lane');
  const at = (frame: number): number => lane.x + ((frame + 0.5) * lane.width) / FRAMES;
  await page.mouse.move(at(30), lane.y + 10);
  await page.mouse.down();
  await page.mouse.move(at(36), lane.y + 10, { steps: 4 });
  await page.mouse.up();
  await expect(panel(page).getByText('Note on frames 30 to 36')).toBeVisible();
  await page.keyboard.type('Slower here');
  await page.keyboard.press('Enter');
  await expect(panel(page).locator('[data-note]')).toHaveCount(2);

  // Drawn with the mouse: a box, its corners where they were pressed.
  await page.keyboard.press('Home');
  await page.keyboard.press('d');
  const pad = page.getByTestId('pad');
  await expect(pad).toBeFocused();
  await panel(page).getByRole('radio', { name: 'Box' }).click();
  const frame = await pad.boundingBox();
  if (frame === null) throw new Error('no pad');
  await page.mouse.move(frame.x + 0.25 * frame.width, frame.y + 0.5 * frame.height);
  await page.mouse.down();
  await page.mouse.move(frame.x + 0.75 * frame.width, frame.y + 0.8 * frame.height, { steps: 5 });
  await page.mouse.up();
  // And with the keys: a line of the pen from the middle to the right.
  await panel(page).getByRole('radio', { name: 'Pen', exact: true }).click();
  await panel(page).getByRole('radio', { name: 'Yellow' }).click();
  await pad.focus();
  await page.keyboard.press('Space');
  for (let press = 0; press < 4; press++) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Space');
  await expect(panel(page).getByText('2 marks')).toBeVisible();
  await page.screenshot({ path: join(shots, 'drawing.png') });
  await withoutViolations(page);
  await pad.focus();
  await page.keyboard.press('Enter');
  await expect(panel(page).getByText('Drawing', { exact: true })).toBeVisible();
  const { notes } = await clipOf(1);
  expect(notes.map(({ inFrame, outFrame, text, marks }) => [inFrame, outFrame, text, marks.length])).toEqual([
    [10, 10, 'Lamp edge smears a little', 0],
    [30, 36, 'Slower here', 0],
    [0, 0, '', 2],
  ]);
  const [box, line] = notes[2]?.marks ?? [];
  expect(box?.tool).toBe('rectangle');
  for (const [at, wanted] of [0.25, 0.5, 0.75, 0.8].entries()) expect(box?.points.flat()[at]).toBeCloseTo(wanted, 2);
  expect(line).toMatchObject({ tool: 'pen', colour: 'yellow', points: [[0.5, 0.5], [0.55, 0.5], [0.6, 0.5], [0.65, 0.5], [0.7, 0.5]] }); // biome-ignore format: one line

  // Shown on its frame alone, on the same part of the picture at every size and zoom.
  const mark = page.locator('[data-mark="rectangle"] path').last();
  // The path without its line's width, on the screen, as parts of the canvas.
  const share = (): Promise<readonly number[]> =>
    mark.evaluate((path: SVGPathElement) => {
      const [box, matrix] = [path.getBBox(), path.getScreenCTM()];
      const canvas = document.querySelector('[data-testid="review-canvas"]')?.getBoundingClientRect();
      if (matrix === null || canvas === undefined) return [];
      return [
        (matrix.a * box.x + matrix.e - canvas.x) / canvas.width,
        (matrix.d * box.y + matrix.f - canvas.y) / canvas.height,
        (matrix.a * box.width) / canvas.width,
        (matrix.d * box.height) / canvas.height,
      ];
    });
  for (const size of [
    { width: 1440, height: 900 },
    { width: 1920, height: 1080 },
    { width: 1100, height: 700 },
  ]) {
    await page.setViewportSize(size);
    await page.waitForTimeout(150);
    for (const [at, wanted] of [0.25, 0.5, 0.5, 0.3].entries()) expect((await share())[at]).toBeCloseTo(wanted, 2);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.keyboard.press('z');
  for (const [at, wanted] of [0.25, 0.5, 0.5, 0.3].entries()) expect((await share())[at]).toBeCloseTo(wanted, 2);
  await page.keyboard.press('0');
  await page.keyboard.press('.');
  await expect(mark).toHaveCount(0);

  // Jumps and filters.
  await page.keyboard.press('n');
  await bothSay(page, 10);
  await page.keyboard.press('n');
  await bothSay(page, 30);
  await page.keyboard.press('Shift+N');
  await bothSay(page, 10);
  await page.keyboard.press('Shift+R');
  await expect(panel(page).getByText(/Resolved by Ada Lovelace/)).toBeVisible();
  await panel(page).getByRole('radio', { name: 'Open' }).click();
  await expect(panel(page).locator('[data-note]')).toHaveCount(2);
  await panel(page)
    .getByRole('button', { name: /Slower here/ })
    .click();
  await bothSay(page, 30);
});

test('approved, rejected and sent back from the keyboard; each signs the take that was looked at', async ({ page }) => {
  await open(page, 0);
  await bothSay(page, 0);
  await page.keyboard.press('a');
  await expect(rows(page).filter({ hasText: 'Approved' })).toHaveCount(1);
  await expect(page.getByText(/take 1: approved\. Signed by Ada Lovelace at/).first()).toBeVisible();
  // The next clip that waits opens by itself.
  await expect(rows(page).and(page.locator(`[data-clip="${clipIds[1]}"]`))).toHaveAttribute('aria-selected', 'true');
  await expect(number(page)).toHaveText('0');

  await page.keyboard.press('r');
  const dialog = page.getByRole('dialog', { name: /^Reject/ });
  await expect(dialog).toBeVisible();
  await withoutViolations(page);
  await page.keyboard.press('7');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('Say in a comment what is wrong');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('4');
  await expect(dialog.getByRole('radio', { name: /Wrong motion/ })).toBeChecked();
  await page.screenshot({ path: join(shots, 'reject.png') });
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect(rows(page).filter({ hasText: 'Rejected' })).toHaveCount(1);

  await expect(number(page)).toHaveText('0');
  await page.keyboard.press('e');
  const changes = page.getByRole('dialog', { name: /^Ask for changes/ });
  await expect(changes.getByRole('button', { name: 'Ask for changes' })).toBeDisabled();
  await page.keyboard.type('Start slower');
  await page.keyboard.press('Enter');
  await expect(rows(page).filter({ hasText: 'Changes asked' })).toHaveCount(1);

  const decided = async (at: number) =>
    (await clipOf(at)).decisions.map(({ state, reason, comment, reviewer }) => [state, reason, comment, reviewer.name]);
  expect(await decided(0)).toEqual([['approved', null, '', 'Ada Lovelace']]);
  expect(await decided(1)).toEqual([['rejected', 'wrong_motion', '', 'Ada Lovelace']]);
  expect(await decided(2)).toEqual([['changes_requested', null, 'Start slower', 'Ada Lovelace']]);
  // A new signature supersedes; the old one stays in the history.
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
});

test('another take in the film is said, and the one on screen is never signed in its place', async ({ page }) => {
  await open(page, 3);
  await expect(rows(page).and(page.locator(`[data-clip="${clipIds[3]}"]`))).toHaveAttribute('aria-selected', 'true');
  // Nobody tells the page: the host refuses, the page looks at the new take and says so.
  await maker.put(clipIds[3] ?? '', { vary: { amount: 0.3 } });
  await page.keyboard.press('a');
  await expect(page.getByTestId('notice')).toContainText('Nothing was signed.');
  expect((await clipOf(3)).decisions).toEqual([]);
  await expect(panel(page).getByRole('button', { name: /^Take 2/ })).toHaveAttribute('aria-pressed', 'true');

  // Told by an event: what is on screen stays, the decisions are off, and one key leads to the take in the film.
  const first = (await clipOf(3)).takes[0]?.specHash ?? '';
  await host.studio.renders.choose.mutate({ id, clipId: clipIds[3] ?? '', specHash: first });
  await expect(page.getByTestId('notice')).toContainText('The film shows take 1');
  await expect(page.getByRole('button', { name: /^Approve/ })).toBeDisabled();
  await page.screenshot({ path: join(shots, 'outdated.png') });
  await withoutViolations(page);
  await page.keyboard.press('a');
  expect((await clipOf(3)).decisions).toEqual([]);
  await page.keyboard.press('v');
  await expect(panel(page).getByRole('button', { name: /^Take 1/ })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByTestId('notice')).toHaveCount(0);

  // A, B and both: the same frame of the other take.
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('t');
  await expect(page.getByRole('combobox', { name: 'Compare with' })).toContainText('take 2');
  await expect.poll(() => painted(page, 'compare-canvas')).toBe(10);
  await page.keyboard.press('.');
  await bothSay(page, 11);
  expect(await painted(page, 'compare-canvas')).toBe(11);
  await page.keyboard.press('b');
  await expect(page.getByRole('region', { name: 'Picture' })).toHaveAttribute('data-mode', 'flip');
  await page.keyboard.press('b');
  await page.keyboard.press('Escape');

  await expect(page.getByRole('button', { name: /^Approve/ })).toBeEnabled();
  await page.keyboard.press('a');
  await expect.poll(async () => (await clipOf(3)).decisions.map(({ specHash }) => specHash)).toEqual([first]);
});

test('roles and names: what one may not do is off and says why; the first signature asks for the name', async ({
  page,
}) => {
  await host.studio.person.set.mutate({ name: 'Ed', role: 'editor' });
  await open(page, 2);
  await expect(page.getByText('As editor you may not sign clips: a reviewer or a producer may.').first()).toBeVisible();
  await expect(page.getByRole('button', { name: /^Approve/ })).toBeDisabled();
  await page.keyboard.press('a');
  expect((await clipOf(2)).review).toBe('changes_requested');
  await withoutViolations(page);
  await page.screenshot({ path: join(shots, 'editor.png') });

  await host.studio.person.set.mutate({ name: '', role: 'reviewer' });
  await expect(page.getByRole('button', { name: /^Approve/ })).toBeEnabled();
  await page.keyboard.press('a');
  await expect(page.getByRole('dialog', { name: 'Who signs?' })).toBeVisible();
  await page.keyboard.type('Grace Hopper');
  await page.screenshot({ path: join(shots, 'name.png') });
  await page.keyboard.press('Enter');
  await expect
    .poll(async () => (await clipOf(2)).decisions.at(-1)?.reviewer)
    .toEqual({ name: 'Grace Hopper', role: 'reviewer' });
  // Superseded, not rewritten.
  expect((await clipOf(2)).decisions.map(({ state }) => state)).toEqual(['changes_requested', 'approved']);
});

test('by keys alone: through clips, into the panel and back; a file that is gone is said', async ({ page }) => {
  await host.studio.person.set.mutate({ name: 'Ada Lovelace', role: 'producer' });
  await open(page, 0);
  const selected = page.getByRole('listbox', { name: 'Clips of the film' }).locator('[aria-selected="true"]');
  const before = await selected.getAttribute('data-clip');
  await page.keyboard.press('Tab');
  await expect(selected).not.toHaveAttribute('data-clip', before ?? '');
  await page.keyboard.press('Shift+Tab');
  await expect(selected).toHaveAttribute('data-clip', before ?? '');
  // F6 goes from part to part; in the panel Tab goes from button to button and the clip stays.
  for (let press = 0; press < 6; press++) {
    await page.keyboard.press('F6');
    if (await panel(page).evaluate((element) => element.contains(document.activeElement))) break;
  }
  expect(await panel(page).evaluate((element) => element.contains(document.activeElement))).toBe(true);
  await page.keyboard.press('Tab');
  await expect(selected).toHaveAttribute('data-clip', before ?? '');

  // Its file is taken away: said in place, and nothing can be signed.
  const take = (await clipOf(1)).takes.find(({ current }) => current)?.specHash ?? '';
  rmSync(join(home, 'takes', take, 'clip.mp4'));
  await open(page, 1);
  await page.reload();
  await expect(page.getByText(/gone from the disk/).first()).toBeVisible();
  await expect(page.getByRole('button', { name: /^Approve/ })).toBeDisabled();
  await page.screenshot({ path: join(shots, 'missing.png') });
  await withoutViolations(page);
});

test('reports are offered as files; a host that is gone is said, and nothing is signed', async ({ page }) => {
  await open(page, 0);
  for (const [words, ending] of [
    ['With pictures', '.html'],
    ['Table', '.csv'],
    ['For programs', '.json'],
  ] as const) {
    await page.getByRole('button', { name: 'Report' }).click();
    const coming = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: new RegExp(words) }).click();
    expect((await coming).suggestedFilename()).toMatch(new RegExp(`\\${ending}$`));
  }
  const before = (await clipOf(0)).decisions.length;
  // The browser finds nobody, as while the host restarts.
  await page.context().setOffline(true);
  await page.keyboard.press('e');
  await page.keyboard.type('Slower');
  await page.keyboard.press('Enter');
  await expect(page.getByText('The studio does not answer.').first()).toBeVisible();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.context().setOffline(false);
  expect((await clipOf(0)).decisions.length).toBe(before);
});

const FIXTURES = join(process.env.PICAIVID_FIXTURES ?? join(ROOT, '..', 'shared', 'fixtures'), 'photos', 'listing');

test('real photos, really rendered: every way of comparing, both themes, two sizes', async ({ page }) => {
  test.setTimeout(420_000);
  await host.studio.person.set.mutate({ name: 'Ada Lovelace', role: 'producer' });
  const folder = join(work, '12 Harbour View');
  mkdirSync(folder);
  const source = existsSync(FIXTURES) ? FIXTURES : join(ROOT, 'samples', 'listing');
  const wanted = existsSync(FIXTURES)
    ? /^(living_room-07|kitchen-01|exterior_pool-01|bedroom-0[12]|bathroom-01|aerial_exterior-01)/
    : /^(01_front|03_living|07_kitchen|13_|19_|21_patio)/;
  for (const name of readdirSync(source)
    .filter((one) => wanted.test(one) && /\.jpe?g$/i.test(one))
    .slice(0, 7))
    writeFileSync(join(folder, name), await sharp(join(source, name)).rotate().resize(1600).jpeg().toBuffer());
  const real = await smallFilm(host, folder, { count: 6, frames: 40 });
  const film = await host.studio.timeline.get.query({ id: real.id });
  if (film.timeline === null) throw new Error('no film');
  const { template, frameRate, clips } = film.timeline;
  await host.studio.timeline.edit.mutate({
    id: real.id,
    revision: film.revision,
    label: 'Larger',
    edit: {
      type: 'setTemplate', template, frameRate, width: 1280, height: 720,
      clips: clips.map((clip, at) => ({ ...clip, sourceInFrame: 4, durationFrames: 30, motion: at % 2 === 0 ? 'push_in' : 'dolly_right' })),
      beats: [{ frame: 0, beatInBar: 1, confidence: 1 }], music: null, titles: [], markers: [], leftOut: [],
    }, // biome-ignore format: one film
  });
  await host.studio.renders.start.mutate({ id: real.id, clipIds: 'changed' });
  const done = await rendersDone(host, real.id);
  const [first, second, third, fourth] = done.clips;
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    throw new Error('too few clips');
  const taken = (clip: typeof first): string => clip.takes.find(({ current }) => current)?.specHash ?? '';
  await host.studio.renders.again.mutate({ id: real.id, clipId: first.clipId, changes: { motion: 'pan_left' } });
  const again = await rendersDone(host, real.id);
  const looked = again.clips[0] ?? first;
  const note = {
    clipId: first.clipId,
    specHash: taken(looked),
    inFrame: 12,
    outFrame: 18,
    text: 'Lamp edge smears a little',
  };
  await host.studio.review.addNote.mutate({ id: real.id, note });
  await host.studio.review.addNote.mutate({
    id: real.id,
    note: {
      ...note,
      inFrame: 20,
      outFrame: 20,
      text: 'Is this window on the photo?',
      marks: [
        { tool: 'ellipse', colour: 'red', points: [[0.62, 0.3], [0.78, 0.52]] },
        { tool: 'arrow', colour: 'yellow', points: [[0.4, 0.75], [0.6, 0.5]] },
      ], // biome-ignore format: two marks
    },
  });
  const sign = (
    clip: typeof first,
    decision: { state: 'approved' | 'rejected'; reason: 'flicker' | null; comment: string },
  ) =>
    host.studio.review.decide.mutate({
      id: real.id,
      decision: { clipId: clip.clipId, specHash: taken(clip), ...decision },
    });
  await sign(second, { state: 'approved', reason: null, comment: '' });
  await sign(third, { state: 'rejected', reason: 'flicker', comment: 'The blinds shimmer from frame 20 on.' });
  const address = `${String(headers.origin)}/#/listing/${real.id}/review?clip=${first.clipId}`;
  await open(page, 0);
  for (const theme of ['dark', 'light'] as const) {
    await host.studio.preferences.set.mutate({ changes: { theme } });
    await page.goto(address);
    await page.reload();
    await expect(number(page)).toHaveText('4');
    for (let press = 0; press < 16; press++) await page.keyboard.press('.');
    await expect(number(page)).toHaveText('20');
    for (const size of [
      { width: 1440, height: 900 },
      { width: 1920, height: 1080 },
    ]) {
      await page.setViewportSize(size);
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(shots, `real-${theme}-${size.width}.png`) });
    }
    await withoutViolations(page);
    await page.setViewportSize({ width: 1440, height: 900 });
    if (theme === 'light') continue;
    await page.keyboard.press('Home');
    for (const [at, name] of ['clip', 'wipe', 'blend', 'difference', 'side', 'depth'].entries()) {
      await page.keyboard.press(`${at + 1}`);
      await page.waitForTimeout(600);
      await page.screenshot({ path: join(shots, `mode-${name}.png`) });
      await withoutViolations(page);
    }
    await page.keyboard.press('2');
    const wipe = page.getByRole('slider', { name: 'Wipe' });
    for (let press = 0; press < 5; press++) await page.keyboard.press('Alt+ArrowRight');
    await expect(wipe).toHaveAttribute('aria-valuenow', '60');
    const handle = await wipe.boundingBox();
    if (handle === null) throw new Error('no handle');
    await page.mouse.move(handle.x + handle.width / 2, handle.y + 100);
    await page.mouse.down();
    await page.mouse.move(handle.x + handle.width / 2 - 200, handle.y + 100, { steps: 4 });
    await page.mouse.up();
    await expect(wipe).not.toHaveAttribute('aria-valuenow', '60');
    await page.keyboard.press('z');
    await page.keyboard.press('+');
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(shots, 'zoomed.png') });
    await page.keyboard.press('0');
    await page.keyboard.press('Escape');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.waitForTimeout(600);
    await page.screenshot({ path: join(shots, 'rejected.png') });
  }
  // The first frame beside the photo in its framing: they are nearly the same picture.
  await page.goto(address);
  await page.keyboard.press('Home');
  await expect(number(page)).toHaveText('0');
  await page.keyboard.press('1');
  await page.waitForTimeout(300);
  const picture = page.getByTestId('review-canvas');
  const clipShot = await sharp(await picture.screenshot())
    .resize(64, 36, { fit: 'fill' })
    .greyscale()
    .raw()
    .toBuffer();
  await page.keyboard.press('b');
  await page.waitForTimeout(800);
  const photoShot = await sharp(await page.getByTestId('compare-canvas').locator('..').screenshot())
    .resize(64, 36, { fit: 'fill' })
    .greyscale()
    .raw()
    .toBuffer();
  const apart = clipShot.reduce((sum, value, at) => sum + Math.abs(value - (photoShot[at] ?? 0)), 0) / clipShot.length;
  expect(apart).toBeLessThan(6);
});
