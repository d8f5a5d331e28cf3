import { useSyncExternalStore } from 'react';
import { formatRoute, parseRoute, type Route } from './routes.ts';

function subscribe(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange);
  return () => window.removeEventListener('hashchange', onChange);
}
const hash = (): string => window.location.hash;

/** Where the studio is now. */
export function useRoute(): Route {
  const text = useSyncExternalStore(subscribe, hash);
  return parseRoute(text);
}

/** Goes to a screen; Back of the mouse or browser leads home again. */
export function go(route: Route): void {
  window.location.hash = formatRoute(route);
}
