/**
 * ffmpeg and ffprobe as child processes: no shell, files as arguments, protocols limited to file and pipe, cancellable,
 * errors with a code and the last lines of what the program said.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { PicaividError, throwIfCancelled } from '../../base/errors.ts';

const MISSING =
  'ffmpeg was not found. Install it (Debian, Ubuntu: "apt-get install ffmpeg"; macOS: "brew install ffmpeg") or set FFMPEG_PATH to its place, then run the same command again.';

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(name: string): string | undefined {
  const exe = process.platform === 'win32' ? `${name}.exe` : name;
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    if (dir !== '' && executable(join(dir, exe))) return join(dir, exe);
  }
  return undefined;
}

function fromFfmpegStatic(): string | undefined {
  try {
    const found: unknown = createRequire(import.meta.url)('ffmpeg-static');
    return typeof found === 'string' && executable(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** FFMPEG_PATH, then ffmpeg-static, then the system's. Throws `ffmpeg_missing`; a set but wrong FFMPEG_PATH is said. */
export function ffmpegPath(): string {
  const set = process.env.FFMPEG_PATH;
  if (set !== undefined && set !== '') {
    if (executable(set)) return set;
    throw new PicaividError(
      'ffmpeg_missing',
      `FFMPEG_PATH points at ${set}, which is not a program. Correct it or unset it.`,
    );
  }
  const found = fromFfmpegStatic() ?? onPath('ffmpeg');
  if (found === undefined) throw new PicaividError('ffmpeg_missing', MISSING);
  return found;
}

/** FFPROBE_PATH, then the one beside FFMPEG_PATH, then the system's. */
export function ffprobePath(): string {
  const set = process.env.FFPROBE_PATH;
  if (set !== undefined && set !== '' && executable(set)) return set;
  const beside = process.env.FFMPEG_PATH?.replace(/ffmpeg(\.exe)?$/, 'ffprobe$1');
  if (beside !== undefined && beside !== process.env.FFMPEG_PATH && executable(beside)) return beside;
  const found = onPath('ffprobe');
  if (found === undefined) throw new PicaividError('ffmpeg_missing', MISSING.replace('ffmpeg was', 'ffprobe was'));
  return found;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Kill after this long; ffmpeg on hostile input may never end. */
  readonly timeoutSeconds?: number;
  /** Code of the error when the program fails. */
  readonly errorCode?: 'ffmpeg_failed' | 'audio_damaged' | 'audio_unsupported' | 'clip_invalid';
  readonly file?: string;
}

/** A running ffmpeg: write frames to `stdin`, read bytes from `stdout`, then await `done` (rejects with a PicaividError). */
export interface FfmpegProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly done: Promise<void>;
  /** What it wrote to standard error, at most the last 64 KiB. */
  stderr(): string;
  kill(): void;
}

const GUARDS = ['-hide_banner', '-nostdin', '-protocol_whitelist', 'file,pipe'];

/** Starts ffmpeg with the project's guards before `args`. Standard input is open: give `-i pipe:0` to use it. */
export function startFfmpeg(args: readonly string[], options: RunOptions = {}): FfmpegProcess {
  return start(ffmpegPath(), [...GUARDS, ...args], options);
}

function start(program: string, args: readonly string[], options: RunOptions): FfmpegProcess {
  throwIfCancelled(options.signal);
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  let timedOut = false;
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    said = (said + text).slice(-65_536);
  });
  // A program that ends early closes its input; its exit code tells the reason better than EPIPE does.
  child.stdin.on('error', () => {});
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  const timer =
    options.timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          kill();
        }, options.timeoutSeconds * 1000);
  options.signal?.addEventListener('abort', kill, { once: true });
  const done = new Promise<void>((resolve, reject) => {
    const where = options.file === undefined ? {} : { file: options.file };
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new PicaividError('ffmpeg_missing', MISSING, { cause }));
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
      if (options.signal?.aborted === true) {
        reject(new PicaividError('cancelled', 'Stopped as asked; what was finished is kept.'));
      } else if (timedOut) {
        reject(
          new PicaividError(
            'ffmpeg_timeout',
            `ffmpeg took longer than ${options.timeoutSeconds} s and was stopped.`,
            where,
          ),
        );
      } else if (/No space left on device/.test(said)) {
        // Also at exit 0: the MP4 writer ends so when only its last pass finds the disk full.
        reject(
          new PicaividError(
            'disk_full',
            'The disk is full. Free some space and run the same command again; finished work is kept.',
            where,
          ),
        );
      } else if (code === 0) {
        resolve();
      } else {
        const tail = said.trim().split('\n').slice(-4).join(' | ');
        reject(
          new PicaividError(
            options.errorCode ?? 'ffmpeg_failed',
            `ffmpeg could not do it (exit ${code}): ${tail}`,
            where,
          ),
        );
      }
    });
  });
  // Callers may await `done` late, after writing all frames: never an unhandled rejection meanwhile.
  done.catch(() => {});
  return { stdin: child.stdin, stdout: child.stdout, done, stderr: () => said, kill };
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Runs ffmpeg to its end; gives what it wrote to standard output and to standard error. */
export async function runFfmpeg(
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ stdout: Buffer; stderr: string }> {
  const running = startFfmpeg(args, options);
  running.stdin.end();
  const [stdout] = await Promise.all([collect(running.stdout), running.done]);
  return { stdout, stderr: running.stderr() };
}

/** Runs ffprobe with `-of json` and gives the parsed document, unvalidated: parse it with zod. */
export async function runFfprobe(args: readonly string[], options: RunOptions = {}): Promise<unknown> {
  const running = start(
    ffprobePath(),
    ['-v', 'error', '-protocol_whitelist', 'file,pipe', '-of', 'json', ...args],
    options,
  );
  running.stdin.end();
  const [stdout] = await Promise.all([collect(running.stdout), running.done]);
  return JSON.parse(stdout.toString('utf8')) as unknown;
}

/** Writes a buffer to a process and waits while its pipe is full, so that memory stays flat. */
export async function writeFully(running: FfmpegProcess, chunk: Uint8Array): Promise<void> {
  if (running.stdin.write(chunk)) return;
  await Promise.race([
    new Promise<void>((resolve) => running.stdin.once('drain', resolve)),
    running.done, // ended early: reject with its reason, or let the caller see it when it awaits `done`
  ]);
}
