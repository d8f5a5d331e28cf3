/** `bench frames`: from a key press to the right frame on the canvas, in Chromium, over all-intra proxies. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { framePng } from '../pipeline/media/strip.node.ts';
import { FPS_30 } from '../pipeline/time.ts';
import { randomFrom } from '../renderer/frames/testing/deeds.ts';
import { everyPainted, type PaintedFiles, paintAll } from '../renderer/frames/testing/painted.node.ts';
import { type FramesPage, openFramesPage } from './frames-page.node.ts';
import { proveDeeds } from './frames-proof.node.ts';
import { rendererBytes } from './process-memory.node.ts';
import type { BenchResult, BenchRow } from './types.ts';

const FRAMES = 300;
const WIDTH = 1280;
const HEIGHT = 720;
const STEPS = 300;
const SEEKS = 200;
const OPENINGS = 20;
/** Clips that are walked through for memory: the same file under ten names. */
const CLIPS = 10;
const DEEDS = 300;
const SPAWNS = 12;

const msSchema = z.array(z.number());
const walkSchema = z.object({ shown: z.number(), mostOpenBytes: z.number(), mostPictures: z.number() });
const heldSchema = z.object({ pictures: z.number(), bytes: z.number(), cached: z.number(), most: z.number() });

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function wrongNumbers(page: FramesPage): Promise<string[]> {
  return z.array(z.string()).parse(await page.call('wrong'));
}

async function measure(page: FramesPage, large: PaintedFiles, rows: BenchRow[]): Promise<number> {
  const random = randomFrom(1);
  const { clip } = large.clip;
  const given = page.given(clip);
  let wrong = 0;

  await page.call('open', [given]);
  await page.call('show', clip, null, 20);
  await page.call('sleep', 500);
  // A key held down: about thirty a second.
  const warm = msSchema.parse(
    await page.call(
      'times',
      Array.from({ length: STEPS }, (_, i) => (i < 200 ? 1 : -1)),
      'step',
      34,
    ),
  );
  // Room for three frames: what is asked for is never there.
  await page.call('open', [given], 4_200_000);
  await page.call('show', clip, null, 0);
  const seeks = Array.from({ length: SEEKS }, () => Math.floor(random() * FRAMES));
  const cold = msSchema.parse(await page.call('times', seeks, 'seek', 20));
  wrong += (await wrongNumbers(page)).length;
  const opened: number[] = [];
  for (let i = 0; i < OPENINGS; i++)
    opened.push(z.number().parse(await page.call('opening', given, Math.floor(random() * FRAMES))));
  wrong += (await wrongNumbers(page)).length;

  const step = quantile(warm, 0.95);
  const seek = quantile(cold, 0.95);
  rows.push(
    { what: `step, warm, ${STEPS} keys: p95`, value: step, unit: 'ms', goal: '≤ 16', met: step <= 16 },
    { what: 'step, warm: median', value: quantile(warm, 0.5), unit: 'ms' },
    { what: `seek, cold, ${SEEKS} anywhere: p95`, value: seek, unit: 'ms', goal: '≤ 80', met: seek <= 80 },
    { what: 'seek, cold: median', value: quantile(cold, 0.5), unit: 'ms' },
    { what: `open a clip and show a frame, ${OPENINGS} times: p95`, value: quantile(opened, 0.95), unit: 'ms' },
  );
  return wrong;
}

async function memory(page: FramesPage, rows: BenchRow[]): Promise<number> {
  const clips = Array.from({ length: CLIPS }, (_, i) => i + 1);
  await page.call(
    'open',
    clips.map((clip) => ({ ...page.given(1), clip, mark: 1 })),
  );
  const before = await rendererBytes();
  let shown = 0;
  let most = 0;
  let pictures = 0;
  let highest = 0;
  for (const clip of clips) {
    const one = walkSchema.parse(await page.call('walk', [clip]));
    shown += one.shown;
    most = Math.max(most, one.mostOpenBytes);
    pictures = Math.max(pictures, one.mostPictures);
    highest = Math.max(highest, (await rendererBytes()) ?? 0);
  }
  const wrong = (await wrongNumbers(page)).length;
  const held = heldSchema.parse(await page.call('held'));
  await page.call('close');
  const after = heldSchema.parse(await page.call('held'));
  rows.push(
    { what: `${CLIPS} clips of ${FRAMES} frames stepped through: frames shown`, value: shown, unit: 'frames' },
    {
      what: 'most bytes in the cache',
      value: held.most / 2 ** 20,
      unit: 'MB',
      goal: '≤ 256',
      met: held.most <= 256 * 2 ** 20,
    },
    { what: 'most bytes of pictures that were open', value: most / 2 ** 20, unit: 'MB' },
    { what: 'most pictures that were open', value: pictures, unit: 'pictures' },
    {
      what: 'pictures open after closing',
      value: after.pictures,
      unit: 'pictures',
      goal: '0',
      met: after.pictures === 0,
    },
  );
  if (before !== undefined)
    rows.push(
      { what: 'window process’ own memory, before', value: before / 2 ** 20, unit: 'MB' },
      { what: 'window process’ own memory, most', value: highest / 2 ** 20, unit: 'MB' },
    );
  return wrong;
}

export async function benchFrames(): Promise<BenchResult> {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-bench-frames-'));
  const rows: BenchRow[] = [];
  try {
    const [large] = await paintAll(
      [{ clip: 1, kind: 'steady', rate: FPS_30, frames: FRAMES, width: WIDTH, height: HEIGHT }],
      join(dir, 'large'),
    );
    if (large === undefined) throw new Error('No clip was painted.');
    const small = await paintAll(everyPainted(30, 320, 180), join(dir, 'small'));
    const spawned: number[] = [];
    for (let i = 0; i < SPAWNS; i++) {
      const began = performance.now();
      await framePng(large.clipPath, (i * 23) % FRAMES);
      spawned.push(performance.now() - began);
    }
    const page = await openFramesPage([large]);
    let wrong = 0;
    try {
      wrong += await measure(page, large, rows);
      wrong += await memory(page, rows);
    } finally {
      await page.close();
    }
    const rates = await openFramesPage(small);
    try {
      const proof = await proveDeeds(rates, small, DEEDS, 3);
      wrong += proof.wrong.length;
      rows.push({ what: `${DEEDS} random deeds over all rates: frames read back`, value: proof.shown, unit: 'frames' });
    } finally {
      await rates.close();
    }
    rows.push(
      { what: 'numbers that were wrong', value: wrong, unit: 'frames', goal: '0', met: wrong === 0 },
      { what: 'ffmpeg spawned for one frame: median', value: quantile(spawned, 0.5), unit: 'ms' },
      { what: 'ffmpeg spawned for one frame: p95', value: quantile(spawned, 0.95), unit: 'ms' },
    );
    const proxy = await readFile(large.proxyPath);
    return {
      name: 'frames',
      rows,
      notes: [
        `Chromium without a window, decoding and drawing by software, on ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), load ${loadavg()[0]?.toFixed(1)}.`,
        `${WIDTH}×${HEIGHT}, all-intra proxy of ${(proxy.length / FRAMES / 1024).toFixed(0)} KB a frame, read by Range requests; the key is a keydown event of the page.`,
        'Drawn is on the 2D canvas, read back as pixels; the screen shows it with its next picture.',
      ],
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
