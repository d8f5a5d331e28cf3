import { lazy, Suspense, useEffect, useState } from 'react';
import { api } from '../api.ts';
import { useCommand, useKeyListener } from '../keys/useKeys.ts';
import { changePreferences } from '../stores/change-preferences.ts';
import { useShell } from '../stores/shell.ts';
import { useTeam } from '../stores/team.ts';
import { dismissToast, useToasts } from '../stores/toasts.ts';
import { EmptyState, Toasts, TooltipProvider } from '../ui/index.ts';
import { CommandPalette } from './CommandPalette.tsx';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { KeySheet } from './KeySheet.tsx';
import { Notices } from './Notices.tsx';
import { Rail, routeOf } from './Rail.tsx';
import { formatRoute, type Route } from './routes.ts';
import styles from './Shell.module.css';
import { StatusLine } from './StatusLine.tsx';
import { SCREENS } from './screens.tsx';
import { TopBar } from './TopBar.tsx';
import { go, useRoute } from './useRoute.ts';
import { useTheme } from './useTheme.ts';

/** Belongs to the library, listens on every screen; the first frame does not wait for it. */
const DropFolders = lazy(async () => ({
  default: (await import('../features/library/DropFolders.tsx')).DropFolders,
}));

/** The team's sheets: loaded by a studio that has one and opens them. */
const TeamSheets = lazy(async () => ({ default: (await import('../features/team/Sheets.tsx')).Sheets }));

/** The frame around every screen. */
export function Shell() {
  const route = useRoute();
  const theme = useTheme();
  const toasts = useToasts((state) => state.toasts);
  const sheet = useSheetWasOpen();
  const [overlay, setOverlay] = useState<'palette' | 'keys' | null>(null);
  const entry = SCREENS.find(({ name }) => name === route.screen);

  useKeyListener(route.screen);
  useScreenCommands(route);
  useWhereabouts(route);
  useCommand('palette.open', () => setOverlay('palette'));
  useCommand('keys.show', () => setOverlay('keys'));
  useCommand('view.fullscreen', () => void toggleFullScreen());
  useCommand('theme.toggle', () => void changePreferences({ theme: theme === 'dark' ? 'light' : 'dark' }));
  useEffect(() => {
    document.title = `${entry?.label ?? 'Library'} · Picaivid Studio`;
  }, [entry]);

  return (
    <TooltipProvider delayDuration={500} skipDelayDuration={200}>
      <div className={styles.app}>
        <TopBar title={entry?.label ?? 'Library'} ofListing={entry?.ofListing ?? false} />
        <Rail current={route} />
        <main className={styles.main} id="screen" tabIndex={-1}>
          <Notices />
          <div className={styles.screen}>
            <ErrorBoundary resetKey={formatRoute(route)}>
              {entry === undefined ? (
                <EmptyState title="This screen is not part of this build." />
              ) : (
                <Suspense fallback={null}>
                  <entry.Screen key={route.listingId ?? ''} listingId={route.listingId ?? ''} />
                </Suspense>
              )}
            </ErrorBoundary>
          </div>
        </main>
        <StatusLine />
      </div>
      <CommandPalette
        open={overlay === 'palette'}
        onOpenChange={(open) => setOverlay(open ? 'palette' : null)}
        screen={route.screen}
      />
      <KeySheet
        open={overlay === 'keys'}
        onOpenChange={(open) => setOverlay(open ? 'keys' : null)}
        screen={route.screen}
      />
      <Suspense fallback={null}>
        <DropFolders />
      </Suspense>
      {sheet && (
        <Suspense fallback={null}>
          <TeamSheets />
        </Suspense>
      )}
      <Toasts toasts={toasts} onDismiss={dismissToast} />
    </TooltipProvider>
  );
}

/** Once one was open it stays, so that it can close as it opened. */
function useSheetWasOpen(): boolean {
  const open = useTeam((state) => state.sheet !== null);
  const [was, setWas] = useState(false);
  useEffect(() => {
    if (open) setWas(true);
  }, [open]);
  return open || was;
}

/** Tells the others where this person is; the host leaves it out where there is no team. */
function useWhereabouts({ listingId, screen }: Route): void {
  const inTeam = useTeam((state) => state.status !== null && state.status.state !== 'off');
  useEffect(() => {
    if (inTeam) api.team.lookingAt.mutate({ id: listingId, place: screen }).catch(() => {}); // the next step tells it again
  }, [inTeam, listingId, screen]);
}

/** `go.*` for the screens that are there and can be opened now. */
function useScreenCommands(current: Route): void {
  const open = useShell((state) => state.listing?.id ?? null);
  const to = (name: string) => {
    const entry = SCREENS.find((one) => one.name === name);
    return entry === undefined ? null : routeOf(entry, current.listingId ?? open);
  };
  const library = to('library');
  const rooms = to('rooms');
  const timeline = to('timeline');
  const renders = to('renders');
  const review = to('review');
  const deliver = to('deliver');
  const settings = to('settings');
  useCommand('go.library', () => library !== null && go(library), { enabled: library !== null });
  useCommand('go.rooms', () => rooms !== null && go(rooms), { enabled: rooms !== null });
  useCommand('go.timeline', () => timeline !== null && go(timeline), { enabled: timeline !== null });
  useCommand('go.renders', () => renders !== null && go(renders), { enabled: renders !== null });
  useCommand('go.review', () => review !== null && go(review), { enabled: review !== null });
  useCommand('go.deliver', () => deliver !== null && go(deliver), { enabled: deliver !== null });
  useCommand('go.settings', () => settings !== null && go(settings), { enabled: settings !== null });
}

async function toggleFullScreen(): Promise<void> {
  try {
    if (document.fullscreenElement === null) await document.documentElement.requestFullscreen();
    else await document.exitFullscreen();
  } catch {
    // The system refuses it (a kiosk, an embedded view): the window stays as it is.
  }
}
