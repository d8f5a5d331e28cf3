/** Addresses inside the studio, in the hash: `#/library`, `#/listing/<id>/rooms`, `#/settings`, `#/gallery`. Pure. */
export type Route =
  | { readonly screen: 'library' | 'settings' | 'gallery'; readonly listingId: null }
  | { readonly screen: 'rooms'; readonly listingId: string };

const LIBRARY: Route = { screen: 'library', listingId: null };

/** The route of a hash; one that means nothing is the library. */
export function parseRoute(hash: string): Route {
  const [, first = '', second = '', third = ''] = hash.replace(/^#/, '').split('?')[0]?.split('/') ?? [];
  if (first === 'settings' || first === 'gallery') return { screen: first, listingId: null };
  if (first === 'listing' && second !== '' && (third === 'rooms' || third === '')) {
    try {
      return { screen: 'rooms', listingId: decodeURIComponent(second) };
    } catch {
      return LIBRARY; // a broken escape in a pasted address
    }
  }
  return LIBRARY;
}

export function formatRoute(route: Route): string {
  return route.screen === 'rooms' ? `#/listing/${encodeURIComponent(route.listingId)}/rooms` : `#/${route.screen}`;
}
