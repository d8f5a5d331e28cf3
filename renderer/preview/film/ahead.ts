/** Which clips have to be ready soon. Pure. */
import type { FilmRecipes } from '../../../pipeline/assemble/recipes.ts';
import type { LoopRange } from './transport.ts';

/**
 * Indexes of the clips that the next `frames` frames show from `frame` on, in the order in which they are needed;
 * `backwards` looks the other way. The first one or two are those of `frame` itself. Near the end of a loop the clips
 * of its beginning follow. At most `most`.
 */
export function clipsAhead(
  film: FilmRecipes,
  frame: number,
  frames: number,
  options: { readonly backwards?: boolean; readonly loop?: LoopRange | null; readonly most?: number } = {},
): number[] {
  const { backwards = false, loop = null, most = 12 } = options;
  const found = new Set<number>();
  const cuts = film.cuts;
  const add = (from: number, to: number): void => {
    const first = film.clipAt(from);
    const last = film.clipAt(to);
    // A transition shows a clip outside its own time.
    const before = cuts[first - 1];
    const after = cuts[last];
    const low = before !== undefined && from < before.to ? first - 1 : first;
    const high = after !== undefined && to >= after.from ? last + 1 : last;
    const list = Array.from({ length: high - low + 1 }, (_, i) => low + i);
    for (const index of backwards ? list.reverse() : list) found.add(index);
  };
  const end = loop !== null && frame < loop.out ? loop.out - 1 : film.totalFrames - 1;
  const start = loop !== null && frame >= loop.in ? loop.in : 0;
  add(frame, frame);
  if (backwards) {
    add(Math.max(start, frame - frames), frame);
    if (loop !== null && frame - frames < start) add(Math.max(start, end - (frames - (frame - start))), end);
  } else {
    add(frame, Math.min(end, frame + frames));
    if (loop !== null && frame + frames > end) add(start, Math.min(end, start + frames - (end - frame)));
  }
  return [...found].slice(0, most);
}
