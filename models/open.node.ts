/** Opens the best networks that are installed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { meterNetwork } from './depth.ts';
import { fixturesFolder } from './fixtures.node.ts';
import { placesNetwork, roomsNetwork } from './scenes.ts';
import { SessionThread } from './session.node.ts';
import { type ModelSet, type Models, NO_MODELS } from './types.ts';

export interface OpenOptions {
  readonly set?: ModelSet | 'auto';
  readonly modelDir?: string;
  readonly fixturesDir?: string;
  readonly signal?: AbortSignal;
}

const headSchema = z.object({ classes: z.array(z.string()), dim: z.int().positive() });

async function openFixtureSet(folder: string): Promise<Models> {
  const sessions = new SessionThread();
  const list = await readFile(join(folder, 'categories_places365.txt'), 'utf8');
  const classes = list
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\/\w\//, '').replace(/ \d+$/, ''));
  const head = headSchema.parse(JSON.parse(await readFile(join(folder, 'room_head_7_mnv2.json'), 'utf8')));
  const bytes = await readFile(join(folder, 'room_head_7_mnv2.f32'));
  const weights = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
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

export async function openModels(options: OpenOptions = {}): Promise<Models> {
  const set = options.set ?? 'auto';
  if (set === 'none') return NO_MODELS;
  const folder = fixturesFolder(options.fixturesDir);
  return folder === undefined ? NO_MODELS : openFixtureSet(folder);
}
