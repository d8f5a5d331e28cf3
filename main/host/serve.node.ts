/**
 * The host as a program: `serve.node.ts (--socket <path> | --port <n>) [--home <dir>] [--models <set>] [--pages <dir>]`.
 * One JSON line on standard output when it listens, or why it does not; its log on standard error. It ends on SIGTERM
 * and SIGINT, and with `--socket` or `--attached` when standard input closes, as it does when the program that started
 * it dies. With `--keychain` the first line of standard input holds the key of the system's keychain (secret.node.ts).
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { type HostOptions, startHost } from './host.node.ts';
import { keychainKeyFrom } from './team/secret.node.ts';

export { type HostOptions, type RunningHost, startHost } from './host.node.ts';

/** Beyond this the process ends whatever still hangs: the database is safe at any moment. */
const CLOSE_WITHIN_MS = 8_000;

const argumentsSchema = z.object({
  socket: z.string().min(1).optional(),
  port: z.coerce.number().int().min(0).max(65_535).optional(),
  home: z.string().min(1).optional(),
  models: z.enum(['auto', 'standard', 'light', 'fixture', 'none']).default('auto'),
  pages: z.string().min(1).optional(),
  attached: z.boolean().default(false),
  keychain: z.boolean().default(false),
});

export interface ServeOptions extends HostOptions {
  /** End when standard input closes. */
  readonly attached: boolean;
}

export function serveOptions(argv: readonly string[]): ServeOptions {
  const usage = new PicaividError(
    'bad_usage',
    'Usage: serve (--socket <path> | --port <n>) [--home <dir>] [--models auto|standard|light|fixture|none] [--pages <dir>] [--attached] [--keychain]',
  );
  let parsed: z.infer<typeof argumentsSchema>;
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        socket: { type: 'string' },
        port: { type: 'string' },
        home: { type: 'string' },
        models: { type: 'string' },
        pages: { type: 'string' },
        attached: { type: 'boolean' },
        keychain: { type: 'boolean' },
      },
    });
    parsed = argumentsSchema.parse(values);
  } catch {
    throw usage;
  }
  const { socket, port, home, models, pages, attached, keychain } = parsed;
  if ((socket === undefined) === (port === undefined)) throw usage;
  return {
    listen:
      socket !== undefined ? { socket: socket.startsWith('\\\\') ? socket : resolve(socket) } : { port: port ?? 0 },
    models,
    attached: attached || socket !== undefined,
    ...(keychain ? { keychainKey: keychainKeyFrom(process.stdin) } : {}),
    ...(home === undefined ? {} : { home: resolve(home) }),
    ...(pages === undefined ? {} : { pagesDir: resolve(pages) }),
  };
}

async function serve(): Promise<void> {
  const say = (line: unknown): void => {
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  try {
    const options = serveOptions(process.argv.slice(2));
    const host = await startHost(options);
    let stopping = false;
    const stop = (): void => {
      if (stopping) return;
      stopping = true;
      setTimeout(() => process.exit(0), CLOSE_WITHIN_MS).unref();
      host.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(JSON.stringify({ level: 'error', msg: 'the host did not close cleanly', err: `${error}` }));
          process.exit(1);
        },
      );
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    if (options.attached) {
      process.stdin.on('end', stop).on('close', stop).on('error', stop);
      process.stdin.resume();
    }
    // A page that goes away while it is answered is no reason to fall over.
    process.stdout.on('error', () => {});
    say(host.socket === undefined ? { ready: true, url: host.url } : { ready: true, socket: host.socket });
  } catch (error) {
    const known = toPicaividError(error);
    console.error(JSON.stringify({ level: 'error', code: known.code, msg: known.message }));
    // Windows writes to pipes in the background: the line is out before the process is.
    const line = `${JSON.stringify({ ready: false, error: known.toJSON() })}\n`;
    process.stdout.write(line, () => process.exit(known.code === 'bad_usage' ? 2 : 1));
  }
}

if (import.meta.main) await serve();
