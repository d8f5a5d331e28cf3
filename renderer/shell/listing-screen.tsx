/** What the screens of a listing share: its name in the top bar, refusals, what is said aloud, and a way on after a failure. */
import { type ReactNode, useEffect } from 'react';
import type { StoreApi, UseBoundStore } from 'zustand';
import type { ErrorData } from '../../base/errors.ts';
import type { ListingCard } from '../../main/host/contract.ts';
import { useListings } from '../stores/listings.ts';
import { setOpenListing, setStatus } from '../stores/shell.ts';
import { toast } from '../stores/toasts.ts';
import { RefreshCw } from '../ui/icons.ts';
import { Button, ErrorState } from '../ui/index.ts';

export const photosWords = (count: number): string => (count === 1 ? '1 photo' : `${count} photos`);

/**
 * Names the listing in the top bar, with its photos and `film` (such as `12 clips · 45 s`; empty says nothing more).
 * `opened` is the listing as the screen's own document has it, until the library knows it.
 */
export function useListingName(listingId: string, opened: ListingCard | undefined, film: string): void {
  const card = useListings((state) => state.cards.get(listingId)) ?? opened;
  const name = card?.name ?? null;
  const photos = card?.photoCount ?? 0;
  const attention = card?.attentionCount ?? 0;
  useEffect(() => {
    if (name === null) return;
    const sub = [photosWords(photos), film].filter((part) => part !== '').join(' · ');
    setOpenListing({ id: listingId, name, sub, attentionCount: attention });
  }, [listingId, name, photos, attention, film]);
}

/** One quiet sentence in the status line while the screen is open. */
export function useStatus(words: string): void {
  useEffect(() => {
    setStatus(words);
    return () => setStatus('');
  }, [words]);
}

/** What the status line says while changes wait for the host; null when none does. */
export function savingWords(pending: number, offline: boolean): string | null {
  if (offline) return `${pending} not saved yet: the studio does not answer, it is tried again`;
  return pending > 0 ? 'Saving' : null;
}

type Store<State> = UseBoundStore<StoreApi<State>>;

interface Refusing {
  readonly refusal: { readonly label: string; readonly message: string } | null;
}

/** Says which action was refused and why; it was taken back already. */
export function useRefusals<State extends Refusing>(
  useStore: Store<State>,
  title: 'Not done' | 'Not kept' = 'Not done',
): void {
  const refusal = useStore((state) => state.refusal);
  useEffect(() => {
    if (refusal === null) return;
    toast({ tone: 'fail', title: `${title}: ${refusal.label}`, detail: refusal.message });
    // Beside its own fields a state has this one; what is generic cannot say so.
    useStore.setState((state) => ({ ...state, refusal: null }));
  }, [refusal, title, useStore]);
}

/** What was done, for screen readers: its own component, so that a screen is not drawn again for every sentence. */
export function Said<State extends { readonly said: string }>({ useStore }: { readonly useStore: Store<State> }) {
  const said = useStore((state) => state.said);
  return (
    <div className="spoken" role="status" aria-live="polite">
      {said}
    </div>
  );
}

export interface CannotOpenProps {
  readonly error: ErrorData;
  readonly listingId: string;
  readonly again: () => Promise<void>;
  /** What is not lost. */
  readonly children: ReactNode;
}

/** The screen's document could not be had. */
export function CannotOpen({ error, listingId, again, children }: CannotOpenProps) {
  return (
    <ErrorState
      title={error.message}
      file={error.file}
      details={`Code: ${error.code}\nListing: ${listingId}`}
      actions={
        <Button variant="primary" icon={<RefreshCw size={14} aria-hidden="true" />} onClick={() => void again()}>
          Try again
        </Button>
      }
    >
      {children}
    </ErrorState>
  );
}
