/** Photos sent by a browser: a folder of ours is made of them, and it becomes a listing like any other folder. */
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { Hono } from 'hono';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { besidePath, commitFile } from '../../base/files.node.ts';
import { newId } from '../../db/id.node.ts';
import { MAX_FILE_BYTES } from '../../pipeline/analyze/ingest.node.ts';
import type { CreatedListings } from './contract.ts';
import { safeSegment, safeSegments } from './folders.ts';

const MAX_FILES = 2_000;
const beginSchema = z.object({ name: z.string().max(200) });
const uploadId = z.uuid();
const indexSchema = z.coerce
  .number()
  .int()
  .min(0)
  .max(MAX_FILES - 1);

export function uploadRoutes(uploadDir: string, create: (folder: string) => Promise<CreatedListings>): Hono {
  const app = new Hono();
  /** Names that files still under way will get. */
  const claimed = new Set<string>();

  app.post('/', async (c) => {
    const { name } = beginSchema.parse(await c.req.json());
    const id = newId();
    const folder = join(uploadDir, id, safeSegment(name.trim() === '' ? 'Listing' : name));
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw toPicaividError(error, 'output_unwritable', 'The studio’s folder');
    });
    return c.json({ uploadId: id });
  });

  app.put('/:id/:index', async (c) => {
    const index = indexSchema.parse(c.req.param('index'));
    const folder = await folderOf(uploadDir, c.req.param('id'));
    const name = c.req.query('name') ?? '';
    const segments = safeSegments(name);
    let path = join(folder, ...segments);
    // Two files of one name from two places: the second keeps its name behind its number.
    if (claimed.has(path) || existsSync(path))
      path = join(folder, ...segments.slice(0, -1), `${index}_${segments.at(-1) ?? 'photo'}`.slice(0, 200));
    claimed.add(path);
    await receive(c.req.raw.body, path, name, PHOTO_LIMIT).finally(() => claimed.delete(path));
    return c.json({ bytes: (await stat(path)).size });
  });

  app.post('/:id/done', async (c) => {
    const folder = await folderOf(uploadDir, c.req.param('id'));
    return c.json(await create(folder));
  });

  return app;
}

/** The only folder inside the upload's own. The id is one of ours by its form, so it cannot lead anywhere. */
async function folderOf(uploadDir: string, id: string): Promise<string> {
  const checked = uploadId.safeParse(id);
  const inside = checked.success ? await readdir(join(uploadDir, checked.data)).catch(() => []) : [];
  const [name] = inside;
  if (!checked.success || name === undefined)
    throw new PicaividError('file_not_found', 'This upload is not known. Send the photos again.');
  return join(uploadDir, checked.data, name);
}

export interface SizeLimit {
  readonly bytes: number;
  /** What a person can do about it: “Export it smaller.” */
  readonly advice: string;
}
const PHOTO_LIMIT: SizeLimit = { bytes: MAX_FILE_BYTES, advice: 'Export it smaller.' };

/** Streams a request's body to a file; what is too large, or stops half way, leaves nothing. */
export async function receive(
  body: globalThis.ReadableStream<Uint8Array> | null,
  path: string,
  name: string,
  limit: SizeLimit,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = besidePath(path);
  let bytes = 0;
  const limited = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > limit.bytes)
        throw new PicaividError(
          'file_too_large',
          `${name} is larger than the limit of ${limit.bytes / 1e6} MB. ${limit.advice}`,
        );
      yield chunk;
    }
  };
  try {
    const source = body === null ? Readable.from([]) : Readable.fromWeb(body as unknown as ReadableStream<Uint8Array>);
    await pipeline(source, limited, createWriteStream(part, { mode: 0o600 }));
    await commitFile(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw toPicaividError(error, 'output_unwritable', name);
  }
}
