/** Addresses inside the studio, in the hash: `#/library`, `#/listing/<id>/rooms`, `…/timeline`, `…/renders`, `…/review`, `…/deliver`, `#/settings`, `#/gallery`. Pure. */
export type Route =
  | { readonly screen: 'library' | 'settings' | 'gallery'; readonly listingId: null }
  | { readonly screen: OfListing; readonly listingId: string };

/** Screens of the open listing. */
export const OF_LISTING = ['rooms', 'timeline', 'renders', 'review', 'deliver'] as const;
export type OfListing = (typeof OF_LISTING)[number];

export const isOfListing = (name: string): name is OfListing => (OF_LISTING as readonly string[]).includes(name);

const LIBRARY: Route = { screen: 'library', listingId: null };

/** The route of a hash; one that means nothing is the library. */
export function parseRoute(hash: string): Route {
  const [, first = '', second = '', third = ''] = hash.replace(/^#/, '').split('?')[0]?.split('/') ?? [];
  if (first === 'settings' || first === 'gallery') return { screen: first, listingId: null };
  if (first === 'listing' && second !== '' && (third === '' || isOfListing(third))) {
    try {
      return { screen: third === '' ? 'rooms' : third, listingId: decodeURIComponent(second) };
    } catch {
      return LIBRARY; // a broken escape in a pasted address
    }
  }
  return LIBRARY;
}

export function formatRoute(route: Route): string {
  return route.listingId === null
    ? `#/${route.screen}`
    : `#/listing/${encodeURIComponent(route.listingId)}/${route.screen}`;
}
