/** Title cards drawn with sharp: words as SVG text, shaped by HarfBuzz, with the brand's logo over them. */
import sharp, { type Sharp } from 'sharp';
import { PicaividError } from '../../base/errors.ts';
import type { TitleCard } from '../domain.ts';
import { type TitleLayer, titleLayer } from './composite.ts';
import { requireLetters } from './glyphs.node.ts';
import { layTitle } from './title-layout.ts';

export { escapeXml } from './title-layout.ts';

/** Path of a logo's picture, or undefined when it is not there. */
export type LogoOf = (logoId: string) => Promise<string | undefined> | string | undefined;

/** Errors: `bad_usage` for letters that no font has, `file_not_found` and `image_damaged` for the logo. */
async function draw(title: TitleCard, width: number, height: number, logoOf?: LogoOf): Promise<Sharp> {
  await requireLetters(title.text);
  if (title.subtext !== undefined) await requireLetters(title.subtext);
  const { svg, logo } = layTitle(title, width, height);
  const words = sharp(Buffer.from(svg)).ensureAlpha();
  if (logo === null || title.logoId === undefined) return words;
  const path = await logoOf?.(title.logoId);
  if (path === undefined)
    throw new PicaividError('file_not_found', 'The logo of this film is not there any more. Choose it again.');
  const picture = await sharp(path)
    .resize(logo.width, logo.height, { fit: 'inside' })
    .png()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new PicaividError('image_damaged', 'The logo of this film cannot be read. Choose another picture.', {
        file: path,
        cause,
      });
    });
  const free = logo.width - picture.info.width;
  const left = logo.x + (logo.anchor === 'right' ? free : Math.round(free / 2));
  const top = logo.y + Math.round((logo.height - picture.info.height) / 2);
  // Drawn first, then laid: sharp's own order would resize after laying.
  const under = await words.png().toBuffer();
  return sharp(under).composite([{ input: picture.data, left, top }]);
}

/** The title as a PNG with alpha, any size: what the studio's player lays over its picture. Errors: as `drawTitle`. */
export async function titlePng(title: TitleCard, width: number, height: number, logoOf?: LogoOf): Promise<Buffer> {
  return (await draw(title, width, height, logoOf)).png().toBuffer();
}

/**
 * Draws a title for a frame size in pixels (even sides). Errors: `bad_usage` for letters that no font here has,
 * `file_not_found` and `image_damaged` for its logo.
 */
export async function drawTitle(title: TitleCard, width: number, height: number, logoOf?: LogoOf): Promise<TitleLayer> {
  const rgba = await (await draw(title, width, height, logoOf)).ensureAlpha().raw().toBuffer();
  return titleLayer(new Uint8Array(rgba.buffer, rgba.byteOffset, rgba.length), width, height);
}
