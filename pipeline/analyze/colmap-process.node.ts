/** COLMAP's processes: found, started without a shell, ended with all they started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { errnoOf, throwIfCancelled } from '../../base/errors.ts';

/** Of the machine's cores: the smallest has two, and a person works beside. */
export const COLMAP_THREADS = 2;
/** Seconds for `colmap -h`, which only prints. */
const HELP_LIMIT_SECONDS = 20;
/** Of what a process prints, the last characters are kept. */
const KEPT_OUTPUT = 65_536;

export interface Colmap {
  readonly program: string;
  readonly version: string;
}
/**
 * `path` (COLMAP_PATH), else `colmap` on the PATH. A string is why there is none, empty when it simply is not there; a
 * program that is set but wrong is said. Error: `cancelled`.
 */
export async function findColmap(path: string | undefined, signal?: AbortSignal): Promise<Colmap | string> {
  const set = path !== undefined && path !== '';
  const program = set ? (executable(path) ? path : undefined) : onPath('colmap');
  if (program === undefined) return set ? 'COLMAP_PATH names no program' : '';
  const deadline = performance.now() + HELP_LIMIT_SECONDS * 1000;
  const end = await runColmap(program, ['-h'], { deadline, signal });
  const version = /COLMAP\s+v?(\d[\w.-]*)/.exec(end.said)?.[1];
  return version === undefined
    ? `${set ? 'COLMAP_PATH' : 'colmap'} does not answer as COLMAP does`
    : { program, version };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
  readonly timedOut: boolean;
  /** The system's code when there was no process at all. */
  readonly unstartable: string | undefined;
}

/** One process, without a shell, in a group of its own: a wrapper script's children end with it. Error: `cancelled`. */
export async function runColmap(
  program: string,
  args: readonly string[],
  options: { readonly deadline: number; readonly signal: AbortSignal | undefined; readonly dir?: string },
): Promise<Ended> {
  throwIfCancelled(options.signal);
  const { dir } = options;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...(dir === undefined ? {} : { cwd: dir }),
    env: {
      ...process.env,
      QT_QPA_PLATFORM: 'offscreen',
      OMP_NUM_THREADS: String(COLMAP_THREADS),
      OPENBLAS_NUM_THREADS: String(COLMAP_THREADS),
      // Its log files would otherwise pile up in the system's temporary folder.
      ...(dir === undefined ? { GLOG_logtostderr: '1' } : { GLOG_logtostderr: '1', GLOG_log_dir: dir, TMPDIR: dir }),
    },
  });
  let said = '';
  const listen = (text: string): void => {
    said = (said + text).slice(-KEPT_OUTPUT);
  };
  child.stdout.setEncoding('utf8').on('data', listen);
  child.stderr.setEncoding('utf8').on('data', listen);
  let timedOut = false;
  const kill = (): void => killGroup(child);
  const timer = setTimeout(
    () => {
      timedOut = true;
      kill();
    },
    Math.max(0, options.deadline - performance.now()),
  );
  options.signal?.addEventListener('abort', kill, { once: true });
  try {
    const end = await new Promise<Ended>((resolve) => {
      child.once('error', (error) =>
        resolve({ code: null, signal: null, said, timedOut, unstartable: errnoOf(error) ?? error.message }),
      );
      child.once('close', (code, signal) => resolve({ code, signal, said, timedOut, unstartable: undefined }));
    });
    throwIfCancelled(options.signal);
    return end;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
  // Whoever left the group and still holds its pipes is not waited for.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(name: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, file))
    .find(executable);
}
