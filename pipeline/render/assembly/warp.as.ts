/**
 * The hot loops of rendering, in AssemblyScript with SIMD. Samples are i16 with 6 fractional bits, filter weights i16
 * with 14; pointers are byte offsets into the module's memory, laid out by engine.node.ts.
 * Compile: node pipeline/render/assembly/compile.node.ts (a test compares warp.wasm with a fresh compile).
 */

/** Sums of lanes: [a0+a1, a2+a3, b0+b1, b2+b3]. */
function pairSums(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}

function filterRow(src: usize, xOff: usize, xW: usize, n: i32, dst: usize): void {
  const round = i32x4.splat(1 << 13);
  for (let x = 0; x < n; x += 4) {
    const a = i32x4.dot_i16x8_s(v128.load(src + <usize>load<i32>(xOff)), v128.load(xW));
    const b = i32x4.dot_i16x8_s(v128.load(src + <usize>load<i32>(xOff, 4)), v128.load(xW, 16));
    const c = i32x4.dot_i16x8_s(v128.load(src + <usize>load<i32>(xOff, 8)), v128.load(xW, 32));
    const d = i32x4.dot_i16x8_s(v128.load(src + <usize>load<i32>(xOff, 12)), v128.load(xW, 48));
    const sum = pairSums(pairSums(a, b), pairSums(c, d));
    const r = i32x4.shr_s(i32x4.add(sum, round), 14);
    store<i64>(dst, i64x2.extract_lane(i16x8.narrow_i32x4_s(r, r), 0));
    xOff += 16;
    xW += 64;
    dst += 8;
  }
}

/**
 * Separable 8-tap resampling: xOff[outW] byte offsets of the first tap, xW[outW][8]; yOff[outH] first source row,
 * yW[outH][8]. outW is a multiple of 8; ring holds 16 rows of ringStride bytes. dither[8][8] holds what is added before
 * a sample's 20 fractional bits are cut off, by the place in the frame.
 */
export function resample(
  src: usize,
  srcStride: i32,
  xOff: usize,
  xW: usize,
  outW: i32,
  yOff: usize,
  yW: usize,
  outH: i32,
  ring: usize,
  ringStride: i32,
  dst: usize,
  dstStride: i32,
  dither: usize,
): void {
  let next = load<i32>(yOff);
  for (let y = 0; y < outH; y++) {
    const threshold = dither + <usize>((y & 7) << 5);
    const roundLo = v128.load(threshold);
    const roundHi = v128.load(threshold, 16);
    const first = load<i32>(yOff + ((<usize>y) << 2));
    if (next < first) next = first;
    while (next <= first + 7) {
      filterRow(src + <usize>(next * srcStride), xOff, xW, outW, ring + <usize>((next & 15) * ringStride));
      next++;
    }
    const w = yW + ((<usize>y) << 4);
    const w01 = v128.load32_splat(w);
    const w23 = v128.load32_splat(w, 4);
    const w45 = v128.load32_splat(w, 8);
    const w67 = v128.load32_splat(w, 12);
    let r0 = ring + <usize>((first & 15) * ringStride);
    let r1 = ring + <usize>(((first + 1) & 15) * ringStride);
    let r2 = ring + <usize>(((first + 2) & 15) * ringStride);
    let r3 = ring + <usize>(((first + 3) & 15) * ringStride);
    let r4 = ring + <usize>(((first + 4) & 15) * ringStride);
    let r5 = ring + <usize>(((first + 5) & 15) * ringStride);
    let r6 = ring + <usize>(((first + 6) & 15) * ringStride);
    let r7 = ring + <usize>(((first + 7) & 15) * ringStride);
    let out = dst + <usize>(y * dstStride);
    for (let x = 0; x < outW; x += 8) {
      let a = v128.load(r0);
      let b = v128.load(r1);
      let lo = i32x4.add(roundLo, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), w01));
      let hi = i32x4.add(roundHi, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), w01));
      a = v128.load(r2);
      b = v128.load(r3);
      lo = i32x4.add(lo, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), w23));
      hi = i32x4.add(hi, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), w23));
      a = v128.load(r4);
      b = v128.load(r5);
      lo = i32x4.add(lo, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), w45));
      hi = i32x4.add(hi, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), w45));
      a = v128.load(r6);
      b = v128.load(r7);
      lo = i32x4.add(lo, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), w67));
      hi = i32x4.add(hi, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), w67));
      const s = i16x8.narrow_i32x4_s(i32x4.shr_s(lo, 20), i32x4.shr_s(hi, 20));
      store<i64>(out, i64x2.extract_lane(i8x16.narrow_i16x8_u(s, s), 0));
      r0 += 16;
      r1 += 16;
      r2 += 16;
      r3 += 16;
      r4 += 16;
      r5 += 16;
      r6 += 16;
      r7 += 16;
      out += 8;
    }
  }
}

function depthAt(depth: usize, dw: i32, dh: i32, x: f32, y: f32): f32 {
  const cx = min<f32>(max<f32>(x, 0), <f32>(dw - 1) - <f32>0.001);
  const cy = min<f32>(max<f32>(y, 0), <f32>(dh - 1) - <f32>0.001);
  const ix = <i32>cx;
  const iy = <i32>cy;
  const fx = cx - <f32>ix;
  const fy = cy - <f32>iy;
  const p = depth + ((<usize>(iy * dw + ix)) << 2);
  const q = p + ((<usize>dw) << 2);
  const top = load<f32>(p) + fx * (load<f32>(p, 4) - load<f32>(p));
  const low = load<f32>(q) + fx * (load<f32>(q, 4) - load<f32>(q));
  return top + fy * (low - top);
}

/**
 * Relief mapping on a grid: for node (i, j) at p0 = (ax*i+bx, ay*j+by) source pixels, finds the inverse depth q with
 * Q(p(q)) = q on the ray p(q) = p0 + (q-pivot)*(tx,ty) - q*tz*(p0-(cx,cy)), writes p(q). The search starts at what the
 * nodes to the left lead to expect: two or three samples of the depth instead of six or seven.
 */
export function field(
  depth: usize,
  dw: i32,
  dh: i32,
  dsx: f32,
  dox: f32,
  dsy: f32,
  doy: f32,
  qFar: f32,
  qNear: f32,
  steps: i32,
  ax: f32,
  bx: f32,
  ay: f32,
  by: f32,
  tx: f32,
  ty: f32,
  tz: f32,
  cx: f32,
  cy: f32,
  pivot: f32,
  gw: i32,
  gh: i32,
  gStride: i32,
  outX: usize,
  outY: usize,
): void {
  let first = qFar;
  for (let j = 0; j < gh; j++) {
    const py = ay * <f32>j + by;
    const vy = ty - tz * (py - cy);
    const oy = py - pivot * ty;
    const row = (<usize>(j * gStride)) << 2;
    let left = first;
    let left2 = first;
    for (let i = 0; i < gw; i++) {
      const px = ax * <f32>i + bx;
      const vx = tx - tz * (px - cx);
      const ox = px - pivot * tx;
      const ex = ox * dsx + dox;
      const ey = oy * dsy + doy;
      const sx = vx * dsx;
      const sy = vy * dsy;
      // Bounded slope: f falls by 0.5 to 1.5 per unit of q, so that secants from a near guess find its one root.
      let q0 = min<f32>(qNear, max<f32>(qFar, 2 * left - left2));
      let f0 = depthAt(depth, dw, dh, ex + q0 * sx, ey + q0 * sy) - q0;
      let q = q0 + f0;
      if (abs<f32>(f0) >= <f32>0.0001) {
        for (let k = 0; k < steps; k++) {
          const f = depthAt(depth, dw, dh, ex + q * sx, ey + q * sy) - q;
          if (abs<f32>(f) < <f32>0.0001) break;
          const slope = min<f32>(<f32>-0.4, max<f32>(<f32>-1.6, (f - f0) / (q - q0)));
          q0 = q;
          f0 = f;
          q = q0 - f0 / slope;
        }
        q = min<f32>(qNear, max<f32>(qFar, q));
      }
      left2 = i === 0 ? q : left;
      left = q;
      if (i === 0) first = q;
      store<f32>(outX + row + ((<usize>i) << 2), ox + q * vx);
      store<f32>(outY + row + ((<usize>i) << 2), oy + q * vy);
    }
  }
}

/** One row of the grid, mixed from two and scaled to 1/256 source samples. n is a multiple of 4. */
function gridRow(a: usize, b: usize, frac: f32, scale: f32, offset: f32, n: i32, dst: usize): void {
  const f = f32x4.splat(frac);
  const s = f32x4.splat(scale);
  const o = f32x4.splat(offset);
  for (let i = 0; i < n; i += 4) {
    const p = v128.load(a);
    const v = f32x4.add(p, f32x4.mul(f, f32x4.sub(v128.load(b), p)));
    v128.store(dst, f32x4.add(o, f32x4.mul(s, v)));
    a += 16;
    b += 16;
    dst += 16;
  }
}

function rowsDot(p: usize, stride: usize, wx: v128): v128 {
  const top = v128.load64_lane(p + stride, v128.load64_zero(p), 1);
  const low = v128.load64_lane(p + 3 * stride, v128.load64_zero(p + 2 * stride), 1);
  const sum = pairSums(i32x4.dot_i16x8_s(top, wx), i32x4.dot_i16x8_s(low, wx));
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(1 << 13)), 14);
}

/**
 * Samples a plane at the grid's places with 4x4 taps. `step` 1: luma, one cell of the grid is 4 samples; 2: chroma, one
 * cell is 2 samples, rows lie at 2y + rowOffset luma rows. scale and offset map luma positions to this plane's, times
 * 256. table[256] holds [w0..w3, w0..w3] as i16. Places are clamped to maxX, maxY (in 1/256 samples). dither: see resample.
 */
export function warpPlane(
  gx: usize,
  gy: usize,
  gStride: i32,
  outW: i32,
  outH: i32,
  step: i32,
  rowOffset: f32,
  scale: f32,
  offset: f32,
  src: usize,
  srcStride: i32,
  maxX: f32,
  maxY: f32,
  table: usize,
  rx: usize,
  ry: usize,
  dst: usize,
  dstStride: i32,
  dither: usize,
): void {
  const fracs = step === 1 ? f32x4(0, 0.25, 0.5, 0.75) : f32x4(0, 0.5, 0, 0.5);
  const zero = f32x4.splat(0);
  const topX = f32x4.splat(maxX);
  const topY = f32x4.splat(maxY);
  const strideV = i32x4.splat(srcStride);
  const mask = i32x4.splat(255);
  const stride = <usize>srcStride;
  for (let y = 0; y < outH; y++) {
    const at = (<f32>(y * step) + rowOffset) * 0.25;
    const j = <i32>at;
    const a = (<usize>(j * gStride)) << 2;
    const b = a + ((<usize>gStride) << 2);
    gridRow(gx + a, gx + b, at - <f32>j, scale, offset, gStride, rx);
    gridRow(gy + a, gy + b, at - <f32>j, scale, offset, gStride, ry);
    let px = rx;
    let py = ry;
    const threshold = dither + <usize>((y & 7) << 5);
    let out = dst + <usize>(y * dstStride);
    for (let x = 0; x < outW; x += 4) {
      let ax: v128, bx: v128, ay: v128, by: v128;
      if (step === 1) {
        ax = v128.load32_splat(px);
        bx = v128.load32_splat(px, 4);
        ay = v128.load32_splat(py);
        by = v128.load32_splat(py, 4);
        px += 4;
        py += 4;
      } else {
        const cx = v128.load(px);
        const cy = v128.load(py);
        ax = v128.shuffle<i32>(cx, cx, 0, 0, 1, 1);
        bx = v128.shuffle<i32>(cx, cx, 1, 1, 2, 2);
        ay = v128.shuffle<i32>(cy, cy, 0, 0, 1, 1);
        by = v128.shuffle<i32>(cy, cy, 1, 1, 2, 2);
        px += 8;
        py += 8;
      }
      const fx = f32x4.min(topX, f32x4.max(zero, f32x4.add(ax, f32x4.mul(fracs, f32x4.sub(bx, ax)))));
      const fy = f32x4.min(topY, f32x4.max(zero, f32x4.add(ay, f32x4.mul(fracs, f32x4.sub(by, ay)))));
      const X = i32x4.trunc_sat_f32x4_s(fx);
      const Y = i32x4.trunc_sat_f32x4_s(fy);
      const addr = i32x4.add(i32x4.mul(i32x4.shr_s(Y, 8), strideV), i32x4.shl(i32x4.shr_s(X, 8), 1));
      const wx = i32x4.shl(v128.and(X, mask), 4);
      const wy = i32x4.shl(v128.and(Y, mask), 4);
      const hA = rowsDot(
        src + <usize>i32x4.extract_lane(addr, 0),
        stride,
        v128.load(table + <usize>i32x4.extract_lane(wx, 0)),
      );
      const hB = rowsDot(
        src + <usize>i32x4.extract_lane(addr, 1),
        stride,
        v128.load(table + <usize>i32x4.extract_lane(wx, 1)),
      );
      const hC = rowsDot(
        src + <usize>i32x4.extract_lane(addr, 2),
        stride,
        v128.load(table + <usize>i32x4.extract_lane(wx, 2)),
      );
      const hD = rowsDot(
        src + <usize>i32x4.extract_lane(addr, 3),
        stride,
        v128.load(table + <usize>i32x4.extract_lane(wx, 3)),
      );
      const wAB = v128.load64_lane(
        table + <usize>i32x4.extract_lane(wy, 1),
        v128.load64_zero(table + <usize>i32x4.extract_lane(wy, 0)),
        1,
      );
      const wCD = v128.load64_lane(
        table + <usize>i32x4.extract_lane(wy, 3),
        v128.load64_zero(table + <usize>i32x4.extract_lane(wy, 2)),
        1,
      );
      const ab = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(hA, hB), wAB);
      const cd = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(hC, hD), wCD);
      const r = i32x4.shr_s(i32x4.add(pairSums(ab, cd), v128.load(threshold + <usize>((x & 4) << 2))), 20);
      const s = i16x8.narrow_i32x4_s(r, r);
      store<i32>(out, i32x4.extract_lane(i8x16.narrow_i16x8_u(s, s), 0));
      out += 4;
    }
  }
}

/** First free byte of the memory. */
export function heapBase(): usize {
  return __heap_base;
}
