/** Ties the host's events to the stores. Called once, when the page starts; gives the function that ends it. */
import type { StudioEvent } from '../../main/host/contract.ts';
import { api, events } from '../api.ts';
import { teamHost } from '../features/team/host.ts';
import { useConnection } from './connection.ts';
import { applyReadyPhotos, applyTaskToListing, refreshListings, refreshListingsSoon } from './listings.ts';
import { useShell } from './shell.ts';
import { activeTasks, applyTask, isActive, setTasks, useTasks } from './tasks.ts';
import { receiveTeamEvent } from './team.ts';

let ends: readonly (() => void)[] | null = null;

export function startLive(): () => void {
  if (ends !== null) return stopLive;
  ends = [
    events.on(onEvent),
    events.onState((state, bootId) => {
      useConnection.setState({ state, bootId });
      const before = useShell.getState().host;
      const host = state === 'ready' ? 'ready' : state === 'lost' && before !== 'stopped' ? 'restarting' : before;
      useShell.setState({ host });
    }),
    useTasks.subscribe(({ byId }) => useShell.setState({ tasks: activeTasks(byId) })),
    listen('online', () => events.retryNow()),
    listen('visibilitychange', () => document.visibilityState === 'visible' && events.retryNow()),
  ];
  // Beside the subscription's opening, not after it: the first list is there 0.15 s earlier.
  void refreshListings();
  events.start();
  return stopLive;
}

function stopLive(): void {
  for (const end of ends ?? []) end();
  ends = null;
  events.stop();
}

function listen(name: string, run: () => void): () => void {
  const target = name === 'online' ? window : document;
  target.addEventListener(name, run);
  return () => target.removeEventListener(name, run);
}

function onEvent(event: StudioEvent): void {
  receiveTeamEvent(event, teamHost);
  switch (event.type) {
    case 'hello':
      void refreshListings();
      void refreshTasks();
      void refreshNotices();
      return;
    case 'task': {
      const before = applyTask(event.task);
      applyTaskToListing(event.task);
      // An ended task changed what its card says: status, attention, error.
      if (event.task.listingId !== null && before !== event.task.state && !isActive(event.task)) refreshListingsSoon();
      return;
    }
    case 'listing':
      refreshListingsSoon();
      return;
    case 'photos':
      applyReadyPhotos(event.listingId, event.photos);
      return;
    case 'notice':
      useShell.setState(({ notices }) => ({
        notices: [...notices.filter((one) => one.id !== event.notice.id), event.notice],
      }));
      return;
    case 'rooms':
    case 'models':
      return; // for the screens that show them
  }
}

async function refreshTasks(): Promise<void> {
  try {
    setTasks(await api.tasks.list.query());
  } catch {
    // The connection is lost again: its next `hello` asks anew.
  }
}

async function refreshNotices(): Promise<void> {
  try {
    useShell.setState({ notices: (await api.system.info.query()).notices });
  } catch {
    // As above.
  }
}
