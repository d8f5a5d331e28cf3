/**
 * `npm start`: the studio. In its window where there is a display and an Electron; otherwise, and with `--browser`, the
 * same studio on the loopback with a one-time link.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { PicaividError } from '../base/errors.ts';
import { PROJECT_ROOT } from './paths.node.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** What `scripts/run.mjs` found: Electron's program and the built main script, or why there is no window. */
const found = { electron: process.env.PICAIVID_ELECTRON, why: process.env.PICAIVID_NO_ELECTRON };

const readyLine = z.union([
  z.object({ ready: z.literal(true), url: z.string() }),
  z.object({ ready: z.literal(false), error: z.object({ message: z.string() }) }),
]);

/** Runs until the studio's window is closed. */
function openWindow(electron: string, args: readonly string[]): Promise<number> {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(electron, [...asRoot, join(PROJECT_ROOT, 'dist', 'desktop'), ...args], {
    stdio: 'inherit',
    env: { ...process.env, PICAIVID_NODE: process.execPath, PICAIVID_ROOT: PROJECT_ROOT },
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new PicaividError('internal', `The window could not be opened: ${error.message}`, { cause: error })),
    );
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Runs until Ctrl-C. */
function serveBrowser(port: string): Promise<number> {
  // Attached: however this process dies, the host ends with it and lets go of the studio's data.
  const program = [join(PROJECT_ROOT, 'main', 'host', 'serve.node.ts'), '--port', port, '--attached'];
  const host = spawn(process.execPath, program, {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: PROJECT_ROOT,
  });
  const stop = (): void => void host.kill('SIGTERM');
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  createInterface({ input: host.stdout }).on('line', (line) => {
    const ready = readyLine.safeParse(JSON.parse(line));
    if (!ready.success) return;
    say('');
    if (!ready.data.ready) {
      say(ready.data.error.message);
      return;
    }
    say('The studio is open. This link works once, in a browser on this machine:');
    say(`  ${ready.data.url}`);
    say('Ctrl-C ends it; whatever is running goes on at the next start.');
  });
  return new Promise((resolve) => host.once('exit', (code) => resolve(code ?? 0)));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { browser: { type: 'boolean', default: false }, port: { type: 'string', default: '0' } },
});
if (!values.browser && found.electron !== undefined) process.exit(await openWindow(found.electron, positionals));
if (!values.browser && found.why !== undefined) say(`No window: ${found.why} The studio opens in a browser instead.`);
process.exit(await serveBrowser(values.port));
