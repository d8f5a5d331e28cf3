/** Serves the links of a folder storage. They carry their own signatures: no key is asked for. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Hono } from 'hono';
import { PicaividError } from '../../base/errors.ts';
import type { FolderStorage } from './folder.node.ts';

/** One span of bytes, `bytes=a-b` or `bytes=a-`: what a download that was cut asks for. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | 'none' | 'bad' {
  if (header === undefined) return 'none';
  const match = /^bytes=(\d+)-(\d*)$/.exec(header);
  if (match === null) return 'none';
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  return start < size && start <= end ? { start, end } : 'bad';
}

export function folderRoutes(storage: FolderStorage): Hono {
  const app = new Hono();
  app.all('/files/*', async (c) => {
    const { method, raw } = c.req;
    const url = new URL(raw.url);
    const asked = method === 'HEAD' ? 'GET' : method;
    url.searchParams.set('method', asked);
    const claim = storage.read(decodeURIComponent(url.pathname), url.searchParams);
    const refuse = (status: 403 | 404 | 411 | 413 | 422, error: PicaividError): Response =>
      c.json(error.toJSON(), status);
    if (claim === undefined)
      return refuse(403, new PicaividError('bad_usage', 'This link is not ours, or is too old.'));
    if (asked === 'PUT') {
      const length = Number(c.req.header('content-length') ?? Number.NaN);
      if (Number.isNaN(length)) return refuse(411, new PicaividError('bad_usage', 'Say how long the file is.'));
      if (length > claim.bytes) return refuse(413, new PicaividError('file_too_large', 'This is more than was announced.')); // biome-ignore format: one sentence
      const body = raw.body === null ? Readable.from([]) : Readable.fromWeb(raw.body as ReadableStream<Uint8Array>);
      try {
        await storage.receive(claim, body);
      } catch (error) {
        if (error instanceof PicaividError && error.code === 'verification_failed') return refuse(422, error);
        throw error;
      }
      return c.body(null, 200);
    }
    const path = storage.pathOf(claim.key);
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) return refuse(404, new PicaividError('file_not_found', 'The storage does not hold this file.')); // biome-ignore format: one sentence
    const range = rangeOf(c.req.header('range'), info.size);
    c.header('Accept-Ranges', 'bytes');
    c.header('Content-Type', 'application/octet-stream');
    c.header('Cache-Control', 'private, max-age=31536000, immutable');
    if (range === 'bad') {
      c.header('Content-Range', `bytes */${info.size}`);
      return c.body(null, 416);
    }
    const span = range === 'none' ? { start: 0, end: info.size - 1 } : range;
    c.header('Content-Length', String(span.end - span.start + 1));
    if (range !== 'none') c.header('Content-Range', `bytes ${span.start}-${span.end}/${info.size}`);
    if (method === 'HEAD' || info.size === 0) return c.body(null, range === 'none' ? 200 : 206);
    const stream = Readable.toWeb(createReadStream(path, span)) as unknown as globalThis.ReadableStream<Uint8Array>;
    return c.body(stream, range === 'none' ? 200 : 206);
  });
  return app;
}
