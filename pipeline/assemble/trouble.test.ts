import { spawnSync } from 'node:child_process';
import { appendFile, copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import { type AssembledFilm, type AssembleRequest, assembleFilm } from './film.node.ts';
import { assembleInRoom, filmRequest, makeMaterial } from './kills.node.ts';
import { decodeFrames, OUTPUT, paintClip, readNumber, timelineClip, timelineOf } from './testkit.node.ts';

const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'picaivid-trouble-'));
  await makeMaterial(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function assemble(name: string, more: Partial<AssembleRequest> = {}): Promise<AssembledFilm> {
  const out = { outPath: join(dir, name, 'film.mp4'), workDir: join(dir, `${name}-work`) };
  return assembleFilm({ ...filmRequest(dir), music: null, ...out, ...more });
}
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'made',
    (error: unknown) => (error instanceof PicaividError ? `${error.code}: ${error.message}` : error),
  );

describe('a clip that changes between plan and writing', () => {
  /** Does something to the last clip at the moment of writing; gives the failure and what lies in the film's folder. */
  async function atWriting(name: string, act: (clip: string) => Promise<unknown>): Promise<[unknown, string[]]> {
    const clip = join(dir, `${name}.mp4`);
    await copyFile(join(dir, 'c3.mp4'), clip);
    let acted: Promise<unknown> = Promise.resolve();
    let once = false;
    const failed = await failure(
      assemble(name, {
        clips: new Map([...filmRequest(dir).clips, ['c3', { path: clip }]]),
        onProgress: ({ sentence }) => {
          if (once || sentence !== 'Writing the film.') return;
          once = true;
          acted = act(clip);
        },
      }),
    );
    await acted;
    return [failed, await readdir(join(dir, name))];
  }

  test('being deleted is told as a missing clip', async () => {
    const [failed, left] = await atWriting('deleted', (clip) => rm(clip));
    expect(failed).toBe(`clip_missing: The clip ${join(dir, 'deleted.mp4')} is not there (any more). Render it again.`);
    expect(left).toEqual([]);
  });

  test('being replaced or added to is told as a changed clip', async () => {
    for (const [name, act] of [
      ['replaced', (clip: string) => copyFile(join(dir, 'c1.mp4'), clip)],
      ['added', (clip: string) => appendFile(clip, 'more')],
    ] as const) {
      const [failed, left] = await atWriting(name, act);
      expect(failed).toBe(
        `clip_invalid: ${join(dir, `${name}.mp4`)} was changed while the film was being made from it. Run the same command again.`,
      );
      expect(left).toEqual([]);
    }
  });
});

test('a cached run of frames that was altered is encoded again, not delivered', async () => {
  await assemble('cached');
  const work = join(dir, 'cached-work');
  const runs = (await readdir(work)).filter((name) => name.endsWith('.h264'));
  expect(runs.length).toBeGreaterThan(2);
  await writeFile(join(work, runs[0] ?? ''), 'not pictures at all, but there');
  await rm(join(work, runs[1] ?? ''));
  const again = await assemble('cached');
  expect(again.encodedNow).toBeGreaterThan(0);
  expect(again.encodedNow).toBeLessThan(again.encodedFrames);
  expect(again.verification.pass).toBe(true);
});

describe('odd requests', () => {
  test('one clip, one frame, transitions of no frames at either end', async () => {
    const soft = (frames: number) => ({ type: 'cross_dissolve', frames }) as const;
    const one = await assemble('one', { timeline: timelineOf([timelineClip(0, 3, 1)]) });
    expect((await decodeFrames(one.path)).map((frame) => readNumber(frame))).toEqual([{ clip: 0, frame: 3 }]);
    const zero = await assemble('zero', {
      timeline: timelineOf([
        timelineClip(0, 0, 15, { type: 'dip_black', frames: 0 }),
        timelineClip(1, 15, 15, soft(0)),
        timelineClip(2, 30, 15, soft(1)),
      ]),
    });
    expect(zero.plan.cuts.map(({ type }) => type)).toEqual(['cut', 'cross_dissolve']);
    expect((await decodeFrames(zero.path)).length).toBe(45);
  });

  test('a clip of another size is cropped and scaled; a clip too short and a film of odd size are refused', async () => {
    const path = join(dir, 'tall.mp4');
    await paintClip(path, 1, 40, { width: 322, height: 246 });
    const timeline = timelineOf([timelineClip(0, 0, 20), timelineClip(1, 0, 20)]);
    const clips = new Map([...filmRequest(dir).clips, ['c1', { path }]]);
    const film = await assemble('sizes', { timeline, clips });
    expect([film.copiedFrames, film.verification.pass]).toEqual([20, true]);
    expect(await failure(assemble('short', { timeline: timelineOf([timelineClip(0, 30, 40)]) }))).toBe(
      'clip_invalid: Clip c0 has 60 frames, but the timeline shows 30 to 70. Render it again.',
    );
    expect(await failure(assemble('odd', { output: { ...OUTPUT, width: 321 } }))).toBe(
      'bad_usage: A film of 321×180 pixels cannot be made: both sides must be even numbers from 16 on.',
    );
  });

  test('a title outside the film is told of; one that reaches over its end is shown', async () => {
    const title = (startFrame: number, text: string) => ({ id: text, startFrame, durationFrames: 30, text });
    const film = await assemble('titles', {
      timeline: timelineOf([timelineClip(0, 0, 40)], { titles: [title(20, 'Home'), title(60, 'Never')] }),
    });
    expect(film.notes.filter((note) => note.includes('title'))).toEqual([
      'The title “Never” lies outside the film and is not shown.',
    ]);
    expect(film.verification.lines.find(({ name }) => name === 'titles')?.measured).toBe('1 on the picture');
  });
});

test.skipIf(!canMount)('a full disk, for the work or for the film, is told as such and leaves no film', async () => {
  for (const [folder, size] of [
    ['work', '500k'],
    ['out', '60k'],
  ] as const) {
    const place = join(dir, `full-${folder}`);
    await makeMaterial(place);
    expect(await assembleInRoom(place, folder, size)).toMatchObject({ code: 'disk_full' });
    expect((await assembleFilm(filmRequest(place))).verification.pass).toBe(true);
  }
});
