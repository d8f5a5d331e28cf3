/** What a file is, decided on its first bytes and never on its name. */
export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'tiff' | 'heif';

/** HEIF brands (ISO/IEC 23008-12) of still pictures, AVIF's among them. */
const HEIF_BRANDS = ['heic', 'heix', 'heim', 'heis', 'mif1', 'msf1', 'avif', 'avis'];

/** Bytes of a file that `sniffFormat` wants to see. */
export const SNIFF_BYTES = 32;

/** The format that the first bytes announce, or undefined when it is none that is accepted here. */
export function sniffFormat(head: Uint8Array): PictureFormat | undefined {
  const text = (from: number, to: number): string => String.fromCharCode(...head.subarray(from, to));
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  if (head[0] === 0x89 && text(1, 8) === 'PNG\r\n\x1a\n') return 'png';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  const tiff = text(0, 4);
  if (tiff === 'II*\0' || tiff === 'MM\0*' || tiff === 'II+\0' || tiff === 'MM\0+') return 'tiff';
  if (text(4, 8) === 'ftyp' && HEIF_BRANDS.includes(text(8, 12))) return 'heif';
  return undefined;
}
