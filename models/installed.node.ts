/** The networks that users install, made from their files and the configurations that came with them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../base/errors.ts';
import { beatThisNetwork } from './beat-this.ts';
import { entriesOf } from './catalogue.ts';
import { clipImageNetwork, clipTextNetwork } from './clip.ts';
import { type DptPreprocessing, dptNetwork } from './depth.ts';
import type { SessionThread } from './session.node.ts';
import { entryFolder, entryState, type UserSet } from './store.node.ts';
import { createTokenizer, type Tokenizer } from './tokenizer.ts';
import type { Models } from './types.ts';

const tokenizerSchema = z.object({
  model: z.object({
    vocab: z.record(z.string(), z.number()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
});

const triple = z.tuple([z.number(), z.number(), z.number()]);
const dptSchema = z.object({
  size: z.union([z.number(), z.object({ width: z.number().int().positive(), height: z.number().int().positive() })]),
  keep_aspect_ratio: z.boolean().default(false),
  ensure_multiple_of: z.number().int().positive().default(1),
  // Pillow's numbers: 2 bilinear, 3 bicubic.
  resample: z.union([z.literal(2), z.literal(3)]).default(3),
  image_mean: triple,
  image_std: triple,
});

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw toPicaividError(error, 'model_missing', path);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PicaividError('model_damaged', `${path} is not what this network needs. Run "picaivid models pull".`, {
      cause,
      file: path,
    });
  }
}

/** The tokenizer of a `tokenizer.json` as the hub's CLIP repositories carry it. */
export async function readTokenizer(path: string): Promise<Tokenizer> {
  const { model } = await readJson(path, tokenizerSchema);
  const merges = model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));
  return createTokenizer(merges, model.vocab);
}

/** DPT's or Depth Anything's `preprocessor_config.json`. */
export async function readDptPreprocessing(path: string): Promise<DptPreprocessing> {
  const config = await readJson(path, dptSchema);
  const size = typeof config.size === 'number' ? { width: config.size, height: config.size } : config.size;
  return {
    ...size,
    keepAspect: config.keep_aspect_ratio,
    multiple: config.ensure_multiple_of,
    filter: config.resample === 2 ? 'bilinear' : 'bicubic',
    normalisation: { mean: config.image_mean, std: config.image_std },
  };
}

/** The networks of a complete set. Throws `model_missing` or `model_damaged`, naming the network. */
export async function openInstalled(
  set: UserSet,
  thread: SessionThread,
  modelDir: string | undefined,
): Promise<Pick<Models, 'key' | 'image' | 'text' | 'depth' | 'beats'>> {
  const folders = new Map<string, string>();
  for (const entry of entriesOf(set)) {
    const state = await entryState(entry, modelDir);
    if (state !== 'complete')
      throw new PicaividError(
        state === 'damaged' ? 'model_damaged' : 'model_missing',
        `The network ${entry.name} of the set "${set}" is ${state}. Run "picaivid models pull ${set}".`,
        { file: entryFolder(entry, modelDir) },
      );
    folders.set(entry.name, entryFolder(entry, modelDir));
  }
  const at = (name: string, file: string): string => join(folders.get(name) ?? '', file);
  const network = (name: string, file: string) => thread.network(at(name, file));
  const standard = set === 'standard';
  const clip = standard ? 'openclip-vit-b-32' : 'clip-vit-b-32-int8';
  const depth = standard ? 'dpt-hybrid-midas-int8' : 'depth-anything-v2-small-int8';
  const beats = standard ? 'beat-this-final0' : 'beat-this-small0';
  const flavour = standard ? 'openclip' : 'openai';
  const tokenizer = await readTokenizer(at(clip, standard ? 'textual/tokenizer.json' : 'tokenizer.json'));
  return {
    key: `${set}-1:${[clip, depth, beats].join('+')}`,
    image: [
      clipImageNetwork(
        clip,
        network(clip, standard ? 'visual/model.onnx' : 'onnx/vision_model_quantized.onnx'),
        flavour,
      ),
    ],
    text: clipTextNetwork(
      clip,
      network(clip, standard ? 'textual/model.onnx' : 'onnx/text_model_quantized.onnx'),
      tokenizer,
      flavour,
    ),
    depth: dptNetwork(
      depth,
      network(depth, 'onnx/model_quantized.onnx'),
      await readDptPreprocessing(at(depth, 'preprocessor_config.json')),
    ),
    beats: beatThisNetwork(
      beats,
      network(beats, 'logmel.onnx'),
      network(beats, standard ? 'beat_this_final0.onnx' : 'beat_this_small0.onnx'),
    ),
  };
}
