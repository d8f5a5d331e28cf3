/** Every network that the project knows: where it comes from, what it takes and gives, how its figures are read. Pure data. */
import type { ModelRole, ModelSet } from './types.ts';

export interface ModelFile {
  /** Path inside the hub's repository, and below the model's folder on disk. */
  readonly path: string;
  /** Exact size where the source says it. */
  readonly bytes?: number;
  /** Size to the nearest 0.1 MB as the source's page shows it, for progress before the server has said it. */
  readonly aboutBytes?: number;
  readonly sha256?: string;
}

export interface TensorSpec {
  readonly name: string;
  readonly type: 'float32' | 'int32' | 'int64';
  /** Symbolic dimensions are names. */
  readonly shape: readonly (number | string)[];
}

export interface CatalogueEntry {
  /** Unique, part of cache keys and the folder's name. */
  readonly name: string;
  readonly roles: readonly ModelRole[];
  readonly sets: readonly ModelSet[];
  readonly licence: string;
  /** Repository on the Hugging Face hub; undefined for the fixtures. */
  readonly repository?: string;
  readonly files: readonly ModelFile[];
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly calibration?: {
    readonly logitScale?: number;
    /** Cosine of typical pairs of photos of the same room, and of different rooms: starting values, not measured here. */
    readonly sameRoomCosine?: number;
    readonly differentRoomCosine?: number;
  };
}

const PIXELS: TensorSpec = { name: 'pixel_values', type: 'float32', shape: [1, 3, 'height', 'width'] };
const DEPTH: TensorSpec = { name: 'predicted_depth', type: 'float32', shape: [1, 'height', 'width'] };
const SQUARE: readonly (number | string)[] = ['N', 3, 224, 224];
const MB = 1_000_000;
const CLIP_CALIBRATION = { logitScale: 100, sameRoomCosine: 0.85, differentRoomCosine: 0.65 };
const LOGMEL: ModelFile = {
  path: 'logmel.onnx',
  bytes: 4_468_830,
  sha256: 'f5afa499f5a42b05ea89a214561170cd4b76f92d67d3227f7c9833e8d79bbb43',
};
const BEAT_TENSORS = {
  inputs: [{ name: 'spect', type: 'float32', shape: [1, 'frames', 128] }],
  outputs: [
    { name: 'beat', type: 'float32', shape: [1, 'frames'] },
    { name: 'downbeat', type: 'float32', shape: [1, 'frames'] },
  ],
} as const;

export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: 'openclip-vit-b-32',
    roles: ['image', 'text'],
    sets: ['standard'],
    licence: 'MIT',
    repository: 'immich-app/ViT-B-32__laion2b-s34b-b79k',
    files: [
      { path: 'visual/model.onnx', aboutBytes: 351 * MB },
      { path: 'textual/model.onnx', aboutBytes: 254 * MB },
      { path: 'visual/preprocess_cfg.json', aboutBytes: 1000 },
      { path: 'textual/tokenizer.json', aboutBytes: 3.6 * MB },
    ],
    inputs: [
      { name: 'image', type: 'float32', shape: [1, 3, 224, 224] },
      { name: 'text', type: 'int32', shape: [1, 77] },
    ],
    outputs: [{ name: 'embedding', type: 'float32', shape: [1, 512] }],
    calibration: CLIP_CALIBRATION,
  },
  {
    name: 'dpt-hybrid-midas-int8',
    roles: ['depth'],
    sets: ['standard'],
    licence: 'Apache-2.0',
    repository: 'Xenova/dpt-hybrid-midas',
    files: [
      { path: 'onnx/model_quantized.onnx', aboutBytes: 208 * MB },
      { path: 'preprocessor_config.json', aboutBytes: 1000 },
    ],
    inputs: [PIXELS],
    outputs: [DEPTH],
  },
  {
    name: 'beat-this-final0',
    roles: ['beats'],
    sets: ['standard'],
    licence: 'MIT',
    repository: 'nilsbc/beat-this-onnx',
    files: [
      {
        path: 'beat_this_final0.onnx',
        bytes: 83_162_700,
        sha256: 'a7e2c68b27f9db6a73416017f784ea8551a01373f4955a98db018827760c4a14',
      },
      LOGMEL,
    ],
    ...BEAT_TENSORS,
  },
  {
    name: 'clip-vit-b-32-int8',
    roles: ['image', 'text'],
    sets: ['light'],
    licence: 'MIT',
    repository: 'Xenova/clip-vit-base-patch32',
    files: [
      { path: 'onnx/vision_model_quantized.onnx', aboutBytes: 89.1 * MB },
      { path: 'onnx/text_model_quantized.onnx', aboutBytes: 64.5 * MB },
      { path: 'tokenizer.json', aboutBytes: 2.2 * MB },
    ],
    inputs: [
      { name: 'pixel_values', type: 'float32', shape: ['N', 3, 224, 224] },
      { name: 'input_ids', type: 'int64', shape: ['N', 'length'] },
    ],
    outputs: [
      { name: 'image_embeds', type: 'float32', shape: ['N', 512] },
      { name: 'text_embeds', type: 'float32', shape: ['N', 512] },
    ],
    calibration: CLIP_CALIBRATION,
  },
  {
    name: 'depth-anything-v2-small-int8',
    roles: ['depth'],
    sets: ['light'],
    licence: 'Apache-2.0',
    repository: 'onnx-community/depth-anything-v2-small',
    files: [
      { path: 'onnx/model_quantized.onnx', aboutBytes: 27 * MB },
      { path: 'preprocessor_config.json', aboutBytes: 1000 },
    ],
    inputs: [PIXELS],
    outputs: [DEPTH],
  },
  {
    name: 'beat-this-small0',
    roles: ['beats'],
    sets: ['light'],
    licence: 'MIT',
    repository: 'nilsbc/beat-this-onnx',
    files: [
      {
        path: 'beat_this_small0.onnx',
        bytes: 10_555_642,
        sha256: '53fda6e96afae7f44d898fa5f020272eda967a92839306bf7a3d0898fb8a0d9a',
      },
      LOGMEL,
    ],
    ...BEAT_TENSORS,
  },
  {
    name: 'dpt-large-int8',
    roles: ['depth'],
    sets: [],
    licence: 'Apache-2.0',
    repository: 'Xenova/dpt-large',
    files: [
      { path: 'onnx/model_quantized.onnx', aboutBytes: 353 * MB },
      { path: 'preprocessor_config.json', aboutBytes: 1000 },
    ],
    inputs: [PIXELS],
    outputs: [DEPTH],
  },
  {
    name: 'places365-squeezenet',
    roles: ['image'],
    sets: ['fixture'],
    licence: 'none stated: tests only',
    files: [
      {
        path: 'squeezenet_places365.onnx',
        bytes: 3_649_933,
        sha256: '80d1aa73ffff7502acc2dbf5b91b8d38097f3709f4c0d36f1fb9946a7eb77576',
      },
    ],
    inputs: [{ name: 'image', type: 'float32', shape: SQUARE }],
    outputs: [
      { name: 'prob', type: 'float32', shape: ['N', 365] },
      { name: 'embedding', type: 'float32', shape: ['N', 512] },
    ],
  },
  {
    name: 'mobilenet-v2-rooms7',
    roles: ['image'],
    sets: ['fixture'],
    licence: 'Apache-2.0',
    files: [
      {
        path: 'mobilenet_v2_int8w.onnx',
        bytes: 3_646_511,
        sha256: '3adfe849510271e38d5fe5bf7db440d4991a064f6d900edb6ce1a06d3c58c4e0',
      },
      { path: 'room_head_7_mnv2.f32', bytes: 35_868 },
      { path: 'room_head_7_mnv2.json', bytes: 508 },
    ],
    inputs: [{ name: 'image', type: 'float32', shape: SQUARE }],
    outputs: [
      { name: 'prob', type: 'float32', shape: ['N', 1001] },
      { name: 'embedding', type: 'float32', shape: ['N', 1280] },
    ],
  },
  {
    name: 'meter-xxs-nyu',
    roles: ['depth'],
    sets: ['fixture'],
    licence: 'MIT',
    files: [
      {
        path: 'meter_xxs_nyu.onnx',
        bytes: 2_917_854,
        sha256: '711c502f4625b45ef9c5dd4c2146deaeac709c96dea748175d9cc1a52595e013',
      },
    ],
    inputs: [{ name: 'input', type: 'float32', shape: [1, 3, 192, 256] }],
    outputs: [{ name: 'depth', type: 'float32', shape: [1, 1, 48, 64] }],
  },
];

/** The networks of a set, in the catalogue's order. */
export function entriesOf(set: ModelSet): readonly CatalogueEntry[] {
  return CATALOGUE.filter((entry) => entry.sets.includes(set));
}
