/**
 * The one film player of the screen, for whoever wants to go somewhere in the film. The playhead (a store outside
 * React) always says where it is; this says whether it moves and how.
 */
import { create } from 'zustand';
import { playhead } from '../../../stores/playhead.ts';

/** What the screen asks of the player. */
export interface FilmControls {
  play(): void;
  pause(): void;
  toggle(): void;
  seek(frame: number): void;
  step(frames: number): void;
  /** J (−1), K (0) and L (1): the same again is faster. */
  shuttle(direction: -1 | 0 | 1): void;
}

interface Moving {
  readonly playing: boolean;
  /** Times normal speed; negative backwards, 0 at rest. */
  readonly rate: number;
}

export const useMoving = create<Moving>(() => ({ playing: false, rate: 0 }));

let controls: FilmControls | null = null;

/** Ties a player in; gives the function that takes it out again. */
export function connectFilm(film: FilmControls): () => void {
  controls = film;
  return () => {
    if (controls !== film) return;
    controls = null;
    useMoving.setState({ playing: false, rate: 0 });
  };
}

/** Goes to a film frame; without a player only the playhead does. */
export function seekTo(frame: number): void {
  if (controls === null) playhead.set(frame);
  else controls.seek(frame);
}

export function currentFrame(): number {
  return playhead.frame;
}

export function usePlaying(): boolean {
  return useMoving((state) => state.playing);
}

/** Does something with the player, when there is one. */
export function withFilm(use: (film: FilmControls) => void): void {
  if (controls !== null) use(controls);
}
