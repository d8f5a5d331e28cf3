/** Depth of one photo: network or prior, refined to photo resolution, kept by content so that it is computed once. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { throwIfCancelled } from '../../base/errors.ts';
import { readJsonFile, writeFileAtomic } from '../../base/files.node.ts';
import type { DepthNetwork, Models } from '../../models/types.ts';
import type { DepthFigures, DepthMap, Photo, RgbImage, RoomType } from '../domain.ts';
import { decodeRgb, writeDepth } from '../media/image.node.ts';
import { depthVariance, edgeAgreement, nearFarRatio, planeResidual } from './depth-metrics.ts';
import { depthPrior } from './depth-prior.ts';
import { REFINED_SIDE_PX, refineDepth, shrinkRgb } from './depth-refine.ts';
import { blendWindows, cropRgb, type DepthWindow, depthWindows } from './depth-windows.ts';
import { PRIOR_SOURCE } from './motion-planner.ts';

/** Part of every file name: raise it when the refinement or the figures change. */
export const DEPTH_VERSION = 3;

/** Longest side of the picture that windows are cut from: METER, the one network of fixed shape, takes 256 px. */
const WINDOWED_SIDE_PX = 640;

export interface DepthOptions {
  /** Where maps and figures are kept; made when absent. */
  readonly dir: string;
  /** Chooses between the prior's indoor box and outdoor ground; networks do not need it. */
  readonly roomType?: RoomType;
  readonly signal?: AbortSignal;
}

const figuresSchema = z.object({
  variance: z.number().min(0).max(0.25),
  nearFarRatio: z.number().min(0),
  edgeAgreement: z.number().min(0).max(1),
  planeResidual: z.number().min(0).max(0.5),
  source: z.string(),
});

/**
 * Refined inverse depth (16-bit PNG, longest side at most 1280 px) of the photo's 1280 proxy with its figures. Files are
 * named by photo hash, source and version; the figures are written last, so a killed run leaves nothing half-known.
 * Errors: `image_damaged`, `model_failed`, `disk_full`, `output_unwritable`, `cancelled`.
 */
export async function estimateDepth(photo: Photo, models: Models, options: DepthOptions): Promise<DepthFigures> {
  throwIfCancelled(options.signal);
  const source = models.depth?.name ?? PRIOR_SOURCE;
  const room = options.roomType ?? 'other';
  const suffix = models.depth === undefined ? `${source}-${room}` : source;
  const base = join(options.dir, `${photo.sha256}-${suffix.replaceAll(/[^A-Za-z0-9_.-]/g, '_')}-v${DEPTH_VERSION}`);
  const path = `${base}.png`;
  const kept = figuresSchema.safeParse(await readJsonFile(`${base}.json`).catch(() => undefined));
  if (kept.success && existsSync(path)) return { ...kept.data, path };
  const image = await decodeRgb(photo.proxies[1280], REFINED_SIDE_PX);
  const coarse =
    models.depth === undefined ? depthPrior(image, room) : await networkDepth(models.depth, image, options.signal);
  throwIfCancelled(options.signal);
  const depth = refineDepth(coarse, image);
  const figures = {
    variance: depthVariance(depth),
    nearFarRatio: nearFarRatio(depth),
    edgeAgreement: edgeAgreement(depth, image),
    planeResidual: planeResidual(depth),
    source,
  };
  await writeDepth(depth, path);
  await writeFileAtomic(`${base}.json`, JSON.stringify(figures));
  return { ...figures, path };
}

/**
 * The network's coarse map of the whole picture. A network that answers in another shape than the photo's has seen it
 * distorted: then windows of its own shape are asked too.
 */
export async function networkDepth(network: DepthNetwork, image: RgbImage, signal?: AbortSignal): Promise<DepthMap> {
  const whole = await averaged(network, image, signal);
  const parts: { window: DepthWindow; depth: DepthMap }[] = [];
  const small = shrinkRgb(image, WINDOWED_SIDE_PX);
  for (const window of depthWindows(small.width, small.height, whole.width / whole.height))
    parts.push({ window, depth: await averaged(network, cropRgb(small, window), signal) });
  return blendWindows(whole, parts, small.width, small.height);
}

/** Mean of the network's answers on the picture and on its mirror image: errors that depend on the side cancel. */
async function averaged(network: DepthNetwork, image: RgbImage, signal: AbortSignal | undefined): Promise<DepthMap> {
  const straight = await network.estimate(image, signal);
  const mirrored = await network.estimate(mirror(image), signal);
  const { width, height } = straight;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data[y * width + x] =
        ((straight.data[y * width + x] as number) + (mirrored.data[y * width + width - 1 - x] as number)) / 2;
  return { width, height, data };
}

function mirror(image: RgbImage): RgbImage {
  const { width, height } = image;
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = (y * width + width - 1 - x) * 3;
      data[to] = image.data[from] as number;
      data[to + 1] = image.data[from + 1] as number;
      data[to + 2] = image.data[from + 2] as number;
    }
  return { width, height, data };
}
