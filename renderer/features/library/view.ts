/** Which listings the library shows, in which order. Pure. */

import type { ListingCard } from '../../../main/host/contract.ts';
import { workOf } from './phases.ts';

export const FILTERS = ['all', 'attention', 'analyzing', 'ready', 'failed', 'archived'] as const;
export type Filter = (typeof FILTERS)[number];
export const FILTER_LABELS: Readonly<Record<Filter, string>> = {
  all: 'All',
  attention: 'Needs attention',
  analyzing: 'Analysing',
  ready: 'Ready',
  failed: 'Failed',
  archived: 'Archived',
};

export const SORTS = ['newest', 'name', 'attention', 'status'] as const;
export type Sort = (typeof SORTS)[number];
export const SORT_LABELS: Readonly<Record<Sort, string>> = {
  newest: 'Newest first',
  name: 'Address',
  attention: 'Needs attention first',
  status: 'Status',
};

/** Letters that Unicode does not take apart into a base and a mark. */
const WHOLE: Readonly<Record<string, string>> = { ø: 'o', đ: 'd', ł: 'l', ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ı: 'i' };

/** Lower case without marks, so that `creme` finds `Crème` and `strasse` finds `Straße`. */
export function plainText(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .normalize('NFC')
    .replaceAll(/[øđłßæœþı]/g, (letter) => WHOLE[letter] ?? letter);
}

const searchTexts = new WeakMap<ListingCard, string>();

function searchText(card: ListingCard): string {
  let text = searchTexts.get(card);
  if (text === undefined) {
    text = plainText(`${card.name}\n${card.folder}`);
    searchTexts.set(card, text);
  }
  return text;
}

/** Every word of the search is somewhere in the address or the folder; an empty search finds all. */
export function isFound(card: ListingCard, search: string): boolean {
  const text = searchText(card);
  return plainText(search)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export const isFailed = (card: ListingCard): boolean =>
  card.status === 'failed' || card.error !== null || card.folderMissing;

export const isAnalyzing = (card: ListingCard): boolean =>
  workOf(card)?.kind === 'analyze' || (card.status === 'analyzing' && !isFailed(card));

/** Archived listings are found under `archived` alone. */
export function isIn(card: ListingCard, filter: Filter): boolean {
  if (filter === 'archived') return card.archived;
  if (card.archived) return false;
  switch (filter) {
    case 'all':
      return true;
    case 'attention':
      return card.attentionCount > 0;
    case 'analyzing':
      return isAnalyzing(card);
    case 'failed':
      return isFailed(card) && workOf(card) === null;
    case 'ready':
      return !isAnalyzing(card) && !isFailed(card) && card.status !== 'draft';
  }
}

export function countByFilter(cards: Iterable<ListingCard>): Readonly<Record<Filter, number>> {
  const counts = { all: 0, attention: 0, analyzing: 0, ready: 0, failed: 0, archived: 0 };
  for (const card of cards) for (const filter of FILTERS) if (isIn(card, filter)) counts[filter] += 1;
  return counts;
}

/** What waits for a person first, then what works, then what is done. */
const STATUS_ORDER: readonly ListingCard['status'][] = [
  'failed', 'draft', 'analyzing', 'planned', 'rendering', 'rendered', 'timeline_ready', 'in_review', 'approved',
  'assembling', 'delivered',
]; // biome-ignore format: an order reads better as a block

const names = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

const newestFirst = (a: ListingCard, b: ListingCard): number =>
  b.createdAt.localeCompare(a.createdAt) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const statusRank = (card: ListingCard): number => (isFailed(card) ? 0 : STATUS_ORDER.indexOf(card.status));

const ORDERS: Readonly<Record<Sort, (a: ListingCard, b: ListingCard) => number>> = {
  newest: newestFirst,
  name: (a, b) => names.compare(a.name, b.name) || newestFirst(a, b),
  attention: (a, b) => b.attentionCount - a.attentionCount || newestFirst(a, b),
  status: (a, b) => statusRank(a) - statusRank(b) || newestFirst(a, b),
};

/** The listings that are shown, in order. */
export function visibleListings(
  cards: Iterable<ListingCard>,
  { filter, search, sort }: { readonly filter: Filter; readonly search: string; readonly sort: Sort },
): readonly ListingCard[] {
  return [...cards].filter((card) => isIn(card, filter) && isFound(card, search)).sort(ORDERS[sort]);
}
