/**
 * Where the camera is at each moment of a move. Pure; the renderers and a preview share it.
 *
 * Plane units: the photo's height is 1, its width is its aspect A, the origin is its centre, y points down.
 * A pose gives the window of the photo that the frame shows at zero parallax (centre and height) and the translation
 * of the camera, which shifts a point of inverse depth q by (q - pivot) * (tx, ty) and draws it towards the centre of
 * expansion by q * tz. Rotation that keeps the focus in place while orbiting is done as a lens shift (`pivot`): to
 * first order it moves the picture as a small yaw does, and verticals stay upright, as architecture wants them.
 */
import type { Motion } from '../domain.ts';

/** Inverse depth of the farthest point (relative depth 0); the nearest is 1. A room: four times as far as near. */
export const FAR_INVERSE_DEPTH = 0.25;
/** Share of minimum-jerk easing; the rest is uniform motion, so that a cut finds the camera already moving. */
const EASE_SHARE = 0.5;
/** Zoom of ken_burns' push at amount 1, as a ratio: beyond a quarter the end looks soft and the start cramped. */
const PUSH_ZOOM = 1.25;
/** Travel of a pan at amount 1, in frame widths, and of a tilt in frame heights. */
const PAN_TRAVEL = 0.16;
const TILT_TRAVEL = 0.14;
/** Lateral camera travel at amount 1 in frame widths per unit of inverse depth: near and far part by 6 %; at 7.5 % straight door frames beside a sofa bent visibly. */
const PARALLAX_TRAVEL = 0.08;
/** Forward travel at amount 1: the nearest point grows by 1 / (1 - 0.15) = 1.18; 1.25 bent door frames as above. */
const PARALLAX_FORWARD = 0.15;
/** From this ratio of aspects on, most of the photo would never be seen: the window drifts along the long axis. */
const EXTREME_MISMATCH = 1.6;
/** Longest drift along the long axis at amount 1, in frame sides. */
const LONG_AXIS_TRAVEL = 0.4;
/** Kept free at the photo's edge, as a share of the window: rounding never looks outside. */
const EDGE_SHARE = 0.002;

export interface CameraParams {
  /** 0..1, boldness of the move. */
  readonly amount: number;
  /** Width over height of the output and of the photo. */
  readonly aspect: number;
  readonly photoAspect: number;
  /** Centre of interest, 0..1 from the top left. */
  readonly focus: { readonly x: number; readonly y: number };
  /** Camera translation (depth_parallax) or a flat picture (ken_burns). */
  readonly parallax: boolean;
  /** Inverse depths (FAR_INVERSE_DEPTH..1) that occur, and the one at the focus. Used with parallax only. */
  readonly depthRange?: { readonly far: number; readonly near: number; readonly focus: number };
}

export interface CameraPose {
  /** Centre of the window in plane units, and its height; its width is height * aspect. */
  readonly centreX: number;
  readonly centreY: number;
  readonly height: number;
  /** Translation in plane units per unit of inverse depth, and forward travel per unit of inverse depth. */
  readonly tx: number;
  readonly ty: number;
  readonly tz: number;
  /** Inverse depth that lateral translation leaves in place. */
  readonly pivot: number;
  /** Centre of expansion of tz. */
  readonly expandX: number;
  readonly expandY: number;
}

/** A planned move: `at(t)` for t 0..1. */
export interface CameraPlan {
  at(t: number): CameraPose;
}

/**
 * Easing 0..1 → 0..1: half uniform, half minimum-jerk (Flash and Hogan 1985). Speed runs from 0.5 at both ends to 1.44
 * in the middle, never zero.
 */
export function ease(t: number): number {
  const x = Math.min(1, Math.max(0, t));
  const jerk = x * x * x * (10 + x * (6 * x - 15));
  return (1 - EASE_SHARE) * x + EASE_SHARE * jerk;
}

/** A move in units of the frame's height: totals over the move; lateral ones are centred on its middle. */
interface Move {
  readonly panX: number;
  readonly panY: number;
  /** Log of the zoom ratio; positive closes in, negative opens. */
  readonly zoom: number;
  readonly tx: number;
  readonly ty: number;
  /** Forward travel; negative means that the camera starts forward and ends at the photo's own place. */
  readonly tz: number;
  /** Where the pivot lies: `far` for moves past things, `focus` for moves around them. */
  readonly pivot: 'far' | 'focus';
}
const STILL: Move = { panX: 0, panY: 0, zoom: 0, tx: 0, ty: 0, tz: 0, pivot: 'far' };

function flatMove(motion: Motion, amount: number, aspect: number): Move {
  const pan = PAN_TRAVEL * amount * aspect;
  const tilt = TILT_TRAVEL * amount;
  const zoom = Math.log(PUSH_ZOOM) * amount;
  switch (motion) {
    case 'static':
      return STILL;
    case 'push_in':
      return { ...STILL, zoom };
    case 'pull_out':
      return { ...STILL, zoom: -zoom };
    case 'pan_left':
      return { ...STILL, panX: -pan };
    case 'pan_right':
      return { ...STILL, panX: pan };
    case 'tilt_up':
      return { ...STILL, panY: -tilt };
    case 'tilt_down':
      return { ...STILL, panY: tilt };
    case 'dolly_left':
      return { ...STILL, panX: -0.7 * pan, zoom: 0.25 * zoom };
    case 'dolly_right':
      return { ...STILL, panX: 0.7 * pan, zoom: 0.25 * zoom };
    case 'orbit_left':
      return { ...STILL, panX: -0.5 * pan, zoom: 0.5 * zoom };
    case 'orbit_right':
      return { ...STILL, panX: 0.5 * pan, zoom: 0.5 * zoom };
    case 'crane_up':
      return { ...STILL, panY: -0.8 * tilt, zoom: 0.25 * zoom };
    case 'crane_down':
      return { ...STILL, panY: 0.8 * tilt, zoom: 0.25 * zoom };
  }
}

function deepMove(motion: Motion, amount: number, aspect: number): Move {
  const side = PARALLAX_TRAVEL * amount * aspect;
  const rise = PARALLAX_TRAVEL * amount;
  const forward = PARALLAX_FORWARD * amount;
  const flat = flatMove(motion, amount, aspect);
  switch (motion) {
    case 'static':
      return STILL;
    case 'push_in':
      return { ...STILL, zoom: 0.2 * flat.zoom, tz: forward };
    case 'pull_out':
      return { ...STILL, zoom: 0.2 * flat.zoom, tz: -forward };
    case 'pan_left':
    case 'pan_right':
    case 'tilt_up':
    case 'tilt_down':
      return {
        ...STILL,
        panX: 0.7 * flat.panX,
        panY: 0.7 * flat.panY, // biome-ignore format: pairs
        tx: Math.sign(flat.panX) * 0.3 * side,
        ty: Math.sign(flat.panY) * 0.3 * rise,
      };
    case 'dolly_left':
    case 'dolly_right':
      return { ...STILL, panX: 0.15 * flat.panX, tx: Math.sign(flat.panX) * side };
    case 'orbit_left':
    case 'orbit_right':
      return { ...STILL, zoom: 0.1 * flat.zoom, tx: Math.sign(flat.panX) * side, pivot: 'focus' };
    case 'crane_up':
    case 'crane_down':
      return { ...STILL, panY: 0.15 * flat.panY, ty: Math.sign(flat.panY) * rise, pivot: 'focus' };
  }
}

/** Travel along an axis on which the photo is much longer than the frame: at least enough to show something of it. */
function longAxis(travel: number, slack: number, amount: number, direction: number): number {
  const wanted = Math.min(slack, LONG_AXIS_TRAVEL * amount);
  return Math.abs(travel) >= wanted ? travel : wanted * (travel === 0 ? direction : Math.sign(travel));
}

/**
 * Plans a move that never looks outside the photo, whatever the aspects, focus and amount: the window's largest height
 * follows in closed form from the move's extent, because all amplitudes are in units of that height. A photo of another
 * shape is cropped to cover, around the focus; with an extreme mismatch the window also drifts along the long axis.
 */
export function planCamera(motion: Motion, params: CameraParams): CameraPlan {
  const { aspect, photoAspect } = params;
  const amount = Math.min(1, Math.max(0, params.amount));
  const range = params.depthRange ?? { far: FAR_INVERSE_DEPTH, near: 1, focus: 0.6 };
  let move = params.parallax ? deepMove(motion, amount, aspect) : flatMove(motion, amount, aspect);
  if (motion !== 'static' && Math.max(photoAspect / aspect, aspect / photoAspect) >= EXTREME_MISMATCH) {
    const towards = (at: number): number => (at < 0.5 ? -1 : 1);
    if (photoAspect > aspect) {
      const panX = longAxis(move.panX, photoAspect - aspect, amount, towards(params.focus.x));
      move = { ...move, panX };
    } else {
      const panY = longAxis(move.panY, aspect / photoAspect - 1, amount, towards(params.focus.y));
      move = { ...move, panY };
    }
  }
  const pivot = move.pivot === 'focus' ? Math.min(range.near, Math.max(range.far, range.focus)) : 0.5 * range.far;
  const reach = Math.max(Math.abs(range.near - pivot), Math.abs(range.far - pivot));
  // Zooming and tz contract towards a point inside the window, so the widest window plus half of each travel bounds all.
  const halfW = aspect / 2 + Math.abs(move.panX) / 2 + (Math.abs(move.tx) / 2) * reach;
  const halfH = 0.5 + Math.abs(move.panY) / 2 + (Math.abs(move.ty) / 2) * reach;
  const full = Math.min(photoAspect / (2 * halfW), 1 / (2 * halfH)) * (1 - EDGE_SHARE);
  const slackX = Math.max(0, photoAspect / 2 - halfW * full);
  const slackY = Math.max(0, 0.5 - halfH * full);
  const focusX = (params.focus.x - 0.5) * photoAspect;
  const focusY = params.focus.y - 0.5;
  const baseX = Math.min(slackX, Math.max(-slackX, focusX));
  const baseY = Math.min(slackY, Math.max(-slackY, focusY));
  // The fixed point of a zoom: the focus, kept off the window's rim.
  const pinX = Math.min(0.4 * aspect * full, Math.max(-0.4 * aspect * full, focusX - baseX));
  const pinY = Math.min(0.4 * full, Math.max(-0.4 * full, focusY - baseY));
  return {
    at(t: number): CameraPose {
      const e = ease(t);
      const side = (e - 0.5) * full;
      const size = Math.exp(-(move.zoom >= 0 ? move.zoom * e : -move.zoom * (1 - e)));
      const tz = move.tz >= 0 ? move.tz * e : -move.tz * (1 - e);
      return {
        centreX: baseX + side * move.panX + (1 - size) * pinX,
        centreY: baseY + side * move.panY + (1 - size) * pinY,
        height: full * size,
        tx: side * move.tx,
        ty: side * move.ty,
        tz,
        pivot,
        expandX: baseX + pinX,
        expandY: baseY + pinY,
      };
    },
  };
}

/** The pose at time t (0..1) of a move; for many frames keep the plan. */
export function cameraAt(motion: Motion, t: number, params: CameraParams): CameraPose {
  return planCamera(motion, params).at(t);
}
