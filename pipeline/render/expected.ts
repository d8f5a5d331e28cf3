/**
 * Draws what a frame of a planned clip must show, at the small size that validation measures: straight from the photo,
 * the plan and the slow reference of the warp, sharing no drawing code with the renderer. Pure.
 */
import type { ClipSpec, DepthMap, RgbImage } from '../domain.ts';
import type { CameraPlan } from './camera-path.ts';
import { frameTime } from './spec.ts';
import { sourcePoint } from './warp.ts';

/** Frame pixels per cell of the grid on which the warp is solved; places between are mixed, as its slope is bounded. */
const CELL = 4;

/** bt709 limited range, 0..255; chroma at half size, left-sited as in the clip. */
export interface YuvFrame {
  readonly width: number;
  readonly height: number;
  readonly y: Float32Array;
  readonly u: Float32Array;
  readonly v: Float32Array;
}

export function emptyFrame(width: number, height: number): YuvFrame {
  const half = (width / 2) * (height / 2);
  return {
    width,
    height,
    y: new Float32Array(width * height),
    u: new Float32Array(half),
    v: new Float32Array(half),
  };
}

/** Binomial 1-2-1 both ways in place: takes off what two ways of resampling do differently. */
export function smooth(data: Float32Array, width: number, height: number): void {
  const row = new Float32Array(width);
  for (let y = 0; y < height; y++) {
    const at = y * width;
    for (let x = 0; x < width; x++) {
      const l = data[at + (x > 0 ? x - 1 : 0)] as number;
      const r = data[at + (x < width - 1 ? x + 1 : x)] as number;
      row[x] = 0.5 * (data[at + x] as number) + 0.25 * (l + r);
    }
    data.set(row, at);
  }
  const before = data.slice(0, width);
  for (let y = 0; y < height; y++) {
    const at = y * width;
    const down = y < height - 1 ? at + width : at;
    for (let x = 0; x < width; x++) {
      const own = data[at + x] as number;
      data[at + x] = 0.5 * own + 0.25 * ((before[x] as number) + (data[down + x] as number));
      before[x] = own;
    }
  }
}

interface PhotoPlane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export class ExpectedFrames {
  private readonly spec: ClipSpec;
  private readonly plan: CameraPlan;
  private readonly photoAspect: number;
  private readonly depth: DepthMap | null;
  private readonly planes: readonly [PhotoPlane, PhotoPlane, PhotoPlane];
  private readonly gridWidth: number;
  private readonly gridHeight: number;
  private readonly gridX: Float32Array;
  private readonly gridY: Float32Array;
  private readonly rowX: Float64Array;
  private readonly rowY: Float64Array;
  readonly width: number;
  readonly height: number;

  /** `photo` at about two samples per measured pixel where the window is widest; `width` and `height` (even) are the measured size. */
  constructor(
    view: {
      readonly spec: ClipSpec;
      readonly plan: CameraPlan;
      readonly photoAspect: number;
      readonly depth: DepthMap | null;
    },
    photo: RgbImage,
    width: number,
    height: number,
  ) {
    this.spec = view.spec;
    this.plan = view.plan;
    this.photoAspect = view.photoAspect;
    this.depth = view.depth;
    this.width = width;
    this.height = height;
    this.planes = photoPlanes(photo);
    this.gridWidth = Math.ceil(width / CELL) + 1;
    this.gridHeight = Math.ceil(height / CELL) + 1;
    this.gridX = new Float32Array(this.gridWidth * this.gridHeight);
    this.gridY = new Float32Array(this.gridWidth * this.gridHeight);
    this.rowX = new Float64Array(this.gridWidth);
    this.rowY = new Float64Array(this.gridWidth);
  }

  /** Photo places (0..1) of the grid's nodes, which lie at frame places CELL * (i, j). */
  private solve(frame: number): void {
    const { spec, plan, photoAspect, depth, gridWidth, gridHeight, width, height } = this;
    const pose = plan.at(frameTime(frame, spec.frames));
    const aspect = spec.width / spec.height;
    for (let j = 0; j < gridHeight; j++)
      for (let i = 0; i < gridWidth; i++) {
        const p = sourcePoint(pose, aspect, photoAspect, depth, (i * CELL) / width, (j * CELL) / height);
        this.gridX[j * gridWidth + i] = p.x / photoAspect + 0.5;
        this.gridY[j * gridWidth + i] = p.y + 0.5;
      }
  }

  draw(frame: number, out: YuvFrame): void {
    this.solve(frame);
    this.sample(this.planes[0], out.y, this.width, this.height, 1, 0.5, 0.5);
    // Chroma lies on even luma columns and between two luma rows.
    this.sample(this.planes[1], out.u, this.width / 2, this.height / 2, 2, 0.5, 1);
    this.sample(this.planes[2], out.v, this.width / 2, this.height / 2, 2, 0.5, 1);
  }

  private sample(
    photo: PhotoPlane,
    out: Float32Array,
    width: number,
    height: number,
    step: number,
    offX: number,
    offY: number,
  ): void {
    const { gridX, gridY, gridWidth, rowX, rowY } = this;
    const maxX = photo.width - 1.001;
    const maxY = photo.height - 1.001;
    const { data, width: stride } = photo;
    for (let y = 0; y < height; y++) {
      const gy = (y * step + offY) / CELL;
      const j = Math.floor(gy) * gridWidth;
      const fy = gy - Math.floor(gy);
      for (let i = 0; i < gridWidth; i++) {
        const x0 = gridX[j + i] as number;
        const y0 = gridY[j + i] as number;
        rowX[i] = (x0 + fy * ((gridX[j + gridWidth + i] as number) - x0)) * photo.width - 0.5;
        rowY[i] = (y0 + fy * ((gridY[j + gridWidth + i] as number) - y0)) * photo.height - 0.5;
      }
      for (let x = 0; x < width; x++) {
        const gx = (x * step + offX) / CELL;
        const i = Math.floor(gx);
        const f = gx - i;
        const u = (rowX[i] as number) + f * ((rowX[i + 1] as number) - (rowX[i] as number));
        const v = (rowY[i] as number) + f * ((rowY[i + 1] as number) - (rowY[i] as number));
        const sx = Math.min(Math.max(u, 0), maxX);
        const sy = Math.min(Math.max(v, 0), maxY);
        const ix = Math.floor(sx);
        const iy = Math.floor(sy);
        const fx = sx - ix;
        const at = iy * stride + ix;
        const p = (data[at] as number) + fx * ((data[at + 1] as number) - (data[at] as number));
        const low = at + stride;
        const q = (data[low] as number) + fx * ((data[low + 1] as number) - (data[low] as number));
        out[y * width + x] = p + (sy - iy) * (q - p);
      }
    }
  }

  /** RMS motion between two frames over 24 places of the picture, in measured pixels. */
  motion(from: number, to: number): number {
    const { spec, plan, photoAspect, depth } = this;
    const aspect = spec.width / spec.height;
    const start = plan.at(frameTime(from, spec.frames));
    const end = plan.at(frameTime(to, spec.frames));
    let sum = 0;
    for (let j = 0; j < 4; j++)
      for (let i = 0; i < 6; i++) {
        const u = (i + 0.5) / 6;
        const v = (j + 0.5) / 4;
        const a = sourcePoint(start, aspect, photoAspect, depth, u, v);
        const b = sourcePoint(end, aspect, photoAspect, depth, u, v);
        sum += (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
      }
    return (Math.sqrt(sum / 24) / start.height) * this.height;
  }
}

/** Luma at the photo's size, chroma at half of it, each rounded up. */
function photoPlanes(photo: RgbImage): [PhotoPlane, PhotoPlane, PhotoPlane] {
  const { width, height, data } = photo;
  const cw = Math.ceil(width / 2);
  const ch = Math.ceil(height / 2);
  const y = new Float32Array(width * height);
  const u = new Float32Array(cw * ch);
  const v = new Float32Array(cw * ch);
  const n = new Float32Array(cw * ch);
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++) {
      const at = (j * width + i) * 3;
      const r = data[at] as number;
      const b = data[at + 2] as number;
      const luma = 0.2126 * r + 0.7152 * (data[at + 1] as number) + 0.0722 * b;
      y[j * width + i] = 16 + (219 / 255) * luma;
      const c = (j >> 1) * cw + (i >> 1);
      u[c] = (u[c] as number) + ((224 / 255) * (b - luma)) / 1.8556;
      v[c] = (v[c] as number) + ((224 / 255) * (r - luma)) / 1.5748;
      n[c] = (n[c] as number) + 1;
    }
  for (let c = 0; c < n.length; c++) {
    u[c] = 128 + (u[c] as number) / (n[c] as number);
    v[c] = 128 + (v[c] as number) / (n[c] as number);
  }
  // Two samples per measured pixel alias in fine patterns unless they are softened first.
  smooth(y, width, height);
  smooth(u, cw, ch);
  smooth(v, cw, ch);
  return [
    { width, height, data: y },
    { width: cw, height: ch, data: u },
    { width: cw, height: ch, data: v },
  ];
}

/** Full-range sRGB of a frame, for what networks look at. */
export function toRgb(frame: YuvFrame): RgbImage {
  const { width, height, y, u, v } = frame;
  const data = new Uint8Array(width * height * 3);
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++) {
      const c = (j >> 1) * (width / 2) + (i >> 1);
      const luma = ((y[j * width + i] as number) - 16) * (255 / 219);
      const r = luma + ((v[c] as number) - 128) * (255 / 224) * 1.5748;
      const b = luma + ((u[c] as number) - 128) * (255 / 224) * 1.8556;
      const g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152;
      const at = (j * width + i) * 3;
      data[at] = Math.round(Math.min(255, Math.max(0, r)));
      data[at + 1] = Math.round(Math.min(255, Math.max(0, g)));
      data[at + 2] = Math.round(Math.min(255, Math.max(0, b)));
    }
  return { width, height, data };
}
