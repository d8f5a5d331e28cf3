/** What the library shows and what is chosen in it: kept while other screens are open, so one comes back to it. */
import { create } from 'zustand';
import { NOTHING, type Selection } from './selection.ts';
import type { Filter, Sort } from './view.ts';

interface LibraryView {
  readonly filter: Filter;
  readonly search: string;
  readonly sort: Sort;
  readonly selection: Selection;
  /** Pixels from the top. */
  readonly scrollTop: number;
  /** The card whose name is being changed. */
  readonly renaming: string | null;
}

export const useLibraryView = create<LibraryView>(() => ({
  filter: 'all',
  search: '',
  sort: 'newest',
  selection: NOTHING,
  scrollTop: 0,
  renaming: null,
}));

export function setSelection(change: (selection: Selection) => Selection): void {
  useLibraryView.setState(({ selection }) => ({ selection: change(selection) }));
}
