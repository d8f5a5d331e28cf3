/** Cards as the host last told them, with what a person did since laid over them. Pure. */
import type { ListingCard, TaskView } from '../../main/host/contract.ts';

export type Cards = ReadonlyMap<string, ListingCard>;

/** An action that is on its way to the host. Null takes the card out. */
export interface Pending {
  readonly token: number;
  readonly ids: ReadonlySet<string>;
  readonly apply: (card: ListingCard) => ListingCard | null;
}

/**
 * What the screen shows. A card that is equal to the one shown before stays the same object, so that only the cards
 * that changed are drawn again; when none did, the very map comes back.
 */
export function project(told: Cards, pending: readonly Pending[], shown: Cards): Cards {
  const next = new Map<string, ListingCard>();
  for (const [id, card] of told) {
    let current: ListingCard | null = card;
    for (const action of pending) {
      if (current !== null && action.ids.has(id)) current = action.apply(current);
    }
    if (current === null) continue;
    const before = shown.get(id);
    next.set(id, before !== undefined && sameCard(before, current) ? before : current);
  }
  const same = next.size === shown.size && [...next].every(([id, card]) => shown.get(id) === card);
  return same ? shown : next;
}

/**
 * Equal in all that a card shows. Of a task only which one it is and its state count: its progress has a store of its
 * own, so a bar that moves does not touch the list.
 */
export function sameCard(a: ListingCard, b: ListingCard): boolean {
  if (a === b) return true;
  const plain = ({ task, error, ...rest }: ListingCard): string =>
    JSON.stringify([
      task?.id,
      task?.state,
      error,
      Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1)),
    ]);
  return plain(a) === plain(b);
}

/** The card of a listing whose task is now `task`: an active one shows, an ended one is gone. */
export function withTask(card: ListingCard, task: TaskView): ListingCard {
  const active = task.state === 'waiting' || task.state === 'running' || task.state === 'paused';
  if (active) return { ...card, task };
  return card.task?.id === task.id ? { ...card, task: null } : card;
}
