/** Draws frames with the WebAssembly loops: planes and depth go in once, each pose gives one yuv420p frame. */
import { PicaividError } from '../../base/errors.ts';
import type { DepthMap } from '../domain.ts';
import type { CameraPose } from './camera-path.ts';
import { FAR_INVERSE_DEPTH } from './camera-path.ts';
import { cubicTable, ditherTable, PHASES, separableTaps, TAPS } from './kernel.ts';
import { BORDER, type Plane, type YuvPlanes } from './planes.ts';
import { instantiate, places, type WasmMemory } from './wasm.node.ts';

/** Frame pixels per cell of the warp's grid; the bounded slope keeps linear interpolation within 0.3 px. */
export const GRID = 4;
/** Secant steps on the warp's root at most, from its neighbours' on: twelve draw the same pixels as four. */
const ROOT_STEPS = 4;
/** Fractional bits of a sample before it becomes 8 bits: 6 of the planes and 14 of the weights. */
const SUM_BITS = 20;

interface WarpExports extends WasmMemory {
  resample(...args: number[]): void;
  field(...args: number[]): void;
  warpPlane(...args: number[]): void;
}

interface PlacedPlane {
  readonly plane: Plane;
  /** Byte offset of sample (0, 0). */
  readonly origin: number;
}

/**
 * Renders poses of one photo. `width` and `height` (even) are the frame's; `depth` is prepared by `prepareDepth` or
 * null. A frame is Y, U, V contiguous: width * height * 3 / 2 bytes.
 */
export class FrameEngine {
  readonly frameBytes: number;
  private readonly wasm: WarpExports;
  private readonly planes: readonly PlacedPlane[];
  private readonly photoAspect: number;
  private readonly width: number;
  private readonly height: number;
  private readonly depth: DepthMap | null;
  private readonly at: Readonly<Record<'xOff' | 'xW' | 'yOff' | 'yW' | 'ring' | 'table' | 'dither' | 'gx' | 'gy' | 'rx' | 'ry' | 'depth' | 'frame', number>>; // biome-ignore format: one list
  private readonly gridWidth: number;
  private readonly gridHeight: number;
  private readonly gridStride: number;

  constructor(photo: YuvPlanes, photoAspect: number, depth: DepthMap | null, width: number, height: number) {
    if (width % 2 !== 0 || height % 2 !== 0)
      throw new PicaividError('bad_usage', `A frame of ${width}×${height} cannot be 4:2:0: both sides must be even.`);
    this.photoAspect = photoAspect;
    this.width = width;
    this.height = height;
    this.depth = depth;
    this.frameBytes = (width * height * 3) / 2;
    this.gridWidth = Math.ceil(width / GRID) + 1;
    this.gridHeight = Math.ceil(height / GRID) + 2;
    this.gridStride = Math.ceil((this.gridWidth + 4) / 4) * 4;
    this.wasm = instantiate<WarpExports>('warp');
    const { take, done } = places(this.wasm);
    const wide = width + 16;
    const grid = depth === null ? 0 : this.gridStride * this.gridHeight * 4;
    const planeAt = [photo.y, photo.u, photo.v].map((p) => take(p.data.byteLength + 64));
    this.at = {
      xOff: take(wide * 4),
      xW: take(wide * TAPS * 2),
      yOff: take(height * 4),
      yW: take(height * TAPS * 2),
      ring: take(16 * wide * 2),
      table: take(PHASES * 16),
      dither: take(64 * 4),
      gx: take(grid),
      gy: take(grid),
      rx: take(this.gridStride * 4 + 64),
      ry: take(this.gridStride * 4 + 64),
      depth: take(depth === null ? 0 : depth.data.byteLength + 64),
      frame: take(this.frameBytes + 64),
    };
    done();
    const memory = this.wasm.memory.buffer;
    this.planes = [photo.y, photo.u, photo.v].map((p, k) => {
      const at = planeAt[k] as number;
      new Int16Array(memory, at, p.data.length).set(p.data);
      return { plane: p, origin: at + (BORDER * p.stride + BORDER) * 2 };
    });
    ditherTable(SUM_BITS, new Int32Array(memory, this.at.dither, 64));
    if (depth !== null) new Float32Array(memory, this.at.depth, depth.data.length).set(depth.data);
  }

  /** Draws one frame; the view is valid until the next call. */
  draw(pose: CameraPose): Uint8Array {
    const moved = pose.tx !== 0 || pose.ty !== 0 || pose.tz !== 0;
    if (this.depth !== null && moved) this.drawDeep(pose);
    else this.drawFlat(pose);
    return new Uint8Array(this.wasm.memory.buffer, this.at.frame, this.frameBytes);
  }

  /** Source place of frame place i is scale * i + offset, luma samples with centres at integers. */
  private window(pose: CameraPose): { ax: number; bx: number; ay: number; by: number } {
    const luma = (this.planes[0] as PlacedPlane).plane;
    const perUnitX = luma.width / this.photoAspect;
    const ax = ((pose.height * this.width) / this.height / this.width) * perUnitX;
    const ay = (pose.height / this.height) * luma.height;
    const bx = luma.width / 2 + pose.centreX * perUnitX + (0.5 - this.width / 2) * ax - 0.5;
    const by = luma.height / 2 + pose.centreY * luma.height + (0.5 - this.height / 2) * ay - 0.5;
    return { ax, bx, ay, by };
  }

  private drawFlat(pose: CameraPose): void {
    const { ax, bx, ay, by } = this.window(pose);
    const [y, u, v] = this.planes as [PlacedPlane, PlacedPlane, PlacedPlane];
    const lumaBytes = this.width * this.height;
    this.resample(y, this.width, this.height, ax, bx, ay, by, this.at.frame);
    // Output chroma lies at even luma columns and between luma rows (MPEG-2 siting); the source's between both.
    const cw = this.width / 2;
    const ch = this.height / 2;
    const cbx = (bx - 0.5) / 2;
    const cby = (by + ay * 0.5 - 0.5) / 2;
    this.resample(u, cw, ch, ax, cbx, ay, cby, this.at.frame + lumaBytes);
    this.resample(v, cw, ch, ax, cbx, ay, cby, this.at.frame + lumaBytes * 1.25);
  }

  private resample(p: PlacedPlane, w: number, h: number, ax: number, bx: number, ay: number, by: number, dst: number) {
    const memory = this.wasm.memory.buffer;
    const wide = Math.ceil(w / 8) * 8;
    const xOff = new Int32Array(memory, this.at.xOff, wide);
    const yOff = new Int32Array(memory, this.at.yOff, h);
    separableTaps(wide, ax, bx, xOff, new Int16Array(memory, this.at.xW, wide * TAPS));
    separableTaps(h, ay, by, yOff, new Int16Array(memory, this.at.yW, h * TAPS));
    // Taps stay inside the bordered plane whatever rounding does.
    const lastX = p.plane.width + BORDER - TAPS;
    const lastY = p.plane.height + BORDER - TAPS;
    for (let i = 0; i < wide; i++) xOff[i] = 2 * Math.min(lastX, Math.max(-BORDER, xOff[i] as number));
    for (let i = 0; i < h; i++) yOff[i] = Math.min(lastY, Math.max(-BORDER, yOff[i] as number));
    const first = yOff[0] as number;
    for (let i = 0; i < h; i++) yOff[i] = (yOff[i] as number) - first;
    const stride = p.plane.stride * 2;
    this.wasm.resample(
      p.origin + first * stride, stride, this.at.xOff, this.at.xW, wide, this.at.yOff, this.at.yW, h,
      this.at.ring, wide * 2, dst, w, this.at.dither,
    ); // biome-ignore format: pointers pair up
  }

  private drawDeep(pose: CameraPose): void {
    const depth = this.depth as DepthMap;
    const { ax, bx, ay, by } = this.window(pose);
    const luma = (this.planes[0] as PlacedPlane).plane;
    const sx = luma.width / this.photoAspect;
    const sy = luma.height;
    cubicTable(Math.max(ax, ay), new Int16Array(this.wasm.memory.buffer, this.at.table, PHASES * 8));
    const dsx = depth.width / luma.width;
    const dsy = depth.height / luma.height;
    this.wasm.field(
      this.at.depth, depth.width, depth.height, dsx, 0.5 * dsx - 0.5, dsy, 0.5 * dsy - 0.5,
      FAR_INVERSE_DEPTH, 1, ROOT_STEPS,
      ax * GRID, bx, ay * GRID, by, pose.tx * sx, pose.ty * sy, pose.tz,
      (pose.expandX / this.photoAspect + 0.5) * luma.width - 0.5, (pose.expandY + 0.5) * luma.height - 0.5, pose.pivot,
      this.gridWidth, this.gridHeight, this.gridStride, this.at.gx, this.at.gy,
    ); // biome-ignore format: groups of the call
    const lumaBytes = this.width * this.height;
    const [y, u, v] = this.planes as [PlacedPlane, PlacedPlane, PlacedPlane];
    this.warp(y, this.width, this.height, 1, 0, 256, 0, this.at.frame);
    const cw = this.width / 2;
    const ch = this.height / 2;
    this.warp(u, cw, ch, 2, 0.5, 128, -64, this.at.frame + lumaBytes);
    this.warp(v, cw, ch, 2, 0.5, 128, -64, this.at.frame + lumaBytes * 1.25);
  }

  private warp(
    p: PlacedPlane,
    w: number,
    h: number,
    step: number,
    row: number,
    scale: number,
    off: number,
    dst: number,
  ) {
    const stride = p.plane.stride * 2;
    // Taps begin one sample before and one row above.
    const origin = p.origin - stride - 2;
    // Rounds places to the nearest 1/256 instead of down.
    this.wasm.warpPlane(
      this.at.gx, this.at.gy, this.gridStride, w, h, step, row, scale, off + 0.5, origin, stride,
      (p.plane.width - 1) * 256, (p.plane.height - 1) * 256, this.at.table, this.at.rx, this.at.ry, dst, w, this.at.dither,
    ); // biome-ignore format: pointers pair up
  }
}
