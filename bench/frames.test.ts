import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { randomDeeds, randomFrom } from '../renderer/frames/testing/deeds.ts';
import { everyPainted, type PaintedFiles, paintAll } from '../renderer/frames/testing/painted.node.ts';
import { findChromium } from './browser.node.ts';
import { type FramesPage, openFramesPage } from './frames-page.node.ts';

const outcomeSchema = z.object({
  deeds: z.number(),
  shown: z.number(),
  wrong: z.array(z.string()),
  path: z.string(),
  reason: z.string().nullable(),
});
const FRAMES = 24;
const DEEDS = 300;

describe.skipIf(findChromium() === undefined)('exact frames in Chromium (skipped where there is none)', () => {
  let dir: string;
  let files: PaintedFiles[];
  let page: FramesPage;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'picaivid-frames-test-'));
    files = await paintAll(everyPainted(FRAMES, 320, 180), dir);
    page = await openFramesPage(files);
  });
  afterAll(async () => {
    await page?.close();
    await rm(dir, { recursive: true, force: true });
  });

  test(`${DEEDS} random steps, seeks and shuttles over all rates: every number on the canvas is the one told`, async () => {
    const random = randomFrom(20_261_123);
    await page.call(
      'open',
      files.map(({ clip }) => page.given(clip.clip)),
    );
    let deeds = 0;
    let shown = 0;
    for (const { clip } of files) {
      await page.call('show', clip.clip, null);
      const outcome = outcomeSchema.parse(
        await page.call('run', randomDeeds(DEEDS / files.length, clip.frames, random)),
      );
      expect(outcome).toMatchObject({ wrong: [], path: 'webcodecs', reason: null });
      deeds += outcome.deeds;
      shown += outcome.shown;
    }
    expect(deeds).toBe(DEEDS);
    expect(shown).toBeGreaterThan(DEEDS);
    // The proxies were read by Range requests, and no frame was asked of the host.
    expect(page.faults.rangesAsked).toBeGreaterThan(0);
    expect(page.faults.framesAsked).toBe(0);
  });
});
