/** Agglomerative clustering with average linkage (Sokal and Michener, 1958) under hard pair constraints. */

export interface Constraints {
  /** Index pairs that end in one group. */
  readonly mustLink: readonly (readonly [number, number])[];
  /** Index pairs that never share a group. A pair that is also (transitively) must-linked: must-link wins. */
  readonly cannotLink: readonly (readonly [number, number])[];
}

/**
 * Groups items 0 … n−1: merges the two groups with the least mean distance while it is below `cut`.
 * `distance` is symmetric, row-major n × n. Groups hold ascending indices and come in order of their first.
 */
export function averageLinkage(n: number, distance: Float64Array, cut: number, constraints: Constraints): number[][] {
  const parent = Array.from({ length: n }, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root] as number;
    return root;
  };
  for (const [a, b] of constraints.mustLink) {
    const ra = find(a);
    const rb = find(b);
    if (ra !== rb) parent[Math.max(ra, rb)] = Math.min(ra, rb);
  }
  const members = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const root = find(i);
    const list = members.get(root);
    if (list === undefined) members.set(root, [i]);
    else list.push(i);
  }
  let groups = [...members.values()];
  const owner = new Int32Array(n);
  groups.forEach((group, g) => {
    for (const i of group) owner[i] = g;
  });
  // Sums of distances between groups; infinity where a cannot-link forbids the merge (it survives every merge).
  const count = groups.length;
  const sums = new Float64Array(count * count);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const k = (owner[i] as number) * count + (owner[j] as number);
      sums[k] = (sums[k] as number) + (distance[i * n + j] as number);
    }
  for (const [a, b] of constraints.cannotLink) {
    const ga = owner[a] as number;
    const gb = owner[b] as number;
    if (ga === gb) continue;
    sums[ga * count + gb] = Number.POSITIVE_INFINITY;
    sums[gb * count + ga] = Number.POSITIVE_INFINITY;
  }
  const alive = groups.map((_, g) => g);
  for (;;) {
    let best = cut;
    let pair: [number, number] | undefined;
    for (let x = 0; x < alive.length; x++)
      for (let y = x + 1; y < alive.length; y++) {
        const a = alive[x] as number;
        const b = alive[y] as number;
        const mean = (sums[a * count + b] as number) / ((groups[a]?.length ?? 1) * (groups[b]?.length ?? 1));
        if (mean < best) {
          best = mean;
          pair = [a, b];
        }
      }
    if (pair === undefined) break;
    const [a, b] = pair;
    groups[a] = [...(groups[a] ?? []), ...(groups[b] ?? [])];
    for (const c of alive) {
      const sum = (sums[a * count + c] as number) + (sums[b * count + c] as number);
      sums[a * count + c] = sum;
      sums[c * count + a] = sum;
    }
    alive.splice(alive.indexOf(b), 1);
  }
  groups = alive.map((g) => [...(groups[g] ?? [])].sort((x, y) => x - y));
  return groups.sort((x, y) => (x[0] ?? 0) - (y[0] ?? 0));
}

/** Mean silhouette of one group's items (Rousseeuw, 1987), −1..1; 0 for single items and when there is one group. */
export function silhouette(
  n: number,
  distance: Float64Array,
  groups: readonly (readonly number[])[],
  g: number,
): number {
  const own = groups[g] ?? [];
  if (own.length < 2 || groups.length < 2) return 0;
  const meanTo = (i: number, others: readonly number[]): number => {
    let sum = 0;
    let count = 0;
    for (const j of others)
      if (j !== i) {
        sum += distance[i * n + j] as number;
        count++;
      }
    return count === 0 ? 0 : sum / count;
  };
  let total = 0;
  for (const i of own) {
    const inside = meanTo(i, own);
    let outside = Number.POSITIVE_INFINITY;
    groups.forEach((group, h) => {
      if (h !== g) outside = Math.min(outside, meanTo(i, group));
    });
    total += (outside - inside) / Math.max(outside, inside, 1e-9);
  }
  return total / own.length;
}
