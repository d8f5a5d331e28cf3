/** Frames that a film goes out in, beside the one that it was edited at. Pure. */
import type { Timeline } from '../domain.ts';
import type { FrameRate } from '../time.ts';

export interface OutputFrame {
  readonly width: number;
  readonly height: number;
  readonly frameRate: FrameRate;
}
export function sameFrame({ width, height, frameRate }: Timeline, output: OutputFrame): boolean {
  return (
    width === output.width &&
    height === output.height &&
    frameRate.num * output.frameRate.den === output.frameRate.num * frameRate.den
  );
}
