/** The main side of the session thread: loads networks by path, queues runs, counts inference seconds. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { PicaividError, throwIfCancelled } from '../base/errors.ts';
import type { NetworkRunner } from './runner.ts';
import type { Job, Reply, Request } from './session-worker.node.ts';

/** Milliseconds that closing waits for a run; one of the largest network takes about two seconds. */
const CLOSING_MS = 5_000;

interface Waiting {
  readonly path: string;
  resolve(reply: Reply & { ok: true }): void;
  reject(error: PicaividError): void;
}
type Unnumbered = Job extends infer R ? (R extends Job ? Omit<R, 'id'> : never) : never;

/**
 * One thread for all sessions. It starts at the first use, and again after a crash; what was under way then fails with
 * `model_failed`. It does not keep the process alive by itself. Runs are sent one at a time, so a cancelled request
 * that is still queued costs nothing.
 */
export class SessionThread {
  private readonly script: URL;
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private seconds = 0;
  private closed = false;
  private turn: Promise<unknown> = Promise.resolve();

  /** `script` is the thread's program; tests give one that misbehaves. */
  constructor(script: URL = new URL('./session-worker.node.ts', import.meta.url)) {
    this.script = script;
  }

  /** A network in a file; the session is made at the first `run` or `info`. */
  network(path: string): NetworkRunner {
    return {
      info: async (signal) => {
        const reply = await this.send({ kind: 'load', path }, [], signal);
        return { inputs: reply.inputs ?? [], outputs: reply.outputs ?? [] };
      },
      run: async (inputs, signal) => {
        const moved = Object.values(inputs).map((tensor) => tensor.data.buffer);
        const reply = await this.send({ kind: 'run', path, inputs }, moved, signal);
        this.seconds += reply.seconds;
        return reply.tensors ?? {};
      },
    };
  }

  /** Seconds spent inside ONNX inference so far, loading not counted. */
  inferenceSeconds(): number {
    return this.seconds;
  }

  /**
   * Ends the thread; what is under way fails with `model_failed`. Later calls fail too. The thread ends by itself after
   * the run that it is in: taking it away inside native code can end the process.
   */
  async close(): Promise<void> {
    this.closed = true;
    const worker = this.worker;
    this.worker = undefined;
    this.failAll('The model thread was closed.');
    if (worker === undefined) return;
    // Held meanwhile: a program with nothing else to do would end in the midst of waiting.
    worker.ref();
    const ended = once(worker, 'exit').catch(() => {});
    worker.postMessage({ kind: 'close' } satisfies Request);
    await Promise.race([ended, sleep(CLOSING_MS, undefined, { ref: false })]);
    worker.unref();
  }

  private async send(
    request: Unnumbered,
    moved: ArrayBuffer[],
    signal: AbortSignal | undefined,
  ): Promise<Reply & { ok: true }> {
    throwIfCancelled(signal);
    const mine = this.turn.then(() => {
      throwIfCancelled(signal);
      return this.post(request, moved);
    });
    this.turn = mine.catch(() => {});
    return untilCancelled(mine, signal);
  }

  private post(request: Unnumbered, moved: ArrayBuffer[]): Promise<Reply & { ok: true }> {
    if (this.closed) return Promise.reject(new PicaividError('model_failed', 'The model thread is closed.'));
    const id = this.nextId++;
    const worker = this.started();
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { path: request.path, resolve, reject });
      // Keeps the process alive while an answer is due.
      worker.ref();
      worker.postMessage({ ...request, id }, moved);
    });
  }

  private started(): Worker {
    if (this.worker !== undefined) return this.worker;
    // No inherited options: a test runner's loaders have no business in this thread.
    const worker = new Worker(this.script, { execArgv: ['--disable-warning=ExperimentalWarning'] });
    worker.unref();
    worker.on('message', (reply: Reply) => this.settle(reply));
    worker.on('error', (error) => this.lost(worker, error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => this.lost(worker, `it ended with exit code ${code}`));
    this.worker = worker;
    return worker;
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (this.waiting.size === 0) this.worker?.unref();
    if (waiting === undefined) return;
    if (reply.ok) waiting.resolve(reply);
    else
      waiting.reject(
        new PicaividError(
          'model_failed',
          `The network ${fileName(waiting.path)} could not be loaded or run: ${reply.message.split('\n')[0] ?? ''} Run "picaivid models verify" to check the file.`,
          { file: waiting.path },
        ),
      );
  }

  private lost(worker: Worker, why: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.failAll(`The model thread stopped (${why}). Run the same command again; finished work is kept.`);
  }

  private failAll(message: string): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject, path } of all) reject(new PicaividError('model_failed', message, { file: path }));
  }
}

function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** Rejects with `cancelled` as soon as the signal is raised; the run itself ends unseen. */
function untilCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(new PicaividError('cancelled', 'Stopped as asked; what was finished is kept.'));
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
