/** Small pictures for the film strips: fetched once, scaled down, the least used given back. */
import { mediaUrl } from '../../../../main/host/contract.ts';

export interface Picture {
  /** Null until it is there, or when it cannot be had. */
  readonly bitmap: ImageBitmap | null;
  /** Width by height. */
  readonly aspect: number;
}

/** Pixels in height of a kept picture: a clip lane at twice the density. A 3:2 picture is 150 kB. */
const HEIGHT = 160;
/** Pictures kept: a large listing's photos, 30 MB. */
const MOST = 200;
const NONE: Picture = { bitmap: null, aspect: 1.5 };

export class Pictures {
  private readonly kept = new Map<string, Picture>();
  private readonly onReady: () => void;
  private closed = false;

  constructor(onReady: () => void) {
    this.onReady = onReady;
  }

  get(listingId: string, photoId: string): Picture {
    const key = `${listingId}/${photoId}`;
    const known = this.kept.get(key);
    if (known !== undefined) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known;
    }
    this.kept.set(key, NONE);
    void this.load(key, mediaUrl(listingId, photoId, '320'));
    return NONE;
  }

  close(): void {
    this.closed = true;
    for (const { bitmap } of this.kept.values()) bitmap?.close();
    this.kept.clear();
  }

  private async load(key: string, url: string): Promise<void> {
    try {
      const answer = await fetch(url);
      if (!answer.ok) return;
      const bitmap = await createImageBitmap(await answer.blob(), { resizeHeight: HEIGHT, resizeQuality: 'medium' });
      if (this.closed || !this.kept.has(key)) {
        bitmap.close();
        return;
      }
      this.kept.set(key, { bitmap, aspect: bitmap.width / bitmap.height });
      for (const [oldest, { bitmap: old }] of this.kept) {
        if (this.kept.size <= MOST) break;
        old?.close();
        this.kept.delete(oldest);
      }
      this.onReady();
    } catch {
      // The strip stays plain; the photo's own screen tells of a file that is gone.
    }
  }
}
