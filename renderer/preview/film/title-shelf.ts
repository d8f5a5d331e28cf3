/** Titles of a film as pictures with alpha: fetched once per address, the old one kept until the new one is there. */
import { PicaividError, toPicaividError } from '../../../base/errors.ts';

interface Shown {
  readonly key: string;
  readonly bitmap: ImageBitmap;
}
interface Entry {
  url: string;
  shown: Shown | undefined;
  failed: boolean;
}

export class TitleShelf {
  private readonly entries = new Map<string, Entry>();
  private readonly onError: (error: PicaividError) => void;
  private readonly onArrival: () => void;
  private disposed = false;

  constructor(onError: (error: PicaividError) => void, onArrival: () => void) {
    this.onError = onError;
    this.onArrival = onArrival;
  }

  /** The titles that are wanted from now on, by id; others are let go. */
  show(titles: readonly { readonly id: string; readonly url: string }[]): void {
    const ids = new Set(titles.map(({ id }) => id));
    for (const [id, entry] of this.entries)
      if (!ids.has(id)) {
        entry.shown?.bitmap.close();
        this.entries.delete(id);
      }
    for (const { id, url } of titles) {
      const entry = this.entries.get(id) ?? { url: '', shown: undefined, failed: false };
      this.entries.set(id, entry);
      if (entry.url === url) continue;
      entry.url = url;
      entry.failed = false;
      this.load(id, entry, url).catch((error: unknown) => {
        if (this.disposed || entry.url !== url) return;
        entry.failed = true;
        this.onError(toPicaividError(error));
        this.onArrival();
      });
    }
  }

  find(id: string): Shown | 'waiting' | 'failed' {
    const entry = this.entries.get(id);
    if (entry?.shown !== undefined) return entry.shown;
    return entry?.failed === true ? 'failed' : 'waiting';
  }

  dispose(): void {
    this.disposed = true;
    this.show([]);
  }

  private async load(id: string, entry: Entry, url: string): Promise<void> {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok !== true) throw new PicaividError('file_not_found', await sentence(response));
    const bitmap = await createImageBitmap(await response.blob(), { premultiplyAlpha: 'premultiply' });
    if (this.disposed || entry.url !== url || this.entries.get(id) !== entry) {
      bitmap.close();
      return;
    }
    entry.shown?.bitmap.close();
    entry.shown = { key: `${id} ${url}`, bitmap };
    this.onArrival();
  }
}

/** The host's own words where it has some: it says which letters a font lacks. */
async function sentence(response: Response | undefined): Promise<string> {
  const said: unknown = await response?.json().catch(() => undefined);
  if (typeof said === 'object' && said !== null && 'message' in said && typeof said.message === 'string')
    return said.message;
  return 'A title of the film could not be drawn.';
}
