/** Which kind of sound file the first bytes are; a name says nothing. Playlists and scripts are none of them. Pure. */

export const SOUND_SNIFF_BYTES = 16;

const ascii = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

/** The extension for a file with this beginning, or undefined for what no film takes its sound from. */
export function sniffSound(head: Uint8Array): string | undefined {
  const four = ascii(head, 0, 4);
  if (four === 'fLaC') return 'flac';
  if (four === 'OggS') return 'ogg';
  if ((four === 'RIFF' || four === 'RF64') && ascii(head, 8, 12) === 'WAVE') return 'wav';
  if (four === 'FORM' && ascii(head, 8, 11) === 'AIF') return 'aiff';
  if (ascii(head, 4, 8) === 'ftyp') return 'm4a';
  if (four === 'caff') return 'caf';
  if (four.startsWith('ID3')) return 'mp3';
  const [a = 0, b = 0, c = 0, d = 0] = head;
  if (a === 0x1a && b === 0x45 && c === 0xdf && d === 0xa3) return 'mka';
  if (a === 0x30 && b === 0x26 && c === 0xb2 && d === 0x75) return 'wma';
  if (a !== 0xff || (b & 0xe0) !== 0xe0) return undefined;
  // Layer bits 00 are ADTS (AAC), the others MPEG audio.
  return (b & 0x06) === 0 ? 'aac' : 'mp3';
}
