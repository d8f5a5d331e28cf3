/** Structured logs (one JSON object a line) to a file or standard error; secrets never reach them. */
import pino, { type Logger } from 'pino';
import { redactText } from './redact.ts';

export { redactText } from './redact.ts';

/** Paths that are blanked wherever they turn up, one and two levels deep. */
const SECRET_NAMES = [
  'password',
  'token',
  'apiKey',
  'api_key',
  'secret',
  'authorization',
  'cookie',
  'DATABASE_URL',
  'API_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'HF_TOKEN',
];

/** A logger that writes to `destination` (a path, or 2 for standard error). */
export function createLogger(level: string, destination: string | 2): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '***' },
      hooks: { streamWrite: redactText },
    },
    pino.destination({ dest: destination, sync: true, mkdir: true }),
  );
}
