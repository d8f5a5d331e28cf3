/** The editor's day in the window: real Electron, the real host behind it, the real pages. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Page, test } from '@playwright/test';
import { journey, journeyListing } from '../journey.ts';
import { ROOT, type Started, start } from './start.node.ts';

const work = mkdtempSync(join(tmpdir(), 'picaivid-journey-'));
let studio: Started | undefined;

test.afterAll(async () => {
  await studio?.close();
  rmSync(work, { recursive: true, force: true });
});

test('a folder is chosen, rooms mended, taken back, done again, and found after a restart', async () => {
  test.setTimeout(420_000);
  const shots = join(ROOT, 'out', 'journey', 'window');
  mkdirSync(shots, { recursive: true });
  const folder = journeyListing(join(work, 'two_mile_road'));
  const open = async (): Promise<Page> => {
    studio = await start({ real: true, home: join(work, 'home') });
    return studio.page;
  };
  await journey(await open(), {
    name: 'Two Mile Road',
    shots,
    add: async (page) => {
      // The dialog is the system's: its answer is given, everything before and after it is real.
      await studio?.app.evaluate(({ dialog }, chosen) => {
        dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
      }, folder);
      await page.getByRole('button', { name: /New listing/ }).click();
    },
    reopen: async () => {
      await studio?.close();
      return open();
    },
  });
});
