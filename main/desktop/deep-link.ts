/** `picaivid://listing/<id>`: the one link that opens the studio. Pure. */

export const LINK_SCHEME = 'picaivid';

/** The listing's id, or undefined for anything that is not exactly such a link. */
export function listingOfLink(link: string): string | undefined {
  const match = /^picaivid:\/\/listing\/([0-9A-Za-z_-]{1,100})\/?$/i.exec(link.trim());
  return match?.[1];
}

/**
 * What a start was given beyond the app itself: the first link, and every other word that is no switch, as a path.
 *
 * @param argv a process's arguments
 * @param ownWords how many of them start the app (1 packaged, 2 when Electron is given the app's folder)
 */
export function readArguments(
  argv: readonly string[],
  ownWords: number,
): { readonly listingId: string | undefined; readonly paths: readonly string[] } {
  const words = argv.filter((word) => !word.startsWith('-')).slice(ownWords);
  const links = words.filter((word) => word.toLowerCase().startsWith(`${LINK_SCHEME}:`));
  return {
    listingId: links.map(listingOfLink).find((id) => id !== undefined),
    paths: words.filter((word) => !links.includes(word)),
  };
}
