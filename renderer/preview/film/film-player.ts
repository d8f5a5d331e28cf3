/**
 * Plays a whole film from its timeline, with sound, from photos and depth, before anything has been rendered.
 *
 *   const player = new FilmPlayer({ canvas, onState, onError });
 *   player.setFilm({ timeline, photos, title, music: { url: musicUrl(id, 'sound'), gainDb } });  // after every edit
 *   const stop = player.subscribe((frame) => …);   // the playhead, outside React
 *   player.play(); player.shuttle(1); player.seek(120); player.dispose();
 *
 * The picture follows the sound's clock. What is shown is by the assembly's own recipes, so a frame here is that frame
 * of the delivered film. The canvas keeps its last picture while a shot is on its way (`state.waiting`).
 */
import { PicaividError, toPicaividError } from '../../../base/errors.ts';
import { planMix } from '../../../pipeline/assemble/mix-plan.ts';
import { clipsAhead } from './ahead.ts';
import { resizeCanvas, shownSize } from './canvas-size.ts';
import { type FilmPhoto, FilmStage } from './film-stage.ts';
import type { FilmClock, FilmPlayerOptions, FilmQuality, FilmState, PlayedFilm } from './film-types.ts';
import { QualityGovernor } from './quality.ts';
import { type FilmMusic, SoundEngine, type SoundState } from './sound-engine.ts';
import { type LoopRange, shuttleRate, Transport } from './transport.ts';

export type { FilmClock, FilmPlayerOptions, FilmQuality, FilmState, PlayedFilm } from './film-types.ts';
export type { FilmMusic, FilmPhoto, LoopRange, SoundState };

/** Seconds of the film that are made ready before they are shown. */
const AHEAD_SECONDS = 4;
const RETRY_MS = 400;
/** Without a graphics card the processor draws: more pixels would slow the whole window. */
const SOFTWARE_WIDTH = 640;

const pageClock: FilmClock = {
  now: () => performance.now(),
  request: (callback) => requestAnimationFrame(callback),
  cancel: (id) => cancelAnimationFrame(id),
};

export class FilmPlayer {
  private readonly options: FilmPlayerOptions;
  private readonly clock: FilmClock;
  private readonly canvas: HTMLCanvasElement;
  private readonly target: CanvasRenderingContext2D;
  private readonly stage: FilmStage;
  private readonly sound: SoundEngine;
  private readonly transport = new Transport();
  private readonly governor = new QualityGovernor();
  private readonly listeners = new Set<(frame: number) => void>();
  private readonly observer: ResizeObserver | undefined;
  private film: PlayedFilm | null = null;
  private request: number | undefined;
  /** The frame on the canvas; -1: none, or one that has to be drawn again. */
  private shown = -1;
  private told = -1;
  private current = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private waiting = false;
  private broughtFor = '';
  private drift = { drift: 0, worstDrift: 0 };
  private lastState = '';
  private disposed = false;

  /** Errors: `internal` when the window has no WebGL2. */
  constructor(options: FilmPlayerOptions) {
    this.options = options;
    this.clock = options.clock ?? pageClock;
    this.canvas = options.canvas;
    const target = options.canvas.getContext('2d', { alpha: false });
    if (target === null) throw new PicaividError('internal', 'The film needs a canvas of its own.');
    this.target = target;
    this.stage = new FilmStage({
      onError: (error) => this.tell(error),
      onArrival: () => this.wake(),
      ...(options.textureBudgetBytes === undefined ? {} : { textureBudgetBytes: options.textureBudgetBytes }),
    });
    this.sound = options.sound ?? new SoundEngine();
    this.sound.onChange(() => this.soundChanged());
    if (options.size === undefined) {
      this.observer = new ResizeObserver(() => this.redraw());
      this.observer.observe(options.canvas);
    }
  }

  /** The frame that is due now: the playhead. */
  get frame(): number {
    return this.current;
  }

  /** The frame on the canvas; -1 before the first. */
  get shownFrame(): number {
    return this.shown;
  }

  get playing(): boolean {
    return this.transport.rate !== 0;
  }

  get rate(): number {
    return this.transport.rate;
  }

  get totalFrames(): number {
    return this.film === null ? 0 : this.transport.totalFrames;
  }

  get quality(): FilmQuality {
    return { ...this.drift, scale: this.governor.scale, dropped: this.governor.dropped };
  }

  /** The film second that is heard now; null when there is no sound to follow. For measuring. */
  get heardSeconds(): number | null {
    return this.sound.heard();
  }

  get state(): FilmState {
    return {
      playing: this.playing,
      rate: this.rate,
      totalFrames: this.totalFrames,
      waiting: this.waiting,
      loop: this.transport.loop,
      sound: this.sound.state,
      volume: this.sound.volume,
      muted: this.sound.muted,
      scale: this.governor.scale,
    };
  }

  /**
   * Shows another film, or the same one after an edit: the playhead stays, playing goes on, only what changed is
   * loaded. A timeline that cannot be shown (transitions that overlap) is told to `onError`, and the film before stays.
   */
  setFilm(film: PlayedFilm | null): void {
    const now = this.seconds();
    const other = film?.listingKey !== this.film?.listingKey;
    if (film === null || film.timeline.clips.length === 0) {
      this.empty();
      return;
    }
    try {
      this.stage.setFilm(film);
    } catch (error) {
      this.tell(toPicaividError(error));
      return;
    }
    if (other) {
      this.halt();
      this.transport.setLoop(null, now);
      this.transport.moveTo(0, now);
    }
    this.film = film;
    const { timeline, music } = film;
    const total = this.stage.recipes?.totalFrames ?? 1;
    this.transport.setFilm(total, timeline.frameRate, now);
    this.current = other ? 0 : Math.min(this.current, total - 1);
    const mix = music === null ? null : planMix(timeline.music, total, timeline.frameRate);
    if (this.sound.setMix(mix, music)) this.startSound(false);
    this.broughtFor = '';
    this.redraw();
    this.publish();
  }

  /** From the playhead on; at the film's end from its start (or the loop's). */
  play(): void {
    this.run(1);
  }

  pause(): void {
    if (!this.playing) return;
    this.halt();
    this.wake();
    this.publish();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Goes to a frame (clamped); playing goes on from there. */
  seek(frame: number): void {
    this.current = Math.min(Math.max(0, Math.round(frame)), this.transport.totalFrames - 1);
    this.transport.moveTo(this.current, this.seconds());
    this.governor.pause();
    if (this.playing) this.startSound(true);
    this.wake();
  }

  /** So many frames on or back, and stays there. */
  step(frames: number): void {
    if (this.playing) this.halt();
    this.seek(this.frame + frames);
    this.publish();
  }

  /**
   * The keys J (-1), K (0) and L (1): the same again doubles the speed up to 8, another direction begins at 1, K stops.
   * With K held down, J and L step one frame.
   */
  shuttle(direction: -1 | 0 | 1, holdingK = false): void {
    if (direction === 0) this.pause();
    else if (holdingK) this.step(direction);
    else this.run(shuttleRate(this.rate, direction));
  }

  /** Repeats [in, out) while playing; null plays to the end. */
  setLoop(range: LoopRange | null): void {
    this.transport.setLoop(range, this.seconds());
    this.broughtFor = '';
    this.wake();
    this.publish();
  }

  /** 0..1 */
  setVolume(volume: number): void {
    this.sound.setVolume(volume, this.sound.muted);
    this.publish();
  }

  setMuted(muted: boolean): void {
    this.sound.setVolume(this.sound.volume, muted);
    this.publish();
  }

  /** Called with the playhead whenever it moves to another frame; returns the way to stop. */
  subscribe(listener: (frame: number) => void): () => void {
    this.listeners.add(listener);
    listener(this.frame);
    return () => this.listeners.delete(listener);
  }

  redraw(): void {
    this.shown = -1;
    this.wake();
  }

  dispose(): void {
    this.disposed = true;
    this.observer?.disconnect();
    if (this.request !== undefined) this.clock.cancel(this.request);
    this.request = undefined;
    clearTimeout(this.retry);
    this.listeners.clear();
    this.sound.dispose();
    this.stage.dispose();
  }

  private seconds(): number {
    return this.clock.now() / 1000;
  }

  private run(rate: number): void {
    if (this.film === null) return;
    const now = this.seconds();
    const { transport } = this;
    const { loop, totalFrames } = transport;
    if (rate > 0 && this.frame >= totalFrames - 1) transport.moveTo(loop?.in ?? 0, now);
    if (rate < 0 && this.frame <= 0) transport.moveTo((loop?.out ?? totalFrames) - 1e-6, now);
    transport.setRate(rate, now);
    this.governor.pause();
    this.startSound(true);
    this.broughtFor = '';
    this.wake();
    this.publish();
  }

  private empty(): void {
    this.halt();
    this.film = null;
    this.stage.setFilm(null);
    this.sound.setMix(null, null);
    this.target.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.shown = -1;
    this.publish();
  }

  private halt(): void {
    const now = this.seconds();
    this.transport.setRate(0, now);
    this.transport.moveTo(this.current, now);
    this.sound.stop();
    this.governor.pause();
  }

  private startSound(hold: boolean): void {
    const { transport } = this;
    if (transport.rate === 0) return;
    this.sound.start(transport.position(this.seconds()) / transport.framesPerSecond, transport.rate, hold);
  }

  private soundChanged(): void {
    if (this.sound.error !== undefined) this.tell(this.sound.error);
    // The music has come while the film was playing already.
    if (this.playing && this.sound.state === 'ready' && this.sound.heard() === null) this.startSound(false);
    this.publish();
  }

  private tell(error: PicaividError): void {
    if (!this.disposed) this.options.onError?.(error);
  }

  private wake(): void {
    if (this.disposed || this.request !== undefined) return;
    this.request = this.clock.request(() => {
      this.request = undefined;
      this.tick();
    });
  }

  private tick(): void {
    if (this.film === null || this.disposed) return;
    const { transport, governor } = this;
    const now = this.seconds();
    if (this.playing) {
      const heard = this.sound.heard();
      if (heard !== null) transport.follow(heard * transport.framesPerSecond, now);
      const passed = transport.pass(now);
      if (passed === 'wrapped') {
        governor.pause();
        this.startSound(true);
      } else if (passed === 'ended') {
        this.current = transport.frame(now);
        this.halt();
      }
    }
    const frame = transport.due(now);
    this.current = frame;
    this.measure(frame, now);
    this.resize();
    this.bring(frame);
    if (frame !== this.shown) this.show(frame);
    if (frame !== this.told) {
      this.told = frame;
      for (const listener of [...this.listeners]) listener(frame);
    }
    this.publish();
    // While a shot is on its way its arrival wakes the player; asking at every refresh would only burn power.
    if (this.playing) this.wake();
    else if (this.waiting && !this.stage.hopeless(frame)) this.retryLater();
  }

  /** What was brought for this frame may have been pushed out again before it was drawn. */
  private retryLater(): void {
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.broughtFor = '';
      this.wake();
    }, RETRY_MS);
  }

  private show(frame: number): void {
    const drawn = this.stage.draw(frame, this.target, this.playing ? this.governor.scale : 1);
    if (drawn) this.shown = frame;
    this.waiting = !drawn;
  }

  /** How late the picture is: a frame belongs on the screen until the next one is due. */
  private measure(frame: number, now: number): void {
    const { transport, governor } = this;
    if (!this.playing || Math.abs(transport.rate) > 1 || this.shown < 0 || this.waiting) return;
    const due = Math.abs(frame - this.shown);
    if (due === 0) return;
    const position = transport.position(now);
    const behind = transport.rate > 0 ? position - (this.shown + 1) : this.shown - position;
    const drift = Math.max(0, behind) / transport.framesPerSecond;
    this.drift = { drift, worstDrift: Math.max(this.drift.worstDrift, drift) };
    governor.note(due, due - 1, this.clock.now());
  }

  private bring(frame: number): void {
    const { recipes } = this.stage;
    if (recipes === null) return;
    const { transport, canvas } = this;
    const frames = Math.round(AHEAD_SECONDS * transport.framesPerSecond * Math.max(1, Math.abs(transport.rate)));
    const clips = clipsAhead(recipes, frame, frames, { backwards: transport.rate < 0, loop: transport.loop });
    const scale = this.playing ? this.governor.scale : 1;
    const wish = `${clips.join(' ')} ${canvas.width}x${canvas.height} ${scale}`;
    if (wish === this.broughtFor) return;
    this.broughtFor = wish;
    this.stage.bring(clips, canvas.width, canvas.height, scale);
  }

  /** The canvas gets the pixels that it has on the screen, at most the film's own. */
  private resize(): void {
    const { canvas, film } = this;
    if (film === null) return;
    const most = this.stage.drawnBySoftware && this.options.size === undefined ? SOFTWARE_WIDTH : film.timeline.width;
    const empty = this.shown < 0 && this.told < 0;
    if (resizeCanvas(canvas, this.target, film.timeline, this.options.size ?? shownSize(canvas), most, empty))
      this.shown = -1;
  }

  private publish(): void {
    const { state } = this;
    const text = JSON.stringify(state);
    if (text === this.lastState || this.disposed) return;
    this.lastState = text;
    this.options.onState?.(state);
  }
}
