/** CLIP's two sides (Radford et al. 2021), for OpenCLIP's and OpenAI's weights of ViT-B/32. */
import { PicaividError } from '../base/errors.ts';
import { CLIP_NORMALISATION, centerCrop, l2Normalise, resizeShortest, toPlanes } from './preprocess.ts';
import type { NetworkRunner, Tensor, TensorInfo } from './runner.ts';
import { floatOutput } from './tensors.ts';
import { CONTEXT_LENGTH, type Tokenizer } from './tokenizer.ts';
import type { ImageNetwork, NetworkImage, TextNetwork } from './types.ts';

/** Input side and output length of ViT-B/32. */
const SIDE = 224;
const DIMENSIONS = 512;
/** exp of the trained logit scale, which training clamps at 100. */
const LOGIT_SCALE = 100;

export type ClipFlavour = 'openclip' | 'openai';

/** Shortest side to 224 bicubic, centre crop, CLIP's mean and deviation: planes [3,224,224]. */
export function clipInput(image: NetworkImage, flavour: ClipFlavour): Float32Array<ArrayBuffer> {
  const small = resizeShortest(image, SIDE, 'bicubic');
  return toPlanes(centerCrop(small, SIDE, flavour === 'openclip' ? 'even' : 'down'), CLIP_NORMALISATION);
}

/** The output that the exporters name, or the only one there is. */
function outputName(outputs: readonly TensorInfo[], wanted: readonly string[]): string {
  const found = outputs.find(({ name }) => wanted.includes(name)) ?? (outputs.length === 1 ? outputs[0] : undefined);
  if (found === undefined)
    throw new PicaividError('model_failed', `The network has none of the outputs ${wanted.join(', ')}.`);
  return found.name;
}

function firstInput(inputs: readonly TensorInfo[]): TensorInfo {
  const [first] = inputs;
  if (first === undefined) throw new PicaividError('model_failed', 'The network takes no input.');
  return first;
}

/** Image side: L2-normalised embedding of 512; no scores of its own. */
export function clipImageNetwork(name: string, runner: NetworkRunner, flavour: ClipFlavour): ImageNetwork {
  return {
    name,
    kind: 'clip',
    classes: [],
    dimensions: DIMENSIONS,
    describe: async (image, signal) => {
      const { inputs, outputs } = await runner.info(signal);
      const data = clipInput(image, flavour);
      const out = await runner.run({ [firstInput(inputs).name]: { dims: [1, 3, SIDE, SIDE], data } }, signal);
      const embedding = floatOutput(out, outputName(outputs, ['embedding', 'image_embeds']), DIMENSIONS);
      return { embedding: l2Normalise(embedding) };
    },
  };
}

/** Text side: one text a run, because exports differ in whether they take several. */
export function clipTextNetwork(
  name: string,
  runner: NetworkRunner,
  tokenizer: Tokenizer,
  flavour: ClipFlavour,
): TextNetwork {
  return {
    name,
    logitScale: LOGIT_SCALE,
    embed: async (texts, signal) => {
      const { inputs, outputs } = await runner.info(signal);
      const input = inputs.find(({ name: given }) => given === 'input_ids' || given === 'text') ?? firstInput(inputs);
      const output = outputName(outputs, ['embedding', 'text_embeds']);
      const all: Float32Array[] = [];
      for (const text of texts) {
        const feeds: Record<string, Tensor> = { [input.name]: idsTensor(tokenizer, text, input, flavour) };
        if (inputs.some(({ name: given }) => given === 'attention_mask')) {
          const length = (feeds[input.name] as Tensor).dims[1] as number;
          const ones = Math.min(length, tokenizer.encode(text).length);
          feeds.attention_mask = {
            dims: [1, length],
            data: BigInt64Array.from({ length }, (_, i) => (i < ones ? 1n : 0n)),
          };
        }
        const out = await runner.run(feeds, signal);
        all.push(l2Normalise(floatOutput(out, output, DIMENSIONS)));
      }
      return all;
    },
  };
}

/** Padded to the context where the export wants it. Padding never changes the result: attention looks back only. */
function idsTensor(tokenizer: Tokenizer, text: string, input: TensorInfo, flavour: ClipFlavour): Tensor {
  const ids = tokenizer.encode(text);
  const length = typeof input.shape[1] === 'string' ? ids.length : CONTEXT_LENGTH;
  const pad = flavour === 'openclip' ? 0 : tokenizer.end;
  const full = Array.from({ length }, (_, i) => ids[i] ?? pad);
  return {
    dims: [1, length],
    data: input.type === 'int32' ? Int32Array.from(full) : BigInt64Array.from(full, BigInt),
  };
}
