/**
 * Reader of COLMAP's text model: cameras.txt, images.txt, points3D.txt as `model_converter --output_type TXT` writes
 * them (https://colmap.github.io/format.html, the same since COLMAP 3.0). Every function throws `colmap_failed` with
 * the file and line where the text is not what it should be.
 */
import { PicaividError } from '../../base/errors.ts';

export interface ColmapCamera {
  readonly id: number;
  /** `SIMPLE_RADIAL`, `PINHOLE`, … */
  readonly model: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** In the model's order; the first is the focal length in pixels. */
  readonly params: readonly number[];
}
export interface ColmapImage {
  readonly id: number;
  readonly cameraId: number;
  readonly name: string;
  /** Rotation from the world to the camera as a unit quaternion w, x, y, z. */
  readonly rotation: readonly [number, number, number, number];
  /** From the world to the camera, after the rotation. */
  readonly translation: readonly [number, number, number];
  /** Keypoints in the photo, and how many of them see a point of the model. */
  readonly keypoints: number;
  readonly observations: number;
}
export interface ColmapPoint {
  readonly id: number;
  readonly position: readonly [number, number, number];
  /** Mean reprojection error of its observations, px; −1 where COLMAP has not computed it. */
  readonly errorPx: number;
  /** Photos that see it. */
  readonly track: number;
}
export interface ColmapModel {
  readonly cameras: readonly ColmapCamera[];
  readonly images: readonly ColmapImage[];
  readonly points: readonly ColmapPoint[];
}

interface Line {
  readonly file: string;
  readonly number: number;
  readonly text: string;
}

/** The three files as one model. Also checks that every photo's camera is there. */
export function parseModel(texts: {
  readonly cameras: string;
  readonly images: string;
  readonly points: string;
}): ColmapModel {
  const cameras = parseCameras(texts.cameras);
  const images = parseImages(texts.images);
  const known = new Set(cameras.map(({ id }) => id));
  for (const { name, cameraId } of images)
    if (!known.has(cameraId))
      throw new PicaividError('colmap_failed', `COLMAP's model names camera ${cameraId} of ${name} and lacks it.`);
  return { cameras, images, points: parsePoints(texts.points) };
}

/** CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[] */
export function parseCameras(text: string): ColmapCamera[] {
  return contentLines('cameras.txt', text, false).map((line) => {
    const [id, model, width, height, ...params] = fields(line);
    if (model === undefined || params.length === 0) throw wrong(line, 'a camera needs a model and its parameters');
    return {
      id: count(line, id),
      model,
      width: count(line, width),
      height: count(line, height),
      params: params.map((value) => real(line, value)),
    };
  });
}

/**
 * Two lines a photo: IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME, then its keypoints as X, Y, POINT3D_ID (−1
 * for none). The second line may be empty; a name may hold spaces.
 */
export function parseImages(text: string): ColmapImage[] {
  const lines = contentLines('images.txt', text, true);
  const out: ColmapImage[] = [];
  for (let i = 0; i < lines.length; i += 2) {
    // A photo's own line is never empty: this is the end of the file.
    while (lines[i]?.text.trim() === '') i++;
    const line = lines[i];
    if (line === undefined) break;
    const [id, qw, qx, qy, qz, tx, ty, tz, camera, ...name] = fields(line);
    if (name.length === 0) throw wrong(line, 'a photo needs ten fields');
    const q = [real(line, qw), real(line, qx), real(line, qy), real(line, qz)] as const;
    const length = Math.hypot(...q);
    if (length < 1e-6) throw wrong(line, 'the rotation is no quaternion');
    const points = lines[i + 1];
    const values = points === undefined || points.text.trim() === '' ? [] : fields(points);
    if (points !== undefined && values.length % 3 !== 0) throw wrong(points, 'keypoints come in threes');
    let observations = 0;
    for (let k = 2; k < values.length; k += 3) if (values[k] !== '-1') observations++;
    out.push({
      id: count(line, id),
      cameraId: count(line, camera),
      name: name.join(' '),
      rotation: [q[0] / length, q[1] / length, q[2] / length, q[3] / length],
      translation: [real(line, tx), real(line, ty), real(line, tz)],
      keypoints: values.length / 3,
      observations,
    });
  }
  return out;
}

/** POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[] as IMAGE_ID, POINT2D_IDX. */
export function parsePoints(text: string): ColmapPoint[] {
  return contentLines('points3D.txt', text, false).map((line) => {
    const [id, x, y, z, , , , error, ...track] = fields(line);
    if (track.length % 2 !== 0) throw wrong(line, 'a track comes in pairs');
    return {
      id: count(line, id),
      position: [real(line, x), real(line, y), real(line, z)],
      errorPx: real(line, error),
      track: track.length / 2,
    };
  });
}

/** Where the camera stood: −Rᵀt, in the units of the model, which has no scale of its own. */
export function cameraPosition({
  rotation,
  translation,
}: Pick<ColmapImage, 'rotation' | 'translation'>): readonly [number, number, number] {
  const [w, x, y, z] = rotation;
  const [tx, ty, tz] = translation;
  return [
    -((1 - 2 * (y * y + z * z)) * tx + 2 * (x * y + w * z) * ty + 2 * (x * z - w * y) * tz),
    -(2 * (x * y - w * z) * tx + (1 - 2 * (x * x + z * z)) * ty + 2 * (y * z + w * x) * tz),
    -(2 * (x * z + w * y) * tx + 2 * (y * z - w * x) * ty + (1 - 2 * (x * x + y * y)) * tz),
  ];
}

/** Mean over the points, as COLMAP's `model_analyzer` says it, px; undefined where no point has an error. */
export function meanReprojectionError(points: readonly ColmapPoint[]): number | undefined {
  const errors = points.flatMap(({ errorPx }) => (errorPx >= 0 ? [errorPx] : []));
  return errors.length === 0 ? undefined : errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

/** Lines after the comments. `paired`: an empty line may have a meaning and is kept. */
function contentLines(file: string, text: string, paired: boolean): Line[] {
  return text
    .split(/\r?\n/)
    .map((line, index): Line => ({ file, number: index + 1, text: line }))
    .filter(({ text: line }) => !line.startsWith('#') && (paired || line.trim() !== ''));
}

function fields(line: Line): string[] {
  return line.text.trim().split(/\s+/);
}

function real(line: Line, text: string | undefined): number {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw wrong(line, `“${text ?? ''}” is no number`);
  return value;
}

function count(line: Line, text: string | undefined): number {
  const value = real(line, text);
  if (!Number.isSafeInteger(value) || value < 0) throw wrong(line, `“${text ?? ''}” is no number or size`);
  return value;
}

function wrong(line: Line, what: string): PicaividError {
  return new PicaividError('colmap_failed', `COLMAP's ${line.file} cannot be read at line ${line.number}: ${what}.`);
}
