/** Measures on grey frames: structural similarity, sub-pixel shift of a window, rank correlation. Pure. */

/** 8-bit luma, row-major. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Float32Array;
}

/** Mean SSIM over 8×8 windows every 4 pixels (Wang, Bovik, Sheikh and Simoncelli 2004, block form). 1 is equal. */
export function ssim(a: GreyImage, b: GreyImage): number {
  const n = 64;
  let total = 0;
  let count = 0;
  for (let y = 0; y + 8 <= a.height; y += 4)
    for (let x = 0; x + 8 <= a.width; x += 4) {
      let sa = 0;
      let sb = 0;
      let aa = 0;
      let bb = 0;
      let ab = 0;
      for (let j = 0; j < 8; j++)
        for (let i = 0; i < 8; i++) {
          const p = a.data[(y + j) * a.width + x + i] as number;
          const q = b.data[(y + j) * b.width + x + i] as number;
          sa += p;
          sb += q;
          aa += p * p;
          bb += q * q;
          ab += p * q;
        }
      const ma = sa / n;
      const mb = sb / n;
      const va = aa / n - ma * ma;
      const vb = bb / n - mb * mb;
      const cov = ab / n - ma * mb;
      total += ((2 * ma * mb + 6.5025) * (2 * cov + 58.5225)) / ((ma * ma + mb * mb + 6.5025) * (va + vb + 58.5225));
      count++;
    }
  return count === 0 ? 1 : total / count;
}

function bilinear(g: GreyImage, x: number, y: number): number {
  const cx = Math.min(Math.max(x, 0), g.width - 1.001);
  const cy = Math.min(Math.max(y, 0), g.height - 1.001);
  const ix = Math.floor(cx);
  const iy = Math.floor(cy);
  const fx = cx - ix;
  const fy = cy - iy;
  const p = iy * g.width + ix;
  const top = (g.data[p] as number) * (1 - fx) + (g.data[p + 1] as number) * fx;
  const low = (g.data[p + g.width] as number) * (1 - fx) + (g.data[p + g.width + 1] as number) * fx;
  return top * (1 - fy) + low * fy;
}

/**
 * Shift of the window of `size` pixels centred at (cx, cy) from `a` to `b` (Lucas and Kanade 1981, iterated), starting
 * from a guess; undefined where the texture does not fix it or it does not settle. Pixels.
 */
export function windowShift(
  a: GreyImage,
  b: GreyImage,
  cx: number,
  cy: number,
  size: number,
  guess: { dx: number; dy: number } = { dx: 0, dy: 0 },
): { dx: number; dy: number } | undefined {
  const x0 = Math.round(cx - size / 2);
  const y0 = Math.round(cy - size / 2);
  if (x0 < 1 || y0 < 1 || x0 + size >= a.width - 1 || y0 + size >= a.height - 1) return undefined;
  let gxx = 0;
  let gxy = 0;
  let gyy = 0;
  const w = a.width;
  for (let y = y0; y < y0 + size; y++)
    for (let x = x0; x < x0 + size; x++) {
      const gx = ((a.data[y * w + x + 1] as number) - (a.data[y * w + x - 1] as number)) / 2;
      const gy = ((a.data[(y + 1) * w + x] as number) - (a.data[(y - 1) * w + x] as number)) / 2;
      gxx += gx * gx;
      gxy += gx * gy;
      gyy += gy * gy;
    }
  const det = gxx * gyy - gxy * gxy;
  const least = (gxx + gyy) / 2 - Math.sqrt(((gxx - gyy) / 2) ** 2 + gxy * gxy);
  // Mean squared gradient in the weakest direction below 4 levels²: noise decides there.
  if (least < 4 * size * size) return undefined;
  let { dx, dy } = guess;
  for (let k = 0; k < 12; k++) {
    let ex = 0;
    let ey = 0;
    for (let y = y0; y < y0 + size; y++)
      for (let x = x0; x < x0 + size; x++) {
        const gx = ((a.data[y * w + x + 1] as number) - (a.data[y * w + x - 1] as number)) / 2;
        const gy = ((a.data[(y + 1) * w + x] as number) - (a.data[(y - 1) * w + x] as number)) / 2;
        const d = (a.data[y * w + x] as number) - bilinear(b, x + dx, y + dy);
        ex += gx * d;
        ey += gy * d;
      }
    const sx = (gyy * ex - gxy * ey) / det;
    const sy = (gxx * ey - gxy * ex) / det;
    dx += sx;
    dy += sy;
    if (Math.abs(dx - guess.dx) > size || Math.abs(dy - guess.dy) > size) return undefined;
    if (sx * sx + sy * sy < 1e-6) return { dx, dy };
  }
  return undefined;
}

/** Spearman's rank correlation of two equally long lists. */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const ra = ranks(a);
  const rb = ranks(b);
  const mean = (ra.length - 1) / 2;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < ra.length; i++) {
    const p = (ra[i] as number) - mean;
    const q = (rb[i] as number) - mean;
    ab += p * q;
    aa += p * p;
    bb += q * q;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort(
    (i, j) => (values[i] as number) - (values[j] as number),
  );
  const out = new Float64Array(values.length);
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j + 1 < order.length && values[order[j + 1] as number] === values[order[i] as number]) j++;
    for (let k = i; k <= j; k++) out[order[k] as number] = (i + j) / 2;
    i = j + 1;
  }
  return out;
}
