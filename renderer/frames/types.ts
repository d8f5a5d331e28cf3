/** What the frame engine and the screens that use it agree on. Pure. */
import type { PicaividError } from '../../base/errors.ts';
import type { FrameRate } from '../../pipeline/time.ts';

/** A take as the host serves it: `clipUrl(…, 'proxy.mp4')`, `clipFrameUrl`, and the take's own figures. */
export interface ClipSource {
  readonly proxyUrl: string;
  /** Address of a frame that the host decoded. */
  frameUrl(frame: number): string;
  readonly frames: number;
  readonly frameRate: FrameRate;
}

/** What is drawn: a VideoFrame or an ImageBitmap in a page. It is lent: call `release` once, and do not draw it after. */
export interface FrameHold<Picture> {
  readonly index: number;
  readonly picture: Picture;
  /** Pixels of the picture. */
  readonly width: number;
  readonly height: number;
  /** Another hold of the same picture, to be released for itself. */
  clone(): FrameHold<Picture>;
  release(): void;
}

/**
 * `webcodecs`: decoded here from the all-intra proxy. `host`: single pictures decoded by the host, because of `reason`.
 * Both are exact; there is no third.
 */
export type FramePath = 'opening' | 'webcodecs' | 'host';

export interface FrameStats {
  readonly path: FramePath;
  /** Why frames come from the host; null while they do not. */
  readonly reason: string | null;
  /** Of this source, in the cache. */
  readonly cachedFrames: number;
  /** Of all sources that share the cache. */
  readonly cacheBytes: number;
  readonly cacheLimitBytes: number;
  /** Pictures that are open now, cached or lent, of all sources that share the cache. */
  readonly openPictures: number;
  readonly openBytes: number;
  readonly hits: number;
  readonly decoded: number;
  readonly fromHost: number;
  /** ms that the latest frames took from being begun to being there; 0 without any. */
  readonly decodeMs: number;
}

export interface FrameSource<Picture> {
  readonly frames: number;
  readonly frameRate: FrameRate;
  readonly stats: FrameStats;
  /** The way frames come, once it is known. Never rejects. */
  readonly ready: Promise<FramePath>;
  /**
   * The frame at an index from 0. Errors: `cancelled`, `bad_usage` (no such frame), `clip_missing`, `clip_invalid`,
   * `host_unreachable`.
   */
  frame(index: number, options?: { readonly signal?: AbortSignal }): Promise<FrameHold<Picture>>;
  /** The frame if it is in the cache: for drawing within a key press. */
  peek(index: number): FrameHold<Picture> | null;
  /** Says where one looks and which way one goes: frames there are decoded while nothing else is asked for. */
  prefetch(direction: -1 | 0 | 1, around?: number): void;
  /** Start of a frame in seconds, as the file says; also of `frames`, which is the end. */
  secondsOf(index: number): number;
  /** The frame that is shown at a time, between 0 and `frames - 1`. */
  frameAt(seconds: number): number;
  /** Asks for the first frames and keeps them until the clip is looked at. */
  warm(): Promise<void>;
  close(): void;
}

/** Where frames appear. It is called with the right picture or not at all. */
export interface FrameSurface<Picture> {
  /** `second`: the same index of the source that is compared with; null without one, or where that one has ended. */
  draw(first: FrameHold<Picture>, second: FrameHold<Picture> | null): void;
}

/** First and last frame, both shown. */
export interface PlayRange {
  readonly first: number;
  readonly last: number;
}

export interface PlayerState {
  /** The frame that is asked for: what a counter shows while keys are pressed, and what the next step starts from. */
  readonly target: number;
  /** The frame on the canvas; -1 before the first. */
  readonly shown: number;
  readonly frames: number;
  /** 0 at rest; ±1, 2, 4, 8. */
  readonly rate: number;
  readonly range: PlayRange | null;
  readonly loop: boolean;
  /** The target is not on the canvas yet. */
  readonly waiting: boolean;
  readonly error: PicaividError | null;
}

/** `requestAnimationFrame` in a page, a list in tests. Milliseconds, monotonic. */
export interface PlayerClock {
  now(): number;
  request(callback: () => void): number;
  cancel(id: number): void;
}
