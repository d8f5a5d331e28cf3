/** Serves the links of a folder storage. They carry their own signatures: no key is asked for. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Hono } from 'hono';
import { type ErrorCode, PicaividError, toPicaividError } from '../../base/errors.ts';
import type { FolderStorage } from './folder.node.ts';

type Status = 403 | 404 | 411 | 413 | 422 | 500 | 503 | 507;
const STATUS: Partial<Record<ErrorCode, Status>> = {
  verification_failed: 422,
  file_not_found: 404,
  disk_full: 507,
  output_unwritable: 503,
  file_unreadable: 503,
};

/** One span of bytes, `bytes=a-b` or `bytes=a-`: what a download that was cut asks for. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | 'none' | 'bad' {
  if (header === undefined) return 'none';
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header);
  if (match === null) return 'none';
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  return start < size && start <= end ? { start, end } : 'bad';
}

/**
 * `GET`, `HEAD` (with Range) and `PUT /files/<key>?…`: what a link of this storage allows, and nothing else. 403 for a link
 * that is not ours, was altered or is too old; 413 and 422 for other bytes than were announced, which are not kept.
 */
export function folderRoutes(storage: FolderStorage): Hono {
  const app = new Hono();
  app.all('/files/*', async (c) => {
    const { method, raw } = c.req;
    const refuse = (status: Status, error: PicaividError): Response =>
      c.json({ code: error.code, message: error.message }, status);
    const asked = method === 'HEAD' ? 'GET' : method;
    const { pathname, searchParams } = new URL(raw.url);
    const claim = storage.read(asked, pathname, searchParams);
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
        const known = toPicaividError(error);
        return refuse(STATUS[known.code] ?? 500, known);
      }
      return c.body(null, 200);
    }
    let found: Awaited<ReturnType<FolderStorage['find']>>;
    try {
      found = await storage.find(claim.key);
    } catch (error) {
      const known = toPicaividError(error);
      return refuse(STATUS[known.code] ?? 500, known);
    }
    if (found === undefined) return refuse(404, new PicaividError('file_not_found', 'The storage does not hold this file.')); // biome-ignore format: one sentence
    const { path, bytes } = found;
    c.header('Accept-Ranges', 'bytes');
    c.header('Content-Type', 'application/octet-stream');
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Cache-Control', 'private, max-age=31536000, immutable');
    const range = rangeOf(c.req.header('range'), bytes);
    if (range === 'bad') {
      c.header('Content-Range', `bytes */${bytes}`);
      return c.body(null, 416);
    }
    const span = range === 'none' ? { start: 0, end: bytes - 1 } : range;
    c.header('Content-Length', String(span.end - span.start + 1));
    if (range !== 'none') c.header('Content-Range', `bytes ${span.start}-${span.end}/${bytes}`);
    if (method === 'HEAD' || bytes === 0) return c.body(null, range === 'none' ? 200 : 206);
    const stream = Readable.toWeb(createReadStream(path, span)) as unknown as globalThis.ReadableStream<Uint8Array>;
    return c.body(stream, range === 'none' ? 200 : 206);
  });
  return app;
}
