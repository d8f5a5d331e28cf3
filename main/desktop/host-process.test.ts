import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostState } from './bridge.ts';
import { forward } from './forward.node.ts';
import { type HostProcess, type HostTimes, superviseHost, tidyLine } from './host-process.node.ts';

const FAKE = join(import.meta.dirname, 'testing', 'fake-host.node.ts');
const QUICK: Partial<HostTimes> = { firstPause: 1, longestPause: 4, stopLimit: 300 };
let folder = '';
const running: HostProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picaivid-shell-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((host) => host.stop()));
  await rm(folder, { recursive: true, force: true });
});

function supervise(mode: string, times: Partial<HostTimes> = QUICK): { host: HostProcess; states: HostState[] } {
  const socket = join(folder, 'host.sock');
  const host = superviseHost(
    {
      program: process.execPath,
      socketPath: socket,
      args: [FAKE, '--socket', socket, '--home', folder],
      cwd: folder,
      env: { ...process.env, FAKE_HOST: mode },
    },
    times,
  );
  const states: HostState[] = [];
  host.onState((state) => states.push(state));
  running.push(host);
  return { host, states };
}

const until = (host: HostProcess, state: HostState['state']): Promise<void> =>
  new Promise((done) => {
    if (host.state.state === state) return done();
    const off = host.onState((now) => {
      if (now.state !== state) return;
      off();
      done();
    });
  });

async function about(socket: string | undefined): Promise<{ pid: number; home: string; openStreams: number }> {
  const answer = await forward(socket ?? '', new Request('http://app/api/about'));
  return (await answer?.json()) as { pid: number; home: string; openStreams: number };
}

test('it becomes ready, answers on its socket, and ends when asked', async () => {
  const { host, states } = supervise('');
  host.start();
  const socket = await host.whenReady();
  expect(socket).toBe(join(folder, 'host.sock'));
  expect(await about(socket)).toMatchObject({ pid: host.pid, home: folder });
  const { pid } = host;
  await host.stop();
  expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
  expect(states.map(({ state }) => state)).toEqual(['starting', 'ready', 'failed']);
});

test('a host that is killed starts again, and requests wait for it', async () => {
  const { host, states } = supervise('');
  host.start();
  await host.whenReady();
  const first = host.pid ?? 0;
  process.kill(first, 'SIGKILL');
  await until(host, 'restarting');
  const socket = await host.whenReady();
  expect((await about(socket)).pid).not.toBe(first);
  expect(states).toEqual([
    { state: 'starting' },
    { state: 'ready' },
    { state: 'restarting', inMs: 1 },
    { state: 'starting' },
    { state: 'ready' },
  ]);
});

test('after five crashes within a minute it waits for a person; “Try again” begins anew', async () => {
  const { host, states } = supervise('crash');
  host.start();
  await until(host, 'failed');
  expect(states.filter(({ state }) => state === 'starting')).toHaveLength(5);
  expect(states.flatMap((state) => (state.state === 'restarting' ? [state.inMs] : []))).toEqual([1, 2, 4, 4]);
  expect(host.state).toEqual({
    state: 'failed',
    reason: 'The studio’s engine stopped 5 times within a minute.',
  });
  expect(await host.whenReady()).toBeUndefined();
  expect(host.lastLines()).toContain('Error: the fake host was told to crash');
  await host.restart();
  await until(host, 'failed');
  expect(states.filter(({ state }) => state === 'starting')).toHaveLength(10);
});

test('crashes that lie further apart than the window do not add up', async () => {
  const { host, states } = supervise('short', { ...QUICK, crashWindow: 1 });
  host.start();
  await new Promise<void>((done) => {
    host.onState(() => {
      if (states.filter(({ state }) => state === 'restarting').length === 7) done();
    });
  });
  expect(states.some(({ state }) => state === 'failed')).toBe(false);
  expect(states.flatMap((state) => (state.state === 'restarting' ? [state.inMs] : []))).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test('a start that the host refuses is not tried again, and its sentence is the reason', async () => {
  const { host, states } = supervise('refuse');
  host.start();
  await until(host, 'failed');
  expect(states.map(({ state }) => state)).toEqual(['starting', 'failed']);
  expect(host.state).toEqual({ state: 'failed', reason: 'Picaivid Studio is open already with this data.' });
});

test('a program that is not there is a failure, not an exception', async () => {
  const host = superviseHost(
    { program: join(folder, 'no-such-node'), socketPath: join(folder, 'host.sock'), args: [], cwd: folder, env: {} },
    { ...QUICK, maxCrashes: 2 },
  );
  running.push(host);
  host.start();
  await until(host, 'failed');
  expect(host.lastLines().join('\n')).toContain('ENOENT');
});

test('a host that never says it is ready is ended and counted as a crash', async () => {
  const { host } = supervise('silent', { ...QUICK, startLimit: 400, maxCrashes: 1 });
  host.start();
  await until(host, 'failed');
  expect(host.lastLines()).toContain('The host was not ready after 400 ms.');
});

test('a host that does not end when asked is ended by force', async () => {
  const { host } = supervise('stubborn');
  host.start();
  await host.whenReady();
  const { pid } = host;
  await host.stop();
  expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
});

test('two restarts at once make one new host, and neither counts as a crash', async () => {
  const { host, states } = supervise('');
  host.start();
  await host.whenReady();
  const first = host.pid;
  await Promise.all([host.restart(), host.restart()]);
  await host.whenReady();
  expect(host.pid).not.toBe(first);
  expect(states.map(({ state }) => state)).toEqual(['starting', 'ready', 'starting', 'starting', 'ready']);
});

test('waiting for a host that is not ready can be given up', async () => {
  const { host } = supervise('silent');
  host.start();
  const controller = new AbortController();
  const waited = host.whenReady(controller.signal);
  controller.abort();
  expect(await waited).toBeUndefined();
});

test('what is kept of its standard error holds no secret and not the person’s folder', async () => {
  const { host } = supervise('');
  host.start();
  await host.whenReady();
  await host.stop();
  const kept = host.lastLines().join('\n');
  expect(kept).toContain('Bearer ***');
  expect(kept).toContain('postgres://me:***@db/x');
  expect(kept).not.toMatch(/abc\.def|hunter2/);
  expect(tidyLine(`at ${homedir()}/listings/a.ts`)).toBe('at ~/listings/a.ts');
  expect(tidyLine('x'.repeat(5_000))).toHaveLength(2_000);
});
