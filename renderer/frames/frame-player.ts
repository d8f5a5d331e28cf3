/**
 * Stepping, seeking and shuttling through exact frames. A step counts from the frame that is asked for, so fast keys
 * add up and never jump back; one frame is fetched at a time and the newest target is kept; what is drawn is always the
 * frame whose number is told. Pure: it is given the frames, the surface and the clock.
 */
import { type PicaividError, toPicaividError } from '../../base/errors.ts';
import { shuttleRate } from '../preview/film/transport.ts';
import type { FrameHold, FrameSource, FrameSurface, PlayerClock, PlayerState, PlayRange } from './types.ts';

export interface FramePlayerOptions<Picture> {
  readonly source: FrameSource<Picture>;
  readonly surface: FrameSurface<Picture>;
  readonly clock: PlayerClock;
  /** The frame that is shown first; 0 unless told. */
  readonly at?: number;
  /** Called when, and only when, this frame has been drawn. */
  readonly onShown?: (frame: number) => void;
  readonly onState?: (state: PlayerState) => void;
}

export const MAX_RATE = 8;
/** Faster than this, frames are skipped anyway: those between are not decoded ahead. */
const PREFETCH_RATE = 1;

interface Flight {
  readonly index: number;
  readonly abort: AbortController;
}

export class FramePlayer<Picture> {
  private readonly options: FramePlayerOptions<Picture>;
  private source: FrameSource<Picture>;
  private other: FrameSource<Picture> | null = null;
  private target: number;
  private shown = -1;
  /** What is on the canvas lacks the take that is compared with, or has it still. */
  private changed = false;
  private direction: -1 | 0 | 1 = 0;
  private rate = 0;
  private playRange: PlayRange | null = null;
  private looping = false;
  private flight: Flight | null = null;
  private error: PicaividError | null = null;
  private lastDrawn: readonly [FrameHold<Picture>, FrameHold<Picture> | null] | null = null;
  /** Position in seconds of the clip at a moment of the clock, while it runs. */
  private anchor = { seconds: 0, at: 0 };
  private ticking: number | null = null;
  private disposed = false;
  private settling: (() => void)[] = [];
  private told = '';

  constructor(options: FramePlayerOptions<Picture>) {
    this.options = options;
    this.source = options.source;
    this.target = this.clamp(options.at ?? 0);
    this.go();
  }

  get state(): PlayerState {
    return {
      target: this.target,
      shown: this.shown,
      frames: this.source.frames,
      rate: this.rate,
      range: this.playRange,
      loop: this.looping,
      waiting: !this.isShown(),
      error: this.error,
    };
  }

  /** `by` frames on from the one that is asked for; playing stops. */
  step(by: number): void {
    this.pause();
    this.aim(this.target + Math.trunc(by), by < 0 ? -1 : 1);
  }

  /** To a frame; playing goes on from there. */
  seek(frame: number): void {
    const to = this.clamp(Math.round(frame));
    this.aim(to, this.rate === 0 ? 0 : this.rate < 0 ? -1 : 1);
    if (this.rate !== 0) this.startClock();
  }

  /** J (-1), K (0), L (1): again doubles up to 8, another direction begins at 1. */
  shuttle(direction: -1 | 0 | 1): void {
    this.setRate(shuttleRate(this.rate, direction));
  }

  play(): void {
    this.setRate(1);
  }

  toggle(): void {
    if (this.rate === 0) this.play();
    else this.pause();
  }

  /** Stops on the frame that is on the canvas. */
  pause(): void {
    this.setRate(0);
  }

  /** Times the clip's own speed, -8 to 8, backwards below 0. */
  setRate(rate: number): void {
    const next = Math.max(-MAX_RATE, Math.min(MAX_RATE, rate));
    if (next === this.rate || this.disposed) return;
    const { first, last } = this.bounds();
    if (next === 0) {
      this.rate = 0;
      this.stopClock();
      // What a person saw when they pressed the key.
      if (this.shown >= 0) this.aim(this.shown, 0);
      this.tell();
      return;
    }
    const resting = this.rate === 0;
    if (!resting) this.target = this.due().frame;
    this.rate = next;
    this.direction = next < 0 ? -1 : 1;
    // From the end, or outside of the range, it begins anew.
    const atEnd = resting && this.target === (next > 0 ? last : first);
    if (atEnd || this.target < first || this.target > last) this.target = next > 0 ? first : last;
    this.startClock();
    this.go();
    this.tell();
  }

  /** Frames that playing keeps to, both included; null for the whole clip. */
  setRange(range: PlayRange | null): void {
    if (range === null) this.playRange = null;
    else {
      const [a, b] = [this.clamp(range.first), this.clamp(range.last)];
      this.playRange = { first: Math.min(a, b), last: Math.max(a, b) };
    }
    if (this.rate !== 0) {
      const { first, last } = this.bounds();
      this.target = Math.min(last, Math.max(first, this.due().frame));
      this.startClock();
      this.go();
    }
    this.tell();
  }

  setLoop(loop: boolean): void {
    this.looping = loop;
    this.tell();
  }

  /** Another clip or take, at a frame, compared with none; the canvas keeps its picture until the first of this one is there. */
  setSource(source: FrameSource<Picture>, at = 0): void {
    this.rate = 0;
    this.stopClock();
    this.giveUp();
    this.source = source;
    this.other = null;
    this.playRange = null;
    this.shown = -1;
    this.direction = 0;
    this.target = this.clamp(at);
    this.error = null;
    this.go();
    this.tell();
  }

  /** Shows the same index of another take with each frame, drawn in one go; null ends it. */
  compareWith(other: FrameSource<Picture> | null): void {
    if (other === this.other) return;
    this.giveUp();
    this.other = other;
    this.changed = true;
    this.error = null;
    this.go();
    this.tell();
  }

  /** Draws the shown frame again, after the surface lost it. */
  redraw(): void {
    if (this.lastDrawn !== null) this.options.surface.draw(...this.lastDrawn);
  }

  /** Resolves when the player rests on the frame that was asked for, or on an error. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.settling.push(resolve);
      this.settle();
    });
  }

  dispose(): void {
    if (this.disposed) return;
    this.rate = 0;
    this.stopClock();
    this.giveUp();
    this.disposed = true;
    this.forgetDrawn();
    for (const resolve of this.settling.splice(0)) resolve();
  }

  private clamp(frame: number): number {
    return Math.max(0, Math.min(this.source.frames - 1, Number.isFinite(frame) ? Math.trunc(frame) : 0));
  }

  private bounds(): PlayRange {
    return this.playRange ?? { first: 0, last: this.source.frames - 1 };
  }

  private aim(frame: number, direction: -1 | 0 | 1): void {
    this.target = this.clamp(frame);
    this.direction = direction;
    this.error = null;
    this.go();
    this.tell();
  }

  /** Draws the target from the cache, or sees to it that it is fetched. */
  private go(): void {
    if (this.disposed || this.error !== null) return;
    const there = this.isShown() ? null : this.peek(this.target);
    if (this.isShown()) {
      // One that is still on its way was asked for before this one.
      this.giveUp();
      this.settle();
    } else if (there !== null) {
      this.giveUp();
      this.draw(...there);
    } else if (this.flight === null) this.fetch(this.target);
  }

  private isShown(): boolean {
    return this.shown === this.target && !this.changed;
  }

  private peek(index: number): [FrameHold<Picture>, FrameHold<Picture> | null] | null {
    const first = this.source.peek(index);
    if (first === null) return null;
    if (!this.hasOther(index)) return [first, null];
    const second = this.other?.peek(index) ?? null;
    if (second !== null) return [first, second];
    first.release();
    return null;
  }

  private hasOther(index: number): boolean {
    return this.other !== null && index < this.other.frames;
  }

  private fetch(index: number): void {
    const flight: Flight = { index, abort: new AbortController() };
    this.flight = flight;
    const { signal } = flight.abort;
    const asked = [
      this.source.frame(index, { signal }),
      this.other !== null && this.hasOther(index) ? this.other.frame(index, { signal }) : null,
    ] as const;
    Promise.all(asked).then(
      ([first, second]) => {
        if (this.flight !== flight) {
          first.release();
          second?.release();
          return;
        }
        this.flight = null;
        // It was asked for after everything that is on the canvas: shown, though the target may have gone on.
        this.draw(first, second);
        this.go();
      },
      (error: unknown) => {
        for (const one of asked) one?.then((hold) => hold.release()).catch(() => {});
        if (this.flight !== flight) return;
        this.flight = null;
        if (index !== this.target) this.go();
        else this.fail(toPicaividError(error, 'clip_invalid'));
      },
    );
  }

  private draw(first: FrameHold<Picture>, second: FrameHold<Picture> | null): void {
    this.options.surface.draw(first, second);
    this.forgetDrawn();
    this.lastDrawn = [first, second];
    this.shown = first.index;
    this.changed = false;
    if (Math.abs(this.rate) <= PREFETCH_RATE) {
      this.source.prefetch(this.direction, this.target);
      this.other?.prefetch(this.direction, Math.min(this.target, this.other.frames - 1));
    }
    this.options.onShown?.(this.shown);
    this.tell();
    this.settle();
  }

  private fail(error: PicaividError): void {
    this.error = error;
    this.rate = 0;
    this.stopClock();
    this.tell();
    this.settle();
  }

  private giveUp(): void {
    const { flight } = this;
    this.flight = null;
    flight?.abort.abort();
  }

  private forgetDrawn(): void {
    const last = this.lastDrawn;
    this.lastDrawn = null;
    last?.[0].release();
    last?.[1]?.release();
  }

  private settle(): void {
    if (this.rate !== 0 || (!this.isShown() && this.error === null)) return;
    for (const resolve of this.settling.splice(0)) resolve();
  }

  private tell(): void {
    const { state } = this;
    const now = JSON.stringify(state);
    if (this.disposed || now === this.told) return;
    this.told = now;
    this.options.onState?.(state);
  }

  private startClock(): void {
    // Forwards from a frame's start, backwards from its end: each is shown for as long as it lasts.
    const seconds = this.rate > 0 ? this.source.secondsOf(this.target) : this.endOf(this.target);
    this.anchor = { seconds, at: this.options.clock.now() };
    this.ticking ??= this.options.clock.request(() => this.tick());
  }

  /** A moment at which the frame is still shown, for going backwards: its end is the next one's. */
  private endOf(frame: number): number {
    const end = this.source.secondsOf(frame + 1);
    return end - 0.01 * (end - this.source.secondsOf(frame));
  }

  private stopClock(): void {
    if (this.ticking !== null) this.options.clock.cancel(this.ticking);
    this.ticking = null;
  }

  private tick(): void {
    this.ticking = null;
    if (this.rate === 0 || this.disposed) return;
    // The clock waits for the first picture: nothing is skipped that nobody could see.
    if (this.shown === -1) {
      this.startClock();
      return;
    }
    const { frame, ended } = this.due();
    this.target = frame;
    if (ended) {
      this.rate = 0;
      this.go();
      this.tell();
      this.settle();
      return;
    }
    this.ticking = this.options.clock.request(() => this.tick());
    this.go();
    this.tell();
  }

  /** The frame of this moment; where the range ends it begins anew or stops on its last frame exactly. */
  private due(): { readonly frame: number; readonly ended: boolean } {
    const { first, last } = this.bounds();
    const now = this.options.clock.now();
    const from = this.source.secondsOf(first);
    const to = this.source.secondsOf(last + 1);
    let seconds = this.anchor.seconds + (this.rate * Math.max(0, now - this.anchor.at)) / 1000;
    const over = this.rate > 0 ? seconds >= to : seconds < from;
    if (over) {
      if (!this.looping) return { frame: this.rate > 0 ? last : first, ended: true };
      const length = Math.max(1e-6, to - from);
      seconds = this.rate > 0 ? from + ((seconds - to) % length) : this.endOf(last) - ((from - seconds) % length);
      this.anchor = { seconds, at: now };
    }
    return { frame: Math.max(first, Math.min(last, this.source.frameAt(seconds))), ended: false };
  }
}
