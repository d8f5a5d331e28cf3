/** Draws the storyboard with sharp: pictures from the photos' proxies, text as SVG; a PNG sheet or a PDF of pages. */
import sharp, { type OverlayOptions, type Sharp } from 'sharp';
import { throwIfCancelled, toPicaividError } from '../../base/errors.ts';
import { escapeXml } from '../assemble/titles.node.ts';
import type { OnProgress, Timeline } from '../domain.ts';
import { jpegPdf, type PdfPage } from './pdf.ts';
import { type PictureBox, type StoryboardNames, type StoryboardPage, storyboardPages, storyboardSheet, type TextBox } from './storyboard.ts'; // biome-ignore format: one import

export interface StoryboardInput extends StoryboardNames {
  readonly timeline: Timeline;
  /** File of a photo's proxy (320 or 1280 px; JPEG), undefined when there is none: its place stays grey. */
  readonly pictureOf: (photoId: string) => string | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** Pixels per point: 150 per inch on paper; a sheet for screens. */
const PAGE_SCALE = 150 / 72;
const SHEET_SCALE = 1.6;
/** Sheets of many shots are drawn smaller: a picture of more pixels takes too much memory and no program shows it well. */
const MAX_SHEET_PIXELS = 40e6;
const FONTS = 'Inter, Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif';
const TONES = { ink: '#16181d', muted: '#6b7280' } as const;
/** Mean advance of a letter in ems: used to fit long lines, generous on purpose. */
const LETTER_EMS = 0.54;
/** Long lines are set this much smaller at most, and cut only then. */
const SMALLEST = 0.8;

/** All shots on one sheet, PNG bytes. Errors: `cancelled`, `image_damaged` for a proxy that cannot be read. */
export async function storyboardPng(input: StoryboardInput): Promise<Buffer> {
  const page = storyboardSheet(input.timeline, input);
  const scale = Math.min(SHEET_SCALE, Math.sqrt(MAX_SHEET_PIXELS / (page.width * page.height)));
  const image = await drawPage(page, scale, input, 0, 1);
  return image.png({ compressionLevel: 6, palette: false }).toBuffer();
}

/** Pages of A4 across, PDF bytes. Errors as `storyboardPng`. */
export async function storyboardPdf(input: StoryboardInput): Promise<Uint8Array> {
  const layout = storyboardPages(input.timeline, input);
  const pages: PdfPage[] = [];
  for (const [i, page] of layout.entries()) {
    const image = await drawPage(page, PAGE_SCALE, input, i / layout.length, 1 / layout.length);
    const { data, info } = await image
      .jpeg({ quality: 88, chromaSubsampling: '4:4:4' })
      .toBuffer({ resolveWithObject: true });
    const { width, height } = page;
    pages.push({ jpeg: data, pixelWidth: info.width, pixelHeight: info.height, width, height });
  }
  return jpegPdf(pages, input.title);
}

async function drawPage(
  page: StoryboardPage,
  scale: number,
  input: StoryboardInput,
  done: number,
  share: number,
): Promise<Sharp> {
  const overlays: OverlayOptions[] = [];
  // Shots of one photo are read once; sizes are the same all over a page.
  const drawn = new Map<string, Promise<Buffer> | undefined>();
  for (const [i, box] of page.pictures.entries()) {
    throwIfCancelled(input.signal);
    input.onProgress?.({ fraction: done + (share * i) / page.pictures.length, sentence: 'Drawing the storyboard' });
    const path = input.pictureOf(box.photoId);
    if (!drawn.has(box.photoId) && path !== undefined) drawn.set(box.photoId, thumbnail(path, box, scale));
    const picture = await drawn.get(box.photoId);
    if (picture !== undefined) {
      overlays.push({ input: picture, left: Math.round(box.x * scale), top: Math.round(box.y * scale) });
    }
  }
  const width = Math.round(page.width * scale);
  const height = Math.round(page.height * scale);
  // First the page with its grey places, then pictures, then text: all sizes come from the same layout.
  const frames = page.pictures
    .map(({ x, y, width: w, height: h }) => {
      const place = `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="#e5e7eb"/>`;
      // A picture covers it where there is one.
      return `${place}<text x="${x + w / 2}" y="${y + h / 2 + 3}" font-size="9" fill="${TONES.muted}" text-anchor="middle" font-family="${FONTS}">No picture</text>`;
    })
    .join('');
  const svg = (content: string): Buffer =>
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${page.width} ${page.height}">${content}</svg>`,
    );
  const texts = `<g font-family="${FONTS}">${page.texts.map(textSvg).join('')}</g>`;
  const base = sharp({ create: { width, height, channels: 3, background: '#ffffff' } });
  const flat = await base
    .composite([{ input: svg(frames) }, ...overlays, { input: svg(texts) }])
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { channels } = flat.info;
  return sharp(flat.data, { raw: { width, height, channels } }).flatten({ background: '#ffffff' }).removeAlpha();
}

async function thumbnail(path: string, box: PictureBox, scale: number): Promise<Buffer> {
  try {
    return await sharp(path)
      .autoOrient()
      .resize(Math.round(box.width * scale), Math.round(box.height * scale), { fit: 'cover' })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .png({ compressionLevel: 1 })
      .toBuffer();
  } catch (error) {
    throw toPicaividError(error, 'image_damaged', path);
  }
}

function textSvg(box: TextBox): string {
  const letters = [...box.text];
  const wanted = box.width / (letters.length * LETTER_EMS);
  const size = Math.min(box.size, Math.max(box.size * SMALLEST, wanted));
  // A line that was set smaller to fit does fit, whatever the last digit of the division.
  const fits = Math.max(1, Math.floor(box.width / (size * LETTER_EMS) + 1e-6));
  const text =
    letters.length <= fits
      ? box.text
      : `${letters
          .slice(0, fits - 1)
          .join('')
          .trimEnd()}…`;
  const right = box.align === 'right';
  const x = right ? box.x + box.width : box.x;
  return `<text x="${x.toFixed(2)}" y="${box.y.toFixed(2)}" font-size="${size.toFixed(2)}" font-weight="${box.weight}" fill="${TONES[box.tone]}" text-anchor="${right ? 'end' : 'start'}" xml:space="preserve">${escapeXml(text)}</text>`;
}
