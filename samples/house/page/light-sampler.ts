/** Directions that light is looked for in, and the sky's light: the results lie in fields, so that nothing is allocated. */
import { SUN, SUN_RADIUS } from './light-sources.ts';
import type { Random } from './random.ts';

export class LightSampler {
  /** Light of the last answer. */
  protected r = 0;
  protected g = 0;
  protected b = 0;
  /** Direction of the last answer. */
  protected dx = 0;
  protected dy = 0;
  protected dz = 0;
  protected readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  protected sky(dx: number, dy: number, dz: number): void {
    const up = dy / Math.sqrt(dx * dx + dy * dy + dz * dz);
    const h = (1 - Math.max(0, Math.min(1, up))) ** 2.5;
    const s = up < 0 ? 0.35 : 1;
    this.r = s * (0.62 + 0.75 * h);
    this.g = s * (0.86 + 0.58 * h);
    this.b = s * (1.3 + 0.22 * h);
  }

  protected sunDirection(): void {
    const a = 2 * Math.PI * this.random();
    const s = SUN_RADIUS * Math.sqrt(this.random());
    this.dx = SUN[0] + s * Math.cos(a);
    this.dy = SUN[1];
    this.dz = SUN[2] + s * Math.sin(a);
  }

  protected cosine(nx: number, ny: number, nz: number, s: number, q: number): void {
    const a = 2 * Math.PI * q;
    const r = Math.sqrt(s);
    const x = r * Math.cos(a);
    const y = r * Math.sin(a);
    const z = Math.sqrt(1 - s);
    // Orthonormal basis, Duff et al. 2017.
    const sign = nz >= 0 ? 1 : -1;
    const k = -1 / (sign + nz);
    const m = nx * ny * k;
    this.dx = x * (1 + sign * nx * nx * k) + y * m + z * nx;
    this.dy = x * sign * m + y * (sign + ny * ny * k) + z * ny;
    this.dz = -x * sign * nx - y * ny + z * nz;
  }
}

/** Van der Corput sequence in base 2. */
export function radicalInverse(i: number): number {
  let b = i;
  b = (b << 16) | (b >>> 16);
  b = ((b & 0x55555555) << 1) | ((b & 0xaaaaaaaa) >>> 1);
  b = ((b & 0x33333333) << 2) | ((b & 0xcccccccc) >>> 2);
  b = ((b & 0x0f0f0f0f) << 4) | ((b & 0xf0f0f0f0) >>> 4);
  b = ((b & 0x00ff00ff) << 8) | ((b & 0xff00ff00) >>> 8);
  return (b >>> 0) / 4294967296;
}
