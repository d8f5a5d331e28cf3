/**
 * Resampling of a whole photo, once per clip, in AssemblyScript with SIMD. Samples are i16 of 0..32767 in whatever light
 * the tables give, filter weights i16 with 14 fractional bits; pointers are byte offsets, laid out by source.node.ts.
 * Compile: node pipeline/render/assembly/compile.node.ts (a test compares shrink.wasm with a fresh compile).
 */

function spread(row: usize, n: i32, border: i32): void {
  const first = load<i16>(row);
  const last = load<i16>(row + ((<usize>(n - 1)) << 1));
  for (let k = 1; k <= border; k++) {
    store<i16>(row - ((<usize>k) << 1), first);
    store<i16>(row + ((<usize>(n - 1 + k)) << 1), last);
  }
}

/** n interleaved 8-bit pixels at src become three rows of light by lut[256]; each has `border` samples repeated at either end. */
export function light(src: usize, n: i32, lut: usize, red: usize, green: usize, blue: usize, border: i32): void {
  for (let i = 0; i < n; i++) {
    const at = (<usize>i) << 1;
    store<i16>(red + at, load<i16>(lut + ((<usize>load<u8>(src)) << 1)));
    store<i16>(green + at, load<i16>(lut + ((<usize>load<u8>(src, 1)) << 1)));
    store<i16>(blue + at, load<i16>(lut + ((<usize>load<u8>(src, 2)) << 1)));
    src += 3;
  }
  spread(red, n, border);
  spread(green, n, border);
  spread(blue, n, border);
}

function taps(src: usize, weights: usize, groups: i32): v128 {
  let sum = i32x4.dot_i16x8_s(v128.load(src), v128.load(weights));
  for (let k = 1; k < groups; k++) {
    const at = (<usize>k) << 4;
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(src + at), v128.load(weights + at)));
  }
  return sum;
}

/** Sums of lanes: [a0+a1, a2+a3, b0+b1, b2+b3]. */
function pairSums(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}

/** One row: n (a multiple of 4) outputs, each of 8 * groups taps from byte offset off[i], weights[i][8 * groups]. */
export function across(src: usize, off: usize, weights: usize, groups: i32, n: i32, dst: usize): void {
  const round = i32x4.splat(1 << 13);
  const step = (<usize>groups) << 4;
  for (let x = 0; x < n; x += 4) {
    const a = taps(src + <usize>load<i32>(off), weights, groups);
    const b = taps(src + <usize>load<i32>(off, 4), weights + step, groups);
    const c = taps(src + <usize>load<i32>(off, 8), weights + 2 * step, groups);
    const d = taps(src + <usize>load<i32>(off, 12), weights + 3 * step, groups);
    const sum = pairSums(pairSums(a, b), pairSums(c, d));
    const r = i32x4.shr_s(i32x4.add(sum, round), 14);
    store<i64>(dst, i64x2.extract_lane(i16x8.narrow_i32x4_s(r, r), 0));
    off += 16;
    weights += 4 * step;
    dst += 8;
  }
}

/** One column step: n (a multiple of 8) outputs, each of `count` (even) rows, whose places are in rows[], by weights[]. */
export function down(rows: usize, weights: usize, count: i32, n: i32, dst: usize): void {
  const round = i32x4.splat(1 << 13);
  for (let x = 0; x < n; x += 8) {
    const at = (<usize>x) << 1;
    let lo = round;
    let hi = round;
    for (let k = 0; k < count; k += 2) {
      const p = rows + ((<usize>k) << 2);
      const a = v128.load(<usize>load<i32>(p) + at);
      const b = v128.load(<usize>load<i32>(p, 4) + at);
      const w = v128.load32_splat(weights + ((<usize>k) << 1));
      lo = i32x4.add(lo, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), w));
      hi = i32x4.add(hi, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), w));
    }
    const s = i16x8.narrow_i32x4_s(i32x4.shr_s(lo, 14), i32x4.shr_s(hi, 14));
    v128.store(dst + at, i16x8.max_s(s, i16x8.splat(0)));
  }
}

/** n samples of each of three rows of light become interleaved 16-bit values by lut[32768]. */
export function coded(red: usize, green: usize, blue: usize, n: i32, lut: usize, dst: usize): void {
  for (let i = 0; i < n; i++) {
    const at = (<usize>i) << 1;
    store<u16>(dst, load<u16>(lut + ((<usize>load<u16>(red + at)) << 1)));
    store<u16>(dst, load<u16>(lut + ((<usize>load<u16>(green + at)) << 1)), 2);
    store<u16>(dst, load<u16>(lut + ((<usize>load<u16>(blue + at)) << 1)), 4);
    dst += 6;
  }
}

/** First free byte of the memory. */
export function heapBase(): usize {
  return __heap_base;
}
