/**
 * How well found beats agree with annotated ones, after the definitions of mir_eval (Raffel et al. 2014): F-measure,
 * and continuity CMLt and AMLt (Hainsworth 2004, Klapuri et al. 2006). Times in seconds, increasing. As in mir_eval's
 * `trim_beats`, callers may drop the first five seconds; nothing is dropped here.
 */

const F_WINDOW_SECONDS = 0.07;
/** Continuity: largest error of place and of distance, as a share of the annotated distance. */
const CONTINUITY_SHARE = 0.175;

/** F-measure with each annotated beat matched to at most one found beat within ±70 ms. 0 when either is empty. */
export function fMeasure(truth: readonly number[], found: readonly number[], window = F_WINDOW_SECONDS): number {
  let hits = 0;
  let i = 0;
  let j = 0;
  // In increasing times with one width of window, taking the earliest match is a largest matching.
  while (i < truth.length && j < found.length) {
    const error = (found[j] as number) - (truth[i] as number);
    if (Math.abs(error) <= window) {
      hits++;
      i++;
      j++;
    } else if (error < 0) j++;
    else i++;
  }
  const all = truth.length + found.length;
  return all === 0 ? 0 : (2 * hits) / all;
}

/** Share of beats that go on correctly at the annotated metrical level. */
export function cmlt(truth: readonly number[], found: readonly number[]): number {
  return continuous(truth, found);
}

/** As `cmlt`, the best over the allowed levels: as annotated, off-beat, double, and half from the first or second beat. */
export function amlt(truth: readonly number[], found: readonly number[]): number {
  const double = doubled(truth);
  const variants = [
    truth,
    double.filter((_, i) => i % 2 === 1),
    double,
    truth.filter((_, i) => i % 2 === 0),
    truth.filter((_, i) => i % 2 === 1),
  ];
  return Math.max(...variants.map((variant) => continuous(variant, found)));
}

/** Each beat and the middle to the next one. */
function doubled(beats: readonly number[]): number[] {
  return beats.flatMap((beat, i) => {
    const next = beats[i + 1];
    return next === undefined ? [beat] : [beat, (beat + next) / 2];
  });
}

function continuous(truth: readonly number[], found: readonly number[]): number {
  if (truth.length < 2 || found.length < 2) return 0;
  const used = new Set<number>();
  let correct = 0;
  found.forEach((time, m) => {
    const nearest = nearestIndex(truth, time);
    const distance = Math.abs(time - (truth[nearest] as number));
    // An annotated beat serves once.
    if (used.has(nearest)) return;
    // The first beat is measured against the distance after it, any other against the one before.
    const first = m === 0 || nearest === 0;
    const truthStep = first
      ? (truth[nearest + 1] ?? Number.NaN) - (truth[nearest] as number)
      : (truth[nearest] as number) - (truth[nearest - 1] as number);
    const foundStep = first ? (found[m + 1] ?? Number.NaN) - time : time - (found[m - 1] as number);
    if (distance / truthStep < CONTINUITY_SHARE && Math.abs(1 - foundStep / truthStep) < CONTINUITY_SHARE) {
      used.add(nearest);
      correct++;
    }
  });
  return correct / Math.max(truth.length, found.length);
}

function nearestIndex(times: readonly number[], time: number): number {
  let best = 0;
  for (let i = 1; i < times.length; i++)
    if (Math.abs((times[i] as number) - time) < Math.abs((times[best] as number) - time)) best = i;
  return best;
}
