/** Depth networks: MiDaS / DPT, Depth Anything V2 and METER, all to relative inverse depth 0 (far) .. 1 (near). */
import { PicaividError } from '../base/errors.ts';
import {
  dptSize,
  type Filter,
  IMAGENET_NORMALISATION,
  type Normalisation,
  resizeImage,
  toPlanes,
} from './preprocess.ts';
import type { NetworkRunner } from './runner.ts';
import { floatOutput } from './tensors.ts';
import type { DepthNetwork, NetworkDepth } from './types.ts';

/** Shares of the pixels that may lie outside 0..1: windows and speckles would else flatten everything between. */
const FAR_QUANTILE = 0.01;
const NEAR_QUANTILE = 0.99;

/** METER's input and output, pixels (Papa et al. 2023, the xxs network on NYU). */
const METER = { width: 256, height: 192, outWidth: 64, outHeight: 48 };
/** Nearer than this METER never says in earnest, centimetres: guards the division. */
const METER_NEAREST_CM = 10;

/** Sizes in pixels, filter and normalisation of DPT's processor, as `preprocessor_config.json` gives them. */
export interface DptPreprocessing {
  readonly width: number;
  readonly height: number;
  readonly keepAspect: boolean;
  readonly multiple: number;
  readonly filter: Filter;
  readonly normalisation: Normalisation;
}

/** Linear map of the quantiles 1 % and 99 % to 0 and 1, clamped. A constant map becomes 0.5 everywhere. */
export function normaliseInverseDepth(inverse: Float32Array): Float32Array {
  const sorted = Float32Array.from(inverse).sort();
  const low = sorted[Math.floor(FAR_QUANTILE * (sorted.length - 1))] as number;
  const high = sorted[Math.ceil(NEAR_QUANTILE * (sorted.length - 1))] as number;
  const span = high - low;
  const out = new Float32Array(inverse.length);
  for (let i = 0; i < out.length; i++) {
    const value = span > 0 ? ((inverse[i] as number) - low) / span : 0.5;
    out[i] = value < 0 ? 0 : Math.min(value, 1);
  }
  return out;
}

/** A network of the DPT family: input `pixel_values` [1,3,h,w], output `predicted_depth` [1,h,w], larger is nearer. */
export function dptNetwork(name: string, runner: NetworkRunner, preprocessing: DptPreprocessing): DepthNetwork {
  return {
    name,
    estimate: async (image, signal) => {
      const raw = await runDpt(runner, image, preprocessing, signal);
      return { width: raw.width, height: raw.height, data: normaliseInverseDepth(raw.data) };
    },
  };
}

/** The network's own figures before they are normalised; what the tests compare with the reference. */
export async function runDpt(
  runner: NetworkRunner,
  image: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  preprocessing: DptPreprocessing,
  signal?: AbortSignal,
): Promise<NetworkDepth> {
  const { width, height } = dptSize(image.width, image.height, preprocessing);
  const data = toPlanes(resizeImage(image, width, height, preprocessing.filter), preprocessing.normalisation);
  const out = await runner.run({ pixel_values: { dims: [1, 3, height, width], data } }, signal);
  const dims = out.predicted_depth?.dims ?? [];
  const outHeight = dims.at(-2);
  const outWidth = dims.at(-1);
  if (outHeight === undefined || outWidth === undefined)
    throw new PicaividError('model_failed', `The depth network gave no picture: its file is not the expected one.`);
  return { width: outWidth, height: outHeight, data: floatOutput(out, 'predicted_depth', outWidth * outHeight) };
}

/** METER: centimetres, larger is farther, 64 × 48; turned into inverse depth here. */
export function meterNetwork(runner: NetworkRunner): DepthNetwork {
  return {
    name: 'meter-xxs-nyu',
    estimate: async (image, signal) => {
      const small = resizeImage(image, METER.width, METER.height, 'bilinear');
      const input = { dims: [1, 3, METER.height, METER.width], data: toPlanes(small, IMAGENET_NORMALISATION) };
      const out = await runner.run({ input }, signal);
      const inverse = floatOutput(out, 'depth', METER.outWidth * METER.outHeight);
      for (let i = 0; i < inverse.length; i++) inverse[i] = 1 / Math.max(METER_NEAREST_CM, inverse[i] as number);
      return { width: METER.outWidth, height: METER.outHeight, data: normaliseInverseDepth(inverse) };
    },
  };
}
