/** The fixture set's picture networks: Places365 SqueezeNet, and MobileNet v2 with a linear head for seven rooms. */
import {
  HALF_NORMALISATION,
  l2Normalise,
  type Normalisation,
  resizeImage,
  toPlanes,
  UNIT_NORMALISATION,
} from './preprocess.ts';
import type { NetworkRunner, Tensor } from './runner.ts';
import { floatOutput } from './tensors.ts';
import type { ImageNetwork, NetworkImage } from './types.ts';

/** Both networks were run on pictures squashed to this side, in pixels. */
const SIDE = 224;

function input(image: NetworkImage, normalisation: Normalisation): Tensor {
  return { dims: [1, 3, SIDE, SIDE], data: toPlanes(resizeImage(image, SIDE, SIDE, 'bilinear'), normalisation) };
}

/** Scores are probabilities of the 365 Places classes (Zhou et al. 2017); embedding of 512. */
export function placesNetwork(runner: NetworkRunner, classes: readonly string[]): ImageNetwork {
  return {
    name: 'places365-squeezenet',
    kind: 'places365',
    classes,
    dimensions: 512,
    describe: async (image, signal) => {
      const out = await runner.run({ image: input(image, UNIT_NORMALISATION) }, signal);
      return {
        embedding: l2Normalise(floatOutput(out, 'embedding', 512)),
        scores: floatOutput(out, 'prob', classes.length),
      };
    },
  };
}

/** A linear classifier: `weights` [classes][dimensions] row-major, then one bias per class. */
export interface LinearHead {
  readonly classes: readonly string[];
  readonly dimensions: number;
  readonly weights: Float32Array;
}

/** softmax(W x + b) over the head's classes. */
export function applyHead(head: LinearHead, x: Float32Array): Float32Array {
  const { dimensions, weights } = head;
  const n = head.classes.length;
  const out = new Float32Array(n);
  let top = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < n; c++) {
    let sum = weights[n * dimensions + c] as number;
    for (let i = 0; i < dimensions; i++) sum += (weights[c * dimensions + i] as number) * (x[i] as number);
    out[c] = sum;
    top = Math.max(top, sum);
  }
  let total = 0;
  for (let c = 0; c < n; c++) {
    out[c] = Math.exp((out[c] as number) - top);
    total += out[c] as number;
  }
  for (let c = 0; c < n; c++) out[c] = (out[c] as number) / total;
  return out;
}

/** Scores are probabilities of the head's seven rooms; embedding of 1,280. */
export function roomsNetwork(runner: NetworkRunner, head: LinearHead): ImageNetwork {
  return {
    name: 'mobilenet-v2-rooms7',
    kind: 'rooms7',
    classes: head.classes,
    dimensions: head.dimensions,
    describe: async (image, signal) => {
      const out = await runner.run({ image: input(image, HALF_NORMALISATION) }, signal);
      const embedding = l2Normalise(floatOutput(out, 'embedding', head.dimensions));
      return { embedding, scores: applyHead(head, embedding) };
    },
  };
}
