/** Runs the command line as users do: a process of its own, its exit code, its two streams. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../paths.node.ts';

export interface CliRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Put before the program, e.g. `unshare -m sh -c …`. */
  readonly wrap?: (command: readonly string[]) => readonly string[];
  readonly onStart?: (child: ChildProcess) => void;
}

/** `picaivid <args>`, waited for. A group of its own, so that a kill reaches what it started. */
export async function picaivid(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const command = [process.execPath, join(PROJECT_ROOT, 'main', 'cli.node.ts'), ...args];
  const [program = '', ...rest] = options.wrap?.(command) ?? command;
  const child = spawn(program, rest, {
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  options.onStart?.(child);
  await once(child, 'close');
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
}
