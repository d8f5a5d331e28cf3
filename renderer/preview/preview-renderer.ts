/**
 * Draws any frame of a planned move from photo and depth with WebGL2, by the path and warp of the clip renderer. The
 * photo is brought to the size the renderer would decode it at (Lanczos 3) once per move, and frames are filtered from
 * that copy as the renderer filters: 8-tap Lanczos when flat, the same cubic when warped. `bench parity` compares both.
 *
 * Drawing is synchronous and cheap; what a frame needs (decoded photo, prepared depth) arrives by promises. `draw`
 * answers false while something is missing and starts fetching it, so a caller just asks again at the next frame.
 */
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import { smooth } from '../../pipeline/assemble/composite.ts';
import type { DepthMap } from '../../pipeline/domain.ts';
import { type CameraPlan, planCamera } from '../../pipeline/render/camera-path.ts';
import { sourceSize } from '../../pipeline/render/move-plan.ts';
import { frameTime } from '../../pipeline/render/spec.ts';
import { ByteLru } from './byte-lru.ts';
import { DepthPlanner } from './depth-planner.ts';
import { Gpu, NO_TINT, type Picture, type Tint } from './gpu.ts';
import { type Area, fitArea, isDeep, type MoveSpec, moveKey, moveParams, sourceFrameHeight } from './move.ts';
import { type ShotHandle, ShotShelf, type ShotSource } from './shots.ts';

/** Textures: about ten shots at 1080p with their decoded photos. */
const TEXTURE_BUDGET = 256 * 2 ** 20;
/** Prepared maps in memory, about 1.1 MB each. */
const MOVE_BUDGET = 64 * 2 ** 20;
/** Beyond 1080p output nothing is gained from a larger photo texture. */
const MAX_PHOTO_SIDE = 4096;
/** How often a fence is looked at. */
const FENCE_MS = 8;

export interface PreviewOptions {
  readonly textureBudgetBytes?: number;
  /** Photos are decoded with sides of at most this many pixels; asked before each. Default and most: 4096. */
  readonly photoSide?: () => number;
  /** The context came back after a loss: draw again. */
  readonly onRestored?: () => void;
  /** Something that a later `draw` needs has failed to load; it is not tried again for that shot and move. */
  readonly onError?: (error: PicaividError) => void;
}

interface Move {
  readonly plan: CameraPlan;
  readonly depth: DepthMap | null;
}
/** One side of a transition. */
export interface MixSide {
  readonly shot: ShotHandle;
  readonly spec: MoveSpec;
  readonly frame: number;
  /** Frame height in pixels that the photo's copy is made for; default: what is drawn. At most 4/3 of that filters well. */
  readonly sourceHeight?: number;
}
export type MixKind = 'cross_dissolve' | 'dip_black' | 'dip_white' | 'slide' | 'wipe' | 'zoom';

/** A title that lies over a frame. `bitmap` is premultiplied and is uploaded once per key. */
export interface TitleOver {
  readonly key: string;
  readonly bitmap: ImageBitmap;
  readonly opacity: number;
}

/** Everything that a film frame shows; `t` 0..1 is the share of the transition that has passed. */
export interface FilmFrame {
  readonly a: MixSide;
  readonly b?: MixSide;
  readonly transition?: { readonly kind: MixKind; readonly t: number };
  readonly fade?: { readonly colour: 'black' | 'white'; readonly amount: number };
  readonly titles: readonly TitleOver[];
}

export class PreviewRenderer {
  readonly canvas: HTMLCanvasElement | OffscreenCanvas;
  private readonly gl: WebGL2RenderingContext;
  private readonly options: PreviewOptions;
  private readonly planner = new DepthPlanner();
  private readonly shelf: ShotShelf;
  private readonly moves = new ByteLru<Move>(MOVE_BUDGET);
  private readonly textures: ByteLru<Picture>;
  private readonly pending = new Map<string, Promise<void>>();
  private readonly failed = new Map<string, PicaividError>();
  private gpu: Gpu | undefined;
  private disposed = false;

  /** Errors: `internal` when the browser has no WebGL2; show the plain photo then. */
  constructor(canvas: HTMLCanvasElement | OffscreenCanvas, options: PreviewOptions = {}) {
    const settings = { alpha: false, antialias: false, depth: false, stencil: false, preserveDrawingBuffer: false };
    const gl = canvas.getContext('webgl2', settings) as WebGL2RenderingContext | null;
    if (gl === null) throw new PicaividError('internal', 'This window has no WebGL2, so moves cannot be previewed.');
    this.canvas = canvas;
    this.gl = gl;
    this.options = options;
    this.textures = new ByteLru(options.textureBudgetBytes ?? TEXTURE_BUDGET, (picture) => this.gpu?.release(picture));
    this.shelf = new ShotShelf(this.planner, (key) => this.forgetShot(key));
    this.gpu = new Gpu(gl);
    canvas.addEventListener('webglcontextlost', this.onLost);
    canvas.addEventListener('webglcontextrestored', this.onBack);
  }

  /** Bytes of textures held now. */
  get textureBytes(): number {
    return this.textures.bytes;
  }

  /** The browser draws with the processor: there is no graphics card, or none that it trusts. */
  get drawnBySoftware(): boolean {
    const { gl } = this;
    const named = gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER;
    return /swiftshader|llvmpipe|software|basic render/i.test(String(gl.getParameter(named)));
  }

  get lost(): boolean {
    return this.gpu === undefined;
  }

  /** Canvas size in pixels. Setting it clears the canvas, so an equal size changes nothing. */
  setSize(width: number, height: number): void {
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
  }

  /** Fetches a shot once per key; end each use with `releaseShot`. Errors: `file_not_found`, `image_damaged`. */
  loadShot(source: ShotSource): Promise<ShotHandle> {
    return this.shelf.take(source);
  }

  releaseShot(key: string): void {
    this.shelf.release(key);
  }

  /** Brings all that `draw` needs for this move at this frame height (pixels). Errors: those of photo and depth. */
  async prepare(shot: ShotHandle, spec: MoveSpec, height = this.canvas.height): Promise<void> {
    // Two rounds at most: the size of the copy follows from the plan.
    for (let missing = this.missing(shot, spec, height); missing !== undefined; ) {
      await missing;
      missing = this.missing(shot, spec, height);
    }
  }

  /** Puts what `prepare` brought onto the graphics card in the form that drawing takes, so that no frame waits for it. */
  warm(shot: ShotHandle, spec: MoveSpec, height: number): void {
    const { gpu } = this;
    const deep = isDeep(spec, shot.hasDepth);
    const key = moveKey(shot.key, spec, deep);
    const move = this.moves.get(key);
    if (gpu === undefined || move === undefined) return;
    this.source(gpu, shot, move, height);
    const { depth } = move;
    if (depth !== null) this.kept(`depth|${key}`, () => gpu.depth(depth));
  }

  /**
   * When the graphics card is done with what was asked of it so far. Reading a canvas sooner stops the window until
   * then, which is long where the processor draws.
   */
  async settled(): Promise<void> {
    const { gl } = this;
    const fence = this.gpu === undefined ? null : gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (fence === null) return;
    gl.flush();
    while (!gl.isContextLost() && gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED)
      await new Promise((later) => setTimeout(later, FENCE_MS));
    gl.deleteSync(fence);
  }

  /**
   * Draws frame `frame` (integer, clamped to the move) into `area` (default: fitted into the canvas) and leaves the
   * rest of the canvas as it is. False: not ready yet, nothing drawn.
   */
  draw(shot: ShotHandle, spec: MoveSpec, frame: number, area?: Area): boolean {
    return this.paint({ shot, spec, frame }, area ?? this.fitted(spec), NO_TINT);
  }

  /** Fills the canvas with black. */
  clear(): void {
    this.gpu?.clear();
  }

  /** A transition's frame, mixed as pipeline/assemble/composite.ts does: `t` 0 is all `a`, 1 all `b`. */
  mix(a: MixSide, b: MixSide, kind: MixKind, t: number, area?: Area): boolean {
    const { gpu } = this;
    const place = area ?? this.fitted(a.spec);
    // Both or nothing: half a transition would flash.
    const waiting = [a, b].filter((s) => this.missing(s.shot, s.spec, s.sourceHeight ?? place.height) !== undefined);
    if (gpu === undefined || waiting.length > 0) return false;
    if (kind === 'dip_black' || kind === 'dip_white') {
      const level = kind === 'dip_white' ? 1 : 0;
      return this.paint(t <= 0.5 ? a : b, place, [level, level, level, 1 - Math.abs(1 - 2 * t)]);
    }
    const done = ([a, b] as const).every((side, i) => {
      gpu.drawTo(i === 0 ? 0 : 1, place.width, place.height);
      return this.paint(side, place, NO_TINT);
    });
    gpu.drawTo(null);
    if (done) gpu.drawTransition(kind, kind === 'cross_dissolve' ? t : smooth(t), place, this.canvas.height);
    return done;
  }

  /** A frame of a film: its shot or transition, the fade over it and the titles over all. False: not ready. */
  compose(frame: FilmFrame, area: Area): boolean {
    const { a, b, transition, fade } = frame;
    const level = fade?.colour === 'white' ? 1 : 0;
    const drawn =
      transition !== undefined && b !== undefined
        ? this.mix(a, b, transition.kind, transition.t, area)
        : this.paint(a, area, [level, level, level, fade?.amount ?? 0]);
    const { gpu } = this;
    if (!drawn || gpu === undefined) return false;
    for (const { key, bitmap, opacity } of frame.titles)
      gpu.drawTitle(
        this.kept(`title|${key}`, () => gpu.title(bitmap)),
        opacity,
        area,
        this.canvas.height,
      );
    return true;
  }

  dispose(): void {
    this.disposed = true;
    this.canvas.removeEventListener('webglcontextlost', this.onLost);
    this.canvas.removeEventListener('webglcontextrestored', this.onBack);
    this.planner.dispose();
    this.shelf.dispose();
    this.textures.clear();
    this.moves.clear();
    this.gpu?.dispose();
    this.gpu = undefined;
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  private readonly onLost = (event: Event): void => {
    // Without this the browser never gives the context back.
    event.preventDefault();
    this.textures.forget();
    this.gpu = undefined;
  };

  private readonly onBack = (): void => {
    this.gpu = new Gpu(this.gl);
    this.options.onRestored?.();
  };

  private fitted(spec: MoveSpec): Area {
    return fitArea(this.canvas.width, this.canvas.height, spec.aspect);
  }

  private paint({ shot, spec, frame, ...side }: MixSide, area: Area, tint: Tint): boolean {
    const { gpu } = this;
    const sourceHeight = side.sourceHeight ?? area.height;
    if (gpu === undefined || this.missing(shot, spec, sourceHeight) !== undefined) return false;
    const deep = isDeep(spec, shot.hasDepth);
    const key = moveKey(shot.key, spec, deep);
    const move = this.moves.get(key);
    const source = move === undefined ? undefined : this.source(gpu, shot, move, sourceHeight);
    if (move === undefined || source === undefined) return false;
    const whole = Math.min(Math.max(0, Math.round(frame)), Math.max(0, spec.frames - 1));
    const pose = move.plan.at(frameTime(whole, spec.frames));
    const moved = pose.tx !== 0 || pose.ty !== 0 || pose.tz !== 0;
    if (move.depth === null || !moved)
      gpu.drawFlat(source, pose, spec.aspect, shot.photoAspect, area, this.canvas.height, tint);
    else {
      const depth = this.kept(`depth|${key}`, () => gpu.depth(move.depth as DepthMap));
      gpu.drawDeep(source, depth, pose, spec.aspect, shot.photoAspect, area, this.canvas.height, tint);
    }
    return true;
  }

  /** What has to arrive before a frame can be drawn, already under way; undefined: all is there. */
  private missing(shot: ShotHandle, spec: MoveSpec, height: number): Promise<void> | undefined {
    if (this.gpu === undefined) return this.disposed ? undefined : new Promise((later) => setTimeout(later, 50));
    const deep = isDeep(spec, shot.hasDepth);
    const key = moveKey(shot.key, spec, deep);
    const move = this.moves.get(key);
    if (move === undefined) return this.once(`move|${key}`, () => this.plan(key, shot, spec, deep));
    if (this.textures.has(this.sourceKey(shot, move, height)) || this.textures.has(this.photoKey(shot)))
      return undefined;
    return this.once(this.photoKey(shot), () => this.decode(shot, this.photoKey(shot)));
  }

  private async plan(key: string, shot: ShotHandle, spec: MoveSpec, deep: boolean): Promise<void> {
    const params = moveParams(spec, shot.photoAspect, deep);
    if (!deep) {
      this.moves.set(key, { plan: planCamera(spec.motion, params), depth: null }, 256);
      return;
    }
    const { range, depth } = await this.planner.plan(shot.key, spec.motion, params);
    const plan = planCamera(spec.motion, { ...params, depthRange: range });
    this.moves.set(key, { plan, depth }, 256 + (depth?.data.byteLength ?? 0));
  }

  private photoSide(): number {
    return Math.min(MAX_PHOTO_SIDE, this.gpu?.maxSide ?? MAX_PHOTO_SIDE, this.options.photoSide?.() ?? MAX_PHOTO_SIDE);
  }

  private photoKey(shot: ShotHandle): string {
    return `photo|${shot.key}|${this.photoSide()}`;
  }

  private async decode(shot: ShotHandle, key: string): Promise<void> {
    const { bitmap, owned } = await this.shelf.decode(shot.key, this.photoSide());
    if (this.gpu !== undefined) {
      const picture = this.gpu.photo(bitmap);
      this.textures.set(key, picture, picture.bytes);
    }
    if (owned) bitmap.close();
  }

  /** The photo at the renderer's size for frames of this height; undefined when the photo has to be decoded first. */
  private source(gpu: Gpu, shot: ShotHandle, move: Move, height: number): Picture | undefined {
    const key = this.sourceKey(shot, move, height);
    const there = this.textures.get(key);
    if (there !== undefined) return there;
    const photo = this.textures.get(this.photoKey(shot));
    if (photo === undefined) return undefined;
    const { width, height: high } = this.sizeOf(shot, move, height);
    return this.kept(key, () => gpu.resized(photo, width, high));
  }

  private sourceKey(shot: ShotHandle, move: Move, height: number): string {
    const { width, height: high } = this.sizeOf(shot, move, height);
    return `source|${shot.key}|${width}x${high}`;
  }

  private sizeOf(shot: ShotHandle, move: Move, height: number): { width: number; height: number } {
    const size = sourceSize(move.plan, sourceFrameHeight(height), move.depth !== null, shot.photoAspect);
    const longest = Math.max(size.width, size.height);
    const most = Math.min(MAX_PHOTO_SIDE * 2, this.gpu?.maxSide ?? longest);
    if (longest <= most) return size;
    return { width: Math.floor((size.width * most) / longest), height: Math.floor((size.height * most) / longest) };
  }

  private kept(key: string, make: () => Picture): Picture {
    const there = this.textures.get(key);
    if (there !== undefined) return there;
    const made = make();
    this.textures.set(key, made, made.bytes);
    return made;
  }

  /** One load at a time under a name; a failed one is told once and not repeated until the shot is loaded anew. */
  private once(name: string, work: () => Promise<void>): Promise<void> {
    const running = this.pending.get(name);
    if (running !== undefined) return running;
    const before = this.failed.get(name);
    const started = before !== undefined ? Promise.reject<void>(before) : work();
    const settled = started
      .catch((error: unknown) => {
        const told = toPicaividError(error);
        if (before === undefined) this.options.onError?.(told);
        this.failed.set(name, told);
        throw told;
      })
      .finally(() => this.pending.delete(name));
    // `draw` does not wait for it; `prepare` does and gets the error.
    settled.catch(() => {});
    this.pending.set(name, settled);
    return settled;
  }

  private forgetShot(key: string): void {
    const ofShot = (name: string): boolean => name.includes(`|${key}|`) || name.endsWith(`|${key}`);
    this.textures.deleteWhere(ofShot);
    this.moves.deleteWhere((name) => name.startsWith(`${key}|`));
    for (const name of [...this.failed.keys()]) if (ofShot(name)) this.failed.delete(name);
  }
}
