/**
 * Which items of a long list exist while it scrolls. Items come into being a few per frame: a whole row of them at once
 * is more than a frame's work (12 ms of the main thread for a row of listings), the same items one after the other are
 * not. Those in sight come first. Pure.
 */

/** Indices: the first, and the one after the last. */
export type Range = readonly [from: number, end: number];

export interface Aim {
  /** Items in sight. */
  readonly seen: Range;
  /** Items that should exist: those in sight and some beyond. */
  readonly wanted: Range;
}

/** New items per frame, in the unit of their costs: while one in sight is missing, and when all in sight are there. */
export interface Budget {
  readonly seen: number;
  readonly beyond: number;
}

/**
 * The next range on the way from `shown` to what is wanted: what is too far away goes, and new items come until their
 * cost reaches the budget (at least one). After a jump everything begins anew at what is in sight. The same array when
 * nothing is left to do.
 */
export function towards(shown: Range, { seen, wanted }: Aim, budget: Budget, costOf: (index: number) => number): Range {
  let from = Math.max(shown[0], wanted[0]);
  let end = Math.min(shown[1], wanted[1]);
  if (from >= end || end < seen[0] || from > seen[1]) {
    from = seen[0];
    end = from;
  }
  const most = end < seen[1] || from > seen[0] ? budget.seen : budget.beyond;
  for (let spent = 0; spent < most; ) {
    const below = end < wanted[1];
    const above = from > wanted[0];
    const down = end < seen[1] || (from <= seen[0] && below && (!above || end - seen[1] <= seen[0] - from));
    if (down) spent += costOf(end++);
    else if (above) spent += costOf(--from);
    else break;
  }
  return from === shown[0] && end === shown[1] ? shown : [from, end];
}
