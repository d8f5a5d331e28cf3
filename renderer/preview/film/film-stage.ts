/**
 * Draws any frame of a film: knows which shots and titles its frames need, has them brought in the order in which they
 * are needed, and draws a frame once they are there. Memory is bounded by the renderer's cache; only shots of the
 * clips near the playhead are held.
 */
import { type PicaividError, toPicaividError } from '../../../base/errors.ts';
import { type FilmRecipes, type FrameRecipe, filmRecipes, type Layer } from '../../../pipeline/assemble/recipes.ts';
import type { Timeline, TimelineClip, TitleCard } from '../../../pipeline/domain.ts';
import type { MoveSpec } from '../move.ts';
import { type MixKind, type MixSide, PreviewRenderer, type TitleOver } from '../preview-renderer.ts';
import type { ShotHandle, ShotSource } from '../shots.ts';
import { TitleShelf } from './title-shelf.ts';

/** A photo of the film: where it comes from, and where its subject is (0..1 from the top left), as its clips are rendered. */
export interface FilmPhoto extends ShotSource {
  readonly focus: { readonly x: number; readonly y: number };
}

export interface FilmPictures {
  readonly timeline: Timeline;
  /** By the photo ids of the clips. */
  readonly photos: ReadonlyMap<string, FilmPhoto>;
  /** Address of a title drawn with alpha for a frame of this many pixels (even). */
  readonly title: (card: TitleCard, width: number, height: number) => string;
}

export interface FilmStageOptions {
  readonly onError: (error: PicaividError) => void;
  /** Something arrived, or a lost context is back: what could not be drawn can be tried again. */
  readonly onArrival: () => void;
  readonly textureBudgetBytes?: number;
}

interface Loaded {
  readonly source: FilmPhoto;
  readonly handle: ShotHandle | undefined;
}
interface Film extends FilmPictures {
  readonly recipes: FilmRecipes;
  readonly clips: ReadonlyMap<string, TimelineClip>;
}

/** Longest side of photos in pixels, and what is enough for a canvas drawn by the processor: moves show 4/5 of a photo. */
const LARGEST_PHOTO = 4096;
const SOFTWARE_PHOTOS = [1024, 1600];
const PHOTO_PER_CANVAS = 1.5;

/** Photos' copies are made for two sizes only, so that a change of quality seldom makes them anew. */
function sourceHeight(height: number, scale: number): number {
  return scale >= 0.75 ? height : height / 2;
}

export class FilmStage {
  private readonly renderer: PreviewRenderer;
  private readonly options: FilmStageOptions;
  private readonly titles: TitleShelf;
  private readonly shots = new Map<string, Loaded>();
  /** Shots that could not be loaded; forgotten when the film names another source for them. */
  private readonly failed = new Set<string>();
  private film: Film | null = null;
  private round = 0;
  private photoSide: number;
  private disposed = false;

  /** Errors: `internal` without WebGL2. */
  constructor(options: FilmStageOptions) {
    this.options = options;
    this.titles = new TitleShelf(options.onError, options.onArrival);
    this.renderer = new PreviewRenderer(new OffscreenCanvas(16, 16), {
      onRestored: options.onArrival,
      photoSide: () => this.photoSide,
      ...(options.textureBudgetBytes === undefined ? {} : { textureBudgetBytes: options.textureBudgetBytes }),
    });
    this.photoSide = LARGEST_PHOTO;
  }

  get drawnBySoftware(): boolean {
    return this.renderer.drawnBySoftware;
  }

  get recipes(): FilmRecipes | null {
    return this.film?.recipes ?? null;
  }

  get textureBytes(): number {
    return this.renderer.textureBytes;
  }

  /** Errors: `plan_impossible` when transitions overlap; the film before stays then. */
  setFilm(pictures: FilmPictures | null): void {
    if (pictures === null || pictures.timeline.clips.length === 0) {
      this.film = null;
      return;
    }
    const { timeline, photos } = pictures;
    const clips = new Map(timeline.clips.map((clip) => [clip.id, clip]));
    this.film = { ...pictures, recipes: filmRecipes(timeline), clips };
    for (const [photoId, { source }] of this.shots) {
      const now = photos.get(photoId);
      if (now !== undefined && now.key === source.key) continue;
      this.drop(photoId);
    }
    this.failed.clear();
  }

  /**
   * Has everything brought that these clips (indexes, the most urgent first) need for a canvas of this size drawn at
   * this scale, one after the other; a later call takes its place. Shots of other clips are let go, and stay cached while there is room.
   */
  bring(clips: readonly number[], width: number, height: number, scale: number): void {
    const { film } = this;
    if (film === null) return;
    // The processor takes 17 MB of a full photo from the page's own time; a card takes it in its stride.
    const wide = PHOTO_PER_CANVAS * Math.max(width, height);
    this.photoSide = this.drawnBySoftware
      ? (SOFTWARE_PHOTOS.find((side) => side >= wide) ?? LARGEST_PHOTO)
      : LARGEST_PHOTO;
    const turn = ++this.round;
    const wanted = clips.flatMap((index) => film.timeline.clips[index] ?? []);
    const needed = new Set(wanted.map(({ photoId }) => photoId));
    const work = async (): Promise<void> => {
      for (const clip of wanted) {
        if (turn !== this.round) return;
        await this.bringClip(film, clip, sourceHeight(height, scale));
        if (turn === this.round && !this.disposed) this.options.onArrival();
      }
      if (turn === this.round) for (const id of [...this.shots.keys()]) if (!needed.has(id)) this.drop(id);
    };
    work().catch((error: unknown) => this.options.onError(toPicaividError(error)));
    this.bringTitles(film, width, height);
  }

  /** Draws a frame into `target`, scaled to all of it from `scale` × its size. False: not ready, nothing drawn. */
  draw(frame: number, target: CanvasRenderingContext2D, scale: number): boolean {
    const { film, renderer } = this;
    if (film === null) return false;
    const recipe = film.recipes.at(frame);
    const { width: fullWidth, height: fullHeight } = target.canvas;
    const even = (side: number): number => Math.max(2, 2 * Math.round((side * scale) / 2));
    const source = sourceHeight(fullHeight, scale);
    const area = { x: 0, y: 0, width: even(fullWidth), height: even(fullHeight) };
    const a = this.side(film, recipe.a, source);
    const b = recipe.b === undefined ? undefined : this.side(film, recipe.b, source);
    const titles = this.titlesOver(recipe, film);
    if (a === undefined || titles === undefined || (recipe.b !== undefined && b === undefined)) return false;
    // It only grows: making it smaller would allocate it anew at each change of quality.
    renderer.setSize(Math.max(renderer.canvas.width, area.width), Math.max(renderer.canvas.height, area.height));
    const { transition, fade } = recipe;
    const drawn = renderer.compose(
      {
        a,
        titles,
        ...(b === undefined ? {} : { b }),
        ...(transition === undefined || transition.type === 'cut'
          ? {}
          : { transition: { kind: transition.type satisfies MixKind, t: transition.step / (transition.steps + 1) } }),
        ...(fade === undefined ? {} : { fade }),
      },
      area,
    );
    if (drawn) target.drawImage(renderer.canvas, 0, 0, area.width, area.height, 0, 0, fullWidth, fullHeight);
    return drawn;
  }

  /** A shot of this frame cannot be loaded: waiting for it is of no use. */
  hopeless(frame: number): boolean {
    const { film } = this;
    if (film === null) return true;
    const { a, b } = film.recipes.at(frame);
    return [a, ...(b === undefined ? [] : [b])].some(({ clipId }) => {
      const source = film.photos.get(film.clips.get(clipId)?.photoId ?? '');
      return source === undefined || this.failed.has(source.key);
    });
  }

  dispose(): void {
    this.disposed = true;
    this.round++;
    this.film = null;
    this.shots.clear();
    this.titles.dispose();
    this.renderer.dispose();
  }

  private async bringClip(film: Film, clip: TimelineClip, height: number): Promise<void> {
    const source = film.photos.get(clip.photoId);
    if (source === undefined || this.failed.has(source.key)) return;
    try {
      const handle = this.shots.get(clip.photoId)?.handle ?? (await this.load(clip.photoId, source));
      if (this.disposed) return;
      const spec = this.spec(film, clip, source);
      await this.renderer.prepare(handle, spec, height);
      this.renderer.warm(handle, spec, height);
    } catch (error) {
      if (this.disposed || this.failed.has(source.key)) return;
      this.failed.add(source.key);
      this.options.onError(toPicaividError(error));
    }
  }

  private async load(photoId: string, source: FilmPhoto): Promise<ShotHandle> {
    const handle = await this.renderer.loadShot(source);
    const there = this.shots.get(photoId);
    if (this.disposed || there !== undefined) this.renderer.releaseShot(source.key);
    else this.shots.set(photoId, { source, handle });
    return handle;
  }

  private drop(photoId: string): void {
    const shot = this.shots.get(photoId);
    this.shots.delete(photoId);
    if (shot !== undefined) this.renderer.releaseShot(shot.source.key);
  }

  private bringTitles(film: Film, width: number, height: number): void {
    const { timeline } = film;
    // Asked for in few sizes, so that a window that is being resized does not have them drawn at each pixel.
    const step = Math.max(width / timeline.width, height / timeline.height);
    const share = [0.25, 0.35, 0.5, 0.75].find((one) => one >= step) ?? 1;
    const even = (side: number): number => 2 * Math.round((side * share) / 2);
    this.titles.show(
      timeline.titles.map((card) => ({
        id: card.id,
        url: film.title(card, even(timeline.width), even(timeline.height)),
      })),
    );
  }

  /** Undefined while one of them is on its way for the first time; titles that failed are left out. */
  private titlesOver(recipe: FrameRecipe, film: Film): TitleOver[] | undefined {
    const over: TitleOver[] = [];
    for (const { index, opacity } of recipe.titles) {
      const found = this.titles.find(film.timeline.titles[index]?.id ?? '');
      if (found === 'waiting') return undefined;
      if (found !== 'failed') over.push({ ...found, opacity });
    }
    return over;
  }

  private side(film: Film, { clipId, sourceFrame }: Layer, height: number): MixSide | undefined {
    const clip = film.clips.get(clipId);
    const shot = clip === undefined ? undefined : this.shots.get(clip.photoId);
    if (clip === undefined || shot?.handle === undefined) return undefined;
    return { shot: shot.handle, spec: this.spec(film, clip, shot.source), frame: sourceFrame, sourceHeight: height };
  }

  private spec({ timeline }: Film, clip: TimelineClip, { focus }: FilmPhoto): MoveSpec {
    const { motion, amount, renderer, moveFrames: frames } = clip;
    return { motion, amount, renderer, aspect: timeline.width / timeline.height, focus, frames };
  }
}
