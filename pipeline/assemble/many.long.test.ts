import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assembleFilm } from './film.node.ts';
import { filmRequest, makeMaterial } from './kills.node.ts';
import { frameRecipes } from './plan.ts';
import { decodeFrames, readNumber, timelineClip, timelineOf } from './testkit.node.ts';

const CLIPS = 500;

test('a film of 500 clips, every other one dissolved, shows each planned frame once and in order', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'picaivid-many-'));
  await makeMaterial(dir);
  const timeline = timelineOf(
    Array.from({ length: CLIPS }, (_, i) =>
      timelineClip(
        i,
        5 + (i % 20),
        12,
        i % 2 === 0 ? { type: 'cut', frames: 0 } : { type: 'cross_dissolve', frames: 4 },
      ),
    ),
  );
  const clips = new Map(timeline.clips.map(({ id }, i) => [id, { path: join(dir, `c${i % 4}.mp4`) }]));
  const request = { ...filmRequest(dir), timeline, clips, music: null };
  const { path, verification } = await assembleFilm(request);
  expect(verification.pass).toBe(true);
  const sources = new Map(timeline.clips.map(({ id }) => [id, { path: '', frames: 60, width: 320, height: 180 }]));
  const shown = (await decodeFrames(path)).map((frame) => readNumber(frame));
  const planned = frameRecipes(timeline, sources);
  expect(shown.length).toBe(CLIPS * 12);
  // In the midst of a dissolve two numbers lie over each other.
  const wrong = planned.flatMap(({ a, b }, f) => {
    const { clip, frame } = shown[f] ?? { clip: -1, frame: -1 };
    return b !== undefined || (clip === Number(a.clipId.slice(1)) % 4 && frame === a.sourceFrame) ? [] : [f];
  });
  expect(wrong).toEqual([]);
  await rm(dir, { recursive: true, force: true });
});
