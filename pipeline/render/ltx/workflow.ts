/**
 * Workflows in ComfyUI's API format (node id → class, inputs; an input is a value or [node, output slot]) and how one is
 * filled for a clip. The files in workflows/ are whole: they load into ComfyUI as they are. Pure.
 */
import { z } from 'zod';
import { PicaividError } from '../../../base/errors.ts';
import type { ClipSpec } from '../../domain.ts';
import {
  cameraLora,
  framesPerSecond,
  LTX_NEGATIVE,
  type LtxLevel,
  type LtxModel,
  type LtxShape,
  type LtxTiming,
  ltxPrompt,
} from './plan.ts';

const inputSchema = z.union([z.string(), z.number(), z.boolean(), z.tuple([z.string(), z.int().min(0)])]);
const nodeSchema = z.object({
  class_type: z.string(),
  inputs: z.record(z.string(), inputSchema),
  _meta: z.object({ title: z.string() }).exactOptional(),
});
export const workflowSchema = z.record(z.string(), nodeSchema);
export type Workflow = z.infer<typeof workflowSchema>;
type Input = z.infer<typeof inputSchema>;

/** Tiles of 512 pixels, 64 frames of them at once: ComfyUI's own measure, for cards of 12 GB (workflow_templates #1119). */
const TILES = { tile_size: 512, overlap: 64, temporal_size: 64, temporal_overlap: 16 };

/** Share of the time that a node takes; all others are quick. Sampling is most of it in every published timing. */
export const NODE_WEIGHTS: Readonly<Record<LtxModel, Readonly<Record<string, number>>>> = {
  'ltx-2-19b': { text_encoder: 0.04, checkpoint: 0.06, sample_low: 0.45, sample_high: 0.3, decode: 0.12, save: 0.03 },
  'ltx-2.5': { text_encoder: 0.04, transformer: 0.06, sample: 0.75, decode: 0.12, save: 0.03 },
};

export interface LtxRequest {
  readonly spec: ClipSpec;
  readonly model: LtxModel;
  readonly level: LtxLevel;
  readonly shape: LtxShape;
  readonly timing: LtxTiming;
  /** Names that the server gave to the uploaded views. */
  readonly startImage: string;
  readonly endImage?: string;
  /** Where ComfyUI saves the film, with a part that no other submission has. */
  readonly prefix: string;
}

function set(workflow: Workflow, id: string, inputs: Readonly<Record<string, Input>>): void {
  const node = workflow[id];
  const unknown = Object.keys(inputs).find((name) => node?.inputs[name] === undefined);
  if (node === undefined || unknown !== undefined)
    throw new PicaividError('internal', `The LTX workflow has no input ${id}.${unknown ?? '?'} to fill.`);
  Object.assign(node.inputs, inputs);
}

/** Takes a node out: whoever took its output takes its input `through` instead. */
function bypass(workflow: Workflow, id: string, through: string): void {
  const instead = workflow[id]?.inputs[through];
  if (!Array.isArray(instead)) throw new PicaividError('internal', `The LTX workflow has no link ${id}.${through}.`);
  delete workflow[id];
  for (const node of Object.values(workflow))
    for (const [name, input] of Object.entries(node.inputs))
      if (Array.isArray(input) && input[0] === id) node.inputs[name] = instead;
}

/** The seeds of the two passes; ComfyUI takes whole numbers from 0. */
function seedOf(spec: ClipSpec): number {
  return Math.abs(Math.trunc(spec.seed)) % Number.MAX_SAFE_INTEGER;
}

/** A copy of `workflow` that renders the request. Errors: `internal` for a workflow that lacks a node to be filled. */
export function fillWorkflow(workflow: Workflow, request: LtxRequest): Workflow {
  const { spec, model, level, shape, timing } = request;
  const filled = workflowSchema.parse(workflow);
  const rate = framesPerSecond(timing.rate);
  set(filled, 'start_image', { image: request.startImage });
  set(filled, 'prompt', { text: ltxPrompt(spec.motion) });
  set(filled, 'negative', { text: LTX_NEGATIVE });
  set(filled, 'conditioning', { frame_rate: rate });
  set(filled, 'audio_latent', { frames_number: timing.frames, frame_rate: rate });
  set(filled, 'video', { fps: rate });
  set(filled, 'save', { filename_prefix: request.prefix });
  const { width, height } = shape;
  if (model === 'ltx-2-19b') {
    set(filled, 'video_latent', { width: width / 2, height: height / 2, length: timing.frames });
    set(filled, 'noise_low', { noise_seed: seedOf(spec) });
    set(filled, 'noise_high', { noise_seed: seedOf(spec) + 1 });
    const lora = cameraLora(spec);
    if (lora === undefined) bypass(filled, 'camera_lora', 'model');
    else set(filled, 'camera_lora', { lora_name: lora.name, strength_model: lora.strength });
  } else {
    if (request.endImage === undefined) throw new PicaividError('internal', 'LTX-2.5 needs the last frame as well.');
    set(filled, 'video_latent', { width, height, length: timing.frames });
    set(filled, 'noise', { noise_seed: seedOf(spec) });
    set(filled, 'end_image', { image: request.endImage });
  }
  const decode = filled.decode;
  if (decode === undefined) throw new PicaividError('internal', 'The LTX workflow has no node "decode".');
  if (level === 'tiled')
    filled.decode = { ...decode, class_type: 'VAEDecodeTiled', inputs: { ...decode.inputs, ...TILES } };
  return filled;
}

/** How far a run is, 0..1: nodes that are done, and the one at work by its own count. */
export function ltxFraction(
  model: LtxModel,
  done: ReadonlySet<string>,
  current?: { node: string; share: number },
): number {
  const weights = NODE_WEIGHTS[model];
  let sum = 0;
  for (const [node, weight] of Object.entries(weights)) if (done.has(node)) sum += weight;
  if (current !== undefined && !done.has(current.node))
    sum += (weights[current.node] ?? 0) * Math.min(1, Math.max(0, current.share));
  return Math.min(1, sum);
}
