/**
 * COLMAP as a child process, where a person has it: a sparse reconstruction of one room in a time limit. Its absence
 * and its failures are results, not errors: only the tier of motion depends on them.
 */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { errnoOf, PicaividError, throwIfCancelled } from '../../base/errors.ts';
import { readJsonFile, sha256Text, writeFileAtomic } from '../../base/files.node.ts';
import type { OnProgress, Photo } from '../domain.ts';
import { COLMAP_THREADS, type Colmap, type Ended, findColmap, runColmap } from './colmap-process.node.ts';
import { type ColmapModel, cameraPosition, meanReprojectionError, parseModel } from './colmap-text.ts';
import type { Reconstruction } from './reconstruction.ts';
import type { PhotoCluster } from './types.ts';

/** Raised when photos, options or figures would come out differently. */
export const RECONSTRUCTION_VERSION = 1;
/** Seconds for one room, from the first process to the last. Six photos of 1280 px take some 8 s on two cores. */
export const RECONSTRUCTION_LIMIT_SECONDS = 120;
/** Pairs grow with the square: of a larger room the best photos are taken. */
const MAX_PHOTOS = 24;
/** Strongest of a photo: a room of 1280 px has some 1,800 corners, a hedge has more than are needed. */
const MAX_FEATURES = 4096;
/** A second, smaller model is kept from this size; only the largest is used. */
const MIN_MODEL_PHOTOS = 3;
/** A 35 mm frame's diagonal, mm: EXIF's equivalent focal length is by the diagonal. */
const DIAGONAL_35MM = Math.hypot(36, 24);
/** Shares of a run's time at their ends, measured on six photos: 4.5, 1.4, 0.9 and 0.1 s. */
const STEP_ENDS = { features: 0.62, matching: 0.82, mapping: 0.97 };

export interface ReconstructOptions {
  /** Holds one file a room; made when absent. */
  readonly cacheDir: string;
  /** Names the room in the sentences of progress: `the kitchen`. */
  readonly room?: string;
  readonly limitSeconds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/**
 * Reconstructs those rooms that have photos enough (`sfmEligible`), one after the other, and gives what came of each by
 * cluster id; no process is started without such a room. `colmapPath` is COLMAP_PATH. Errors: as `reconstruct`.
 */
export async function reconstructRooms(
  rooms: readonly Pick<PhotoCluster, 'id' | 'roomType' | 'photoIds' | 'sfmEligible'>[],
  photos: readonly Photo[],
  options: Omit<ReconstructOptions, 'room'> & { readonly colmapPath?: string | undefined },
): Promise<ReadonlyMap<string, Reconstruction>> {
  const { colmapPath, onProgress, ...rest } = options;
  const out = new Map<string, Reconstruction>();
  const eligible = rooms.filter((room) => room.sfmEligible);
  if (eligible.length === 0) return out;
  const colmap = await findColmap(colmapPath, rest.signal);
  const byId = new Map(photos.map((photo) => [photo.id, photo]));
  for (const [index, room] of eligible.entries()) {
    const own = room.photoIds.flatMap((id) => byId.get(id) ?? []);
    out.set(
      room.id,
      typeof colmap === 'string'
        ? { kind: 'no_colmap', why: colmap }
        : await reconstruct(own, colmap, {
            ...rest,
            room: `the ${room.roomType.replaceAll('_', ' ')}`,
            onProgress: ({ fraction, sentence }) =>
              onProgress?.({ fraction: (index + fraction) / eligible.length, sentence }),
          }),
    );
  }
  return out;
}

/**
 * Reconstructs a room from its photos' 1280 px proxies (of more than 24 the first are taken). Kept by content, COLMAP's
 * version and this step's: a finished run is not run again, a timed-out one only with a longer limit, a failed one
 * always; a damaged file is as none. The result does not depend on the photos' order. Errors: `cancelled` (the process
 * is gone then), `disk_full` and `output_unwritable` of the cache.
 */
export async function reconstruct(
  photos: readonly Photo[],
  colmap: Colmap,
  options: ReconstructOptions,
): Promise<Reconstruction> {
  throwIfCancelled(options.signal);
  const limitSeconds = options.limitSeconds ?? RECONSTRUCTION_LIMIT_SECONDS;
  const taken = photos.slice(0, MAX_PHOTOS).sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const key = sha256Text(
    JSON.stringify([RECONSTRUCTION_VERSION, colmap.version, taken.map((p) => [p.sha256, p.focalLength35mm ?? 0])]),
  );
  const base = join(options.cacheDir, key.slice(0, 32));
  const kept = keptSchema.safeParse(await readJsonFile(`${base}.json`).catch(() => undefined));
  if (kept.success && isAnswer(kept.data, taken.length, limitSeconds)) return withIds(kept.data, taken);
  const result = await runOnce(taken, colmap, limitSeconds, options);
  if (result.kind !== 'failed') {
    await writeFileAtomic(`${base}.json`, JSON.stringify(result));
    return withIds(result, taken);
  }
  // What it said is for support; the words of the result stay the same from run to run.
  if (result.said !== '') await writeFileAtomic(`${base}.failed.txt`, result.said);
  return { kind: 'failed', why: result.why };
}

/** In a temporary folder that is gone afterwards, whatever comes of it. */
async function runOnce(
  photos: readonly Photo[],
  colmap: Colmap,
  limitSeconds: number,
  { room, signal, onProgress }: ReconstructOptions,
): Promise<Kept | { readonly kind: 'failed'; readonly why: string; readonly said: string }> {
  const sentence = `Reconstructing ${room ?? 'a room'}, ${photos.length} photos`;
  const deadline = performance.now() + limitSeconds * 1000;
  let dir: string | undefined;
  try {
    dir = await mkdtemp(join(tmpdir(), 'picaivid-colmap-'));
    const model = await runSteps(new Job(colmap.program, dir, deadline, signal), photos, (fraction) =>
      onProgress?.({ fraction, sentence }),
    );
    return figuresOf(model, photos.length);
  } catch (error) {
    throwIfCancelled(signal);
    if (error instanceof TimedOut) return { kind: 'timed_out', limitSeconds };
    if (error instanceof Failed) return { kind: 'failed', why: error.message, said: error.said };
    if (error instanceof PicaividError) return { kind: 'failed', why: error.message, said: '' };
    const errno = errnoOf(error);
    if (errno === undefined) throw error; // a defect of ours is not hidden
    return { kind: 'failed', why: `the temporary folder could not be used (${errno})`, said: '' };
  } finally {
    if (dir !== undefined) await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

class TimedOut extends Error {}
class Failed extends Error {
  readonly said: string;
  constructor(why: string, said: string) {
    super(why);
    this.said = said;
  }
}

/** One room's run: a folder, a deadline, and the options that this version of COLMAP knows. */
class Job {
  readonly dir: string;
  private readonly program: string;
  private readonly deadline: number;
  private readonly signal: AbortSignal | undefined;
  constructor(program: string, dir: string, deadline: number, signal: AbortSignal | undefined) {
    this.program = program;
    this.dir = dir;
    this.deadline = deadline;
    this.signal = signal;
  }

  /**
   * Runs one command to its end; an exit code other than 0 is given back where `mayFail`. `wanted` are alternatives of
   * option names, newest first: the names changed with COLMAP 3.13, and an unknown one is refused by any version.
   */
  async step(
    command: string,
    args: readonly string[],
    wanted: readonly (readonly [string, ...string[]])[] = [],
    mayFail = false,
  ): Promise<number> {
    const known = wanted.length === 0 ? '' : (await this.run(command, ['-h'])).said;
    const named = wanted.flatMap(([value, ...names]) => {
      const name = names.find((one) => known.includes(`--${one} `));
      return name === undefined ? [] : [`--${name}`, value];
    });
    const end = await this.run(command, [...args, ...named]);
    if (end.code === 0 || (mayFail && end.code !== null)) return end.code;
    throw new Failed(
      end.code === null
        ? `${command} ended by ${end.signal ?? 'a signal'}`
        : `${command} ended with exit code ${end.code}`,
      end.said,
    );
  }

  private async run(command: string, args: readonly string[]): Promise<Ended> {
    const end = await runColmap(this.program, [command, ...args], {
      deadline: this.deadline,
      signal: this.signal,
      dir: this.dir,
    });
    if (end.timedOut) throw new TimedOut();
    if (end.unstartable !== undefined)
      throw new Failed(`${command} could not be started (${end.unstartable})`, end.said);
    return end;
  }
}

/** The largest model, or undefined when COLMAP could join no photos. */
async function runSteps(
  job: Job,
  photos: readonly Photo[],
  report: (fraction: number) => void,
): Promise<ColmapModel | undefined> {
  report(0);
  const images = join(job.dir, 'images');
  const sparse = join(job.dir, 'sparse');
  const database = ['--database_path', join(job.dir, 'database.db')];
  await mkdir(images);
  await mkdir(sparse);
  for (const [index, photo] of photos.entries()) await copyFile(photo.proxies[1280], join(images, nameOf(index)));

  const lenses = await lensesOf(photos);
  for (const [index, lens] of lenses.entries()) {
    const list = join(job.dir, `lens-${index}.txt`);
    await writeFile(list, `${lens.photos.map(nameOf).join('\n')}\n`);
    await job.step(
      'feature_extractor',
      [...database, '--image_path', images, '--image_list_path', list],
      [
        ['1', 'ImageReader.single_camera'],
        ['SIMPLE_RADIAL', 'ImageReader.camera_model'],
        ...(lens.params === undefined ? [] : [[lens.params, 'ImageReader.camera_params'] as const]),
        ['0', 'FeatureExtraction.use_gpu', 'SiftExtraction.use_gpu'],
        [String(COLMAP_THREADS), 'FeatureExtraction.num_threads', 'SiftExtraction.num_threads'],
        [String(MAX_FEATURES), 'SiftExtraction.max_num_features'],
      ],
    );
    report((STEP_ENDS.features * (index + 1)) / lenses.length);
  }
  await job.step('exhaustive_matcher', database, [
    ['0', 'FeatureMatching.use_gpu', 'SiftMatching.use_gpu'],
    [String(COLMAP_THREADS), 'FeatureMatching.num_threads', 'SiftMatching.num_threads'],
  ]);
  report(STEP_ENDS.matching);
  // Without a first pair the mapper ends with an error code and writes no model: that is an answer.
  await job.step(
    'mapper',
    [...database, '--image_path', images, '--output_path', sparse],
    [
      [String(COLMAP_THREADS), 'Mapper.num_threads'],
      [String(MIN_MODEL_PHOTOS), 'Mapper.min_model_size'],
      ['0', 'Mapper.extract_colors'],
    ],
    true,
  );
  report(STEP_ENDS.mapping);
  let best: ColmapModel | undefined;
  for (const name of (await readdir(sparse)).sort()) {
    const from = join(sparse, name);
    await job.step('model_converter', ['--input_path', from, '--output_path', from, '--output_type', 'TXT']);
    const read = (file: string): Promise<string> => readFile(join(from, file), 'utf8');
    const texts = {
      cameras: await read('cameras.txt'),
      images: await read('images.txt'),
      points: await read('points3D.txt'),
    };
    const model = parseModel(texts);
    if (best === undefined || model.images.length > best.images.length) best = model;
  }
  report(1);
  return best;
}

/**
 * Photos of one size and focal length were taken through one lens: fewer unknowns for a small room. The proxies hold no
 * EXIF, so the focal length (px) is given, with the picture's middle and no distortion; without it COLMAP guesses.
 */
async function lensesOf(
  photos: readonly Photo[],
): Promise<{ readonly photos: readonly number[]; readonly params: string | undefined }[]> {
  const lenses = new Map<string, { photos: number[]; params: string | undefined }>();
  for (const [index, photo] of photos.entries()) {
    const { width, height } = await sizeOf(photo.proxies[1280]);
    const mm = photo.focalLength35mm;
    const focal = mm === undefined || mm <= 0 ? undefined : (mm / DIAGONAL_35MM) * Math.hypot(width, height);
    const params = focal === undefined ? undefined : [focal.toFixed(2), width / 2, height / 2, 0].join(',');
    const key = `${width} ${height} ${params ?? ''}`;
    const lens = lenses.get(key) ?? { photos: [], params };
    lens.photos.push(index);
    lenses.set(key, lens);
  }
  return [...lenses.values()];
}

async function sizeOf(path: string): Promise<{ readonly width: number; readonly height: number }> {
  try {
    const { width, height } = await sharp(path).metadata();
    return { width, height };
  } catch (cause) {
    throw new PicaividError('image_damaged', 'a reduced photo cannot be read', { cause, file: path });
  }
}

function nameOf(index: number): string {
  return `${String(index).padStart(3, '0')}.jpg`;
}

const placedSchema = z.object({ index: z.int().min(0), position: z.tuple([z.number(), z.number(), z.number()]) });
const keptSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    photos: z.int().min(1),
    registered: z.int().min(0),
    meanErrorPx: z.number().min(0).nullable(),
    points: z.int().min(0),
    /** By the photo's place in the order of content hashes. */
    cameras: z.array(placedSchema),
  }),
  z.object({ kind: z.literal('timed_out'), limitSeconds: z.number() }),
]);
type Placed = z.infer<typeof placedSchema>;
type Kept = z.infer<typeof keptSchema>;

/** A kept run that counts: of as many photos, and not one that would now be given more time. */
function isAnswer(kept: Kept, photos: number, limitSeconds: number): boolean {
  return kept.kind === 'timed_out'
    ? kept.limitSeconds >= limitSeconds
    : kept.photos === photos && kept.registered <= photos && kept.cameras.every(({ index }) => index < photos);
}

function figuresOf(model: ColmapModel | undefined, photos: number): Kept {
  const { images, points } = model ?? { images: [], points: [] };
  return {
    kind: 'done',
    photos,
    registered: images.length,
    meanErrorPx: meanReprojectionError(points) ?? null,
    points: points.length,
    cameras: images
      .map((image): Placed => ({ index: Number.parseInt(image.name, 10), position: [...cameraPosition(image)] }))
      .sort((a, b) => a.index - b.index),
  };
}

function withIds(kept: Kept, photos: readonly Photo[]): Reconstruction {
  if (kept.kind === 'timed_out') return kept;
  return {
    ...kept,
    meanErrorPx: kept.meanErrorPx ?? undefined,
    cameras: kept.cameras.map(({ index, position }) => ({ photoId: photos[index]?.id ?? '', position })),
  };
}
