/**
 * The tracks outside React: what is in sight, one drawing for each frame of the screen at most, the playhead by
 * transform. React tells it what the film is; pointer and keys move the view.
 */
import { createStore } from 'zustand/vanilla';
import type { Timeline } from '../../../../pipeline/domain.ts';
import { playhead } from '../../../stores/playhead.ts';
import {
  clampView,
  contentWidth,
  fitScale,
  frameToX,
  type Lanes,
  LEAST_HEIGHT,
  lanesIn,
  MARGIN,
  reveal,
  spansIn,
  type View,
  xToFrame,
  zoomAbout,
} from './geometry.ts';
import { type Paint, paintAround, paintClipsOver, paintOver, paintTracks } from './paint.ts';
import { onTheme, type Palette, readPalette } from './palette.ts';
import { Pictures } from './photos.ts';
import { NO_OVERLAY, type Overlay, placesOf, type Scene } from './scene.ts';

export interface StageParts {
  /** Takes the pointer and has the size of the tracks. */
  readonly field: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly head: HTMLElement;
  /** Holds the clips as elements; moved by transform, scaled by a variable. */
  readonly options: HTMLElement;
  readonly tip: HTMLElement;
  /** Scrolls by itself; its inner element has the film's width. */
  readonly bar: HTMLElement;
  readonly barInner: HTMLElement;
}

/** Which clips are worth an element, as indices [from, to), and the lanes: for React, at rest only. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly lanes: Lanes;
}
export const tracksWindow = createStore<Window>(() => ({ from: 0, to: 40, lanes: lanesIn(LEAST_HEIGHT) }));

type Ground = Pick<Paint, 'view' | 'lanes' | 'scene' | 'palette'> & {
  readonly canvas: HTMLCanvasElement;
  /** Whether clips are in it. */
  readonly clips: boolean;
};

/** Whether the film that is drawn differs from the scene's in nothing that lies in another lane than the clips'. */
function onlyClipsDiffer({ view, scene: drawn }: Paint, scene: Scene): boolean {
  const [film, before] = [drawn.timeline, scene.timeline];
  const { beats, titles, markers, music } = before;
  if (film.beats !== beats || film.titles !== titles || film.markers !== markers || film.music !== music) return false;
  const [end, was] = [drawn.starts.at(-1) ?? 0, scene.starts.at(-1) ?? 0];
  if (end === was) return true;
  // The music fades out before the film's end, and a range without an end goes as far.
  const { inFrame, outFrame } = scene.range;
  const fadesAt = Math.min(end, was) - (music?.fadeOutFrames ?? 0);
  return (inFrame === null || outFrame !== null) && fadesAt > xToFrame(view, view.width);
}

/** Clips that have an element at most: a screen reader walks along them, and the rest follow when they come near. */
const MOST_OPTIONS = 40;
/** Milliseconds of rest before elements follow the view. */
const REST = 120;

export class Stage {
  view: View = { scale: 1, scroll: 0, width: 800 };
  lanes: Lanes = lanesIn(LEAST_HEIGHT);
  /** The film as it is, and as it is drawn (with a drag under way). */
  scene: Scene | null = null;
  private shown: Pick<Scene, 'timeline' | 'starts' | 'bars'> | null = null;
  private overlay: Overlay = NO_OVERLAY;
  private readonly parts: StageParts;
  private readonly pictures: Pictures;
  private palette: Palette;
  /** The tracks without what a drag adds, and what they were drawn from: a drag then draws little more than itself. */
  private ground: Ground | null = null;
  private due = 0;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private fitted = false;
  private content = 0;
  /** The scale at which elements are laid out, and whether the view has another one by now. */
  private laidScale = 1;
  private stretched = true;
  private barDue = 0;
  /** Where the scrollbar was put last: what it tells of itself after that is no wish of the person's. */
  private barAt = 0;
  private readonly ends: (() => void)[] = [];
  /** Milliseconds of the newest drawings, for the bench: at most 600. */
  readonly costs: number[] = [];

  constructor(parts: StageParts) {
    this.parts = parts;
    this.pictures = new Pictures(() => {
      this.ground = null;
      this.draw();
    });
    this.palette = readPalette(parts.field);
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(parts.field);
    const onScroll = () => {
      const at = parts.bar.scrollLeft;
      // While it is about to be put somewhere, what it tells is where the browser pushed it.
      if (this.barDue !== 0 || this.stretched || Math.abs(at - this.barAt) < 1) return;
      this.barAt = at;
      this.setView({ ...this.view, scroll: at });
    };
    parts.bar.addEventListener('scroll', onScroll, { passive: true });
    this.ends.push(
      () => observer.disconnect(),
      () => parts.bar.removeEventListener('scroll', onScroll),
      onTheme(() => {
        this.palette = readPalette(parts.field);
        this.draw();
      }),
      playhead.subscribe((frame) => this.follow(frame)),
    );
    this.resize();
  }

  close(): void {
    for (const end of this.ends) end();
    cancelAnimationFrame(this.due);
    cancelAnimationFrame(this.barDue);
    clearTimeout(this.rest);
    this.pictures.close();
  }

  get frames(): number {
    return this.scene?.starts.at(-1) ?? 1;
  }

  setScene(scene: Scene): void {
    const other = this.scene?.listingId !== scene.listingId;
    this.scene = scene;
    if (other || !this.fitted) this.fit();
    else this.setView(this.view);
    this.settle();
    this.draw();
  }

  /** Draws another film in place of the scene's, and what else a drag shows. */
  preview(timeline: Timeline | null, overlay: Overlay): void {
    if (timeline === null || timeline === this.scene?.timeline) this.shown = null;
    else if (this.shown?.timeline !== timeline) this.shown = placesOf(timeline);
    this.overlay = overlay;
    this.draw();
  }

  tip(text: string, x: number, y: number): void {
    const { tip } = this.parts;
    if (tip.textContent !== text) tip.textContent = text;
    tip.hidden = text === '';
    // Stays inside: above the pointer, and to its left near the right edge.
    tip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px) translate(${x > this.view.width - 180 ? '-100%' : '12px'}, -130%)`;
  }

  fit(): void {
    if (this.view.width < 50 || this.scene === null) return;
    this.fitted = true;
    this.setView({ ...this.view, scale: fitScale(this.view.width, this.frames), scroll: 0 });
  }

  zoom(factor: number, x?: number): void {
    const head = frameToX(this.view, playhead.frame);
    const about = x ?? (head >= 0 && head <= this.view.width ? head : this.view.width / 2);
    this.setView(zoomAbout(this.view, about, factor, this.frames));
  }

  scrollBy(pixels: number): void {
    this.setView({ ...this.view, scroll: this.view.scroll + pixels });
  }

  /** Brings a film frame into sight. */
  show(frame: number): void {
    this.setView(reveal(this.view, frame, this.frames));
  }

  setView(next: View): void {
    const view = clampView(next, this.frames);
    if (view === this.view && view === next) return;
    const scaled = view.scale !== this.view.scale;
    this.view = view;
    const { options } = this.parts;
    // Elements are stretched while zooming, and laid out and the scrollbar with them when it rests.
    if (scaled) this.stretched = true;
    options.style.transform = `translateX(${MARGIN - view.scroll}px) scaleX(${view.scale / this.laidScale})`;
    if (!this.stretched) this.moveBar();
    this.placeHead(playhead.frame);
    this.draw();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.settle(), REST);
  }

  /** The scrollbar follows in the drawing's frame: reading or setting it in between would lay the page out each time. */
  private moveBar(): void {
    if (this.barDue !== 0) return;
    this.barDue = requestAnimationFrame(() => {
      this.barDue = 0;
      if (Math.abs(this.barAt - this.view.scroll) < 1) return;
      this.barAt = this.view.scroll;
      this.parts.bar.scrollLeft = this.view.scroll;
    });
  }

  draw(): void {
    if (this.due !== 0) return;
    this.due = requestAnimationFrame(() => {
      this.due = 0;
      this.paint();
    });
  }

  private paint(): void {
    const { canvas } = this.parts;
    const ctx = canvas.getContext('2d', { alpha: false });
    const { scene } = this;
    if (ctx === null || scene === null) return;
    const began = performance.now();
    const density = window.devicePixelRatio;
    const [width, height] = [Math.round(this.view.width * density), Math.round(this.lanes.height * density)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    ctx.setTransform(density, 0, 0, density, 0, 0);
    const paint: Paint = {
      ctx,
      view: this.view,
      lanes: this.lanes,
      scene: this.shown === null ? scene : { ...scene, ...this.shown },
      overlay: this.overlay,
      palette: this.palette,
      pictureOf: (photoId) => this.pictures.get(scene.listingId, photoId),
    };
    if (this.overlay === NO_OVERLAY || !this.paintOnGround(paint, scene)) paintTracks(paint);
    this.costs.push(performance.now() - began);
    if (this.costs.length > 600) this.costs.shift();
  }

  /**
   * One picture in place of every clip in sight: p95 of a moved clip's frame fell from 5.7 to 4.3 ms (35 clips in sight).
   * Where clips change their length, one of all lanes but theirs.
   */
  private paintOnGround(paint: Paint, scene: Scene): boolean {
    const film = this.shown?.timeline;
    const trims = this.shown !== null && onlyClipsDiffer(paint, scene);
    if (!trims && (film !== undefined || paint.overlay.changing !== null)) return false;
    const ground = this.groundFor(paint, scene, !trims);
    if (ground === null) return false;
    const { ctx } = paint;
    ctx.save();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(ground, 0, 0);
    ctx.restore();
    if (!trims) return paintOver(paint);
    paintClipsOver(paint);
    return true;
  }

  private groundFor(paint: Paint, scene: Scene, clips: boolean): HTMLCanvasElement | null {
    const { view, lanes, palette } = paint;
    const { width, height } = paint.ctx.canvas;
    const kept = this.ground;
    const same = kept?.view === view && kept.lanes === lanes && kept.scene === scene && kept.palette === palette;
    if (same && kept.clips === clips && kept.canvas.width === width && kept.canvas.height === height)
      return kept.canvas;
    const canvas = kept?.canvas ?? document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const ctx = canvas.getContext('2d', { alpha: false });
    if (ctx === null) return null;
    ctx.setTransform(paint.ctx.getTransform());
    // First, as a picture that comes while it is drawn takes it away again.
    this.ground = { view, lanes, scene, palette, clips, canvas };
    (clips ? paintTracks : paintAround)({ ...paint, ctx, scene, overlay: NO_OVERLAY });
    return canvas;
  }

  private resize(): void {
    const { field, canvas, options } = this.parts;
    const { clientWidth, clientHeight } = field;
    if (clientWidth === 0) return;
    const wasFit = Math.abs(this.view.scale - fitScale(this.view.width, this.frames)) < 1e-9;
    this.lanes = lanesIn(clientHeight);
    canvas.style.height = `${this.lanes.height}px`;
    canvas.style.width = `${clientWidth}px`;
    options.style.top = `${this.lanes.clips.top}px`;
    options.style.height = `${this.lanes.clips.height}px`;
    this.view = { ...this.view, width: clientWidth };
    if (wasFit || !this.fitted) this.fit();
    else this.setView({ ...this.view });
    this.settle();
    this.draw();
  }

  private follow(frame: number): void {
    this.placeHead(frame);
    const x = frameToX(this.view, frame);
    if (x < 0 || x > this.view.width) this.show(frame);
  }

  private placeHead(frame: number): void {
    this.parts.head.style.transform = `translateX(${frameToX(this.view, frame)}px)`;
  }

  private layOut(): void {
    const { view } = this;
    const { options, barInner } = this.parts;
    if (this.laidScale !== view.scale) {
      this.laidScale = view.scale;
      options.style.setProperty('--frame', `${view.scale}px`);
      options.style.transform = `translateX(${MARGIN - view.scroll}px) scaleX(1)`;
    }
    const content = Math.round(contentWidth(view.scale, this.frames));
    if (content !== this.content) {
      this.content = content;
      barInner.style.width = `${content}px`;
    }
    this.stretched = false;
    this.moveBar();
  }

  /** Elements of clips follow the view when it rests. */
  private settle(): void {
    const { scene, view, lanes } = this;
    if (scene === null) return;
    this.layOut();
    const [first, last] = spansIn(scene.starts, xToFrame(view, 0), xToFrame(view, view.width));
    const middle = (first + last) >> 1;
    const from = Math.max(0, Math.min(first, last), last - first > MOST_OPTIONS ? middle - MOST_OPTIONS / 2 : first);
    const to = Math.min(last, from + MOST_OPTIONS);
    const before = tracksWindow.getState();
    if (before.from !== from || before.to !== to || before.lanes !== lanes) tracksWindow.setState({ from, to, lanes });
  }
}
