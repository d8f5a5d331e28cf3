/** Radix-2 fast Fourier transform in place (Cooley and Tukey 1965), tables made once for a size. */
export class Fft {
  private readonly size: number;
  private readonly cos: Float64Array;
  private readonly sin: Float64Array;
  private readonly reversed: Uint32Array;

  /** `size` is a power of two. */
  constructor(size: number) {
    this.size = size;
    this.cos = new Float64Array(size / 2);
    this.sin = new Float64Array(size / 2);
    for (let i = 0; i < size / 2; i++) {
      this.cos[i] = Math.cos((2 * Math.PI * i) / size);
      this.sin[i] = Math.sin((2 * Math.PI * i) / size);
    }
    this.reversed = new Uint32Array(size);
    const bits = Math.log2(size);
    for (let i = 0; i < size; i++) {
      let r = 0;
      for (let b = 0; b < bits; b++) if (i & (1 << b)) r |= 1 << (bits - 1 - b);
      this.reversed[i] = r;
    }
  }

  /** Transforms `re + i·im`, both of length `size`. */
  run(re: Float64Array, im: Float64Array): void {
    for (let i = 0; i < this.size; i++) {
      const j = this.reversed[i] as number;
      if (j <= i) continue;
      const r = re[i] as number;
      re[i] = re[j] as number;
      re[j] = r;
      const m = im[i] as number;
      im[i] = im[j] as number;
      im[j] = m;
    }
    for (let span = 2; span <= this.size; span <<= 1) {
      const half = span >> 1;
      const stride = this.size / span;
      for (let i = 0; i < this.size; i += span) {
        for (let k = 0, j = i; k < half; k++, j++) {
          const c = this.cos[k * stride] as number;
          const s = this.sin[k * stride] as number;
          const xr = (re[j + half] as number) * c + (im[j + half] as number) * s;
          const xi = (im[j + half] as number) * c - (re[j + half] as number) * s;
          re[j + half] = (re[j] as number) - xr;
          im[j + half] = (im[j] as number) - xi;
          re[j] = (re[j] as number) + xr;
          im[j] = (im[j] as number) + xi;
        }
      }
    }
  }
}
