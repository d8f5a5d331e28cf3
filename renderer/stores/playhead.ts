/**
 * Where the film is, outside React: the player drives it, the tracks and the time display draw from it. One integer
 * film frame; listeners are called when it changes, in the order in which they came.
 */
type Listener = (frame: number) => void;

const listeners = new Set<Listener>();
let frame = 0;

export const playhead = {
  get frame(): number {
    return frame;
  },
  /** Whole frames from 0 on; anything else is rounded or held there. The end of the film is the caller's to keep. */
  set(next: number): void {
    const whole = Math.max(0, Math.round(next));
    if (whole === frame || Number.isNaN(whole)) return;
    frame = whole;
    for (const listener of [...listeners]) listener(frame);
  },
  /** Gives the function that ends it. */
  subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};
