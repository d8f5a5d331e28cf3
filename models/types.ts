/** What the phases know of neural networks: a few small interfaces, with shapes and units. Pure. */

/** Structurally the pipeline's RgbImage and DepthMap; this floor imports nothing from above. */
export interface NetworkImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
export interface NetworkDepth {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export type ModelSet = 'standard' | 'light' | 'fixture' | 'none';
export type ModelRole = 'image' | 'text' | 'depth' | 'beats';

/** What one network says of one picture. */
export interface ImageDescription {
  /** L2-normalised features. */
  readonly embedding: Float32Array;
  /** Probabilities over the network's own classes (`classes`), where it has any. */
  readonly scores?: Float32Array;
}

export interface ImageNetwork {
  /** Catalogue name, e.g. `openclip-vit-b-32`, `places365-squeezenet`, `mobilenet-v2-rooms7`. */
  readonly name: string;
  readonly kind: 'clip' | 'places365' | 'rooms7';
  /** Names of `scores`, in order: 365 Places classes, 7 rooms; empty for CLIP. */
  readonly classes: readonly string[];
  readonly dimensions: number;
  describe(image: NetworkImage, signal?: AbortSignal): Promise<ImageDescription>;
}

/** CLIP's text side: L2-normalised embeddings of prompts in the space of its image network. */
export interface TextNetwork {
  readonly name: string;
  /** exp of the trained logit scale: 100 for both CLIPs of the catalogue. */
  readonly logitScale: number;
  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]>;
}

export interface DepthNetwork {
  readonly name: string;
  /** Relative inverse depth, 0 farthest .. 1 nearest, at the network's own resolution. */
  estimate(image: NetworkImage, signal?: AbortSignal): Promise<NetworkDepth>;
}

/** Beat This!: logits for beats and downbeats, 50 frames a second. */
export interface BeatNetwork {
  readonly name: string;
  readonly framesPerSecond: number;
  /** Mono samples at 22,050 Hz of any length (windowed inside, memory flat). */
  logits(
    samples: Float32Array,
    signal?: AbortSignal,
    /** Called after each window with the share that is done, up to 1. */
    onFraction?: (fraction: number) => void,
  ): Promise<{ readonly beat: Float32Array; readonly downbeat: Float32Array }>;
}

/** The networks that are there; an absent one means that the hand-made method stands in. */
export interface Models {
  readonly set: ModelSet;
  /** Names every network and its version: part of every cache key. */
  readonly key: string;
  readonly image: readonly ImageNetwork[];
  readonly text: TextNetwork | undefined;
  readonly depth: DepthNetwork | undefined;
  readonly beats: BeatNetwork | undefined;
  /** Seconds spent inside ONNX inference so far: what `bench analyze` compares with. */
  inferenceSeconds(): number;
  close(): Promise<void>;
}

/** No network at all. */
export const NO_MODELS: Models = {
  set: 'none',
  key: 'none',
  image: [],
  text: undefined,
  depth: undefined,
  beats: undefined,
  inferenceSeconds: () => 0,
  close: async () => {},
};
