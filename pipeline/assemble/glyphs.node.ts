/**
 * Which letters of a text this machine's fonts lack. Asked of the very program that draws: it draws a box with the
 * letter's number where no font has it, the same box as for a number that is never a letter.
 */
import sharp from 'sharp';
import { PicaividError } from '../../base/errors.ts';
import { escapeXml, TITLE_FONTS } from './title-layout.ts';

const CELL = 64;
/** Numbers that Unicode keeps from ever being letters: their boxes have two rows of 2 digits, or of 3. */
const NEVER = ['\ufdd0', '\u{1fffe}'];
/** Basic Latin is in every font; whether there is a font at all is asked of one of its letters. */
const ANY_LETTER = 'A';
const PLAIN = /^[\u0020-\u007e]$/;
/** What is not drawn by itself: marks, joiners, spaces. */
const UNSEEN = /^[\p{M}\p{Cc}\p{Cf}\p{Z}]$/u;

const known = new Map<string, boolean>();
let boxes: Promise<Uint8Array[]> | undefined;

async function drawn(letter: string): Promise<Uint8Array> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${CELL}" height="${CELL}"><text x="8" y="44" font-family="${TITLE_FONTS}" font-size="32">${escapeXml(letter)}</text></svg>`;
  const { data } = await sharp(Buffer.from(svg)).extractChannel('alpha').raw().toBuffer({ resolveWithObject: true });
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function extentOf(alpha: Uint8Array): Extent | undefined {
  let [left, top, right, bottom] = [CELL, CELL, -1, -1];
  for (let i = 0; i < alpha.length; i++) {
    if ((alpha[i] as number) === 0) continue;
    const x = i % CELL;
    const y = (i - x) / CELL;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return right < 0 ? undefined : { left, top, right, bottom };
}

/** The same outline: equal extents, and equal pixels along their rims. */
function sameFrame(a: Uint8Array, b: Uint8Array): boolean {
  const box = extentOf(a);
  const other = extentOf(b);
  if (box === undefined || other === undefined || JSON.stringify(box) !== JSON.stringify(other)) return false;
  const rim: number[] = [];
  for (let x = box.left; x <= box.right; x++) rim.push(box.top * CELL + x, box.bottom * CELL + x);
  for (let y = box.top; y <= box.bottom; y++) rim.push(y * CELL + box.left, y * CELL + box.right);
  return rim.every((i) => a[i] === b[i]);
}

async function isDrawn(letter: string): Promise<boolean> {
  const before = known.get(letter);
  if (before !== undefined) return before;
  boxes ??= Promise.all(NEVER.map(drawn));
  const picture = await drawn(letter);
  const there = extentOf(picture) !== undefined && !(await boxes).some((box) => sameFrame(picture, box));
  known.set(letter, there);
  return there;
}

/** The letters of a text, each once, that would be drawn as boxes. */
export async function missingLetters(text: string): Promise<string[]> {
  const missing: string[] = [];
  for (const letter of new Set(text)) {
    if (PLAIN.test(letter) || UNSEEN.test(letter)) continue;
    if (!(await isDrawn(letter))) missing.push(letter);
  }
  return missing;
}

/** Names for people: scripts that have fonts of their own. */
const SCRIPTS: readonly (readonly [RegExp, string])[] = [
  [/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u, 'Chinese and Japanese'],
  [/\p{Script=Hangul}/u, 'Korean'],
  [/\p{Script=Arabic}/u, 'Arabic'],
  [/\p{Script=Hebrew}/u, 'Hebrew'],
  [/\p{Script=Cyrillic}/u, 'Cyrillic'],
  [/\p{Script=Greek}/u, 'Greek'],
  [/\p{Script=Devanagari}/u, 'Devanagari'],
  [/\p{Script=Thai}/u, 'Thai'],
  [/\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}/u, 'emoji'],
];
const NAMED = 5;

/** Errors: `bad_usage`, with the letters and what to do, when a text cannot be drawn on this machine. */
export async function requireLetters(text: string): Promise<void> {
  if (text.trim() !== '' && !(await isDrawn(ANY_LETTER)))
    throw new PicaividError(
      'bad_usage',
      'Titles cannot be drawn: this computer has no font. Install one (Noto Sans or DejaVu Sans), or take the titles away.',
    );
  const missing = await missingLetters(text);
  if (missing.length === 0) return;
  const scripts = [...new Set(missing.map((letter) => SCRIPTS.find(([test]) => test.test(letter))?.[1] ?? 'these'))];
  const shown = missing.slice(0, NAMED).join(' ');
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
  const kind = scripts.includes('these') ? 'them' : scripts.join(' and ');
  throw new PicaividError(
    'bad_usage',
    `The title “${text}” cannot be drawn: no font on this computer has ${shown}${more}. Install a font with ${kind} (Noto has all), or write the title without.`,
  );
}
