/** Words for people about parts of a film, shared by comparisons, history labels and exports. English, plain. */
import type { Transition } from '../domain.ts';
import { type FrameRate, frameToSeconds } from '../time.ts';

/** `push_in` → `push in`; also for rooms and templates. */
export function motionWords(name: string): string {
  return name.replaceAll('_', ' ');
}

/** `cut`, or `cross dissolve of 12 frames`. */
export function transitionWords(transition: Transition): string {
  return transition.frames === 0 ? 'cut' : `${motionWords(transition.type)} of ${plural(transition.frames, 'frame')}`;
}

/** `1 shot`, `2 shots`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Frames as people say them: under a quarter of a second in frames, above in tenths of a second. */
export function secondsWords(frames: number, rate: FrameRate): string {
  const seconds = frameToSeconds(frames, rate);
  return seconds < 0.25 ? plural(frames, 'frame') : `${seconds.toFixed(1)} s`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listWords(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}
