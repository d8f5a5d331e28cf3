/**
 * Exact frames in a page.
 *
 *   const source = openFrames({ proxyUrl, frameUrl, frames, frameRate });
 *   const player = new FramePlayer({ source, surface: canvasSurface(canvas), clock: pageClock, onShown });
 *   player.step(1); player.seek(40); player.shuttle(1); player.compareWith(other); player.dispose(); source.close();
 *
 * A frame is named by its integer index and nothing else. What cannot be decoded in the page comes from the host, frame
 * by frame (`source.stats.path`, `.reason`).
 */
import { PicaividError } from '../../base/errors.ts';
import { ClipFrames } from './clip-frames.ts';
import { FrameCache } from './frame-cache.ts';
import { hostFeed } from './host-feed.ts';
import { openProxyFeed, type PagePicture } from './proxy-feed.ts';
import type { ClipSource, FramePath, FrameSource } from './types.ts';

export { canvasSurface, pageClock } from './canvas-surface.ts';
export { CACHE_BYTES, FrameCache } from './frame-cache.ts';
export { FramePlayer, type FramePlayerOptions } from './frame-player.ts';
export type { PagePicture } from './proxy-feed.ts';
export type {
  ClipSource,
  FrameHold,
  FramePath,
  FrameSource,
  FrameStats,
  FrameSurface,
  PlayerClock,
  PlayerState,
  PlayRange,
} from './types.ts';

export type PageFrames = FrameSource<PagePicture>;

/** A proxy that is not there after this long is being made: the frame that is asked for comes from the host. */
const PATIENCE_MS = 400;

/** Shared by every clip of the page unless another is given, so that all of them together stay within the limit. */
const shared = new FrameCache<PagePicture>();

export interface OpenFramesOptions {
  readonly cache?: FrameCache<PagePicture>;
  /** Never use the page's decoder; the reason is shown. */
  readonly hostOnly?: string;
  readonly onPath?: (path: FramePath, reason: string | null) => void;
}

/** Opens a take. Returns at once; `ready` tells the way that frames come. Close it. */
export function openFrames(source: ClipSource, options: OpenFramesOptions = {}): PageFrames {
  const { hostOnly, onPath } = options;
  return new ClipFrames<PagePicture>({
    frames: source.frames,
    frameRate: source.frameRate,
    cache: options.cache ?? shared,
    openProxy: (signal) =>
      hostOnly === undefined
        ? openProxyFeed(source.proxyUrl, signal)
        : Promise.reject(new PicaividError('clip_invalid', hostOnly)),
    host: hostFeed((frame) => source.frameUrl(frame)),
    patience: (signal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, PATIENCE_MS);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
      return promise;
    },
    now: () => performance.now(),
    ...(onPath === undefined ? {} : { onPath }),
  });
}

/** Makes the first frames of a clip ready that will be looked at next. What fails is said when it is looked at. */
export async function warm(source: PageFrames): Promise<void> {
  await source.warm().catch(() => {});
}
