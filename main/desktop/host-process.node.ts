/**
 * Keeps the host running: starts it, learns when it is ready, starts it again after a crash with growing pauses, and
 * stops trying after five crashes within a minute, because a sixth would not help and a person must see why.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { redactText } from '../redact.ts';
import type { HostState } from './bridge.ts';

/** What the host says on standard output, one JSON document a line: that it listens, or why it will not. */
const hostLineSchema = z.union([
  z.object({ ready: z.literal(true), socket: z.string().min(1) }),
  z.object({ error: z.object({ code: z.string(), message: z.string().min(1) }) }),
]);

/** Milliseconds. */
export interface HostTimes {
  readonly firstPause: number;
  readonly longestPause: number;
  /** This many crashes … */
  readonly maxCrashes: number;
  /** … within this time end the restarts. */
  readonly crashWindow: number;
  /** A start that is not ready by then counts as a crash: integrity check and migration of a large studio fit in. */
  readonly startLimit: number;
  /** From the friendly end to the forced one. */
  readonly stopLimit: number;
}

const TIMES: HostTimes = {
  firstPause: 250,
  longestPause: 8_000,
  maxCrashes: 5,
  crashWindow: 60_000,
  startLimit: 180_000,
  stopLimit: 10_000,
};
const KEPT_LINES = 50;

export interface HostCommand {
  readonly program: string;
  /** Where it is told to listen: a killed host leaves its socket's file behind, which would keep the next from listening. */
  readonly socketPath: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it is told on standard input at each start, as soon as it is known. */
  readonly firstLine?: () => Promise<string>;
}

export interface HostProcess {
  readonly state: HostState;
  /** The process's id while there is one. */
  readonly pid: number | undefined;
  start(): void;
  /** The socket once it listens; undefined when it has failed, is stopped, or `signal` is raised first. */
  whenReady(signal?: AbortSignal): Promise<string | undefined>;
  /** Begins anew after a failure, or ends a running host and starts it again. */
  restart(): Promise<void>;
  /** Ends it: its input closes and it gets SIGTERM; after the limit SIGKILL. Never starts again. */
  stop(): Promise<void>;
  /** The last lines of its standard error, without secrets and without the name of the person's folder. */
  lastLines(): readonly string[];
  onState(listener: (state: HostState) => void): () => void;
}

/** Makes the supervisor; nothing runs before `start`. */
export function superviseHost(command: HostCommand, times: Partial<HostTimes> = {}): HostProcess {
  return new Supervisor(command, { ...TIMES, ...times });
}

class Supervisor implements HostProcess {
  state: HostState = { state: 'starting' };
  private readonly command: HostCommand;
  private readonly times: HostTimes;
  private child: ChildProcess | undefined;
  private socket: string | undefined;
  private refusal: string | undefined;
  private stopped = false;
  private crashes: number[] = [];
  private lines: string[] = [];
  private pause: NodeJS.Timeout | undefined;
  private restarting: Promise<void> | undefined;
  /** Processes whose end was asked for: it is no crash. */
  private readonly dismissed = new WeakSet<ChildProcess>();
  private readonly listeners = new Set<(state: HostState) => void>();

  constructor(command: HostCommand, times: HostTimes) {
    this.command = command;
    this.times = times;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    if (this.child !== undefined || this.stopped) return;
    clearTimeout(this.pause);
    this.socket = undefined;
    this.refusal = undefined;
    this.become({ state: 'starting' });
    const { program, args, cwd, env, socketPath } = this.command;
    if (process.platform !== 'win32') rmSync(socketPath, { force: true });
    // Standard input stays open as a lifeline: when this process dies in any way, it closes, and the host ends.
    const child = spawn(program, [...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    this.child = child;
    const limit = setTimeout(() => {
      this.keep(`The host was not ready after ${this.times.startLimit} ms.`);
      child.kill('SIGKILL');
    }, this.times.startLimit);
    let over = false;
    const ended = (how: string): void => {
      if (over) return;
      over = true;
      clearTimeout(limit);
      if (this.dismissed.has(child)) return;
      this.child = undefined;
      this.onEnd(how);
    };
    child.stdin.on('error', () => undefined);
    this.command.firstLine?.().then(
      (line) => child.stdin.write(`${line}\n`),
      () => undefined, // it goes on without
    );
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (this.onLine(line)) clearTimeout(limit);
    });
    createInterface({ input: child.stderr }).on('line', (line) => this.keep(line));
    child.once('error', (error) => {
      this.keep(error.message);
      if (child.pid === undefined) ended('could not be started');
    });
    child.once('exit', (code, signal) => ended(signal === null ? `exit code ${code}` : `signal ${signal}`));
  }

  async whenReady(signal?: AbortSignal): Promise<string | undefined> {
    if (this.state.state === 'ready') return this.socket;
    if (this.state.state === 'failed' || this.stopped || signal?.aborted === true) return undefined;
    return new Promise((done) => {
      const finish = (socket: string | undefined): void => {
        off();
        signal?.removeEventListener('abort', aborted);
        done(socket);
      };
      const aborted = (): void => finish(undefined);
      const off = this.onState((state) => {
        if (state.state === 'ready') finish(this.socket);
        else if (state.state === 'failed') finish(undefined);
      });
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  async restart(): Promise<void> {
    // Two at once would start a second host while the first still holds the studio's data.
    this.restarting ??= this.restartOnce().finally(() => {
      this.restarting = undefined;
    });
    return this.restarting;
  }

  private async restartOnce(): Promise<void> {
    if (this.stopped) return;
    this.crashes = [];
    clearTimeout(this.pause);
    const child = this.child;
    if (child !== undefined) {
      this.become({ state: 'starting' });
      await this.end(child);
      this.child = undefined;
    }
    this.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.pause);
    if (this.child !== undefined) await this.end(this.child);
    this.child = undefined;
    if (this.state.state !== 'failed') this.become({ state: 'failed', reason: 'The studio is closing.' });
  }

  lastLines(): readonly string[] {
    return [...this.lines];
  }

  onState(listener: (state: HostState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private become(state: HostState): void {
    this.state = state;
    for (const listener of [...this.listeners]) listener(state);
  }

  private keep(line: string): void {
    this.lines.push(tidyLine(line));
    if (this.lines.length > KEPT_LINES) this.lines.splice(0, this.lines.length - KEPT_LINES);
  }

  /** True when the line settles the start. */
  private onLine(line: string): boolean {
    let said: z.infer<typeof hostLineSchema>;
    try {
      said = hostLineSchema.parse(JSON.parse(line));
    } catch {
      this.keep(line);
      return false;
    }
    if ('error' in said) {
      this.keep(`${said.error.code}: ${said.error.message}`);
      // A defect may be gone the next time; any other reason stays true until a person acts.
      if (said.error.code !== 'internal') this.refusal = said.error.message;
      return true;
    }
    this.socket = said.socket;
    this.become({ state: 'ready' });
    return true;
  }

  private onEnd(how: string): void {
    this.socket = undefined;
    this.keep(`The host ended: ${how}.`);
    // A start that was refused for a reason (another window has the data, the data is newer) is refused again.
    if (this.refusal !== undefined) {
      this.become({ state: 'failed', reason: this.refusal });
      return;
    }
    const now = performance.now();
    this.crashes = [...this.crashes.filter((at) => now - at < this.times.crashWindow), now];
    if (this.crashes.length >= this.times.maxCrashes) {
      this.become({
        state: 'failed',
        reason: `The studio’s engine stopped ${this.crashes.length} times within a minute.`,
      });
      return;
    }
    const inMs = Math.min(this.times.firstPause * 2 ** (this.crashes.length - 1), this.times.longestPause);
    this.become({ state: 'restarting', inMs });
    this.pause = setTimeout(() => this.start(), inMs);
  }

  private async end(child: ChildProcess): Promise<void> {
    this.dismissed.add(child);
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    await new Promise<void>((done) => {
      const force = setTimeout(() => child.kill('SIGKILL'), this.times.stopLimit);
      child.once('exit', () => {
        clearTimeout(force);
        done();
      });
      child.stdin?.end();
      // On Windows there is no friendly signal: the closed input alone asks it to end.
      if (process.platform !== 'win32') child.kill('SIGTERM');
    });
  }
}

/** A line fit to leave the machine: without secrets, the person's own folder as `~`, of bounded length. */
export function tidyLine(line: string): string {
  const home = homedir();
  const redacted = redactText(line.slice(0, 2_000));
  return home.length > 1 ? redacted.replaceAll(home, '~') : redacted;
}
