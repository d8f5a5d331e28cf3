/** Plays a move: which frame is due follows from the time gone by, in integers, never from counting callbacks. */
import type { FrameRate } from '../../pipeline/time.ts';

export type PlayMode = 'loop' | 'pingpong' | 'once';

/** The frame shown `elapsedMs` after `start` was. */
export function frameAt(elapsedMs: number, frames: number, rate: FrameRate, mode: PlayMode, start = 0): number {
  if (frames <= 1) return 0;
  const due = start + Math.floor((Math.max(0, elapsedMs) * rate.num) / (1000 * rate.den));
  if (mode === 'once') return Math.min(frames - 1, due);
  if (mode === 'loop') return due % frames;
  // There and back: both ends are shown once, so a round has 2 * frames - 2.
  const round = due % (2 * frames - 2);
  return round < frames ? round : 2 * frames - 2 - round;
}

/** The frame that stands for a move where motion is unwelcome. */
export function middleFrame(frames: number): number {
  return Math.max(0, Math.floor((frames - 1) / 2));
}

/** Time and animation frames, so that tests bring their own. */
export interface PlayerClock {
  now(): number;
  request(callback: () => void): number;
  cancel(id: number): void;
}

const pageClock = (): PlayerClock => ({
  now: () => performance.now(),
  request: (callback) => requestAnimationFrame(callback),
  cancel: (id) => cancelAnimationFrame(id),
});

export const prefersReducedMotion = (): boolean => globalThis.matchMedia?.('(prefers-reduced-motion: reduce)').matches;

export interface ShotPlayerOptions {
  readonly frames: number;
  readonly frameRate: FrameRate;
  /** Default `loop`. */
  readonly mode?: PlayMode;
  /** Called when another frame is due; false says that it could not be drawn yet and is asked for again. */
  readonly onFrame: (frame: number) => boolean | undefined;
  readonly onEnd?: () => void;
  readonly clock?: PlayerClock;
  readonly reducedMotion?: () => boolean;
}

export class ShotPlayer {
  private readonly options: ShotPlayerOptions;
  private readonly clock: PlayerClock;
  private readonly mode: PlayMode;
  private request: number | undefined;
  /** Playback began with this frame at this time. */
  private start = { frame: 0, at: 0 };
  private shown = -1;
  private current = 0;
  private running = false;

  constructor(options: ShotPlayerOptions) {
    this.options = options;
    this.clock = options.clock ?? pageClock();
    this.mode = options.mode ?? 'loop';
  }

  get frame(): number {
    return this.current;
  }

  get playing(): boolean {
    return this.running;
  }

  /** Goes on from the current frame; with reduced motion shows the middle frame and stays there. */
  play(): void {
    if (this.running) return;
    if ((this.options.reducedMotion ?? prefersReducedMotion)()) {
      this.seek(middleFrame(this.options.frames));
      return;
    }
    if (this.mode === 'once' && this.current >= this.options.frames - 1) this.current = 0;
    this.running = true;
    this.start = { frame: this.current, at: this.clock.now() };
    this.tick();
  }

  /** Stays on the current frame, which is still drawn if it was not yet. */
  pause(): void {
    this.running = false;
    if (this.shown === this.current) this.stop();
  }

  /** Shows a frame (clamped); playing goes on from there. */
  seek(frame: number): void {
    this.current = Math.min(Math.max(0, Math.round(frame)), Math.max(0, this.options.frames - 1));
    this.start = { frame: this.current, at: this.clock.now() };
    this.shown = -1;
    this.stop();
    this.tick();
  }

  /** Draws the current frame again: the canvas has been resized or cleared. */
  redraw(): void {
    this.shown = -1;
    if (this.request === undefined) this.tick();
  }

  dispose(): void {
    this.running = false;
    this.stop();
  }

  private stop(): void {
    if (this.request !== undefined) this.clock.cancel(this.request);
    this.request = undefined;
  }

  private tick(): void {
    this.request = undefined;
    const { frames, frameRate, onFrame, onEnd } = this.options;
    if (this.running)
      this.current = frameAt(this.clock.now() - this.start.at, frames, frameRate, this.mode, this.start.frame);
    if (this.current !== this.shown && onFrame(this.current) !== false) this.shown = this.current;
    if (this.running && this.mode === 'once' && this.shown === frames - 1) {
      this.running = false;
      onEnd?.();
      return;
    }
    if (this.running || this.shown !== this.current) this.request = this.clock.request(() => this.tick());
  }
}
