/** `worker --type cpu|gpu`: works until it is told to go, or has been idle for long enough. */
import type { ModelSet } from '../../models/types.ts';
import type { CommandResult } from '../cli.node.ts';
import { createLogger } from '../log.node.ts';
import type { WorkerType } from '../queue/queue.ts';
import { startWorker } from '../worker/start.node.ts';
import type { CommandContext } from './context.ts';

export interface WorkerCommandOptions {
  readonly type?: WorkerType;
  readonly render?: boolean;
  readonly name?: string;
  readonly models: ModelSet | 'auto';
  /** Minutes. */
  readonly idleExit?: number;
}

export async function workerCommand(
  options: WorkerCommandOptions,
  { settings, signal }: CommandContext,
): Promise<CommandResult> {
  const log = createLogger(settings.LOG_LEVEL === 'warn' ? 'info' : settings.LOG_LEVEL, 2);
  const type = options.type ?? settings.WORKER_TYPE;
  const worker = await startWorker({
    settings,
    type,
    alsoRenders: options.render === true,
    models: options.models,
    log,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.idleExit === undefined ? {} : { idleExitMs: options.idleExit * 60_000 }),
  });
  const stop = (): void => worker.stop('told to stop');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const why = await worker.ended;
  const text = why === 'idle' ? 'There was nothing more to do.' : 'Stopped as asked; what was in hand was given back.';
  return { json: { worker: worker.id, type, ended: why }, text };
}
