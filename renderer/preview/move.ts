/** A move as the preview is asked for it, and what follows from it by arithmetic. Pure. */
import type { Motion, RendererName } from '../../pipeline/domain.ts';
import type { CameraParams } from '../../pipeline/render/camera-path.ts';

/** The fields of a clip's spec that decide what a frame shows; times are integer frames 0..frames-1. */
export interface MoveSpec {
  readonly motion: Motion;
  /** 0..1 */
  readonly amount: number;
  readonly renderer: RendererName;
  /** Width over height of the frame. */
  readonly aspect: number;
  /** 0..1 from the top left. */
  readonly focus: { readonly x: number; readonly y: number };
  readonly frames: number;
}

/** A rectangle in pixels from the top left. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Source copies are made for frame heights in steps of this, so that resizing a window does not remake them each pixel. */
const HEIGHT_STEP = 30;

/** An LTX clip is previewed as the move it asks for; without depth every move is flat. */
export function isDeep(spec: MoveSpec, hasDepth: boolean): boolean {
  return hasDepth && spec.renderer !== 'ken_burns';
}

export function moveParams(spec: MoveSpec, photoAspect: number, deep: boolean): CameraParams {
  return { amount: spec.amount, aspect: spec.aspect, photoAspect, focus: spec.focus, parallax: deep };
}

/** Equal for moves with equal pixels at equal t: the number of frames does not matter. */
export function moveKey(shotKey: string, spec: MoveSpec, deep: boolean): string {
  return `${shotKey}|${spec.motion}|${spec.amount}|${deep ? 'd' : 'k'}|${spec.aspect}|${spec.focus.x}|${spec.focus.y}`;
}

/** Frame height in pixels that the source copy is made for. */
export function sourceFrameHeight(height: number): number {
  return Math.max(HEIGHT_STEP, HEIGHT_STEP * Math.ceil(height / HEIGHT_STEP));
}

/** Largest centred rectangle of this aspect in a canvas, whole pixels. */
export function fitArea(width: number, height: number, aspect: number): Area {
  const w = Math.min(width, Math.round(height * aspect));
  const h = Math.min(height, Math.round(width / aspect));
  return { x: Math.floor((width - w) / 2), y: Math.floor((height - h) / 2), width: w, height: h };
}
