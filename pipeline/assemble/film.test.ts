import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import type { MusicPlan, Timeline } from '../domain.ts';
import { runFfmpeg, runFfprobe } from '../media/ffmpeg.node.ts';
import { type AssembledFilm, assembleFilm } from './film.node.ts';
import { frameRecipes } from './plan.ts';
import {
  clipGrey,
  decodeFrames,
  OUTPUT,
  paintClip,
  readNumber,
  timelineClip,
  timelineOf,
  WIDTH,
  writeTone,
} from './testkit.node.ts';
import { verifyFilm } from './verify.node.ts';

let dir: string;
const clips = new Map<string, { path: string }>();
const FRAMES = 90;
const LUMA = WIDTH * 100 + 160; // a pixel away from the painted number and the bar

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assemble-'));
  for (let i = 0; i < 4; i++) {
    const path = join(dir, `clip${i}.mp4`);
    await paintClip(path, i, FRAMES);
    clips.set(`c${i}`, { path });
  }
  await writeTone(join(dir, 'music.wav'), '0.3*sin(440*2*PI*t)*(1-mod(t,0.5))|0.3*sin(554*2*PI*t)*(1-mod(t,0.5))', 9);
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

function musicPlan(frames: number): MusicPlan {
  return {
    segments: [{ filmStartFrame: 0, filmEndFrame: frames, musicStartSeconds: 0.5 }],
    fadeInFrames: 0,
    fadeOutFrames: 15,
  };
}

async function assemble(timeline: Timeline, name: string, more: object = {}): Promise<AssembledFilm> {
  const total = timeline.clips.reduce((sum, clip) => sum + clip.durationFrames, 0);
  return assembleFilm({
    timeline,
    clips,
    music: { path: join(dir, 'music.wav'), plan: musicPlan(total) },
    output: OUTPUT,
    outPath: join(dir, name, 'film.mp4'),
    workDir: join(dir, `${name}-work`),
    ...more,
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof PicaividError ? error.code : String(error)),
  );
}

describe('a film of cuts', () => {
  const timeline = timelineOf([
    timelineClip(0, 0, 40),
    timelineClip(1, 7, 35),
    timelineClip(2, 15, 20),
    timelineClip(3, 29, 31),
  ]);
  let film: AssembledFilm;
  let frames: Uint8Array[];
  beforeAll(async () => {
    film = await assemble(timeline, 'cuts');
    frames = await decodeFrames(film.path);
  });

  test('shows the planned frames in the planned order, each once', () => {
    const shown = frames.map((frame) => readNumber(frame));
    const planned = frameRecipes(timeline, sources()).map(({ a }) => ({
      clip: Number(a.clipId.slice(1)),
      frame: a.sourceFrame,
    }));
    expect(shown).toEqual(planned);
  });

  test('copied runs decode bit-equal to the clips', async () => {
    expect(film.copiedFrames).toBe(40 + 27 + 20 + 30);
    expect(film.encodedFrames).toBe(9);
    let equal = 0;
    for (const segment of film.plan.segments) {
      if (segment.kind !== 'copy') continue;
      const clip = await decodeFrames(clips.get(segment.clipId)?.path ?? '');
      for (let f = segment.filmFrom; f < segment.filmTo; f++) {
        expect(
          Buffer.compare(frames[f] as Uint8Array, clip[segment.sourceFrom + f - segment.filmFrom] as Uint8Array),
        ).toBe(0);
        equal++;
      }
    }
    expect(equal).toBe(film.copiedFrames);
  });

  test('is verified with every hard cut seen at its frame', () => {
    expect(film.verification.pass).toBe(true);
    expect(film.verification.lines.find((line) => line.name === 'cuts')?.measured).toBe('3 at their frame');
  });

  test('has sound of exactly the film length, at the asked loudness', async () => {
    const samples = (126 * 48000) / 30;
    const probed = await runFfprobe(['-select_streams', 'a', '-show_streams', film.path]);
    expect(probed).toMatchObject({ streams: [{ time_base: '1/48000', duration_ts: samples, start_pts: 0 }] });
    // The edit list takes off AAC's priming; decoders that do not trim the last packet give its padding, no more.
    const { stdout } = await runFfmpeg(['-v', 'error', '-i', film.path, '-map', '0:a:0', '-f', 's16le', 'pipe:1']);
    expect(Math.ceil(samples / 1024) * 1024).toBe(stdout.length / 4);
    const line = film.verification.lines.find((l) => l.name === 'loudness');
    expect(Math.abs(Number.parseFloat(line?.measured ?? '0') + 14)).toBeLessThanOrEqual(0.5);
  });

  test('an assembly that is run again encodes nothing again', async () => {
    const work = join(dir, 'cuts-work');
    const before = await Promise.all((await readdir(work)).map(async (f) => [f, (await stat(join(work, f))).mtimeMs]));
    const again = await assemble(timeline, 'cuts');
    const after = await Promise.all((await readdir(work)).map(async (f) => [f, (await stat(join(work, f))).mtimeMs]));
    expect(again.encodedNow).toBe(0);
    expect(after).toEqual(before);
  });
});

function sources(): Map<string, { path: string; frames: number; width: number; height: number }> {
  return new Map(
    [...clips].map(([id, { path }]) => [id, { path, frames: FRAMES, width: OUTPUT.width, height: OUTPUT.height }]),
  );
}

describe('a film of transitions', () => {
  const timeline = timelineOf([
    timelineClip(0, 0, 40, { type: 'dip_black', frames: 10 }),
    timelineClip(1, 20, 40, { type: 'cross_dissolve', frames: 12 }),
    timelineClip(2, 20, 40, { type: 'dip_white', frames: 9 }),
    timelineClip(3, 20, 40, { type: 'wipe', frames: 12 }),
  ]);
  let frames: Uint8Array[];
  let film: AssembledFilm;
  beforeAll(async () => {
    film = await assemble(timeline, 'transitions', { closingFadeFrames: 10 });
    frames = await decodeFrames(film.path);
  });
  const at = (f: number): number => frames[f]?.[LUMA] as number;
  const near = (f: number, value: number): void => expect(Math.abs(at(f) - value)).toBeLessThanOrEqual(2);

  test('blends with the planned weights', () => {
    expect(film.verification.pass).toBe(true);
    const [a, b, c] = [clipGrey(0), clipGrey(1), clipGrey(2)];
    near(33, a);
    for (let step = 1; step <= 12; step++) near(33 + step, a + ((b - a) * step) / 13);
    near(46, b);
    near(0, 16 + ((a - 16) * 1) / 11);
    near(10, a);
    near(80, 235); // the middle of nine frames around the cut at 80
    near(75, b);
    near(85, c);
    near(159, 16);
  });

  test('has every transition measured at its frame', () => {
    const line = film.verification.lines.find(({ name }) => name === 'transitions');
    expect(line?.measured).toMatch(/^3 at their frames, at most 0\.[01]\d frames off$/);
  });

  test('a film whose dissolve is three frames late is not what was planned', async () => {
    const late = timelineOf(
      timeline.clips.map((clip, i) =>
        i === 0 ? { ...clip, durationFrames: 43 } : i === 1 ? { ...clip, sourceInFrame: 23, durationFrames: 37 } : clip,
      ),
    );
    const { path, sound } = await assemble(late, 'late', { closingFadeFrames: 10 });
    const { pass, lines } = await verifyFilm({
      path,
      plan: film.plan,
      output: OUTPUT,
      silent: sound.silent,
      samples: sound.samples,
    });
    expect(pass).toBe(false);
    expect(lines.filter((line) => !line.pass)).toEqual([
      expect.objectContaining({
        name: 'transitions',
        measured: expect.stringMatching(
          /^2 at their frames.*; the cross_dissolve at frame 40 is (2\.9|3\.0|3\.1) frames late$/,
        ),
      }),
    ]);
  });

  test('uncovers the incoming clip from the left in a wipe', () => {
    const row = WIDTH * 100;
    const middle = frames[120] as Uint8Array;
    expect(Math.abs((middle[row + 10] as number) - clipGrey(3))).toBeLessThanOrEqual(2);
    expect(Math.abs((middle[row + 300] as number) - clipGrey(2))).toBeLessThanOrEqual(2);
  });

  test('copies what lies between the transitions', () => {
    expect(film.copiedFrames).toBeGreaterThan(0);
    expect(frames.length).toBe(160);
    expect(readNumber(frames[65] as Uint8Array)).toEqual({ clip: 1, frame: 45 });
  });
});

describe('trouble', () => {
  const timeline = timelineOf([timelineClip(0, 3, 40), timelineClip(1, 7, 35)]);

  test('other encoder settings are noticed and the clip is encoded again', async () => {
    const path = join(dir, 'other.mp4');
    await paintClip(path, 1, FRAMES, { extra: ['-profile:v', 'main'] });
    const film = await assemble(timeline, 'other', { clips: new Map([...clips, ['c1', { path }]]) });
    expect(film.copiedFrames).toBe(28);
    expect(film.notes.join()).toContain('c1');
    expect((await decodeFrames(film.path)).map((f) => readNumber(f).frame).slice(40)).toEqual(
      Array.from({ length: 35 }, (_, i) => 7 + i),
    );
  });

  test('another frame shape is cropped around the subject', async () => {
    const output = { ...OUTPUT, width: 180, height: 180 };
    const film = await assemble(timeline, 'square', {
      output,
      clips: new Map([...clips].map(([id, clip]) => [id, { ...clip, focus: { x: 0, y: 0.5 } }])),
    });
    expect(film.copiedFrames).toBe(0);
    const frames = await decodeFrames(film.path, 180, 180);
    expect(frames.length).toBe(75);
    expect((frames[50] as Uint8Array)[8 * 180 + 8]).toBeGreaterThan(200); // frame 17 of clip 1: lowest bit painted white
  });

  test('a stopped assembly leaves nothing under the asked name and goes on later', async () => {
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    expect(await codeOf(assemble(timeline, 'stopped', { signal: abort.signal, onProgress: stop }))).toBe('cancelled');
    expect(await readdir(join(dir, 'stopped'))).toEqual([]);
    expect((await assemble(timeline, 'stopped')).verification.pass).toBe(true);
  });

  test('a film that is not as planned is set aside and named', async () => {
    const output = { ...OUTPUT, loudnessLufs: -14, truePeakDbtp: -20 };
    const error = await assemble(timeline, 'wrong', { output }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'verification_failed' });
    expect(String(error)).toContain('loudness: expected');
    expect(await readdir(join(dir, 'wrong'))).toEqual(['film.failed.mp4']);
  });

  test('a missing and a truncated clip are named', async () => {
    const broken = join(dir, 'broken.mp4');
    await writeFile(broken, 'not a film');
    const withClip = (path: string): object => ({ clips: new Map([...clips, ['c1', { path }]]) });
    expect(await codeOf(assemble(timeline, 'x', withClip(join(dir, 'gone.mp4'))))).toBe('clip_missing');
    expect(await codeOf(assemble(timeline, 'x', withClip(broken)))).toBe('clip_invalid');
  });

  test('a place that cannot be written to is said before any work', async () => {
    await writeFile(join(dir, 'file'), '');
    expect(await codeOf(assemble(timeline, 'x', { outPath: join(dir, 'file', 'film.mp4') }))).toBe('output_unwritable');
    if (process.getuid?.() === 0) return; // root may write anywhere
    const closed = join(dir, 'closed');
    await mkdir(closed);
    await chmod(closed, 0o500);
    expect(await codeOf(assemble(timeline, 'x', { outPath: join(closed, 'film.mp4') }))).toBe('output_unwritable');
  });
});
