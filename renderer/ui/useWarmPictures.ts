import { type RefObject, useEffect, useRef } from 'react';

/** Pictures fetched at once: the browser has six connections to a host, and what is in sight goes first. */
const AT_ONCE = 2;
/** Milliseconds without scrolling after which the next are fetched. */
const QUIET_MS = 250;
/** Pictures kept, encoded: thumbnails of 15 to 30 kB, so 20 MB at most. */
const MOST = 600;

/**
 * Fetches the pictures of a scrolling list while nobody scrolls, and keeps them encoded in the browser's memory: what
 * comes into sight is there at once, and its arrival is no work of that frame. Without it the answers of a row of photos
 * come together, 1.5 ms of the main thread in each of the slowest frames. `urls` in the list's order; what is beyond the
 * first 600 is fetched as it comes into sight. Failures are the list's own to show.
 */
export function useWarmPictures(urls: readonly string[], scroller: RefObject<HTMLElement | null>): void {
  const kept = useRef<ReadonlyMap<string, HTMLImageElement>>(new Map());
  useEffect(() => {
    const element = scroller.current;
    const before = kept.current;
    const pictures = new Map<string, HTMLImageElement>();
    const missing: string[] = [];
    for (const url of urls.slice(0, MOST)) {
      const known = before.get(url);
      if (known === undefined) missing.push(url);
      else pictures.set(url, known);
    }
    kept.current = pictures;
    missing.reverse();
    let loading = 0;
    let timer: ReturnType<typeof setTimeout>;
    const more = (): void => {
      while (loading < AT_ONCE) {
        const url = missing.pop();
        if (url === undefined) return;
        const picture = new Image();
        pictures.set(url, picture);
        loading += 1;
        picture.fetchPriority = 'low';
        picture.onload = ended;
        picture.onerror = ended;
        picture.src = url;
      }
    };
    let quiet = false;
    const ended = (): void => {
      loading -= 1;
      if (quiet) more();
    };
    const wait = (): void => {
      quiet = false;
      clearTimeout(timer);
      timer = setTimeout(() => {
        quiet = true;
        more();
      }, QUIET_MS);
    };
    wait();
    element?.addEventListener('scroll', wait, { passive: true });
    return () => {
      element?.removeEventListener('scroll', wait);
      clearTimeout(timer);
      missing.length = 0;
    };
  }, [urls, scroller]);
}
