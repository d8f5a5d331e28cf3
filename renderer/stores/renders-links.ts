/** Addresses of one clip on the screens of a listing: `#/listing/<id>/review?clip=<clip id>`. Pure but for `clipAsked`. */
import { formatRoute, type OfListing } from '../shell/routes.ts';

export function clipHref(listingId: string, screen: OfListing, clipId: string | null): string {
  const screenHref = formatRoute({ screen, listingId });
  return clipId === null ? screenHref : `${screenHref}?clip=${encodeURIComponent(clipId)}`;
}

/** The clip that a hash asks for, or null. */
export function clipOf(hash: string): string | null {
  const query = hash.split('?')[1];
  return query === undefined ? null : new URLSearchParams(query).get('clip');
}

/** The clip that the page's address asks for now. */
export const clipAsked = (): string | null => clipOf(window.location.hash);
