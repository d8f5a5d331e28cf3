/** The light of photos, for noticing jumps of it at cuts: measured once for each photo on its smallest proxy. */
import type { AnalyzedPhoto } from '../../pipeline/domain.ts';
import { photoLight } from '../../pipeline/timeline/light.node.ts';
import type { PhotoLight } from '../../pipeline/timeline/light.ts';

/** Photos whose light is kept in memory: forty large listings, under a megabyte. */
const KEPT = 20_000;
const AT_ONCE = 4;

export class LightMeter {
  /** By the photo's content; null where its proxy cannot be read (any more). */
  private readonly known = new Map<string, PhotoLight | null>();

  /** By photo id; a photo that cannot be measured is not in it. Never throws. */
  async of(photos: readonly AnalyzedPhoto[]): Promise<Readonly<Record<string, PhotoLight>>> {
    const missing = photos.filter(({ sha256 }) => !this.known.has(sha256));
    const next = missing.values();
    const worker = async (): Promise<void> => {
      for (const { sha256, proxies } of next) this.keep(sha256, await photoLight(proxies[320]).catch(() => null));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return Object.fromEntries(
      photos.flatMap(({ id, sha256 }) => {
        const light = this.known.get(sha256);
        return light == null ? [] : [[id, light]];
      }),
    );
  }

  private keep(sha256: string, light: PhotoLight | null): void {
    this.known.set(sha256, light);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= KEPT) break;
      this.known.delete(oldest);
    }
  }
}
