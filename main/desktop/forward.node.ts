/** Carries a page's request to the host's socket and the answer back, bodies streamed both ways. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { ErrorData } from '../../base/errors.ts';

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

/**
 * @param socketPath the host's unix socket or named pipe
 * @param asked the page's request; its path and query are kept, its origin is not
 * @returns the host's answer, or 502 with ErrorData when the host cannot be reached or stops in the middle
 */
export async function forward(socketPath: string, asked: Request): Promise<Response> {
  const url = new URL(asked.url);
  const headers: Record<string, string> = { host: 'localhost' };
  asked.headers.forEach((value, name) => {
    if (!NOT_FORWARDED.has(name.toLowerCase())) headers[name] = value;
  });
  const body = asked.body;
  const length = headers['content-length'];

  return new Promise<Response>((done) => {
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
    outgoing.once('error', () => done(unreachable()));
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
export function unreachable(): Response {
  const error: ErrorData = {
    code: 'internal',
    message: 'The studio’s engine is starting again. What was saved is safe; try that again in a moment.',
  };
  return Response.json(error, { status: 502, headers: { 'cache-control': 'no-store' } });
}
