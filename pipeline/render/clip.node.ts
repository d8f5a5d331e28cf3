/** Renders one clip to H.264: frames drawn in a worker thread, piped raw to ffmpeg, written beside and renamed. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ERROR_CODES, PicaividError, throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { besidePath, commitFile, sha256Text } from '../../base/files.node.ts';
import type { ClipSpec, OnProgress } from '../domain.ts';
import { h264Args } from '../media/encoder.ts';
import { type FfmpegProcess, startFfmpeg } from '../media/ffmpeg.node.ts';
import { rateToString } from '../time.ts';
import type { ClipInputs } from './prepare.node.ts';
import { canonicalSpec } from './spec.ts';
import type { FromWorker } from './worker.node.ts';

export type { ClipInputs } from './prepare.node.ts';

/** Frames in flight between drawing and the pipe: one drawn, one written, one waiting. */
const BUFFERS = 3;

/** Names the take of a spec: SHA-256 of its canonical text, hex. */
export function specHash(spec: ClipSpec): string {
  return sha256Text(canonicalSpec(spec));
}

export interface RenderOptions {
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** ffmpeg arguments that encode raw yuv420p frames from standard input into an MP4 at `outPath`. */
export function encodeArgs(spec: Pick<ClipSpec, 'width' | 'height' | 'frameRate'>, outPath: string): string[] {
  return [
    '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${spec.width}x${spec.height}`,
    '-color_range', 'tv', '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709',
    '-r', rateToString(spec.frameRate), '-i', 'pipe:0', '-an', ...h264Args(spec.frameRate),
    '-movflags', '+faststart', '-y', outPath,
  ]; // biome-ignore format: options pair up
}

/**
 * Renders `spec` to `outPath` (MP4). Frames are equal for equal specs and inputs. Errors: those of the photo, of
 * ffmpeg, `cancelled`, `disk_full`; on any of them no file is left.
 */
export async function renderClip(
  spec: ClipSpec,
  inputs: ClipInputs,
  outPath: string,
  options: RenderOptions = {},
): Promise<{ frames: number; renderSeconds: number }> {
  throwIfCancelled(options.signal);
  if (!Number.isInteger(spec.frames) || spec.frames < 1)
    throw new PicaividError('bad_usage', `A clip cannot have ${spec.frames} frames.`);
  if (spec.width % 2 !== 0 || spec.height % 2 !== 0)
    throw new PicaividError('bad_usage', `${spec.width}×${spec.height} cannot be 4:2:0: both sides must be even.`);
  const started = performance.now();
  const part = besidePath(outPath);
  try {
    await mkdir(dirname(outPath), { recursive: true });
    const encoder = startFfmpeg(encodeArgs(spec, part), {
      file: outPath,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    try {
      await drawInto(encoder, spec, inputs, started, options);
      encoder.stdin.end();
      await encoder.done;
    } catch (error) {
      encoder.kill();
      throw error;
    }
    throwIfCancelled(options.signal);
    await commitFile(part, outPath);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw toPicaividError(error, 'output_unwritable', outPath);
  }
  return { frames: spec.frames, renderSeconds: (performance.now() - started) / 1000 };
}

function drawInto(
  encoder: FfmpegProcess,
  spec: ClipSpec,
  inputs: ClipInputs,
  started: number,
  options: RenderOptions,
): Promise<void> {
  const worker = new Worker(new URL('./worker.node.ts', import.meta.url), { workerData: { spec, inputs } });
  let received = 0;
  let written = 0;
  return new Promise<void>((resolve, reject) => {
    let settled = false;
    const finish = (error?: unknown): void => {
      if (settled) return;
      settled = true;
      options.signal?.removeEventListener('abort', cancel);
      // It ends by itself: taken away while libvips decodes the photo, a thread can end the whole process.
      worker.postMessage('end');
      worker.unref();
      if (error === undefined) resolve();
      else reject(error);
    };
    const cancel = (): void => finish(new PicaividError('cancelled', 'Stopped as asked; what was finished is kept.'));
    options.signal?.addEventListener('abort', cancel, { once: true });
    encoder.done.then(
      () => finish(new PicaividError('ffmpeg_failed', 'ffmpeg ended before the clip did.')),
      (error: unknown) => finish(error),
    );
    worker.on('error', (error) => finish(toPicaividError(error)));
    worker.on('exit', (code) => {
      if (received < spec.frames) finish(new PicaividError('internal', `The drawing thread ended early (${code}).`));
    });
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'failed') {
        const code = ERROR_CODES.find((c) => c === message.code) ?? 'internal';
        finish(new PicaividError(code, message.message, { file: inputs.photoPath }));
        return;
      }
      received++;
      const buffer = message.buffer;
      encoder.stdin.write(new Uint8Array(buffer), () => {
        if (settled) return;
        written++;
        options.onProgress?.(progress(written, spec, started));
        if (written === spec.frames) finish();
        else if (received < spec.frames) worker.postMessage(buffer, [buffer]);
      });
    });
    const bytes = (spec.width * spec.height * 3) / 2;
    for (let k = 0; k < Math.min(BUFFERS, spec.frames); k++) {
      const buffer = new ArrayBuffer(bytes);
      worker.postMessage(buffer, [buffer]);
    }
  });
}

function progress(written: number, spec: ClipSpec, started: number) {
  const seconds = (performance.now() - started) / 1000;
  return {
    fraction: written / spec.frames,
    sentence: `Frame ${written} of ${spec.frames}`,
    secondsLeft: (seconds / written) * (spec.frames - written),
  };
}
