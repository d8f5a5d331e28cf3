/** The photos and depth maps that a preview knows: fetched once, decoded off the main thread, let go when unused. */
import { PicaividError } from '../../base/errors.ts';
import type { DepthMap } from '../../pipeline/domain.ts';
import type { DepthPlanner } from './depth-planner.ts';
import { PhotoDecoder } from './photo-decoder.ts';

/** Shots that nobody uses any more and that are kept for a return (a compressed photo each, 0.3 to 1 MB). */
const IDLE_SHOTS = 32;

export interface ShotSource {
  /** Names photo and depth: loads with the same key share everything. */
  readonly key: string;
  /** Address of an upright sRGB picture, or one that is decoded already (the caller keeps and closes it). */
  readonly photo: string | ImageBitmap;
  /** Address of a PVD1 map (`pipeline/media/depth-format.ts`), a map, or null where there is none. */
  readonly depth: string | DepthMap | null;
  /** Upright pixels of the original: a proxy's rounded sides would shift the path by a fraction of a pixel. */
  readonly photoWidth: number;
  readonly photoHeight: number;
}

export interface ShotHandle {
  readonly key: string;
  readonly photoAspect: number;
  readonly hasDepth: boolean;
}

interface Shot extends ShotHandle {
  readonly picture: Blob | ImageBitmap;
}
interface Entry {
  readonly shot: Promise<Shot>;
  loaded: Shot | undefined;
  uses: number;
}

async function load(url: string, what: string): Promise<Response> {
  const response = await fetch(url).catch(() => undefined);
  if (response?.ok !== true)
    throw new PicaividError('file_not_found', `The ${what} of this shot could not be loaded.`, { file: url });
  return response;
}

export class ShotShelf {
  private readonly entries = new Map<string, Entry>();
  private readonly planner: DepthPlanner;
  private readonly photos = new PhotoDecoder();
  private readonly onDrop: (key: string) => void;

  constructor(planner: DepthPlanner, onDrop: (key: string) => void) {
    this.planner = planner;
    this.onDrop = onDrop;
  }

  /** Errors: `file_not_found`, `image_damaged` (depth). A failed load is forgotten, so that it can be tried again. */
  async take(source: ShotSource): Promise<ShotHandle> {
    let entry = this.entries.get(source.key);
    if (entry === undefined) {
      entry = { shot: this.fetchShot(source), loaded: undefined, uses: 0 };
      this.entries.set(source.key, entry);
    }
    entry.uses++;
    try {
      entry.loaded = await entry.shot;
      return entry.loaded;
    } catch (error) {
      if (this.entries.get(source.key) === entry) this.entries.delete(source.key);
      throw error;
    }
  }

  /** Ends one use; unused shots stay for a while in case they are needed again. */
  release(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    entry.uses = Math.max(0, entry.uses - 1);
    // To the end: the order is that of leaving use.
    this.entries.delete(key);
    this.entries.set(key, entry);
    const idle = [...this.entries].filter(([, { uses }]) => uses === 0);
    for (const [old] of idle.slice(0, Math.max(0, idle.length - IDLE_SHOTS))) {
      this.entries.delete(old);
      this.planner.drop(old).catch(() => {});
      this.onDrop(old);
    }
  }

  /** Ends the decoder's worker. */
  dispose(): void {
    this.photos.dispose();
  }

  /** The shot's picture, decoded, with sides of at most `maxSide`. Errors: `image_damaged`, `internal` (not loaded). */
  async decode(key: string, maxSide: number): Promise<{ bitmap: ImageBitmap; owned: boolean }> {
    const picture = this.entries.get(key)?.loaded?.picture;
    if (picture === undefined) throw new PicaividError('internal', 'A shot was drawn that is not loaded.');
    if (!(picture instanceof Blob)) return { bitmap: picture, owned: false };
    return { bitmap: await this.photos.decode(picture, maxSide), owned: true };
  }

  private async fetchShot(source: ShotSource): Promise<Shot> {
    const { key, photo, depth, photoWidth, photoHeight } = source;
    const depthThere = async (): Promise<void> => {
      if (depth === null) return;
      if (typeof depth !== 'string') return this.planner.put(key, depth);
      const bytes = await (await load(depth, 'depth map')).arrayBuffer();
      await this.planner.put(key, new Uint8Array(bytes));
    };
    const [picture] = await Promise.all([
      typeof photo === 'string' ? load(photo, 'photo').then((response) => response.blob()) : photo,
      depthThere(),
    ]);
    return { key, photoAspect: photoWidth / photoHeight, hasDepth: depth !== null, picture };
  }
}
