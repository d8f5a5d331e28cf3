import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Photo, Progress } from '../domain.ts';
import { reconstructRooms } from './colmap.node.ts';
import { findColmap } from './colmap-process.node.ts';
import { ingestFolder } from './ingest.node.ts';
import { isReconstructed, type Reconstruction, reconstructionMetrics } from './reconstruction.ts';
import { SCENE_VIEWS, writeScene } from './scene-testing.node.ts';

const here = spawnSync('colmap', ['-h']).status === 0;

let work: string;
let photos: readonly Photo[];
let temporary: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'picaivid-colmap-test-'));
  await writeScene(join(work, 'photos'), { width: 640 });
  ({ photos } = await ingestFolder(join(work, 'photos'), { proxyDir: join(work, 'proxies') }));
});
afterAll(() => rm(work, { recursive: true, force: true }));
// A temporary folder of the test's own, so that anything left behind is seen.
beforeEach(async () => {
  temporary = join(work, `tmp-${Math.random().toString(36).slice(2)}`);
  await mkdir(temporary);
  vi.stubEnv('TMPDIR', temporary);
});
afterEach(() => vi.unstubAllEnvs());

const room = (sfmEligible = true) => ({
  id: 'c_kitchen',
  roomType: 'kitchen' as const,
  photoIds: photos.map(({ id }) => id),
  sfmEligible,
});
type Options = Parameters<typeof reconstructRooms>[2];
const run = async (options: Partial<Options>): Promise<Reconstruction | undefined> =>
  (await reconstructRooms([room()], photos, { cacheDir: join(temporary, '../cache'), ...options })).get('c_kitchen');

describe.skipIf(!here)('with COLMAP (skipped where it is not on the PATH)', () => {
  it('reconstructs six views of a room, once', { timeout: 600_000 }, async () => {
    const cacheDir = join(work, 'real');
    const progress: Progress[] = [];
    const first = await run({ cacheDir, limitSeconds: 500, onProgress: (one) => progress.push(one) });
    if (first?.kind !== 'done') throw new Error(JSON.stringify(first));
    expect(first).toMatchObject({ photos: 6, registered: 6 });
    expect(first.points).toBeGreaterThan(300);
    expect(first.meanErrorPx).toBeLessThan(1);
    expect(isReconstructed(first)).toBe(true);
    expect(progress[0]).toEqual({ fraction: 0, sentence: 'Reconstructing the kitchen, 6 photos' });
    expect(progress.map(({ fraction }) => fraction)).toEqual(
      progress.map(({ fraction }) => fraction).sort((a, b) => a - b),
    );
    expect(progress.at(-1)?.fraction).toBe(1);

    const at = new Map(first.cameras.map(({ photoId, position }) => [photoId, position]));
    const found = photos.map(({ id }) => at.get(id) ?? []);
    const apart = (all: readonly (readonly number[])[]): number[] =>
      all.flatMap((a, i) => all.slice(i + 1).map((b) => Math.hypot(...a.map((value, c) => value - (b[c] ?? 0)))));
    const truth = apart(SCENE_VIEWS.map(({ position }) => position));
    const ratios = apart(found).map((d, i) => d / (truth[i] ?? 0));
    expect(Math.max(...ratios) / Math.min(...ratios)).toBeLessThan(1.05);
    expect(await readdir(temporary)).toEqual([]);

    progress.length = 0;
    const reversed = { ...room(), photoIds: [...room().photoIds].reverse() };
    const again = await reconstructRooms([reversed], photos, { cacheDir, onProgress: (one) => progress.push(one) });
    expect(again.get('c_kitchen')).toEqual(first);
    expect(progress, 'nothing ran again').toEqual([]);
  });

  it('says that photos of nothing in common could not be joined', { timeout: 600_000 }, async () => {
    const folder = join(work, 'strangers');
    for (let k = 0; k < 5; k++)
      await writeScene(join(folder, String(k)), { width: 480, seed: 40 + k, views: SCENE_VIEWS.slice(k, k + 1) });
    const strangers = await ingestFolder(folder, { proxyDir: join(work, 'proxies') });
    const rooms = [{ ...room(), photoIds: strangers.photos.map(({ id }) => id) }];
    const found = await reconstructRooms(rooms, strangers.photos, {
      cacheDir: join(work, 'strangers-cache'),
      limitSeconds: 500,
    });
    const result = found.get('c_kitchen');
    expect(result).toEqual({ kind: 'done', photos: 5, registered: 0, meanErrorPx: undefined, points: 0, cameras: [] });
    expect(isReconstructed(result)).toBe(false);
    expect(await readdir(join(work, 'strangers-cache'))).toHaveLength(1);
  });

  it('stops when cancelled, and leaves nothing behind', { timeout: 600_000 }, async () => {
    const stop = new AbortController();
    const stopped = run({
      cacheDir: join(work, 'cancelled'),
      signal: stop.signal,
      onProgress: ({ fraction }) => {
        if (fraction > 0) stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(temporary)).toEqual([]);
    expect(existsSync(join(work, 'cancelled'))).toBe(false);
  });
});

describe('without a useful COLMAP', () => {
  /** A script that stands in for COLMAP: it answers `-h` as COLMAP does and then does as it is told. */
  async function fakeColmap(body: string, version = '3.8'): Promise<string> {
    const path = join(work, `fake-colmap-${Math.random().toString(36).slice(2)}`);
    await writeFile(
      path,
      `#!/bin/sh\nfor last; do :; done\nif [ "$last" = "-h" ]; then echo "COLMAP ${version} -- fake"; exit 0; fi\n${body}\n`,
    );
    await chmod(path, 0o755);
    return path;
  }

  it('starts no process for rooms with too few photos', async () => {
    const colmapPath = await fakeColmap(`touch "${join(work, 'started')}"`);
    const found = await reconstructRooms([room(false)], photos, { cacheDir: join(work, 'none'), colmapPath });
    expect(found.size).toBe(0);
    expect(reconstructionMetrics(found.get('c_kitchen'))).toEqual({ reconstruction: 'not run' });
    expect(existsSync(join(work, 'started'))).toBe(false);
  });

  it('says plainly that there is none', async () => {
    vi.stubEnv('PATH', temporary);
    const none = await run({});
    expect(none).toEqual({ kind: 'no_colmap', why: '' });
    expect(reconstructionMetrics(none)).toEqual({ reconstruction: 'no colmap' });
    expect(isReconstructed(none)).toBe(false);
    const wrong = await run({ colmapPath: join(work, 'nowhere') });
    expect(reconstructionMetrics(wrong)).toEqual({ reconstruction: 'no colmap: COLMAP_PATH names no program' });
  });

  it('does not take another program for it, and finds it on the PATH', async () => {
    const other = join(temporary, 'colmap');
    await writeFile(other, '#!/bin/sh\necho something else\n');
    await chmod(other, 0o755);
    expect(await findColmap(other)).toBe('COLMAP_PATH does not answer as COLMAP does');
    await writeFile(other, '#!/bin/sh\necho "COLMAP 4.0.1 -- Structure-from-Motion"\n');
    vi.stubEnv('PATH', `${temporary}:/bin:/usr/bin`);
    expect(await findColmap('')).toEqual({ program: other, version: '4.0.1' });
    // A file that may be started and cannot be is no COLMAP either.
    await writeFile(other, '\0\0\0');
    expect(await findColmap(other)).toBe('COLMAP_PATH does not answer as COLMAP does');
  });

  it('ends one that hangs at the time limit, with what it started, and remembers that', async () => {
    const mark = join(temporary, 'child');
    const colmapPath = await fakeColmap(`sh -c 'echo $$ > "${mark}"; exec sleep 600'`);
    const cacheDir = join(work, 'hung');
    const result = await run({ colmapPath, cacheDir, limitSeconds: 3 });
    expect(result).toEqual({ kind: 'timed_out', limitSeconds: 3 });
    expect(reconstructionMetrics(result)).toEqual({ reconstruction: 'timed out after 3 s' });
    const pid = Number((await readFile(mark, 'utf8')).trim());
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 60_000);
    expect(await readdir(temporary)).toEqual(['child']);
    // Not again with as much time, again with more.
    const broken = await fakeColmap('exit 3');
    expect(await run({ colmapPath: broken, cacheDir, limitSeconds: 2.5 })).toEqual({
      kind: 'timed_out',
      limitSeconds: 3,
    });
    expect(await run({ colmapPath: broken, cacheDir, limitSeconds: 60 })).toMatchObject({ kind: 'failed' });
  });

  it('ends one that hangs when cancelled', async () => {
    const mark = join(temporary, 'child');
    const colmapPath = await fakeColmap(`sh -c 'echo $$ > "${mark}"; exec sleep 600'`);
    const stop = new AbortController();
    const stopped = run({ colmapPath, cacheDir: join(work, 'hung-cancelled'), signal: stop.signal });
    await vi.waitFor(async () => expect((await readFile(mark, 'utf8')).trim()).not.toBe(''), 60_000);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    const pid = Number((await readFile(mark, 'utf8')).trim());
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 60_000);
    expect(await readdir(temporary)).toEqual(['child']);
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('takes a failure as a result, keeps what was said, and tries again next time', async () => {
    const cacheDir = join(work, 'failing');
    const failing = await fakeColmap('echo "no such option" >&2; exit 3');
    const result = await run({ colmapPath: failing, cacheDir });
    expect(reconstructionMetrics(result)).toEqual({
      reconstruction: 'failed: feature_extractor ended with exit code 3',
    });
    expect(isReconstructed(result)).toBe(false);
    const kept = await readdir(cacheDir);
    expect(kept).toEqual([expect.stringMatching(/\.failed\.txt$/)]);
    expect(await readFile(join(cacheDir, kept[0] ?? ''), 'utf8')).toBe('no such option\n');
    const crashing = await fakeColmap('[ "$1" = mapper ] && kill -SEGV $$; exit 0');
    expect(await run({ colmapPath: crashing, cacheDir })).toEqual({ kind: 'failed', why: 'mapper ended by SIGSEGV' });
    expect(await readdir(temporary)).toEqual([]);
  });

  it('runs again when the kept file is damaged or of another version', async () => {
    const cacheDir = join(work, 'damaged');
    const runs = join(temporary, 'runs');
    const body = `[ "$1" = mapper ] && echo run >> "${runs}"; exit 0`;
    const colmapPath = await fakeColmap(body);
    const counted = async (): Promise<number> => (await readFile(runs, 'utf8')).trim().split('\n').length;
    const first = await run({ colmapPath, cacheDir });
    expect(await run({ colmapPath, cacheDir })).toEqual(first);
    expect(await counted()).toBe(1);
    const [name = ''] = await readdir(cacheDir);
    const good = await readFile(join(cacheDir, name), 'utf8');
    const strange = { ...(JSON.parse(good) as object), registered: 7 };
    for (const bad of [good.slice(0, 20), '', JSON.stringify(strange)]) {
      await writeFile(join(cacheDir, name), bad);
      expect(await run({ colmapPath, cacheDir })).toEqual(first);
      expect(await readFile(join(cacheDir, name), 'utf8')).toBe(good);
    }
    expect(await counted()).toBe(4);
    await run({ colmapPath: await fakeColmap(body, '3.9'), cacheDir });
    expect(await counted()).toBe(5);
  });

  it('takes a model that cannot be read as a failure', async () => {
    const garbled = await fakeColmap(
      `case "$1" in mapper) mkdir sparse/0;; model_converter) for f in cameras images points3D; do echo "1 2 three" > sparse/0/$f.txt; done;; esac`,
    );
    const result = await run({ colmapPath: garbled, cacheDir: join(work, 'garbled') });
    expect(reconstructionMetrics(result)).toEqual({
      reconstruction: expect.stringMatching(/^failed: COLMAP's cameras\.txt cannot be read at line 1/),
    });
    expect(await readdir(temporary)).toEqual([]);
  });

  it('speaks the option names of the version that it finds', async () => {
    const spoken = async (names: string): Promise<string> => {
      const log = join(temporary, `log-${names}`);
      const path = join(temporary, `fake-colmap-${names}`);
      await writeFile(
        path,
        `#!/bin/sh\nfor last; do :; done\nif [ "$last" = "-h" ]; then echo "COLMAP 3.99 fake"; echo "  --${names}Extraction.use_gpu arg (=1)"; echo "  --${names}Matching.use_gpu arg (=1)"; exit 0; fi\necho "$@" >> "${log}"\n`,
      );
      await chmod(path, 0o755);
      expect(await run({ colmapPath: path, cacheDir: join(temporary, names) })).toMatchObject({
        kind: 'done',
        registered: 0,
      });
      return readFile(log, 'utf8');
    };
    const [old, recent] = [await spoken('Sift'), await spoken('Feature')];
    expect(old).toMatch(/^feature_extractor .* --SiftExtraction\.use_gpu 0$/m);
    expect(old).toMatch(/^exhaustive_matcher .* --SiftMatching\.use_gpu 0$/m);
    expect(recent).toMatch(/^feature_extractor .* --FeatureExtraction\.use_gpu 0$/m);
    expect(recent).toMatch(/^exhaustive_matcher .* --FeatureMatching\.use_gpu 0$/m);
  });
});

it('a room counts as reconstructed from four photos in five and at most two pixels', () => {
  const done = (registered: number, count: number, meanErrorPx: number | undefined): Reconstruction => ({
    kind: 'done', photos: count, registered, meanErrorPx, points: 9, cameras: [],
  }); // biome-ignore format: one line
  expect(isReconstructed(done(4, 5, 2))).toBe(true);
  expect(isReconstructed(done(4, 5, 2.01))).toBe(false);
  expect(isReconstructed(done(3, 5, 0.5))).toBe(false);
  expect(isReconstructed(done(5, 5, undefined))).toBe(false);
  expect(reconstructionMetrics(done(5, 6, 0.5))).toEqual({
    reconstruction: 'registered 5 of 6',
    reconstruction_registered_share: 5 / 6,
    reconstruction_points: 9,
    reconstruction_error_px: 0.5,
  });
  fc.assert(
    fc.property(fc.nat(30), fc.nat(30), fc.double({ min: 0, max: 4, noNaN: true }), (a, b, error) => {
      const [registered, count] = [Math.min(a, b), Math.max(a, b)];
      expect(isReconstructed(done(registered, count, error))).toBe(
        count > 0 && 5 * registered >= 4 * count && error <= 2,
      );
    }),
  );
});

/** A zombie that nobody has waited for yet has ended too. */
function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  if (existsSync('/proc/self/stat')) return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'));
  return spawnSync('kill', ['-0', String(pid)]).status === 0;
}
