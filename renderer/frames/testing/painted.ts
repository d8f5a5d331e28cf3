/**
 * Frame numbers painted into pictures so that a program reads them back from any decoder: black and white blocks, far
 * larger than a macroblock is wrong by, with the clip's number and a checksum; beside them the digits for people. Pure.
 */

/** Blocks in a row; the index is 16 bits, below it 8 bits of clip and 8 of checksum. */
const COLUMNS = 16;
const ROWS = 2;
const MIDDLE = 128;
/** A block darker or lighter than this is sure; anything between is no number. */
const SURE = 48;

export interface Painted {
  readonly clip: number;
  readonly index: number;
}

interface Layout {
  readonly block: number;
  readonly left: number;
  readonly top: number;
}

function layout(width: number, height: number): Layout {
  const block = Math.floor(Math.min(width / (COLUMNS + 2), height / 8));
  return { block, left: Math.floor((width - COLUMNS * block) / 2), top: block };
}

function checksum(index: number, clip: number): number {
  return ((index * 31 + clip * 17 + (index >> 8) * 7) ^ 0xa5) & 0xff;
}

const wordsOf = ({ clip, index }: Painted): readonly [number, number] => [index, (clip << 8) | checksum(index, clip)];

/** 5 × 7 digits, a row in five bits. */
const DIGITS = [
  '0e11131519110e', '040c040404040e', '0e11010204081f', '1f02040201110e', '02060a121f0202', '1f101e0101110e',
  '0608101e11110e', '1f010204080808', '0e11110e11110e', '0e11110f01020c',
].map((rows) => (rows.match(/../g) ?? []).map((row) => Number.parseInt(row, 16))); // biome-ignore format: one list

/**
 * RGB of a frame. The ground is a gradient that wanders with the index, so that every frame differs everywhere, as those
 * of a moving picture do.
 */
export function paintFrame(width: number, height: number, painted: Painted): Uint8Array {
  const out = new Uint8Array(width * height * 3);
  const { index, clip } = painted;
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      out[at++] = 60 + ((x + 3 * index) % 97);
      out[at++] = 70 + ((y + 2 * index) % 83);
      out[at++] = 60 + ((x + y + 40 * clip) % 101);
    }
  const fill = (x: number, y: number, w: number, h: number, value: number): void => {
    for (let row = y; row < Math.min(height, y + h); row++)
      out.fill(value, (row * width + x) * 3, (row * width + Math.min(width, x + w)) * 3);
  };
  const { block, left, top } = layout(width, height);
  for (const [row, word] of wordsOf(painted).entries())
    for (let column = 0; column < COLUMNS; column++) {
      const white = (word >> (COLUMNS - 1 - column)) & 1;
      fill(left + column * block, top + row * block, block, block, white === 1 ? 235 : 20);
    }
  // Room for five digits.
  const dot = Math.max(1, Math.floor(Math.min((height * 0.4) / 7, width / 32)));
  const digits = [...String(index)].map(Number);
  const from = Math.floor((width - digits.length * 6 * dot) / 2);
  const below = top + ROWS * block + 2 * dot;
  fill(from - dot, below - dot, (digits.length * 6 + 1) * dot, 9 * dot, 20);
  for (const [place, digit] of digits.entries())
    for (const [row, bits] of (DIGITS[digit] ?? []).entries())
      for (let column = 0; column < 5; column++)
        if (((bits >> (4 - column)) & 1) === 1)
          fill(from + (place * 6 + column) * dot, below + row * dot, dot, dot, 235);
  return out;
}

export interface Part {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where the blocks lie in a picture of this size: reading these pixels is enough. */
export function paintedPart(width: number, height: number): Part {
  const { block, left, top } = layout(width, height);
  return { x: left, y: top, width: COLUMNS * block, height: ROWS * block };
}

/**
 * What was painted in a picture of this size; null where no sure number is to be read. `data` are rows of `channels`
 * bytes a pixel, of the whole picture or of its `paintedPart`.
 */
export function readPainted(
  data: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: 3 | 4,
  part: Part = { x: 0, y: 0, width, height },
): Painted | null {
  const { block, left, top } = layout(width, height);
  // The middle half of a block: its edges are smeared by scaling and encoding.
  const quarter = Math.max(1, block >> 2);
  const words: number[] = [];
  for (let row = 0; row < ROWS; row++) {
    let word = 0;
    for (let column = 0; column < COLUMNS; column++) {
      let sum = 0;
      let count = 0;
      for (let y = quarter; y < block - quarter; y++)
        for (let x = quarter; x < block - quarter; x++, count += 3) {
          const at = ((top - part.y + row * block + y) * part.width + left - part.x + column * block + x) * channels;
          sum += (data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0);
        }
      const value = sum / count;
      if (!(Math.abs(value - MIDDLE) >= SURE)) return null;
      word = word * 2 + (value > MIDDLE ? 1 : 0);
    }
    words.push(word);
  }
  const [index = 0, second = 0] = words;
  const clip = second >> 8;
  return (second & 0xff) === checksum(index, clip) ? { clip, index } : null;
}
