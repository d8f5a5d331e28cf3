/**
 * The pointer on the tracks, outside React: what is taken hold of, what letting go would do (shown before), Escape puts
 * everything back. One preview for each frame of the screen at most, however many moves the mouse reports.
 */
import type { Timeline } from '../../../../pipeline/domain.ts';
import { cutFrames } from '../../../../pipeline/timeline/clip-math.ts';
import type { Edit } from '../../../../pipeline/timeline/edits-types.ts';
import { playhead } from '../../../stores/playhead.ts';
import { edit, select, useTimeline } from '../../../stores/timeline.ts';
import { effectOf, effectWords } from '../panels/beat-effects.ts';
import { labelOf } from '../panels/labels.ts';
import { usePanels } from '../panels/panel-state.ts';
import { addBeat, addMarker, addTitle, goTo, toggleTransition } from './actions.ts';
import { bandClips, dropIndex, frameToX, type Hit, hitTest, snapNear, xToFrame } from './geometry.ts';
import { type Flow, type Grip, gripWords, type Preview, previewOf } from './gestures.ts';
import { changed, cursorOf, gripOf } from './grips.ts';
import { NO_OVERLAY, type Overlay } from './scene.ts';
import type { Stage } from './stage.ts';

/** Pixels that a press may wander and still be a press. */
const THRESHOLD = 4;
/** Pixels from an edge at which the tracks scroll by themselves, and how far at most for each frame. */
const SCROLL_ZONE = 36;
const SCROLL_MOST = 24;

interface Drag {
  readonly pointerId: number;
  readonly startX: number;
  readonly startFrame: number;
  readonly grip: Grip | 'scrub' | 'band';
  /** The film when it began: what the drag is measured on. */
  readonly timeline: Timeline;
  /** The frame of what was taken hold of, for snapping. */
  readonly origin: number;
  readonly kept: ReadonlySet<string>;
  readonly onClick: (() => void) | null;
  moved: boolean;
  x: number;
  y: number;
  free: boolean;
  alt: boolean;
  preview: Preview | null;
  key: string;
}

export interface PointerActions {
  readonly renameMarker: (id: string) => void;
  readonly renameTitle: (id: string) => void;
}

/** Ties the pointer to the tracks; gives the function that ends it. */
export function attachPointer(field: HTMLElement, stage: Stage, actions: PointerActions): () => void {
  let drag: Drag | null = null;
  let due = 0;
  let hovered: number | null = null;

  let held: DOMRect | null = null;
  const at = (event: MouseEvent): { x: number; y: number } => {
    // During a drag nothing moves the tracks, and measuring them would lay the page out for each move of the mouse.
    const box = held ?? field.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const hit = (x: number, y: number): Hit => {
    const { scene } = stage;
    return scene === null ? { kind: 'none' } : hitTest(scene.timeline, scene.starts, stage.view, stage.lanes, x, y);
  };
  const frameAt = (x: number): number =>
    Math.min(Math.max(0, stage.frames - 1), Math.max(0, Math.round(xToFrame(stage.view, x))));

  const onDown = (event: PointerEvent): void => {
    const { scene } = stage;
    if (event.button !== 0 || drag !== null || scene === null) return;
    const { x, y } = at(event);
    const under = hit(x, y);
    const { grip, origin, onClick } = gripOf(under, scene.timeline, scene.starts, event);
    field.setPointerCapture(event.pointerId);
    held = field.getBoundingClientRect();
    // The listbox has the keys' focus; a canvas cannot.
    field.querySelector<HTMLElement>('[role="listbox"]')?.focus({ preventScroll: true });
    event.preventDefault();
    drag = {
      pointerId: event.pointerId,
      startX: x,
      startFrame: xToFrame(stage.view, x),
      grip: scene.locked && grip !== 'scrub' && grip !== 'band' ? 'band' : grip,
      timeline: scene.timeline,
      origin,
      kept: event.shiftKey || event.ctrlKey || event.metaKey ? useTimeline.getState().selected : new Set(),
      onClick,
      moved: false,
      x,
      y,
      free: event.shiftKey,
      alt: event.altKey,
      preview: null,
      key: '',
    };
    if (scene.locked && grip !== 'scrub' && grip !== 'band' && under.kind !== 'clip') {
      useTimeline.setState({ said: `This film is ${scene.timeline.status}: reopen it to change it.` });
    }
    if (drag.grip === 'scrub') {
      drag.moved = true;
      goTo(frameAt(x));
    }
  };

  const onMove = (event: PointerEvent): void => {
    const { x, y } = at(event);
    if (drag === null) {
      hover(x, y, event);
      return;
    }
    if (event.pointerId !== drag.pointerId) return;
    drag.x = x;
    drag.y = y;
    drag.free = event.shiftKey;
    drag.alt = event.altKey;
    if (!drag.moved && Math.abs(x - drag.startX) >= THRESHOLD) drag.moved = true;
    if (drag.moved && due === 0) due = requestAnimationFrame(step);
  };

  /** One step of a drag: scrolls near the edges, then shows what letting go would do. */
  const step = (): void => {
    due = 0;
    if (drag === null || !drag.moved) return;
    const { width } = stage.view;
    const over =
      drag.x < SCROLL_ZONE ? drag.x - SCROLL_ZONE : drag.x > width - SCROLL_ZONE ? drag.x - width + SCROLL_ZONE : 0;
    if (over !== 0 && drag.grip !== 'scrub') {
      const before = stage.view.scroll;
      stage.scrollBy(Math.sign(over) * Math.min(SCROLL_MOST, Math.abs(over) / 2));
      if (stage.view.scroll !== before) due = requestAnimationFrame(step);
    }
    if (drag.grip === 'scrub') goTo(frameAt(drag.x));
    else if (drag.grip === 'band') band(drag);
    else pull(drag, drag.grip);
  };

  const band = (now: Drag): void => {
    const from = frameToX(stage.view, now.startFrame);
    stage.preview(null, { ...NO_OVERLAY, band: { from, to: now.x } });
    stage.tip('', 0, 0);
  };

  const pull = (now: Drag, grip: Grip): void => {
    const { ripple, magnet } = useTimeline.getState();
    const flow: Flow = { ripple, magnet: now.free ? 'frames' : magnet };
    const raw = now.origin + xToFrame(stage.view, now.x) - now.startFrame;
    const snaps = flow.magnet === 'frames' && !now.free && grip.kind !== 'slip' && grip.kind !== 'transition';
    const places = snaps ? [playhead.frame, ...now.timeline.markers.map((marker) => marker.frame)] : [];
    const to = snapNear(stage.view, raw, grip.kind === 'beat' ? [...places, ...cutFrames(now.timeline)] : places);
    const frames = to - now.origin;
    const scene = stage.scene;
    const place = grip.kind === 'move' && scene !== null ? dropIndex(scene.starts, stage.view, now.x) : 0;
    const key = `${frames} ${place} ${flow.ripple} ${flow.magnet} ${now.alt}`;
    if (key !== now.key || now.preview === null) {
      now.key = key;
      now.preview = previewOf(now.timeline, grip, grip.kind === 'move' ? 0 : frames, place, flow);
    }
    const { preview } = now;
    let words = gripWords(now.timeline, grip, frames, preview);
    if (grip.kind === 'beat') words = beatWordsOf(now, frames, words);
    const moving = grip.kind === 'move' ? new Set(grip.clipIds) : null;
    const overlay: Overlay = {
      ...NO_OVERLAY,
      snapFrame: preview.at,
      drop: grip.kind === 'move' ? place : null,
      moving,
      pointerX: now.x,
      changing: 'clipId' in grip ? changed(now.timeline, preview.timeline, grip.clipId) : null,
      refused: preview.refused !== null,
      handle: grip.kind === 'transition' ? now.timeline.clips.findIndex((clip) => clip.id === grip.clipId) : null,
    };
    stage.preview(grip.kind === 'move' ? null : preview.timeline, overlay);
    stage.tip(words, now.x, now.y);
  };

  /** What moving a beat does to the cuts, and the beats for whoever else shows them. */
  const beatWordsOf = (now: Drag, frames: number, words: string): string => {
    if (now.grip === 'scrub' || now.grip === 'band' || now.grip.kind !== 'beat') return words;
    const { effect } = effectOf(now.timeline, {
      kind: 'moveBeat',
      fromFrame: now.grip.frame,
      toFrame: Math.max(0, now.grip.frame + frames),
    });
    if (effect === null || frames === 0) return words;
    usePanels.setState({ pendingBeats: effect.beats });
    const along = effect.along === null ? '' : now.alt ? ' Cuts go along.' : ' Alt takes cuts along.';
    if (now.alt && effect.along !== null && now.preview !== null) now.preview = { ...now.preview, edit: effect.along };
    return `${words} · ${effectWords(effect)}${along}`;
  };

  const onUp = (event: PointerEvent): void => {
    if (drag === null || event.pointerId !== drag.pointerId) return;
    const now = drag;
    if (now.moved && due !== 0) step(); // the newest move counts
    finish();
    if (!now.moved) {
      now.onClick?.();
      return;
    }
    if (now.grip === 'scrub') return;
    if (now.grip === 'band') {
      const { scene } = stage;
      if (scene === null) return;
      const [from, to] = bandClips(scene.starts, stage.view, frameToX(stage.view, now.startFrame), now.x);
      select([...now.kept, ...scene.timeline.clips.slice(from, to).map((clip) => clip.id)]);
      return;
    }
    const made = now.preview?.edit ?? null;
    if (made !== null) edit(labelOf(made), made satisfies Edit);
    if (now.grip.kind === 'move') select(now.grip.clipIds);
  };

  const finish = (): void => {
    cancelAnimationFrame(due);
    due = 0;
    if (drag !== null && field.hasPointerCapture(drag.pointerId)) field.releasePointerCapture(drag.pointerId);
    if (drag !== null && drag.grip !== 'scrub' && drag.grip !== 'band' && drag.grip.kind === 'beat') {
      usePanels.setState({ pendingBeats: null });
    }
    drag = null;
    held = null;
    stage.preview(null, NO_OVERLAY);
    stage.tip('', 0, 0);
  };

  const onKey = (event: KeyboardEvent): void => {
    if (drag === null || event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    finish();
    useTimeline.setState({ said: 'Nothing changed' });
  };

  const hover = (x: number, y: number, event: PointerEvent): void => {
    const under = hit(x, y);
    field.style.cursor = cursorOf(under, event, stage.scene?.locked ?? true);
    const handle = under.kind === 'transition' ? under.index : null;
    if (handle === hovered) return;
    hovered = handle;
    stage.preview(null, { ...NO_OVERLAY, handle });
  };
  const onLeave = (): void => {
    if (drag !== null || hovered === null) return;
    hovered = null;
    stage.preview(null, NO_OVERLAY);
  };

  const onDouble = (event: MouseEvent): void => {
    const { x, y } = at(event);
    const under = hit(x, y);
    const { scene } = stage;
    if (scene === null || scene.locked) return;
    const frame = frameAt(x);
    if (under.kind === 'transition') toggleTransition(scene.timeline.clips[under.index]?.id);
    else if (under.kind === 'beats') addBeat(frame);
    else if (under.kind === 'markers') actions.renameMarker(addMarker(frame));
    else if (under.kind === 'marker') actions.renameMarker(scene.timeline.markers[under.index]?.id ?? '');
    else if (under.kind === 'title') actions.renameTitle(scene.timeline.titles[under.index]?.id ?? '');
    else if (under.kind === 'titles') {
      const id = addTitle(frame);
      if (id !== null) actions.renameTitle(id);
    }
  };

  const onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      // A notch of a wheel is about 100; a pinch sends small ones.
      stage.zoom(Math.exp(-event.deltaY / 300), at(event).x);
      return;
    }
    const unit = event.deltaMode === 1 ? 24 : 1;
    stage.scrollBy((Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY) * unit);
  };

  const until = new AbortController();
  const { signal } = until;
  field.addEventListener('pointerdown', onDown, { signal });
  field.addEventListener('pointermove', onMove, { signal });
  field.addEventListener('pointerup', onUp, { signal });
  field.addEventListener('pointercancel', finish, { signal });
  field.addEventListener('pointerleave', onLeave, { signal });
  field.addEventListener('dblclick', onDouble, { signal });
  field.addEventListener('wheel', onWheel, { passive: false, signal });
  window.addEventListener('keydown', onKey, { capture: true, signal });
  return () => {
    finish();
    until.abort();
  };
}
