/**
 * Light in the house. Each visible point gathers: the sun's disc and the lamps by shadow rays, the sky through the
 * windows (each window is a portal that is sampled by area), and everything else by cosine-weighted rays that read a
 * world-space cache of irradiance (cells of a few centimetres by normal direction) which fills itself with paths as it
 * is asked: final gathering over a radiance cache, so that all bounces are in and little noise is left.
 * Unit of light: the sky overhead is about 1.
 */

import { LightSampler, radicalInverse } from './light-sampler.ts';
import {
  type Lamp,
  lampWeight,
  type Portal,
  portalWeight,
  SUN,
  SUN_LIGHT,
  type Surfaces,
  zoneAt,
} from './light-sources.ts';
import type { Random } from './random.ts';
import type { Tracer } from './tracer.ts';

/** Samples a cache cell takes before it is called known. */
const CELL_SAMPLES = 40;
const CELL_INSIDE = 0.16;
const CELL_OUTSIDE = 0.5;
const MAX_BOUNCES = 5;
const SLOTS = 1 << 20;

export class House extends LightSampler {
  private readonly keys = new Int32Array(SLOTS);
  private readonly counts = new Uint16Array(SLOTS);
  private readonly sums = new Float32Array(SLOTS * 3);

  readonly tracer: Tracer;
  private readonly surfaces: Surfaces;
  private readonly portals: readonly (readonly Portal[])[];
  private readonly lamps: readonly (readonly Lamp[])[];
  constructor(tracer: Tracer, surfaces: Surfaces, portals: readonly Portal[], lamps: readonly Lamp[], random: Random) {
    super(random);
    this.tracer = tracer;
    this.surfaces = surfaces;
    this.portals = [0, 1, 2, 3].map((zone) => portals.filter((p) => p.zone === zone));
    this.lamps = [-1, 0, 1, 2, 3].map((zone) => lamps.filter((l) => l.zone === zone));
  }

  /**
   * Light at one point. Writes into `out`: irradiance of sky and bounces (0..2), of the sun (3..5), and ∫ L ω dω over
   * the irradiance, luminance only (6..8), which gives the light on a slightly turned normal.
   * `pattern` 0..15 picks which sixteenth of the direction set this pixel takes: 4 × 4 neighbours together take all.
   */
  gather(
    x: number,
    y: number,
    z: number,
    nx: number,
    ny: number,
    nz: number,
    rays: number,
    pattern: number,
    out: Float32Array,
  ): void {
    const { tracer, random } = this;
    const ox = x + nx * 2e-3;
    const oy = y + ny * 2e-3;
    const oz = z + nz * 2e-3;
    const zone = zoneAt(ox, oy, oz);
    let er = 0;
    let eg = 0;
    let eb = 0;
    let vx = 0;
    let vy = 0;
    let vz = 0;
    const total = rays * 16;
    for (let i = 0; i < rays; i++) {
      const k = i * 16 + pattern;
      this.cosine(nx, ny, nz, (k + random()) / total, radicalInverse(k));
      const { dx, dy, dz } = this;
      this.radiance(ox, oy, oz, dx, dy, dz, zone, 0);
      const { r, g, b } = this;
      er += r;
      eg += g;
      eb += b;
      const w = (0.3 * r + 0.6 * g + 0.1 * b) / Math.max(0.25, dx * nx + dy * ny + dz * nz);
      vx += dx * w;
      vy += dy * w;
      vz += dz * w;
    }
    const f = Math.PI / rays;
    er *= f;
    eg *= f;
    eb *= f;
    vx *= f;
    vy *= f;
    vz *= f;
    const shots = zone < 0 ? 0 : 6;
    for (let i = 0; i < shots; i++) {
      if (!this.portalLight(ox, oy, oz, nx, ny, nz, zone, (i + random()) / shots)) continue;
      const c = 1 / (shots * Math.max(0.1, this.dx * nx + this.dy * ny + this.dz * nz));
      const l = (0.3 * this.r + 0.6 * this.g + 0.1 * this.b) * c;
      er += this.r / shots;
      eg += this.g / shots;
      eb += this.b / shots;
      vx += this.dx * l;
      vy += this.dy * l;
      vz += this.dz * l;
    }
    const lampShots = 3;
    for (let i = 0; i < lampShots; i++) {
      if (!this.lampLight(ox, oy, oz, nx, ny, nz, zone, (i + random()) / lampShots)) continue;
      const c = 1 / (lampShots * Math.max(0.1, this.dx * nx + this.dy * ny + this.dz * nz));
      const l = (0.3 * this.r + 0.6 * this.g + 0.1 * this.b) * c;
      er += this.r / lampShots;
      eg += this.g / lampShots;
      eb += this.b / lampShots;
      vx += this.dx * l;
      vy += this.dy * l;
      vz += this.dz * l;
    }
    out[0] = er;
    out[1] = eg;
    out[2] = eb;
    let sun = 0;
    const sunShots = 4;
    const cos = nx * SUN[0] + ny * SUN[1] + nz * SUN[2];
    if (cos > 0)
      for (let i = 0; i < sunShots; i++) {
        this.sunDirection();
        if (!tracer.trace(ox, oy, oz, this.dx, this.dy, this.dz, 200, true)) sun += cos / sunShots;
      }
    out[3] = sun * SUN_LIGHT[0];
    out[4] = sun * SUN_LIGHT[1];
    out[5] = sun * SUN_LIGHT[2];
    const l = cos > 0 ? (sun / cos) * (0.3 * SUN_LIGHT[0] + 0.6 * SUN_LIGHT[1] + 0.1 * SUN_LIGHT[2]) : 0;
    out[6] = vx + SUN[0] * l;
    out[7] = vy + SUN[1] * l;
    out[8] = vz + SUN[2] * l;
  }

  /** Light that comes back along a mirrored ray, spread by roughness. Result in `out` at `at`. */
  reflect(
    x: number,
    y: number,
    z: number,
    dx: number,
    dy: number,
    dz: number,
    spread: number,
    rays: number,
    out: Float32Array,
    at: number,
  ): void {
    const { random } = this;
    let r = 0;
    let g = 0;
    let b = 0;
    for (let i = 0; i < rays; i++) {
      let jx = dx;
      let jy = dy;
      let jz = dz;
      if (spread > 0) {
        const a = 2 * Math.PI * random();
        const c = 2 * random() - 1;
        const s = Math.sqrt(1 - c * c) * spread * Math.sqrt(random());
        jx += Math.cos(a) * s;
        jy += Math.sin(a) * s;
        jz += c * spread;
      }
      this.radiance(x, y, z, jx, jy, jz, -1, 0);
      r += this.r;
      g += this.g;
      b += this.b;
      if (this.tracer.tri >= 0) {
        const s = this.lastSurface * 3;
        r += this.surfaces.glow[s];
        g += this.surfaces.glow[s + 1];
        b += this.surfaces.glow[s + 2];
      }
    }
    out[at] = r / rays;
    out[at + 1] = g / rays;
    out[at + 2] = b / rays;
  }
  private lastSurface = 0;

  /** What is seen along a ray from `zone`; a ray from inside that leaves the house gives 0, as the portals count it. */
  private radiance(
    ox: number,
    oy: number,
    oz: number,
    dx: number,
    dy: number,
    dz: number,
    zone: number,
    depth: number,
  ): void {
    const t = this.tracer;
    if (!t.trace(ox, oy, oz, dx, dy, dz, 300, false)) {
      this.lastSurface = 0;
      if (zone >= 0) this.r = this.g = this.b = 0;
      else this.sky(dx, dy, dz);
      return;
    }
    const surface = t.surface[t.tri];
    const hx = ox + dx * t.t;
    const hy = oy + dy * t.t;
    const hz = oz + dz * t.t;
    const { nx, ny, nz } = t;
    if (zone >= 0 && zoneAt(hx + nx * 2e-3, hy + ny * 2e-3, hz + nz * 2e-3) < 0) {
      this.r = this.g = this.b = 0;
      return;
    }
    this.cell(hx, hy, hz, nx, ny, nz, depth);
    const a = this.surfaces.albedo;
    this.r *= a[surface * 3] / Math.PI;
    this.g *= a[surface * 3 + 1] / Math.PI;
    this.b *= a[surface * 3 + 2] / Math.PI;
    this.lastSurface = surface;
    t.tri = surface;
  }

  /** Irradiance from the cache; a cell that knows too little takes one more path first. */
  private cell(x: number, y: number, z: number, nx: number, ny: number, nz: number, depth: number): void {
    const { random } = this;
    const ox = x + nx * 2e-3;
    const oy = y + ny * 2e-3;
    const oz = z + nz * 2e-3;
    const zone = zoneAt(ox, oy, oz);
    const size = zone >= 0 ? CELL_INSIDE : CELL_OUTSIDE;
    const ax = Math.abs(nx);
    const ay = Math.abs(ny);
    const az = Math.abs(nz);
    const side = ax > ay && ax > az ? (nx > 0 ? 0 : 1) : ay > az ? (ny > 0 ? 2 : 3) : nz > 0 ? 4 : 5;
    // The read is jittered by a cell's half width along the surface: cell borders blur away over many rays.
    const j = (random() - 0.5) * size;
    const k = (random() - 0.5) * size;
    const cx = Math.floor((side < 2 ? x : x + j) / size);
    const cy = Math.floor((side === 2 || side === 3 ? y : y + (side < 2 ? j : k)) / size);
    const cz = Math.floor((side > 3 ? z : z + k) / size);
    let h =
      Math.imul(cx, 73856093) ^
      Math.imul(cy, 19349663) ^
      Math.imul(cz, 83492791) ^
      Math.imul(side * 8 + zone + 2, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = (h ^ (h >>> 12)) | 1;
    let slot = (h >>> 1) & (SLOTS - 1);
    while (this.keys[slot] !== 0 && this.keys[slot] !== h) slot = (slot + 1) & (SLOTS - 1);
    this.keys[slot] = h;
    if (this.counts[slot] < CELL_SAMPLES && depth < MAX_BOUNCES) {
      let er = 0;
      let eg = 0;
      let eb = 0;
      const cos = nx * SUN[0] + ny * SUN[1] + nz * SUN[2];
      if (cos > 0) {
        this.sunDirection();
        if (!this.tracer.trace(ox, oy, oz, this.dx, this.dy, this.dz, 200, true)) {
          er = cos * SUN_LIGHT[0];
          eg = cos * SUN_LIGHT[1];
          eb = cos * SUN_LIGHT[2];
        }
      }
      if (zone >= 0 && this.portalLight(ox, oy, oz, nx, ny, nz, zone, random())) {
        er += this.r;
        eg += this.g;
        eb += this.b;
      }
      if (this.lampLight(ox, oy, oz, nx, ny, nz, zone, random())) {
        er += this.r;
        eg += this.g;
        eb += this.b;
      }
      this.cosine(nx, ny, nz, random(), random());
      this.radiance(ox, oy, oz, this.dx, this.dy, this.dz, zone, depth + 1);
      this.counts[slot]++;
      this.sums[slot * 3] += er + this.r * Math.PI;
      this.sums[slot * 3 + 1] += eg + this.g * Math.PI;
      this.sums[slot * 3 + 2] += eb + this.b * Math.PI;
    }
    const n = this.counts[slot] || 1;
    this.r = this.sums[slot * 3] / n;
    this.g = this.sums[slot * 3 + 1] / n;
    this.b = this.sums[slot * 3 + 2] / n;
  }

  /** One sample of the light through a window of the zone; irradiance in r, g, b, direction in dx, dy, dz. */
  private portalLight(
    ox: number,
    oy: number,
    oz: number,
    nx: number,
    ny: number,
    nz: number,
    zone: number,
    pick: number,
  ): boolean {
    const list = this.portals[zone];
    let sum = 0;
    for (let i = 0; i < list.length; i++) sum += portalWeight(list[i], ox, oy, oz);
    if (sum === 0) return false;
    let rest = pick * sum;
    let i = 0;
    let w = 0;
    for (; i < list.length; i++) {
      w = portalWeight(list[i], ox, oy, oz);
      rest -= w;
      if (rest <= 0) break;
    }
    const p = list[Math.min(i, list.length - 1)];
    const s = 2 * this.random() - 1;
    const q = 2 * this.random() - 1;
    let dx = p.centre[0] + p.u[0] * s + p.v[0] * q - ox;
    let dy = p.centre[1] + p.u[1] * s + p.v[1] * q - oy;
    let dz = p.centre[2] + p.u[2] * s + p.v[2] * q - oz;
    const d2 = dx * dx + dy * dy + dz * dz;
    const d = Math.sqrt(d2);
    dx /= d;
    dy /= d;
    dz /= d;
    const cos = dx * nx + dy * ny + dz * nz;
    if (cos <= 0) return false;
    // The normal times the area: 4 |u × v|, as u and v are half edges.
    const ax = 4 * (p.u[1] * p.v[2] - p.u[2] * p.v[1]);
    const ay = 4 * (p.u[2] * p.v[0] - p.u[0] * p.v[2]);
    const az = 4 * (p.u[0] * p.v[1] - p.u[1] * p.v[0]);
    const f = ((cos * Math.abs(ax * dx + ay * dy + az * dz)) / Math.max(d2, 0.02)) * (sum / w);
    const t = this.tracer;
    if (!t.trace(ox, oy, oz, dx, dy, dz, 300, false)) this.sky(dx, dy, dz);
    else {
      if (t.t < d - 1e-3) return false;
      const a = this.surfaces.albedo;
      const m = t.surface[t.tri] * 3;
      this.cell(ox + dx * t.t, oy + dy * t.t, oz + dz * t.t, t.nx, t.ny, t.nz, MAX_BOUNCES - 1);
      this.r *= a[m] / Math.PI;
      this.g *= a[m + 1] / Math.PI;
      this.b *= a[m + 2] / Math.PI;
    }
    this.r *= f;
    this.g *= f;
    this.b *= f;
    this.dx = dx;
    this.dy = dy;
    this.dz = dz;
    return true;
  }

  private lampLight(
    ox: number,
    oy: number,
    oz: number,
    nx: number,
    ny: number,
    nz: number,
    zone: number,
    pick: number,
  ): boolean {
    const list = this.lamps[zone + 1];
    let sum = 0;
    for (let i = 0; i < list.length; i++) sum += lampWeight(list[i], ox, oy, oz);
    if (sum === 0) return false;
    let rest = pick * sum;
    let i = 0;
    let w = 0;
    for (; i < list.length; i++) {
      w = lampWeight(list[i], ox, oy, oz);
      rest -= w;
      if (rest <= 0) break;
    }
    const l = list[Math.min(i, list.length - 1)];
    const { random } = this;
    const a = 2 * Math.PI * random();
    const c = 2 * random() - 1;
    const s = Math.sqrt(1 - c * c);
    let dx = l.at[0] + l.radius * s * Math.cos(a) - ox;
    let dy = l.at[1] + l.radius * c - oy;
    let dz = l.at[2] + l.radius * s * Math.sin(a) - oz;
    const d2 = Math.max(dx * dx + dy * dy + dz * dz, 0.01);
    const d = Math.sqrt(d2);
    dx /= d;
    dy /= d;
    dz /= d;
    const cos = dx * nx + dy * ny + dz * nz;
    // Recessed lights shine down only.
    if (cos <= 0 || (l.at[1] > 2.55 && dy < 0)) return false;
    if (this.tracer.trace(ox, oy, oz, dx, dy, dz, Math.max(1e-3, d - l.radius * 1.2), true)) return false;
    const f = (cos / Math.max(d2, 0.04)) * (sum / w);
    this.r = l.power[0] * f;
    this.g = l.power[1] * f;
    this.b = l.power[2] * f;
    this.dx = dx;
    this.dy = dy;
    this.dz = dz;
    return true;
  }
}
