import { useShownKey } from '../keys/useKeys.ts';
import { useShell } from '../stores/shell.ts';
import { cx, Tooltip } from '../ui/index.ts';
import { formatRoute, isOfListing, type Route } from './routes.ts';
import styles from './Shell.module.css';
import { SCREENS, type ScreenEntry } from './screens.tsx';

/** The address of a screen now, or null when it needs a listing and none is open. */
export function routeOf(entry: ScreenEntry, listingId: string | null): Route | null {
  if (!isOfListing(entry.name)) return { screen: entry.name, listingId: null };
  return listingId === null ? null : { screen: entry.name, listingId };
}

/** The screens, at the left; settings at the bottom. */
export function Rail({ current }: { readonly current: Route }) {
  const open = useShell((state) => state.listing?.id ?? null);
  const listingId = current.listingId ?? open;
  const entries = SCREENS.filter(({ icon }) => icon !== null);
  const link = (entry: ScreenEntry) => {
    const route = routeOf(entry, listingId);
    return route === null ? null : (
      <RailLink key={entry.name} entry={entry} href={formatRoute(route)} on={entry.name === current.screen} />
    );
  };
  return (
    <nav className={styles.rail} aria-label="Screens">
      {entries.filter(({ name }) => name !== 'settings').map(link)}
      <span className={styles.grow} />
      {entries.filter(({ name }) => name === 'settings').map(link)}
    </nav>
  );
}

function RailLink({ entry, href, on }: { readonly entry: ScreenEntry; readonly href: string; readonly on: boolean }) {
  const kbd = useShownKey(entry.command ?? 'go.library');
  return (
    <Tooltip label={entry.label} side="right" kbd={entry.command === null ? undefined : kbd}>
      <a
        href={href}
        className={cx(styles.railLink, on && styles.on)}
        aria-label={entry.label}
        {...(on ? { 'aria-current': 'page' } : {})}
      >
        {entry.icon}
      </a>
    </Tooltip>
  );
}
