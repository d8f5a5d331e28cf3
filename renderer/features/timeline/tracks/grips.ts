/** What a press takes hold of, what a click does, which cursor says so. */
import type { Timeline } from '../../../../pipeline/domain.ts';
import { playhead } from '../../../stores/playhead.ts';
import { select, useTimeline } from '../../../stores/timeline.ts';
import { goTo } from './actions.ts';
import { type Hit, spansIn } from './geometry.ts';
import type { Grip } from './gestures.ts';

/** Clips whose length, place in their move or transition a drag changes, the dragged one always. */
export function changed(before: Timeline, after: Timeline, dragged: string): ReadonlySet<string> {
  const known = new Map(before.clips.map((clip) => [clip.id, clip]));
  return new Set([
    dragged,
    ...after.clips
      .filter((clip) => {
        const old = known.get(clip.id);
        return old !== undefined && old.durationFrames !== clip.durationFrames;
      })
      .map((clip) => clip.id),
  ]);
}

export function gripOf(
  under: Hit,
  timeline: Timeline,
  starts: readonly number[],
  event: PointerEvent,
): { grip: Grip | 'scrub' | 'band'; origin: number; onClick: (() => void) | null } {
  const mod = event.ctrlKey || event.metaKey;
  const none = { grip: 'band' as const, origin: 0, onClick: () => select([]) };
  switch (under.kind) {
    case 'ruler':
    case 'wave':
      return { grip: 'scrub', origin: 0, onClick: null };
    case 'clip': {
      const clip = timeline.clips[under.index];
      if (clip === undefined) return none;
      const { selected } = useTimeline.getState();
      const origin = starts[under.index] ?? 0;
      if (event.altKey) return { grip: { kind: 'slip', clipId: clip.id }, origin, onClick: null };
      const onClick = () => click(timeline, starts, under.index, { add: mod, extend: event.shiftKey });
      const clipIds = selected.has(clip.id) ? [...selected] : [clip.id];
      if (event.shiftKey || mod) return { grip: 'band', origin, onClick };
      return { grip: { kind: 'move', clipIds }, origin, onClick };
    }
    case 'edge': {
      const clip = timeline.clips[under.index];
      if (clip === undefined) return none;
      const cut = under.side === 'in' ? under.index : under.index + 1;
      const origin = starts[cut] ?? 0;
      const onClick = () => click(timeline, starts, under.index, { add: mod, extend: event.shiftKey });
      const next = timeline.clips[cut];
      // With Ctrl both sides of the cut move.
      if (mod && cut > 0 && next !== undefined) return { grip: { kind: 'roll', clipId: next.id }, origin, onClick };
      return { grip: { kind: under.side === 'in' ? 'trimIn' : 'trimOut', clipId: clip.id }, origin, onClick };
    }
    case 'transition': {
      const clip = timeline.clips[under.index];
      if (clip === undefined) return none;
      const onClick = () => select([clip.id], clip.id);
      return {
        grip: { kind: 'transition', clipId: clip.id, grip: under.grip },
        origin: starts[under.index] ?? 0,
        onClick,
      };
    }
    case 'title': {
      const title = timeline.titles[under.index];
      if (title === undefined) return none;
      const origin = title.startFrame + (under.part === 'end' ? title.durationFrames : 0);
      const onClick = () => goTo(title.startFrame);
      return { grip: { kind: 'title', titleId: title.id, part: under.part }, origin, onClick };
    }
    case 'beat': {
      const beat = timeline.beats[under.index];
      if (beat === undefined) return none;
      return { grip: { kind: 'beat', frame: beat.frame }, origin: beat.frame, onClick: () => goTo(beat.frame) };
    }
    case 'marker': {
      const marker = timeline.markers[under.index];
      if (marker === undefined) return none;
      const grip: Grip = { kind: 'marker', markerId: marker.id };
      return { grip, origin: marker.frame, onClick: () => goTo(marker.frame) };
    }
    default:
      return none;
  }
}

/** A press on a clip: alone, added or taken away (Ctrl), or all from the focus on (Shift). */
function click(
  timeline: Timeline,
  starts: readonly number[],
  index: number,
  { add, extend }: { readonly add: boolean; readonly extend: boolean },
): void {
  const { selected, focus } = useTimeline.getState();
  const id = timeline.clips[index]?.id;
  if (id === undefined) return;
  if (extend) {
    const from = timeline.clips.findIndex((clip) => clip.id === focus);
    const [a, b] = [Math.min(from < 0 ? index : from, index), Math.max(from, index)];
    select([...selected, ...timeline.clips.slice(a, b + 1).map((clip) => clip.id)], focus ?? id);
  } else if (add) {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    select(next, id);
  } else {
    select([id], id);
    // A press shows the shot: unless the playhead is on it, it goes to its start.
    const [from, to] = spansIn(starts, playhead.frame, playhead.frame + 1);
    if (!(index >= from && index < to)) goTo(starts[index] ?? 0);
  }
}

export function cursorOf(under: Hit, event: PointerEvent, locked: boolean): string {
  if (under.kind === 'ruler' || under.kind === 'wave') return 'text';
  if (locked) return 'default';
  switch (under.kind) {
    case 'edge':
      return event.ctrlKey || event.metaKey ? 'col-resize' : under.side === 'in' ? 'w-resize' : 'e-resize';
    case 'transition':
    case 'beat':
      return 'ew-resize';
    case 'clip':
      return event.altKey ? 'ew-resize' : 'grab';
    case 'title':
      return under.part === 'body' ? 'grab' : 'ew-resize';
    case 'marker':
      return 'grab';
    default:
      return 'default';
  }
}
