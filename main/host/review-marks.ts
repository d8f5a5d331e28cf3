/** Marks that were drawn over a frame, as SVG of the frame's size: with a dark edge, so that they show on any picture. */
import type { Mark } from '../../pipeline/review.ts';

export const MARK_COLOURS: Readonly<Record<Mark['colour'], string>> = {
  red: '#ff4d4d',
  yellow: '#ffd84d',
  white: '#ffffff',
};
/** Line width and arrow head as parts of the picture's longer side. */
export const MARK_LINE = 0.004;
export const MARK_HEAD = 0.025;

/** `width` and `height` in pixels. Pen lines go through all points, the other tools from the first point to the last. */
export function marksSvg(marks: readonly Mark[], width: number, height: number): string {
  const side = Math.max(width, height);
  const line = Math.max(2, side * MARK_LINE);
  const shapes = marks.map((mark) => {
    const shape = markPath(mark, width, height, side * MARK_HEAD);
    const drawn = (colour: string, thick: number): string =>
      `<path d="${shape}" fill="none" stroke="${colour}" stroke-width="${round(thick)}" stroke-linecap="round" stroke-linejoin="round"/>`;
    return drawn('rgba(0,0,0,0.6)', line * 2) + drawn(MARK_COLOURS[mark.colour], line);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** The path of a mark in pixels, of an arrow with its head: pages draw by it, too, so that both show the same. */
export function markPath({ tool, points }: Mark, width: number, height: number, head: number): string {
  const pixels = points.map(([x, y]) => ({ x: x * width, y: y * height }));
  const from = pixels[0] ?? { x: 0, y: 0 };
  const to = pixels.at(-1) ?? from;
  const at = ({ x, y }: { readonly x: number; readonly y: number }): string => `${round(x)} ${round(y)}`;
  if (tool === 'pen') return `M${pixels.map(at).join('L')}`;
  if (tool === 'rectangle') return `M${at(from)}H${round(to.x)}V${round(to.y)}H${round(from.x)}Z`;
  if (tool === 'ellipse') {
    const rx = round(Math.abs(to.x - from.x) / 2);
    const ry = round(Math.abs(to.y - from.y) / 2);
    const y = (from.y + to.y) / 2;
    const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
    const half = `A${rx} ${ry} 0 0 1 `;
    return `M${at({ x: left, y })}${half}${at({ x: right, y })}${half}${at({ x: left, y })}Z`;
  }
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const length = Math.min(head, Math.hypot(to.x - from.x, to.y - from.y));
  const barb = (turn: number): string =>
    at({ x: to.x - length * Math.cos(angle + turn), y: to.y - length * Math.sin(angle + turn) });
  return `M${at(from)}L${at(to)}M${barb(0.5)}L${at(to)}L${barb(-0.5)}`;
}
