/** Which part of a photo the first frame of a take shows. Pure. */

import type { TakeView } from '../../../main/host/review-contract.ts';
import { planCamera } from '../../../pipeline/render/camera-path.ts';

/** Parts of the photo's width and height from the top left. */
export interface PhotoWindow {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Inverse depth of the middle of a room: what is nearer or farther lies elsewhere by the parallax. */
const MIDDLE_DEPTH = 0.6;
const CENTRE = { x: 0.5, y: 0.5 };

/**
 * Frame 0's window by the renderer's own camera, for things at middle depth; a flat move has no others. `photoAspect`:
 * width over height. Always inside of the photo.
 */
export function photoWindow(
  take: Pick<TakeView, 'motion' | 'amount' | 'renderer' | 'width' | 'height' | 'focus'>,
  photoAspect: number,
): PhotoWindow {
  const aspect = take.width / take.height;
  const parallax = take.renderer !== 'ken_burns';
  const plan = planCamera(take.motion, {
    amount: take.amount,
    aspect,
    photoAspect,
    focus: take.focus ?? CENTRE,
    parallax,
  });
  const pose = plan.at(0);
  const q = parallax ? MIDDLE_DEPTH : 0;
  const shrink = 1 - q * pose.tz;
  const lateral = parallax ? q - pose.pivot : 0;
  const height = Math.min(1, pose.height * shrink);
  const width = Math.min(1, (pose.height * shrink * aspect) / photoAspect);
  const centreX = pose.centreX + lateral * pose.tx - q * pose.tz * (pose.centreX - pose.expandX);
  const centreY = pose.centreY + lateral * pose.ty - q * pose.tz * (pose.centreY - pose.expandY);
  const within = (at: number, size: number): number => Math.min(1 - size, Math.max(0, at));
  return {
    x: within(centreX / photoAspect + 0.5 - width / 2, width),
    y: within(centreY + 0.5 - height / 2, height),
    width,
    height,
  };
}
