import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClipSpec, MOTIONS } from '../../domain.ts';
import { FPS_23_976, FPS_24, FPS_25, FPS_29_97, FPS_30, FPS_59_94, FPS_60 } from '../../time.ts';
import { isOutOfMemory, parseSocketMessage, RunState } from './messages.ts';
import { cameraLora, framesPerSecond, LTX_LEVELS, LTX_MODELS, ltxShape, ltxTiming } from './plan.ts';
import { readWorkflow } from './render.node.ts';
import { FAKE_MODELS, FAKE_NODES } from './testing/fake-nodes.ts';
import { fillWorkflow, ltxFraction, NODE_WEIGHTS, type Workflow } from './workflow.ts';

const SPEC: ClipSpec = {
  photoSha256: 'p', depthSha256: null, motion: 'push_in', amount: 0.8, renderer: 'ltx', frames: 100,
  frameRate: FPS_30, width: 1920, height: 1080, focus: { x: 0.5, y: 0.5 }, seed: 7,
}; // biome-ignore format: one spec

const request = (model: (typeof LTX_MODELS)[number], spec = SPEC, level: (typeof LTX_LEVELS)[number] = 'whole') => ({
  spec, model, level, shape: ltxShape(spec, level), timing: ltxTiming(spec),
  startImage: 'picaivid/a.png', endImage: 'picaivid/b.png', prefix: 'picaivid/x',
}); // biome-ignore format: one request

describe('the size that LTX draws', () => {
  it('is the next multiple of 64, with the clip in its middle', () => {
    expect(ltxShape(SPEC, 'whole')).toEqual({ width: 1920, height: 1088, contentWidth: 1920, contentHeight: 1080 });
    expect(ltxShape(SPEC, 'smaller')).toEqual({ width: 1280, height: 768, contentWidth: 1280, contentHeight: 720 });
    expect(ltxShape({ width: 1080, height: 1920 }, 'whole')).toMatchObject({ width: 1088, height: 1920 });
    expect(ltxShape(SPEC, 'tiled')).toEqual(ltxShape(SPEC, 'smaller'));
  });

  it('holds the content at any size', () => {
    const side = fc.integer({ min: 32, max: 2048 }).map((half) => 2 * half);
    fc.assert(
      fc.property(side, side, fc.constantFrom(...LTX_LEVELS), (width, height, level) => {
        const shape = ltxShape({ width, height }, level);
        for (const [whole, content] of [
          [shape.width, shape.contentWidth],
          [shape.height, shape.contentHeight],
        ] as const) {
          expect(whole % 64).toBe(0);
          expect(content % 2).toBe(0);
          expect(whole - content).toBeGreaterThanOrEqual(0);
          expect(whole - content).toBeLessThan(64);
        }
      }),
    );
  });
});

describe('frames and rate that LTX draws', () => {
  it.each([
    ['25 as it is', FPS_25, 100, { frames: 105, rate: FPS_25, skip: 1, fill: 1 }],
    ['30 as it is', FPS_30, 97, { frames: 97, rate: FPS_30, skip: 1, fill: 1 }],
    ['23.976 as it is', FPS_23_976, 24, { frames: 25, rate: FPS_23_976, skip: 1, fill: 1 }],
    ['29.97 as it is', FPS_29_97, 90, { frames: 97, rate: FPS_29_97, skip: 1, fill: 1 }],
    ['12 as every second of 24', { num: 12, den: 1 }, 13, { frames: 25, rate: FPS_24, skip: 2, fill: 1 }],
    ['60 as 30, filled', FPS_60, 60, { frames: 33, rate: { num: 60, den: 2 }, skip: 1, fill: 2 }],
    ['59.94 as 29.97, filled', FPS_59_94, 60, { frames: 33, rate: { num: 60_000, den: 2002 }, skip: 1, fill: 2 }],
    ['one frame', FPS_30, 1, { frames: 9, rate: FPS_30, skip: 1, fill: 1 }],
  ])('are for a rate of %s', (_, frameRate, frames, expected) => {
    expect(ltxTiming({ frames, frameRate })).toEqual(expected);
  });

  it('are 8k + 1, reach the last frame of the clip and waste at most eight', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 120 }), fc.integer({ min: 1, max: 150 }), (num, frames) => {
        const { rate, skip, fill, ...timing } = ltxTiming({ frames, frameRate: { num, den: 1 } });
        expect((timing.frames - 1) % 8).toBe(0);
        expect(framesPerSecond(rate)).toBeGreaterThanOrEqual(23.5);
        expect(framesPerSecond(rate)).toBeLessThanOrEqual(50.5);
        expect((framesPerSecond(rate) * fill) / skip).toBeCloseTo(num, 9);
        const needed = Math.ceil(((frames - 1) * skip) / fill) + 1;
        expect(timing.frames).toBeGreaterThanOrEqual(needed);
        expect(timing.frames).toBeLessThan(Math.max(needed, 2) + 8);
      }),
    );
  });

  it('end at twenty seconds', () => {
    expect(ltxTiming({ frames: 600, frameRate: FPS_30 }).frames).toBe(601);
    expect(() => ltxTiming({ frames: 601, frameRate: FPS_30 })).toThrow(/at most 20 seconds/);
  });
});

describe('workflows', () => {
  /** Faults as ComfyUI would find them, and inputs that no node of that class has. */
  function faults(workflow: Workflow): string[] {
    return Object.entries(workflow).flatMap(([id, { class_type, inputs }]) => {
      const node = FAKE_NODES[class_type];
      if (node === undefined) return [`${id}: no class ${class_type}`];
      const missing = node.inputs.filter((name) => inputs[name] === undefined).map((name) => `${id}: no ${name}`);
      const wrong = Object.entries(inputs).flatMap(([name, value]) => {
        if (!node.inputs.includes(name) && node.optional?.includes(name) !== true) return [`${id}: unknown ${name}`];
        const folder = node.files?.[name];
        if (folder !== undefined && FAKE_MODELS[folder]?.includes(String(value)) !== true)
          return [`${id}: no file ${String(value)} in ${folder}`];
        if (!Array.isArray(value)) return [];
        const from = workflow[value[0]];
        const outputs = from === undefined ? 0 : (FAKE_NODES[from.class_type]?.outputs ?? 0);
        return value[1] < outputs ? [] : [`${id}.${name}: no output ${value.join('.')}`];
      });
      return [...missing, ...wrong];
    });
  }

  it.each(LTX_MODELS)('of %s are whole as files and filled for every motion and level', async (model) => {
    const workflow = await readWorkflow(model);
    expect(faults(workflow)).toEqual([]);
    for (const motion of MOTIONS)
      for (const level of LTX_LEVELS)
        expect(faults(fillWorkflow(workflow, request(model, { ...SPEC, motion }, level)))).toEqual([]);
    const weights = NODE_WEIGHTS[model];
    expect(Object.keys(weights).filter((node) => workflow[node] === undefined)).toEqual([]);
    expect(Object.values(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
    expect(ltxFraction(model, new Set(Object.keys(workflow)))).toBeCloseTo(1, 9);
  });

  it('of LTX-2 carry size, frames, rate, seed, prompt and the LoRA of the move', async () => {
    const workflow = await readWorkflow('ltx-2-19b');
    const filled = fillWorkflow(workflow, request('ltx-2-19b'));
    expect(filled.video_latent?.inputs).toEqual({ width: 960, height: 544, length: 105, batch_size: 1 });
    expect(filled.audio_latent?.inputs).toMatchObject({ frames_number: 105, frame_rate: 30 });
    expect(filled.conditioning?.inputs.frame_rate).toBe(30);
    expect(filled.video?.inputs.fps).toBe(30);
    expect(filled.noise_low?.inputs.noise_seed).toBe(7);
    expect(filled.start_image?.inputs.image).toBe('picaivid/a.png');
    expect(filled.camera_lora?.inputs).toEqual({
      model: ['checkpoint', 0],
      lora_name: 'ltx-2-19b-lora-camera-control-dolly-in.safetensors',
      strength_model: 0.9,
    });
    expect(filled.prompt?.inputs.text).toMatch(/dollies straight forward/);
    expect(filled.save?.inputs.filename_prefix).toBe('picaivid/x');
    expect(filled.decode?.class_type).toBe('VAEDecode');
    // The file itself is not touched.
    expect(workflow).toEqual(await readWorkflow('ltx-2-19b'));
  });

  it('of LTX-2 leave the LoRA out where there is none for the move', async () => {
    const filled = fillWorkflow(
      await readWorkflow('ltx-2-19b'),
      request('ltx-2-19b', { ...SPEC, motion: 'orbit_left' }),
    );
    expect(filled.camera_lora).toBeUndefined();
    expect(filled.guider_low?.inputs.model).toEqual(['checkpoint', 0]);
    expect(filled.distilled_lora?.inputs.model).toEqual(['checkpoint', 0]);
  });

  it('of LTX-2.5 hang between the first and the last view', async () => {
    const filled = fillWorkflow(await readWorkflow('ltx-2.5'), request('ltx-2.5', SPEC, 'tiled'));
    expect(filled.end_image?.inputs.image).toBe('picaivid/b.png');
    expect(filled.end?.inputs.frame_idx).toBe(-1);
    expect(filled.video_latent?.inputs).toMatchObject({ width: 1280, height: 768, length: 105 });
    expect(filled.decode).toMatchObject({
      class_type: 'VAEDecodeTiled',
      inputs: { tile_size: 512, vae: ['video_vae', 0] },
    });
  });

  it('know a LoRA for each of the seven published ones', () => {
    const names = MOTIONS.flatMap((motion) => cameraLora({ motion, amount: 1 }) ?? []).map(({ name }) => name);
    expect(names.toSorted()).toEqual(FAKE_MODELS.loras?.filter((name) => name.includes('camera')).toSorted());
    expect(cameraLora({ motion: 'push_in', amount: 0 })?.strength).toBe(0.5);
    expect(cameraLora({ motion: 'static', amount: 0 })?.strength).toBe(1);
  });
});

describe('messages of the web socket', () => {
  const take = (state: RunState, type: string, data: object): boolean => {
    const message = parseSocketMessage(JSON.stringify({ type, data }));
    return message !== undefined && state.take(message, 'ours');
  };

  it('add up to a fraction and an end', () => {
    const state = new RunState();
    expect(take(state, 'execution_start', { prompt_id: 'ours', timestamp: 1 })).toBe(false);
    take(state, 'execution_cached', { prompt_id: 'ours', nodes: ['text_encoder'] });
    take(state, 'executing', { prompt_id: 'ours', node: 'transformer', display_node: 'transformer' });
    take(state, 'executing', { prompt_id: 'ours', node: 'sample' });
    take(state, 'progress', { prompt_id: 'ours', node: 'sample', value: 4, max: 8 });
    expect(ltxFraction('ltx-2.5', state.done, state.current)).toBeCloseTo(0.04 + 0.06 + 0.75 / 2, 9);
    take(state, 'progress_state', { prompt_id: 'ours', nodes: { sample: { value: 6, max: 8, state: 'running' } } });
    expect(ltxFraction('ltx-2.5', state.done, state.current)).toBeCloseTo(0.1 + (0.75 * 6) / 8, 9);
    expect(take(state, 'executing', { prompt_id: 'ours', node: null })).toBe(true);
  });

  it('of other prompts, of unknown types and no messages at all are left alone', () => {
    const state = new RunState();
    take(state, 'executing', { prompt_id: 'theirs', node: 'sample' });
    expect(take(state, 'execution_success', { prompt_id: 'theirs' })).toBe(false);
    expect(state.current).toBeUndefined();
    expect(parseSocketMessage('{"type":"crystools.monitor","data":{}}')).toBeUndefined();
    expect(parseSocketMessage('no json')).toBeUndefined();
    fc.assert(fc.property(fc.json(), (text) => void parseSocketMessage(text)));
  });

  it('tell lack of memory from other errors', () => {
    const error = { node_id: '1', node_type: 'VAEDecode', exception_type: 'RuntimeError', exception_message: 'x' };
    expect(isOutOfMemory({ ...error, exception_type: 'torch.OutOfMemoryError' })).toBe(true);
    expect(isOutOfMemory({ ...error, exception_type: 'torch.cuda.OutOfMemoryError' })).toBe(true);
    expect(isOutOfMemory({ ...error, exception_message: 'CUDA error: out of memory' })).toBe(true);
    expect(isOutOfMemory(error)).toBe(false);
  });
});
