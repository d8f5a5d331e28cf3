/** The threads behind `film-worker.node.ts`, started at first use. */
import { Piscina } from 'piscina';
import { PicaividError, throwIfCancelled } from '../../base/errors.ts';
import type { FilmAnswer, FilmResult, FilmTask } from './film-worker.node.ts';

/** One listens while another builds; the smallest machine has two cores. */
const THREADS = 2;
/** A thread costs 40 MB and a quarter of a second to start: it is kept while a person tries templates. */
const IDLE_MS = 20_000;

export class FilmPool {
  private pool: Piscina<FilmTask, FilmAnswer> | undefined;

  /** Errors: those of the beats and of the builder, `internal` when a thread dies, `cancelled`. */
  async run<K extends FilmTask['kind']>(
    task: Extract<FilmTask, { kind: K }>,
    signal?: AbortSignal,
  ): Promise<FilmResult<K>> {
    throwIfCancelled(signal);
    this.pool ??= new Piscina<FilmTask, FilmAnswer>({
      filename: new URL('./film-worker.node.ts', import.meta.url).href,
      minThreads: 0,
      maxThreads: THREADS,
      idleTimeout: IDLE_MS,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    let answer: FilmAnswer;
    try {
      answer = await this.pool.run(task, signal === undefined ? {} : { signal });
    } catch (error) {
      throwIfCancelled(signal);
      throw new PicaividError('internal', 'Building the film failed in its thread. Try it again.', { cause: error });
    }
    if (!answer.ok) throw new PicaividError(answer.error.code, answer.error.message);
    // The thread answers a task with its own kind of result.
    return answer.result as FilmResult<K>;
  }

  /** Starts a thread ahead of its first task, which then needs half a second less. Never throws. */
  async warm(): Promise<void> {
    await this.run({ kind: 'warm' }).catch(() => {});
  }

  async close(): Promise<void> {
    await this.pool?.destroy();
  }
}
