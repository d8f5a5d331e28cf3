// End-to-end tests: `playwright test -c e2e/playwright.config.ts`, with `--project=browser` for the pages alone.
import { defineConfig } from '@playwright/test';
import { findChromium } from '../bench/browser.node.ts';

// CHROMIUM_PATH, else a Chromium or Chrome of the PATH, else the one that Playwright downloaded.
const executablePath = findChromium();

export default defineConfig({
  testDir: '.',
  // Each run empties this folder: two at the same time need one each.
  outputDir: process.env.PICAIVID_E2E_OUT ?? '../out/e2e',
  // One window at a time: two cores, and the tests look at time budgets.
  workers: 1,
  fullyParallel: false,
  // A busy machine may starve a browser; what passes only the second time is named flaky in the report.
  retries: 1,
  timeout: 120_000,
  // A busy machine draws by software: what is right is waited for a little.
  expect: { timeout: 10_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: [['list']],
  // A trace costs half the time of a test: only of what failed, where nobody can run it again by hand.
  use: { screenshot: 'only-on-failure', trace: process.env.CI === undefined ? 'off' : 'on-first-retry' },
  projects: [
    {
      name: 'browser',
      testDir: './browser',
      use: {
        browserName: 'chromium',
        viewport: { width: 1440, height: 900 },
        launchOptions: {
          ...(executablePath === undefined ? {} : { executablePath }),
          // Chromium refuses its sandbox to root, which containers run as.
          args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
        },
      },
    },
  ],
});
