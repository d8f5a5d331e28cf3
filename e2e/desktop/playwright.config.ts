import { defineConfig } from '@playwright/test';

/** The shell in real Electron: part of `npm test` and of `npm run test:e2e`. */
export default defineConfig({
  testDir: '.',
  testIgnore: 'packaged.spec.ts',
  globalSetup: './global-setup.ts',
  // One window at a time: two Electrons on two cores only wait for each other.
  workers: 1,
  fullyParallel: false,
  // A busy machine may starve a browser; what passes only the second time is named flaky in the report.
  retries: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  outputDir: '../../out/e2e-desktop',
});
