import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256File } from '../../base/files.node.ts';
import type { ClipSpec, Timeline } from '../domain.ts';
import { renderTake } from '../render/take.node.ts';
import { FPS_24, FPS_25, FPS_30, FPS_60, type FrameRate } from '../time.ts';
import { clipStarts } from '../timeline/clip-math.ts';
import { applyEdit } from '../timeline/edits.ts';
import { checkTimeline } from '../timeline/invariants.ts';
import { FILMS, randomEdit, seeded } from '../timeline/testing.ts';
import { readClipFile } from './clipfile.node.ts';
import { makeOutputTakes } from './outputs.node.ts';
import { comparedFrames, outputClipSpec, outputTimeline, sameFrame } from './outputs.ts';

const RATES: readonly FrameRate[] = [FPS_24, FPS_25, FPS_30, FPS_60];
const at = (frameRate: FrameRate) => ({ width: 1920, height: 1080, frameRate });

/** Some film after some edits. */
const anyFilm = fc.tuple(fc.nat(FILMS.length - 1), fc.nat(100_000), fc.nat(25)).map(([which, seed, edits]) => {
  const random = seeded(seed);
  let film = FILMS[which] as Timeline;
  let id = 0;
  for (let i = 0; i < edits; i++)
    try {
      film = applyEdit(
        film,
        randomEdit(random, film, () => `new-${seed}-${id++}`),
      ).timeline;
    } catch {
      // refused: the film stays
    }
  return film;
});

describe('a film at another rate', () => {
  test('is a valid film whose cuts stand within half a frame of their moments', () => {
    fc.assert(
      fc.property(anyFilm, fc.constantFrom(...RATES), (film, rate) => {
        const out = outputTimeline(film, at(rate));
        expect(checkTimeline(out)).toEqual([]);
        const moment = (frame: number, { num, den }: FrameRate): number => (frame * den) / num;
        const [before, after] = [clipStarts(film.clips), clipStarts(out.clips)];
        expect(after.length).toBe(before.length);
        // A shot of one frame keeps one, and moves what follows: only films of longer shots are held to half a frame.
        const long = out.clips.every((clip, i) => clip.durationFrames > 1 || film.clips[i]?.durationFrames === 1);
        if (long && film.clips.every(({ durationFrames }) => durationFrames > 2))
          for (const [i, cut] of after.entries()) {
            const off = Math.abs(moment(cut, rate) - moment(before[i] ?? 0, film.frameRate));
            expect(off).toBeLessThanOrEqual(moment(0.5, rate) + 1e-9);
          }
        expect(out.clips.map(({ id }) => id)).toEqual(film.clips.map(({ id }) => id));
      }),
      { numRuns: 150 },
    );
  });

  test('at twice the rate and back again has the same cuts', () => {
    fc.assert(
      fc.property(anyFilm, (film) => {
        const back = outputTimeline(outputTimeline(film, at(FPS_60)), at(FPS_30));
        expect(clipStarts(back.clips)).toEqual(clipStarts(film.clips));
      }),
      { numRuns: 60 },
    );
  });

  test('at its own rate is itself, in another size', () => {
    const film = FILMS[0] as Timeline;
    expect(sameFrame(film, at(FPS_30))).toBe(true);
    const tall = { width: 1080, height: 1920, frameRate: FPS_30 };
    expect(sameFrame(film, tall)).toBe(false);
    expect(outputTimeline(film, tall)).toEqual({ ...film, width: 1080, height: 1920 });
  });
});

const SPEC: ClipSpec = {
  photoSha256: 'a'.repeat(64), depthSha256: null, motion: 'push_in', amount: 0.5, renderer: 'ken_burns', frames: 120,
  frameRate: FPS_30, width: 1920, height: 1080, focus: { x: 0.5, y: 0.5 }, seed: 0,
}; // biome-ignore format: one spec

test('a take is drawn as large as its crop needs, and no larger than the photo carries', () => {
  const size = (width: number, height: number, photo: { width: number; height: number }): [number, number] => {
    const { width: w, height: h } = outputClipSpec(
      SPEC,
      { moveFrames: 120 },
      { width, height, frameRate: FPS_30 },
      photo,
    );
    return [w, h];
  };
  const large = { width: 6000, height: 4000 };
  expect(size(3840, 2160, large)).toEqual([3840, 2160]);
  expect(size(1080, 1920, large)).toEqual([3414, 1920]);
  expect(size(1080, 1080, large)).toEqual([1920, 1080]);
  // 2000 px of photo are worth 2500 px of picture.
  expect(size(3840, 2160, { width: 2000, height: 1333 })).toEqual([2500, 1406]);
  expect(size(3840, 2160, { width: 800, height: 533 })).toEqual([1920, 1080]);
  expect(outputClipSpec(SPEC, { moveFrames: 239 }, at(FPS_60), large)).toMatchObject({
    frames: 239,
    frameRate: FPS_60,
  });
});

test('takes of two rates are compared where their frames fall together', () => {
  expect(comparedFrames(121, 97)).toEqual([[0, 0], [60, 48], [120, 96]]); // biome-ignore format: pairs
  // The middle of 38 frames at 24 fps lies between two: 0.03 of a frame apart at frame 21, 0.41 at 19.
  const [, [frame, other] = [0, 0]] = comparedFrames(38, 31);
  expect(Math.abs((frame * 30) / 37 - other)).toBeLessThan(0.1);
  expect(comparedFrames(1, 1)).toEqual([[0, 0], [0, 0], [0, 0]]); // biome-ignore format: pairs
});

describe('takes for an output', () => {
  const dir = mkdtempSync(join(tmpdir(), 'outputs-'));
  const photoPath = join(dir, 'photo.jpg');
  let spec: ClipSpec;
  let film: Timeline;
  beforeAll(async () => {
    const source = join(import.meta.dirname, '..', '..', 'samples', 'listing');
    const [first = ''] = readdirSync(source)
      .filter((name) => name.endsWith('.jpg'))
      .sort();
    await sharp(join(source, first)).resize(640).jpeg().toFile(photoPath);
    spec = { ...SPEC, photoSha256: await sha256File(photoPath), frames: 12, width: 192, height: 108 };
    const clip = (FILMS[0] as Timeline).clips[0];
    if (clip === undefined) throw new Error('no clip');
    const cut = { type: 'cut' as const, frames: 0 };
    const short = { ...clip, id: 'one', motion: 'push_in' as const, moveFrames: 12, sourceInFrame: 2, durationFrames: 8, transitionIn: cut }; // biome-ignore format: one clip
    film = { ...(FILMS[0] as Timeline), width: 192, height: 108, clips: [short], beats: [], music: null, titles: [], markers: [] }; // biome-ignore format: one film
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('are drawn anew at 60 frames a second and for a tall frame; what is there is not made again', async () => {
    const approved = await renderTake(spec, { photoPath, depthPath: null }, { dir });
    const clips = new Map([
      [
        'one',
        {
          spec,
          path: approved.path,
          photoPath,
          depthPath: null,
          focus: spec.focus,
          photoSize: { width: 640, height: 427 },
        },
      ],
    ]);
    const quick = await makeOutputTakes({ timeline: film, clips, output: { width: 192, height: 108, frameRate: FPS_60 }, takesDir: dir }); // biome-ignore format: one call
    expect(quick.timeline.clips[0]).toMatchObject({ durationFrames: 16, sourceInFrame: 4, moveFrames: 23 });
    const path = quick.clips.get('one')?.path ?? '';
    expect((await readClipFile(path)).frames).toBe(23);
    const tall = await makeOutputTakes({ timeline: film, clips, output: { width: 108, height: 192, frameRate: FPS_30 }, takesDir: dir }); // biome-ignore format: one call
    const { width, height } = await readClipFile(tall.clips.get('one')?.path ?? '');
    expect([width, height]).toEqual([342, 192]);
    const folders = readdirSync(dir).sort();
    await makeOutputTakes({
      timeline: film,
      clips,
      output: { width: 108, height: 192, frameRate: FPS_30 },
      takesDir: dir,
    });
    expect(readdirSync(dir).sort()).toEqual(folders);
  });

  test('last as long as the take that stands in the film, whatever a new one would', async () => {
    const approved = await renderTake(spec, { photoPath, depthPath: null }, { dir });
    const clips = new Map([['one', { spec, path: approved.path, photoPath, depthPath: null, photoSize: { width: 640, height: 427 } }]]); // biome-ignore format: one clip
    const wants = { ...film, clips: film.clips.map((clip) => ({ ...clip, moveFrames: 40 })) };
    const tall = await makeOutputTakes({ timeline: wants, clips, output: { width: 108, height: 192, frameRate: FPS_30 }, takesDir: dir }); // biome-ignore format: one call
    expect(tall.timeline.clips[0]).toMatchObject({ moveFrames: 12, sourceInFrame: 2, durationFrames: 8 });
    expect((await readClipFile(tall.clips.get('one')?.path ?? '')).frames).toBe(12);
  });

  test('of generated clips are scaled at their own rate, and refused at another', async () => {
    const made = { spec: { ...spec, renderer: 'ltx' as const }, path: '/generated.mp4', photoPath, depthPath: null, photoSize: { width: 640, height: 427 } }; // biome-ignore format: one clip
    const clips = new Map([['one', made]]);
    const tall = await makeOutputTakes({ timeline: film, clips, output: { width: 108, height: 192, frameRate: FPS_30 }, takesDir: dir }); // biome-ignore format: one call
    expect(tall).toMatchObject({ notes: ['1 generated clip is scaled to this size.'] });
    const quick = makeOutputTakes({ timeline: film, clips, output: { width: 192, height: 108, frameRate: FPS_60 }, takesDir: dir }); // biome-ignore format: one call
    await expect(quick).rejects.toMatchObject({ code: 'plan_impossible' });
  });
});
