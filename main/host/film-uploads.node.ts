/** Music and logos sent by a page: streamed to disk, looked at by their content, kept under the hash of their bytes. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Hono } from 'hono';
import sharp from 'sharp';
import { z } from 'zod';
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { besidePath, sha256Bytes, writeFileAtomic } from '../../base/files.node.ts';
import { SNIFF_BYTES, sniffFormat } from '../../pipeline/analyze/magic.ts';
import { safeSegments } from './folders.ts';
import type { StudioHome } from './home.node.ts';
import { LOGOS_FOLDER, logoPath } from './logos.node.ts';
import { MAX_MUSIC_BYTES, type Music } from './music.node.ts';
import { receive } from './uploads.node.ts';

/** Bytes of a logo that is taken, and the longest side that is kept, pixels: it fills a fifth of a 4K frame. */
export const MAX_LOGO_BYTES = 20_000_000;
const LOGO_SIDE = 1024;
const nameSchema = z.string().min(1).max(400);

export function filmUploads(music: Music, home: StudioHome): Hono {
  const app = new Hono();

  app.post('/music', async (c) => {
    const name = safeSegments(nameSchema.parse(c.req.query('name'))).at(-1) ?? 'music';
    const part = await arriving(home, 'music');
    await receive(c.req.raw.body, part, name, { bytes: MAX_MUSIC_BYTES, advice: 'Save it as MP3, M4A or FLAC.' });
    return c.json(await music.take(part, name));
  });

  app.post('/logo', async (c) => {
    const part = await arriving(home, LOGOS_FOLDER);
    await receive(c.req.raw.body, part, 'This picture', { bytes: MAX_LOGO_BYTES, advice: 'Export it smaller.' });
    try {
      return c.json({ id: await takeLogo(home, part) });
    } finally {
      await rm(part, { force: true });
    }
  });
  return app;
}

async function arriving({ dir }: StudioHome, folder: string): Promise<string> {
  await mkdir(join(dir, folder), { recursive: true, mode: 0o700 });
  return besidePath(join(dir, folder, 'arriving'));
}

/**
 * A logo is kept as PNG with alpha, upright, at most LOGO_SIDE wide or high; its id is the hash of that PNG, by which a
 * team's other studios fetch it.
 */
async function takeLogo(home: StudioHome, part: string): Promise<string> {
  const refused = new PicaividError('image_unsupported', 'This is no picture for a logo. Use PNG, JPEG, WebP or SVG.');
  // From memory a drawing has no folder, so nothing that it points at is read.
  const bytes = await readFile(part);
  const format = sniffFormat(bytes.subarray(0, SNIFF_BYTES));
  const isSvg = format === undefined && /^\s*(<\?xml|<!--|<svg)/.test(bytes.subarray(0, 512).toString('utf8').trim());
  if (!isSvg && format !== 'png' && format !== 'jpeg' && format !== 'webp') throw refused;
  try {
    const png = await sharp(bytes, { limitInputPixels: 100_000_000, ...(isSvg ? { density: 200 } : {}) })
      .rotate()
      .resize(LOGO_SIDE, LOGO_SIDE, { fit: 'inside', withoutEnlargement: !isSvg })
      .toColourspace('srgb')
      .ensureAlpha()
      .png()
      .toBuffer();
    const id = sha256Bytes(png);
    await writeFileAtomic(logoPath(home, id), png);
    return id;
  } catch (error) {
    const known = toPicaividError(error, 'image_damaged');
    throw known.code === 'image_damaged' ? refused : known;
  }
}
