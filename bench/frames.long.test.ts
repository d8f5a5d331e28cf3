/** 5,000 random steps, seeks and shuttles over all rates, every shown number read back from the canvas. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { everyPainted, paintAll } from '../renderer/frames/testing/painted.node.ts';
import { openFramesPage } from './frames-page.node.ts';
import { proveDeeds } from './frames-proof.node.ts';

const DEEDS = 5000;

test(`${DEEDS} random steps, seeks and shuttles over all rates: zero wrong`, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-frames-long-'));
  try {
    const files = await paintAll(everyPainted(60, 320, 180), dir);
    const page = await openFramesPage(files);
    try {
      const { deeds, shown, wrong, paths } = await proveDeeds(page, files, DEEDS, 7);
      console.error(`${deeds} deeds, ${shown} frames shown and read back, ${wrong.length} wrong`);
      expect({ wrong, paths, deeds }).toEqual({ wrong: [], paths: ['webcodecs'], deeds: DEEDS });
      expect(shown).toBeGreaterThan(2 * DEEDS);
    } finally {
      await page.close();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
