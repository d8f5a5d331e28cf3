/** Starts and stops the host: home, lock, database, service, server. The program is `serve.node.ts`. */
import { readFileSync } from 'node:fs';
import { chmod, lstat, mkdir, rm, stat } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { z } from 'zod';
import { errnoOf, PicaividError, toPicaividError } from '../../base/errors.ts';
import { type OpenedStudio, openStudio } from '../../db/studio/open.node.ts';
import type { ModelSet } from '../../models/types.ts';
import { PROJECT_ROOT } from '../paths.node.ts';
import { readSettings, type Settings } from '../settings.ts';
import { loopbackAccess } from './access.node.ts';
import { createApp } from './app.node.ts';
import { defaultHome, openHome } from './home.node.ts';
import { openHostLog } from './host-log.node.ts';
import { type RunningService, startService } from './service.node.ts';

export type Listen = { readonly socket: string } | { readonly port: number };

export interface HostOptions {
  /** Default: PICAIVID_HOME, else the platform's folder. */
  readonly home?: string;
  /** A Unix socket (or Windows pipe), or a port of 127.0.0.1; 0 takes a free one. */
  readonly listen: Listen;
  readonly settings?: Settings;
  /** Networks of analyses; `auto` is the best that is installed. */
  readonly models?: ModelSet | 'auto';
  /** The built pages. */
  readonly pagesDir?: string;
  /** Seals the team's token; undefined, or resolved so, where the system has no keychain. */
  readonly keychainKey?: Promise<Buffer | undefined>;
}

export interface RunningHost {
  /** On a socket. */
  readonly socket: string | undefined;
  /** On the loopback: a link that signs a browser in once, within minutes. */
  readonly url: string | undefined;
  /** A fresh link of the same kind; undefined on a socket. */
  newLink(): string | undefined;
  /** Ends connections, stops tasks (they go on at the next start), closes everything. */
  close(): Promise<void>;
}

/** Milliseconds. A phone photo of 200 MB over the loopback takes seconds; a caller that stalls is let go of. */
const REQUEST_TIMEOUT_MS = 300_000;
const HEADERS_TIMEOUT_MS = 15_000;
/** Open connections get this long to end by themselves. */
const DRAIN_MS = 1_500;

const packageSchema = z.object({ version: z.string() });

/**
 * Starts a host. Errors: `work_folder_in_use` (another host has the home), `output_unwritable`, `disk_full`,
 * `database_newer`, `bad_usage` (a socket or port that cannot be had).
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const settings = options.settings ?? readSettings(process.env);
  const home = await openHome(options.home ?? defaultHome());
  let opened: OpenedStudio | undefined;
  let running: RunningService | undefined;
  const closeAll = async (): Promise<void> => {
    await running?.close();
    await opened?.close();
    home.close();
  };
  try {
    const log = openHostLog(settings.LOG_LEVEL, home.logFile);
    opened = await openStudio(home.dir, {
      onBackupError: (error) => {
        log.warn({ err: error }, 'no backup of the library could be made');
        running?.notice(
          'attention',
          error.code === 'disk_full'
            ? 'The library could not be backed up: the disk is full. Free some space.'
            : 'The library could not be backed up. Your work is stored; look at the disk of the studio’s folder.',
          error.message,
        );
      },
    });
    const version = packageSchema.parse(JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'))).version;
    const { models = 'auto', keychainKey = Promise.resolve(undefined) } = options;
    running = await startService({ home, opened, settings, log, models, version, keychainKey });
    const { listen } = options;
    let port = 'port' in listen ? listen.port : 0;
    const access = 'port' in listen ? loopbackAccess(() => port) : undefined;
    const pagesDir = options.pagesDir ?? join(PROJECT_ROOT, 'dist', 'pages');
    const app = createApp({ running, log, pagesDir, access });
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.headersTimeout = HEADERS_TIMEOUT_MS;
    await ('socket' in listen ? listenOnSocket(server, listen.socket) : listenOnPort(server, listen.port));
    const address = server.address();
    if (typeof address === 'object' && address !== null) port = address.port;
    const socket = 'socket' in listen ? listen.socket : undefined;
    log.info({ home: home.dir, socket, port: socket === undefined ? port : undefined, version }, 'host listens');
    let closing: Promise<void> | undefined;
    return {
      socket,
      url: access?.link(),
      newLink: () => access?.link(),
      close: () => {
        closing ??= (async () => {
          log.info({}, 'host closes');
          // Event streams end first, or the server would wait for them.
          running?.core.bus.close();
          await drain(server);
          await closeAll();
        })();
        return closing;
      },
    };
  } catch (error) {
    await closeAll().catch(() => {}); // the first error is the one that counts
    throw toPicaividError(error);
  }
}

function listening(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    start();
  });
}

async function listenOnPort(server: Server, port: number): Promise<void> {
  try {
    await listening(server, () => server.listen(port, '127.0.0.1'));
  } catch (error) {
    throw new PicaividError('bad_usage', `The port ${port} is taken. Choose another, or 0 for any free one.`, {
      cause: error,
    });
  }
}

const isPipe = (path: string): boolean => path.startsWith('\\\\');

async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (!isPipe(path)) await prepareSocket(path);
  try {
    await listening(server, () => server.listen(path));
  } catch (error) {
    throw new PicaividError('bad_usage', `The socket ${path} cannot be opened. Choose a shorter or another path.`, {
      cause: error,
      file: path,
    });
  }
  if (!isPipe(path)) await chmod(path, 0o600);
}

/** A folder that only its owner may enter, and no socket left in it by a host that died. */
async function prepareSocket(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw toPicaividError(error, 'output_unwritable', folder);
  });
  const { mode } = await stat(folder);
  if ((mode & 0o077) !== 0)
    throw new PicaividError(
      'bad_usage',
      `Others may enter the folder of the socket, ${folder}. Take their rights away (chmod 700), or choose another.`,
      { file: folder },
    );
  const left = await lstat(path).catch(() => undefined);
  if (left === undefined) return;
  if (!left.isSocket()) throw new PicaividError('bad_usage', `${path} is not a socket.`, { file: path });
  if (await answers(path))
    throw new PicaividError('work_folder_in_use', `Another host listens on ${path} already.`, { file: path });
  await rm(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error) => resolve(errnoOf(error) !== 'ECONNREFUSED' && errnoOf(error) !== 'ENOENT'));
  });
}

async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
