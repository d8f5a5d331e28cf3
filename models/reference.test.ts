import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeRgb } from '../pipeline/media/image.node.ts';
import { type ClipFlavour, clipImageNetwork, clipInput, clipTextNetwork } from './clip.ts';
import { type DptPreprocessing, runDpt } from './depth.ts';
import { fixturesFolder } from './fixtures.node.ts';
import { dptSize, HALF_NORMALISATION, IMAGENET_NORMALISATION, resizeImage, toPlanes } from './preprocess.ts';
import { SessionThread } from './session.node.ts';
import { createTokenizer, mergesFromVocabulary, type Tokenizer } from './tokenizer.ts';

const DATA = fileURLToPath(new URL('./testdata/', import.meta.url));
const floats = z.array(z.number());
const vision = z.array(z.object({ picture: z.string(), input: floats, embedding: floats }));
const depth = z.array(
  z.object({ picture: z.string(), inputShape: floats, input: floats, depthShape: floats, depth: floats }),
);
const reference = z
  .object({
    stride: z.number(),
    clipVision: z.object({ openclip: vision, openai: vision }),
    clipText: z.array(z.object({ text: z.string(), tokens: floats, embedding: floats })),
    dpt: depth,
    depthAnything: depth,
  })
  .parse(JSON.parse(await readFile(join(DATA, 'reference.json'), 'utf8')));

const thread = new SessionThread();
afterAll(() => thread.close());
const network = (name: string) => thread.network(join(DATA, name));
const picture = (name: string) => decodeRgb(join(DATA, `${name}.png`));
const strided = (values: Float32Array) => Array.from(values).filter((_, i) => i % reference.stride === 0);

function worst(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  expect(ours.length).toBe(theirs.length);
  let most = 0;
  for (let i = 0; i < ours.length; i++) most = Math.max(most, Math.abs((ours[i] ?? 0) - (theirs[i] ?? 0)));
  return most;
}

describe.each(['openclip', 'openai'] as const)('CLIP images, %s', (flavour: ClipFlavour) => {
  it.each(reference.clipVision[flavour])(
    '$picture: input and embedding as the reference computes them',
    async (row) => {
      const image = await picture(row.picture);
      expect(worst(strided(clipInput(image, flavour)), row.input)).toBeLessThan(1e-3);
      const clip = clipImageNetwork('tiny', network(`clip_vision_${flavour}.onnx`), flavour);
      const { embedding } = await clip.describe(image);
      expect(worst(embedding, row.embedding)).toBeLessThan(1e-3);
    },
  );
});

it('CLIP texts: embeddings as transformers computes them', async () => {
  // The recorded tokens stand in for the vocabulary, which is no part of the project.
  const known = new Map(reference.clipText.map(({ text, tokens }) => [text, tokens]));
  const tokenizer: Tokenizer = { start: 49_406, end: 49_407, encode: (text) => known.get(text) ?? [] };
  const clip = clipTextNetwork('tiny', network('clip_text.onnx'), tokenizer, 'openai');
  const ours = await clip.embed(reference.clipText.map(({ text }) => text));
  for (const [i, row] of reference.clipText.entries()) expect(worst(ours[i] ?? [], row.embedding)).toBeLessThan(1e-3);
});

const DPT: DptPreprocessing = {
  width: 384,
  height: 384,
  keepAspect: false,
  multiple: 1,
  filter: 'bicubic',
  normalisation: HALF_NORMALISATION,
};
const ANYTHING: DptPreprocessing = {
  width: 518,
  height: 518,
  keepAspect: true,
  multiple: 14,
  filter: 'bicubic',
  normalisation: IMAGENET_NORMALISATION,
};

describe.each([
  ['dpt', DPT, reference.dpt],
  ['depth_anything', ANYTHING, reference.depthAnything],
] as const)('%s', (name, preprocessing, rows) => {
  it.each(rows)('$picture: input and depth as transformers computes them', async (row) => {
    const image = await picture(row.picture);
    const size = dptSize(image.width, image.height, preprocessing);
    expect([1, 3, size.height, size.width]).toEqual(row.inputShape);
    const resized = resizeImage(image, size.width, size.height, preprocessing.filter);
    expect(worst(strided(toPlanes(resized, preprocessing.normalisation)), row.input)).toBeLessThan(1e-3);
    // The export of Depth Anything takes one size only; for others the reference's input alone is recorded.
    if (row.depth.length === 0) return;
    const map = await runDpt(network(`${name}.onnx`), image, preprocessing);
    expect([map.height, map.width]).toEqual(row.depthShape);
    const scale = Math.max(...row.depth.map(Math.abs));
    expect(worst(strided(map.data), row.depth) / scale).toBeLessThan(1e-3);
  });
});

it('has depth to compare with for both depth networks', () => {
  expect(reference.dpt.filter((row) => row.depth.length > 0).length).toBe(3);
  expect(reference.depthAnything.filter((row) => row.depth.length > 0).map((row) => row.picture)).toEqual(['wide']);
});

const vocabulary = join(fixturesFolder() ?? '', 'bpe_simple_vocab_16e6.txt.gz');
describe.skipIf(!existsSync(vocabulary))('tokenizer over the published vocabulary (needs the fixtures)', () => {
  const make = async () =>
    createTokenizer(mergesFromVocabulary(gunzipSync(await readFile(vocabulary)).toString('utf8')));
  it('gives the known sequences', async () => {
    const tokenizer = await make();
    expect(tokenizer.encode('a photo of a cat')).toEqual([49406, 320, 1125, 539, 320, 2368, 49407]);
    expect(tokenizer.encode('')).toEqual([49406, 49407]);
  });
  it('agrees with open_clip', async () => {
    const tokenizer = await make();
    for (const { text, tokens } of reference.clipText) expect(tokenizer.encode(text)).toEqual(tokens);
  });
});
