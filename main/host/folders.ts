/** Names: of listings from folders, and of files that come from outside. Pure. */

/** Extensions of what ingest reads; a file's content decides, this only counts and chooses. */
const PHOTO_NAME = /\.(jpe?g|png|webp|tiff?|hei[cf]|avif|gif|bmp|jxl|dng)$/i;
export function looksLikePhoto(name: string): boolean {
  return !name.startsWith('.') && PHOTO_NAME.test(name);
}

/** Folders that are parts of one listing, not listings. */
const PART_NAME =
  /^(interiors?|exteriors?|inside|outside|drone|aerials?|photos?|images?|pictures?|pics|edit(ed|s)?|finals?|selects?|raws?|jpe?gs?|web|print|mls|hi-?res|low-?res|full|floor ?plans?|twilight|dusk|day|night|\d{1,3})$/i;
export function isPartOfListing(folderName: string): boolean {
  return PART_NAME.test(folderName.replaceAll(/[_-]+/g, ' ').trim());
}

/** `18_willow_lane` → `18 Willow Lane`. A name that a person wrote with capitals keeps them. */
export function tidyName(folderName: string): string {
  const spaces = folderName
    .normalize('NFC')
    .replaceAll(/[_\s]+/g, ' ')
    .trim();
  // Hyphens stand for spaces where nothing else does, but not in “12-14 High Street”.
  const spaced = spaces.includes(' ') ? spaces : spaces.replaceAll(/-(?=\p{L})|(?<=\p{L})-/gu, ' ').trim();
  const named = spaced === '' ? folderName.trim() : spaced;
  const written = /\p{Lu}/u.test(named) && /\p{Ll}/u.test(named);
  const cased = written
    ? named
    : named.toLowerCase().replaceAll(/(?<=^|[\s(/-])\p{L}|(?<=\d)\p{L}(?!\p{L})/gu, (letter) => letter.toUpperCase());
  return cased.slice(0, 200) || 'Listing';
}

const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const MAX_SEGMENT = 120;

/** One file or folder name that is safe on every system and stays where it is put. */
export function safeSegment(name: string): string {
  const cleaned = name
    .normalize('NFC')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
    .replaceAll(/[\u0000-\u001f\u007f<>:"/\\|?*]/g, '_')
    .replace(/^[.\s]+/, '')
    .replace(/[.\s]+$/, '');
  const dot = cleaned.lastIndexOf('.');
  const extension = dot > 0 ? cleaned.slice(dot, dot + 12) : '';
  const stem = dot > 0 ? cleaned.slice(0, dot) : cleaned;
  const short = `${stem.slice(0, MAX_SEGMENT - extension.length)}${extension}`;
  if (short === '') return 'photo';
  return DEVICE_NAME.test(short) ? `_${short}` : short;
}

/** A relative name from a browser (`Willow Lane/kitchen.jpg`) as safe segments, the file's own name last. */
export function safeSegments(name: string): readonly string[] {
  const parts = name.split(/[/\\]+/).filter((part) => part !== '' && part !== '.' && part !== '..');
  return (parts.length === 0 ? ['photo'] : parts.slice(-4)).map(safeSegment);
}
