/** One bar over several stages of known weight, with the time left from the speed so far. */
import type { OnProgress } from '../pipeline/domain.ts';

/** Below this share of the work, or this many seconds, a guess at the time left would only mislead. */
const MIN_FRACTION = 0.03;
const MIN_SECONDS = 3;

export function stagedProgress(
  weights: Readonly<Record<string, number>>,
  onProgress: OnProgress,
  nowSeconds: () => number,
): (stage: string) => OnProgress {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const started = nowSeconds();
  const names = Object.keys(weights);
  return (stage) => {
    const index = names.indexOf(stage);
    const base = names.slice(0, index).reduce((sum, name) => sum + (weights[name] ?? 0), 0);
    const weight = weights[stage] ?? 0;
    return ({ fraction, sentence }) => {
      const overall = Math.min(1, (base + weight * fraction) / total);
      const elapsed = nowSeconds() - started;
      const known = overall >= MIN_FRACTION && elapsed >= MIN_SECONDS;
      onProgress({
        fraction: overall,
        sentence,
        ...(known ? { secondsLeft: (elapsed * (1 - overall)) / overall } : {}),
      });
    };
  };
}
