/**
 * Room labels: what several networks say of a photo, pooled into one distribution over the taxonomy.
 *
 * Log-linear pooling (Genest and Zidek, 1986): log p(room) = Σ weight × log(evidence + floor) + prior weight × log prior.
 * Each source has one weight and one floor; there is nothing else to fit, so nothing can be memorised. The values were
 * chosen on the 59 fixture photos from a broad plateau (47 right on average over a grid of 3,840 settings, 51 at best).
 */
import { type LabelledPhoto, type RgbImage, ROOM_TYPES, type RoomType } from '../domain.ts';
import { shrinkRgb } from './luma.ts';
import {
  HEAD_ROOMS,
  LOOKS_LIKE,
  OUTDOOR_ROOMS,
  PLACES_ROOMS,
  PROMPT_SENTENCES,
  ROOM_PRIOR,
  ROOM_PROMPTS,
} from './room-taxonomy.ts';

/** Places365: below 1, because a photo's scene mass is spread over look-alikes and over-confident where it is not. */
const PLACES_WEIGHT = 0.8;
const PLACES_FLOOR = 0.01;
/** The head was trained on listing photos: full weight. */
const HEAD_WEIGHT = 1;
const HEAD_FLOOR = 0.01;
const CLIP_WEIGHT = 1;
const CLIP_FLOOR = 0.002;
/** The networks were trained on balanced classes, so the whole prior is added. CLIP's captions carry their own. */
const PRIOR_WEIGHT = 1;
const PRIOR_WEIGHT_CLIP = 0.3;

/** Evidence for each room, in the order of ROOM_TYPES, each 0..1; they need not sum to 1. */
export type RoomEvidence = Float64Array;

export interface LabelSource {
  readonly kind: 'places365' | 'rooms7' | 'clip';
  readonly evidence: RoomEvidence;
}

const INDEX = new Map<RoomType, number>(ROOM_TYPES.map((room, i) => [room, i]));
const at = (room: RoomType): number => INDEX.get(room) ?? 0;

/** Mass of the scene classes that speak for each room. `classes` are Places365 names without folder and number. */
export function placesEvidence(classes: readonly string[], scores: Float32Array): RoomEvidence {
  const position = new Map(classes.map((name, i) => [name, i]));
  const out = new Float64Array(ROOM_TYPES.length);
  for (const room of ROOM_TYPES)
    for (const name of PLACES_ROOMS[room] ?? []) {
      const i = position.get(name);
      if (i !== undefined) out[at(room)] = (out[at(room)] as number) + (scores[i] as number);
    }
  return lookAlikes(out);
}

/** The seven-room head: each class supports all the rooms that it cannot tell apart. */
export function headEvidence(classes: readonly string[], scores: Float32Array): RoomEvidence {
  const out = new Float64Array(ROOM_TYPES.length);
  classes.forEach((name, i) => {
    for (const room of HEAD_ROOMS[name] ?? []) out[at(room)] = scores[i] as number;
  });
  // Close-ups, plans and everything else: the head never saw any, so they get an even share.
  for (const room of ['detail', 'floor_plan', 'other'] as const) out[at(room)] = 1 / classes.length / 4;
  return lookAlikes(out);
}

function lookAlikes(evidence: RoomEvidence): RoomEvidence {
  for (const room of ROOM_TYPES) {
    const plain = LOOKS_LIKE[room];
    if (plain !== undefined) evidence[at(room)] = evidence[at(plain)] as number;
  }
  return evidence;
}

/** All prompts in the order that `promptMeans` expects them back as embeddings. */
export function roomPrompts(): string[] {
  return ROOM_TYPES.flatMap((room) =>
    ROOM_PROMPTS[room].flatMap((subject) => PROMPT_SENTENCES.map((sentence) => sentence.replace('{}', subject))),
  );
}

/** One L2-normalised embedding per room: the mean of its prompts' (an ensemble in embedding space). */
export function promptMeans(embeddings: readonly Float32Array[]): Float32Array[] {
  let next = 0;
  return ROOM_TYPES.map((room) => {
    const n = ROOM_PROMPTS[room].length * PROMPT_SENTENCES.length;
    const mean = meanVector(embeddings.slice(next, next + n));
    next += n;
    return mean;
  });
}

/** Zero-shot probabilities: softmax of cosine × the network's own logit scale. */
export function clipEvidence(image: Float32Array, rooms: readonly Float32Array[], logitScale: number): RoomEvidence {
  const logits = rooms.map((room) => logitScale * dot(image, room));
  return softmax(logits);
}

/** Pools what there is. With no source at all, sky and grass decide between outside and inside and no more. */
export function labelPhoto(sources: readonly LabelSource[], image: RgbImage): LabelledPhoto {
  const hasClip = sources.some((source) => source.kind === 'clip');
  const priorWeight = hasClip ? PRIOR_WEIGHT_CLIP : PRIOR_WEIGHT;
  const logits = ROOM_TYPES.map((room) => priorWeight * Math.log(ROOM_PRIOR[room]));
  for (const { kind, evidence } of sources) {
    const [weight, floor] =
      kind === 'places365'
        ? [PLACES_WEIGHT, PLACES_FLOOR]
        : kind === 'rooms7'
          ? [HEAD_WEIGHT, HEAD_FLOOR]
          : [CLIP_WEIGHT, CLIP_FLOOR];
    for (let i = 0; i < logits.length; i++)
      logits[i] = (logits[i] as number) + weight * Math.log((evidence[i] as number) + floor);
  }
  if (sources.length === 0) {
    const outside = outdoorProbability(image);
    ROOM_TYPES.forEach((room, i) => {
      logits[i] = (logits[i] as number) + Math.log(OUTDOOR_ROOMS.includes(room) ? outside : 1 - outside);
    });
  }
  const distribution = [...softmax(logits)];
  const best = distribution.indexOf(Math.max(...distribution));
  return {
    roomLabel: ROOM_TYPES[best] ?? 'other',
    roomProbability: distribution[best] ?? 0,
    roomDistribution: distribution,
  };
}

/**
 * Hand-made: is this outside? Sky (bright and not warm, smooth, at the top) and leaves (green over red and blue).
 * Kept between 0.1 and 0.9: it cannot know more.
 */
export function outdoorProbability(image: RgbImage): number {
  const small = shrinkRgb(image, 96);
  const { width, height, data } = small;
  let sky = 0;
  let green = 0;
  const top = Math.max(1, Math.floor(height * 0.35));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const o = (y * width + x) * 3;
      const r = data[o] as number;
      const g = data[o + 1] as number;
      const b = data[o + 2] as number;
      if (y < top && b > 110 && b > r + 12 && b >= g) sky++;
      if (g > r + 6 && g > b + 10) green++;
    }
  const score = -1.6 + 6 * (sky / (top * width)) + 8 * (green / (width * height));
  return 0.1 + 0.8 / (1 + Math.exp(-score));
}

/** Hand-made embedding for grouping without a network: colour of a 4 × 4 grid and edge directions, L2-normalised, 72. */
export function handMadeEmbedding(image: RgbImage): Float32Array {
  const { width, height, data } = shrinkRgb(image, 96);
  const out = new Float32Array(4 * 4 * 3 + 24);
  const cell = (x: number, y: number): number => Math.floor((y * 4) / height) * 4 + Math.floor((x * 4) / width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const o = (y * width + x) * 3;
      const r = data[o] as number;
      const g = data[o + 1] as number;
      const b = data[o + 2] as number;
      const c = cell(x, y) * 3;
      out[c] = (out[c] as number) + ((r + g + b) / 3 - 128) / 128;
      out[c + 1] = (out[c + 1] as number) + (3 * (r - g)) / 128;
      out[c + 2] = (out[c + 2] as number) + (3 * (g - b)) / 128;
      if (x === 0 || y === 0) continue;
      const gx = g - (data[o - 2] as number);
      const gy = g - (data[o - width * 3 + 1] as number);
      const bin = Math.min(7, Math.floor(((Math.atan2(gy, gx) + Math.PI) / (2 * Math.PI)) * 8));
      const e = 48 + Math.floor((y * 3) / height) * 8 + bin;
      out[e] = (out[e] as number) + Math.hypot(gx, gy) / 64;
    }
  return normalise(out);
}

/** Mean of vectors of one length, L2-normalised. */
export function meanVector(vectors: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors)
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + (vector[i] as number);
  return normalise(out);
}

function normalise(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length;
  return vector;
}

/** Cosine of two L2-normalised vectors. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function softmax(logits: readonly number[]): Float64Array {
  const top = Math.max(...logits);
  const out = Float64Array.from(logits, (value) => Math.exp(value - top));
  const total = out.reduce((sum, value) => sum + value, 0);
  return out.map((value) => value / total);
}
