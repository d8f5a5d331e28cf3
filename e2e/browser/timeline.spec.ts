/**
 * The film's panels and player in Chromium on the real host: built from the sample house, proposed anew, its beats
 * mended, checked, inspected, taken back, kept as versions, exported and imported. Edits by mouse on the tracks are in
 * `timeline-edit.spec.ts`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { FILM_EXPORTS, filmUrl } from '../../main/host/timeline-contract.ts';
import { ask, withoutViolations } from '../journey.ts';
import { type FilmHost, filmOf, listings, startFilmHost } from './film-host.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const shots = join(ROOT, 'out', 'timeline', 'browser');
let host: FilmHost | undefined;
let link = '';
let complaints: string[] = [];

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  test.setTimeout(240_000); // the film
  mkdirSync(shots, { recursive: true });
  host = await startFilmHost();
  link = host.link;
});
test.afterAll(() => host?.stop());
test.beforeEach(({ page }) => {
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
});

const the = (page: Page) => ({
  proposal: page.getByRole('region', { name: 'Proposal' }),
  version: page.getByRole('region', { name: 'Version', exact: true }),
  clock: page.getByTestId('clock'),
  bpm: page.getByTestId('bpm'),
  tab: (name: string) => page.getByRole('tab', { name }),
});

async function choose(page: Page, label: string, option: RegExp): Promise<void> {
  await page.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
}

test('a film is built by itself, proposed anew, mended, taken back, kept and taken out', async ({ page }) => {
  test.setTimeout(600_000);
  const ui = the(page);
  let id = '';

  await test.step('the film is built by itself once the rooms are known', async () => {
    await page.goto(link);
    await page.getByRole('button', { name: /sample listing/ }).click();
    await expect.poll(async () => (await ask(page, listings, 'listings.list')).length).toBe(1);
    id = (await ask(page, listings, 'listings.list'))[0]?.id ?? '';
    await page.goto(`${new URL(link).origin}/#/listing/${id}/timeline`);
    await expect(page.getByText(/The film is built by itself/)).toBeVisible();
    await expect(ui.bpm).toBeVisible({ timeout: 240_000 });
    const { timeline, undo } = await filmOf(page, id);
    expect(timeline?.clips.length).toBeGreaterThan(6);
    expect(undo).toBeNull();
    await expect(page.getByText(/^All \d+ cuts on the beat$/)).toBeVisible();
  });

  await test.step('it plays, pauses and steps by keys', async () => {
    await page.keyboard.press('Space');
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
    await expect.poll(async () => frameOf(await ui.clock.textContent())).toBeGreaterThan(20);
    await page.keyboard.press('k');
    await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
    await page.keyboard.press('Home');
    await expect(ui.clock).toContainText('frame 0');
    await page.keyboard.press('.');
    await page.keyboard.press('.');
    await expect(ui.clock).toContainText('frame 2');
    await page.keyboard.press('End');
    await expect(ui.clock).toContainText('0:44.9');
    await page.keyboard.press('Home');
  });

  await test.step('another template is looked at, turned down, looked at again and applied', async () => {
    await choose(page, 'Template', /Luxury/);
    await expect(ui.proposal).toContainText('Classic 45 s → Luxury 60 s', { timeout: 30_000 });
    await expect(page.getByText('Proposal: not applied')).toBeVisible();
    await page.screenshot({ path: join(shots, 'proposal.png') });
    await withoutViolations(page);
    await page.keyboard.press('c');
    await expect(page.getByText('Before: the film as it is')).toBeVisible();
    await ui.proposal.getByRole('button', { name: /changes?$/ }).click();
    await expect(
      page.getByRole('list', { name: 'What changes, shot by shot' }).getByRole('listitem').first(),
    ).toBeVisible();
    await page.keyboard.press('Escape');
    await page.getByTestId('clock').click();
    await page.keyboard.press('Escape');
    await expect(ui.proposal).toBeHidden();
    expect((await filmOf(page, id)).settings.template).toBe('classic');
    await choose(page, 'Template', /Luxury/);
    await expect(ui.proposal).toBeVisible({ timeout: 30_000 });
    await ui.proposal.getByRole('button', { name: /^Apply/ }).click();
    await expect(ui.proposal).toBeHidden();
    await expect.poll(async () => (await filmOf(page, id)).settings.template).toBe('luxury');
    expect((await filmOf(page, id)).undo).toBe('Classic 45 s → Luxury 60 s');
  });

  await test.step('other music changes beats and cuts', async () => {
    await page.getByRole('button', { name: /^Music:/ }).click();
    await page.getByRole('button', { name: /^City Rush/ }).click();
    await expect(ui.proposal).toContainText('City Rush', { timeout: 30_000 });
    await page.keyboard.press('Enter');
    await expect(ui.proposal).toBeHidden();
    await expect(ui.bpm).toHaveText(/^140/);
    await expect(page.getByText(/^All \d+ cuts on the beat$/)).toBeVisible();
  });

  await test.step('a clip is inspected and changed; the checks notice and mend', async () => {
    await page.getByTestId('clock').click();
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    await expect(ui.tab('Clip')).toBeVisible();
    const clip = page.getByRole('region', { name: 'Selected clip' });
    await expect(clip.getByRole('heading')).toHaveText(/ · shot \d+$/);
    const length = clip.getByRole('textbox', { name: 'Length, f', exact: true });
    const frames = Number(await length.inputValue());
    await length.fill(String(frames + 3));
    await length.press('Enter');
    await expect(length).toHaveValue(String(frames + 3));
    const checks = page.getByRole('list', { name: 'Checks to look at' });
    await expect(checks).toContainText('after the beat');
    await choose(page, 'Transition in', /Dip to white/);
    await choose(page, 'Move', /Static/);
    await page.screenshot({ path: join(shots, 'checks.png') });
    await withoutViolations(page);
    await page.getByRole('button', { name: /^Fix all/ }).click();
    await expect(page.getByText(/^All \d+ cuts on the beat$/)).toBeVisible();
    const { timeline } = await filmOf(page, id);
    expect(timeline?.clips.some((one) => one.transitionIn.type === 'dip_white')).toBe(true);
  });

  await test.step('beats are shifted with the cuts, after the effect was shown', async () => {
    const before = (await filmOf(page, id)).timeline;
    await page.getByRole('button', { name: 'Shift one frame later' }).click();
    await page.getByRole('button', { name: 'Shift one frame later' }).click();
    const pending = page.getByRole('group', { name: /Shift beats 2 f later/ });
    await expect(pending).toContainText(/leave the beat, by up to 2 frames/);
    await page.screenshot({ path: join(shots, 'beats.png') });
    expect((await filmOf(page, id)).timeline?.beats).toEqual(before?.beats);
    await pending.getByRole('button', { name: 'Apply' }).click();
    await expect(page.getByText(/^All \d+ cuts on the beat$/)).toBeVisible();
    await expect(page.getByText(/BPM · 4\/4 · yours/)).toBeVisible();
    await page.getByRole('button', { name: 'Half the tempo' }).click();
    await expect(page.getByRole('group', { name: /Half the beats/ })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('group', { name: /Half the beats/ })).toBeHidden();
  });

  await test.step('tapping along shows the tempo before anything is applied', async () => {
    await page.getByTestId('clock').click();
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    await expect.poll(async () => frameOf(await ui.clock.textContent())).toBeGreaterThan(3);
    let last = 0;
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press('t');
      last = frameOf(await ui.clock.textContent());
      const from = last;
      await expect
        .poll(async () => frameOf(await ui.clock.textContent()), { intervals: [50] })
        .toBeGreaterThan(from + 12);
    }
    await page.keyboard.press('k');
    await expect(page.getByText(/^4 taps, [\d.]+ BPM/)).toBeVisible();
    await page
      .getByRole('group', { name: /^Before it is applied: Tapped/ })
      .getByRole('button', { name: /Keep/ })
      .click();
    await expect(page.getByText(/^4 taps/)).toBeHidden();
  });

  await test.step('the history goes back to the start and forward again', async () => {
    await ui.tab('History').click();
    const history = page.getByRole('list', { name: /What was done/ });
    const entries = history.getByRole('listitem');
    await expect.poll(() => entries.count()).toBeGreaterThan(5); // they come from the host
    const steps = await entries.count();
    const end = (await filmOf(page, id)).timeline;
    await history.getByRole('button', { name: 'As built' }).click();
    await expect(history.getByText(/^undone/)).toHaveCount(steps - 1);
    await expect.poll(async () => (await filmOf(page, id)).settings.template).toBe('classic');
    await history.getByRole('button').first().click();
    await expect(history.getByText(/^undone/)).toHaveCount(0);
    await expect.poll(async () => (await filmOf(page, id)).timeline).toEqual(end);
    await page.screenshot({ path: join(shots, 'history.png') });
  });

  await test.step('versions are kept, looked at, named anew and restored', async () => {
    await page.keyboard.press('Control+s');
    await page.getByRole('textbox', { name: 'Name of the version' }).fill('warmer opening');
    await page.keyboard.press('Enter');
    const versions = page.getByRole('list', { name: /^Versions/ });
    await expect(versions).toContainText('warmer opening');
    const kept = (await filmOf(page, id)).timeline;
    await page.getByTestId('clock').click();
    await page.keyboard.press('Control+z');
    await versions.getByRole('button', { name: /^1 · warmer opening/ }).click();
    await expect(ui.version).toContainText('Version “warmer opening”');
    await page.screenshot({ path: join(shots, 'version.png') });
    await ui.version.getByRole('button', { name: 'Restore' }).click();
    await expect(ui.version).toBeHidden();
    await expect.poll(async () => (await filmOf(page, id)).timeline?.clips).toEqual(kept?.clips);
    await page.getByRole('button', { name: 'More for version warmer opening' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: /New name/ }).fill('sunny');
    await page.keyboard.press('Enter');
    await expect(versions).toContainText('1 · sunny');
  });

  await test.step('the film is taken out in every form, and its .otio comes back in', async () => {
    await page.getByRole('button', { name: /^Export/ }).click();
    await expect(page.getByRole('menuitem')).toHaveCount(FILM_EXPORTS.length + 1);
    await page.keyboard.press('Escape');
    for (const what of FILM_EXPORTS) {
      const answer = await page.request.get(new URL(filmUrl(id, what), link).href);
      expect(answer.status(), what).toBe(200);
      expect(answer.headers()['content-disposition'], what).toContain('attachment');
      expect((await answer.body()).length, what).toBeGreaterThan(500);
    }
    const before = (await filmOf(page, id)).timeline;
    const otio = await (await page.request.get(new URL(filmUrl(id, 'film.otio'), link).href)).body();
    await page.getByTestId('clock').click();
    await page.keyboard.press('Control+z');
    await page
      .getByLabel('OpenTimelineIO file')
      .setInputFiles({ name: 'film.otio', mimeType: 'application/json', buffer: otio });
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect.poll(async () => (await filmOf(page, id)).timeline?.clips).toEqual(before?.clips);
  });

  await test.step('an approved film refuses edits and says so, until it is reopened', async () => {
    await page.getByRole('button', { name: /^Status: Draft/ }).click();
    await page.getByRole('menuitem', { name: /^Approve/ }).click();
    await expect(page.getByRole('button', { name: /^Status: Approved/ })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Shift one frame later' })).toBeDisabled();
    await page.getByRole('button', { name: /^Status: Approved/ }).click();
    await page.getByRole('menuitem', { name: /^Reopen/ }).click();
    await expect(page.getByRole('button', { name: 'Shift one frame later' })).toBeEnabled();
  });

  await test.step('in both themes nothing stands in the way of anybody', async () => {
    await page.getByRole('tab', { name: /^(Clip|Film)$/ }).click();
    await withoutViolations(page);
    await page.keyboard.press('Control+Shift+L');
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    await withoutViolations(page);
    await page.screenshot({ path: join(shots, 'light.png') });
  });
  expect(complaints).toEqual([]);
});

function frameOf(clock: string | null): number {
  return Number(/frame (\d+)/.exec(clock ?? '')?.[1] ?? -1);
}
