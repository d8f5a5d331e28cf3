/** New listings: from folders of this machine, from photos that a browser sends, and the sample. */

import { create } from 'zustand';
import type { ErrorData } from '../../../base/errors.ts';
import type {} from '../../../main/desktop/bridge.ts'; // window.studio
import type { CreatedListings, ListingCard } from '../../../main/host/contract.ts';
import { errorOf } from '../../api.ts';
import { go } from '../../shell/useRoute.ts';
import { addSampleListing, createListings, takeCreated } from '../../stores/listings.ts';
import { toast } from '../../stores/toasts.ts';
import type { ListingToSend } from './dropped.ts';
import { useLibraryView } from './library-view.ts';
import { selectOnly } from './selection.ts';
import { sendListing } from './uploads.ts';

export interface RefusedFolder {
  readonly folder: string;
  readonly error: ErrorData;
}

interface Adding {
  /** The dialog in which a folder is chosen: for new listings, or for one whose folder moved. */
  readonly choosing: 'new' | { readonly relocate: string } | null;
  /** Folders that no listing could be made of, with the reasons. */
  readonly refused: readonly RefusedFolder[];
}

export const useAdding = create<Adding>(() => ({ choosing: null, refused: [] }));

export function openListing(id: string): void {
  go({ screen: 'rooms', listingId: id });
}

/** Says what came of it: new cards are chosen, known ones opened or named, refused folders explained. */
export function report(made: CreatedListings): void {
  const { created, existing, refused } = made;
  const [first] = created;
  if (first !== undefined) {
    // A filter or search that hides the new card would make it look lost.
    useLibraryView.setState({ filter: 'all', search: '', selection: selectOnly(first.id), scrollTop: 0 });
    if (created.length > 1) toast({ tone: 'pass', title: `${created.length} listings made; they are analysed now` });
  }
  const [known] = existing;
  if (known !== undefined) {
    const alone = created.length === 0 && existing.length === 1 && refused.length === 0;
    toast({
      tone: 'info',
      title: existing.length === 1 ? `“${known.name}” is in the library already` : alreadyText(existing),
      ...(alone ? {} : { action: { label: 'Open', run: () => openListing(known.id) } }),
    });
    if (alone) openListing(known.id);
  }
  if (refused.length > 0) useAdding.setState({ refused });
}

function alreadyText(existing: readonly ListingCard[]): string {
  return `${existing.length} of these folders are in the library already`;
}

export async function addFolders(folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return;
  try {
    report(await createListings(folders));
  } catch (error) {
    const [only = ''] = folders;
    toast({
      tone: 'fail',
      title: folders.length === 1 ? `No listing could be made of ${only}` : 'No listings could be made',
      detail: errorOf(error).message,
    });
  }
}

/** Sends one listing after the other; one that fails does not stop the rest. */
export async function addSent(listings: readonly ListingToSend[]): Promise<void> {
  const all: { created: ListingCard[]; existing: ListingCard[]; refused: RefusedFolder[] } = {
    created: [],
    existing: [],
    refused: [],
  };
  for (const listing of listings) {
    if (listing.photos.length === 0) {
      all.refused.push({ folder: listing.name, error: NO_PHOTOS });
      continue;
    }
    try {
      const made = takeCreated(await sendListing(listing));
      all.created.push(...made.created);
      all.existing.push(...made.existing);
      all.refused.push(...made.refused.map(({ error }) => ({ folder: listing.name, error })));
    } catch (error) {
      const data = errorOf(error);
      if (data.code === 'cancelled') toast({ tone: 'info', title: `“${listing.name}” was not sent` });
      else all.refused.push({ folder: listing.name, error: data });
    }
  }
  report(all);
}

const NO_PHOTOS: ErrorData = {
  code: 'no_usable_photos',
  message: 'There are no photos in it (JPEG, PNG, WebP, TIFF, HEIC or AVIF).',
};

export async function addSample(): Promise<void> {
  try {
    const card = await addSampleListing();
    useLibraryView.setState({ filter: 'all', search: '', selection: selectOnly(card.id) });
  } catch (error) {
    toast({ tone: 'fail', title: 'The sample could not be added', detail: errorOf(error).message });
  }
}

/** The system's own dialog in the desktop, the studio's in a browser. */
export async function chooseFolders(): Promise<void> {
  if (window.studio === undefined) useAdding.setState({ choosing: 'new' });
  else await addFolders(await window.studio.chooseFolders());
}
