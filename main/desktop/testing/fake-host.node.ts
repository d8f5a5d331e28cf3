/**
 * NOT the host: a fake that keeps the host's contract towards the shell (ready line, socket, end on SIGTERM and on
 * closed input) and answers what the tests of the shell ask. FAKE_HOST chooses how it misbehaves.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { socket: { type: 'string' }, home: { type: 'string' }, keychain: { type: 'boolean' } },
});
/** `crash`, `refuse`, `silent`, `short` or `stubborn`, from the environment or from a file that a test can change. */
const modeFile = values.home === undefined ? '' : join(values.home, 'fake-host-mode');
const mode = existsSync(modeFile) ? readFileSync(modeFile, 'utf8') : (process.env.FAKE_HOST ?? '');
const say = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);

process.stderr.write(`fake host ${process.pid} with Bearer abc.def-123 and password at postgres://me:hunter2@db/x\n`);
if (mode === 'crash') {
  process.stderr.write('Error: the fake host was told to crash\n');
  process.exit(3);
}
if (mode === 'refuse') {
  say({ error: { code: 'work_folder_in_use', message: 'Picaivid Studio is open already with this data.' } });
  process.exit(1);
}

/** One mebibyte whose byte i is i mod 251. */
const MEDIA = Buffer.from(Uint8Array.from({ length: 1 << 20 }, (_, i) => i % 251));
let openStreams = 0;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://host');
  const json = (value: unknown, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (url.pathname === '/api/about') {
    const { host, origin = null } = request.headers;
    json({ fake: true, pid: process.pid, home: values.home ?? null, openStreams, host, origin });
    return;
  }
  if (url.pathname === '/api/crash') process.kill(process.pid, 'SIGKILL');
  if (url.pathname === '/api/reveal-path') {
    json({ message: 'There is no such asset.' }, 404);
    return;
  }
  if (url.pathname === '/api/echo') {
    response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'application/octet-stream' });
    request.pipe(response);
    return;
  }
  if (url.pathname === '/api/half') {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half');
    setTimeout(() => response.destroy(), 20);
    return;
  }
  if (url.pathname === '/api/nothing') {
    response.writeHead(204);
    response.end();
    return;
  }
  if (url.pathname === '/api/events' || url.pathname === '/events') events(response);
  else if (url.pathname === '/media/film') media(request, response);
  else json({ message: 'There is nothing here.' }, 404);
}

function events(response: ServerResponse): void {
  openStreams += 1;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  let count = 0;
  const tick = (): void => {
    count += 1;
    response.write(`data: ${count}\n\n`);
  };
  tick();
  const timer = setInterval(tick, 50);
  response.once('close', () => {
    clearInterval(timer);
    openStreams -= 1;
  });
}

function media(request: IncomingMessage, response: ServerResponse): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const first = Number(range?.[1] ?? 0);
  const last = range?.[2] ? Number(range[2]) : MEDIA.length - 1;
  response.writeHead(range === null ? 200 : 206, {
    'content-type': 'video/mp4',
    'accept-ranges': 'bytes',
    'content-length': String(last - first + 1),
    ...(range === null ? {} : { 'content-range': `bytes ${first}-${last}/${MEDIA.length}` }),
  });
  response.end(MEDIA.subarray(first, last + 1));
}

const server = createServer(answer);
const end = (): void => {
  if (mode === 'stubborn') return;
  server.close(() => process.exit(0));
  server.closeAllConnections();
};
process.on('SIGTERM', end);
process.stdin.on('end', end).resume();
server.listen(values.socket, () => {
  if (mode !== 'silent') say({ ready: true, socket: values.socket });
  if (mode === 'short') setTimeout(() => process.exit(7), 30);
});
