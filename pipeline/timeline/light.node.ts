/** Light of a photo from its smallest proxy. */
import { decodeRgb } from '../media/image.node.ts';
import { lightOf, type PhotoLight } from './light.ts';

/** Longest side that is looked at, pixels: means do not need more. */
const SIDE = 96;

/** Brightness and colour of a picture file. Errors: those of `decodeRgb`. */
export async function photoLight(path: string): Promise<PhotoLight> {
  return lightOf(await decodeRgb(path, SIDE));
}
