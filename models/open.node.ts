/** Opens the best networks that are installed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PicaividError, throwIfCancelled, toPicaividError } from '../base/errors.ts';
import { meterNetwork } from './depth.ts';
import { fixturesFolder } from './fixtures.node.ts';
import { openInstalled } from './installed.node.ts';
import { placesNetwork, roomsNetwork } from './scenes.ts';
import { SessionThread } from './session.node.ts';
import { isInstalled, type UserSet } from './store.node.ts';
import { type ModelSet, type Models, NO_MODELS } from './types.ts';

export interface OpenOptions {
  readonly set?: ModelSet | 'auto';
  readonly modelDir?: string;
  readonly fixturesDir?: string;
  readonly signal?: AbortSignal;
}

const headSchema = z.object({ classes: z.array(z.string()), dim: z.int().positive() });

async function read(folder: string, name: string): Promise<Buffer> {
  const path = join(folder, name);
  try {
    return await readFile(path);
  } catch (error) {
    throw toPicaividError(error, 'model_missing', path);
  }
}

async function openFixtureSet(folder: string): Promise<Models> {
  const list = await read(folder, 'categories_places365.txt');
  const classes = String(list)
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\/\w\//, '').replace(/ \d+$/, ''));
  const head = headSchema.parse(JSON.parse(String(await read(folder, 'room_head_7_mnv2.json'))));
  const bytes = await read(folder, 'room_head_7_mnv2.f32');
  if (bytes.length !== head.classes.length * (head.dim + 1) * 4)
    throw new PicaividError('model_damaged', 'The room head of the fixtures has the wrong size.', { file: folder });
  const weights = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const sessions = new SessionThread();
  const image = [
    placesNetwork(sessions.network(join(folder, 'squeezenet_places365.onnx')), classes),
    roomsNetwork(sessions.network(join(folder, 'mobilenet_v2_int8w.onnx')), {
      classes: head.classes,
      dimensions: head.dim,
      weights,
    }),
  ];
  const depth = meterNetwork(sessions.network(join(folder, 'meter_xxs_nyu.onnx')));
  return {
    set: 'fixture',
    key: `fixture-1:${[...image, depth].map((network) => network.name).join('+')}`,
    image,
    text: undefined,
    depth,
    beats: undefined,
    inferenceSeconds: () => sessions.inferenceSeconds(),
    close: () => sessions.close(),
  };
}

async function openInstalledSet(set: UserSet, modelDir: string | undefined): Promise<Models> {
  const sessions = new SessionThread();
  return {
    set,
    ...(await openInstalled(set, sessions, modelDir)),
    inferenceSeconds: () => sessions.inferenceSeconds(),
    close: () => sessions.close(),
  };
}

/**
 * Opens a set of networks. `auto` is the best installed of standard and light, else the fixtures if their folder is
 * there, else none. Sessions are made at first use, in one thread; call `close()` when done.
 * Errors: `model_missing` or `model_damaged` for a named set that is not (wholly) there; `cancelled`.
 */
export async function openModels(options: OpenOptions = {}): Promise<Models> {
  throwIfCancelled(options.signal);
  const set = options.set ?? 'auto';
  if (set === 'none') return NO_MODELS;
  const store = options.modelDir === undefined ? {} : { modelDir: options.modelDir };
  if (set === 'standard' || set === 'light') return openInstalledSet(set, options.modelDir);
  if (set === 'auto')
    for (const candidate of ['standard', 'light'] as const)
      if (await isInstalled(candidate, store)) return openInstalledSet(candidate, options.modelDir);
  const folder = fixturesFolder(options.fixturesDir);
  if (folder !== undefined) return openFixtureSet(folder);
  if (set === 'auto') return NO_MODELS;
  throw new PicaividError('model_missing', 'The fixture networks are not beside the project (PICAIVID_FIXTURES).');
}
