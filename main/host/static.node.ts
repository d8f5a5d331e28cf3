/** The built pages, from one folder: whatever is asked for, its real path lies inside or it is not there. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Handler } from 'hono';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
/** Vite puts the hash of the content into these names. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

/** A file's real path if it is inside the folder, by the resolved path and a separator. */
export async function insideFolder(folder: string, relative: string): Promise<string | undefined> {
  try {
    const root = await realpath(folder);
    const real = await realpath(join(root, relative));
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    return (await stat(real)).isFile() ? real : undefined;
  } catch {
    return undefined; // missing, a NUL in the name, a name that is too long: not there
  }
}

export function servePages(folder: string): Handler {
  return async (c) => {
    let path: string;
    try {
      path = decodeURIComponent(new URL(c.req.url).pathname);
    } catch {
      return c.text('This address cannot be read.', 400);
    }
    const asked = path === '/' ? '/index.html' : path;
    let file = await insideFolder(folder, `.${asked}`);
    // Addresses inside the program (/listing/…) are the program's: it reads them itself.
    if (file === undefined && extname(asked) === '') file = await insideFolder(folder, 'index.html');
    if (file === undefined) {
      if (asked === '/index.html') return c.text('The pages are not built yet. Run: npm start', 503);
      return c.text('There is nothing at this address.', 404);
    }
    const { size } = await stat(file);
    const headers = {
      'Content-Type': TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
      'Content-Length': String(size),
      'Cache-Control': HASHED.test(asked) ? 'public, max-age=31536000, immutable' : 'no-cache',
    };
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    return c.body(webStream(createReadStream(file)), 200, headers);
  };
}

/** Node's type of the web's stream and the global one differ by name only. */
export function webStream(stream: Readable): globalThis.ReadableStream<Uint8Array> {
  return Readable.toWeb(stream) as ReadableStream<Uint8Array> as unknown as globalThis.ReadableStream<Uint8Array>;
}
