/**
 * A PDF of JPEG pages, as small as the format allows: catalogue, pages, one picture over each page. ISO 32000-1, 7.5
 * (file structure) and 8.9.5 (images with DCTDecode, which takes a JPEG as it is). Pure bytes.
 */
import { PicaividError } from '../../base/errors.ts';

export interface PdfPage {
  /** Baseline or progressive JPEG, three components (sRGB). */
  readonly jpeg: Uint8Array;
  readonly pixelWidth: number;
  readonly pixelHeight: number;
  /** Size on paper, points. */
  readonly width: number;
  readonly height: number;
}

/** The bytes of the file. `title` is shown by readers in their window (any Unicode). Throws `bad_usage` without a page. */
export function jpegPdf(pages: readonly PdfPage[], title: string): Uint8Array {
  if (pages.length === 0) throw new PicaividError('bad_usage', 'A PDF has at least one page.');
  const parts: Uint8Array[] = [];
  const offsets: number[] = [];
  let length = 0;
  const put = (part: Uint8Array | string): void => {
    const bytes = typeof part === 'string' ? latin(part) : part;
    parts.push(bytes);
    length += bytes.length;
  };
  /** Objects are numbered from 1 in the order in which they are put. */
  const object = (body: string, stream?: Uint8Array): void => {
    offsets.push(length);
    put(`${offsets.length} 0 obj\n${body}\n`);
    if (stream !== undefined) {
      put('stream\n');
      put(stream);
      put('\nendstream\n');
    }
    put('endobj\n');
  };
  // The comment of four bytes above 127 tells transports that the file is not text.
  put('%PDF-1.4\n%\u00e2\u00e3\u00cf\u00d3\n');
  const FIRST = 4;
  const kids = pages.map((_, i) => `${FIRST + 3 * i} 0 R`).join(' ');
  object('<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /DisplayDocTitle true >> >>');
  object(`<< /Type /Pages /Count ${pages.length} /Kids [${kids}] >>`);
  object(`<< /Title ${textString(title)} /Producer (Picaivid Studio) >>`);
  pages.forEach((page, i) => {
    const at = FIRST + 3 * i;
    const [width, height] = [page.width.toFixed(2), page.height.toFixed(2)];
    const paint = latin(`q ${width} 0 0 ${height} 0 0 cm /P Do Q`);
    object(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width} ${height}] /Resources << /XObject << /P ${at + 2} 0 R >> >> /Contents ${at + 1} 0 R >>`,
    );
    object(`<< /Length ${paint.length} >>`, paint);
    object(
      `<< /Type /XObject /Subtype /Image /Width ${page.pixelWidth} /Height ${page.pixelHeight} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length ${page.jpeg.length} >>`,
      page.jpeg,
    );
  });
  const table = length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`);
  put(`xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${rows.join('')}`);
  put(`trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R /Info 3 0 R >>\nstartxref\n${table}\n%%EOF\n`);
  const file = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** One byte a character: the file's own words are ASCII, but for the comment. */
function latin(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

/** UTF-16 with its mark, in hexadecimal: holds every letter and needs no escaping. */
function textString(text: string): string {
  let hex = 'FEFF';
  for (let i = 0; i < text.length; i++) hex += text.charCodeAt(i).toString(16).padStart(4, '0').toUpperCase();
  return `<${hex}>`;
}
