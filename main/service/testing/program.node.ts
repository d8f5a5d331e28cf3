/** The service as its own process, as operators run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT_ROOT } from '../../paths.node.ts';

export interface Program {
  readonly url: string;
  readonly child: ChildProcess;
  readonly log: () => string;
  /** SIGTERM by default; gives the exit code, null where the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts it and waits until it listens. */
export async function startProgram(env: Readonly<Record<string, string>>, port = 0): Promise<Program> {
  const command = [join(PROJECT_ROOT, 'main', 'cli.node.ts'), 'service', '--port', String(port), '--json'];
  const child = spawn(process.execPath, command, {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const said = JSON.parse(line) as { ready?: boolean; url?: string };
  if (said.url === undefined) throw new Error(`The service did not start: ${line} ${log}`);
  return {
    url: said.url,
    child,
    log: () => log,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exit = once(child, 'exit');
      child.kill(signal);
      const [code] = (await exit) as [number | null];
      return code;
    },
  };
}
