/** Zoom and pan that both pictures share, and where they lie on the stage. */
import { create } from 'zustand';

export interface Point {
  readonly x: number;
  readonly y: number;
}
/** Screen pixels for each pixel of the take, or all of it. */
export type Zoom = 'fit' | 1 | 2 | 4;
const STEPS: readonly Zoom[] = ['fit', 1, 2, 4];
const MIDDLE: Point = { x: 0.5, y: 0.5 };

interface ViewState {
  readonly zoom: Zoom;
  /** Part of the picture that is in the middle. */
  readonly centre: Point;
  readonly setZoom: (zoom: Zoom) => void;
  /** One step closer (1) or farther (-1), towards a part of the picture. */
  readonly zoomAbout: (by: 1 | -1, at?: Point) => void;
  readonly panBy: (x: number, y: number) => void;
}

const within = (value: number): number => Math.min(1, Math.max(0, value));

export const useView = create<ViewState>((set, get) => ({
  zoom: 'fit',
  centre: MIDDLE,
  setZoom: (zoom) => set(zoom === 'fit' ? { zoom, centre: MIDDLE } : { zoom }),
  zoomAbout: (by, at) => {
    const { zoom, centre } = get();
    const next = STEPS[STEPS.indexOf(zoom) + by];
    if (next === undefined) return;
    if (next === 'fit') return set({ zoom: next, centre: MIDDLE });
    const about = at ?? centre;
    set({ zoom: next, centre: zoom === 'fit' ? { x: within(about.x), y: within(about.y) } : mixed(centre, about, by) });
  },
  panBy: (x, y) => {
    const { zoom, centre } = get();
    if (zoom !== 'fit') set({ centre: { x: within(centre.x + x), y: within(centre.y + y) } });
  },
}));

/** Each step doubles or halves: what is under the pointer stays there. */
function mixed(centre: Point, about: Point, by: 1 | -1): Point {
  const keep = by === 1 ? 0.5 : 2;
  return {
    x: within(about.x + (centre.x - about.x) * keep),
    y: within(about.y + (centre.y - about.y) * keep),
  };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
/** The part of the stage that a picture has, and the picture within that part; pixels of the page. */
export interface ViewLayout {
  readonly view: Box;
  readonly world: Box;
}

/** Pixels kept free around a whole picture, and between two. */
const MARGIN = 16;

/** `ratio`: screen pixels for each pixel of the page. */
export function layOut(
  stage: { readonly width: number; readonly height: number },
  picture: { readonly width: number; readonly height: number },
  {
    zoom,
    centre,
    side,
    ratio,
  }: { readonly zoom: Zoom; readonly centre: Point; readonly side: boolean; readonly ratio: number },
): { readonly first: ViewLayout; readonly second: ViewLayout } {
  const width = side ? stage.width / 2 : stage.width;
  const { height } = stage;
  const room = { width: Math.max(1, width - 2 * MARGIN), height: Math.max(1, height - 2 * MARGIN) };
  const fit = Math.min(room.width / picture.width, room.height / picture.height);
  const scale = zoom === 'fit' ? fit : zoom / ratio;
  const [w, h] = [picture.width * scale, picture.height * scale];
  const along = (space: number, size: number, part: number): number =>
    Math.round(
      zoom === 'fit' || size <= space
        ? (space - size) / 2
        : Math.min(0, Math.max(space - size, space / 2 - part * size)),
    );
  const world = { left: along(width, w, centre.x), top: along(height, h, centre.y), width: w, height: h };
  const view = (left: number): Box => ({ left, top: 0, width, height });
  return { first: { view: view(0), world }, second: { view: view(side ? width : 0), world } };
}
