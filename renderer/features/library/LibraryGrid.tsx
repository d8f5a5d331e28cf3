import { useEffect, useMemo, useRef, useState } from 'react';
import type { ListingCard } from '../../../main/host/contract.ts';
import { CommandButton, useCommand } from '../../keys/index.ts';
import { refreshListings, useListings } from '../../stores/listings.ts';
import { FolderPlus, Images, Search, Sparkles } from '../../ui/icons.ts';
import { Button, ContextMenu, EmptyState, ErrorState, Skeleton } from '../../ui/index.ts';
import { CardGrid, type GridHandle } from './CardGrid.tsx';
import styles from './Library.module.css';
import { CARD_HEIGHT } from './ListingCard.tsx';
import { setSelection, useLibraryView } from './library-view.ts';
import { menuEntries } from './menu.tsx';
import { prune, subjects } from './selection.ts';
import { Toolbar } from './Toolbar.tsx';
import { useGridActions } from './useGridActions.ts';
import { FILTER_LABELS, type Filter, visibleListings } from './view.ts';

const idsOf = (cards: readonly ListingCard[]): readonly string[] => cards.map(({ id }) => id);

/** The tools above the cards and the cards, or what is there instead of them. */
export function LibraryGrid() {
  const all = useListings((state) => state.cards);
  const loaded = useListings((state) => state.loaded);
  const error = useListings((state) => state.error);
  const { filter, search, sort, selection } = useLibraryView();
  const cards = useMemo(() => visibleListings(all.values(), { filter, search, sort }), [all, filter, search, sort]);
  const order = useMemo(() => idsOf(cards), [cards]);
  const grid = useRef<GridHandle>(null);
  const searchField = useRef<HTMLInputElement>(null);
  const [menuOpen, setMenuOpen] = useState(false);

  // What is hidden by a filter or gone is not chosen any more, so no command meets it.
  const before = useRef(order);
  useEffect(() => {
    const was = before.current;
    before.current = order;
    if (was !== order) setSelection((current) => prune(current, order, was));
  }, [order]);
  // Only when the focus moved: a list that changes by itself must not pull the view away from what is looked at.
  const revealed = useRef(selection.active);
  useEffect(() => {
    if (selection.active === revealed.current) return;
    revealed.current = selection.active;
    if (selection.active !== null) grid.current?.reveal(order.indexOf(selection.active));
  }, [selection.active, order]);

  const chosen = subjects(selection, order);
  const { onPress, onAction, onMenu, onMove } = useGridActions({ order, chosen, grid });
  useCommand('search.focus', () => {
    searchField.current?.focus();
    searchField.current?.select();
  });

  const chosenCards = chosen.flatMap((id) => all.get(id) ?? []);
  if (!loaded && error !== null)
    return (
      <ErrorState
        title="The library cannot be shown"
        details={`${error.code}: ${error.message}`}
        actions={
          <Button variant="primary" onClick={() => void refreshListings()}>
            Try again
          </Button>
        }
      >
        {error.message}
      </ErrorState>
    );
  if (loaded && all.size === 0) return <Nothing />;
  return (
    <div className={styles.root}>
      <Toolbar
        searchRef={searchField}
        selected={selection.ids.size}
        allArchived={chosenCards.length > 0 && chosenCards.every((card) => card.archived)}
        onLeaveSearch={() => {
          grid.current?.focus();
          if (selection.active === null) onMove('first', false);
        }}
      />
      {!loaded ? (
        <Loading />
      ) : cards.length === 0 ? (
        <NoneShown filter={filter} search={search} />
      ) : (
        <ContextMenu entries={menuOpen ? menuEntries(chosenCards) : EMPTY_MENU} onOpenChange={setMenuOpen}>
          <div className={styles.cards}>
            <CardGrid
              ref={grid}
              cards={cards}
              selection={selection}
              label={search === '' ? FILTER_LABELS[filter] : `${FILTER_LABELS[filter]}, found by “${search}”`}
              onPress={onPress}
              onAction={onAction}
              onMenu={onMenu}
              onMove={onMove}
            />
          </div>
        </ContextMenu>
      )}
      <span className="spoken" role="status">
        {loaded && (search !== '' || filter !== 'all') ? `${cards.length} listings shown` : ''}
      </span>
    </div>
  );
}

const EMPTY_MENU = [{ kind: 'heading', label: 'Listings' }] as const;

/** The first thing a newcomer sees. */
function Nothing() {
  return (
    <EmptyState
      icon={<Images size={32} strokeWidth={1.25} aria-hidden="true" />}
      title="Drop a folder of listing photos here"
      actions={
        <>
          <CommandButton
            command="library.new"
            variant="plain"
            label="Choose folders…"
            icon={<FolderPlus size={14} aria-hidden="true" />}
          />
          <CommandButton
            command="library.sample"
            variant="plain"
            label="Open the sample listing"
            icon={<Sparkles size={14} aria-hidden="true" />}
          />
        </>
      }
    >
      Each folder becomes a listing. Its photos are sorted into rooms at once, on the studio’s own machine; your files
      stay as they are.
    </EmptyState>
  );
}

const SHOW_ALL = { filter: 'all', search: '' } as const;
const NONE: Readonly<Record<Filter, string>> = {
  all: 'Every listing is archived',
  attention: 'Nothing needs attention',
  analyzing: 'Nothing is being analysed',
  ready: 'No listing is ready yet',
  failed: 'Nothing has failed',
  archived: 'Nothing is archived',
};

function NoneShown({ filter, search }: { readonly filter: Filter; readonly search: string }) {
  const searched = search.trim() !== '';
  return (
    <EmptyState
      icon={<Search size={24} strokeWidth={1.5} aria-hidden="true" />}
      title={searched ? `No listing matches “${search.trim()}”` : NONE[filter]}
      actions={
        filter === 'all' && !searched ? (
          <Button onClick={() => useLibraryView.setState({ filter: 'archived' })}>Show the archived ones</Button>
        ) : (
          <Button onClick={() => useLibraryView.setState(SHOW_ALL)}>Show all listings</Button>
        )
      }
    >
      {searched &&
        (filter === 'all'
          ? 'Searched in addresses and folders; archived listings are under Archived.'
          : `Searched in “${FILTER_LABELS[filter]}” only.`)}
    </EmptyState>
  );
}

function Loading() {
  return (
    <div className={styles.loading} role="status" aria-label="Loading the listings">
      {[0, 1, 2, 3, 4, 5, 6, 7].map((at) => (
        <Skeleton key={at} height={CARD_HEIGHT} />
      ))}
    </div>
  );
}
