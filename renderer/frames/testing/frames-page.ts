/** The page that `bench frames` and the browser tests drive: plays painted clips and reads every shown number back. */
import type { FrameRate } from '../../../pipeline/time.ts';
import {
  canvasSurface,
  FrameCache,
  FramePlayer,
  openFrames,
  type PageFrames,
  type PagePicture,
  pageClock,
  warm,
} from '../index.ts';
import type { Deed } from './deeds.ts';
import { type Painted, paintedPart, readPainted } from './painted.ts';

export interface GivenClip {
  readonly clip: number;
  readonly frames: number;
  readonly frameRate: FrameRate;
  readonly proxyUrl: string;
  /** With `<n>` for the frame. */
  readonly frameUrl: string;
  readonly hostOnly?: string;
  /** The clip's number in its pictures, where that is another. */
  readonly mark?: number;
}

export interface Outcome {
  readonly deeds: number;
  /** Frames that were drawn; each was read back. */
  readonly shown: number;
  readonly wrong: readonly string[];
  readonly path: string;
  readonly reason: string | null;
}

const later = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const painted = (): Promise<void> => new Promise((done) => requestAnimationFrame(() => done()));

/** Clip numbers in the pictures. */
const marks = new Map<number, number>();
let cache = new FrameCache<PagePicture>();
const sources = new Map<number, PageFrames>();
let canvases: readonly [HTMLCanvasElement, HTMLCanvasElement] | undefined;
let player: FramePlayer<PagePicture> | undefined;
let current = 0;
let compared: number | null = null;
let shownCount = 0;
let wrong: string[] = [];
let latest = -1;
let drawnAt = 0;
let mostCached = 0;
/** Shown frames since it was emptied. */
let order: number[] = [];

function source(clip: number): PageFrames {
  const one = sources.get(clip);
  if (one === undefined) throw new Error(`Clip ${clip} was not opened.`);
  return one;
}

function open(clips: readonly GivenClip[], limitBytes?: number): void {
  close();
  cache = new FrameCache<PagePicture>(limitBytes);
  mostCached = 0;
  for (const { clip, frames, frameRate, proxyUrl, frameUrl, hostOnly, mark } of clips) {
    marks.set(clip, mark ?? clip);
    sources.set(
      clip,
      openFrames(
        { proxyUrl, frames, frameRate, frameUrl: (frame) => frameUrl.replace('<n>', String(frame)) },
        { cache, ...(hostOnly === undefined ? {} : { hostOnly }) },
      ),
    );
  }
}

function close(): void {
  player?.dispose();
  player = undefined;
  for (const one of sources.values()) one.close();
  sources.clear();
  for (const canvas of canvases ?? []) canvas.remove();
  canvases = undefined;
}

function readBack(canvas: HTMLCanvasElement): Painted | null {
  const { width, height } = canvas;
  const part = paintedPart(width, height);
  const pixels = canvas.getContext('2d')?.getImageData(part.x, part.y, part.width, part.height);
  return pixels === undefined ? null : readPainted(pixels.data, width, height, 4, part);
}

function check(frame: number): void {
  drawnAt = performance.now();
  mostCached = Math.max(mostCached, cache.bytes);
  shownCount++;
  latest = frame;
  order.push(frame);
  const [first, second] = canvases ?? [];
  for (const [canvas, clip] of [[first, current] as const, [second, compared] as const]) {
    if (canvas === undefined || clip === null) continue;
    if (clip === compared && frame >= source(clip).frames) continue;
    const seen = readBack(canvas);
    if (seen?.index !== frame || seen.clip !== marks.get(clip))
      wrong.push(`clip ${clip} said frame ${frame}, on the canvas: ${JSON.stringify(seen)}`);
  }
}

/** Shows a clip, compared with another one or none. */
async function show(clip: number, other: number | null, at = 0): Promise<void> {
  if (player === undefined) {
    canvases = [0, 1].map(() => document.body.appendChild(document.createElement('canvas'))) as [
      HTMLCanvasElement,
      HTMLCanvasElement,
    ];
    current = clip;
    compared = null;
    player = new FramePlayer({
      source: source(clip),
      surface: canvasSurface(...canvases),
      clock: pageClock,
      at,
      onShown: check,
    });
  } else {
    current = clip;
    compared = null;
    player.setSource(source(clip), at);
  }
  compared = other;
  player.compareWith(other === null ? null : source(other));
  await player.settled();
}

function thePlayer(): FramePlayer<PagePicture> {
  if (player === undefined) throw new Error('No clip is shown.');
  return player;
}

async function perform(deed: Deed): Promise<void> {
  const one = thePlayer();
  order = [];
  if (deed.do === 'step') {
    const began = latest;
    for (const by of deed.by) {
      one.step(by);
      // Keys come between tasks, some of them before the frame is there.
      if (Math.abs(by) % 2 === 1) await Promise.resolve();
      else await later(0);
    }
    await one.settled();
    const ways = new Set(deed.by.map(Math.sign));
    if (ways.size === 1) {
      const way = deed.by[0] as number;
      const back = [began, ...order].findIndex((frame, i, all) => i > 0 && (frame - (all[i - 1] as number)) * way < 0);
      if (back !== -1) wrong.push(`jumped back while stepping one way: ${[began, ...order].join(' ')}`);
    }
  } else if (deed.do === 'seek') {
    for (const to of deed.to) {
      one.seek(to);
      await Promise.resolve();
    }
    await one.settled();
  } else {
    one.setRange(deed.range === null ? null : { first: deed.range[0], last: deed.range[1] });
    one.setLoop(deed.loop);
    for (const key of deed.keys) one.shuttle(key);
    if (deed.expect === null) {
      await later(deed.ms);
      one.pause();
    }
    await one.settled();
    if (deed.range !== null) {
      const [first, last] = deed.range;
      // The frame it began from may lie outside.
      const out = order.slice(1).filter((frame) => frame < first || frame > last);
      if (out.length > 0) wrong.push(`played ${out.join(' ')} outside of ${first} to ${last}`);
    }
    one.setRange(null);
    one.setLoop(false);
  }
  const { shown, target, waiting, error } = one.state;
  if (error !== null) wrong.push(`${deed.do}: ${error.message}`);
  if (waiting || shown !== target || shown !== latest) wrong.push(`rests on ${shown}, wanted ${target}`);
  if (deed.expect !== null && shown !== deed.expect) wrong.push(`${deed.do} led to ${shown}, not ${deed.expect}`);
  const [canvas] = canvases ?? [];
  const seen = canvas === undefined ? null : readBack(canvas);
  if (seen?.index !== shown || seen.clip !== marks.get(current))
    wrong.push(`at rest on ${shown} of clip ${current}: ${JSON.stringify(seen)}`);
}

async function run(deeds: readonly Deed[]): Promise<Outcome> {
  shownCount = 0;
  wrong = [];
  for (const deed of deeds) await perform(deed);
  const { path, reason } = source(current).stats;
  return { deeds: deeds.length, shown: shownCount, wrong, path, reason };
}

/** ms from a key's event to the right frame on the canvas, for each of these moves. `apart`: ms between them. */
async function times(moves: readonly number[], how: 'step' | 'seek', apart: number): Promise<number[]> {
  const one = thePlayer();
  const out: number[] = [];
  for (const move of moves) {
    if (apart > 0) await later(apart);
    await painted();
    const wanted = how === 'step' ? one.state.target + move : move;
    const done = Promise.withResolvers<number>();
    const key = (event: Event): void => {
      if (how === 'step') one.step(move);
      else one.seek(move);
      one.settled().then(() => done.resolve(drawnAt - event.timeStamp));
    };
    addEventListener('keydown', key, { once: true });
    dispatchEvent(new KeyboardEvent('keydown', { key: '.' }));
    out.push(await done.promise);
    if (latest !== wanted) wrong.push(`${how} led to ${latest}, not ${wanted}`);
  }
  return out;
}

/** ms from opening a clip, with an empty cache, to a frame of it on the canvas. */
async function opening(clip: GivenClip, at: number): Promise<number> {
  const began = performance.now();
  open([clip]);
  await show(clip.clip, null, at);
  return drawnAt - began;
}

/** Steps through each of these clips from its first to its last frame; the largest bytes that pictures took. */
async function walk(clips: readonly number[]): Promise<{ shown: number; mostOpenBytes: number; mostPictures: number }> {
  shownCount = 0;
  wrong = [];
  let [mostOpenBytes, mostPictures] = [0, 0];
  for (const clip of clips) {
    await show(clip, null);
    while (thePlayer().state.target < thePlayer().state.frames - 1) {
      thePlayer().step(1);
      await thePlayer().settled();
      // As fast as a screen shows pictures.
      await painted();
      mostOpenBytes = Math.max(mostOpenBytes, cache.openBytes);
      mostPictures = Math.max(mostPictures, cache.openPictures);
    }
  }
  return { shown: shownCount, mostOpenBytes, mostPictures };
}

/** Decodes every frame of a clip without showing any. */
async function fill(clip: number): Promise<void> {
  const one = source(clip);
  for (let index = 0; index < one.frames; index++) (await one.frame(index)).release();
}

const frames = {
  fill,
  open,
  opening,
  walk,
  close,
  show,
  run,
  times,
  sleep: later,
  state: () => thePlayer().state,
  stats: () => source(current).stats,
  ready: (clip: number) => source(clip).ready,
  warm: (clip: number) => warm(source(clip)),
  wrong: () => wrong,
  seen: () => (canvases === undefined ? null : readBack(canvases[0])),
  held: () => ({
    pictures: cache.openPictures,
    bytes: cache.openBytes,
    cached: cache.bytes,
    most: mostCached,
    within: mostCached <= cache.limitBytes,
  }),
};
Object.assign(globalThis, { frames });
