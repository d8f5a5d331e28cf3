/** What the player is given and what it tells. */
import type { PicaividError } from '../../../base/errors.ts';
import type { FilmPictures } from './film-stage.ts';
import type { FilmMusic, SoundEngine, SoundState } from './sound-engine.ts';
import type { LoopRange } from './transport.ts';

/** What is played. `music` is null for a silent film; its plan is the timeline's. */
export interface PlayedFilm extends FilmPictures {
  readonly music: FilmMusic | null;
  /** Another key is another listing: the playhead goes to the start and playing stops. */
  readonly listingKey: string;
}

export interface FilmQuality {
  /** Share of the canvas' sides that frames are drawn at: 1, 0.75, 0.5 or 0.35. */
  readonly scale: number;
  /** Frames that came too late to be shown, in all. */
  readonly dropped: number;
  /** How far the picture was behind the sound (or the clock) when it was last drawn, and at worst, in seconds. */
  readonly drift: number;
  readonly worstDrift: number;
}

/** Changes seldom (not with every frame): for buttons and messages. */
export interface FilmState {
  readonly playing: boolean;
  /** 0 paused, 1 playing, 2, 4, 8 and negative ones when shuttled. */
  readonly rate: number;
  readonly totalFrames: number;
  /** The frame that is due is not ready: the canvas shows an earlier one. */
  readonly waiting: boolean;
  readonly loop: LoopRange | null;
  readonly sound: SoundState;
  readonly volume: number;
  readonly muted: boolean;
  readonly scale: number;
}

/** Time and animation frames, so that tests bring their own. */
export interface FilmClock {
  /** ms, monotonic */
  now(): number;
  request(callback: () => void): number;
  cancel(id: number): void;
}

export interface FilmPlayerOptions {
  /** Its 2D context is the player's; its pixels are set to what it shows on the screen, at most the film's. */
  readonly canvas: HTMLCanvasElement;
  readonly onState?: (state: FilmState) => void;
  /** A shot, title or music that could not be loaded, as a sentence; told once each. */
  readonly onError?: (error: PicaividError) => void;
  /** Default: a new one. Disposed with the player. */
  readonly sound?: SoundEngine;
  readonly clock?: FilmClock;
  /** Pixels of the canvas; default: what its box has on the screen, followed as it changes. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly textureBudgetBytes?: number;
}
