/** 5,000 random steps, seeks and shuttles over all rates, every shown number read back from the canvas. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { everyPainted, type PaintedFiles, paintAll } from '../renderer/frames/testing/painted.node.ts';
import { findChromium } from './browser.node.ts';
import { electronHere, electronWindow } from './electron-window.node.ts';
import { type FramesPage, openFramesPage } from './frames-page.node.ts';
import { proveDeeds } from './frames-proof.node.ts';

const DEEDS = 5000;
const electron = await electronHere();
const screen = process.platform !== 'linux' || process.env.DISPLAY !== undefined || existsSync('/usr/bin/Xvfb');

let dir: string;
let files: PaintedFiles[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'picaivid-frames-long-'));
  files = await paintAll(everyPainted(60, 320, 180), dir);
}, 600_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

async function prove(page: FramesPage, count: number, seed: number): Promise<void> {
  try {
    const { deeds, shown, wrong, paths } = await proveDeeds(page, files, count, seed);
    console.error(`${deeds} deeds, ${shown} frames shown and read back, ${wrong.length} wrong`);
    expect({ wrong, paths, deeds }).toEqual({ wrong: [], paths: ['webcodecs'], deeds: count });
    expect(shown).toBeGreaterThan(2 * count);
  } finally {
    await page.close();
  }
}

test.skipIf(findChromium() === undefined)(
  `${DEEDS} random steps, seeks and shuttles over all rates: zero wrong`,
  async () => {
    await prove(await openFramesPage(files), DEEDS, 7);
  },
);

test.skipIf(electron === undefined || !screen)('a thousand of them in the studio’s own browser', async () => {
  await prove(await openFramesPage(files, electronWindow), 1000, 8);
});
