/** The clips as elements over the canvas: for screen readers, tests and the focus; only those near what is in sight. */
import { memo, useEffect, useLayoutEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { useTimeline } from '../../../stores/timeline.ts';
import { clipWords } from './clip-words.ts';
import type { Scene } from './scene.ts';
import { tracksWindow } from './stage.ts';
import styles from './Tracks.module.css';

export const optionId = (clipId: string): string => `clip-${clipId}`;

export const Clips = memo(function Clips({ scene }: { readonly scene: Scene }) {
  const from = useStore(tracksWindow, (state) => state.from);
  const to = useStore(tracksWindow, (state) => state.to);
  const selected = useTimeline((state) => state.selected);
  const focus = useTimeline((state) => state.focus);
  const { timeline, starts, bars, rooms } = scene;
  const { clips } = timeline;
  const focused = clips.findIndex((clip) => clip.id === focus);
  const indices = clips.slice(from, to).map((_, i) => from + i);
  if (focused >= 0 && (focused < from || focused >= to)) indices.push(focused);
  return indices.map((index) => {
    const clip = clips[index];
    if (clip === undefined) return null;
    return (
      <Option
        key={clip.id}
        id={clip.id}
        place={index + 1}
        count={clips.length}
        start={starts[index] ?? 0}
        frames={clip.durationFrames}
        selected={selected.has(clip.id)}
        words={clipWords(timeline, starts, bars, rooms, index)}
      />
    );
  });
});

interface OptionProps {
  readonly id: string;
  readonly place: number;
  readonly count: number;
  readonly start: number;
  readonly frames: number;
  readonly selected: boolean;
  readonly words: string;
}

const Option = memo(function Option({ id, place, count, start, frames, selected, words }: OptionProps) {
  return (
    <div
      id={optionId(id)}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      aria-setsize={count}
      aria-posinset={place}
      aria-label={words}
      className={styles.option}
      style={{ left: `calc(var(--frame) * ${start})`, width: `calc(var(--frame) * ${frames})` }}
    />
  );
});

/** Keeps the focused clip in sight of the tracks. */
export function useFocusInSight(show: (frame: number) => void, scene: Scene | null): void {
  const focus = useTimeline((state) => state.focus);
  const latest = useRef({ show, scene });
  useLayoutEffect(() => {
    latest.current = { show, scene };
  });
  useEffect(() => {
    const { scene: now, show: bring } = latest.current;
    const index = now?.timeline.clips.findIndex((clip) => clip.id === focus) ?? -1;
    if (index >= 0 && now !== null) bring(now.starts[index] ?? 0);
  }, [focus]);
}
