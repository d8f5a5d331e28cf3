/** Judgements on per-frame measurements of a film. */
import type { VerificationLine } from '../domain.ts';
import type { PlannedCut } from './plan.ts';

/** A cut is looked for this many frames to either side of its place. */
const SEARCH_FRAMES = 3;
/** Mean grey change (0..255) that a cut must bring to be seen at all. */
const MIN_CHANGE = 4;
/** A cut stands out when its change is this many times the usual change around it. */
const MIN_RATIO = 3;
const CONTEXT_FRAMES = 12;

/**
 * One line for the hard cuts: each must be the largest change within three frames of its place. A cut between two very
 * similar shots cannot be seen; it is counted as such and judged by the frame count and time stamps alone.
 * `change[f]` is the mean absolute grey change from frame f−1 to f.
 */
export function judgeCuts(cuts: readonly PlannedCut[], change: readonly number[]): VerificationLine[] {
  const hard = cuts.filter((cut) => cut.type === 'cut');
  const wrong: string[] = [];
  let seen = 0;
  for (const { frame } of hard) {
    const near = cuts.filter((cut) => cut.frame !== frame && Math.abs(cut.frame - frame) <= SEARCH_FRAMES);
    let best = frame;
    for (let f = Math.max(1, frame - SEARCH_FRAMES); f <= frame + SEARCH_FRAMES; f++) {
      if (near.some((cut) => f >= cut.from && f <= cut.to)) continue;
      if ((change[f] ?? 0) > (change[best] ?? 0)) best = f;
    }
    const around: number[] = [];
    for (let f = frame - CONTEXT_FRAMES; f <= frame + CONTEXT_FRAMES; f++) {
      if (f > 0 && f < change.length && Math.abs(f - best) > 1) around.push(change[f] ?? 0);
    }
    around.sort((a, b) => a - b);
    const usual = around[Math.floor(around.length / 2)] ?? 0;
    const peak = change[best] ?? 0;
    if (peak < MIN_CHANGE || peak < usual * MIN_RATIO) continue;
    if (best === frame) seen++;
    else wrong.push(`frame ${frame} was found at ${best}`);
  }
  const unseen = hard.length - seen - wrong.length;
  const softer = cuts.length - hard.length;
  const parts = [`${seen} at their frame`];
  if (unseen > 0)
    parts.push(`${unseen} not measurable by picture (shots too alike; right by frame count and time stamps)`);
  if (wrong.length > 0) parts.push(wrong.join(', '));
  return [
    {
      name: 'cuts',
      expected: `${hard.length} hard cuts at their frames${softer > 0 ? ` (and ${softer} transitions)` : ''}`,
      measured: parts.join('; '),
      pass: wrong.length === 0,
    },
  ];
}

/** Length of the longest run of true. */
export function longestRun(flags: readonly boolean[]): number {
  let longest = 0;
  let current = 0;
  for (const flag of flags) {
    current = flag ? current + 1 : 0;
    if (current > longest) longest = current;
  }
  return longest;
}
