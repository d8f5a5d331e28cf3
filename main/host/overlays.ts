/** Pictures that explain a photo: depth as colours, and where it is sharp. Pure. */

/** Matplotlib's “plasma” at ten even steps: lightness rises evenly, far is cool and dark, near is warm and light. */
const PLASMA = [
  [13, 8, 135], [70, 3, 159], [114, 1, 168], [156, 23, 158], [189, 55, 134],
  [216, 87, 107], [237, 121, 83], [251, 159, 58], [253, 202, 38], [240, 249, 33],
] as const; // biome-ignore format: a table reads better as a block

/** One colour a sample of inverse depth (0..65535), interleaved RGB. */
export function depthColours(samples: Uint16Array): Uint8Array {
  const table = new Uint8Array(256 * 3);
  for (let level = 0; level < 256; level++) {
    const at = (level / 255) * (PLASMA.length - 1);
    const low = Math.min(PLASMA.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++) {
      const a = PLASMA[low]?.[c] ?? 0;
      const b = PLASMA[low + 1]?.[c] ?? 0;
      table[level * 3 + c] = Math.round(a + (b - a) * (at - low));
    }
  }
  const out = new Uint8Array(samples.length * 3);
  for (let i = 0; i < samples.length; i++) {
    const level = (samples[i] ?? 0) >> 8;
    for (let c = 0; c < 3; c++) out[i * 3 + c] = table[level * 3 + c] ?? 0;
  }
  return out;
}

/** Pixels of the picture a cell of the sharpness map stands for, on each side. */
const CELL = 8;
/** Root mean square of the Laplacian, 8-bit levels, at which a cell is as sharp as a cell gets in a good photo. */
const SHARP_LEVELS = 28;
/** The photo stays visible below. */
const MAX_ALPHA = 176;
/** Below it there is only noise and JPEG blocks. */
const NOISE_LEVELS = 3;

/**
 * Where a grey picture is sharp: RGBA of one pixel per 8 × 8 cell, one colour, alpha by the energy of the 4-neighbour
 * Laplacian. The scale is absolute, so a blurred photo stays empty.
 */
export function sharpnessOverlay(
  grey: Uint8Array,
  width: number,
  height: number,
): { readonly width: number; readonly height: number; readonly data: Uint8Array } {
  const columns = Math.max(1, Math.floor(width / CELL));
  const rows = Math.max(1, Math.floor(height / CELL));
  const data = new Uint8Array(columns * rows * 4);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      let count = 0;
      for (let y = Math.max(1, row * CELL); y < Math.min(height - 1, (row + 1) * CELL); y++)
        for (let x = Math.max(1, column * CELL); x < Math.min(width - 1, (column + 1) * CELL); x++) {
          const i = y * width + x;
          const laplacian =
            4 * (grey[i] ?? 0) -
            (grey[i - 1] ?? 0) -
            (grey[i + 1] ?? 0) -
            (grey[i - width] ?? 0) -
            (grey[i + width] ?? 0);
          sum += laplacian * laplacian;
          count++;
        }
      const level = count === 0 ? 0 : Math.sqrt(sum / count);
      const share = Math.min(1, Math.max(0, (level - NOISE_LEVELS) / (SHARP_LEVELS - NOISE_LEVELS)));
      data.set([255, 196, 64, Math.round(share * MAX_ALPHA)], (row * columns + column) * 4);
    }
  return { width: columns, height: rows, data };
}
