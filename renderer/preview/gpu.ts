/** What the preview keeps on the graphics card: two programs, textures and targets. One object per live context. */
import { PicaividError } from '../../base/errors.ts';
import type { DepthMap } from '../../pipeline/domain.ts';
import type { CameraPose } from '../../pipeline/render/camera-path.ts';
import { type LayeredTransition, MIX_KINDS, titleShader, transitionShader } from './film/composite-shader.ts';
import type { Area } from './move.ts';
import { coverShader, resampleShader, warpShader } from './shaders.ts';

/** Lobes of the Lanczos window, as in pipeline/render/kernel.ts. */
const LOBES = 3;
/** That renderer's filter has 8 taps, which hold 3 lobes at minification up to 4/3. */
const FRAME_STRETCH = 8 / 2 / LOBES;

export interface Picture {
  readonly texture: WebGLTexture;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

/** A colour that a frame is mixed with: red, green, blue and its share, 0..1. */
export type Tint = readonly [number, number, number, number];
export const NO_TINT: Tint = [0, 0, 0, 0];

interface Program {
  readonly program: WebGLProgram;
  readonly at: (name: string) => WebGLUniformLocation | null;
}
interface Pass {
  readonly axis: 0 | 1;
  readonly scale: number;
  readonly offset: number;
  readonly stretch: number;
  readonly last: number;
  readonly row: number;
}

export class Gpu {
  readonly maxSide: number;
  private readonly gl: WebGL2RenderingContext;
  private readonly resampler: Program;
  private readonly warper: Program;
  private readonly framebuffer: WebGLFramebuffer;
  /** Between two passes values leave 0..1; cards without float targets clip them, which is hardly seen. */
  private readonly floatTargets: boolean;
  private scratch: Picture | undefined;
  /** Where frames are drawn; null: the canvas, whose rows count from the bottom. */
  private output: Picture | null = null;
  /** The two sides of a transition; made when one is first drawn. */
  private sides: [Picture, Picture] | undefined;
  private transitioner: Program | undefined;
  private titler: Program | undefined;

  constructor(gl: WebGL2RenderingContext) {
    this.gl = gl;
    this.maxSide = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    this.floatTargets =
      gl.getExtension('EXT_color_buffer_float') !== null || gl.getExtension('EXT_color_buffer_half_float') !== null;
    this.resampler = this.link(resampleShader);
    this.warper = this.link(warpShader);
    this.framebuffer = gl.createFramebuffer();
    gl.bindVertexArray(gl.createVertexArray());
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.disable(gl.DITHER);
  }

  photo(bitmap: ImageBitmap): Picture {
    const { gl } = this;
    const picture = this.allocate(bitmap.width, bitmap.height, gl.RGBA8, 4);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    return picture;
  }

  /** A title with alpha, which is uploaded premultiplied (`createImageBitmap` with `premultiplyAlpha: 'premultiply'`). */
  title(bitmap: ImageBitmap): Picture {
    const picture = this.photo(bitmap);
    const { gl } = this;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    return picture;
  }

  depth(map: DepthMap): Picture {
    const { gl } = this;
    const picture = this.allocate(map.width, map.height, gl.R32F, 4);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, map.width, map.height, gl.RED, gl.FLOAT, map.data);
    return picture;
  }

  release(picture: Picture): void {
    this.gl.deleteTexture(picture.texture);
  }

  /** The photo at another size, by Lanczos 3 along both axes. */
  resized(photo: Picture, width: number, height: number): Picture {
    const { gl } = this;
    const between = this.scratchOf(width, photo.height);
    const sx = photo.width / width;
    const sy = photo.height / height;
    const pass = (axis: 0 | 1, scale: number, last: number): Pass => ({
      axis, scale, offset: 0.5 * scale - 0.5, stretch: Math.max(1, scale), last, row: 0,
    }); // biome-ignore format: one object
    this.into(between);
    this.resample(photo, pass(0, sx, photo.width - 1), { x: 0, y: 0, width, height: photo.height }, false, NO_TINT);
    const out = this.allocate(width, height, gl.RGBA8, 4);
    this.into(out);
    const copy = { x: 0, y: 0, width, height };
    this.resample(between, pass(1, sy, photo.height - 1), copy, false, NO_TINT);
    this.into(null);
    return out;
  }

  /** A frame of a flat move into the canvas, whose height is `canvasHeight`. */
  drawFlat(source: Picture, pose: CameraPose, aspect: number, photoAspect: number, area: Area, canvasHeight: number, tint: Tint): void {
    const perUnitX = source.width / photoAspect;
    const ax = (pose.height * aspect * perUnitX) / area.width;
    const ay = (pose.height / area.height) * source.height;
    const bx = source.width / 2 + pose.centreX * perUnitX + (0.5 - area.width / 2) * ax - 0.5;
    const by = source.height / 2 + pose.centreY * source.height + (0.5 - area.height / 2) * ay - 0.5;
    const row = Math.min(source.height - 1, Math.max(0, Math.floor(by) - 4));
    const end = Math.min(source.height, Math.max(row + 1, Math.ceil(by + ay * (area.height - 1)) + 5));
    const stretch = (scale: number): number => Math.min(Math.max(1, scale), FRAME_STRETCH);
    const between = this.scratchOf(area.width, end - row);
    this.into(between);
    const rows = { x: 0, y: 0, width: area.width, height: end - row };
    const across: Pass = { axis: 0, scale: ax, offset: bx, stretch: stretch(ax), last: source.width - 1, row };
    this.resample(source, across, rows, false, NO_TINT);
    this.into(this.output);
    const down: Pass = { axis: 1, scale: ay, offset: by, stretch: stretch(ay), last: source.height - 1, row };
    this.resample(between, down, this.outputArea(area, canvasHeight), true, tint);
  } // biome-ignore format: the signature

  /** A frame of a parallax move into the canvas; `depth` is prepared. */
  drawDeep(source: Picture, depth: Picture, pose: CameraPose, aspect: number, photoAspect: number, area: Area, canvasHeight: number, tint: Tint): void {
    const { gl, warper } = this;
    const ax = (pose.height * aspect * source.width) / photoAspect / area.width;
    const ay = (pose.height / area.height) * source.height;
    this.into(this.output);
    this.use(warper);
    this.bind(0, source);
    this.bind(1, depth);
    gl.uniform1i(warper.at('u_source'), 0);
    gl.uniform1i(warper.at('u_depth'), 1);
    gl.uniform2f(warper.at('u_size'), area.width, area.height);
    gl.uniform4f(warper.at('u_window'), pose.centreX, pose.centreY, pose.height, pose.height * aspect);
    gl.uniform4f(warper.at('u_move'), pose.tx, pose.ty, pose.tz, pose.pivot);
    gl.uniform2f(warper.at('u_expand'), pose.expandX, pose.expandY);
    gl.uniform1f(warper.at('u_photoAspect'), photoAspect);
    // As cubicTable: Catmull-Rom at 1:1, the B-spline from minification 1.5 on.
    gl.uniform1f(warper.at('u_blur'), Math.min(1, Math.max(0, (Math.max(ax, ay) - 1) * 2)));
    this.cover(warper, this.outputArea(area, canvasHeight), true, tint);
  } // biome-ignore format: the signature

  /** Frames drawn from now on go to this side of a transition (its top left), or to the canvas again. */
  drawTo(side: 0 | 1 | null, width = 0, height = 0): void {
    if (side === null) {
      this.output = null;
      this.into(null);
      return;
    }
    const { gl } = this;
    const now = this.sides;
    if (now === undefined || now[0].width < width || now[0].height < height) {
      for (const old of now ?? []) this.release(old);
      this.sides = [this.allocate(width, height, gl.RGBA8, 4), this.allocate(width, height, gl.RGBA8, 4)];
    }
    this.output = this.sides?.[side] ?? null;
  }

  /** Both sides as a transition's frame, in the canvas; `t` 0..1 as composite.ts has it after its curve. */
  drawTransition(kind: LayeredTransition, t: number, area: Area, canvasHeight: number): void {
    const { gl, sides } = this;
    if (sides === undefined) return;
    this.transitioner ??= this.link(transitionShader);
    const program = this.transitioner;
    this.drawTo(null);
    this.use(program);
    this.bind(0, sides[0]);
    this.bind(1, sides[1]);
    gl.uniform1i(program.at('u_a'), 0);
    gl.uniform1i(program.at('u_b'), 1);
    gl.uniform1i(program.at('u_kind'), MIX_KINDS[kind]);
    gl.uniform1f(program.at('u_t'), t);
    this.whole(program, area, canvasHeight);
  }

  /** Lays a title over the canvas. */
  drawTitle(title: Picture, opacity: number, area: Area, canvasHeight: number): void {
    const { gl } = this;
    this.titler ??= this.link(titleShader);
    const program = this.titler;
    this.drawTo(null);
    this.use(program);
    this.bind(0, title);
    gl.uniform1i(program.at('u_title'), 0);
    gl.uniform1f(program.at('u_opacity'), opacity);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.whole(program, area, canvasHeight);
    gl.disable(gl.BLEND);
  }

  /** Everything of the canvas black, or one colour. */
  clear(red = 0, green = 0, blue = 0): void {
    this.into(null);
    this.gl.clearColor(red, green, blue, 1);
    this.gl.clear(this.gl.COLOR_BUFFER_BIT);
  }

  dispose(): void {
    if (this.scratch !== undefined) this.release(this.scratch);
    this.gl.deleteFramebuffer(this.framebuffer);
    this.gl.deleteProgram(this.resampler.program);
    this.gl.deleteProgram(this.warper.program);
    for (const side of this.sides ?? []) this.release(side);
    for (const program of [this.transitioner, this.titler])
      if (program !== undefined) this.gl.deleteProgram(program.program);
  }

  private outputArea(area: Area, canvasHeight: number): Area {
    return this.output === null ? { ...area, y: canvasHeight - area.y - area.height } : { ...area, x: 0, y: 0 };
  }

  private whole(program: Program, area: Area, canvasHeight: number): void {
    const { gl } = this;
    const y = canvasHeight - area.y - area.height;
    gl.viewport(area.x, y, area.width, area.height);
    gl.uniform2i(program.at('u_origin'), area.x, y);
    gl.uniform2i(program.at('u_size'), area.width, area.height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private resample(source: Picture, pass: Pass, area: Area, toCanvas: boolean, tint: Tint): void {
    const { gl, resampler } = this;
    this.use(resampler);
    this.bind(0, source);
    gl.uniform1i(resampler.at('u_source'), 0);
    gl.uniform1i(resampler.at('u_axis'), pass.axis);
    gl.uniform1i(resampler.at('u_taps'), 2 * Math.ceil(LOBES * pass.stretch));
    gl.uniform1i(resampler.at('u_last'), pass.last);
    gl.uniform1i(resampler.at('u_row'), pass.row);
    gl.uniform1i(resampler.at('u_final'), toCanvas ? 1 : 0);
    gl.uniform1f(resampler.at('u_scale'), pass.scale);
    gl.uniform1f(resampler.at('u_offset'), pass.offset);
    gl.uniform1f(resampler.at('u_stretch'), pass.stretch);
    this.cover(resampler, area, toCanvas, tint);
  }

  private use(program: Program): void {
    // biome-ignore lint/correctness/useHookAtTopLevel: a method of WebGL, not a hook of React
    this.gl.useProgram(program.program);
  }

  private cover(program: Program, area: Area, toCanvas: boolean, tint: Tint): void {
    const { gl } = this;
    gl.viewport(area.x, area.y, area.width, area.height);
    gl.uniform2i(program.at('u_origin'), area.x, area.y);
    gl.uniform1i(program.at('u_flip'), toCanvas && this.output === null ? area.height : 0);
    gl.uniform4f(program.at('u_tint'), tint[0], tint[1], tint[2], tint[3]);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private bind(unit: number, picture: Picture): void {
    this.gl.activeTexture(this.gl.TEXTURE0 + unit);
    this.gl.bindTexture(this.gl.TEXTURE_2D, picture.texture);
  }

  private into(target: Picture | null): void {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, target === null ? null : this.framebuffer);
    if (target !== null)
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target.texture, 0);
  }

  /** One target for what lies between two passes; it grows, since shots of different sizes take turns. */
  private scratchOf(width: number, height: number): Picture {
    const now = this.scratch;
    if (now !== undefined && now.width >= width && now.height >= height) return now;
    const { gl } = this;
    if (now !== undefined) this.release(now);
    const w = Math.max(width, now?.width ?? 0);
    const h = Math.max(height, now?.height ?? 0);
    this.scratch = this.floatTargets ? this.allocate(w, h, gl.RGBA16F, 8) : this.allocate(w, h, gl.RGBA8, 4);
    return this.scratch;
  }

  private allocate(width: number, height: number, format: GLenum, bytesPerSample: number): Picture {
    const { gl } = this;
    const texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
    return { texture, width, height, bytes: width * height * bytesPerSample };
  }

  private link(fragment: string): Program {
    const { gl } = this;
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, coverShader], [gl.FRAGMENT_SHADER, fragment]] as const) {
      const shader = gl.createShader(kind);
      if (shader === null) throw new PicaividError('internal', 'The graphics card gave no shader.');
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      gl.deleteShader(shader);
    } // biome-ignore format: a pair
    gl.linkProgram(program);
    if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
      const log = (gl.getAttachedShaders(program) ?? []).map((s) => gl.getShaderInfoLog(s)).join(' ');
      throw new PicaividError('internal', `The preview's shader does not compile on this graphics card. ${log}`);
    }
    const places = new Map<string, WebGLUniformLocation | null>();
    const at = (name: string): WebGLUniformLocation | null => {
      const known = places.get(name);
      if (known !== undefined) return known;
      const found = gl.getUniformLocation(program, name);
      places.set(name, found);
      return found;
    };
    return { program, at };
  }
}
