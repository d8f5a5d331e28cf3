import { defineConfig } from 'vitest/config';

/** The long proofs: hundreds of kills, thousands of mutated files. Run by hand; the results go into the notes. */
export default defineConfig({
  test: {
    include: ['{base,main,db,pipeline,models,bench}/**/*.long.test.ts'],
    maxWorkers: 1,
    pool: 'forks',
    testTimeout: 7_200_000,
  },
});
