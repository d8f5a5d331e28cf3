/** What a photo's pixels say by themselves, in a thread of its own: decoding, quality, corners, the networks' inputs. */

import { toPicaividError } from '../../base/errors.ts';
import type { RgbImage } from '../domain.ts';
import { decodeRgb, resizeRgb } from '../media/image.node.ts';
import { findFeatures } from './features.ts';
import { cropRgb, lumaOf, shrinkRgb } from './luma.ts';
import type { PixelAnswer, PixelTask } from './pixel-pool.node.ts';
import { scoreQuality } from './quality.ts';

/** Longest side in pixels of what local features are found on. */
const FEATURE_SIDE = 640;
/** Longest side in pixels of what CLIP gets: it scales and crops to 224 itself, keeping the aspect ratio. */
const CLIP_SIDE = 512;
/** Places365 and MobileNet take the whole picture squashed to their 224 × 224. */
const SQUASHED_SIDE = 224;
/** Longest side in pixels that the label and the embedding made without a network reduce to. */
const SMALL_SIDE = 96;
/** Margins cut off for the second look: the whole picture and its middle agree on more rooms than either alone. */
const CENTRE_MARGIN = 0.1;

/** Looks at one photo. A failure comes back as a value: an Error loses its code on the way between threads. */
export default async function lookAtPixels({ path, kinds }: PixelTask): Promise<PixelAnswer> {
  let image: RgbImage;
  try {
    image = await decodeRgb(path);
  } catch (error) {
    return { ok: false, error: toPicaividError(error, 'image_damaged', path).toJSON() };
  }
  const views = [image, cropRgb(image, CENTRE_MARGIN, CENTRE_MARGIN, 1 - CENTRE_MARGIN, 1 - CENTRE_MARGIN)];
  const inputs: RgbImage[][] = [];
  for (const kind of kinds) {
    const ofNetwork: RgbImage[] = [];
    // Reduced here: a bilinear jump from 1280 px to 224 aliases.
    for (const view of views)
      ofNetwork.push(
        kind === 'clip' ? shrinkRgb(view, CLIP_SIDE) : await resizeRgb(view, SQUASHED_SIDE, SQUASHED_SIDE),
      );
    inputs.push(ofNetwork);
  }
  const features = findFeatures(lumaOf(shrinkRgb(image, FEATURE_SIDE)));
  return { ok: true, scores: scoreQuality(image), features, small: shrinkRgb(image, SMALL_SIDE), inputs };
}
