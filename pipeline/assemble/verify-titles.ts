/**
 * Whether a film's titles are on its pictures, from small grey pictures of the film alone: the picture just outside the
 * title's time, with the title laid over it, is compared with the picture at full title. Pure.
 */
import type { VerificationLine } from '../domain.ts';
import type { AssemblyPlan, FrameRecipe } from './plan.ts';

/** Farthest frames apart that are compared: beyond it the shot's own move says more than the title. */
const MOST_APART = 24;
/** A title that shows less than this share of itself is missing: half way between there and not there. */
const LEAST_SHARE = 0.5;
/** A title is looked for where it changes the picture by more than this, grey values, */
const LEAST_CHANGE = 6;
/** if that is so for this many pixels of the small picture: `Home` in white on a light wall has some sixty. */
const LEAST_PIXELS = 24;

/** Two film frames that differ by the title and a little motion: without it, and with all of it. */
export interface TitlePair {
  readonly index: number;
  readonly without: number;
  readonly full: number;
}

/** For each title of the plan that can be measured, the frames to look at. */
export function titlePairs(plan: AssemblyPlan): TitlePair[] {
  const recipes = plan.segments.flatMap((segment): (FrameRecipe | string)[] =>
    segment.kind === 'encode'
      ? [...segment.frames]
      : new Array<string>(segment.filmTo - segment.filmFrom).fill(segment.clipId),
  );
  const plain = (at: FrameRecipe | string | undefined): string | undefined => {
    if (at === undefined || typeof at === 'string') return at;
    return at.b === undefined && at.fade === undefined && at.titles.length === 0 ? at.a.clipId : undefined;
  };
  const titled = (at: FrameRecipe | string | undefined): { index: number; clip: string; full: boolean } | undefined => {
    if (at === undefined || typeof at === 'string' || at.b !== undefined || at.fade !== undefined) return undefined;
    const [title] = at.titles;
    if (title === undefined || at.titles.length > 1) return undefined;
    return { index: title.index, clip: at.a.clipId, full: title.opacity >= 1 };
  };
  const best = new Map<number, TitlePair>();
  for (const [without, at] of recipes.entries()) {
    const clip = plain(at);
    if (clip === undefined) continue;
    for (const step of [-1, 1]) {
      for (let full = without + step; Math.abs(full - without) <= MOST_APART; full += step) {
        const there = titled(recipes[full]);
        if (there === undefined || there.clip !== clip) break;
        if (!there.full) continue;
        const known = best.get(there.index);
        if (known === undefined || Math.abs(full - without) < Math.abs(known.full - known.without))
          best.set(there.index, { index: there.index, without, full });
        break;
      }
    }
  }
  return [...best.values()].sort((a, b) => a.index - b.index);
}

/** A title drawn at the small pictures' size: full-range grey and coverage 0..255. */
export interface GreyTitle {
  readonly grey: Uint8Array;
  readonly alpha: Uint8Array;
}

/**
 * How much of a title is there: 1 all, 0 nothing; undefined when the shot's own move hides it. Least squares of what
 * changed between the pictures against what the title changes.
 */
export function titleShare(without: Uint8Array, full: Uint8Array, { grey, alpha }: GreyTitle): number | undefined {
  let pixels = 0;
  let both = 0;
  let title = 0;
  let changed = 0;
  for (let i = 0; i < without.length; i++) {
    const before = without[i] as number;
    const by = ((alpha[i] as number) / 255) * ((grey[i] as number) - before);
    if (Math.abs(by) < LEAST_CHANGE) continue;
    pixels++;
    const did = (full[i] as number) - before;
    both += by * did;
    title += by * by;
    changed += did * did;
  }
  if (pixels < LEAST_PIXELS) return undefined;
  const share = both / title;
  const rest = changed - share * both;
  // A share that no title can have comes of another change than the title's.
  return rest > title || share < -LEAST_SHARE || share > 1 + LEAST_SHARE ? undefined : share;
}

/** The titles that the plan shows anywhere, by index. */
export function shownTitles(plan: AssemblyPlan): number[] {
  const shown = new Set<number>();
  for (const segment of plan.segments)
    if (segment.kind === 'encode')
      for (const { titles } of segment.frames) for (const { index } of titles) shown.add(index);
  return [...shown].sort((a, b) => a - b);
}

/** One line for all titles; none for a film without. `shares` holds what was measured, by title index. */
export function judgeTitles(
  shown: readonly number[],
  shares: ReadonlyMap<number, number | undefined>,
): VerificationLine[] {
  const count = shown.length;
  if (count === 0) return [];
  const missing: number[] = [];
  let seen = 0;
  for (const index of shown) {
    const share = shares.get(index);
    if (share === undefined) continue;
    if (share >= LEAST_SHARE) seen++;
    else missing.push(index);
  }
  const parts = [`${seen} on the picture`];
  const unseen = count - seen - missing.length;
  if (unseen > 0) parts.push(`${unseen} not measurable by picture (no frame of the same shot without it near by)`);
  for (const index of missing) parts.push(`title ${index + 1} is not there`);
  return [
    { name: 'titles', expected: `${count} on the picture`, measured: parts.join('; '), pass: missing.length === 0 },
  ];
}
