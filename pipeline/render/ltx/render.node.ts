/**
 * Renders a clip with LTX through the ComfyUI server beside the worker: the photo's views go up, a filled workflow is
 * run, the film comes back and is cut to the spec. Too little memory is answered with a smaller picture, then with one
 * that is decoded in tiles; what still fails is a failure that the ladder takes up.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PicaividError, throwIfCancelled, toPicaividError } from '../../../base/errors.ts';
import { besidePath, readJsonFile, sha256Text, writeFileAtomic } from '../../../base/files.node.ts';
import type { ClipSpec, Generation, OnProgress } from '../../domain.ts';
import { generationSchema } from '../../schemas.ts';
import type { ClipInputs } from '../prepare.node.ts';
import { COMFY_LIMITS, type ComfyLimits, ComfyServer } from './comfyui.node.ts';
import { LtxFailure } from './failure.ts';
import { checkFilm, cutClip, viewPng } from './frames.node.ts';
import {
  cameraLora,
  LTX_LEVELS,
  LTX_NEGATIVE,
  type LtxLevel,
  type LtxModel,
  ltxPrompt,
  ltxShape,
  ltxTiming,
} from './plan.ts';
import { type Run, runPrompt } from './run.node.ts';
import { fillWorkflow, type Workflow, workflowSchema } from './workflow.ts';

export interface LtxOptions {
  /** The ComfyUI server, `http://127.0.0.1:8188`. */
  readonly url: string;
  readonly model: LtxModel;
  readonly limits?: Partial<ComfyLimits>;
}

export interface LtxRenderOptions extends LtxOptions {
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** How a generated clip came to be; lies beside it as `generation.json`. */
export interface LtxGeneration extends Generation {
  readonly level: LtxLevel;
  readonly photoSha256: string;
  /** Levels that did not fit into memory, and submissions of the one that did. */
  readonly outOfMemory: readonly LtxLevel[];
  readonly submissions: number;
  readonly renderSeconds: number;
  /** As it was submitted: prompt, seed, LoRA, model files and settings. */
  readonly workflow: Workflow;
}

/** Where ComfyUI listens if nobody tells it otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:8188';
/** Share of the progress that is ComfyUI's; fetching and cutting are the rest. */
const DRAWN = 0.95;
const GENERATION_FILE = 'generation.json';
/** A film that cannot be decoded is fetched once more, then drawn once more. */
const FETCHES = 2;
const DRAWINGS = 2;

export function workflowPath(model: LtxModel): string {
  return fileURLToPath(new URL(`./workflows/${model}.json`, import.meta.url));
}

export async function readWorkflow(model: LtxModel): Promise<Workflow> {
  const parsed = workflowSchema.safeParse(await readJsonFile(workflowPath(model)));
  if (!parsed.success)
    throw new PicaividError('internal', `The LTX workflow ${model}.json is damaged. Install the program again.`);
  return parsed.data;
}

/**
 * Renders `spec` to `outPath` (MP4 as every clip). Errors: `LtxFailure` (code `model_failed`), `bad_usage` for a clip
 * that is too long for the model, those of the photo, `disk_full`, `cancelled`; on any of them no file is left.
 */
export async function renderLtxClip(
  spec: ClipSpec,
  inputs: ClipInputs,
  outPath: string,
  options: LtxRenderOptions,
): Promise<{ frames: number; renderSeconds: number }> {
  const { signal, model } = options;
  throwIfCancelled(signal);
  const started = performance.now();
  const server = new ComfyServer(options.url, { ...COMFY_LIMITS, ...options.limits }, signal);
  const film = besidePath(outPath);
  const outOfMemory: LtxLevel[] = [];
  // What is shown never goes back, whatever has to be done again.
  let shown = 0;
  const onProgress: OnProgress = (progress) => {
    shown = Math.max(shown, progress.fraction * DRAWN);
    options.onProgress?.({ ...progress, fraction: shown });
  };
  try {
    await mkdir(dirname(outPath), { recursive: true });
    for (const level of LTX_LEVELS) {
      try {
        const run = await renderAt(level, server, spec, inputs, outPath, film, { ...options, onProgress });
        const renderSeconds = (performance.now() - started) / 1000;
        const generation: LtxGeneration = {
          ...generationOf(spec, model, level, run.workflow), level, photoSha256: spec.photoSha256, outOfMemory,
          submissions: run.submissions, renderSeconds, workflow: run.workflow,
        }; // biome-ignore format: a record
        await writeFileAtomic(join(dirname(outPath), GENERATION_FILE), JSON.stringify(generation, null, 1));
        options.onProgress?.({ fraction: 1, sentence: 'LTX has drawn the clip' });
        return { frames: spec.frames, renderSeconds };
      } catch (error) {
        if (!(error instanceof LtxFailure) || error.kind !== 'out_of_memory') throw error;
        outOfMemory.push(level);
        // ComfyUI unloads its models by itself after such an error; this also drops what it cached.
        await server.free();
      }
    }
    throw new LtxFailure(
      'out_of_memory',
      `The graphics card has too little memory for this clip, even at ${ltxShape(spec, 'tiled').width}×${ltxShape(spec, 'tiled').height} and decoded in tiles.`,
    );
  } catch (error) {
    await rm(outPath, { force: true }).catch(() => {});
    throw toPicaividError(error, 'output_unwritable', outPath);
  } finally {
    await rm(film, { force: true }).catch(() => {});
  }
}

function generationOf(spec: ClipSpec, model: LtxModel, level: LtxLevel, workflow: Workflow): Generation {
  const lora = model === 'ltx-2-19b' ? cameraLora(spec) : undefined;
  const { width, height } = ltxShape(spec, level);
  return {
    model: `Lightricks ${model}`, prompt: ltxPrompt(spec.motion), negativePrompt: LTX_NEGATIVE, seed: spec.seed,
    lora: lora ?? null, drawn: { width, height, frames: ltxTiming(spec).frames },
    workflowSha256: sha256Text(JSON.stringify(workflow)),
  }; // biome-ignore format: a record
}

/** The record beside the clip in `folder`; undefined where there is none, or none that can be read. */
export async function readGeneration(folder: string): Promise<Generation | undefined> {
  const stored = await readJsonFile(join(folder, GENERATION_FILE)).catch(() => undefined);
  return generationSchema.safeParse(stored).data;
}

async function renderAt(
  level: LtxLevel,
  server: ComfyServer,
  spec: ClipSpec,
  inputs: ClipInputs,
  outPath: string,
  film: string,
  { model, onProgress, signal }: LtxRenderOptions,
): Promise<Run> {
  const cancel = signal === undefined ? {} : { signal };
  const timing = ltxTiming(spec);
  const shape = ltxShape(spec, level);
  const workflow = await readWorkflow(model);
  const start = await viewPng(spec, inputs, shape, 'first');
  const end = model === 'ltx-2.5' ? await viewPng(spec, inputs, shape, 'last') : undefined;
  const prepare = async (): Promise<Workflow> => {
    const startImage = await server.upload(pngName(start), start);
    const endImage = end === undefined ? {} : { endImage: await server.upload(pngName(end), end) };
    // A name of its own for each submission: ComfyUI would answer an equal workflow with the file of the last one.
    const prefix = `picaivid/${randomUUID()}`;
    return fillWorkflow(workflow, { spec, model, level, shape, timing, startImage, ...endImage, prefix });
  };
  for (let drawing = 1; ; drawing++) {
    try {
      const run = await runPrompt(server, prepare, {
        model,
        ...(onProgress === undefined ? {} : { onProgress }),
        ...cancel,
      });
      const { matrix } = await fetchFilm(server, run, film, () => checkFilm(film, shape, timing.frames, signal));
      await cutClip(film, outPath, spec, shape, timing, matrix, signal);
      await server.forget(run.promptId);
      return run;
    } catch (error) {
      if (!(error instanceof LtxFailure) || error.kind !== 'damaged' || drawing >= DRAWINGS) throw error;
    }
  }
}

async function fetchFilm<T>(server: ComfyServer, run: Run, film: string, check: () => Promise<T>): Promise<T> {
  for (let fetched = 1; ; fetched++) {
    try {
      await server.fetchFile(run.file, film);
      return await check();
    } catch (error) {
      if (!(error instanceof LtxFailure) || error.kind !== 'damaged' || fetched >= FETCHES) throw error;
    }
  }
}

function pngName(png: Uint8Array): string {
  return `${createHash('sha256').update(png).digest('hex').slice(0, 32)}.png`;
}

/** What rendering needs of the program's settings: undefined where LTX is not switched on. */
export function ltxOptions(settings: {
  readonly LTX_ENABLED: boolean;
  readonly COMFYUI_URL?: string | undefined;
  readonly LTX_MODEL: LtxModel;
}): LtxOptions | undefined {
  return settings.LTX_ENABLED ? { url: settings.COMFYUI_URL ?? DEFAULT_URL, model: settings.LTX_MODEL } : undefined;
}
