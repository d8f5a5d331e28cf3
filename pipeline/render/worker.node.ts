/** The worker thread of a clip: draws frames into buffers that the main thread lends it, so that it overlaps with encoding. */
import { parentPort, workerData } from 'node:worker_threads';
import { toPicaividError } from '../../base/errors.ts';
import type { ClipSpec } from '../domain.ts';
import { type ClipInputs, prepareClip } from './prepare.node.ts';
import { frameTime } from './spec.ts';

/** Sent by the worker; buffers are transferred. */
export type FromWorker =
  | { readonly kind: 'frame'; readonly buffer: ArrayBuffer }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

function run(): void {
  const port = parentPort;
  if (port === null) return;
  const { spec, inputs } = workerData as { spec: ClipSpec; inputs: ClipInputs };
  const clip = prepareClip(spec, inputs);
  // Its failure is told in answer to the first buffer.
  clip.catch(() => {});
  let next = 0;
  let ended = false;
  port.on('message', async (buffer: ArrayBuffer | 'end') => {
    if (buffer === 'end') {
      ended = true;
      clip.catch(() => {}).finally(() => port.close());
      return;
    }
    try {
      const { engine, plan } = await clip;
      if (ended || next >= spec.frames) return;
      const frame = engine.draw(plan.at(frameTime(next++, spec.frames)));
      new Uint8Array(buffer).set(frame);
      port.postMessage({ kind: 'frame', buffer } satisfies FromWorker, [buffer]);
    } catch (error) {
      const { code, message } = toPicaividError(error);
      port.postMessage({ kind: 'failed', code, message } satisfies FromWorker);
    }
  });
}

run();
