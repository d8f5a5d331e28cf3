/** The sound and the peaks of a piece of music by its id: made once, in the cache, from the studio's own copy. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Handler } from 'hono';
import { z } from 'zod';
import { writeFileAtomic } from '../../base/files.node.ts';
import { peaksOfFile, soundProxy } from '../../pipeline/media/peaks.node.ts';
import { encodePeaks } from '../../pipeline/media/peaks.ts';
import { type Found, failed, notThere, send } from './media.node.ts';
import type { Music } from './music.node.ts';
import { contentIdSchema } from './timeline-contract.ts';

/** Raised whenever a proxy or its peaks would come out differently. */
const VERSION = 2;
const paramsSchema = z.object({ music: contentIdSchema, what: z.enum(['sound', 'peaks']) });
type What = z.infer<typeof paramsSchema>['what'];

export function musicHandler(music: Music, cacheDir: string): Handler {
  // Two requests for the same file make it once.
  const making = new Map<string, Promise<void>>();
  const made = async (id: string, what: What): Promise<Found> => {
    const path = join(cacheDir, 'music', `${id}-${VERSION}.${what === 'sound' ? 'flac' : 'pks'}`);
    const running =
      making.get(path) ??
      (async () => {
        if ((await stat(path).catch(() => undefined)) !== undefined) return;
        const source = await music.file(id);
        await mkdir(dirname(path), { recursive: true });
        if (what === 'sound') await soundProxy(source, path);
        else await writeFileAtomic(path, encodePeaks(await peaksOfFile(source)));
      })().finally(() => making.delete(path));
    making.set(path, running);
    await running;
    const type = what === 'sound' ? 'audio/flac' : 'application/octet-stream';
    return { path, type, etag: `"${id.slice(0, 32)}-${what}-${VERSION}"`, immutable: true };
  };
  return async (c) => {
    try {
      const params = paramsSchema.safeParse(c.req.param());
      if (!params.success) return notThere(c, 'There is no such music.');
      return await send(c, await made(params.data.music, params.data.what));
    } catch (error) {
      return failed(c, error);
    }
  };
}
