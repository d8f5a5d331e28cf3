/**
 * The pictures of the sample listing: which room, from where, where to. Pure data, read by the page that renders and by
 * the script that writes the files. Metres; x east, y up, z south (the street); the house covers x 0..14, z 0..10.
 */
export interface HouseView {
  readonly file: string;
  /** A room type of `pipeline/domain.ts`. */
  readonly room:
    | 'exterior_front'
    | 'exterior_back'
    | 'living_room'
    | 'kitchen'
    | 'dining_room'
    | 'primary_bedroom'
    | 'bedroom'
    | 'bathroom';
  /** Which physical room: photos with the same id show the same place. */
  readonly roomId: string;
  readonly eye: readonly [number, number, number];
  /** Same height as the eye: the camera is level, so verticals stay vertical. */
  readonly look: readonly [number, number];
  /** Full-frame equivalent, millimetres. */
  readonly focal35mm: number;
  /** The file that shows nearly the same picture. */
  readonly duplicateOf?: string;
  /** Stops added to the automatic exposure. */
  readonly stops?: number;
}

const view = (
  file: string,
  room: HouseView['room'],
  eye: HouseView['eye'],
  look: HouseView['look'],
  focal35mm: number,
  more: Partial<Pick<HouseView, 'duplicateOf' | 'stops'>> = {},
): HouseView => ({ file: `${file}.jpg`, room, roomId: room, eye, look, focal35mm, ...more });

/** In the order a photographer walks: outside, the open living area, the bedrooms, the bathroom, the patio. */
export const HOUSE_VIEWS: readonly HouseView[] = [
  view('01_front_a', 'exterior_front', [3.0, 1.6, 22.5], [6.8, 9], 24),
  view('02_front_b', 'exterior_front', [12.4, 1.6, 16.9], [6.2, 9.6], 24),
  view('03_living_a', 'living_room', [5.6, 1.35, 9.55], [1.5, 5.6], 21),
  view('04_living_b', 'living_room', [5.5, 1.35, 5.5], [1.4, 8.6], 21),
  view('05_living_c', 'living_room', [4.3, 1.35, 9.6], [1.2, 5.4], 22),
  view('06_living_d', 'living_room', [1.9, 1.35, 5.4], [4.7, 9.3], 21),
  view('07_kitchen_a', 'kitchen', [5.0, 1.4, 4.6], [1.5, 1.1], 21),
  view('08_kitchen_b', 'kitchen', [3.2, 1.4, 4.75], [1.7, 0.6], 21),
  view('09_kitchen_c', 'kitchen', [5.1, 1.4, 0.9], [1.0, 3.2], 21),
  view('10_dining_a', 'dining_room', [6.5, 1.35, 5.5], [9.2, 9.1], 21),
  view('11_dining_b', 'dining_room', [6.45, 1.35, 7.0], [9.6, 8.2], 21),
  view('12_dining_c', 'dining_room', [8.3, 1.35, 5.35], [7.6, 9.3], 22),
  view('13_primary_a', 'primary_bedroom', [9.1, 1.35, 4.6], [12.6, 1.3], 21),
  view('14_primary_b', 'primary_bedroom', [9.0, 1.35, 3.3], [13.0, 1.7], 21),
  view('15_primary_c', 'primary_bedroom', [13.5, 1.35, 4.6], [10.4, 0.9], 22),
  view('16_bedroom_a', 'bedroom', [10.5, 1.35, 5.5], [12.9, 8.9], 21),
  view('17_bedroom_b', 'bedroom', [10.55, 1.36, 5.52], [12.95, 8.86], 21, { duplicateOf: '16_bedroom_a.jpg' }),
  view('18_bedroom_c', 'bedroom', [13.5, 1.35, 5.5], [11.3, 9.0], 21),
  view('19_bathroom_a', 'bathroom', [8.1, 1.4, 3.7], [6.4, 0.5], 21),
  view('20_bathroom_b', 'bathroom', [7.0, 1.4, 3.75], [6.7, 0.5], 21),
  view('21_patio_a', 'exterior_back', [9.3, 1.55, -8.2], [4.4, 0.0], 24),
  view('22_patio_b', 'exterior_back', [0.2, 1.55, -7.6], [4.8, 0.0], 24),
];

/** Vertical field of view in degrees of a 36 × 24 mm frame at this focal length. */
export function verticalFovDegrees(focal35mm: number): number {
  return (2 * Math.atan(12 / focal35mm) * 180) / Math.PI;
}
