import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{base,main,db,pipeline,models,bench,scripts,samples,renderer}/**/*.test.ts'],
    setupFiles: ['scripts/property-seed.ts'],
    exclude: ['**/node_modules/**', '**/*.long.test.ts'],
    // Two cores: more workers only make ffmpeg and ONNX fight for them.
    maxWorkers: 2,
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
