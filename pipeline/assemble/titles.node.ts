/** Title cards drawn with sharp as SVG text, ready to be laid over the picture. */
import sharp from 'sharp';
import type { TitleCard } from '../domain.ts';
import { type TitleLayer, titleLayer } from './composite.ts';

/** Fonts in order of wish; the last is whatever sans-serif the machine has. */
const FONTS = 'Inter, Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif';
/** Text height as a share of the frame's shorter side: readable on a phone, quiet on a screen. */
const TEXT_SHARE = 0.062;
const SUBTEXT_SHARE = 0.032;
/** Share of the frame's width a line may fill before it is set smaller. */
const LINE_WIDTH = 0.84;
/** Mean advance of a letter in ems, semibold sans: used to fit long lines, generous on purpose. */
const LETTER_EMS = 0.62;

export function escapeXml(text: string): string {
  return [...text]
    .filter((c) => c >= ' ' || c === '\t' || c === '\n')
    .join('')
    .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** The SVG of a title: lower third, left, over a soft shade so that white text reads on any photo. */
export function titleSvg(title: TitleCard, width: number, height: number): string {
  const side = Math.min(width, height);
  const margin = Math.round(width * 0.07);
  const sized = (text: string, wanted: number): number =>
    Math.min(wanted, (width * LINE_WIDTH) / Math.max(1, [...text].length * LETTER_EMS));
  const size = sized(title.text, side * TEXT_SHARE);
  const subSize = sized(title.subtext ?? '', side * SUBTEXT_SHARE);
  const base = Math.round(height * (title.subtext === undefined ? 0.88 : 0.855));
  const sub =
    title.subtext === undefined
      ? ''
      : `<text x="${margin}" y="${base + Math.round(subSize * 1.75)}" font-size="${subSize.toFixed(1)}" font-weight="400" letter-spacing="${(subSize * 0.06).toFixed(2)}" fill="#fff" fill-opacity="0.92">${escapeXml(title.subtext)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<defs><linearGradient id="shade" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity="0.55"/></linearGradient></defs>
<rect x="0" y="${Math.round(height * 0.62)}" width="${width}" height="${Math.ceil(height * 0.38)}" fill="url(#shade)"/>
<g font-family="${FONTS}"><text x="${margin}" y="${base}" font-size="${size.toFixed(1)}" font-weight="600" fill="#fff">${escapeXml(title.text)}</text>${sub}</g></svg>`;
}

/** The title as a PNG with alpha, any size: what the studio's player lays over its picture. */
export function titlePng(title: TitleCard, width: number, height: number): Promise<Buffer> {
  return sharp(Buffer.from(titleSvg(title, width, height)))
    .png()
    .toBuffer();
}

/** Draws a title for a frame size in pixels (even sides). */
export async function drawTitle(title: TitleCard, width: number, height: number): Promise<TitleLayer> {
  const rgba = await sharp(Buffer.from(titleSvg(title, width, height)))
    .ensureAlpha()
    .raw()
    .toBuffer();
  return titleLayer(new Uint8Array(rgba.buffer, rgba.byteOffset, rgba.length), width, height);
}
