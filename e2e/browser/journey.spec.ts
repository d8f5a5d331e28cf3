/** The editor's day in Chromium, against the real host on the loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, type Page, test } from '@playwright/test';
import { z } from 'zod';
import { journey, journeyListing } from '../journey.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const work = mkdtempSync(join(tmpdir(), 'picaivid-journey-'));
let host: ChildProcess | undefined;

async function stop(): Promise<void> {
  if (host === undefined || host.exitCode !== null) return;
  host.kill('SIGTERM');
  await once(host, 'exit');
}

/** Gives the one-time link. */
async function serve(): Promise<string> {
  const node = join(ROOT, 'node_modules', 'node', 'bin', 'node');
  const script = join(ROOT, 'main', 'host', 'serve.node.ts');
  const child = spawn(node, [script, '--port', '0', '--home', join(work, 'home')], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  host = child;
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return z.object({ url: z.string() }).parse(JSON.parse(line)).url;
}

test.afterAll(async () => {
  await stop();
  rmSync(work, { recursive: true, force: true });
});

test('photos are sent, rooms mended, taken back, done again, and found after a restart', async ({ page }) => {
  test.setTimeout(420_000);
  const shots = join(ROOT, 'out', 'journey', 'browser');
  mkdirSync(shots, { recursive: true });
  const folder = journeyListing(join(work, 'two_mile_road'));
  await page.goto(await serve());
  await journey(page, {
    name: 'Two Mile Road',
    shots,
    add: async (at: Page) => {
      await at.getByRole('button', { name: /New listing/ }).click();
      await at.locator('input[type="file"]').setInputFiles(folder);
      await expect(at.getByRole('gridcell', { name: /^Two Mile Road/ })).toBeVisible({ timeout: 60_000 });
    },
    reopen: async () => {
      await stop();
      await page.goto(await serve());
      return page;
    },
  });
});
