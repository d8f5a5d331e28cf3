/**
 * Renders, Deliver and who one is, in Chromium over the fake host: clips in every state by keys and mouse, five hundred
 * of them without work for those that do not move, blockers with links, overrides, and every check of a film. Last, a
 * delivery on the real host: a voice-over, an override, pause, cancel, and all of it again to its end. The whole way in
 * the window is in `e2e/desktop/deliver.spec.ts`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { type FakeHost, startFakeHost } from '../../renderer/testing/fake-host.node.ts';
import { FakeRenders } from '../../renderer/testing/fake-renders.node.ts';
import { withoutViolations } from '../journey.ts';
import { deliverOnTheRealHost } from './deliver-host.ts';
import { builtPages } from './pages.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LISTING = 'listing-0000';
const work = mkdtempSync(join(tmpdir(), 'picaivid-deliver-'));
const pages = builtPages();
const shots = join(ROOT, 'out', 'deliver', 'browser');
let host: FakeHost;
let complaints: string[] = [];

test.beforeAll(() => {
  mkdirSync(shots, { recursive: true });
});
test.afterAll(() => rmSync(work, { recursive: true, force: true }));
test.beforeEach(async ({ page }) => {
  host = await startFakeHost({ listings: 3, pages });
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
});
test.afterEach(async () => {
  await host.close();
  expect(complaints).toEqual([]);
});

const rows = (page: Page): Locator => page.getByRole('listbox', { name: 'Clips of the film' }).getByRole('option');
const details = (page: Page): Locator => page.getByRole('complementary', { name: 'Clip and takes' });
const open = async (page: Page, screen: 'renders' | 'deliver', query = ''): Promise<void> => {
  await page.goto(`${host.url}/#/listing/${LISTING}/${screen}${query}`);
};
const both = async (page: Page, name: string, ready: () => Promise<void> = async () => undefined): Promise<void> => {
  for (const theme of ['dark', 'light'] as const) {
    await host.service.setPreferences({ theme });
    await page.reload();
    await page.waitForLoadState('networkidle').catch(() => undefined); // the events' stream never ends
    await ready();
    for (const [width, height] of [
      [1440, 900],
      [1920, 1080],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.waitForTimeout(250);
      await page.screenshot({ path: join(shots, `${name}-${theme}-${width}.png`) });
    }
    await withoutViolations(page);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
};

test('clips in every state, chosen and rendered by keys', async ({ page }) => {
  const fake = new FakeRenders(host.service, LISTING, 12);
  await open(page, 'renders');
  await expect(rows(page)).toHaveCount(12);
  await expect(rows(page).nth(4)).toContainText('The disk is full.');
  await expect(rows(page).nth(2)).toContainText('An orbit tore the mirror apart');
  await expect(rows(page).nth(6)).toContainText('Changed since');
  await expect(page.getByText('5 clips, about 2 min here')).toBeVisible();
  await withoutViolations(page);

  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect(rows(page).nth(1)).toHaveAttribute('aria-selected', 'true');
  await expect(details(page).getByRole('heading', { level: 2 })).toContainText('Entry');
  await page.keyboard.press('Enter');
  await expect(rows(page).nth(1)).toContainText('Queued, 1st');
  expect(fake.calls.filter(({ name }) => name === 'render')).toEqual([{ name: 'render', input: ['clip-0001'] }]);
  await page.keyboard.press('x');
  await expect(rows(page).nth(1)).toContainText('Not rendered');

  // A range with Shift; what is rendered already is not sent.
  await rows(page).nth(3).click();
  await rows(page)
    .nth(6)
    .click({ modifiers: ['Shift'] });
  await expect(page.getByText('4 clips selected').first()).toBeVisible();
  await page
    .getByRole('toolbar')
    .getByRole('button', { name: /^Render 3/ })
    .click();
  await expect(rows(page).nth(6)).toContainText('Queued, 3rd');
  expect(fake.calls.at(-1)).toEqual({ name: 'render', input: ['clip-0004', 'clip-0005', 'clip-0006'] });

  await page.keyboard.press('ControlOrMeta+a');
  await expect(page.getByText('12 clips selected').first()).toBeVisible();
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect.poll(() => fake.calls.at(-1)).toEqual({ name: 'render', input: 'changed' });

  fake.progress('clip-0001', 0.4);
  await expect(rows(page).nth(1)).toContainText('Frame 48 of 120');
  await expect(page.getByRole('region', { name: 'Overall progress' })).toBeVisible();
  await both(page, 'renders');
});

test('takes: looked at, played, chosen, and tried again with another motion', async ({ page }) => {
  const fake = new FakeRenders(host.service, LISTING, 8);
  await open(page, 'renders', '?clip=clip-0002');
  await expect(rows(page).nth(2)).toHaveAttribute('aria-selected', 'true');
  const panel = details(page);
  await expect(panel.getByRole('button', { name: /^Take 2/ })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('[');
  await expect(panel.getByRole('button', { name: /^Take 1/ })).toHaveAttribute('aria-pressed', 'true');
  await expect(panel).toContainText('The measured motion is smaller than the one asked for.');
  await expect(panel.getByRole('row', { name: /Off the asked motion/ })).toContainText('0.710');
  await expect(panel.getByRole('row', { name: /Off the asked motion/ })).toContainText('at most 0.350');
  await expect(panel.getByRole('row', { name: /Off the asked motion/ })).toContainText('fail');
  await page.keyboard.press('Space');
  const video = panel.locator('video');
  await expect.poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime > 0.3)).toBe(true);
  await page.screenshot({ path: join(shots, 'take.png') });
  await page.keyboard.press('Space');
  await page.keyboard.press('c');
  await expect(panel.getByRole('button', { name: /^Take 1/ })).toContainText('Current');

  await page.keyboard.press('e');
  await expect(panel.getByRole('combobox', { name: 'Motion' })).toBeFocused();
  await expect(panel.getByRole('button', { name: /^Render again/ })).toBeDisabled();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('option', { name: 'Static' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('option', { name: 'Static' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('combobox', { name: 'Motion' })).toContainText('Static');
  await expect(panel).toContainText('This changes the film, too');
  await panel.getByRole('button', { name: /^Render again/ }).click();
  await expect(rows(page).nth(2)).toContainText('Queued');
  expect(fake.calls.at(-1)).toEqual({ name: 'rerender', input: { motion: 'static' } });
  await expect(rows(page).nth(2)).toContainText('Static');
});

test('five hundred clips: only what is in sight exists, and progress draws its own row alone', async ({ page }) => {
  const fake = new FakeRenders(host.service, LISTING, 500);
  await open(page, 'renders');
  await expect(rows(page).first()).toBeVisible();
  expect(await rows(page).count()).toBeLessThan(30);
  await expect.poll(() => fake.calls.find(({ name }) => name === 'look')?.input).toContain('clip-0001');
  await page.keyboard.press('End');
  await expect(rows(page).last()).toHaveAttribute('aria-posinset', '500');
  await expect.poll(() => fake.calls.findLast(({ name }) => name === 'look')?.input).toContain('clip-0497');
  await page.keyboard.press('Home');
  fake.progress('clip-0001', 0.1);
  fake.put('clip-0001', {});
  await expect(rows(page).nth(1)).toContainText('Frame 12 of 120');
  // Counts what is drawn anew: rows of other clips must not be touched.
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    const list = document.querySelector('[role="listbox"]');
    if (list === null) throw new Error('There is no list.');
    new MutationObserver((records) => {
      for (const { target } of records) {
        const element = target instanceof Element ? target : target.parentElement;
        seen.push(element?.closest('[data-clip]')?.getAttribute('data-clip') ?? 'list');
      }
    }).observe(list, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  for (let step = 2; step <= 20; step++) fake.progress('clip-0001', step / 20);
  await expect(rows(page).nth(1)).toContainText('Frame 120 of 120');
  const touched = await page.evaluate(() => [...new Set(Reflect.get(window, 'seen') as string[])]);
  expect(touched).toEqual(['clip-0001']);
});

test('nothing to render, no answer, and a refusal are told in words', async ({ page }) => {
  const fake = new FakeRenders(host.service, LISTING, 0);
  await open(page, 'renders');
  await expect(page.getByText('There is no film to render yet')).toBeVisible();
  await page.screenshot({ path: join(shots, 'renders-empty.png') });
  fake.failing.add('renders');
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('The disk is full.');
  await page.screenshot({ path: join(shots, 'renders-error.png') });
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('There is no film to render yet')).toBeVisible();

  Object.assign(fake, { clips: new FakeRenders(host.service, LISTING, 2).clips });
  await page.reload();
  await expect(page.getByText('There is no film to render yet')).toHaveCount(0);
});

test('what stands in the way, an override with name and reason, and every check of the films', async ({ page }) => {
  const fake = new FakeRenders(host.service, LISTING, 8);
  await open(page, 'deliver');
  const button = page.getByRole('banner').getByRole('button', { name: /^Deliver 2 films/ });
  await expect(page.getByRole('heading', { name: '7 things stand in the way' })).toBeVisible();
  await expect(button).toBeDisabled();
  await expect(page.getByRole('link', { name: /Entry \(clip 2\) is not rendered/ })).toHaveAttribute(
    'href',
    `#/listing/${LISTING}/renders?clip=clip-0001`,
  );
  await expect(page.getByRole('link', { name: /Living room \(clip 3\) is not approved/ })).toHaveAttribute(
    'href',
    `#/listing/${LISTING}/review?clip=clip-0002`,
  );
  await expect(page.getByText('Nothing is delivered yet')).toBeVisible();
  await page.screenshot({ path: join(shots, 'deliver-blocked.png') });
  await withoutViolations(page);

  fake.blockers = [{ kind: 'unapproved', sentence: 'Kitchen (clip 4) is not approved.', clipId: 'clip-0003' }];
  fake.tell();
  await expect(page.getByRole('heading', { name: 'One clip is not approved' })).toBeVisible();
  await page.keyboard.press('n');
  await expect(page.getByRole('combobox', { name: 'Shape of film 3' })).toContainText('Square');
  await expect.poll(() => fake.settings.outputs.length).toBe(3);
  await page.getByRole('combobox', { name: 'Loudness' }).click();
  await page.getByRole('option', { name: /−23 LUFS/ }).click();
  await expect.poll(() => fake.settings.loudnessLufs).toBe(-23);
  await page.getByRole('textbox', { name: 'Disclosure' }).fill('Moves were made by software.');
  await expect.poll(() => fake.settings.disclosure).toBe('Moves were made by software.');
  await page.getByRole('textbox', { name: /Folder on the machine/ }).fill('/deliveries');
  await page.keyboard.press('Enter');
  await expect.poll(() => fake.settings.folder).toBe('/deliveries');

  // The cover, from the keyboard: twelve frames on from where the studio would begin, then as the studio likes.
  await page.getByRole('slider', { name: 'Cover frame' }).focus();
  for (let step = 0; step < 12; step++) await page.keyboard.press('ArrowRight');
  await expect.poll(() => fake.settings.coverFrame).toBe(57);
  await expect(page.getByRole('img', { name: 'Frame 57 of the film' })).toBeVisible();
  await page.getByRole('button', { name: 'Let the studio choose' }).click();
  await expect.poll(() => fake.settings.coverFrame).toBeNull();

  await page.getByRole('heading', { name: 'Cover' }).click();
  await page.keyboard.press('ControlOrMeta+Enter');
  const dialog = page.getByRole('dialog', { name: 'Deliver with one unapproved clip?' });
  await expect(dialog.getByRole('textbox', { name: 'Your name' })).toHaveValue('Ana Ruiz');
  await expect(dialog.getByRole('button', { name: 'Deliver all the same' })).toBeDisabled();
  await page.screenshot({ path: join(shots, 'deliver-override.png') });
  await withoutViolations(page);
  await dialog.getByRole('textbox', { name: /Why/ }).fill('Agreed with the agent by phone');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  expect(fake.calls.at(-1)).toEqual({
    name: 'deliver',
    input: { name: 'Ana Ruiz', reason: 'Agreed with the agent by phone' },
  });
  const made = page.getByRole('complementary', { name: 'Deliveries' });
  await expect(made.getByText('Agreed with the agent by phone')).toBeVisible();
  await expect(made.getByText('All 7 checks passed')).toHaveCount(3);
  await made.getByRole('button', { name: 'All 7 checks passed' }).first().click();
  await expect(made.getByRole('row', { name: /Loudness/ })).toContainText('−14.1 LUFS');
  await made.getByRole('button', { name: /^Play film_16x9/ }).click();
  await expect(page.getByRole('dialog').locator('video')).toBeVisible();
  await page.screenshot({ path: join(shots, 'deliver-play.png') });
  await page.keyboard.press('Escape');

  const [first] = fake.deliveries;
  if (first === undefined) throw new Error('There is no delivery.');
  const running = fake.made('delivery-9', null);
  fake.deliveries = [
    {
      ...running,
      state: 'failed',
      films: running.films.map((film, at) =>
        at === 0
          ? film
          : at === 1
            ? {
                ...film,
                state: 'failed',
                error: {
                  code: 'verification_failed',
                  message: 'The film is not what was planned; it was not delivered.',
                },
                verification: film.verification.map((line) =>
                  line.name === 'cuts' ? { ...line, measured: 'frame 270 is missing', pass: false } : line,
                ),
              }
            : {
                ...film,
                state: 'running',
                bytes: null,
                seconds: null,
                verification: [],
                progress: { fraction: 0.62, sentence: 'Encoding, frame 446 of 720', secondsLeft: 14 },
              },
      ),
    },
    first,
  ];
  fake.tell();
  await expect(made.getByText('1 of 7 checks failed')).toBeVisible();
  await expect(made.getByRole('row', { name: /^Cuts .*fail$/ })).toContainText('frame 270 is missing');
  await both(page, 'deliver');
});

test('a name and a role, with what each may do, and what it changes', async ({ page }) => {
  const fake = new FakeRenders(host.service, LISTING, 8);
  await open(page, 'deliver');
  await page.getByRole('contentinfo').getByRole('button', { name: 'Ana Ruiz, producer' }).click();
  await expect(page.getByRole('heading', { name: 'You', level: 2 })).toBeVisible();
  await page.getByRole('radio', { name: 'Editor' }).check();
  await expect(page.getByRole('contentinfo').getByRole('button', { name: 'Ana Ruiz, editor' })).toBeVisible();
  await page.getByRole('textbox', { name: 'Name' }).fill('Bo Lind');
  await page.keyboard.press('Enter');
  await expect.poll(() => fake.person).toEqual({ name: 'Bo Lind', role: 'editor' });
  await both(page, 'you', () => page.getByRole('tab', { name: 'You' }).click());
  // With a key of a team the role is the key's.
  fake.person = { name: 'Bo Lind', role: 'reviewer', team: 'North Media' };
  host.service.emit({ type: 'person', person: fake.person });
  await page.reload();
  await page.getByRole('contentinfo').getByRole('button', { name: 'Bo Lind, reviewer' }).click();
  await expect(page.getByText(/Your key of North Media says that you are a reviewer/)).toBeVisible();
  await expect(page.getByRole('radio', { name: 'Editor' })).toBeDisabled();
  await both(page, 'you-in-a-team', () => page.getByRole('tab', { name: 'You' }).click());
  fake.person = { name: 'Bo Lind', role: 'editor' };
  fake.blockers = [];
  await page.keyboard.press('Escape');
  await open(page, 'deliver');
  await expect(page.getByText(/As editor you may not deliver films/)).toBeVisible();
  await expect(page.getByRole('banner').getByRole('button', { name: /^Deliver/ })).toBeDisabled();
});

test('a delivery on the real host: voice-over, override, pause, cancel, and again to its end', async ({ page }) => {
  test.setTimeout(300_000);
  await deliverOnTheRealHost(page, { base: join(work, 'real'), pages, shots });
});
