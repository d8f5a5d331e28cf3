/** Two threads for the pixels of photos, started with the first photo that needs them. */
import { Piscina } from 'piscina';
import { type ErrorData, PicaividError, throwIfCancelled } from '../../base/errors.ts';
import type { ImageNetwork } from '../../models/types.ts';
import type { RgbImage } from '../domain.ts';
import type { LocalFeatures, PhotoQuality } from './types.ts';

/** The smallest machine has two cores. */
const THREADS = 2;

export interface PixelTask {
  /** The 1280 px proxy. */
  readonly path: string;
  /** The networks that will look, in their order. */
  readonly kinds: readonly ImageNetwork['kind'][];
}
export interface PixelFigures {
  readonly scores: PhotoQuality;
  readonly features: LocalFeatures;
  /** The whole picture, small: for the label and the embedding made without a network. */
  readonly small: RgbImage;
  /** For each network its views: the whole picture and its middle. */
  readonly inputs: readonly (readonly RgbImage[])[];
}
export type PixelAnswer = ({ readonly ok: true } & PixelFigures) | { readonly ok: false; readonly error: ErrorData };

export class PixelPool {
  private pool: Piscina<PixelTask, PixelAnswer> | undefined;
  private readonly running = new Set<Promise<unknown>>();

  /**
   * Errors: `image_damaged` and those of files, `internal` when a thread dies, `cancelled`. What a thread has begun it
   * ends (some 100 ms): ending a thread inside libvips is not safe.
   */
  async work(task: PixelTask, signal: AbortSignal | undefined): Promise<PixelFigures> {
    this.pool ??= new Piscina<PixelTask, PixelAnswer>({
      filename: new URL('./pixel-worker.node.ts', import.meta.url).href,
      minThreads: 0,
      maxThreads: THREADS,
      // A job's photos follow each other; close() ends the threads.
      idleTimeout: 2000,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    let answer: PixelAnswer;
    try {
      const run = this.pool.run(task);
      this.running.add(run);
      answer = await run.finally(() => this.running.delete(run));
    } catch (error) {
      throw new PicaividError('internal', `Looking at ${task.path} failed in its thread. Run the analysis again.`, {
        cause: error,
        file: task.path,
      });
    }
    throwIfCancelled(signal);
    if (!answer.ok)
      throw new PicaividError(answer.error.code, answer.error.message, { file: answer.error.file ?? task.path });
    return answer;
  }

  /**
   * Ends the threads, when they have ended what they began: libvips in a thread that is taken away ended the whole
   * process once in ten analyses whose network failed (SIGABRT, an uncaught Napi::Error).
   */
  async close(): Promise<void> {
    await Promise.allSettled(this.running);
    await this.pool?.destroy();
  }
}
