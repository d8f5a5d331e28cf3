/**
 * The fast guided filter with a colour guide (He, Sun and Tang, "Guided Image Filtering", 2013; He and Sun, "Fast Guided
 * Filter", 2015): locally the output is a linear function of the guide's colour, fitted at low resolution, applied at
 * full resolution. Pure.
 */
import type { DepthMap, RgbImage } from '../domain.ts';

/** Radius of the windows as a share of the small guide's longest side: small, so that no halo spreads. */
const RADIUS_SHARE = 0.008;
/** Colour variance (0..1 scale) below which a window counts as even and is only averaged. */
const EPSILON = 4e-4;

/**
 * Lays `map` (at the size of `small`) onto `full` (the same picture, larger or equal). Values may leave the input's
 * range slightly at strong edges; the caller clamps.
 */
export function guidedUpsample(map: DepthMap, small: RgbImage, full: RgbImage): DepthMap {
  const { width, height } = small;
  const n = width * height;
  const radius = Math.max(2, Math.round(RADIUS_SHARE * Math.max(width, height)));
  const box = boxFilter(width, height, radius);
  const red = plane(small, 0);
  const green = plane(small, 1);
  const blue = plane(small, 2);
  const product = new Float32Array(n);
  const meanOf = (a: Float32Array, b: Float32Array): Float32Array => {
    for (let i = 0; i < n; i++) product[i] = (a[i] as number) * (b[i] as number);
    return box(product);
  };
  const mr = box(red);
  const mg = box(green);
  const mb = box(blue);
  const mp = box(map.data);
  const rr = meanOf(red, red);
  const rg = meanOf(red, green);
  const rb = meanOf(red, blue);
  const gg = meanOf(green, green);
  const gb = meanOf(green, blue);
  const bb = meanOf(blue, blue);
  const pr = meanOf(map.data, red);
  const pg = meanOf(map.data, green);
  const pb = meanOf(map.data, blue);
  // The fitted coefficients take the places of planes that are no longer needed.
  for (let i = 0; i < n; i++) {
    const r = mr[i] as number;
    const g = mg[i] as number;
    const b = mb[i] as number;
    const p = mp[i] as number;
    const srr = (rr[i] as number) - r * r + EPSILON;
    const srg = (rg[i] as number) - r * g;
    const srb = (rb[i] as number) - r * b;
    const sgg = (gg[i] as number) - g * g + EPSILON;
    const sgb = (gb[i] as number) - g * b;
    const sbb = (bb[i] as number) - b * b + EPSILON;
    const cr = (pr[i] as number) - p * r;
    const cg = (pg[i] as number) - p * g;
    const cb = (pb[i] as number) - p * b;
    // Inverse of the symmetric 3×3 covariance by cofactors.
    const irr = sgg * sbb - sgb * sgb;
    const irg = sgb * srb - srg * sbb;
    const irb = srg * sgb - sgg * srb;
    const igg = srr * sbb - srb * srb;
    const igb = srb * srg - srr * sgb;
    const ibb = srr * sgg - srg * srg;
    const over = 1 / (irr * srr + irg * srg + irb * srb);
    const ar = (irr * cr + irg * cg + irb * cb) * over;
    const ag = (irg * cr + igg * cg + igb * cb) * over;
    const ab = (irb * cr + igb * cg + ibb * cb) * over;
    pr[i] = ar;
    pg[i] = ag;
    pb[i] = ab;
    product[i] = p - ar * r - ag * g - ab * b;
  }
  return apply(box(pr), box(pg), box(pb), box(product), width, height, full);
}

function plane(image: RgbImage, channel: number): Float32Array {
  const out = new Float32Array(image.width * image.height);
  for (let i = 0; i < out.length; i++) out[i] = (image.data[i * 3 + channel] as number) / 255;
  return out;
}

/** a·colour + b at full size, the coefficients read bilinearly. */
function apply(
  ar: Float32Array,
  ag: Float32Array,
  ab: Float32Array,
  offset: Float32Array,
  width: number,
  height: number,
  full: RgbImage,
): DepthMap {
  const out = new Float32Array(full.width * full.height);
  const { data } = full;
  const rowR = new Float32Array(width + 1);
  const rowG = new Float32Array(width + 1);
  const rowB = new Float32Array(width + 1);
  const rowO = new Float32Array(width + 1);
  const lefts = new Int32Array(full.width);
  const shares = new Float32Array(full.width);
  for (let x = 0; x < full.width; x++) {
    const at = Math.min(width - 1, Math.max(0, ((x + 0.5) * width) / full.width - 0.5));
    lefts[x] = Math.floor(at);
    shares[x] = at - Math.floor(at);
  }
  for (let y = 0; y < full.height; y++) {
    const at = Math.min(height - 1, Math.max(0, ((y + 0.5) * height) / full.height - 0.5));
    const top = Math.floor(at);
    const down = at - top;
    const upper = top * width;
    const lower = Math.min(height - 1, top + 1) * width;
    // Blend two rows of coefficients once, then walk along them.
    for (let x = 0; x <= width; x++) {
      const u = upper + Math.min(width - 1, x);
      const l = lower + Math.min(width - 1, x);
      rowR[x] = (ar[u] as number) * (1 - down) + (ar[l] as number) * down;
      rowG[x] = (ag[u] as number) * (1 - down) + (ag[l] as number) * down;
      rowB[x] = (ab[u] as number) * (1 - down) + (ab[l] as number) * down;
      rowO[x] = (offset[u] as number) * (1 - down) + (offset[l] as number) * down;
    }
    for (let x = 0; x < full.width; x++) {
      const l = lefts[x] as number;
      const s = shares[x] as number;
      const to = y * full.width + x;
      const r = (rowR[l] as number) * (1 - s) + (rowR[l + 1] as number) * s;
      const g = (rowG[l] as number) * (1 - s) + (rowG[l + 1] as number) * s;
      const b = (rowB[l] as number) * (1 - s) + (rowB[l + 1] as number) * s;
      const o = (rowO[l] as number) * (1 - s) + (rowO[l + 1] as number) * s;
      out[to] =
        (r * (data[to * 3] as number) + g * (data[to * 3 + 1] as number) + b * (data[to * 3 + 2] as number)) / 255 + o;
    }
  }
  return { width: full.width, height: full.height, data: out };
}

/** Mean over (2·radius + 1)² windows, cut off at the borders, by running sums: time does not depend on the radius. */
function boxFilter(width: number, height: number, radius: number): (values: Float32Array) => Float32Array {
  const rows = new Float32Array(width * height);
  const sums = new Float64Array(width);
  return (values) => {
    for (let y = 0; y < height; y++) {
      const row = y * width;
      let sum = 0;
      let count = 0;
      for (let x = 0; x < Math.min(radius, width); x++) {
        sum += values[row + x] as number;
        count++;
      }
      for (let x = 0; x < width; x++) {
        if (x + radius < width) {
          sum += values[row + x + radius] as number;
          count++;
        }
        if (x - radius - 1 >= 0) {
          sum -= values[row + x - radius - 1] as number;
          count--;
        }
        rows[row + x] = sum / count;
      }
    }
    const out = new Float32Array(width * height);
    sums.fill(0);
    let count = 0;
    for (let y = 0; y < Math.min(radius, height); y++) {
      for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) + (rows[y * width + x] as number);
      count++;
    }
    for (let y = 0; y < height; y++) {
      if (y + radius < height) {
        const row = (y + radius) * width;
        for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) + (rows[row + x] as number);
        count++;
      }
      if (y - radius - 1 >= 0) {
        const row = (y - radius - 1) * width;
        for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) - (rows[row + x] as number);
        count--;
      }
      const to = y * width;
      for (let x = 0; x < width; x++) out[to + x] = (sums[x] as number) / count;
    }
    return out;
  };
}
