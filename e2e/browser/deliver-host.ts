/** A delivery in the window on the real host, from a voice-over to the films in their folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { approveAll, renderedFilm } from '../../main/host/testing/deliveries.node.ts';
import { hostChild } from '../../main/host/testing/host.node.ts';
import { smallListing, sound } from '../../main/testing/listing.node.ts';
import { withoutViolations } from '../journey.ts';

/**
 * A film with one clip that is not approved: a voice-over is chosen, heard and moved; the delivery is vouched for,
 * paused, gone on with after a reload, cancelled, and made anew to its end. Works in `base`; screenshots go to `shots`.
 */
export async function deliverOnTheRealHost(
  page: Page,
  { base, pages, shots }: { readonly base: string; readonly pages: string; readonly shots: string },
): Promise<void> {
  const photos = join(base, 'photos', 'elm_yard');
  const folder = join(base, 'photos', 'elm_yard film');
  const home = join(base, 'home');
  await smallListing(photos, 3);
  const voice = await sound(join(base, 'agent.wav'), 'aevalsrc=0.3*sin(900*2*PI*t)', 6);
  const before = await hostChild({ home });
  await before.studio.person.set.mutate({ name: 'Bo Lind', role: 'producer' });
  const { id } = await renderedFilm(before, photos, { frames: 30, music: true });
  await approveAll(before, id);
  const [clip] = (await before.studio.review.get.query({ id })).clips;
  const specHash = clip?.takes.find(({ current }) => current)?.specHash ?? '';
  const decision = { clipId: clip?.clipId ?? '', specHash, state: 'changes_requested' as const, comment: 'Darker' };
  await before.studio.review.decide.mutate({ id, decision });
  await before.kill('SIGTERM');

  const real = await hostChild({ home, port: 0, pages });
  try {
    await page.goto(real.ready.url ?? '');
    await page.goto(`${new URL(real.ready.url ?? '').origin}/#/listing/${id}/deliver`);
    await expect(page.getByRole('heading', { name: 'One clip is not approved' })).toBeVisible({ timeout: 60_000 });

    await page.getByLabel('Voice-over file').setInputFiles(voice);
    const spoken = page.getByRole('region', { name: 'Voice-over' });
    await expect(spoken).toContainText('agent.wav');
    await expect(spoken).toContainText('0:00.0 / 0:06.0');
    await expect(page.getByText('The voice-over goes on for 3.0 s after the film’s end')).toBeVisible();
    await spoken.getByRole('button', { name: 'Play the voice-over' }).click();
    await expect(spoken).toContainText(/0:00\.[3-9] \/ 0:06\.0/);
    await spoken.getByRole('button', { name: 'Pause the voice-over' }).click();
    await spoken.getByRole('textbox', { name: /Begins at/ }).fill('9');
    await expect(spoken.getByText('Between 0 and 3.0, where the film ends.')).toBeVisible();
    await spoken.getByRole('textbox', { name: /Begins at/ }).fill('1,5');
    await page.keyboard.press('Enter');
    await expect(page.getByText('The voice-over goes on for 4.5 s after the film’s end')).toBeVisible();
    await page.getByRole('heading', { name: 'Cover' }).click();
    await page.keyboard.press('n');
    await expect(page.getByRole('combobox', { name: 'Shape of film 2' })).toContainText('Tall');
    await page.getByRole('combobox', { name: 'Shape of film 1' }).click();
    await page.getByRole('option', { name: /Square/ }).click();
    await page.getByRole('radio', { name: '4K' }).first().click();
    await expect(page.getByText(/3 of 3 photos do not carry 2160 × 2160/)).toBeVisible();
    for (const [width, height] of [[1920, 1080], [1440, 900]] as const) {
      await page.setViewportSize({ width, height });
      await page.screenshot({ path: join(shots, `deliver-voice-${width}.png`) });
    } // biome-ignore format: pairs
    await withoutViolations(page);
    await page.getByRole('radio', { name: '1080p' }).first().click();
    await expect(page.getByText(/do not carry/)).toHaveCount(0);

    const made = page.getByRole('complementary', { name: 'Deliveries' });
    const vouch = async (): Promise<void> => {
      await page.keyboard.press('ControlOrMeta+Enter');
      const dialog = page.getByRole('dialog', { name: 'Deliver with one unapproved clip?' });
      await dialog.getByRole('textbox', { name: 'Your name' }).fill('Ana Ruiz');
      await dialog.getByRole('textbox', { name: /Why/ }).fill('The owner wants it today');
      await page.keyboard.press('Enter');
      await expect(dialog).toBeHidden();
    };
    await page.getByRole('heading', { name: 'Cover' }).click();
    await vouch();
    await made.getByRole('button', { name: 'Pause' }).click();
    await expect(made.getByText(/^Paused/)).toBeVisible();
    await page.reload();
    await expect(made.getByText(/^Paused/)).toBeVisible();
    await made.getByRole('button', { name: 'Go on' }).click();
    await expect(made.getByRole('button', { name: 'Pause' })).toBeVisible();
    await made.getByRole('button', { name: 'Cancel the delivery' }).click();
    await expect(made.getByText('Cancelled')).toBeVisible();
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);

    await page.getByRole('button', { name: /^Leave out Tall/ }).click();
    await page.getByRole('heading', { name: 'Cover' }).click();
    await vouch();
    await expect(made.getByText('Delivered').first()).toBeVisible({ timeout: 150_000 });
    await expect(made.getByText('Verified')).toHaveCount(1);
    await expect(made.getByText(/The voice-over goes on for 4\.50 s/)).toHaveCount(1);
    await expect(made.getByText('Ana Ruiz: The owner wants it today').first()).toBeVisible();
    await page.screenshot({ path: join(shots, 'deliver-real.png') });
    expect(readdirSync(folder).filter((name) => name.endsWith('.mp4'))).toEqual(['elm_yard_1x1_1080p30.mp4']); // biome-ignore format: one glance
    expect(readFileSync(join(folder, 'provenance.json'), 'utf8')).toContain('The owner wants it today');
    await spoken.getByRole('button', { name: 'Remove the voice-over' }).click();
    await expect(spoken.getByRole('button', { name: 'Choose a file…' })).toBeVisible();
    await expect(page.getByText('The voice-over goes on for 4.5 s')).toHaveCount(0);
  } finally {
    await real.kill('SIGTERM');
  }
}
