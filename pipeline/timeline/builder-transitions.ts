/** Which cuts get a transition, of which kind and how long: by share, strongest changes of place first. */
import type { Transition, TransitionType } from '../domain.ts';
import type { FrameRate } from '../time.ts';
import { type Candidate, OUTSIDE } from './builder-material.ts';
import { CUT } from './clip-math.ts';
import type { Template } from './templates.ts';

/** A transition covers at most this share of the shorter of its two shots, so that each is also seen alone. */
export const MAX_TRANSITION_SHARE = 1 / 3;

/** Even number of frames nearest to `seconds`, at most a third of `shortest`; a cut when not even two fit. */
export function fitTransition(type: TransitionType, seconds: number, rate: FrameRate, shortest: number): Transition {
  if (type === 'cut' || seconds <= 0) return CUT;
  const wanted = Math.max(2, 2 * Math.round((seconds * rate.num) / rate.den / 2));
  const limit = 2 * Math.floor((shortest * MAX_TRANSITION_SHARE) / 2);
  const frames = Math.min(wanted, limit);
  return frames < 2 ? CUT : { type, frames };
}

/** One transition for each shot (`lengths` in frames): the opening's first, then those into the others. */
export function planTransitions(
  shots: readonly Candidate[],
  lengths: readonly number[],
  template: Template,
  rate: FrameRate,
): Transition[] {
  const { share, types, seconds, outsideInside } = template.transitions;
  const strengths = shots.slice(1).map((shot, i) => strengthOf(shots[i], shot));
  const chosen = chooseBoundaries(strengths, Math.round(share * strengths.length));
  let turn = 0;
  return shots.map((_, i) => {
    const own = lengths[i] ?? 0;
    if (i === 0) return fitTransition(template.opening.transition, template.opening.seconds, rate, own);
    if (!chosen.has(i - 1)) return CUT;
    const crossing = strengths[i - 1] === 3;
    const type = crossing && outsideInside !== undefined ? outsideInside : (types[turn++ % types.length] ?? 'cut');
    return fitTransition(type, seconds, rate, Math.min(own, lengths[i - 1] ?? 0));
  });
}

/** 3 between outside and inside, 2 between room types, 1 between rooms of a type, 0 within a room. */
function strengthOf(before: Candidate | undefined, after: Candidate): number {
  if (before === undefined) return 0;
  if (OUTSIDE.has(before.room) !== OUTSIDE.has(after.room)) return 3;
  if (before.room !== after.room) return 2;
  return before.clusterId === after.clusterId ? 0 : 1;
}

/** `count` boundaries, strongest first; among equally strong ones evenly spread over the film. */
function chooseBoundaries(strengths: readonly number[], count: number): Set<number> {
  const chosen = new Set<number>();
  for (const strength of [3, 2, 1, 0]) {
    const equal = strengths.flatMap((value, i) => (value === strength ? [i] : []));
    const take = Math.min(equal.length, count - chosen.size);
    for (let t = 0; t < take; t++) {
      const index = equal[Math.floor(((t + 0.5) * equal.length) / take)];
      if (index !== undefined) chosen.add(index);
    }
  }
  return chosen;
}
