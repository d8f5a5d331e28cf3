import type { HistoryEntry } from '../../../../main/host/contract.ts';

/** By how many steps an entry of the history (newest first) lies from now: below 0 to undo, above to redo. */
export function stepsTo(entries: readonly HistoryEntry[], index: number): number {
  const entry = entries[index];
  if (entry === undefined) return -entries.filter((one) => !one.undone).length;
  if (entry.undone) return entries.slice(index).filter((one) => one.undone).length;
  return -entries.slice(0, index).filter((one) => !one.undone).length;
}
