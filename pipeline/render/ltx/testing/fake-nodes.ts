/**
 * The nodes of ComfyUI that LTX workflows use, for the fake server: inputs that must be there, how many outputs, and
 * which inputs name a file. Recorded from comfy_extras/nodes_lt.py, nodes_lt_audio.py, nodes_lt_upsampler.py,
 * nodes_custom_sampler.py, nodes_video.py, nodes_hunyuan.py and nodes.py of ComfyUI in November 2026. Pure.
 */
import type { Workflow } from '../workflow.ts';

export interface FakeNode {
  readonly inputs: readonly string[];
  readonly outputs: number;
  /** Inputs that may stand there beside the required ones. */
  readonly optional?: readonly string[];
  /** Input → folder of models/ that its value must be in. */
  readonly files?: Readonly<Record<string, string>>;
}

export const FAKE_NODES: Readonly<Record<string, FakeNode>> = {
  CheckpointLoaderSimple: { inputs: ['ckpt_name'], outputs: 3, files: { ckpt_name: 'checkpoints' } },
  UNETLoader: { inputs: ['unet_name', 'weight_dtype'], outputs: 1, files: { unet_name: 'diffusion_models' } },
  VAELoader: { inputs: ['vae_name'], outputs: 1, files: { vae_name: 'vae' } },
  CLIPLoader: {
    inputs: ['clip_name', 'type'],
    optional: ['device'],
    outputs: 1,
    files: { clip_name: 'text_encoders' },
  },
  LTXAVTextEncoderLoader: {
    inputs: ['text_encoder', 'ckpt_name', 'device'],
    outputs: 1,
    files: { text_encoder: 'text_encoders', ckpt_name: 'checkpoints' },
  },
  LTXVAudioVAELoader: { inputs: ['ckpt_name'], outputs: 1, files: { ckpt_name: 'checkpoints' } },
  LatentUpscaleModelLoader: { inputs: ['model_name'], outputs: 1, files: { model_name: 'latent_upscale_models' } },
  LoraLoaderModelOnly: { inputs: ['model', 'lora_name', 'strength_model'], outputs: 1, files: { lora_name: 'loras' } },
  LoadImage: { inputs: ['image'], outputs: 2 },
  CLIPTextEncode: { inputs: ['text', 'clip'], outputs: 1 },
  LTXVConditioning: { inputs: ['positive', 'negative', 'frame_rate'], outputs: 2 },
  EmptyLTXVLatentVideo: { inputs: ['width', 'height', 'length', 'batch_size'], outputs: 1 },
  LTXVEmptyLatentAudio: { inputs: ['frames_number', 'frame_rate', 'batch_size', 'audio_vae'], outputs: 1 },
  LTXVImgToVideoInplace: { inputs: ['vae', 'image', 'latent', 'strength', 'bypass'], outputs: 1 },
  LTXVAddGuide: {
    inputs: ['positive', 'negative', 'vae', 'latent', 'image', 'frame_idx', 'strength'],
    optional: ['attention_mask', 'iclora_parameters'],
    outputs: 3,
  },
  LTXVCropGuides: { inputs: ['positive', 'negative', 'latent'], outputs: 3 },
  LTXVConcatAVLatent: { inputs: ['video_latent', 'audio_latent'], outputs: 1 },
  LTXVSeparateAVLatent: { inputs: ['av_latent'], outputs: 2 },
  LTXVLatentUpsampler: { inputs: ['samples', 'upscale_model', 'vae'], outputs: 1 },
  LTXVScheduler: {
    inputs: ['steps', 'max_shift', 'base_shift', 'stretch', 'terminal'],
    optional: ['latent'],
    outputs: 1,
  },
  LTXVDualCFGGuider: { inputs: ['model', 'positive', 'negative', 'video_cfg', 'audio_cfg'], outputs: 1 },
  CFGGuider: { inputs: ['model', 'positive', 'negative', 'cfg'], outputs: 1 },
  RandomNoise: { inputs: ['noise_seed'], outputs: 1 },
  KSamplerSelect: { inputs: ['sampler_name'], outputs: 1 },
  SamplerEulerAncestral: { inputs: ['eta', 's_noise'], outputs: 1 },
  ManualSigmas: { inputs: ['sigmas'], outputs: 1 },
  SamplerCustomAdvanced: { inputs: ['noise', 'guider', 'sampler', 'sigmas', 'latent_image'], outputs: 2 },
  VAEDecode: { inputs: ['samples', 'vae'], outputs: 1 },
  VAEDecodeTiled: {
    inputs: ['samples', 'vae', 'tile_size', 'overlap', 'temporal_size', 'temporal_overlap'],
    outputs: 1,
  },
  CreateVideo: { inputs: ['images', 'fps'], optional: ['audio', 'bit_depth'], outputs: 1 },
  SaveVideo: { inputs: ['video', 'filename_prefix', 'format', 'codec'], outputs: 1 },
};

/** A whole installation, by folder of models/. */
export const FAKE_MODELS: Readonly<Record<string, readonly string[]>> = {
  checkpoints: ['ltx-2-19b-dev-fp8.safetensors'],
  diffusion_models: ['ltx-2.5-22b-distilled-transformer-comfy-int8-convrot.safetensors'],
  text_encoders: [
    'gemma_3_12B_it_fp4_mixed.safetensors',
    'gemma4-12b-with-proj-ltx-2.5-comfy-int8-convrot.safetensors',
  ],
  vae: ['ltx-2.5-video-vae-bf16.safetensors', 'ltx-2.5-audio-vae-bf16.safetensors'],
  latent_upscale_models: ['ltx-2-spatial-upscaler-x2-1.0.safetensors'],
  loras: [
    'ltx-2-19b-distilled-lora-384.safetensors',
    ...['dolly-in', 'dolly-out', 'dolly-left', 'dolly-right', 'jib-up', 'jib-down', 'static'].map(
      (move) => `ltx-2-19b-lora-camera-control-${move}.safetensors`,
    ),
  ],
};

/** validate_prompt() of execution.py, for what a workflow of ours can have wrong: the body of its 400, or undefined. */
export function promptErrors(
  prompt: Workflow,
  models: Readonly<Record<string, readonly string[]>>,
  isUploaded: (image: string) => boolean,
): object | undefined {
  const nodeErrors: Record<string, unknown> = {};
  for (const [id, node] of Object.entries(prompt)) {
    const known = FAKE_NODES[node.class_type];
    if (known === undefined) {
      const message = `Node '${id}' not found. The custom node may not be installed.`;
      const error = { type: 'missing_node_type', message, details: `Node ID '#${id}'`, extra_info: {} };
      return { error, node_errors: {} };
    }
    const errors: unknown[] = [];
    for (const name of known.inputs)
      if (node.inputs[name] === undefined)
        errors.push({
          type: 'required_input_missing',
          message: 'Required input is missing',
          details: name,
          extra_info: {},
        });
    for (const [name, value] of Object.entries(node.inputs)) {
      const folder = known.files?.[name];
      if (folder !== undefined && !models[folder]?.includes(String(value)))
        errors.push({
          type: 'value_not_in_list',
          message: 'Value not in list',
          details: `${name}: '${String(value)}' not in []`,
          extra_info: {},
        });
      if (Array.isArray(value) && prompt[value[0]] === undefined)
        errors.push({
          type: 'exception_during_validation',
          message: 'Exception when validating node',
          details: `'${value[0]}'`,
          extra_info: {},
        });
    }
    if (node.class_type === 'LoadImage' && !isUploaded(String(node.inputs.image)))
      errors.push({
        type: 'custom_validation_failed',
        message: 'Custom validation failed for node',
        details: `image - Invalid image file: ${String(node.inputs.image)}`,
        extra_info: {},
      });
    if (errors.length > 0) nodeErrors[id] = { errors, dependent_outputs: ['save'], class_type: node.class_type };
  }
  if (Object.keys(nodeErrors).length > 0) {
    const error = {
      type: 'prompt_outputs_failed_validation',
      message: 'Prompt outputs failed validation',
      details: '',
      extra_info: {},
    };
    return { error, node_errors: nodeErrors };
  }
  return undefined;
}
