/** The pixels of the film's canvas. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels that the canvas' box has on the screen. */
export function shownSize(canvas: HTMLCanvasElement): Size {
  const ratio = globalThis.devicePixelRatio ?? 1;
  return { width: canvas.clientWidth * ratio, height: canvas.clientHeight * ratio };
}

/** Even sides of a frame of the film's shape within a box: at most the film's own, and at most `widest` wide. */
export function canvasSize(film: Size, box: Size, widest: number): Size {
  const scale = Math.min(1, box.width / film.width, box.height / film.height, widest / film.width);
  const even = (side: number): number => Math.max(2, 2 * Math.round((side * scale) / 2));
  return { width: even(film.width), height: even(film.height) };
}

/** Sets the canvas' pixels; what it shows stays, scaled, until it is drawn anew, unless it is `empty`. True: changed. */
export function resizeCanvas(
  canvas: HTMLCanvasElement,
  target: CanvasRenderingContext2D,
  film: Size,
  box: Size,
  widest: number,
  empty: boolean,
): boolean {
  const { width, height } = canvasSize(film, box, widest);
  if (canvas.width === width && canvas.height === height) return false;
  const before = empty || canvas.width === 0 || canvas.height === 0 ? undefined : copyOf(canvas);
  canvas.width = width;
  canvas.height = height;
  target.imageSmoothingQuality = 'medium';
  if (before !== undefined) target.drawImage(before, 0, 0, width, height);
  return true;
}

function copyOf(canvas: HTMLCanvasElement): OffscreenCanvas {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  copy.getContext('2d', { alpha: false })?.drawImage(canvas, 0, 0);
  return copy;
}
