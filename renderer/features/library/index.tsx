import { useEffect } from 'react';
import { CommandButton } from '../../keys/index.ts';
import { TopBarActions } from '../../shell/slots.tsx';
import { useListings } from '../../stores/listings.ts';
import { setOpenListing, setStatus, useShell } from '../../stores/shell.ts';
import { FolderPlus } from '../../ui/icons.ts';
import { FolderDialog } from './FolderDialog.tsx';
import { LibraryGrid } from './LibraryGrid.tsx';
import { useLibraryView } from './library-view.ts';
import { RefusedDialog } from './RefusedDialog.tsx';
import { Uploads } from './Uploads.tsx';

/** The Library: every listing as a card, and every way to make a new one. */
export function Screen() {
  useStatusText();
  return (
    <>
      <TopBarActions>
        <CommandButton
          command="library.new"
          variant="primary"
          label="New listing"
          icon={<FolderPlus size={14} aria-hidden="true" />}
        />
      </TopBarActions>
      <LibraryGrid />
      <Uploads />
      <FolderDialog />
      <RefusedDialog />
    </>
  );
}

/** Keeps what the frame says of the open listing true, and counts in the status line. */
function useStatusText(): void {
  const count = useListings((state) => state.cards.size);
  const selected = useLibraryView((state) => state.selection.ids.size);
  useEffect(() => {
    if (count === 0) setStatus('');
    else
      setStatus(`${count === 1 ? '1 listing' : `${count} listings`}${selected > 1 ? ` · ${selected} selected` : ''}`);
    return () => setStatus('');
  }, [count, selected]);
  const cards = useListings((state) => state.cards);
  const loaded = useListings((state) => state.loaded);
  useEffect(() => {
    const open = useShell.getState().listing;
    if (open !== null && loaded && !cards.has(open.id)) setOpenListing(null);
  }, [cards, loaded]);
}
