/** Describes each photo once (quality, label, embeddings, local features) and remembers it by content and networks. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PicaividError, throwIfCancelled } from '../../base/errors.ts';
import { readJsonFile, sha256Text, writeFileAtomic } from '../../base/files.node.ts';
import type { ImageNetwork, Models } from '../../models/types.ts';
import { type OnProgress, type Photo, type RgbImage, ROOM_TYPES } from '../domain.ts';
import {
  clipEvidence,
  handMadeEmbedding,
  headEvidence,
  type LabelSource,
  labelPhoto,
  meanVector,
  placesEvidence,
  promptMeans,
  roomPrompts,
} from './labels.ts';
import { eachLimited } from './limited.ts';
import { PixelPool } from './pixel-pool.node.ts';
import type { DescribedPhoto, LocalFeatures, PhotoEmbedding } from './types.ts';

/** Raised whenever any part of a description would come out differently. */
const DESCRIPTION_VERSION = 1;
/** Two pixel workers and one photo in the networks' thread: some 10 MB each. */
const IN_FLIGHT = 3;

export interface DescribeOptions {
  readonly cacheDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

const unit = z.number().min(0).max(1);
const cacheSchema = z.object({
  version: z.literal(DESCRIPTION_VERSION),
  scores: z.object({
    sharpness: unit,
    exposureScore: unit,
    compositionScore: unit,
    baseScore: unit,
    verticalTiltDegrees: z.number(),
    lineStrength: unit,
    focus: z.object({ x: unit, y: unit }),
  }),
  label: z.object({
    roomLabel: z.enum(ROOM_TYPES),
    roomProbability: unit,
    roomDistribution: z.array(unit).length(ROOM_TYPES.length),
  }),
  embeddings: z.array(
    z.object({
      network: z.string(),
      kind: z.enum(['clip', 'places365', 'rooms7', 'hand_made']),
      length: z.int().positive().max(65_536),
    }),
  ),
  features: z.object({ width: z.int().positive(), height: z.int().positive(), count: z.int().min(0).max(65_536) }),
  /** Bytes of the binary beside it: a wrong length is a torn file. */
  bytes: z.int().min(0),
});
type Cached = z.infer<typeof cacheSchema>;

/**
 * Describes the photos in their order. Errors: `image_damaged` when a proxy cannot be read (run ingest again),
 * `model_failed`, `disk_full`, `cancelled`. What was described before the error is kept in the cache.
 */
export async function describePhotos(
  photos: readonly Photo[],
  models: Models,
  options: DescribeOptions,
): Promise<DescribedPhoto[]> {
  const out: DescribedPhoto[] = new Array(photos.length);
  const key = sha256Text(`${DESCRIPTION_VERSION}:${models.key}`).slice(0, 12);
  let rooms: Promise<Float32Array[]> | undefined;
  const roomEmbeddings = (): Promise<Float32Array[]> | undefined => {
    if (rooms === undefined && models.text !== undefined)
      rooms = models.text.embed(roomPrompts(), options.signal).then(promptMeans);
    return rooms;
  };
  const pixels = new PixelPool();
  let done = 0;
  const work = eachLimited(photos.length, IN_FLIGHT, async (i) => {
    throwIfCancelled(options.signal);
    const photo = photos[i] as Photo;
    const base = join(options.cacheDir, `${photo.sha256}-${key}`);
    let described = await readDescription(photo, base);
    if (described === undefined) {
      described = await describeOne(photo, models, pixels, roomEmbeddings, options.signal);
      await writeDescription(described, base);
    }
    out[i] = described;
    done++;
    options.onProgress?.({ fraction: done / photos.length, sentence: `Looking at photo ${done} of ${photos.length}` });
  });
  await work.finally(() => pixels.close());
  return out;
}

async function describeOne(
  photo: Photo,
  models: Models,
  pixels: PixelPool,
  roomEmbeddings: () => Promise<Float32Array[]> | undefined,
  signal: AbortSignal | undefined,
): Promise<DescribedPhoto> {
  const { scores, features, small, inputs } = await pixels.work(
    { path: photo.proxies[1280], kinds: models.image.map(({ kind }) => kind) },
    signal,
  );
  const seen = await Promise.all(models.image.map((network, k) => look(network, inputs[k] ?? [], signal)));
  const embeddings: PhotoEmbedding[] = [];
  const sources: LabelSource[] = [];
  for (const [k, { embedding, scores: classScores }] of seen.entries()) {
    const network = models.image[k] as ImageNetwork;
    embeddings.push({ network: network.name, kind: network.kind, vector: embedding });
    if (network.kind === 'clip') {
      const means = await roomEmbeddings();
      if (means !== undefined && models.text !== undefined)
        sources.push({ kind: 'clip', evidence: clipEvidence(embedding, means, models.text.logitScale) });
    } else if (classScores !== undefined) {
      const evidence = (network.kind === 'places365' ? placesEvidence : headEvidence)(network.classes, classScores);
      sources.push({ kind: network.kind, evidence });
    }
  }
  if (embeddings.length === 0)
    embeddings.push({ network: 'hand-made', kind: 'hand_made', vector: handMadeEmbedding(small) });
  return { photo, scores, label: labelPhoto(sources, small), embeddings, features };
}

/** Mean embedding (normalised again) and mean class scores over the views. */
async function look(
  network: ImageNetwork,
  views: readonly RgbImage[],
  signal: AbortSignal | undefined,
): Promise<{ embedding: Float32Array; scores: Float32Array | undefined }> {
  const answers = await Promise.all(views.map((view) => network.describe(view, signal)));
  const first = answers[0]?.scores;
  let scores: Float32Array | undefined;
  if (first !== undefined) {
    scores = new Float32Array(first.length);
    for (const answer of answers)
      for (let i = 0; i < scores.length; i++)
        scores[i] = (scores[i] as number) + (answer.scores?.[i] ?? 0) / answers.length;
  }
  const embedding = meanVector(answers.map((answer) => answer.embedding));
  if (embedding.some((value) => !Number.isFinite(value)) || scores?.some((value) => !Number.isFinite(value)) === true)
    throw new PicaividError(
      'model_failed',
      `${network.name} gave numbers that are not finite. Verify it: models verify.`,
    );
  return { embedding, scores };
}

async function writeDescription(described: DescribedPhoto, base: string): Promise<void> {
  const { features, embeddings, scores, label } = described;
  const floats = embeddings.reduce((sum, { vector }) => sum + vector.length, 0);
  const binary = new Uint32Array(floats + features.count * 10);
  const asFloats = new Float32Array(binary.buffer);
  let next = 0;
  for (const { vector } of embeddings) {
    asFloats.set(vector, next);
    next += vector.length;
  }
  asFloats.set(features.x, next);
  asFloats.set(features.y, next + features.count);
  binary.set(features.descriptors, next + 2 * features.count);
  const head: Cached = {
    version: DESCRIPTION_VERSION,
    scores,
    label: { ...label, roomDistribution: [...label.roomDistribution] },
    embeddings: embeddings.map(({ network, kind, vector }) => ({ network, kind, length: vector.length })),
    features: { width: features.width, height: features.height, count: features.count },
    bytes: binary.byteLength,
  };
  // The head comes last: where it is, the binary is whole.
  await writeFileAtomic(`${base}.bin`, new Uint8Array(binary.buffer));
  await writeFileAtomic(`${base}.json`, JSON.stringify(head));
}

async function readDescription(photo: Photo, base: string): Promise<DescribedPhoto | undefined> {
  try {
    const parsed = cacheSchema.safeParse(await readJsonFile(`${base}.json`));
    if (!parsed.success) return undefined;
    const head = parsed.data;
    const file = await readFile(`${base}.bin`);
    const { count, width, height } = head.features;
    const words = head.embeddings.reduce((sum, { length }) => sum + length, 0) + count * 10;
    if (file.byteLength !== head.bytes || words * 4 !== head.bytes) return undefined;
    const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
    let next = 0;
    const floats = (n: number): Float32Array => {
      const part = new Float32Array(buffer, next * 4, n);
      next += n;
      return part;
    };
    const embeddings = head.embeddings.map(({ network, kind, length }) => ({ network, kind, vector: floats(length) }));
    const features: LocalFeatures = {
      width,
      height,
      count,
      x: floats(count),
      y: floats(count),
      descriptors: new Uint32Array(buffer, next * 4, count * 8),
    };
    return { photo, scores: head.scores, label: head.label, embeddings, features };
  } catch {
    return undefined; // absent, unreadable or not JSON: described again
  }
}
