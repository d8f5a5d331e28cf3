/** Where the window opens: where it was, moved onto a display that is there. Pure; all in the system's pixels. */
import { z } from 'zod';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const windowPlaceSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  maximized: z.boolean(),
});
export type WindowPlace = z.infer<typeof windowPlaceSchema>;

export const MIN_WINDOW = { width: 960, height: 600 } as const;
const FIRST_WINDOW = { width: 1440, height: 900 } as const;

const overlap = (a: Rect, b: Rect): number =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));

const between = (value: number, low: number, high: number): number => Math.max(low, Math.min(value, high));

/**
 * The place to open at: inside the work area it overlaps most (the first one when it overlaps none), never larger than
 * that; without a remembered place centred on the first.
 *
 * @param remembered where it was, if known
 * @param workAreas the displays' usable areas, the main one first; at least one
 */
export function placeWindow(remembered: Rect | undefined, workAreas: readonly Rect[]): Rect {
  const main = workAreas[0] ?? { x: 0, y: 0, ...FIRST_WINDOW };
  const wanted = remembered ?? centred(main);
  const best = workAreas.reduce((a, b) => (overlap(wanted, b) > overlap(wanted, a) ? b : a), main);
  const width = Math.min(Math.max(wanted.width, MIN_WINDOW.width), best.width);
  const height = Math.min(Math.max(wanted.height, MIN_WINDOW.height), best.height);
  if (overlap(wanted, best) === 0) return centred(best, { width, height });
  return {
    x: between(wanted.x, best.x, best.x + best.width - width),
    y: between(wanted.y, best.y, best.y + best.height - height),
    width,
    height,
  };
}

function centred(area: Rect, size: { width: number; height: number } = FIRST_WINDOW): Rect {
  const width = Math.min(size.width, area.width);
  const height = Math.min(size.height, area.height);
  return {
    x: Math.round(area.x + (area.width - width) / 2),
    y: Math.round(area.y + (area.height - height) / 2),
    width,
    height,
  };
}
