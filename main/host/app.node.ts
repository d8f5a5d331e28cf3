/** Everything the host answers over HTTP: typed calls and events, pictures, uploads, pages. */
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ZodError } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { MAX_FILE_BYTES } from '../../pipeline/analyze/ingest.node.ts';
import type { LoopbackAccess } from './access.node.ts';
import { TRPC_PATH, UPLOAD_PATH } from './contract.ts';
import { SECURITY_HEADERS } from './csp.ts';
import { MAX_VOICE_BYTES, voiceHandler, voiceUploads } from './deliveries-voice.node.ts';
import { filmUploads, MAX_LOGO_BYTES } from './film-uploads.node.ts';
import type { HostLog } from './host-log.node.ts';
import { listingFolder } from './listings.node.ts';
import { mediaHandler, notThere } from './media.node.ts';
import { MAX_MUSIC_BYTES } from './music.node.ts';
import { musicHandler } from './music-files.node.ts';
import { studioRouter } from './router.ts';
import type { RunningService } from './service.node.ts';
import { servePages } from './static.node.ts';
import { uploadRoutes } from './uploads.node.ts';

/** The largest action (5,000 changes of photos with long names) is about 1 MB. Bytes. */
const MAX_CALL_BYTES = 8_000_000;

export interface AppOptions {
  readonly running: RunningService;
  readonly log: HostLog;
  readonly pagesDir: string;
  /** Undefined on a socket, whose file's rights decide who may connect. */
  readonly access: LoopbackAccess | undefined;
}

export function createApp({ running, log, pagesDir, access }: AppOptions): Hono {
  const { service, core } = running;
  const app = new Hono();
  const tooLarge = (c: { json: (data: unknown, status: 413) => Response }): Response =>
    c.json(new PicaividError('file_too_large', 'This is more than the studio takes at once.').toJSON(), 413);

  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  });
  if (access !== undefined) {
    app.use(access.guard);
    app.get('/login', (c) => access.login(c));
  }
  app.get('/health', (c) => c.json({ ok: true }));

  app.use(`${TRPC_PATH}/*`, bodyLimit({ maxSize: MAX_CALL_BYTES, onError: tooLarge }));
  app.all(`${TRPC_PATH}/*`, async (c) => {
    const response = await fetchRequestHandler({
      endpoint: TRPC_PATH,
      req: c.req.raw,
      router: studioRouter,
      createContext: () => ({ service }),
      onError: ({ path, error }) => {
        const cause = toPicaividError(error.cause ?? error);
        if (cause.code === 'internal') log.error({ path, err: cause, cause: cause.cause }, 'a call failed');
        else log.info({ path, code: cause.code }, 'a call was refused');
      },
    });
    const answer = new Response(response.body, response);
    if (!answer.headers.has('cache-control')) answer.headers.set('Cache-Control', 'no-store');
    return answer;
  });

  app.use(`${UPLOAD_PATH}/*`, bodyLimit({ maxSize: MAX_FILE_BYTES + 1024, onError: tooLarge }));
  app.route(UPLOAD_PATH, uploadRoutes(core.home.uploadDir, running.createFromUpload));
  app.use('/api/music', bodyLimit({ maxSize: MAX_MUSIC_BYTES + 1024, onError: tooLarge }));
  app.use('/api/logo', bodyLimit({ maxSize: MAX_LOGO_BYTES + 1024, onError: tooLarge }));
  app.route('/api', filmUploads(running.music, core.home));
  app.use('/api/voice', bodyLimit({ maxSize: MAX_VOICE_BYTES + 1024, onError: tooLarge }));
  app.route('/api', voiceUploads(core.home));
  app.get('/voice/:voice', voiceHandler(core.home));
  app.get('/music/:music/:what', musicHandler(running.music, core.home.cacheDir));
  app.get('/title/:listing/:size/:title', running.files.title);
  app.get('/film/:listing/:what', running.files.film);
  app.get('/clip/:listing/:clip/:take/:what', running.files.clip);
  app.get('/review/:listing/:what', running.files.report);
  app.get('/delivery/:delivery/:file', running.files.delivered);
  app.get('/media/:listing/:photo/:variant', mediaHandler(running.findPhoto, core.home.cacheDir));
  // Only the shell asks for it, which shows the folder and tells the page nothing but whether it was there.
  if (access === undefined)
    app.get('/api/reveal-path', async (c) => {
      const listing = c.req.query('listing') ?? '';
      const delivery = c.req.query('delivery');
      if (delivery !== undefined) {
        const { deliveries } = await service.delivery(listing);
        const found = deliveries.find(({ id, folderMissing }) => id === delivery && !folderMissing);
        return found === undefined ? notThere(c, 'The delivery folder is not there.') : c.json({ path: found.folder });
      }
      const path = await listingFolder(core, listing);
      return path === undefined ? notThere(c, 'The folder of this listing is not there.') : c.json({ path });
    });
  app.all('/api/*', (c) => c.json(new PicaividError('bad_usage', 'There is no such call.').toJSON(), 404));
  app.all('/media/*', (c) => c.json(new PicaividError('file_not_found', 'There is no such picture.').toJSON(), 404));
  for (const place of ['/music/*', '/title/*', '/film/*', '/clip/*', '/review/*', '/delivery/*', '/voice/*'])
    app.all(place, (c) =>
      c.json(new PicaividError('file_not_found', 'There is nothing at this address.').toJSON(), 404),
    );
  app.get('*', servePages(pagesDir));

  app.onError((error, c) => {
    if (error instanceof ZodError || error instanceof SyntaxError)
      return c.json(new PicaividError('bad_usage', 'The studio asked for something impossible.').toJSON(), 400);
    const known = toPicaividError(error);
    if (known.code === 'internal') log.error({ path: c.req.path, err: known, cause: known.cause }, 'a request failed');
    const status =
      known.code === 'file_not_found'
        ? 404
        : known.code === 'file_too_large'
          ? 413
          : known.code === 'internal'
            ? 500
            : 422;
    return c.json({ code: known.code, message: known.message }, status);
  });
  return app;
}
