import { describe, expect, test } from 'vitest';
import { paintedPart, paintFrame, readPainted } from './painted.ts';

describe('painted numbers', () => {
  test.each([
    [320, 180],
    [1280, 720],
    [180, 320],
    [161, 91],
  ])('are read back at %i × %i, from the whole and from their part', (width, height) => {
    for (const index of [0, 1, 2, 255, 256, 4095, 65_535]) {
      const data = paintFrame(width, height, { clip: index % 251, index });
      const expected = { clip: index % 251, index };
      expect(readPainted(data, width, height, 3)).toEqual(expected);
      const part = paintedPart(width, height);
      const cut = new Uint8Array(part.width * part.height * 3);
      for (let y = 0; y < part.height; y++) {
        const from = ((part.y + y) * width + part.x) * 3;
        cut.set(data.subarray(from, from + part.width * 3), y * part.width * 3);
      }
      expect(readPainted(cut, width, height, 3, part)).toEqual(expected);
    }
  });

  test('half of one frame over another, grey, and a picture without a number give none', () => {
    const one = paintFrame(320, 180, { clip: 1, index: 5 });
    const other = paintFrame(320, 180, { clip: 1, index: 6 });
    expect(
      readPainted(
        one.map((value, i) => (value + (other[i] ?? 0)) / 2),
        320,
        180,
        3,
      ),
    ).toBeNull();
    expect(readPainted(new Uint8Array(320 * 180 * 3).fill(128), 320, 180, 3)).toBeNull();
    // All black has a sure zero, and the checksum of zero is not zero.
    expect(readPainted(new Uint8Array(320 * 180 * 3), 320, 180, 3)).toBeNull();
  });
});
