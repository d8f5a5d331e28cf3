import { defineConfig } from '@playwright/test';

/** The shell in real Electron: `node scripts/run.mjs test:desktop` or `npx playwright test -c e2e/desktop`. */
export default defineConfig({
  testDir: '.',
  globalSetup: './global-setup.ts',
  // One window at a time: two Electrons on two cores only wait for each other.
  workers: 1,
  fullyParallel: false,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  outputDir: '../../out/e2e-desktop',
});
