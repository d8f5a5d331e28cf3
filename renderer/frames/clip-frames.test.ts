import { describe, expect, test } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import { FPS_30 } from '../../pipeline/time.ts';
import { ClipFrames, type FrameFeed, WARM_FRAMES } from './clip-frames.ts';
import { FrameCache, type NewPicture } from './frame-cache.ts';
import { FrameTable } from './frame-table.ts';
import { settleTasks } from './testing/fakes.ts';
import type { FramePath } from './types.ts';

/** Decodes when it is told to. */
class FakeFeed implements FrameFeed<string> {
  readonly table: FrameTable | null;
  readonly ahead: number;
  readonly asked: number[] = [];
  readonly signals: AbortSignal[] = [];
  open = 0;
  closed = 0;
  /** Decodes at once. */
  eager = false;
  private readonly name: string;
  private readonly waiting: { give(): void; refuse(error: unknown): void }[] = [];

  constructor(name: string, frames: number | null, ahead = 4) {
    this.name = name;
    this.ahead = ahead;
    this.table =
      frames === null
        ? null
        : new FrameTable(
            Array.from({ length: frames }, (_, i) => ({ timestamp: i / 30, duration: 1 / 30, key: true })),
          );
  }

  decode(index: number, signal: AbortSignal): Promise<NewPicture<string>> {
    this.asked.push(index);
    this.signals.push(signal);
    const { promise, resolve, reject } = Promise.withResolvers<NewPicture<string>>();
    const give = (): void => {
      this.open++;
      resolve({ picture: `${this.name}${index}`, width: 2, height: 1, bytes: 10, close: () => void this.open-- });
    };
    if (this.eager) give();
    else this.waiting.push({ give, refuse: reject });
    return promise;
  }
  async give(): Promise<void> {
    this.waiting.shift()?.give();
    await settleTasks();
  }
  async refuse(error: unknown): Promise<void> {
    this.waiting.shift()?.refuse(error);
    await settleTasks();
  }
  close(): void {
    this.closed++;
  }
}

function setUp({ frames = 30, limit = 1000, proxy = new FakeFeed('p', 30) as FakeFeed | PicaividError } = {}) {
  const cache = new FrameCache<string>(limit);
  const host = new FakeFeed('h', null, 2);
  const paths: (readonly [FramePath, string | null])[] = [];
  const opening = Promise.withResolvers<FrameFeed<string>>();
  const patience = Promise.withResolvers<void>();
  const clip = new ClipFrames<string>({
    frames,
    frameRate: FPS_30,
    cache,
    openProxy: () => opening.promise,
    host,
    patience: () => patience.promise,
    now: () => 0,
    onPath: (path, reason) => paths.push([path, reason]),
  });
  const open = async (): Promise<void> => {
    if (proxy instanceof PicaividError) opening.reject(proxy);
    else opening.resolve(proxy);
    await clip.ready;
    await settleTasks();
  };
  return { cache, host, proxy: proxy as FakeFeed, paths, clip, open, patience };
}

describe('frames of a clip', () => {
  test('the newest that is asked for comes first, each is decoded once and lent to all who asked', async () => {
    const { clip, proxy, open } = setUp();
    await open();
    const got: string[] = [];
    const ask = (index: number): Promise<void> =>
      clip.frame(index).then((hold) => {
        got.push(hold.picture);
        hold.release();
      });
    const all = [ask(1), ask(2), ask(3), ask(2)];
    for (let i = 0; i < 4; i++) await proxy.give();
    await Promise.all(all);
    expect(proxy.asked).toEqual([1, 2, 3]);
    expect(got).toEqual(['p1', 'p2', 'p2', 'p3']);
    expect(clip.peek(2)?.picture).toBe('p2');
    expect(clip.stats).toMatchObject({ path: 'webcodecs', reason: null, cachedFrames: 3, decoded: 3, fromHost: 0 });
  });

  test('frames ahead are decoded while nothing is asked for, the way one goes, and not into the space of all others', async () => {
    const { clip, proxy, open } = setUp();
    proxy.eager = true;
    await open();
    clip.prefetch(1, 10);
    await settleTasks();
    expect(proxy.asked).toEqual([11, 9, 12, 13, 14]);
    proxy.asked.length = 0;
    clip.prefetch(-1, 0);
    await settleTasks();
    expect(proxy.asked).toEqual([1]);
    proxy.asked.length = 0;
    clip.prefetch(0, 20);
    await settleTasks();
    expect(proxy.asked).toEqual([21, 19, 22, 18, 23, 24]);
    const small = setUp({ limit: 40, proxy: new FakeFeed('p', 30, 16) });
    small.proxy.eager = true;
    await small.open();
    (await small.clip.frame(0)).release();
    small.clip.prefetch(1, 0);
    await settleTasks();
    expect(small.proxy.asked).toEqual([0, 1, 2]);
  });

  test('what is asked for goes before what lies ahead', async () => {
    const { clip, proxy, open } = setUp();
    await open();
    clip.prefetch(1, 0);
    await settleTasks();
    const wanted = clip.frame(20);
    await proxy.give();
    await proxy.give();
    expect((await wanted).picture).toBe('p20');
    expect(proxy.asked.slice(0, 3)).toEqual([1, 20, 2]);
  });

  test('one that is no longer wanted is given up, another at the same index is not', async () => {
    const { clip, proxy, open } = setUp();
    await open();
    const stop = new AbortController();
    const first = expect(clip.frame(7, { signal: stop.signal })).rejects.toMatchObject({ code: 'cancelled' });
    const second = clip.frame(7);
    stop.abort();
    await first;
    expect(proxy.signals[0]?.aborted).toBe(false);
    await proxy.give();
    expect((await second).index).toBe(7);
    const alone = new AbortController();
    const third = expect(clip.frame(9, { signal: alone.signal })).rejects.toMatchObject({ code: 'cancelled' });
    await settleTasks();
    alone.abort();
    await third;
    expect(proxy.signals.at(-1)?.aborted).toBe(true);
    const again = clip.frame(9);
    await proxy.refuse(new PicaividError('cancelled', 'Another frame was asked for.'));
    await proxy.give();
    expect((await again).picture).toBe('p9');
    expect(clip.stats.path).toBe('webcodecs');
    await expect(clip.frame(30)).rejects.toMatchObject({ code: 'bad_usage' });
    await expect(clip.frame(1.5)).rejects.toMatchObject({ code: 'bad_usage' });
  });

  test('a window that cannot decode gets every frame from the host, and says why', async () => {
    const { clip, host, open, paths } = setUp({
      proxy: new PicaividError('clip_invalid', 'This window has no WebCodecs.'),
    });
    host.eager = true;
    await open();
    expect((await clip.frame(3)).picture).toBe('h3');
    expect(paths).toEqual([['host', 'This window has no WebCodecs.']]);
    expect(clip.secondsOf(30)).toBe(1);
    expect(clip.frameAt(0.5)).toBe(15);
  });

  test('a decode that fails, or a copy of another length, leads to the host for good', async () => {
    const { clip, host, proxy, open } = setUp();
    host.eager = true;
    await open();
    const wanted = clip.frame(3);
    await settleTasks();
    await proxy.refuse(new PicaividError('clip_invalid', 'The decoder of this window gave another frame.'));
    expect((await wanted).picture).toBe('h3');
    expect(clip.stats).toMatchObject({ path: 'host', reason: 'The decoder of this window gave another frame.' });
    expect(proxy.closed).toBe(1);
    const other = setUp({ proxy: new FakeFeed('p', 29) });
    await other.open();
    expect(other.clip.stats).toMatchObject({
      path: 'host',
      reason: 'The copy for review has 29 frames, the take 30.',
    });
  });

  test('a host that is away is said, and the proxy is used again afterwards', async () => {
    const { clip, proxy, open } = setUp();
    await open();
    const told = expect(clip.frame(3)).rejects.toMatchObject({ code: 'host_unreachable' });
    await settleTasks();
    await proxy.refuse(new PicaividError('host_unreachable', 'The studio does not answer.'));
    await told;
    proxy.eager = true;
    expect((await clip.frame(3)).picture).toBe('p3');
  });

  test('a host that was away when the clip was opened is asked for the proxy again', async () => {
    let answers = false;
    const proxy = new FakeFeed('p', 30);
    const host = new FakeFeed('h', null);
    proxy.eager = true;
    const clip = new ClipFrames<string>({
      frames: 30,
      frameRate: FPS_30,
      cache: new FrameCache<string>(1000),
      openProxy: () =>
        answers
          ? Promise.resolve(proxy)
          : Promise.reject(new PicaividError('host_unreachable', 'The studio does not answer.')),
      host,
      patience: () => new Promise(() => {}),
      now: () => 0,
    });
    expect(await clip.ready).toBe('host');
    answers = true;
    expect((await clip.frame(2)).picture).toBe('p2');
    expect(clip.stats).toMatchObject({ path: 'webcodecs', reason: null });
  });

  test('while the proxy is being made, the frame that is asked for comes from the host', async () => {
    const { clip, proxy, host, open, patience } = setUp();
    host.eager = true;
    proxy.eager = true;
    const wanted = clip.frame(5);
    clip.prefetch(1, 5);
    await settleTasks();
    expect(host.asked).toEqual([]);
    patience.resolve();
    expect((await wanted).picture).toBe('h5');
    await settleTasks();
    // Nothing ahead: the host is at work on the proxy.
    expect(host.asked).toEqual([5]);
    await open();
    expect(proxy.asked).toEqual([6, 4, 7, 8, 9]);
    expect((await clip.frame(10)).picture).toBe('p10');
  });

  test('warm has the first frames ready; closing closes every picture that is not lent', async () => {
    const { clip, proxy, open, cache } = setUp();
    proxy.eager = true;
    const warming = clip.warm();
    await open();
    await warming;
    expect(proxy.asked).toEqual(Array.from({ length: WARM_FRAMES }, (_, i) => i));
    const lent = clip.peek(0);
    clip.close();
    clip.close();
    expect([cache.bytes, proxy.open, proxy.closed]).toEqual([0, 1, 1]);
    lent?.release();
    expect([proxy.open, cache.openPictures]).toEqual([0, 0]);
    await expect(clip.frame(1)).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('closed while a frame is under way: it is told, and the late picture is closed', async () => {
    const { clip, proxy, open, cache } = setUp();
    await open();
    const wanted = clip.frame(4);
    await settleTasks();
    clip.close();
    await expect(wanted).rejects.toMatchObject({ code: 'cancelled' });
    await proxy.give();
    expect([proxy.open, cache.openPictures, cache.bytes]).toEqual([0, 0, 0]);
  });
});
