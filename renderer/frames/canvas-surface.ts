/** Frames on canvases of the page. */
import type { PagePicture } from './proxy-feed.ts';
import type { FrameSurface, PlayerClock } from './types.ts';

export const pageClock: PlayerClock = {
  now: () => performance.now(),
  request: (callback) => requestAnimationFrame(callback),
  cancel: (id) => cancelAnimationFrame(id),
};

/**
 * Draws the first source to `first` and what it is compared with to `second`, in one go. A canvas gets the pixels of its
 * picture; how large it appears, and how the two lie over each other, is the style sheet's.
 */
export function canvasSurface(first: HTMLCanvasElement, second?: HTMLCanvasElement): FrameSurface<PagePicture> {
  const contexts = [first, second].map((canvas) => canvas?.getContext('2d', { alpha: false }) ?? null);
  return {
    draw(...holds) {
      for (const [place, hold] of holds.entries()) {
        const context = contexts[place];
        if (context === null || context === undefined) continue;
        const { canvas } = context;
        if (hold === null) {
          context.clearRect(0, 0, canvas.width, canvas.height);
          continue;
        }
        // Setting them clears the canvas, so only when they change.
        if (canvas.width !== hold.width || canvas.height !== hold.height) {
          canvas.width = hold.width;
          canvas.height = hold.height;
        }
        context.drawImage(hold.picture, 0, 0, hold.width, hold.height);
      }
    },
  };
}
