import { type Ref, useMemo } from 'react';
import { CommandButton, useShownKey } from '../../keys/index.ts';
import { useListings } from '../../stores/listings.ts';
import { Archive, ArchiveRestore, Trash2 } from '../../ui/icons.ts';
import { SearchField, Segmented, Select } from '../../ui/index.ts';
import styles from './Library.module.css';
import { useLibraryView } from './library-view.ts';
import { countByFilter, FILTER_LABELS, FILTERS, SORT_LABELS, SORTS } from './view.ts';

const SORT_OPTIONS = SORTS.map((value) => ({ value, label: SORT_LABELS[value] }));

export interface ToolbarProps {
  readonly searchRef: Ref<HTMLInputElement>;
  readonly selected: number;
  readonly allArchived: boolean;
  readonly onLeaveSearch: () => void;
}

export function Toolbar({ searchRef, selected, allArchived, onLeaveSearch }: ToolbarProps) {
  const cards = useListings((state) => state.cards);
  const { filter, search, sort } = useLibraryView();
  const counts = useMemo(() => countByFilter(cards.values()), [cards]);
  const searchKey = useShownKey('search.focus');
  const options = FILTERS.map((value) => ({ value, label: FILTER_LABELS[value], count: counts[value] }));
  return (
    <div className={styles.toolbar}>
      <Segmented
        label="Show"
        value={filter}
        options={options}
        onChange={(next) => useLibraryView.setState({ filter: next })}
      />
      <span className={styles.grow} />
      {selected > 1 && (
        <>
          <span className={styles.selected}>{selected} selected</span>
          <CommandButton
            command="library.archive"
            label={allArchived ? 'Bring back' : 'Archive'}
            icon={allArchived ? <ArchiveRestore size={14} /> : <Archive size={14} />}
          />
          <CommandButton command="library.delete" icon={<Trash2 size={14} />} />
        </>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrow leads out of the field inside */}
      <div
        className={styles.search}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
          event.preventDefault();
          onLeaveSearch();
        }}
      >
        <SearchField
          label="Search address or folder"
          value={search}
          onChange={(next) => useLibraryView.setState({ search: next })}
          kbd={searchKey}
          ref={searchRef}
        />
      </div>
      <Select
        label="Order"
        value={sort}
        options={SORT_OPTIONS}
        onChange={(next) => useLibraryView.setState({ sort: next })}
      />
    </div>
  );
}
