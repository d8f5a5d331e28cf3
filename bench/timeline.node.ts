/**
 * `bench timeline`: from a folder of photos to the film playing with music, and what the main thread does in each frame
 * while a film of 500 clips and 2,000 beats is scrolled, zoomed and edited. The real host, real pages, real photos.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import { PicaividError } from '../base/errors.ts';
import { newId } from '../db/id.node.ts';
import type { Timeline } from '../pipeline/domain.ts';
import { replaceBy } from '../pipeline/timeline/edits-make.ts';
import { keysBetween } from '../pipeline/timeline/order-key.ts';
import { timelineSchema } from '../pipeline/timeline/schema.ts';
import { buildPages } from '../scripts/build-pages.mjs';
import { launchChromium } from './browser.node.ts';
import { type MainThreadWork, mainThreadWork, TRACE_CATEGORIES } from './main-thread.ts';
import type { BenchResult, BenchRow } from './types.ts';

const ROOT = dirname(import.meta.dirname);
const PHOTOS = 24;
const CLIPS = 500;
const BEATS = 2_000;
const GOAL = { film: 30, phase3: 3, frameMs: 8 };
const LIMIT_MS = 240_000;
/** A person needs that long to find the folder; meanwhile a new studio listens to its own music, once. */
const CHOOSING_MS = 10_000;
const STEPS = 120;
/** A frame of 60 a second, so that each step of the hand is a frame of its own. */
const STEP_MS = 16;

const document = z.object({ timeline: timelineSchema.nullable(), revision: z.number() });
const listings = z.array(z.object({ id: z.string(), status: z.string() }));

async function call<T>(page: Page, schema: z.ZodType<T>, procedure: string, input?: unknown, send = false): Promise<T> {
  const answer = await page.evaluate(
    async ({ path, body }) => {
      const init = body === null ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      return (await fetch(path, init)).json();
    },
    {
      path: `/api/trpc/${procedure}${send || input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`}`,
      body: send ? JSON.stringify(input) : null,
    },
  );
  return z.object({ result: z.object({ data: schema }) }).parse(answer).result.data;
}

/** The fixtures' 24 photos, or the sample listing's. */
function photosIn(folder: string): number {
  const fixtures = join(process.env.PICAIVID_FIXTURES ?? join(ROOT, '..', 'shared', 'fixtures'), 'photos', 'listing');
  const source = existsSync(fixtures) ? fixtures : join(ROOT, 'samples', 'listing');
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(source)
    .filter((name) => name.endsWith('.jpg'))
    .slice(0, PHOTOS);
  for (const name of names) copyFileSync(join(source, name), join(folder, name));
  return names.length;
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await condition())) {
    if (performance.now() - began > LIMIT_MS) throw new PicaividError('internal', `${what} took too long.`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

interface FirstFilm {
  readonly photos: number;
  readonly analysisSeconds: number;
  readonly phase3Seconds: number;
  readonly playingSeconds: number;
  readonly listingId: string;
}

/** A person who opens the timeline as soon as the rooms are there, and presses Space when the film is. */
async function firstFilm(page: Page, work: string, url: string): Promise<FirstFilm> {
  const folder = join(work, 'two_mile_road');
  const photos = photosIn(folder);
  await page.goto(url);
  await page.getByRole('button', { name: 'Open the sample listing' }).waitFor();
  await page.waitForTimeout(CHOOSING_MS);
  const began = performance.now();
  const since = (): number => (performance.now() - began) / 1000;
  await call(page, z.unknown(), 'listings.create', { folders: [folder] }, true);
  await until('The analysis', async () => (await call(page, listings, 'listings.list'))[0]?.status === 'planned');
  const analysisSeconds = since();
  const [listing] = await call(page, listings, 'listings.list');
  const listingId = z.string().parse(listing?.id);
  await page.goto(new URL(`#/listing/${listingId}/timeline`, page.url()).href);
  const get = () => call(page, document, 'timeline.get', { id: listingId });
  await until('The film', async () => (await get()).timeline !== null);
  const phase3Seconds = since() - analysisSeconds;
  await page.getByText('live · exact').waitFor();
  await page.keyboard.press('Space');
  const frame = page.getByText(/^frame \d+$/);
  await until('The player', async () => Number((await frame.textContent())?.replace('frame ', '')) >= 5);
  const playingSeconds = since();
  await page.keyboard.press('Space');
  return { photos, analysisSeconds, phase3Seconds, playingSeconds, listingId };
}

/** The film with its clips over and over, and beats twelve frames apart. */
function long(timeline: Timeline): Timeline {
  const keys = keysBetween(null, null, CLIPS);
  const clips = keys.map((orderKey, i) => {
    const clip = timeline.clips[1 + (i % (timeline.clips.length - 1))] ?? timeline.clips[0];
    if (clip === undefined) throw new PicaividError('internal', 'The film has no clips.');
    const cut = { type: 'cut', frames: 0 } as const;
    return { ...clip, id: newId(), orderKey, durationFrames: 48, sourceInFrame: 8, moveFrames: 64, transitionIn: cut };
  });
  const beats = Array.from({ length: BEATS }, (_, i) => ({ frame: 12 * i, beatInBar: 1 + (i % 4), confidence: 1 }));
  return { ...timeline, clips, beats };
}

async function measureTracks(browser: Browser, page: Page): Promise<readonly { what: string; work: MainThreadWork }[]> {
  const results: { what: string; work: MainThreadWork }[] = [];
  const measure = async (what: string, run: () => Promise<void>): Promise<void> => {
    await page.waitForTimeout(1_500);
    await browser.startTracing(page, { categories: [...TRACE_CATEGORIES] });
    await run();
    results.push({ what, work: mainThreadWork(JSON.parse((await browser.stopTracing()).toString())) });
  };
  const clip = async (index: number) => {
    const box = await page.getByRole('option').nth(index).boundingBox();
    if (box === null) throw new PicaividError('internal', 'The tracks show no clips.');
    return box;
  };
  const wheel = async (deltaX: number, deltaY: number): Promise<void> => {
    for (let step = 0; step < STEPS; step++) {
      await page.mouse.wheel(step < STEPS / 2 ? deltaX : -deltaX, step < STEPS / 2 ? deltaY : -deltaY);
      await page.waitForTimeout(STEP_MS);
    }
  };
  const drag = async (x: number, y: number): Promise<void> => {
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let step = 0; step < STEPS; step++) {
      await page.mouse.move(x + 4 * (step % 60), y + (step % 3));
      await page.waitForTimeout(STEP_MS);
    }
    await page.keyboard.press('Escape');
    await page.mouse.up();
  };
  // Close enough that a clip is as wide as an editor would drag it.
  for (let i = 0; i < 8; i++) await page.keyboard.press('+');
  await page.waitForTimeout(1_500);
  const box = await clip(3);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await measure('scrolled', () => wheel(60, 0));
  await page.keyboard.down('Control');
  await measure('zoomed', () => wheel(0, -40));
  await page.keyboard.up('Control');
  const at = await clip(3);
  await measure('an edge trimmed by hand', () => drag(at.x + at.width - 2, at.y + at.height / 2));
  await measure('a clip moved by hand', () => drag(at.x + at.width / 2, at.y + at.height / 2));
  return results;
}

/** Errors: `file_not_found` without Chromium, `internal` when the pages do not build or something takes minutes. */
export async function benchTimeline(): Promise<BenchResult> {
  if (!buildPages(ROOT, process.execPath, { quiet: true }))
    throw new PicaividError('internal', 'The pages could not be built.');
  const work = await mkdtemp(join(tmpdir(), 'picaivid-bench-timeline-'));
  const script = join(ROOT, 'main', 'host', 'serve.node.ts');
  const host: ChildProcess = spawn(process.execPath, [script, '--port', '0', '--home', join(work, 'home')], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const browser = await launchChromium();
  try {
    if (host.stdout === null) throw new PicaividError('internal', 'The host could not be started.');
    const [line] = (await once(createInterface({ input: host.stdout }), 'line')) as [string];
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const first = await firstFilm(page, work, z.object({ url: z.string() }).parse(JSON.parse(line)).url);
    const { timeline, revision } = await call(page, document, 'timeline.get', { id: first.listingId });
    if (timeline === null) throw new PicaividError('internal', 'The film is gone.');
    const edit = replaceBy(long(timeline));
    await call(page, z.unknown(), 'timeline.edit', { id: first.listingId, revision, label: 'Long film', edit }, true);
    await page.reload();
    await page.getByRole('option').first().waitFor({ state: 'attached' });
    const tracks = await measureTracks(browser, page);
    return {
      name: 'timeline',
      rows: [...firstRows(first), ...tracks.flatMap(({ what, work: done }) => trackRows(what, done))],
      notes: [
        'The clock starts ten seconds after the window is there, in which a new studio listens to its own music (once).',
        `${first.photos} photos; drawing by the processor (SwiftShader). Work is the processor time of the page's main thread from one drawn frame to the next.`,
      ],
    };
  } finally {
    await browser.close();
    host.kill('SIGTERM');
    await once(host, 'exit');
    await rm(work, { recursive: true, force: true });
  }
}

function firstRows(first: FirstFilm): BenchRow[] {
  const goal = (value: number, most: number) => ({ value, unit: 's', goal: `≤ ${most}`, met: value <= most });
  return [
    { what: 'photos read, rooms found, moves planned', value: first.analysisSeconds, unit: 's' },
    { what: 'phase 3: from opening the timeline to its film', ...goal(first.phase3Seconds, GOAL.phase3) },
    { what: 'from the folder to the film playing with music', ...goal(first.playingSeconds, GOAL.film) },
  ];
}

function trackRows(what: string, { p95, longTasks, frames }: MainThreadWork): BenchRow[] {
  const named = `${CLIPS} clips, ${BEATS} beats, ${what}`;
  return [
    {
      what: `${named}: work per frame, p95`,
      value: p95.cpu,
      unit: 'ms',
      goal: `≤ ${GOAL.frameMs}`,
      met: p95.cpu <= GOAL.frameMs,
    },
    { what: `${named}: frames drawn`, value: frames, unit: '' },
    { what: `${named}: long tasks`, value: longTasks.cpu, unit: '', goal: '0', met: longTasks.cpu === 0 },
  ];
}
