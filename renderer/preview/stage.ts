/**
 * The one WebGL context that all previews of a window share: browsers keep about sixteen and drop the oldest. Previews
 * own plain 2D canvases; the stage draws off screen and copies, which stays on the graphics card.
 */
import type { MoveSpec } from './move.ts';
import { PreviewRenderer } from './preview-renderer.ts';
import type { ShotHandle } from './shots.ts';

/** Previews are drawn at most this wide, pixels: more is not seen in a panel and costs the graphics card. */
const MAX_WIDTH = 1280;
/** Without a graphics card the processor draws, and a large preview would slow the whole window. */
const MAX_WIDTH_SOFTWARE = 480;
/** Photos are decoded at this side then: twice the drawing's width, and moves show at least half of a photo. */
const PHOTO_SIDE_SOFTWARE = 960;

export interface Stage {
  readonly renderer: PreviewRenderer;
  /** Pixels: canvases are kept at most this wide and scaled up by the browser. */
  readonly maxWidth: number;
  /** Brings all that frames of this height need onto the graphics card, without stopping the window. */
  prepare(shot: ShotHandle, spec: MoveSpec, height: number): Promise<void>;
  /** Draws a frame into all of `target`; false when it is not ready (the target keeps what it shows). */
  show(target: CanvasRenderingContext2D, shot: ShotHandle, spec: MoveSpec, frame: number): boolean;
  /** Called when a lost context is back; returns the way to stop listening. */
  onRestored(listener: () => void): () => void;
}

let shared: Stage | null | undefined;

/** The window's stage; null where there is no WebGL2. */
export function sharedStage(): Stage | null {
  if (shared === undefined) shared = createStage();
  return shared;
}

function createStage(): Stage | null {
  const restored = new Set<() => void>();
  let renderer: PreviewRenderer;
  let software = false;
  try {
    renderer = new PreviewRenderer(new OffscreenCanvas(16, 16), {
      photoSide: () => (software ? PHOTO_SIDE_SOFTWARE : Number.POSITIVE_INFINITY),
      onRestored: () => {
        for (const listener of restored) listener();
      },
    });
  } catch {
    return null;
  }
  const { canvas } = renderer;
  software = renderer.drawnBySoftware;
  return {
    renderer,
    maxWidth: software ? MAX_WIDTH_SOFTWARE : MAX_WIDTH,
    async prepare(shot, spec, height) {
      await renderer.prepare(shot, spec, height);
      renderer.warm(shot, spec, height);
      await renderer.settled();
    },
    show(target, shot, spec, frame) {
      const { width, height } = target.canvas;
      // It only grows: a resize reallocates, and previews of different sizes take turns.
      renderer.setSize(Math.max(canvas.width, width), Math.max(canvas.height, height));
      if (!renderer.draw(shot, spec, frame, { x: 0, y: 0, width, height })) return false;
      target.drawImage(canvas, 0, 0, width, height, 0, 0, width, height);
      return true;
    },
    onRestored(listener) {
      restored.add(listener);
      return () => restored.delete(listener);
    },
  };
}
