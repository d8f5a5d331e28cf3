/**
 * Takes as files, by ids: a listing, a clip of it and a take's hash are looked up; what is sent lies where the studio
 * put it, and no part of an address becomes a path. A file that is not the rendered one any more is not sent.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Handler } from 'hono';
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';
import { sha256Text, writeFileAtomic } from '../../base/files.node.ts';
import { makeProxy, PROXY_VERSION } from '../../pipeline/media/proxy.node.ts';
import { framePng, stripJpeg } from '../../pipeline/media/strip.node.ts';
import { type RecordedFile, takeFileState } from '../take-files.node.ts';
import { idSchema } from './contract.ts';
import type { HostCore } from './core.ts';
import { type Found, failed, notThere, send } from './media.node.ts';
import type { Renders } from './renders.node.ts';
import { recordedFile } from './renders-parts.node.ts';
import { CLIP_FILES, STRIP_FRAMES } from './review-contract.ts';

/** Pixels of one frame of a strip. */
const STRIP_WIDTH = 160;
const STRIP_VERSION = 1;
/** Programs that make files for pages at a time, and as many that decode single frames. */
const AT_ONCE = 2;

const params = z.object({
  listing: idSchema,
  clip: idSchema,
  take: z.string().regex(/^[0-9a-f]{64}$/),
  what: z.union([z.enum(CLIP_FILES), z.string().regex(/^frame-(0|[1-9]\d{0,6})\.png$/)]),
});

/** `/clip/<listing id>/<clip id>/<spec hash>/<clip.mp4 | proxy.mp4 | strip.jpg | frame-<n>.png>` */
export function clipHandler(core: HostCore, renders: Renders): Handler {
  const made = new Making(core.home.cacheDir);
  return async (c) => {
    try {
      const asked = params.safeParse(c.req.param());
      if (!asked.success) return notThere(c, 'There is no such clip.');
      const { listing, clip, take: hash, what } = asked.data;
      const row = await core.store.listing(listing);
      const take = row === undefined ? undefined : await renders.parts.store.take(row.jobId, clip, hash);
      if (take === undefined) return notThere(c, 'This take is not in the library (any more).');
      const file = recordedFile(renders.parts, take);
      if (row !== undefined) await core.team.bringTake(row, take);
      await mustBePresent(file);
      if (what === 'clip.mp4') return await send(c, await clipFound(file));
      if (what === 'proxy.mp4') return await send(c, await made.proxy(hash, file.path));
      if (what === 'strip.jpg') return await send(c, await made.strip(hash, file.path));
      return await sendFrame(c, made, hash, file.path, Number(what.slice('frame-'.length, -'.png'.length)));
    } catch (error) {
      return failed(c, error);
    }
  };
}

async function mustBePresent(file: RecordedFile): Promise<void> {
  const state = await takeFileState(file);
  if (state === 'missing')
    throw new PicaividError('clip_missing', 'The file of this take is gone from the disk. Render the clip again.');
  if (state === 'altered')
    throw new PicaividError('clip_invalid', 'The file of this take was changed on disk. Render the clip again.');
}

async function clipFound({ path }: RecordedFile): Promise<Found> {
  const info = await stat(path, { bigint: true });
  // Rendered anew after a loss it has another time: then it is asked for again.
  const etag = `"${info.size.toString(36)}-${info.mtimeNs.toString(36)}"`;
  return { path, type: 'video/mp4', etag, immutable: false };
}

async function sendFrame(c: Context, made: Making, hash: string, path: string, frame: number): Promise<Response> {
  const etag = `"${hash.slice(0, 32)}-${frame}"`;
  const headers = {
    'Content-Type': 'image/png',
    ETag: etag,
    'Cache-Control': 'private, max-age=31536000, immutable',
  };
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers);
  const png = await made.frame(hash, path, frame);
  if (png === undefined) return notThere(c, 'This take has no such frame.');
  return c.body(new Uint8Array(png), 200, { ...headers, 'Content-Length': String(png.length) });
}

/** So many at a time, the others in turn. */
class Turns {
  private free = AT_ONCE;
  private readonly waiting: (() => void)[] = [];

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free += 1;
      else next();
    }
  }
}

/** What is made of takes on demand: each thing once, however many ask for it. */
class Making {
  private readonly cacheDir: string;
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly files = new Turns();
  /** A frame is looked at now: it does not wait behind copies of whole clips. */
  private readonly frames = new Turns();

  constructor(cacheDir: string) {
    this.cacheDir = cacheDir;
  }

  proxy(hash: string, clipPath: string): Promise<Found> {
    const found = this.place('proxies', [PROXY_VERSION, hash], 'mp4', 'video/mp4');
    return this.kept(found, () => makeProxy(clipPath, found.path));
  }

  /** Of the proxy where it is there: its frames stand for themselves, so only twenty are decoded. */
  strip(hash: string, clipPath: string): Promise<Found> {
    const found = this.place('strips', [STRIP_VERSION, hash], 'jpg', 'image/jpeg');
    const proxy = this.place('proxies', [PROXY_VERSION, hash], 'mp4', 'video/mp4').path;
    return this.kept(found, async () => {
      const from = (await isFile(proxy)) ? proxy : clipPath;
      await writeFileAtomic(found.path, await stripJpeg(from, STRIP_FRAMES, STRIP_WIDTH));
    });
  }

  frame(hash: string, clipPath: string, frame: number): Promise<Buffer | undefined> {
    return this.once(`${hash} ${frame}`, this.frames, () => framePng(clipPath, frame));
  }

  private place(folder: string, key: readonly unknown[], extension: string, type: string): Found {
    const name = sha256Text(JSON.stringify(key));
    const path = join(this.cacheDir, folder, name.slice(0, 2), `${name.slice(2, 34)}.${extension}`);
    return { path, type, etag: `"${name.slice(0, 32)}"`, immutable: true };
  }

  private async kept(found: Found, make: () => Promise<void>): Promise<Found> {
    if (await isFile(found.path)) return found;
    return this.once(found.path, this.files, async () => {
      if (!(await isFile(found.path))) {
        await mkdir(join(found.path, '..'), { recursive: true });
        await make();
      }
      return found;
    });
  }

  /** One run for all who ask meanwhile; it waits for its turn. */
  private once<T>(key: string, turns: Turns, make: () => Promise<T>): Promise<T> {
    const known = this.running.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const run = turns.take(make).finally(() => this.running.delete(key));
    this.running.set(key, run);
    return run;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile() && info.size > 0,
    () => false,
  );
}
