/** The studio's own pages and host in the window: what the fake host and the tests' page cannot show. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type Started, start } from './start.node.ts';

/** Opens the studio and keeps what its pages complain of. */
async function open(home: string): Promise<{ studio: Started; page: Page; complaints: string[] }> {
  const studio = await start({ real: true, home });
  const { page } = studio;
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.reload();
  return { studio, page, complaints };
}

test('the sample listing comes in with its pictures, the policy is never broken, and a new start finds it', async () => {
  const home = await mkdtemp(join(tmpdir(), 'picaivid-e2e-'));
  try {
    const first = await open(home);
    await first.page.getByRole('button', { name: 'Open the sample listing' }).click();
    // Photos come from the host's media through studio://, and decode.
    await expect
      .poll(
        () =>
          first.page.evaluate(
            () =>
              [...document.images].filter((image) => image.src.includes('/media/') && image.naturalWidth > 0).length,
          ),
        { timeout: 60_000 },
      )
      .toBeGreaterThan(0);
    expect(first.complaints).toEqual([]);
    const before = await first.page.evaluate(async () => (await fetch('/api/trpc/listings.list')).json());
    expect(before.result.data).toHaveLength(1);
    await first.studio.close();

    const second = await open(home);
    const after = await second.page.evaluate(async () => (await fetch('/api/trpc/listings.list')).json());
    expect(after.result.data.map((card: { id: string }) => card.id)).toEqual([before.result.data[0].id]);
    expect(second.complaints).toEqual([]);
    await second.studio.close();
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
