import { PresenceBadges } from '../features/team/PresenceBadges.tsx';
import { useShell } from '../stores/shell.ts';
import { Chip } from '../ui/index.ts';
import styles from './Shell.module.css';
import { TopBarSlot } from './slots.tsx';

/** Where one is: the listing's name or the screen's, what needs attention, and the screen's main action. */
export function TopBar({ title, ofListing }: { readonly title: string; readonly ofListing: boolean }) {
  const listing = useShell((state) => state.listing);
  return (
    <header className={styles.top}>
      <button type="button" className={styles.skip} onClick={() => document.getElementById('screen')?.focus()}>
        Skip to the screen
      </button>
      <b className={styles.brand}>Picaivid</b>
      <span className={styles.slash} aria-hidden="true">
        /
      </span>
      {ofListing ? (
        <>
          <h1 className={styles.name}>{listing?.name ?? title}</h1>
          {listing !== null && <span className={styles.sub}>{listing.sub}</span>}
        </>
      ) : (
        <h1 className={styles.name}>{title}</h1>
      )}
      <span className={styles.grow} />
      {ofListing && listing !== null && listing.attentionCount > 0 && (
        <Chip tone="attention">
          {listing.attentionCount} {listing.attentionCount === 1 ? 'needs' : 'need'} attention
        </Chip>
      )}
      {ofListing && listing !== null && <PresenceBadges listingId={listing.id} />}
      <TopBarSlot className={styles.actions} />
    </header>
  );
}
