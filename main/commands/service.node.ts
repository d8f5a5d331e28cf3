import type { CommandResult } from '../cli.node.ts';
import { createLogger } from '../log.node.ts';
import { startService } from '../service/service.node.ts';
import type { CommandContext } from './context.ts';

/** `service [--port <n>] [--host <address>]`: until it is told to stop; its log goes to standard error. */
export async function serviceCommand(
  options: { readonly port: number; readonly host: string; readonly json?: boolean },
  { settings, signal }: CommandContext,
): Promise<CommandResult> {
  const log = createLogger(settings.LOG_LEVEL, 2).child({}, { serializers: { err: plainError } });
  const service = await startService({ settings, port: options.port, host: options.host, log });
  // Whoever started it may wait for this line.
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ ready: true, url: service.url })}\n`
      : `The service listens on ${service.url}.\n`,
  );
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await service.close();
  return { json: { stopped: true }, text: 'The service has stopped.' };
}

/** A driver's errors carry their whole connection; a line of the log tells what happened. */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack } = error;
  return { type: name, message, stack, ...('code' in error ? { code: error.code } : {}) };
}
