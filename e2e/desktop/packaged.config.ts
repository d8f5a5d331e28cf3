import { defineConfig } from '@playwright/test';
import desktop from './playwright.config.ts';

/** The packed app: a minute of packing and starting, so it is a run of its own (`npm run test:packaged`). */
export default defineConfig(desktop, { testIgnore: [], testMatch: 'packaged.spec.ts' });
