/**
 * The proof on a graphics processor, against a real ComfyUI: skipped unless COMFYUI_URL names one (docs/ltx.md). Films and
 * figures stay in LTX_PROOF_DIR to be looked at.
 */
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256File } from '../../../base/files.node.ts';
import type { ClipSpec, Motion } from '../../domain.ts';
import { FPS_30 } from '../../time.ts';
import { renderTake } from '../take.node.ts';
import { LTX_MODELS } from './plan.ts';
import { renderLtxClip } from './render.node.ts';

const url = process.env.COMFYUI_URL ?? '';
const dir = resolve(process.env.LTX_PROOF_DIR ?? mkdtempSync(join(tmpdir(), 'ltx-proof-')));
const HOUR_MS = 3_600_000;
const PROVED: readonly Motion[] = [
  'push_in', 'pull_out', 'dolly_left', 'dolly_right', 'crane_up', 'crane_down', 'static', 'orbit_left', 'pan_right',
]; // biome-ignore format: a list of words

const photo = (): string =>
  join(
    'samples/listing',
    readdirSync('samples/listing')
      .filter((name) => name.endsWith('.jpg'))
      .toSorted()[0] ?? '',
  );

async function specOf(motion: Motion): Promise<ClipSpec> {
  return {
    photoSha256: await sha256File(photo()), depthSha256: null, motion, amount: 0.6, renderer: 'ltx', frames: 97,
    frameRate: FPS_30, width: 1920, height: 1080, focus: { x: 0.5, y: 0.5 }, seed: 11,
  }; // biome-ignore format: one spec
}

describe.skipIf(url === '').each(LTX_MODELS)('a real ComfyUI with %s', (model) => {
  it.each(PROVED)('draws %s', { timeout: HOUR_MS }, async (motion) => {
    const folder = join(dir, model, motion);
    await mkdir(folder, { recursive: true });
    const inputs = { photoPath: photo(), depthPath: null };
    const take = await renderTake(await specOf(motion), inputs, { dir: folder, ltx: { url, model } });
    const { path, verdict, figures, reasons, renderSeconds } = take;
    writeFileSync(
      join(folder, 'figures.json'),
      JSON.stringify({ path, verdict, reasons, renderSeconds, figures }, null, 1),
    );
    expect(take.frames).toBe(97);
    expect(reasons).toEqual([]);
  });

  it('stops when it is told to', { timeout: HOUR_MS }, async () => {
    const stop = new AbortController();
    const running = renderLtxClip(await specOf('push_in'), { photoPath: photo(), depthPath: null }, join(dir, `${model}-stopped.mp4`), {
      url, model, signal: stop.signal, onProgress: ({ fraction }) => void (fraction > 0.2 && stop.abort()),
    }); // biome-ignore format: one call
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    const queue: unknown = await (await fetch(`${url}/queue`)).json();
    expect(queue).toMatchObject({ queue_pending: [] });
  });
});
