/** The page that `bench film` and the player's browser test drive: shows frames of a film, plays it, and measures. */
import type { MixPlan } from '../../../pipeline/assemble/mix-plan.ts';
import type { Timeline } from '../../../pipeline/domain.ts';
import { type FilmPhoto, FilmPlayer, type PlayedFilm } from '../film/film-player.ts';
import { playMix } from '../film/sound-graph.ts';

export interface GivenFilm {
  readonly timeline: Timeline;
  readonly photos: readonly (readonly [string, FilmPhoto])[];
  /** By title id; the address of its picture. */
  readonly titles: Readonly<Record<string, string>>;
  readonly music: PlayedFilm['music'];
  readonly listingKey: string;
  readonly width: number;
  readonly height: number;
}

let player: FilmPlayer | undefined;
let canvas: HTMLCanvasElement | undefined;
const errors: string[] = [];

const later = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

function thePlayer(): FilmPlayer {
  if (player === undefined) throw new Error('No film was opened.');
  return player;
}

function open(film: GivenFilm): void {
  player?.dispose();
  canvas?.remove();
  canvas = document.body.appendChild(document.createElement('canvas'));
  const { width, height } = film;
  player = new FilmPlayer({ canvas, size: { width, height }, onError: (error) => errors.push(error.message) });
  change(film);
}

/** The film after an edit. */
function change({ timeline, photos, titles, music, listingKey }: GivenFilm): void {
  thePlayer().setFilm({
    timeline,
    photos: new Map(photos),
    title: (card) => titles[card.id] ?? '/no-such-title',
    music,
    listingKey,
  });
}

/** Seeks, waits until the frame is on the canvas, and posts its pixels as `name`, rows from the bottom. */
async function frame(index: number, name: string): Promise<void> {
  const one = thePlayer();
  one.seek(index);
  const end = performance.now() + 60_000;
  while (one.shownFrame !== index || one.state.waiting) {
    if (performance.now() > end) throw new Error(`Frame ${index} did not come. ${errors.join(' ')}`);
    await later(5);
  }
  await post(name);
}

async function post(name: string): Promise<void> {
  const context = canvas?.getContext('2d');
  if (canvas === undefined || context === null || context === undefined) throw new Error('There is no canvas.');
  const { width, height } = canvas;
  const rows = context.getImageData(0, 0, width, height).data;
  const out = new Uint8Array(rows.length);
  for (let y = 0; y < height; y++)
    out.set(rows.subarray(y * width * 4, (y + 1) * width * 4), (height - 1 - y) * width * 4);
  await fetch(`/result/${name}`, { method: 'POST', body: out });
}

/** The mix plan drawn offline, posted as interleaved 32-bit floats. `from`: the film sample that it begins at. */
async function bed(mix: MixPlan, url: string, from: number, name: string): Promise<void> {
  const context = new OfflineAudioContext(2, mix.samples - from, 48_000);
  const buffer = await context.decodeAudioData(await (await fetch(url)).arrayBuffer());
  playMix(context, buffer, mix, { fromSample: from, when: 0, rate: 1 }, context.destination);
  const drawn = await context.startRendering();
  const [left, right] = [drawn.getChannelData(0), drawn.getChannelData(1)];
  const out = new Float32Array(left.length * 2);
  for (let i = 0; i < left.length; i++) {
    out[2 * i] = left[i] as number;
    out[2 * i + 1] = right[i] as number;
  }
  await fetch(`/result/${name}`, { method: 'POST', body: out });
}

export interface SyncFigures {
  readonly samples: number;
  /** Samples in which the sound could be heard and the frame was ready. */
  readonly measured: number;
  /** Frames between the frame on the canvas and the one whose sound is heard. */
  readonly most: number;
  readonly p95: number;
  readonly median: number;
  readonly heardSeconds: number;
  readonly wallSeconds: number;
  readonly drawn: number;
  readonly dropped: number;
  readonly scale: number;
  readonly sound: string;
}

/** Plays for so long and compares, at every timer (not at the player's own steps), what is shown with what is heard. */
async function sync(seconds: number): Promise<SyncFigures> {
  const one = thePlayer();
  const rate = 30;
  const until = performance.now() + 20_000;
  while (one.state.sound !== 'ready' && performance.now() < until) await later(20);
  one.seek(0);
  one.play();
  await later(1500);
  const began = performance.now();
  const heardFirst = one.heardSeconds ?? Number.NaN;
  const offs: number[] = [];
  let samples = 0;
  let drawn = 0;
  const stop = one.subscribe(() => drawn++);
  while (performance.now() - began < seconds * 1000) {
    await later(7);
    samples++;
    const heard = one.heardSeconds;
    if (heard === null || one.state.waiting || !one.playing) continue;
    const position = heard * rate;
    // A frame is on time while its own length of sound is heard.
    const shown = one.shownFrame;
    offs.push(position < shown ? shown - position : Math.max(0, position - (shown + 1)));
  }
  stop();
  const heardLast = one.heardSeconds ?? Number.NaN;
  const wallSeconds = (performance.now() - began) / 1000;
  one.pause();
  offs.sort((a, b) => a - b);
  const at = (share: number): number => offs[Math.min(offs.length - 1, Math.floor(offs.length * share))] ?? Number.NaN;
  const { dropped, scale } = one.quality;
  return {
    samples, measured: offs.length, most: offs.at(-1) ?? Number.NaN, p95: at(0.95), median: at(0.5),
    heardSeconds: heardLast - heardFirst, wallSeconds, drawn, dropped, scale, sound: one.state.sound,
  }; // biome-ignore format: one object
}

const parity = {
  open,
  change,
  frame,
  post,
  bed,
  sync,
  errors: () => errors,
  state: () => ({ ...thePlayer().state, frame: thePlayer().frame, shown: thePlayer().shownFrame }),
  do: (what: 'play' | 'pause' | 'toggle') => thePlayer()[what](),
  shuttle: (direction: -1 | 0 | 1) => thePlayer().shuttle(direction),
  seek: (index: number) => thePlayer().seek(index),
  sleep: later,
};
Object.assign(globalThis, { parity });
