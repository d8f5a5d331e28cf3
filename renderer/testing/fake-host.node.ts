/**
 * A fake host for looking at screens and for tests of pages: the real router over generated data kept in memory, with
 * pictures of `samples/listing`. It serves dist/pages. Nothing here is shipped.
 *
 *   node renderer/testing/fake-host.node.ts [--listings 500] [--port 4180] [--slow MS]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServerType, serve } from '@hono/node-server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { Hono } from 'hono';
import sharp from 'sharp';
import { PicaividError } from '../../base/errors.ts';
import { TRPC_PATH, UPLOAD_PATH } from '../../main/host/contract.ts';
import { SECURITY_HEADERS } from '../../main/host/csp.ts';
import { studioRouter } from '../../main/host/router.ts';
import { DEPTH16_CONTENT_TYPE, encodeDepth16 } from '../../pipeline/media/depth-format.ts';
import { FakeService } from './fake-service.node.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A room's depth in short: a floor that comes nearer. Sides as analysis writes them. */
const DEPTH = encodeDepth16({
  width: 640,
  height: 427,
  data: Float32Array.from({ length: 640 * 427 }, (_, at) => 0.15 + (0.8 * Math.floor(at / 640)) / 427),
});
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
};

export interface FakeHost {
  readonly url: string;
  readonly service: FakeService;
  /** Addresses of the pictures that were asked for, in their order. */
  readonly pictures: readonly string[];
  close(): Promise<void>;
}

export async function startFakeHost(options: {
  listings: number;
  port?: number;
  slowMs?: number;
  /** Folder of the built pages; dist/pages without it. */
  pages?: string;
}): Promise<FakeHost> {
  const service = new FakeService(options.listings);
  const pages = options.pages ?? process.env.PICAIVID_PAGES ?? join(ROOT, 'dist', 'pages');
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  });
  app.all(`${TRPC_PATH}/*`, async (c) => {
    if ((options.slowMs ?? 0) > 0 && !c.req.path.endsWith('system.events'))
      await new Promise((resolve) => setTimeout(resolve, options.slowMs));
    return fetchRequestHandler({
      endpoint: TRPC_PATH,
      req: c.req.raw,
      router: studioRouter,
      createContext: () => ({ service }),
    });
  });

  const names = new Map<string, string>();
  app.post(UPLOAD_PATH, async (c) => {
    const { name } = (await c.req.json()) as { name: string };
    const uploadId = crypto.randomUUID();
    names.set(uploadId, name);
    service.uploaded.set(uploadId, []);
    return c.json({ uploadId });
  });
  app.put(`${UPLOAD_PATH}/:id/:index`, async (c) => {
    const bytes = (await c.req.arrayBuffer()).byteLength;
    service.uploaded.get(c.req.param('id'))?.push({ name: c.req.query('name') ?? '', bytes });
    return c.json({ bytes });
  });
  app.post(`${UPLOAD_PATH}/:id/done`, async (c) =>
    c.json(await service.createListings([`/studio/uploads/${names.get(c.req.param('id')) ?? ''}`])),
  );

  const photos = readdirSync(join(ROOT, 'samples', 'listing')).filter((name) => name.endsWith('.jpg'));
  const made = new Map<string, Promise<Buffer>>();
  const pictures: string[] = [];
  app.get('/media/:listing/:photo/:variant', async (c) => {
    pictures.push(c.req.path);
    const at = Number(c.req.param('photo').replace(/\D/g, ''));
    const file = photos[at % photos.length] ?? '';
    if (c.req.param('variant') === 'depth')
      return c.body(DEPTH, 200, {
        'Content-Type': DEPTH16_CONTENT_TYPE,
        'Cache-Control': 'private, max-age=31536000, immutable',
      });
    const side = Number(c.req.param('variant'));
    if (!Number.isInteger(side)) return c.json(new PicaividError('file_not_found', 'Not there.').toJSON(), 404);
    const key = `${file} ${side}`;
    const picture =
      made.get(key) ??
      sharp(join(ROOT, 'samples', 'listing', file))
        .resize(side, side, { fit: 'inside' })
        .jpeg()
        .toBuffer();
    made.set(key, picture);
    return c.body(new Uint8Array(await picture), 200, {
      'Content-Type': 'image/jpeg',
      'Cache-Control': 'private, max-age=31536000, immutable',
    });
  });

  for (const place of ['/clip/*', '/delivery/*'])
    app.get(place, (c) => {
      const file = service.files?.(c.req.path) ?? null;
      if (file === null) return c.json(new PicaividError('file_not_found', 'Not there.').toJSON(), 404);
      return c.body(new Uint8Array(file.body), 200, { 'Content-Type': file.type });
    });

  app.get('*', (c) => {
    const asked = c.req.path === '/' ? '/index.html' : c.req.path;
    if (asked.includes('..')) return c.text('Not there.', 404);
    try {
      return c.body(new Uint8Array(readFileSync(join(pages, asked))), 200, {
        'Content-Type': TYPES[extname(asked)] ?? 'application/octet-stream',
      });
    } catch {
      return c.text('Not there.', 404);
    }
  });

  const server = await new Promise<ServerType>((resolve) => {
    const started: ServerType = serve({ fetch: app.fetch, port: options.port ?? 0, hostname: '127.0.0.1' }, () =>
      resolve(started),
    );
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    service,
    pictures,
    close: () =>
      new Promise((resolve) => {
        service.close();
        if ('closeAllConnections' in server) server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const entry = process.argv[1];
if (entry !== undefined && fileURLToPath(import.meta.url) === entry) {
  const option = (name: string, otherwise: number): number => {
    const at = process.argv.indexOf(`--${name}`);
    return at === -1 ? otherwise : Number(process.argv[at + 1]);
  };
  const host = await startFakeHost({
    listings: option('listings', 30),
    port: option('port', 4180),
    slowMs: option('slow', 0),
  });
  process.stdout.write(`${host.url}\n`);
}
