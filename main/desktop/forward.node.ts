/** Carries a page's request to the host's socket and the answer back, bodies streamed both ways. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { setTimeout } from 'node:timers/promises';
import type { ErrorData } from '../../base/errors.ts';
import type { HostProcess } from './host-process.node.ts';

/** Belong to one connection, or are the socket's own business. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'host',
  'expect',
  // On a local socket compressing only costs time, and Electron would hand the bytes to the page as they are.
  'accept-encoding',
]);
const BODYLESS = new Set([101, 204, 205, 304]);

/** Between a host's end and the moment its end is known a question meets nobody: asked again this often, this far apart. */
const TRIES = 4;
const TRY_AGAIN_MS = 100;

/**
 * Carries a request to the host once it listens. A question (GET, HEAD) that meets a host which just ended is asked
 * again of the next one; anything else is not, because the host may have done it before it ended.
 *
 * @returns the host's answer, or 502 with ErrorData when there is none
 */
export async function forwardToHost(host: Pick<HostProcess, 'whenReady'>, asked: Request): Promise<Response> {
  const question = asked.method === 'GET' || asked.method === 'HEAD';
  for (let attempt = 1; ; attempt += 1) {
    const socketPath = await host.whenReady(asked.signal);
    if (socketPath === undefined) return unreachable();
    const answer = await forward(socketPath, asked);
    if (answer !== undefined) return answer;
    if (!question || attempt === TRIES || asked.signal.aborted) return unreachable();
    await setTimeout(TRY_AGAIN_MS);
  }
}

/**
 * @param socketPath the host's unix socket or named pipe
 * @param asked the page's request; its path and query are kept, its origin is not
 * @returns the host's answer, or undefined when it gave none
 */
export async function forward(socketPath: string, asked: Request): Promise<Response | undefined> {
  const url = new URL(asked.url);
  const headers: Record<string, string> = { host: 'localhost' };
  asked.headers.forEach((value, name) => {
    if (!NOT_FORWARDED.has(name.toLowerCase())) headers[name] = value;
  });
  const body = asked.body;
  const length = headers['content-length'];

  return new Promise<Response | undefined>((done) => {
    const outgoing = httpRequest({
      socketPath,
      path: `${url.pathname}${url.search}`,
      method: asked.method,
      headers: body !== null && length === undefined ? { ...headers, 'transfer-encoding': 'chunked' } : headers,
      // A connection of its own: a range of a film that is let go of must close, not wait in a pool.
      agent: false,
    });
    // Whatever ends the page's side ends the host's side: a closed tab's film is not read to its end.
    const abort = (): void => {
      outgoing.destroy();
    };
    asked.signal.addEventListener('abort', abort, { once: true });
    outgoing.once('close', () => asked.signal.removeEventListener('abort', abort));
    if (asked.signal.aborted) abort();
    outgoing.once('error', () => done(undefined));
    outgoing.once('response', (incoming) => done(answerOf(incoming)));
    if (body === null) outgoing.end();
    else
      pipeline(Readable.fromWeb(body as unknown as NodeReadableStream<Uint8Array>), outgoing).catch(() =>
        outgoing.destroy(),
      );
  });
}

function answerOf(incoming: IncomingMessage): Response {
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = incoming.rawHeaders.slice(i, i + 2);
    if (!NOT_FORWARDED.has(name.toLowerCase())) headers.append(name, value);
  }
  const status = incoming.statusCode ?? 502;
  if (BODYLESS.has(status)) {
    incoming.resume();
    return new Response(null, { status, headers });
  }
  return new Response(bodyOf(incoming), { status, headers });
}

/**
 * The answer's body as the web's stream, a chunk at a time as the page takes them. (Readable.toWeb of Node 20 throws an
 * uncaught error when a page lets go of a stream at the moment it ends.)
 */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let over = false;
  const finish = (act: () => void): void => {
    if (over) return;
    over = true;
    act();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        incoming.on('data', (chunk: Uint8Array) => {
          if (over) return;
          controller.enqueue(new Uint8Array(chunk));
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
        });
        incoming.once('end', () => finish(() => controller.close()));
        const broken = (): void => finish(() => controller.error(new Error('The host stopped in the middle.')));
        incoming.once('error', broken);
        incoming.once('close', broken);
        incoming.pause();
      },
      pull() {
        incoming.resume();
      },
      cancel() {
        finish(() => undefined);
        incoming.destroy();
      },
    },
    { highWaterMark: 2 },
  );
}

/** What a page is told when the host is not there: the shape in which the host itself tells errors. */
function unreachable(): Response {
  const error: ErrorData = {
    code: 'internal',
    message: 'The studio’s engine is starting again. What was saved is safe; try that again in a moment.',
  };
  return Response.json(error, { status: 502, headers: { 'cache-control': 'no-store' } });
}
