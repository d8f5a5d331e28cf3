import { type RefObject, useEffectEvent, useLayoutEffect, useRef, useState } from 'react';
import { type Aim, type Budget, type Range, towards } from './gradual.ts';

export interface GradualOptions {
  readonly scroller: RefObject<HTMLElement | null>;
  /** What should exist at a scroll position; heights in pixels. A new function means that the list was laid out anew. */
  readonly aim: (scrollTop: number, height: number) => Aim;
  readonly costOf: (index: number) => number;
  readonly budget: Budget;
  /** Where the list begins, pixels from the top, and how high it may be before it is measured. */
  readonly initial: { readonly scrollTop: number; readonly height: number };
}

/**
 * The items of a scrolling list that exist now. Scrolling adds a few in each frame; a new layout has all that is wanted
 * at once, so that a change of the list never flashes.
 */
export function useGradual({ scroller, aim, costOf, budget, initial }: GradualOptions): Range {
  const place = useRef(initial);
  const [state, setState] = useState(() => ({ aim, shown: aim(initial.scrollTop, initial.height).seen }));
  let { shown } = state;
  if (state.aim !== aim) {
    shown = aim(place.current.scrollTop, place.current.height).wanted;
    setState({ aim, shown });
  }
  const frame = useRef(0);
  const step = useEffectEvent(() => {
    frame.current = 0;
    const { scrollTop, height } = place.current;
    const next = towards(shown, aim(scrollTop, height), budget, costOf);
    if (next !== shown) setState({ aim, shown: next });
  });
  const ask = useEffectEvent(() => {
    // One step per frame, and none before the last one was drawn.
    if (frame.current === 0) frame.current = requestAnimationFrame(() => step());
  });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = () => {
      place.current = { scrollTop: element.scrollTop, height: element.clientHeight };
      ask();
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [scroller]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each range that was drawn asks for the next one
  useLayoutEffect(() => ask(), [shown]);
  return shown;
}
