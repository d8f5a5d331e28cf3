/** Cropping a clip to a film frame of another shape around its subject. */

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Crop extends Size {
  readonly x: number;
  readonly y: number;
}

/**
 * The largest window of the target's shape inside the clip, as near to centred on the subject (0..1) as the clip's
 * edges allow. Even numbers, in the clip's pixels.
 */
export function cropFor(clip: Size, target: Size, focus: { readonly x: number; readonly y: number }): Crop {
  const even = (value: number): number => 2 * Math.floor(value / 2);
  const wider = clip.width * target.height > clip.height * target.width;
  const width = wider ? Math.min(clip.width, even((clip.height * target.width) / target.height)) : clip.width;
  const height = wider ? clip.height : Math.min(clip.height, even((clip.width * target.height) / target.width));
  const place = (at: number, full: number, part: number): number =>
    even(Math.min(full - part, Math.max(0, at * full - part / 2)));
  return { width, height, x: place(focus.x, clip.width, width), y: place(focus.y, clip.height, height) };
}

/** ffmpeg filters that crop and scale a clip to the target; empty when it fits as it is. */
export function reframeFilter(clip: Size, target: Size, focus: { readonly x: number; readonly y: number }): string {
  if (clip.width === target.width && clip.height === target.height) return '';
  const { width, height, x, y } = cropFor(clip, target, focus);
  return `crop=${width}:${height}:${x}:${y},scale=${target.width}:${target.height}:flags=lanczos+accurate_rnd,setsar=1`;
}
