/** Which cards are chosen, and which one has the focus. Pure; positions are those of the list as shown. */

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** The card with the focus. */
  readonly active: string | null;
  /** Where a range begins. */
  readonly anchor: string | null;
}

export const NOTHING: Selection = { ids: new Set(), active: null, anchor: null };

export type Direction = 'left' | 'right' | 'up' | 'down' | 'first' | 'last' | 'pageUp' | 'pageDown';

export const selectOnly = (id: string): Selection => ({ ids: new Set([id]), active: id, anchor: id });

/** A press with Ctrl or Cmd: in or out. */
export function toggle(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, active: id, anchor: id };
}

/** A press or an arrow with Shift: everything from the anchor to there, and nothing else. */
export function extendTo(selection: Selection, order: readonly string[], id: string): Selection {
  const from = selection.anchor === null ? -1 : order.indexOf(selection.anchor);
  const to = order.indexOf(id);
  if (to === -1) return selection;
  if (from === -1) return selectOnly(id);
  const ids = new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1));
  return { ids, active: id, anchor: selection.anchor };
}

/** Where a key leads in a grid; null when there is nothing. Without a focus yet every key leads to the first. */
export function neighbour(
  order: readonly string[],
  active: string | null,
  direction: Direction,
  columns: number,
  pageRows: number,
): string | null {
  const at = active === null ? -1 : order.indexOf(active);
  const last = order.length - 1;
  if (last < 0) return null;
  if (at === -1) return (direction === 'last' ? order[last] : order[0]) ?? null;
  const to = target(at, direction, columns, pageRows, last);
  return order[to] ?? null;
}

function target(at: number, direction: Direction, columns: number, pageRows: number, last: number): number {
  const lastRow = Math.floor(last / columns);
  const row = Math.floor(at / columns);
  const inRow = (wanted: number): number => {
    const to = Math.min(lastRow, Math.max(0, wanted));
    if (to === row) return at;
    return Math.min(last, to * columns + (at % columns)); // the last row may be short: its last card
  };
  switch (direction) {
    case 'left':
      return Math.max(0, at - 1);
    case 'right':
      return Math.min(last, at + 1);
    case 'up':
      return inRow(row - 1);
    case 'down':
      return inRow(row + 1);
    case 'pageUp':
      return inRow(row - pageRows);
    case 'pageDown':
      return inRow(row + pageRows);
    case 'first':
      return 0;
    case 'last':
      return last;
  }
}

/**
 * After the list changed: what is no longer shown is no longer chosen, so no command meets a card that nobody sees.
 * When the card with the focus went, the one that took its place has it.
 */
export function prune(selection: Selection, order: readonly string[], before: readonly string[]): Selection {
  const shown = new Set(order);
  const gone = [...selection.ids].some((id) => !shown.has(id));
  const activeGone = selection.active !== null && !shown.has(selection.active);
  const anchorGone = selection.anchor !== null && !shown.has(selection.anchor);
  if (!gone && !activeGone && !anchorGone) return selection;
  const ids = gone ? new Set([...selection.ids].filter((id) => shown.has(id))) : selection.ids;
  let { active } = selection;
  if (active !== null && activeGone) {
    const place = before.indexOf(active);
    const after = before.slice(place + 1).find((id) => shown.has(id));
    active = after ?? before.slice(0, Math.max(0, place)).findLast((id) => shown.has(id)) ?? order.at(-1) ?? null;
  }
  return { ids, active, anchor: anchorGone ? active : selection.anchor };
}

/** What a command works on: the chosen cards in the order shown, or the one with the focus when none is chosen. */
export function subjects({ ids, active }: Selection, order: readonly string[]): readonly string[] {
  if (ids.size > 0) return order.filter((id) => ids.has(id));
  return active !== null && order.includes(active) ? [active] : [];
}
