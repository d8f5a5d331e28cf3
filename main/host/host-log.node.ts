/** The host's log: JSON lines on standard error, and the same in a file of the home for diagnostics. */
import { existsSync, renameSync, statSync } from 'node:fs';
import type { Logger } from 'pino';
import { createLogger } from '../log.node.ts';

type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void;
export interface HostLog {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

/** Beyond this the file is put aside at the next start: one old file is kept. Bytes. */
const MAX_LOG_BYTES = 4_000_000;

export function openHostLog(level: string, file: string): HostLog {
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.old`);
  const loggers: readonly Logger[] = [createLogger(level, 2), createLogger('info', file)];
  const write =
    (method: 'info' | 'warn' | 'error'): Write =>
    (fields, message) => {
      for (const logger of loggers)
        try {
          logger[method](fields, message);
        } catch {
          // A full disk refuses the log too; the work it tells of must not end for that.
        }
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}
