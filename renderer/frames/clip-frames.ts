/**
 * Frames of one clip by index: the newest asked for first, one at a time, then those ahead. From the proxy while that
 * works, else from the host; never from anywhere else. Pure: both ways are given to it.
 */
import { PicaividError, toPicaividError } from '../../base/errors.ts';
import type { FrameRate } from '../../pipeline/time.ts';
import type { CacheKey, FrameCache, NewPicture } from './frame-cache.ts';
import { type FrameTable, steadyTimes } from './frame-table.ts';
import type { FrameHold, FramePath, FrameSource, FrameStats } from './types.ts';

/** A way to get single frames. Only one is asked for at a time. */
export interface FrameFeed<Picture> {
  /** Presentation times, where they are known. */
  readonly table: FrameTable | null;
  /** Frames ahead that are worth asking for. */
  readonly ahead: number;
  decode(index: number, signal: AbortSignal): Promise<NewPicture<Picture>>;
  close(): void;
}

export interface ClipFramesOptions<Picture> {
  readonly frames: number;
  readonly frameRate: FrameRate;
  readonly cache: FrameCache<Picture>;
  /** Opens the proxy. Rejects where it cannot be decoded here; the reason is shown. */
  openProxy(signal: AbortSignal): Promise<FrameFeed<Picture>>;
  readonly host: FrameFeed<Picture>;
  /** The proxy is made on demand: frames that are asked for after so long come from the host. Resolves then. */
  patience(signal: AbortSignal): Promise<void>;
  now(): number;
  onPath?(path: FramePath, reason: string | null): void;
}

/** Frames that are ready before a clip is looked at: a quarter of a second. */
export const WARM_FRAMES = 8;
/** Of those ahead, so many may lie behind. */
const BEHIND_SHARE = 4;
/** So much of the cache is filled ahead; the rest is what was looked at. */
const AHEAD_OF_CACHE = 0.5;

interface Waiter<Picture> {
  resolve(hold: FrameHold<Picture>): void;
  reject(error: unknown): void;
}

interface Wish<Picture> {
  readonly index: number;
  readonly waiting: Set<Waiter<Picture>>;
  readonly abort: AbortController;
}

export class ClipFrames<Picture> implements FrameSource<Picture> {
  readonly frames: number;
  readonly frameRate: FrameRate;
  readonly ready: Promise<FramePath>;
  private readonly options: ClipFramesOptions<Picture>;
  private readonly cache: FrameCache<Picture>;
  private readonly key: CacheKey;
  private readonly closing = new AbortController();
  private proxy: FrameFeed<Picture> | null = null;
  private path: FramePath = 'opening';
  private reason: string | null = null;
  private opened: Promise<FramePath>;
  private impatient: Promise<void> | undefined;
  /** By index, the newest last. */
  private readonly wishes = new Map<number, Wish<Picture>>();
  private ahead: number[] = [];
  private running = false;
  private around = 0;
  /** Which way one goes; null before anybody looks. */
  private direction: -1 | 0 | 1 | null = null;
  /** The host did not answer when the proxy was opened: tried again with the next frame. */
  private lost = false;
  private bytesPerFrame = 0;
  private hits = 0;
  private decoded = 0;
  private fromHost = 0;
  private decodeMs = 0;

  constructor(options: ClipFramesOptions<Picture>) {
    this.options = options;
    this.frames = options.frames;
    this.frameRate = options.frameRate;
    this.cache = options.cache;
    this.key = this.cache.register();
    this.opened = this.open();
    this.ready = this.opened;
  }

  get stats(): FrameStats {
    return {
      path: this.path,
      reason: this.reason,
      cachedFrames: this.cache.count(this.key),
      cacheBytes: this.cache.bytes,
      cacheLimitBytes: this.cache.limitBytes,
      openPictures: this.cache.openPictures,
      openBytes: this.cache.openBytes,
      hits: this.hits,
      decoded: this.decoded,
      fromHost: this.fromHost,
      decodeMs: this.decodeMs,
    };
  }

  peek(index: number): FrameHold<Picture> | null {
    const hold = this.cache.get(this.key, index);
    if (hold !== null) this.hits++;
    return hold;
  }

  frame(index: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<FrameHold<Picture>> {
    if (!Number.isInteger(index) || index < 0 || index >= this.frames)
      return Promise.reject(new PicaividError('bad_usage', `This take has no frame ${index}.`));
    if (this.closing.signal.aborted || signal?.aborted === true) return Promise.reject(cancelled());
    const there = this.peek(index);
    if (there !== null) return Promise.resolve(there);
    if (this.lost) {
      this.lost = false;
      this.setPath('opening', null);
      this.opened = this.open();
    }
    return new Promise((resolve, reject) => {
      const wish = this.wishes.get(index) ?? { index, waiting: new Set(), abort: new AbortController() };
      this.wishes.delete(index);
      this.wishes.set(index, wish);
      const stop = (): void => {
        if (!wish.waiting.delete(one)) return;
        reject(cancelled());
        if (wish.waiting.size > 0) return;
        wish.abort.abort();
        if (this.wishes.get(index) === wish) this.wishes.delete(index);
      };
      const done = (): void => signal?.removeEventListener('abort', stop);
      const one: Waiter<Picture> = {
        resolve(hold) {
          done();
          resolve(hold);
        },
        reject(error) {
          done();
          reject(error);
        },
      };
      wish.waiting.add(one);
      signal?.addEventListener('abort', stop, { once: true });
      this.run();
    });
  }

  prefetch(direction: -1 | 0 | 1, around: number = this.around): void {
    this.around = around;
    this.direction = direction;
    this.cache.look(this.key, around, direction);
    this.plan();
    this.run();
  }

  secondsOf(index: number): number {
    return this.times().secondsOf(index);
  }

  frameAt(seconds: number): number {
    return Math.min(this.frames - 1, Math.max(0, this.times().frameAt(seconds)));
  }

  async warm(): Promise<void> {
    await this.opened;
    for (let index = 0; index < Math.min(WARM_FRAMES, this.frames); index++) (await this.frame(index)).release();
  }

  close(): void {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    for (const wish of [...this.wishes.values()]) this.answer(wish, ({ reject }) => reject(cancelled()));
    this.ahead = [];
    this.proxy?.close();
    this.options.host.close();
    this.cache.remove(this.key);
  }

  private times(): Pick<FrameTable, 'secondsOf' | 'frameAt'> {
    return this.proxy?.table ?? steadyTimes(this.frames, this.frameRate);
  }

  private async open(): Promise<FramePath> {
    try {
      const feed = await this.options.openProxy(this.closing.signal);
      if (this.closing.signal.aborted) feed.close();
      else if (feed.table !== null && feed.table.frames.length !== this.frames) {
        feed.close();
        this.fallBack(`The copy for review has ${feed.table.frames.length} frames, the take ${this.frames}.`);
      } else {
        this.proxy = feed;
        this.setPath('webcodecs', null);
      }
    } catch (error) {
      const known = toPicaividError(error, 'clip_invalid');
      this.lost = known.code === 'host_unreachable';
      this.fallBack(known.message);
    }
    // What is worth asking for ahead depends on the way.
    this.plan();
    return this.path;
  }

  private fallBack(reason: string): void {
    this.proxy?.close();
    this.proxy = null;
    if (!this.closing.signal.aborted) this.setPath('host', reason);
  }

  private setPath(path: FramePath, reason: string | null): void {
    this.path = path;
    this.reason = reason;
    this.options.onPath?.(path, reason);
  }

  private plan(): void {
    const { direction } = this;
    if (direction === null) return;
    const feed = this.proxy ?? this.options.host;
    const room = (this.cache.limitBytes * AHEAD_OF_CACHE) / Math.max(1, this.bytesPerFrame);
    const count = Math.max(1, Math.min(feed.ahead, Math.floor(room)));
    const forward = direction === 0 ? 1 : direction;
    const behind = direction === 0 ? count >> 1 : Math.floor(count / BEHIND_SHARE);
    const list: number[] = [];
    for (let step = 1; step <= count; step++) {
      list.push(this.around + forward * step);
      if (step <= behind) list.push(this.around - forward * step);
    }
    this.ahead = list.filter((index) => index >= 0 && index < this.frames && !this.cache.has(this.key, index));
  }

  private run(): void {
    if (this.running) return;
    this.running = true;
    this.work()
      .catch((error: unknown) => {
        // Nobody waits for this; those who do were answered one by one.
        for (const wish of [...this.wishes.values()]) this.answer(wish, ({ reject }) => reject(error));
      })
      .finally(() => {
        this.running = false;
        if (this.wishes.size > 0) this.run();
      });
  }

  private async work(): Promise<void> {
    for (;;) {
      if (this.closing.signal.aborted) return;
      if (this.isOpening()) {
        this.impatient ??= this.options.patience(this.closing.signal);
        await Promise.race([this.opened, this.impatient]);
        // Nothing is asked of the host ahead while it makes the proxy.
        if (this.isOpening() && this.wishes.size === 0) {
          void this.opened.then(() => this.run());
          return;
        }
      }
      const newest = [...this.wishes.values()].at(-1);
      const ahead = newest === undefined ? this.ahead.shift() : undefined;
      if (newest !== undefined) await this.grant(newest);
      else if (ahead !== undefined) await this.look(ahead);
      else return;
    }
  }

  private isOpening(): boolean {
    return this.path === 'opening';
  }

  private async grant(wish: Wish<Picture>): Promise<void> {
    try {
      const hold = this.peek(wish.index) ?? (await this.get(wish.index, wish.abort.signal));
      this.answer(wish, ({ resolve }) => resolve(hold.clone()));
      hold.release();
    } catch (error) {
      this.answer(wish, ({ reject }) => reject(toPicaividError(error, 'clip_invalid')));
    }
  }

  private answer(wish: Wish<Picture>, tell: (one: Waiter<Picture>) => void): void {
    if (this.wishes.get(wish.index) === wish) this.wishes.delete(wish.index);
    const waiting = [...wish.waiting];
    wish.waiting.clear();
    for (const one of waiting) tell(one);
  }

  /** Into the cache, for later. What fails there is said when it is asked for. */
  private async look(index: number): Promise<void> {
    if (this.cache.has(this.key, index)) return;
    try {
      (await this.get(index, this.closing.signal)).release();
    } catch {
      this.ahead = [];
    }
  }

  private async get(index: number, signal: AbortSignal): Promise<FrameHold<Picture>> {
    const began = this.options.now();
    const { proxy } = this;
    let picture: NewPicture<Picture>;
    if (proxy === null) {
      picture = await this.options.host.decode(index, signal);
      this.fromHost++;
    } else
      try {
        picture = await proxy.decode(index, signal);
        this.decoded++;
      } catch (error) {
        const known = toPicaividError(error, 'clip_invalid');
        // A host that is away has no frames either; what was given up needs none.
        if (known.code === 'cancelled' || known.code === 'host_unreachable') throw known;
        this.fallBack(known.message);
        return this.get(index, signal);
      }
    const took = this.options.now() - began;
    this.decodeMs = this.decodeMs === 0 ? took : this.decodeMs * 0.8 + took * 0.2;
    this.bytesPerFrame = Math.max(this.bytesPerFrame, picture.bytes);
    return this.cache.add(this.key, index, picture);
  }
}

const cancelled = (): PicaividError => new PicaividError('cancelled', 'Another frame was asked for.');
