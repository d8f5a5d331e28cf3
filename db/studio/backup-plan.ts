/** Which backups stay: 20 of the last hour, 20 of the day, 20 of the week, 20 older (RELIABILITY.md). */

const HOUR_MS = 3_600_000;
/** Ages at which one group ends and the next begins, milliseconds. */
const GROUP_ENDS_MS = [HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS, Number.POSITIVE_INFINITY];
const KEPT_OF_GROUP = 20;

/**
 * Of backups taken at these moments (milliseconds), those to keep, newest first. In a group with more than it may hold,
 * those that lie closest to their neighbours go first, so that what stays is spread evenly; the newest and the oldest of
 * all never go.
 */
export function backupsToKeep(takenMs: readonly number[], nowMs: number): readonly number[] {
  const newestFirst = [...new Set(takenMs)].sort((a, b) => b - a);
  const kept: number[] = [];
  for (const [index, end] of GROUP_ENDS_MS.entries()) {
    const start = index === 0 ? Number.NEGATIVE_INFINITY : (GROUP_ENDS_MS[index - 1] as number);
    const group = newestFirst.filter((taken) => nowMs - taken >= start && nowMs - taken < end);
    while (group.length > KEPT_OF_GROUP) group.splice(closest(group), 1);
    kept.push(...group);
  }
  return kept;
}

/** Index of the inner moment whose neighbours on both sides are nearest to each other. */
function closest(newestFirst: readonly number[]): number {
  let best = 1;
  let gap = Number.POSITIVE_INFINITY;
  for (let i = 1; i < newestFirst.length - 1; i++) {
    const around = (newestFirst[i - 1] as number) - (newestFirst[i + 1] as number);
    if (around < gap) [best, gap] = [i, around];
  }
  return best;
}
