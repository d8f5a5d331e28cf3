/** How fast this machine renders: seconds for a million pixels of a frame, by renderer, learned from every clip. */
import { z } from 'zod';
import type { StudioStore } from '../../db/studio/types.ts';
import type { ClipSpec, RendererName } from '../../pipeline/domain.ts';

const PREFERENCE = 'render_speed';
const speedsSchema = z.partialRecord(z.enum(['ltx', 'depth_parallax', 'ken_burns']), z.number().positive()).catch({});
/** Weight of the newest clip: a few clips forget what another program did to the first. */
const NEWEST = 0.3;

/** What a clip costs in millions of pixels drawn. */
export function megapixelFrames({ width, height, frames }: Pick<ClipSpec, 'width' | 'height' | 'frames'>): number {
  return (width * height * frames) / 1e6;
}

export class Speeds {
  private readonly store: StudioStore;
  private known: Partial<Record<RendererName, number>> = {};
  private loading: Promise<void> | undefined;

  constructor(store: StudioStore) {
    this.store = store;
  }

  /** Reads what earlier runs learned, once. */
  load(): Promise<void> {
    this.loading ??= this.store.preference(PREFERENCE).then((stored) => {
      this.known = { ...speedsSchema.parse(stored ?? {}), ...this.known };
    });
    return this.loading;
  }

  /** Seconds; null before anything was rendered here. Without a clip of this renderer, the slowest known one counts. */
  estimate(spec: Pick<ClipSpec, 'width' | 'height' | 'frames' | 'renderer'>): number | null {
    const speeds = Object.values(this.known);
    if (speeds.length === 0) return null;
    return megapixelFrames(spec) * (this.known[spec.renderer] ?? Math.max(...speeds));
  }

  /** A clip took so long, with its checks. */
  async learn(spec: ClipSpec, seconds: number): Promise<void> {
    await this.load();
    const measured = seconds / megapixelFrames(spec);
    const before = this.known[spec.renderer];
    this.known = {
      ...this.known,
      [spec.renderer]: before === undefined ? measured : before + NEWEST * (measured - before),
    };
    await this.store.setPreference(PREFERENCE, this.known);
  }
}
