/**
 * Where the film is: a position in frames that runs with a clock, at a rate, between bounds. Times are seconds that the
 * caller takes from a monotonic clock; with sound, `follow` corrects the position to what is heard. Pure.
 */
import type { FrameRate } from '../../../pipeline/time.ts';

export interface LoopRange {
  /** First frame, and the frame after the last. */
  readonly in: number;
  readonly out: number;
}

/** What a step of the clock led to: `wrapped` jumped to the other end of the loop, `ended` stopped at the film's end. */
export type Passed = 'on' | 'wrapped' | 'ended';

/** A sound's position may be this far behind the picture without the picture going back, frames: it waits instead. */
const HOLD_FRAMES = 3;
const SHUTTLE_RATES = [1, 2, 4, 8];

/** Rate after J (-1), K (0) or L (1): the same key again doubles up to 8, another direction begins at 1. */
export function shuttleRate(rate: number, direction: -1 | 0 | 1): number {
  if (direction === 0) return 0;
  if (Math.sign(rate) !== direction) return direction;
  return direction * (SHUTTLE_RATES.find((step) => step > Math.abs(rate)) ?? 8);
}

export class Transport {
  private frames = 1;
  private perSecond = 30;
  private range: LoopRange | null = null;
  private speed = 0;
  private anchor = 0;
  private at = 0;
  /** The frame that `due` told last; -1 after a jump. */
  private latest = -1;

  /** Frames a second (1 or more) and length; a position beyond the end comes back to the last frame. */
  setFilm(frames: number, rate: FrameRate, now: number): void {
    const position = this.position(now);
    this.frames = Math.max(1, frames);
    this.perSecond = rate.num / rate.den;
    this.moveTo(Math.min(position, this.frames - 1), now);
    if (this.range !== null) this.setLoop(this.range, now);
  }

  /** Repeats [in, out) while playing; null plays to the film's end. A range of less than a frame is none. */
  setLoop(range: LoopRange | null, now: number): void {
    this.moveTo(this.position(now), now);
    if (range === null) this.range = null;
    else {
      const from = Math.min(this.frames, Math.max(0, Math.floor(range.in)));
      const to = Math.min(this.frames, Math.max(0, Math.floor(range.out)));
      this.range = to > from ? { in: from, out: to } : null;
    }
  }

  get loop(): LoopRange | null {
    return this.range;
  }

  /** 0 while paused, negative backwards. */
  get rate(): number {
    return this.speed;
  }

  get totalFrames(): number {
    return this.frames;
  }

  get framesPerSecond(): number {
    return this.perSecond;
  }

  setRate(rate: number, now: number): void {
    this.moveTo(this.position(now), now);
    this.speed = rate;
    // Where it rests, it rests on a frame.
    if (rate === 0) this.anchor = Math.floor(this.anchor);
  }

  moveTo(position: number, now: number): void {
    this.anchor = Math.min(Math.max(0, position), this.frames - 1e-6);
    this.at = now;
    this.latest = -1;
  }

  /** Position in frames, with fractions; between 0 and the film's length. */
  position(now: number): number {
    const moved = this.anchor + Math.max(0, now - this.at) * this.speed * this.perSecond;
    return Math.min(Math.max(0, moved), this.frames);
  }

  /** The frame at a moment. */
  frame(now: number): number {
    return Math.min(this.frames - 1, Math.floor(this.position(now)));
  }

  /**
   * The frame to show; call it once for each step of the clock. Where the sound turns out to be a little behind, the
   * picture waits for it rather than going back.
   */
  due(now: number): number {
    const frame = this.frame(now);
    const behind = this.latest - frame;
    if (this.speed > 0 && behind > 0 && behind <= HOLD_FRAMES) return this.latest;
    this.latest = frame;
    return frame;
  }

  /** Puts the position where the sound is. */
  follow(heard: number, now: number): void {
    this.anchor = Math.min(Math.max(0, heard), this.frames);
    this.at = now;
  }

  /** Handles the loop's and the film's ends; call once for each step of the clock. */
  pass(now: number): Passed {
    if (this.speed === 0) return 'on';
    const position = this.position(now);
    const { range } = this;
    if (this.speed > 0) {
      if (range !== null && position >= range.out) {
        const over = (position - range.out) % (range.out - range.in);
        this.moveTo(range.in + over, now);
        return 'wrapped';
      }
      if (position < this.frames) return 'on';
    } else {
      if (range !== null && position <= range.in) {
        this.moveTo(range.out - 1e-6, now);
        return 'wrapped';
      }
      if (position > 0) return 'on';
    }
    const end = this.speed > 0 ? this.frames - 1 : 0;
    this.speed = 0;
    this.moveTo(end, now);
    return 'ended';
  }
}
