/**
 * The frame on the review canvas, outside React: the player tells it when that very frame has been drawn, the counter,
 * the strip and the marks draw from it. -1 while no frame is on the canvas.
 */
type Listener = (frame: number) => void;

const listeners = new Set<Listener>();
let frame = -1;

export const reviewPlayhead = {
  get frame(): number {
    return frame;
  },
  set(next: number): void {
    if (next === frame) return;
    frame = next;
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
