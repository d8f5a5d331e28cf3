/**
 * Rays against the triangles of a three.js scene: a bounding volume hierarchy built with a binned surface area heuristic
 * (Wald 2007) and Möller–Trumbore intersection (1997). One ray at a time, no allocation in `trace`.
 */
export interface Triangles {
  /** 9 numbers a triangle: three corners in world space, metres. */
  readonly positions: Float32Array;
  /** Index of the surface each triangle belongs to. */
  readonly surface: Uint16Array;
}

const BINS = 12;
const LEAF = 4;

export class Tracer {
  /** Of the last hit: distance, triangle (−1 when none), surface and its normal turned against the ray. */
  t = 0;
  tri = -1;
  nx = 0;
  ny = 0;
  nz = 0;
  readonly surface: Uint16Array;
  private readonly bounds: Float32Array;
  private readonly link: Int32Array;
  private readonly count: Int32Array;
  private readonly data: Float32Array;
  private readonly normals: Float32Array;
  private readonly stack = new Int32Array(128);

  constructor(triangles: Triangles) {
    const n = triangles.surface.length;
    const p = triangles.positions;
    const order = new Int32Array(n);
    const centre = new Float32Array(n * 3);
    const lo = new Float32Array(n * 3);
    const hi = new Float32Array(n * 3);
    for (let i = 0; i < n; i++) {
      order[i] = i;
      for (let k = 0; k < 3; k++) {
        const a = p[i * 9 + k];
        const b = p[i * 9 + 3 + k];
        const c = p[i * 9 + 6 + k];
        lo[i * 3 + k] = Math.min(a, b, c);
        hi[i * 3 + k] = Math.max(a, b, c);
        centre[i * 3 + k] = (lo[i * 3 + k] + hi[i * 3 + k]) / 2;
      }
    }
    this.bounds = new Float32Array(n * 12 + 12);
    this.link = new Int32Array(n * 2 + 2);
    this.count = new Int32Array(n * 2 + 2);
    let nodes = 1;
    const pending: [number, number, number][] = [[0, 0, n]];
    while (pending.length > 0) {
      const [node, from, to] = pending.pop() as [number, number, number];
      const box = this.bounds.subarray(node * 6, node * 6 + 6);
      const cbox = [1e30, 1e30, 1e30, -1e30, -1e30, -1e30];
      box.set(cbox);
      for (let i = from; i < to; i++) {
        const q = order[i] * 3;
        for (let k = 0; k < 3; k++) {
          box[k] = Math.min(box[k], lo[q + k]);
          box[3 + k] = Math.max(box[3 + k], hi[q + k]);
          cbox[k] = Math.min(cbox[k], centre[q + k]);
          cbox[3 + k] = Math.max(cbox[3 + k], centre[q + k]);
        }
      }
      let best = Infinity;
      let axis = -1;
      let cut = 0;
      if (to - from > LEAF) {
        for (let k = 0; k < 3; k++) {
          const extent = cbox[3 + k] - cbox[k];
          if (extent < 1e-6) continue;
          const scale = (BINS * 0.9999) / extent;
          const bins = Array.from({ length: BINS }, () => ({ n: 0, b: [1e30, 1e30, 1e30, -1e30, -1e30, -1e30] }));
          for (let i = from; i < to; i++) {
            const q = order[i] * 3;
            const bin = bins[((centre[q + k] - cbox[k]) * scale) | 0];
            bin.n++;
            grow(bin.b, lo, hi, q);
          }
          const leftCost = new Float64Array(BINS);
          const run = [1e30, 1e30, 1e30, -1e30, -1e30, -1e30];
          let m = 0;
          for (let b = 0; b < BINS - 1; b++) {
            m += bins[b].n;
            join(run, bins[b].b);
            leftCost[b] = m === 0 ? 0 : m * area(run);
          }
          run.splice(0, 6, 1e30, 1e30, 1e30, -1e30, -1e30, -1e30);
          m = 0;
          for (let b = BINS - 1; b > 0; b--) {
            m += bins[b].n;
            join(run, bins[b].b);
            const cost = leftCost[b - 1] + (m === 0 ? 0 : m * area(run));
            if (cost < best && m > 0 && m < to - from) {
              best = cost;
              axis = k;
              cut = cbox[k] + b / scale;
            }
          }
        }
      }
      let mid = from;
      if (axis >= 0) {
        let j = to - 1;
        while (mid <= j) {
          if (centre[order[mid] * 3 + axis] < cut) mid++;
          else {
            const x = order[mid];
            order[mid] = order[j];
            order[j--] = x;
          }
        }
      }
      if (axis < 0 || mid === from || mid === to) {
        this.link[node] = from;
        this.count[node] = to - from;
      } else {
        this.link[node] = nodes;
        pending.push([nodes, from, mid], [nodes + 1, mid, to]);
        nodes += 2;
      }
    }
    this.data = new Float32Array(n * 9);
    this.normals = new Float32Array(n * 3);
    this.surface = new Uint16Array(n);
    for (let i = 0; i < n; i++) {
      const s = order[i] * 9;
      const d = this.data.subarray(i * 9, i * 9 + 9);
      for (let k = 0; k < 3; k++) {
        d[k] = p[s + k];
        d[3 + k] = p[s + 3 + k] - p[s + k];
        d[6 + k] = p[s + 6 + k] - p[s + k];
      }
      const x = d[4] * d[8] - d[5] * d[7];
      const y = d[5] * d[6] - d[3] * d[8];
      const z = d[3] * d[7] - d[4] * d[6];
      const l = 1 / (Math.hypot(x, y, z) || 1);
      this.normals.set([x * l, y * l, z * l], i * 3);
      this.surface[i] = triangles.surface[order[i]];
    }
  }

  /** Nearest hit closer than `far` (or any hit, for shadows). Direction need not be unit length; `t` is in its lengths. */
  trace(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, far: number, any: boolean): boolean {
    const { bounds, link, count, data, stack } = this;
    const ix = 1 / (Math.abs(dx) < 1e-12 ? 1e-12 : dx);
    const iy = 1 / (Math.abs(dy) < 1e-12 ? 1e-12 : dy);
    const iz = 1 / (Math.abs(dz) < 1e-12 ? 1e-12 : dz);
    let t = far;
    let tri = -1;
    let sp = 0;
    let node = 0;
    for (;;) {
      const c = count[node];
      if (c > 0) {
        const first = link[node];
        for (let i = first; i < first + c; i++) {
          const q = i * 9;
          const e1x = data[q + 3];
          const e1y = data[q + 4];
          const e1z = data[q + 5];
          const e2x = data[q + 6];
          const e2y = data[q + 7];
          const e2z = data[q + 8];
          const px = dy * e2z - dz * e2y;
          const py = dz * e2x - dx * e2z;
          const pz = dx * e2y - dy * e2x;
          const det = e1x * px + e1y * py + e1z * pz;
          if (det > -1e-12 && det < 1e-12) continue;
          const inv = 1 / det;
          const sx = ox - data[q];
          const sy = oy - data[q + 1];
          const sz = oz - data[q + 2];
          const u = (sx * px + sy * py + sz * pz) * inv;
          if (u < 0 || u > 1) continue;
          const qx = sy * e1z - sz * e1y;
          const qy = sz * e1x - sx * e1z;
          const qz = sx * e1y - sy * e1x;
          const v = (dx * qx + dy * qy + dz * qz) * inv;
          if (v < 0 || u + v > 1) continue;
          const d = (e2x * qx + e2y * qy + e2z * qz) * inv;
          if (d > 1e-4 && d < t) {
            t = d;
            tri = i;
            if (any) {
              this.tri = tri;
              return true;
            }
          }
        }
      } else {
        const a = link[node];
        const ta = slab(bounds, a * 6, ox, oy, oz, ix, iy, iz, t);
        const tb = slab(bounds, a * 6 + 6, ox, oy, oz, ix, iy, iz, t);
        if (ta < tb) {
          if (tb < 1e30) stack[sp++] = a + 1;
          node = a;
          continue;
        }
        if (tb < 1e30) {
          if (ta < 1e30) stack[sp++] = a;
          node = a + 1;
          continue;
        }
      }
      if (sp === 0) break;
      node = stack[--sp];
    }
    this.tri = tri;
    if (tri < 0) return false;
    this.t = t;
    const q = tri * 3;
    const s = dx * this.normals[q] + dy * this.normals[q + 1] + dz * this.normals[q + 2] > 0 ? -1 : 1;
    this.nx = s * this.normals[q];
    this.ny = s * this.normals[q + 1];
    this.nz = s * this.normals[q + 2];
    return true;
  }
}

function slab(
  b: Float32Array,
  q: number,
  ox: number,
  oy: number,
  oz: number,
  ix: number,
  iy: number,
  iz: number,
  far: number,
): number {
  const x0 = (b[q] - ox) * ix;
  const x1 = (b[q + 3] - ox) * ix;
  let near = Math.min(x0, x1);
  let end = Math.max(x0, x1);
  const y0 = (b[q + 1] - oy) * iy;
  const y1 = (b[q + 4] - oy) * iy;
  const yn = Math.min(y0, y1);
  const ye = Math.max(y0, y1);
  if (yn > near) near = yn;
  if (ye < end) end = ye;
  const z0 = (b[q + 2] - oz) * iz;
  const z1 = (b[q + 5] - oz) * iz;
  const zn = Math.min(z0, z1);
  const ze = Math.max(z0, z1);
  if (zn > near) near = zn;
  if (ze < end) end = ze;
  return end >= near && end > 0 && near < far ? near : 1e30;
}

function grow(b: number[], lo: Float32Array, hi: Float32Array, q: number): void {
  for (let k = 0; k < 3; k++) {
    if (lo[q + k] < b[k]) b[k] = lo[q + k];
    if (hi[q + k] > b[3 + k]) b[3 + k] = hi[q + k];
  }
}

function join(a: number[], b: number[]): void {
  for (let k = 0; k < 3; k++) {
    if (b[k] < a[k]) a[k] = b[k];
    if (b[3 + k] > a[3 + k]) a[3 + k] = b[3 + k];
  }
}

function area(b: number[]): number {
  const x = b[3] - b[0];
  const y = b[4] - b[1];
  const z = b[5] - b[2];
  return x * y + y * z + z * x;
}
