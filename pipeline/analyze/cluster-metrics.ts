/** How well a grouping agrees with the truth. Both arguments: one group name per item, same order. */

/** Adjusted Rand index (Hubert and Arabie, 1985): 1 is perfect, 0 is chance. */
export function adjustedRandIndex(truth: readonly string[], found: readonly string[]): number {
  const choose2 = (n: number): number => (n * (n - 1)) / 2;
  const sum = (names: readonly string[]): number => {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts.values()].reduce((total, n) => total + choose2(n), 0);
  };
  const both = sum(truth.map((name, i) => JSON.stringify([name, found[i]])));
  const a = sum(truth);
  const b = sum(found);
  const all = choose2(truth.length);
  const expected = all === 0 ? 0 : (a * b) / all;
  const top = (a + b) / 2;
  return top === expected ? 1 : (both - expected) / (top - expected);
}

/** F1 of the question "are these two in the same group?" over all pairs; 1 when neither has any pair. */
export function pairwiseF1(
  truth: readonly string[],
  found: readonly string[],
): { readonly precision: number; readonly recall: number; readonly f1: number } {
  let hit = 0;
  let claimed = 0;
  let real = 0;
  for (let i = 0; i < truth.length; i++)
    for (let j = i + 1; j < truth.length; j++) {
      const t = truth[i] === truth[j];
      const f = found[i] === found[j];
      if (t) real++;
      if (f) claimed++;
      if (t && f) hit++;
    }
  const precision = claimed === 0 ? 1 : hit / claimed;
  const recall = real === 0 ? 1 : hit / real;
  return { precision, recall, f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}
