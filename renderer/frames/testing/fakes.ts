/** Frames, a surface and a clock for tests of what does not need a page. */
import { PicaividError } from '../../../base/errors.ts';
import { FPS_30, type FrameRate } from '../../../pipeline/time.ts';
import { steadyTimes } from '../frame-table.ts';
import type { FrameHold, FrameSource, FrameStats, FrameSurface, PlayerClock } from '../types.ts';

/** Gives frames when it is told to; knows what is lent. */
export class FakeSource implements FrameSource<string> {
  readonly frames: number;
  readonly frameRate: FrameRate;
  readonly ready = Promise.resolve('webcodecs' as const);
  readonly asked: number[] = [];
  readonly cached = new Set<number>();
  readonly prefetched: (readonly [number, number | undefined])[] = [];
  lent = 0;
  private readonly name: string;
  private readonly waiting: { index: number; give(): void; refuse(error: unknown): void }[] = [];

  constructor(frames: number, name = 'a', frameRate = FPS_30) {
    this.frames = frames;
    this.name = name;
    this.frameRate = frameRate;
  }

  get stats(): FrameStats {
    throw new Error('not asked for');
  }

  get underWay(): number[] {
    return this.waiting.map(({ index }) => index);
  }

  hold(index: number): FrameHold<string> {
    this.lent++;
    let there = true;
    return {
      index,
      picture: `${this.name}${index}`,
      width: 2,
      height: 2,
      clone: () => this.hold(index),
      release: () => {
        if (!there) throw new Error('released twice');
        there = false;
        this.lent--;
      },
    };
  }

  peek(index: number): FrameHold<string> | null {
    return this.cached.has(index) ? this.hold(index) : null;
  }

  frame(index: number, { signal }: { signal?: AbortSignal } = {}): Promise<FrameHold<string>> {
    this.asked.push(index);
    const { promise, resolve, reject } = Promise.withResolvers<FrameHold<string>>();
    const one = { index, give: () => resolve(this.hold(index)), refuse: reject };
    this.waiting.push(one);
    signal?.addEventListener('abort', () => {
      const at = this.waiting.indexOf(one);
      if (at !== -1) this.waiting.splice(at, 1);
      reject(new PicaividError('cancelled', 'Another frame was asked for.'));
    });
    return promise;
  }

  /** Gives the oldest that is asked for; lets those who wait go on. */
  async give(): Promise<void> {
    this.waiting.shift()?.give();
    await settleTasks();
  }

  async refuse(error: unknown): Promise<void> {
    this.waiting.shift()?.refuse(error);
    await settleTasks();
  }

  prefetch(direction: -1 | 0 | 1, around?: number): void {
    this.prefetched.push([direction, around]);
  }

  secondsOf(index: number): number {
    return steadyTimes(this.frames, this.frameRate).secondsOf(index);
  }

  frameAt(seconds: number): number {
    return steadyTimes(this.frames, this.frameRate).frameAt(seconds);
  }

  async warm(): Promise<void> {}
  close(): void {}
}

export const settleTasks = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

export class FakeSurface implements FrameSurface<string> {
  readonly drawn: string[] = [];
  draw(first: FrameHold<string>, second: FrameHold<string> | null): void {
    this.drawn.push(second === null ? first.picture : `${first.picture}+${second.picture}`);
  }
}

export class FakeClock implements PlayerClock {
  private at = 1000;
  private callbacks = new Map<number, () => void>();
  private ids = 0;

  now(): number {
    return this.at;
  }
  request(callback: () => void): number {
    this.callbacks.set(++this.ids, callback);
    return this.ids;
  }
  cancel(id: number): void {
    this.callbacks.delete(id);
  }
  /** So many milliseconds pass, then the page draws. */
  pass(ms: number): void {
    this.at += ms;
    const due = [...this.callbacks.values()];
    this.callbacks.clear();
    for (const callback of due) callback();
  }
  get waiting(): number {
    return this.callbacks.size;
  }
}
